/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Counters of ARP.
 */
#ifndef ETHER_ARP_STAT_H
#define ETHER_ARP_STAT_H

#include "cpu/stat.h"

/* clang-format off */
#define ARP_STATS(C, D)						\
	C(ars_total,	"packets received")
/* clang-format on */

enum arpstat { ARP_STATS(STAT_ENUM, STAT_ENUM) ARS_N };

#endif
