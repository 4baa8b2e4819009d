/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Finding changes by hand: for each kind, what the configuration wants and is
 * not there, and what is there and it does not want.  What is common to both
 * goes to by_conf as it stands in the configuration.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/byhand_int.h"
#include "route/neigh.h"
#include "route/route.h"

struct find {
	struct ctl *f_ctl;
	struct byhand *f_by;
	const struct conf *f_conf; /* that runs, without the changes */
	int f_error;
};

static void
find_add(struct find *f, const struct control_kind *ck,
    const struct control_obj *o)
{
	if (f->f_error == 0)
		f->f_error = byhand_add(f->f_by, ck, o);
}

static void *
find_alloc(struct find *f, size_t n, size_t size)
{
	void *p = conf_alloc(f->f_by->by_mem, n + 1, size);

	if (p == NULL)
		f->f_error = ENOMEM;
	return p;
}

static const char *
find_string(struct find *f, const char *s)
{
	const char *p = conf_strndup(f->f_by->by_mem, s, strlen(s));

	if (p == NULL)
		f->f_error = ENOMEM;
	return p;
}

/* Whether a configured object is not there as configured; it is a change. */
static bool ON_CTL
find_gone(struct find *f, const struct control_kind *ck,
    const struct control_obj *o)
{
	if (ck->ck_there(f->f_ctl, o))
		return false;
	find_add(f, ck, o);
	return true;
}

static struct control_obj
by_hand(const struct find *f, const void *sec, const void *item,
    const char *ifname)
{
	return (struct control_obj){ .o_conf = &f->f_by->by_conf,
		.o_pos = &f->f_conf->cf_sec.cs_pos, .o_sec = sec,
		.o_item = item, .o_ifname = ifname, .o_hand = true };
}

/* --- sysctls --- */

static void ON_CTL
find_sysctl(struct find *f, const struct sysctl_desc *sc,
    struct conf_sysctl *sy)
{
	struct sysctls *s = &f->f_ctl->ctl_sp->sp_sysctl;
	char text[SYSCTL_VALUELEN];
	struct control_obj o;

	*sy = (struct conf_sysctl){ .sy_name = sc->sc_name,
		.sy_value = find_string(f, sysctl_format(s, sc, text)) };
	o = by_hand(f, sy, NULL, NULL);
	if (f->f_error == 0)
		find_add(f, &control_sysctl_kind, &o);
}

/* One for which the configuration is silent has its default. */
static void ON_CTL
find_sysctls(struct find *f)
{
	const struct sysctls *s = &f->f_ctl->ctl_sp->sp_sysctl;
	struct conf *by = &f->f_by->by_conf;
	const struct sysctl_desc *sc;
	struct control_obj o = { .o_conf = f->f_conf };
	unsigned n = 0;

	for (sc = sysctl_descs; sc->sc_name != NULL; sc++)
		n++;
	if ((by->cf_sysctl = find_alloc(f, n, sizeof(*by->cf_sysctl))) == NULL)
		return;
	by->cf_nsysctl = 0;
	for (sc = sysctl_descs; sc->sc_name != NULL; sc++) {
		const struct conf_sysctl *sy =
		    conf_sysctl_find(f->f_conf, sc->sc_name);

		o.o_sec = sy;
		if (sy != NULL)
			o.o_pos = &sy->sy_pos;
		if (sy != NULL &&
		    (sc->sc_start || !find_gone(f, &control_sysctl_kind, &o)))
			by->cf_sysctl[by->cf_nsysctl++] = *sy;
		else if (sy != NULL ||
		    (!sc->sc_start && sysctl_get(s, sc) != sc->sc_default))
			find_sysctl(f, sc, &by->cf_sysctl[by->cf_nsysctl++]);
	}
}

/* --- addresses --- */

static bool
addr_configured(const struct conf_if *ci, const struct ifaddr *ifa)
{
	unsigned i;

	for (i = 0; i < ci->ci_naddr; i++)
		if (ci->ci_addr[i].cx_prefix.p_len == ifa->ifa_plen &&
		    addr_eq(&ci->ci_addr[i].cx_prefix.p_addr, &ifa->ifa_addr))
			return true;
	return false;
}

static int
prefix_order(const void *a, const void *b)
{
	const struct conf_prefix *pa = a, *pb = b;

	return addr_cmp(&pa->cx_prefix.p_addr, &pb->cx_prefix.p_addr);
}

/* Those that are not configured, always in the same order. */
static void ON_CTL
find_more_addrs(struct find *f, const struct conf_if *was,
    const struct ifnet *ifp, struct conf_if *ci)
{
	const struct ifaddrs *ias = if_addrs(ifp);
	unsigned i, n = ci->ci_naddr;
	struct control_obj o;

	for (i = 0; i < ias->ias_n; i++) {
		const struct ifaddr *ifa = &ias->ias_a[i];

		if ((ifa->ifa_flags & (IFA_AUTO | IFA_SLAAC)) != 0 ||
		    addr_configured(was, ifa))
			continue;
		ci->ci_addr[ci->ci_naddr++] = (struct conf_prefix){
			.cx_prefix = { .p_addr = ifa->ifa_addr,
			    .p_len = ifa->ifa_plen }
		};
	}
	qsort(&ci->ci_addr[n], ci->ci_naddr - n, sizeof(*ci->ci_addr),
	    prefix_order);
	for (; n < ci->ci_naddr; n++) {
		o = by_hand(f, ci, &ci->ci_addr[n], ci->ci_name);
		find_add(f, &control_addr_kind, &o);
	}
}

/* ci is by_conf's copy of a configured interface. */
static void ON_CTL
find_addrs(struct find *f, struct conf_if *ci)
{
	const struct conf_if was = *ci;
	const struct ifnet *ifp = if_find(f->f_ctl, ci->ci_name);
	struct control_obj o;
	unsigned i;

	if (ifp == NULL)
		return;
	ci->ci_addr = find_alloc(f, was.ci_naddr + if_addrs(ifp)->ias_n,
	    sizeof(*ci->ci_addr));
	if (ci->ci_addr == NULL)
		return;
	ci->ci_naddr = 0;
	for (i = 0; i < was.ci_naddr; i++) {
		o = (struct control_obj){ .o_conf = f->f_conf,
			.o_pos = &was.ci_addr[i].cx_pos,
			.o_sec = conf_if_find(f->f_conf, ci->ci_name),
			.o_item = &was.ci_addr[i], .o_ifname = ci->ci_name };
		if (!find_gone(f, &control_addr_kind, &o))
			ci->ci_addr[ci->ci_naddr++] = was.ci_addr[i];
	}
	find_more_addrs(f, &was, ifp, ci);
}

static void ON_CTL
find_ifs(struct find *f, struct conf_if **list, unsigned n)
{
	const struct conf_if *from = *list;
	unsigned i;

	if ((*list = find_alloc(f, n, sizeof(**list))) == NULL)
		return;
	for (i = 0; i < n && f->f_error == 0; i++) {
		(*list)[i] = from[i];
		find_addrs(f, &(*list)[i]);
	}
}

/* --- neighbours --- */

struct find_neigh {
	struct find *fn_f;
	struct conf_neigh *fn_out; /* NULL: count */
	unsigned fn_n;
};

static bool
neigh_configured(const struct conf *conf, const struct conf_neigh *ne)
{
	unsigned i;

	for (i = 0; i < conf->cf_nneigh; i++)
		if (addr_eq(&conf->cf_neigh[i].ne_addr.ca_addr,
			&ne->ne_addr.ca_addr) &&
		    strcmp(conf->cf_neigh[i].ne_if, ne->ne_if) == 0 &&
		    memcmp(conf->cf_neigh[i].ne_mac, ne->ne_mac, MAC_LEN) == 0)
			return true;
	return false;
}

static void
found_neigh(void *arg, const struct neigh_info *ni)
{
	struct find_neigh *fn = arg;
	struct find *f = fn->fn_f;
	const struct ifnet *ifp =
	    if_lookup(f->f_ctl->ctl_sp, ni->ni_ifindex);
	const struct conf_if *ci = ifp != NULL ?
	    conf_if_find(f->f_conf, ifp->if_name) : NULL;
	struct conf_neigh ne = { .ne_addr = { .ca_addr = ni->ni_addr } };

	if (ni->ni_state != NS_PERMANENT || ci == NULL)
		return;
	fn->fn_n++;
	if (fn->fn_out == NULL)
		return;
	ne.ne_if = ci->ci_name;
	memcpy(ne.ne_mac, ni->ni_mac, MAC_LEN);
	if (neigh_configured(f->f_conf, &ne))
		return;
	*fn->fn_out++ = ne;
	f->f_by->by_conf.cf_nneigh++;
}

static int
neigh_order(const void *a, const void *b)
{
	const struct conf_neigh *na = a, *nb = b;
	int c = strcmp(na->ne_if, nb->ne_if);

	return c != 0 ? c : addr_cmp(&na->ne_addr.ca_addr,
	    &nb->ne_addr.ca_addr);
}

/* The permanent ones that are not configured, from place n on. */
static void ON_CTL
find_more_neighs(struct find *f, struct find_neigh *fn, unsigned n)
{
	struct conf *by = &f->f_by->by_conf;

	fn->fn_out = &by->cf_neigh[n];
	neigh_dump(f->f_ctl, found_neigh, fn);
	qsort(&by->cf_neigh[n], by->cf_nneigh - n, sizeof(*by->cf_neigh),
	    neigh_order);
	for (; n < by->cf_nneigh; n++) {
		struct control_obj o = by_hand(f, &by->cf_neigh[n], NULL,
		    by->cf_neigh[n].ne_if);

		find_add(f, &control_neigh_kind, &o);
	}
}

static void ON_CTL
find_neighs(struct find *f)
{
	struct find_neigh fn = { .fn_f = f };
	struct conf *by = &f->f_by->by_conf;
	const struct conf *conf = f->f_conf;
	unsigned i, there = 0;

	neigh_dump(f->f_ctl, found_neigh, &fn);
	by->cf_neigh = find_alloc(f, conf->cf_nneigh + fn.fn_n,
	    sizeof(*by->cf_neigh));
	if (by->cf_neigh == NULL)
		return;
	by->cf_nneigh = 0;
	for (i = 0; i < conf->cf_nneigh; i++) {
		const struct conf_neigh *ne = &conf->cf_neigh[i];
		struct control_obj o = { .o_conf = conf,
			.o_pos = &ne->ne_sec.cs_pos, .o_sec = ne,
			.o_ifname = ne->ne_if };

		if (find_gone(f, &control_neigh_kind, &o))
			continue;
		by->cf_neigh[by->cf_nneigh++] = *ne;
		there += if_find(f->f_ctl, ne->ne_if) != NULL;
	}
	if (there < fn.fn_n)
		find_more_neighs(f, &fn, by->cf_nneigh);
}

/* --- routes --- */

struct find_route {
	struct find *fr_f;
	unsigned fr_table;
	struct conf_route *fr_out; /* NULL: count */
	unsigned fr_n;
};

static int
via_cmp(const void *a, const void *b)
{
	const struct conf_addr *va = a, *vb = b;

	int c = addr_cmp(&va->ca_addr, &vb->ca_addr);

	return c != 0 ? c : strcmp(va->ca_zone, vb->ca_zone);
}

/* All the gateways of a next hop, or none; always in the same order. */
static void ON_CTL
route_gateways(struct find *f, const struct nhop *nh, struct conf_route *ro)
{
	const struct spate *sp = f->f_ctl->ctl_sp;
	const struct nhop_group *ng = (const void *)nh;
	const struct ifnet *ifp;
	unsigned i, n = nh->nh_type == NH_GROUP ? ng->ng_n : 1;

	if (nh->nh_type != NH_GATEWAY && nh->nh_type != NH_GROUP)
		return;
	if ((ro->ro_via = find_alloc(f, n, sizeof(*ro->ro_via))) == NULL)
		return;
	ro->ro_nvia = n;
	for (i = 0; i < n; i++) {
		const struct nhop *way = nh->nh_type == NH_GROUP ?
		    nhop_lookup(sp, ng->ng_member[i]) : nh;

		ro->ro_via[i].ca_addr = way->nh_gw;
		ifp = if_lookup(sp, way->nh_ifindex);
		if (ifp == NULL || way->nh_gw.a_family != ADDR_V6 ||
		    !in6_is_linklocal(way->nh_gw.a_v6))
			continue;
		if (n == 1)
			ro->ro_if = find_string(f, ifp->if_name);
		else
			snprintf(ro->ro_via[i].ca_zone,
			    sizeof(ro->ro_via[i].ca_zone), "%s",
			    ifp->if_name);
	}
	qsort(ro->ro_via, n, sizeof(*ro->ro_via), via_cmp);
}

static void ON_CTL
route_section(struct find *f, const struct find_route *fr,
    const struct prefix *p, const struct rib_entry *re, struct conf_route *ro)
{
	const struct spate *sp = f->f_ctl->ctl_sp;
	const struct nhop *nh = nhop_lookup(sp, re->re_nhop);

	*ro = (struct conf_route){ .ro_dst = { .cx_prefix = *p },
		.ro_blackhole = nh->nh_type == NH_BLACKHOLE,
		.ro_unreachable = nh->nh_type == NH_UNREACHABLE,
		.ro_prohibit = nh->nh_type == NH_PROHIBIT };
	if (re->re_distance != rib_proto_distance(RP_RUNTIME))
		ro->ro_preference = re->re_distance;
	if (fr->fr_table != 0)
		ro->ro_vrf = find_string(f, rtable_name(sp, fr->fr_table));
	if (nh->nh_type == NH_TABLE)
		ro->ro_table = find_string(f, rtable_name(sp, nh->nh_table));
	route_gateways(f, nh, ro);
}

static int
found_route(void *arg, const struct prefix *p, const struct rib_entry *re,
    bool active)
{
	struct find_route *fr = arg;
	struct find *f = fr->fr_f;
	struct control_obj o;

	(void)active;
	role_enter(&on_ctl);
	if (re->re_proto != RP_RUNTIME)
		return 0;
	if (fr->fr_out != NULL) {
		route_section(f, fr, p, re, &fr->fr_out[fr->fr_n]);
		o = by_hand(f, &fr->fr_out[fr->fr_n], NULL, NULL);
		if (f->f_error == 0)
			find_add(f, &control_route_kind, &o);
	}
	fr->fr_n++;
	return f->f_error;
}

static void ON_CTL
walk_routes(struct find *f, struct find_route *fr)
{
	struct rtable *rt = f->f_ctl->ctl_sp->sp_rt;

	fr->fr_n = 0;
	for (fr->fr_table = 0; fr->fr_table < RT_MAX; fr->fr_table++) {
		rib_walk(rt[fr->fr_table].rt_rib, 4, found_route, fr);
		rib_walk(rt[fr->fr_table].rt_rib, 6, found_route, fr);
	}
}

static void ON_CTL
find_routes(struct find *f)
{
	struct find_route fr = { .fr_f = f };
	struct conf *by = &f->f_by->by_conf;
	const struct conf *conf = f->f_conf;
	unsigned i;

	walk_routes(f, &fr);
	by->cf_route = find_alloc(f, conf->cf_nroute + fr.fr_n,
	    sizeof(*by->cf_route));
	if (by->cf_route == NULL)
		return;
	by->cf_nroute = 0;
	for (i = 0; i < conf->cf_nroute; i++) {
		const struct conf_route *ro = &conf->cf_route[i];
		struct control_obj o = { .o_conf = conf,
			.o_pos = &ro->ro_sec.cs_pos, .o_sec = ro };

		if (!find_gone(f, &control_route_kind, &o))
			by->cf_route[by->cf_nroute++] = *ro;
	}
	fr.fr_out = &by->cf_route[by->cf_nroute];
	walk_routes(f, &fr);
	by->cf_nroute += fr.fr_n;
}

int
byhand_find(struct ctl *ctl, struct byhand *by, const struct conf *conf)
{
	struct find f = { .f_ctl = ctl, .f_by = by, .f_conf = conf };

	by->by_conf = *conf;
	find_sysctls(&f);
	if (f.f_error == 0)
		find_ifs(&f, &by->by_conf.cf_if, conf->cf_nif);
	if (f.f_error == 0)
		find_ifs(&f, &by->by_conf.cf_vlan, conf->cf_nvlan);
	if (f.f_error == 0)
		find_neighs(&f);
	if (f.f_error == 0)
		find_routes(&f);
	return f.f_error;
}
