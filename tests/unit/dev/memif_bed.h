/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Two hosts with a memif between them, in one process, for tests; what is in
 * link.h for pairs.  The socket has an abstract name.
 *
 * Include after cmocka.h.
 */
#ifndef TESTS_UNIT_DEV_MEMIF_BED_H
#define TESTS_UNIT_DEV_MEMIF_BED_H

#include <stdio.h>
#include <unistd.h>

#include "dev/drivers.h"
#include "dev/memif_int.h"
#include "frames.h"
#include "host.h"

enum { SERVER, CLIENT };

struct mlink {
	uint64_t now;
	char socket[64];
	struct memif_conf mc[2];
	unsigned queues[2];
	struct spate *sp[2];
	struct ifnet *ifp[2];
};

static inline void
mlink_log(void *arg, enum log_level level, const char *text)
{
	(void)arg;
	(void)level;
	if (getenv("MEMIF_TEST_LOG") != NULL)
		fprintf(stderr, "# %s\n", text);
}

static inline void
mlink_attach(struct mlink *l, unsigned side)
{
	struct dev_conf dc = { .dc_driver = "memif",
		.dc_queues = l->queues[side],
		.dc_memif = &l->mc[side] };

	l->ifp[side] = host_attach(l->sp[side],
	    side == SERVER ? "server" : "client", &dev_memif, &dc);
}

static inline void
mlink_init(struct mlink *l, unsigned queues)
{
	unsigned i;

	memset(l, 0, sizeof(*l));
	l->now = NS_S;
	snprintf(l->socket, sizeof(l->socket), "@spate-memif-test-%d",
	    (int)getpid());
	for (i = 0; i < 2; i++) {
		l->mc[i].mc_socket = l->socket;
		l->mc[i].mc_client = i == CLIENT;
		l->mc[i].mc_ring = 64;
		l->queues[i] = queues;
		l->sp[i] = host_create(queues, &l->now);
		log_init(&l->sp[i]->sp_env.env_log, mlink_log, NULL,
		    LOGL_DEBUG);
	}
}

/* Time goes by for both. */
static inline void
mlink_pass(struct mlink *l, uint64_t ns)
{
	uint64_t end = l->now + ns;

	while (l->now < end) {
		l->now += NS_MS;
		host_settle(l->sp[SERVER]);
		host_settle(l->sp[CLIENT]);
	}
}

/* Until both have a carrier, which takes no more than a retry. */
static inline void
mlink_wait(struct mlink *l, bool up)
{
	unsigned i;

	for (i = 0; i < 8000 &&
	     (if_running(l->ifp[SERVER]) != up ||
		 if_running(l->ifp[CLIENT]) != up);
	     i++)
		mlink_pass(l, NS_MS);
	assert_int_equal(if_running(l->ifp[SERVER]), up);
	assert_int_equal(if_running(l->ifp[CLIENT]), up);
}

static inline void
mlink_up(struct mlink *l)
{
	mlink_attach(l, SERVER);
	mlink_attach(l, CLIENT);
	mlink_wait(l, true);
}

static inline void
mlink_down(struct mlink *l)
{
	unsigned i;

	for (i = 0; i < 2; i++)
		if (l->ifp[i] != NULL)
			host_detach(l->sp[i], l->ifp[i]);
	for (i = 0; i < 2; i++) {
		assert_int_equal(host_missing(l->sp[i]), 0);
		host_destroy(l->sp[i]);
	}
}

static inline void
mlink_note(struct mlink *l, unsigned side, struct dev_stats *ds)
{
	role_enter(&on_ctl);
	dev_memif.do_stats(l->ifp[side], ds);
}

/* Returns how many of the n frames of these lengths were taken. */
static inline unsigned
mlink_send(struct mlink *l, unsigned side, unsigned q, uint32_t id,
    unsigned n, unsigned len)
{
	struct cpu *c = host_cpu(l->sp[side], q);
	struct txq *txq = &l->ifp[side]->if_txq[q];
	struct mbuf *mm[MVEC_MAX];
	unsigned i, sent;

	assert_true(n <= MVEC_MAX);
	for (i = 0; i < n; i++)
		mm[i] = frame(c, id + i, len);
	sent = dev_memif.do_tx(c, txq, mm, n);
	dev_memif.do_kick(c, txq);
	m_free_bulk(c, mm + sent, n - sent);
	return sent;
}

/* Receives frames id, id + 1, …, each of len bytes; returns how many. */
static inline unsigned
mlink_receive(struct mlink *l, unsigned side, unsigned q, uint32_t id,
    unsigned len)
{
	struct cpu *c = host_cpu(l->sp[side], q);
	struct mvec mv = { .mv_n = 0 };
	unsigned i;

	dev_memif.do_rx(c, &l->ifp[side]->if_rxq[q], &mv, MVEC_MAX);
	for (i = 0; i < mv.mv_n; i++) {
		assert_int_equal(mv.mv_m[i]->m_pktlen, len);
		assert_int_equal(frame_id(mv.mv_m[i]), id + i);
		assert_true(frame_whole(mv.mv_m[i]));
	}
	m_free_bulk(c, mv.mv_m, mv.mv_n);
	return mv.mv_n;
}

#endif
