/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Who runs trials: all that a method knows of the tester.  The engine is one
 * (gen_runner()), a model of a device under test is another.
 *
 * All calls come from one thread, which they may block.
 */
#ifndef GEN_RUNNER_H
#define GEN_RUNNER_H

#include <stdbool.h>
#include <stdint.h>

#include "gen/trial.h"

/* What is done to the device under test: by commands of the user's. */
enum runner_event {
	RE_RESET, /* RFC 6201: reset it; returns when that is under way */
	RE_READY, /* returns when it says that it is back; ENOTSUP */
	RE_FORGET, /* RFC 2889: age out its addresses */
};

struct runner {
	/*
	 * Run a trial and fill the result, which was initialized or is all
	 * zero; the caller frees it.  0 also if the trial is not valid or was
	 * stopped: the result says so.  Else nothing was measured: an errno
	 * value, and rn_error() says why ("left: gateway 10.0.1.1 does not
	 * answer ARP").
	 */
	int (*rn_trial)(
	    void *arg, const struct trial_conf *, struct trial_result *);
	const char *(*rn_error)(void *arg);

	/* Somebody wants an end: return with what there is. */
	bool (*rn_stopped)(void *arg);

	/* Let so much time pass, or less if stopped. */
	void (*rn_sleep)(void *arg, uint64_t ns);

	/* The time of its timestamps, ns. */
	uint64_t (*rn_now)(void *arg);

	/* ENOTSUP if nobody said how; NULL: never. */
	int (*rn_event)(void *arg, enum runner_event);

	/*
	 * The tester's own limit for what conf asks for: packets a second of
	 * all ports together that it sends, receives and checks on the same
	 * devices, when nothing is between them or the other end only drains.
	 * conf's pace and duration are not looked at.  *pps is 0 if there is
	 * none to speak of.
	 */
	int (*rn_limit)(void *arg, const struct trial_conf *, double *pps);

	unsigned rn_nports;
	/* Bits a second that a port's link has; 0: not known. */
	double rn_linerate[GEN_PORTS];
	void *rn_arg;
};

#endif
