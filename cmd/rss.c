/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * spate rss: which CPU owns which flows, and giving them to another.
 */
#include <errno.h>
#include <getopt.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client.h"
#include "cmd.h"
#include "rss.h"

static int
rss_usage(void)
{
	fputs("usage: spate rss [--json] [-s SOCKET] bucket LIST cpu CPU\n"
	    "       spate rss [--json] [-s SOCKET] bucket LIST spread\n"
	    "LIST: \"5\", \"0-63\", \"1,3,8-15\" or \"all\"\n", stderr);
	return CMD_USAGE;
}

/* A CPU's number, or "spread"; NULL, told, if it is neither. */
static json_t *
cpu_parse(const char *text)
{
	char *end;
	long n;

	errno = 0;
	n = strtol(text, &end, 10);
	if (errno == 0 && *text != '\0' && *end == '\0' && n >= 0 &&
	    n <= UINT16_MAX)
		return json_integer(n);
	fprintf(stderr, "spate: \"%s\" is not the number of a CPU\n", text);
	return NULL;
}

static void
rss_print(const json_t *result, bool json)
{
	int n = (int)json_integer_value(json_object_get(result, "buckets"));
	int moved = (int)json_integer_value(json_object_get(result, "moved"));

	if (json) {
		json_dumpf(result, stdout, JSON_INDENT(2));
		putchar('\n');
	} else if (n == 1)
		puts(moved == 0 ? "it was there already" : "moved");
	else
		printf("%d of %d buckets moved\n", moved, n);
}

int
cmd_rss(int argc, char **argv)
{
	static const struct option options[] = {
		{ "json", no_argument, NULL, 'j' },
		{ "socket", required_argument, NULL, 's' },
		{ 0 },
	};
	json_t *cpu, *result = NULL;
	const char *path = NULL;
	bool json = false;
	int c, n, status;

	while ((c = getopt_long(argc, argv, "js:", options, NULL)) != -1)
		if (c == 'j')
			json = true;
		else if (c == 's')
			path = optarg;
		else
			return rss_usage();
	n = argc - optind;
	argv += optind;
	if (n < 3 || strcmp(argv[0], "bucket") != 0)
		return rss_usage();
	if (n == 3 && strcmp(argv[2], "spread") == 0)
		cpu = json_string("spread");
	else if (n != 4 || strcmp(argv[2], "cpu") != 0)
		return rss_usage();
	else if ((cpu = cpu_parse(argv[3])) == NULL)
		return CMD_USAGE;
	status = client_ask(path, "rss", json_pack("{s:s, s:o}", "buckets",
	    argv[1], "cpu", cpu), &result);
	if (status == CMD_OK)
		rss_print(result, json);
	json_decref(result);
	return status;
}
