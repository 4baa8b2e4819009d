/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Counters of ICMP.
 */
#ifndef IP_ICMP_STAT_H
#define IP_ICMP_STAT_H

#include "cpu/stat.h"

/* clang-format off */
#define ICMP_STATS(C, D)						\
	C(ics_total,	"ICMP messages received")			\
	C(ics_echo,	"echo requests answered")			\
	C(ics_echoreply, "echo replies received")			\
	C(ics_errin,	"ICMP errors received")				\
	C(ics_unreach,	"destination unreachable sent")			\
	C(ics_needfrag,	"fragmentation needed sent")			\
	C(ics_timex,	"time exceeded sent")				\
	C(ics_param,	"parameter problem sent")			\
	C(ics_redirect,	"redirects sent")				\
	C(ics_limited,	"ICMP errors not sent: over net.inet.icmp.icmplim") \
	C(ics_silent,	"ICMP errors not sent: the RFC forbids it")	\
	C(ics_nobuf,	"ICMP errors not sent: no packet buffers left")	\
	D(ics_toosmall,	"shorter than an ICMP header")			\
	D(ics_badsum,	"bad ICMP checksum")				\
	D(ics_bcast,	"echo request to a broadcast or multicast address") \
	D(ics_redirected, "redirect: a router follows none")		\
	D(ics_type,	"ICMP type this host does not serve")		\
	D(ics_outbuf,	"no packet buffers left for an echo reply")
/* clang-format on */

enum icmpstat { ICMP_STATS(STAT_ENUM, STAT_ENUM) ICS_N };

#define ics_none ics_total /* no reason to drop it */

#endif
