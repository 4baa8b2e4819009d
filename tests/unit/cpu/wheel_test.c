/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The timing wheel, by hand and against a naive list: what fires, when, in
 * which order, and what wheel_next() promises.
 */
#include "cpu/wheel.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "base/random.h"

#define TICK   (UINT64_C(1) << WHEEL_TICK_SHIFT)
#define SECOND UINT64_C(1000000000)
#define HOUR   (3600 * SECOND)
#define YEAR   (8766 * HOUR)

/* A timer that remembers. */
struct probe {
	struct timer p_timer;
	unsigned p_fired;
	unsigned p_order; /* of all that fired */
};

struct world {
	struct wheel wo_wheel;
	uint64_t wo_now;
	unsigned wo_fired;
};

static void
probe_fire(struct timer *t, void *ctx)
{
	struct probe *p = container_of(t, struct probe, p_timer);
	struct world *wo = ctx;

	assert_false(timer_pending(t));
	p->p_fired++;
	p->p_order = ++wo->wo_fired;
}

static void
world_init(struct world *wo, uint64_t now)
{
	wheel_init(&wo->wo_wheel, now, wo);
	wo->wo_now = now;
	wo->wo_fired = 0;
}

static void
probe_init(struct probe *p, timer_fn *fn)
{
	timer_init(&p->p_timer, fn);
	p->p_fired = 0;
	p->p_order = 0;
}

/* From now, a delay; never early, at most a tick late, at any distance. */
static const struct {
	uint64_t now;
	uint64_t delay;
} edgetab[] = {
	{ 0, 1 },
	{ 0, TICK - 1 },
	{ 0, TICK },
	{ 0, TICK + 1 },
	{ 0, 63 * TICK },
	{ 0, 64 * TICK },
	{ 0, 64 * TICK + 1 },
	{ 63 * TICK, TICK },
	{ 63 * TICK + 5, TICK },
	{ 4095 * TICK, TICK },
	{ 4095 * TICK, 4096 * TICK },
	{ 12345678901, SECOND },
	{ 12345678901, 200 * SECOND },
	{ 12345678901, HOUR },
	{ HOUR - 1, 24 * HOUR },
	{ 3 * YEAR + 7, YEAR },
	{ 3 * YEAR + 7, 50 * YEAR },
	{ 50 * YEAR, 500 * YEAR },
	{ UINT64_MAX - HOUR, 30 * 60 * SECOND },
};

static void
on_time(void **state)
{
	struct world wo;
	struct probe p;
	uint64_t when;
	uint64_t end;
	unsigned i;

	for (i = 0; i < countof(edgetab); i++) {
		world_init(&wo, edgetab[i].now);
		probe_init(&p, probe_fire);
		when = edgetab[i].now + edgetab[i].delay;
		end = (when + TICK - 1) / TICK * TICK;
		timer_set(&wo.wo_wheel, &p.p_timer, when);
		assert_true(wheel_next(&wo.wo_wheel) <= end);
		assert_int_equal(wheel_run(&wo.wo_wheel, edgetab[i].now), 0);
		assert_int_equal(wheel_run(&wo.wo_wheel, when - 1), 0);
		assert_true(timer_pending(&p.p_timer));
		assert_int_equal(wheel_run(&wo.wo_wheel, end), 1);
		assert_int_equal(p.p_fired, 1);
		assert_true(wheel_next(&wo.wo_wheel) == UINT64_MAX);
	}
}

/* Who sleeps until wheel_next() each time is there in a few steps. */
static void
by_steps_of_wheel_next(void **state)
{
	struct world wo;
	struct probe p;
	uint64_t when;
	uint64_t next = 0;
	unsigned steps;
	unsigned i;

	for (i = 0; i < countof(edgetab); i++) {
		world_init(&wo, edgetab[i].now);
		probe_init(&p, probe_fire);
		when = edgetab[i].now + edgetab[i].delay;
		timer_set(&wo.wo_wheel, &p.p_timer, when);
		for (steps = 0; p.p_fired == 0; steps++) {
			assert_true(steps < WHEEL_LEVELS);
			next = wheel_next(&wo.wo_wheel);
			wheel_run(&wo.wo_wheel, next);
		}
		assert_true(next >= when);
		assert_true(next - when < TICK);
	}
}

static void
past_means_next_run(void **state)
{
	struct world wo;
	struct probe a;
	struct probe b;

	world_init(&wo, SECOND);
	probe_init(&a, probe_fire);
	probe_init(&b, probe_fire);
	timer_set(&wo.wo_wheel, &a.p_timer, 0);
	timer_set(&wo.wo_wheel, &b.p_timer, SECOND / TICK * TICK);
	assert_true(wheel_next(&wo.wo_wheel) <= SECOND);
	assert_int_equal(wheel_run(&wo.wo_wheel, SECOND), 2);
	assert_true(a.p_order < b.p_order);
}

static void
set_again_and_cancel(void **state)
{
	struct world wo;
	struct probe p;

	world_init(&wo, 0);
	probe_init(&p, probe_fire);
	timer_cancel(&wo.wo_wheel, &p.p_timer);
	timer_set(&wo.wo_wheel, &p.p_timer, SECOND);
	timer_set(&wo.wo_wheel, &p.p_timer, 3 * SECOND);
	assert_int_equal(wheel_run(&wo.wo_wheel, 2 * SECOND), 0);
	timer_set(&wo.wo_wheel, &p.p_timer, 2 * SECOND + TICK);
	assert_int_equal(wheel_run(&wo.wo_wheel, 2 * SECOND + 2 * TICK), 1);
	timer_set(&wo.wo_wheel, &p.p_timer, HOUR);
	timer_cancel(&wo.wo_wheel, &p.p_timer);
	assert_false(timer_pending(&p.p_timer));
	assert_true(wheel_next(&wo.wo_wheel) == UINT64_MAX);
	assert_int_equal(wheel_run(&wo.wo_wheel, 2 * HOUR), 0);
}

/* The order of one tick is the order of setting, wherever they waited. */
static void
same_tick_in_order_set(void **state)
{
	struct world wo;
	struct probe p[4];
	uint64_t when = 5 * HOUR;
	unsigned i;

	world_init(&wo, 0);
	for (i = 0; i < countof(p); i++)
		probe_init(&p[i], probe_fire);
	timer_set(&wo.wo_wheel, &p[0].p_timer, when);
	wheel_run(&wo.wo_wheel, when - HOUR);
	timer_set(&wo.wo_wheel, &p[1].p_timer, when);
	wheel_run(&wo.wo_wheel, when - SECOND);
	timer_set(&wo.wo_wheel, &p[2].p_timer, when);
	wheel_run(&wo.wo_wheel, when - TICK);
	timer_set(&wo.wo_wheel, &p[3].p_timer, when);
	assert_int_equal(wheel_run(&wo.wo_wheel, when + TICK), 4);
	for (i = 0; i < countof(p); i++)
		assert_int_equal(p[i].p_order, i + 1);
}

static struct probe *victim;

static void
cancel_victim(struct timer *t, void *ctx)
{
	struct world *wo = ctx;

	timer_cancel(&wo->wo_wheel, &victim->p_timer);
}

static void
cancel_the_next_of_the_tick(void **state)
{
	struct world wo;
	struct probe killer;
	struct probe target;

	world_init(&wo, 0);
	probe_init(&killer, cancel_victim);
	probe_init(&target, probe_fire);
	victim = &target;
	timer_set(&wo.wo_wheel, &killer.p_timer, SECOND);
	timer_set(&wo.wo_wheel, &target.p_timer, SECOND);
	assert_int_equal(wheel_run(&wo.wo_wheel, 2 * SECOND), 1);
	assert_int_equal(target.p_fired, 0);
	assert_true(wheel_next(&wo.wo_wheel) == UINT64_MAX);
}

static void
set_self_to_the_past(struct timer *t, void *ctx)
{
	struct world *wo = ctx;

	wo->wo_fired++;
	timer_set(&wo->wo_wheel, t, 0);
}

/* It fires once a run; a run ends. */
static void
a_run_cannot_be_held(void **state)
{
	struct world wo;
	struct probe p;
	unsigned i;

	world_init(&wo, 0);
	probe_init(&p, set_self_to_the_past);
	timer_set(&wo.wo_wheel, &p.p_timer, 0);
	for (i = 1; i < 10; i++) {
		assert_int_equal(wheel_run(&wo.wo_wheel, i * SECOND), 1);
		assert_true(wheel_next(&wo.wo_wheel) <= i * SECOND);
	}
}

static void
every_second(struct timer *t, void *ctx)
{
	struct world *wo = ctx;

	wo->wo_now += SECOND;
	wo->wo_fired++;
	timer_set(&wo->wo_wheel, t, wo->wo_now);
}

static void
periods_are_caught_up(void **state)
{
	struct world wo;
	struct probe p;

	world_init(&wo, 0);
	probe_init(&p, every_second);
	wo.wo_now = SECOND;
	timer_set(&wo.wo_wheel, &p.p_timer, SECOND);
	wheel_run(&wo.wo_wheel, HOUR + TICK);
	assert_int_equal(wo.wo_fired, 3600);
}

static void
fini_cancels(void **state)
{
	struct world wo;
	struct probe p[3];
	unsigned i;

	world_init(&wo, SECOND);
	for (i = 0; i < countof(p); i++)
		probe_init(&p[i], probe_fire);
	timer_set(&wo.wo_wheel, &p[0].p_timer, 0);
	timer_set(&wo.wo_wheel, &p[1].p_timer, 2 * SECOND);
	timer_set(&wo.wo_wheel, &p[2].p_timer, UINT64_MAX);
	wheel_fini(&wo.wo_wheel);
	for (i = 0; i < countof(p); i++)
		assert_false(timer_pending(&p[i].p_timer));
	assert_int_equal(wo.wo_fired, 0);
}

/*
 * The model: an array, searched whole.  A timer set to the past counts as of
 * the tick the wheel is at and waits for the next run.
 */
#define NTIMERS 64

struct mtimer {
	struct timer mt_timer;
	bool mt_set;
	uint64_t mt_when;
	uint64_t mt_tick;
	uint64_t mt_seq;
	uint64_t mt_run; /* not before this one */
};

struct model {
	struct wheel mo_wheel;
	struct rnd mo_rnd;
	struct mtimer mo_t[NTIMERS];
	uint64_t mo_now;
	uint64_t mo_tick;
	uint64_t mo_seq;
	uint64_t mo_run;
	unsigned mo_budget; /* for what functions may still do */
};

static struct mtimer *
model_first(struct model *mo)
{
	struct mtimer *best = NULL;
	struct mtimer *mt;
	unsigned i;

	for (i = 0; i < NTIMERS; i++) {
		mt = &mo->mo_t[i];
		if (!mt->mt_set || mt->mt_run > mo->mo_run)
			continue;
		if (best == NULL || mt->mt_tick < best->mt_tick ||
		    (mt->mt_tick == best->mt_tick && mt->mt_seq < best->mt_seq))
			best = mt;
	}
	return best;
}

/* Any distance: a random number of bits, backwards one time in eight. */
static uint64_t
model_time(struct model *mo, unsigned bits)
{
	uint64_t d = rnd_u64(&mo->mo_rnd) >>
	    (63 - rnd_below(&mo->mo_rnd, bits));

	if (rnd_below(&mo->mo_rnd, 8) == 0)
		return mo->mo_now - u64min(d, mo->mo_now);
	return mo->mo_now + d;
}

static void
model_set(struct model *mo, struct mtimer *mt)
{
	mt->mt_when = model_time(mo, 56);
	mt->mt_tick = mt->mt_when / TICK + (mt->mt_when % TICK != 0);
	mt->mt_run = 0;
	if (mt->mt_tick <= mo->mo_tick) {
		mt->mt_tick = mo->mo_tick;
		mt->mt_run = mo->mo_run + 1;
	}
	mt->mt_seq = mo->mo_seq++;
	mt->mt_set = true;
	timer_set(&mo->mo_wheel, &mt->mt_timer, mt->mt_when);
}

static void
model_act(struct model *mo)
{
	struct mtimer *mt = &mo->mo_t[rnd_below(&mo->mo_rnd, NTIMERS)];

	if (rnd_below(&mo->mo_rnd, 3) != 0) {
		model_set(mo, mt);
	} else {
		timer_cancel(&mo->mo_wheel, &mt->mt_timer);
		mt->mt_set = false;
	}
	assert_int_equal(timer_pending(&mt->mt_timer), mt->mt_set);
}

static void
model_fire(struct timer *t, void *ctx)
{
	struct mtimer *mt = container_of(t, struct mtimer, mt_timer);
	struct model *mo = ctx;

	assert_ptr_equal(mt, model_first(mo));
	assert_true(mt->mt_when <= mo->mo_now);
	mt->mt_set = false;
	mo->mo_tick = u64max(mo->mo_tick, mt->mt_tick);
	for (; mo->mo_budget > 0 && rnd_below(&mo->mo_rnd, 2); mo->mo_budget--)
		model_act(mo);
	if (mo->mo_budget > 0 && rnd_below(&mo->mo_rnd, 2)) {
		mo->mo_budget--;
		model_set(mo, mt);
	}
}

static void
model_run(struct model *mo, uint64_t now)
{
	struct mtimer *first;

	mo->mo_now = now;
	mo->mo_run++;
	mo->mo_budget = 20;
	wheel_run(&mo->mo_wheel, now);
	mo->mo_tick = u64max(mo->mo_tick, now / TICK);
	first = model_first(mo);
	assert_true(first == NULL || first->mt_tick > now / TICK);
}

static void
model_check_next(struct model *mo)
{
	uint64_t next = wheel_next(&mo->mo_wheel);
	struct mtimer *first;

	mo->mo_run++; /* as the next run will see it */
	first = model_first(mo);
	mo->mo_run--;
	if (first == NULL)
		assert_true(next == UINT64_MAX);
	else
		assert_true(next <= u64max(first->mt_tick, mo->mo_tick) * TICK);
}

static void
random_against_model(void **state)
{
	static struct model mo;
	uint64_t seed;
	unsigned step;
	unsigned i;

	for (seed = 0; seed < 20; seed++) {
		rnd_seed(&mo.mo_rnd, seed);
		mo.mo_now = seed % 2 ? rnd_u64(&mo.mo_rnd) >> 20 : 0;
		mo.mo_tick = mo.mo_now / TICK;
		wheel_init(&mo.mo_wheel, mo.mo_now, &mo);
		for (i = 0; i < NTIMERS; i++) {
			timer_init(&mo.mo_t[i].mt_timer, model_fire);
			mo.mo_t[i].mt_set = false;
		}
		for (step = 0; step < 4000; step++) {
			for (i = (unsigned)rnd_below(&mo.mo_rnd, 6); i > 0; i--)
				model_act(&mo);
			model_check_next(&mo);
			if (step % 3 == 0 &&
			    wheel_next(&mo.mo_wheel) != UINT64_MAX)
				model_run(&mo,
				    u64max(
					mo.mo_now, wheel_next(&mo.mo_wheel)));
			else
				model_run(&mo,
				    u64max(mo.mo_now, model_time(&mo, 44)));
		}
		wheel_fini(&mo.mo_wheel);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(on_time),
		cmocka_unit_test(by_steps_of_wheel_next),
		cmocka_unit_test(past_means_next_run),
		cmocka_unit_test(set_again_and_cancel),
		cmocka_unit_test(same_tick_in_order_set),
		cmocka_unit_test(cancel_the_next_of_the_tick),
		cmocka_unit_test(a_run_cannot_be_held),
		cmocka_unit_test(periods_are_caught_up),
		cmocka_unit_test(fini_cancels),
		cmocka_unit_test(random_against_model),
	};

	return cmocka_run_group_tests_name("cpu/wheel", tests, NULL, NULL);
}
