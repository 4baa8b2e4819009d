/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Compiled tables that are changed in place: after each change they agree with
 * the rib wherever an answer can change, what a reader had found stays as it
 * was until its round ends, and words that became free are used again.
 */
#include <string.h>

#include "naive.h"

#include "base/bytes.h"
#include "cpu/qsbr.h"
#include "route/fib4.h"
#include "route/fib6.h"
#include "route/fib_edit.h"

#define READS 64 /* lookups a reader has begun */

struct world {
	struct rnd w_rnd;
	const struct shape *w_shape;
	struct qsbr w_qsbr;
	struct rib *w_rib;
	struct fib4 *w_fib4;
	struct fib6 *w_fib6;
	struct naive w_nv; /* the routes there are; not searched */
	unsigned w_updates; /* done in place */
	unsigned w_compiles;
};

static struct world w;

static void
world_init(const struct shape *sh, uint64_t seed)
{
	memset(&w, 0, sizeof(w));
	role_enter(&on_ctl);
	rnd_seed(&w.w_rnd, seed);
	w.w_shape = sh;
	assert_int_equal(qsbr_init(&w.w_qsbr, 1, false), 0);
	qsbr_wake(&w.w_qsbr, 0);
	assert_int_equal(rib_create(&w.w_rib), 0);
	naive_fill(&w.w_nv, w.w_rib, &w.w_rnd, sh);
	assert_int_equal(fib4_compile(w.w_rib, &w.w_fib4), 0);
	assert_int_equal(fib6_compile(w.w_rib, &w.w_fib6), 0);
}

static void
world_fini(void)
{
	qsbr_drain(&w.w_qsbr);
	qsbr_fini(&w.w_qsbr);
	fib4_free(w.w_fib4);
	fib6_free(w.w_fib6);
	rib_destroy(w.w_rib);
}

static void
mark(const struct prefix *p)
{
	role_enter(&on_ctl);
	if (w.w_shape->sh_family == ADDR_V4)
		fib4_mark(w.w_fib4, p);
	else
		fib6_mark(w.w_fib6, p);
}

static void
publish4(void)
{
	struct fib4 *fib;

	role_enter(&on_ctl);
	if (fib4_update(w.w_fib4, w.w_rib, &w.w_qsbr) == 0) {
		w.w_updates++;
		return;
	}
	w.w_compiles++;
	assert_int_equal(fib4_compile(w.w_rib, &fib), 0);
	fib4_retire(w.w_fib4, &w.w_qsbr);
	w.w_fib4 = fib;
}

static void
publish6(void)
{
	struct fib6 *fib;

	role_enter(&on_ctl);
	if (fib6_update(w.w_fib6, w.w_rib, &w.w_qsbr) == 0) {
		w.w_updates++;
		return;
	}
	w.w_compiles++;
	assert_int_equal(fib6_compile(w.w_rib, &fib), 0);
	fib6_retire(w.w_fib6, &w.w_qsbr);
	w.w_fib6 = fib;
}

static void
publish(void)
{
	if (w.w_shape->sh_family == ADDR_V4)
		publish4();
	else
		publish6();
}

static void
grace(void)
{
	role_enter(&on_ctl);
	/* Twice: what is retired waits for an epoch after its own. */
	qsbr_checkpoint(&w.w_qsbr, 0);
	qsbr_reclaim(&w.w_qsbr);
	qsbr_checkpoint(&w.w_qsbr, 0);
	qsbr_reclaim(&w.w_qsbr);
}

/* A route more, or one less, or one by another next hop. */
static struct prefix
change(void)
{
	struct naive *nv = &w.w_nv;
	unsigned i = nv->nv_n == 0 ? 0 :
	    (unsigned)rnd_below(&w.w_rnd, nv->nv_n);
	struct rib_entry re = { .re_proto = RP_STATIC };
	struct prefix p;

	role_enter(&on_ctl);
	if (nv->nv_n > 0 &&
	    (rnd_below(&w.w_rnd, 2) == 0 || nv->nv_n == NAIVE_MAX)) {
		p = nv->nv_prefix[i];
		re.re_nhop = nv->nv_nh[i];
		assert_int_equal(rib_delete(w.w_rib, &p, &re), 0);
		nv->nv_prefix[i] = nv->nv_prefix[--nv->nv_n];
		nv->nv_nh[i] = nv->nv_nh[nv->nv_n];
	} else {
		p = random_prefix(&w.w_rnd, w.w_shape);
		naive_add(nv, w.w_rib, &p,
		    1 + (uint32_t)rnd_below(&w.w_rnd, w.w_shape->sh_maxnh));
	}
	mark(&p);
	return p;
}

static void
check(void *arg, const struct addr *a)
{
	uint32_t nh = a->a_family == ADDR_V4 ?
	    fib4_lookup(w.w_fib4, a->a_v4) : fib6_lookup(w.w_fib6, &a->a_v6);

	assert_int_equal(nh, rib_nhop(w.w_rib, a));
}

/* Lookups that a CPU has begun, and what they must find in the same round. */
struct reads {
	uint32_t rd_entry[READS];
	struct addr rd_addr[READS];
	uint32_t rd_nh[READS];
	const void *rd_fib;
};

static uint32_t
read_end(const struct reads *rd, unsigned i)
{
	const struct fib6 *f6 = rd->rd_fib;
	const struct in6 *dst = &rd->rd_addr[i].a_v6;
	uint32_t slot = rd->rd_entry[i];
	unsigned depth;

	if (rd->rd_addr[i].a_family == ADDR_V4)
		return fib4_search(rd->rd_fib, slot, rd->rd_addr[i].a_v4);
	(void)fib6_chunk(f6, dst, &depth);
	while (fib6_kind(slot) >= F6_NODE)
		slot = fib6_step(f6, slot, dst, &depth);
	return fib6_finish(f6, slot, dst, depth);
}

static void
reads_begin(struct reads *rd)
{
	uint8_t family = w.w_shape->sh_family;
	unsigned depth, i;

	rd->rd_fib = family == ADDR_V4 ? (void *)w.w_fib4 : (void *)w.w_fib6;
	for (i = 0; i < READS; i++) {
		struct prefix p = random_prefix(&w.w_rnd, w.w_shape);

		rd->rd_addr[i] = p.p_addr;
		rd->rd_entry[i] = family == ADDR_V4 ?
		    fib4_entry(w.w_fib4, p.p_addr.a_v4) :
		    fib6_root(w.w_fib6, &p.p_addr.a_v6, &depth);
		rd->rd_nh[i] = read_end(rd, i);
	}
}

static void
reads_end(const struct reads *rd)
{
	unsigned i;

	for (i = 0; i < READS; i++)
		assert_int_equal(read_end(rd, i), rd->rd_nh[i]);
}

static void
run_shape(const struct shape *sh, uint64_t seed, unsigned steps)
{
	struct reads rd;
	unsigned i, k, n;

	world_init(sh, seed);
	for (i = 0; i < steps; i++) {
		reads_begin(&rd);
		n = 1 + (unsigned)rnd_below(&w.w_rnd, 5);
		for (k = 0; k < n; k++)
			change();
		publish();
		reads_end(&rd);
		if (i % 16 == 0)
			naive_probe(&w.w_nv, sh->sh_family, &w.w_rnd, check,
			    NULL);
		if (rnd_below(&w.w_rnd, 3) == 0)
			grace();
	}
	naive_probe(&w.w_nv, sh->sh_family, &w.w_rnd, check, NULL);
	/* From nothing the few routes of IPv6 are compiled each time. */
	assert_true(w.w_updates > 0 || sh->sh_routes == 0);
	world_fini();
}

static const struct shape shapes[] = {
	{ "v4 from nothing", ADDR_V4, 0, 32, 0, 0, 50 },
	{ "v4 any length", ADDR_V4, 12, 32, 0, 1000, 50 },
	{ "v4 about the direct table", ADDR_V4, 14, 18, 0, 400, 50 },
	{ "v4 in one chunk", ADDR_V4, 18, 32, 16, 1000, 50 },
	{ "v6 from nothing", ADDR_V6, 0, 128, 0, 0, 50 },
	{ "v6 any length", ADDR_V6, 8, 128, 3, 1500, 50 },
	{ "v6 as registries do", ADDR_V6, 20, 64, 12, 2500, 50 },
	{ "v6 in one chunk", ADDR_V6, 40, 128, 32, 1500, 50 },
};

static void
test_random(void **state)
{
	uint64_t seed;
	unsigned i;

	for (i = 0; i < countof(shapes); i++)
		for (seed = 0; seed < 3; seed++)
			run_shape(&shapes[i], seed, 300);
}

/* The same change there and back for ever takes no more words. */
static void
test_reuse(void **state)
{
	const struct fib_edit *fe;
	uint32_t top = 0;
	unsigned i, f;

	for (f = 1; f < countof(shapes); f += 5) {
		struct prefix p;

		world_init(&shapes[f], 7);
		p = random_prefix(&w.w_rnd, w.w_shape);
		for (i = 0; i < 5000; i++) {
			struct rib_entry re = { .re_proto = RP_RA,
				.re_nhop = 1 + i / 2 % 50, .re_distance = 0 };

			role_enter(&on_ctl);
			if (i % 2 == 0)
				assert_int_equal(rib_add(w.w_rib, &p, &re), 0);
			else
				assert_int_equal(
				    rib_delete(w.w_rib, &p, &re), 0);
			mark(&p);
			publish();
			grace();
			fe = w.w_shape->sh_family == ADDR_V4 ?
			    w.w_fib4->f4_edit : w.w_fib6->f6_edit;
			if (i == 100)
				top = fe->fe_top;
		}
		assert_int_equal(fe->fe_top, top);
		assert_int_equal(w.w_compiles, 0);
		world_fini();
	}
}

/* What finds no room leaves the table as it was or right, and says so. */
static void
test_full(void **state)
{
	struct fib_edit *fe;
	unsigned i;

	world_init(&shapes[3], 3);
	fe = w.w_fib4->f4_edit;
	role_enter(&on_ctl);
	for (i = 0; i < 10000 && fe == w.w_fib4->f4_edit; i++) {
		change();
		publish(); /* and no grace */
	}
	assert_true(i < 10000);
	naive_probe(&w.w_nv, ADDR_V4, &w.w_rnd, check, NULL);
	/* A part was done: another update must not claim all was. */
	fe = w.w_fib4->f4_edit;
	fe->fe_room = fe->fe_top;
	while (fib4_update(w.w_fib4, w.w_rib, &w.w_qsbr) == 0)
		change();
	assert_int_not_equal(fib4_update(w.w_fib4, w.w_rib, &w.w_qsbr), 0);
	publish();
	naive_probe(&w.w_nv, ADDR_V4, &w.w_rnd, check, NULL);
	world_fini();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_reuse),
		cmocka_unit_test(test_full),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
