/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Between the options of a command line (oneliner.c) and the text of the plan
 * that they are (oneliner_plan.c).
 */
#ifndef CMD_GEN_ONELINER_INT_H
#define CMD_GEN_ONELINER_INT_H

#include <stdbool.h>
#include <stdio.h>

#include "job.h"

#define PORTS_MAX  GEN_PORTS
#define VALUES_MAX 64

enum opt {
	O_BIDIRECTIONAL = 256, O_BURST, O_CPUS, O_CSV, O_DEST, O_DRAIN, O_DUT,
	O_DURATION, O_EXPECT, O_EXTENSION, O_FLOWS, O_HELP, O_HTML, O_IPV6,
	O_JSON, O_LATE, O_LEARN, O_LOSS, O_PACING, O_PACKETS, O_PORT, O_PRINT,
	O_PROFILE, O_PROTOCOL, O_QUIET, O_RATE, O_RATEERR, O_REPORT, O_RESET,
	O_RESOLUTION, O_RETRIES, O_RSS, O_SEED, O_SETTLE, O_SIZE, O_SOURCE,
	O_TITLE, O_TRIALS, O_VARY, O_WARMUP
};

/* Which ports send to which. */
enum ways {
	WAYS_TWOS, /* the first to the second, the third to the fourth */
	WAYS_MESH, /* each to every other */
	WAYS_OUT, /* the first to every other */
	WAYS_IN, /* every other to the first */
	WAYS_HALVES, /* each of one half to each of the other */
	WAYS_DEVICES, /* the same, and back */
	WAYS_CONGESTION, /* the first to the third and fourth, the second to
			  * the fourth */
};

/* A method of a suite, and which metric an --expect must have to be its. */
struct suite {
	const char *su_name;
	const char *su_text;
	const char *su_methods[8];
	enum ways su_ways;
};

/* The options of a command line. */
struct args {
	const struct suite *a_suite;
	const char *a_port[PORTS_MAX];
	unsigned a_nport;
	const char *a_value[O_WARMUP + 1 - O_BIDIRECTIONAL]; /* of others */
	const char *a_expect[VALUES_MAX];
	unsigned a_nexpect;
	const char *a_vary[VALUES_MAX];
	unsigned a_nvary;
	const char *a_loss[VALUES_MAX];
	unsigned a_nloss;
	FILE *a_out;
};

/* What was given with the option; "" if it takes nothing; NULL: it was not. */
static inline const char *
value(const struct args *a, enum opt o)
{
	return a->a_value[o - O_BIDIRECTIONAL];
}

/* Writes the plan to a_out; false after a message. */
bool	 oneliner_plan(const struct args *);

#endif
