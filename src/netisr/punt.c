/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Budgets for what is for this host itself.  A bucket holds nanoseconds, of
 * which a packet spends its part of a second, so that a change of the rate
 * counts from the next packet on.
 *
 *	o	owner CPU only
 *	A	written by the owner, read by anyone
 */
#include <errno.h>
#include <stdlib.h>

#include "base/lines.h"
#include "netisr/punt.h"

#define PUNT_DEPTH (NS_S / 10)

struct punt_bucket {
	uint64_t pub_spent; /* [o] of PUNT_DEPTH, ns */
	uint64_t pub_last; /* [o] when it was last filled */
	stat_cell pub_passed; /* [A] */
	stat_cell pub_refused; /* [A] */
};

struct punt_cpu {
	struct punt_bucket pu_bucket[IF_MAX][PUNT_N];
};

#define X(id, name, member) [id] = name,
const char *const punt_names[PUNT_N] = { PUNTS(X) };
#undef X

int
punt_cpu_init(struct cpu *c)
{
	struct punt_cpu *pu;

	if ((pu = lines_alloc(1, sizeof(*pu))) == NULL)
		return ENOMEM;
	c->c_punt = pu;
	return 0;
}

void
punt_cpu_fini(struct cpu *c)
{
	free(c->c_punt);
	c->c_punt = NULL;
}

uint64_t
punt_rate(const struct spate *sp, enum punt p)
{
	switch (p) {
#define X(id, name, member)                                                    \
	case id:                                                               \
		return tun(sp, member);
		PUNTS(X)
#undef X
	case PUNT_N:
		break;
	}
	return 0;
}

bool
punt_take(struct cpu *c, unsigned ifindex, enum punt p)
{
	struct punt_bucket *pub = &c->c_punt->pu_bucket[ifindex][p];
	uint64_t rate = punt_rate(c->c_sp, p);
	uint64_t cost = rate != 0 ? u64min(NS_S / rate, PUNT_DEPTH) : 0;

	pub->pub_spent -= u64min(pub->pub_spent, c->c_now - pub->pub_last);
	pub->pub_last = c->c_now;
	if (pub->pub_spent + cost > PUNT_DEPTH) {
		stat_cell_add(&pub->pub_refused, 1);
		return false;
	}
	pub->pub_spent += cost;
	stat_cell_add(&pub->pub_passed, 1);
	return true;
}

void
punt_counts(const struct spate *sp, unsigned cpu, unsigned ifindex,
    enum punt p, struct punt_counts *puc)
{
	const struct punt_bucket *pub = &sp->sp_cpu[cpu]
					     ->c_punt->pu_bucket[ifindex][p];

	puc->puc_passed = stat_cell_read(&pub->pub_passed);
	puc->puc_refused = stat_cell_read(&pub->pub_refused);
}
