/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Deleting many routes at once, because what they stand on goes.
 *
 * A table must not change while it is walked: what is to go is written down
 * first and deleted then, all at once if there is memory for it, else a few at
 * a time.
 */
#include <stdlib.h>

#include "base/bytes.h"
#include "route/nhop_int.h"
#include "route/route.h"

struct route_found {
	struct prefix rf_prefix;
	struct rib_entry rf_entry;
};

struct route_flush {
	const struct ctl *rl_ctl;
	unsigned rl_ifindex; /* by way of it; 0: */
	unsigned rl_gone; /* by hand, in this table or into it */
	unsigned rl_rtable; /* that is walked */
	struct route_found *rl_found; /* NULL: they are only counted */
	size_t rl_n;
	size_t rl_room;
};

static bool
flush_wants(const struct route_flush *rl, const struct rib_entry *re)
{
	const struct nhop *nh;

	if (rl->rl_ifindex != 0)
		return nhop_uses_if(rl->rl_ctl, re->re_nhop, rl->rl_ifindex);
	if (re->re_proto != RP_RUNTIME)
		return false;
	nh = nhop_at(rl->rl_ctl, re->re_nhop);
	return rl->rl_rtable == rl->rl_gone ||
	    (nh->nh_type == NH_TABLE && nh->nh_table == rl->rl_gone);
}

static int
flush_find(void *arg, const struct prefix *p, const struct rib_entry *re,
    bool active)
{
	struct route_flush *rl = arg;

	(void)active;
	if (!flush_wants(rl, re))
		return 0;
	if (rl->rl_found != NULL)
		rl->rl_found[rl->rl_n] = (struct route_found){ *p, *re };
	return ++rl->rl_n == rl->rl_room;
}

/* The other ways of a route take over, if it has any. */
static void ON_CTL
flush_one(struct ctl *ctl, const struct route_flush *rl,
    const struct route_found *rf)
{
	struct rib *rib = ctl->ctl_sp->sp_rt[rl->rl_rtable].rt_rib;
	struct rib_entry rest = rf->rf_entry;

	if (rl->rl_ifindex != 0 &&
	    nhop_group_without(ctl, rest.re_nhop, rl->rl_ifindex,
		&rest.re_nhop) == 0 &&
	    rib_add(rib, &rf->rf_prefix, &rest) != 0)
		nhop_put(ctl, rest.re_nhop);
	route_drop(ctl, rl->rl_rtable, &rf->rf_prefix, &rf->rf_entry);
}

static void
flush_walk(struct route_flush *rl, unsigned family)
{
	const struct rtable *rt = &rl->rl_ctl->ctl_sp->sp_rt[rl->rl_rtable];

	rib_walk(rt->rt_rib, (uint8_t)family, flush_find, rl);
}

static void ON_CTL
flush_family(struct ctl *ctl, struct route_flush *rl, unsigned family)
{
	size_t i;

	do {
		rl->rl_n = 0;
		flush_walk(rl, family);
		for (i = 0; i < rl->rl_n; i++)
			flush_one(ctl, rl, &rl->rl_found[i]);
	} while (rl->rl_n == rl->rl_room);
}

static void ON_CTL
flush(struct ctl *ctl, struct route_flush *rl)
{
	struct route_found few[64], *many;
	unsigned i;

	for (i = 0; i < RT_MAX; i++) {
		rl->rl_rtable = i;
		flush_walk(rl, 4);
		flush_walk(rl, 6);
	}
	if (rl->rl_n == 0)
		return;
	rl->rl_room = rl->rl_n + 1;
	many = rl->rl_found = malloc(rl->rl_room * sizeof(*many));
	if (many == NULL) {
		rl->rl_found = few;
		rl->rl_room = countof(few);
	}
	for (i = 0; i < RT_MAX; i++) {
		rl->rl_rtable = i;
		flush_family(ctl, rl, 4);
		flush_family(ctl, rl, 6);
	}
	free(many);
}

void
route_flush_if(struct ctl *ctl, unsigned ifindex)
{
	struct route_flush rl = { .rl_ctl = ctl, .rl_ifindex = ifindex };

	flush(ctl, &rl);
}

void
route_flush_table(struct ctl *ctl, unsigned rtable)
{
	struct route_flush rl = { .rl_ctl = ctl, .rl_gone = rtable };

	flush(ctl, &rl);
}
