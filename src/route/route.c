/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Routing tables as ctl manages them.
 *
 * A change goes to the RIB and marks the table; route_publish() compiles the
 * marked tables and replaces what CPUs read, each with one store.  A next hop
 * whose last route went may still be named by the FIB that is being replaced:
 * a CPU in the middle of a round looks a number up in the old FIB and the next
 * hop after it.  So the numbers are freed a grace period after the publish.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/kassert.h"
#include "base/point.h"
#include "route/fib4.h"
#include "route/fib6.h"
#include "route/nhop_int.h"
#include "route/route.h"

/* A table and its first, empty FIBs. */
static int ON_CTL
rtable_init(struct rtable *rt)
{
	struct fib4 *fib4;
	struct fib6 *fib6;
	int error;

	if ((error = rib_create(&rt->rt_rib)) != 0 ||
	    (error = fib4_compile(rt->rt_rib, &fib4)) != 0)
		return error;
	atomic_init(&rt->rt_fib4, fib4);
	if ((error = fib6_compile(rt->rt_rib, &fib6)) != 0)
		return error;
	atomic_init(&rt->rt_fib6, fib6);
	return 0;
}

int
route_ctl_init(struct ctl *ctl)
{
	unsigned i;
	int error;

	ctl->ctl_route = calloc(1, sizeof(*ctl->ctl_route));
	if (ctl->ctl_route == NULL)
		return ENOMEM;
	nhop_group_init(ctl);
	if ((error = nhop_ctl_init(ctl)) != 0 ||
	    (error = rule_ctl_init(ctl)) != 0)
		return error;
	for (i = 0; i < RT_MAX; i++)
		if ((error = rtable_init(&ctl->ctl_sp->sp_rt[i])) != 0)
			return error;
	return 0;
}

void
route_ctl_fini(struct ctl *ctl)
{
	unsigned i;

	if (ctl->ctl_route == NULL)
		return;
	for (i = 0; i < RT_MAX; i++) {
		struct rtable *rt = &ctl->ctl_sp->sp_rt[i];

		fib4_free(rt->rt_fib4);
		fib6_free(rt->rt_fib6);
		rib_destroy(rt->rt_rib);
	}
	rule_ctl_fini(ctl);
	nhop_group_fini(ctl);
	nhop_ctl_fini(ctl);
	free(ctl->ctl_route);
	ctl->ctl_route = NULL;
}

/* The routes of a prefix have changed, or are about to. */
static void ON_CTL
rtable_changed(struct ctl *ctl, unsigned rtable, const struct prefix *p)
{
	struct rtable *rt = &ctl->ctl_sp->sp_rt[rtable];

	ctl->ctl_route->rc_changed[rtable] = true;
	if (p->p_addr.a_family == ADDR_V4)
		fib4_mark(rt->rt_fib4, p);
	else
		fib6_mark(rt->rt_fib6, p);
}

int
route_add(struct ctl *ctl, unsigned rtable, const struct prefix *p,
    enum rib_proto proto, unsigned distance, const struct nhop *nh)
{
	struct rib_entry re = {
		.re_proto = (uint8_t)proto,
		.re_distance = (uint8_t)(distance != 0 ? distance :
			rib_proto_distance(proto)),
	};
	int error;

	KASSERT(rtable < RT_MAX);
	if ((error = nhop_get(ctl, nh, &re.re_nhop)) != 0)
		return error;
	error = rib_add(ctl->ctl_sp->sp_rt[rtable].rt_rib, p, &re);
	if (error != 0) {
		nhop_put(ctl, re.re_nhop);
		return error;
	}
	rtable_changed(ctl, rtable, p);
	return 0;
}

int
route_delete(struct ctl *ctl, unsigned rtable, const struct prefix *p,
    enum rib_proto proto, const struct nhop *nh)
{
	struct rib_entry re = { .re_proto = (uint8_t)proto };
	int error;

	KASSERT(rtable < RT_MAX);
	if ((re.re_nhop = nhop_find(ctl, nh)) == 0)
		return ESRCH;
	error = rib_delete(ctl->ctl_sp->sp_rt[rtable].rt_rib, p, &re);
	if (error != 0)
		return error;
	nhop_put(ctl, re.re_nhop);
	rtable_changed(ctl, rtable, p);
	return 0;
}

void
rtable_set_name(struct ctl *ctl, unsigned rtable, const char *name)
{
	struct rtable *rt = &ctl->ctl_sp->sp_rt[rtable];

	KASSERT(rtable > 0 && rtable < RT_MAX);
	snprintf(rt->rt_name, sizeof(rt->rt_name), "%s",
	    name != NULL ? name : "");
}

const char *
rtable_name(const struct spate *sp, unsigned rtable)
{
	return rtable == 0 ? RT_MAIN : sp->sp_rt[rtable].rt_name;
}

unsigned
rtable_find(const struct spate *sp, const char *name)
{
	unsigned i;

	for (i = 0; i < RT_MAX; i++)
		if (*name != '\0' && strcmp(rtable_name(sp, i), name) == 0)
			break;
	return i;
}

void
route_drop(struct ctl *ctl, unsigned rtable, const struct prefix *p,
    const struct rib_entry *re)
{
	int error = rib_delete(ctl->ctl_sp->sp_rt[rtable].rt_rib, p, re);

	KASSERT(error == 0);
	(void)error;
	nhop_put(ctl, re->re_nhop);
	rtable_changed(ctl, rtable, p);
}

bool
route_has(const struct ctl *ctl, unsigned rtable, const struct prefix *p,
    enum rib_proto proto)
{
	struct rib_entry re;

	return rib_find(ctl->ctl_sp->sp_rt[rtable].rt_rib, p, proto, &re);
}

int
route_unset(struct ctl *ctl, unsigned rtable, const struct prefix *p,
    enum rib_proto proto)
{
	const struct rib *rib = ctl->ctl_sp->sp_rt[rtable].rt_rib;
	struct rib_entry re;
	int error = ESRCH;

	while (rib_find(rib, p, proto, &re)) {
		route_drop(ctl, rtable, p, &re);
		error = 0;
	}
	return error;
}

/* Whether its source knows the prefix by this entry and by no other. */
static bool
entry_alone(
    const struct rib *rib, const struct prefix *p, const struct rib_entry *want)
{
	struct rib_entry re;

	return rib_find(rib, p, want->re_proto, &re) &&
	    re.re_nhop == want->re_nhop &&
	    re.re_distance == want->re_distance &&
	    !rib_find_other(rib, p, want->re_proto, want->re_nhop, &re);
}

static struct rib_entry
entry_of(enum rib_proto proto, unsigned distance)
{
	return (struct rib_entry){
		.re_proto = (uint8_t)proto,
		.re_distance = (uint8_t)(distance != 0 ? distance :
			rib_proto_distance(proto)),
	};
}

bool
route_is_set(const struct ctl *ctl, unsigned rtable, const struct prefix *p,
    enum rib_proto proto, unsigned distance, const struct nhop *nh, unsigned n)
{
	const struct rib *rib = ctl->ctl_sp->sp_rt[rtable].rt_rib;
	struct rib_entry want = entry_of(proto, distance), re;

	if (n == 1)
		want.re_nhop = nhop_find(ctl, nh);
	else if (rib_find(rib, p, proto, &re) &&
	    nhop_group_is(ctl, re.re_nhop, nh, n))
		want.re_nhop = re.re_nhop;
	return want.re_nhop != 0 && entry_alone(rib, p, &want);
}

int
route_nhop_get(struct ctl *ctl, const struct nhop *nh, unsigned n,
    uint32_t from, uint32_t *index)
{
	if (n == 1)
		return nhop_get(ctl, nh, index);
	return nhop_group_get(ctl, nh, n, from, index);
}

int
route_set(struct ctl *ctl, unsigned rtable, const struct prefix *p,
    enum rib_proto proto, unsigned distance, const struct nhop *nh, unsigned n)
{
	struct rib *rib = ctl->ctl_sp->sp_rt[rtable].rt_rib;
	struct rib_entry re = entry_of(proto, distance), other;
	uint32_t from = 0;
	int error;

	KASSERT(rtable < RT_MAX);
	/* Also from one source to another flows should stay. */
	if (rib_find(rib, p, proto, &other) || rib_lookup_exact(rib, p, &other))
		from = other.re_nhop;
	if ((error = route_nhop_get(ctl, nh, n, from, &re.re_nhop)) != 0)
		return error;
	if (entry_alone(rib, p, &re)) {
		nhop_put(ctl, re.re_nhop);
		return 0;
	}
	/* One that differs by its distance only would be in the way. */
	if (rib_delete(rib, p, &re) == 0)
		nhop_put(ctl, re.re_nhop);
	rtable_changed(ctl, rtable, p);
	if ((error = rib_add(rib, p, &re)) != 0) {
		nhop_put(ctl, re.re_nhop);
		return error;
	}
	while (rib_find_other(rib, p, proto, re.re_nhop, &other))
		route_drop(ctl, rtable, p, &other);
	return 0;
}

/* Few changes are made in the table that CPUs read, many in another one. */
static int ON_CTL
rtable_publish4(struct qsbr *q, struct rtable *rt)
{
	struct fib4 *fib, *old = rt->rt_fib4;
	int error;

	if (fib4_update(old, rt->rt_rib, q) == 0)
		return 0;
	if ((error = fib4_compile(rt->rt_rib, &fib)) != 0)
		return error;
	atomic_store_explicit(&rt->rt_fib4, fib, memory_order_release);
	fib4_retire(old, q);
	return 0;
}

static int ON_CTL
rtable_publish6(struct qsbr *q, struct rtable *rt)
{
	struct fib6 *fib, *old = rt->rt_fib6;
	int error;

	if (fib6_update(old, rt->rt_rib, q) == 0)
		return 0;
	if ((error = fib6_compile(rt->rt_rib, &fib)) != 0)
		return error;
	atomic_store_explicit(&rt->rt_fib6, fib, memory_order_release);
	fib6_retire(old, q);
	return 0;
}

static int ON_CTL
rtable_publish(struct ctl *ctl, struct rtable *rt)
{
	struct qsbr *q = &ctl->ctl_sp->sp_qsbr;
	int error;

	if ((error = rtable_publish4(q, rt)) == 0) {
		sim_point(SP_PUBLISH);
		error = rtable_publish6(q, rt);
	}
	/* Also if only some of it could be published. */
	atomic_fetch_add_explicit(&rt->rt_gen, 1, memory_order_release);
	flowgen_bump(ctl->ctl_sp);
	sim_point(SP_PUBLISH);
	return error;
}

/* All CPUs have seen one publish more; they end in their order. */
static void
route_grace(void *arg)
{
	struct ctl *ctl = arg;

	role_enter(&on_ctl);
	ctl->ctl_route->rc_graced++;
	nhop_sweep(ctl);
}

void
route_let_go(struct ctl *ctl)
{
	ctl->ctl_route->rc_letgo = true;
}

int
route_publish(struct ctl *ctl)
{
	struct route_ctl *rc = ctl->ctl_route;
	bool changed = rc->rc_letgo;
	unsigned i;
	int error;

	for (i = 0; i < RT_MAX; i++) {
		if (!rc->rc_changed[i])
			continue;
		error = rtable_publish(ctl, &ctl->ctl_sp->sp_rt[i]);
		if (error != 0)
			return error;
		rc->rc_changed[i] = false;
		changed = true;
	}
	rc->rc_letgo = false;
	if (changed) {
		rc->rc_published++;
		qsbr_retire(&ctl->ctl_sp->sp_qsbr, ctl, 0, route_grace);
	}
	return 0;
}

static struct prefix
prefix_of(const struct addr *a, unsigned len)
{
	return (struct prefix){ .p_addr = *a, .p_len = (uint8_t)len };
}

static int ON_CTL
route_change(struct ctl *ctl, const struct ifnet *ifp, const struct prefix *p,
    enum rib_proto proto, enum nhop_type type, bool add)
{
	struct nhop nh = {
		.nh_type = (uint8_t)type,
		.nh_ifindex = ifp->if_index,
		.nh_mtu = p->p_addr.a_family == ADDR_V6 ?
		    (uint16_t)if_mtu6(ifp) : ifp->if_mtu,
	};
	int error;

	if (!add)
		return route_delete(ctl, ifp->if_rtable, p, proto, &nh);
	error = route_add(ctl, ifp->if_rtable, p, proto, 0, &nh);
	/* Another address has brought it already. */
	return error == EEXIST ? 0 : error;
}

/* Whether b is a broadcast address of its network. */
static bool
ifaddr_broadcast(const struct ifaddr *ifa, uint32_t b)
{
	uint32_t mask;

	if (ifa->ifa_addr.a_family != ADDR_V4 || ifa->ifa_plen >= 31)
		return false;
	mask = in_mask(ifa->ifa_plen);
	return b == (ifa->ifa_addr.a_v4 & mask) ||
	    b == (ifa->ifa_addr.a_v4 | ~mask);
}

/* Whether b is a broadcast address of another's network, one in use. */
static bool
broadcast_shared(
    const struct ifnet *ifp, const struct ifaddr *ifa, uint32_t b)
{
	const struct ifaddrs *ias = if_addrs(ifp);
	unsigned i;

	for (i = 0; i < ias->ias_n; i++) {
		const struct ifaddr *o = &ias->ias_a[i];

		if ((o->ifa_flags & (IFA_TENTATIVE | IFA_DUPLICATE)) == 0 &&
		    !addr_eq(&o->ifa_addr, &ifa->ifa_addr) &&
		    ifaddr_broadcast(o, b))
			return true;
	}
	return false;
}

/* The network itself and its all-ones address (RFC 1812, 4.2.2.11). */
static int ON_CTL
route_broadcast(struct ctl *ctl, const struct ifnet *ifp,
    const struct ifaddr *ifa, bool add)
{
	uint32_t mask = in_mask(ifa->ifa_plen);
	uint32_t own = ifa->ifa_addr.a_v4, b[] = { own & mask, own | ~mask };
	unsigned i;
	int error;

	for (i = 0; i < countof(b); i++) {
		struct addr a = addr_v4(b[i]);
		struct prefix p = prefix_of(&a, 32);

		if (!add && broadcast_shared(ifp, ifa, b[i]))
			continue;
		error = route_change(
		    ctl, ifp, &p, RP_LOCAL, NH_BROADCAST, add);
		if (error != 0)
			return error;
	}
	return 0;
}

/* Another address of ifp, one in use, is in the same network. */
static bool
network_shared(const struct ifnet *ifp, const struct ifaddr *ifa)
{
	const struct ifaddrs *ias = if_addrs(ifp);
	struct prefix net = prefix_of(&ifa->ifa_addr, ifa->ifa_plen);
	unsigned i;

	for (i = 0; i < ias->ias_n; i++)
		if ((ias->ias_a[i].ifa_flags & (IFA_TENTATIVE | IFA_DUPLICATE |
			IFA_SLAAC)) == 0 &&
		    ias->ias_a[i].ifa_plen == ifa->ifa_plen &&
		    !addr_eq(&ias->ias_a[i].ifa_addr, &ifa->ifa_addr) &&
		    prefix_match(&net, &ias->ias_a[i].ifa_addr))
			return true;
	return false;
}

int
route_address(
    struct ctl *ctl, struct ifnet *ifp, const struct ifaddr *ifa, bool add)
{
	const struct addr *a = &ifa->ifa_addr;
	unsigned bits = addr_bits(a->a_family);
	struct prefix own = prefix_of(a, bits);
	struct prefix net = prefix_of(a, ifa->ifa_plen);
	int error;

	/* Link-local addresses mean something on their link only. */
	if (a->a_family == 6 && in6_is_linklocal(a->a_v6))
		return 0;
	error = route_change(ctl, ifp, &own, RP_LOCAL, NH_LOCAL, add);
	if (error != 0 || ifa->ifa_plen == bits ||
	    (ifa->ifa_flags & IFA_SLAAC) != 0 ||
	    (!add && network_shared(ifp, ifa)))
		return error;
	error = route_change(ctl, ifp, &net, RP_CONNECTED, NH_CONNECTED, add);
	/* A /31 has no broadcast (RFC 3021). */
	if (error != 0 || a->a_family == 6 || ifa->ifa_plen >= 31)
		return error;
	return route_broadcast(ctl, ifp, ifa, add);
}

static void ON_CTL
route_addresses6(struct ctl *ctl, struct ifnet *ifp, bool add)
{
	const struct ifaddrs *ias = if_addrs(ifp);
	unsigned i;

	for (i = 0; i < ias->ias_n; i++) {
		const struct ifaddr *ifa = &ias->ias_a[i];
		struct prefix own = prefix_of(&ifa->ifa_addr, 128);
		struct prefix net = prefix_of(&ifa->ifa_addr, ifa->ifa_plen);

		if (ifa->ifa_addr.a_family != ADDR_V6 ||
		    in6_is_linklocal(ifa->ifa_addr.a_v6) ||
		    (ifa->ifa_flags & (IFA_TENTATIVE | IFA_DUPLICATE)) != 0)
			continue;
		if (add) {
			(void)route_address(ctl, ifp, ifa, true);
			continue;
		}
		/* Several may share the network: it goes once. */
		(void)route_change(
		    ctl, ifp, &own, RP_LOCAL, NH_LOCAL, false);
		if ((ifa->ifa_flags & IFA_SLAAC) == 0)
			(void)route_change(
			    ctl, ifp, &net, RP_CONNECTED, NH_CONNECTED, false);
	}
}

void
route_set_mtu6(struct ctl *ctl, struct ifnet *ifp, unsigned mtu)
{
	route_addresses6(ctl, ifp, false);
	atomic_store_explicit(
	    &ifp->if_ramtu, (uint16_t)mtu, memory_order_relaxed);
	route_addresses6(ctl, ifp, true);
}
