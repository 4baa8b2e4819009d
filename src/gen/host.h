/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Emulated hosts: what they answer, ask and announce, frame by frame.
 *
 * A port has ranges of addresses; behind each there seems to be a host, with
 * the port's MAC.  They answer ARP (RFC 826), neighbour solicitations (RFC
 * 4861) and echo requests, and if asked to send UDP back (RFC 862).
 *
 * Pure: frames in, frames out; lengths are without FCS.  The values are
 * nobody's but the holder's.
 */
#ifndef GEN_HOST_H
#define GEN_HOST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"

#define GEN_HOSTS 16 /* ranges of a port */
#define HOST_FRAME 128 /* room for what hosts ask and announce */

/* Hosts gh_first, gh_first + 1 and so on, gh_n of them; 0 is 1. */
struct gen_hosts {
	struct addr gh_first;
	uint64_t gh_n;
};

/* What CPUs do with UDP that is not of a trial. */
enum gen_udp {
	GU_FOREIGN, /* nothing: it is foreign */
	GU_SINK, /* count it */
	GU_ECHO, /* send it back, for any address */
};

struct host_port {
	uint8_t hp_mac[MAC_LEN];
	uint16_t hp_vlan; /* of what it asks and announces; 0: none */
	enum gen_udp hp_udp;
	unsigned hp_n;
	struct gen_hosts hp_hosts[GEN_HOSTS];
};

enum host_verdict {
	HV_FOREIGN, /* nothing for hosts */
	HV_NOISE, /* ARP, ND or ICMP, but nothing to ours, or malformed */
	HV_HEARD, /* an answer: *heard says what */
	HV_SUNK, /* UDP that is to be counted */
	/* The frame has become the answer, to be sent where it came from: */
	HV_ARP,
	HV_NS,
	HV_ECHO,
	HV_UDP,
};

/* Who told his MAC. */
struct host_heard {
	struct addr hh_addr;
	uint8_t hh_mac[MAC_LEN];
};

/* Whether the address is a host of the port. */
bool host_has(const struct host_port *, const struct addr *);

/* Number n of all hosts of the port, in order; false: there are not so many. */
bool host_nth(const struct host_port *, uint64_t n, struct addr *);

/* How many there are, in all ranges. */
uint64_t host_count(const struct host_port *);

/*
 * A frame of *len contiguous bytes arrived, in a buffer of room.  An answer
 * replaces it and sets *len.
 */
enum host_verdict host_input(const struct host_port *, uint8_t *frame,
    unsigned *len, unsigned room, struct host_heard *);

/*
 * A request for the MAC of target, by the host src of the same family; an
 * announcement of a host (RFC 5227, 3; RFC 4861, 7.2.6).  Into HOST_FRAME
 * bytes; returns the length.
 */
unsigned host_ask(uint8_t *frame, const struct host_port *,
    const struct addr *target, const struct addr *src);
unsigned host_announce(
    uint8_t *frame, const struct host_port *, const struct addr *);

#endif
