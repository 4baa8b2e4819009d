/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Counters of IPv4.
 */
#ifndef IP_IP_STAT_H
#define IP_IP_STAT_H

#include "cpu/stat.h"

/* clang-format off */
#define IP_STATS(C, D)						\
	C(ips_total,	"packets received")
/* clang-format on */

enum ipstat { IP_STATS(STAT_ENUM, STAT_ENUM) IPS_N };

#endif
