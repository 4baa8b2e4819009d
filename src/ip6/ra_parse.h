/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Router advertisements and solicitations as values.  Whoever holds one owns
 * it, but for ra_dns and ra_search, which are another's.
 */
#ifndef IP6_RA_PARSE_H
#define IP6_RA_PARSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "ip6/nd6_stat.h"
#include "ip6/ra_wire.h"

/* RFC 4191, 2.1, as on the wire. */
enum ra_preference { RA_MEDIUM = 0, RA_HIGH = 1, RA_LOW = 3 };

/* Prefixes told of one advertisement; further ones only count. */
#define RA_PREFIXES 64

/* Prefixes, DNS servers and bytes of names that surely fit a packet. */
#define RA_BATCH	 24u
#define RA_DNS_MAX	 8u
#define RA_SEARCH_MAX	 248u
#define RA_BUILD_MAX	 1280u
#define RS_BUILD_MAX	 (40 + 8 + 8)

struct ra_prefix { /* no gaps: they are compared as memory */
	struct in6 rp_prefix; /* bits behind rp_len are 0 */
	uint32_t rp_len;
	uint32_t rp_flags; /* RA_PREFIX_* */
	uint32_t rp_valid; /* s; RA_INFINITE */
	uint32_t rp_preferred; /* s; RA_INFINITE */
};

struct ra_info { /* host order */
	struct in6 ra_src; /* of the IPv6 header */
	struct in6 ra_dst;
	uint8_t ra_hlim; /* for packets of hosts; 0: not said */
	bool ra_managed;
	bool ra_other;
	bool ra_haslla;
	uint8_t ra_lla[MAC_LEN];
	uint8_t ra_pref; /* enum ra_preference */
	uint16_t ra_lifetime; /* s as a default router */
	uint32_t ra_reachable; /* ms; 0: not said, as the next two */
	uint32_t ra_retrans; /* ms */
	uint32_t ra_mtu;
	unsigned ra_nprefix;
	unsigned ra_more; /* beyond RA_PREFIXES */
	struct ra_prefix ra_prefix[RA_PREFIXES];
	/* Built, not parsed. */
	const struct in6 *ra_dns;
	unsigned ra_ndns;
	const uint8_t *ra_search; /* names as RFC 1035, 3.1, has them */
	unsigned ra_searchlen;
	uint32_t ra_dnslife; /* s */
};

/*
 * An advertisement of n bytes at p, the ICMPv6 message, which nd6_parse() has
 * found right.  Options that cannot be what they say are passed over, as RFC
 * 4861, 6.3.4 and RFC 4862, 5.5.3 want it.  ra_src and ra_dst are left alone.
 */
void ra_parse(const uint8_t *p, size_t n, struct ra_info *);

/*
 * Whole packets, IPv6 header and checksum included; they return the length, at
 * most RA_BUILD_MAX and RS_BUILD_MAX.  An advertisement has at most RA_BATCH
 * prefixes.  mac: the sender's, or NULL.
 */
unsigned ra_build(uint8_t *p, const struct ra_info *);
unsigned rs_build(
    uint8_t *p, struct in6 src, struct in6 dst, const uint8_t *mac);

/*
 * A name of labels and dots in the form of RFC 1035, 3.1, to p, which has room
 * bytes.  Returns how many it takes, or 0 if it is no name or does not fit.
 */
unsigned ra_search_name(uint8_t *p, size_t room, const char *name);

#endif
