/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reports: what is in the tree, verdicts, files, and trees of anybody's.
 */
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/random.h"
#include "gen/hist.h"
#include "gen/report_int.h"
#include "made.h"

static char *
printed(const struct report *rp, enum report_form form)
{
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	assert_non_null(f);
	assert_int_equal(report_print(rp, form, f), 0);
	fclose(f);
	return text;
}

static const json_t *
method_of(const struct report *rp, size_t i)
{
	return json_array_get(json_object_get(rp->rp_tree, "methods"), i);
}

static struct report *
with_method(enum method method, unsigned nsizes)
{
	struct report *rp = made_report(&profile_quick);
	struct method_result me;

	made_method(rp, method, nsizes, &me);
	assert_int_equal(report_add(rp, NULL, &me), 0);
	made_free(&me);
	return rp;
}

/* What a stranger needs to do it again. */
static void
head(void **state)
{
	struct report *rp = made_report(&profile_quick);
	const json_t *tree = rp->rp_tree;
	const json_t *machine = json_object_get(tree, "machine");

	assert_string_equal(tree_text(tree, "command"),
	    "spate gen -c 'it'\\''s a plan.conf'");
	assert_string_equal(tree_text(tree, "seed"), "18446744073709551615");
	assert_string_equal(tree_text(tree, "status"), "partial");
	assert_string_equal(tree_text(tree, "spate"), SPATE_VERSION);
	assert_string_not_equal(tree_text(machine, "kernel"), "");
	assert_true(tree_number(machine, "cpus") >= 1);
	assert_true(tree_number(machine, "memory_bytes") > 1e6);
	assert_true(tree_is(json_object_get(tree, "profile"), "name", "quick"));
	assert_int_equal(report_end(rp, NULL), 0);
	assert_string_equal(tree_text(tree, "status"), "complete");
	report_destroy(rp);
}

/* The distribution of a throughput is that of its trial. */
static void
throughput(void **state)
{
	struct report *rp = with_method(MT_THROUGHPUT, 2);
	const json_t *method = method_of(rp, 0);
	const json_t *point =
	    json_array_get(json_object_get(method, "points"), 1);
	const json_t *trials = json_object_get(method, "trials");

	assert_string_equal(tree_text(method, "clause"), "RFC 2544, 26.1");
	assert_string_equal(tree_text(point, "frame"), "128");
	assert_string_equal(tree_text(point, "status"), "valid");
	assert_true(tree_number(point, "throughput_pps") == 8.1e5);
	assert_int_equal(json_array_size(trials), 6);
	assert_true(json_equal(json_object_get(point, "latency"),
	    json_object_get(json_array_get(trials, 5), "latency")));
	assert_true(tree_number(json_object_get(point, "pacing"), "count") ==
	    40000);
	assert_true(tree_is(json_array_get(trials, 4), "status", "invalid"));
	report_destroy(rp);
}

/* Trials that nobody told of are there briefly. */
static void
untold(void **state)
{
	struct report *rp = made_report(&profile_quick);
	struct method_result me;
	const json_t *trials;

	made_method(NULL, MT_THROUGHPUT, 2, &me);
	assert_int_equal(report_add(rp, "a step", &me), 0);
	made_free(&me);
	trials = json_object_get(method_of(rp, 0), "trials");
	assert_int_equal(json_array_size(trials), 6);
	assert_true(tree_number(json_array_get(trials, 0), "sent_packets") ==
	    3240000);
	assert_true(tree_is(method_of(rp, 0), "title", "a step: Throughput"));
	report_destroy(rp);
}

/* Of what was not measured there is no number that could be read as one. */
static void
unmeasured(void **state)
{
	static const enum method_status statuses[] = { MS_IMPOSSIBLE,
		MS_FAILED };
	struct report *rp = made_report(&profile_quick);
	struct method_result me;
	const json_t *point;
	unsigned i;

	made_method(NULL, MT_THROUGHPUT, 2, &me);
	for (i = 0; i < 2; i++) {
		me.me_point[i].mp_status = statuses[i];
		strcpy(me.me_point[i].mp_why, "because");
	}
	report_add(rp, NULL, &me);
	made_free(&me);
	for (i = 0; i < 2; i++) {
		point = json_array_get(
		    json_object_get(method_of(rp, 0), "points"), i);
		assert_true(isnan(tree_number(point, "throughput_pps")));
		assert_int_equal(tree_standing(point), ST_DOUBT);
		assert_string_equal(json_string_value(json_array_get(
		    json_object_get(point, "notes"), 0)), "because");
	}
	report_destroy(rp);
}

/* One that fails is the verdict, whatever comes after it. */
static void
verdicts(void **state)
{
	struct report *rp = with_method(MT_LOSS, 1);

	report_expect(rp, "a", REPORT_PASS, "1");
	assert_true(tree_is(rp->rp_tree, "verdict", "pass"));
	report_expect(rp, "b", REPORT_UNKNOWN, NULL);
	assert_true(tree_is(rp->rp_tree, "verdict", "not measured"));
	report_expect(rp, "c", REPORT_FAIL, "2");
	report_expect(rp, "d", REPORT_UNKNOWN, NULL);
	report_expect(rp, "e", REPORT_PASS, "3");
	assert_true(tree_is(rp->rp_tree, "verdict", "fail"));
	assert_true(tree_is(method_of(rp, 0), "verdict", "fail"));
	report_destroy(rp);
	rp = made_report(&profile_quick);
	assert_int_equal(report_expect(rp, "of nothing", REPORT_PASS, NULL),
	    EINVAL);
	report_destroy(rp);
}

/* The quick profile is named in each part of each form. */
static void
marked(void **state)
{
	struct report *rp = with_method(MT_THROUGHPUT, 1);
	char *text = printed(rp, REPORT_TEXT), *line;

	assert_non_null(strstr(text, "profile   quick: "));
	assert_non_null(strstr(text, "(RFC 2544, 26.1; profile quick)"));
	free(text);
	text = printed(rp, REPORT_HTML);
	assert_non_null(strstr(text, "class=\"always\">profile quick"));
	assert_non_null(strstr(text, "RFC 2544, 26.1 · profile quick"));
	free(text);
	text = printed(rp, REPORT_CSV);
	assert_int_equal(strncmp(text, "section,method,", 15), 0);
	line = strstr(text, "\r\nresult,throughput,64,,,throughput_pps,810000,"
	    "packet/s,valid,quick,\r\n");
	assert_non_null(line);
	free(text);
	report_destroy(rp);
}

static void
loss_curve(void **state)
{
	struct report *rp = with_method(MT_LOSS, 2);
	json_t *rows = tree_rows(method_of(rp, 0));

	assert_true(tree_has_rows(method_of(rp, 0)));
	assert_int_equal(json_array_size(rows), 20);
	assert_true(tree_is(json_array_get(rows, 0), "status", "invalid"));
	assert_true(tree_is(json_array_get(rows, 10), "frame", "128"));
	json_decref(rows);
	report_destroy(rp);
}

/* 99.999 % of a known distribution. */
static void
percentiles(void **state)
{
	struct report *rp = made_report(&profile_quick);
	struct hist *h = hist_create();
	json_t *dist, *pair;
	unsigned i;
	size_t k;
	double before = -1;

	for (i = 1; i <= 1000; i++)
		hist_add(h, i);
	dist = report_hist(rp, h, "ns");
	assert_true(tree_number(dist, "count") == 1000);
	assert_true(tree_number(dist, "max") == 1000);
	json_array_foreach(json_object_get(dist, "percentiles"), k, pair)
	{
		double p = json_number_value(json_array_get(pair, 0));
		double v = json_number_value(json_array_get(pair, 1));

		assert_true(p > before);
		before = p;
		assert_true(fabs(v - fmax(1, ceil(p * 10 - 1e-9))) <= 1);
	}
	assert_true(before == 100);
	json_decref(dist);
	hist_destroy(h);
	report_destroy(rp);
}

static void
numbers(void **state)
{
	static const struct {
		enum quantity_kind kind;
		double value;
		const char *text;
	} cases[] = {
		{ QK_COUNT, 0, "0" },
		{ QK_COUNT, 1234567, "1\u202f234\u202f567" },
		{ QK_PPS, 1488095.24, "1\u202f488\u202f095" },
		{ QK_COUNT, -1234, "-1\u202f234" },
		{ QK_COUNT, 999, "999" },
		{ QK_BPS, 1e10, "10000.000" },
		{ QK_TIME, 12345, "12.345" },
		{ QK_TIME, 0.2, "<0.001" },
		{ QK_PERCENT, 0.00001, "<0.0001" },
		{ QK_PERCENT, 0, "0.0000" },
		{ QK_PERCENT, 100, "100.0000" },
	};
	char text[64];
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct quantity qu = { "k", "k", cases[i].kind, ALWAYS };
		json_t *row = json_pack("{s:f}", "k", cases[i].value);

		quantity_print(&qu, row, true, text, sizeof(text));
		assert_string_equal(text, cases[i].text);
		json_decref(row);
	}
}

/* A file is whole or as it was; a device is written to. */
static void
files(void **state)
{
	struct report *rp = with_method(MT_THROUGHPUT, 1), *again;
	char dir[] = "/tmp/report_test.XXXXXX", path[64], temp[64], err[256];
	char *before, *after;
	struct stat st;

	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/r.json", dir);
	snprintf(temp, sizeof(temp), "%s/r.json.new", dir);
	assert_int_equal(report_save(rp, REPORT_JSON, path), 0);
	assert_int_equal(report_save(rp, REPORT_JSON, path), 0);
	assert_int_equal(stat(temp, &st), -1);
	assert_int_equal(report_load(path, &again, err, sizeof(err)), 0);
	before = printed(rp, REPORT_HTML);
	after = printed(again, REPORT_HTML);
	assert_string_equal(before, after);
	free(before);
	free(after);
	report_destroy(again);
	assert_int_equal(report_save(rp, REPORT_HTML, path), 0);
	assert_int_equal(report_load(path, &again, err, sizeof(err)), EINVAL);
	assert_non_null(strstr(err, "r.json:1:"));
	assert_int_equal(report_load("/dev/null", &again, err, sizeof(err)),
	    EINVAL);
	assert_int_equal(report_save(rp, REPORT_CSV, "/dev/null"), 0);
	assert_int_equal(stat("/dev/null", &st), 0);
	assert_true(S_ISCHR(st.st_mode));
	assert_int_equal(report_save(rp, REPORT_CSV, "/nowhere/x"), ENOENT);
	assert_int_equal(report_save(rp, REPORT_CSV, "/dev/full"), ENOSPC);
	unlink(path);
	rmdir(dir);
	report_destroy(rp);
}

/* Something of another type, or nothing. */
static json_t *
something(struct rnd *rnd)
{
	switch (rnd_below(rnd, 8)) {
	case 0:
		return json_null();
	case 1:
		return json_true();
	case 2:
		return json_integer(-1);
	case 3:
		return json_real(1e308);
	case 4:
		return json_string("<x a=\"'&\n");
	case 5:
		return json_array();
	case 6:
		return json_pack("[[n, n], [f, s], {}, 1]", 99.999, "x");
	default:
		return json_object();
	}
}

/* Spoils members here and there. */
static void
spoil(json_t *value, struct rnd *rnd)
{
	const char *key;
	json_t *inner;
	void *tmp;
	size_t i;

	json_object_foreach_safe(value, tmp, key, inner)
	{
		if (rnd_below(rnd, 25) == 0)
			json_object_del(value, key);
		else if (rnd_below(rnd, 25) == 0)
			json_object_set_new(value, key, something(rnd));
		else
			spoil(inner, rnd);
	}
	json_array_foreach(value, i, inner)
	{
		if (rnd_below(rnd, 100) == 0)
			json_array_set_new(value, i, something(rnd));
		else if (i < 4)
			spoil(inner, rnd);
	}
}

/* The printers take any tree. */
static void
hostile(void **state)
{
	enum method method;
	struct rnd rnd;
	unsigned i, form;

	rnd_seed(&rnd, 1);
	for (method = 0; method < MT_N; method++) {
		struct report *whole = with_method(method, 2);

		for (i = 0; i < 20; i++) {
			struct report rp = { .rp_tree =
			    json_deep_copy(whole->rp_tree) };

			spoil(rp.rp_tree, &rnd);
			for (form = REPORT_CSV; form <= REPORT_TEXT; form++)
				free(printed(&rp, form));
			json_decref(rp.rp_tree);
		}
		report_destroy(whole);
	}
	for (i = 0; i < 100; i++) {
		struct report rp = { .rp_tree = something(&rnd) };

		for (form = REPORT_CSV; form <= REPORT_TEXT; form++)
			free(printed(&rp, form));
		json_decref(rp.rp_tree);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(head),
		cmocka_unit_test(throughput),
		cmocka_unit_test(untold),
		cmocka_unit_test(unmeasured),
		cmocka_unit_test(verdicts),
		cmocka_unit_test(marked),
		cmocka_unit_test(loss_curve),
		cmocka_unit_test(percentiles),
		cmocka_unit_test(numbers),
		cmocka_unit_test(files),
		cmocka_unit_test(hostile),
	};

	return cmocka_run_group_tests_name("gen/report", tests, NULL, NULL);
}
