/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Counters of IPv6 neighbour discovery.
 */
#ifndef IP6_ND6_STAT_H
#define IP6_ND6_STAT_H

#include "cpu/stat.h"

/* clang-format off */
#define ND6_STATS(C, D)						\
	C(nds_total,	"packets received")
/* clang-format on */

enum nd6stat { ND6_STATS(STAT_ENUM, STAT_ENUM) NDS_N };

#endif
