/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * IPv6 headers from bytes to values: RFC 8200, 3 and 4.  Pure.
 *
 * A router looks at the fixed header only: hop-by-hop options are for whoever
 * is told to process them (RFC 8200, 4.3), which we are not.  A host goes
 * through the chain; there are bounds on its length (RFC 8504, 5.3).
 */
#include "ip6/ip6_parse.h"

#include "ip6/icmp6_wire.h"

enum { /* options in hop-by-hop and destination headers */
	IP6OPT_PAD1 = 0,
	IP6OPT_PADN = 1,
	IP6OPT_ALERT = 5,
};

void
ip6_take(const uint8_t *p, struct ip6_info *i6)
{
	const struct ip6_wire *ip6 = (const void *)p;
	uint32_t vfc = ld32be(ip6->ip6_vfc);

	i6->i6_src = in6_load(ip6->ip6_src);
	i6->i6_dst = in6_load(ip6->ip6_dst);
	i6->i6_flow = vfc & 0xfffff;
	i6->i6_len = IP6_HLEN + ld16be(ip6->ip6_plen);
	i6->i6_off = 0;
	i6->i6_l4off = IP6_HLEN;
	i6->i6_errptr = offsetof(struct ip6_wire, ip6_nxt);
	i6->i6_errcode = IP6_SILENT;
	i6->i6_proto = ip6->ip6_nxt;
	i6->i6_hlim = ip6->ip6_hlim;
	i6->i6_tclass = (uint8_t)(vfc >> 20);
	i6->i6_flags = 0;
}

enum ip6stat
ip6_parse(const uint8_t *p, size_t n, size_t total, struct ip6_info *i6)
{
	enum ip6stat why;

	if ((why = ip6_check(p, n, total)) == i6s_none)
		ip6_take(p, i6);
	return why;
}

enum ip6stat
ip6_parse_quoted(const uint8_t *p, size_t n, struct ip6_info *i6)
{
	const struct ip6_wire *ip6 = (const void *)p;

	if (n < sizeof(*ip6))
		return i6s_toosmall;
	if (ip6->ip6_vfc[0] >> 4 != 6)
		return i6s_badvers;
	ip6_take(p, i6);
	return i6s_none;
}

static enum ip6stat
ip6_error(struct ip6_info *i6, enum ip6stat why, unsigned code, unsigned at)
{
	i6->i6_errcode = (uint8_t)code;
	i6->i6_errptr = (uint16_t)at;
	return why;
}

/* RFC 8200, 4.2: the two top bits say what if it is not known. */
static enum ip6stat
ip6_unknown_option(struct ip6_info *i6, unsigned type, unsigned at)
{
	switch (type >> 6) {
	case 0:
		return i6s_none;
	case 1:
		return ip6_error(i6, i6s_badopt, IP6_SILENT, at);
	case 2:
		return ip6_error(i6, i6s_badopt, ICMP6_PARAM_OPTION, at);
	default:
		return ip6_error(i6, i6s_badopt,
		    in6_is_multicast(i6->i6_dst) ? IP6_SILENT :
		    ICMP6_PARAM_OPTION,
		    at);
	}
}

/* The options between two offsets. */
static enum ip6stat
ip6_parse_options(
    const uint8_t *p, unsigned at, unsigned end, struct ip6_info *i6)
{
	enum ip6stat why;
	unsigned len;

	for (; at < end; at += len) {
		len = 1;
		if (p[at] == IP6OPT_PAD1)
			continue;
		if (at + 2 > end || at + 2 + p[at + 1] > end)
			return ip6_error(
			    i6, i6s_badext, ICMP6_PARAM_HEADER, at + 1);
		len = 2u + p[at + 1];
		if (p[at] == IP6OPT_PADN)
			continue;
		if (p[at] == IP6OPT_ALERT)
			i6->i6_flags |= I6F_ALERT;
		else if ((why = ip6_unknown_option(i6, p[at], at)) != i6s_none)
			return why;
	}
	return i6s_none;
}

static enum ip6stat
ip6_parse_fragment(const uint8_t *p, unsigned at, struct ip6_info *i6)
{
	const struct ip6_frag_wire *f = (const void *)(p + at);
	unsigned off = ld16be(f->ip6f_off);

	/* Two would make fragments of fragments: nobody needs them. */
	if ((i6->i6_flags & I6F_FRAGMENT) != 0)
		return ip6_error(i6, i6s_fragnest, IP6_SILENT, at);
	i6->i6_id = ld32be(f->ip6f_id);
	i6->i6_fragat = (uint16_t)at;
	i6->i6_fragby = i6->i6_errptr;
	i6->i6_off = (uint16_t)(off & IP6F_OFFMASK);
	i6->i6_flags |= I6F_FRAGMENT;
	if ((off & IP6F_MORE) != 0)
		i6->i6_flags |= I6F_MF;
	if (i6->i6_off + (i6->i6_len - at - sizeof(*f)) > 65535)
		return ip6_error(i6, i6s_toolong, ICMP6_PARAM_HEADER,
		    at + (unsigned)offsetof(struct ip6_frag_wire, ip6f_off));
	return i6s_none;
}

/*
 * Length of the extension header of type i6_proto at offset "at"; 0 if it is
 * none that we go through.
 */
static unsigned
ip6_ext_len(const uint8_t *p, unsigned at, const struct ip6_info *i6)
{
	switch (i6->i6_proto) {
	case IPP_HOPOPTS:
	case IPP_DSTOPTS:
	case IPP_ROUTING:
		return (p[at + 1] + 1u) * 8;
	case IPP_FRAGMENT:
		return sizeof(struct ip6_frag_wire);
	default:
		return 0;
	}
}

/* What is in it; its len bytes are there. */
static enum ip6stat
ip6_parse_one(
    const uint8_t *p, unsigned at, unsigned len, struct ip6_info *i6)
{
	switch (i6->i6_proto) {
	case IPP_FRAGMENT:
		return ip6_parse_fragment(p, at, i6);
	case IPP_ROUTING:
		/* RFC 8200, 4.4; RFC 5095: we are on nobody's route. */
		if (p[at + 3] != 0)
			return ip6_error(
			    i6, i6s_srcroute, ICMP6_PARAM_HEADER, at + 2);
		return i6s_none;
	case IPP_HOPOPTS:
		/* Only at the front (RFC 8200, 4.1): unknown elsewhere. */
		if (at != IP6_HLEN)
			return ip6_error(
			    i6, i6s_badext, ICMP6_PARAM_NEXT, i6->i6_errptr);
		return ip6_parse_options(p, at + 2, at + len, i6);
	default:
		return ip6_parse_options(p, at + 2, at + len, i6);
	}
}

bool
ip6_is_ext(unsigned proto)
{
	return proto == IPP_HOPOPTS || proto == IPP_ROUTING ||
	    proto == IPP_FRAGMENT || proto == IPP_DSTOPTS;
}

enum ip6stat
ip6_parse_ext(const uint8_t *p, size_t n, struct ip6_info *i6)
{
	unsigned at = IP6_HLEN, len, i;
	enum ip6stat why;

	for (i = 0; ip6_is_ext(i6->i6_proto); i++, at += len) {
		if (i == IP6_EXT_MAX)
			return ip6_error(i6, i6s_manyext, IP6_SILENT, at);
		if (at + 8 > n ||
		    at + (len = ip6_ext_len(p, at, i6)) > n)
			return ip6_error(i6, i6s_badext, IP6_SILENT, at);
		if ((why = ip6_parse_one(p, at, len, i6)) != i6s_none)
			return why;
		i6->i6_proto = p[at];
		i6->i6_l4off = (uint16_t)(at + len);
		i6->i6_errptr = (uint16_t)at;
		if (i6->i6_off != 0)
			break; /* what follows is not a header */
	}
	return i6s_none;
}
