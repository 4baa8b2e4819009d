/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Hosts' side of router discovery: RFC 4861, 6.3; RFC 4862, 5.5.
 *
 * A host record lives as long as its interface is to accept advertisements.
 * What one says is kept with the time until which it holds, and one timer
 * waits for the first of these.  Default routers of all interfaces of a
 * routing table that are the best by their preference become its default
 * route, of as many ways; networks on the link become routes; addresses are
 * made, probed, and given their routes when they are found unique.
 *
 * All that strangers can make us keep is bounded, by net.inet6.ip6.maxif*.
 *
 *	C	ctl only
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ip6/ra_host_int.h"
#include "route/route.h"

static void ra_host_timer(struct timer *, void *);

struct ra_host *
ra_host_find(struct ctl *ctl, unsigned ifindex)
{
	struct ra_host *rh = ctl->ctl_ra->rac_hosts;

	while (rh != NULL && rh->rh_ifindex != ifindex)
		rh = rh->rh_next;
	return rh;
}

/* The interface, unless another one has its index by now. */
struct ifnet *
ra_host_if(const struct ctl *ctl, const struct ra_host *rh)
{
	struct ifnet *ifp = if_lookup(ctl->ctl_sp, rh->rh_ifindex);

	return ifp != NULL && ifp->if_gen == rh->rh_ifgen ? ifp : NULL;
}

uint64_t
ra_until(const struct ctl *ctl, uint32_t seconds)
{
	return seconds == RA_INFINITE ? UINT64_MAX :
	    ctl->ctl_now + seconds * NS_S;
}

void
ra_host_full(struct ctl *ctl, const struct ifnet *ifp, const char *what)
{
	uint64_t held;

	if (lograte_pass(&ctl->ctl_ra->rac_log, ctl->ctl_now, 60 * NS_S, &held))
		log_warn(&ctl->ctl_sp->sp_env.env_log,
		    "%s: more %s are advertised than this host keeps: "
		    "net.inet6.ip6.maxif*", ifp->if_name, what);
}

/* What was said of the link, for what has the MTU in it. */
unsigned
ra_link_mtu(const struct ifnet *ifp)
{
	return if_mtu6(ifp);
}

/* Default routers. */

static const uint8_t *
ra_pref_distance(void)
{
	static const uint8_t distance[] = { [RA_HIGH] = 199, [RA_MEDIUM] = 200,
		[RA_LOW] = 201 };

	return distance;
}

static void
ra_router_nhop(const struct ifnet *ifp, const struct ra_router *rr,
    struct nhop *nh)
{
	*nh = (struct nhop){ .nh_type = NH_GATEWAY,
		.nh_gw = addr_v6(rr->rr_addr),
		.nh_ifindex = ifp->if_index,
		.nh_mtu = (uint16_t)ra_link_mtu(ifp) };
}

/* The best routers of a table to nh; *distance: of the route. */
static unsigned ON_CTL
ra_best_routers(struct ctl *ctl, unsigned rtable, struct nhop *nh,
    unsigned *distance)
{
	const uint8_t *of = ra_pref_distance();
	const struct ra_host *rh;
	const struct ifnet *ifp;
	unsigned i, n = 0;

	*distance = UINT8_MAX;
	for (rh = ctl->ctl_ra->rac_hosts; rh != NULL; rh = rh->rh_next) {
		if ((ifp = ra_host_if(ctl, rh)) == NULL ||
		    ifp->if_rtable != rtable)
			continue;
		for (i = 0; i < rh->rh_nrouter; i++) {
			const struct ra_router *rr = &rh->rh_router[i];

			if (of[rr->rr_pref] < *distance) {
				*distance = of[rr->rr_pref];
				n = 0;
			}
			if (of[rr->rr_pref] == *distance && n < NHG_MAX)
				ra_router_nhop(ifp, rr, &nh[n++]);
		}
	}
	return n;
}

void
ra_default_route(struct ctl *ctl, unsigned rtable)
{
	static const struct prefix all = { .p_addr = { .a_family = ADDR_V6 } };
	struct nhop nh[NHG_MAX];
	unsigned distance, n = ra_best_routers(ctl, rtable, nh, &distance);
	int error = 0;

	if (n == 0)
		(void)route_unset(ctl, rtable, &all, RP_RA);
	else
		error = route_set(ctl, rtable, &all, RP_RA, distance, nh, n);
	if (error != 0)
		log_error(&ctl->ctl_sp->sp_env.env_log,
		    "no memory for the route to an advertised router");
}

static void
ra_router_remove(struct ra_host *rh, unsigned i)
{
	rh->rh_router[i] = rh->rh_router[--rh->rh_nrouter];
}

/* RFC 4861, 6.3.4; RFC 4191, 3.  Returns whether something changed. */
static bool ON_CTL
ra_take_router(struct ctl *ctl, struct ra_host *rh, const struct ifnet *ifp,
    const struct ra_heard_msg *rhm)
{
	struct ra_router *rr;
	unsigned i;

	for (i = 0; i < rh->rh_nrouter; i++)
		if (in6_eq(rh->rh_router[i].rr_addr, rhm->rhm_src))
			break;
	if (rhm->rhm_lifetime == 0) {
		if (i < rh->rh_nrouter)
			ra_router_remove(rh, i);
		return true;
	}
	if (i == rh->rh_nrouter) {
		if (i >= tun(ctl->ctl_sp, ip6_maxifdefrouters)) {
			ra_host_full(ctl, ifp, "routers");
			return false;
		}
		rh->rh_router[rh->rh_nrouter++] = (struct ra_router){
			.rr_addr = rhm->rhm_src,
		};
	}
	rr = &rh->rh_router[i];
	rr->rr_until = ra_until(ctl, rhm->rhm_lifetime);
	rr->rr_pref = rhm->rhm_pref;
	return true;
}

/* Networks on the link. */

static void ON_CTL
ra_onlink_route(struct ctl *ctl, const struct ifnet *ifp,
    const struct ra_onlink *ro, bool add)
{
	struct prefix p = { .p_addr = addr_v6(ro->ro_prefix),
		.p_len = ro->ro_len };
	struct nhop nh = { .nh_type = NH_CONNECTED,
		.nh_ifindex = ifp->if_index,
		.nh_mtu = (uint16_t)ra_link_mtu(ifp) };

	if (!add)
		(void)route_unset(ctl, ifp->if_rtable, &p, RP_RA);
	else if (route_set(ctl, ifp->if_rtable, &p, RP_RA, 0, &nh, 1) != 0)
		log_error(&ctl->ctl_sp->sp_env.env_log,
		    "%s: no memory for the route of an advertised network",
		    ifp->if_name);
}

static void ON_CTL
ra_onlink_remove(struct ctl *ctl, struct ra_host *rh, const struct ifnet *ifp,
    unsigned i)
{
	if (ifp != NULL)
		ra_onlink_route(ctl, ifp, &rh->rh_onlink[i], false);
	rh->rh_onlink[i] = rh->rh_onlink[--rh->rh_nonlink];
}

/* RFC 4861, 6.3.4. */
static void ON_CTL
ra_take_onlink(struct ctl *ctl, struct ra_host *rh, const struct ifnet *ifp,
    const struct ra_prefix *rp)
{
	unsigned i;

	for (i = 0; i < rh->rh_nonlink; i++)
		if (rh->rh_onlink[i].ro_len == rp->rp_len &&
		    in6_eq(rh->rh_onlink[i].ro_prefix, rp->rp_prefix))
			break;
	if (rp->rp_valid == 0) {
		if (i < rh->rh_nonlink)
			ra_onlink_remove(ctl, rh, ifp, i);
		return;
	}
	if (i == rh->rh_nonlink) {
		if (i >= tun(ctl->ctl_sp, ip6_maxifprefixes)) {
			ra_host_full(ctl, ifp, "networks");
			return;
		}
		rh->rh_onlink[rh->rh_nonlink++] = (struct ra_onlink){
			.ro_prefix = rp->rp_prefix,
			.ro_len = (uint8_t)rp->rp_len,
		};
	}
	rh->rh_onlink[i].ro_until = ra_until(ctl, rp->rp_valid);
	ra_onlink_route(ctl, ifp, &rh->rh_onlink[i], true);
}

/* RFC 4861, 6.3.4: for packets of ours, and never more than the device's. */
static void ON_CTL
ra_take_link(struct ctl *ctl, struct ra_host *rh, struct ifnet *ifp,
    const struct ra_heard_msg *rhm)
{
	unsigned i, mtu = umin(rhm->rhm_mtu, ifp->if_mtu);

	if (rhm->rhm_hlim != 0)
		atomic_store_explicit(
		    &ifp->if_hlim6, rhm->rhm_hlim, memory_order_relaxed);
	if (rhm->rhm_mtu == 0 || mtu == if_mtu6(ifp))
		return;
	route_set_mtu6(ctl, ifp, mtu);
	for (i = 0; i < rh->rh_nonlink; i++)
		ra_onlink_route(ctl, ifp, &rh->rh_onlink[i], true);
}

static void ON_CTL
ra_publish(struct ctl *ctl)
{
	if (route_publish(ctl) != 0)
		log_error(&ctl->ctl_sp->sp_env.env_log,
		    "no memory for the tables with advertised routes");
}

/* The first time at which something is over. */
static void ON_CTL
ra_host_arm(struct ctl *ctl, struct ra_host *rh)
{
	uint64_t next = ra_addrs_next(ctl, rh);
	unsigned i;

	for (i = 0; i < rh->rh_nrouter; i++)
		next = u64min(next, rh->rh_router[i].rr_until);
	for (i = 0; i < rh->rh_nonlink; i++)
		next = u64min(next, rh->rh_onlink[i].ro_until);
	if (next == UINT64_MAX)
		timer_cancel(&ctl->ctl_wheel, &rh->rh_timer);
	else
		timer_set(&ctl->ctl_wheel, &rh->rh_timer, next);
}

/* Backwards, since the last takes the place of one that goes. */
static void ON_CTL
ra_host_expire(struct ctl *ctl, struct ra_host *rh, struct ifnet *ifp)
{
	unsigned i, routers = rh->rh_nrouter;

	for (i = rh->rh_nrouter; i-- > 0;)
		if (rh->rh_router[i].rr_until <= ctl->ctl_now)
			ra_router_remove(rh, i);
	for (i = rh->rh_nonlink; i-- > 0;)
		if (rh->rh_onlink[i].ro_until <= ctl->ctl_now)
			ra_onlink_remove(ctl, rh, ifp, i);
	ra_addrs_expire(ctl, rh, ifp);
	if (routers != rh->rh_nrouter)
		ra_default_route(ctl, ifp->if_rtable);
	if (routers > 0 && rh->rh_nrouter == 0)
		ra_solicit_start(ctl, rh);
	ra_publish(ctl);
}

static void ON_CTL
ra_host_free(struct ctl *ctl, struct ra_host *rh)
{
	struct ra_host **p = &ctl->ctl_ra->rac_hosts;

	while (*p != rh)
		p = &(*p)->rh_next;
	*p = rh->rh_next;
	timer_cancel(&ctl->ctl_wheel, &rh->rh_timer);
	timer_cancel(&ctl->ctl_wheel, &rh->rh_solicit);
	free(rh);
}

static void
ra_host_timer(struct timer *t, void *ctx)
{
	struct ra_host *rh = container_of(t, struct ra_host, rh_timer);
	struct ctl *ctl = ctx;
	struct ifnet *ifp = ra_host_if(ctl, rh);

	role_enter(&on_ctl);
	if (ifp == NULL) {
		ra_host_free(ctl, rh);
		return;
	}
	ra_host_expire(ctl, rh, ifp);
	ra_host_arm(ctl, rh);
}

void
ra_ctl_heard(struct endpoint *ep, struct msg *msg)
{
	struct ra_heard_msg *rhm =
	    container_of(msg, struct ra_heard_msg, rhm_msg);
	struct ctl *ctl = endpoint_ctl(ep);
	struct ra_host *rh;
	struct ifnet *ifp;
	unsigned i;

	role_enter(&on_ctl);
	rh = ra_host_find(ctl, rhm->rhm_ifindex);
	if (rh != NULL && (ifp = ra_host_if(ctl, rh)) != NULL) {
		ra_take_link(ctl, rh, ifp, rhm);
		if (ra_take_router(ctl, rh, ifp, rhm))
			ra_default_route(ctl, ifp->if_rtable);
		if (rhm->rhm_lifetime != 0)
			timer_cancel(&ctl->ctl_wheel, &rh->rh_solicit);
		for (i = 0; i < rhm->rhm_nprefix; i++) {
			const struct ra_prefix *rp = &rhm->rhm_prefix[i];

			if ((rp->rp_flags & RA_PREFIX_ONLINK) != 0)
				ra_take_onlink(ctl, rh, ifp, rp);
			if ((rp->rp_flags & RA_PREFIX_AUTO) != 0)
				ra_take_auto(ctl, rh, ifp, rp);
		}
		ra_publish(ctl);
		ra_host_arm(ctl, rh);
	}
	msg_done(ep, msg);
}

int
ra_host_start(struct ctl *ctl, struct ifnet *ifp, bool addresses)
{
	struct ra_host *rh = ra_host_find(ctl, ifp->if_index);

	if (rh != NULL && ra_host_if(ctl, rh) == NULL) {
		ra_host_free(ctl, rh);
		rh = NULL;
	}
	if (rh == NULL) {
		if ((rh = calloc(1, sizeof(*rh))) == NULL)
			return ENOMEM;
		rh->rh_ifindex = ifp->if_index;
		rh->rh_ifgen = ifp->if_gen;
		timer_init(&rh->rh_timer, ra_host_timer);
		timer_init(&rh->rh_solicit, ra_solicit_timer);
		rh->rh_next = ctl->ctl_ra->rac_hosts;
		ctl->ctl_ra->rac_hosts = rh;
	}
	rh->rh_addresses = addresses;
	if (!addresses)
		ra_addrs_remove(ctl, rh, ifp);
	atomic_fetch_or_explicit(
	    &ifp->if_ra, IFRA_ADVERTS, memory_order_relaxed);
	ra_solicit_start(ctl, rh);
	return 0;
}

bool
ra_host_is(struct ctl *ctl, const struct ifnet *ifp, bool addresses)
{
	const struct ra_host *rh = ra_host_find(ctl, ifp->if_index);

	return rh != NULL && rh->rh_ifgen == ifp->if_gen &&
	    rh->rh_addresses == addresses;
}

void
ra_host_stop(struct ctl *ctl, struct ifnet *ifp)
{
	struct ra_host *rh = ra_host_find(ctl, ifp->if_index);

	if (rh == NULL)
		return;
	atomic_fetch_and_explicit(
	    &ifp->if_ra, ~(uint32_t)IFRA_ADVERTS, memory_order_relaxed);
	while (rh->rh_nonlink > 0)
		ra_onlink_remove(ctl, rh, ifp, rh->rh_nonlink - 1);
	ra_addrs_remove(ctl, rh, ifp);
	ra_host_free(ctl, rh);
	ra_default_route(ctl, ifp->if_rtable);
	atomic_store_explicit(&ifp->if_hlim6, 0, memory_order_relaxed);
	if (if_mtu6(ifp) != ifp->if_mtu)
		route_set_mtu6(ctl, ifp, ifp->if_mtu);
	ra_publish(ctl);
}

void
ra_host_changed(struct ctl *ctl, const struct ifnet *ifp)
{
	struct ra_host *rh = ra_host_find(ctl, ifp->if_index);

	if (rh != NULL)
		ra_solicit_start(ctl, rh);
}

void
ra_hosts_fini(struct ctl *ctl)
{
	while (ctl->ctl_ra->rac_hosts != NULL)
		ra_host_free(ctl, ctl->ctl_ra->rac_hosts);
}

void
ra_host_dump(struct ctl *ctl,
    void (*fn)(void *, const struct ra_learnt_info *), void *arg)
{
	const struct ra_host *rh;
	unsigned i;

	for (rh = ctl->ctl_ra->rac_hosts; rh != NULL; rh = rh->rh_next) {
		struct ra_learnt_info rli = { .rli_ifindex = rh->rh_ifindex };

		if (ra_host_if(ctl, rh) == NULL)
			continue;
		for (i = 0; i < rh->rh_nrouter; i++) {
			rli.rli_what = RAL_ROUTER;
			rli.rli_addr = rh->rh_router[i].rr_addr;
			rli.rli_pref = rh->rh_router[i].rr_pref;
			rli.rli_until = rh->rh_router[i].rr_until;
			fn(arg, &rli);
		}
		for (i = 0; i < rh->rh_nonlink; i++) {
			rli.rli_what = RAL_PREFIX;
			rli.rli_addr = rh->rh_onlink[i].ro_prefix;
			rli.rli_len = rh->rh_onlink[i].ro_len;
			rli.rli_until = rh->rh_onlink[i].ro_until;
			fn(arg, &rli);
		}
		ra_addrs_dump(ctl, rh, fn, arg);
	}
}
