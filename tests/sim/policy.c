/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Policies of interfaces on a router of several CPUs.
 */
#include <string.h>

#include "base/bytes.h"
#include "if/if.h"
#include "ip/ip_stat.h"
#include "ip6/ip6_stat.h"
#include "lab.h"

#define PORT 7777
#define BURST 60

struct want {
	const char *w_if;
	uint32_t w_policy;
};

static void
want_ctl(struct ctl *ctl, void *arg)
{
	const struct want *w = arg;

	role_enter(&on_ctl);
	if_set_policy(ctl, if_find(ctl, w->w_if), UINT32_MAX, w->w_policy);
}

static void
want(struct host *h, const char *ifname, uint32_t policy)
{
	struct want w = { ifname, policy };

	host_ctl(h, want_ctl, &w);
}

/* Sources: hosts of the left, of the right, behind the right, of nowhere. */
enum kind { LEFT, RIGHT, BEHIND, NOWHERE, NKINDS };

struct spoof {
	struct sim *sp_sim;
	struct lab sp_lab;
	uint64_t sp_out[NKINDS]; /* left the router */
};

static struct addr
source(struct sim *s, enum kind kind, bool v6)
{
	static const uint32_t net4[NKINDS] = { 0x0a000100, 0x0a000200,
		0xc6336400, 0xcb007100 };
	static const uint64_t net6[NKINDS] = { UINT64_C(0xfd00000100000000),
		UINT64_C(0xfd00000200000000), UINT64_C(0xfd00000900000000),
		UINT64_C(0x20010db800000000) };
	uint64_t host = 10 + sim_below(s, 200);

	if (!v6)
		return addr_v4(net4[kind] + (uint32_t)host);
	return addr_v6((struct in6){ net6[kind], host });
}

static void
watch(void *arg, const struct frame_info *fi, const uint8_t *p, size_t n)
{
	struct spoof *sp = arg;

	(void)p;
	(void)n;
	if (fi->fi_proto == FP_UDP && ld16be(fi->fi_l4 + 2) == PORT)
		sp->sp_out[ld16be(fi->fi_l4)]++;
}

/* A burst of each kind and family by one wire; what gets through. */
static void
burst(struct spoof *sp, struct wire *in, struct peer *from, struct peer *to,
    uint64_t passed[NKINDS])
{
	bool v6 = from->pr_addr.a_family == ADDR_V6;
	struct sim *s = sp->sp_sim;
	struct frame_spec fs;
	struct frame f;
	unsigned i;

	memset(sp->sp_out, 0, sizeof(sp->sp_out));
	SIM_CHECK(s, peer_spec(from, &to->pr_addr, &fs));
	for (i = 0; i < NKINDS * BURST; i++) {
		fs.fs_src = source(s, i % NKINDS, v6);
		frame_udp(&f, &fs, (uint16_t)(i % NKINDS), PORT, "x", 1);
		wire_inject(in, &f);
		if (i % 16 == 0)
			sim_pass(s, sim_below(s, 20 * NS_US));
	}
	sim_rest(s);
	memcpy(passed, sp->sp_out, sizeof(sp->sp_out));
}

static void
burst_check(struct spoof *sp, bool right, bool v6, unsigned kinds)
{
	struct lab *l = &sp->sp_lab;
	struct peer *a = v6 ? l->l_a6 : l->l_a4, *b = v6 ? l->l_b6 : l->l_b4;
	uint64_t passed[NKINDS], dropped;
	enum kind k;
	unsigned bad = 0;

	dropped = host_stat(l->l_r, SG_IP, ips_reverse) +
	    host_stat(l->l_r, SG_IP6, i6s_reverse);
	burst(sp, right ? l->l_right : l->l_left, right ? b : a,
	    right ? a : b, passed);
	for (k = 0; k < NKINDS; k++) {
		bool ok = (kinds >> k & 1) != 0;

		SIM_EQ(sp->sp_sim, passed[k], ok ? BURST : 0);
		bad += !ok;
	}
	dropped = host_stat(l->l_r, SG_IP, ips_reverse) +
	    host_stat(l->l_r, SG_IP6, i6s_reverse) - dropped;
	SIM_EQ(sp->sp_sim, dropped, bad * BURST);
}

#define K(kind) (1u << (kind))
#define ALL	(K(NKINDS) - 1)

/* Only good sources pass, whichever CPU has them, from either side. */
static void
spoof(struct sim *s)
{
	static struct spoof sp;
	struct lab *l = &sp.sp_lab;
	struct ping *p4, *p6;
	unsigned v6;

	memset(&sp, 0, sizeof(sp));
	sp.sp_sim = s;
	lab_make(l, s, 1 + (unsigned)sim_below(s, 4),
	    (unsigned)sim_below(s, 3));
	host_route(l->l_r, "198.51.100.0/24", l->l_b4->pr_text);
	host_route(l->l_r, "fd00:9::/32", l->l_b6->pr_text);
	lab_ping(l, 1);
	p4 = peer_ping(l->l_b4, l->l_a4->pr_text, 1, NS_MS, 56);
	p6 = peer_ping(l->l_b6, l->l_a6->pr_text, 1, NS_MS, 56);
	SIM_UNTIL(s, ping_done(p4) && ping_done(p6), 3 * NS_S);
	wire_watch(l->l_left, watch, &sp);
	wire_watch(l->l_right, watch, &sp);
	for (v6 = 0; v6 < 2; v6++) {
		burst_check(&sp, false, v6, ALL);
		want(l->l_r, "left", IFP_STRICT);
		burst_check(&sp, false, v6, K(LEFT));
		burst_check(&sp, true, v6, ALL);
		want(l->l_r, "right", IFP_STRICT);
		burst_check(&sp, true, v6, K(RIGHT) | K(BEHIND));
		want(l->l_r, "left", IFP_LOOSE);
		burst_check(&sp, false, v6, ALL & ~K(NOWHERE));
		want(l->l_r, "left", 0);
		want(l->l_r, "right", 0);
		burst_check(&sp, false, v6, ALL);
	}
	lab_ping(l, 5);
}

struct remark {
	struct sim *re_sim;
	unsigned re_ds; /* of all that leaves */
	uint64_t re_seen;
};

static void
remark_watch(void *arg, const struct frame_info *fi, const uint8_t *p,
    size_t n)
{
	struct remark *re = arg;
	unsigned ds;

	(void)n;
	if (fi->fi_proto != FP_UDP)
		return;
	ds = fi->fi_src.a_family == ADDR_V4 ? p[15] :
	    (p[14] & 15u) << 4 | p[15] >> 4;
	SIM_EQ(re->re_sim, ds, re->re_ds);
	re->re_seen++;
}

/* What comes in on the left has that codepoint on the right, on any CPU. */
static void
remark(struct sim *s)
{
	struct remark re = { .re_sim = s };
	unsigned i, k, dscp;
	struct lab l;

	lab_make(&l, s, 1 + (unsigned)sim_below(s, 4),
	    (unsigned)sim_below(s, 3));
	lab_ping(&l, 1);
	wire_watch(l.l_right, remark_watch, &re);
	for (i = 0; i < 8; i++) {
		dscp = (unsigned)sim_below(s, 64);
		re.re_ds = i % 4 == 0 ? 0 : dscp << 2;
		want(l.l_r, "left", i % 4 == 0 ? 0 :
		    IFP_DSCP | dscp << IFP_DSCP_SHIFT);
		re.re_seen = 0;
		for (k = 0; k < BURST; k++) {
			SIM_CHECK(s, peer_udp(l.l_a4, &l.l_b4->pr_addr,
			    (uint16_t)k, PORT, 1 + sim_below(s, 99)));
			SIM_CHECK(s, peer_udp(l.l_a6, &l.l_b6->pr_addr,
			    (uint16_t)k, PORT, 1 + sim_below(s, 99)));
		}
		SIM_UNTIL(s, re.re_seen == 2 * BURST, NS_S);
	}
}

int
main(int argc, char **argv)
{
	static const struct scenario sc[] = {
		{ "spoof", spoof, 50 },
		{ "remark", remark, 50 },
		{ 0 },
	};

	return sim_main(argc, argv, sc);
}
