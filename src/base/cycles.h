/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The processor's own counter, for statistics of stages.  It is not time: its
 * rate is the machine's business, and nothing may depend on its value.
 */
#ifndef BASE_CYCLES_H
#define BASE_CYCLES_H

#include <stdint.h>
#include <time.h>

static inline uint64_t
cycles(void)
{
#if defined(__x86_64__)
	return __builtin_ia32_rdtsc();
#elif defined(__aarch64__)
	uint64_t v;

	__asm__ volatile("mrs %0, cntvct_el0" : "=r"(v));
	return v;
#else
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
#endif
}

#endif
