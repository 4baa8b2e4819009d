/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Counters of IPv6 neighbour discovery.
 */
#ifndef IP6_ND6_STAT_H
#define IP6_ND6_STAT_H

#include "cpu/stat.h"

/* clang-format off */
#define ND6_STATS(C, D)							\
	C(nds_in,	"packets received")				\
	C(nds_ns,	"neighbour solicitations received")		\
	C(nds_na,	"neighbour advertisements received")		\
	C(nds_rs,	"router solicitations received")		\
	C(nds_ra,	"router advertisements received")		\
	C(nds_redirect,	"redirects received, ignored")			\
	C(nds_answered,	"solicitations answered")			\
	C(nds_asked,	"solicitations sent")				\
	C(nds_dad,	"probes for a duplicate address sent")		\
	C(nds_announced, "unsolicited advertisements sent")		\
	C(nds_raignored, "router advertisements ignored: accept_ra = no") \
	C(nds_rasurplus, "prefixes of an advertisement beyond 64")	\
	C(nds_solicited, "router solicitations sent")			\
	C(nds_advertised, "router advertisements sent")		\
	C(nds_conflicts, "packets in which another used our address")	\
	C(nds_nosrc,	"solicitations not sent: no address to ask from") \
	C(nds_nobufs,	"packets not sent: no buffer")			\
	D(nds_none,	"")						\
	D(nds_short,	"shorter than its type demands")		\
	D(nds_fragment,	"came in fragments (RFC 6980)")			\
	D(nds_badtype,	"not neighbour discovery")			\
	D(nds_badhlim,	"hop limit is not 255: came through a router")	\
	D(nds_badcode,	"code is not 0")				\
	D(nds_badopt,	"option of no length, or cut off")		\
	D(nds_badtarget, "target is a group")				\
	D(nds_badsrc,	"sender cannot be a host")			\
	D(nds_baddst,	"destination does not fit the message")		\
	D(nds_badmac,	"link-layer address is a group's")		\
	D(nds_noif,	"interface is gone")				\
	D(nds_looped,	"our own packet came back")
/* clang-format on */

enum nd6stat { ND6_STATS(STAT_ENUM, STAT_ENUM) NDS_N };

#endif
