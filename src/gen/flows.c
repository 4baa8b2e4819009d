/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Flows for receive side scaling; see flows.h.
 *
 * The hash is linear: that of a flow is that of its addresses and destination
 * port, XORed with that of its source port.  So ports are sorted once by the
 * bucket bits of their own hash, and which ports of an address lead to a bucket
 * is then read off and not searched.
 *
 * In pass r each address gives at most one flow to each bucket, with port
 * number r of those that lead there; so no flow comes twice.
 */
#include "gen/flows.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/random.h"
#include "dev/rss.h"

struct search {
	const struct flows_conf *s_fc;
	struct flows *s_fl;
	struct toeplitz s_tz;
	uint32_t s_mask; /* buckets - 1 */
	bool s_ports; /* they are hashed */
	uint32_t s_hash; /* of all but source address and port */
	uint32_t s_want[FLOWS_BUCKETS]; /* flows that buckets still want */
	uint16_t s_open[FLOWS_BUCKETS]; /* buckets that want some */
	unsigned s_nopen;
	uint32_t s_first[FLOWS_BUCKETS + 1]; /* ports of a group, in s_port */
	uint16_t s_group[FLOWS_BUCKETS]; /* groups that have ports */
	unsigned s_ngroups;
	uint32_t s_largest; /* group */
	uint64_t s_tries;
	uint16_t s_port[65536]; /* sorted by group */
};

static int __attribute__((format(printf, 3, 4)))
flows_bad(char *err, size_t errlen, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(err, errlen, fmt, ap);
	va_end(ap);
	return EINVAL;
}

/*
 * Divides n by weights so that no share is off by one or more: what is left
 * over goes to those with the greatest remainder.
 */
static void
flows_divide(
    uint32_t n, const uint64_t weight[], unsigned nw, uint32_t share[])
{
	uint64_t rest[FLOWS_BUCKETS];
	uint64_t sum = 0;
	uint32_t left = n;
	unsigned best;
	unsigned i;

	for (i = 0; i < nw; i++)
		sum += weight[i];
	for (i = 0; i < nw; i++) {
		share[i] = (uint32_t)(sum != 0 ? n * weight[i] / sum : 0);
		rest[i] = sum != 0 ? n * weight[i] % sum : 0;
		left -= share[i];
	}
	for (; sum != 0 && left > 0; left--) {
		for (best = i = 0; i < nw; i++)
			if (rest[i] > rest[best])
				best = i;
		share[best]++;
		rest[best] = 0;
	}
}

static unsigned
flows_queue(const struct flows_conf *fc, unsigned bucket)
{
	return fc->fc_table != NULL ? fc->fc_table[bucket] : 0;
}

static uint32_t
flows_weight(const struct flows_conf *fc, unsigned bucket)
{
	return fc->fc_weight != NULL ? fc->fc_weight[bucket] : 1;
}

/* How many flows each bucket wants: first by queue, then by bucket. */
static void
flows_shares(struct search *s)
{
	const struct flows_conf *fc = s->s_fc;
	uint64_t weight[FLOWS_BUCKETS] = { 0 };
	uint32_t queue[FLOWS_BUCKETS];
	uint32_t share[FLOWS_BUCKETS];
	unsigned b;
	unsigned q;

	for (b = 0; b < fc->fc_nbuckets; b++)
		weight[flows_queue(fc, b)] += flows_weight(fc, b);
	for (q = 0; q < FLOWS_BUCKETS && fc->fc_qweight != NULL; q++)
		weight[q] = q < fc->fc_nqueues && weight[q] != 0 ?
		    fc->fc_qweight[q] :
		    0;
	flows_divide(fc->fc_n, weight, FLOWS_BUCKETS, queue);
	for (q = 0; q < FLOWS_BUCKETS; q++) {
		if (queue[q] == 0)
			continue;
		for (b = 0; b < fc->fc_nbuckets; b++)
			weight[b] = flows_queue(fc, b) == q ?
			    flows_weight(fc, b) :
			    0;
		flows_divide(queue[q], weight, fc->fc_nbuckets, share);
		for (b = 0; b < fc->fc_nbuckets; b++)
			s->s_want[b] += share[b];
	}
	for (b = 0; b < fc->fc_nbuckets; b++)
		if (s->s_want[b] != 0)
			s->s_open[s->s_nopen++] = (uint16_t)b;
}

/* The bucket bits of a source port's own hash. */
static unsigned
flows_group(const struct search *s, uint32_t port)
{
	unsigned at = s->s_fc->fc_src.a_family == ADDR_V4 ? 8 : 32;

	if (!s->s_ports)
		return 0;
	return toeplitz_at32(&s->s_tz, at, port << 16) & s->s_mask;
}

static void
flows_sort_ports(struct search *s)
{
	const struct flows_conf *fc = s->s_fc;
	uint32_t n[FLOWS_BUCKETS] = { 0 };
	uint32_t to[FLOWS_BUCKETS];
	unsigned g;
	uint32_t p;

	for (p = fc->fc_sport_from; p <= fc->fc_sport_to; p++)
		n[flows_group(s, p)]++;
	for (g = 0; g <= s->s_mask; g++) {
		to[g] = s->s_first[g];
		s->s_first[g + 1] = s->s_first[g] + n[g];
		s->s_largest = umax(s->s_largest, n[g]);
		if (n[g] != 0)
			s->s_group[s->s_ngroups++] = (uint16_t)g;
	}
	for (p = fc->fc_sport_from; p <= fc->fc_sport_to; p++)
		s->s_port[to[flows_group(s, p)]++] = (uint16_t)p;
}

static struct in6
flows_source(const struct flows_conf *fc, uint32_t i)
{
	struct in6 v = fc->fc_src.a_v6;

	if (fc->fc_src.a_family == ADDR_V4)
		return (struct in6){ 0, fc->fc_src.a_v4 + i };
	v.i6_hi += v.i6_lo + i < v.i6_lo;
	v.i6_lo += i;
	return v;
}

static uint32_t
flows_hash_addrs(const struct search *s, struct in6 src)
{
	if (s->s_fc->fc_src.a_family == ADDR_V4)
		return toeplitz_at32(&s->s_tz, 0, (uint32_t)src.i6_lo);
	return toeplitz_at64(&s->s_tz, 0, src.i6_hi) ^
	    toeplitz_at64(&s->s_tz, 8, src.i6_lo);
}

static void
flows_close(struct search *s, unsigned bucket)
{
	unsigned i;

	for (i = 0; s->s_open[i] != bucket; i++)
		;
	s->s_open[i] = s->s_open[--s->s_nopen];
}

/* Flow number r of an address for a bucket, if there is such a port. */
static void
flows_take(struct search *s, struct in6 src, unsigned bucket, unsigned group,
    uint32_t r)
{
	struct flows *fl = s->s_fl;
	uint32_t at = s->s_first[group] + r;

	s->s_tries++;
	if (at >= s->s_first[group + 1] || s->s_want[bucket] == 0)
		return;
	fl->fl_src[fl->fl_n] = src;
	fl->fl_sport[fl->fl_n] = (struct in6){ 0, s->s_port[at] };
	fl->fl_bucket[fl->fl_n++] = (uint16_t)bucket;
	fl->fl_count[bucket]++;
	if (--s->s_want[bucket] == 0)
		flows_close(s, bucket);
}

/* All flows of an address in pass r; by the shorter of two lists. */
static void
flows_take_source(struct search *s, struct in6 src, uint32_t r)
{
	uint32_t hash = (s->s_hash ^ flows_hash_addrs(s, src)) & s->s_mask;
	unsigned i;

	if (s->s_nopen < s->s_ngroups)
		for (i = s->s_nopen; i > 0; i--)
			flows_take(s, src, s->s_open[i - 1],
			    s->s_open[i - 1] ^ hash, r);
	else
		for (i = 0; i < s->s_ngroups; i++)
			flows_take(
			    s, src, s->s_group[i] ^ hash, s->s_group[i], r);
}

static int
flows_search(struct search *s, char *err, size_t errlen)
{
	const struct flows_conf *fc = s->s_fc;
	uint32_t nsrc = fc->fc_nsrc != 0 ? fc->fc_nsrc : 1;
	unsigned b;
	uint32_t r;
	uint32_t i;

	for (r = 0; r < s->s_largest && s->s_nopen != 0; r++)
		for (i = 0; i < nsrc && s->s_nopen != 0; i++) {
			flows_take_source(s, flows_source(fc, i), r);
			if (s->s_tries > FLOWS_TRIES)
				return flows_bad(err, errlen, "no %u flows "
				    "found in %u tries; allow more source "
				    "ports or addresses",
				    fc->fc_n, FLOWS_TRIES);
		}
	if (s->s_nopen == 0)
		return 0;
	b = s->s_open[0];
	return flows_bad(err, errlen, "bucket %u is to get %u flows, and only "
	    "%u of those from %u address%s and ports %u to %u come into it%s",
	    b, s->s_fl->fl_count[b] + s->s_want[b], s->s_fl->fl_count[b], nsrc,
	    nsrc == 1 ? "" : "es", fc->fc_sport_from, fc->fc_sport_to,
	    s->s_ports ? "; allow more of either" :
	    "; ports are not hashed, allow more addresses");
}

/* Any order, so that packets of a bucket do not follow each other. */
static void
flows_shuffle(struct flows *fl, uint64_t seed)
{
	struct rnd rnd;
	struct in6 v;
	uint16_t bucket;
	uint32_t i;
	uint32_t j;

	rnd_seed(&rnd, seed);
	for (i = fl->fl_n; i > 1; i--) {
		j = (uint32_t)rnd_below(&rnd, i);
		v = fl->fl_src[i - 1];
		fl->fl_src[i - 1] = fl->fl_src[j];
		fl->fl_src[j] = v;
		v = fl->fl_sport[i - 1];
		fl->fl_sport[i - 1] = fl->fl_sport[j];
		fl->fl_sport[j] = v;
		bucket = fl->fl_bucket[i - 1];
		fl->fl_bucket[i - 1] = fl->fl_bucket[j];
		fl->fl_bucket[j] = bucket;
	}
}

static int
flows_check(const struct flows_conf *fc, char *err, size_t errlen)
{
	unsigned b;

	if (fc->fc_n == 0 || fc->fc_n > FLOWS_MAX)
		return flows_bad(err, errlen, "%u flows are not from 1 to %u",
		    fc->fc_n, FLOWS_MAX);
	if (fc->fc_nsrc > FLOWS_SOURCES)
		return flows_bad(err, errlen, "%u source addresses are more "
		    "than %u", fc->fc_nsrc, FLOWS_SOURCES);
	if (!is_pow2(fc->fc_nbuckets) || fc->fc_nbuckets > FLOWS_BUCKETS)
		return flows_bad(err, errlen, "%u buckets are not a power of "
		    "two up to %u", fc->fc_nbuckets, FLOWS_BUCKETS);
	if (fc->fc_src.a_family == ADDR_NONE ||
	    fc->fc_src.a_family != fc->fc_dst.a_family)
		return flows_bad(err, errlen, "source and destination are not "
		    "addresses of one family");
	if (fc->fc_src.a_family == ADDR_V4 && fc->fc_nsrc > 1 &&
	    fc->fc_nsrc - 1 > UINT32_MAX - fc->fc_src.a_v4)
		return flows_bad(err, errlen, "%u source addresses go beyond "
		    "255.255.255.255", fc->fc_nsrc);
	if (fc->fc_sport_from > fc->fc_sport_to)
		return flows_bad(err, errlen, "source ports go from %u to %u, "
		    "which is less", fc->fc_sport_from, fc->fc_sport_to);
	for (b = 0; fc->fc_table != NULL && b < fc->fc_nbuckets; b++)
		if (fc->fc_table[b] >= FLOWS_BUCKETS)
			return flows_bad(err, errlen, "bucket %u has queue "
			    "%u; queues are below %u", b, fc->fc_table[b],
			    FLOWS_BUCKETS);
	if (fc->fc_qweight != NULL && fc->fc_table == NULL)
		return flows_bad(err, errlen, "queues have weights, but no "
		    "table says whose buckets are whose");
	return 0;
}

/* A queue that is to get flows must have buckets to get them by. */
static int
flows_check_weights(const struct flows_conf *fc, char *err, size_t errlen)
{
	uint64_t sum = 0;
	uint64_t own;
	unsigned b;
	unsigned q;

	for (b = 0; b < fc->fc_nbuckets; b++)
		sum += flows_weight(fc, b);
	if (fc->fc_qweight == NULL)
		return sum != 0 ?
		    0 :
		    flows_bad(err, errlen, "all buckets have weight 0");
	for (sum = q = 0; q < fc->fc_nqueues; q++) {
		sum += fc->fc_qweight[q];
		for (own = b = 0; b < fc->fc_nbuckets; b++)
			if (fc->fc_table[b] == q)
				own += flows_weight(fc, b);
		if (fc->fc_qweight[q] != 0 && own == 0)
			return flows_bad(err, errlen, "queue %u has weight "
			    "%u, but no bucket", q, fc->fc_qweight[q]);
	}
	return sum != 0 ? 0 :
	    flows_bad(err, errlen, "all queues have weight 0");
}

/* Whether the device hashes the ports of these packets. */
static bool
flows_hash_ports(const struct flows_conf *fc)
{
	bool v4 = fc->fc_src.a_family == ADDR_V4;

	switch (fc->fc_proto) {
	case TPL_UDP:
		return (fc->fc_types & RSS_SET(v4 ? RSS_UDP4 : RSS_UDP6)) != 0;
	case TPL_TCP:
		return (fc->fc_types & RSS_SET(v4 ? RSS_TCP4 : RSS_TCP6)) != 0;
	}
	return false;
}

static void
flows_setup(struct search *s)
{
	const struct flows_conf *fc = s->s_fc;
	bool v4 = fc->fc_src.a_family == ADDR_V4;

	toeplitz_init(&s->s_tz, fc->fc_key);
	s->s_mask = fc->fc_nbuckets - 1;
	s->s_ports = flows_hash_ports(fc);
	if (v4)
		s->s_hash = toeplitz_at32(&s->s_tz, 4, fc->fc_dst.a_v4);
	else
		s->s_hash = toeplitz_at64(&s->s_tz, 16, fc->fc_dst.a_v6.i6_hi) ^
		    toeplitz_at64(&s->s_tz, 24, fc->fc_dst.a_v6.i6_lo);
	if (s->s_ports)
		s->s_hash ^= toeplitz_at32(&s->s_tz, v4 ? 8 : 32, fc->fc_dport);
	flows_sort_ports(s);
	flows_shares(s);
}

int
flows_create(const struct flows_conf *fc, struct flows *fl, char *err,
    size_t errlen)
{
	struct search *s;
	int error;

	*fl = (struct flows){ 0 };
	if ((error = flows_check(fc, err, errlen)) != 0 ||
	    (error = flows_check_weights(fc, err, errlen)) != 0)
		return error;
	s = calloc(1, sizeof(*s));
	fl->fl_src = calloc(fc->fc_n, sizeof(*fl->fl_src));
	fl->fl_sport = calloc(fc->fc_n, sizeof(*fl->fl_sport));
	fl->fl_bucket = calloc(fc->fc_n, sizeof(*fl->fl_bucket));
	fl->fl_count = calloc(fc->fc_nbuckets, sizeof(*fl->fl_count));
	if (s == NULL || fl->fl_src == NULL || fl->fl_sport == NULL ||
	    fl->fl_bucket == NULL || fl->fl_count == NULL) {
		flows_bad(err, errlen, "no memory for %u flows", fc->fc_n);
		error = ENOMEM;
		goto out;
	}
	s->s_fc = fc;
	s->s_fl = fl;
	flows_setup(s);
	if ((error = flows_search(s, err, errlen)) == 0)
		flows_shuffle(fl, fc->fc_seed);
out:
	free(s);
	if (error != 0)
		flows_destroy(fl);
	return error;
}

void
flows_destroy(struct flows *fl)
{
	free(fl->fl_src);
	free(fl->fl_sport);
	free(fl->fl_bucket);
	free(fl->fl_count);
	*fl = (struct flows){ 0 };
}

void
flows_vary(const struct flows *fl, struct tpl_vary v[2])
{
	v[0] = (struct tpl_vary){ .tv_field = TPL_F_SRC, .tv_op = TPL_LIST,
		.tv_byflow = true, .tv_list = fl->fl_src,
		.tv_nlist = fl->fl_n };
	v[1] = (struct tpl_vary){ .tv_field = TPL_F_SPORT, .tv_op = TPL_LIST,
		.tv_byflow = true, .tv_list = fl->fl_sport,
		.tv_nlist = fl->fl_n };
}
