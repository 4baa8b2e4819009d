/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Counters of IPv6.
 */
#ifndef IP6_IP6_STAT_H
#define IP6_IP6_STAT_H

#include "cpu/stat.h"

/* clang-format off */
#define IP6_STATS(C, D)						\
	C(i6s_total,	"packets received")
/* clang-format on */

enum ip6stat { IP6_STATS(STAT_ENUM, STAT_ENUM) I6S_N };

#endif
