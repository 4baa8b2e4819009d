/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From a frame to its RSS hash; see rss.h.
 *
 * The fields hashed lie in the packet in the order in which they are hashed,
 * but for a gap between addresses and ports when there are options.  Addresses
 * and ports are therefore read as they stand.
 */
#include "dev/rss.h"

#include "base/bytes.h"
#include "dev/frame.h"

enum { PROTO_TCP = 6, IP4_HDR = 20, IP6_HDR = 40 };

static enum rss_type
rss_ip4(const struct toeplitz *tz, const uint8_t *p, size_t n, uint32_t *hash)
{
	size_t hlen;

	if (n < IP4_HDR || p[0] >> 4 != 4)
		return RSS_NONE;
	*hash = toeplitz_v4(tz, ld32be(p + 12), ld32be(p + 16));
	hlen = (p[0] & 15u) * 4;
	/* MF or an offset: other fragments have no ports. */
	if (p[9] != PROTO_TCP || (ld16be(p + 6) & 0x3fff) != 0 ||
	    hlen < IP4_HDR || n < hlen + 4)
		return RSS_IP4;
	*hash ^= toeplitz_at32(tz, 8, ld32be(p + hlen));
	return RSS_TCP4;
}

static enum rss_type
rss_ip6(const struct toeplitz *tz, const uint8_t *p, size_t n, uint32_t *hash)
{
	if (n < IP6_HDR || p[0] >> 4 != 6)
		return RSS_NONE;
	*hash = toeplitz_v6(tz, in6_load(p + 8), in6_load(p + 24));
	if (p[6] != PROTO_TCP || n < IP6_HDR + 4)
		return RSS_IP6;
	*hash ^= toeplitz_at32(tz, 32, ld32be(p + IP6_HDR));
	return RSS_TCP6;
}

enum rss_type
rss_frame(const struct toeplitz *tz, const uint8_t *p, size_t n, uint32_t *hash)
{
	unsigned type;
	size_t l3 = frame_parse(p, n, &type);

	*hash = 0;
	if (l3 != 0 && type == FRAME_IP4)
		return rss_ip4(tz, p + l3, n - l3, hash);
	if (l3 != 0 && type == FRAME_IP6)
		return rss_ip6(tz, p + l3, n - l3, hash);
	return RSS_NONE;
}
