/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From the running configuration to another, as a difference: what both want
 * is not touched, and packets that both would forward are forwarded all the
 * while.
 *
 * It takes some rounds when a device must be closed; one at a time.  What
 * fails on the way (a device cannot be opened) is taken back.  A reload that
 * is to be confirmed goes back to the former configuration by itself when its
 * time is over; until then no other can start.
 *
 * Changes by hand (byhand.h) stay where the new configuration has no word about
 * the same object; the others are undone, and told.  Who goes back finds them
 * as they were.
 *
 * Where a new configuration comes from is the source's business: in the
 * daemon the privileged parent reads the file.
 *
 * All of it is ctl's.
 */
#ifndef CTL_RELOAD_H
#define CTL_RELOAD_H

#include <jansson.h>

#include "base/tsa.h"
#include "cpu/ctl.h"
#include "ctl/conf/conf.h"
#include "ctl/request.h"

#define RELOAD_CONFIRM_MAX 86400 /* seconds */

struct reload_source {
	/*
	 * Get the new configuration and call reload_fetched() with it, now or
	 * later.  0, or an errno value: it will not be called.
	 */
	int (*rs_fetch)(struct reload_source *);
	/*
	 * Of the two configurations that a reload is about only one is needed
	 * any more: the new one, or the former.  May be NULL.
	 */
	void (*rs_settled)(struct reload_source *, bool isnew);
};

/* source: must outlive the instance; without one nothing can be reloaded. */
void reload_init(struct ctl *, struct reload_source *) ON_CTL;

/*
 * What the source got: a configuration, which is taken, or NULL and errors.
 * The errors stay the caller's.
 */
void reload_fetched(struct ctl *, struct conf *, const struct conf_errors *)
    ON_CTL;

/* Reload because of a signal: what comes of it is logged. */
void reload_signal(struct ctl *) ON_CTL;

/*
 * The "reload" and "confirm" commands:
 *
 *	{"spate": 1, "command": "reload", "check": false, "confirm": 60}
 *	{"file": "/etc/spate/spate.conf", "changed": true, "confirm": 60,
 *	    "undone": [{"sign": "+", "text": "route \"10.9.0.0/16\" { … }"}]}
 *
 *	{"spate": 1, "command": "confirm", "undo": false}
 *	{"confirmed": true}
 */
void reload_request(struct ctl *, struct control_client *, const json_t *)
    ON_CTL;
void reload_confirm_request(struct ctl *, struct control_client *,
    const json_t *) ON_CTL;

/* The client has gone: what it asked for goes on. */
void reload_gone(struct ctl *, struct control_client *) ON_CTL;

/*
 * Without a client and a source, for control.c and tests: start to change to
 * conf, which is taken in any case.  done (may be NULL) is told once how it
 * ended, maybe before this returns.  EBUSY: another one is under way or waits
 * to be confirmed; EINVAL: it needs a restart.  Both have text in errs.
 */
typedef void reload_done_fn(
    void *arg, int error, const struct conf_errors *errs);
int reload_start(struct ctl *, struct conf *, unsigned confirm_s,
    reload_done_fn *done, void *arg, struct conf_errors *errs) ON_CTL;

/* Keep the new configuration; or go back at once.  ESRCH: none waits. */
int reload_confirm(struct ctl *) ON_CTL;
int reload_undo(struct ctl *) ON_CTL;

/* For control_fini(). */
void reload_fini(struct ctl *) ON_CTL;

#endif
