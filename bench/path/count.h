/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Memory as CPUs see it, counted: which of them has each cache line, in caches
 * that forget nothing.
 *
 * In a build with -Dcounted=true the compiler calls a function before each
 * access to memory, as it does for the thread sanitizer; count.c has these
 * functions.  One thread plays all CPUs and says which one it is.  Its stack is
 * not counted, since only here it is one.
 */
#ifndef BENCH_COUNT_H
#define BENCH_COUNT_H

#include <stdint.h>

#include "cpu/cpu.h"

#define COUNT_DEVICE CPU_MAX /* no CPU: takes lines, but is not counted */

struct count {
	uint64_t ct_accesses; /* loads and stores */
	uint64_t ct_reads; /* loads of a line that another CPU wrote since */
	uint64_t ct_writes; /* stores to one that another read or wrote since */
	uint64_t ct_lines; /* touched, each once a turn */
};

/* From nothing; what is below "stack" is the stack.  Not any more. */
void count_start(const void *stack);
void count_stop(void);

/* Who runs from now on: a CPU, or COUNT_DEVICE. */
void count_as(unsigned who);

/* Another turn: lines count once more in ct_lines. */
void count_turn(void);

/* What a CPU has done since count_zero(). */
const struct count *count_of(unsigned cpu);
void count_zero(void);

#endif
