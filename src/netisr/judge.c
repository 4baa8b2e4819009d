/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a NIC does, judged by what it said of some packets.
 *
 * For each way to be wrong that is known, all samples are tried.  Whether they
 * are the Toeplitz hash with a key that is not known is a question to linear
 * algebra: bit j of the hash is the sum, modulo 2, of the bits i + j of the
 * key for all bits i that are set in the tuple.  Each sample makes 32
 * equations in the 320 bits of the key.  Any 32 of them say little, but those
 * beyond the rank of the system must follow from the others: by chance they do
 * so once in two times each.
 */
#include "netisr/judge.h"

#include <string.h>

#include "base/bytes.h"

#define KEYBITS (TOEPLITZ_KEYLEN * 8)
#define WORDS	(KEYBITS / 64)
#define PROOF	32 /* equations that must follow from others */

/* A sum of bits of the key; the leading one is solved for. */
struct equation {
	uint64_t e_bits[WORDS]; /* bit 0 of the key is the highest of [0] */
	bool e_sum;
	bool e_used;
};

struct system {
	struct equation s_row[KEYBITS]; /* by leading bit */
	unsigned s_follow; /* equations that followed from others */
	bool s_broken; /* one contradicts the others */
};

static void
equation_add(struct system *s, struct equation *e)
{
	unsigned w, k, lead;

	for (w = 0; w < WORDS; w++)
		while (e->e_bits[w] != 0) {
			struct equation *row;

			lead = w * 64 + (unsigned)__builtin_clzll(e->e_bits[w]);
			row = &s->s_row[lead];
			if (!row->e_used) {
				*row = *e;
				row->e_used = true;
				return;
			}
			for (k = w; k < WORDS; k++)
				e->e_bits[k] ^= row->e_bits[k];
			e->e_sum ^= row->e_sum;
		}
	if (e->e_sum)
		s->s_broken = true;
	else
		s->s_follow++;
}

/* The tuple as it stands on the wire; returns its length. */
static unsigned
tuple_bytes(const struct rss_tuple *rt, uint8_t p[static TOEPLITZ_MAXLEN])
{
	unsigned n;

	if (rss_type_v6(rt->rt_type)) {
		in6_store(p, rt->rt_src);
		in6_store(p + 16, rt->rt_dst);
		n = 32;
	} else {
		st32be(p, (uint32_t)rt->rt_src.i6_lo);
		st32be(p + 4, (uint32_t)rt->rt_dst.i6_lo);
		n = 8;
	}
	if (rss_type_ports(rt->rt_type)) {
		st32be(p + n, rt->rt_ports);
		n += 4;
	}
	return n;
}

static void
system_add(struct system *s, const struct rss_sample *sm)
{
	uint8_t p[TOEPLITZ_MAXLEN];
	unsigned i, j, n = tuple_bytes(&sm->sm_tuple, p) * 8;

	for (j = 0; j < 32 && !s->s_broken; j++) {
		struct equation e = {
			.e_sum = (sm->sm_hash >> (31 - j) & 1) != 0
		};

		for (i = 0; i < n; i++)
			if ((p[i / 8] >> (7 - i % 8) & 1) != 0)
				e.e_bits[(i + j) / 64] |= UINT64_C(1)
				    << (63 - (i + j) % 64);
		equation_add(s, &e);
	}
}

static enum rss_verdict
judge_key(const struct rss_sample *sm, unsigned n)
{
	struct system s = { .s_follow = 0 };
	unsigned i;

	for (i = 0; i < n; i++)
		if (sm[i].sm_hashed)
			system_add(&s, &sm[i]);
	if (s.s_broken)
		return RSSV_WRONG;
	return s.s_follow >= PROOF ? RSSV_KEY : RSSV_FEW;
}

/* Whether a NIC that is wrong in this way said this. */
static bool
judge_one(
    const struct toeplitz *tz, const struct rss_sample *sm, enum rss_verdict v)
{
	struct rss_tuple back;
	uint32_t hash;

	switch (v) {
	case RSSV_16BIT:
		hash = rss_toeplitz(tz, &sm->sm_tuple);
		return sm->sm_hash == (hash & 0xffff) ||
		    sm->sm_hash == hash >> 16;
	case RSSV_REVERSED:
		back = rss_reverse(&sm->sm_tuple);
		return sm->sm_hash == rss_toeplitz(tz, &back);
	default:
		return sm->sm_hash == rss_toeplitz(tz, &sm->sm_tuple);
	}
}

static bool
judge_all(const struct toeplitz *tz, const struct rss_sample *sm, unsigned n,
    enum rss_verdict v)
{
	unsigned i;

	for (i = 0; i < n; i++)
		if (sm[i].sm_hashed && !judge_one(tz, &sm[i], v))
			return false;
	return true;
}

enum rss_verdict
rss_judge_hash(
    const struct toeplitz *tz, const struct rss_sample *sm, unsigned n)
{
	static const enum rss_verdict ours[] = { RSSV_RIGHT, RSSV_16BIT,
		RSSV_REVERSED };
	struct toeplitz other;
	unsigned i, hashed = 0;

	for (i = 0; i < n; i++)
		hashed += sm[i].sm_hashed;
	if (hashed == 0)
		return RSSV_NONE;
	for (i = 0; i < countof(ours); i++)
		if (judge_all(tz, sm, n, ours[i]))
			return ours[i];
	toeplitz_init(&other, toeplitz_key_default);
	if (judge_all(&other, sm, n, RSSV_DEFAULT))
		return RSSV_DEFAULT;
	toeplitz_init(&other, toeplitz_key_symmetric);
	if (judge_all(&other, sm, n, RSSV_SYMMETRIC))
		return RSSV_SYMMETRIC;
	return judge_key(sm, n);
}

const char *
rss_verdict_name(enum rss_verdict v)
{
	static const char *const names[RSSV_N] = {
		[RSSV_NONE] = "none seen",
		[RSSV_RIGHT] = "right",
		[RSSV_16BIT] = "only 16 bits",
		[RSSV_REVERSED] = "reversed tuple",
		[RSSV_DEFAULT] = "other key: default",
		[RSSV_SYMMETRIC] = "other key: symmetric",
		[RSSV_KEY] = "other key",
		[RSSV_FEW] = "differs, too few flows to say how",
		[RSSV_WRONG] = "wrong",
	};

	return names[v];
}

static bool
tuple_same(const struct rss_tuple *a, const struct rss_tuple *b)
{
	return a->rt_src.i6_hi == b->rt_src.i6_hi &&
	    a->rt_src.i6_lo == b->rt_src.i6_lo &&
	    a->rt_dst.i6_hi == b->rt_dst.i6_hi &&
	    a->rt_dst.i6_lo == b->rt_dst.i6_lo && a->rt_ports == b->rt_ports &&
	    a->rt_type == b->rt_type;
}

/* Whether packets of a flow always came in one queue. */
static bool
judge_flows(const struct rss_sample *sm, unsigned n)
{
	unsigned i, k;

	for (i = 0; i < n; i++)
		for (k = 0; k < i; k++)
			if (sm[i].sm_queue != sm[k].sm_queue &&
			    tuple_same(&sm[i].sm_tuple, &sm[k].sm_tuple))
				return false;
	return true;
}

enum rss_choice
rss_judge_queue(const struct toeplitz *tz, const struct rss_sample *sm,
    unsigned n, unsigned nqueues, unsigned *agree)
{
	unsigned i, own = 0, hashed = 0;

	*agree = 0;
	for (i = 0; i < n; i++) {
		uint32_t hash = rss_toeplitz(tz, &sm[i].sm_tuple);

		*agree += sm[i].sm_queue == hash % RSS_TABLE % nqueues;
		if (!sm[i].sm_hashed)
			continue;
		hashed++;
		own += sm[i].sm_queue == sm[i].sm_hash % RSS_TABLE % nqueues;
	}
	if (n == 0 || nqueues < 2)
		return RSSC_NONE;
	if (*agree == n)
		return RSSC_PREDICTED;
	if (hashed > 0 && own == hashed)
		return RSSC_OWN;
	return judge_flows(sm, n) ? RSSC_FLOWS : RSSC_MIXED;
}

const char *
rss_choice_name(enum rss_choice ch)
{
	static const char *const names[RSSC_N] = {
		[RSSC_NONE] = "-",
		[RSSC_PREDICTED] = "as predicted",
		[RSSC_OWN] = "by its own hash",
		[RSSC_FLOWS] = "by flow, not as predicted",
		[RSSC_MIXED] = "a flow in several queues",
	};

	return names[ch];
}
