/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * spate top: what a running daemon does, as it does it.
 *
 * feed.c asks the daemon, rates.c makes rates of two answers, history.c keeps a
 * minute of them, pages.c makes tables, and batch.c or screen.c shows those.
 */
#include <errno.h>
#include <getopt.h>
#include <langinfo.h>
#include <locale.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd.h"
#include "rates.h"
#include "term/term.h"
#include "top.h"
#include "top_int.h"

#define INTERVAL_LEAST 0.1 /* seconds */
#define INTERVAL_MOST  3600
#define COUNT_MOST     1000000000

static int
top_usage(void)
{
	unsigned i;

	fputs("usage: spate top [-bm] [-i SECONDS] [-n COUNT] [-p PAGE] "
	    "[-s SOCKET]\n\n  pages:", stderr);
	for (i = 0; i < PG_N; i++)
		fprintf(stderr, "%s %s", i > 0 ? "," : "", page_name(i));
	fputc('\n', stderr);
	return CMD_USAGE;
}

static bool
interval_parse(const char *text, uint64_t *ns)
{
	char *end;
	double s;

	errno = 0;
	s = strtod(text, &end);
	if (errno != 0 || end == text || *end != '\0' ||
	    !(s >= INTERVAL_LEAST && s <= INTERVAL_MOST)) {
		fprintf(stderr, "spate: \"%s\" is not a number of seconds from "
		    "%.1f to %d\n", text, INTERVAL_LEAST, INTERVAL_MOST);
		return false;
	}
	*ns = (uint64_t)(s * TOP_NS_S);
	return true;
}

static bool
count_parse(const char *text, unsigned *count)
{
	char *end;
	long n;

	errno = 0;
	n = strtol(text, &end, 10);
	if (errno != 0 || end == text || *end != '\0' || n < 1 ||
	    n > COUNT_MOST) {
		fprintf(stderr, "spate: \"%s\" is not a number from 1 to %d\n",
		    text, COUNT_MOST);
		return false;
	}
	*count = (unsigned)n;
	return true;
}

static bool
page_parse(const char *text, struct top *tp)
{
	enum page page = page_lookup(text);

	if (page == PG_N) {
		fprintf(stderr, "spate: no page of top is named \"%s\"\n",
		    text);
		return false;
	}
	tp->tp_look.lk_page = page;
	tp->tp_all = false;
	return true;
}

/* The options, into tp, path and the interval; false: usage. */
static bool
options_parse(int argc, char **argv, struct top *tp, const char **path,
    uint64_t *every)
{
	static const struct option options[] = {
		{ "batch", no_argument, NULL, 'b' },
		{ "count", required_argument, NULL, 'n' },
		{ "interval", required_argument, NULL, 'i' },
		{ "mono", no_argument, NULL, 'm' },
		{ "page", required_argument, NULL, 'p' },
		{ "socket", required_argument, NULL, 's' },
		{ 0 },
	};
	bool ok = true;
	int c;

	while (ok &&
	    (c = getopt_long(argc, argv, "bi:mn:p:s:", options, NULL)) != -1)
		switch (c) {
		case 'b':
			tp->tp_batch = true;
			break;
		case 'i':
			ok = interval_parse(optarg, every);
			break;
		case 'm':
			tp->tp_mono = true;
			break;
		case 'n':
			ok = count_parse(optarg, &tp->tp_count);
			break;
		case 'p':
			ok = page_parse(optarg, tp);
			break;
		case 's':
			*path = optarg;
			break;
		default:
			ok = false;
		}
	return ok && optind == argc;
}

int
cmd_top(int argc, char **argv)
{
	struct top top = { .tp_all = true, .tp_look.lk_column = -1 };
	uint64_t every = TOP_NS_S;
	const char *path = NULL;
	int status;

	/* Numbers stay as they are; only what characters there are. */
	setlocale(LC_CTYPE, "");
	top.tp_look.lk_utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
	if (!options_parse(argc, argv, &top, &path, &every))
		return top_usage();
	if (!top.tp_batch &&
	    !term_able("spate: top", ": use \"spate top --batch\""))
		return CMD_FAILED;
	if (feed_open(&top.tp_feed, path, every) != 0)
		return CMD_FAILED;
	status = top.tp_batch ? batch_run(&top) : screen_run(&top);
	feed_close(&top.tp_feed);
	histories_free(&top.tp_histories);
	return status;
}
