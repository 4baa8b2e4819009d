/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A host of a scenario as a tester (gen/gen.h).
 */
#ifndef SIM_TESTER_H
#define SIM_TESTER_H

#include "gen/gen.h"
#include "sim/sim.h"

/*
 * Make a tester of a host, which has no addresses.  It ends with the host.
 */
struct gen *sim_tester(struct host *);

/* An interface of it is its next port; a failure fails the scenario. */
void tester_port(struct host *, struct gen *, const struct gen_port_conf *);

/* gen_trial(), while time passes in the world. */
int tester_trial(struct host *, struct gen *, const struct trial_conf *,
    struct trial_result *);

/* The same as a runner, for methods; rn_limit and rn_event are not there. */
struct tester_runner {
	struct host *tr_host;
	struct gen *tr_gen;
};
void tester_runner(struct tester_runner *, struct runner *);

#endif
