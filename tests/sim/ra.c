/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Router discovery under the virtual clock: when this router advertises, whom
 * it answers and how often (RFC 4861, 6.2).
 */
#include <stdio.h>
#include <string.h>

#include "ip6/ra_send.h"
#include "lab.h"

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
	bool		 sn_stop;
	bool		 sn_changed;
};

static void
send_job(struct ctl *ctl, void *arg)
{
	struct send *sn = arg;
	struct ifnet *ifp;

	role_enter(&on_ctl);
	ifp = if_find(ctl, "left");
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
		{ NULL, NULL, 0 },
	};

	return sim_main(argc, argv, scenarios);
}
