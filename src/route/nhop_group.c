/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Groups of next hops: several ways of equal cost.
 *
 * A group's number stays when its members' links come and go: one object is
 * replaced, and no forwarding table.  Other members make another group, whose
 * slots start from those of the group the route had before.  Groups that are
 * equal, with the same members in the same slots, are one.
 *
 * A member is used while its interface runs and its gateway answers.  One that
 * does not answer gets no more packets that would have it asked for, so it is
 * asked for from here, once a second, until it answers.
 *
 * Everything here belongs to ctl; what CPUs read is replaced whole.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "if/if.h"
#include "route/neigh_int.h"
#include "route/nhop_int.h"

#define NHG_SLOTS_MIN 256u /* enough for 16 members: shares within 1/16 */
#define NHG_FEW	      16u
#define NHG_ASK_NS    NS_S

static_assert(NHG_MAX <= 64 && NHG_MAX < NHG_NOBODY, "a bit, a place");

static void nhop_group_ask(struct timer *, void *);

void
nhop_group_init(struct ctl *ctl)
{
	ctl->ctl_route->rc_seed = rnd_u64(&ctl->ctl_rnd);
	timer_init(&ctl->ctl_route->rc_ask, nhop_group_ask);
}

void
nhop_group_fini(struct ctl *ctl)
{
	timer_cancel(&ctl->ctl_wheel, &ctl->ctl_route->rc_ask);
}

static struct nhop_group *
group_at(const struct ctl *ctl, uint32_t index)
{
	struct nhop *nh = index != 0 ? nhop_at(ctl, index) : NULL;

	return nh != NULL && nh->nh_type == NH_GROUP ? (void *)nh : NULL;
}

unsigned
nhop_group_share(const struct nhop_group *ng, unsigned member)
{
	unsigned i, n = 0;

	for (i = 0; i <= ng->ng_mask; i++)
		n += ng->ng_slot[i] == ng->ng_member[member];
	return n;
}

/* By place; NHG_NOBODY for one that is none. */
static nhg_slot
group_place(const struct nhop_group *ng, uint32_t nh)
{
	unsigned i;

	for (i = 0; i < ng->ng_n; i++)
		if (ng->ng_member[i] == nh)
			return (nhg_slot)i;
	return NHG_NOBODY;
}

static bool
member_alive(const struct ctl *ctl, uint32_t index)
{
	const struct nhop *nh = nhop_at(ctl, index);
	const struct ifnet *ifp = if_lookup(ctl->ctl_sp, nh->nh_ifindex);

	return ifp != NULL && if_running(ifp) && !nh->nh_dead;
}

static uint64_t
group_alive(const struct ctl *ctl, const struct nhop_group *ng)
{
	uint64_t alive = 0;
	unsigned i;

	for (i = 0; i < ng->ng_n; i++)
		if (member_alive(ctl, ng->ng_member[i]))
			alive |= UINT64_C(1) << i;
	return alive;
}

/* The slots as CPUs want them, for those who are alive now. */
static void
group_cover(const struct ctl *ctl, struct nhop_group *ng)
{
	unsigned i;

	ng->ng_alive = group_alive(ctl, ng);
	slots_cover(
	    ng->ng_home, ng->ng_now, ng->ng_mask + 1, ng->ng_n, ng->ng_alive);
	for (i = 0; i <= ng->ng_mask; i++)
		ng->ng_slot[i] = ng->ng_member[ng->ng_now[i]];
}

static int
number_cmp(const void *a, const void *b)
{
	const uint32_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

/* As many slots as the members need, and no fewer than there were. */
static void
group_begin(const struct ctl *ctl, struct nhop_group *ng,
    const struct nhop_group *from)
{
	unsigned i, slots = ng->ng_n > NHG_FEW ? NHG_SLOTS : NHG_SLOTS_MIN;

	if (from != NULL)
		slots = umax(slots, from->ng_mask + 1);
	ng->ng_mask = slots - 1;
	ng->ng_seed = ctl->ctl_route->rc_seed;
	ng->ng_nh.nh_type = NH_GROUP;
	ng->ng_nh.nh_mtu = UINT16_MAX;
	for (i = 0; i < ng->ng_n; i++)
		ng->ng_nh.nh_mtu = (uint16_t)umin(ng->ng_nh.nh_mtu,
		    nhop_at(ctl, ng->ng_member[i])->nh_mtu);
	qsort(ng->ng_member, ng->ng_n, sizeof(ng->ng_member[0]), number_cmp);
}

/* Everybody keeps what he had in the group, or alone, before. */
static void
group_inherit(struct nhop_group *ng, const struct nhop_group *from,
    uint32_t single)
{
	unsigned i, k;

	for (i = 0; i <= ng->ng_mask; i++) {
		ng->ng_home[i] = ng->ng_now[i] = NHG_NOBODY;
		if (from == NULL) {
			ng->ng_home[i] = group_place(ng, single);
			continue;
		}
		k = i & from->ng_mask;
		ng->ng_home[i] =
		    group_place(ng, from->ng_member[from->ng_home[k]]);
		ng->ng_now[i] =
		    group_place(ng, from->ng_member[from->ng_now[k]]);
	}
	slots_share(ng->ng_home, ng->ng_mask + 1, ng->ng_n);
}

static uint32_t
group_find(const struct ctl *ctl, const struct nhop_group *want)
{
	const struct nhop_group *ng;
	uint32_t i;

	for (i = 1; i < nhop_limit(ctl); i++)
		if ((ng = group_at(ctl, i)) != NULL && ng->ng_n == want->ng_n &&
		    ng->ng_mask == want->ng_mask &&
		    memcmp(ng->ng_member, want->ng_member,
			ng->ng_n * sizeof(ng->ng_member[0])) == 0 &&
		    memcmp(ng->ng_now, want->ng_now, ng->ng_mask + 1) == 0 &&
		    memcmp(ng->ng_home, want->ng_home, ng->ng_mask + 1) == 0)
			return i;
	return 0;
}

void
nhop_group_hold(struct ctl *ctl, const struct nhop_group *ng)
{
	unsigned i;

	for (i = 0; i < ng->ng_n; i++) {
		struct nhop *nh = nhop_at(ctl, ng->ng_member[i]);

		nh->nh_refs++;
		nh->nh_groups++;
	}
}

/*
 * Members are put with the last reference to their group, not when it is
 * freed: what still names the group keeps both alive for the same time.
 */
void
nhop_group_release(struct ctl *ctl, const struct nhop_group *ng)
{
	unsigned i;

	for (i = 0; i < ng->ng_n; i++) {
		struct nhop *nh = nhop_at(ctl, ng->ng_member[i]);

		if (--nh->nh_groups == 0)
			nh->nh_dead = false; /* nobody asks any more */
		nhop_put(ctl, ng->ng_member[i]);
	}
}

/* ng or one like it gets a reference; ng is the table's, or freed. */
static int ON_CTL
group_settle(struct ctl *ctl, struct nhop_group *ng, uint32_t *index)
{
	struct nhop *like;
	int error;

	if ((*index = group_find(ctl, ng)) != 0) {
		like = nhop_at(ctl, *index);
		if (like->nh_refs++ == 0)
			nhop_group_hold(ctl, (void *)like);
		free(ng);
		return 0;
	}
	if ((error = nhop_insert(ctl, &ng->ng_nh, index)) != 0)
		free(ng);
	else
		nhop_group_hold(ctl, ng);
	return error;
}

int
nhop_group_get(struct ctl *ctl, const struct nhop *want, unsigned n,
    uint32_t from, uint32_t *index)
{
	struct nhop_group *ng;
	uint32_t held[NHG_MAX];
	unsigned i, got;
	int error = 0;

	KASSERT(n >= 2 && n <= NHG_MAX);
	if ((ng = calloc(1, sizeof(*ng))) == NULL)
		return ENOMEM;
	for (got = 0; got < n; got++)
		if ((error = nhop_get(ctl, &want[got], &held[got])) != 0)
			break;
	if (error == 0) {
		ng->ng_n = n;
		memcpy(ng->ng_member, held, n * sizeof(held[0]));
		group_begin(ctl, ng, group_at(ctl, from));
		group_inherit(ng, group_at(ctl, from), from);
		group_cover(ctl, ng);
		error = group_settle(ctl, ng, index);
	} else
		free(ng);
	/* The group has references of its own. */
	for (i = 0; i < got; i++)
		nhop_put(ctl, held[i]);
	return error;
}

bool
nhop_group_is(const struct ctl *ctl, uint32_t index, const struct nhop *want,
    unsigned n)
{
	const struct nhop_group *ng = group_at(ctl, index);
	unsigned i;

	if (ng == NULL || ng->ng_n != n)
		return false;
	for (i = 0; i < n; i++)
		if (group_place(ng, nhop_find(ctl, &want[i])) == NHG_NOBODY)
			return false;
	return true;
}

int
nhop_group_without(struct ctl *ctl, uint32_t group, unsigned ifindex,
    uint32_t *index)
{
	const struct nhop_group *ng = group_at(ctl, group);
	struct nhop rest[NHG_MAX];
	unsigned i, n = 0;

	for (i = 0; ng != NULL && i < ng->ng_n; i++) {
		rest[n] = *nhop_at(ctl, ng->ng_member[i]);
		n += rest[n].nh_ifindex != ifindex;
	}
	if (n == 0)
		return ENOENT;
	if (n == 1)
		return nhop_get(ctl, &rest[0], index);
	return nhop_group_get(ctl, rest, n, group, index);
}

bool
nhop_is_by(const struct spate *sp, const struct nhop *nh, unsigned ifindex)
{
	const struct nhop_group *ng = (const void *)nh;
	unsigned i;

	if (nh->nh_type != NH_GROUP)
		return nh->nh_ifindex == ifindex;
	for (i = 0; i < ng->ng_n; i++)
		if (nhop_lookup(sp, ng->ng_member[i])->nh_ifindex == ifindex)
			return true;
	return false;
}

bool
nhop_uses_if(const struct ctl *ctl, uint32_t index, unsigned ifindex)
{
	const struct nhop_group *ng = group_at(ctl, index);
	unsigned i;

	if (ng == NULL)
		return nhop_at(ctl, index)->nh_ifindex == ifindex;
	for (i = 0; i < ng->ng_n; i++)
		if (nhop_at(ctl, ng->ng_member[i])->nh_ifindex == ifindex)
			return true;
	return false;
}

/* Without memory things stay as they are until the next news. */
static void ON_CTL
group_refresh(struct ctl *ctl, const struct nhop_group *ng)
{
	struct nhop_group *new;

	if (ng->ng_alive == group_alive(ctl, ng) ||
	    (new = malloc(sizeof(*new))) == NULL)
		return;
	memcpy(new, ng, sizeof(*new));
	group_cover(ctl, new);
	nhop_replace(ctl, &new->ng_nh);
}

void
nhop_links(struct ctl *ctl)
{
	const struct nhop_group *ng;
	uint32_t i;

	for (i = 1; i < nhop_limit(ctl); i++)
		if ((ng = group_at(ctl, i)) != NULL && ng->ng_nh.nh_refs > 0)
			group_refresh(ctl, ng);
}

void
nhop_neigh(
    struct ctl *ctl, unsigned ifindex, const struct addr *a, bool answers)
{
	bool changed = false;
	struct nhop *nh;
	uint32_t i;

	if (ctl->ctl_route == NULL)
		return;
	for (i = 1; i < nhop_limit(ctl); i++)
		if ((nh = nhop_at(ctl, i)) != NULL && nh->nh_groups > 0 &&
		    nh->nh_dead == answers && nh->nh_ifindex == ifindex &&
		    addr_eq(&nh->nh_gw, a)) {
			nh->nh_dead = !answers;
			changed = true;
		}
	if (!changed)
		return;
	nhop_links(ctl);
	if (!answers && !timer_pending(&ctl->ctl_route->rc_ask))
		timer_set(&ctl->ctl_wheel, &ctl->ctl_route->rc_ask,
		    ctl->ctl_now + NHG_ASK_NS);
}

/* It goes on as long as somebody does not answer. */
static void
nhop_group_ask(struct timer *t, void *ctx)
{
	struct ctl *ctl = ctx;
	const struct nhop *nh;
	bool again = false;
	uint32_t i;

	role_enter(&on_ctl);
	for (i = 1; i < nhop_limit(ctl); i++)
		if ((nh = nhop_at(ctl, i)) != NULL && nh->nh_dead) {
			neigh_ask(ctl, nh->nh_ifindex, &nh->nh_gw);
			again = true;
		}
	if (again)
		timer_set(&ctl->ctl_wheel, t, ctl->ctl_now + NHG_ASK_NS);
}
