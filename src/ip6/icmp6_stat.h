/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Counters of ICMPv6.
 */
#ifndef IP6_ICMP6_STAT_H
#define IP6_ICMP6_STAT_H

#include "cpu/stat.h"

/* clang-format off */
#define ICMP6_STATS(C, D)						\
	C(i6cs_total,	"packets received")
/* clang-format on */

enum icmp6stat { ICMP6_STATS(STAT_ENUM, STAT_ENUM) I6CS_N };

#endif
