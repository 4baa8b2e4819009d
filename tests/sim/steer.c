/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Steering: UDP flows with numbered packets through a router whose interfaces
 * have one receive queue.
 *
 *	a -- left -- r (4 CPUs) -- right -- b
 */
#include <string.h>

#include "base/bytes.h"
#include "lab.h"
#include "netisr/netisr.h"

#define FLOWS	64
#define PACKETS 30 /* of each flow */
#define CPUS	4

struct flows {
	struct sim *fl_sim;
	uint32_t fl_next[FLOWS]; /* number that must come next */
	unsigned fl_got;
};

/* Nothing lost, nothing out of its flow's order. */
static void
flows_watch(void *arg, const struct frame_info *fi, const uint8_t *p, size_t n)
{
	struct flows *fl = arg;
	unsigned flow;

	(void)p;
	(void)n;
	if (fi->fi_proto != FP_UDP)
		return;
	flow = ld16be(fi->fi_l4) - 1024u;
	SIM_CHECK(fl->fl_sim, flow < FLOWS);
	SIM_EQ(fl->fl_sim, ld32be(fi->fi_l4 + 8), fl->fl_next[flow]);
	fl->fl_next[flow]++;
	fl->fl_got++;
}

/* Numbered packets of all flows, some a time. */
static void
flows_run(struct lab *l, struct flows *fl, struct peer *from, struct peer *to)
{
	struct frame_spec fs;
	struct frame f;
	uint8_t data[18] = { 0 };
	unsigned i, k;

	memset(fl, 0, sizeof(*fl));
	fl->fl_sim = l->l_sim;
	wire_watch(l->l_right, flows_watch, fl);
	SIM_CHECK(l->l_sim, peer_spec(from, &to->pr_addr, &fs));
	for (k = 0; k < PACKETS; k++) {
		for (i = 0; i < FLOWS; i++) {
			st32be(data, k);
			frame_udp(&f, &fs, (uint16_t)(1024 + i), 9, data,
			    sizeof(data));
			wire_inject(l->l_left, &f);
		}
		if (sim_below(l->l_sim, 2) == 0)
			sim_pass(l->l_sim, 100 * NS_US);
	}
	SIM_UNTIL(l->l_sim, fl->fl_got == FLOWS * PACKETS, NS_S);
	sim_rest(l->l_sim);
}

static void
policy(struct sim *s, struct host *h, const char *value)
{
	char err[256];

	SIM_CHECK(s, sysctl_set(&host_spate(h)->sp_sysctl,
	    "net.isr.dispatch", value, err, sizeof(err)) == 0);
}

static uint64_t
sum(struct host *h, unsigned cpu, size_t member)
{
	struct netisr_info ni;
	uint64_t n = 0;
	unsigned p;

	for (p = 1; p < NETISR_N; p++) {
		netisr_info(host_spate(h), cpu, p, &ni);
		n += *(uint64_t *)(void *)((char *)&ni + member);
	}
	return n;
}
#define SUM(h, cpu, member) sum(h, cpu, offsetof(struct netisr_info, member))

/* One CPU serves the queue, all of them forward; both families. */
static void
deferred(struct sim *s)
{
	struct flows fl;
	struct lab l;
	unsigned i;

	lab_make(&l, s, CPUS, 1);
	lab_ping(&l, 1);
	host_tune(l.l_r, "net.inet.rss.udp_4tuple", 1);
	policy(s, l.l_r, "deferred");
	flows_run(&l, &fl, l.l_a4, l.l_b4);
	flows_run(&l, &fl, l.l_a6, l.l_b6);
	SIM_EQ(s, SUM(l.l_r, 0, ni_queued), 0);
	for (i = 1; i < CPUS; i++) {
		uint64_t n = SUM(l.l_r, i, ni_handled);

		SIM_EQ(s, SUM(l.l_r, i, ni_queued), n);
		SIM_CHECK(s, n >= 2 * FLOWS * PACKETS / CPUS / 4);
	}
}

/* Forwarding never hands over input. */
static void
stays(struct sim *s)
{
	static const char *const policies[] = { "direct", "hybrid" };
	struct flows fl;
	struct lab l;
	unsigned i;

	lab_make(&l, s, CPUS, 1);
	lab_ping(&l, 1);
	host_tune(l.l_r, "net.inet.rss.udp_4tuple", 1);
	policy(s, l.l_r, policies[sim_below(s, 2)]);
	flows_run(&l, &fl, l.l_a4, l.l_b4);
	flows_run(&l, &fl, l.l_a6, l.l_b6);
	for (i = 0; i < CPUS; i++)
		SIM_EQ(s, SUM(l.l_r, i, ni_queued), 0);
	SIM_CHECK(s, SUM(l.l_r, 0, ni_dispatched) >= 2 * FLOWS * PACKETS);
}

/* The policy changes under traffic: that may reorder, but loses nothing. */
static void
changes(struct sim *s)
{
	static const char *const policies[] = { "direct", "deferred" };
	struct lab l;
	unsigned i;

	lab_make(&l, s, CPUS, 1);
	for (i = 0; i < 20; i++) {
		policy(s, l.l_r, policies[i % 2]);
		lab_ping(&l, 5);
	}
}

int
main(int argc, char **argv)
{
	static const struct scenario scenarios[] = {
		{ "deferred", deferred, 50 },
		{ "stays", stays, 20 },
		{ "changes", changes, 20 },
		{ NULL, NULL, 0 },
	};

	return sim_main(argc, argv, scenarios);
}
