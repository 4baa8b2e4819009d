/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Rates of counters: each list of the daemon's answer is described by what
 * identifies an item, what is copied, and what is counted.
 */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "rates.h"

#define NS_S	1e9
#define KEY_MAX 256 /* bytes of what identifies an item */

/* A counter, and the member its rate becomes: events a second, times scale. */
struct counter {
	const char *ct_key;
	const char *ct_rate;
	double ct_scale;
};

struct list {
	const char *li_name;
	const char *li_id[4];	/* members that identify an item; copied */
	const char *li_copy[2]; /* members that are copied as they are */
	struct counter li_counters[12]; /* up to one without key */
};

/* clang-format off */
static const struct list lists[] = {
	{ "cpus", { "cpu" }, { "held" }, {
		{ "busy_ns",	"busy",		100 / NS_S },
		{ "rounds",	"rounds",	1 },
		{ "sleeps",	"sleeps",	1 },
		{ "messages",	"messages",	1 },
		{ "received",	"received",	1 },
		{ "originated",	"originated",	1 },
		{ "copied",	"copied",	1 },
		{ "sent",	"sent",		1 },
		{ "delivered",	"delivered",	1 },
		{ "merged",	"merged",	1 },
		{ "dropped",	"dropped",	1 } } },
	{ "interfaces", { "name" }, { "state" }, {
		{ "rx_packets",	"rx_pps",	1 },
		{ "rx_bytes",	"rx_bps",	8 },
		{ "tx_packets",	"tx_pps",	1 },
		{ "tx_bytes",	"tx_bps",	8 },
		{ "drops",	"drop_pps",	1 },
		{ "device_dropped", "lost_pps",	1 } } },
	{ "stages", { "stage" }, { NULL }, {
		{ "packets",	"pps",		1 },
		{ "calls",	"calls",	1 },
		{ "all_cycles",	"cycle_rate",	1 } } },
	{ "drops", { "interface", "layer", "counter" }, { "reason", "packets" },
		{ { "packets",	"pps",		1 } } },
};
/* clang-format on */

#define NLISTS (sizeof(lists) / sizeof(lists[0]))

json_int_t
rates_run(const json_t *answer)
{
	return json_integer_value(json_object_get(answer, "started"));
}

json_int_t
rates_time(const json_t *answer)
{
	return json_integer_value(json_object_get(answer, "time"));
}

/* What identifies an item, as one text. */
static const char *
item_id(const struct list *li, const json_t *item, char text[static KEY_MAX])
{
	size_t n = 0;
	unsigned i;

	text[0] = '\0';
	for (i = 0; i < 4 && li->li_id[i] != NULL && n < KEY_MAX; i++) {
		const json_t *v = json_object_get(item, li->li_id[i]);

		if (json_is_string(v))
			n += (size_t)snprintf(text + n, KEY_MAX - n, "%s/",
			    json_string_value(v));
		else
			n += (size_t)snprintf(text + n, KEY_MAX - n, "%lld/",
			    (long long)json_integer_value(v));
	}
	return text;
}

/* The items of a list by what identifies them. */
static json_t *
list_index(const struct list *li, const json_t *answer)
{
	json_t *index = json_object(), *item;
	char id[KEY_MAX];
	size_t i;

	json_array_foreach(json_object_get(answer, li->li_name), i, item)
	    json_object_set(index, item_id(li, item, id), item);
	return index;
}

/* Events between; a counter that went back was set back. */
static double
events(const struct counter *ct, const json_t *former, const json_t *now)
{
	json_int_t n = json_integer_value(json_object_get(now, ct->ct_key));
	json_int_t f = json_integer_value(json_object_get(former, ct->ct_key));

	return (double)(n >= f ? n - f : n);
}

static json_t *
item_rates(const struct list *li, const json_t *former, const json_t *now,
    double seconds)
{
	const struct counter *ct;
	json_t *out = json_object();
	unsigned i;

	for (i = 0; i < 4 && li->li_id[i] != NULL; i++)
		json_object_set(out, li->li_id[i],
		    json_object_get(now, li->li_id[i]));
	for (i = 0; i < 2 && li->li_copy[i] != NULL; i++)
		json_object_set(out, li->li_copy[i],
		    json_object_get(now, li->li_copy[i]));
	for (ct = li->li_counters; ct->ct_key != NULL; ct++)
		json_object_set_new(out, ct->ct_rate,
		    json_real(events(ct, former, now) * ct->ct_scale /
			seconds));
	return out;
}

static json_t *
list_rates(const struct list *li, const json_t *former, const json_t *now,
    double seconds)
{
	json_t *index = list_index(li, former), *out = json_array(), *item;
	char id[KEY_MAX];
	size_t i;

	json_array_foreach(json_object_get(now, li->li_name), i, item)
	    json_array_append_new(out, item_rates(li,
		json_object_get(index, item_id(li, item, id)), item, seconds));
	json_decref(index);
	return out;
}

/* Add a CPU's counters of a stage to those of the CPUs before it. */
static void
stage_add(json_t *sum, const json_t *stage)
{
	static const char *const keys[] = { "packets", "calls", "all_cycles" };
	unsigned i;

	for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		json_object_set_new(sum, keys[i], json_integer(
		    json_integer_value(json_object_get(sum, keys[i])) +
		    json_integer_value(json_object_get(stage, keys[i]))));
}

/* Where in the list of sums a stage is, from 0; the number of them: nowhere. */
static size_t
stage_place(const json_t *sums, const char *name)
{
	const json_t *item;
	size_t i;

	json_array_foreach(sums, i,
	    item) if (strcmp(json_string_value(json_object_get(item, "stage")),
			  name) == 0) return i;
	return json_array_size(sums);
}

/*
 * The stages of all CPUs together, in the order of the path: one that CPUs
 * before this one never ran goes behind its predecessor here.
 */
static json_t *
stages_sum(const json_t *answer)
{
	json_t *sums = json_array(), *cpu, *stage;
	size_t i, k, place;

	json_array_foreach(json_object_get(answer, "cpus"), i, cpu)
	{
		size_t next = 0;

		json_array_foreach(json_object_get(cpu, "stages"), k, stage)
		{
			const char *name = json_string_value(
			    json_object_get(stage, "stage"));

			if (name == NULL)
				continue;
			place = stage_place(sums, name);
			if (place == json_array_size(sums)) {
				place = next;
				json_array_insert_new(sums, place,
				    json_pack("{s:s}", "stage", name));
			}
			stage_add(json_array_get(sums, place), stage);
			next = place + 1;
		}
	}
	return json_pack("{s:o}", "stages", sums);
}

static double
real(const json_t *item, const char *key)
{
	return json_number_value(json_object_get(item, key));
}

/* Packets a vector and cycles a packet; cycles are measured only if asked. */
static void
stages_ratios(const json_t *stages)
{
	json_t *item;
	size_t i;

	json_array_foreach(stages, i, item)
	{
		double pps = real(item, "pps"), calls = real(item, "calls");
		double cycles = real(item, "cycle_rate");

		json_object_set_new(item, "vector",
		    calls > 0 ? json_real(pps / calls) : json_null());
		json_object_set_new(item, "cycles", pps > 0 && cycles > 0 ?
		    json_real(cycles / pps) : json_null());
		json_object_del(item, "cycle_rate");
	}
}

/* Two clocks were read for it, at not quite the same time. */
static void
cpus_limit(const json_t *cpus)
{
	json_t *item;
	size_t i;

	json_array_foreach(cpus, i, item) if (real(item, "busy") > 100)
	    json_object_set_new(item, "busy", json_real(100));
}

json_t *
rates(const json_t *former, const json_t *now)
{
	double seconds = (double)(rates_time(now) - rates_time(former)) / NS_S;
	json_t *out, *f, *n;
	unsigned i;

	if (!json_is_object(former) || !json_is_object(now) ||
	    rates_run(former) != rates_run(now) || !(seconds > 0))
		return NULL;
	out = json_pack("{s:f, s:O*, s:O*}", "seconds", seconds, "hostname",
	    json_object_get(now, "hostname"), "uptime",
	    json_object_get(now, "uptime"));
	f = stages_sum(former);
	n = stages_sum(now);
	for (i = 0; i < NLISTS; i++) {
		bool stages = strcmp(lists[i].li_name, "stages") == 0;

		json_object_set_new(out, lists[i].li_name,
		    list_rates(&lists[i], stages ? f : former,
			stages ? n : now, seconds));
	}
	json_decref(f);
	json_decref(n);
	stages_ratios(json_object_get(out, "stages"));
	cpus_limit(json_object_get(out, "cpus"));
	return out;
}

struct sortable {
	json_t *so_item;
	const json_t *so_value;
	size_t so_place; /* before */
	int so_sign;
};

/* Of values, the one that goes first: large numbers, texts by alphabet. */
static int
value_compare(const json_t *a, const json_t *b)
{
	double x = json_number_value(a), y = json_number_value(b);

	if (json_is_string(a) && json_is_string(b))
		return strcmp(json_string_value(a), json_string_value(b));
	return x > y ? -1 : x < y;
}

static int
sortable_compare(const void *va, const void *vb)
{
	const struct sortable *a = va, *b = vb;
	int order = value_compare(a->so_value, b->so_value) * a->so_sign;

	if (order != 0)
		return order;
	return a->so_place < b->so_place ? -1 : 1;
}

void
rates_sort(json_t *list, const char *key, bool reverse)
{
	size_t i, n = json_array_size(list);
	struct sortable *so;

	if (n < 2 || (so = calloc(n, sizeof(*so))) == NULL)
		return;
	for (i = 0; i < n; i++) {
		so[i].so_item = json_incref(json_array_get(list, i));
		so[i].so_value = json_object_get(so[i].so_item, key);
		so[i].so_place = i;
		so[i].so_sign = reverse ? -1 : 1;
	}
	qsort(so, n, sizeof(*so), sortable_compare);
	for (i = 0; i < n; i++)
		json_array_set_new(list, i, so[i].so_item);
	free(so);
}
