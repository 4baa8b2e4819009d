/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * spate explain: what would become of a packet, described in words.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client.h"
#include "told.h"
#include "trace.h"

static int
explain_usage(void)
{
	fputs("usage: spate explain [--json] [-s SOCKET] in INTERFACE "
	    "src ADDRESS dst ADDRESS\n"
	    "           [proto udp|tcp|icmp|NUMBER] [sport PORT] "
	    "[dport PORT] [ttl N] [size BYTES]\n"
	    "           [dscp N] [vlan N[,N]] [queue N] [df]\n", stderr);
	return CMD_USAGE;
}

/* A word of the command line, and the member of the request it becomes. */
static const struct word {
	const char *wo_word;
	const char *wo_key;
	bool wo_number;
} words[] = {
	{ "in", "interface", false },
	{ "src", "source", false },
	{ "dst", "destination", false },
	{ "sport", "source_port", true },
	{ "dport", "destination_port", true },
	{ "ttl", "ttl", true },
	{ "size", "size", true },
	{ "dscp", "dscp", true },
	{ "queue", "queue", true },
	{ NULL, NULL, false },
};

static bool
number_parse(const char *text, const char **end, long *n)
{
	char *e;

	errno = 0;
	*n = strtol(text, &e, 10);
	*end = e;
	return errno == 0 && *text >= '0' && *text <= '9';
}

static bool
word_number(const char *word, const char *text, json_t **v)
{
	const char *end;
	long n;

	*v = NULL;
	if (number_parse(text, &end, &n) && *end == '\0')
		*v = json_integer(n);
	else
		fprintf(stderr, "spate: \"%s\" wants a number, not \"%s\"\n",
		    word, text);
	return *v != NULL;
}

static json_t *
word_vlans(const char *text)
{
	json_t *list = json_array();
	const char *end = text;
	long n;

	do {
		if (!number_parse(text, &end, &n))
			break;
		json_array_append_new(list, json_integer(n));
		text = end + 1;
	} while (*end == ',');
	if (*end == '\0' && json_array_size(list) > 0)
		return list;
	fputs("spate: \"vlan\" wants a number, or two as 100,20\n", stderr);
	json_decref(list);
	return NULL;
}

/* One word with its value into the request. */
static bool
word_take(json_t *req, const char *word, const char *text)
{
	const struct word *wo = words;
	const char *end;
	json_t *v = NULL;
	long n;

	while (wo->wo_word != NULL && strcmp(wo->wo_word, word) != 0)
		wo++;
	if (wo->wo_word != NULL && wo->wo_number) {
		if (!word_number(word, text, &v))
			return false;
	} else if (wo->wo_word != NULL) {
		v = json_string(text);
	} else if (strcmp(word, "proto") == 0) {
		v = number_parse(text, &end, &n) && *end == '\0' ?
		    json_integer(n) : json_string(text);
	} else if (strcmp(word, "vlan") == 0) {
		v = word_vlans(text);
	} else
		fprintf(stderr, "spate: \"%s\" says nothing about a packet\n",
		    word);
	return v != NULL && json_object_set_new(req, strcmp(word, "proto") ==
	    0 ? "protocol" : strcmp(word, "vlan") == 0 ? "vlans" :
	    wo->wo_key, v) == 0;
}

static json_t *
words_parse(char **argv, int n)
{
	json_t *req = json_object();
	int i;

	for (i = 0; i < n; i++) {
		if (strcmp(argv[i], "df") == 0) {
			json_object_set_new(req, "df", json_true());
			continue;
		}
		if (i + 1 < n && word_take(req, argv[i], argv[i + 1])) {
			i++;
			continue;
		}
		json_decref(req);
		return NULL;
	}
	return req;
}

int
cmd_explain(int argc, char **argv)
{
	static const struct option options[] = {
		{ "json", no_argument, NULL, 'j' },
		{ "socket", required_argument, NULL, 's' },
		{ 0 },
	};
	const char *path = NULL;
	json_t *req, *result;
	bool json = false;
	int c, status;

	while ((c = getopt_long(argc, argv, "+js:", options, NULL)) != -1)
		if (c == 'j')
			json = true;
		else if (c == 's')
			path = optarg;
		else
			return explain_usage();
	if (optind == argc ||
	    (req = words_parse(argv + optind, argc - optind)) == NULL)
		return explain_usage();
	status = client_ask(path, "explain", req, &result);
	if (status != CMD_OK)
		return status;
	if (json) {
		json_dumpf(result, stdout, JSON_INDENT(2));
		putchar('\n');
	} else {
		told_print(result, stdout);
		if (!json_is_true(json_object_get(result, "sure")))
			puts("  (the device may choose another queue; \"queue "
			     "N\" says which)");
	}
	json_decref(result);
	return CMD_OK;
}
