/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Frames across a link in memory.
 *
 * Sending.  To a single receiving queue a vector goes as it is, and what finds
 * no room stays with the caller.  To several queues each frame is hashed and
 * goes by the receiver's table; a full queue then loses its frames, as a NIC's
 * does, so that a CPU that stands still does not stop the others.
 *
 * Receiving.  A frame from the own instance is taken as it is; from another it
 * is copied and sent back on pw_done, where there is room for all that may be
 * out.  Either way nothing of the sender's metadata is left but what a NIC
 * would tell.
 */
#include <string.h>

#include "dev/pair_int.h"

/* Until pair_leave() the other side cannot close.  False if it is closed. */
static inline bool
pair_enter(_Atomic uint32_t *busy, const struct pair_end *other)
{
	atomic_store_explicit(busy, 1, memory_order_seq_cst);
	if (likely(atomic_load_explicit(&other->pe_open, memory_order_seq_cst)))
		return true;
	atomic_store_explicit(busy, 0, memory_order_release);
	return false;
}

static inline void
pair_leave(_Atomic uint32_t *busy)
{
	atomic_store_explicit(busy, 0, memory_order_release);
}

/* Frees what the other instance has copied. */
static void ON_CPU
pair_reap(struct cpu *c, struct pair_txq *pt)
{
	struct mbuf *batch[MVEC_MAX];
	unsigned i, n;

	for (i = 0; i < pt->pt_end->pe_peer->pe_maxq; i++) {
		struct pair_wire *pw = &pt->pt_wire[i];

		while (pw->pw_out > 0 &&
		    (n = ring_get(pw->pw_done, (void **)batch, MVEC_MAX)) >
			0) {
			m_free_bulk(c, batch, n);
			pw->pw_out -= n;
			pt->pt_out -= n;
		}
	}
}

/* Put entries on wire q and return how many fitted. */
static unsigned ON_CPU
pair_put(struct cpu *c, struct pair_txq *pt, unsigned q, void *const *v,
    unsigned n)
{
	const struct pair_end *to = pt->pt_end->pe_peer;
	struct pair_wire *pw = &pt->pt_wire[q];
	bool copied = to->pe_sp != c->c_sp;

	if (copied)
		n = umin(n, to->pe_pair->p_ring - pw->pw_out);
	n = ring_put(pw->pw_data, v, n);
	if (copied) {
		pw->pw_out += n;
		pt->pt_out += n;
	}
	pt->pt_dirty |= UINT64_C(1) << q;
	return n;
}

static void ON_CPU
pair_flush(struct cpu *c, struct pair_txq *pt, unsigned q)
{
	struct pair_wire *pw = &pt->pt_wire[q];
	unsigned i, n = pair_put(c, pt, q, pw->pw_stage, pw->pw_n);

	for (i = n; i < pw->pw_n; i++)
		m_free(c, pair_entry_mbuf(pw->pw_stage[i]));
	if (unlikely(n < pw->pw_n))
		stat_cell_add(&pt->pt_stat[PTS_FULL], pw->pw_n - n);
	pw->pw_n = 0;
}

/* As the receiving NIC hashes, which may be wrong. */
static void
pair_hash(const struct pair_end *to, struct mbuf *m)
{
	struct rss_tuple rt;

	m->m_hashtype = (uint8_t)rss_frame_tuple(
	    m->m_data, m->m_len, to->pe_types, &rt);
	if (unlikely(to->pe_reversed))
		rt = rss_reverse(&rt);
	m->m_hash = rss_toeplitz(to->pe_tz, &rt);
	if (unlikely(to->pe_hash16))
		m->m_hash &= 0xffff;
}

/* Hash m as the receiving NIC does, and gather it for the queue it names. */
static void ON_CPU
pair_gather(struct cpu *c, struct pair_txq *pt, struct mbuf *m, bool timed)
{
	const struct pair_end *to = pt->pt_end->pe_peer;
	struct pair_wire *pw;
	unsigned q = 0;

	if (to->pe_nrxq > 1) {
		pair_hash(to, m);
		q = to->pe_table[m->m_hash % RSS_TABLE];
	}
	pw = &pt->pt_wire[q];
	pw->pw_stage[pw->pw_n++] = pair_entry(m, timed);
	if (pw->pw_n == MVEC_MAX)
		pair_flush(c, pt, q);
}

static void ON_CPU
pair_gather_impaired(struct cpu *c, struct pair_txq *pt, struct mbuf *m)
{
	struct mbuf *dup;
	bool timed;

	if ((m = pair_impair(c, pt, m, &timed)) == NULL)
		return;
	dup = pair_impair_dup(c, pt, m);
	pair_gather(c, pt, m, timed);
	if (dup != NULL)
		pair_gather(c, pt, dup, timed);
}

static void ON_CPU
pair_spread(struct cpu *c, struct pair_txq *pt, struct mbuf **mm, unsigned n)
{
	bool impaired = pt->pt_end->pe_impaired;
	unsigned i, nq = pt->pt_end->pe_peer->pe_nrxq;

	for (i = 0; i < n; i++) {
		if (i + MVEC_AHEAD < n)
			m_prefetch(mm[i + MVEC_AHEAD]);
		if (impaired)
			pair_gather_impaired(c, pt, mm[i]);
		else
			pair_gather(c, pt, mm[i], false);
	}
	for (i = 0; i < nq; i++)
		if (pt->pt_wire[i].pw_n > 0)
			pair_flush(c, pt, i);
}

unsigned
pair_tx(struct cpu *c, struct txq *txq, struct mbuf **mm, unsigned n)
{
	struct pair_txq *pt = txq->txq_sc;
	const struct pair_end *to = pt->pt_end->pe_peer;

	if (!pair_enter(&pt->pt_busy, to))
		return 0;
	if (pt->pt_out > 0)
		pair_reap(c, pt);
	if (to->pe_nrxq == 1 && !pt->pt_end->pe_impaired)
		n = pair_put(c, pt, 0, (void *const *)mm, n);
	else
		pair_spread(c, pt, mm, n);
	pair_leave(&pt->pt_busy);
	stat_cell_add(&pt->pt_stat[PTS_SENT], n);
	return n;
}

void
pair_kick(struct cpu *c, struct txq *txq)
{
	struct pair_txq *pt = txq->txq_sc;
	const struct pair_end *to = pt->pt_end->pe_peer;
	uint64_t dirty = pt->pt_dirty;
	unsigned cpu;

	if (pt->pt_out > 0)
		pair_reap(c, pt);
	if (dirty == 0)
		return;
	pt->pt_dirty = 0;
	if (!pair_enter(&pt->pt_busy, to))
		return;
	for (; dirty != 0; dirty &= dirty - 1) {
		cpu = atomic_load_explicit(
		    &to->pe_cpu[__builtin_ctzll(dirty)], memory_order_seq_cst);
		if (to->pe_sp != c->c_sp || cpu != c->c_id)
			endpoint_wake(to->pe_sp, cpu);
	}
	pair_leave(&pt->pt_busy);
}

bool
pair_txpending(struct cpu *c, struct txq *txq)
{
	const struct pair_txq *pt = txq->txq_sc;

	(void)c;
	return pt->pt_out > 0;
}

/* How many frames may be taken off the wires: all may be under delay. */
static unsigned
pair_room(const struct pair_rxq *pr)
{
	return pr->pr_end->pe_pair->p_delay - pr->pr_nheap;
}

static bool
pair_waiting(const struct pair_rxq *pr)
{
	const struct pair_end *from = pr->pr_end->pe_peer;
	unsigned i;

	for (i = 0; i < from->pe_maxq; i++)
		if (!ring_empty(pair_wire_in(pr, i)->pw_data))
			return true;
	return false;
}

/* Nothing is left of what the sending host knew. */
static inline void
pair_clean(struct mbuf *m, bool offload, bool hashed)
{
	if (offload) {
		m->m_flags &= MF_SHARED | MF_CSUM_PARTIAL | MF_CSUM_OK;
	} else {
		m->m_flags &= MF_SHARED;
		m->m_gso = GSO_NONE;
	}
	if (!hashed)
		m->m_hashtype = RSS_NONE;
	m->m_nh = 0;
	m->m_oif = 0;
	m->m_nvlan = 0;
}

/* Whole lines where both buffers have them: cheaper than exact lengths. */
static inline void
pair_copy_bytes(struct mbuf *to, const struct mbuf *from)
{
	unsigned i, n = from->m_len;

	if (n + CACHELINE > MBUF_DATA || m_tailroom(from) < CACHELINE) {
		memcpy(to->m_data, from->m_data, n);
		return;
	}
	for (i = 0; i < n; i += CACHELINE)
		memcpy(to->m_data + i, from->m_data + i, CACHELINE);
}

static bool ON_CPU
pair_copy_chain(struct cpu *c, struct mbuf *to, const struct mbuf *from)
{
	for (; from != NULL; from = from->m_next)
		if (!m_append(c, to, from->m_data, from->m_len))
			return false;
	return true;
}

/* Fill the fresh mbuf "to"; false if there are not enough buffers. */
static bool ON_CPU
pair_copy(struct cpu *c, struct mbuf *to, const struct mbuf *from)
{
	if (likely(from->m_next == NULL && from->m_len <= MBUF_DATA)) {
		pair_copy_bytes(to, from);
		to->m_len = from->m_len;
		to->m_pktlen = from->m_len;
	} else if (!pair_copy_chain(c, to, from)) {
		return false;
	}
	to->m_hash = from->m_hash;
	to->m_hashtype = from->m_hashtype;
	to->m_flags = from->m_flags & (uint16_t)~MF_SHARED;
	to->m_l4off = from->m_l4off;
	to->m_csumoff = from->m_csumoff;
	to->m_gso = from->m_gso;
	to->m_gsosize = from->m_gsosize;
	to->m_gsoflags = from->m_gsoflags;
	return true;
}

/*
 * Replace entries of another instance by copies, and send them back.  Returns
 * how many there were buffers for.
 */
static unsigned ON_CPU
pair_copy_in(struct cpu *c, struct pair_rxq *pr, struct pair_wire *pw,
    void **batch, unsigned n)
{
	void *done[MVEC_MAX];
	struct mbuf *own[MVEC_MAX];
	unsigned i, keep = 0, got = m_alloc_bulk(c, own, n);

	for (i = 0; i < n; i++)
		__builtin_prefetch(done[i] = pair_entry_mbuf(batch[i]));
	for (i = 0; i < got; i++) {
		bool timed = pair_entry_timed(batch[i]);
		const struct mbuf *from = done[i];

		if (i + MVEC_AHEAD < got)
			m_prefetch(done[i + MVEC_AHEAD]);
		if (!pair_copy(c, own[i], from)) {
			m_free(c, own[i]);
			continue;
		}
		if (timed)
			own[i]->m_ts = from->m_ts;
		batch[keep++] = pair_entry(own[i], timed);
	}
	i = ring_put(pw->pw_done, done, n);
	KASSERT(i == n); /* it has room for all that is out */
	if (unlikely(keep < n))
		stat_cell_add(&pr->pr_nobuf, n - keep);
	return keep;
}

static void
pair_take(struct pair_rxq *pr, struct mvec *mv, void *const *batch, unsigned n)
{
	bool offload = pr->pr_end->pe_pair->p_offload;
	bool hashed = pr->pr_end->pe_nrxq > 1;
	struct mbuf **to = mv->mv_m + mv->mv_n;
	unsigned i;

	for (i = 0; i < n; i++)
		__builtin_prefetch(pair_entry_mbuf(batch[i]), 1);
	for (i = 0; i < n; i++) {
		struct mbuf *m = pair_entry_mbuf(batch[i]);
		uint64_t at = 0;

		if (unlikely(pair_entry_timed(batch[i])))
			at = m->m_ts;
		pair_clean(m, offload, hashed);
		if (unlikely(pair_entry_timed(batch[i])))
			pair_delay(pr, m, at);
		else
			*to++ = m;
	}
	mv->mv_n = (unsigned)(to - mv->mv_m);
}

/* Take up to max frames off the wires; under the guard. */
static void ON_CPU
pair_pull(struct cpu *c, struct pair_rxq *pr, struct mvec *mv, unsigned max)
{
	const struct pair_end *from = pr->pr_end->pe_peer;
	void *batch[MVEC_MAX];
	unsigned i, n, left = umin(max, pair_room(pr));

	for (i = 0; i < from->pe_maxq && left > 0; i++) {
		struct pair_wire *pw =
		    pair_wire_in(pr, (pr->pr_turn + i) % from->pe_maxq);

		if ((n = ring_get(pw->pw_data, batch, left)) == 0)
			continue;
		left -= n;
		if (from->pe_sp != c->c_sp)
			n = pair_copy_in(c, pr, pw, batch, n);
		pair_take(pr, mv, batch, n);
	}
	pr->pr_turn = (pr->pr_turn + 1) % from->pe_maxq;
}

unsigned
pair_rx(struct cpu *c, struct rxq *rxq, struct mvec *mv, unsigned max)
{
	struct pair_rxq *pr = rxq->rxq_sc;
	unsigned end = mv->mv_n + max, n = mv->mv_n;
	struct mbuf *m;

	if (pair_waiting(pr) &&
	    pair_enter(&pr->pr_busy, pr->pr_end->pe_peer)) {
		pair_pull(c, pr, mv, max);
		pair_leave(&pr->pr_busy);
	}
	while (pr->pr_nheap > 0 && mv->mv_n < end &&
	    (m = pair_arrived(pr, c->c_now)) != NULL)
		mv->mv_m[mv->mv_n++] = m;
	n = mv->mv_n - n;
	stat_cell_add(&pr->pr_received, n);
	atomic_store_explicit(
	    &pr->pr_delayed, pr->pr_nheap, memory_order_relaxed);
	return n;
}

/* Whom to wake; pair_kick() looks at it behind a full barrier. */
void
pair_moved(struct cpu *c, struct rxq *rxq)
{
	struct pair_rxq *pr = rxq->rxq_sc;

	atomic_store_explicit(&pr->pr_end->pe_cpu[pr->pr_index], c->c_id,
	    memory_order_seq_cst);
}

/* With no room under delay the rings do not count: time must make some. */
bool
pair_arm(struct cpu *c, struct rxq *rxq)
{
	const struct pair_rxq *pr = rxq->rxq_sc;

	(void)c;
	return pair_room(pr) > 0 && pair_waiting(pr);
}

uint64_t
pair_when(struct cpu *c, struct rxq *rxq)
{
	const struct pair_rxq *pr = rxq->rxq_sc;

	(void)c;
	return pr->pr_nheap > 0 ? pr->pr_heap[0].pa_at : UINT64_MAX;
}
