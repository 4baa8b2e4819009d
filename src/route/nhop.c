/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Next hops as ctl manages them.
 *
 * Equal next hops are one object, found by comparing with all there are: they
 * are few.  An object lives while routes refer to it.  The published table
 * doubles when it is full; its objects stay what they are.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/kassert.h"
#include "base/point.h"
#include "route/nhop.h"
#include "route/nhop_int.h"

#define NHOP_FIRST 64 /* size of the first table */

const struct nhop nhop_none = { .nh_type = NH_NONE };
const struct nhop nhop_loop = { .nh_type = NH_LOOP };

static struct nhop_table *
nhop_table(const struct ctl *ctl)
{
	return atomic_load_explicit(
	    &ctl->ctl_sp->sp_nhops, memory_order_relaxed);
}

static struct nhop *
nhop_slot(const struct nhop_table *nt, uint32_t i)
{
	return atomic_load_explicit(&nt->nt_nh[i], memory_order_relaxed);
}

static struct nhop_table *
nhop_table_alloc(uint32_t size)
{
	struct nhop_table *nt;

	nt = calloc(1, sizeof(*nt) + size * sizeof(nt->nt_nh[0]));
	if (nt != NULL)
		nt->nt_size = size;
	return nt;
}

int
nhop_ctl_init(struct ctl *ctl)
{
	struct nhop_table *nt = nhop_table_alloc(NHOP_FIRST);

	atomic_init(&ctl->ctl_sp->sp_nhops, nt);
	return nt != NULL ? 0 : ENOMEM;
}

void
nhop_ctl_fini(struct ctl *ctl)
{
	struct nhop_table *nt = nhop_table(ctl);
	uint32_t i;

	if (nt == NULL)
		return;
	for (i = 0; i < nt->nt_size; i++)
		free(nhop_slot(nt, i));
	free(nt);
}

static size_t
nhop_size(const struct nhop *nh)
{
	return nh->nh_type == NH_GROUP ? sizeof(struct nhop_group) :
	    sizeof(*nh);
}

static bool
nhop_equal(const struct nhop *a, const struct nhop *b)
{
	return a->nh_type == b->nh_type && a->nh_table == b->nh_table &&
	    a->nh_ifindex == b->nh_ifindex && a->nh_mtu == b->nh_mtu &&
	    addr_eq(&a->nh_gw, &b->nh_gw);
}

struct nhop *
nhop_at(const struct ctl *ctl, uint32_t index)
{
	return nhop_slot(nhop_table(ctl), index);
}

uint32_t
nhop_limit(const struct ctl *ctl)
{
	return nhop_table(ctl)->nt_size;
}

uint32_t
nhop_find(const struct ctl *ctl, const struct nhop *want)
{
	const struct nhop_table *nt = nhop_table(ctl);
	const struct nhop *nh;
	uint32_t i;

	for (i = 1; i < nt->nt_size; i++)
		if ((nh = nhop_slot(nt, i)) != NULL && nhop_equal(nh, want))
			return i;
	return 0;
}

/*
 * A number without an object; 0 if there is none.  In turn, so that a number
 * rests: packets that wait on their way may still carry it.
 */
static uint32_t
nhop_unused(const struct ctl *ctl)
{
	const struct nhop_table *nt = nhop_table(ctl);
	uint32_t i, n, last = ctl->ctl_route->rc_lastnh;

	for (n = 0; n < nt->nt_size - 1; n++) {
		i = (last + n) % (nt->nt_size - 1) + 1;
		if (nhop_slot(nt, i) == NULL)
			return i;
	}
	return 0;
}

/* Twice the room, with the same objects. */
static int ON_CTL
nhop_grow(struct ctl *ctl)
{
	struct nhop_table *old = nhop_table(ctl), *new;
	uint32_t i;

	if ((new = nhop_table_alloc(old->nt_size * 2)) == NULL)
		return ENOMEM;
	for (i = 0; i < old->nt_size; i++)
		atomic_init(&new->nt_nh[i], nhop_slot(old, i));
	atomic_store_explicit(
	    &ctl->ctl_sp->sp_nhops, new, memory_order_release);
	sim_point(SP_PUBLISH);
	qsbr_retire(&ctl->ctl_sp->sp_qsbr, old,
	    sizeof(*old) + old->nt_size * sizeof(old->nt_nh[0]), free);
	return 0;
}

int
nhop_insert(struct ctl *ctl, struct nhop *nh, uint32_t *index)
{
	uint32_t i;
	int error;

	if (nhop_unused(ctl) == 0 && (error = nhop_grow(ctl)) != 0)
		return error;
	i = ctl->ctl_route->rc_lastnh = nhop_unused(ctl);
	nh->nh_index = i;
	nh->nh_refs = 1;
	atomic_store_explicit(
	    &nhop_table(ctl)->nt_nh[i], nh, memory_order_release);
	sim_point(SP_PUBLISH);
	*index = i;
	return 0;
}

void
nhop_replace(struct ctl *ctl, struct nhop *new)
{
	struct nhop *old;

	old = atomic_exchange_explicit(&nhop_table(ctl)->nt_nh[new->nh_index],
	    new, memory_order_acq_rel);
	hopgen_bump(ctl->ctl_sp);
	sim_point(SP_PUBLISH);
	qsbr_retire(&ctl->ctl_sp->sp_qsbr, old, nhop_size(old), free);
}

int
nhop_get(struct ctl *ctl, const struct nhop *want, uint32_t *index)
{
	struct nhop *nh;
	int error;

	KASSERT(want->nh_type != NH_GROUP);
	if ((*index = nhop_find(ctl, want)) != 0) {
		nhop_at(ctl, *index)->nh_refs++;
		return 0;
	}
	if ((nh = malloc(sizeof(*nh))) == NULL)
		return ENOMEM;
	*nh = *want;
	nh->nh_groups = 0;
	nh->nh_dead = false;
	if ((error = nhop_insert(ctl, nh, index)) != 0)
		free(nh);
	return error;
}

/*
 * A FIB that CPUs still read may name the number until it is replaced: the
 * next publish does that, and the object stays until its grace period is over.
 */
void
nhop_put(struct ctl *ctl, uint32_t index)
{
	struct nhop *nh = nhop_at(ctl, index);

	KASSERT(nh != NULL && nh->nh_refs > 0);
	if (--nh->nh_refs > 0)
		return;
	nh->nh_last = ctl->ctl_route->rc_published;
	if (nh->nh_type == NH_GROUP)
		nhop_group_release(ctl, (const void *)nh);
}

void
nhop_sweep(struct ctl *ctl)
{
	struct nhop_table *nt = nhop_table(ctl);
	struct nhop *nh;
	uint32_t i;

	for (i = 1; i < nt->nt_size; i++) {
		if ((nh = nhop_slot(nt, i)) == NULL || nh->nh_refs > 0 ||
		    nh->nh_last >= ctl->ctl_route->rc_graced)
			continue;
		atomic_store_explicit(
		    &nt->nt_nh[i], NULL, memory_order_release);
		hopgen_bump(ctl->ctl_sp);
		qsbr_retire(&ctl->ctl_sp->sp_qsbr, nh, nhop_size(nh), free);
	}
}
