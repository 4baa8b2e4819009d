/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Histograms of times: three significant digits from 1 ns to 2199 s.
 *
 * Buckets as in the HDR histogram: values below 2048 have a bucket each; above
 * that, each doubling of the value has 1024 buckets of the same width.  So a
 * bucket is never wider than a 1024th of the values in it.  What is longer
 * than the range is in the last bucket, counted (h_over).  Count, sum, least
 * and most are exact.
 *
 * Pure.  A histogram is 256 KiB, of which only the parts that values fall into
 * are touched.  It belongs to whoever holds it; there are no locks.
 */
#ifndef GEN_HIST_H
#define GEN_HIST_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"

#define HIST_BITS  11 /* of a value that decide about its bucket */
#define HIST_RANGE 41 /* bits of the longest time that has its own bucket */
#define HIST_HALF  (1u << (HIST_BITS - 1))
#define HIST_N     ((HIST_RANGE - HIST_BITS + 2) * HIST_HALF)
#define HIST_LAST  ((UINT64_C(1) << HIST_RANGE) - 1)

struct hist {
	uint64_t h_n; /* values */
	uint64_t h_min; /* UINT64_MAX: none yet */
	uint64_t h_max;
	uint64_t h_sum[2]; /* low and high half */
	uint64_t h_over; /* values over HIST_LAST */
	uint64_t h_bucket[HIST_N];
};

/* Values of one bucket, for hist_next(). */
struct hist_bin {
	uint64_t hb_from; /* least value that belongs here */
	uint64_t hb_to; /* and the last */
	uint64_t hb_n; /* values here */
	uint64_t hb_upto; /* values here and in all bins before */
	unsigned hb_next; /* bucket to go on with */
};

/* Make it empty. */
void hist_init(struct hist *);

/* An empty one of its own, to be freed by hist_destroy(); NULL: ENOMEM. */
struct hist *hist_create(void);
void hist_destroy(struct hist *);

/* The number of the bucket of a value. */
static inline unsigned
hist_bucket(uint64_t v)
{
	unsigned shift;

	if (unlikely(v > HIST_LAST))
		return HIST_N - 1;
	shift = 64 - HIST_BITS -
	    (unsigned)__builtin_clzll(v | ((1u << HIST_BITS) - 1));
	return shift * HIST_HALF + (unsigned)(v >> shift);
}

/* The least and the last value of a bucket. */
uint64_t hist_bucket_from(unsigned bucket);
uint64_t hist_bucket_to(unsigned bucket);

/* n times the value v. */
static inline void
hist_addn(struct hist *h, uint64_t v, uint64_t n)
{
	unsigned __int128 sum = (unsigned __int128)v * n + h->h_sum[0];

	h->h_n += n;
	h->h_sum[0] = (uint64_t)sum;
	h->h_sum[1] += (uint64_t)(sum >> 64);
	if (unlikely(v > HIST_LAST))
		h->h_over += n;
	if (v > h->h_max)
		h->h_max = v;
	if (v < h->h_min)
		h->h_min = v;
	h->h_bucket[hist_bucket(v)] += n;
}

static inline void
hist_add(struct hist *h, uint64_t v)
{
	hist_addn(h, v, 1);
}

/* All values of the other one, too. */
void hist_merge(struct hist *, const struct hist *);

/*
 * The value that num/den of all values do not exceed: of the value of rank
 * ceil(n * num / den), counted from 1, the last one of its bucket, or the
 * histogram's own least or most where that is nearer.  So the answer is never
 * too small, and too large by less than 0.1 %; for num = 0 it is the least
 * value, for num >= den the most, both exact.  0 if there are no values.
 * 99.999 % is hist_percentile(h, 99999, 100000).
 */
uint64_t hist_percentile(const struct hist *, uint64_t num, uint64_t den);

/* 0 if there are no values. */
uint64_t hist_min(const struct hist *);
uint64_t hist_max(const struct hist *);

/* Exact but for the rounding of a double. */
double hist_mean(const struct hist *);

/* From the middles of the buckets: within 0.1 % of the values. */
double hist_stddev(const struct hist *);

/*
 * The next bucket that has values.  hb is all zeros before the first call;
 * false: there are no more.
 */
bool hist_next(const struct hist *, struct hist_bin *hb);

#endif
