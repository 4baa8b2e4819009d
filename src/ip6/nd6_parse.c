/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Neighbour discovery messages from bytes to values and back.  Pure.
 */
#include <string.h>

#include "ether/ether_wire.h"
#include "ip6/ip6_wire.h"
#include "ip6/nd6_parse.h"
#include "mbuf/in_cksum.h"

/* Bytes before the options, and the option that tells a MAC we want. */
static const struct {
	uint8_t len;
	uint8_t lla;
} nd6_types[] = {
	[ND6_RS - ND6_RS] = { 8, ND6_OPT_SLLA },
	[ND6_RA - ND6_RS] = { 16, ND6_OPT_SLLA },
	[ND6_NS - ND6_RS] = { sizeof(struct nd6_wire), ND6_OPT_SLLA },
	[ND6_NA - ND6_RS] = { sizeof(struct nd6_wire), ND6_OPT_TLLA },
	[ND6_REDIRECT - ND6_RS] = { 40, ND6_OPT_TLLA },
};

static void
nd6_take_option(const struct nd6_opt_wire *opt, unsigned lla,
    struct nd6_info *nd)
{
	if (opt->ndo_len != 1)
		return; /* not for Ethernet, or not a nonce of RFC 7527 */
	if (opt->ndo_type == lla) {
		memcpy(nd->nd_lla, opt->ndo_data, MAC_LEN);
		nd->nd_haslla = true;
	} else if (opt->ndo_type == ND6_OPT_NONCE) {
		memcpy(nd->nd_nonce, opt->ndo_data, ND6_NONCELEN);
		nd->nd_hasnonce = true;
	}
}

/* RFC 4861, 4.6: an option of no length spoils the whole packet. */
static enum nd6stat
nd6_parse_options(const uint8_t *p, size_t n, unsigned lla,
    struct nd6_info *nd)
{
	const struct nd6_opt_wire *opt;
	size_t len;

	for (; n > 0; p += len, n -= len) {
		opt = (const void *)p;
		if (n < sizeof(*opt) || opt->ndo_len == 0)
			return nds_badopt;
		len = opt->ndo_len * 8u;
		if (len > n)
			return nds_badopt;
		nd6_take_option(opt, lla, nd);
	}
	if (nd->nd_haslla && mac_is_group(nd->nd_lla))
		return nds_badmac;
	return nds_none;
}

/* RFC 4861, 7.1.1. */
static enum nd6stat
nd6_check_ns(const struct nd6_info *nd)
{
	if (in6_is_multicast(nd->nd_target))
		return nds_badtarget;
	if (!in6_is_unspecified(nd->nd_src))
		return nds_none;
	if (!in6_is_solicited_node(nd->nd_dst))
		return nds_baddst;
	return nd->nd_haslla ? nds_badopt : nds_none;
}

/* RFC 4861, 7.1.2. */
static enum nd6stat
nd6_check_na(const struct nd6_info *nd)
{
	if (in6_is_multicast(nd->nd_target))
		return nds_badtarget;
	if (in6_is_unspecified(nd->nd_src))
		return nds_badsrc;
	if (in6_is_multicast(nd->nd_dst) &&
	    (nd->nd_flags & ND6_NA_SOLICITED) != 0)
		return nds_baddst;
	return nds_none;
}

/* RFC 4861, 6.1.1. */
static enum nd6stat
nd6_check_rs(const struct nd6_info *nd)
{
	return in6_is_unspecified(nd->nd_src) && nd->nd_haslla ? nds_badopt :
	    nds_none;
}

/* RFC 4861, 6.1.2 and 8.1. */
static enum nd6stat
nd6_check_router(const struct nd6_info *nd)
{
	return in6_is_linklocal(nd->nd_src) ? nds_none : nds_badsrc;
}

enum nd6stat
nd6_parse(const uint8_t *p, size_t n, struct nd6_info *nd)
{
	const struct nd6_wire *w = (const void *)p;
	enum nd6stat why;
	unsigned i, len;

	nd->nd_haslla = nd->nd_hasnonce = false;
	if (n < 8)
		return nds_short;
	if (w->nd_type < ND6_RS || w->nd_type > ND6_REDIRECT)
		return nds_badtype;
	i = w->nd_type - ND6_RS;
	len = nd6_types[i].len;
	if (n < len)
		return nds_short;
	if (nd->nd_hlim != ND6_HLIM)
		return nds_badhlim;
	if (w->nd_code != 0)
		return nds_badcode;
	if (in6_is_multicast(nd->nd_src))
		return nds_badsrc;
	nd->nd_type = w->nd_type;
	nd->nd_flags = w->nd_flags[0];
	why = nd6_parse_options(p + len, n - len, nd6_types[i].lla, nd);
	if (why != nds_none)
		return why;
	if (nd->nd_type == ND6_RS)
		return nd6_check_rs(nd);
	if (nd->nd_type != ND6_NS && nd->nd_type != ND6_NA)
		return nd6_check_router(nd);
	nd->nd_target = in6_load(w->nd_target);
	return nd->nd_type == ND6_NS ? nd6_check_ns(nd) : nd6_check_na(nd);
}

static uint8_t *
nd6_put_option(uint8_t *p, unsigned type, const uint8_t data[static 6])
{
	struct nd6_opt_wire *opt = (void *)p;

	opt->ndo_type = (uint8_t)type;
	opt->ndo_len = 1;
	memcpy(opt->ndo_data, data, sizeof(opt->ndo_data));
	return p + sizeof(*opt);
}

/* The IPv6 header of an ICMPv6 message of len bytes: RFC 8200, 3. */
static void
nd6_build_ip6(uint8_t *p, const struct nd6_info *nd, unsigned len)
{
	struct ip6_wire *ip6 = (void *)p;

	memset(ip6, 0, sizeof(*ip6));
	ip6->ip6_vfc[0] = 6 << 4;
	st16be(ip6->ip6_plen, (uint16_t)len);
	ip6->ip6_nxt = IPP_ICMPV6;
	ip6->ip6_hlim = ND6_HLIM;
	in6_store(ip6->ip6_src, nd->nd_src);
	in6_store(ip6->ip6_dst, nd->nd_dst);
}

unsigned
nd6_build(uint8_t *p, const struct nd6_info *nd)
{
	struct nd6_wire *w = (void *)(p + IP6_HLEN);
	uint8_t *end = p + IP6_HLEN + sizeof(*w);
	unsigned len;
	uint64_t sum;

	memset(w, 0, sizeof(*w));
	w->nd_type = nd->nd_type;
	w->nd_flags[0] = nd->nd_flags;
	in6_store(w->nd_target, nd->nd_target);
	if (nd->nd_haslla)
		end = nd6_put_option(end,
		    nd->nd_type == ND6_NS ? ND6_OPT_SLLA : ND6_OPT_TLLA,
		    nd->nd_lla);
	if (nd->nd_hasnonce)
		end = nd6_put_option(end, ND6_OPT_NONCE, nd->nd_nonce);
	len = (unsigned)(end - (uint8_t *)w);
	nd6_build_ip6(p, nd, len);
	sum = in6_cksum_pseudo(nd->nd_src, nd->nd_dst, IPP_ICMPV6, len);
	st16be(w->nd_sum, in_cksum_fold(in_cksum_add(w, len, sum)));
	return IP6_HLEN + len;
}
