/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Counters of the neighbour table.
 */
#ifndef ROUTE_NEIGH_STAT_H
#define ROUTE_NEIGH_STAT_H

#include "cpu/stat.h"

/* clang-format off */
#define NEIGH_STATS(C, D)						\
	C(nes_total,	"packets received")
/* clang-format on */

enum neighstat { NEIGH_STATS(STAT_ENUM, STAT_ENUM) NES_N };

#endif
