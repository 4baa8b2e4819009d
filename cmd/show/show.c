/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * spate show: one question to a running daemon, and its answer as tables for
 * people or as JSON for programs.
 */
#include <errno.h>
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client.h"
#include "cmd.h"
#include "show.h"
#include "views.h"

static int
show_usage(void)
{
	const struct view *v;

	fputs("usage: spate show [--json] [-s SOCKET] [-V VRF] "
	      "[-a NETWORK] [-n COUNT] WHAT\n\n",
	    stderr);
	for (v = views; v->v_name != NULL; v++)
		fprintf(stderr, "  %-12s %s\n", v->v_name, v->v_text);
	return CMD_USAGE;
}

static const struct view *
view_lookup(const char *name)
{
	const struct view *v;

	for (v = views; v->v_name != NULL; v++)
		if (strcmp(v->v_name, name) == 0)
			return v;
	return NULL;
}

static void
view_print(const struct view *v, const json_t *result)
{
	const struct table *ta;
	bool gap = false;

	if (v->v_verbatim != NULL) {
		const char *text = json_string_value(
		    json_object_get(result, v->v_verbatim));

		fputs(text != NULL ? text : "", stdout);
		return;
	}
	for (ta = v->v_tables; ta->ta_path != NULL; ta++)
		gap = table_print(ta, result, gap, stdout);
}

/* What of it: more than its name, if anything. */
struct wish {
	const char *w_vrf;
	const char *w_address; /* flows to there */
	long w_count; /* … so many at most; 0: as many as usual */
};

static int
show(const struct view *v, const char *path, const struct wish *w, bool json)
{
	struct client cl;
	json_t *result = NULL;
	bool done;

	if (client_open(&cl, path) != 0)
		return CMD_FAILED;
	if (client_send(&cl, "show", json_pack("{s:s, s:s*, s:s*, s:o*}",
		"what", v->v_name, "vrf", w->w_vrf, "address", w->w_address,
		"count", w->w_count != 0 ? json_integer(w->w_count) : NULL)) ==
	    0)
		result = client_receive(&cl, &done);
	client_close(&cl);
	if (result == NULL)
		return cl.cl_status;
	if (json) {
		json_dumpf(result, stdout, JSON_INDENT(2));
		putchar('\n');
	} else
		view_print(v, result);
	json_decref(result);
	return CMD_OK;
}

int
show_view(const char *name, const char *path, bool json)
{
	const struct wish all = { .w_vrf = NULL };

	return show(view_lookup(name), path, &all, json);
}

/* The daemon knows how many are too many. */
static bool
show_count(const char *text, long *count)
{
	char *end;

	errno = 0;
	*count = strtol(text, &end, 10);
	if (*text != '\0' && *end == '\0' && errno == 0 && *count > 0)
		return true;
	fprintf(stderr, "spate: \"%s\" is not a number of flows\n", text);
	return false;
}

int
cmd_show(int argc, char **argv)
{
	static const struct option options[] = {
		{ "address", required_argument, NULL, 'a' },
		{ "count", required_argument, NULL, 'n' },
		{ "json", no_argument, NULL, 'j' },
		{ "socket", required_argument, NULL, 's' },
		{ "vrf", required_argument, NULL, 'V' },
		{ 0 },
	};
	const char *path = NULL;
	struct wish w = { .w_vrf = NULL };
	const struct view *v;
	bool json = false;
	int c;

	while ((c = getopt_long(argc, argv, "a:jn:s:V:", options, NULL)) != -1)
		switch (c) {
		case 'a':
			w.w_address = optarg;
			break;
		case 'n':
			if (!show_count(optarg, &w.w_count))
				return CMD_USAGE;
			break;
		case 'j':
			json = true;
			break;
		case 's':
			path = optarg;
			break;
		case 'V':
			w.w_vrf = optarg;
			break;
		default:
			return show_usage();
		}
	if (argc - optind != 1)
		return show_usage();
	if ((v = view_lookup(argv[optind])) == NULL) {
		fprintf(stderr, "spate: nothing to show is named \"%s\"\n",
		    argv[optind]);
		return show_usage();
	}
	return show(v, path, &w, json);
}
