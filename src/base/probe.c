/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Semaphores of the probes, in the section where tracers expect them.
 */
#include "base/probe.h"

#ifdef SPATE_PROBES

#define X(name)								\
	volatile unsigned short spate_##name##_semaphore		\
	    __attribute__((section(".probes")));
PROBES(X)
#undef X

#endif
