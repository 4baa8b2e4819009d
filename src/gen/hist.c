/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What reports ask of a histogram.  Nothing here runs for each packet.
 */
#include "gen/hist.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/lines.h"

void
hist_init(struct hist *h)
{
	memset(h, 0, sizeof(*h));
	h->h_min = UINT64_MAX;
}

struct hist *
hist_create(void)
{
	struct hist *h = lines_alloc(1, sizeof(*h));

	if (h != NULL)
		h->h_min = UINT64_MAX;
	return h;
}

void
hist_destroy(struct hist *h)
{
	free(h);
}

uint64_t
hist_bucket_from(unsigned bucket)
{
	unsigned shift;

	if (bucket < 2 * HIST_HALF)
		return bucket;
	shift = bucket / HIST_HALF - 1;
	return (uint64_t)(bucket - shift * HIST_HALF) << shift;
}

uint64_t
hist_bucket_to(unsigned bucket)
{
	if (bucket >= HIST_N - 1)
		return UINT64_MAX;
	return hist_bucket_from(bucket + 1) - 1;
}

void
hist_merge(struct hist *h, const struct hist *more)
{
	unsigned __int128 sum =
	    (unsigned __int128)h->h_sum[0] + more->h_sum[0];
	unsigned i;

	if (more->h_n == 0)
		return;
	h->h_n += more->h_n;
	h->h_sum[0] = (uint64_t)sum;
	h->h_sum[1] += more->h_sum[1] + (uint64_t)(sum >> 64);
	h->h_over += more->h_over;
	h->h_min = u64min(h->h_min, more->h_min);
	h->h_max = u64max(h->h_max, more->h_max);
	for (i = hist_bucket(more->h_min); i <= hist_bucket(more->h_max); i++)
		h->h_bucket[i] += more->h_bucket[i];
}

uint64_t
hist_percentile(const struct hist *h, uint64_t num, uint64_t den)
{
	unsigned __int128 rank;
	uint64_t n = 0;
	unsigned i;

	if (h->h_n == 0)
		return 0;
	if (num == 0)
		return h->h_min;
	if (num >= den)
		return h->h_max;
	rank = ((unsigned __int128)h->h_n * num + den - 1) / den;
	for (i = hist_bucket(h->h_min); i < hist_bucket(h->h_max); i++)
		if ((n += h->h_bucket[i]) >= rank)
			break;
	return u64min(hist_bucket_to(i), h->h_max);
}

uint64_t
hist_min(const struct hist *h)
{
	return h->h_n == 0 ? 0 : h->h_min;
}

uint64_t
hist_max(const struct hist *h)
{
	return h->h_max;
}

double
hist_mean(const struct hist *h)
{
	if (h->h_n == 0)
		return 0;
	return ((double)h->h_sum[1] * 0x1p64 + (double)h->h_sum[0]) /
	    (double)h->h_n;
}

/* A value that stands for all of the bucket. */
static double
middle(const struct hist *h, const struct hist_bin *hb)
{
	uint64_t from = u64max(hb->hb_from, h->h_min);
	uint64_t to = u64min(hb->hb_to, h->h_max);

	return (double)from + (double)(to - from) / 2;
}

double
hist_stddev(const struct hist *h)
{
	double mean = hist_mean(h), sum = 0;
	struct hist_bin hb = { 0 };

	if (h->h_n == 0)
		return 0;
	while (hist_next(h, &hb)) {
		double d = middle(h, &hb) - mean;

		sum += d * d * (double)hb.hb_n;
	}
	return sqrt(sum / (double)h->h_n);
}

bool
hist_next(const struct hist *h, struct hist_bin *hb)
{
	unsigned i = hb->hb_next;

	if (h->h_n == 0)
		return false;
	if (i == 0)
		i = hist_bucket(h->h_min);
	while (i < HIST_N && h->h_bucket[i] == 0)
		i++;
	if (i == HIST_N)
		return false;
	hb->hb_from = hist_bucket_from(i);
	hb->hb_to = hist_bucket_to(i);
	hb->hb_n = h->h_bucket[i];
	hb->hb_upto += hb->hb_n;
	hb->hb_next = i + 1;
	return true;
}
