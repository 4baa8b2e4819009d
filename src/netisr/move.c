/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Moving buckets: what CPUs do; move.h tells the steps.
 */
#include <errno.h>
#include <stdlib.h>

#include "base/lines.h"
#include "base/plant.h"
#include "mbuf/tell.h"
#include "netisr/move_int.h"
#include "netisr/netisr.h"

/* Whether any of the way's ends is this CPU, as seen from the other. */
static bool
move_goes(const struct move *mv, unsigned from, unsigned to)
{
	unsigned i;

	for (i = 0; i < mv->mv_n; i++)
		if (mv->mv_way[i].mw_from == from && mv->mv_way[i].mw_to == to)
			return true;
	return false;
}

/* Step 1, at the new owner. */
void
move_prepare(struct endpoint *ep, struct msg *msg)
{
	struct move_msg *mm = move_msg(msg);
	struct move_cpu *mc = endpoint_cpu(ep)->c_move;
	unsigned i;

	for (i = 0; i < mm->mm_move->mv_n; i++)
		if (mm->mm_move->mv_way[i].mw_to == ep->ep_id) {
			bitmap_set(mc->mc_coming,
			    mm->mm_move->mv_way[i].mw_bucket);
			mc->mc_ncoming++;
		}
	move_send(ep, sp_ctl_id(ep->ep_sp), mm, move_held);
}

bool
move_hold_coming(struct cpu *c, enum stage st, struct mbuf *m)
{
	struct move_cpu *mc = c->c_move;
	unsigned bucket;

	if (m->m_hashtype == RSS_NONE)
		return false;
	bucket = rss_bucket(c->c_sp, m->m_hash);
	if (!bitmap_test(mc->mc_coming, bucket))
		return false;
	tell_held(c, m, "bucket %u is on its way to this CPU", bucket);
	if (cpu_pretends(c)) {
		m_free(c, m);
		return true;
	}
	if (mc->mc_nheld >= tun(c->c_sp, isr_maxhold)) {
		m_drop(c, m, SG_NETISR, nis_holdfull);
		return true;
	}
	m->m_stage = (uint8_t)st;
	m->m_nextpkt = NULL;
	*mc->mc_tail = m;
	mc->mc_tail = &m->m_nextpkt;
	mc->mc_nheld++;
	stat_add(c, SG_NETISR, nis_held, 1);
	stat_add(c, SG_PATH, pks_held, 1);
	return true;
}

/* Step 5, at the new owner: in order, those whose bucket is here. */
static void ON_CPU
move_release(struct cpu *c)
{
	struct move_cpu *mc = c->c_move;
	struct mbuf *m, *next, *list = mc->mc_held;
	uint64_t n = mc->mc_nheld;
	unsigned b;

	mc->mc_held = NULL;
	mc->mc_tail = &mc->mc_held;
	mc->mc_nheld = 0;
	for (m = list; m != NULL; m = next) {
		next = m->m_nextpkt;
		b = rss_bucket(c->c_sp, m->m_hash);
		if (bitmap_test(mc->mc_coming, b)) {
			m->m_nextpkt = NULL;
			*mc->mc_tail = m;
			mc->mc_tail = &m->m_nextpkt;
			mc->mc_nheld++;
		} else {
			path_next(c, m->m_stage, m);
		}
	}
	stat_add(c, SG_PATH, pks_held, mc->mc_nheld - n);
}

static void ON_CPU
move_attach(struct cpu *c, struct move_way *mw)
{
	unsigned i;

	for (i = 0; i < bucket_nstates; i++)
		if (mw->mw_state[i] != NULL) {
			bucket_states[i].bs_attach(
			    c, mw->mw_bucket, mw->mw_state[i]);
			mw->mw_state[i] = NULL;
		}
	bitmap_clear(c->c_move->mc_coming, mw->mw_bucket);
	c->c_move->mc_ncoming--;
	stat_add(c, SG_NETISR, nis_moved, 1);
}

/* Step 5, at the new owner. */
static void
move_state(struct endpoint *ep, struct msg *msg)
{
	struct move_msg *mm = move_msg(msg);
	struct cpu *c = endpoint_cpu(ep);
	unsigned i;

	role_enter(&on_cpu);
	for (i = 0; i < mm->mm_move->mv_n; i++) {
		struct move_way *mw = &mm->mm_move->mv_way[i];

		if (mw->mw_from == mm->mm_old && mw->mw_to == c->c_id)
			move_attach(c, mw);
	}
	move_release(c);
	move_send(ep, sp_ctl_id(ep->ep_sp), mm, move_over);
}

static void ON_CPU
move_detach(struct cpu *c, struct move_way *mw)
{
	unsigned i;

	for (i = 0; i < bucket_nstates; i++)
		mw->mw_state[i] = bucket_states[i].bs_detach(c, mw->mw_bucket);
}

/* Step 5, at the old owner: all that it had has left. */
static void ON_CPU
move_give(struct cpu *c)
{
	struct move_cpu *mc = c->c_move;
	struct move_msg *mm = mc->mc_left, *next;
	struct move *mv = mm->mm_move;
	unsigned i;

	for (i = 0; i < mv->mv_n; i++)
		if (mv->mv_way[i].mw_from == c->c_id)
			move_detach(c, &mv->mv_way[i]);
	mc->mc_left = NULL;
	mc->mc_nleft = 0;
	for (; mm != NULL; mm = next) {
		next = mm->mm_next;
		if (move_goes(mv, c->c_id, mm->mm_cpu))
			move_send(&c->c_ep, mm->mm_cpu, mm, move_state);
		else
			move_send(&c->c_ep, sp_ctl_id(c->c_sp), mm, move_over);
	}
}

/* Step 4, at the old owner: one CPU has sent what we handed to it. */
static void
move_left(struct endpoint *ep, struct msg *msg)
{
	struct move_msg *mm = move_msg(msg);
	struct cpu *c = endpoint_cpu(ep);

	role_enter(&on_cpu);
	mm->mm_next = c->c_move->mc_left;
	c->c_move->mc_left = mm;
	if (++c->c_move->mc_nleft == c->c_sp->sp_ncpus)
		move_give(c);
}

/* Step 4, at each CPU: the answer is given at the end of a round. */
static void
move_ask(struct endpoint *ep, struct msg *msg)
{
	struct move_cpu *mc = endpoint_cpu(ep)->c_move;
	struct move_msg *mm = move_msg(msg);

	mm->mm_next = mc->mc_asked;
	mc->mc_asked = mm;
}

static void ON_CPU
move_answer(struct cpu *c)
{
	struct move_cpu *mc = c->c_move;
	struct move_msg *mm, *next, *keep = NULL;

	for (mm = mc->mc_asked; mm != NULL; mm = next) {
		next = mm->mm_next;
		if (mm->mm_old == c->c_id ||
		    path_taken(c, mm->mm_old) >= mm->mm_seq) {
			move_send(&c->c_ep, mm->mm_old, mm, move_left);
		} else {
			mm->mm_next = keep;
			keep = mm;
		}
	}
	mc->mc_asked = keep;
}

/* Step 3, at the old owner: whether what was marked has been taken in. */
static bool ON_CPU
move_marks_passed(const struct cpu *c)
{
	const struct move_cpu *mc = c->c_move;
	const struct move_msg *mm;

	if (mc->mc_nmarks < c->c_sp->sp_ncpus)
		return false;
	for (mm = mc->mc_marks; mm != NULL; mm = mm->mm_next)
		if (mm->mm_cpu != c->c_id &&
		    path_taken(c, mm->mm_cpu) < mm->mm_seq)
			return false;
	return true;
}

/* Step 4, at the old owner. */
static void ON_CPU
move_ask_all(struct cpu *c)
{
	struct move_cpu *mc = c->c_move;
	struct move_msg *mm, *next;

	for (mm = mc->mc_marks; mm != NULL; mm = next) {
		next = mm->mm_next;
		mm->mm_seq = path_handed(c, mm->mm_cpu);
		move_send(&c->c_ep, mm->mm_cpu, mm, move_ask);
	}
	mc->mc_marks = NULL;
	mc->mc_nmarks = 0;
}

void
move_run_marks(struct cpu *c)
{
	/* Packets that stay for the next round have not left. */
	if (path_waiting(c))
		return;
	move_answer(c);
	if (move_marks_passed(c))
		move_ask_all(c);
}

/* Step 3, at the old owner: a CPU's mark. */
static void
move_marked(struct endpoint *ep, struct msg *msg)
{
	struct move_cpu *mc = endpoint_cpu(ep)->c_move;
	struct move_msg *mm = move_msg(msg);

	mm->mm_next = mc->mc_marks;
	mc->mc_marks = mm;
	mc->mc_nmarks++;
}

/*
 * Step 3, at each CPU: from now on it finds the new owner.  Between two rounds
 * nothing that was meant for the old one is in its stages, only in its bundle.
 */
void
move_mark(struct endpoint *ep, struct msg *msg)
{
	struct move_msg *mm = move_msg(msg);
	struct cpu *c = endpoint_cpu(ep);

	role_enter(&on_cpu);
	if (PLANT_MARK) {
		move_send(ep, mm->mm_old, mm, move_left);
		return;
	}
	path_hand_flush(c);
	mm->mm_seq = path_handed(c, mm->mm_old);
	move_send(ep, mm->mm_old, mm, move_marked);
}

int
move_cpu_init(struct cpu *c)
{
	if ((c->c_move = lines_alloc(1, sizeof(*c->c_move))) == NULL)
		return ENOMEM;
	c->c_move->mc_tail = &c->c_move->mc_held;
	return 0;
}

void
move_cpu_fini(struct cpu *c)
{
	free(c->c_move);
	c->c_move = NULL;
}
