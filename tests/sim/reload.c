/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From configuration to configuration, under traffic: what a difference makes
 * is what starting with the last one makes, and no packet that all of them
 * forward is lost on the way.
 *
 * The router's wires are the test's; interfaces that come and go are pairs
 * and VLANs within the router.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/control.h"
#include "ctl/reload.h"
#include "lab.h"
#include "route/neigh.h"
#include "route/route.h"
#include "spate.h"

/* A text that grows. */
struct text {
	size_t	 t_len;
	char	 t_buf[65536];
};

static void __attribute__((format(printf, 2, 3)))
add(struct text *t, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	t->t_len += (size_t)vsnprintf(t->t_buf + t->t_len,
	    sizeof(t->t_buf) - t->t_len, fmt, ap);
	va_end(ap);
}

static bool
chance(struct sim *s, unsigned percent)
{
	return sim_below(s, 100) < percent;
}

/* What all configurations have, and some more addresses. */
static void
random_wire(struct sim *s, struct text *t, const char *name, unsigned net)
{
	unsigned i;

	add(t, "interface %s { driver = tap device = %s address = "
	    "{10.0.%u.1/24, fd00:%u::1/64", name, name, net, net);
	for (i = 0; i < 4; i++) {
		if (chance(s, 50))
			add(t, ", 10.%u%u.0.1/%u", net, i,
			    20 + (unsigned)sim_below(s, 5));
		if (chance(s, 30)) /* beside another one in its network */
			add(t, ", 10.0.%u.%u/24", net, 100 + i);
		if (chance(s, 30))
			add(t, ", fd00:%u%u::1/%u", net, i,
			    56 + (unsigned)sim_below(s, 9));
	}
	add(t, "} }\n");
}

enum { RED = 1, BLUE = 2 };

/* Names and numbers change hands, too.  Which of them there are. */
static unsigned
random_vrfs(struct sim *s, struct text *t)
{
	unsigned have = 0, id = (unsigned)sim_below(s, 3);

	if (chance(s, 70)) {
		add(t, "vrf red { id = %u }\n", 1 + id);
		have |= RED;
	}
	if (chance(s, 70)) {
		add(t, "vrf blue { id = %u }\n",
		    1 + (id + 1 + (unsigned)sim_below(s, 2)) % 3);
		have |= BLUE;
	}
	return have;
}

/* One of them, or main. */
static const char *
random_vrf(struct sim *s, unsigned have)
{
	unsigned n = (unsigned)sim_below(s, 3);

	return n == 1 && (have & RED) != 0 ? "vrf = red" :
	    n == 2 && (have & BLUE) != 0   ? "vrf = blue" :
		"";
}

/* Where one leads into another, main into all and red into blue. */
static void
random_leaks(struct sim *s, struct text *t, unsigned have)
{
	static const char *const ends[] = { "blackhole = yes",
		"unreachable = yes", "prohibit = yes" };
	unsigned i;

	for (i = 0; i < 4; i++) {
		if ((have & RED) != 0 && chance(s, 60))
			add(t, "route 10.22%u.0.0/16 { table = red }\n"
			    "route 10.22%u.0.0/16 { vrf = red %s }\n", i, i,
			    (have & BLUE) != 0 && chance(s, 50) ?
				"table = blue" :
				ends[sim_below(s, 3)]);
		if ((have & BLUE) != 0 && chance(s, 60))
			add(t, "route fd7%u::/16 { table = blue }\n"
			    "route fd7%u::/16 { vrf = blue %s }\n", i, i,
			    ends[sim_below(s, 3)]);
	}
}

static void
random_pair(struct sim *s, struct text *t, unsigned have)
{
	const char *vrf = random_vrf(s, have);

	add(t, "interface p0 { driver = pair peer = p1 mtu = %u "
	    "address = 10.31.0.1/24 %s }\n"
	    "interface p1 { driver = pair peer = p0 %s }\n",
	    1400 + (unsigned)sim_below(s, 2), vrf, random_vrf(s, have));
	add(t, "route 10.230.0.0/16 { %s %s }\n", vrf,
	    chance(s, 50) ? "via = 10.31.0.7" : "via = {10.31.0.7, 10.31.0.8}");
}

static void
random_interfaces(struct sim *s, struct text *t, unsigned have)
{
	unsigned i;

	random_wire(s, t, "left", 1);
	random_wire(s, t, "right", 2);
	if (chance(s, 50))
		random_pair(s, t, have);
	for (i = 0; i < 3; i++)
		if (chance(s, 40))
			add(t, "vlan right.%u { parent = right id = %u "
			    "address = 10.4%u.0.1/24 %s }\n", i,
			    100 + (unsigned)sim_below(s, 2) + 10 * i, i,
			    random_vrf(s, have));
}

static void
random_routes(struct sim *s, struct text *t)
{
	static const char *const ways[] = { "via = 10.0.2.2",
		"via = 10.0.2.9", "via = 10.0.1.2", "blackhole = yes",
		"unreachable = yes", "prohibit = yes",
		"via = {10.0.2.2, 10.0.2.9}",
		"via = {10.0.1.2, 10.0.2.3, 10.0.2.9}" };
	static const char *const ways6[] = { "via = fd00:2::2",
		"via = fd00:1::2", "via = fe80::1 interface = right",
		"via = {fe80::1%left, fe80::1%right}",
		"blackhole = yes", "unreachable = yes",
		"via = {fd00:2::2, fd00:1::2}" };
	unsigned i;

	for (i = 0; i < 20; i++) {
		if (chance(s, 40))
			add(t, "route 10.%u.0.0/16 { %s }\n", 200 + i,
			    ways[sim_below(s, countof(ways))]);
		if (chance(s, 40))
			add(t, "route fd%02x::/16 { %s preference = %u }\n",
			    0x10 + i, ways6[sim_below(s, countof(ways6))],
			    1 + (unsigned)sim_below(s, 3));
	}
	/* By way of either, always to where the pings go. */
	add(t, "route 10.99.0.0/16 { via = 10.0.2.%u }\n",
	    chance(s, 50) ? 2 : 3);
	add(t, "route fd99::/16 { via = fd00:2::2 }\n");
	if (chance(s, 30)) /* more of the same */
		add(t, "route 10.99.0.0/24 { via = 10.0.2.2 }\n");
}

static void
random_conf(struct sim *s, struct text *t)
{
	unsigned i, have;

	t->t_len = 0;
	have = random_vrfs(s, t);
	random_interfaces(s, t, have);
	random_leaks(s, t, have);
	random_routes(s, t);
	for (i = 0; i < 4; i++)
		if (chance(s, 40))
			add(t, "neighbour 10.0.1.%u { interface = left mac = "
			    "02:00:00:00:00:%02x }\n", 70 + i,
			    1 + (unsigned)sim_below(s, 3));
	if (chance(s, 50))
		add(t, "sysctl { net.inet.ip.ttl = %u }\n",
		    30 + (unsigned)sim_below(s, 3));
}

/* All that ctl knows, in words, without what must differ between hosts. */
struct dump {
	struct ctl	*d_ctl;
	struct text	*d_text;
	unsigned	 d_rtable;
};

static const char *
dump_ifname(const struct dump *d, unsigned index)
{
	const struct ifnet *ifp = if_lookup(d->d_ctl->ctl_sp, index);

	return index == 0 ? "-" : ifp != NULL ? ifp->if_name : "gone";
}

static int
text_cmp(const void *a, const void *b)
{
	return strcmp(a, b);
}

/* Members are in the order of their numbers, which differ. */
static void
dump_group(struct dump *d, const struct nhop_group *ng)
{
	char via[NHG_MAX][ADDR_STRLEN];
	const struct nhop *nh;
	unsigned i;

	for (i = 0; i < ng->ng_n; i++) {
		nh = nhop_lookup(d->d_ctl->ctl_sp, ng->ng_member[i]);
		addr_format(&nh->nh_gw, via[i]);
	}
	qsort(via, ng->ng_n, sizeof(via[0]), text_cmp);
	for (i = 0; i < ng->ng_n; i++)
		add(d->d_text, ", %s", via[i]);
}

static void
dump_nhop(struct dump *d, const struct nhop *nh)
{
	char via[ADDR_STRLEN] = "";

	if (nh->nh_type == NH_GATEWAY)
		addr_format(&nh->nh_gw, via);
	add(d->d_text, ", %u %s %s %s", nh->nh_type, via,
	    nh->nh_type == NH_TABLE ?
	    rtable_name(d->d_ctl->ctl_sp, nh->nh_table) : "",
	    dump_ifname(d, nh->nh_ifindex));
}

static int
dump_route(void *arg, const struct prefix *p, const struct rib_entry *re,
    bool active)
{
	struct dump *d = arg;
	const struct nhop *nh = nhop_lookup(d->d_ctl->ctl_sp, re->re_nhop);
	const struct spate *sp = d->d_ctl->ctl_sp;
	char text[PREFIX_STRLEN];

	add(d->d_text, "%s %s %s mtu %u distance %u%s",
	    rtable_name(sp, d->d_rtable), prefix_format(p, text),
	    rib_proto_name(re->re_proto), nh->nh_mtu, re->re_distance,
	    active ? " active" : "");
	if (nh->nh_type == NH_GROUP)
		dump_group(d, (const void *)nh);
	else
		dump_nhop(d, nh);
	add(d->d_text, "\n");
	return 0;
}

static void
dump_neigh(void *arg, const struct neigh_info *ni)
{
	struct dump *d = arg;
	char text[ADDR_STRLEN], mac[MAC_STRLEN];

	if (ni->ni_state == NS_PERMANENT)
		add(d->d_text, "%s %s %s\n", addr_format(&ni->ni_addr, text),
		    dump_ifname(d, ni->ni_ifindex),
		    mac_format(ni->ni_mac, mac));
}

static void
dump_addrs(struct dump *d, const struct ifnet *ifp)
{
	const struct ifaddrs *ias = if_addrs(ifp);
	char text[PREFIX_STRLEN];
	unsigned i;

	for (i = 0; i < ias->ias_n; i++) {
		struct prefix p = { .p_addr = ias->ias_a[i].ifa_addr,
			.p_len = ias->ias_a[i].ifa_plen };

		if (p.p_addr.a_family == ADDR_V6 &&
		    in6_is_linklocal(p.p_addr.a_v6))
			add(d->d_text, "%s link-local\n", ifp->if_name);
		else
			add(d->d_text, "%s %s %s flags %u mtu %u\n",
			    rtable_name(ifp->if_sp, ifp->if_rtable),
			    ifp->if_name, prefix_format(&p, text),
			    ias->ias_a[i].ifa_flags, ifp->if_mtu);
	}
}

static void
dump_job(struct ctl *ctl, void *arg)
{
	struct dump *d = arg;
	unsigned i;

	role_enter(&on_ctl);
	d->d_ctl = ctl;
	for (i = 1; i < IF_MAX; i++)
		if (if_lookup(ctl->ctl_sp, i) != NULL)
			dump_addrs(d, if_lookup(ctl->ctl_sp, i));
	for (i = 0; i < RT_MAX; i++) {
		d->d_rtable = i;
		rib_walk(ctl->ctl_sp->sp_rt[i].rt_rib, 4, dump_route, d);
		rib_walk(ctl->ctl_sp->sp_rt[i].rt_rib, 6, dump_route, d);
	}
	neigh_dump(ctl, dump_neigh, d);
	add(d->d_text, "ttl %u\n", (unsigned)tun(ctl->ctl_sp, ip_ttl));
}

static int
line_cmp(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The lines of what ctl knows, sorted: order may differ. */
static void
host_dump(struct host *h, struct text *t)
{
	static struct text raw;
	struct dump d = { .d_text = &raw };
	char *line[2048], *rest = raw.t_buf;
	unsigned i, n = 0;

	raw.t_len = t->t_len = 0;
	host_ctl(h, dump_job, &d);
	while (n < countof(line) && (line[n] = strsep(&rest, "\n")) != NULL)
		n++;
	qsort(line, n, sizeof(line[0]), line_cmp);
	for (i = 0; i < n; i++)
		add(t, "%s\n", line[i]);
}

/* Both know the same. */
static void
same(struct sim *s, struct host *a, struct host *b, const struct text *conf)
{
	static struct text ta, tb;

	host_dump(a, &ta);
	host_dump(b, &tb);
	if (strcmp(ta.t_buf, tb.t_buf) == 0)
		return;
	fprintf(stderr, "configuration:\n%s\nafter reloads:\n%s\n"
	    "from the start:\n%s\n", conf->t_buf, ta.t_buf, tb.t_buf);
	SIM_FAIL(s, "a reload is not what a start is");
}

/* Another host with the same wires, that starts with a configuration. */
static struct host *
fresh(struct sim *s, const struct text *t)
{
	struct host *h = sim_host(s, "q", 2);

	wire_anything(sim_wire(s, h, "left", 0));
	wire_anything(sim_wire(s, h, "right", 0));
	host_apply(s, h, t->t_buf);
	return h;
}

/* A router that runs a configuration, with its pings. */
struct world {
	struct lab	 w_lab;
	struct ping	*w_p4, *w_p6;
};

#define PINGS 300u

static void
world_make(struct world *w, struct sim *s, const struct text *t)
{
	lab_make(&w->w_lab, s, 2, 0);
	wire_anything(w->w_lab.l_left);
	wire_anything(w->w_lab.l_right);
	host_apply(s, w->w_lab.l_r, t->t_buf);
	lab_ping(&w->w_lab, 1);
}

static void
world_ping(struct world *w)
{
	w->w_p4 = peer_ping(w->w_lab.l_a4, w->w_lab.l_b4->pr_text, PINGS,
	    NS_MS / 20, 56);
	w->w_p6 = peer_ping(w->w_lab.l_a6, w->w_lab.l_b6->pr_text, PINGS,
	    NS_MS / 20, 56);
}

static void
differences(struct sim *s)
{
	static struct text t;
	struct host *q;
	struct world w;
	unsigned i;

	random_conf(s, &t);
	world_make(&w, s, &t);
	world_ping(&w);
	for (i = 0; i < 5; i++) {
		random_conf(s, &t);
		host_reload(s, w.w_lab.l_r, t.t_buf, 0);
		sim_pass(s, sim_below(s, 3 * NS_MS));
	}
	SIM_UNTIL(s, ping_done(w.w_p4) && ping_done(w.w_p6), 2 * NS_S);
	q = fresh(s, &t);
	sim_pass(s, 8 * NS_S); /* duplicate address detection */
	same(s, w.w_lab.l_r, q, &t);
	lab_ping(&w.w_lab, 3);
	host_fini(q);
	host_fini(w.w_lab.l_r);
}

/* Nobody confirms: the former configuration is back, after its time. */
static void
goes_back(struct sim *s)
{
	static struct text was, t, before, after;
	struct world w;

	random_conf(s, &was);
	world_make(&w, s, &was);
	sim_pass(s, 8 * NS_S);
	host_dump(w.w_lab.l_r, &before);
	do
		random_conf(s, &t);
	while (strcmp(t.t_buf, was.t_buf) == 0);
	host_reload(s, w.w_lab.l_r, t.t_buf, 60);
	world_ping(&w);
	sim_pass(s, 59 * NS_S);
	host_dump(w.w_lab.l_r, &after);
	SIM_CHECK(s, strcmp(before.t_buf, after.t_buf) != 0);
	world_ping(&w);
	w.w_p4->pg_interval = w.w_p6->pg_interval = 10 * NS_MS;
	sim_pass(s, 12 * NS_S);
	SIM_UNTIL(s, ping_done(w.w_p4) && ping_done(w.w_p6), 2 * NS_S);
	host_dump(w.w_lab.l_r, &after);
	SIM_CHECK(s, strcmp(before.t_buf, after.t_buf) == 0);
	host_fini(w.w_lab.l_r);
}

static void
confirm_job(struct ctl *ctl, void *arg)
{
	int *error = arg;

	role_enter(&on_ctl);
	*error = *error == 0 ? reload_confirm(ctl) : reload_undo(ctl);
}

/* Confirmed it stays; undone it goes at once; while it waits none starts. */
static void
confirmed(struct sim *s)
{
	static struct text was, t, before, now;
	struct world w;
	int error;

	random_conf(s, &was);
	world_make(&w, s, &was);
	random_conf(s, &t);
	host_reload(s, w.w_lab.l_r, t.t_buf, 60);
	SIM_EQ(s, host_reload_try(s, w.w_lab.l_r, t.t_buf), EBUSY);
	error = 0;
	host_ctl(w.w_lab.l_r, confirm_job, &error);
	SIM_EQ(s, error, 0);
	host_ctl(w.w_lab.l_r, confirm_job, &error);
	SIM_EQ(s, error, ESRCH);
	sim_pass(s, 70 * NS_S);
	host_dump(w.w_lab.l_r, &before);
	host_reload(s, w.w_lab.l_r, was.t_buf, 60);
	error = 1;
	host_ctl(w.w_lab.l_r, confirm_job, &error);
	SIM_EQ(s, error, 0);
	sim_pass(s, 70 * NS_S);
	host_dump(w.w_lab.l_r, &now);
	SIM_CHECK(s, strcmp(before.t_buf, now.t_buf) == 0);
	host_fini(w.w_lab.l_r);
}

/* What needs a restart is refused whole. */
static void
restart(struct sim *s)
{
	static const char *const more[] = { "cpus = 2\n", "memory = 64M\n",
		"hostname = other\n", "control { socket = /elsewhere }\n",
		"interface x { driver = pcap write = /tmp/x }\n" };
	static struct text t, before, after;
	struct world w;
	unsigned i;
	size_t len;

	random_conf(s, &t);
	world_make(&w, s, &t);
	sim_pass(s, 8 * NS_S);
	host_dump(w.w_lab.l_r, &before);
	len = t.t_len;
	for (i = 0; i < countof(more); i++) {
		t.t_len = len;
		add(&t, "%s", more[i]);
		SIM_EQ(s, host_reload_try(s, w.w_lab.l_r, t.t_buf), EINVAL);
	}
	host_dump(w.w_lab.l_r, &after);
	SIM_CHECK(s, strcmp(before.t_buf, after.t_buf) == 0);
	host_fini(w.w_lab.l_r);
}

/* By the VLAN's number: what hosts there heard of this router. */
struct heard {
	unsigned	 he_usual[8];
	unsigned	 he_last[8];	/* no router any more */
};

static void
hear(void *arg, const struct frame_info *fi, const uint8_t *p, size_t n)
{
	struct heard *he = arg;
	unsigned id;

	(void)fi;
	if (n < 66 || ld16be(p + 12) != 0x8100 || ld16be(p + 16) != 0x86dd ||
	    p[24] != 58 || p[58] != 134)
		return;
	id = ld16be(p + 14) & 7;
	if (ld16be(p + 64) == 0)
		he->he_last[id]++;
	else
		he->he_usual[id]++;
}

static void
advertised(struct text *t, unsigned id, const char *more)
{
	add(t, "vlan left.%u { parent = left id = %u address = "
	    "fd00:5%u::1/64 %s }\nadvertise left.%u { }\n", id, id, id, more,
	    id);
}

#define LEFT "interface left { driver = tap device = left }\n"

/*
 * Interfaces that go tell their hosts, before they go; one that comes again
 * tells that, too, and one that stays nothing.
 */
static void
farewell(struct sim *s)
{
	struct text *t = calloc(1, sizeof(*t));
	struct heard he = { 0 };
	struct wire *w;
	struct host *h;
	unsigned id;

	h = sim_host(s, "r", 2);
	w = sim_wire(s, h, "left", 0);
	wire_anything(w);
	wire_watch(w, hear, &he);
	add(t, LEFT);
	for (id = 1; id <= 4; id++)
		advertised(t, id, "");
	host_apply(s, h, t->t_buf);
	sim_pass(s, 60 * NS_S);
	t->t_len = 0;
	add(t, LEFT);
	advertised(t, 2, "priority = 3");
	advertised(t, 3, "");
	add(t, "vlan other { parent = left id = 4 }\n");
	for (id = 1; id <= 4; id++) {
		SIM_CHECK(s, he.he_usual[id] >= 3);
		SIM_EQ(s, he.he_last[id], 0);
		he.he_usual[id] = 0;
	}
	host_reload(s, h, t->t_buf, 0);
	sim_pass(s, 5 * NS_S);
	for (id = 1; id <= 4; id++) {
		SIM_EQ(s, he.he_last[id], id != 3);
		SIM_EQ(s, he.he_usual[id] > 0, id == 2);
	}
	host_fini(h);
	free(t);
}

int
main(int argc, char **argv)
{
	static const struct scenario scenarios[] = {
		{ "differences", differences, 60 },
		{ "goes-back", goes_back, 20 },
		{ "confirmed", confirmed, 10 },
		{ "restart", restart, 3 },
		{ "farewell", farewell, 20 },
		{ NULL, NULL, 0 },
	};

	return sim_main(argc, argv, scenarios);
}
