/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A device under test, and a tester, as arithmetic: a runner whose trials take
 * no time, so that methods can be held against what they ought to find.
 *
 * Packets are a fluid: each sending port has its own queue of so many frames,
 * emptied at a constant rate.  Time is a number that trials and rests move on.
 */
#ifndef TESTS_UNIT_GEN_MODEL_H
#define TESTS_UNIT_GEN_MODEL_H

#include "base/random.h"
#include "gen/method.h"
#include "gen/runner.h"

struct model {
	/* The device; of each sending port */
	double mo_pps; /* it forwards; 0: any */
	double mo_bps; /* of layer 1; 0: any */
	double mo_buffer; /* frames */
	double mo_latency; /* ns */
	double mo_noise; /* probability that a trial loses a packet */
	double mo_floor; /* share that is lost always */
	uint64_t mo_dead; /* ns it forwards nothing after too much */
	uint64_t mo_reset; /* ns a reset takes; 0: nobody knows how */
	int mo_reset_error;
	bool mo_ideal; /* resets without losing anything */

	/* As a bridge */
	uint64_t mo_table; /* addresses; 0: it is none */
	double mo_learn; /* addresses a second; 0: any */
	uint64_t mo_aging; /* ns */
	bool mo_forgets; /* there is a command */
	bool mo_switch; /* mo_bps is that of each port it sends to */
	bool mo_blocking; /* what waits for one port is in others' way */
	bool mo_pressure; /* it takes no more than it can send */
	double mo_worse; /* share less that it forwards for each share more
			  * than mo_pps that it gets */

	/* The tester */
	double mo_limit; /* all ports' packets a second; 0: any, unknown */
	double mo_invalid; /* probability that a trial is not valid */
	unsigned mo_stop; /* it is stopped in this trial; 0: never */
	unsigned mo_error; /* this trial cannot be run; 0: all can */
	unsigned mo_mtu; /* largest size; 0: any */

	/* What happens */
	struct rnd mo_rnd;
	uint64_t mo_now;
	unsigned mo_trials;
	bool mo_stopped;
	uint64_t mo_down; /* until then it forwards nothing */
	uint64_t mo_first, mo_known; /* addresses that it learned */
	uint64_t mo_others; /* the tester's own that it learned */
	uint64_t mo_learned; /* when */
	double mo_most; /* highest rate of any trial, one port */
	struct trial_conf mo_last;
	struct runner mo_runner;
};

/* With nports of this speed; all else may be set afterwards. */
void model_init(struct model *, uint64_t seed, unsigned nports, double bps);

/* What a port of it forwards of frames of this size, packets a second. */
double model_capacity(const struct model *, unsigned size);

/* Two streams, both ways, of IPv4 or IPv6; one way is the first alone. */
const struct trial_stream *model_streams(bool ip6);

/* A configuration for the model, of one size. */
void model_conf(struct model *, struct method_conf *, const unsigned *size);

#endif
