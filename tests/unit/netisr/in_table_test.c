/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Hash tables of end points: what is in them is found at every moment of their
 * growth, and nothing else; growth is in small steps.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "base/hash.h"
#include "base/random.h"
#include "netisr/in_table.h"

#define NODES 3000

struct thing {
	struct in_node t_node;
	uint64_t t_value;
	bool t_in;
};

static struct thing things[NODES];
static unsigned rehashed;

static uint64_t
hash_of(uint64_t value)
{
	return hash_mix64(value);
}

static uint64_t
hash(const struct in_node *n, const void *arg)
{
	assert_ptr_equal(arg, things);
	rehashed++;
	return hash_of(container_of(n, const struct thing, t_node)->t_value);
}

static bool
found(struct in_table *t, const struct thing *th)
{
	struct in_node *n;

	for (n = *in_table_chain(t, hash_of(th->t_value)); n != NULL;
	     n = n->in_next)
		if (n == &th->t_node)
			return true;
	return false;
}

static void
insert(struct in_table *t, struct thing *th)
{
	free(in_table_insert(
	    t, &th->t_node, hash_of(th->t_value), hash, things));
	th->t_in = true;
}

static void
make_things(void)
{
	unsigned i;

	for (i = 0; i < NODES; i++)
		things[i] = (struct thing){ .t_value = i };
}

/* Memory, if it wants some and this time there is some. */
static void
maybe_grow(struct in_table *t, struct rnd *rnd)
{
	uint32_t n = in_table_wants(t);

	if (n == 0 || rnd_below(rnd, 4) != 0)
		return;
	assert_true(in_table_grow(t, calloc(n, sizeof(void *)), n));
	assert_int_equal(in_table_wants(t), 0);
}

static void
test_finds(void **state)
{
	struct in_table t;
	struct rnd rnd;
	unsigned i, k, n = 0;

	(void)state;
	make_things();
	rnd_seed(&rnd, 1);
	in_table_init(&t);
	for (k = 0; k < 20 * NODES; k++) {
		struct thing *th = &things[rnd_below(&rnd, NODES)];

		/* More and more of them, then fewer and fewer. */
		if (!th->t_in && (k < 12 * NODES || k % 4 == 0)) {
			insert(&t, th);
			n++;
		} else if (th->t_in && (k % 4 == 0 || k >= 12 * NODES)) {
			in_table_remove(
			    &t, &th->t_node, hash_of(th->t_value));
			th->t_in = false;
			n--;
		}
		maybe_grow(&t, &rnd);
		assert_int_equal(t.it_n, n);
		if (k % 997 == 0)
			for (i = 0; i < NODES; i++)
				assert_int_equal(
				    found(&t, &things[i]), things[i].t_in);
	}
	in_table_fini(&t);
}

static void
count(struct in_node *n, void *arg)
{
	container_of(n, struct thing, t_node)->t_in = false;
	++*(unsigned *)arg;
}

/* Also in the middle of growing. */
static void
test_each(void **state)
{
	struct in_table t;
	unsigned i, n = 0;

	(void)state;
	make_things();
	in_table_init(&t);
	for (i = 0; i < 200; i++)
		insert(&t, &things[i]);
	assert_int_equal(in_table_wants(&t), 256);
	assert_true(in_table_grow(&t, calloc(256, sizeof(void *)), 256));
	for (; i < 300; i++)
		insert(&t, &things[i]);
	assert_true(in_table_grow(&t, calloc(512, sizeof(void *)), 512));
	insert(&t, &things[i++]);
	assert_non_null(t.it_old);
	assert_int_equal(in_table_bytes(&t), (256 + 512) * sizeof(void *));
	in_table_each(&t, count, &n);
	assert_int_equal(n, i);
	for (i = 0; i < n; i++)
		assert_false(things[i].t_in);
	in_table_fini(&t);
}

static void
test_steps(void **state)
{
	struct in_table t;
	struct rnd rnd;
	unsigned i, most = 0;

	(void)state;
	make_things();
	rnd_seed(&rnd, 2);
	in_table_init(&t);
	for (i = 0; i < NODES; i++) {
		uint32_t n = in_table_wants(&t);

		if (n != 0)
			assert_true(
			    in_table_grow(&t, calloc(n, sizeof(void *)), n));
		rehashed = 0;
		insert(&t, &things[i]);
		most = i > 128 ? umax(most, rehashed) : most;
	}
	/* A few slots of about one node each. */
	assert_in_range(most, 1, 8 * IN_TABLE_STEP);
	assert_int_equal(t.it_mask + 1, 4096);
	in_table_fini(&t);
}

static void
test_refuses(void **state)
{
	void *mem[64] = { NULL };
	struct in_table t;
	unsigned i;

	(void)state;
	make_things();
	in_table_init(&t);
	for (i = 0; i < 64; i++)
		insert(&t, &things[i]);
	assert_false(in_table_grow(&t, (void *)mem, 1));
	assert_false(in_table_grow(&t, (void *)mem, 48));
	assert_true(in_table_grow(&t, calloc(64, sizeof(void *)), 64));
	assert_false(in_table_grow(&t, (void *)mem, 64)); /* it is growing */
	assert_int_equal(in_table_wants(&t), 0);
	in_table_fini(&t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_finds),
		cmocka_unit_test(test_each),
		cmocka_unit_test(test_steps),
		cmocka_unit_test(test_refuses),
	};

	return cmocka_run_group_tests_name(
	    "netisr/in_table", tests, NULL, NULL);
}
