/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Rules as ctl manages them, and what a CPU does with those it reads; see
 * rule.h.
 *
 * Counters lie by slot, one array for each CPU.  A rule keeps its slot as long
 * as there is one of its name; what the slot counted for another before is
 * remembered and taken off.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/bitmap.h"
#include "base/kassert.h"
#include "base/lines.h"
#include "base/point.h"
#include "if/if.h"
#include "mbuf/tell.h"
#include "route/nhop_int.h"
#include "route/route.h"
#include "route/rule.h"

struct rule_cell {
	stat_cell rce_packets; /* [A] */
	stat_cell rce_bytes; /* [A] */
};

/* Counters of a CPU, by slot. */
struct rule_cpu {
	struct rule_cell ruc_cell[RULE_MAX];
};

/*
 *	C	ctl only
 */
struct rule_ctl {
	struct rule *rlc_rule; /* [C] in their order */
	unsigned rlc_n; /* [C] */
	unsigned rlc_last; /* [C] slot given out last */
	struct rule_counts rlc_base[RULE_MAX]; /* [C] of slots, to take off */
};

int
rule_cpu_init(struct cpu *c)
{
	c->c_rules = lines_alloc(1, sizeof(*c->c_rules));
	return c->c_rules != NULL ? 0 : ENOMEM;
}

void
rule_cpu_fini(struct cpu *c)
{
	free(c->c_rules);
	c->c_rules = NULL;
}

void
rule_list_free(struct ctl *ctl, struct rule *ru, unsigned n)
{
	unsigned i;

	for (i = 0; i < n; i++) {
		if (ru[i].ru_nh != 0)
			nhop_put(ctl, ru[i].ru_nh);
		rule_fini(&ru[i]);
	}
	free(ru);
}

int
rule_ctl_init(struct ctl *ctl)
{
	struct rule_ctl *rlc = calloc(1, sizeof(*rlc));

	ctl->ctl_route->rc_rules = rlc;
	return rlc != NULL ? 0 : ENOMEM;
}

void
rule_ctl_fini(struct ctl *ctl)
{
	struct rule_ctl *rlc = ctl->ctl_route->rc_rules;

	if (rlc == NULL)
		return;
	rules_free(atomic_load_explicit(
	    &ctl->ctl_sp->sp_rules, memory_order_relaxed));
	rule_list_free(ctl, rlc->rlc_rule, rlc->rlc_n);
	free(rlc);
	ctl->ctl_route->rc_rules = NULL;
}

const struct rule *
rules_now(struct ctl *ctl, unsigned *n)
{
	*n = ctl->ctl_route->rc_rules->rlc_n;
	return ctl->ctl_route->rc_rules->rlc_rule;
}

bool
rules_are(struct ctl *ctl, const struct rule *want, unsigned n)
{
	const struct rule_ctl *rlc = ctl->ctl_route->rc_rules;
	unsigned i;

	if (n != rlc->rlc_n)
		return false;
	for (i = 0; i < n; i++)
		if (!rule_equal(&want[i], &rlc->rlc_rule[i]))
			return false;
	return true;
}

static const struct rule *
rule_named(const struct rule_ctl *rlc, const char *name)
{
	unsigned i;

	for (i = 0; i < rlc->rlc_n; i++)
		if (strcmp(rlc->rlc_rule[i].ru_name, name) == 0)
			return &rlc->rlc_rule[i];
	return NULL;
}

/* What all CPUs have counted in a slot. */
static void
slot_sum(const struct spate *sp, unsigned slot, struct rule_counts *sum)
{
	const struct rule_cell *rce;
	unsigned i;

	*sum = (struct rule_counts){ 0 };
	for (i = 0; i < sp->sp_ncpus; i++) {
		rce = &sp->sp_cpu[i]->c_rules->ruc_cell[slot];
		sum->ruc_packets += stat_cell_read(&rce->rce_packets);
		sum->ruc_bytes += stat_cell_read(&rce->rce_bytes);
	}
}

void
rule_counts(struct ctl *ctl, const struct rule *ru, struct rule_counts *ruc)
{
	const struct rule_counts *base = &ctl->ctl_route->rc_rules
					      ->rlc_base[ru->ru_slot];

	slot_sum(ctl->ctl_sp, ru->ru_slot, ruc);
	ruc->ruc_packets -= base->ruc_packets;
	ruc->ruc_bytes -= base->ruc_bytes;
}

/* Slots of those that stay, then others for the rest, in turn. */
static void ON_CTL
rules_slots(struct ctl *ctl, struct rule *ru, unsigned n)
{
	struct rule_ctl *rlc = ctl->ctl_route->rc_rules;
	uint64_t used[BITMAP_WORDS(RULE_MAX)] = { 0 };
	const struct rule *was;
	unsigned i;

	for (i = 0; i < n; i++) {
		was = rule_named(rlc, ru[i].ru_name);
		ru[i].ru_slot = was != NULL ? was->ru_slot : RULE_MAX;
		if (was != NULL)
			bitmap_set(used, was->ru_slot);
	}
	for (i = 0; i < n; i++) {
		if (ru[i].ru_slot != RULE_MAX)
			continue;
		do {
			rlc->rlc_last = (rlc->rlc_last + 1) % RULE_MAX;
		} while (bitmap_test(used, rlc->rlc_last));
		bitmap_set(used, rlc->rlc_last);
		ru[i].ru_slot = (uint16_t)rlc->rlc_last;
		slot_sum(ctl->ctl_sp, rlc->rlc_last,
		    &rlc->rlc_base[rlc->rlc_last]);
	}
}

/* Interfaces whose packets some rule may match. */
static void ON_CTL
rules_interfaces(struct ctl *ctl, const struct rule *ru, unsigned n)
{
	uint64_t any[IF_MAX / 64] = { 0 };
	struct ifnet *ifp;
	unsigned i, w;

	for (i = 0; i < n; i++)
		for (w = 0; w < countof(any) && !ru[i].ru_idle; w++)
			any[w] |= ru[i].ru_if[w];
	for (i = 1; i < IF_MAX; i++) {
		uint32_t want = bitmap_test(any, i) ? IFP_RULES : 0;

		ifp = if_lookup(ctl->ctl_sp, i);
		if (ifp != NULL && (if_policy(ifp) & IFP_RULES) != want)
			if_set_policy(ctl, ifp, IFP_RULES, want);
	}
}

/* In place of what CPUs read; new is NULL if there are none. */
static void ON_CTL
rules_publish(struct ctl *ctl, struct rules *new, const struct rule *ru,
    unsigned n)
{
	struct rules *old;

	old = atomic_exchange_explicit(
	    &ctl->ctl_sp->sp_rules, new, memory_order_acq_rel);
	sim_point(SP_PUBLISH);
	if (old != NULL)
		qsbr_retire(&ctl->ctl_sp->sp_qsbr, old, 0, rules_free);
	rules_interfaces(ctl, ru, n);
	route_let_go(ctl);
}

int
rules_set(struct ctl *ctl, struct rule *ru, unsigned n)
{
	struct rule_ctl *rlc = ctl->ctl_route->rc_rules;
	struct rules *new = NULL;

	KASSERT(n <= RULE_MAX);
	rules_slots(ctl, ru, n);
	if (n > 0 && (new = rules_compile(ru, n)) == NULL) {
		rule_list_free(ctl, ru, n);
		return ENOMEM;
	}
	rules_publish(ctl, new, ru, n);
	rule_list_free(ctl, rlc->rlc_rule, rlc->rlc_n);
	rlc->rlc_rule = ru;
	rlc->rlc_n = n;
	return 0;
}

/* A next hop that goes is let go of before CPUs do: it has its grace period. */
static bool ON_CTL
rule_without_if(struct ctl *ctl, struct rule *ru, unsigned ifindex)
{
	bool changed = bitmap_test(ru->ru_if, ifindex);
	uint32_t was = ru->ru_nh;

	bitmap_clear(ru->ru_if, ifindex);
	if (was == 0 || !nhop_uses_if(ctl, was, ifindex))
		return changed;
	if (nhop_group_without(ctl, was, ifindex, &ru->ru_nh) != 0) {
		ru->ru_nh = 0;
		ru->ru_idle = true;
	}
	nhop_put(ctl, was);
	return true;
}

void
rules_flush_if(struct ctl *ctl, unsigned ifindex)
{
	struct rule_ctl *rlc = ctl->ctl_route->rc_rules;
	bool changed = false;
	struct rules *new;
	unsigned i;

	for (i = 0; i < rlc->rlc_n; i++)
		changed |= rule_without_if(ctl, &rlc->rlc_rule[i], ifindex);
	if (!changed)
		return;
	new = rules_compile(rlc->rlc_rule, rlc->rlc_n);
	rules_publish(ctl, new, rlc->rlc_rule, new != NULL ? rlc->rlc_n : 0);
}

uint32_t
rules_decide(struct cpu *c, const struct rules *rs, struct mbuf *m,
    const struct rule_key *rk, uint32_t nh)
{
	uint32_t at = rules_match(rs, rk);
	const struct rule_act *ra;
	struct rule_cell *rce;

	if (at == RULE_NONE)
		return nh;
	ra = &rs->rs_act[at];
	nh = ra->ra_nh != 0 ? ra->ra_nh : nh;
	if (m_is_told(m)) {
		m->m_nh = nh;
		tell_text(c, m, TELL_RULE, "%s", ra->ra_name);
	}
	if (cpu_pretends(c))
		return nh;
	rce = &c->c_rules->ruc_cell[ra->ra_slot];
	stat_cell_add(&rce->rce_packets, 1);
	stat_cell_add(&rce->rce_bytes, m->m_pktlen);
	return nh;
}
