/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The published table of neighbours: what is in it is found, whatever else
 * came and went; it grows, and gets rid of the marks of deleted entries.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/random.h"
#include "route/neigh_int.h"

#define MANY 5000u

struct fixture {
	struct spate *sp;
	struct neigh_pub np;
};

static void
setup(struct fixture *f)
{
	role_enter(&on_ctl);
	f->sp = aligned_alloc(CACHELINE, sizeof(*f->sp));
	assert_non_null(f->sp);
	memset(f->sp, 0, sizeof(*f->sp));
	assert_int_equal(qsbr_init(&f->sp->sp_qsbr, 1, true), 0);
	assert_int_equal(neigh_pub_init(f->sp, &f->np, 42), 0);
}

static void
teardown(struct fixture *f)
{
	role_enter(&on_ctl);
	qsbr_drain(&f->sp->sp_qsbr);
	neigh_pub_fini(f->sp, &f->np);
	qsbr_fini(&f->sp->sp_qsbr);
	free(f->sp);
}

/* Both families, three interfaces. */
static struct lle *
make(unsigned i)
{
	struct lle *lle = calloc(1, sizeof(*lle));

	assert_non_null(lle);
	lle->lle_ifindex = (uint16_t)(1 + i % 3);
	lle->lle_addr = i % 2 == 0 ?
	    addr_v4(0x0a000000 + i) :
	    addr_v6((struct in6){ UINT64_C(0xfd00) << 48, i });
	lle->lle_hdr[5] = (uint8_t)i;
	return lle;
}

static const struct lle *
find(struct fixture *f, const struct lle *like)
{
	if (like->lle_addr.a_family == ADDR_V4)
		return neigh_lookup4(
		    f->sp, like->lle_ifindex, like->lle_addr.a_v4);
	return neigh_lookup6(
	    f->sp, like->lle_ifindex, &like->lle_addr.a_v6);
}

static void
test_empty(void **state)
{
	struct in6 a = { 1, 2 };
	struct fixture f;

	(void)state;
	setup(&f);
	assert_null(neigh_lookup4(f.sp, 1, 0x0a000001));
	assert_null(neigh_lookup6(f.sp, 1, &a));
	teardown(&f);
}

static void
test_grow(void **state)
{
	static struct lle *all[MANY];
	struct neigh_table *first;
	struct fixture f;
	unsigned i;

	(void)state;
	setup(&f);
	role_enter(&on_ctl);
	first = f.np.np_table;
	for (i = 0; i < MANY; i++) {
		all[i] = make(i);
		assert_null(find(&f, all[i]));
		assert_int_equal(neigh_pub_set(f.sp, &f.np, all[i], NULL), 0);
		assert_ptr_equal(find(&f, all[i]), all[i]);
	}
	assert_ptr_not_equal(f.np.np_table, first);
	for (i = 0; i < MANY; i++) {
		assert_ptr_equal(find(&f, all[i]), all[i]);
		all[i]->lle_ifindex += 3; /* looks for another's neighbour */
		assert_null(find(&f, all[i]));
		all[i]->lle_ifindex -= 3;
	}
	assert_true(f.np.np_table->ngt_mask + 1 >= 2 * MANY);
	assert_true(f.np.np_table->ngt_mask + 1 <= 16 * MANY);
	for (i = 0; i < MANY; i++)
		neigh_pub_delete(f.sp, &f.np, all[i]);
	assert_int_equal(f.np.np_live, 0);
	teardown(&f);
}

static void
test_replace(void **state)
{
	struct lle *old, *new;
	struct fixture f;

	(void)state;
	setup(&f);
	role_enter(&on_ctl);
	old = make(7);
	new = make(7);
	assert_int_equal(neigh_pub_set(f.sp, &f.np, old, NULL), 0);
	assert_int_equal(neigh_pub_set(f.sp, &f.np, new, old), 0);
	assert_ptr_equal(find(&f, new), new);
	assert_int_equal(f.np.np_live, 1);
	/* The old one was retired: poisoned after its grace, not freed. */
	qsbr_drain(&f.sp->sp_qsbr);
	assert_int_not_equal(old->lle_ifindex, new->lle_ifindex);
	neigh_pub_delete(f.sp, &f.np, new);
	teardown(&f);
}

/* Entries come and go: the table must neither fill with marks nor grow. */
static void
test_churn(void **state)
{
	static struct lle *all[256];
	struct fixture f;
	struct rnd rnd;
	unsigned i, k, n = 0;

	(void)state;
	setup(&f);
	role_enter(&on_ctl);
	rnd_seed(&rnd, 1);
	for (k = 0; k < 20000; k++) {
		i = (unsigned)rnd_below(&rnd, 256);
		if (all[i] == NULL) {
			all[i] = make(i);
			assert_int_equal(
			    neigh_pub_set(f.sp, &f.np, all[i], NULL), 0);
			n++;
		} else {
			struct lle like = { .lle_addr = all[i]->lle_addr,
				.lle_ifindex = all[i]->lle_ifindex };

			assert_ptr_equal(find(&f, all[i]), all[i]);
			neigh_pub_delete(f.sp, &f.np, all[i]);
			assert_null(find(&f, &like));
			all[i] = NULL;
			n--;
		}
		assert_int_equal(f.np.np_live, n);
		assert_true(f.np.np_taken * 2 <= f.np.np_table->ngt_mask + 1);
	}
	assert_true(f.np.np_table->ngt_mask < 2048);
	for (i = 0; i < 256; i++)
		if (all[i] != NULL)
			neigh_pub_delete(f.sp, &f.np, all[i]);
	teardown(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_grow),
		cmocka_unit_test(test_replace),
		cmocka_unit_test(test_churn),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
