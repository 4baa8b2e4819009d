/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The path: the functions behind the stages, running them, and handing packets
 * to another CPU.
 *
 * Packets change CPU in bundles: path_hand() collects, path_hand_flush() puts
 * the bundle on the ring of the pair of CPUs and wakes the other once.  What
 * does not fit is dropped: an overloaded CPU must not stop the one that feeds
 * it.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cycles.h"
#include "base/kassert.h"
#include "base/lines.h"
#include "base/point.h"
#include "base/probe.h"
#include "dev/dev.h"
#include "dhcp/relay.h"
#include "ether/arp.h"
#include "ether/ether.h"
#include "fast/fast.h"
#include "ip/ip.h"
#include "ip6/ip6.h"
#include "netisr/move.h"
#include "netisr/netisr.h"
#include "path.h"
#include "route/neigh.h"
#include "udp/udp.h"

#define HAND_RING 2048 /* packets on their way between two CPUs */

#define X(stage, fn) [stage] = fn,
stage_fn *const path_fn[ST_N] = { PATH(X) };
#undef X

#define X(stage, fn) [stage] = #fn,
const char *const path_names[ST_N] = { PATH(X) };
#undef X

int
path_create(struct cpu *c)
{
	struct path *p;
	unsigned i;

	if ((p = lines_alloc(1, sizeof(*p))) == NULL)
		return ENOMEM;
	c->c_path = p;
	p->p_now = ST_N;
	atomic_init(&p->p_fn, path_fn);
	p->p_names = path_names;
	for (i = 0; i < c->c_sp->sp_ncpus; i++)
		if (i != c->c_id &&
		    (p->p_in[i] = ring_create(HAND_RING)) == NULL) {
			path_destroy(c);
			return ENOMEM;
		}
	return 0;
}

void
path_destroy(struct cpu *c)
{
	unsigned i;

	if (c->c_path == NULL)
		return;
	for (i = 0; i < CPU_MAX; i++)
		ring_destroy(c->c_path->p_in[i]);
	free(c->c_path);
	c->c_path = NULL;
}

void
path_queue(struct path_stage *ps, struct mbuf *m)
{
	if (ps->ps_tail == NULL)
		ps->ps_tail = &ps->ps_more;
	m->m_nextpkt = NULL;
	*ps->ps_tail = m;
	ps->ps_tail = &m->m_nextpkt;
}

/* Move on from the list what fits into the vector. */
static void
path_refill(struct path_stage *ps)
{
	struct mbuf *m;

	while ((m = ps->ps_more) != NULL && ps->ps_vec.mv_n < MVEC_MAX) {
		ps->ps_more = m->m_nextpkt;
		ps->ps_vec.mv_m[ps->ps_vec.mv_n++] = m;
	}
	if (m == NULL)
		ps->ps_tail = NULL;
}

static void
path_call_timed(
    struct cpu *c, struct path_stage *ps, stage_fn *fn, struct mvec *mv)
{
	uint64_t began = cycles();

	fn(c, mv);
	stat_cell_add(&ps->ps_cycles, cycles() - began);
}

/*
 * The vector is worked on as a copy, so that the stage may append to itself.
 * At most what was there at the start is done: a stage that feeds itself
 * waits for the next sweep.
 */
static unsigned ON_CPU
path_run_stage(struct cpu *c, enum stage st)
{
	struct path_stage *ps = &c->c_path->p_stage[st];
	/* Relaxed: both tables are constants. */
	stage_fn *fn = atomic_load_explicit(
	    &c->c_path->p_fn, memory_order_relaxed)[st];
	struct mvec mv;
	unsigned n = ps->ps_vec.mv_n;

	sim_point(SP_STAGE);
	memcpy(mv.mv_m, ps->ps_vec.mv_m, n * sizeof(mv.mv_m[0]));
	mv.mv_n = n;
	ps->ps_vec.mv_n = 0;
	c->c_path->p_some &= ~(UINT64_C(1) << st);
	c->c_path->p_now = st;
	if (PROBE_ON(stage__begin))
		PROBE(stage__begin, c->c_id, st, n, path_names[st]);
	if (tun(c->c_sp, isr_cycles) != 0)
		path_call_timed(c, ps, fn, &mv);
	else
		fn(c, &mv);
	if (PROBE_ON(stage__end))
		PROBE(stage__end, c->c_id, st, n, path_names[st]);
	stat_cell_add(&ps->ps_packets, n);
	stat_cell_add(&ps->ps_calls, 1);
	if (ps->ps_tail != NULL) {
		path_refill(ps);
		c->c_path->p_some |= UINT64_C(1) << st;
	}
	return n;
}

/* The stages from first to last, as a set; none if there are none. */
static inline uint64_t
path_set(unsigned first, unsigned last)
{
	return first > last ? 0 :
	    (UINT64_C(2) << last) - (UINT64_C(1) << first);
}

unsigned
path_run(struct cpu *c, enum stage first, enum stage last)
{
	struct path *p = c->c_path;
	uint64_t left = path_set(first, last), some;
	unsigned st, n = 0;

	/* Stages before one that has run wait, whatever they were given. */
	for (; (some = p->p_some & left) != 0; left = path_set(st + 1, last)) {
		st = (unsigned)__builtin_ctzll(some);
		if (p->p_stage[st].ps_vec.mv_n > 0)
			n += path_run_stage(c, st);
		else
			p->p_some &= ~(UINT64_C(1) << st);
	}
	p->p_now = ST_N;
	return n;
}

bool
path_waiting(const struct cpu *c)
{
	uint64_t some = c->c_path->p_some;

	for (; some != 0; some &= some - 1)
		if (c->c_path->p_stage[__builtin_ctzll(some)].ps_vec.mv_n > 0)
			return true;
	return false;
}

static void ON_CPU
path_hand_flush_to(struct cpu *c, unsigned cpu)
{
	struct path_hand *ph = &c->c_path->p_hand[cpu];
	struct ring *ring = c->c_sp->sp_cpu[cpu]->c_path->p_in[c->c_id];
	unsigned i, n, fits;

	n = netisr_admit(c, cpu, ph->ph_m, ph->ph_n);
	fits = umin(n, ring_room(ring));
	netisr_queued(c, cpu, ph->ph_m, n, fits);
	/* Held from here until the other CPU takes them off its count. */
	stat_add(c, SG_PATH, pks_held, fits);
	for (i = fits; i < n; i++)
		m_drop(c, ph->ph_m[i], SG_PATH, pks_handfull);
	ph->ph_n = 0;
	if (fits == 0)
		return;
	n = ring_put(ring, (void *const *)ph->ph_m, fits);
	KASSERT(n == fits); /* only we fill it */
	ph->ph_put += n;
	endpoint_wake(c->c_sp, cpu);
}

void
path_hand_isr(struct cpu *c, unsigned cpu, enum stage st, unsigned isr,
    struct mbuf *m)
{
	struct path_hand *ph = &c->c_path->p_hand[cpu];

	KASSERT(cpu != c->c_id && cpu < c->c_sp->sp_ncpus);
	m->m_stage = (uint8_t)st;
	m->m_isr = (uint8_t)isr;
	ph->ph_m[ph->ph_n++] = m;
	if (ph->ph_n == MVEC_MAX)
		path_hand_flush_to(c, cpu);
}

void
path_hand(struct cpu *c, unsigned cpu, enum stage st, struct mbuf *m)
{
	path_hand_isr(c, cpu, st, NETISR_NONE, m);
}

void
path_hand_flush(struct cpu *c)
{
	unsigned i;

	for (i = 0; i < c->c_sp->sp_ncpus; i++)
		if (c->c_path->p_hand[i].ph_n > 0)
			path_hand_flush_to(c, i);
}

/*
 * A packet from another CPU goes on where that left it, unless it came because
 * of its bucket and that is only on its way here.
 */
static void ON_CPU
path_take(struct cpu *c, struct mbuf *m)
{
	if (likely(m->m_isr == NETISR_NONE || !move_hold(c, m->m_stage, m)))
		path_next(c, m->m_stage, m);
}

unsigned
path_hand_run(struct cpu *c)
{
	struct mbuf *batch[MVEC_MAX];
	unsigned i, k, n, total = 0;

	for (i = 0; i < c->c_sp->sp_ncpus; i++) {
		if (i == c->c_id)
			continue;
		n = ring_get(c->c_path->p_in[i], (void **)batch, MVEC_MAX);
		if (n == 0)
			continue;
		netisr_handled(c, i, batch, n);
		for (k = 0; k < n; k++)
			path_take(c, batch[k]);
		c->c_path->p_taken[i] += n;
		total += n;
	}
	if (total > 0) {
		netisr_handled_end(c);
		stat_add(c, SG_PATH, pks_held, -(uint64_t)total);
	}
	return total;
}

bool
path_hand_waiting(const struct cpu *c)
{
	unsigned i;

	for (i = 0; i < c->c_sp->sp_ncpus; i++)
		if (i != c->c_id && !ring_empty(c->c_path->p_in[i]))
			return true;
	return false;
}

unsigned
path_untaken(const struct cpu *c, unsigned cpu)
{
	return ring_count(c->c_sp->sp_cpu[cpu]->c_path->p_in[c->c_id]);
}
