/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Neighbour discovery on the wire: RFC 4861, 4.  Bytes only, so that it may
 * overlay any offset.
 */
#ifndef IP6_ND6_WIRE_H
#define IP6_ND6_WIRE_H

#include <assert.h>
#include <stdalign.h>
#include <stdint.h>

enum { /* ICMPv6 types */
	ND6_RS = 133,
	ND6_RA = 134,
	ND6_NS = 135,
	ND6_NA = 136,
	ND6_REDIRECT = 137,
};

enum { /* nd_flags[0] of an advertisement */
	ND6_NA_ROUTER = 0x80,
	ND6_NA_SOLICITED = 0x40,
	ND6_NA_OVERRIDE = 0x20,
};

enum { /* options */
	ND6_OPT_SLLA = 1, /* sender's link-layer address */
	ND6_OPT_TLLA = 2, /* target's */
	ND6_OPT_REDIRECTED = 4, /* a packet, behind … */
	ND6_OPT_REDIRECTED_HLEN = 8, /* … so many bytes: 4.6.3 */
	ND6_OPT_NONCE = 14, /* RFC 3971, 5.3.2 */
};

#define ND6_HLIM     255u
#define ND6_NONCELEN 6u /* RFC 7527, 4.1 */

/* Neighbour solicitation and advertisement: 4.3, 4.4. */
struct nd6_wire {
	uint8_t nd_type;
	uint8_t nd_code;
	uint8_t nd_sum[2];
	uint8_t nd_flags[4]; /* reserved in a solicitation */
	uint8_t nd_target[16];
};
static_assert(sizeof(struct nd6_wire) == 24, "RFC 4861");
static_assert(alignof(struct nd6_wire) == 1, "overlays any offset");

/* Redirect: 4.5. */
struct nd6_redirect_wire {
	uint8_t ndr_type;
	uint8_t ndr_code;
	uint8_t ndr_sum[2];
	uint8_t ndr_reserved[4];
	uint8_t ndr_target[16];
	uint8_t ndr_dst[16];
};
static_assert(sizeof(struct nd6_redirect_wire) == 40, "RFC 4861");
static_assert(alignof(struct nd6_redirect_wire) == 1, "overlays any offset");

/* An option of one unit: both addresses on Ethernet (RFC 2464, 6); a nonce. */
struct nd6_opt_wire {
	uint8_t ndo_type;
	uint8_t ndo_len; /* units of 8 bytes */
	uint8_t ndo_data[6];
};
static_assert(sizeof(struct nd6_opt_wire) == 8, "RFC 4861, 4.6");
static_assert(alignof(struct nd6_opt_wire) == 1, "overlays any offset");

#endif
