/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Between the files of reloading; private to ctl/.
 *
 *	C	ctl only
 */
#ifndef CTL_RELOAD_INT_H
#define CTL_RELOAD_INT_H

#include "cpu/wheel.h"
#include "ctl/byhand.h"
#include "ctl/reload.h"

enum reload_state {
	RLS_IDLE,
	RLS_FAREWELL, /* hosts are told that this router leaves them */
	RLS_MAKEWAY, /* devices that are needed are being closed */
	RLS_SWEEP, /* devices that are not needed are being closed */
	RLS_CONFIRM, /* done; goes back at rl_until */
};

struct reload {
	struct reload_source *rl_source; /* [C] */
	enum reload_state rl_state; /* [C] */
	struct conf *rl_from; /* [C] not IDLE: what ran, ours in CONFIRM */
	struct conf *rl_to; /* [C] */
	bool rl_back; /* [C] rl_to is the former one */
	int rl_error; /* [C] why it went back */
	struct conf_errors rl_errs; /* [C] the same in words */
	unsigned rl_confirm; /* [C] seconds; 0: need not be confirmed */
	uint64_t rl_until; /* [C] ns */
	struct timer rl_timer; /* [C] */
	reload_done_fn *rl_done; /* [C] */
	void *rl_arg; /* [C] */

	/* What a client, or a signal, asked for: reload_request.c. */
	bool rl_asked; /* [C] the source is at it, or we are */
	struct control_client *rl_client; /* [C] NULL: nobody, or gone */
	bool rl_checkonly; /* [C] */
	bool rl_signal; /* [C] what comes of it is logged */
	unsigned rl_wantconfirm; /* [C] */
	bool rl_changed; /* [C] the configurations differ */

	struct byhand *rl_hand; /* [C] not IDLE: changes of what ran */
	json_t *rl_lost; /* [C] those that did not outlive it, or NULL */
};

/* For control_apply(). */
int reload_create(struct ctl *) ON_CTL;

/* Why no reload can start now: EBUSY and text, or 0. */
int reload_busy(const struct ctl *, char *why, size_t len) ON_CTL;

/* reload_check.c: what cannot change while it runs.  EINVAL. */
int reload_check(const struct ctl *, const struct conf *, struct conf_errors *)
    ON_CTL;

#endif
