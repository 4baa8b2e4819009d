/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Rules compiled, and packets matched against them; pure.  See rule.h.
 *
 * A row of sets (struct rule_dim) has a set for each stretch of values between
 * two at which a rule begins or ends to agree.
 */
#include "route/rule.h"

#include <stdlib.h>
#include <string.h>

#include "base/bitmap.h"
#include "base/bytes.h"

/* Values that a rule agrees with, both ends included. */
struct range {
	struct in6 r_lo;
	struct in6 r_hi;
};

static int
in6_order(const struct in6 *a, const struct in6 *b)
{
	if (a->i6_hi != b->i6_hi)
		return a->i6_hi < b->i6_hi ? -1 : 1;
	return a->i6_lo < b->i6_lo ? -1 : a->i6_lo > b->i6_lo;
}

static int
in6_sort(const void *a, const void *b)
{
	return in6_order(a, b);
}

static struct range
range_prefix(const struct prefix *p)
{
	struct in6 m;

	if (p->p_addr.a_family == ADDR_V4) {
		uint32_t mask = in_mask(p->p_len);
		uint32_t lo = p->p_addr.a_v4 & mask;

		return (struct range){ { 0, lo }, { 0, lo | ~mask } };
	}
	m = in6_mask(p->p_len);
	return (struct range){ in6_and(p->p_addr.a_v6, m),
		{ p->p_addr.a_v6.i6_hi | ~m.i6_hi,
		    p->p_addr.a_v6.i6_lo | ~m.i6_lo } };
}

static struct range
range_ports(const struct rule_ports *rp)
{
	return (struct range){ { 0, rp->rp_lo }, { 0, rp->rp_hi } };
}

/* Whether a row is for a rule at all; else it is in no set of it. */
static bool
dim_is_for(enum rule_dims d, const struct rule *ru)
{
	switch (d) {
	case RD_SRC4:
	case RD_DST4:
		return ru->ru_family != ADDR_V6;
	case RD_SRC6:
	case RD_DST6:
		return ru->ru_family != ADDR_V4;
	default:
		return true;
	}
}

/* The i-th range of a rule in a row; false: there are no more. */
static bool
dim_range(enum rule_dims d, const struct rule *ru, unsigned i, struct range *r)
{
	bool is_src = d == RD_SRC4 || d == RD_SRC6, is_sport = d == RD_SPORT;

	if (d == RD_SPORT || d == RD_DPORT) {
		if (i >= (is_sport ? ru->ru_nsport : ru->ru_ndport))
			return false;
		*r = range_ports(
		    is_sport ? &ru->ru_sport[i] : &ru->ru_dport[i]);
		return true;
	}
	if (i >= (is_src ? ru->ru_nsrc : ru->ru_ndst))
		return false;
	*r = range_prefix(is_src ? &ru->ru_src[i] : &ru->ru_dst[i]);
	return true;
}

/* The value behind the last of a range; false: there is none. */
static bool
range_behind(const struct range *r, struct in6 *next)
{
	*next = r->r_hi;
	if (++next->i6_lo == 0)
		next->i6_hi++;
	return next->i6_lo != 0 || next->i6_hi != 0;
}

/* Where sets change: to lo if that is not NULL.  Returns how many. */
static unsigned
dim_edges(enum rule_dims d, const struct rule *ru, unsigned n, struct in6 *lo)
{
	unsigned i, k, edges = 1;
	struct in6 next;
	struct range r;

	if (lo != NULL)
		lo[0] = (struct in6){ 0, 0 };
	for (i = 0; i < n; i++) {
		if (!dim_is_for(d, &ru[i]) || ru[i].ru_idle)
			continue;
		for (k = 0; dim_range(d, &ru[i], k, &r); k++) {
			if (lo != NULL)
				lo[edges] = r.r_lo;
			edges++;
			if (!range_behind(&r, &next))
				continue;
			if (lo != NULL)
				lo[edges] = next;
			edges++;
		}
	}
	return edges;
}

/* The last stretch that begins at or below a value. */
static unsigned
dim_find(const struct rule_dim *rd, const struct in6 *v)
{
	unsigned lo = 0, n = rd->rd_n, half;

	while (n > 1) {
		half = n / 2;
		if (in6_order(&rd->rd_lo[lo + half], v) <= 0)
			lo += half;
		n -= half;
	}
	return lo;
}

/* The rule's bit, in all of a row or where it agrees. */
static void
dim_mark(struct rule_dim *rd, enum rule_dims d, const struct rule *ru,
    unsigned place, unsigned words)
{
	struct range r;
	unsigned i, k;

	if (!dim_range(d, ru, 0, &r)) {
		for (i = 0; i < rd->rd_n; i++)
			bitmap_set(rd->rd_set + i * words, place);
		return;
	}
	for (k = 0; dim_range(d, ru, k, &r); k++)
		for (i = dim_find(rd, &r.r_lo);
		     i < rd->rd_n && in6_order(&rd->rd_lo[i], &r.r_hi) <= 0;
		     i++)
			bitmap_set(rd->rd_set + i * words, place);
}

static bool
dim_compile(struct rules *rs, enum rule_dims d, const struct rule *ru)
{
	struct rule_dim *rd = &rs->rs_dim[d];
	unsigned i, n = dim_edges(d, ru, rs->rs_n, NULL);

	rd->rd_lo = calloc(n, sizeof(*rd->rd_lo));
	rd->rd_set = calloc((size_t)n * rs->rs_words, sizeof(*rd->rd_set));
	if (rd->rd_lo == NULL || rd->rd_set == NULL)
		return false;
	dim_edges(d, ru, rs->rs_n, rd->rd_lo);
	qsort(rd->rd_lo, n, sizeof(*rd->rd_lo), in6_sort);
	rd->rd_n = 1;
	for (i = 1; i < n; i++)
		if (!in6_eq(rd->rd_lo[i], rd->rd_lo[rd->rd_n - 1]))
			rd->rd_lo[rd->rd_n++] = rd->rd_lo[i];
	for (i = 0; i < rs->rs_n; i++)
		if (dim_is_for(d, &ru[i]) && !ru[i].ru_idle)
			dim_mark(rd, d, &ru[i], i, rs->rs_words);
	return true;
}

/* The sets that are found by number. */
static void
rule_mark(struct rules *rs, const struct rule *ru, unsigned place)
{
	unsigned i;

	for (i = 0; i < IF_MAX; i++)
		if (bitmap_test(ru->ru_if, i) && !ru->ru_idle)
			bitmap_set(rs->rs_if + i * rs->rs_words, place);
	for (i = 0; i < 256; i++)
		if (ru->ru_anyproto || bitmap_test(ru->ru_proto, i))
			bitmap_set(rs->rs_proto + i * rs->rs_words, place);
	for (i = 0; i < 64; i++)
		if (ru->ru_dscp == 0 || (ru->ru_dscp >> i & 1) != 0)
			bitmap_set(rs->rs_dscp + i * rs->rs_words, place);
	if (ru->ru_nsport + ru->ru_ndport == 0)
		bitmap_set(rs->rs_portless, place);
	else
		rs->rs_ports = true;
}

void
rules_free(void *arg)
{
	struct rules *rs = arg;
	unsigned d;

	if (rs == NULL)
		return;
	for (d = 0; d < RD_N; d++) {
		free(rs->rs_dim[d].rd_lo);
		free(rs->rs_dim[d].rd_set);
	}
	free(rs->rs_act);
	free(rs->rs_if);
	free(rs);
}

static bool
rules_alloc(struct rules *rs)
{
	rs->rs_act = calloc(rs->rs_n, sizeof(*rs->rs_act));
	rs->rs_if = calloc((size_t)(IF_MAX + 256 + 64 + 1) * rs->rs_words,
	    sizeof(*rs->rs_if));
	if (rs->rs_act == NULL || rs->rs_if == NULL)
		return false;
	rs->rs_proto = rs->rs_if + (size_t)IF_MAX * rs->rs_words;
	rs->rs_dscp = rs->rs_proto + (size_t)256 * rs->rs_words;
	rs->rs_portless = rs->rs_dscp + (size_t)64 * rs->rs_words;
	return true;
}

struct rules *
rules_compile(const struct rule *ru, unsigned n)
{
	struct rules *rs = calloc(1, sizeof(*rs));
	unsigned i;

	if (rs == NULL)
		return NULL;
	rs->rs_n = n;
	rs->rs_words = BITMAP_WORDS(n);
	if (!rules_alloc(rs)) {
		rules_free(rs);
		return NULL;
	}
	for (i = 0; i < n; i++) {
		memcpy(rs->rs_act[i].ra_name, ru[i].ru_name, RULE_NAMELEN);
		rs->rs_act[i].ra_nh = ru[i].ru_nh;
		rs->rs_act[i].ra_slot = ru[i].ru_slot;
		rule_mark(rs, &ru[i], i);
	}
	for (i = 0; i < RD_N; i++)
		if (!dim_compile(rs, i, ru)) {
			rules_free(rs);
			return NULL;
		}
	return rs;
}

static const uint64_t *
dim_set(const struct rules *rs, enum rule_dims d, struct in6 v)
{
	const struct rule_dim *rd = &rs->rs_dim[d];

	return rd->rd_set + dim_find(rd, &v) * rs->rs_words;
}

uint32_t
rules_match(const struct rules *rs, const struct rule_key *rk)
{
	const unsigned words = rs->rs_words;
	const bool v6 = rk->rk_family == ADDR_V6;
	const uint64_t *set[7];
	unsigned i, w;

	set[0] = rs->rs_if + rk->rk_ifindex * words;
	set[1] = rs->rs_proto + rk->rk_proto * words;
	set[2] = rs->rs_dscp + rk->rk_dscp * words;
	set[3] = dim_set(rs, v6 ? RD_SRC6 : RD_SRC4, rk->rk_src);
	set[4] = dim_set(rs, v6 ? RD_DST6 : RD_DST4, rk->rk_dst);
	set[5] = set[6] = rs->rs_portless;
	if (rk->rk_ports && rs->rs_ports) {
		set[5] = dim_set(
		    rs, RD_SPORT, (struct in6){ 0, rk->rk_sport });
		set[6] = dim_set(
		    rs, RD_DPORT, (struct in6){ 0, rk->rk_dport });
	}
	for (w = 0; w < words; w++) {
		uint64_t all = set[0][w];

		for (i = 1; i < countof(set) && all != 0; i++)
			all &= set[i][w];
		if (all != 0)
			return w * 64 + (unsigned)__builtin_ctzll(all);
	}
	return RULE_NONE;
}

void
rule_fini(struct rule *ru)
{
	free(ru->ru_src);
	free(ru->ru_dst);
	free(ru->ru_sport);
	free(ru->ru_dport);
	ru->ru_src = ru->ru_dst = NULL;
	ru->ru_sport = ru->ru_dport = NULL;
	ru->ru_nsrc = ru->ru_ndst = ru->ru_nsport = ru->ru_ndport = 0;
}

static bool
prefixes_equal(const struct prefix *a, const struct prefix *b, unsigned n)
{
	unsigned i;

	for (i = 0; i < n; i++)
		if (prefix_cmp(&a[i], &b[i]) != 0)
			return false;
	return true;
}

static bool
ports_equal(const struct rule_ports *a, const struct rule_ports *b, unsigned n)
{
	unsigned i;

	for (i = 0; i < n; i++)
		if (a[i].rp_lo != b[i].rp_lo || a[i].rp_hi != b[i].rp_hi)
			return false;
	return true;
}

bool
rule_equal(const struct rule *a, const struct rule *b)
{
	return strcmp(a->ru_name, b->ru_name) == 0 && a->ru_nh == b->ru_nh &&
	    a->ru_family == b->ru_family && a->ru_rtable == b->ru_rtable &&
	    a->ru_idle == b->ru_idle && a->ru_dscp == b->ru_dscp &&
	    memcmp(a->ru_if, b->ru_if, sizeof(a->ru_if)) == 0 &&
	    memcmp(a->ru_proto, b->ru_proto, sizeof(a->ru_proto)) == 0 &&
	    a->ru_anyproto == b->ru_anyproto && a->ru_nsrc == b->ru_nsrc &&
	    a->ru_ndst == b->ru_ndst && a->ru_nsport == b->ru_nsport &&
	    a->ru_ndport == b->ru_ndport &&
	    prefixes_equal(a->ru_src, b->ru_src, a->ru_nsrc) &&
	    prefixes_equal(a->ru_dst, b->ru_dst, a->ru_ndst) &&
	    ports_equal(a->ru_sport, b->ru_sport, a->ru_nsport) &&
	    ports_equal(a->ru_dport, b->ru_dport, a->ru_ndport);
}
