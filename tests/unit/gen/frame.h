/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Frames looked at with other eyes than those of src/gen: all sums are made
 * anew, word by word.
 */
#ifndef TESTS_UNIT_GEN_FRAME_H
#define TESTS_UNIT_GEN_FRAME_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

struct seen {
	unsigned s_ntags;
	unsigned s_vlan[2];
	unsigned s_prio[2];
	unsigned s_family;
	unsigned s_proto;
	unsigned s_tos;
	unsigned s_ttl;
	unsigned s_label;
	unsigned s_ipid;
	unsigned s_sport; /* echo: identifier */
	unsigned s_dport;
	uint8_t s_src[16]; /* IPv4: the last 4 */
	uint8_t s_dst[16];
	unsigned s_l3; /* offsets */
	unsigned s_l4ck;
	unsigned s_payload;
	unsigned s_end;
	bool s_zero; /* UDP over IPv4 without checksum */
	unsigned s_nexts; /* extension headers, 8 bytes each */
	uint8_t s_ext[4];
};

static inline unsigned
seen16(const uint8_t *p)
{
	return (unsigned)p[0] << 8 | p[1];
}

static inline unsigned
seen_sum(const uint8_t *p, unsigned n, unsigned sum)
{
	unsigned i;

	for (i = 0; i < n; i++) {
		sum += i % 2 == 0 ? (unsigned)p[i] << 8 : p[i];
		sum = (sum & 0xffff) + (sum >> 16);
	}
	return sum;
}

/* What is behind IP's header, with pseudo header; NULL if it is right. */
static inline const char *
seen_l4(struct seen *s, const uint8_t *p, unsigned at, unsigned src,
    unsigned alen)
{
	unsigned len = s->s_end - at;
	unsigned sum = 0;

	if (s->s_proto != 1)
		sum = seen_sum(p + src, 2 * alen, s->s_proto + len);
	s->s_payload = at + 8;
	s->s_l4ck = at + (s->s_proto == 17 ? 6 : s->s_proto == 6 ? 16 : 2);
	if (s->s_proto == 17) {
		if (len < 8 || seen16(p + at + 4) != len)
			return "length of UDP";
		s->s_zero = seen16(p + at + 6) == 0;
		if (s->s_zero)
			return "checksum of UDP is zero";
	} else if (s->s_proto == 6) {
		if (len < 20 || p[at + 12] >> 4 != 5)
			return "length of TCP";
		s->s_payload = at + 20;
	} else if (s->s_proto == 1 || s->s_proto == 58) {
		if (len < 8 || p[at] != (s->s_proto == 1 ? 8 : 128))
			return "no echo request";
		at += 4;
	} else {
		return "protocol";
	}
	s->s_sport = seen16(p + at);
	s->s_dport = seen16(p + at + 2);
	if (s->s_proto == 1 || s->s_proto == 58)
		at -= 4;
	return seen_sum(p + at, len, sum) == 0xffff ? NULL : "checksum";
}

/* Takes a frame apart; NULL, or what is wrong with it. */
static inline const char *
seen_frame(struct seen *s, const uint8_t *p, unsigned len)
{
	unsigned at = 12, src;

	memset(s, 0, sizeof(*s));
	for (; seen16(p + at) == 0x8100 || seen16(p + at) == 0x88a8; at += 4) {
		s->s_vlan[s->s_ntags] = seen16(p + at + 2) & 0xfff;
		s->s_prio[s->s_ntags++] = seen16(p + at + 2) >> 13;
	}
	if (seen16(p + at) == 0x800) {
		at += 2;
		s->s_family = 4;
		s->s_l3 = at;
		if (p[at] != 0x45 || seen_sum(p + at, 20, 0) != 0xffff)
			return "header of IPv4";
		s->s_end = at + seen16(p + at + 2);
		if (s->s_end > len)
			return "length of IPv4";
		s->s_tos = p[at + 1];
		s->s_ipid = seen16(p + at + 4);
		s->s_ttl = p[at + 8];
		s->s_proto = p[at + 9];
		memcpy(s->s_src + 12, p + at + 12, 4);
		memcpy(s->s_dst + 12, p + at + 16, 4);
		return seen_l4(s, p, at + 20, at + 12, 4);
	}
	if (seen16(p + at) != 0x86dd)
		return "not IP";
	at += 2;
	s->s_family = 6;
	s->s_l3 = at;
	if (p[at] >> 4 != 6)
		return "version of IPv6";
	s->s_end = at + 40 + seen16(p + at + 4);
	if (s->s_end > len)
		return "length of IPv6";
	s->s_tos = seen16(p + at) >> 4 & 0xff;
	s->s_label = (p[at + 1] & 15u) << 16 | seen16(p + at + 2);
	s->s_proto = p[at + 6];
	s->s_ttl = p[at + 7];
	memcpy(s->s_src, p + at + 8, 16);
	memcpy(s->s_dst, p + at + 24, 16);
	for (src = at + 8, at += 40; s->s_proto == 0 || s->s_proto == 60 ||
	     s->s_proto == 43 || s->s_proto == 44;
	     at += 8) {
		if (s->s_nexts == 4 || s->s_end - at < 8 || p[at + 1] != 0)
			return "extension headers";
		s->s_ext[s->s_nexts++] = (uint8_t)s->s_proto;
		s->s_proto = p[at];
	}
	return seen_l4(s, p, at, src, 16);
}

#endif
