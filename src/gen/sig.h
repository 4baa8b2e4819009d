/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The signature of a test packet: which flow, which number in it, when it was
 * sent.  It is the last SIG_LEN bytes of the IP packet's payload, or of the
 * frame where that is not IP:
 *
 *	+0	check		16 bits
 *	+2	flow		32
 *	+6	sequence	32
 *	+10	timestamp	64, nanoseconds
 *
 * all in network order.  The check is chosen so that the one's-complement sum
 * of the nine words is the key of the trial.  So the checksum of UDP, TCP or
 * ICMP around it depends on neither flow, sequence nor time, and a receiver
 * knows a packet of this trial by its sum; a late one of another trial has
 * another key.
 *
 * Values only: no member is shared.  All functions are pure.
 */
#ifndef GEN_SIG_H
#define GEN_SIG_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/bytes.h"

#define SIG_LEN  18u
#define SIG_FLOW 2u /* offsets in it */
#define SIG_SEQ  6u
#define SIG_TS   10u

struct sig {
	uint32_t sg_flow;
	uint32_t sg_seq;
	uint64_t sg_ts; /* ns; whose clock is the sender's business */
};

/*
 * Two keys are none, as their sum is that of bytes that are all zero: 0 and
 * 0xffff.
 */
static inline bool
sig_key_ok(uint16_t key)
{
	return key != 0 && key != 0xffff;
}

/* A key for a trial, made of its number or seed; neighbours differ. */
static inline uint16_t
sig_key(uint64_t trial)
{
	return (uint16_t)(1 + trial % 65534);
}

/* The one's-complement sum of 64 bits as four words, at most 0x1fffe. */
static inline uint32_t
sig_sum64(uint64_t v)
{
	v = (v & 0xffffffff) + (v >> 32);
	v = (v & 0xffff) + (v >> 16);
	return (uint32_t)((v & 0xffff) + (v >> 16));
}

/* A sum below 2^32, reduced to 16 bits. */
static inline uint16_t
sig_reduce(uint32_t sum)
{
	sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)((sum & 0xffff) + (sum >> 16));
}

/* The check of a signature under a key. */
static inline uint16_t
sig_check(uint16_t key, uint64_t flow_seq, uint64_t ts)
{
	return sig_reduce(
	    key + 4 * 0xffffu - sig_sum64(flow_seq) - sig_sum64(ts));
}

/* Writes SIG_LEN bytes at p; the key must be sig_key_ok(). */
static inline void
sig_write(uint8_t *p, uint16_t key, const struct sig *sg)
{
	uint64_t fs = (uint64_t)sg->sg_flow << 32 | sg->sg_seq;

	st16be(p, sig_check(key, fs, sg->sg_ts));
	st64be(p + SIG_FLOW, fs);
	st64be(p + SIG_TS, sg->sg_ts);
}

/* The sum of SIG_LEN bytes at p: the key they were written with. */
static inline uint16_t
sig_sum(const uint8_t *p)
{
	return sig_reduce(ld16be(p) + sig_sum64(ld64be(p + SIG_FLOW)) +
	    sig_sum64(ld64be(p + SIG_TS)));
}

/* Whether SIG_LEN bytes at p have the key; if so, what they say. */
static inline bool
sig_read(const uint8_t *p, uint16_t key, struct sig *sg)
{
	if (sig_sum(p) != key)
		return false;
	sg->sg_flow = ld32be(p + SIG_FLOW);
	sg->sg_seq = ld32be(p + SIG_SEQ);
	sg->sg_ts = ld64be(p + SIG_TS);
	return true;
}

/*
 * What the check of a signature is to be added, in memory's order, when its
 * time goes from was to ts: the difference of old and new, RFC 1624.
 */
static inline uint16_t
sig_change(uint64_t was, uint64_t ts)
{
	uint8_t b[2];
	uint16_t v;

	st16be(b, sig_reduce(sig_sum64(was) + 2 * 0xffffu - sig_sum64(ts)));
	memcpy(&v, b, sizeof(v));
	return v;
}

/* Another time into a signature that is there, with what sig_change() says. */
static inline void
sig_stamp(uint8_t *p, uint64_t ts, uint16_t change)
{
	uint32_t sum;
	uint16_t v;

	memcpy(&v, p, sizeof(v));
	sum = (uint32_t)v + change;
	v = (uint16_t)(sum + (sum >> 16));
	memcpy(p, &v, sizeof(v));
	st64be(p + SIG_TS, ts);
}

/*
 * Offset of the signature in a frame of len bytes, without FCS; 0 if none can
 * be there.  VLAN tags are looked through; the end of an IP packet is what its
 * header says, whatever follows it.  No length in the frame is trusted.
 */
unsigned sig_find(const uint8_t *frame, unsigned len);

#endif
