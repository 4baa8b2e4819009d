/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Steering: which CPU goes on with a packet.  A packet is processed where it
 * arrived ("direct") unless state that it needs lives elsewhere.
 */
#ifndef NETISR_NETISR_H
#define NETISR_NETISR_H

#include "base/tsa.h"
#include "mbuf/mbuf.h"
#include "netisr/netisr_stat.h"

/* Stage: frames as they came from the devices. */
void netisr_input(struct cpu *, struct mvec *) ON_CPU;

#endif
