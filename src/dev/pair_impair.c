/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a link does to frames: losing, doubling, flipping bits, and taking time.
 *
 * All is decided on the sending side, from the sending queue's own random
 * numbers, so a seed gives the same fate to the same frames whatever the
 * receiver does meanwhile.  The time of arrival crosses with the frame; the
 * receiving queue keeps what is to come in a heap.
 */
#include "dev/pair_int.h"

/* Preamble, checksum and gap; the shortest frame without the checksum. */
#define ETHER_GAPS 24
#define ETHER_LEAST 60

static bool
pair_chance(struct pair_txq *pt, uint32_t ppm)
{
	return ppm != 0 && rnd_below(&pt->pt_rnd, PAIR_PPM) < ppm;
}

/*
 * When the frame has left at pi_rate; false if too much waits before it.
 *
 * All sending queues share the rate, without a lock: of two CPUs at the same
 * instant one may not see the other's frame, which then passes for free.  In
 * the simulator that cannot happen.
 */
static bool
pair_rate(
    struct pair_end *pe, const struct mbuf *m, uint64_t now, uint64_t *left)
{
	const struct pair_impair *pi = &pe->pe_impair;
	uint64_t bits = (umax(m->m_pktlen, ETHER_LEAST) + ETHER_GAPS) * 8ull;
	uint64_t start = u64max(now,
	    atomic_load_explicit(&pe->pe_free_at, memory_order_relaxed));

	if (pi->pi_limit != 0 &&
	    start - now > pi->pi_limit * NS_S / pi->pi_rate * 8)
		return false;
	*left = start + bits * NS_S / pi->pi_rate;
	atomic_store_explicit(&pe->pe_free_at, *left, memory_order_relaxed);
	return true;
}

/*
 * Flip one bit.  A checksum that was still to come would hide it, so it is
 * completed first; a segment that is still to be cut stands for many frames,
 * and is lost as TCP would lose the one.
 */
static struct mbuf *ON_CPU
pair_flip(struct cpu *c, struct pair_txq *pt, struct mbuf *m)
{
	struct mbuf *w;
	uint64_t bit;
	uint8_t b;

	if (m->m_gso != GSO_NONE || m->m_pktlen == 0)
		return NULL;
	if ((m->m_flags & MF_SHARED) != 0) {
		if ((w = m_copy(c, m)) == NULL)
			return NULL;
		m_free(c, m);
		m = w;
	}
	if ((m->m_flags & MF_CSUM_PARTIAL) != 0)
		(void)m_csum_complete(m);
	m->m_flags &= (uint16_t) ~(MF_CSUM_PARTIAL | MF_CSUM_OK);
	bit = rnd_below(&pt->pt_rnd, m->m_pktlen * 8ull);
	m_copydata(m, (unsigned)(bit / 8), 1, &b);
	b ^= (uint8_t)(1u << bit % 8);
	m_copyback(m, (unsigned)(bit / 8), 1, &b);
	stat_cell_add(&pt->pt_stat[PTS_CORRUPT], 1);
	return m;
}

static void ON_CPU
pair_lose(
    struct cpu *c, struct pair_txq *pt, struct mbuf *m, enum pair_sstat why)
{
	stat_cell_add(&pt->pt_stat[why], 1);
	m_free(c, m);
}

static uint64_t
pair_flight(struct pair_txq *pt)
{
	const struct pair_impair *pi = &pt->pt_end->pe_impair;

	return pi->pi_delay +
	    (pi->pi_jitter != 0 ? rnd_below(&pt->pt_rnd, pi->pi_jitter + 1) :
	    0);
}

/*
 * A link takes its time from the moment of sending, not from the beginning of
 * the sender's round, which may have been interrupted.
 */
static uint64_t
pair_now(const struct cpu *c)
{
	const struct spate_env *env = &c->c_sp->sp_env;

	return env->env_now(env->env_arg);
}

struct mbuf *
pair_impair(struct cpu *c, struct pair_txq *pt, struct mbuf *m, bool *timed)
{
	const struct pair_impair *pi = &pt->pt_end->pe_impair;
	uint64_t now, left;
	struct mbuf *f;

	*timed = (pi->pi_rate | pi->pi_delay | pi->pi_jitter) != 0;
	now = left = *timed ? pair_now(c) : 0;
	if (pi->pi_rate != 0 && !pair_rate(pt->pt_end, m, now, &left)) {
		pair_lose(c, pt, m, PTS_LIMIT);
		return NULL;
	}
	if (pair_chance(pt, pi->pi_loss)) {
		pair_lose(c, pt, m, PTS_LOSS);
		return NULL;
	}
	if (pair_chance(pt, pi->pi_corrupt)) {
		if ((f = pair_flip(c, pt, m)) == NULL) {
			pair_lose(c, pt, m, PTS_LOSS);
			return NULL;
		}
		m = f;
	}
	if (*timed) {
		m_cold(m);
		m->m_ts = left + pair_flight(pt);
	}
	return m;
}

struct mbuf *
pair_impair_dup(struct cpu *c, struct pair_txq *pt, const struct mbuf *m)
{
	const struct pair_impair *pi = &pt->pt_end->pe_impair;
	struct mbuf *dup;

	if (!pair_chance(pt, pi->pi_dup) || (dup = m_copy(c, m)) == NULL)
		return NULL;
	stat_cell_add(&pt->pt_stat[PTS_DUP], 1);
	if (pi->pi_jitter != 0)
		dup->m_ts += rnd_below(&pt->pt_rnd, pi->pi_jitter + 1);
	return dup;
}

static bool
pair_before(const struct pair_arrival *a, const struct pair_arrival *b)
{
	return a->pa_at != b->pa_at ? a->pa_at < b->pa_at :
	    a->pa_seq < b->pa_seq;
}

void
pair_delay(struct pair_rxq *pr, struct mbuf *m, uint64_t at)
{
	struct pair_arrival pa = { at, pr->pr_seq++, m };
	struct pair_arrival *heap = pr->pr_heap;
	uint32_t i, up;

	KASSERT(pr->pr_nheap < pr->pr_end->pe_pair->p_delay);
	for (i = pr->pr_nheap++; i > 0; i = up) {
		up = (i - 1) / 2;
		if (!pair_before(&pa, &heap[up]))
			break;
		heap[i] = heap[up];
	}
	heap[i] = pa;
}

struct mbuf *
pair_arrived(struct pair_rxq *pr, uint64_t now)
{
	struct pair_arrival *heap = pr->pr_heap;
	struct mbuf *m;
	uint32_t i, down, n;

	if (pr->pr_nheap == 0 || heap[0].pa_at > now)
		return NULL;
	m = heap[0].pa_m;
	n = --pr->pr_nheap;
	for (i = 0; (down = 2 * i + 1) < n; i = down) {
		if (down + 1 < n && pair_before(&heap[down + 1], &heap[down]))
			down++;
		if (!pair_before(&heap[down], &heap[n]))
			break;
		heap[i] = heap[down];
	}
	heap[i] = heap[n];
	return m;
}
