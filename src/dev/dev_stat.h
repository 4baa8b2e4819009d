/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Counters of devices in general.
 */
#ifndef DEV_DEV_STAT_H
#define DEV_DEV_STAT_H

#include "cpu/stat.h"

/* clang-format off */
#define DEV_STATS(C, D)							\
	D(dvs_noif,	"output interface is gone")			\
	D(dvs_down,	"output interface is down")			\
	D(dvs_full,	"transmit queue is full")			\
	D(dvs_nobuf,	"no packet buffers left")			\
	D(dvs_toobig,	"frame is larger than the device takes")	\
	D(dvs_badcsum,	"checksum to complete lies outside the packet")	\
	D(dvs_badgso,	"segment to cut has no sound headers")		\
	C(dvs_csum,	"checksums completed in software")		\
	C(dvs_gso,	"large segments cut in software")		\
	C(dvs_linear,	"chains copied together for the device")	\
	C(dvs_merged,	"packets merged into large segments")		\
	C(dvs_handed,	"packets handed to the CPU with a queue")
/* clang-format on */

enum devstat { DEV_STATS(STAT_ENUM, STAT_ENUM) DVS_N };

#endif
