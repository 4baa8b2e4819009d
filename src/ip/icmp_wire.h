/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ICMP on the wire (RFC 792).  Bytes only, so that it may overlay any offset.
 */
#ifndef IP_ICMP_WIRE_H
#define IP_ICMP_WIRE_H

#include <assert.h>
#include <stdalign.h>
#include <stdint.h>

#define ICMP_HLEN      8u
#define ICMP_ERROR_MAX 576u /* whole datagram: RFC 1812, 4.3.2.3 */

enum { /* ic_type */
	ICMP_ECHOREPLY = 0,
	ICMP_UNREACH = 3,
	ICMP_QUENCH = 4,
	ICMP_REDIRECT = 5,
	ICMP_ECHO = 8,
	ICMP_TIMEX = 11,
	ICMP_PARAM = 12,
	ICMP_TSTAMP = 13,
	ICMP_TSTAMPREPLY = 14,
	ICMP_INFO = 15,
	ICMP_INFOREPLY = 16,
	ICMP_MASK = 17,
	ICMP_MASKREPLY = 18,
};

enum { /* ic_code of ICMP_UNREACH */
	ICMP_UNREACH_NET = 0,
	ICMP_UNREACH_HOST = 1,
	ICMP_UNREACH_PROTO = 2,
	ICMP_UNREACH_PORT = 3,
	ICMP_UNREACH_NEEDFRAG = 4,
	ICMP_UNREACH_ADMIN = 13, /* RFC 1812, 5.2.7.1 */
};

enum { /* ic_code of ICMP_REDIRECT */
	ICMP_REDIRECT_HOST = 1,
};

enum { /* ic_code of ICMP_TIMEX */
	ICMP_TIMEX_TTL = 0,
	ICMP_TIMEX_REASS = 1,
};

struct icmp_wire {
	uint8_t ic_type;
	uint8_t ic_code;
	uint8_t ic_sum[2];
	uint8_t ic_id[2]; /* echo; in errors first half of the argument, … */
	uint8_t ic_seq[2]; /* … second half: MTU (RFC 1191, 4) */
};
static_assert(sizeof(struct icmp_wire) == ICMP_HLEN, "RFC 792");
static_assert(alignof(struct icmp_wire) == 1, "overlays any offset");

#endif
