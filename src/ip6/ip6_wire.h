/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * IPv6 on the wire (RFC 8200).  Bytes only, so that it may overlay any offset.
 * Protocol numbers and transport headers are those of ip/ip_wire.h.
 */
#ifndef IP6_IP6_WIRE_H
#define IP6_IP6_WIRE_H

#include <assert.h>
#include <stdalign.h>
#include <stdint.h>

#include "ip/ip_wire.h"

#define IP6_HLEN    40u
#define IP6_MTU_MIN 1280u /* RFC 8200, 5 */
#define IP6_LEN_MAX (IP6_HLEN + 65535u)

/* RFC 8200, 3. */
struct ip6_wire {
	uint8_t ip6_vfc[4]; /* version, traffic class, flow label */
	uint8_t ip6_plen[2]; /* what follows this header */
	uint8_t ip6_nxt;
	uint8_t ip6_hlim;
	uint8_t ip6_src[16];
	uint8_t ip6_dst[16];
};
static_assert(sizeof(struct ip6_wire) == IP6_HLEN, "RFC 8200");
static_assert(alignof(struct ip6_wire) == 1, "overlays any offset");

/* RFC 8200, 4.5. */
struct ip6_frag_wire {
	uint8_t ip6f_nxt;
	uint8_t ip6f_reserved;
	uint8_t ip6f_off[2]; /* offset in units of 8 bytes << 3, M */
	uint8_t ip6f_id[4];
};
static_assert(sizeof(struct ip6_frag_wire) == 8, "RFC 8200");
static_assert(alignof(struct ip6_frag_wire) == 1, "overlays any offset");

enum { /* ip6f_off */
	IP6F_MORE = 1,
	IP6F_OFFMASK = 0xfff8,
};

#endif
