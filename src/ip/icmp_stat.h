/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Counters of ICMP.
 */
#ifndef IP_ICMP_STAT_H
#define IP_ICMP_STAT_H

#include "cpu/stat.h"

/* clang-format off */
#define ICMP_STATS(C, D)						\
	C(ics_total,	"packets received")
/* clang-format on */

enum icmpstat { ICMP_STATS(STAT_ENUM, STAT_ENUM) ICS_N };

#endif
