/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Ten times what a CPU can do, all of it through one queue: no work is done in
 * vain, and what is not packets of that queue has its turn in every round.
 *
 *	flood -- left -- r (2 CPUs) -- right
 *	calm: pings r by an interface of its own, whose queue the same CPU has
 *
 * Work takes time here (host_cost()), and the queue of the left interface is
 * as short as a NIC's.  The flood follows what was taken from that queue, so
 * that it is always ten times the capacity.
 */
#include <string.h>

#include "cpu/wheel.h"
#include "if/if.h"
#include "lab.h"
#include "mbuf/mbuf.h"
#include "netisr/move.h"
#include "netisr/netisr.h"
#include "path.h"

#define COST	NS_US /* of a packet in a stage: about 100,000 packets/s */
#define RING	256 /* of the NIC */
#define TIMES	10 /* the capacity */
#define PERIOD	NS_MS /* of the flood, of timers, of pings */
#define PROBES	25 /* messages, timers and pings that must get through */

/* What happens on one CPU beside packets. */
struct probe {
	struct sim *pb_sim;
	struct cpu *pb_cpu;
	struct timer pb_timer;
	uint64_t pb_due; /* of the timer, in whole ticks */
	uint64_t pb_now; /* clock of this round */
	uint64_t pb_last; /* and of the one before */
	unsigned pb_rounds;
	unsigned pb_fired;
	unsigned pb_answers; /* messages back at ctl */
	bool pb_stop;
};

struct probe_msg {
	struct msg pm_msg;
	struct probe *pm_probe;
};

struct flood {
	struct lab fo_lab;
	struct frame fo_frame;
	unsigned fo_proto; /* of what r sends for it */
	uint64_t fo_out; /* such packets, sent by r */
	uint64_t fo_sent;
	uint64_t fo_taken; /* by r, as of the last period */
	bool fo_stop;
	struct wire *fo_calm;
	struct peer *fo_peer;
	struct probe fo_probe[2];
};

static void
probe_set(struct probe *pb, struct cpu *c)
{
	pb->pb_due = ((c->c_now + PERIOD) >> WHEEL_TICK_SHIFT)
	    << WHEEL_TICK_SHIFT;
	timer_set(&c->c_wheel, &pb->pb_timer, pb->pb_due);
}

/*
 * A timer fires in the first round that begins when it is due: the round
 * before began earlier than that.
 */
static void
probe_fired(struct timer *t, void *ctx)
{
	struct probe *pb = container_of(t, struct probe, pb_timer);
	struct cpu *c = ctx;

	SIM_CHECK(pb->pb_sim, c == pb->pb_cpu && c->c_now >= pb->pb_due);
	SIM_CHECK(pb->pb_sim, pb->pb_last < pb->pb_due);
	pb->pb_fired++;
	probe_set(pb, c);
}

/* Comes to itself in every round, and so every round's clock is known. */
static void
probe_round(struct endpoint *ep, struct msg *msg)
{
	struct probe_msg *pm = container_of(msg, struct probe_msg, pm_msg);
	struct probe *pb = pm->pm_probe;
	struct cpu *c = endpoint_cpu(ep);

	if (pb->pb_stop) {
		timer_cancel(&c->c_wheel, &pb->pb_timer);
		msg_done(ep, msg);
		return;
	}
	pb->pb_last = pb->pb_now;
	pb->pb_now = c->c_now;
	if (pb->pb_rounds++ == 1)
		probe_set(pb, c);
	msg_send(ep, c->c_id, msg);
}

/* From ctl to the CPU, back, and again. */
static void
probe_message(struct endpoint *ep, struct msg *msg)
{
	struct probe_msg *pm = container_of(msg, struct probe_msg, pm_msg);
	unsigned cpu = pm->pm_probe->pb_cpu->c_id;
	bool ctl = ep->ep_id == sp_ctl_id(ep->ep_sp);

	if (ctl && pm->pm_probe->pb_stop) {
		msg_done(ep, msg);
		return;
	}
	pm->pm_probe->pb_answers += ctl;
	msg_send(ep, ctl ? cpu : sp_ctl_id(ep->ep_sp), msg);
}

static void
probe_send(struct ctl *ctl, struct probe *pb,
    void (*fn)(struct endpoint *, struct msg *))
{
	struct probe_msg *pm = msg_alloc(&ctl->ctl_ep, sizeof(*pm));

	SIM_CHECK(pb->pb_sim, pm != NULL);
	pm->pm_probe = pb;
	pm->pm_msg.msg_fn = fn;
	msg_send(&ctl->ctl_ep, pb->pb_cpu->c_id, &pm->pm_msg);
}

static void
probe_begin(struct ctl *ctl, void *arg)
{
	struct probe *pb = arg;

	timer_init(&pb->pb_timer, probe_fired);
	probe_send(ctl, pb, probe_round);
	probe_send(ctl, pb, probe_message);
}

static void
flood_period(void *arg)
{
	struct flood *fo = arg;
	uint64_t n, in = wire_in(fo->fo_lab.l_left);

	if (fo->fo_stop)
		return;
	n = RING + TIMES * (in - fo->fo_taken);
	fo->fo_taken = in;
	fo->fo_sent += n;
	while (n-- > 0)
		wire_inject(fo->fo_lab.l_left, &fo->fo_frame);
	sim_after(fo->fo_lab.l_sim, PERIOD, flood_period, fo);
}

static void
flood_make(struct flood *fo, struct sim *s)
{
	struct lab *l = &fo->fo_lab;
	unsigned i;

	memset(fo, 0, sizeof(*fo));
	lab_make(l, s, 2, 1);
	fo->fo_calm = sim_wire(s, l->l_r, "calm", 1);
	host_addr(l->l_r, "calm", "10.0.3.1/24");
	fo->fo_peer = wire_peer(fo->fo_calm, "10.0.3.2/24", NULL);
	lab_ping(l, 1);
	host_cost(l->l_r, COST);
	wire_limit(l->l_left, RING);
	for (i = 0; i < 2; i++) {
		fo->fo_probe[i].pb_sim = s;
		fo->fo_probe[i].pb_cpu = host_spate(l->l_r)->sp_cpu[i];
	}
}

/*
 * Flood until everything has been seen to go on, on that many CPUs.  Returns
 * how many frames were taken in.
 */
static uint64_t
flood_run(struct flood *fo, unsigned cpus)
{
	struct lab *l = &fo->fo_lab;
	uint64_t in = wire_in(l->l_left);
	struct ping *pg;
	unsigned i;

	fo->fo_taken = in;
	flood_period(fo);
	for (i = 0; i < cpus; i++)
		host_ctl(l->l_r, probe_begin, &fo->fo_probe[i]);
	pg = peer_ping(fo->fo_peer, "10.0.3.1", PROBES, PERIOD, 56);
	SIM_UNTIL(l->l_sim, ping_ended(pg), 10 * NS_S);
	SIM_EQ(l->l_sim, pg->pg_got, PROBES);
	for (i = 0; i < cpus; i++) {
		struct probe *pb = &fo->fo_probe[i];

		SIM_UNTIL(l->l_sim, pb->pb_fired >= PROBES &&
		    pb->pb_answers >= PROBES, 10 * NS_S);
		pb->pb_stop = true;
	}
	fo->fo_stop = true;
	sim_rest(l->l_sim);
	in = wire_in(l->l_left) - in;
	SIM_CHECK(l->l_sim, fo->fo_sent >= TIMES * (in - RING));
	sim_note(l->l_sim, "of %llu frames sent %llu were taken in",
	    (unsigned long long)fo->fo_sent, (unsigned long long)in);
	return in;
}

static uint64_t
dropped(const struct flood *fo, unsigned cpu)
{
	return host_stat_cpu(fo->fo_lab.l_r, cpu, SG_PATH, pks_dropped);
}

/* Counts what the flood makes r send. */
static void
out_watch(void *arg, const struct frame_info *fi, const uint8_t *p, size_t n)
{
	struct flood *fo = arg;

	(void)p;
	(void)n;
	fo->fo_out += fi->fi_proto == fo->fo_proto;
}

/* All that was taken in was worth it: the NIC dropped the rest for free. */
static void
one_cpu(struct flood *fo, struct wire *out)
{
	struct lab *l = &fo->fo_lab;
	uint64_t in;

	wire_watch(out, out_watch, fo);
	in = flood_run(fo, 1);
	SIM_EQ(l->l_sim, dropped(fo, 0) + dropped(fo, 1), 0);
	SIM_CHECK(l->l_sim, fo->fo_out * 100 >= in * 99); /* ARP, ND */
}

static void
forwarding(struct sim *s)
{
	struct frame_spec fs;
	struct flood fo;

	flood_make(&fo, s);
	SIM_CHECK(s, peer_spec(fo.fo_lab.l_a4, &fo.fo_lab.l_b4->pr_addr, &fs));
	frame_udp(&fo.fo_frame, &fs, 1024, 9, "flood", 5);
	fo.fo_proto = FP_UDP;
	one_cpu(&fo, fo.fo_lab.l_right);
}

/* Echo requests to r itself. */
static void
echo(struct sim *s)
{
	struct frame_spec fs;
	struct flood fo;
	struct addr r = addr_v4(0x0a000101);

	flood_make(&fo, s);
	host_tune(fo.fo_lab.l_r, "net.punt.icmp", 0);
	SIM_CHECK(s, peer_spec(fo.fo_lab.l_a4, &r, &fs));
	frame_echo(&fo.fo_frame, &fs, false, 0xffff, 0, 8);
	fo.fo_proto = FP_ICMP;
	one_cpu(&fo, fo.fo_lab.l_left);
}

struct setup {
	struct sim *su_sim;
	bool su_done;
};

static void
setup_done(struct ctl *ctl, int error, void *arg)
{
	struct setup *su = arg;

	(void)ctl;
	SIM_EQ(su->su_sim, error, 0);
	su->su_done = true;
}

/* CPU 1 owns all flows, and the queue of the calm interface. */
static void
setup_run(struct ctl *ctl, void *arg)
{
	struct setup *su = arg;
	uint16_t cpu[RSS_MAXBUCKETS];
	char err[160];
	unsigned i;

	role_enter(&on_ctl);
	for (i = 0; i < RSS_MAXBUCKETS; i++)
		cpu[i] = 1;
	SIM_EQ(su->su_sim, move_buckets(ctl, cpu, setup_done, su), 0);
	SIM_EQ(su->su_sim, if_queue_move(ctl, if_find(ctl, "calm"), 0, 1, err,
	    sizeof(err)), 0);
}

/*
 * CPU 0 hands everything to CPU 1, much more than that can do.  What is too
 * much is dropped by CPU 0, before CPU 1 has spent anything on it.
 */
static void
handed(struct sim *s)
{
	struct setup su = { .su_sim = s };
	struct frame_spec fs;
	struct flood fo;
	struct host *r;
	uint64_t full;

	flood_make(&fo, s);
	r = fo.fo_lab.l_r;
	host_sysctl(r, "net.isr.dispatch", "deferred");
	host_tune(r, "net.isr.ip.qlimit", 256); /* half of CPU 0's buffers */
	host_ctl(r, setup_run, &su);
	SIM_UNTIL(s, su.su_done, NS_S);
	SIM_CHECK(s, peer_spec(fo.fo_lab.l_a4, &fo.fo_lab.l_b4->pr_addr, &fs));
	frame_udp(&fo.fo_frame, &fs, 1024, 9, "flood", 5);
	fo.fo_proto = FP_UDP;
	wire_watch(fo.fo_lab.l_right, out_watch, &fo);
	flood_run(&fo, 2);
	full = host_stat_cpu(r, 0, SG_PATH, pks_handfull) +
	    host_stat_cpu(r, 0, SG_NETISR, nis_qlimit);
	SIM_CHECK(s, full > 0);
	SIM_EQ(s, dropped(&fo, 0), full);
	SIM_EQ(s, dropped(&fo, 1), 0);
}

int
main(int argc, char **argv)
{
	static const struct scenario scenarios[] = {
		{ "forwarding", forwarding, 10 },
		{ "echo", echo, 10 },
		{ "handed", handed, 10 },
		{ NULL, NULL, 0 },
	};

	return sim_main(argc, argv, scenarios);
}
