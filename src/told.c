/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Stages while packets are told: what comes to a stage, and what stays there.
 *
 * A vector is given to its stage in pieces, in order: runs of packets that are
 * not told, and each told packet alone.  A stage cannot tell the difference;
 * what it says to a packet of a vector it says to one alone.
 *
 * That a packet came here is told before the stage has it.  If it is nowhere
 * afterwards, on no stage, not on its way to another CPU, and no end of it was
 * told, then the stage has taken it: it was for this host.
 */
#include <string.h>

#include "mbuf/tell.h"
#include "path.h"

/* How full the stages, and the bundles for other CPUs, were. */
struct told_before {
	uint8_t tb_n[ST_N];
	struct mbuf **tb_tail[ST_N];
	uint8_t tb_hand[CPU_MAX];
	uint64_t tb_put[CPU_MAX];
	unsigned tb_ends;
};
static_assert(MVEC_MAX <= UINT8_MAX, "tb_n");

static void
told_look(const struct cpu *c, struct told_before *tb)
{
	const struct path *p = c->c_path;
	unsigned i;

	for (i = 0; i < ST_N; i++) {
		tb->tb_n[i] = (uint8_t)p->p_stage[i].ps_vec.mv_n;
		tb->tb_tail[i] = p->p_stage[i].ps_tail;
	}
	for (i = 0; i < c->c_sp->sp_ncpus; i++) {
		tb->tb_hand[i] = (uint8_t)p->p_hand[i].ph_n;
		tb->tb_put[i] = p->p_hand[i].ph_put;
	}
	tb->tb_ends = tell_ends(c);
}

static bool
told_among(struct mbuf *const *mm, unsigned from, unsigned to, uint32_t told)
{
	for (; from < to; from++)
		if (m_is_told(mm[from]) && mm[from]->m_told == told)
			return true;
	return false;
}

/* Whether the packet, or a piece of it, goes on somewhere. */
static bool
told_goes_on(
    const struct cpu *c, const struct told_before *tb, uint32_t told)
{
	const struct path *p = c->c_path;
	const struct path_stage *ps;
	const struct path_hand *ph;
	unsigned i;

	if (tell_ends(c) != tb->tb_ends)
		return true;
	for (i = 0; i < ST_N; i++) {
		ps = &p->p_stage[i];
		if (ps->ps_tail != tb->tb_tail[i] ||
		    told_among(ps->ps_vec.mv_m, tb->tb_n[i], ps->ps_vec.mv_n,
			told))
			return true;
	}
	for (i = 0; i < c->c_sp->sp_ncpus; i++) {
		ph = &p->p_hand[i];
		if (ph->ph_put != tb->tb_put[i] ||
		    told_among(ph->ph_m, tb->tb_hand[i], ph->ph_n, told))
			return true;
	}
	return false;
}

static void ON_CPU
told_one(struct cpu *c, stage_fn *fn, unsigned st, struct mbuf *m)
{
	uint32_t told = m->m_told;
	struct told_before tb;
	struct mvec one;

	tell_at(c, m, st);
	told_look(c, &tb);
	one.mv_n = 1;
	one.mv_m[0] = m;
	fn(c, &one);
	if (!told_goes_on(c, &tb, told))
		tell_taken(c, told, st);
}

static void
told_stage(struct cpu *c, struct mvec *mv)
{
	unsigned st = c->c_path->p_now, first, i;
	stage_fn *fn = path_fn[st];
	struct mvec run;

	role_enter(&on_cpu);
	for (first = 0; first < mv->mv_n; first = i) {
		i = first + 1;
		if (m_is_told(mv->mv_m[first])) {
			told_one(c, fn, st, mv->mv_m[first]);
			continue;
		}
		while (i < mv->mv_n && !m_is_told(mv->mv_m[i]))
			i++;
		run.mv_n = i - first;
		memcpy(run.mv_m, mv->mv_m + first,
		    run.mv_n * sizeof(run.mv_m[0]));
		fn(c, &run);
	}
}

#define X(stage, fn) [stage] = told_stage,
stage_fn *const path_told_fn[ST_N] = { PATH(X) };
#undef X

void
path_tell(struct spate *sp, bool on)
{
	unsigned i;

	for (i = 0; i < sp->sp_ncpus; i++)
		atomic_store_explicit(&sp->sp_cpu[i]->c_path->p_fn,
		    on ? path_told_fn : path_fn, memory_order_relaxed);
}
