/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One question is on its way at a time.  A daemon that goes, or does not
 * answer for a while, is tried again at each interval.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "feed.h"
#include "rates.h"

#define NS_S	 1000000000ull
#define PATIENCE (5 * NS_S) /* until a daemon that says nothing is given up */

uint64_t
feed_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * NS_S + (uint64_t)ts.tv_nsec;
}

int
feed_open(struct feed *fd, const char *path, uint64_t every)
{
	*fd = (struct feed){ .fd_every = every, .fd_due = feed_now() };
	if (client_open(&fd->fd_client, path) != 0)
		return -1;
	fd->fd_client.cl_quiet = true;
	fd->fd_open = true;
	return 0;
}

static void
feed_hang_up(struct feed *fd)
{
	if (fd->fd_open)
		client_close(&fd->fd_client);
	json_decref(fd->fd_former);
	fd->fd_former = NULL;
	fd->fd_open = fd->fd_asked = false;
}

void
feed_close(struct feed *fd)
{
	feed_hang_up(fd);
	json_decref(fd->fd_rates);
	fd->fd_rates = NULL;
}

int
feed_fd(const struct feed *fd)
{
	return fd->fd_open ? fd->fd_client.cl_fd : -1;
}

uint64_t
feed_when(const struct feed *fd)
{
	return fd->fd_asked ? fd->fd_patience : fd->fd_due;
}

/* The next time after now, in step with the times before. */
static void
feed_schedule(struct feed *fd, uint64_t now)
{
	fd->fd_due += fd->fd_every;
	if (fd->fd_due <= now)
		fd->fd_due = now + fd->fd_every;
}

/* Without a daemon: cl_error says why. */
static enum feed_event
feed_lost(struct feed *fd, uint64_t now)
{
	feed_hang_up(fd);
	if (fd->fd_due <= now)
		feed_schedule(fd, now);
	return FEED_LOST;
}

static enum feed_event
feed_ask(struct feed *fd, uint64_t now)
{
	if (!fd->fd_open &&
	    client_open_quiet(&fd->fd_client, fd->fd_client.cl_path) != 0)
		return feed_lost(fd, now);
	fd->fd_open = true;
	if (client_send(&fd->fd_client, "show",
		json_pack("{s:s}", "what", "top")) != 0)
		return feed_lost(fd, now);
	fd->fd_asked = true;
	fd->fd_patience = now + PATIENCE;
	feed_schedule(fd, now);
	return FEED_NONE;
}

static enum feed_event
feed_answer(struct feed *fd, uint64_t now)
{
	json_t *answer, *result;
	bool done;

	if ((answer = client_receive(&fd->fd_client, &done)) == NULL)
		return feed_lost(fd, now);
	fd->fd_asked = false;
	fd->fd_new = fd->fd_run != 0 && rates_run(answer) != fd->fd_run;
	fd->fd_run = rates_run(answer);
	result = rates(fd->fd_former, answer);
	json_decref(fd->fd_former);
	fd->fd_former = answer;
	if (result == NULL)
		return FEED_FIRST;
	json_decref(fd->fd_rates);
	fd->fd_rates = result;
	fd->fd_taken = now;
	return FEED_RATES;
}

/* Take what has come, without waiting for more. */
static enum feed_event
feed_read(struct feed *fd, uint64_t now)
{
	struct pollfd pfd = { .fd = fd->fd_client.cl_fd, .events = POLLIN };
	int error;

	while (!client_ready(&fd->fd_client) && poll(&pfd, 1, 0) > 0)
		if ((error = client_more(&fd->fd_client)) != 0) {
			snprintf(fd->fd_client.cl_error,
			    sizeof(fd->fd_client.cl_error),
			    "the daemon at %s %s", fd->fd_client.cl_path,
			    error == EPIPE ? "is gone" : strerror(error));
			return feed_lost(fd, now);
		}
	return client_ready(&fd->fd_client) ? feed_answer(fd, now) : FEED_NONE;
}

enum feed_event
feed_step(struct feed *fd, uint64_t now)
{
	enum feed_event ev = FEED_NONE;

	if (fd->fd_open && (ev = feed_read(fd, now)) != FEED_NONE)
		return ev;
	if (fd->fd_asked && now >= fd->fd_patience) {
		snprintf(fd->fd_client.cl_error,
		    sizeof(fd->fd_client.cl_error),
		    "the daemon at %s has not answered for %d s",
		    fd->fd_client.cl_path, (int)(PATIENCE / NS_S));
		return feed_lost(fd, now);
	}
	if (!fd->fd_asked && now >= fd->fd_due)
		return feed_ask(fd, now);
	return FEED_NONE;
}
