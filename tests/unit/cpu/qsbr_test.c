/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reclamation: in every order of what CPUs and ctl can do, an object is freed
 * as soon as nobody can hold it, and not before.  (Orders within these steps
 * are docs/models/qsbr.pml's.)
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cpu/qsbr.h"

#define NCPUS 2
#define NOBJS 8
#define DEPTH 7 /* steps */

enum step {
	CHECK0,
	CHECK1,
	SLEEP0,
	SLEEP1,
	WAKE0,
	WAKE1,
	RETIRE,
	RECLAIM,
	NSTEPS
};

struct world {
	struct qsbr w_q;
	bool w_asleep[NCPUS];
	unsigned w_nobjs;
	struct obj {
		unsigned o_holders; /* CPUs that may hold it */
		bool o_freed;
	} w_obj[NOBJS];
};

static void
obj_free(void *arg)
{
	struct obj *o = arg;

	assert_false(o->o_freed);
	assert_int_equal(o->o_holders, 0);
	o->o_freed = true;
}

static void
passed(struct world *w, unsigned cpu)
{
	unsigned i;

	for (i = 0; i < w->w_nobjs; i++)
		w->w_obj[i].o_holders &= ~(1u << cpu);
}

static void
retire(struct world *w)
{
	struct obj *o = &w->w_obj[w->w_nobjs++];
	unsigned i;

	role_enter(&on_ctl);
	for (i = 0; i < NCPUS; i++)
		if (!w->w_asleep[i])
			o->o_holders |= 1u << i;
	qsbr_retire(&w->w_q, o, 0, obj_free);
}

static void
reclaim(struct world *w)
{
	unsigned i, left = 0;

	role_enter(&on_ctl);
	for (i = 0; i < w->w_nobjs; i++)
		left += w->w_obj[i].o_holders != 0;
	assert_int_equal(qsbr_reclaim(&w->w_q), left);
	for (i = 0; i < w->w_nobjs; i++)
		assert_int_equal(w->w_obj[i].o_freed,
		    w->w_obj[i].o_holders == 0);
}

/* False: it cannot do that now. */
static bool
step(struct world *w, enum step s)
{
	unsigned cpu = s & 1;

	if (s <= SLEEP1 && w->w_asleep[cpu])
		return false;
	if ((s == WAKE0 || s == WAKE1) && !w->w_asleep[cpu])
		return false;
	if (s == RETIRE) {
		retire(w);
	} else if (s == RECLAIM) {
		reclaim(w);
	} else if (s <= CHECK1) {
		qsbr_checkpoint(&w->w_q, cpu);
		passed(w, cpu);
	} else if (s <= SLEEP1) {
		qsbr_sleep(&w->w_q, cpu);
		w->w_asleep[cpu] = true;
		passed(w, cpu);
	} else {
		qsbr_wake(&w->w_q, cpu);
		w->w_asleep[cpu] = false;
	}
	return true;
}

/*
 * The steps that the digits of n stand for, to the base NSTEPS, from the first
 * of weight "most".  Returns the weight of the one that cannot be, or 1.
 */
static unsigned
run(unsigned n, unsigned most)
{
	struct world w = { .w_asleep = { true, true } };
	unsigned i;

	assert_int_equal(qsbr_init(&w.w_q, NCPUS, false), 0);
	while (most > 1 && step(&w, n / most % NSTEPS))
		most /= NSTEPS;
	if (most == 1 && step(&w, n % NSTEPS))
		reclaim(&w);
	for (i = 0; i < w.w_nobjs; i++)
		w.w_obj[i].o_holders = 0;
	qsbr_fini(&w.w_q);
	for (i = 0; i < w.w_nobjs; i++)
		assert_true(w.w_obj[i].o_freed);
	return most;
}

static void
every_order(void **state)
{
	unsigned n, i, most = 1;

	for (i = 1; i < DEPTH; i++)
		most *= NSTEPS;
	/* Nothing that begins with what cannot be. */
	for (n = 0; n < most * NSTEPS; n = n / i * i + i)
		i = run(n, most);
}

static unsigned nfreed;

static void
count_free(void *p)
{
	nfreed++;
	free(p);
}

static bool
is_poison(const unsigned char *p, size_t n)
{
	while (n > 0 && p[--n] == 0xdb)
		if (n == 0)
			return true;
	return false;
}

/* Whoever kept a pointer reads poison, also when memory is asked for anew. */
static void
poisoned_and_kept(void **state)
{
	unsigned char *p = malloc(100), *fresh;
	struct qsbr q;

	role_enter(&on_ctl);
	memset(p, 7, 100);
	nfreed = 0;
	assert_int_equal(qsbr_init(&q, 1, true), 0);
	qsbr_wake(&q, 0);
	qsbr_retire(&q, p, 100, count_free);
	assert_int_equal(qsbr_reclaim(&q), 1);
	assert_int_equal(p[99], 7);
	qsbr_checkpoint(&q, 0);
	assert_int_equal(qsbr_reclaim(&q), 0);
	assert_true(is_poison(p, 100));
	assert_int_equal(nfreed, 0);
	fresh = malloc(100);
	assert_ptr_not_equal(fresh, p);
	free(fresh);
	qsbr_fini(&q);
	assert_int_equal(nfreed, 1);
}

struct chain {
	struct qsbr *ch_q;
	unsigned ch_left;
};

static void
chain_free(void *arg)
{
	struct chain *ch = arg;

	role_enter(&on_ctl);
	nfreed++;
	if (ch->ch_left-- > 0)
		qsbr_retire(ch->ch_q, ch, 0, chain_free);
}

/* Freeing one thing may retire the next. */
static void
retired_while_freeing(void **state)
{
	struct qsbr q;
	struct chain ch = { &q, 3 };

	role_enter(&on_ctl);
	nfreed = 0;
	assert_int_equal(qsbr_init(&q, 1, false), 0);
	qsbr_wake(&q, 0);
	qsbr_retire(&q, &ch, 0, chain_free);
	qsbr_checkpoint(&q, 0);
	assert_int_equal(qsbr_reclaim(&q), 1);
	assert_int_equal(nfreed, 1);
	qsbr_checkpoint(&q, 0);
	assert_int_equal(qsbr_reclaim(&q), 1);
	qsbr_drain(&q);
	assert_int_equal(nfreed, 4);
	assert_int_equal(qsbr_reclaim(&q), 0);
	qsbr_fini(&q);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_order),
		cmocka_unit_test(poisoned_and_kept),
		cmocka_unit_test(retired_while_freeing),
	};

	return cmocka_run_group_tests_name("cpu/qsbr", tests, NULL, NULL);
}
