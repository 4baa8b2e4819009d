/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * spate trace: what becomes of packets in the running daemon.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#include "capture/compile.h"
#include "capture/option.h"
#include "client.h"
#include "told.h"
#include "trace.h"

#define COUNT_MAX 1000000000ul

struct trace_args {
	const char *ta_socket;
	json_t *ta_names;	/* NULL: all interfaces */
	unsigned long ta_count; /* 0: until interrupted */
	char *ta_filter;	/* its text; NULL: none */
	bool ta_json;
};

static int
trace_usage(void)
{
	fputs("usage: spate trace [--json] [-i INTERFACE] ... [-c COUNT] "
	    "[-s SOCKET]\n"
	    "           [FILTER ...]\n", stderr);
	return CMD_USAGE;
}

static bool
trace_option(struct trace_args *ta, int c, const char *arg)
{
	switch (c) {
	case 'c':
		return option_number('c', arg, 1, COUNT_MAX, &ta->ta_count);
	case 'i':
		return option_interface(&ta->ta_names, arg);
	case 'j':
		ta->ta_json = true;
		return true;
	case 's':
		ta->ta_socket = arg;
		return true;
	}
	return false;
}

static bool
trace_parse(struct trace_args *ta, int argc, char **argv)
{
	static const struct option longs[] = { { "json", no_argument, NULL,
						   'j' },
		{ "socket", required_argument, NULL, 's' }, { 0 } };
	char **words;
	int c, n;

	/* Options may stand behind the filter, which has none of its own. */
	while ((c = getopt_long(argc, argv, "c:i:js:", longs, NULL)) != -1)
		if (!trace_option(ta, c, optarg))
			return false;
	words = argv + optind;
	n = argc - optind;
	ta->ta_filter = filter_join(words, n);
	return true;
}

static void
trace_sum(const json_t *result)
{
	long long matched = json_integer_value(
	    json_object_get(result, "matched"));
	long long told = json_integer_value(json_object_get(result, "told"));
	long long lost = json_integer_value(json_object_get(result, "lost"));

	fprintf(stderr, "%lld packets told, of %lld that matched", told,
	    matched);
	if (lost > 0)
		fprintf(stderr, "; %lld came faster than they can be told",
		    lost);
	fputc('\n', stderr);
}

/* One line of the answer; false if nobody reads what we write. */
static bool
trace_take(const struct trace_args *ta, const json_t *result, bool done,
    bool *first)
{
	if (done) {
		trace_sum(result);
		return true;
	}
	if (json_object_get(result, "packet") == NULL) {
		fputs("tracing\n", stderr); /* from here on, all are seen */
		return true;
	}
	if (ta->ta_json) {
		json_dumpf(result, stdout, JSON_COMPACT);
		putchar('\n');
	} else {
		if (!*first)
			putchar('\n');
		told_print(result, stdout);
	}
	*first = false;
	return fflush(stdout) == 0;
}

/* Until the daemon has told everything; the second signal does not wait. */
static int
trace_loop(struct client *cl, const struct trace_args *ta)
{
	bool done = false, first = true, stopping = false;
	json_t *result;

	while (!done) {
		if ((result = client_receive(cl, &done)) != NULL) {
			if (!trace_take(ta, result, done, &first))
				done = true;
			json_decref(result);
			continue;
		}
		if (errno != EINTR || stopping)
			return cl->cl_status;
		stopping = true;
		if (client_send(cl, "stop", json_object()) != 0)
			return CMD_FAILED;
	}
	return CMD_OK;
}

static int
trace_run(const struct trace_args *ta)
{
	json_t *insns = NULL, *req;
	struct client cl;
	int status = CMD_FAILED;

	if (ta->ta_filter != NULL &&
	    (insns = filter_compile(ta->ta_filter)) == NULL)
		return CMD_USAGE;
	req = json_pack("{s:O*, s:o*}", "interfaces", ta->ta_names, "filter",
	    insns);
	if (ta->ta_count > 0)
		json_object_set_new(req, "count",
		    json_integer((json_int_t)ta->ta_count));
	if (client_open(&cl, ta->ta_socket) != 0) {
		json_decref(req);
		return CMD_FAILED;
	}
	client_stream(&cl);
	if (client_send(&cl, "trace", req) == 0)
		status = trace_loop(&cl, ta);
	client_close(&cl);
	return status;
}

int
cmd_trace(int argc, char **argv)
{
	struct trace_args ta = { 0 };
	int status;

	status = trace_parse(&ta, argc, argv) ? trace_run(&ta) : trace_usage();
	json_decref(ta.ta_names);
	free(ta.ta_filter);
	return status;
}
