/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A link in memory with an interface at each end, for the tests of it.
 *
 * Include after cmocka.h.
 */
#ifndef TESTS_UNIT_DEV_LINK_H
#define TESTS_UNIT_DEV_LINK_H

#include "dev/drivers.h"
#include "dev/pair.h"
#include "frames.h"
#include "host.h"

enum { A, B };

/* A link and the interfaces at its ends; both in sp[A] if sp[B] is NULL. */
struct link {
	uint64_t now;
	struct spate *sp[2];
	struct pair *pair;
	struct ifnet *ifp[2];
};

static inline void
link_up(struct link *l, struct pair_conf *pc, unsigned queues, bool two)
{
	struct dev_conf dc = { .dc_driver = "pair" };
	unsigned i;

	memset(l, 0, sizeof(*l));
	l->now = 1000;
	pc->pc_side[0].ps_queues = pc->pc_side[1].ps_queues = (uint16_t)queues;
	assert_int_equal(pair_create(pc, &l->pair), 0);
	for (i = 0; i < 2; i++) {
		l->sp[i] = i == 0 || two ? host_create(queues, &l->now) :
		    l->sp[0];
		dc.dc_pair = pair_end(l->pair, i);
		l->ifp[i] =
		    host_attach(l->sp[i], i == 0 ? "a" : "b", &dev_pair, &dc);
	}
	assert_true(if_running(l->ifp[A]));
	assert_true(if_running(l->ifp[B]));
}

static inline void
link_down(struct link *l)
{
	bool two = l->sp[A] != l->sp[B];

	host_detach(l->sp[A], l->ifp[A]);
	host_detach(l->sp[B], l->ifp[B]);
	pair_destroy(l->pair);
	assert_int_equal(host_missing(l->sp[A]), 0);
	assert_int_equal(host_missing(l->sp[B]), 0);
	host_destroy(l->sp[A]);
	if (two)
		host_destroy(l->sp[B]);
}

/* Returns how many of the n frames were taken; frees the others. */
static inline unsigned
send_from(struct link *l, unsigned side, unsigned cpu, struct mbuf **mm,
    unsigned n)
{
	struct cpu *c = host_cpu(l->sp[side], cpu);
	struct txq *txq = l->ifp[side]->if_tx[cpu];
	unsigned sent;

	c->c_now = l->now;
	sent = dev_pair.do_tx(c, txq, mm, n);
	dev_pair.do_kick(c, txq);
	m_free_bulk(c, mm + sent, n - sent);
	return sent;
}

static inline void
send_ids(struct link *l, unsigned side, uint32_t first, unsigned n)
{
	struct mbuf *mm[MVEC_MAX];
	unsigned i;

	assert_true(n <= MVEC_MAX);
	for (i = 0; i < n; i++)
		mm[i] = frame(host_cpu(l->sp[side], 0), first + i, 60);
	assert_int_equal(send_from(l, side, 0, mm, n), n);
}

static inline unsigned
receive(struct link *l, unsigned side, unsigned q, struct mvec *mv)
{
	struct cpu *c = host_cpu(l->sp[side], q);

	c->c_now = l->now;
	mv->mv_n = 0;
	return dev_pair.do_rx(c, &l->ifp[side]->if_rxq[q], mv, MVEC_MAX);
}

static inline void
free_vec(struct link *l, unsigned side, struct mvec *mv)
{
	struct cpu *c = host_cpu(l->sp[side], 0);

	m_free_bulk(c, mv->mv_m, mv->mv_n);
}

static inline void
assert_balance(struct link *l, unsigned side, struct pair_counts *pn)
{
	pair_counts(pair_end(l->pair, side), pn);
	assert_int_equal(pn->pn_sent + pn->pn_duplicated,
	    pn->pn_received + pn->pn_lost + pn->pn_underway);
}

#endif
