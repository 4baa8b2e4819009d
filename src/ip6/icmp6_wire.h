/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ICMPv6 on the wire (RFC 4443).  Bytes only, so that it may overlay any
 * offset.
 */
#ifndef IP6_ICMP6_WIRE_H
#define IP6_ICMP6_WIRE_H

#include <assert.h>
#include <stdalign.h>
#include <stdint.h>

#define ICMP6_HLEN      8u
#define ICMP6_ERROR_MAX 1280u /* whole packet: RFC 4443, 2.4(c) */

enum { /* ic6_type */
	ICMP6_UNREACH = 1,
	ICMP6_TOOBIG = 2,
	ICMP6_TIMEX = 3,
	ICMP6_PARAM = 4,
	ICMP6_INFO = 128, /* types from here on are not errors */
	ICMP6_ECHO = 128,
	ICMP6_ECHOREPLY = 129,
	ICMP6_ND_FIRST = 133, /* RFC 4861: router solicitation, … */
	ICMP6_ND_LAST = 137, /* … redirect */
	ICMP6_REDIRECT = 137,
};

enum { /* ic6_code of ICMP6_UNREACH */
	ICMP6_UNREACH_NOROUTE = 0,
	ICMP6_UNREACH_ADMIN = 1,
	ICMP6_UNREACH_SCOPE = 2,
	ICMP6_UNREACH_ADDR = 3,
	ICMP6_UNREACH_PORT = 4,
	ICMP6_UNREACH_REJECT = 6,
};

enum { /* ic6_code of ICMP6_TIMEX */
	ICMP6_TIMEX_HLIM = 0,
	ICMP6_TIMEX_REASS = 1,
};

enum { /* ic6_code of ICMP6_PARAM */
	ICMP6_PARAM_HEADER = 0,
	ICMP6_PARAM_NEXT = 1,
	ICMP6_PARAM_OPTION = 2,
	ICMP6_PARAM_CHAIN = 3, /* RFC 7112 */
};

struct icmp6_wire {
	uint8_t ic6_type;
	uint8_t ic6_code;
	uint8_t ic6_sum[2];
	uint8_t ic6_id[2]; /* echo; in errors first half of the argument, … */
	uint8_t ic6_seq[2]; /* … second half: MTU, pointer */
};
static_assert(sizeof(struct icmp6_wire) == ICMP6_HLEN, "RFC 4443");
static_assert(alignof(struct icmp6_wire) == 1, "overlays any offset");

#endif
