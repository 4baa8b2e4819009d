/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What benchmarks share: clocks, the median, and an instance that runs only
 * where and when it is called.
 */
#ifndef BENCH_BENCH_H
#define BENCH_BENCH_H

#include <stdint.h>

#include "base/tsa.h"
#include "spate.h"

/* ns; of the machine, and that this thread has had of its CPU. */
uint64_t bench_ns(void);
uint64_t bench_cpu_ns(void);

/* Their median; sorts v.  0 of none. */
double median(double *v, unsigned n);

/*
 * An instance of which no thread runs: the caller calls its CPUs' rounds and
 * ctl's.  So many buffers of packet memory in all; every one of a machine has
 * the same seed.  Exits with a message on any error.
 */
struct spate *bench_instance(
    const char *name, unsigned ncpus, unsigned buffers) ON_CTL;

#endif
