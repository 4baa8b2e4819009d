/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What cutting segments and merging them know of the headers in them: RFC 791,
 * 8200, 9293, 768.
 */
#ifndef DEV_L4_H
#define DEV_L4_H

enum {
	IP4_HDR = 20,
	IP6_HDR = 40,
	TCP_HDR = 20,
	UDP_HDR = 8,
	PROTO_HOPOPTS = 0,
	PROTO_TCP = 6,
	PROTO_UDP = 17,
	PROTO_ROUTING = 43,
	PROTO_FRAGMENT = 44,
	PROTO_DSTOPTS = 60,
	TCP_SUM = 16, /* field in the header */
	UDP_SUM = 6,
	TCP_FIN = 0x01,
	TCP_SYN = 0x02,
	TCP_RST = 0x04,
	TCP_PSH = 0x08,
	TCP_ACK = 0x10,
	TCP_URG = 0x20,
	TCP_ECE = 0x40,
	TCP_CWR = 0x80,
};

#endif
