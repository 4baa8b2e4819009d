/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Any bytes as a neighbour discovery message, behind 33 bytes that stand for
 * what the IPv6 header said: source, destination, hop limit.  What is accepted
 * keeps its promises, and says the same after it was built from its values.
 */
#include <stdlib.h>
#include <string.h>

#include "ether/ether_wire.h"
#include "ip6/nd6_parse.h"

#define FUZZ_HEAD 33u

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
must(bool what)
{
	if (!what)
		abort();
}

static void
check_values(const struct nd6_info *nd)
{
	must(nd->nd_hlim == ND6_HLIM);
	must(!in6_is_multicast(nd->nd_src));
	must(!nd->nd_haslla || !mac_is_group(nd->nd_lla));
	if (nd->nd_type != ND6_NS && nd->nd_type != ND6_NA)
		return;
	must(!in6_is_multicast(nd->nd_target));
	/* Who has no address has no place for an answer. */
	if (in6_is_unspecified(nd->nd_src))
		must(nd->nd_type == ND6_NS && !nd->nd_haslla &&
		    in6_is_solicited_node(nd->nd_dst));
}

static void
check_again(const struct nd6_info *nd)
{
	struct nd6_info again = { .nd_src = nd->nd_src,
		.nd_dst = nd->nd_dst,
		.nd_hlim = nd->nd_hlim };
	uint8_t p[ND6_BUILD_MAX];
	unsigned n = nd6_build(p, nd);

	must(n <= sizeof(p));
	must(nd6_parse(p + 40, n - 40, &again) == nds_none);
	must(again.nd_type == nd->nd_type && again.nd_flags == nd->nd_flags);
	must(in6_eq(again.nd_target, nd->nd_target));
	must(again.nd_haslla == nd->nd_haslla);
	must(again.nd_hasnonce == nd->nd_hasnonce);
	if (nd->nd_haslla)
		must(mac_eq(again.nd_lla, nd->nd_lla));
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct nd6_info nd = { 0 };

	if (n < FUZZ_HEAD)
		return 0;
	nd.nd_src = in6_load(p);
	nd.nd_dst = in6_load(p + 16);
	nd.nd_hlim = p[32];
	if (nd6_parse(p + FUZZ_HEAD, n - FUZZ_HEAD, &nd) != nds_none)
		return 0;
	check_values(&nd);
	if (nd.nd_type == ND6_NS || nd.nd_type == ND6_NA)
		check_again(&nd);
	return 0;
}
