/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Pages as text: what fits into 80 columns, and in which order.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "top/pages.h"

#define S 1000000000ull

static json_t *
some_rates(double pps)
{
	return json_pack("{s:f, s:[{s:i, s:f}], s:[{s:s, s:s, s:f, s:f, s:f, "
			 "s:f}, {s:s, s:s, s:f}], s:[{s:s, s:f}], s:[]}",
	    "seconds", 1.0, "cpus", "cpu", 0, "busy", 50.0, "interfaces",
	    "name", "fifteen.letters", "state", "no carrier", "rx_pps", pps,
	    "rx_bps", pps * 8000, "tx_pps", pps, "tx_bps", pps * 8000, "name",
	    "a", "state", "up", "rx_pps", 12.0, "stages", "stage", "ip_input",
	    "pps", pps, "drops");
}

static char *
page(struct look lk, const json_t *rates, const struct histories *hs)
{
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	assert_non_null(f);
	page_print(&lk, rates, hs, f);
	fclose(f);
	return text;
}

static void
test_fits(void **state)
{
	struct histories hs = { 0 };
	json_t *rates = some_rates(999949999);
	struct look lk = { .lk_column = -1, .lk_width = 80 };
	unsigned i;

	histories_add(&hs, rates, 100 * S);
	for (i = 0; i < PG_N; i++) {
		char *text, *line;

		lk.lk_page = i;
		text = page(lk, rates, &hs);
		for (line = strtok(text, "\n"); line != NULL;
		     line = strtok(NULL, "\n"))
			assert_true(strlen(line) <= 80);
		free(text);
	}
	histories_free(&hs);
	json_decref(rates);
}

static void
test_history(void **state)
{
	struct histories hs = { 0 };
	json_t *rates = some_rates(1000), *less = some_rates(500);
	struct look lk = { .lk_page = PG_INTERFACES, .lk_column = -1,
		.lk_width = 100 };
	char *text;

	histories_add(&hs, rates, 100 * S);
	histories_add(&hs, less, 101 * S);
	text = page(lk, less, &hs);
	/* The bar of the peak, and that of half of it behind, at the edge. */
	assert_non_null(strstr(text, "#+\n"));
	assert_non_null(strstr(text, "fifteen.letters rx  1.0k  "));
	free(text);
	lk.lk_page = PG_CPUS;
	text = page(lk, less, &hs);
	assert_non_null(strstr(text, "CPU 0 busy"));
	assert_non_null(strstr(text, "++\n"));
	assert_null(strstr(text, "rx"));
	free(text);
	histories_free(&hs);
	json_decref(rates);
	json_decref(less);
}

/* What is no more has no history. */
static void
test_forgotten(void **state)
{
	struct histories hs = { 0 };
	json_t *rates = some_rates(1), *none = json_pack("{s:f}", "seconds",
	    1.0);

	histories_add(&hs, rates, 100 * S);
	assert_int_equal(hs.hs_n, 5);
	histories_add(&hs, none, 101 * S);
	assert_int_equal(hs.hs_n, 0);
	histories_free(&hs);
	json_decref(rates);
	json_decref(none);
}

static void
test_order(void **state)
{
	struct histories hs = { 0 };
	json_t *rates = some_rates(1000);
	struct look lk = { .lk_page = PG_INTERFACES, .lk_column = 2,
		.lk_reverse = true, .lk_raw = true };
	char *text = page(lk, rates, &hs);

	assert_string_equal(page_sorted_by(&lk), "RX PPS");
	assert_true(strstr(text, "\na ") < strstr(text, "\nfifteen"));
	assert_non_null(strstr(text, " 8000000.0"));
	free(text);
	/* The rates themselves stay in order. */
	lk.lk_column = -1;
	text = page(lk, rates, &hs);
	assert_true(strstr(text, "\na ") > strstr(text, "\nfifteen"));
	assert_null(page_sorted_by(&lk));
	free(text);
	json_decref(rates);
}

static void
test_names(void **state)
{
	unsigned i;

	for (i = 0; i < PG_N; i++) {
		assert_int_equal(page_lookup(page_name(i)), i);
		assert_true(page_columns(i) > 1);
	}
	assert_int_equal(page_lookup("none"), PG_N);
}

/* Numbers a person can read. */
static void
test_cells(void **state)
{
	static const struct {
		double n;
		const char *text;
	} rows[] = { { 0, "0" }, { 0.25, "0.2" }, { 9.96, "10" },
		{ 999.4, "999" }, { 999.6, "1.0k" }, { 123456, "123.5k" },
		{ 999949, "999.9k" }, { 999951, "1.0M" }, { 12e9, "12.0G" } };
	static const struct table ta = { "l", NULL, NULL,
		{ { "n", "N", CELL_RATE } } };
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		json_t *v = json_pack("{s:[{s:f}]}", "l", "n", rows[i].n);
		char *text = NULL;
		size_t len;
		FILE *f = open_memstream(&text, &len);

		assert_non_null(f);
		table_print(&ta, v, false, f);
		fclose(f);
		text[len - 1] = '\0';
		assert_string_equal(strchr(text, '\n') + 1 +
		    strspn(strchr(text, '\n') + 1, " "), rows[i].text);
		free(text);
		json_decref(v);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fits),
		cmocka_unit_test(test_history),
		cmocka_unit_test(test_forgotten),
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_cells),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
