/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Rates of two answers of the daemon.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "top/rates.h"

/* In texts ' stands for ". */
static json_t *
answer(const char *text)
{
	char json[4096];
	json_error_t err;
	json_t *v;
	size_t i;

	assert_true(strlen(text) < sizeof(json));
	for (i = 0; i <= strlen(text); i++)
		json[i] = text[i] == '\'' ? '"' : text[i];
	v = json_loads(json, 0, &err);
	if (v == NULL)
		fail_msg("%s at %d", err.text, err.position);
	return v;
}

static json_t *
rates_of(const char *former, const char *now)
{
	json_t *f = answer(former), *n = answer(now), *r = rates(f, n);

	json_decref(f);
	json_decref(n);
	return r;
}

static double
value(const json_t *rates, const char *list, size_t i, const char *key)
{
	const json_t *item = json_array_get(json_object_get(rates, list), i);
	const json_t *v = json_object_get(item, key);

	if (!json_is_number(v))
		fail_msg("%s[%zu] has no number \"%s\"", list, i, key);
	return json_number_value(v);
}

static void
test_interface(void **state)
{
	json_t *r = rates_of("{'started': 5, 'time': 1000000000, 'interfaces': "
	    "[{'name': 'a', 'state': 'up', 'rx_packets': 100, 'rx_bytes': 1000,"
	    " 'tx_packets': 7, 'tx_bytes': 70, 'drops': 1,"
	    " 'device_dropped': 0}]}",
	    "{'started': 5, 'time': 1500000000, 'hostname': 'r', 'interfaces': "
	    "[{'name': 'a', 'state': 'down', 'rx_packets': 150,"
	    " 'rx_bytes': 4000, 'tx_packets': 7, 'tx_bytes': 70, 'drops': 4,"
	    " 'device_dropped': 2}]}");

	assert_non_null(r);
	assert_true(json_number_value(json_object_get(r, "seconds")) == 0.5);
	assert_true(value(r, "interfaces", 0, "rx_pps") == 100);
	assert_true(value(r, "interfaces", 0, "rx_bps") == 48000);
	assert_true(value(r, "interfaces", 0, "tx_pps") == 0);
	assert_true(value(r, "interfaces", 0, "tx_bps") == 0);
	assert_true(value(r, "interfaces", 0, "drop_pps") == 6);
	assert_true(value(r, "interfaces", 0, "lost_pps") == 4);
	assert_string_equal(json_string_value(json_object_get(json_array_get(
	    json_object_get(r, "interfaces"), 0), "state")), "down");
	json_decref(r);
}

/* New, gone, moved in the list, counted anew. */
static void
test_items(void **state)
{
	json_t *r = rates_of("{'started': 5, 'time': 0, 'interfaces': ["
	    "{'name': 'gone', 'rx_packets': 9}, {'name': 'a', 'rx_packets': 1},"
	    "{'name': 'anew', 'rx_packets': 1000}]}",
	    "{'started': 5, 'time': 1000000000, 'interfaces': ["
	    "{'name': 'anew', 'rx_packets': 3}, {'name': 'new',"
	    " 'rx_packets': 4}, {'name': 'a', 'rx_packets': 3}]}");

	assert_int_equal(json_array_size(json_object_get(r, "interfaces")), 3);
	assert_true(value(r, "interfaces", 0, "rx_pps") == 3);
	assert_true(value(r, "interfaces", 1, "rx_pps") == 4);
	assert_true(value(r, "interfaces", 2, "rx_pps") == 2);
	json_decref(r);
}

static void
test_cpu(void **state)
{
	json_t *r = rates_of("{'started': 5, 'time': 0, 'cpus': ["
	    "{'cpu': 0, 'busy_ns': 0, 'rounds': 0, 'sleeps': 5, 'held': 3},"
	    "{'cpu': 1, 'busy_ns': 0, 'rounds': 0, 'sleeps': 5}]}",
	    "{'started': 5, 'time': 2000000000, 'cpus': ["
	    "{'cpu': 0, 'busy_ns': 500000000, 'rounds': 10, 'sleeps': 6,"
	    " 'held': 1}, {'cpu': 1, 'busy_ns': 2000000100, 'rounds': 0,"
	    " 'sleeps': 5}]}");

	assert_true(value(r, "cpus", 0, "busy") == 25);
	assert_true(value(r, "cpus", 0, "rounds") == 5);
	assert_true(value(r, "cpus", 0, "sleeps") == 0.5);
	assert_true(value(r, "cpus", 0, "held") == 1);
	assert_true(value(r, "cpus", 1, "busy") == 100);
	json_decref(r);
}

/* Of all CPUs, in the order of the path. */
static void
test_stages(void **state)
{
	static const char *const order[] = { "rx", "ip", "udp", "tx" };
	json_t *r = rates_of("{'started': 5, 'time': 0, 'cpus': []}",
	    "{'started': 5, 'time': 2000000000, 'cpus': ["
	    "{'cpu': 0, 'stages': [{'stage': 'rx', 'packets': 10, 'calls': 2,"
	    " 'all_cycles': 300}, {'stage': 'tx', 'packets': 4, 'calls': 4,"
	    " 'all_cycles': 0}]},"
	    "{'cpu': 1, 'stages': [{'stage': 'rx', 'packets': 20, 'calls': 4,"
	    " 'all_cycles': 600}, {'stage': 'ip', 'packets': 0, 'calls': 0},"
	    "{'stage': 'udp', 'packets': 2, 'calls': 1}]}]}");
	size_t i;

	for (i = 0; i < 4; i++)
		assert_string_equal(json_string_value(json_object_get(
		    json_array_get(json_object_get(r, "stages"), i), "stage")),
		    order[i]);
	assert_true(value(r, "stages", 0, "pps") == 15);
	assert_true(value(r, "stages", 0, "vector") == 5);
	assert_true(value(r, "stages", 0, "cycles") == 30);
	/* No cycles were measured; no vector was worked on. */
	assert_true(json_is_null(json_object_get(json_array_get(
	    json_object_get(r, "stages"), 3), "cycles")));
	assert_true(json_is_null(json_object_get(json_array_get(
	    json_object_get(r, "stages"), 1), "vector")));
	json_decref(r);
}

/* One reason of two interfaces, and one that nobody had before. */
static void
test_drops(void **state)
{
	json_t *r = rates_of("{'started': 5, 'time': 0, 'drops': ["
	    "{'interface': 'a', 'layer': 'ip', 'counter': 'ttl',"
	    " 'reason': 'TTL', 'packets': 10}]}",
	    "{'started': 5, 'time': 1000000000, 'drops': ["
	    "{'interface': 'a', 'layer': 'ip', 'counter': 'ttl',"
	    " 'reason': 'TTL', 'packets': 11},"
	    "{'interface': 'b', 'layer': 'ip', 'counter': 'ttl',"
	    " 'reason': 'TTL', 'packets': 10}]}");

	assert_true(value(r, "drops", 0, "pps") == 1);
	assert_true(value(r, "drops", 0, "packets") == 11);
	assert_true(value(r, "drops", 1, "pps") == 10);
	json_decref(r);
}

/* Nothing to compare, or nothing that could be. */
static void
test_none(void **state)
{
	json_t *one = answer("{'started': 5, 'time': 7}");

	assert_null(rates(NULL, one));
	assert_null(rates(one, NULL));
	assert_null(rates(one, one));
	json_decref(one);
	assert_null(rates_of("{'started': 5, 'time': 7}",
	    "{'started': 6, 'time': 9}"));
	assert_null(rates_of("{'started': 5, 'time': 9}",
	    "{'started': 5, 'time': 7}"));
	assert_null(rates_of("[]", "[]"));
}

/* Whatever is in the place of lists and numbers. */
static void
test_strange(void **state)
{
	json_t *r = rates_of("{'time': 0, 'cpus': {'a': 1}, 'drops': 7}",
	    "{'time': 1000000000, 'cpus': [1, null, {'stages': [{}, 3]}],"
	    " 'interfaces': ['x', {'name': 3, 'rx_packets': 'y'}],"
	    " 'drops': null}");

	assert_non_null(r);
	assert_true(value(r, "interfaces", 1, "rx_pps") == 0);
	assert_int_equal(json_array_size(json_object_get(r, "drops")), 0);
	json_decref(r);
}

static void
sorted(const char *list, const char *key, bool reverse, const char *expected)
{
	json_t *l = answer(list);
	char order[16] = "";
	json_t *item;
	size_t i;

	rates_sort(l, key, reverse);
	json_array_foreach(l, i, item)
	    strcat(order, json_string_value(json_object_get(item, "n")));
	assert_string_equal(order, expected);
	json_decref(l);
}

static void
test_sort(void **state)
{
	const char *list = "[{'n': 'b', 'v': 1}, {'n': 'd', 'v': 3.5},"
	    "{'n': 'a', 'v': 1}, {'n': 'c'}]";

	sorted(list, "v", false, "dbac");
	sorted(list, "v", true, "cbad");
	sorted(list, "n", false, "abcd");
	sorted(list, "n", true, "dcba");
	sorted(list, "none", false, "bdac");
	sorted("[]", "v", false, "");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_interface),
		cmocka_unit_test(test_items),
		cmocka_unit_test(test_cpu),
		cmocka_unit_test(test_stages),
		cmocka_unit_test(test_drops),
		cmocka_unit_test(test_none),
		cmocka_unit_test(test_strange),
		cmocka_unit_test(test_sort),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
