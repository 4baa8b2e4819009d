/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Frames as a test writes and reads them, with code of its own: nothing here
 * is shared with the stack under test but addresses and byte order.
 */
#ifndef SIM_FRAME_H
#define SIM_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"

#define FRAME_MAX 9600

enum {
	FT_IP4 = 0x0800, FT_ARP = 0x0806, FT_IP6 = 0x86dd,	/* EtherType */
	FT_TAG = 0x8100, FT_STAG = 0x88a8,
	FP_ICMP = 1, FP_TCP = 6, FP_UDP = 17, FP_FRAG6 = 44, FP_ICMP6 = 58,
	FF_DF = 0x4000, FF_MF = 0x2000,				/* fp_frag */
};

struct frame {
	size_t	 f_len;
	uint8_t	 f_b[FRAME_MAX];
};

/* What a frame shall say; a builder fills in lengths and checksums. */
struct frame_spec {
	uint8_t		 fs_dmac[MAC_LEN];
	uint8_t		 fs_smac[MAC_LEN];
	struct addr	 fs_src;	/* family of the packet */
	struct addr	 fs_dst;
	uint8_t		 fs_ttl;	/* 0: 64 */
	uint8_t		 fs_proto;
	uint16_t	 fs_id;		/* IPv4 */
	uint16_t	 fs_frag;	/* IPv4: flags and offset in 8 bytes */
};

/* Each sets *f to a whole frame. */
void frame_ether(struct frame *f, const uint8_t dst[static MAC_LEN],
    const uint8_t src[static MAC_LEN], unsigned type, const void *payload,
    size_t n);
void frame_ip(struct frame *f, const struct frame_spec *, const void *payload,
    size_t n);
void frame_udp(struct frame *f, const struct frame_spec *, uint16_t sport,
    uint16_t dport, const void *data, size_t n);
/* n bytes that follow from id and seq. */
void frame_echo(struct frame *f, const struct frame_spec *, bool reply,
    uint16_t id, uint16_t seq, size_t n);
/* op 1: request, 2: reply. */
void frame_arp(struct frame *f, const uint8_t dmac[static MAC_LEN],
    unsigned op, const uint8_t smac[static MAC_LEN], uint32_t spa,
    const uint8_t tmac[static MAC_LEN], uint32_t tpa);
/* A neighbour solicitation from src (:: while it probes) for target. */
void frame_ns(struct frame *f, const uint8_t smac[static MAC_LEN],
    struct in6 src, struct in6 target);
/* A neighbour advertisement; flags as in its first byte. */
void frame_na(struct frame *f, const uint8_t smac[static MAC_LEN],
    const uint8_t dmac[static MAC_LEN], struct in6 src, struct in6 dst,
    struct in6 target, unsigned flags);

/* VLAN tags of a frame, outer first, as on the wire: TPID << 16 | TCI. */
#define FRAME_TAGS 2
struct frame_tags {
	unsigned	 ft_n;
	uint32_t	 ft_tag[FRAME_TAGS];
};

/* Put them on a frame that has none; it has room for them. */
void frame_tag(struct frame *f, const struct frame_tags *);

/* A frame read back. */
struct frame_info {
	struct frame_tags fi_tags;
	uint8_t		 fi_dmac[MAC_LEN];
	uint8_t		 fi_smac[MAC_LEN];
	uint16_t	 fi_type;
	struct addr	 fi_src;	/* of IP or ARP */
	struct addr	 fi_dst;
	uint8_t		 fi_ttl;
	uint8_t		 fi_proto;	/* behind a fragment header */
	uint16_t	 fi_frag;	/* flags and offset as in IPv4 */
	uint16_t	 fi_op;		/* ARP */
	const uint8_t	*fi_l4;		/* payload of IP */
	size_t		 fi_l4len;
};

/*
 * NULL, or what is wrong with the frame: nothing that leaves the stack may be
 * wrong.  Checks lengths and checksums; knows ARP, IPv4, IPv6.
 */
const char *frame_parse(struct frame_info *, const uint8_t *, size_t);

/* RFC 1071, the plain way. */
uint16_t frame_cksum(const void *, size_t, uint32_t sum);

/* The sum of a pseudo header. */
uint32_t frame_pseudo(const struct addr *src, const struct addr *dst,
    unsigned proto, size_t len);

#endif
