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
#include "ip/reass_table.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "base/bytes.h"
#include "base/hash.h"
#include "base/kassert.h"
#include "ip/reass_steer.h"

#define REASS_SLOTS   2048
#define REASS_SOURCES 1024
#define REASS_LISTS   128 /* buckets are spread over so many lists */
#define SOURCE_SHARE  4 /* of the memory, for one source */
#define POOL_SHARE    8 /* of packet memory, for a family */
#define POOL_LOW      8 /* of packet memory, that is left to others */

struct reass_queue {
	LIST_ENTRY(reass_queue) rq_slot; /* [o] */
	TAILQ_ENTRY(reass_queue) rq_source; /* [o] */
	TAILQ_ENTRY(reass_queue) rq_bucket; /* [o] also when detached */
	TAILQ_ENTRY(reass_queue) rq_age; /* [o] */
	struct reass_key rq_key; /* [o] */
	struct timer rq_timer; /* [o] */
	uint64_t rq_deadline; /* [o] ns */
	struct mbuf *rq_buf; /* [o] the buffer this lies in */
	uint32_t rq_hash; /* [o] of the addresses */
	uint32_t rq_bytes; /* [o] of buffers, with this one */
	uint8_t rq_family; /* [o] enum reass_family */
	struct reass rq_reass; /* [o] */
	struct mbuf *rq_m[REASS_PIECES_MAX]; /* [o] as r_piece */
};
static_assert(sizeof(struct reass_queue) <= MBUF_SIZE, "lies in a buffer");

TAILQ_HEAD(reass_list, reass_queue);
LIST_HEAD(reass_chain, reass_queue);

/* Sources that collide share their share. */
struct reass_source {
	struct reass_list rs_list; /* [o] oldest first */
	uint32_t rs_n; /* [o] datagrams */
	uint64_t rs_bytes; /* [o] */
};

struct reass_table {
	const struct reass_ops *rt_ops; /* [I] */
	struct reass_list rt_age; /* [o] oldest first */
	stat_cell rt_n; /* [A] datagrams */
	stat_cell rt_frags; /* [A] */
	stat_cell rt_bytes; /* [A] */
	stat_cell rt_peak; /* [A] */
	struct reass_chain rt_slot[REASS_SLOTS]; /* [o] */
	struct reass_source rt_source[REASS_SOURCES]; /* [o] */
	struct reass_list rt_bucket[REASS_LISTS]; /* [o] */
};

/*
 *	I	immutable after reass_cpu_init()
 *	o	owner CPU only
 *	A	atomic, relaxed: written by the owner, read by anyone
 */
struct reass_cpu {
	uint8_t rc_key[SIPHASH_KEYLEN]; /* [I] of this table's hashes */
	struct reass_table rc_table[REASS_FAMILIES]; /* [o] */
};

/* What a CPU may have; its part of what the instance may. */
struct reass_caps {
	uint64_t rl_datagrams;
	uint64_t rl_fragments;
	uint64_t rl_bytes;
	uint64_t rl_slot; /* datagrams that hash alike */
	uint64_t rl_source; /* datagrams of one source */
	uint64_t rl_pieces; /* fragments of one datagram */
	uint64_t rl_ttl; /* ns */
};

static uint64_t
reass_part(const struct spate *sp, uint64_t n)
{
	return n == 0 ? 0 : u64max(n / sp->sp_ncpus, 1);
}

static void
reass_caps4(const struct spate *sp, struct reass_caps *rl)
{
	rl->rl_datagrams = tun(sp, ip_maxfragpackets);
	rl->rl_fragments = tun(sp, ip_maxfrags);
	rl->rl_bytes = tun(sp, ip_maxfragmem);
	rl->rl_slot = tun(sp, ip_maxfragbucketsize);
	rl->rl_source = tun(sp, ip_maxfragpersource);
	rl->rl_pieces = tun(sp, ip_maxfragsperpacket);
	rl->rl_ttl = tun(sp, ip_fragttl) * NS_S;
}

static void
reass_caps6(const struct spate *sp, struct reass_caps *rl)
{
	rl->rl_datagrams = tun(sp, ip6_maxfragpackets);
	rl->rl_fragments = tun(sp, ip6_maxfrags);
	rl->rl_bytes = tun(sp, ip6_maxfragmem);
	rl->rl_slot = tun(sp, ip6_maxfragbucketsize);
	rl->rl_source = tun(sp, ip6_maxfragpersource);
	rl->rl_pieces = tun(sp, ip6_maxfragsperpacket);
	rl->rl_ttl = tun(sp, ip6_fraglifetime) * NS_MS;
}

static void
reass_caps(
    const struct spate *sp, enum reass_family fam, struct reass_caps *rl)
{
	if (fam == REASS_IP4)
		reass_caps4(sp, rl);
	else
		reass_caps6(sp, rl);
	rl->rl_datagrams = reass_part(sp, rl->rl_datagrams);
	rl->rl_fragments = reass_part(sp, rl->rl_fragments);
	rl->rl_bytes = reass_part(sp,
	    u64min(rl->rl_bytes, pktmem_size(sp->sp_pktmem) / POOL_SHARE));
}

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
		if ((rc = calloc(1, sizeof(*rc))) == NULL)
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

static inline struct reass_table *
reass_table(struct cpu *c, unsigned fam)
{
	return &c->c_reass->rc_table[fam];
}

static struct reass_chain *
reass_slot(struct cpu *c, unsigned fam, const struct reass_key *rk)
{
	uint64_t h = siphash24(c->c_reass->rc_key, rk, sizeof(*rk));

	return &reass_table(c, fam)->rt_slot[h % REASS_SLOTS];
}

static struct reass_source *
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
		atomic_store_explicit(
		    &rt->rt_peak, now, memory_order_relaxed);
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

/* The datagram dies, and this is why. */
static void ON_CPU
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
		reass_table(c, rq->rq_family)->rt_ops->ro_expired(
		    c, rq->rq_m[0]);
	reass_kill(c, rq, RW_TIMEOUT);
}

/* The oldest of the same source but for this one. */
static struct reass_queue *
reass_oldest_of(const struct reass_source *rs, const struct reass_key *rk,
    const struct reass_queue *but)
{
	struct reass_queue *rq;

	TAILQ_FOREACH(rq, &rs->rs_list, rq_source)
	if (rq != but && in6_eq(rq->rq_key.rk_src, rk->rk_src))
		break;
	return rq;
}

static struct reass_queue *
reass_oldest(const struct reass_table *rt, const struct reass_queue *but)
{
	struct reass_queue *rq = TAILQ_FIRST(&rt->rt_age);

	return rq != NULL && rq == but ? TAILQ_NEXT(rq, rq_age) : rq;
}

/* Buffers of this one's home are running out. */
static bool
reass_pool_low(const struct cpu *c, const struct mbuf *m)
{
	struct mpool_info mi;

	mpool_info(c->c_sp->sp_cpu[m->m_home], &mi);
	return mi.mi_free < mi.mi_total / POOL_LOW;
}

/* What a fragment asks for; rm_queue is its datagram, or NULL: a new one. */
struct reass_room {
	enum reass_family rm_family; /* [o] */
	const struct reass_key *rm_key; /* [o] */
	const struct reass_queue *rm_queue; /* [o] */
	uint32_t rm_bytes; /* [o] */
};

static bool
reass_over_share(struct cpu *c, const struct reass_room *rm,
    const struct reass_caps *rl)
{
	const struct reass_source *rs =
	    reass_source(c, rm->rm_family, rm->rm_key);

	return (rm->rm_queue == NULL && rs->rs_n >= rl->rl_source) ||
	    rs->rs_bytes + rm->rm_bytes > rl->rl_bytes / SOURCE_SHARE;
}

static bool
reass_over_all(const struct reass_table *rt, const struct reass_room *rm,
    const struct reass_caps *rl)
{
	return (rm->rm_queue == NULL &&
		   stat_cell_read(&rt->rt_n) >= rl->rl_datagrams) ||
	    stat_cell_read(&rt->rt_frags) >= rl->rl_fragments ||
	    stat_cell_read(&rt->rt_bytes) + rm->rm_bytes > rl->rl_bytes;
}

/*
 * Make room, at the cost of whom reass_table.h says.  Each turn frees a
 * datagram.  False: there is no room to be made.
 */
static bool ON_CPU
reass_make_room(struct cpu *c, const struct reass_room *rm,
    const struct reass_caps *rl, bool low)
{
	struct reass_table *rt = reass_table(c, rm->rm_family);
	const struct reass_source *rs =
	    reass_source(c, rm->rm_family, rm->rm_key);
	struct reass_queue *own, *any;

	/* Who shares his share with another may have nothing to give. */
	while (reass_over_share(c, rm, rl) &&
	    (own = reass_oldest_of(rs, rm->rm_key, rm->rm_queue)) != NULL)
		reass_kill(c, own, RW_SOURCE);
	for (; low || reass_over_all(rt, rm, rl); low = false) {
		own = reass_oldest_of(rs, rm->rm_key, rm->rm_queue);
		any = reass_oldest(rt, rm->rm_queue);
		if (own != NULL || any != NULL)
			reass_kill(c, own != NULL ? own : any, RW_LIMIT);
		else if (!low) /* else it is not us who take the buffers */
			return false;
	}
	return true;
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
static void
reass_hold(
    struct cpu *c, struct reass_queue *rq, unsigned at, struct mbuf *m)
{
	uint32_t bytes = reass_memory(m);

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
	bool low = reass_pool_low(c, m);
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
			if (reass_bucket(rq->rq_hash) != bucket)
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
		KASSERT(reass_bucket(rq->rq_hash) == bucket);
		reass_link(c, rq);
	}
}

void
reass_info(const struct cpu *c, enum reass_family fam, struct reass_info *ri)
{
	const struct reass_table *rt = &c->c_reass->rc_table[fam];
	struct reass_caps rl;

	reass_caps(c->c_sp, fam, &rl);
	ri->ri_datagrams = stat_cell_read(&rt->rt_n);
	ri->ri_fragments = stat_cell_read(&rt->rt_frags);
	ri->ri_bytes = stat_cell_read(&rt->rt_bytes);
	ri->ri_peak = stat_cell_read(&rt->rt_peak);
	ri->ri_maxdatagrams = rl.rl_datagrams;
	ri->ri_maxfragments = rl.rl_fragments;
	ri->ri_maxbytes = rl.rl_bytes;
}
