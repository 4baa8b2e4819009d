/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Plans that are good: what they become, and that they print as they were
 * read.
 */
#include "plan_texts.h"

#include "base/toeplitz.h"
#include "dev/rss.h"

static char *
to_text(const struct plan *pl)
{
	char *out = NULL;
	size_t n;
	FILE *f = open_memstream(&out, &n);

	assert_non_null(f);
	plan_print(pl, f);
	fclose(f);
	return out;
}

static void
prints_as_it_reads(void **state)
{
	struct plan *pl = plan_of(every_key);
	char *once = to_text(pl);
	struct plan *back = plan_of(once);
	char *twice = to_text(back);

	assert_true(plan_equal(pl, back));
	assert_string_equal(once, twice);
	free(once);
	free(twice);
	plan_free(pl);
	plan_free(back);
}

/* Cut anywhere: refused or, where it is whole again, taken. */
static void
survives_cuts(void **state)
{
	size_t n;

	for (n = 0; n < strlen(every_key); n += 7)
		free(text_errors(every_key, n));
}

static void
has_its_values(void **state)
{
	struct plan *pl = plan_of(every_key);
	const struct plan_step *pn;

	assert_int_equal(pl->pl_profile, PLAN_RFC);
	assert_int_equal(pl->pl_seed, 7);
	assert_int_equal(pl->pl_cpus, 2);
	assert_int_equal(pl->pl_timing->pm_duration, PLAN_NS / 2);
	assert_int_equal(pl->pl_timing->pm_late, 10000);
	assert_string_equal(pl->pl_dut->pd_reset, "true");
	assert_int_equal(pl->pl_port[0].pp_speed, 10000000000);
	assert_int_equal(pl->pl_port[1].pp_speed, 2500000000);
	assert_int_equal(pl->pl_port[0].pp_hosts[1].pg_from.a_v4, 0x0a010001);
	assert_int_equal(pl->pl_port[0].pp_hosts[1].pg_to.a_v4, 0x0a01fffe);
	assert_int_equal(plan_stream_find(pl, "two"), 1);
	assert_int_equal(plan_port_find(pl, "nobody"), -1);
	pn = &pl->pl_step[0];
	assert_int_equal(pn->pn_nsize, 3);
	assert_int_equal(pn->pn_expect[0].px_size, 64);
	assert_int_equal(pn->pn_expect[0].px_kind, PLAN_K_PERCENT);
	assert_int_equal(pn->pn_expect[1].px_op, PLAN_GT);
	assert_true(pn->pn_expect[1].px_value == 1e6);
	pn = &pl->pl_step[1];
	assert_int_equal(pn->pn_rate.pr_unit, PLAN_L2);
	assert_int_equal(pn->pn_rate.pr_num, 1500000000);
	assert_int_equal(pn->pn_expect[0].px_percentile, 99000);
	assert_int_equal(pn->pn_expect[1].px_percentile, PLAN_PMAX);
	plan_free(pl);
}

#define RATE(text)                                                            \
	PORTS TPL STREAM "step x { method=run duration=1s rate=\"" text "\" }\n"

static void
reads_rates(void **state)
{
	static const struct {
		const char *text;
		enum plan_unit unit;
		uint64_t num;
		uint64_t den;
	} rates[] = {
		{ RATE("1 pps"), PLAN_PPS, 1, 1 },
		{ RATE("0.5 pps"), PLAN_PPS, 5, 10 },
		{ RATE("1.25kpps"), PLAN_PPS, 1250, 1 },
		{ RATE("1.488095 Mpps"), PLAN_PPS, 1488095, 1 },
		{ RATE("100 Mbit/s"), PLAN_L1, 100000000, 1 },
		{ RATE("1 Gbit/s L1"), PLAN_L1, 1000000000, 1 },
		{ RATE("10 kbit/s L2"), PLAN_L2, 10000, 1 },
		{ RATE("9 bit/s L3"), PLAN_L3, 9, 1 },
		{ RATE("12.50 %"), PLAN_PERCENT, 125, 10 },
		{ RATE("100%"), PLAN_PERCENT, 100, 1 },
		{ RATE("max"), PLAN_MAX, 1, 1 },
	};
	unsigned i;

	for (i = 0; i < NITEMS(rates); i++) {
		struct plan *pl = plan_of(rates[i].text);
		const struct plan_rate *pr = &pl->pl_step->pn_rate;

		assert_int_equal(pr->pr_unit, rates[i].unit);
		assert_int_equal(pr->pr_num, rates[i].num);
		assert_int_equal(pr->pr_den, rates[i].den);
		plan_free(pl);
	}
}

/* The way back is the mirror image, fields that vary too. */
static void
mirrors_streams(void **state)
{
	struct plan *pl = plan_of(PORTS
	    "template t { size=128 destination_port=99 flows=4 vary={\"source "
	    "flow count 10.0.0.2-10.0.0.5\",\"destination_port count 1-9\"} }\n"
	    "stream s { from=l to=r template=t bidirectional=yes }\n" RUN);
	struct plan_packets *pk = calloc(2, sizeof(*pk));
	struct plan_flow pf[PLAN_FLOWS_MAX];

	assert_non_null(pk);
	assert_int_equal(plan_flows(pl, &pl->pl_step[0], pf), 2);
	assert_string_equal(pf[1].pf_name, "s.back");
	assert_ptr_equal(pf[1].pf_from, pf[0].pf_to);
	plan_packets_make(pl, &pf[0], NULL, &pk[0]);
	plan_packets_make(pl, &pf[1], NULL, &pk[1]);
	assert_true(addr_eq(&pk[0].pk_conf.tc_src, &pk[1].pk_conf.tc_dst));
	assert_true(addr_eq(&pk[1].pk_conf.tc_src, &pk[0].pk_conf.tc_dst));
	assert_int_equal(pk[0].pk_conf.tc_dport, 99);
	assert_int_equal(pk[1].pk_conf.tc_sport, 99);
	assert_int_equal(pk[0].pk_conf.tc_flows, 4);
	assert_int_equal(pk[0].pk_vary[0].tv_field, TPL_F_SRC);
	assert_int_equal(pk[1].pk_vary[0].tv_field, TPL_F_DST);
	assert_true(pk[0].pk_vary[0].tv_byflow);
	assert_int_equal(pk[1].pk_vary[1].tv_field, TPL_F_SPORT);
	assert_int_equal(pk[0].pk_conf.tc_sizes.sz_mix[0].sw_size, 128);
	free(pk);
	plan_free(pl);
}

#define SPREAD                                                                \
	"template t { flows=256 rss_key=symmetric rss_buckets=64 "            \
	"rss_queues=4 rss_weight={1,0,2,1} }\n"                               \
	"stream s { from=l to=r template=t bidirectional=yes }\n"

/* Flows of either way are spread over queues as the plan says. */
static void
spreads_flows(void **state)
{
	static const unsigned want[4] = { 64, 0, 128, 64 };
	struct plan *pl = plan_of(PORTS SPREAD RUN);
	struct plan_packets *pk = calloc(1, sizeof(*pk));
	struct plan_flow pf[PLAN_FLOWS_MAX];
	struct toeplitz *tz = malloc(sizeof(*tz));
	unsigned i, k, n[4];

	assert_true(pk != NULL && tz != NULL);
	toeplitz_init(tz, toeplitz_key_symmetric);
	assert_int_equal(plan_flows(pl, NULL, pf), 2);
	for (i = 0; i < 2; i++) {
		struct tpl_cursor cu;
		struct tpl *tpl;
		uint8_t frame[128], *p = frame;
		uint32_t len, hash;
		uint16_t sig;
		char err[TPL_ERRLEN];

		plan_packets_make(pl, &pf[i], NULL, pk);
		assert_int_equal(pk->pk_conf.tc_flows, 256);
		assert_int_equal(
		    tpl_create(&pk->pk_conf, &tpl, err, sizeof(err)), 0);
		tpl_cursor_init(&cu, tpl, 1, 0, 1);
		memset(n, 0, sizeof(n));
		for (k = 0; k < 256; k++) {
			tpl_fill(&cu, 1, &p, &len, &sig, 1);
			rss_frame(tz, RSS_UDP, p, len, &hash);
			n[hash % 64 % 4]++;
		}
		assert_memory_equal(n, want, sizeof(n));
		tpl_destroy(tpl);
	}
	free(tz);
	free(pk);
	plan_free(pl);
}

/* Steps without a list of streams have them all. */
static void
chooses_streams(void **state)
{
	struct plan *pl = plan_of(PORTS TPL STREAM
	    "stream u { from=r to=l template=t }\n" RUN
	    "step y { method=throughput stream=u }\n");
	struct plan_flow pf[PLAN_FLOWS_MAX];

	assert_int_equal(plan_flows(pl, &pl->pl_step[0], pf), 2);
	assert_int_equal(plan_flows(pl, &pl->pl_step[1], pf), 1);
	assert_string_equal(pf[0].pf_name, "u");
	assert_int_equal(plan_flows(pl, NULL, pf), 2);
	plan_free(pl);
}

static void
paces(void **state)
{
	struct plan *pl = plan_of(PORTS TPL STREAM
	    "step a { method=run rate=max duration=1s }\n"
	    "step b { method=run rate=\"50 %\" duration=1s pacing=bursts "
	    "burst=7 }\n"
	    "step c { method=run rate=\"1 pps\" ramp=\"9 pps\" duration=2s "
	    "pacing=ramp }\n");
	struct pace_conf pc;

	plan_pace_make(&pl->pl_step[0], 1000, &pc);
	assert_int_equal(pc.pc_kind, PACE_MAX);
	plan_pace_make(&pl->pl_step[1], 1000, &pc);
	assert_int_equal(pc.pc_kind, PACE_BURST);
	assert_int_equal(pc.pc_burst, 7);
	assert_int_equal(pc.pc_unit, PACE_PERCENT);
	assert_int_equal(pc.pc_line, 1000);
	plan_pace_make(&pl->pl_step[2], 0, &pc);
	assert_int_equal(pc.pc_kind, PACE_RAMP);
	assert_int_equal(pc.pc_to.pr_num, 9);
	assert_int_equal(pc.pc_over, 2 * PLAN_NS);
	plan_free(pl);
}

static void
expects(void **state)
{
	struct plan_expect px = { .px_value = 10 };
	static const struct {
		enum plan_op op;
		bool nine, ten, eleven;
	} ops[] = {
		{ PLAN_GE, false, true, true },
		{ PLAN_GT, false, false, true },
		{ PLAN_LE, true, true, false },
		{ PLAN_LT, true, false, false },
		{ PLAN_EQ, false, true, false },
	};
	unsigned i;

	for (i = 0; i < NITEMS(ops); i++) {
		px.px_op = ops[i].op;
		assert_int_equal(plan_expect_holds(&px, 9), ops[i].nine);
		assert_int_equal(plan_expect_holds(&px, 10), ops[i].ten);
		assert_int_equal(plan_expect_holds(&px, 11), ops[i].eleven);
		assert_false(plan_expect_holds(&px, __builtin_nan("")));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(prints_as_it_reads),
		cmocka_unit_test(survives_cuts),
		cmocka_unit_test(has_its_values),
		cmocka_unit_test(reads_rates),
		cmocka_unit_test(mirrors_streams),
		cmocka_unit_test(spreads_flows),
		cmocka_unit_test(chooses_streams),
		cmocka_unit_test(paces),
		cmocka_unit_test(expects),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
