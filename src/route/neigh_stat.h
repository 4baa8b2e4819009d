/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Counters of the neighbour table.
 */
#ifndef ROUTE_NEIGH_STAT_H
#define ROUTE_NEIGH_STAT_H

#include "cpu/stat.h"

/* clang-format off */
#define NEIGH_STATS(C, D)						\
	C(nes_held,	"packets held until a neighbour is resolved")	\
	C(nes_resumed,	"held packets sent on")				\
	C(nes_failed,	"packets to neighbours that do not answer")	\
	C(nes_asked,	"neighbours asked for")				\
	C(nes_nomsg,	"questions put off: no message free")		\
	C(nes_told,	"things heard on the wire and told to ctl")	\
	C(nes_untold,	"things heard too often to be told")		\
	D(nes_replaced,	"too many packets wait for this neighbour")	\
	D(nes_toomany,	"too many packets wait for neighbours")		\
	D(nes_nobufs,	"packet memory is too low to hold packets")	\
	D(nes_refused,	"too many neighbours are being resolved")
/* clang-format on */

enum neighstat { NEIGH_STATS(STAT_ENUM, STAT_ENUM) NES_N };

#endif
