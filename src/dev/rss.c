/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From a packet to its RSS hash; see rss.h.
 */
#include "dev/rss.h"

#include "base/bytes.h"
#include "dev/frame.h"

enum { PROTO_TCP = 6, PROTO_UDP = 17, IP4_HDR = 20, IP6_HDR = 40 };

const char *
rss_type_name(unsigned type)
{
	static const char *const names[RSS_TYPES] = {
		[RSS_NONE] = "none",
		[RSS_IP4] = "IPv4 2-tuple",
		[RSS_TCP4] = "IPv4 TCP 4-tuple",
		[RSS_UDP4] = "IPv4 UDP 4-tuple",
		[RSS_IP6] = "IPv6 2-tuple",
		[RSS_TCP6] = "IPv6 TCP 4-tuple",
		[RSS_UDP6] = "IPv6 UDP 4-tuple",
	};

	return type < RSS_TYPES ? names[type] : "unknown";
}

/* The type of a packet with ports, if that is switched on. */
static enum rss_type
rss_transport(unsigned proto, unsigned types, enum rss_type tcp,
    enum rss_type udp, enum rss_type plain)
{
	if (proto == PROTO_TCP && (types & RSS_SET(tcp)) != 0)
		return tcp;
	if (proto == PROTO_UDP && (types & RSS_SET(udp)) != 0)
		return udp;
	return plain;
}

/* The type, and where the ports are. */
static enum rss_type
rss_wants_at(const uint8_t *p, size_t n, unsigned types, size_t *ports)
{
	if (n >= IP4_HDR && p[0] >> 4 == 4) {
		*ports = (p[0] & 15u) * 4;
		/* MF or an offset: other fragments have no ports. */
		if ((ld16be(p + 6) & 0x3fff) != 0 || *ports < IP4_HDR ||
		    n < *ports + 4)
			return RSS_IP4;
		return rss_transport(p[9], types, RSS_TCP4, RSS_UDP4, RSS_IP4);
	}
	if (n >= IP6_HDR && p[0] >> 4 == 6) {
		*ports = IP6_HDR;
		if (n < IP6_HDR + 4)
			return RSS_IP6;
		return rss_transport(p[6], types, RSS_TCP6, RSS_UDP6, RSS_IP6);
	}
	return RSS_NONE;
}

enum rss_type
rss_wants(const uint8_t *p, size_t n, unsigned types)
{
	size_t ports;

	return rss_wants_at(p, n, types, &ports);
}

enum rss_type
rss_tuple(const uint8_t *p, size_t n, unsigned types, struct rss_tuple *rt)
{
	size_t ports;
	enum rss_type type = rss_wants_at(p, n, types, &ports);

	rt->rt_type = (uint8_t)type;
	rt->rt_ports = rss_type_ports(type) ? ld32be(p + ports) : 0;
	if (type == RSS_NONE)
		return type;
	if (rss_type_v6(type)) {
		rt->rt_src = in6_load(p + 8);
		rt->rt_dst = in6_load(p + 24);
	} else {
		rt->rt_src = (struct in6){ .i6_lo = ld32be(p + 12) };
		rt->rt_dst = (struct in6){ .i6_lo = ld32be(p + 16) };
	}
	return type;
}

uint32_t
rss_toeplitz(const struct toeplitz *tz, const struct rss_tuple *rt)
{
	uint32_t hash;

	if (rt->rt_type == RSS_NONE)
		return 0;
	if (rss_type_v6(rt->rt_type)) {
		hash = toeplitz_v6(tz, rt->rt_src, rt->rt_dst);
		return rss_type_ports(rt->rt_type) ?
		    hash ^ toeplitz_at32(tz, 32, rt->rt_ports) :
		    hash;
	}
	hash = toeplitz_v4(
	    tz, (uint32_t)rt->rt_src.i6_lo, (uint32_t)rt->rt_dst.i6_lo);
	return rss_type_ports(rt->rt_type) ?
	    hash ^ toeplitz_at32(tz, 8, rt->rt_ports) :
	    hash;
}

/* Both halves of a product: each bit of the result depends on all of both. */
static inline uint64_t
rss_fold(uint64_t a, uint64_t b)
{
	unsigned __int128 r = (unsigned __int128)a * b;

	return (uint64_t)r ^ (uint64_t)(r >> 64);
}

/*
 * Each end is made a number of 64 bits, which are then taken as sum and
 * difference without sign, in which the order of the two is lost and nothing
 * else.
 */
uint32_t
rss_symmetric(const uint64_t seed[static 4], const struct rss_tuple *rt)
{
	uint64_t a, b, h;

	if (rt->rt_type == RSS_NONE)
		return 0;
	a = rss_fold(rt->rt_src.i6_hi ^ seed[0], rt->rt_src.i6_lo ^ seed[1]) +
	    (rt->rt_ports >> 16) * UINT64_C(0x9e3779b97f4a7c15);
	b = rss_fold(rt->rt_dst.i6_hi ^ seed[0], rt->rt_dst.i6_lo ^ seed[1]) +
	    (rt->rt_ports & 0xffff) * UINT64_C(0x9e3779b97f4a7c15);
	h = rss_fold((a + b) ^ seed[2], (a > b ? a - b : b - a) ^ seed[3]);
	return (uint32_t)(h ^ h >> 32);
}

struct rss_tuple
rss_reverse(const struct rss_tuple *rt)
{
	return (struct rss_tuple){
		.rt_src = rt->rt_dst,
		.rt_dst = rt->rt_src,
		.rt_ports = rt->rt_ports << 16 | rt->rt_ports >> 16,
		.rt_type = rt->rt_type,
	};
}

enum rss_type
rss_frame_tuple(
    const uint8_t *p, size_t n, unsigned types, struct rss_tuple *rt)
{
	unsigned type;
	size_t l3 = frame_parse(p, n, &type);

	if (l3 != 0 && n > l3 &&
	    ((type == FRAME_IP4 && p[l3] >> 4 == 4) ||
		(type == FRAME_IP6 && p[l3] >> 4 == 6)))
		return rss_tuple(p + l3, n - l3, types, rt);
	*rt = (struct rss_tuple){ .rt_type = RSS_NONE };
	return RSS_NONE;
}

enum rss_type
rss_frame(const struct toeplitz *tz, unsigned types, const uint8_t *p, size_t n,
    uint32_t *hash)
{
	struct rss_tuple rt;
	enum rss_type type = rss_frame_tuple(p, n, types, &rt);

	*hash = rss_toeplitz(tz, &rt);
	return type;
}
