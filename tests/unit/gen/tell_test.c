/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * No memory for a message of ctl to the tester's CPUs, whichever it is: either
 * all CPUs are told or none, so the trial fails in order or is whole, and the
 * next one runs.
 *
 * The linker sends calls of msg_alloc() here (--wrap).
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "cpu/endpoint.h"
#include "dev/drivers.h"
#include "dev/pair.h"
#include "gen/gen.h"
#include "gen/hist.h"
#include "gen/tpl.h"
#include "spate.h"

#define NCPUS 3u
#define MOST  64u /* messages of a trial, and more */

static char err[GEN_ERRLEN];
static unsigned left; /* that ctl gets before one that it does not; 0: all */

void *__real_msg_alloc(struct endpoint *, size_t);
void *__wrap_msg_alloc(struct endpoint *, size_t);

/* CPUs have pools; ctl, which is this thread, has none. */
void *
__wrap_msg_alloc(struct endpoint *ep, size_t size)
{
	if (ep->ep_pool == NULL && left > 0 && --left == 0)
		return NULL;
	return __real_msg_alloc(ep, size);
}

static void
check(int error)
{
	if (error != 0)
		fail_msg("%s", err);
}

static void
port(struct gen *g, const char *name, const char *host, struct pair *p,
    unsigned side)
{
	struct gen_port_conf pc = { .gp_name = name, .gp_ops = &dev_pair,
		.gp_nhosts = 1, .gp_linerate = 10000000000 };

	pc.gp_hosts[0].gh_n = 10;
	assert_int_equal(addr_parse(&pc.gp_hosts[0].gh_first, host), 0);
	pc.gp_dev = (struct dev_conf){ .dc_driver = "pair",
		.dc_pair = pair_end(p, side) };
	check(gen_port(g, &pc, err, sizeof(err)));
}

static struct gen *
tester(void)
{
	struct gen_conf gc = { .gc_ncpus = NCPUS, .gc_seed = 1 };
	struct pair_conf pc = { .pc_seed = 1, .pc_ring = 1024 };
	struct gen *g;
	struct pair *p;

	pc.pc_side[0].ps_queues = pc.pc_side[1].ps_queues = NCPUS;
	assert_int_equal(pair_create(&pc, &p), 0);
	check(gen_create(&gc, &g, err, sizeof(err)));
	port(g, "left", "198.18.0.1", p, 0);
	port(g, "right", "198.19.0.1", p, 1);
	pair_destroy(p);
	check(gen_start(g, err, sizeof(err)));
	return g;
}

static void
whole(const struct trial_result *tr)
{
	const struct trial_counts *tn = &tr->tr_all;

	assert_int_equal(tn->tn_offered, tn->tn_sent + tn->tn_unsent);
	assert_int_equal(tn->tn_sent, tn->tn_received + tn->tn_lost);
	assert_int_equal(tr->tr_latency->h_n, tn->tn_received);
	assert_int_equal(tn->tn_sent, 100);
}

static void
any_message(void **state)
{
	struct gen *g = tester();
	struct tpl_conf tpl;
	struct trial_stream ts = { .ts_from = 0, .ts_to = 1, .ts_tpl = &tpl };
	struct trial_conf tc = { .tc_stream = &ts, .tc_nstreams = 1,
		.tc_pace = { .pc_rate = { 20000, 1 } }, .tc_packets = 100,
		.tc_quiet = 20 * NS_MS, .tc_drain = 20 * NS_S };
	unsigned n, failed = 0, told = 0;
	struct trial_result tr;
	int error;

	check(gen_tpl(g, 0, 1, ADDR_V4, &tpl, err, sizeof(err)));
	for (n = 1; n < MOST; n++) {
		left = n;
		error = gen_trial(g, &tc, &tr);
		if (error == 0) {
			whole(&tr);
			trial_result_fini(&tr);
			told++;
		} else {
			assert_int_equal(error, ENOMEM);
			assert_string_equal(gen_error(g), "no memory");
			failed++;
		}
		if (left > 0) /* there were not so many */
			break;
	}
	assert_true(n < MOST);
	assert_int_equal(failed, NCPUS); /* the first ones: jobs do not begin */
	assert_true(told > 2 * NCPUS); /* the others are tried again */
	left = 0;
	gen_destroy(g);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(any_message),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
