/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Counters of Ethernet.
 */
#ifndef ETHER_ETHER_STAT_H
#define ETHER_ETHER_STAT_H

#include "cpu/stat.h"

/* clang-format off */
#define ETHER_STATS(C, D)						\
	C(ets_total,	"packets received")
/* clang-format on */

enum etherstat { ETHER_STATS(STAT_ENUM, STAT_ENUM) ETS_N };

#endif
