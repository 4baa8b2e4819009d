/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Asking the daemon again and again, across its restarts, without ever waiting:
 * the caller sleeps, and looks after the keyboard.
 */
#ifndef CMD_TOP_FEED_H
#define CMD_TOP_FEED_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "client.h"

enum feed_event {
	FEED_NONE,
	FEED_FIRST,	/* an answer, but none before it to compare it with */
	FEED_RATES,	/* fd_rates is new */
	FEED_LOST,	/* no daemon: see fd_client.cl_error; tried again */
};

struct feed {
	struct client fd_client;
	bool fd_open;	   /* there is a connection */
	bool fd_asked;	   /* a question is on its way */
	uint64_t fd_due;   /* ns: the next question, or attempt to connect */
	uint64_t fd_every; /* ns between questions */
	uint64_t fd_patience; /* ns: an answer must have come */
	json_t *fd_former; /* the answer before, of this run of the daemon */
	json_t *fd_rates;  /* NULL before the first */
	uint64_t fd_taken; /* when they came, on our clock */
	json_int_t fd_run; /* of the daemon; see rates_run() */
	bool fd_new;	   /* fd_former is of another run than the one before */
};

/* CLOCK_MONOTONIC in ns, the clock of all times here. */
uint64_t feed_now(void);

/* Connect; 0, or -1 and a word on standard error. */
int feed_open(struct feed *, const char *path, uint64_t every);
void feed_close(struct feed *);

/* What to poll for input, or -1. */
int feed_fd(const struct feed *);

/* When to call feed_step() at the latest. */
uint64_t feed_when(const struct feed *);

/* Read what there is, ask what is due.  Call until FEED_NONE. */
enum feed_event feed_step(struct feed *, uint64_t now);

#endif
