/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The path with stages of the test's own: each function of a stage calls
 * stage_test().  The functions hide those of the layers from the linker.
 *
 * Include once, after cmocka.h.
 */
#ifndef TESTS_UNIT_TOP_STAGES_H
#define TESTS_UNIT_TOP_STAGES_H

#ifndef HOST_BUFS
#define HOST_BUFS 4096
#endif
#include "../dev/host.h"
#include "netisr/netisr.h"
#include "path.h"

static void stage_test(struct cpu *, enum stage, struct mvec *);

#define X(stage, fn) void fn(struct cpu *, struct mvec *);
PATH(X)
#undef X
#define X(stage, fn)                                                           \
	void fn(struct cpu *c, struct mvec *mv)                                \
	{                                                                      \
		stage_test(c, stage, mv);                                      \
	}
PATH(X)
#undef X

static inline struct spate *
stages_create(unsigned ncpus, uint64_t *now)
{
	struct spate *sp = host_create(ncpus, now);
	unsigned i;

	for (i = 0; i < ncpus; i++) {
		assert_int_equal(path_create(sp->sp_cpu[i]), 0);
		assert_int_equal(netisr_cpu_init(sp->sp_cpu[i]), 0);
	}
	return sp;
}

static inline void
stages_destroy(struct spate *sp)
{
	unsigned i;

	for (i = 0; i < sp->sp_ncpus; i++) {
		netisr_cpu_fini(sp->sp_cpu[i]);
		path_destroy(sp->sp_cpu[i]);
	}
	host_destroy(sp);
}

static inline uint64_t
stages_stat(const struct spate *sp, enum pathstat which)
{
	uint64_t sum = 0;
	unsigned i;

	for (i = 0; i < sp->sp_ncpus; i++)
		sum += stat_cell_read(&sp->sp_cpu[i]->c_stat[SG_PATH][which]);
	return sum;
}

/* A packet that came in, with a number in m_hash. */
static inline struct mbuf *
stages_packet(struct cpu *c, uint32_t n)
{
	struct mbuf *m = host_cpu(c->c_sp, c->c_id) == c ? m_alloc(c) : NULL;

	assert_non_null(m);
	m->m_hash = n;
	stat_add(c, SG_PATH, pks_received, 1);
	return m;
}

#endif
