/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Echo requests that this host sends, for "spate ping".
 *
 * ctl opens a struct ping, which gets an identifier, and has a CPU send
 * requests with it.  The reply, or the ICMP error, may arrive at any CPU: each
 * tells ctl of all that carry an identifier of the range used here, at a
 * bounded rate, and ctl finds whose it is.  The sending time travels in the
 * request itself, so nothing has to be remembered.
 *
 *	I	immutable after ping_open()
 *	C	ctl only
 */
#ifndef IP_PING_H
#define IP_PING_H

#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/tsa.h"
#include "cpu/ctl.h"
#include "mbuf/mbuf.h"

#define PING_ID_MIN   0xc000 /* identifiers from here on are ours */
#define PING_SIZE_MAX 65000u
#define PING_STAMP    8u /* bytes of payload that hold the time */

enum ping_kind {
	PE_REPLY,
	PE_ERROR, /* an ICMP error: pe_type, pe_code, pe_mtu */
	PE_NOROUTE, /* not sent: no way there, or no address to send from */
	PE_NOBUF, /* not sent: no packet buffers left */
};

/* What became of an echo request. */
struct ping_event {
	enum ping_kind pe_kind;
	struct addr pe_from; /* who answered */
	uint16_t pe_id;
	uint16_t pe_seq;
	uint8_t pe_ttl; /* of the answer, as it arrived */
	uint8_t pe_type;
	uint8_t pe_code;
	uint32_t pe_mtu; /* packet too big, fragmentation needed; or 0 */
	uint32_t pe_len; /* ICMP header and payload */
	uint64_t pe_rtt; /* ns; UINT64_MAX if not known */
};

struct ping {
	struct ping *p_next; /* [C] */
	uint16_t p_id; /* [I] */
	/* [I] caller's; may close the ping */
	void (*p_fn)(struct ctl *, struct ping *, const struct ping_event *);
	void *p_arg; /* [I] caller's */
};

struct ping_probe {
	struct addr pr_dst;
	uint16_t pr_oif; /* link of a link-local destination, else 0 */
	uint16_t pr_seq;
	uint16_t pr_size; /* payload, at most PING_SIZE_MAX */
	uint8_t pr_ttl; /* 0: as all packets */
	uint8_t pr_rtable; /* routing table to go by */
	bool pr_df; /* do not fragment */
};

/* To a CPU: send this. */
struct ping_msg {
	struct msg pm_msg;
	uint16_t pm_id;
	struct ping_probe pm_probe;
};

/*
 * p belongs to the caller, who has set p_fn and p_arg; it must stay until
 * ping_close().  ENFILE: all identifiers are in use.
 */
int ping_open(struct ctl *, struct ping *p) ON_CTL;
void ping_close(struct ctl *, struct ping *p) ON_CTL;

/*
 * Have CPU send one request; IPv4 here, IPv6 in ip6/ping6.h.  ENOMEM.
 */
int ping_send(struct ctl *, const struct ping *, unsigned cpu,
    const struct ping_probe *) ON_CTL;

/* Shared with ip6/: the message to a CPU, run there by fn. */
int ping_post(struct ctl *, const struct ping *, unsigned cpu,
    const struct ping_probe *, void (*fn)(struct endpoint *, struct msg *))
    ON_CTL;

/*
 * CPU: tell ctl.  m is the answer with its payload at off, for the time; or
 * NULL.
 */
void ping_heard(struct cpu *, struct ping_event *, const struct mbuf *m,
    unsigned off) ON_CPU;

/* CPU: tell ctl as it is. */
void ping_tell(struct cpu *, const struct ping_event *) ON_CPU;

/*
 * CPU: an empty header of hlen bytes and a payload of the given size with the
 * time in it.  NULL: no buffers.
 */
struct mbuf *ping_make(struct cpu *, unsigned hlen, unsigned size) ON_CPU;

#endif
