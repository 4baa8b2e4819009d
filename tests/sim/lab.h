/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The network that most scenarios start from: a router between two wires, with
 * peers of both families on each.
 *
 *	a4, a6 -- left -- r -- right -- b4, b6
 */
#ifndef TESTS_SIM_LAB_H
#define TESTS_SIM_LAB_H

#include "sim/sim.h"

struct lab {
	struct sim	*l_sim;
	struct host	*l_r;
	struct wire	*l_left;
	struct wire	*l_right;
	struct peer	*l_a4, *l_a6;
	struct peer	*l_b4, *l_b6;
};

/* queues of each wire; 0: one a CPU. */
void lab_make(struct lab *, struct sim *, unsigned ncpus, unsigned queues);

/* The same; right has an MTU of its own. */
void lab_make_mtu(struct lab *, struct sim *, unsigned ncpus, unsigned queues,
    unsigned mtu);

/* The same with a host of the test's, and MTUs of both; 0: as usual. */
void lab_make_host(struct lab *, struct sim *, struct host *, unsigned queues,
    unsigned left, unsigned right);

/* n pings each of a4 to b4 and a6 to b6; all must be answered. */
void lab_ping(struct lab *, unsigned n);

/*
 * A configuration as a text: the first one of a host, another one (confirm:
 * seconds until it goes back, 0: it stays), and one whose errno value is the
 * test's to judge.  What is given one must be given up by host_fini().
 */
void host_apply(struct sim *, struct host *, const char *text);
void host_reload(struct sim *, struct host *, const char *text,
    unsigned confirm);
int host_reload_try(struct sim *, struct host *, const char *text);
void host_fini(struct host *);

#endif
