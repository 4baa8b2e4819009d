/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What benchmarks share: clocks, the median, and an instance that runs only
 * where and when it is called.
 */
#ifndef BENCH_BENCH_H
#define BENCH_BENCH_H

#include <stdbool.h>
#include <stdint.h>

#include "base/tsa.h"
#include "spate.h"

/* ns; of the machine, and that this thread has had of its CPU. */
uint64_t bench_ns(void);
uint64_t bench_cpu_ns(void);

/* Their median; sorts v.  0 of none. */
double median(double *v, unsigned n);

/*
 * A line of the table that scripts/bench makes of all benchmarks
 * (bench/table.py): is added to the file that BENCH_ROWS in the environment
 * names; without one nothing happens.
 */
struct bench_figure {
	double bf_median, bf_min, bf_max;
	unsigned bf_runs; /* 0: there is none */
};

enum bench_goal {
	BENCH_AT_MOST,	/* the figure */
	BENCH_AT_LEAST,
	BENCH_RATIO,	/* at least so many times the peer's */
	BENCH_NO_MORE,	/* than the peer's; no number */
	BENCH_NONE,	/* the ratio is told, and that is all */
};

struct bench_row {
	const char *br_bench, *br_what, *br_unit;
	struct bench_figure br_spate, br_peer;
	const char *br_peername; /* NULL: there is none */
	enum bench_goal br_goalis;
	double br_goal;
};

bool bench_met(const struct bench_row *);
void bench_row(const struct bench_row *);

/* A line for a peer that could not be measured, and why. */
void bench_absent(const char *bench, const char *what, const char *peer,
    const char *why);

/* Of n runs; sorts them. */
struct bench_figure bench_figure(double *v, unsigned n);

/*
 * An instance of which no thread runs: the caller calls its CPUs' rounds and
 * ctl's.  So many buffers of packet memory in all; every one of a machine has
 * the same seed.  Exits with a message on any error.
 */
struct spate *bench_instance(
    const char *name, unsigned ncpus, unsigned buffers) ON_CTL;

#endif
