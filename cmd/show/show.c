/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * spate show: one question to a running daemon, and its answer as tables for
 * people or as JSON for programs.
 */
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "client.h"
#include "cmd.h"
#include "show.h"
#include "views.h"

static int
show_usage(void)
{
	const struct view *v;

	fputs("usage: spate show [--json] [-s SOCKET] [-V VRF] WHAT\n\n",
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

static int
show(const struct view *v, const char *path, const char *vrf, bool json)
{
	struct client cl;
	json_t *result = NULL;
	bool done;

	if (client_open(&cl, path) != 0)
		return CMD_FAILED;
	if (client_send(&cl, "show", json_pack("{s:s, s:s*}", "what",
		v->v_name, "vrf", vrf)) ==
	    0)
		result = client_receive(&cl, &done);
	client_close(&cl);
	if (result == NULL)
		return CMD_FAILED;
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
	return show(view_lookup(name), path, NULL, json);
}

int
cmd_show(int argc, char **argv)
{
	static const struct option options[] = {
		{ "json", no_argument, NULL, 'j' },
		{ "socket", required_argument, NULL, 's' },
		{ "vrf", required_argument, NULL, 'V' },
		{ 0 },
	};
	const char *path = NULL, *vrf = NULL;
	const struct view *v;
	bool json = false;
	int c;

	while ((c = getopt_long(argc, argv, "js:V:", options, NULL)) != -1)
		switch (c) {
		case 'j':
			json = true;
			break;
		case 's':
			path = optarg;
			break;
		case 'V':
			vrf = optarg;
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
	return show(v, path, vrf, json);
}
