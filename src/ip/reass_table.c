/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tables of unfinished datagrams; see reass_table.h.
 *
 * Life of a datagram: made by the first of its fragments to come; in four
 * lists (to find it; of its source, its bucket, and all, each oldest first);
 * it goes when it is complete, contradicts itself, runs out of time, or its
 * room is wanted.
 *
 * Fragments are held packets in the ledger from reass_hold() on.  Those that
 * become part of the datagram are merged, but for the first, which becomes it.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/kassert.h"
#include "base/lines.h"
#include "ip/reass_int.h"
#include "mbuf/tell.h"
#include "netisr/rss.h"

static void reass_expire(struct timer *, void *);

static void
reass_table_init(struct reass_table *rt, const struct reass_ops *ops)
{
	unsigned i;

	rt->rt_ops = ops;
	TAILQ_INIT(&rt->rt_age);
	for (i = 0; i < REASS_SLOTS; i++)
		LIST_INIT(&rt->rt_slot[i]);
	for (i = 0; i < REASS_SOURCES; i++)
		TAILQ_INIT(&rt->rt_source[i].rs_list);
	for (i = 0; i < REASS_LISTS; i++)
		TAILQ_INIT(&rt->rt_bucket[i]);
}

int
reass_cpu_init(struct cpu *c, enum reass_family fam, const struct reass_ops *ro)
{
	struct reass_cpu *rc = c->c_reass;

	if (rc == NULL) {
		if ((rc = lines_alloc(1, sizeof(*rc))) == NULL)
			return ENOMEM;
		rnd_bytes(&c->c_rnd, rc->rc_key, sizeof(rc->rc_key));
		c->c_reass = rc;
	}
	reass_table_init(&rc->rc_table[fam], ro);
	return 0;
}

/* What still waits goes with packet memory. */
void
reass_cpu_fini(struct cpu *c)
{
	free(c->c_reass);
	c->c_reass = NULL;
}

static struct reass_chain *
reass_slot(struct cpu *c, unsigned fam, const struct reass_key *rk)
{
	uint64_t h = siphash24(c->c_reass->rc_key, rk, sizeof(*rk));

	return &reass_table(c, fam)->rt_slot[h % REASS_SLOTS];
}

struct reass_source *
reass_source(struct cpu *c, unsigned fam, const struct reass_key *rk)
{
	uint64_t h =
	    siphash24(c->c_reass->rc_key, &rk->rk_src, sizeof(rk->rk_src));

	return &reass_table(c, fam)->rt_source[h % REASS_SOURCES];
}

/* The datagram; *len is how many others were looked at. */
static struct reass_queue *
reass_lookup(
    const struct reass_chain *slot, const struct reass_key *rk, unsigned *len)
{
	struct reass_queue *rq;

	*len = 0;
	LIST_FOREACH(rq, slot, rq_slot)
	{
		if (memcmp(&rq->rq_key, rk, sizeof(*rk)) == 0)
			return rq;
		++*len;
	}
	return NULL;
}

/* Memory of a packet, as much as cannot be used for others. */
static uint32_t
reass_memory(const struct mbuf *m)
{
	uint32_t n = 0;

	for (; m != NULL; m = m->m_next)
		n += m->m_size + (uint32_t)sizeof(*m);
	return n;
}

/* The books: datagrams, fragments and bytes come and go. */
static void
reass_count(struct cpu *c, const struct reass_queue *rq, int n, int frags,
    int64_t bytes)
{
	struct reass_table *rt = reass_table(c, rq->rq_family);
	struct reass_source *rs = reass_source(c, rq->rq_family, &rq->rq_key);
	uint64_t now;

	rs->rs_n += (uint32_t)n;
	rs->rs_bytes += (uint64_t)bytes;
	stat_cell_add(&rt->rt_n, (uint64_t)n);
	stat_cell_add(&rt->rt_frags, (uint64_t)frags);
	stat_cell_add(&rt->rt_bytes, (uint64_t)bytes);
	now = stat_cell_read(&rt->rt_bytes);
	if (now > stat_cell_read(&rt->rt_peak))
		atomic_store_explicit(&rt->rt_peak, now, memory_order_relaxed);
}

static void
reass_link(struct cpu *c, struct reass_queue *rq)
{
	struct reass_table *rt = reass_table(c, rq->rq_family);

	LIST_INSERT_HEAD(
	    reass_slot(c, rq->rq_family, &rq->rq_key), rq, rq_slot);
	TAILQ_INSERT_TAIL(
	    &reass_source(c, rq->rq_family, &rq->rq_key)->rs_list, rq,
	    rq_source);
	TAILQ_INSERT_TAIL(
	    &rt->rt_bucket[rq->rq_hash % REASS_LISTS], rq, rq_bucket);
	TAILQ_INSERT_TAIL(&rt->rt_age, rq, rq_age);
	timer_set(&c->c_wheel, &rq->rq_timer, rq->rq_deadline);
	reass_count(c, rq, 1, rq->rq_reass.r_n, rq->rq_bytes);
}

static void
reass_unlink(struct cpu *c, struct reass_queue *rq)
{
	struct reass_table *rt = reass_table(c, rq->rq_family);

	timer_cancel(&c->c_wheel, &rq->rq_timer);
	LIST_REMOVE(rq, rq_slot);
	TAILQ_REMOVE(&reass_source(c, rq->rq_family, &rq->rq_key)->rs_list, rq,
	    rq_source);
	TAILQ_REMOVE(
	    &rt->rt_bucket[rq->rq_hash % REASS_LISTS], rq, rq_bucket);
	TAILQ_REMOVE(&rt->rt_age, rq, rq_age);
	reass_count(c, rq, -1, -(int)rq->rq_reass.r_n, -(int64_t)rq->rq_bytes);
}

static void ON_CPU
reass_drop(struct cpu *c, unsigned fam, struct mbuf *m, enum reass_why why)
{
	const struct reass_ops *ro = reass_table(c, fam)->rt_ops;

	m_drop(c, m, ro->ro_group, ro->ro_why[why]);
}

void
reass_kill(struct cpu *c, struct reass_queue *rq, enum reass_why why)
{
	unsigned i, n = rq->rq_reass.r_n;

	reass_unlink(c, rq);
	stat_add(c, SG_PATH, pks_held, -(uint64_t)n);
	for (i = 0; i < n; i++)
		reass_drop(c, rq->rq_family, rq->rq_m[i], why);
	m_free(c, rq->rq_buf);
}

/* RFC 1122, 3.3.2; RFC 8200, 4.5: told only if the first fragment came. */
static void
reass_expire(struct timer *t, void *ctx)
{
	struct reass_queue *rq = container_of(t, struct reass_queue, rq_timer);
	struct cpu *c = ctx;

	role_enter(&on_cpu);
	if (rq->rq_reass.r_n > 0 && rq->rq_reass.r_piece[0].rp_off == 0)
		reass_table(c, rq->rq_family)
		    ->rt_ops->ro_expired(c, rq->rq_m[0]);
	reass_kill(c, rq, RW_TIMEOUT);
}

static struct reass_queue *ON_CPU
reass_create(struct cpu *c, enum reass_family fam, const struct reass_key *rk,
    uint32_t hash, uint64_t ttl)
{
	struct reass_queue *rq;
	struct mbuf *m;

	if ((m = m_alloc(c)) == NULL)
		return NULL;
	rq = (void *)m->m_head;
	memset(rq, 0, offsetof(struct reass_queue, rq_m));
	rq->rq_key = *rk;
	rq->rq_deadline = c->c_now + ttl;
	rq->rq_buf = m;
	rq->rq_hash = hash;
	rq->rq_bytes = reass_memory(m);
	rq->rq_family = (uint8_t)fam;
	timer_init(&rq->rq_timer, reass_expire);
	reass_link(c, rq);
	return rq;
}

/* m is piece at of the datagram. */
static void ON_CPU
reass_hold(
    struct cpu *c, struct reass_queue *rq, unsigned at, struct mbuf *m)
{
	uint32_t bytes = reass_memory(m);

	tell_held(c, m, "a fragment: it waits for the others");
	memmove(&rq->rq_m[at + 1], &rq->rq_m[at],
	    (rq->rq_reass.r_n - 1 - at) * sizeof(rq->rq_m[0]));
	rq->rq_m[at] = m;
	rq->rq_bytes += bytes;
	reass_count(c, rq, 0, 1, bytes);
	stat_add(c, SG_PATH, pks_held, 1);
}

/* Take the header off a fragment, and its first buffer if that is all of it. */
static struct mbuf *ON_CPU
reass_strip(struct cpu *c, struct mbuf *m)
{
	struct mbuf *next = m->m_next;
	uint32_t left = m->m_pktlen - m->m_l4off;

	m_adj(m, m->m_l4off);
	if (m->m_len > 0 || next == NULL)
		return m;
	m->m_next = NULL;
	m_free(c, m);
	next->m_pktlen = left;
	return next;
}

#define MF_FROM_WIRE (MF_BCAST | MF_MCAST) /* of the whole, if of any piece */

/* All pieces as one packet.  Checksums are those of pieces: forgotten. */
static struct mbuf *ON_CPU
reass_join(struct cpu *c, struct reass_queue *rq)
{
	struct mbuf *first = rq->rq_m[0], *last = first, *m;
	unsigned i, flags = 0;

	for (i = 1; i < rq->rq_reass.r_n; i++) {
		flags |= rq->rq_m[i]->m_flags & MF_FROM_WIRE;
		m = reass_strip(c, rq->rq_m[i]);
		first->m_pktlen += m->m_pktlen;
		while (last->m_next != NULL)
			last = last->m_next;
		last->m_next = m;
	}
	first->m_flags &= (uint16_t) ~(MF_CSUM_PARTIAL | MF_CSUM_OK);
	first->m_flags |= (uint16_t)flags | MF_REASS;
	first->m_gso = GSO_NONE;
	first->m_hashtype = 0;
	return first;
}

static struct mbuf *ON_CPU
reass_complete(struct cpu *c, struct reass_queue *rq)
{
	unsigned n = rq->rq_reass.r_n;
	struct mbuf *m;

	reass_unlink(c, rq);
	m = reass_join(c, rq);
	stat_add(c, SG_PATH, pks_held, -(uint64_t)n);
	stat_add(c, SG_PATH, pks_merged, n - 1);
	m_free(c, rq->rq_buf);
	return m;
}

static enum reass_why
reass_verdict_why(enum reass_verdict v)
{
	switch (v) {
	case REASS_DUPLICATE:
		return RW_DUPLICATE;
	case REASS_OVERLAP:
		return RW_OVERLAP;
	case REASS_MANY:
		return RW_MANY;
	case REASS_ECN:
		return RW_ECN;
	default:
		return RW_BAD;
	}
}

/* A datagram of which nothing has come yet; NULL, and why. */
static struct reass_queue *ON_CPU
reass_begin(struct cpu *c, const struct reass_room *rm,
    const struct reass_caps *rl, uint32_t hash, bool low, enum reass_why *why)
{
	struct reass_queue *rq;

	*why = RW_LIMIT;
	if (!reass_make_room(c, rm, rl, low))
		return NULL;
	rq = reass_create(c, rm->rm_family, rm->rm_key, hash, rl->rl_ttl);
	*why = RW_NOBUF;
	return rq;
}

/* One more fragment of rq, which dies if it does not fit in. */
static struct mbuf *ON_CPU
reass_more(struct cpu *c, struct reass_queue *rq, const struct reass_frag *rf,
    struct mbuf *m, const struct reass_caps *rl, bool *ce)
{
	enum reass_family fam = rq->rq_family;
	enum reass_verdict v;
	unsigned at;

	v = reass_add(&rq->rq_reass, rf, (unsigned)rl->rl_pieces, &at);
	if (v == REASS_HOLD || v == REASS_COMPLETE) {
		reass_hold(c, rq, at, m);
		*ce = reass_ce(&rq->rq_reass);
		return v == REASS_COMPLETE ? reass_complete(c, rq) : NULL;
	}
	reass_drop(c, fam, m, reass_verdict_why(v));
	if (reass_is_fatal(v))
		reass_kill(c, rq, reass_verdict_why(v));
	return NULL;
}

/*
 * Room is made before the fragment is looked at closely: who sends what does
 * not fit pays with his own, or with what has waited longest.
 */
struct mbuf *
reass_input(struct cpu *c, enum reass_family fam, const struct reass_key *rk,
    const struct reass_frag *rf, uint32_t hash, struct mbuf *m, bool *ce)
{
	struct reass_room rm = { .rm_family = fam, .rm_key = rk,
		.rm_bytes = reass_memory(m) };
	bool low = m_pool_low(c, m);
	struct reass_queue *rq;
	struct reass_caps rl;
	enum reass_why why = RW_LIMIT;
	unsigned len;

	CPU_ASSERT(c);
	reass_caps(c->c_sp, fam, &rl);
	if (rl.rl_datagrams == 0 || reass_check(rf) != REASS_HOLD) {
		reass_drop(c, fam, m, rl.rl_datagrams == 0 ? RW_OFF : RW_BAD);
		return NULL;
	}
	rq = reass_lookup(reass_slot(c, fam, rk), rk, &len);
	if (rq != NULL) {
		rm.rm_queue = rq;
		if (!reass_make_room(c, &rm, &rl, low)) {
			reass_kill(c, rq, RW_LIMIT);
			rq = NULL;
		}
	} else if (len < rl.rl_slot) {
		rm.rm_bytes += MBUF_SIZE + (uint32_t)sizeof(struct mbuf);
		rq = reass_begin(c, &rm, &rl, hash, low, &why);
	}
	if (rq != NULL)
		return reass_more(c, rq, rf, m, &rl, ce);
	reass_drop(c, fam, m, why);
	return NULL;
}

bool
reass_is_here(struct cpu *c, struct mbuf *m)
{
	return rss_cpu(c->c_sp, rss_bucket(c->c_sp, rss_hash(c, m))) == c->c_id;
}

/* Those of a bucket, in a list by rq_bucket that nobody owns. */
static void
reass_detach_from(struct cpu *c, unsigned fam, unsigned bucket,
    struct reass_list *to)
{
	struct reass_table *rt = reass_table(c, fam);
	struct reass_queue *rq, *next;
	unsigned i;

	for (i = 0; i < REASS_LISTS; i++) {
		for (rq = TAILQ_FIRST(&rt->rt_bucket[i]); rq != NULL;
		     rq = next) {
			next = TAILQ_NEXT(rq, rq_bucket);
			if (rss_bucket(c->c_sp, rq->rq_hash) != bucket)
				continue;
			reass_unlink(c, rq);
			TAILQ_INSERT_TAIL(to, rq, rq_bucket);
		}
	}
}

/* The list's head must not move: its first member stands for it. */
void *
reass_detach_bucket(struct cpu *c, unsigned bucket)
{
	struct reass_list list = TAILQ_HEAD_INITIALIZER(list);
	unsigned fam;

	for (fam = 0; fam < REASS_FAMILIES; fam++)
		reass_detach_from(c, fam, bucket, &list);
	return TAILQ_FIRST(&list);
}

void
reass_attach_bucket(struct cpu *c, unsigned bucket, void *list)
{
	struct reass_queue *rq, *next;

	for (rq = list; rq != NULL; rq = next) {
		next = TAILQ_NEXT(rq, rq_bucket);
		KASSERT(rss_bucket(c->c_sp, rq->rq_hash) == bucket);
		reass_link(c, rq);
	}
}
