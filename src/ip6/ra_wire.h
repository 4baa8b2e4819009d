/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Router discovery on the wire: RFC 4861, 4.1, 4.2 and 4.6; RFC 4191, 2.2;
 * RFC 8106, 5.  Bytes only, so that it may overlay any offset.
 */
#ifndef IP6_RA_WIRE_H
#define IP6_RA_WIRE_H

#include <assert.h>
#include <stdalign.h>
#include <stdint.h>

enum { /* options */
	RA_OPT_PREFIX = 3,
	RA_OPT_MTU = 5,
	RA_OPT_RDNSS = 25,
	RA_OPT_DNSSL = 31,
};

enum { /* ra_flags */
	RA_MANAGED = 0x80,
	RA_OTHER = 0x40,
	RA_PREF_SHIFT = 3,
	RA_PREF_MASK = 3,
};

enum { /* rap_flags */
	RA_PREFIX_ONLINK = 0x80,
	RA_PREFIX_AUTO = 0x40,
};

#define RA_INFINITE UINT32_MAX /* a lifetime without end */

struct ra_wire {
	uint8_t ra_type;
	uint8_t ra_code;
	uint8_t ra_sum[2];
	uint8_t ra_hlim;
	uint8_t ra_flags;
	uint8_t ra_lifetime[2]; /* s */
	uint8_t ra_reachable[4]; /* ms */
	uint8_t ra_retrans[4]; /* ms */
};
static_assert(sizeof(struct ra_wire) == 16, "RFC 4861, 4.2");
static_assert(alignof(struct ra_wire) == 1, "overlays any offset");

struct rs_wire {
	uint8_t rs_type;
	uint8_t rs_code;
	uint8_t rs_sum[2];
	uint8_t rs_reserved[4];
};
static_assert(sizeof(struct rs_wire) == 8, "RFC 4861, 4.1");
static_assert(alignof(struct rs_wire) == 1, "overlays any offset");

struct ra_prefix_wire {
	uint8_t rap_type;
	uint8_t rap_len; /* 4, of 8 bytes */
	uint8_t rap_plen;
	uint8_t rap_flags;
	uint8_t rap_valid[4]; /* s */
	uint8_t rap_preferred[4]; /* s */
	uint8_t rap_reserved[4];
	uint8_t rap_prefix[16];
};
static_assert(sizeof(struct ra_prefix_wire) == 32, "RFC 4861, 4.6.2");
static_assert(alignof(struct ra_prefix_wire) == 1, "overlays any offset");

struct ra_mtu_wire {
	uint8_t ram_type;
	uint8_t ram_len; /* 1, of 8 bytes */
	uint8_t ram_reserved[2];
	uint8_t ram_mtu[4];
};
static_assert(sizeof(struct ra_mtu_wire) == 8, "RFC 4861, 4.6.4");
static_assert(alignof(struct ra_mtu_wire) == 1, "overlays any offset");

/* RDNSS and DNSSL begin alike; addresses, or names, follow. */
struct ra_dns_wire {
	uint8_t rad_type;
	uint8_t rad_len; /* of 8 bytes, with what follows */
	uint8_t rad_reserved[2];
	uint8_t rad_lifetime[4]; /* s */
};
static_assert(sizeof(struct ra_dns_wire) == 8, "RFC 8106, 5.1 and 5.2");
static_assert(alignof(struct ra_dns_wire) == 1, "overlays any offset");

#endif
