/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Counters of IPv4.
 */
#ifndef IP_IP_STAT_H
#define IP_IP_STAT_H

#include "cpu/stat.h"

/* clang-format off */
#define IP_STATS(C, D)							\
	C(ips_total,	"packets received")				\
	C(ips_forward,	"packets forwarded")				\
	C(ips_delivered, "packets for this host")			\
	C(ips_output,	"packets originated here")			\
	C(ips_loopback,	"packets from this host to itself")		\
	C(ips_fragmented, "packets fragmented")				\
	C(ips_ofragments, "fragments made")				\
	C(ips_fragments, "fragments received for this host")		\
	C(ips_fraghanded, "fragments handed to the CPU that joins them") \
	C(ips_reassembled, "datagrams reassembled")			\
	C(ips_reasshere, "reassembled datagrams that stayed on their CPU") \
	C(ips_reasshanded, "reassembled datagrams handed to their owner") \
	C(ips_segmented, "large segments cut to be fragmented")		\
	C(ips_mss,	"forwarded TCP SYNs whose MSS was lowered")	\
	C(ips_remarked, "forwarded packets whose DSCP was changed")	\
	C(ips_options,	"packets with options")				\
	C(ips_recorded,	"packets that recorded their way or time here")	\
	C(ips_rst,	"TCP resets sent where nothing listens")	\
	D(ips_toosmall,	"shorter than an IPv4 header")			\
	D(ips_badvers,	"IP version is not 4")				\
	D(ips_badhlen,	"bad IPv4 header length")			\
	D(ips_badlen,	"bad IPv4 total length, or packet cut short")	\
	D(ips_badsum,	"bad IPv4 header checksum")			\
	D(ips_toolong,	"IPv4 fragment reaches beyond 65535 bytes")	\
	D(ips_badopt,	"malformed IPv4 option")			\
	D(ips_srcroute,	"IPv4 source route option (refused)")		\
	D(ips_optrefused, "IPv4 options: net.inet.ip.process_options = 2") \
	D(ips_badsrc,	"impossible IPv4 source address")		\
	D(ips_ownsrc,	"IPv4 source address is one of this host")	\
	D(ips_baddst,	"impossible IPv4 destination address")		\
	D(ips_reverse,	"IPv4 source is elsewhere (reverse_path)")	\
	D(ips_linkbcast, "IPv4 unicast in a link-layer broadcast")	\
	D(ips_linklocal, "IPv4 link-local address (not forwarded)")	\
	D(ips_mcast,	"IPv4 multicast group not joined")		\
	D(ips_noforward, "forwarding is off: net.inet.ip.forwarding = 0") \
	D(ips_noroute,	"no IPv4 route to the destination")		\
	D(ips_blackhole, "IPv4 route is a blackhole")			\
	D(ips_reject,	"IPv4 route says unreachable")			\
	D(ips_prohibit,	"IPv4 route says prohibited")			\
	D(ips_tableloop, "IPv4 routes of VRFs refer to each other in a loop") \
	D(ips_ttl,	"IPv4 TTL expired")				\
	D(ips_mtu,	"larger than the MTU ahead and marked DF")	\
	D(ips_noneigh,	"IPv4 neighbour does not answer (ARP)")		\
	D(ips_nosrc,	"no IPv4 address to send from")			\
	D(ips_reass,	"IPv4 fragment: net.inet.ip.maxfragpackets = 0") \
	D(ips_fragtime,	"IPv4 fragments whose others did not come in time") \
	D(ips_fragdup,	"IPv4 fragment that is there already")		\
	D(ips_fragbad,	"IPv4 fragment of an impossible length or end")	\
	D(ips_fragtiny,	"IPv4 fragment that splits the transport header") \
	D(ips_fragoverlap, "IPv4 fragments that overlap")		\
	D(ips_fragmany,	"IPv4 datagram in too many fragments")		\
	D(ips_fragecn,	"IPv4 fragments that contradict in ECN")	\
	D(ips_fragsource, "too many IPv4 fragments of this source wait") \
	D(ips_fraglimit, "too many IPv4 fragments wait")		\
	D(ips_punt,	"more IPv4 for this host than net.punt lets in") \
	D(ips_noport,	"UDP port where nothing listens")		\
	D(ips_notcp,	"TCP port where nothing listens")		\
	D(ips_noproto,	"IPv4 protocol this host does not speak")	\
	D(ips_badl4,	"malformed TCP or UDP header")			\
	D(ips_badl4sum,	"bad TCP or UDP checksum")			\
	D(ips_nobuf,	"no packet buffers left")
/* clang-format on */

enum ipstat { IP_STATS(STAT_ENUM, STAT_ENUM) IPS_N };

#define ips_none ips_total /* no reason to drop it */

#endif
