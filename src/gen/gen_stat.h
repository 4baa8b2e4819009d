/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Counters of the tester.
 */
#ifndef GEN_GEN_STAT_H
#define GEN_GEN_STAT_H

#include "cpu/stat.h"

/* clang-format off */
#define GEN_STATS(C, D)							\
	C(gns_sent,	"test packets sent")				\
	C(gns_received,	"test packets received and checked")		\
	C(gns_warmup,	"test packets of warm-ups received")		\
	C(gns_held,	"times reception waited for another CPU")	\
	C(gns_arp,	"ARP requests answered")			\
	C(gns_ns,	"neighbour solicitations answered")		\
	C(gns_echo,	"echo requests answered")			\
	C(gns_reflect,	"UDP packets sent back")			\
	C(gns_sunk,	"packets counted by a sink")			\
	C(gns_announce,	"announcements of hosts sent")			\
	C(gns_ask,	"requests for MACs of gateways sent")		\
	C(gns_heard,	"answers of gateways heard")			\
	D(gns_unsent,	"trial ended before it could be sent")		\
	D(gns_noport,	"interface is not a port of the tester")	\
	D(gns_noise,	"ARP, ND or echo that is nothing to our hosts")	\
	D(gns_foreign,	"not a test packet")				\
	D(gns_corrupt,	"test packet whose checksum is wrong")		\
	D(gns_stale,	"test packet of another trial")			\
	D(gns_astray,	"test packet at another port than its stream's") \
	D(gns_nobuf,	"no buffer for an answer")
/* clang-format on */

enum genstat { GEN_STATS(STAT_ENUM, STAT_ENUM) GNS_N };

#endif
