/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Counters of UDP, of both families.
 */
#ifndef UDP_UDP_STAT_H
#define UDP_UDP_STAT_H

#include "cpu/stat.h"

/* clang-format off */
#define UDP_STATS(C, D)							\
	C(udps_ipackets, "datagrams received")				\
	C(udps_delivered, "datagrams delivered to end points")		\
	C(udps_nosum,	"datagrams received without checksum")		\
	C(udps_noport,	"datagrams for a port where nothing listens")	\
	C(udps_noportbcast, "the same, sent to many")			\
	C(udps_opackets, "datagrams sent")				\
	C(udps_errin,	"ICMP errors about datagrams of end points")	\
	C(udps_errnone,	"ICMP errors about datagrams that nobody sent")	\
	C(udps_binds,	"ports bound")					\
	C(udps_connects, "end points connected")			\
	C(udps_closes,	"end points closed")				\
	D(udps_hdrops,	"shorter than a UDP header")			\
	D(udps_badlen,	"bad UDP length, or datagram cut short")	\
	D(udps_badsum,	"bad UDP checksum")				\
	D(udps_nosum6,	"IPv6 datagram without UDP checksum")		\
	D(udps_port0,	"UDP destination port 0")			\
	D(udps_fullsock, "UDP end point's buffer is full")		\
	D(udps_refused,	"datagram that a service does not answer")	\
	D(udps_nobuf,	"no packet buffers left for UDP")
/* clang-format on */

enum udpstat { UDP_STATS(STAT_ENUM, STAT_ENUM) UDPS_N };

#define udps_none udps_ipackets /* no reason to drop it */

#endif
