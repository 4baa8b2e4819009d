/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * spate affinity: which CPU serves which receive queue, as intrctl(8) does it
 * for interrupts.
 */
#include <errno.h>
#include <getopt.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "affinity.h"
#include "client.h"
#include "cmd.h"
#include "show/show.h"

static int
affinity_usage(void)
{
	fputs("usage: spate affinity [--json] [-s SOCKET] "
	    "[INTERFACE QUEUE CPU]\n", stderr);
	return CMD_USAGE;
}

static bool
number_parse(const char *what, const char *text, int *out)
{
	char *end;
	long n;

	errno = 0;
	n = strtol(text, &end, 10);
	*out = (int)n;
	if (errno == 0 && *text != '\0' && *end == '\0' && n >= 0 &&
	    n <= UINT16_MAX)
		return true;
	fprintf(stderr, "spate: \"%s\" is not the number of a %s\n", text,
	    what);
	return false;
}

int
cmd_affinity(int argc, char **argv)
{
	static const struct option options[] = {
		{ "json", no_argument, NULL, 'j' },
		{ "socket", required_argument, NULL, 's' },
		{ 0 },
	};
	const char *path = NULL;
	json_t *result = NULL;
	bool json = false;
	int c, queue, cpu, status;

	while ((c = getopt_long(argc, argv, "js:", options, NULL)) != -1)
		if (c == 'j')
			json = true;
		else if (c == 's')
			path = optarg;
		else
			return affinity_usage();
	if (optind == argc)
		return show_view("affinity", path, json);
	if (argc - optind != 3)
		return affinity_usage();
	if (!number_parse("queue", argv[optind + 1], &queue) ||
	    !number_parse("CPU", argv[optind + 2], &cpu))
		return CMD_USAGE;
	status = client_ask(path, "affinity", json_pack("{s:s, s:i, s:i}",
	    "interface", argv[optind], "queue", queue, "cpu", cpu), &result);
	if (status == CMD_OK && json) {
		json_dumpf(result, stdout, JSON_INDENT(2));
		putchar('\n');
	} else if (status == CMD_OK)
		printf("CPU %d serves queue %d of %s\n", cpu, queue,
		    argv[optind]);
	json_decref(result);
	return status;
}
