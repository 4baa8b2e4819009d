/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Token buckets in time: a bucket holds nanoseconds, one sending costs what
 * it takes to earn it.  So a change of the rate counts from the next sending,
 * and no rate is too low.
 */
#include <errno.h>
#include <stdlib.h>

#include "base/lines.h"
#include "ip/icmp_limit.h"
#include "ip/ip.h"

/*
 * Who may touch a member:
 *	o	owner CPU
 */
struct icmp_limit {
	uint64_t il_credit[IB_N]; /* [o] ns */
	uint64_t il_last[IB_N]; /* [o] when it was last filled */
};

int
icmp_cpu_init(struct cpu *c)
{
	struct icmp_limit *il;
	unsigned i;

	if ((il = lines_alloc(1, sizeof(*il))) == NULL)
		return ENOMEM;
	for (i = 0; i < IB_N; i++) {
		il->il_credit[i] = NS_S;
		il->il_last[i] = c->c_now;
	}
	c->c_icmp_limit = il;
	return 0;
}

void
icmp_cpu_fini(struct cpu *c)
{
	free(c->c_icmp_limit);
	c->c_icmp_limit = NULL;
}

size_t
icmp_limit_size(void)
{
	return sizeof(struct icmp_limit);
}

bool
icmp_limit_has(struct cpu *c, enum icmp_budget b, uint64_t rate)
{
	struct icmp_limit *il = c->c_icmp_limit;

	il->il_credit[b] =
	    u64min(il->il_credit[b] + (c->c_now - il->il_last[b]), NS_S);
	il->il_last[b] = c->c_now;
	return rate != 0 && il->il_credit[b] >= NS_S / rate;
}

bool
icmp_limit_take(struct cpu *c, enum icmp_budget b, uint64_t rate)
{
	if (!icmp_limit_has(c, b, rate))
		return false;
	c->c_icmp_limit->il_credit[b] -= NS_S / rate;
	return true;
}
