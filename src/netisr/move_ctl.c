/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Moving buckets: what ctl does; move.h tells the steps.
 */
#include <errno.h>
#include <stdlib.h>

#include "netisr/move_int.h"

/* Somebody who waits for a move. */
struct move_wait {
	struct move_wait *mw_next; /* [C] */
	move_done_fn *mw_done; /* [C] NULL: has left */
	void *mw_arg; /* [C] */
};

struct move_ctl {
	struct move *mt_move; /* [C] the one that runs */
	uint64_t mt_count; /* [C] buckets moved */
	struct move_wait *mt_now; /* [C] for the one that runs */
	struct move_wait *mt_next; /* [C] for the one after it */
	uint16_t mt_want[RSS_MAXBUCKETS]; /* [C] owners asked for */
};

static void move_next(struct ctl *) ON_CTL;

static void ON_CTL
move_wake(struct ctl *ctl, struct move_wait **list, int error)
{
	struct move_wait *mw;

	while ((mw = *list) != NULL) {
		*list = mw->mw_next;
		if (mw->mw_done != NULL)
			mw->mw_done(ctl, error, mw->mw_arg);
		free(mw);
	}
}

static void ON_CTL
move_free(struct ctl *ctl, struct move *mv)
{
	struct move_msg *mm;

	if (mv == NULL)
		return;
	while ((mm = mv->mv_tour) != NULL) {
		mv->mv_tour = mm->mm_next;
		msg_done(&ctl->ctl_ep, &mm->mm_msg);
	}
	free(mv);
}

/* A message has come to its end; with the last of them the move has. */
void
move_over(struct endpoint *ep, struct msg *msg)
{
	struct ctl *ctl = endpoint_ctl(ep);
	struct move_ctl *mt = ctl->ctl_move;
	struct move *mv = move_msg(msg)->mm_move;

	role_enter(&on_ctl);
	msg_done(ep, msg);
	if (--mv->mv_left > 0)
		return;
	mt->mt_count += mv->mv_n;
	mt->mt_move = NULL;
	move_free(ctl, mv);
	move_wake(ctl, &mt->mt_now, 0);
	move_next(ctl);
}

/* Step 2: all new owners are ready to hold. */
static void ON_CTL
move_publish(struct ctl *ctl, struct move *mv)
{
	unsigned i;

	for (i = 0; i < mv->mv_n; i++)
		rss_set_cpu(ctl->ctl_sp, mv->mv_way[i].mw_bucket,
		    mv->mv_way[i].mw_to);
}

static bool
move_loses(const struct move *mv, unsigned cpu)
{
	unsigned i;

	for (i = 0; i < mv->mv_n; i++)
		if (mv->mv_way[i].mw_from == cpu)
			return true;
	return false;
}

static bool
move_gains(const struct move *mv, unsigned cpu)
{
	unsigned i;

	for (i = 0; i < mv->mv_n; i++)
		if (mv->mv_way[i].mw_to == cpu)
			return true;
	return false;
}

/*
 * The messages of one step: to each CPU, about each old owner; or, to prepare,
 * to each new owner.  All or none.
 */
static struct move_msg *ON_CTL
move_msgs(struct ctl *ctl, struct move *mv, bool prepare)
{
	struct move_msg *mm, *list = NULL;
	unsigned cpu, old, n = ctl->ctl_sp->sp_ncpus;

	for (cpu = 0; cpu < n; cpu++)
		for (old = 0; old < (prepare ? 1 : n); old++) {
			if (prepare ? !move_gains(mv, cpu) :
			    !move_loses(mv, old))
				continue;
			if ((mm = msg_alloc(&ctl->ctl_ep, sizeof(*mm))) ==
			    NULL)
				goto fail;
			mm->mm_move = mv;
			mm->mm_cpu = (uint16_t)cpu;
			mm->mm_old = (uint16_t)old;
			mm->mm_next = list;
			list = mm;
		}
	return list;
fail:
	while ((mm = list) != NULL) {
		list = mm->mm_next;
		msg_done(&ctl->ctl_ep, &mm->mm_msg);
	}
	return NULL;
}

static void ON_CTL
move_send_all(struct ctl *ctl, struct move_msg *mm,
    void (*fn)(struct endpoint *, struct msg *))
{
	struct move_msg *next;

	for (; mm != NULL; mm = next) {
		next = mm->mm_next;
		mm->mm_move->mv_left++;
		move_send(&ctl->ctl_ep, mm->mm_cpu, mm, fn);
	}
}

/*
 * Step 1 is over for one new owner; for the last, steps 2 and 3.
 */
void
move_held(struct endpoint *ep, struct msg *msg)
{
	struct ctl *ctl = endpoint_ctl(ep);
	struct move *mv = move_msg(msg)->mm_move;
	struct move_msg *tour = mv->mv_tour;

	role_enter(&on_ctl);
	msg_done(ep, msg);
	if (--mv->mv_left > 0)
		return;
	mv->mv_tour = NULL;
	move_publish(ctl, mv);
	move_send_all(ctl, tour, move_mark);
}

/* The buckets that are not where they are wanted; NULL: none, or no memory. */
static struct move *ON_CTL
move_make(struct ctl *ctl, int *error)
{
	const struct spate *sp = ctl->ctl_sp;
	struct move_ctl *mt = ctl->ctl_move;
	unsigned b, n = rss_buckets(sp);
	struct move *mv;

	*error = 0;
	mv = calloc(1, sizeof(*mv) + n * sizeof(mv->mv_way[0]));
	if (mv == NULL) {
		*error = ENOMEM;
		return NULL;
	}
	for (b = 0; b < n; b++) {
		if (mt->mt_want[b] != MOVE_STAY &&
		    mt->mt_want[b] != rss_cpu(sp, b))
			mv->mv_way[mv->mv_n++] = (struct move_way){
				.mw_bucket = (uint16_t)b,
				.mw_from = (uint16_t)rss_cpu(sp, b),
				.mw_to = mt->mt_want[b],
			};
		mt->mt_want[b] = MOVE_STAY;
	}
	if (mv->mv_n > 0)
		return mv;
	free(mv);
	return NULL;
}

static int ON_CTL
move_start(struct ctl *ctl)
{
	struct move_msg *prepare;
	struct move *mv;
	int error;

	if ((mv = move_make(ctl, &error)) == NULL)
		return error;
	mv->mv_tour = move_msgs(ctl, mv, false);
	prepare = mv->mv_tour != NULL ? move_msgs(ctl, mv, true) : NULL;
	if (prepare == NULL) {
		move_free(ctl, mv);
		return ENOMEM;
	}
	ctl->ctl_move->mt_move = mv;
	move_send_all(ctl, prepare, move_prepare);
	return 0;
}

/* What has been asked for since the last move began. */
static void ON_CTL
move_next(struct ctl *ctl)
{
	struct move_ctl *mt = ctl->ctl_move;
	int error;

	while (mt->mt_move == NULL && mt->mt_next != NULL) {
		mt->mt_now = mt->mt_next;
		mt->mt_next = NULL;
		if ((error = move_start(ctl)) != 0)
			log_error(&ctl->ctl_sp->sp_env.env_log,
			    "no memory to move buckets; they stay");
		if (mt->mt_move == NULL)
			move_wake(ctl, &mt->mt_now, error);
	}
}

int
move_buckets(struct ctl *ctl, const uint16_t *cpu, move_done_fn *done,
    void *arg)
{
	struct move_ctl *mt = ctl->ctl_move;
	unsigned b, n = rss_buckets(ctl->ctl_sp);
	struct move_wait *mw;

	for (b = 0; b < n; b++)
		if (cpu[b] != MOVE_STAY && cpu[b] >= ctl->ctl_sp->sp_ncpus)
			return EINVAL;
	if ((mw = calloc(1, sizeof(*mw))) == NULL)
		return ENOMEM;
	mw->mw_done = done;
	mw->mw_arg = arg;
	mw->mw_next = mt->mt_next;
	mt->mt_next = mw;
	for (b = 0; b < n; b++)
		if (cpu[b] != MOVE_STAY)
			mt->mt_want[b] = cpu[b];
	move_next(ctl);
	return 0;
}

static void
move_wait_leave(struct move_wait *mw, const void *arg)
{
	for (; mw != NULL; mw = mw->mw_next)
		if (mw->mw_arg == arg)
			mw->mw_done = NULL;
}

void
move_leave(struct ctl *ctl, const void *arg)
{
	move_wait_leave(ctl->ctl_move->mt_now, arg);
	move_wait_leave(ctl->ctl_move->mt_next, arg);
}

uint64_t
move_count(const struct ctl *ctl)
{
	return ctl->ctl_move->mt_count;
}

bool
move_running(const struct ctl *ctl)
{
	return ctl->ctl_move->mt_move != NULL;
}

int
move_ctl_init(struct ctl *ctl)
{
	unsigned b;

	if ((ctl->ctl_move = calloc(1, sizeof(*ctl->ctl_move))) == NULL)
		return ENOMEM;
	for (b = 0; b < RSS_MAXBUCKETS; b++)
		ctl->ctl_move->mt_want[b] = MOVE_STAY;
	return 0;
}

/* Messages under way have been freed; nobody is called any more. */
static void
move_forget(struct move_wait *mw)
{
	struct move_wait *next;

	for (; mw != NULL; mw = next) {
		next = mw->mw_next;
		free(mw);
	}
}

void
move_ctl_fini(struct ctl *ctl)
{
	struct move_ctl *mt = ctl->ctl_move;

	if (mt == NULL)
		return;
	move_free(ctl, mt->mt_move);
	move_forget(mt->mt_now);
	move_forget(mt->mt_next);
	free(mt);
	ctl->ctl_move = NULL;
}
