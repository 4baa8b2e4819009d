/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Counters of ARP.
 */
#ifndef ETHER_ARP_STAT_H
#define ETHER_ARP_STAT_H

#include "cpu/stat.h"

/* clang-format off */
#define ARP_STATS(C, D)							\
	C(ars_in,	"packets received")				\
	C(ars_requests,	"requests received")				\
	C(ars_replies,	"replies received")				\
	C(ars_answered,	"requests answered")				\
	C(ars_asked,	"requests sent")				\
	C(ars_announced, "announcements sent")				\
	C(ars_conflicts, "packets in which another used our address")	\
	C(ars_nosrc,	"requests not sent: no address to ask from")	\
	C(ars_nobufs,	"packets not sent: no buffer")			\
	D(ars_none,	"")						\
	D(ars_short,	"shorter than an ARP packet")			\
	D(ars_badhw,	"not for Ethernet")				\
	D(ars_badproto,	"not for IPv4")					\
	D(ars_badlen,	"bad address lengths")				\
	D(ars_badop,	"neither request nor reply")			\
	D(ars_badsha,	"sender's MAC is zero or a group's")		\
	D(ars_badspa,	"sender's address cannot be a host's")		\
	D(ars_badtpa,	"target's address cannot be a host's")		\
	D(ars_noif,	"interface is gone")				\
	D(ars_punt,	"more than net.punt.arp lets in")		\
	D(ars_looped,	"our own packet came back")
/* clang-format on */

enum arpstat { ARP_STATS(STAT_ENUM, STAT_ENUM) ARS_N };

#endif
