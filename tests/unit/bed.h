/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A bed for tests of the link layer: an instance with packet memory, ctl, the
 * neighbour table and an interface, whose stages only collect.  A test calls
 * one stage and looks at what stands before the next.
 *
 * Include after cmocka.h, in one file of a program.
 */
#ifndef TESTS_UNIT_BED_H
#define TESTS_UNIT_BED_H

#include "base/addr.h"
#include "dev/host.h"
#include "netisr/punt.h"
#include "path.h"
#include "route/neigh.h"

static const uint8_t bed_mac[6] = { 0x02, 0, 0, 0, 0, 0x01 };

struct bed {
	uint64_t now;
	struct spate *sp;
	struct ctl *ctl;
	struct ifnet *ifp;
};

/* The stages of these tests stay within a vector. */
void
path_queue(struct path_stage *ps, struct mbuf *m)
{
	(void)ps;
	(void)m;
	fail_msg("a stage was given over %d packets", MVEC_MAX);
}

static int
bed_open(struct ifnet *ifp, const struct dev_conf *dc, char *err, size_t errlen)
{
	(void)dc;
	(void)err;
	(void)errlen;
	memcpy(ifp->if_mac, bed_mac, sizeof(bed_mac));
	ifp->if_mtu = 1500;
	atomic_store(&ifp->if_state, IFS_CARRIER);
	return 0;
}

static void
bed_close(struct ifnet *ifp)
{
	(void)ifp;
}

static const struct dev_ops bed_ops = {
	.do_name = "bed",
	.do_open = bed_open,
	.do_close = bed_close,
};

static inline void
bed_log(void *arg, enum log_level level, const char *text)
{
	(void)arg;
	(void)level;
	(void)text;
}

/* An interface without addresses, up. */
static inline struct ifnet *
bed_attach(struct bed *b, const char *name)
{
	struct dev_conf dc = { .dc_driver = "bed" };

	return host_attach(b->sp, name, &bed_ops, &dc);
}

static inline void
bed_create(struct bed *b, unsigned ncpus, const struct neigh_proto *v4,
    const struct neigh_proto *v6)
{
	unsigned i;

	role_enter(&on_ctl);
	b->now = NS_S;
	b->sp = host_create(ncpus, &b->now);
	b->ctl = b->sp->sp_ctl;
	log_init(&b->sp->sp_env.env_log, bed_log, NULL, LOGL_DEBUG);
	for (i = 0; i < ncpus; i++) {
		struct cpu *c = b->sp->sp_cpu[i];

		c->c_path = calloc(1, sizeof(*c->c_path));
		assert_non_null(c->c_path);
		assert_int_equal(neigh_cpu_init(c), 0);
		assert_int_equal(punt_cpu_init(c), 0);
	}
	assert_int_equal(neigh_ctl_init(b->ctl, v4, v6), 0);
	b->ifp = bed_attach(b, "eth0");
}

static inline void
bed_destroy(struct bed *b)
{
	unsigned i;

	role_enter(&on_ctl);
	host_settle(b->sp);
	neigh_ctl_fini(b->ctl);
	for (i = 0; i < b->sp->sp_ncpus; i++) {
		neigh_cpu_fini(b->sp->sp_cpu[i]);
		punt_cpu_fini(b->sp->sp_cpu[i]);
		free(b->sp->sp_cpu[i]->c_path);
	}
	host_destroy(b->sp);
}

/* Timers and messages of everybody, ns later. */
static inline void
bed_run(struct bed *b, uint64_t ns)
{
	unsigned i, k;

	role_enter(&on_ctl);
	b->now += ns;
	for (k = 0; k < 4; k++) {
		for (i = 0; i < b->sp->sp_ncpus; i++) {
			struct cpu *c = host_cpu(b->sp, i);

			c->c_now = b->now;
			msg_run(&c->c_ep);
			wheel_run(&c->c_wheel, b->now);
			qsbr_checkpoint(&b->sp->sp_qsbr, i);
		}
		curcpu = NULL;
		ctl_round(b->ctl);
	}
}

/* In steps, as time goes by. */
static inline void
bed_pass(struct bed *b, uint64_t ns, uint64_t step)
{
	uint64_t end = b->now + ns;

	while (b->now < end)
		bed_run(b, u64min(step, end - b->now));
}

static inline void
bed_address(struct bed *b, const char *text, unsigned flags)
{
	struct ifaddr ifa = { .ifa_flags = (uint8_t)flags };
	struct prefix p;

	role_enter(&on_ctl);
	assert_int_equal(prefix_parse(&p, text), 0);
	ifa.ifa_addr = p.p_addr;
	ifa.ifa_plen = p.p_len;
	assert_int_equal(if_addr_set(b->ctl, b->ifp, &ifa), 0);
}

static inline struct addr
bed_addr(const char *text)
{
	struct addr a;

	assert_int_equal(addr_parse(&a, text), 0);
	return a;
}

/* A packet of n bytes that came in on the bed's interface. */
static inline struct mbuf *
bed_packet(struct bed *b, struct cpu *c, const void *bytes, unsigned n)
{
	struct mbuf *m;

	role_enter(&on_cpu);
	m = m_from_bytes(c, bytes, n);
	assert_non_null(m);
	m->m_rcvif = b->ifp->if_index;
	m->m_rcvgen = b->ifp->if_gen;
	stat_add(c, SG_PATH, pks_received, 1);
	return m;
}

/* How many packets stand before a stage of any CPU. */
static inline unsigned
bed_count(struct bed *b, enum stage st)
{
	unsigned i, n = 0;

	for (i = 0; i < b->sp->sp_ncpus; i++)
		n += b->sp->sp_cpu[i]->c_path->p_stage[st].ps_vec.mv_n;
	return n;
}

/* Take all that stands before a stage of a CPU. */
static inline void
bed_take(struct cpu *c, enum stage st, struct mvec *mv)
{
	*mv = c->c_path->p_stage[st].ps_vec;
	c->c_path->p_stage[st].ps_vec.mv_n = 0;
}

static inline void
bed_free(struct cpu *c, struct mvec *mv)
{
	role_enter(&on_cpu);
	stat_add(c, SG_PATH, pks_sent, mv->mv_n);
	m_free_bulk(c, mv->mv_m, mv->mv_n);
	mv->mv_n = 0;
}

/* The only packet before a stage of a CPU; it is the caller's. */
static inline struct mbuf *
bed_only(struct cpu *c, enum stage st)
{
	struct mvec mv;

	bed_take(c, st, &mv);
	assert_int_equal(mv.mv_n, 1);
	return mv.mv_m[0];
}

static inline uint64_t
bed_stat(const struct bed *b, enum stat_group g, unsigned which)
{
	uint64_t n = 0;
	unsigned i;

	for (i = 0; i < b->sp->sp_ncpus; i++)
		n += stat_cell_read(&b->sp->sp_cpu[i]->c_stat[g][which]);
	return n;
}

/* received + originated + copied = delivered + … + held + before stages. */
static inline void
bed_balance(struct bed *b)
{
	uint64_t in = bed_stat(b, SG_PATH, pks_received) +
	    bed_stat(b, SG_PATH, pks_originated) +
	    bed_stat(b, SG_PATH, pks_copied);
	uint64_t out = bed_stat(b, SG_PATH, pks_delivered) +
	    bed_stat(b, SG_PATH, pks_sent) + bed_stat(b, SG_PATH, pks_merged) +
	    bed_stat(b, SG_PATH, pks_dropped) + bed_stat(b, SG_PATH, pks_held);
	unsigned st;

	for (st = 0; st < ST_N; st++)
		out += bed_count(b, st);
	assert_int_equal(in, out);
}

#endif
