/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A host for tests of drivers: an instance with CPUs, packet memory and ctl,
 * but without a path.  The test calls the driver as a CPU would.
 *
 * Include after cmocka.h.
 */
#ifndef TESTS_UNIT_DEV_HOST_H
#define TESTS_UNIT_DEV_HOST_H

#include <stdlib.h>
#include <string.h>

#include "base/lines.h"
#include "cpu/cpu.h"
#include "cpu/ctl.h"
#include "if/if.h"
#include "mbuf/mbuf.h"
#include "mbuf/pool.h"

#ifndef HOST_BUFS
#define HOST_BUFS 4096 /* a CPU */
#endif

static inline uint64_t
host_now(void *arg)
{
	return *(const uint64_t *)arg;
}

static inline void
host_wake(void *arg, struct endpoint *ep)
{
	(void)arg;
	(void)ep;
}

/* What follows is done as this CPU. */
static inline struct cpu *host_cpu(struct spate *, unsigned id)
    TSA(assert_capability(on_cpu));

static inline struct cpu *
host_cpu(struct spate *sp, unsigned id)
{
	role_enter(&on_cpu);
	curcpu = sp->sp_cpu[id];
	return curcpu;
}

static inline struct spate *
host_create(unsigned ncpus, uint64_t *now)
{
	struct spate *sp = aligned_alloc(CACHELINE, sizeof(*sp));
	struct ctl *ctl = aligned_alloc(CACHELINE, sizeof(*ctl));
	struct cpu *c;
	unsigned i;

	role_enter(&on_ctl);
	assert_non_null(sp);
	assert_non_null(ctl);
	memset(sp, 0, sizeof(*sp));
	sp->sp_env.env_now = host_now;
	sp->sp_env.env_wake = host_wake;
	sp->sp_env.env_arg = now;
	sp->sp_ncpus = ncpus;
	sysctl_init(&sp->sp_sysctl);
	assert_int_equal(qsbr_init(&sp->sp_qsbr, ncpus, false), 0);
	assert_int_equal(
	    pktmem_create(sp, (uint64_t)ncpus * HOST_BUFS * MBUF_SIZE), 0);
	for (i = 0; i < ncpus; i++) {
		c = aligned_alloc(CACHELINE, sizeof(*c));
		assert_non_null(c);
		assert_int_equal(cpu_init(c, sp, i), 0);
		assert_int_equal(mpool_create(c), 0);
		sp->sp_cpu[i] = c;
		sp->sp_ep[i] = &c->c_ep;
	}
	assert_int_equal(ctl_init(ctl, sp), 0);
	sp->sp_ctl = ctl;
	sp->sp_ep[sp_ctl_id(sp)] = &ctl->ctl_ep;
	assert_int_equal(if_ctl_init(ctl), 0);
	return sp;
}

/* A CPU's messages, buffers that come home, and grace. */
static inline void
host_round(struct spate *sp, unsigned id)
{
	struct cpu *c = host_cpu(sp, id);

	msg_run(&c->c_ep);
	mpool_run(c);
	mpool_flush(c);
	qsbr_checkpoint(&sp->sp_qsbr, id);
	curcpu = NULL;
}

static inline void
host_settle(struct spate *sp)
{
	unsigned i, k;

	role_enter(&on_ctl);
	for (k = 0; k < 8; k++) {
		for (i = 0; i < sp->sp_ncpus; i++)
			host_round(sp, i);
		ctl_round(sp->sp_ctl);
	}
}

static inline struct ifnet *
host_attach(struct spate *sp, const char *name, const struct dev_ops *ops,
    const struct dev_conf *dc)
{
	struct ifnet *ifp = NULL;
	char err[256];

	role_enter(&on_ctl);
	if (if_attach(sp->sp_ctl, name, ops, dc, &ifp, err, sizeof(err)) != 0)
		fail_msg("%s", err);
	if_set_up(sp->sp_ctl, ifp, true);
	host_settle(sp);
	return ifp;
}

static inline void
host_detach(struct spate *sp, struct ifnet *ifp)
{
	role_enter(&on_ctl);
	if_detach(sp->sp_ctl, ifp);
	host_settle(sp);
}

/* Packets of this host that are not in its pools. */
static inline unsigned
host_missing(struct spate *sp)
{
	struct mpool_info mi;
	unsigned i, n = 0;

	host_settle(sp);
	for (i = 0; i < sp->sp_ncpus; i++) {
		mpool_info(sp->sp_cpu[i], &mi);
		n += mi.mi_total - mi.mi_free + mi.mi_clones +
		    mi.mi_large - mi.mi_largefree;
	}
	return n;
}

static inline void
host_destroy(struct spate *sp)
{
	unsigned i;

	role_enter(&on_ctl);
	host_settle(sp);
	qsbr_drain(&sp->sp_qsbr);
	if_ctl_fini(sp->sp_ctl);
	ctl_fini(sp->sp_ctl);
	free(sp->sp_ctl);
	qsbr_fini(&sp->sp_qsbr);
	for (i = 0; i < sp->sp_ncpus; i++) {
		mpool_destroy(sp->sp_cpu[i]);
		cpu_fini(sp->sp_cpu[i]);
		free(sp->sp_cpu[i]);
	}
	pktmem_destroy(sp);
	free(sp);
	curcpu = NULL;
}

/*
 * What a driver keeps of its first n queues lies on pairs of lines of its own
 * for each of them, because another CPU serves each.
 */
static inline void
host_queues_apart(const struct ifnet *ifp, unsigned n)
{
	unsigned i, j;

	for (i = 0; i < n; i++) {
		uintptr_t at = (uintptr_t)ifp->if_rxq[i].rxq_sc;

		assert_int_not_equal(at, 0);
		assert_int_equal(at % LINEPAIR, 0);
		for (j = 0; j < i; j++)
			assert_int_not_equal(
			    at, (uintptr_t)ifp->if_rxq[j].rxq_sc);
	}
}

#endif
