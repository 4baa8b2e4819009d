/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The screen of the tester: rates from counters, and the pace by keys.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "gen/live.h"

#define S 1000000000ull

static const char *const names[] = { "left", "right" };

/* Left sends, and right receives all but every fourth. */
static struct trial_tick
tick_at(uint64_t packets)
{
	struct trial_tick tt = { .tt_phase = TPH_RUN, .tt_nports = 2,
		.tt_latency_min = 900, .tt_latency_mean = 1500,
		.tt_latency_max = 2500000 };

	tt.tt_port[0].tx_packets = tt.tt_port[0].sent = packets;
	tt.tt_port[0].tx_bytes = packets * 64;
	tt.tt_port[1].rx_packets = tt.tt_port[1].received = packets / 4 * 3;
	tt.tt_port[1].rx_bytes = packets / 4 * 3 * 64;
	return tt;
}

static char *
page(const struct live *lv, uint64_t now, int width)
{
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	assert_non_null(f);
	live_print(lv, now, width, false, f);
	fclose(f);
	return text;
}

static void
rates(void **state)
{
	static struct live lv;
	struct trial_tick tt;
	unsigned i;

	live_init(&lv, names, 2, S / 2);
	for (i = 0; i <= 20; i++) {
		tt = tick_at(100000 * i);
		live_tick(&lv, &tt, 100 * S + i * S / 10);
	}
	assert_true(lv.lv_port[0].lp_tx_pps == 1e6);
	assert_true(lv.lv_port[0].lp_tx_bps == 512e6);
	assert_true(lv.lv_port[0].lp_rx_pps == 0);
	assert_true(lv.lv_port[1].lp_rx_pps == 7.5e5);
	assert_true(lv.lv_loss == 25);
	assert_true(history_peak(&lv.lv_losses, 102 * S) == 25);
	/* The next trial begins at 0: no rate is made across. */
	live_begin(&lv);
	tt = tick_at(0);
	live_tick(&lv, &tt, 103 * S);
	assert_true(lv.lv_port[0].lp_tx_pps == 1e6);
	tt = tick_at(100);
	live_tick(&lv, &tt, 104 * S);
	assert_true(lv.lv_port[0].lp_tx_pps == 100);
}

/* Packets that were under way are no negative loss. */
static void
under_way(void **state)
{
	static struct live lv;
	struct trial_tick tt = { .tt_nports = 2 };

	live_init(&lv, names, 2, S);
	live_tick(&lv, &tt, S);
	tt.tt_port[0].sent = 100;
	tt.tt_port[1].received = 80;
	live_tick(&lv, &tt, 2 * S);
	assert_true(lv.lv_loss == 20);
	tt.tt_port[0].sent = 200;
	tt.tt_port[1].received = 200;
	live_tick(&lv, &tt, 3 * S);
	assert_true(lv.lv_loss == 0);
}

static void
pages(void **state)
{
	static struct live lv;
	struct trial_tick tt;
	char *text, *line;
	unsigned i;

	live_init(&lv, names, 2, S / 2);
	text = page(&lv, S, 80);
	assert_non_null(strstr(text, "latency"));
	free(text);
	for (i = 0; i < 200; i++) {
		tt = tick_at(UINT64_C(14880952) * i);
		live_tick(&lv, &tt, 100 * S + i * S);
	}
	text = page(&lv, 299 * S, 80);
	assert_non_null(strstr(text, "2.5 ms"));
	assert_non_null(strstr(text, "25.0000 %"));
	assert_non_null(strstr(text, "left tx"));
	assert_non_null(strstr(text, "LAST MINUTE"));
	assert_non_null(strstr(text, "##########"));
	for (line = strtok(text, "\n"); line != NULL; line = strtok(NULL, "\n"))
		assert_true(strlen(line) <= 80 || strstr(line, "14.9M"));
	free(text);
	free(page(&lv, 299 * S, 1));
}

static void
paces_told(void **state)
{
	static const struct {
		const char *in, *out;
	} cases[] = {
		{ "1000", "1 kpps" },
		{ "1.5 Mpps", "1.5 Mpps" },
		{ "1.5Mpps", "1.5 Mpps" },
		{ "999 pps", "999 pps" },
		{ "2 Gbit/s", "2 Gbit/s, layer 1" },
		{ "10 Mbit/s l3", "10 Mbit/s, layer 3" },
		{ "40 %", "40 % of the line rate" },
		{ "12.5%", "12.5 % of the line rate" },
		{ "max", "as fast as it goes" },
		{ "0.5", "0.5 pps" },
		{ "", NULL }, { "0", NULL }, { "-1", NULL }, { "fast", NULL },
		{ "1 bps", NULL }, { "101 %", NULL }, { "1 k%", NULL },
		{ "1e300", NULL }, { "nan", NULL }, { "inf", NULL },
		{ "10 Mbit/s l4", NULL }, { "10 Mbit/s x", NULL },
		{ "1 2", NULL }, { "maximum", NULL },
	};
	char text[64];
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct pace_conf pc = { .pc_line = UINT64_C(10000000000) };
		bool ok = live_pace_parse(cases[i].in, &pc);

		assert_int_equal(ok, cases[i].out != NULL);
		if (!ok)
			continue;
		assert_true(pace_check(&pc, text, sizeof(text)));
		live_pace_text(&pc, text, sizeof(text));
		assert_string_equal(text, cases[i].out);
	}
}

/* Up and down again, from anything to its ends. */
static void
paces_stepped(void **state)
{
	static const enum pace_unit units[] = { PACE_PPS, PACE_L1, PACE_L2,
		PACE_L3, PACE_PERCENT };
	char why[200];
	unsigned i, n;

	for (i = 0; i < 5; i++) {
		struct pace_conf pc = { .pc_unit = units[i],
			.pc_rate = { 1, 1 },
			.pc_line = UINT64_C(10000000000) };
		struct pace_conf next = pc;

		/* There is an end of it that the pace knows. */
		for (n = 0; n < 1000 && live_pace_step(&next, 1, 0) &&
		     pace_check(&next, why, sizeof(why));
		     n++)
			pc = next;
		assert_true(n > 20 && n < 1000);
		for (n = 0; n < 1000 && live_pace_step(&pc, -10, 0); n++)
			assert_true(pace_check(&pc, why, sizeof(why)));
		assert_true(n > 5 && n < 1000);
		assert_int_equal(pc.pc_rate.pr_num, 1);
	}
}

static void
pace_from_most(void **state)
{
	struct pace_conf pc = { .pc_kind = PACE_MAX };
	char text[64];

	assert_false(live_pace_step(&pc, 1, 2e6));
	assert_false(live_pace_step(&pc, -1, 0));
	assert_true(live_pace_step(&pc, -10, 2e6));
	live_pace_text(&pc, text, sizeof(text));
	assert_string_equal(text, "1 Mpps");
	pc = (struct pace_conf){ .pc_kind = PACE_RAMP, .pc_rate = { 10, 1 },
		.pc_to = { 1000, 1 }, .pc_over = S };
	assert_true(live_pace_step(&pc, 10, 0));
	live_pace_text(&pc, text, sizeof(text));
	assert_string_equal(text, "2 kpps");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rates),
		cmocka_unit_test(under_way),
		cmocka_unit_test(pages),
		cmocka_unit_test(paces_told),
		cmocka_unit_test(paces_stepped),
		cmocka_unit_test(pace_from_most),
	};

	return cmocka_run_group_tests_name("cmd/gen_live", tests, NULL, NULL);
}
