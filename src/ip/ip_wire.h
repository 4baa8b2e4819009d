/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * IPv4 on the wire (RFC 791), and the transport headers that IP itself looks
 * into, of either family.  Bytes only, so that they may overlay any offset.
 */
#ifndef IP_IP_WIRE_H
#define IP_IP_WIRE_H

#include <assert.h>
#include <stdalign.h>
#include <stdbool.h>
#include <stdint.h>

#define IP_HLEN     20u /* without options */
#define IP_HLEN_MAX 60u
#define IP_LEN_MAX  65535u
#define IP_OPTLEN_MAX (IP_HLEN_MAX - IP_HLEN)
#define IP_MTU_MIN  68u /* RFC 791, 3.2 */

enum { /* ip_off */
	IP_DF = 0x4000,
	IP_MF = 0x2000,
	IP_OFFMASK = 0x1fff,
};

enum { /* ip_p, ip6_nxt: the IANA numbers */
	IPP_HOPOPTS = 0, /* IPv6 only, as are those marked 6 */
	IPP_ICMP = 1,
	IPP_TCP = 6,
	IPP_UDP = 17,
	IPP_DCCP = 33,
	IPP_ROUTING = 43, /* 6 */
	IPP_FRAGMENT = 44, /* 6 */
	IPP_AH = 51,
	IPP_ICMPV6 = 58, /* 6 */
	IPP_NONE = 59, /* 6 */
	IPP_DSTOPTS = 60, /* 6 */
	IPP_SCTP = 132,
	IPP_UDPLITE = 136,
};

/* Whether a header of this protocol begins with its two ports. */
static inline bool
ip_has_ports(unsigned proto)
{
	return proto == IPP_TCP || proto == IPP_UDP || proto == IPP_DCCP ||
	    proto == IPP_SCTP || proto == IPP_UDPLITE;
}

enum { /* options: type, whose top bit says "copy into fragments" */
	IPOPT_EOL = 0,
	IPOPT_NOP = 1,
	IPOPT_RR = 7,
	IPOPT_TS = 68,
	IPOPT_LSRR = 131,
	IPOPT_SSRR = 137,
	IPOPT_RALERT = 148, /* RFC 2113 */
	IPOPT_COPIED = 0x80,
};

enum { /* flag of IPOPT_TS */
	IPOPT_TS_ONLY = 0,
	IPOPT_TS_ADDR = 1, /* each puts in its address, too */
	IPOPT_TS_PRESPEC = 3, /* only those whose address is there */
};

/* RFC 791, 3.1. */
struct ip_wire {
	uint8_t ip_vhl; /* version, header length in words */
	uint8_t ip_tos;
	uint8_t ip_len[2];
	uint8_t ip_id[2];
	uint8_t ip_off[2]; /* flags, offset in units of 8 bytes */
	uint8_t ip_ttl;
	uint8_t ip_p;
	uint8_t ip_sum[2];
	uint8_t ip_src[4];
	uint8_t ip_dst[4];
};
static_assert(sizeof(struct ip_wire) == IP_HLEN, "RFC 791");
static_assert(alignof(struct ip_wire) == 1, "overlays any offset");

/* RFC 768. */
struct udp_wire {
	uint8_t uh_sport[2];
	uint8_t uh_dport[2];
	uint8_t uh_len[2];
	uint8_t uh_sum[2];
};
static_assert(sizeof(struct udp_wire) == 8, "RFC 768");
static_assert(alignof(struct udp_wire) == 1, "overlays any offset");

enum { /* th_flags */
	TH_FIN = 0x01,
	TH_SYN = 0x02,
	TH_RST = 0x04,
	TH_ACK = 0x10,
};

/* RFC 9293, 3.1. */
struct tcp_wire {
	uint8_t th_sport[2];
	uint8_t th_dport[2];
	uint8_t th_seq[4];
	uint8_t th_ack[4];
	uint8_t th_off; /* header length in words, in the upper half */
	uint8_t th_flags;
	uint8_t th_win[2];
	uint8_t th_sum[2];
	uint8_t th_urp[2];
};
static_assert(sizeof(struct tcp_wire) == 20, "RFC 9293");
static_assert(alignof(struct tcp_wire) == 1, "overlays any offset");

#endif
