/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Writing pcapng (draft-ietf-opsawg-pcapng) in this machine's order of bytes:
 * one section, Ethernet, times in nanoseconds.  libpcap reads the format but
 * does not write it.
 *
 * What cannot be written is seen by ferror().
 */
#ifndef CMD_CAPTURE_PCAPNG_H
#define CMD_CAPTURE_PCAPNG_H

#include <stdint.h>
#include <stdio.h>

enum {	/* pp_flags: direction, and what kind of reception */
	PCAPNG_IN	 = 1,
	PCAPNG_OUT	 = 2,
	PCAPNG_UNICAST	 = 1 << 2,
	PCAPNG_MULTICAST = 2 << 2,
	PCAPNG_BROADCAST = 3 << 2,
};

struct pcapng_packet {
	uint32_t pp_if;	     /* number, in the order of pcapng_interface() */
	uint64_t pp_time;    /* ns since 1970 */
	const void *pp_data;
	uint32_t pp_caplen;  /* bytes of it */
	uint32_t pp_pktlen;  /* of the packet when it was whole */
	uint32_t pp_flags;
	uint64_t pp_lost;    /* packets between the last one and this */
	const char *pp_comment; /* or NULL */
};

struct pcapng_counts {
	uint32_t pn_if;
	uint64_t pn_began; /* ns since 1970 */
	uint64_t pn_ended;
	uint64_t pn_seen;
	uint64_t pn_matched;
	uint64_t pn_lost; /* of those that matched */
};

/* First of all, once. */
void pcapng_section(FILE *, const char *program);

/* filter: its text, or NULL. */
void pcapng_interface(FILE *, const char *name, uint32_t snaplen,
    const char *filter);

void pcapng_packet(FILE *, const struct pcapng_packet *);

/* Last, once for each interface. */
void pcapng_counts(FILE *, const struct pcapng_counts *);

#endif
