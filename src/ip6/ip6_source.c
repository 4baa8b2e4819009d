/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Choosing among source addresses: the rules of RFC 6724, 5, in their order,
 * but for those of home addresses (4), which there are none of, of the prefixes
 * that the next hop advertises (5.5), and of temporary addresses (7), which
 * are not made.
 */
#include "ip6/ip6_source.h"

#include "base/bytes.h"

#define SITE_LOCAL UINT64_C(0xfec0000000000000) /* /10; RFC 3879 */

unsigned
in6_scope(struct in6 a)
{
	if (in6_is_multicast(a))
		return a.i6_hi >> 48 & 0xf;
	if (in6_is_linklocal(a) || in6_is_loopback(a))
		return IN6_SCOPE_LINK;
	if (a.i6_hi >> 54 == SITE_LOCAL >> 54)
		return IN6_SCOPE_SITE;
	return IN6_SCOPE_GLOBAL;
}

unsigned
in6_label(struct in6 a)
{
	/* By length, the longest first. */
	static const struct {
		struct prefix p;
		unsigned label;
	} policy[] = {
#define POLICY(hi, lo, len, l)                                                 \
	{ { { .a_family = ADDR_V6, .a_v6 = { UINT64_C(hi), lo } }, len }, l }
		POLICY(0, 1, 128, 0),
		POLICY(0, UINT64_C(0xffff00000000), 96, 4),
		POLICY(0, 0, 96, 3),
		POLICY(0x2001000000000000, 0, 32, 5),
		POLICY(0x2002000000000000, 0, 16, 2),
		POLICY(0x3ffe000000000000, 0, 16, 12),
		POLICY(0xfec0000000000000, 0, 10, 11),
		POLICY(0xfc00000000000000, 0, 7, 13),
		POLICY(0, 0, 0, 1),
#undef POLICY
	};
	const struct addr addr = addr_v6(a);
	unsigned i = 0;

	while (!prefix_match(&policy[i].p, &addr))
		i++;
	return policy[i].label;
}

/* RFC 6724, 2.2: no further than the source's prefix. */
static unsigned
in6_common(const struct ifaddr *ifa, struct in6 dst)
{
	struct in6 src = ifa->ifa_addr.a_v6;
	unsigned n = 128;

	if (src.i6_hi != dst.i6_hi)
		n = (unsigned)__builtin_clzll(src.i6_hi ^ dst.i6_hi);
	else if (src.i6_lo != dst.i6_lo)
		n = 64 + (unsigned)__builtin_clzll(src.i6_lo ^ dst.i6_lo);
	return umin(n, ifa->ifa_plen);
}

/* Rule 2: as near as can be, but not nearer than the destination. */
static bool
in6_scope_before(unsigned a, unsigned b, unsigned dst)
{
	return a < b ? a >= dst : b < dst;
}

bool
in6_source_before(const struct ifaddr *a, unsigned aif, const struct ifaddr *b,
    unsigned bif, struct in6 dst, unsigned out)
{
	const struct in6 sa = a->ifa_addr.a_v6, sb = b->ifa_addr.a_v6;
	const unsigned label = in6_label(dst);
	bool yes, no;

	if (in6_eq(sa, dst) != in6_eq(sb, dst)) /* rule 1 */
		return in6_eq(sa, dst);
	if (in6_scope(sa) != in6_scope(sb))
		return in6_scope_before(
		    in6_scope(sa), in6_scope(sb), in6_scope(dst));
	yes = (a->ifa_flags & IFA_DEPRECATED) == 0; /* rule 3 */
	no = (b->ifa_flags & IFA_DEPRECATED) == 0;
	if (yes != no)
		return yes;
	if ((aif == out) != (bif == out)) /* rule 5 */
		return aif == out;
	yes = in6_label(sa) == label; /* rule 6 */
	no = in6_label(sb) == label;
	if (yes != no)
		return yes;
	return in6_common(a, dst) > in6_common(b, dst); /* rule 8 */
}
