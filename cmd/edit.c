/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * spate route, neigh, address, sysctl: change a running daemon by hand.
 *
 * A command is an action, what it is about, and words that say more: "via
 * 10.0.1.2 interface left".  Values are the daemon's to judge.
 */
#include <errno.h>
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client.h"
#include "cmd.h"
#include "edit.h"
#include "edit_int.h"

enum word_kind {
	WORD_TEXT,   /* and a value */
	WORD_LIST,   /* and a value, maybe again */
	WORD_NUMBER, /* and a number */
	WORD_TYPE,   /* itself is the value of "type" */
};

struct word {
	const char *w_name; /* NULL ends the list */
	const char *w_member; /* of the request */
	enum word_kind w_kind;
};

struct command {
	const char *co_name;
	const char *co_usage;
	const char *co_object; /* member for what it is about */
	const struct word *co_words;
};

static const struct command route_command = {
	.co_name = "route",
	.co_usage =
	"usage: spate route [-s SOCKET] add | change PREFIX\n"
	"           via ADDRESS [via ADDRESS ...] [interface NAME]\n"
	"           | table VRF | blackhole | unreachable | prohibit\n"
	"           [preference N] [vrf NAME]\n"
	"       spate route [-s SOCKET] delete PREFIX [vrf NAME]\n"
	"       spate route [-s SOCKET] -b FILE\n",
	.co_object = "prefix",
	.co_words = (const struct word[]){
		{ "via", "via", WORD_LIST },
		{ "interface", "interface", WORD_TEXT },
		{ "preference", "preference", WORD_NUMBER },
		{ "table", "table", WORD_TEXT },
		{ "vrf", "vrf", WORD_TEXT },
		{ "blackhole", "type", WORD_TYPE },
		{ "unreachable", "type", WORD_TYPE },
		{ "prohibit", "type", WORD_TYPE },
		{ NULL, NULL, WORD_TEXT },
	    },
};

static const struct command neigh_command = {
	.co_name = "neigh",
	.co_usage =
	"usage: spate neigh [-s SOCKET] add | change ADDRESS lladdr MAC "
	"interface NAME\n"
	"       spate neigh [-s SOCKET] delete ADDRESS interface NAME\n",
	.co_object = "address",
	.co_words = (const struct word[]){
		{ "lladdr", "mac", WORD_TEXT },
		{ "mac", "mac", WORD_TEXT },
		{ "interface", "interface", WORD_TEXT },
		{ NULL, NULL, WORD_TEXT },
	    },
};

static const struct command address_command = {
	.co_name = "address",
	.co_usage =
	"usage: spate address [-s SOCKET] add | change | delete "
	"ADDRESS/LENGTH interface NAME\n",
	.co_object = "address",
	.co_words =
	    (const struct word[]){
		{ "interface", "interface", WORD_TEXT },
		{ NULL, NULL, WORD_TEXT },
	    },
};

/* Said of the command line; words of a file have none. */
static int
edit_usage(const struct command *co)
{
	fputs(co->co_usage, stderr);
	return CMD_USAGE;
}

static const struct word *
word_lookup(const struct command *co, const char *name)
{
	const struct word *w;

	for (w = co->co_words; w->w_name != NULL; w++)
		if (strcmp(w->w_name, name) == 0)
			return w;
	return NULL;
}

static json_t *
word_number(const char *text)
{
	char *end;
	long n;

	errno = 0;
	n = strtol(text, &end, 10);
	if (errno != 0 || *text == '\0' || *end != '\0')
		return json_string(text); /* the daemon says what it wants */
	return json_integer(n);
}

/* Put one word and its value into the request. */
static bool
word_add(json_t *req, const struct word *w, const char *value,
    const char *where)
{
	json_t *is = json_object_get(req, w->w_member), *v;

	if (is != NULL && w->w_kind != WORD_LIST) {
		fprintf(stderr, "%s: \"%s\" says again what was said "
		    "before\n", where, w->w_name);
		return false;
	}
	v = w->w_kind == WORD_NUMBER ? word_number(value) :
	    json_string(value);
	if (v == NULL) {
		fprintf(stderr, "%s: an argument is not UTF-8\n", where);
		return false;
	}
	if (w->w_kind != WORD_LIST)
		return json_object_set_new(req, w->w_member, v) == 0;
	if (is == NULL) {
		json_object_set_new(req, w->w_member, json_array());
		is = json_object_get(req, w->w_member);
	}
	return json_array_append_new(is, v) == 0;
}

/* Whether all words were understood; about the others it has been told. */
static bool
words_parse(const struct command *co, json_t *req, int argc, char **argv,
    const char *where)
{
	const struct word *w;
	int i;

	for (i = 0; i < argc; i++) {
		if ((w = word_lookup(co, argv[i])) == NULL) {
			fprintf(stderr, "%s: %s does not know \"%s\"\n",
			    where, co->co_name, argv[i]);
			return false;
		}
		if (w->w_kind != WORD_TYPE && i + 1 == argc) {
			fprintf(stderr, "%s: \"%s\" wants a value\n",
			    where, argv[i]);
			return false;
		}
		if (!word_add(req, w, w->w_kind == WORD_TYPE ? argv[i] :
		    argv[++i], where))
			return false;
	}
	return true;
}

/* The request that an action and its words are; NULL, which has been told. */
static json_t *
edit_request(const struct command *co, int argc, char **argv,
    const char *where)
{
	json_t *req;

	if (argc < 2 || (strcmp(argv[0], "add") != 0 &&
	    strcmp(argv[0], "change") != 0 && strcmp(argv[0], "delete") != 0)) {
		fprintf(stderr, "%s: expected add, change or delete, and what "
		    "it is about\n", where);
		return NULL;
	}
	req = json_pack("{s:s, s:s}", "action", argv[0], co->co_object,
	    argv[1]);
	if (req == NULL)
		fprintf(stderr, "%s: an argument is not UTF-8\n", where);
	else if (!words_parse(co, req, argc - 2, argv + 2, where)) {
		json_decref(req);
		req = NULL;
	}
	return req;
}

json_t *
edit_route_request(int argc, char **argv, const char *where)
{
	return edit_request(&route_command, argc, argv, where);
}

/*
 * The socket of -s in *path, the file of -b in *file (NULL: there is no -b),
 * and the index of the first argument; -1.
 */
static int
edit_options(int argc, char **argv, const char **path, const char **file)
{
	static const struct option options[] = {
		{ "socket", required_argument, NULL, 's' },
		{ "batch", required_argument, NULL, 'b' },
		{ 0 },
	};
	int c;

	*path = NULL;
	if (file != NULL)
		*file = NULL;
	while ((c = getopt_long(argc, argv, "+s:b:", options, NULL)) != -1)
		if (c == 's')
			*path = optarg;
		else if (c == 'b' && file != NULL)
			*file = optarg;
		else
			return -1;
	return optind;
}

static int
edit_ask(const struct command *co, const char *path, json_t *req)
{
	json_t *result;
	int status;

	status = client_ask(path, co->co_name, req, &result);
	if (status == CMD_OK &&
	    json_is_true(json_object_get(result, "configured")))
		printf("the configuration has its own word about it, which a "
		       "reload brings back\n");
	json_decref(result);
	return status;
}

static int
edit_run(const struct command *co, int argc, char **argv)
{
	const char *path;
	json_t *req;
	int i = edit_options(argc, argv, &path, NULL);

	if (i < 0 || i == argc)
		return edit_usage(co);
	if ((req = edit_request(co, argc - i, argv + i, "spate")) == NULL)
		return edit_usage(co);
	return edit_ask(co, path, req);
}

int
cmd_route(int argc, char **argv)
{
	const char *path, *file;
	int i = edit_options(argc, argv, &path, &file);

	if (i < 0 || (file != NULL && i != argc))
		return edit_usage(&route_command);
	if (file != NULL)
		return edit_batch(path, file);
	optind = 0; /* edit_run() reads the options anew */
	return edit_run(&route_command, argc, argv);
}

int
cmd_neigh(int argc, char **argv)
{
	return edit_run(&neigh_command, argc, argv);
}

int
cmd_address(int argc, char **argv)
{
	return edit_run(&address_command, argc, argv);
}

static void
sysctl_print(const json_t *sc)
{
	const json_t *value = json_object_get(sc, "value");

	printf("%s=", json_string_value(json_object_get(sc, "name")));
	if (json_is_integer(value))
		printf("%lld\n", (long long)json_integer_value(value));
	else
		printf("%s\n", json_string_value(value));
}

static int
sysctl_list(const char *path)
{
	json_t *result, *sc;
	int status;
	size_t i;

	status = client_ask(path, "show", json_pack("{s:s}", "what", "sysctl"),
	    &result);
	json_array_foreach(json_object_get(result, "sysctl"), i, sc)
	    sysctl_print(sc);
	json_decref(result);
	return status;
}

/* "NAME" or "NAME=VALUE". */
static int
sysctl_one(const char *path, const char *arg)
{
	const char *eq = strchr(arg, '=');
	json_t *req, *result;
	int status;

	req = eq == NULL ? json_pack("{s:s}", "name", arg) :
	    json_pack("{s:s%, s:s}", "name", arg, (size_t)(eq - arg), "value",
	    eq + 1);
	if (req == NULL) {
		fprintf(stderr, "spate: an argument is not UTF-8\n");
		return CMD_USAGE;
	}
	status = client_ask(path, "sysctl", req, &result);
	if (status == CMD_OK)
		sysctl_print(result);
	json_decref(result);
	return status;
}

int
cmd_sysctl(int argc, char **argv)
{
	const char *path;
	int i = edit_options(argc, argv, &path, NULL), status = CMD_OK;

	if (i < 0) {
		fputs("usage: spate sysctl [-s SOCKET] [NAME[=VALUE] ...]\n",
		    stderr);
		return CMD_USAGE;
	}
	if (i == argc)
		return sysctl_list(path);
	for (; i < argc && status == CMD_OK; i++)
		status = sysctl_one(path, argv[i]);
	return status;
}
