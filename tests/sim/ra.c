/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Router discovery under the virtual clock: when this router advertises, whom
 * it answers and how often (RFC 4861, 6.2).
 */
#include <stdio.h>
#include <string.h>

#include "if/if.h"
#include "ip6/ra_host.h"
#include "ip6/ra_send.h"
#include "lab.h"
#include "route/rib.h"

#define SEEN_MAX 256

/* What was heard on a wire, of one type. */
struct seen {
	struct sim	*se_sim;
	unsigned	 se_type;
	unsigned	 se_n;
	struct {
		uint64_t	 s_when;
		struct addr	 s_dst;
		unsigned	 s_lifetime;
		unsigned	 s_nprefix;
	}		 se_at[SEEN_MAX];
};

static unsigned
count_options(const uint8_t *p, size_t n, unsigned type)
{
	unsigned found = 0;

	for (; n >= 8; n -= p[1] * 8u, p += p[1] * 8u)
		found += p[0] == type;
	return found;
}

static void
see(void *arg, const struct frame_info *fi, const uint8_t *p, size_t n)
{
	struct seen *se = arg;

	(void)p;
	(void)n;
	if (fi->fi_type != FT_IP6 || fi->fi_proto != FP_ICMP6 ||
	    fi->fi_l4[0] != se->se_type || se->se_n == SEEN_MAX)
		return;
	SIM_EQ(se->se_sim, fi->fi_ttl, 255);
	SIM_CHECK(se->se_sim, in6_is_linklocal(fi->fi_src.a_v6));
	se->se_at[se->se_n].s_when = sim_now(se->se_sim);
	se->se_at[se->se_n].s_dst = fi->fi_dst;
	se->se_at[se->se_n].s_lifetime = ld16be(fi->fi_l4 + 6);
	se->se_at[se->se_n].s_nprefix =
	    count_options(fi->fi_l4 + 16, fi->fi_l4len - 16, RA_OPT_PREFIX);
	se->se_n++;
}

/* Lists for a job of ctl. */
struct send {
	struct ra_conf	 sn_conf;
	const char	*sn_if;		/* NULL: left */
	bool		 sn_stop;
	bool		 sn_changed;
};

static void
send_job(struct ctl *ctl, void *arg)
{
	struct send *sn = arg;
	struct ifnet *ifp;

	role_enter(&on_ctl);
	ifp = if_find(ctl, sn->sn_if != NULL ? sn->sn_if : "left");
	if (sn->sn_stop)
		ra_send_stop(ctl, ifp);
	else if (sn->sn_changed)
		ra_send_changed(ctl, ifp);
	else
		(void)ra_send_start(ctl, ifp, &sn->sn_conf);
}

static const struct send usual = {
	.sn_conf = { .rc_max = 600,
	    .rc_min = 200,
	    .rc_lifetime = 1800,
	    .rc_prefix = { .rp_flags = RA_PREFIX_ONLINK | RA_PREFIX_AUTO,
		.rp_valid = 7200,
		.rp_preferred = 3600 } }
};

static void
lab_send(struct lab *l, const struct send *sn)
{
	struct send job = *sn;

	host_ctl(l->l_r, send_job, &job);
}

static struct seen *
watch(struct sim *s, struct lab *l, struct seen *se)
{
	memset(se, 0, sizeof(*se));
	se->se_sim = s;
	se->se_type = 134;
	wire_watch(l->l_left, see, se);
	return se;
}

static bool
is_allnodes(const struct addr *a)
{
	return a->a_v6.i6_hi == UINT64_C(0xff02000000000000) &&
	    a->a_v6.i6_lo == 1;
}

/* Three quick ones, then at random within the bounds; a last one. */
static void
advertise(struct sim *s)
{
	struct send stop = { .sn_stop = true };
	struct seen se;
	struct lab l;
	uint64_t gap;
	unsigned i;

	lab_make(&l, s, 2, 0);
	watch(s, &l, &se);
	lab_send(&l, &usual);
	SIM_UNTIL(s, se.se_n == 1, NS_S);
	sim_pass(s, 2 * 16 * NS_S + NS_S);
	SIM_CHECK(s, se.se_n >= 3);
	sim_pass(s, 10 * 600 * NS_S);
	SIM_CHECK(s, se.se_n >= 13 && se.se_n <= 34);
	for (i = 0; i < se.se_n; i++) {
		SIM_CHECK(s, is_allnodes(&se.se_at[i].s_dst));
		SIM_EQ(s, se.se_at[i].s_lifetime, 1800);
		SIM_EQ(s, se.se_at[i].s_nprefix, 1);
		if (i == 0)
			continue;
		gap = se.se_at[i].s_when - se.se_at[i - 1].s_when;
		/* What is rounded up to a tick, and the wire's delay. */
		SIM_CHECK(s, gap <= (i <= 3 ? 16 : 600) * NS_S + 10 * NS_MS);
		SIM_CHECK(s, i <= 3 || gap >= 200 * NS_S - 10 * NS_MS);
	}
	i = se.se_n;
	lab_send(&l, &stop);
	SIM_UNTIL(s, se.se_n == i + 1, NS_S);
	SIM_EQ(s, se.se_at[i].s_lifetime, 0);
	sim_pass(s, 2 * 600 * NS_S);
	SIM_EQ(s, se.se_n, i + 1);
}

/* A router solicitation from an address, or from none. */
static void
solicit(struct lab *l, const char *from, unsigned number)
{
	uint8_t mac[MAC_LEN] = { 2, 0, 0, 0, 9, (uint8_t)number };
	uint8_t rs[16] = { 133, 0, 0, 0, 0, 0, 0, 0, 1, 1, 2, 0, 0, 0, 9,
		(uint8_t)number };
	struct frame_spec fs = { .fs_dmac = { 0x33, 0x33, 0, 0, 0, 2 },
		.fs_src = { .a_family = ADDR_V6 },
		.fs_dst = { .a_family = ADDR_V6,
		    .a_v6 = { UINT64_C(0xff02000000000000), 2 } },
		.fs_ttl = 255, .fs_proto = FP_ICMP6 };
	size_t n = from != NULL ? 16 : 8;
	struct frame f;

	memcpy(fs.fs_smac, mac, MAC_LEN);
	if (from != NULL)
		(void)addr_parse(&fs.fs_src, from);
	fs.fs_src.a_v6.i6_lo += from != NULL ? number : 0;
	st16be(rs + 2, frame_cksum(rs, n,
	    frame_pseudo(&fs.fs_src, &fs.fs_dst, FP_ICMP6, n)));
	frame_ip(&f, &fs, rs, n);
	wire_inject(l->l_left, &f);
}

/* One that asks is answered alone; who has no address by a word to all. */
static void
ask(struct sim *s)
{
	struct seen se;
	struct lab l;
	uint64_t last;
	unsigned n;

	lab_make(&l, s, 2, 0);
	watch(s, &l, &se);
	lab_send(&l, &usual);
	sim_pass(s, 60 * NS_S);
	n = se.se_n;
	SIM_CHECK(s, n >= 3);
	solicit(&l, "fe80::9:0", 1);
	SIM_UNTIL(s, se.se_n == n + 1, NS_S / 2 + 10 * NS_MS);
	SIM_EQ(s, se.se_at[n].s_dst.a_v6.i6_lo, 0x90001);
	SIM_EQ(s, se.se_at[n].s_lifetime, 1800);
	solicit(&l, NULL, 1);
	SIM_UNTIL(s, se.se_n == n + 2, NS_S / 2 + 10 * NS_MS);
	SIM_CHECK(s, is_allnodes(&se.se_at[n + 1].s_dst));
	/* At once again: not within three seconds. */
	last = se.se_at[n + 1].s_when;
	solicit(&l, NULL, 2);
	SIM_UNTIL(s, se.se_n == n + 3, 4 * NS_S);
	SIM_CHECK(s, se.se_at[n + 2].s_when - last >= 3 * NS_S - 10 * NS_MS);
}

/* A crowd asks, again and again: what leaves is bounded. */
static void
crowd(struct sim *s)
{
	struct seen se;
	unsigned i, n, all = 0;
	struct lab l;

	lab_make(&l, s, 2, 0);
	watch(s, &l, &se);
	lab_send(&l, &usual);
	sim_pass(s, 60 * NS_S);
	n = se.se_n;
	for (i = 0; i < 1000; i++) {
		solicit(&l, i % 10 == 0 ? NULL : "fe80::9:0", i % 250);
		sim_pass(s, NS_MS);
	}
	sim_pass(s, 5 * NS_S);
	for (i = n; i < se.se_n; i++)
		all += is_allnodes(&se.se_at[i].s_dst);
	/* 16 alone at one time, each for up to half a second. */
	SIM_CHECK(s, se.se_n - n - all > 0 && se.se_n - n - all <= 16 * 12);
	SIM_CHECK(s, all >= 1 && all <= 3);
}

/* Off is off, and what this router is not told of it does not say. */
static void
quiet(struct sim *s)
{
	struct send none = usual;
	struct seen se;
	struct lab l;

	lab_make(&l, s, 1, 0);
	watch(s, &l, &se);
	solicit(&l, "fe80::9:0", 1);
	sim_pass(s, 5 * NS_S);
	SIM_EQ(s, se.se_n, 0);
	host_tune(l.l_r, "net.inet6.ip6.forwarding", 0);
	none.sn_conf.rc_lifetime = 1800;
	lab_send(&l, &none);
	SIM_UNTIL(s, se.se_n == 1, NS_S);
	SIM_EQ(s, se.se_at[0].s_lifetime, 0);
}

/* New addresses are told at once, many in several packets. */
static void
many(struct sim *s)
{
	struct send changed = { .sn_changed = true };
	unsigned i, n, sum = 0;
	struct seen se;
	struct lab l;
	char text[64];

	lab_make(&l, s, 2, 0);
	watch(s, &l, &se);
	lab_send(&l, &usual);
	sim_pass(s, 60 * NS_S);
	for (i = 0; i < 59; i++) {
		snprintf(text, sizeof(text), "2001:db8:%x::1/64", i);
		host_addr(l.l_r, "left", text);
	}
	n = se.se_n;
	lab_send(&l, &changed);
	SIM_UNTIL(s, se.se_n >= n + 3, NS_S);
	for (i = n; i < n + 3; i++)
		sum += se.se_at[i].s_nprefix;
	SIM_EQ(s, sum, 60);
}

/* A link that comes: hosts are told at once. */
static void
link(struct sim *s)
{
	struct seen se;
	struct lab l;
	unsigned n;

	lab_make(&l, s, 2, 0);
	watch(s, &l, &se);
	lab_send(&l, &usual);
	sim_pass(s, 10 * NS_S);
	host_up(l.l_r, "left", false);
	n = se.se_n;
	sim_pass(s, 3000 * NS_S);
	SIM_EQ(s, se.se_n, n);
	host_up(l.l_r, "left", true);
	SIM_UNTIL(s, se.se_n == n + 1, NS_S);
}

/* Redirects are not sent to whom another router is nearer, and not heeded. */
static void
redirect(struct sim *s)
{
	struct frame_spec fs = { .fs_dmac = { 0 }, .fs_ttl = 255,
		.fs_proto = FP_ICMP6,
		.fs_src = { .a_family = ADDR_V6,
		    .a_v6 = { UINT64_C(0xfe80000000000000), 2 } } };
	uint8_t rd[40] = { 137 };
	struct peer *near;
	struct seen se;
	struct frame f;
	struct ping *p;
	struct lab l;

	lab_make(&l, s, 2, 0);
	watch(s, &l, &se);
	se.se_type = 137;
	host_addr(l.l_r, "left", "fd00:3::1/64");
	near = wire_peer(l.l_left, "fd00:3::2/64", "fd00:3::1");
	p = peer_ping(l.l_a6, near->pr_text, 3, NS_MS, 56);
	SIM_UNTIL(s, ping_done(p), 3 * NS_S);
	SIM_EQ(s, se.se_n, 0);
	memcpy(fs.fs_dmac, host_mac(l.l_r, "left"), MAC_LEN);
	memcpy(fs.fs_smac, near->pr_mac, MAC_LEN);
	(void)addr_parse(&fs.fs_dst, "fd00:1::1");
	in6_store(rd + 8, near->pr_addr.a_v6); /* to b6 by way of it */
	in6_store(rd + 24, l.l_b6->pr_addr.a_v6);
	st16be(rd + 2, frame_cksum(rd, sizeof(rd),
	    frame_pseudo(&fs.fs_src, &fs.fs_dst, FP_ICMP6, sizeof(rd))));
	frame_ip(&f, &fs, rd, sizeof(rd));
	wire_inject(l.l_left, &f);
	SIM_UNTIL(s, host_stat(l.l_r, SG_ND6, nds_redirect) == 1, NS_S);
	lab_ping(&l, 3);
	SIM_EQ(s, near->pr_other, 0);
}

/* The other side: a host that believes. */

struct want {
	struct in6	 wa_addr;	/* the IFA_SLAAC one, if there is one */
	unsigned	 wa_flags;
	unsigned	 wa_naddr;
	unsigned	 wa_distance;	/* of the default route; 0: none */
	unsigned	 wa_onlink;	/* networks */
	bool		 wa_start;
	bool		 wa_stop;
};

static int
count_onlink(void *arg, const struct prefix *p, const struct rib_entry *re,
    bool active)
{
	struct want *wa = arg;

	(void)active;
	if (re->re_proto != RP_RA)
		return 0;
	if (p->p_len == 0)
		wa->wa_distance = re->re_distance;
	else
		wa->wa_onlink++;
	return 0;
}

static void
believe_job(struct ctl *ctl, void *arg)
{
	const struct ifaddrs *ias;
	struct want *wa = arg;
	struct ifnet *ifp;
	unsigned i;

	role_enter(&on_ctl);
	ifp = if_find(ctl, "eth");
	if (wa->wa_start)
		(void)ra_host_start(ctl, ifp, true);
	if (wa->wa_stop)
		ra_host_stop(ctl, ifp);
	ias = if_addrs(ifp);
	for (i = 0; i < ias->ias_n; i++) {
		if ((ias->ias_a[i].ifa_flags & IFA_SLAAC) == 0)
			continue;
		wa->wa_addr = ias->ias_a[i].ifa_addr.a_v6;
		wa->wa_flags = ias->ias_a[i].ifa_flags;
		wa->wa_naddr++;
	}
	rib_walk(ctl->ctl_sp->sp_rt[0].rt_rib, 6, count_onlink, wa);
}

static struct want
learnt(struct host *h)
{
	struct want wa = { .wa_start = false };

	host_ctl(h, believe_job, &wa);
	return wa;
}

static void
believe(struct host *h)
{
	struct want wa = { .wa_start = true };

	host_addr(h, "eth", "fd00:ffff::1/128"); /* and a link-local one */
	host_ctl(h, believe_job, &wa);
}

/* What a router on a wire says; number tells routers apart. */
static void
say(struct wire *w, unsigned number, unsigned lifetime, unsigned pref,
    const char *prefix, uint32_t valid, uint32_t preferred)
{
	struct frame_spec fs = { .fs_dmac = { 0x33, 0x33, 0, 0, 0, 1 },
		.fs_smac = { 2, 0, 0, 0, 8, (uint8_t)number },
		.fs_src = { .a_family = ADDR_V6,
		    .a_v6 = { UINT64_C(0xfe80000000000000),
			0x80000 + number } },
		.fs_dst = { .a_family = ADDR_V6,
		    .a_v6 = { UINT64_C(0xff02000000000000), 1 } },
		.fs_ttl = 255,
		.fs_proto = FP_ICMP6 };
	uint8_t ra[16 + 32] = { 134, 0, 0, 0, 33, (uint8_t)(pref << 3) };
	size_t n = prefix != NULL ? sizeof(ra) : 16;
	struct frame f;
	struct prefix p;

	st16be(ra + 6, (uint16_t)lifetime);
	if (prefix != NULL) {
		(void)prefix_parse(&p, prefix);
		ra[16] = 3;
		ra[17] = 4;
		ra[18] = p.p_len;
		ra[19] = 0xc0;
		st32be(ra + 20, valid);
		st32be(ra + 24, preferred);
		in6_store(ra + 32, p.p_addr.a_v6);
	}
	st16be(ra + 2, frame_cksum(ra, n,
	    frame_pseudo(&fs.fs_src, &fs.fs_dst, FP_ICMP6, n)));
	frame_ip(&f, &fs, ra, n);
	wire_inject(w, &f);
}

/* One instance configures itself by what another advertises. */
static void
slaac(struct sim *s)
{
	struct send stop = { .sn_stop = true, .sn_if = "lan" };
	struct send start = usual;
	char text[ADDR_STRLEN];
	struct host *h;
	struct addr a;
	struct ping *p;
	struct lab l;

	lab_make(&l, s, 2, 0);
	h = sim_host(s, "h", 2);
	sim_link(s, l.l_r, "lan", h, "eth", 0, NULL);
	host_addr(l.l_r, "lan", "2001:db8:1::1/64");
	believe(h);
	start.sn_if = "lan";
	host_ctl(l.l_r, send_job, &start);
	SIM_UNTIL(s, learnt(h).wa_naddr == 1 &&
	    (learnt(h).wa_flags & IFA_TENTATIVE) == 0, 10 * NS_S);
	SIM_EQ(s, learnt(h).wa_addr.i6_hi, UINT64_C(0x20010db800010000));
	SIM_EQ(s, learnt(h).wa_distance, 200);
	SIM_EQ(s, learnt(h).wa_onlink, 1);
	/* Its default route brings the answers back. */
	a = addr_v6(learnt(h).wa_addr);
	p = peer_ping(l.l_a6, addr_format(&a, text), 5, NS_MS, 56);
	SIM_UNTIL(s, ping_done(p), 5 * NS_S);
	host_ctl(l.l_r, send_job, &stop);
	SIM_UNTIL(s, learnt(h).wa_distance == 0, NS_S);
	SIM_EQ(s, learnt(h).wa_naddr, 1);
}

/* Lifetimes pass; a forged one cannot end an address before two hours. */
static void
lifetimes(struct sim *s)
{
	struct host *h = sim_host(s, "h", 2);
	struct wire *w = sim_wire(s, h, "eth", 0);

	believe(h);
	sim_pass(s, 5 * NS_S);
	say(w, 1, 30, RA_MEDIUM, "2001:db8::/64", 100000, 100);
	sim_pass(s, 5 * NS_S);
	SIM_EQ(s, learnt(h).wa_naddr, 1);
	SIM_EQ(s, learnt(h).wa_flags, IFA_SLAAC);
	SIM_EQ(s, learnt(h).wa_distance, 200);
	sim_pass(s, 30 * NS_S);
	SIM_EQ(s, learnt(h).wa_distance, 0);
	SIM_EQ(s, learnt(h).wa_onlink, 1);
	sim_pass(s, 70 * NS_S);
	SIM_EQ(s, learnt(h).wa_flags, IFA_SLAAC | IFA_DEPRECATED);
	say(w, 1, 30, RA_HIGH, "2001:db8::/64", 60, 60);
	sim_pass(s, NS_S);
	SIM_EQ(s, learnt(h).wa_flags, IFA_SLAAC);
	SIM_EQ(s, learnt(h).wa_distance, 199);
	sim_pass(s, 100 * NS_S);
	SIM_EQ(s, learnt(h).wa_onlink, 0);
	SIM_EQ(s, learnt(h).wa_flags, IFA_SLAAC | IFA_DEPRECATED);
	/* Less than two hours are left: a short one is not heard at all. */
	sim_pass(s, 7000 * NS_S);
	say(w, 1, 30, RA_HIGH, "2001:db8::/64", 1, 0);
	sim_pass(s, 60 * NS_S);
	SIM_EQ(s, learnt(h).wa_naddr, 1);
	sim_pass(s, 100 * NS_S);
	SIM_EQ(s, learnt(h).wa_naddr, 0);
}

/* Asking: soon, then ever more seldom; not while there is a router. */
static void
backoff(struct sim *s)
{
	struct host *h = sim_host(s, "h", 1);
	struct wire *w = sim_wire(s, h, "eth", 0);
	struct seen se = { .se_sim = s, .se_type = 133 };
	uint64_t gap, want = 4 * NS_S;
	unsigned i, n;

	wire_watch(w, see, &se);
	believe(h);
	SIM_UNTIL(s, se.se_n == 1, NS_S + 200 * NS_MS);
	sim_pass(s, 40000 * NS_S);
	SIM_CHECK(s, se.se_n >= 18 && se.se_n <= 24);
	for (i = 1; i < se.se_n; i++) {
		gap = se.se_at[i].s_when - se.se_at[i - 1].s_when;
		/* Each is a tenth of the last's double around it. */
		SIM_CHECK(s, gap >= want - want / 10 - 10 * NS_MS);
		SIM_CHECK(s, gap <= want + want / 10 + 10 * NS_MS);
		want = 2 * gap < 3600 * NS_S ? 2 * gap : 3600 * NS_S;
	}
	say(w, 1, 1800, RA_MEDIUM, NULL, 0, 0);
	n = se.se_n;
	sim_pass(s, 1799 * NS_S);
	SIM_EQ(s, se.se_n, n);
	SIM_UNTIL(s, se.se_n == n + 1, 5 * NS_S);
}

/* What strangers say is kept up to a bound. */
static void
bounds(struct sim *s)
{
	struct host *h = sim_host(s, "h", 2);
	struct wire *w = sim_wire(s, h, "eth", 0);
	struct want stop = { .wa_stop = true };
	unsigned i, round;
	char text[64];

	believe(h);
	sim_pass(s, 5 * NS_S);
	for (round = 0; round < 2; round++)
		for (i = 0; i < 200; i++) {
			snprintf(text, sizeof(text), "2001:db8:%x::/64", i);
			say(w, i % 100, 1800, i % 4, text, 7200, 3600);
			sim_pass(s, NS_MS);
		}
	sim_pass(s, 10 * NS_S);
	SIM_EQ(s, learnt(h).wa_naddr, 16);
	SIM_EQ(s, learnt(h).wa_onlink, 16);
	SIM_EQ(s, learnt(h).wa_distance, 199);
	host_ctl(h, believe_job, &stop);
	SIM_EQ(s, learnt(h).wa_naddr + learnt(h).wa_onlink +
	    learnt(h).wa_distance, 0);
}

/* Somebody has the address: another one, which is the same each time. */
static void
duplicate(struct sim *s)
{
	static const uint8_t secret[SIPHASH_KEYLEN];
	struct host *h = sim_host(s, "h", 2);
	struct wire *w = sim_wire(s, h, "eth", 0);
	const uint64_t net = UINT64_C(0x20010db800000000);
	struct addr taken = addr_v6((struct in6){ net,
	    ra_stable_id(secret, net, "eth", 0) });
	char text[ADDR_STRLEN], prefix[PREFIX_STRLEN];

	snprintf(prefix, sizeof(prefix), "%s/64", addr_format(&taken, text));
	(void)wire_peer(w, prefix, NULL);
	believe(h);
	sim_pass(s, 5 * NS_S);
	say(w, 1, 0, RA_MEDIUM, "2001:db8::/64", 7200, 3600);
	SIM_UNTIL(s, learnt(h).wa_flags == IFA_SLAAC, 10 * NS_S);
	SIM_EQ(s, learnt(h).wa_naddr, 1);
	SIM_EQ(s, learnt(h).wa_addr.i6_lo, ra_stable_id(secret, net, "eth", 1));
	SIM_EQ(s, learnt(h).wa_distance, 0);
}

int
main(int argc, char **argv)
{
	static const struct scenario scenarios[] = {
		{ "advertise", advertise, 20 },
		{ "ask", ask, 20 },
		{ "crowd", crowd, 10 },
		{ "quiet", quiet, 10 },
		{ "many", many, 10 },
		{ "link", link, 10 },
		{ "redirect", redirect, 10 },
		{ "slaac", slaac, 20 },
		{ "lifetimes", lifetimes, 10 },
		{ "backoff", backoff, 10 },
		{ "bounds", bounds, 10 },
		{ "duplicate", duplicate, 20 },
		{ NULL, NULL, 0 },
	};

	return sim_main(argc, argv, scenarios);
}
