/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tables, and what becomes of them.  A change is drawn from numbers of its own,
 * of which each side gets the same.
 */
#include "sides.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "route/neigh.h"
#include "route/route.h"

#define NETS 18 /* prefixes of each family */
#define OF_GROUP 4

typedef void change_fn(struct side *, struct rnd *);

/* Who may be a gateway; of the last nobody ever hears. */
static const struct gateway {
	uint8_t g_if;
	const char *g_v4, *g_v6;
} gateways[] = {
	{ SIDES_A, "10.1.0.2", "2001:db8:1::2" },
	{ SIDES_A, "10.1.0.3", "2001:db8:1::3" },
	{ SIDES_B, "10.2.0.2", "2001:db8:2::2" },
	{ SIDES_B, "10.2.0.3", "2001:db8:2::3" },
	{ SIDES_B30, "10.4.0.2", "2001:db8:4::2" },
	{ SIDES_IN, "10.0.0.3", "2001:db8::3" },
	{ SIDES_IN20, "10.3.0.2", "2001:db8:3::2" },
	{ SIDES_B, "10.2.0.99", "2001:db8:2::99" },
};

static unsigned
under(struct rnd *r, unsigned n)
{
	return (unsigned)rnd_below(r, n);
}

static struct ctl *
side_ctl(struct side *s)
{
	curcpu = NULL;
	role_enter(&on_ctl);
	return s->s_router->sp_ctl;
}

static struct prefix
prefix(const char *text)
{
	struct prefix p;

	assert_int_equal(prefix_parse(&p, text), 0);
	return p;
}

/* One that frames go to … */
static struct prefix
net_prefix(unsigned net, bool six)
{
	struct prefix p = prefix(six ? "2001:db8:2000::/48" : "20.0.0.0/16");

	if (six)
		p.p_addr.a_v6.i6_hi |= net << 16;
	else
		p.p_addr.a_v4 |= net << 16;
	return p;
}

/* … or a part of it. */
static struct prefix
any_prefix(struct rnd *r, bool six)
{
	struct prefix p = net_prefix(under(r, NETS), six);
	unsigned more = under(r, 4);

	if (more == 0)
		return p;
	if (six) {
		p.p_addr.a_v6.i6_hi |= under(r, 3);
		p.p_addr.a_v6.i6_lo = more == 1 ? 1 : 0;
		p.p_len = more == 1 ? 128 : 64;
	} else {
		p.p_addr.a_v4 |= under(r, 3) << 8 | (more == 1 ? 1 : 0);
		p.p_len = more == 1 ? 32 : 24;
	}
	return p;
}

static struct nhop
by_gateway(const struct side *s, unsigned which, bool six, unsigned mtu)
{
	const struct gateway *g = &gateways[which % countof(gateways)];
	const struct ifnet *ifp = s->s_if[g->g_if];
	struct nhop nh = { .nh_type = NH_GATEWAY, .nh_ifindex = ifp->if_index,
		.nh_mtu = (uint16_t)umin(mtu, ifp->if_mtu) };

	assert_int_equal(addr_parse(&nh.nh_gw, six ? g->g_v6 : g->g_v4), 0);
	return nh;
}

/* What a route says; how many next hops. */
static unsigned
any_hops(const struct side *s, struct rnd *r, bool six, struct nhop *nh)
{
	static const uint8_t ends[] = { NH_BLACKHOLE, NH_UNREACHABLE,
		NH_PROHIBIT };
	static const uint16_t mtus[] = { 1500, 1500, 1280, 600 };
	unsigned which = under(r, 2 * countof(gateways) - 1), i, n;
	unsigned mtu = mtus[under(r, countof(mtus))];

	switch (under(r, 24)) {
	case 0:
	case 1:
		nh[0] = (struct nhop){ .nh_type = ends[under(r, 3)] };
		return 1;
	case 2:
		nh[0] = (struct nhop){ .nh_type = NH_TABLE,
			.nh_table = (uint8_t)under(r, 2) };
		return 1;
	case 3:
		nh[0] = by_gateway(s, which, six, mtu);
		nh[0].nh_type = NH_CONNECTED;
		nh[0].nh_gw = (struct addr){ .a_family = 0 };
		return 1;
	case 4: /* RFC 8950, or what nobody can mean */
		nh[0] = by_gateway(s, which, under(r, 4) != 0, mtu);
		return 1;
	case 5:
	case 6:
		n = 2 + under(r, OF_GROUP - 1);
		for (i = 0; i < n; i++)
			nh[i] = by_gateway(s, which + i, six, mtu);
		return n;
	default:
		nh[0] = by_gateway(s, which, six, mtu);
		return 1;
	}
}

static void
set_route(struct side *s, struct rnd *r, unsigned net, bool six)
{
	struct prefix p = net_prefix(net, six);
	struct nhop nh[OF_GROUP];
	unsigned n = any_hops(s, r, six, nh);

	assert_int_equal(
	    route_set(side_ctl(s), 0, &p, RP_STATIC, 0, nh, n), 0);
}

static void
change_route(struct side *s, struct rnd *r)
{
	bool six = under(r, 3) == 0;
	unsigned rtable = under(r, 6) / 5, n;
	struct prefix p = any_prefix(r, six);
	struct nhop nh[OF_GROUP];
	int error;

	if (under(r, 5) == 0) {
		error = route_unset(side_ctl(s), rtable, &p, RP_STATIC);
		assert_true(error == 0 || error == ESRCH);
		return;
	}
	n = any_hops(s, r, six, nh);
	assert_int_equal(
	    route_set(side_ctl(s), rtable, &p, RP_STATIC, 0, nh, n), 0);
}

/* Many, as when a peer goes or comes. */
static void
change_routes(struct side *s, struct rnd *r)
{
	unsigned n = 1 + under(r, 100);

	while (n-- > 0)
		change_route(s, r);
}

static void
change_neighbour(struct side *s, struct rnd *r)
{
	const struct gateway *g = &gateways[under(r, countof(gateways) - 1)];
	uint8_t mac[6] = { 2, 0, 0, 0, 1, (uint8_t)under(r, 256) };
	struct ifnet *ifp = s->s_if[g->g_if];
	struct addr a;

	assert_int_equal(
	    addr_parse(&a, under(r, 2) == 0 ? g->g_v4 : g->g_v6), 0);
	if (under(r, 3) == 0)
		(void)neigh_delete(side_ctl(s), ifp, &a);
	else
		assert_int_equal(neigh_add(side_ctl(s), ifp, &a, mac), 0);
}

/* Mostly up. */
static void
change_link(struct side *s, struct rnd *r)
{
	struct ifnet *ifp = s->s_if[under(r, SIDES_IFS)];

	if_set_up(side_ctl(s), ifp, under(r, 3) != 0);
	nhop_links(side_ctl(s));
}

static void
change_setting(struct side *s, struct rnd *r)
{
	static const struct {
		const char *name, *value[3];
	} settings[] = {
		{ "net.inet.ip.forwarding", { "1", "1", "0" } },
		{ "net.inet6.ip6.forwarding", { "1", "1", "0" } },
		{ "net.isr.dispatch", { "direct", "hybrid", "deferred" } },
		{ "net.inet.icmp.icmplim", { "1000000", "200", "5" } },
		{ "net.inet6.icmp6.errppslimit", { "1000000", "200", "5" } },
		{ "net.inet.ip.process_options", { "0", "1", "2" } },
		{ "net.link.neigh.maxhold", { "1", "16", "3" } },
		{ "net.punt.icmp", { "0", "100", "10000" } },
		{ "net.isr.burst", { "64", "128", "16" } },
	};
	unsigned i = under(r, countof(settings));
	char err[200];

	assert_int_equal(sysctl_set(&s->s_router->sp_sysctl, settings[i].name,
	    settings[i].value[under(r, 3)], err, sizeof(err)), 0);
}

/* What the fast path leaves to the stages; mostly nothing. */
static void
change_policy(struct side *s, struct rnd *r)
{
	static const uint32_t policies[] = { 0, 0, 0, IFP_STRICT, IFP_LOOSE,
		IFP_DSCP | 10u << IFP_DSCP_SHIFT };
	struct ifnet *ifp = s->s_if[under(r, SIDES_IFS)];

	if (under(r, 4) == 0)
		if_set_mss(side_ctl(s), ifp, under(r, 4) == 0 ? 1000 :
		    IF_MSS_ANY);
	else
		if_set_policy(side_ctl(s), ifp, IFP_REVERSE | IFP_DSCP_MASK,
		    policies[under(r, countof(policies))]);
}

static void
set_address(struct side *s, unsigned i, const struct prefix *p, bool add)
{
	struct ifaddr ifa = { .ifa_addr = p->p_addr, .ifa_plen = p->p_len };
	struct ctl *ctl = side_ctl(s);

	if ((add ? if_addr_set(ctl, s->s_if[i], &ifa) :
	    if_addr_delete(ctl, s->s_if[i], &ifa.ifa_addr)) == 0)
		assert_int_equal(route_address(ctl, s->s_if[i], &ifa, add), 0);
}

/* Another one, which frames may be for. */
static void
change_address(struct side *s, struct rnd *r)
{
	struct prefix p = prefix(
	    under(r, 2) == 0 ? "20.1.0.1/24" : "2001:db8:2001::1/64");

	set_address(s, under(r, SIDES_IFS), &p, under(r, 2) == 0);
}

/* As most routers are: only that sends plain packets by the fast path. */
static void
change_back(struct side *s, struct rnd *r)
{
	static const char *const names[] = { "net.inet.ip.forwarding",
		"net.inet6.ip6.forwarding", "net.isr.dispatch" };
	uint8_t mac[6] = { 2, 0, 0, 0, 1, (uint8_t)under(r, 256) };
	struct ctl *ctl = side_ctl(s);
	const struct gateway *g;
	struct addr a;
	unsigned i;

	for (i = 0; i < countof(names); i++)
		sysctl_reset(&s->s_router->sp_sysctl, sysctl_find(names[i]));
	for (i = 0; i < SIDES_IFS; i++) {
		if_set_up(ctl, s->s_if[i], true);
		if_set_mss(ctl, s->s_if[i], IF_MSS_ANY);
		if_set_policy(ctl, s->s_if[i], IFP_REVERSE | IFP_DSCP_MASK, 0);
	}
	nhop_links(ctl);
	for (i = 0; i < 2 * (countof(gateways) - 1); i++) {
		g = &gateways[i / 2];
		(void)addr_parse(&a, i % 2 == 0 ? g->g_v4 : g->g_v6);
		if (under(r, 2) == 0)
			assert_int_equal(
			    neigh_add(ctl, s->s_if[g->g_if], &a, mac), 0);
	}
}

/* The last ones are not for all seeds. */
#define SETTINGS 2
static change_fn *const changes[] = { change_route, change_route, change_route,
	change_routes, change_neighbour, change_neighbour, change_link,
	change_address, change_back, change_back, change_back, change_setting,
	change_policy };

void
sides_change(struct sides *sd)
{
	change_fn *fn = changes[below(sd,
	    countof(changes) - (sd->sd_fixed ? SETTINGS : 0))];
	uint64_t seed = rnd_u64(&sd->sd_rnd);
	struct rnd r;
	unsigned i;

	for (i = 0; i < sides_n; i++) {
		rnd_seed(&r, seed);
		fn(&sd->sd_side[i], &r);
		assert_int_equal(route_publish(side_ctl(&sd->sd_side[i])), 0);
	}
}

static void
side_tables(struct side *s, struct rnd *r)
{
	static const struct {
		const char *name, *value;
	} quick[] = {
		{ "net.link.coalesce", "0" }, /* by vector, which may differ */
		{ "net.link.neigh.reachable", "200" },
		{ "net.link.neigh.delay", "50" },
		{ "net.link.neigh.retrans", "20" },
	};
	char err[200], text[64];
	struct prefix p;
	unsigned i;

	rtable_set_name(side_ctl(s), 1, "other");
	for (i = 0; i < countof(quick); i++)
		assert_int_equal(sysctl_set(&s->s_router->sp_sysctl,
		    quick[i].name, quick[i].value, err, sizeof(err)), 0);
	for (i = 0; i < SIDES_IFS; i++) {
		snprintf(text, sizeof(text), "10.%u.0.1/16", i);
		p = prefix(text);
		set_address(s, i, &p, true);
		snprintf(text, sizeof(text), "2001:db8:%u::1/64", i);
		p = prefix(text);
		set_address(s, i, &p, true);
	}
	change_back(s, r);
	change_back(s, r);
	for (i = 0; i < 2 * NETS; i++) {
		set_route(s, r, i % NETS, i < NETS);
		change_route(s, r);
	}
	assert_int_equal(route_publish(side_ctl(s)), 0);
}

void
sides_tables(struct sides *sd)
{
	uint64_t seed = rnd_u64(&sd->sd_rnd);
	struct rnd r;
	unsigned i;

	for (i = 0; i < sides_n; i++) {
		rnd_seed(&r, seed);
		side_tables(&sd->sd_side[i], &r);
	}
}
