/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Random packets of a protocol, valid first, then broken in a few fields.
 */
#ifndef SIM_BROKEN_H
#define SIM_BROKEN_H

#include "base/addr.h"
#include "base/random.h"
#include "sim/frame.h"

#define BROKEN_KINDS(X)							\
	X(BK_ARP, "arp")						\
	X(BK_IP4, "ip4")	/* options, fragments, any protocol */	\
	X(BK_ICMP4, "icmp4")						\
	X(BK_UDP4, "udp4")						\
	X(BK_TCP4, "tcp4")						\
	X(BK_IP6, "ip6")	/* extension headers, any protocol */	\
	X(BK_ICMP6, "icmp6")						\
	X(BK_ND6, "nd6")						\
	X(BK_UDP6, "udp6")						\
	X(BK_TCP6, "tcp6")

#define X(kind, name) kind,
enum broken_kind { BROKEN_KINDS(X) BK_N };
#undef X

/* Who is on the link that the packets come from. */
struct broken_net {
	uint8_t		 bn_mac[MAC_LEN];	/* of the host under test */
	struct addr	 bn_self4, bn_self6;	/* its addresses */
	struct addr	 bn_peer4, bn_peer6;	/* another host's */
	struct addr	 bn_far4, bn_far6;	/* behind the host under test */
};

const char *broken_name(enum broken_kind);

void broken_frame(struct rnd *, enum broken_kind, const struct broken_net *,
    struct frame *);

#endif
