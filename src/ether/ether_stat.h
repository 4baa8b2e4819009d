/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Counters of Ethernet.
 */
#ifndef ETHER_ETHER_STAT_H
#define ETHER_ETHER_STAT_H

#include "cpu/stat.h"

/* clang-format off */
#define ETHER_STATS(C, D)						\
	C(ets_in,	"frames received")				\
	C(ets_out,	"frames sent on")				\
	C(ets_resolved,	"packets given their next hop's address")	\
	C(ets_untagged,	"frames whose VLAN tags were taken off")	\
	C(ets_tagged,	"VLAN tags put on frames")			\
	D(ets_none,	"")						\
	D(ets_runt,	"shorter than a header")			\
	D(ets_notforus,	"to another station")				\
	D(ets_badsrc,	"sender is a group address")			\
	D(ets_noif,	"interface is gone")				\
	D(ets_down,	"interface is down")				\
	D(ets_8023,	"length instead of a type (802.3)")		\
	D(ets_vlan,	"more VLAN tags than two")			\
	D(ets_novlan,	"no such VLAN on this interface")		\
	D(ets_type,	"unknown type")					\
	D(ets_nonh,	"next hop is gone")				\
	D(ets_family,	"next hop is of another family")		\
	D(ets_nobufs,	"no buffer for the link header")
/* clang-format on */

enum etherstat { ETHER_STATS(STAT_ENUM, STAT_ENUM) ETS_N };

#endif
