/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Checkers from their creation to what is asked of them at the end.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/lines.h"
#include "base/kassert.h"
#include "gen/check_int.h"

/* Bytes for windows and what was passed over, in a checker. */
#define WINDOW_ROOM (UINT64_C(1) << 26)
#define FLOW_ROOM   (CHECK_WINDOW_MIN * sizeof(struct check_hole))
#define EXTENT_MAX  (WINDOW_ROOM / FLOW_ROOM) /* flows with extents */
#define FLOWS_MAX   (UINT64_C(1) << 28)

/* Flows and windows in less than that are not fetched ahead. */
#define NEAR (UINT64_C(1) << 18)

static unsigned
default_window(uint32_t nflows)
{
	uint64_t w = CHECK_WINDOW;

	while (w > CHECK_WINDOW_MIN &&
	    w * nflows * sizeof(struct check_hole) > WINDOW_ROOM)
		w /= 2;
	return (unsigned)w;
}

static bool
conf_ok(const struct check_conf *cc, uint64_t *all)
{
	unsigned i, shares = umax(cc->cc_shares, 1);

	*all = 0;
	for (i = 0; i < cc->cc_nstreams; i++) {
		*all += cc->cc_stream[i].cs_flows;
		if (cc->cc_stream[i].cs_hists >= cc->cc_nstreams)
			return false;
	}
	if (*all == 0 || *all > FLOWS_MAX || cc->cc_share >= shares)
		return false;
	return cc->cc_window == 0 ||
	    (is_pow2(cc->cc_window) && cc->cc_window >= CHECK_WINDOW_MIN &&
		cc->cc_window <= CHECK_WINDOW_MAX);
}

/* Written once here, so that no packet waits for the system's memory. */
static bool
alloc_windows(struct checker *ck, bool extents)
{
	size_t n = ck->ck_nflows, words = ck->ck_window / 64;

	ck->ck_far = n * (sizeof(*ck->ck_flow) + ck->ck_window / 8) > NEAR;
	if (words > 1) {
		ck->ck_seen = lines_alloc(n, words * sizeof(uint64_t));
		if (ck->ck_seen == NULL)
			return false;
		ck->ck_window1 = ck->ck_seen;
		ck->ck_shift = (unsigned)__builtin_ctzl(words);
	} else {
		ck->ck_window1 = &ck->ck_flow->cf_seen;
		ck->ck_shift = CHECK_FLOW_SHIFT;
	}
	if (!extents)
		return true;
	ck->ck_hole = lines_alloc(n, ck->ck_window * sizeof(struct check_hole));
	ck->ck_recent = lines_alloc(n, sizeof(struct check_recent));
	return ck->ck_hole != NULL && ck->ck_recent != NULL;
}

static bool
alloc_groups(struct checker *ck, const struct check_conf *cc)
{
	unsigned i;

	ck->ck_ngroups = cc->cc_nstreams;
	for (i = 0; i < cc->cc_nstreams; i++)
		ck->ck_nhists =
		    umax(ck->ck_nhists, cc->cc_stream[i].cs_hists + 1);
	ck->ck_group = lines_alloc(ck->ck_ngroups, sizeof(*ck->ck_group));
	ck->ck_hists = lines_alloc(ck->ck_nhists, sizeof(*ck->ck_hists));
	if (ck->ck_group == NULL || ck->ck_hists == NULL)
		return false;
	for (i = 0; i < cc->cc_nstreams; i++)
		ck->ck_group[i]
		    .cg_hists = &ck->ck_hists[cc->cc_stream[i].cs_hists];
	return true;
}

/* Which flows of this share are whose. */
static void
assign_groups(struct checker *ck, const struct check_conf *cc)
{
	uint64_t upto = 0, i;
	unsigned g;

	i = ck->ck_share;
	for (g = 0; g < cc->cc_nstreams; g++) {
		upto += cc->cc_stream[g].cs_flows;
		for (; i < upto; i += ck->ck_shares)
			ck->ck_flow[i / ck->ck_shares].cf_group = g;
	}
}

int
checker_create(const struct check_conf *cc, struct checker **ckp)
{
	struct checker *ck;
	uint64_t all;

	if (!conf_ok(cc, &all))
		return EINVAL;
	if ((ck = lines_alloc(1, sizeof(*ck))) == NULL)
		return ENOMEM;
	ck->ck_base = cc->cc_base;
	ck->ck_first = cc->cc_first;
	ck->ck_share = cc->cc_share;
	ck->ck_shares = umax(cc->cc_shares, 1);
	ck->ck_nflows = (uint32_t)((all + ck->ck_shares - 1 - ck->ck_share) /
	    ck->ck_shares);
	ck->ck_window = cc->cc_window != 0 ? cc->cc_window :
	    default_window(ck->ck_nflows);
	ck->ck_flow = lines_alloc(
	    ck->ck_nflows == 0 ? 1 : ck->ck_nflows, sizeof(*ck->ck_flow));
	if (ck->ck_flow == NULL || !alloc_groups(ck, cc) ||
	    !alloc_windows(ck,
		cc->cc_window != 0 || ck->ck_nflows <= EXTENT_MAX)) {
		checker_destroy(ck);
		return ENOMEM;
	}
	assign_groups(ck, cc);
	checker_reset(ck);
	*ckp = ck;
	return 0;
}

void
checker_destroy(struct checker *ck)
{
	if (ck == NULL)
		return;
	free(ck->ck_flow);
	free(ck->ck_seen);
	free(ck->ck_hole);
	free(ck->ck_recent);
	free(ck->ck_group);
	free(ck->ck_hists);
	free(ck);
}

void
checker_reset(struct checker *ck)
{
	unsigned i;
	uint32_t f;

	/* Bits and notes of windows are written before they are believed. */
	for (f = 0; f < ck->ck_nflows; f++)
		ck->ck_flow[f] = (struct check_flow){
			.cf_next = ck->ck_first,
			.cf_group = ck->ck_flow[f].cf_group,
		};
	if (ck->ck_recent != NULL)
		memset(ck->ck_recent, 0,
		    ck->ck_nflows * sizeof(*ck->ck_recent));
	for (i = 0; i < ck->ck_ngroups; i++)
		ck->ck_group[i] = (struct check_group){
			.cg_hists = ck->ck_group[i].cg_hists,
			.cg_latency_min = UINT64_MAX,
		};
	for (i = 0; i < ck->ck_nhists; i++) {
		hist_init(&ck->ck_hists[i].ch_latency);
		hist_init(&ck->ck_hists[i].ch_jitter);
		hist_init(&ck->ck_hists[i].ch_extent);
		hist_init(&ck->ck_hists[i].ch_offset);
	}
	ck->ck_stray = 0;
}

uint64_t
check_flow_lost(const struct check_flow *cf, uint64_t sent)
{
	return sent > cf->cf_received ? sent - cf->cf_received : 0;
}

uint64_t
check_flow_jitter(const struct check_flow *cf)
{
	return cf->cf_jitter >> 4;
}

static void
finish_flow(const struct checker *ck, struct check_group *cg,
    const struct check_flow *cf, uint64_t sent)
{
	uint64_t lost = check_flow_lost(cf, sent);
	uint64_t jitter = check_flow_jitter(cf);

	cg->cg_lost += lost;
	if (cf->cf_received > sent)
		cg->cg_surplus += cf->cf_received - sent;
	cg->cg_flows += sent != 0;
	cg->cg_flows_lost += lost != 0;
	cg->cg_flows_silent += sent != 0 && cf->cf_received == 0;
	cg->cg_flows_cut += cf->cf_next != ck->ck_first + (uint32_t)sent;
	if (cf->cf_received < 2)
		return;
	cg->cg_jitter_flows++;
	cg->cg_jitter_sum += jitter;
	cg->cg_jitter_max = u64max(cg->cg_jitter_max, jitter);
}

void
checker_finish(struct checker *ck, uint64_t (*sent)(void *, uint32_t),
    void *arg)
{
	uint32_t f;

	for (f = 0; f < ck->ck_nflows; f++) {
		const struct check_flow *cf = &ck->ck_flow[f];
		uint32_t flow = ck->ck_base + f * ck->ck_shares + ck->ck_share;

		finish_flow(ck, &ck->ck_group[cf->cf_group], cf,
		    sent(arg, flow));
	}
}

static void
merge_group(struct check_group *to, const struct check_group *cg)
{
	to->cg_received += cg->cg_received;
	to->cg_bytes += cg->cg_bytes;
	to->cg_latency_sum += cg->cg_latency_sum;
	to->cg_latency_min = u64min(to->cg_latency_min, cg->cg_latency_min);
	to->cg_latency_max = u64max(to->cg_latency_max, cg->cg_latency_max);
	to->cg_early += cg->cg_early;
	to->cg_duplicated += cg->cg_duplicated;
	to->cg_reordered += cg->cg_reordered;
	to->cg_reordered3 += cg->cg_reordered3;
	to->cg_old += cg->cg_old;
	to->cg_extent_max = u64max(to->cg_extent_max, cg->cg_extent_max);
	to->cg_offset_max = u64max(to->cg_offset_max, cg->cg_offset_max);
	to->cg_gap = u64max(to->cg_gap, cg->cg_gap);
	to->cg_flows_cut += cg->cg_flows_cut;
	to->cg_lost += cg->cg_lost;
	to->cg_surplus += cg->cg_surplus;
	to->cg_flows += cg->cg_flows;
	to->cg_flows_lost += cg->cg_flows_lost;
	to->cg_flows_silent += cg->cg_flows_silent;
	to->cg_jitter_flows += cg->cg_jitter_flows;
	to->cg_jitter_sum += cg->cg_jitter_sum;
	to->cg_jitter_max = u64max(to->cg_jitter_max, cg->cg_jitter_max);
}

void
checker_merge(struct checker *to, const struct checker *ck)
{
	unsigned i;

	KASSERT(to->ck_ngroups == ck->ck_ngroups);
	KASSERT(to->ck_nhists == ck->ck_nhists);
	for (i = 0; i < to->ck_ngroups; i++)
		merge_group(&to->ck_group[i], &ck->ck_group[i]);
	for (i = 0; i < to->ck_nhists; i++) {
		struct check_hists *ch = &to->ck_hists[i];
		const struct check_hists *more = &ck->ck_hists[i];

		hist_merge(&ch->ch_latency, &more->ch_latency);
		hist_merge(&ch->ch_jitter, &more->ch_jitter);
		hist_merge(&ch->ch_extent, &more->ch_extent);
		hist_merge(&ch->ch_offset, &more->ch_offset);
	}
	to->ck_stray += ck->ck_stray;
}

unsigned
checker_window(const struct checker *ck)
{
	return ck->ck_window;
}

bool
checker_has_extent(const struct checker *ck)
{
	return ck->ck_hole != NULL;
}

uint64_t
checker_stray(const struct checker *ck)
{
	return ck->ck_stray;
}

unsigned
checker_ngroups(const struct checker *ck)
{
	return ck->ck_ngroups;
}

unsigned
checker_nhists(const struct checker *ck)
{
	return ck->ck_nhists;
}

const struct check_group *
checker_group(const struct checker *ck, unsigned i)
{
	return i < ck->ck_ngroups ? &ck->ck_group[i] : NULL;
}

const struct check_hists *
checker_hists(const struct checker *ck, unsigned i)
{
	return i < ck->ck_nhists ? &ck->ck_hists[i] : NULL;
}

const struct check_flow *
checker_flow(const struct checker *ck, uint32_t flow)
{
	uint32_t i = check_index(ck, flow);

	return i < ck->ck_nflows ? &ck->ck_flow[i] : NULL;
}

uint64_t
check_pdv(const struct hist *latency, uint64_t num, uint64_t den)
{
	return hist_percentile(latency, num, den) - hist_min(latency);
}
