/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * spate reload, spate confirm: have a running daemon read its configuration
 * again.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#include "client.h"
#include "cmd.h"
#include "reload.h"

#define CONFIRM_MAX 86400 /* seconds; the daemon has the same limit */

static int
reload_usage(void)
{
	fputs("usage: spate reload [--check | --confirm SECONDS] "
	    "[-s SOCKET]\n", stderr);
	return CMD_USAGE;
}

static int
confirm_usage(void)
{
	fputs("usage: spate confirm [--undo] [-s SOCKET]\n", stderr);
	return CMD_USAGE;
}

static void
reload_print(const json_t *result)
{
	const char *file = json_string_value(json_object_get(result, "file"));
	bool changed = json_is_true(json_object_get(result, "changed"));
	int confirm =
	    (int)json_integer_value(json_object_get(result, "confirm"));

	if (!json_is_true(json_object_get(result, "applied")))
		printf("%s is OK and %s\n", file, changed ?
		    "can be loaded" : "says what runs already");
	else if (confirm > 0)
		printf("%s is loaded; it goes back in %d s unless you say "
		    "\"spate confirm\"\n", file, confirm);
	else
		printf("%s is loaded%s\n", file,
		    changed ? "" : "; nothing in it had changed");
}

/* What had been changed by hand and now is as the file says, or gone. */
static void
undone_print(const json_t *result)
{
	const json_t *list = json_object_get(result, "undone"), *one;
	size_t i;

	if (json_array_size(list) > 0)
		printf("changes by hand that this has undone:\n");
	json_array_foreach(list, i, one)
	    printf("%s %s\n", json_string_value(json_object_get(one, "sign")),
		json_string_value(json_object_get(one, "text")));
}

static bool
seconds_parse(const char *text, int *seconds)
{
	char *end;
	long n;

	errno = 0;
	n = strtol(text, &end, 10);
	*seconds = (int)n;
	if (errno == 0 && *text != '\0' && *end == '\0' && n >= 1 &&
	    n <= CONFIRM_MAX)
		return true;
	fprintf(stderr, "spate: \"%s\" is not a number of seconds from 1 to "
	    "%d\n", text, CONFIRM_MAX);
	return false;
}

int
cmd_reload(int argc, char **argv)
{
	static const struct option options[] = {
		{ "check", no_argument, NULL, 'n' },
		{ "confirm", required_argument, NULL, 'c' },
		{ "socket", required_argument, NULL, 's' },
		{ 0 },
	};
	json_t *req, *result = NULL;
	const char *path = NULL;
	int c, seconds = 0, status;
	bool check = false;

	while ((c = getopt_long(argc, argv, "c:ns:", options, NULL)) != -1)
		if (c == 'n')
			check = true;
		else if (c == 's')
			path = optarg;
		else if (c != 'c')
			return reload_usage();
		else if (!seconds_parse(optarg, &seconds))
			return CMD_USAGE;
	if (optind != argc || (check && seconds != 0))
		return reload_usage();
	req = json_object();
	if (check)
		json_object_set_new(req, "check", json_true());
	if (seconds != 0)
		json_object_set_new(req, "confirm", json_integer(seconds));
	status = client_ask(path, "reload", req, &result);
	if (status == CMD_OK)
		reload_print(result);
	if (status == CMD_OK)
		undone_print(result);
	json_decref(result);
	return status;
}

int
cmd_confirm(int argc, char **argv)
{
	static const struct option options[] = {
		{ "socket", required_argument, NULL, 's' },
		{ "undo", no_argument, NULL, 'u' },
		{ 0 },
	};
	json_t *req, *result = NULL;
	const char *path = NULL;
	bool undo = false;
	int c, status;

	while ((c = getopt_long(argc, argv, "s:u", options, NULL)) != -1)
		if (c == 's')
			path = optarg;
		else if (c == 'u')
			undo = true;
		else
			return confirm_usage();
	if (optind != argc)
		return confirm_usage();
	req = json_object();
	if (undo)
		json_object_set_new(req, "undo", json_true());
	status = client_ask(path, "confirm", req, &result);
	json_decref(result);
	return status;
}
