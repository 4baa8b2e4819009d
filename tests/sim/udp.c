/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * End points of UDP: buckets move while datagrams come to bound and connected
 * ones; ports are bound, connected and closed all the time.
 *
 *	test -- left -- h, 2 to 4 CPUs, end points
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "ip/ip_stat.h"
#include "netisr/move.h"
#include "netisr/netisr.h"
#include "sim/sim.h"
#include "udp/udp.h"

#define FLOWS 48
#define FIRST 16 /* host number of flow 0's source */
#define CONNECTED 24 /* of the flows */
#define MOVES 8
#define PORT 700
#define SPORT 5000 /* of flow 0 */
#define ENDS 12
#define PORTS 6
#define ROUNDS 12
#define NO_CPU 255u

enum state { CLOSED, BUSY, BOUND, JOINED };

struct lab;

struct end {
	struct udpcb e_pcb;
	struct in_here e_here[CPU_MAX];
	struct lab *e_lab;
	enum state e_state; /* as the answers say */
	enum state e_wants;
	unsigned e_flow; /* connected to this one */
	unsigned e_port;
	unsigned e_cpu; /* it is with; NO_CPU: on its way, or bound */
	unsigned e_got;
};

struct lab {
	struct sim *l_sim;
	struct host *l_h;
	struct wire *l_left;
	struct frame_spec l_spec;
	uint32_t l_sent[FLOWS];
	uint32_t l_next[FLOWS]; /* the number expected next */
	uint64_t l_got;
	unsigned l_moves; /* that are not done */
	unsigned l_busy; /* operations */
	unsigned l_told; /* times one left or arrived */
	unsigned l_inuse; /* binds that were refused */
	struct end l_end[CONNECTED + 1];
};

static uint32_t
flow_addr(const struct lab *l, unsigned flow)
{
	return (l->l_spec.fs_src.a_v4 & ~0xffu) | (FIRST + flow);
}

static void
got_one(struct cpu *c, struct end *e, const struct mbuf *m)
{
	struct lab *l = e->e_lab;
	unsigned flow = (udp_source(m).a_v4 & 0xff) - FIRST;
	uint32_t seq = ld32be(m->m_data);

	e->e_got++;
	if (e->e_state == CLOSED)
		SIM_FAIL(l->l_sim, "port %u is closed, and a datagram came",
		    e->e_port);
	if (e->e_cpu != NO_CPU && e->e_cpu != c->c_id)
		SIM_FAIL(l->l_sim, "flow %u is with CPU %u and came to %u",
		    flow, e->e_cpu, c->c_id);
	if (flow >= FLOWS || seq != l->l_next[flow])
		SIM_FAIL(l->l_sim, "flow %u: %u came, %u was next", flow, seq,
		    l->l_next[flow]);
	l->l_next[flow]++;
	l->l_got++;
}

static void
input(struct cpu *c, struct udpcb *ucb, void **here, struct mbuf **mm,
    unsigned n)
{
	struct end *e = container_of(ucb, struct end, e_pcb);
	unsigned i;

	role_enter(&on_cpu);
	(void)here;
	for (i = 0; i < n; i++) {
		got_one(c, e, mm[i]);
		udp_consume(c, mm[i]);
	}
}

static void
leave(struct cpu *c, struct udpcb *ucb)
{
	struct end *e = container_of(ucb, struct end, e_pcb);

	if (e->e_cpu != NO_CPU)
		SIM_EQ(e->e_lab->l_sim, e->e_cpu, c->c_id);
	e->e_cpu = c->c_sp->sp_ncpus; /* nobody's */
	e->e_lab->l_told++;
}

static void
arrive(struct cpu *c, struct udpcb *ucb)
{
	struct end *e = container_of(ucb, struct end, e_pcb);

	e->e_cpu = c->c_id;
	e->e_lab->l_told++;
}

static const struct udp_ops ops = {
	.uo_name = "test",
	.uo_input = input,
	.uo_leave = leave,
	.uo_arrive = arrive,
};

static void
answered(struct endpoint *ep, const struct udp_op *op)
{
	struct end *e = op->uop_arg;
	struct lab *l = e->e_lab;

	(void)ep;
	l->l_busy--;
	if (op->uop_error == EADDRINUSE)
		l->l_inuse++;
	else
		SIM_EQ(l->l_sim, op->uop_error, 0);
	e->e_state = op->uop_error == 0 ? e->e_wants :
	    e->e_pcb.ucb_state != 0 ? BOUND : CLOSED;
	e->e_port = op->uop_key.ik_lport;
}

static void
ask(struct ctl *ctl, struct end *e, enum state wants)
{
	struct in_key ik = { .ik_lport = (uint16_t)e->e_port };
	struct addr any = addr_v4(0);
	int error;

	in_key_bind(&ik, &any, 0);
	e->e_wants = wants;
	e->e_lab->l_busy++;
	e->e_state = BUSY;
	e->e_cpu = NO_CPU;
	if (wants == CLOSED) {
		error = udp_close(&ctl->ctl_ep, &e->e_pcb, answered, e);
	} else if (wants == BOUND) {
		error = udp_bind(&ctl->ctl_ep, &e->e_pcb, &ik, answered, e);
	} else {
		ik.ik_faddr = in6_mapped(flow_addr(e->e_lab, e->e_flow));
		ik.ik_fport = (uint16_t)(SPORT + e->e_flow);
		error =
		    udp_connect(&ctl->ctl_ep, &e->e_pcb, &ik, answered, e);
	}
	SIM_EQ(e->e_lab->l_sim, error, 0);
}

static void
end_init(struct lab *l, struct end *e)
{
	*e = (struct end){ .e_lab = l, .e_cpu = NO_CPU };
	udp_init(host_spate(l->l_h), &e->e_pcb, &ops, e->e_here, 0, 0);
}

static void
setup(struct lab *l, struct sim *s)
{
	struct addr to = addr_v4(0x0a000101);
	struct peer *from;
	struct ping *pg;

	*l = (struct lab){ .l_sim = s };
	l->l_h = sim_host(s, "h", 2 + (unsigned)sim_below(s, 3));
	l->l_left = sim_wire(s, l->l_h, "left", (unsigned)sim_below(s, 2));
	host_addr(l->l_h, "left", "10.0.1.1/24");
	host_sysctl(l->l_h, "net.isr.dispatch",
	    sim_below(s, 2) != 0 ? "deferred" : "hybrid");
	host_tune(l->l_h, "net.inet.rss.udp_4tuple", sim_below(s, 3) != 0);
	from = wire_peer(l->l_left, "10.0.1.200/24", NULL);
	pg = peer_ping(from, "10.0.1.1", 1, NS_S, 56);
	SIM_UNTIL(s, ping_done(pg), 4 * NS_S);
	SIM_CHECK(s, peer_spec(from, &to, &l->l_spec));
}

static void
send_to(struct lab *l, unsigned flow, unsigned port)
{
	struct frame_spec fs = l->l_spec;
	uint8_t data[12] = { 0 };
	struct frame f;

	fs.fs_src = addr_v4(flow_addr(l, flow));
	st32be(data, l->l_sent[flow]++);
	frame_udp(&f, &fs, (uint16_t)(SPORT + flow), (uint16_t)port, data,
	    sizeof(data));
	wire_inject(l->l_left, &f);
}

static void
send_some(struct lab *l)
{
	unsigned most = sim_below(l->l_sim, 8) == 0 ? 4 * MVEC_MAX : 24;
	unsigned n = (unsigned)sim_below(l->l_sim, most);

	while (n-- > 0)
		send_to(l, (unsigned)sim_below(l->l_sim, FLOWS), PORT);
	sim_pass(l->l_sim, sim_below(l->l_sim, 20 * NS_US));
}

static void
moved(struct ctl *ctl, int error, void *arg)
{
	struct lab *l = arg;

	(void)ctl;
	SIM_EQ(l->l_sim, error, 0);
	l->l_moves--;
}

/* All to one CPU, or each to any. */
static void
move(struct ctl *ctl, void *arg)
{
	struct lab *l = arg;
	uint16_t cpu[RSS_MAXBUCKETS];
	unsigned b, n = ctl->ctl_sp->sp_ncpus;
	bool all = sim_below(l->l_sim, 2) != 0;
	uint16_t to = (uint16_t)sim_below(l->l_sim, n);

	for (b = 0; b < rss_buckets(ctl->ctl_sp); b++)
		cpu[b] = all ? to : (uint16_t)sim_below(l->l_sim, n);
	l->l_moves++;
	SIM_EQ(l->l_sim, move_buckets(ctl, cpu, moved, l), 0);
}

/* The last one takes what the others are not connected to. */
static void
open_all(struct ctl *ctl, void *arg)
{
	struct lab *l = arg;
	unsigned i;

	for (i = 0; i <= CONNECTED; i++) {
		end_init(l, &l->l_end[i]);
		l->l_end[i].e_flow = i;
		l->l_end[i].e_port = PORT;
		ask(ctl, &l->l_end[i], i < CONNECTED ? JOINED : BOUND);
	}
}

static void
open_one(struct ctl *ctl, void *arg)
{
	ask(ctl, arg, BOUND);
}

static void
close_all(struct ctl *ctl, void *arg)
{
	struct lab *l = arg;
	unsigned i;

	for (i = 0; i < countof(l->l_end); i++)
		if (l->l_end[i].e_lab != NULL && l->l_end[i].e_state != CLOSED)
			ask(ctl, &l->l_end[i], CLOSED);
}

static bool
all_got(const struct lab *l)
{
	uint64_t sent = 0;
	unsigned i;

	for (i = 0; i < FLOWS; i++)
		sent += l->l_sent[i];
	return l->l_got == sent;
}

/* None lost, none reordered, none on a wrong CPU. */
static void
moves(struct sim *s)
{
	struct lab l;
	unsigned i;

	setup(&l, s);
	host_ctl(l.l_h, open_all, &l);
	SIM_UNTIL(s, l.l_busy == 0, NS_S);
	SIM_EQ(s, l.l_inuse, 0);
	for (i = 0; i < CONNECTED; i++)
		l.l_end[i].e_cpu =
		    udp_pcb_cpu(host_spate(l.l_h), &l.l_end[i].e_pcb);
	for (i = 0; i < MOVES; i++) {
		send_some(&l);
		host_ctl(l.l_h, move, &l);
		send_some(&l);
	}
	SIM_UNTIL(s, l.l_moves == 0, NS_S);
	SIM_UNTIL(s, all_got(&l), NS_S);
	SIM_CHECK(s, l.l_told > 0);
	SIM_EQ(s, host_stat(l.l_h, SG_PATH, pks_dropped), 0);
	host_ctl(l.l_h, close_all, &l);
	SIM_UNTIL(s, l.l_busy == 0, NS_S);
	sim_note(s, "%u buckets moved, %u packets held",
	    (unsigned)host_stat(l.l_h, SG_NETISR, nis_moved),
	    (unsigned)host_stat(l.l_h, SG_NETISR, nis_held));
}

/* Some operations at once, on few ports. */
static void
churn_some(struct ctl *ctl, void *arg)
{
	struct lab *l = arg;
	unsigned n = 1 + (unsigned)sim_below(l->l_sim, ENDS);

	while (n-- > 0) {
		struct end *e = &l->l_end[sim_below(l->l_sim, ENDS)];

		if (e->e_state == BUSY)
			continue;
		if (e->e_state == JOINED ||
		    (e->e_state == BOUND && sim_below(l->l_sim, 2) != 0)) {
			ask(ctl, e, CLOSED);
			continue;
		}
		e->e_flow = (unsigned)(e - l->l_end);
		if (e->e_state == CLOSED)
			e->e_port = sim_below(l->l_sim, 4) == 0 ? 0 :
			    PORT + (unsigned)sim_below(l->l_sim, PORTS);
		ask(ctl, e, e->e_state == BOUND || sim_below(l->l_sim, 3) == 0 ?
		    JOINED : BOUND);
	}
}

/* Who has a port, when nothing is under way; NULL: nobody. */
static struct end *
owner(struct lab *l, unsigned port, unsigned flow)
{
	struct end *bound = NULL, *e;
	unsigned i;

	for (i = 0; i < ENDS; i++) {
		e = &l->l_end[i];
		if (e->e_port != port)
			continue;
		if (e->e_state == JOINED && e->e_flow == flow)
			return e;
		if (e->e_state != BOUND)
			continue;
		if (bound != NULL)
			SIM_FAIL(l->l_sim, "port %u is bound twice", port);
		bound = e;
	}
	return bound;
}

/* A datagram to each port and from any flow is where it belongs, or refused. */
static void
probe(struct lab *l)
{
	struct sim *s = l->l_sim;
	unsigned k, flow, before;
	uint64_t refused;
	struct end *e;

	for (k = 0; k < PORTS; k++) {
		flow = (unsigned)sim_below(s, ENDS);
		e = owner(l, PORT + k, flow);
		before = e != NULL ? e->e_got : 0;
		refused = host_stat(l->l_h, SG_UDP, udps_noport) +
		    host_stat(l->l_h, SG_IP, ips_noport);
		send_to(l, flow, PORT + k);
		if (e != NULL) {
			SIM_UNTIL(s, e->e_got == before + 1, NS_S);
			continue;
		}
		SIM_UNTIL(s, host_stat(l->l_h, SG_UDP, udps_noport) +
			host_stat(l->l_h, SG_IP, ips_noport) > refused, NS_S);
		l->l_next[flow] = l->l_sent[flow];
	}
}

static void
churn(struct sim *s)
{
	struct lab l;
	unsigned i;

	setup(&l, s);
	for (i = 0; i < ENDS; i++)
		end_init(&l, &l.l_end[i]);
	for (i = 0; i < ROUNDS; i++) {
		host_ctl(l.l_h, churn_some, &l);
		if (sim_below(s, 3) == 0)
			host_ctl(l.l_h, move, &l);
		sim_pass(s, sim_below(s, 20 * NS_US));
		if (sim_below(s, 3) == 0)
			host_ctl(l.l_h, churn_some, &l);
		SIM_UNTIL(s, l.l_busy == 0, NS_S);
		probe(&l);
	}
	host_ctl(l.l_h, close_all, &l);
	SIM_UNTIL(s, l.l_busy == 0 && l.l_moves == 0, NS_S);
	SIM_EQ(s, atomic_load(&host_spate(l.l_h)->sp_udps), 0);
	sim_note(s, "%u binds, %u connects, %u refused",
	    (unsigned)host_stat(l.l_h, SG_UDP, udps_binds),
	    (unsigned)host_stat(l.l_h, SG_UDP, udps_connects), l.l_inuse);
}

/* Datagrams come while their port is closed: never after the answer. */
static void
ending(struct sim *s)
{
	struct lab l;
	unsigned i;

	setup(&l, s);
	end_init(&l, &l.l_end[0]);
	l.l_end[0].e_port = PORT;
	for (i = 0; i < 4; i++) {
		struct end *e = &l.l_end[0];
		unsigned flow, k;

		e->e_port = PORT;
		host_ctl(l.l_h, open_one, e);
		SIM_UNTIL(s, l.l_busy == 0, NS_S);
		for (k = 0; k < 2; k++) {
			for (flow = 0; flow < FLOWS; flow++)
				send_to(&l, flow, PORT);
			sim_pass(s, sim_below(s, 8 * NS_US));
			if (k == 0)
				host_ctl(l.l_h, close_all, &l);
		}
		SIM_UNTIL(s, l.l_busy == 0, NS_S);
		sim_rest(s);
		memcpy(l.l_next, l.l_sent, sizeof(l.l_next));
	}
}

int
main(int argc, char **argv)
{
	static const struct scenario scenarios[] = {
		{ "moves", moves, 400 },
		{ "churn", churn, 400 },
		{ "ending", ending, 200 },
		{ NULL, NULL, 0 },
	};

	return sim_main(argc, argv, scenarios);
}
