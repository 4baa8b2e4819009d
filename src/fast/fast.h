/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The fast path: plain transit packets from receive to transmit in one pass.
 *
 * What it does is what the stages from ST_STEER to ST_ETHEROUT do with such a
 * packet, with the same outcome and the same counters.  A packet it does not
 * want it leaves as it came to ST_STEER: options, fragments that need a look,
 * what is for this host, whatever has no plain route or no neighbour yet, and
 * all of it while something is configured that only the stages know
 * (fast_wanted()).  Nothing is dropped here.
 */
#ifndef FAST_FAST_H
#define FAST_FAST_H

#include "base/tsa.h"
#include "cpu/cpu.h"
#include "mbuf/mbuf.h"

/* net.inet.ip.fastforward, by number. */
enum fastforward { FASTFORWARD_OFF, FASTFORWARD_ON, FASTFORWARD_AUTO };

/* Stage: frames as they came from the devices. */
void fast_input(struct cpu *, struct mvec *) ON_CPU;

/* What a CPU has resolved.  ENOMEM. */
int fast_cpu_init(struct cpu *);
void fast_cpu_fini(struct cpu *);

#endif
