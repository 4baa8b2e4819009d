/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Comparing what NICs say with what we compute; see trust.h.
 *
 * A CPU writes down different samples, in a log that only grows until the
 * interface's generation changes; ctl reads it and judges.  When a CPU finds
 * the first wrong hash it tells ctl, which logs it once an interface.
 */
#include "netisr/trust.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/lines.h"
#include "dev/frame.h"
#include "netisr/netisr_int.h"

/* To ctl: an interface's hash is wrong. */
struct trust_msg {
	struct msg tm_msg;
	uint16_t tm_if;
	uint16_t tm_gen;
};

int
trust_cpu_init(struct cpu *c)
{
	c->c_trust = lines_alloc(IF_MAX, sizeof(*c->c_trust));
	return c->c_trust != NULL ? 0 : ENOMEM;
}

void
trust_cpu_fini(struct cpu *c)
{
	free(c->c_trust);
	c->c_trust = NULL;
}

static void
trust_begin(struct trust_if *ti, unsigned gen)
{
	atomic_store_explicit(&ti->ti_n, 0, memory_order_relaxed);
	atomic_store_explicit(&ti->ti_state, TRUST_NEW, memory_order_relaxed);
	atomic_store_explicit(&ti->ti_checked, 0, memory_order_relaxed);
	atomic_store_explicit(&ti->ti_wrong, 0, memory_order_relaxed);
	ti->ti_left = 0;
	ti->ti_vectors = 0;
	atomic_store_explicit(
	    &ti->ti_gen, (uint16_t)gen, memory_order_release);
}

static inline struct trust_if *
trust_of(struct cpu *c, const struct mbuf *m)
{
	struct trust_if *ti = &c->c_trust[m->m_rcvif];

	if (unlikely(atomic_load_explicit(&ti->ti_gen, memory_order_relaxed) !=
		m->m_rcvgen))
		trust_begin(ti, m->m_rcvgen);
	return ti;
}

static inline unsigned
trust_state(const struct trust_if *ti)
{
	return atomic_load_explicit(&ti->ti_state, memory_order_relaxed);
}

static bool
sample_same(const struct rss_sample *a, const struct rss_sample *b)
{
	return a->sm_hash == b->sm_hash && a->sm_hashed == b->sm_hashed &&
	    a->sm_queue == b->sm_queue &&
	    a->sm_tuple.rt_type == b->sm_tuple.rt_type &&
	    a->sm_tuple.rt_ports == b->sm_tuple.rt_ports &&
	    a->sm_tuple.rt_src.i6_lo == b->sm_tuple.rt_src.i6_lo &&
	    a->sm_tuple.rt_dst.i6_lo == b->sm_tuple.rt_dst.i6_lo;
}

static void
sample_load(const struct trust_if *ti, unsigned i, struct rss_sample *sm)
{
	uint64_t word[RSS_SAMPLE_WORDS];
	unsigned w;

	for (w = 0; w < RSS_SAMPLE_WORDS; w++)
		word[w] = atomic_load_explicit(
		    &ti->ti_sample[i][w], memory_order_relaxed);
	memcpy(sm, word, sizeof(*sm));
}

static void
sample_store(struct trust_if *ti, unsigned i, const struct rss_sample *sm)
{
	uint64_t word[RSS_SAMPLE_WORDS];
	unsigned w;

	memcpy(word, sm, sizeof(word));
	for (w = 0; w < RSS_SAMPLE_WORDS; w++)
		atomic_store_explicit(
		    &ti->ti_sample[i][w], word[w], memory_order_relaxed);
}

/* Write it down if it is news and there is room. */
static void
sample_keep(struct trust_if *ti, const struct rss_sample *sm, bool wrong)
{
	uint32_t i, n = atomic_load_explicit(&ti->ti_n, memory_order_relaxed);
	struct rss_sample had;

	if (stat_cell_read(&ti->ti_wrong) > 0)
		wrong = true;
	if (n >= (wrong ? RSS_SAMPLES : RSS_SAMPLES / 2))
		return;
	for (i = 0; i < n; i++) {
		sample_load(ti, i, &had);
		if (sample_same(&had, sm))
			return;
	}
	sample_store(ti, n, sm);
	atomic_store_explicit(&ti->ti_n, n + 1, memory_order_release);
}

/* The tuple that the type names; false if the frame has no such one. */
static bool
sample_take(struct rss_sample *sm, const struct mbuf *m, unsigned types)
{
	*sm = (struct rss_sample){
		.sm_hash = m->m_hash,
		.sm_hashed = m->m_hashtype != RSS_NONE,
		.sm_queue = m->m_isr,
	};
	return rss_frame_tuple(m->m_data, m->m_len, types, &sm->sm_tuple) !=
	    RSS_NONE;
}

/* In ctl. */
static void
trust_tell(struct endpoint *ep, struct msg *msg)
{
	struct trust_msg *tm = container_of(msg, struct trust_msg, tm_msg);
	struct ctl *ctl = endpoint_ctl(ep);
	struct spate *sp = ctl->ctl_sp;
	const struct ifnet *ifp = if_lookup(sp, tm->tm_if);
	struct trust_info tr;

	role_enter(&on_ctl);
	if (ifp != NULL && ifp->if_gen == tm->tm_gen &&
	    sp->sp_rss->rs_told[tm->tm_if] != tm->tm_gen) {
		sp->sp_rss->rs_told[tm->tm_if] = tm->tm_gen;
		trust_info(sp, ifp, &tr);
		log_warn(&sp->sp_env.env_log,
		    "%s: the device's RSS hash is not used: %s", ifp->if_name,
		    rss_verdict_name(tr.tr_verdict));
	}
	msg_done(ep, msg);
}

/* Without a message there will be other CPUs, and "show rss". */
static void ON_CPU
trust_report(struct cpu *c, const struct mbuf *m)
{
	struct trust_msg *tm = msg_alloc(&c->c_ep, sizeof(*tm));

	if (tm == NULL)
		return;
	tm->tm_if = m->m_rcvif;
	tm->tm_gen = m->m_rcvgen;
	tm->tm_msg.msg_fn = trust_tell;
	msg_send(&c->c_ep, sp_ctl_id(c->c_sp), &tm->tm_msg);
}

/* Compare; what we would have said is of the type that the device names. */
static void ON_CPU
trust_look(struct cpu *c, struct trust_if *ti, const struct mbuf *m)
{
	unsigned state = trust_state(ti);
	struct rss_sample sm;
	bool good;

	good = sample_take(&sm, m, RSS_SET(m->m_hashtype)) &&
	    sm.sm_tuple.rt_type == m->m_hashtype &&
	    sm.sm_hash == rss_toeplitz(&c->c_sp->sp_rss->rs_tz, &sm.sm_tuple);
	sample_keep(ti, &sm, !good);
	stat_cell_add(&ti->ti_checked, 1);
	ti->ti_left = state == TRUST_NEW && good ? 0 : RSS_SAMPLE;
	if (good) {
		if (state == TRUST_NEW &&
		    stat_cell_read(&ti->ti_checked) >= RSS_PROBES)
			atomic_store_explicit(&ti->ti_state, TRUST_RIGHT,
			    memory_order_relaxed);
		return;
	}
	stat_cell_add(&ti->ti_wrong, 1);
	/* A liar's first packets say most of how it lies. */
	if (stat_cell_read(&ti->ti_checked) < RSS_PROBES)
		ti->ti_left = 0;
	if (state == TRUST_WRONG)
		return;
	atomic_store_explicit(
	    &ti->ti_state, TRUST_WRONG, memory_order_relaxed);
	stat_add(c, SG_NETISR, nis_liar, 1);
	trust_report(c, m);
}

void
trust_hash(struct cpu *c, struct mbuf *m)
{
	struct trust_if *ti = trust_of(c, m);

	if (ti->ti_left > 0)
		ti->ti_left--;
	else
		trust_look(c, ti, m);
	if (trust_state(ti) != TRUST_RIGHT ||
	    c->c_sp->sp_rss->rs_algo != RSS_TOEPLITZ)
		m->m_hashtype = RSS_NONE;
}

void
trust_queue(struct cpu *c, struct mbuf *m)
{
	struct trust_if *ti = trust_of(c, m);
	struct rss_sample sm;

	if (m->m_hashtype != RSS_NONE)
		return;
	if (ti->ti_vectors > 0) {
		ti->ti_vectors--;
		return;
	}
	/* The first ones, and then seldom. */
	if (atomic_load_explicit(&ti->ti_n, memory_order_relaxed) >=
	    RSS_SAMPLES / 2)
		ti->ti_vectors = RSS_SAMPLE;
	if (!cpu_pretends(c) && sample_take(&sm, m, rss_types(c->c_sp)))
		sample_keep(ti, &sm, false);
}

/* What a CPU wrote down; returns how many. */
static unsigned
trust_samples(const struct trust_if *ti, struct rss_sample *to)
{
	unsigned i, n = atomic_load_explicit(&ti->ti_n, memory_order_acquire);

	for (i = 0; i < n; i++)
		sample_load(ti, i, &to[i]);
	return n;
}

void
trust_info(const struct spate *sp, const struct ifnet *ifp,
    struct trust_info *tr)
{
	const struct toeplitz *tz = &sp->sp_rss->rs_tz;
	struct rss_sample *all;
	unsigned i, refused = 0;

	*tr = (struct trust_info){ .tr_used = false };
	all = calloc(sp->sp_ncpus * RSS_SAMPLES, sizeof(*all));
	for (i = 0; i < sp->sp_ncpus; i++) {
		const struct trust_if *ti = &sp->sp_cpu[i]
						 ->c_trust[ifp->if_index];

		if (atomic_load_explicit(&ti->ti_gen, memory_order_acquire) !=
		    ifp->if_gen)
			continue;
		tr->tr_checked += stat_cell_read(&ti->ti_checked);
		tr->tr_wrong += stat_cell_read(&ti->ti_wrong);
		tr->tr_used |= trust_state(ti) == TRUST_RIGHT;
		refused += trust_state(ti) == TRUST_WRONG;
		if (all != NULL)
			tr->tr_samples +=
			    trust_samples(ti, all + tr->tr_samples);
	}
	tr->tr_used &= refused == 0 && sp->sp_rss->rs_algo == RSS_TOEPLITZ;
	if (all == NULL)
		return;
	tr->tr_verdict = rss_judge_hash(tz, all, tr->tr_samples);
	tr->tr_choice = rss_judge_queue(
	    tz, all, tr->tr_samples, ifp->if_nrxq, &tr->tr_agree);
	free(all);
}
