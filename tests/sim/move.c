/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Buckets move from CPU to CPU while their flows are forwarded ("deferred":
 * one receive queue, all CPUs work), or their fragments are put together:
 * within a flow nothing is lost and nothing overtakes.
 *
 *	test -- left, 1 queue -- r -- right -- test
 */
#include <stdio.h>
#include <string.h>

#include "netisr/move.h"
#include "netisr/netisr.h"
#include "sim/sim.h"

#define FLOWS 64
#define MOVES 12
#define SPORT 5000
#define SOURCES 10
#define ECHO_LEN 2400 /* in three pieces */
#define PIECE 1000
#define BUFFERS 4096 /* of a CPU */

struct traffic {
	struct sim *t_sim;
	struct host *t_r;
	struct wire *t_left;
	struct frame_spec t_spec; /* of a flow but for its source */
	uint32_t t_sent[FLOWS];
	uint32_t t_next[FLOWS]; /* the number expected next */
	unsigned t_moves; /* that are not done */
	uint64_t t_got;
};

/* What r forwards must come in order. */
static void
arrived(void *arg, const struct frame_info *fi, const uint8_t *p, size_t n)
{
	struct traffic *t = arg;
	unsigned flow;
	uint32_t seq;

	(void)p;
	(void)n;
	if (fi->fi_type != FT_IP4 || fi->fi_proto != FP_UDP)
		return;
	flow = fi->fi_src.a_v4 & 0xff;
	seq = ld32be(fi->fi_l4 + 8);
	if (flow >= FLOWS || seq != t->t_next[flow])
		SIM_FAIL(t->t_sim, "flow %u: %u came, %u was next", flow, seq,
		    t->t_next[flow]);
	t->t_next[flow]++;
	t->t_got++;
}

static void
send_one(struct traffic *t)
{
	unsigned flow = (unsigned)sim_below(t->t_sim, FLOWS);
	struct frame_spec fs = t->t_spec;
	uint8_t data[8] = { 0 };
	struct frame f;

	fs.fs_src = addr_v4((fs.fs_src.a_v4 & ~0xffu) | flow);
	st32be(data, t->t_sent[flow]++);
	frame_udp(&f, &fs, SPORT, SPORT, data, sizeof(data));
	wire_inject(t->t_left, &f);
}

/* Now and then more than a CPU takes from a ring at a time. */
static void
send_some(struct traffic *t)
{
	unsigned most = sim_below(t->t_sim, 8) == 0 ? 4 * MVEC_MAX : 24;
	unsigned n = (unsigned)sim_below(t->t_sim, most);

	while (n-- > 0)
		send_one(t);
	sim_pass(t->t_sim, sim_below(t->t_sim, 20 * NS_US));
}

static void
moved(struct ctl *ctl, int error, void *arg)
{
	struct traffic *t = arg;

	(void)ctl;
	SIM_EQ(t->t_sim, error, 0);
	t->t_moves--;
}

/* All to one CPU, or each to any. */
static void
move(struct ctl *ctl, void *arg)
{
	struct traffic *t = arg;
	uint16_t cpu[RSS_MAXBUCKETS];
	unsigned b, n = ctl->ctl_sp->sp_ncpus;
	bool all = sim_below(t->t_sim, 2) != 0;
	uint16_t to = (uint16_t)sim_below(t->t_sim, n);

	for (b = 0; b < rss_buckets(ctl->ctl_sp); b++)
		cpu[b] = all ? to : (uint16_t)sim_below(t->t_sim, n);
	t->t_moves++;
	SIM_EQ(t->t_sim, move_buckets(ctl, cpu, moved, t), 0);
}

static void
setup(struct traffic *t, struct sim *s, unsigned ncpus, unsigned outqueues)
{
	struct wire *right;
	struct peer *from, *to;
	struct ping *pg;

	*t = (struct traffic){ .t_sim = s };
	t->t_r = sim_host(s, "r", ncpus);
	t->t_left = sim_wire(s, t->t_r, "left", 1);
	right = sim_wire(s, t->t_r, "right", outqueues);
	host_addr(t->t_r, "left", "10.0.1.1/24");
	host_addr(t->t_r, "right", "10.0.2.1/24");
	host_sysctl(t->t_r, "net.isr.dispatch", "deferred");
	from = wire_peer(t->t_left, "10.0.1.200/24", "10.0.1.1");
	to = wire_peer(right, "10.0.2.2/24", "10.0.2.1");
	pg = peer_ping(from, to->pr_text, 1, NS_S, 56);
	SIM_UNTIL(s, ping_done(pg), 4 * NS_S);
	SIM_CHECK(s, peer_spec(from, &to->pr_addr, &t->t_spec));
	wire_watch(right, arrived, t);
}

static void
check_all(struct traffic *t)
{
	uint64_t sent = 0;
	unsigned i;

	for (i = 0; i < FLOWS; i++)
		sent += t->t_sent[i];
	SIM_UNTIL(t->t_sim, t->t_got == sent, NS_S);
}

static void
deferred(struct sim *s)
{
	struct traffic t;
	unsigned i;

	/* One queue to send by, or one for each CPU. */
	setup(&t, s, 2 + (unsigned)sim_below(s, 3),
	    (unsigned)sim_below(s, 2));
	for (i = 0; i < MOVES; i++) {
		send_some(&t);
		host_ctl(t.t_r, move, &t);
		send_some(&t);
	}
	SIM_UNTIL(s, t.t_moves == 0, NS_S);
	check_all(&t);
	sim_note(s, "%u buckets moved, %u packets held",
	    (unsigned)host_stat(t.t_r, SG_NETISR, nis_moved),
	    (unsigned)host_stat(t.t_r, SG_NETISR, nis_held));
	SIM_CHECK(s, host_stat(t.t_r, SG_NETISR, nis_moved) > 0);
}

/* Hosts that ping the router by datagrams in pieces. */
struct echoes {
	struct traffic e_t; /* its moves */
	struct frame_spec e_spec[SOURCES];
	uint8_t e_data[SOURCES][ECHO_LEN];
	unsigned e_off[SOURCES]; /* of the next piece */
	uint16_t e_sent[SOURCES]; /* datagrams, the last maybe in part */
	uint16_t e_next[SOURCES]; /* answer expected next */
	unsigned e_open; /* datagrams of which more is to come */
};

/* Answers come in the order of the requests, each whole. */
static void
answered(void *arg, const struct frame_info *fi, const uint8_t *p, size_t n)
{
	struct echoes *e = arg;
	unsigned i;

	(void)p;
	(void)n;
	if (fi->fi_type != FT_IP4 || fi->fi_proto != FP_ICMP ||
	    (fi->fi_frag & 0x1fff) != 0)
		return;
	i = (fi->fi_dst.a_v4 & 0xff) - 16;
	if (i >= SOURCES || fi->fi_l4[0] != 0)
		SIM_FAIL(e->e_t.t_sim, "an ICMP packet of type %u",
		    fi->fi_l4[0]);
	if (ld16be(fi->fi_l4 + 6) != e->e_next[i])
		SIM_FAIL(e->e_t.t_sim, "source %u: %u came, %u was next", i,
		    ld16be(fi->fi_l4 + 6), e->e_next[i]);
	e->e_next[i]++;
}

static void
echo_make(struct echoes *e, unsigned i)
{
	uint8_t *p = e->e_data[i];
	unsigned k;

	for (k = 8; k < ECHO_LEN; k++)
		p[k] = (uint8_t)(k * 7 + e->e_sent[i]);
	memset(p, 0, 8);
	p[0] = 8;
	st16be(p + 6, e->e_sent[i]);
	st16be(p + 2, frame_cksum(p, ECHO_LEN, 0));
	e->e_sent[i]++;
	e->e_open++;
}

/* The next piece of source i, of a new datagram if there is none. */
static void
echo_piece(struct echoes *e, unsigned i)
{
	unsigned off = e->e_off[i], n = umin(PIECE, ECHO_LEN - off);
	struct frame_spec *fs = &e->e_spec[i];
	struct frame f;

	if (off == 0)
		echo_make(e, i);
	fs->fs_id = e->e_sent[i];
	fs->fs_frag =
	    (uint16_t)(off / 8 | (off + n < ECHO_LEN ? FF_MF : 0));
	frame_ip(&f, fs, e->e_data[i] + off, n);
	wire_inject(e->e_t.t_left, &f);
	e->e_off[i] = off + n;
	if (e->e_off[i] < ECHO_LEN)
		return;
	e->e_off[i] = 0;
	e->e_open--;
}

static void
echo_some(struct echoes *e)
{
	struct sim *s = e->e_t.t_sim;
	unsigned n = (unsigned)sim_below(s, 40);

	while (n-- > 0)
		echo_piece(e, (unsigned)sim_below(s, SOURCES));
	sim_pass(s, sim_below(s, 20 * NS_US));
}

static void
echo_setup(struct echoes *e, struct sim *s)
{
	struct traffic *t = &e->e_t;
	struct peer *pr;
	struct ping *pg;
	char text[32];
	unsigned i;

	*e = (struct echoes){ .e_t.t_sim = s };
	/* Where buffers run short, fragments make room. */
	t->t_r = sim_host_small(
	    s, "r", 2 + (unsigned)sim_below(s, 3), BUFFERS);
	t->t_left = sim_wire(s, t->t_r, "left", (unsigned)sim_below(s, 2));
	host_addr(t->t_r, "left", "10.0.1.1/24");
	host_sysctl(t->t_r, "net.isr.dispatch",
	    sim_below(s, 2) != 0 ? "deferred" : "hybrid");
	for (i = 0; i < SOURCES; i++) {
		snprintf(text, sizeof(text), "10.0.1.%u/24", 16 + i);
		pr = wire_peer(t->t_left, text, "10.0.1.1");
		pg = peer_ping(pr, "10.0.1.1", 1, NS_S, 8);
		SIM_UNTIL(s, ping_done(pg), 4 * NS_S);
		SIM_CHECK(s, peer_spec(pr, &pg->pg_dst, &e->e_spec[i]));
		e->e_spec[i].fs_proto = FP_ICMP;
	}
	wire_watch(t->t_left, answered, e);
}

static bool
all_answered(const struct echoes *e)
{
	unsigned i;

	for (i = 0; i < SOURCES; i++)
		if (e->e_next[i] != e->e_sent[i])
			return false;
	return true;
}

/* What is half put together moves, and is finished by the new owner. */
static void
fragments(struct sim *s)
{
	struct echoes e;
	unsigned i, open = 0;

	echo_setup(&e, s);
	for (i = 0; i < MOVES; i++) {
		echo_some(&e);
		host_ctl(e.e_t.t_r, move, &e.e_t);
		open += e.e_open;
		echo_some(&e);
	}
	for (i = 0; i < SOURCES; i++)
		while (e.e_off[i] != 0)
			echo_piece(&e, i);
	SIM_UNTIL(s, e.e_t.t_moves == 0, NS_S);
	SIM_UNTIL(s, all_answered(&e), NS_S);
	SIM_CHECK(s, open > 0);
	sim_note(s, "%u buckets moved, %u unfinished; %u packets held",
	    (unsigned)host_stat(e.e_t.t_r, SG_NETISR, nis_moved), open,
	    (unsigned)host_stat(e.e_t.t_r, SG_NETISR, nis_held));
	SIM_EQ(s, host_stat(e.e_t.t_r, SG_PATH, pks_dropped), 0);
	SIM_CHECK(s, host_stat(e.e_t.t_r, SG_NETISR, nis_moved) > 0);
}

int
main(int argc, char **argv)
{
	static const struct scenario scenarios[] = {
		{ "deferred", deferred, 200 },
		{ "fragments", fragments, 100 },
		{ NULL, NULL, 0 },
	};

	return sim_main(argc, argv, scenarios);
}
