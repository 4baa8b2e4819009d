/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Probes for bpftrace, perf, SystemTap and gdb (USDT); docs/probes.md tells
 * what each gives.
 *
 *	if (PROBE_ON(drop))
 *		PROBE(drop, c->c_id, ...);
 *
 * A probe is a nop, and a note in the program that says where it is and where
 * its arguments are found.  A tracer that attaches counts up the probe's
 * semaphore, so that a probe that nobody listens to costs one compare, and its
 * arguments nothing.  Semaphores are the one thing in the program that changes
 * and is no instance's: they belong to the tracers.
 */
#ifndef BASE_PROBE_H
#define BASE_PROBE_H

#include <stdbool.h>

#include "base/bytes.h"

/* All of them; "__" is "-" for some tracers. */
#define PROBES(X)							\
	X(stage__begin)							\
	X(stage__end)							\
	X(drop)

#ifdef SPATE_PROBES

#define _SDT_HAS_SEMAPHORES 1
#define SDT_USE_VARIADIC 1
#include <sys/sdt.h>

#define PROBE_SEMAPHORE(name)						\
	extern volatile unsigned short spate_##name##_semaphore;
PROBES(PROBE_SEMAPHORE)
#undef PROBE_SEMAPHORE

#define PROBE_ON(name)	    unlikely(spate_##name##_semaphore != 0)
#define PROBE(name, ...)    STAP_PROBEV(spate, name, __VA_ARGS__)

#else

#define PROBE_ON(name)	    false
#define PROBE(name, ...)    probe_none(__VA_ARGS__)

/* Its arguments are used, whether or not there are probes. */
static inline void
probe_none(unsigned first, ...)
{
}

#endif

#endif
