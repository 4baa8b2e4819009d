/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The flow cache by itself: what is remembered, what makes it stale, who gives
 * way to whom, and how a CPU comes to a table of another size.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "cpu/ctl.h"
#include "fast/adj.h"
#include "fast/flow_stat.h"
#include "path.h"
#include "spate.h"

#define TABLE 0
#define V4    4

struct fixture {
	struct spate *fx_sp;
	struct cpu *fx_c;
	struct ctl *fx_ctl;
	uint64_t fx_now;
};

static uint64_t
test_now(void *arg)
{
	const struct fixture *fx = arg;

	return fx->fx_now;
}

static void
test_wait(void *arg, struct endpoint *ep, uint64_t until)
{
}

static void
test_wake(void *arg, struct endpoint *ep)
{
}

static void
test_log(void *arg, enum log_level level, const char *text)
{
}

static int
setup(void **state)
{
	static struct fixture fx;
	struct spate_conf sc = { .sc_ncpus = 1 };
	struct spate_env env = { .env_now = test_now, .env_wait = test_wait,
		.env_wake = test_wake, .env_arg = &fx, .env_seed = 1 };

	fx.fx_now = NS_S;
	log_init(&env.env_log, test_log, NULL, LOGL_ERROR);
	assert_int_equal(spate_create(&sc, &env, &fx.fx_sp), 0);
	fx.fx_c = fx.fx_sp->sp_cpu[0];
	fx.fx_ctl = fx.fx_sp->sp_ctl;
	*state = &fx;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *fx = *state;

	curcpu = NULL;
	role_enter(&on_ctl);
	spate_destroy(fx->fx_sp);
	return 0;
}

static struct flow_cpu *
own(struct fixture *fx)
{
	return &fx->fx_c->c_fast->fc_flow;
}

/* The CPU's table is as large as the tunable says, after a few rounds. */
static struct flow_table *
table(struct fixture *fx, const char *size)
{
	char err[200];
	unsigned i;

	role_enter(&on_ctl);
	assert_int_equal(sysctl_set(&fx->fx_sp->sp_sysctl,
	    "net.inet.ip.flow.size", size, err, sizeof(err)), 0);
	for (i = 0; i < 4; i++) {
		role_enter(&on_cpu);
		curcpu = fx->fx_c;
		adj_begin(fx->fx_c);
		cpu_round(fx->fx_c);
		curcpu = NULL;
		role_enter(&on_ctl);
		ctl_round(fx->fx_ctl);
	}
	role_enter(&on_cpu);
	curcpu = fx->fx_c;
	return flow_begin(fx->fx_c, own(fx), 0);
}

static uint64_t
counted(struct fixture *fx, enum flowstat which)
{
	return spate_stat(fx->fx_sp, SG_FLOW, which);
}

static struct flow *
find(struct fixture *fx, const struct flow_table *ft, uint64_t lo)
{
	struct in6 dst = { .i6_lo = lo };

	return flow_find(ft, flow_slot(ft, &dst), flow_key(own(fx), TABLE, V4),
	    &dst);
}

static void
store(struct fixture *fx, const struct flow_table *ft, uint64_t lo)
{
	struct flow new = { .fl_key = flow_key(own(fx), TABLE, V4),
		.fl_dst = { .i6_lo = lo }, .fl_oif = 7, .fl_mtu = 1500,
		.fl_nh = 3 };

	flow_store(fx->fx_c, own(fx), ft, flow_slot(ft, &new.fl_dst), &new,
	    100);
}

/* The n-th destination whose place, or the one beside, is that of the first. */
static uint64_t
rival(const struct flow_table *ft, unsigned n)
{
	struct in6 first = { .i6_lo = 1 }, dst = first;

	while (n > 0) {
		dst.i6_lo++;
		n -= flow_slot(ft, &dst) / 2 == flow_slot(ft, &first) / 2;
	}
	return dst.i6_lo;
}

static void
remembers(void **state)
{
	struct fixture *fx = *state;
	const struct flow_table *ft = table(fx, "1000");
	struct in6 other = { .i6_hi = 1, .i6_lo = 1 };
	struct flow *fl;

	assert_non_null(ft);
	assert_int_equal(ft->ft_shift, 54);
	assert_null(find(fx, ft, 1));
	store(fx, ft, 1);
	assert_non_null(fl = find(fx, ft, 1));
	assert_int_equal(fl->fl_oif, 7);
	assert_int_equal(fl->fl_packets, 1);
	flow_hit(fl, 60);
	assert_int_equal(fl->fl_packets, 2);
	assert_int_equal(fl->fl_bytes, 160);
	/* Neither another table's nor another version's. */
	assert_null(flow_find(ft, flow_slot(ft, &fl->fl_dst),
	    flow_key(own(fx), TABLE + 1, V4), &fl->fl_dst));
	assert_null(flow_find(ft, flow_slot(ft, &fl->fl_dst),
	    flow_key(own(fx), TABLE, 6), &fl->fl_dst));
	assert_null(flow_find(ft, flow_slot(ft, &fl->fl_dst),
	    flow_key(own(fx), TABLE, V4), &other));
	assert_int_equal(counted(fx, fls_made), 1);
}

/* ctl moves either number on, and the epoch goes round. */
static void
goes_stale(void **state)
{
	struct fixture *fx = *state;
	const struct flow_table *ft = table(fx, "64");
	struct flow *fl;

	store(fx, ft, 1);
	flow_begin(fx->fx_c, own(fx), 0);
	assert_non_null(find(fx, ft, 1));
	flow_begin(fx->fx_c, own(fx), 1);
	assert_null(find(fx, ft, 1));
	store(fx, ft, 1);
	assert_non_null(fl = find(fx, ft, 1));
	/* It is the same flow as before. */
	assert_int_equal(fl->fl_packets, 2);
	assert_int_equal(counted(fx, fls_stale), 1);
	flowgen_bump(fx->fx_sp);
	flow_begin(fx->fx_c, own(fx), 1);
	assert_null(find(fx, ft, 1));
	own(fx)->fw_epoch = 1;
	store(fx, ft, 1);
	own(fx)->fw_epoch = UINT32_MAX;
	flow_begin(fx->fx_c, own(fx), 2);
	assert_int_equal(own(fx)->fw_epoch, 1);
	assert_null(find(fx, ft, 1));
}

/* Flows of one packet give way to each other; those in use do not. */
static void
gives_way(void **state)
{
	struct fixture *fx = *state;
	const struct flow_table *ft = table(fx, "64");
	uint64_t r[5] = { 1 };
	unsigned i;

	for (i = 1; i < 5; i++)
		r[i] = rival(ft, i);
	store(fx, ft, r[0]);
	store(fx, ft, r[1]);
	assert_non_null(find(fx, ft, r[0]));
	assert_non_null(find(fx, ft, r[1]));
	flow_hit(find(fx, ft, r[0]), 1);
	store(fx, ft, r[2]);
	assert_non_null(find(fx, ft, r[0]));
	assert_null(find(fx, ft, r[1]));
	assert_non_null(find(fx, ft, r[2]));
	assert_int_equal(counted(fx, fls_evicted), 1);
	flow_hit(find(fx, ft, r[2]), 1);
	store(fx, ft, r[3]); /* comes too early … */
	assert_null(find(fx, ft, r[3]));
	assert_int_equal(counted(fx, fls_refused), 1);
	flow_hit(find(fx, ft, r[0]), 1);
	store(fx, ft, r[4]); /* … for the next one */
	assert_non_null(find(fx, ft, r[0]));
	assert_null(find(fx, ft, r[2]));
	assert_non_null(find(fx, ft, r[4]));
}

/* Whether it is known; if not, it is looked up. */
static bool
comes_by(struct fixture *fx, const struct flow_table *ft, uint64_t lo)
{
	struct flow *fl = find(fx, ft, lo);

	if (fl != NULL)
		flow_hit(fl, 1);
	else
		store(fx, ft, lo);
	flow_end(fx->fx_c, own(fx), fl != NULL, fl == NULL);
	return fl != NULL;
}

/* New destinations without end: those in use stay, and little is written. */
static void
bears_a_flood(void **state)
{
	struct fixture *fx = *state;
	const struct flow_table *ft = table(fx, "256");
	unsigned i, k, asked = 0, known = 0;

	for (i = 0; i < 100000; i++) {
		comes_by(fx, ft, 1000 + i);
		for (k = 0; i % 64 == 0 && k < 16; k++, asked++)
			known += comes_by(fx, ft, k);
	}
	assert_true(known > asked * 9 / 10);
	assert_true(counted(fx, fls_made) < 100000 / 4);
}

static void
has_a_size(void **state)
{
	struct fixture *fx = *state;
	const struct flow_table *ft;

	assert_null(table(fx, "0"));
	assert_non_null(ft = table(fx, "1"));
	assert_int_equal(ft->ft_shift, 63);
	store(fx, ft, 1);
	assert_non_null(find(fx, ft, 1));
	assert_non_null(ft = table(fx, "65536"));
	assert_int_equal(ft->ft_shift, 48);
	assert_null(find(fx, ft, 1));
	assert_null(table(fx, "0"));
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = { T(remembers), T(goes_stale),
		T(gives_way), T(bears_a_flood), T(has_a_size) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
