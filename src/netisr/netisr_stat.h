/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Counters of steering.
 */
#ifndef NETISR_NETISR_STAT_H
#define NETISR_NETISR_STAT_H

#include "cpu/stat.h"

/* clang-format off */
#define NETISR_STATS(C, D)						\
	C(nis_direct,	"packets processed where they arrived")		\
	C(nis_handed,	"packets handed to the CPU that owns them")	\
	C(nis_liar,	"interfaces found to give wrong RSS hashes")	\
	C(nis_moved,	"buckets taken over from other CPUs")		\
	C(nis_held,	"packets held till their bucket was here")	\
	D(nis_holdfull,	"too many waiting for their buckets to move")	\
	D(nis_qlimit,	"too many of its protocol for the other CPU")
/* clang-format on */

enum netisrstat { NETISR_STATS(STAT_ENUM, STAT_ENUM) NIS_N };

#endif
