/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The balancer, with CPUs that packets keep busy.  The router is "deferred";
 * flows are chosen by the CPU that owns them at the start.
 *
 *	test -- left -- r -- right -- test
 */
#include "netisr/balancer.h"
#include "netisr/move.h"
#include "netisr/netisr.h"
#include "sim/sim.h"

#define FLOWS 64
#define SPORT 5000
#define STAGE_NS (4 * NS_US) /* a packet in a stage: about 40 us in all */
#define TICK (2 * NS_MS)
#define INTERVAL (50 * NS_MS)

struct traffic {
	struct sim *t_sim;
	struct host *t_r;
	struct wire *t_left;
	struct frame_spec t_spec;
	uint8_t t_flow[FLOWS]; /* last byte of its source */
	unsigned t_nflows;
	uint32_t t_sent[256];
	uint32_t t_next[256];
	uint64_t t_packets; /* sent */
	uint64_t t_got;
};

/* In order of its flow, always. */
static void
arrived(void *arg, const struct frame_info *fi, const uint8_t *p, size_t n)
{
	struct traffic *t = arg;
	unsigned flow;

	(void)p;
	(void)n;
	if (fi->fi_type != FT_IP4 || fi->fi_proto != FP_UDP)
		return;
	flow = fi->fi_src.a_v4 & 0xff;
	SIM_EQ(t->t_sim, ld32be(fi->fi_l4 + 8), t->t_next[flow]);
	t->t_next[flow]++;
	t->t_got++;
}

static void
setup(struct traffic *t, struct sim *s, unsigned ncpus, unsigned queues)
{
	struct peer *from, *to;
	struct wire *right;
	struct ping *pg;

	*t = (struct traffic){ .t_sim = s };
	t->t_r = sim_host(s, "r", ncpus);
	t->t_left = sim_wire(s, t->t_r, "left", queues);
	right = sim_wire(s, t->t_r, "right", 0);
	host_addr(t->t_r, "left", "10.0.1.1/24");
	host_addr(t->t_r, "right", "10.0.2.1/24");
	host_sysctl(t->t_r, "net.isr.dispatch", "deferred");
	host_tune(t->t_r, "net.inet.rss.balance_interval", 50);
	from = wire_peer(t->t_left, "10.0.1.200/24", "10.0.1.1");
	to = wire_peer(right, "10.0.2.2/24", "10.0.2.1");
	pg = peer_ping(from, to->pr_text, 1, NS_S, 56);
	SIM_UNTIL(s, ping_done(pg), 4 * NS_S);
	SIM_CHECK(s, peer_spec(from, &to->pr_addr, &t->t_spec));
	wire_watch(right, arrived, t);
	host_cost(t->t_r, STAGE_NS);
}

static unsigned
flow_bucket(const struct traffic *t, unsigned last)
{
	const struct spate *sp = host_spate(t->t_r);
	struct rss_tuple rt = { .rt_type = RSS_IP4 };

	rt.rt_src.i6_lo = (t->t_spec.fs_src.a_v4 & ~0xffu) | last;
	rt.rt_dst.i6_lo = t->t_spec.fs_dst.a_v4;
	return rss_bucket(sp, rss_tuple_hash(sp, &rt));
}

/* So many more flows whose owner is this CPU. */
static void
add_flows(struct traffic *t, unsigned cpu, unsigned n)
{
	const struct spate *sp = host_spate(t->t_r);
	unsigned last;

	for (last = 2; n > 0 && last < 200; last++)
		if (rss_cpu(sp, flow_bucket(t, last)) == cpu) {
			t->t_flow[t->t_nflows++] = (uint8_t)last;
			n--;
		}
	SIM_EQ(t->t_sim, n, 0);
}

static void
send_one(struct traffic *t, unsigned flow)
{
	struct frame_spec fs = t->t_spec;
	uint8_t data[8] = { 0 };
	struct frame f;

	fs.fs_src = addr_v4((fs.fs_src.a_v4 & ~0xffu) | flow);
	st32be(data, t->t_sent[flow]++);
	frame_udp(&f, &fs, SPORT, SPORT, data, sizeof(data));
	wire_inject(t->t_left, &f);
	t->t_packets++;
}

/* Intervals with n packets a tick, of any flow, or all of the first. */
static void
run(struct traffic *t, unsigned intervals, unsigned n, unsigned elephant)
{
	uint64_t k, ticks = intervals * INTERVAL / TICK;
	unsigned i;

	for (k = 0; k < ticks; k++) {
		for (i = 0; i < elephant; i++)
			send_one(t, t->t_flow[0]);
		for (i = 0; i < n; i++)
			send_one(t,
			    t->t_flow[sim_below(t->t_sim, t->t_nflows)]);
		sim_pass(t->t_sim, TICK);
	}
}

static void
ended(struct traffic *t)
{
	SIM_UNTIL(t->t_sim, t->t_got == t->t_packets, NS_S);
}

static void
look(struct ctl *ctl, void *arg)
{
	balancer_info(ctl, arg);
}

static struct balancer_info
info(struct traffic *t)
{
	struct balancer_info bi;

	host_ctl(t->t_r, look, &bi);
	return bi;
}

static uint64_t
busy(const struct traffic *t, unsigned cpu)
{
	return host_stat_cpu(t->t_r, cpu, SG_CPU, cps_busy_ns);
}

/*
 * All flows on the last CPU, which has too much to do; the balancer spreads
 * them, nothing overtakes, and then it stands still.
 */
static void
skewed(struct sim *s)
{
	unsigned ncpus = 2 + (unsigned)sim_below(s, 3), i;
	uint64_t most = 0, least = UINT64_MAX, was[4];
	struct balancer_info bi;
	struct traffic t;

	setup(&t, s, ncpus, 1);
	add_flows(&t, ncpus - 1, 40);
	host_tune(t.t_r, "net.inet.rss.balance", 1);
	sim_pass(s, NS_S); /* it looks once a second until it is on */
	run(&t, 25, 40, 0);
	ended(&t);
	bi = info(&t);
	SIM_CHECK(s, bi.bi_on && bi.bi_buckets > 0);
	for (i = 0; i < ncpus; i++)
		was[i] = busy(&t, i);
	run(&t, 10, 40, 0);
	ended(&t);
	for (i = 0; i < ncpus; i++) {
		uint64_t percent = (busy(&t, i) - was[i]) / (INTERVAL / 10);

		most = u64max(most, percent);
		least = u64min(least, percent);
	}
	sim_note(s, "%u CPUs: %u buckets moved; %u to %u %% busy", ncpus,
	    (unsigned)bi.bi_buckets, (unsigned)least, (unsigned)most);
	SIM_CHECK(s, most - least <= 25 || most <= 32);
	SIM_CHECK(s, info(&t).bi_buckets - bi.bi_buckets <= 8);
}

/* As many for each: nothing moves. */
static void
even(struct sim *s)
{
	struct traffic t;
	unsigned i;

	setup(&t, s, 3, 0);
	for (i = 0; i < 3; i++)
		add_flows(&t, i, 12);
	host_tune(t.t_r, "net.inet.rss.balance", 1);
	sim_pass(s, NS_S);
	run(&t, 20, 80, 0);
	ended(&t);
	SIM_EQ(s, info(&t).bi_buckets, 0);
	SIM_CHECK(s, info(&t).bi_looks >= 15);
	for (i = 0; i < 3; i++)
		SIM_CHECK(s, busy(&t, i) > 30 * NS_MS * 10);
}

/* One flow is nearly all there is: it stays where it is. */
static void
elephant(struct sim *s)
{
	struct traffic t;
	unsigned b, owner;

	setup(&t, s, 2, 1);
	add_flows(&t, 1, 6);
	b = flow_bucket(&t, t.t_flow[0]);
	owner = rss_cpu(host_spate(t.t_r), b);
	host_tune(t.t_r, "net.inet.rss.balance", 1);
	host_tune(t.t_r, "net.inet.rss.balance_rest", 1);
	sim_pass(s, NS_S);
	run(&t, 30, 2, 50);
	ended(&t);
	SIM_EQ(s, rss_cpu(host_spate(t.t_r), b), owner);
	SIM_CHECK(s, info(&t).bi_buckets <= 5);
}

/* Off, it does nothing at all. */
static void
off(struct sim *s)
{
	struct traffic t;

	setup(&t, s, 2, 1);
	add_flows(&t, 1, 20);
	sim_pass(s, NS_S);
	run(&t, 10, 40, 0);
	ended(&t);
	SIM_EQ(s, info(&t).bi_looks, 0);
	SIM_EQ(s, host_stat(t.t_r, SG_NETISR, nis_moved), 0);
}

int
main(int argc, char **argv)
{
	static const struct scenario scenarios[] = {
		{ "skewed", skewed, 10 },
		{ "even", even, 5 },
		{ "elephant", elephant, 5 },
		{ "off", off, 5 },
		{ NULL, NULL, 0 },
	};

	return sim_main(argc, argv, scenarios);
}
