/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Any bytes as a router advertisement.  What is taken from it keeps its
 * promises, and says the same after it was built from its values.
 */
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "ip6/ra_parse.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
must(bool what)
{
	if (!what)
		abort();
}

static void
check_prefix(const struct ra_prefix *rp)
{
	must(rp->rp_len <= 128);
	must(rp->rp_preferred <= rp->rp_valid);
	must(!in6_is_multicast(rp->rp_prefix));
	must(in6_eq(rp->rp_prefix,
	    in6_and(rp->rp_prefix, in6_mask(rp->rp_len))));
}

/* RFC 4191, 2.2: without a lifetime there is no preference. */
static void
check_again(struct ra_info *ra)
{
	uint8_t p[RA_BUILD_MAX];
	struct ra_info again;
	unsigned n;

	ra->ra_nprefix = umin(ra->ra_nprefix, RA_BATCH);
	if (ra->ra_lifetime == 0)
		ra->ra_pref = RA_MEDIUM;
	n = ra_build(p, ra);
	must(n <= sizeof(p));
	ra_parse(p + 40, n - 40, &again);
	must(again.ra_hlim == ra->ra_hlim && again.ra_mtu == ra->ra_mtu);
	must(again.ra_lifetime == ra->ra_lifetime);
	must(again.ra_pref == ra->ra_pref);
	must(again.ra_haslla == ra->ra_haslla);
	must(again.ra_nprefix == ra->ra_nprefix);
	must(memcmp(again.ra_prefix, ra->ra_prefix,
	    ra->ra_nprefix * sizeof(ra->ra_prefix[0])) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct ra_info ra = { .ra_hlim = 0 };
	uint8_t *copy;
	unsigned i;

	if (n < sizeof(struct ra_wire) || (copy = malloc(n)) == NULL)
		return 0;
	memcpy(copy, p, n); /* exactly n bytes, to the end */
	ra_parse(copy, n, &ra);
	free(copy);
	must(ra.ra_mtu == 0 || ra.ra_mtu >= 1280);
	must(ra.ra_nprefix <= RA_PREFIXES);
	for (i = 0; i < ra.ra_nprefix; i++)
		check_prefix(&ra.ra_prefix[i]);
	check_again(&ra);
	return 0;
}
