/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Counters of IPv6.
 */
#ifndef IP6_IP6_STAT_H
#define IP6_IP6_STAT_H

#include "cpu/stat.h"

/* clang-format off */
#define IP6_STATS(C, D)							\
	C(i6s_total,	"packets received")				\
	C(i6s_forward,	"packets forwarded")				\
	C(i6s_delivered, "packets for this host")			\
	C(i6s_output,	"packets originated here")			\
	C(i6s_loopback,	"packets from this host to itself")		\
	C(i6s_fragmented, "packets fragmented")				\
	C(i6s_ofragments, "fragments made")				\
	C(i6s_fragments, "fragments received for this host")		\
	C(i6s_atomic,	"packets in one fragment")			\
	C(i6s_fraghanded, "fragments handed to the CPU that joins them") \
	C(i6s_reassembled, "packets reassembled")			\
	C(i6s_reasshere, "reassembled packets that stayed on their CPU") \
	C(i6s_reasshanded, "reassembled packets handed to their owner")	\
	C(i6s_mss,	"forwarded TCP SYNs whose MSS was lowered")	\
	C(i6s_remarked, "forwarded packets whose DSCP was changed")	\
	C(i6s_rst,	"TCP resets sent where nothing listens")	\
	D(i6s_toosmall,	"shorter than an IPv6 header")			\
	D(i6s_badvers,	"IP version is not 6")				\
	D(i6s_badlen,	"bad IPv6 payload length, or packet cut short")	\
	D(i6s_toolong,	"IPv6 fragment reaches beyond 65535 bytes")	\
	D(i6s_badext,	"malformed IPv6 extension header")		\
	D(i6s_manyext,	"too many IPv6 extension headers")		\
	D(i6s_badopt,	"IPv6 option this host must not ignore")	\
	D(i6s_srcroute,	"IPv6 routing header (refused)")		\
	D(i6s_badsrc,	"impossible IPv6 source address")		\
	D(i6s_ownsrc,	"IPv6 source address is one of this host")	\
	D(i6s_baddst,	"impossible IPv6 destination address")		\
	D(i6s_reverse,	"IPv6 source is elsewhere (reverse_path)")	\
	D(i6s_linkbcast, "IPv6 unicast in a link-layer broadcast")	\
	D(i6s_linklocal, "IPv6 link-local address (not forwarded)")	\
	D(i6s_mcast,	"IPv6 multicast group not joined")		\
	D(i6s_tentative, "IPv6 address is not known to be unique yet")	\
	D(i6s_noforward, "forwarding is off: net.inet6.ip6.forwarding = 0") \
	D(i6s_noroute,	"no IPv6 route to the destination")		\
	D(i6s_blackhole, "IPv6 route is a blackhole")			\
	D(i6s_reject,	"IPv6 route says unreachable")			\
	D(i6s_prohibit,	"IPv6 route says prohibited")			\
	D(i6s_tableloop, "IPv6 routes of VRFs refer to each other in a loop") \
	D(i6s_ttl,	"IPv6 hop limit expired")			\
	D(i6s_mtu,	"larger than the MTU ahead (IPv6)")		\
	D(i6s_noneigh,	"IPv6 neighbour does not answer (ND)")		\
	D(i6s_nosrc,	"no IPv6 address to send from")			\
	D(i6s_reass,	"IPv6 fragment: net.inet6.ip6.maxfragpackets = 0") \
	D(i6s_fragtime,	"IPv6 fragments whose others did not come in time") \
	D(i6s_fragdup,	"IPv6 fragment that is there already")		\
	D(i6s_fragbad,	"IPv6 fragment of an impossible length or end")	\
	D(i6s_fragchain, "IPv6 first fragment without all headers")	\
	D(i6s_fragnest,	"IPv6 fragment of a fragment")			\
	D(i6s_fragoverlap, "IPv6 fragments that overlap")		\
	D(i6s_fragmany,	"IPv6 packet in too many fragments")		\
	D(i6s_fragecn,	"IPv6 fragments that contradict in ECN")	\
	D(i6s_fragsource, "too many IPv6 fragments of this source wait") \
	D(i6s_fraglimit, "too many IPv6 fragments wait")		\
	D(i6s_punt,	"more IPv6 for this host than net.punt lets in") \
	D(i6s_noport,	"UDP port where nothing listens")		\
	D(i6s_notcp,	"TCP port where nothing listens")		\
	D(i6s_noproto,	"IPv6 protocol this host does not speak")	\
	D(i6s_nonext,	"IPv6 packet with nothing in it")		\
	D(i6s_badl4,	"malformed TCP or UDP header")			\
	D(i6s_badl4sum,	"bad TCP or UDP checksum")			\
	D(i6s_nobuf,	"no packet buffers left")
/* clang-format on */

enum ip6stat { IP6_STATS(STAT_ENUM, STAT_ENUM) I6S_N };

#define i6s_none i6s_total /* no reason to drop it */

#endif
