/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Steering: UDP flows with numbered packets through a router whose interfaces
 * have one receive queue.
 *
 *	a -- left -- r (4 CPUs) -- right -- b
 */
#include <string.h>

#include "base/bytes.h"
#include "if/if.h"
#include "ip/ip_stat.h"
#include "ip6/ip6_stat.h"
#include "lab.h"
#include "netisr/netisr.h"
#include "netisr/trust.h"

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

static void
flows_begin(struct lab *l, struct flows *fl, struct peer *from,
    struct peer *to, struct frame_spec *fs)
{
	memset(fl, 0, sizeof(*fl));
	fl->fl_sim = l->l_sim;
	wire_watch(l->l_right, flows_watch, fl);
	SIM_CHECK(l->l_sim, peer_spec(from, &to->pr_addr, fs));
}

/* The k-th packet of each flow. */
static void
flows_burst(struct lab *l, const struct frame_spec *fs, unsigned k)
{
	uint8_t data[18] = { 0 };
	struct frame f;
	unsigned i;

	st32be(data, k);
	for (i = 0; i < FLOWS; i++) {
		frame_udp(&f, fs, (uint16_t)(1024 + i), 9, data, sizeof(data));
		wire_inject(l->l_left, &f);
	}
}

static void
flows_end(struct lab *l, struct flows *fl)
{
	SIM_UNTIL(l->l_sim, fl->fl_got == FLOWS * PACKETS, NS_S);
	sim_rest(l->l_sim);
}

/* Numbered packets of all flows, some a time. */
static void
flows_run(struct lab *l, struct flows *fl, struct peer *from, struct peer *to)
{
	struct frame_spec fs;
	unsigned k;

	flows_begin(l, fl, from, to, &fs);
	for (k = 0; k < PACKETS; k++) {
		flows_burst(l, &fs, k);
		if (sim_below(l->l_sim, 2) == 0)
			sim_pass(l->l_sim, 100 * NS_US);
	}
	flows_end(l, fl);
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

#define MANY 16

/*
 * Sixteen CPUs behind one queue or a queue each, by any policy: all flows
 * arrive whole and in order, whoever forwards them.
 */
static void
sixteen(struct sim *s)
{
	unsigned i, queues = sim_below(s, 2) == 0 ? 1 : MANY, used = 0;
	unsigned p = (unsigned)sim_below(s, 3);
	uint64_t handed = 0;
	struct flows fl;
	struct lab l;

	lab_make(&l, s, MANY, queues);
	lab_ping(&l, 1);
	host_tune(l.l_r, "net.inet.rss.udp_4tuple", 1);
	policy(s, l.l_r, netisr_policies[p]);
	flows_run(&l, &fl, l.l_a4, l.l_b4);
	flows_run(&l, &fl, l.l_a6, l.l_b6);
	for (i = 0; i < MANY; i++) {
		bool works = host_stat_cpu(l.l_r, i, SG_IP, ips_forward) +
			host_stat_cpu(l.l_r, i, SG_IP6, i6s_forward) > 0;

		used += works;
		handed += SUM(l.l_r, i, ni_queued);
	}
	/* A wire's queues go by addresses only, owners by ports, too. */
	SIM_EQ(s, handed > 0, p == NETISR_DEFERRED);
	SIM_EQ(s, used == 1, p != NETISR_DEFERRED && queues == 1);
	if (p == NETISR_DEFERRED) /* few of 128 flows miss a CPU */
		SIM_CHECK(s, used >= MANY - 2);
}

struct queue_move {
	const char *qm_ifname;
	unsigned qm_queue;
	unsigned qm_cpu;
	int qm_error;
};

static void
queue_move(struct ctl *ctl, void *arg)
{
	struct queue_move *qm = arg;
	struct ifnet *ifp = if_find(ctl, qm->qm_ifname);
	char err[160];

	role_enter(&on_ctl);
	qm->qm_error = if_queue_move(ctl, ifp, qm->qm_queue, qm->qm_cpu, err,
	    sizeof(err));
}

/* The only queue goes round under traffic; nothing is lost or overtakes. */
static void
queues_move(struct sim *s)
{
	static const char *const policies[] = { "direct", "deferred" };
	struct queue_move qm = { .qm_ifname = "left" };
	struct flows fl;
	struct frame_spec fs;
	struct lab l;
	unsigned i, moved = 0;

	lab_make(&l, s, CPUS, 1);
	lab_ping(&l, 1);
	host_tune(l.l_r, "net.inet.rss.udp_4tuple", 1);
	policy(s, l.l_r, policies[sim_below(s, 2)]);
	flows_begin(&l, &fl, l.l_a4, l.l_b4, &fs);
	for (i = 0; i < PACKETS; i++) {
		flows_burst(&l, &fs, i);
		qm.qm_cpu = (unsigned)sim_below(s, CPUS);
		host_ctl(l.l_r, queue_move, &qm);
		moved += qm.qm_error == 0;
		if (sim_below(s, 2) == 0)
			sim_pass(s, 100 * NS_US);
	}
	flows_end(&l, &fl);
	SIM_CHECK(s, moved > 0);
}

/* The interface goes while its queue is on the way. */
static void
queue_and_interface_go(struct sim *s)
{
	struct queue_move qm = { .qm_ifname = "left" };
	struct lab l;
	unsigned i;

	lab_make(&l, s, CPUS, 1);
	for (i = 0; i < 5; i++) {
		lab_ping(&l, 1);
		qm.qm_cpu = (unsigned)sim_below(s, CPUS);
		host_ctl(l.l_r, queue_move, &qm);
		SIM_EQ(s, qm.qm_error, 0);
		host_detach(l.l_r, "left");
		wire_reattach(l.l_left);
		host_addr(l.l_r, "left", "10.0.1.1/24");
		host_addr(l.l_r, "left", "fd00:1::1/64");
	}
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

/* The router behind a NIC of several queues, whose hash may be wrong. */
struct nics {
	struct sim *n_sim;
	struct host *n_r;
	struct peer *n_from, *n_to;
	struct peer *n_from6, *n_to6;
	struct lab n_lab; /* its wires */
};

static void
nics_make(struct nics *n, struct sim *s, const struct pair_side *nic)
{
	struct host *a = sim_host(s, "a", 1);

	memset(n, 0, sizeof(*n));
	n->n_sim = n->n_lab.l_sim = s;
	n->n_r = n->n_lab.l_r = sim_host(s, "r", CPUS);
	host_tune(n->n_r, "net.inet.rss.udp_4tuple", 1);
	n->n_lab.l_left = sim_wire(s, a, "left", 1);
	n->n_lab.l_right = sim_wire(s, n->n_r, "right", 1);
	sim_link_nic(s, a, "ar", n->n_r, "ra", CPUS, NULL, nic);
	host_addr(a, "left", "10.0.1.1/24");
	host_addr(a, "left", "fd00:1::1/64");
	host_addr(a, "ar", "10.0.0.1/24");
	host_addr(a, "ar", "fd00::1/64");
	host_addr(n->n_r, "ra", "10.0.0.2/24");
	host_addr(n->n_r, "ra", "fd00::2/64");
	host_addr(n->n_r, "right", "10.0.2.1/24");
	host_addr(n->n_r, "right", "fd00:2::1/64");
	host_route(a, "10.0.2.0/24", "10.0.0.2");
	host_route(a, "fd00:2::/64", "fd00::2");
	host_route(n->n_r, "10.0.1.0/24", "10.0.0.1");
	host_route(n->n_r, "fd00:1::/64", "fd00::1");
	n->n_from = wire_peer(n->n_lab.l_left, "10.0.1.2/24", "10.0.1.1");
	n->n_from6 = wire_peer(n->n_lab.l_left, "fd00:1::2/64", "fd00:1::1");
	n->n_to = wire_peer(n->n_lab.l_right, "10.0.2.2/24", "10.0.2.1");
	n->n_to6 = wire_peer(n->n_lab.l_right, "fd00:2::2/64", "fd00:2::1");
}

static void
nics_ping(struct nics *n)
{
	struct ping *p4 = peer_ping(n->n_from, n->n_to->pr_text, 1, NS_S, 8);
	struct ping *p6 = peer_ping(n->n_from6, n->n_to6->pr_text, 1, NS_S, 8);

	SIM_UNTIL(n->n_sim, ping_done(p4) && ping_done(p6), 4 * NS_S);
	sim_rest(n->n_sim);
}

/* Packets that each CPU owns of flows_run(), by our own hash. */
static void
nics_expect(struct nics *n, const struct peer *from, const struct peer *to,
    uint64_t want[static CPUS])
{
	const struct spate *sp = host_spate(n->n_r);
	struct rss_tuple rt = { .rt_type = RSS_UDP4 };
	unsigned i;

	if (from->pr_addr.a_family == ADDR_V6) {
		rt.rt_type = RSS_UDP6;
		rt.rt_src = from->pr_addr.a_v6;
		rt.rt_dst = to->pr_addr.a_v6;
	} else {
		rt.rt_src.i6_lo = from->pr_addr.a_v4;
		rt.rt_dst.i6_lo = to->pr_addr.a_v4;
	}
	for (i = 0; i < FLOWS; i++) {
		rt.rt_ports = (1024 + i) << 16 | 9;
		want[rss_cpu(sp, rss_bucket(sp, rss_tuple_hash(sp, &rt)))] +=
		    PACKETS;
	}
}

static void
nics_forwarded(struct nics *n, uint64_t got[static CPUS])
{
	unsigned i;

	for (i = 0; i < CPUS; i++)
		got[i] = host_stat_cpu(n->n_r, i, SG_IP, ips_forward) +
		    host_stat_cpu(n->n_r, i, SG_IP6, i6s_forward);
}

struct found {
	const char *f_ifname;
	struct trust_info f_tr;
};

static void
nics_found(struct ctl *ctl, void *arg)
{
	struct found *f = arg;

	role_enter(&on_ctl);
	trust_info(ctl->ctl_sp, if_find(ctl, f->f_ifname), &f->f_tr);
}

/* All forwarded, in order, each by its owner; and what was found. */
static void
nics_check(struct sim *s, const struct pair_side *nic, enum rss_verdict verdict,
    enum rss_choice choice)
{
	uint64_t want[CPUS], got[CPUS];
	struct found f = { .f_ifname = "ra" };
	struct flows fl;
	struct nics n;
	unsigned i;

	nics_make(&n, s, nic);
	nics_ping(&n);
	policy(s, n.n_r, "deferred");
	nics_forwarded(&n, want);
	flows_run(&n.n_lab, &fl, n.n_from, n.n_to);
	flows_run(&n.n_lab, &fl, n.n_from6, n.n_to6);
	nics_expect(&n, n.n_from, n.n_to, want);
	nics_expect(&n, n.n_from6, n.n_to6, want);
	nics_forwarded(&n, got);
	for (i = 0; i < CPUS; i++)
		SIM_EQ(s, got[i], want[i]);
	host_ctl(n.n_r, nics_found, &f);
	SIM_EQ(s, f.f_tr.tr_verdict, verdict);
	SIM_EQ(s, f.f_tr.tr_choice, choice);
	SIM_EQ(s, f.f_tr.tr_used, verdict == RSSV_RIGHT);
	SIM_CHECK(s, f.f_tr.tr_checked > 100);
	SIM_EQ(s, f.f_tr.tr_wrong == 0, verdict == RSSV_RIGHT);
	/* What arrives with its owner needs no hand-over. */
	SIM_EQ(s, host_stat(n.n_r, SG_NETISR, nis_handed) == 0,
	    choice == RSSC_PREDICTED);
}

static void
nic_honest(struct sim *s)
{
	nics_check(s, NULL, RSSV_RIGHT, RSSC_PREDICTED);
}

static void
nic_16bit(struct sim *s)
{
	struct pair_side nic = { .ps_hash16 = true };

	/* The table takes its index from the lowest bits. */
	nics_check(s, &nic, RSSV_16BIT, RSSC_PREDICTED);
}

static void
nic_reversed(struct sim *s)
{
	struct pair_side nic = { .ps_reversed = true };

	nics_check(s, &nic, RSSV_REVERSED, RSSC_OWN);
}

static void
nic_symmetric(struct sim *s)
{
	struct pair_side nic = { .ps_key = toeplitz_key_symmetric };

	nics_check(s, &nic, RSSV_SYMMETRIC, RSSC_OWN);
}

static void
nic_other_key(struct sim *s)
{
	uint8_t key[TOEPLITZ_KEYLEN];
	struct pair_side nic = { .ps_key = key };
	unsigned i;

	for (i = 0; i < sizeof(key); i++)
		key[i] = (uint8_t)sim_below(s, 256);
	nics_check(s, &nic, RSSV_KEY, RSSC_OWN);
}

int
main(int argc, char **argv)
{
	static const struct scenario scenarios[] = {
		{ "deferred", deferred, 50 },
		{ "sixteen", sixteen, 10 },
		{ "stays", stays, 20 },
		{ "changes", changes, 20 },
		{ "queues-move", queues_move, 50 },
		{ "queue-and-interface-go", queue_and_interface_go, 50 },
		{ "nic-honest", nic_honest, 20 },
		{ "nic-16bit", nic_16bit, 20 },
		{ "nic-reversed", nic_reversed, 20 },
		{ "nic-symmetric", nic_symmetric, 20 },
		{ "nic-other-key", nic_other_key, 20 },
		{ NULL, NULL, 0 },
	};

	return sim_main(argc, argv, scenarios);
}
