/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Plain text, for scripts and files: a line with the time, then tables.  A line
 * that begins with "#" is no table.
 */
#include <poll.h>
#include <stdio.h>
#include <time.h>

#include "cmd.h"
#include "top_int.h"

/* Every page that is not made of others. */
static void
batch_pages(struct top *tp)
{
	unsigned i;

	for (i = PG_CPUS; i < PG_N; i++) {
		tp->tp_look.lk_page = i;
		if (i > PG_CPUS)
			putchar('\n');
		page_print(&tp->tp_look, tp->tp_feed.fd_rates,
		    &tp->tp_histories, stdout);
	}
}

static void
batch_time(char text[static 32])
{
	time_t now = time(NULL);
	struct tm tm;

	strftime(text, 32, "%Y-%m-%dT%H:%M:%S%z", localtime_r(&now, &tm));
}

static void
batch_report(struct top *tp)
{
	const json_t *rates = tp->tp_feed.fd_rates;
	const char *host =
	    json_string_value(json_object_get(rates, "hostname"));
	char when[32];

	batch_time(when);
	printf("# %s %s, up %.1f s, rates of %.3f s\n", when,
	    host != NULL ? host : "-",
	    json_number_value(json_object_get(rates, "uptime")),
	    json_number_value(json_object_get(rates, "seconds")));
	if (tp->tp_all)
		batch_pages(tp);
	else
		page_print(&tp->tp_look, rates, &tp->tp_histories, stdout);
	putchar('\n');
}

/* A line without tables; it, too, counts as a report. */
static void
batch_lost(const struct top *tp)
{
	char when[32];

	batch_time(when);
	printf("# %s %s\n\n", when, tp->tp_feed.fd_client.cl_error);
}

/* Whether it was a report. */
static bool
batch_event(struct top *tp, enum feed_event ev)
{
	char when[32];

	if (ev == FEED_RATES)
		batch_report(tp);
	else if (ev == FEED_LOST)
		batch_lost(tp);
	if (ev == FEED_FIRST && tp->tp_feed.fd_new) {
		batch_time(when);
		printf("# %s the daemon was restarted\n\n", when);
	}
	return ev == FEED_RATES || ev == FEED_LOST;
}

static void
batch_wait(const struct feed *fd)
{
	struct pollfd pfd = { .fd = feed_fd(fd), .events = POLLIN };
	uint64_t now = feed_now(), when = feed_when(fd);

	if (when > now)
		poll(&pfd, 1, (int)((when - now + 999999) / 1000000));
}

int
batch_run(struct top *tp)
{
	unsigned reports = 0;
	enum feed_event ev;

	tp->tp_look.lk_raw = true;
	while (!ferror(stdout)) {
		ev = feed_step(&tp->tp_feed, feed_now());
		if (ev == FEED_NONE) {
			batch_wait(&tp->tp_feed);
			continue;
		}
		if (batch_event(tp, ev) && ++reports == tp->tp_count)
			break;
		if (fflush(stdout) != 0)
			break;
	}
	return tp->tp_feed.fd_open ? CMD_OK : CMD_FAILED;
}
