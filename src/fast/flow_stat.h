/* SPDX-License-Identifier: BSD-2-Clause */
/* Counters of the flow cache. */
#ifndef FAST_FLOW_STAT_H
#define FAST_FLOW_STAT_H

#include "cpu/stat.h"

/* clang-format off */
#define FLOW_STATS(C, D)						\
	C(fls_hits,	"packets whose flow was known")			\
	C(fls_misses,	"packets whose route was looked up")		\
	C(fls_made,	"flows remembered")				\
	C(fls_stale,	"flows looked up again, as something changed")	\
	C(fls_evicted,	"flows that made room for another")		\
	C(fls_refused,	"flows not remembered, as others are in use")	\
/* clang-format on */

enum flowstat { FLOW_STATS(STAT_ENUM, STAT_ENUM) FLS_N };

#endif
