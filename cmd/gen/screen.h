/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Trials on a screen: what is sent and comes back while it does, and keys that
 * change rate, size and flows meanwhile.
 *
 * Another rate is of the same trial.  Another size or number of flows ends it
 * and begins the next; so does whoever wants the counters at 0.
 */
#ifndef CMD_GEN_SCREEN_H
#define CMD_GEN_SCREEN_H

#include <stdbool.h>

#include "gen/runner.h"
#include "gen/trial.h"

struct screen;

struct screen_conf {
	const struct runner *sc_runner;
	const char *const *sc_port; /* names of the runner's ports */
	struct trial_conf sc_trial; /* to begin with; streams are copied */
	/* Each trial as it ended; an errno value ends the screen. */
	int (*sc_ended)(void *arg, const struct trial_result *);
	void *sc_arg;
};

/*
 * Whether the terminal can; if so it is made ready, as long as files may still
 * be opened.  NULL: it cannot, and why was said.
 */
struct screen *gen_screen_open(void);

/*
 * Runs trials until the user leaves or the runner is stopped.  0; or an errno
 * value: of sc_ended, or of the first trial, and then "why" has a sentence.
 */
int gen_screen_run(
    struct screen *, const struct screen_conf *, char *why, size_t len);

/* The terminal is as it was.  NULL is allowed. */
void gen_screen_close(struct screen *);

#endif
