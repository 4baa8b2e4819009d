/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Counters of ICMPv6.
 */
#ifndef IP6_ICMP6_STAT_H
#define IP6_ICMP6_STAT_H

#include "cpu/stat.h"

/* clang-format off */
#define ICMP6_STATS(C, D)						\
	C(i6cs_total,	"ICMPv6 messages received")			\
	C(i6cs_echo,	"echo requests answered")			\
	C(i6cs_echoreply, "echo replies received")			\
	C(i6cs_errin,	"ICMPv6 errors received")			\
	C(i6cs_unreach,	"destination unreachable sent")			\
	C(i6cs_toobig,	"packet too big sent")				\
	C(i6cs_timex,	"time exceeded sent")				\
	C(i6cs_param,	"parameter problem sent")			\
	C(i6cs_redirect, "redirects sent")				\
	C(i6cs_limited,							\
	    "ICMPv6 errors not sent: over net.inet6.icmp6.errppslimit")	\
	C(i6cs_silent,	"ICMPv6 errors not sent: the RFC forbids it")	\
	C(i6cs_nobuf,	"ICMPv6 errors not sent: no packet buffers left") \
	D(i6cs_toosmall, "shorter than an ICMPv6 header")		\
	D(i6cs_badsum,	"bad ICMPv6 checksum")				\
	D(i6cs_type,	"ICMPv6 type this host does not serve")		\
	D(i6cs_outbuf,	"no packet buffers left for an echo reply")
/* clang-format on */

enum icmp6stat { ICMP6_STATS(STAT_ENUM, STAT_ENUM) I6CS_N };

#define i6cs_none i6cs_total /* no reason to drop it */

#endif
