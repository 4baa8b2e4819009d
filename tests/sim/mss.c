/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Connections that open through a router which limits their segment size:
 * many SYNs with all kinds of options, in both directions and families, while
 * the limit comes, changes and goes.
 */
#include <string.h>

#include "base/bytes.h"
#include "if/if.h"
#include "ip/ip_stat.h"
#include "ip6/ip6_stat.h"
#include "lab.h"

#define MTU	1400 /* on the right */
#define PORT	7777
#define ANY	0xffff
#define SYNS	40

struct limit {
	const char *l_if;
	unsigned l_mss;
};

struct watch {
	struct sim *w_sim;
	unsigned w_most[2]; /* IPv4, IPv6: no SYN may say more */
	unsigned w_seen;
	unsigned w_mss[65536]; /* what left, by source port */
};

static void
limit_ctl(struct ctl *ctl, void *arg)
{
	const struct limit *l = arg;

	role_enter(&on_ctl);
	if_set_mss(ctl, if_find(ctl, l->l_if), l->l_mss);
}

static void
limit(struct host *h, const char *ifname, unsigned mss)
{
	struct limit l = { ifname, mss };

	host_ctl(h, limit_ctl, &l);
}

/* Every SYN that leaves is whole and right, and says at most the limit. */
static void
watch_syn(void *arg, const struct frame_info *fi, const uint8_t *p, size_t n)
{
	struct watch *w = arg;
	const uint8_t *th = fi->fi_l4;
	unsigned at, hlen;

	(void)p, (void)n;
	if (fi->fi_proto != FP_TCP)
		return;
	hlen = (th[12] >> 4) * 4u;
	SIM_EQ(w->w_sim, frame_cksum(th, fi->fi_l4len,
	    frame_pseudo(&fi->fi_src, &fi->fi_dst, FP_TCP, fi->fi_l4len)), 0);
	w->w_mss[ld16be(th)] = ANY;
	for (at = 20; at < hlen && th[at] != 0;
	     at += th[at] == 1 ? 1 : th[at + 1]) {
		if (th[at] != 2)
			continue;
		w->w_mss[ld16be(th)] = ld16be(th + at + 2);
		SIM_CHECK(w->w_sim, ld16be(th + at + 2) <=
		    w->w_most[fi->fi_src.a_family == ADDR_V6]);
	}
	w->w_seen++;
}

/* NOPs, then the option, if any, then others. */
static size_t
syn_make(struct sim *s, struct peer *p, const struct addr *dst, unsigned port,
    unsigned mss, uint8_t *th)
{
	unsigned at = 20 + (unsigned)sim_below(s, 4);
	size_t n = 20 + 4 * sim_below(s, 8);

	memset(th, 1, 60);
	memset(th, 0, 20);
	st16be(th, (uint16_t)port);
	st16be(th + 2, PORT);
	th[13] = sim_below(s, 2) != 0 ? 0x02 : 0x12;
	if (mss != ANY) {
		th[at] = 2;
		th[at + 1] = 4;
		st16be(th + at + 2, (uint16_t)mss);
		n = umax((unsigned)n, at + 4);
	}
	n = (n + 3) / 4 * 4;
	th[12] = (uint8_t)(n / 4 << 4);
	n += sim_below(s, 200); /* data is allowed */
	st16be(th + 16, frame_cksum(th, n,
	    frame_pseudo(&p->pr_addr, dst, FP_TCP, n)));
	return n;
}

static void
syn_send(struct sim *s, struct peer *from, struct peer *to, unsigned port,
    unsigned mss)
{
	uint8_t th[260] = { 0 };
	struct frame_spec fs;
	struct frame f;
	size_t n = syn_make(s, from, &to->pr_addr, port, mss, th);

	SIM_CHECK(s, peer_spec(from, &to->pr_addr, &fs));
	fs.fs_proto = FP_TCP;
	frame_ip(&f, &fs, th, n);
	wire_inject(from->pr_wire, &f);
}

/* SYNs from one to the other; what arrives of each is as it must be. */
static void
syns(struct sim *s, struct watch *w, struct peer *from, struct peer *to)
{
	unsigned i, sent[SYNS], most;

	w->w_seen = 0;
	for (i = 0; i < SYNS; i++) {
		sent[i] = sim_below(s, 4) == 0 ? ANY :
		    (unsigned)sim_below(s, 3000);
		syn_send(s, from, to, i + 1, sent[i]);
	}
	SIM_UNTIL(s, w->w_seen == SYNS, NS_S);
	most = w->w_most[from->pr_addr.a_family == ADDR_V6];
	for (i = 0; i < SYNS; i++)
		SIM_EQ(s, w->w_mss[i + 1],
		    sent[i] == ANY ? ANY : umin(sent[i], most));
}

static void
syns_all(struct sim *s, struct lab *l, struct watch *w, unsigned most4,
    unsigned most6)
{
	w->w_most[0] = most4;
	w->w_most[1] = most6;
	syns(s, w, l->l_a4, l->l_b4);
	syns(s, w, l->l_b4, l->l_a4);
	syns(s, w, l->l_a6, l->l_b6);
	syns(s, w, l->l_b6, l->l_a6);
}

static void
clamp(struct sim *s)
{
	static struct watch w;
	unsigned fixed = 64 + (unsigned)sim_below(s, 2000);
	struct ping *p4, *p6;
	struct lab l;

	lab_make_mtu(&l, s, 1 + (unsigned)sim_below(s, 4),
	    (unsigned)sim_below(s, 3), MTU);
	lab_ping(&l, 1);
	p4 = peer_ping(l.l_b4, l.l_a4->pr_text, 1, NS_MS, 56);
	p6 = peer_ping(l.l_b6, l.l_a6->pr_text, 1, NS_MS, 56);
	SIM_UNTIL(s, ping_done(p4) && ping_done(p6), 3 * NS_S);
	w.w_sim = s;
	wire_watch(l.l_left, watch_syn, &w);
	wire_watch(l.l_right, watch_syn, &w);
	syns_all(s, &l, &w, ANY, ANY);
	SIM_EQ(s, host_stat(l.l_r, SG_IP, ips_mss), 0);
	limit(l.l_r, "right", IF_MSS_AUTO);
	syns_all(s, &l, &w, MTU - 40, MTU - 60);
	SIM_CHECK(s, host_stat(l.l_r, SG_IP, ips_mss) > 0);
	SIM_CHECK(s, host_stat(l.l_r, SG_IP6, i6s_mss) > 0);
	limit(l.l_r, "left", fixed);
	syns_all(s, &l, &w, umin(fixed, MTU - 40), umin(fixed, MTU - 60));
	limit(l.l_r, "right", IF_MSS_ANY);
	syns_all(s, &l, &w, fixed, fixed);
	limit(l.l_r, "left", IF_MSS_ANY);
	syns_all(s, &l, &w, ANY, ANY);
}

int
main(int argc, char **argv)
{
	static const struct scenario sc[] = { { "clamp", clamp, 0 }, { 0 } };

	return sim_main(argc, argv, sc);
}
