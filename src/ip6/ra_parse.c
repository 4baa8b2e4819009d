/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Router discovery messages from bytes to values and back.  Pure.
 */
#include "ip6/ra_parse.h"

#include <string.h>

#include "ip6/ip6_wire.h"
#include "ip6/nd6_wire.h"
#include "mbuf/in_cksum.h"

#define MTU_LEAST 1280u /* RFC 8200, 5 */

/* RFC 4861, 6.3.4; RFC 4862, 5.5.3: prefixes that say nothing. */
static bool
ra_prefix_ok(const struct ra_prefix *rp)
{
	return rp->rp_len <= 128 && rp->rp_preferred <= rp->rp_valid &&
	    !in6_is_linklocal(rp->rp_prefix) &&
	    !in6_is_multicast(rp->rp_prefix);
}

static void
ra_take_prefix(const struct ra_prefix_wire *w, struct ra_info *ra)
{
	struct ra_prefix rp = { .rp_prefix = in6_load(w->rap_prefix),
		.rp_len = w->rap_plen,
		.rp_flags = w->rap_flags & (RA_PREFIX_ONLINK | RA_PREFIX_AUTO),
		.rp_valid = ld32be(w->rap_valid),
		.rp_preferred = ld32be(w->rap_preferred) };

	if (!ra_prefix_ok(&rp))
		return;
	rp.rp_prefix = in6_and(rp.rp_prefix, in6_mask(rp.rp_len));
	if (ra->ra_nprefix < RA_PREFIXES)
		ra->ra_prefix[ra->ra_nprefix++] = rp;
	else
		ra->ra_more++;
}

static void
ra_take_option(const uint8_t *p, size_t len, struct ra_info *ra)
{
	const struct ra_mtu_wire *mtu = (const void *)p;
	const struct nd6_opt_wire *opt = (const void *)p;

	switch (p[0]) {
	case ND6_OPT_SLLA:
		if (len != sizeof(*opt))
			break;
		memcpy(ra->ra_lla, opt->ndo_data, MAC_LEN);
		ra->ra_haslla = true;
		break;
	case RA_OPT_PREFIX:
		if (len == sizeof(struct ra_prefix_wire))
			ra_take_prefix((const void *)p, ra);
		break;
	case RA_OPT_MTU:
		if (len == sizeof(*mtu) && ld32be(mtu->ram_mtu) >= MTU_LEAST)
			ra->ra_mtu = ld32be(mtu->ram_mtu);
		break;
	}
}

/* The preference that no router may say counts as medium: RFC 4191, 2.2. */
static uint8_t
ra_pref_of(unsigned flags)
{
	unsigned pref = flags >> RA_PREF_SHIFT & RA_PREF_MASK;

	return (uint8_t)(pref == 2 ? RA_MEDIUM : pref);
}

void
ra_parse(const uint8_t *p, size_t n, struct ra_info *ra)
{
	const struct ra_wire *w = (const void *)p;
	size_t off, len;

	ra->ra_hlim = w->ra_hlim;
	ra->ra_managed = (w->ra_flags & RA_MANAGED) != 0;
	ra->ra_other = (w->ra_flags & RA_OTHER) != 0;
	ra->ra_lifetime = ld16be(w->ra_lifetime);
	ra->ra_pref = ra_pref_of(w->ra_flags);
	ra->ra_reachable = ld32be(w->ra_reachable);
	ra->ra_retrans = ld32be(w->ra_retrans);
	ra->ra_haslla = false;
	ra->ra_mtu = 0;
	ra->ra_nprefix = ra->ra_more = 0;
	for (off = sizeof(*w); off + 8 <= n; off += len) {
		len = p[off + 1] * 8u;
		if (len == 0 || len > n - off)
			break;
		ra_take_option(p + off, len, ra);
	}
}

/* The packet around an ICMPv6 message of len bytes: RFC 8200, 3. */
static unsigned
ra_finish(uint8_t *p, struct in6 src, struct in6 dst, unsigned len)
{
	struct ip6_wire *ip6 = (void *)p;
	struct ra_wire *w = (void *)(p + IP6_HLEN);
	uint64_t sum = in6_cksum_pseudo(src, dst, IPP_ICMPV6, len);

	memset(ip6, 0, sizeof(*ip6));
	ip6->ip6_vfc[0] = 6 << 4;
	st16be(ip6->ip6_plen, (uint16_t)len);
	ip6->ip6_nxt = IPP_ICMPV6;
	ip6->ip6_hlim = ND6_HLIM;
	in6_store(ip6->ip6_src, src);
	in6_store(ip6->ip6_dst, dst);
	st16be(w->ra_sum, in_cksum_fold(in_cksum_add(w, len, sum)));
	return IP6_HLEN + len;
}

static uint8_t *
ra_put_mac(uint8_t *p, const uint8_t *mac)
{
	struct nd6_opt_wire *opt = (void *)p;

	opt->ndo_type = ND6_OPT_SLLA;
	opt->ndo_len = 1;
	memcpy(opt->ndo_data, mac, MAC_LEN);
	return p + sizeof(*opt);
}

static uint8_t *
ra_put_mtu(uint8_t *p, uint32_t mtu)
{
	struct ra_mtu_wire *w = (void *)p;

	*w = (struct ra_mtu_wire){ .ram_type = RA_OPT_MTU, .ram_len = 1 };
	st32be(w->ram_mtu, mtu);
	return p + sizeof(*w);
}

static uint8_t *
ra_put_prefix(uint8_t *p, const struct ra_prefix *rp)
{
	struct ra_prefix_wire *w = (void *)p;

	*w = (struct ra_prefix_wire){ .rap_type = RA_OPT_PREFIX,
		.rap_len = sizeof(*w) / 8,
		.rap_plen = (uint8_t)rp->rp_len,
		.rap_flags = (uint8_t)rp->rp_flags };
	st32be(w->rap_valid, rp->rp_valid);
	st32be(w->rap_preferred, rp->rp_preferred);
	in6_store(w->rap_prefix, rp->rp_prefix);
	return p + sizeof(*w);
}

/* An option of bytes bytes behind its head, filled up to 8. */
static uint8_t *
ra_put_dns(uint8_t *p, unsigned type, uint32_t lifetime, unsigned bytes)
{
	struct ra_dns_wire *w = (void *)p;
	unsigned len = (unsigned)sizeof(*w) + (bytes + 7) / 8 * 8;

	memset(p, 0, len);
	w->rad_type = (uint8_t)type;
	w->rad_len = (uint8_t)(len / 8);
	st32be(w->rad_lifetime, lifetime);
	return p + len;
}

static uint8_t *
ra_put_options(uint8_t *p, const struct ra_info *ra)
{
	uint8_t *end;
	unsigned i;

	if (ra->ra_haslla)
		p = ra_put_mac(p, ra->ra_lla);
	if (ra->ra_mtu != 0)
		p = ra_put_mtu(p, ra->ra_mtu);
	for (i = 0; i < umin(ra->ra_nprefix, RA_BATCH); i++)
		p = ra_put_prefix(p, &ra->ra_prefix[i]);
	if (ra->ra_ndns > 0) {
		end = ra_put_dns(p, RA_OPT_RDNSS, ra->ra_dnslife,
		    ra->ra_ndns * 16);
		for (i = 0; i < ra->ra_ndns; i++)
			in6_store(p + 8 + 16 * (size_t)i, ra->ra_dns[i]);
		p = end;
	}
	if (ra->ra_searchlen > 0) {
		end = ra_put_dns(p, RA_OPT_DNSSL, ra->ra_dnslife,
		    ra->ra_searchlen);
		memcpy(p + 8, ra->ra_search, ra->ra_searchlen);
		p = end;
	}
	return p;
}

unsigned
ra_build(uint8_t *p, const struct ra_info *ra)
{
	struct ra_wire *w = (void *)(p + IP6_HLEN);
	uint8_t *end;

	*w = (struct ra_wire){ .ra_type = ND6_RA,
		.ra_hlim = ra->ra_hlim,
		.ra_flags = (uint8_t)((ra->ra_managed ? RA_MANAGED : 0) |
		    (ra->ra_other ? RA_OTHER : 0)) };
	/* RFC 4191, 2.2: who is no default router is not preferred. */
	if (ra->ra_lifetime != 0)
		w->ra_flags |= (uint8_t)(ra->ra_pref << RA_PREF_SHIFT);
	st16be(w->ra_lifetime, ra->ra_lifetime);
	st32be(w->ra_reachable, ra->ra_reachable);
	st32be(w->ra_retrans, ra->ra_retrans);
	end = ra_put_options((uint8_t *)(w + 1), ra);
	return ra_finish(
	    p, ra->ra_src, ra->ra_dst, (unsigned)(end - (uint8_t *)w));
}

unsigned
rs_build(uint8_t *p, struct in6 src, struct in6 dst, const uint8_t *mac)
{
	struct rs_wire *w = (void *)(p + IP6_HLEN);
	uint8_t *end = (uint8_t *)(w + 1);

	*w = (struct rs_wire){ .rs_type = ND6_RS };
	if (mac != NULL)
		end = ra_put_mac(end, mac);
	return ra_finish(p, src, dst, (unsigned)(end - (uint8_t *)w));
}

unsigned
ra_search_name(uint8_t *p, size_t room, const char *name)
{
	size_t len, at = 0;

	for (;; name += len + 1) {
		len = strcspn(name, ".");
		if (len == 0 || len > 63 || at + len + 2 > room ||
		    at + len + 2 > 255)
			return 0;
		p[at++] = (uint8_t)len;
		memcpy(p + at, name, len);
		at += len;
		/* A dot may end it. */
		if (name[len] == '\0' || name[len + 1] == '\0')
			break;
	}
	p[at++] = 0;
	return (unsigned)at;
}
