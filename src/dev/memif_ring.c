/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Frames through rings in memory that another process writes, too.
 *
 * Each side has one index of its own, which it alone writes, and reads the
 * other's.  What we know of the peer's index is looked up again only when it
 * says that there is nothing left, so that its line does not move for every
 * vector; ours is published once a vector.
 *
 * A client knows where its buffers are and looks at nothing but lengths and
 * flags, for the rest of its descriptors may have been overwritten.  A server
 * checks every buffer against the regions.
 */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "base/point.h"
#include "dev/memif_ring.h"

/* A piece of shared memory that a descriptor stands for. */
struct piece {
	uint8_t *p;
	uint32_t len;
	bool more; /* the frame goes on in the next one */
};

const char *
memif_fault_text(enum memif_fault mf)
{
	static const char *const texts[MEMIF_NFAULTS] = {
		[MEMIF_SOUND] = "nothing wrong",
		[MEMIF_F_INDEX] = "moved its index further than the ring is "
		    "long",
		[MEMIF_F_REGION] = "wrote a descriptor of a region that there "
		    "is not",
		[MEMIF_F_BOUNDS] = "wrote a descriptor that leads out of its "
		    "region",
		[MEMIF_F_LENGTH] = "wrote a length larger than the buffer",
		[MEMIF_F_EMPTY] = "offered a buffer of no bytes",
		[MEMIF_F_CHAIN] = "wrote a frame that fills the ring and does "
		    "not end",
		[MEMIF_F_FRAME] = "wrote a frame of more than 65,554 bytes",
	};

	return mf < MEMIF_NFAULTS ? texts[mf] : "?";
}

static void
ring_fault(struct memif_ring *mr, enum memif_fault mf)
{
	atomic_store_explicit(&mr->mr_fault, (uint8_t)mf,
	    memory_order_relaxed);
}

static bool
ring_dead(const struct memif_ring *mr)
{
	return atomic_load_explicit(&mr->mr_fault, memory_order_relaxed) !=
	    MEMIF_SOUND;
}

/* The head is the client's, the tail the server's. */
static _Atomic uint16_t *
ring_ours(const struct memif_ring *mr)
{
	return mr->mr_kind == MEMIF_CLIENT_TX ||
		mr->mr_kind == MEMIF_CLIENT_RX ?
	    &mr->mr_wire->mw_head : &mr->mr_wire->mw_tail;
}

static _Atomic uint16_t *
ring_theirs(const struct memif_ring *mr)
{
	return mr->mr_kind == MEMIF_CLIENT_TX ||
		mr->mr_kind == MEMIF_CLIENT_RX ?
	    &mr->mr_wire->mw_tail : &mr->mr_wire->mw_head;
}

static struct memif_desc *
ring_desc(const struct memif_ring *mr, uint16_t at)
{
	return &mr->mr_wire->mw_desc[at & (mr->mr_size - 1)];
}

static uint8_t *
ring_buf(const struct memif_ring *mr, uint16_t at)
{
	return mr->mr_bufs +
	    (size_t)(at & (mr->mr_size - 1)) * mr->mr_bufsize;
}

/* Offer an empty buffer of ours. */
static void
ring_offer(struct memif_ring *mr, uint16_t at)
{
	struct memif_desc *md = ring_desc(mr, at);
	uint32_t off = mr->mr_offset +
	    (at & (mr->mr_size - 1)) * mr->mr_bufsize;

	atomic_store_explicit(&md->md_where, off, memory_order_relaxed);
	atomic_store_explicit(&md->md_what, memif_what(0, 0, mr->mr_bufsize),
	    memory_order_relaxed);
}

void
memif_ring_init(struct memif_ring *mr)
{
	struct memif_ring_wire *mw = mr->mr_wire;
	unsigned i;

	mr->mr_at = mr->mr_upto = mr->mr_part = 0;
	mr->mr_armed = false;
	if (mr->mr_kind == MEMIF_SERVER_TX) {
		/* A client may have begun anywhere. */
		mr->mr_at = mr->mr_upto = atomic_load_explicit(
		    &mw->mw_tail, memory_order_relaxed);
		return;
	}
	if (mr->mr_kind == MEMIF_SERVER_RX) {
		mr->mr_at = mr->mr_upto = atomic_load_explicit(
		    &mw->mw_tail, memory_order_relaxed);
		atomic_store_explicit(
		    &mw->mw_flags, MEMIF_MASK_INT, memory_order_relaxed);
		return;
	}
	mw->mw_cookie = MEMIF_COOKIE;
	atomic_store_explicit(&mw->mw_flags,
	    mr->mr_kind == MEMIF_CLIENT_RX ? MEMIF_MASK_INT : 0,
	    memory_order_relaxed);
	for (i = 0; i < mr->mr_size; i++)
		ring_offer(mr, (uint16_t)i);
	atomic_store_explicit(&mw->mw_tail, 0, memory_order_relaxed);
	atomic_store_explicit(&mw->mw_head, 0, memory_order_release);
}

void
memif_ring_begin(struct memif_ring *mr)
{
	if (mr->mr_kind != MEMIF_CLIENT_RX)
		return;
	atomic_store_explicit(
	    &mr->mr_wire->mw_flags, MEMIF_MASK_INT, memory_order_relaxed);
	atomic_store_explicit(&mr->mr_wire->mw_head, (uint16_t)mr->mr_size,
	    memory_order_release);
}

/*
 * How many descriptors from mr_at on are ours to use; the peer is asked when
 * fewer than want are known of.
 */
static unsigned
ring_usable(struct memif_ring *mr, unsigned want)
{
	uint16_t n = (uint16_t)(mr->mr_upto - mr->mr_at);

	/* What a client sends on has no index that runs ahead of it. */
	if (mr->mr_kind == MEMIF_CLIENT_TX)
		n = (uint16_t)(mr->mr_upto + mr->mr_size - mr->mr_at);
	if (n >= want)
		return n;
	/* Acquire: what the peer did to descriptors and buffers before. */
	mr->mr_upto = atomic_load_explicit(
	    ring_theirs(mr), memory_order_acquire);
	n = (uint16_t)(mr->mr_upto - mr->mr_at);
	if (mr->mr_kind == MEMIF_CLIENT_TX)
		n = (uint16_t)(mr->mr_upto + mr->mr_size - mr->mr_at);
	if (likely(n <= mr->mr_size))
		return n;
	ring_fault(mr, MEMIF_F_INDEX);
	return 0;
}

static void
ring_publish(struct memif_ring *mr)
{
	uint16_t at = mr->mr_at;

	/* What a client receives in, it offers again at once. */
	if (mr->mr_kind == MEMIF_CLIENT_RX)
		at = (uint16_t)(at + mr->mr_size);
	sim_point(SP_RING);
	/* Release: descriptors and buffers were written, or read, before. */
	atomic_store_explicit(ring_ours(mr), at, memory_order_release);
}

/* A piece of the peer's memory, if its descriptor is sound. */
static bool
ring_piece_theirs(struct memif_ring *mr, uint64_t what, uint64_t where,
    struct piece *pc)
{
	unsigned region = (unsigned)(what >> 16) & 0xffff;
	uint32_t off = (uint32_t)where;
	const struct memif_region *mg;

	if (unlikely(region >= mr->mr_nregion ||
		mr->mr_region[region].mg_base == NULL)) {
		ring_fault(mr, MEMIF_F_REGION);
		return false;
	}
	mg = &mr->mr_region[region];
	if (unlikely(off > mg->mg_size || pc->len > mg->mg_size - off)) {
		ring_fault(mr, MEMIF_F_BOUNDS);
		return false;
	}
	pc->p = mg->mg_base + off;
	return true;
}

/* Where descriptor "at" leads; false: nowhere, and the peer is to blame. */
static bool
ring_piece(struct memif_ring *mr, uint16_t at, struct piece *pc)
{
	struct memif_desc *md = ring_desc(mr, at);
	uint64_t what =
	    atomic_load_explicit(&md->md_what, memory_order_relaxed);

	pc->len = (uint32_t)(what >> 32);
	pc->more = (what & MEMIF_NEXT) != 0;
	if (mr->mr_kind == MEMIF_CLIENT_RX) {
		pc->p = ring_buf(mr, at);
		if (likely(pc->len <= mr->mr_bufsize))
			return true;
		ring_fault(mr, MEMIF_F_LENGTH);
		return false;
	}
	return ring_piece_theirs(mr, what,
	    atomic_load_explicit(&md->md_where, memory_order_relaxed), pc);
}

/*
 * n bytes, not one more: what lies behind them is another's, in either
 * direction.  The last piece overlaps what was copied.
 */
static inline void
copy_bytes(uint8_t *restrict to, const uint8_t *restrict from, unsigned n)
{
	unsigned i;

	if (likely(n >= CACHELINE)) {
		for (i = 0; i + CACHELINE < n; i += CACHELINE)
			memcpy(to + i, from + i, CACHELINE);
		memcpy(to + n - CACHELINE, from + n - CACHELINE, CACHELINE);
	} else if (n >= 32) {
		memcpy(to, from, 32);
		memcpy(to + n - 32, from + n - 32, 32);
	} else {
		memcpy(to, from, n);
	}
}

/* Append a piece to a packet; false: there are no buffers. */
static bool ON_CPU
rx_append(struct cpu *c, struct mbuf *m, const struct piece *pc)
{
	if (likely(m->m_pktlen == 0 && pc->len <= MBUF_DATA)) {
		copy_bytes(m->m_data, pc->p, pc->len);
		m->m_len = m->m_pktlen = pc->len;
		return true;
	}
	return pc->len == 0 || m_append(c, m, pc->p, pc->len);
}

/*
 * Gather the frame whose first piece is given into m, from at most n
 * descriptors.  Returns how many it takes; 0: it is not all there yet, or the
 * ring is dead.  *whole: m holds all of it.
 */
static unsigned ON_CPU
rx_frame(struct cpu *c, struct memif_ring *mr, struct mbuf *m, unsigned n,
    bool *whole)
{
	struct piece pc;
	unsigned i, len = 0;

	*whole = true;
	for (i = 0; i < n; i++) {
		if (!ring_piece(mr, (uint16_t)(mr->mr_at + i), &pc))
			return 0;
		if (unlikely(pc.len > MEMIF_FRAME_MAX - len)) {
			ring_fault(mr, MEMIF_F_FRAME);
			return 0;
		}
		len += pc.len;
		*whole = *whole && rx_append(c, m, &pc);
		if (likely(!pc.more))
			return i + 1;
	}
	if (n == mr->mr_size)
		ring_fault(mr, MEMIF_F_CHAIN);
	return 0;
}

static void
rx_prefetch(const struct memif_ring *mr, unsigned ahead, unsigned n)
{
	uint16_t at = (uint16_t)(mr->mr_at + ahead);
	uint64_t what, where;
	unsigned region;

	if (ahead >= n)
		return;
	if (mr->mr_kind == MEMIF_CLIENT_RX) {
		__builtin_prefetch(ring_buf(mr, at));
		return;
	}
	/* A guess at an address that is checked when it is used. */
	what = atomic_load_explicit(
	    &ring_desc(mr, at)->md_what, memory_order_relaxed);
	where = atomic_load_explicit(
	    &ring_desc(mr, at)->md_where, memory_order_relaxed);
	region = (unsigned)(what >> 16) & 0xffff;
	if (region < mr->mr_nregion &&
	    (uint32_t)where < mr->mr_region[region].mg_size)
		__builtin_prefetch(
		    mr->mr_region[region].mg_base + (uint32_t)where);
}

/* k descriptors are done with. */
static void
rx_release(struct memif_ring *mr, unsigned k)
{
	if (mr->mr_kind == MEMIF_CLIENT_RX)
		for (unsigned i = 0; i < k; i++)
			ring_offer(mr, (uint16_t)(mr->mr_at + i));
	mr->mr_at = (uint16_t)(mr->mr_at + k);
}

/* Awake, we look ourselves. */
static void
rx_disarm(struct memif_ring *mr)
{
	mr->mr_armed = false;
	atomic_store_explicit(
	    &mr->mr_wire->mw_flags, MEMIF_MASK_INT, memory_order_relaxed);
}

/*
 * Fill fresh packets own[0..max) from n descriptors, those that are sound to
 * mv.  Returns how many packets were used up.
 */
static unsigned ON_CPU
rx_fill(struct cpu *c, struct memif_ring *mr, struct memif_count *mk,
    struct mvec *mv, struct mbuf **own, unsigned max, unsigned n)
{
	unsigned i, k;
	bool whole;

	for (i = 0; i < max && n > 0; i++) {
		struct mbuf *m = own[i];

		rx_prefetch(mr, MVEC_AHEAD, n);
		if ((k = rx_frame(c, mr, m, n, &whole)) == 0) {
			mr->mr_part = (uint16_t)n;
			m_free(c, m); /* parts of a chain may be in it */
			return i + 1;
		}
		rx_release(mr, k);
		n -= k;
		if (likely(whole && m->m_pktlen > 0)) {
			mv->mv_m[mv->mv_n++] = m;
			continue;
		}
		stat_cell_add(whole ? &mk->mk_bad : &mk->mk_nobuf, 1);
		m_free(c, m);
	}
	return i;
}

unsigned
memif_ring_rx(struct cpu *c, struct memif_ring *mr, struct memif_count *mk,
    struct mvec *mv, unsigned max)
{
	struct mbuf *own[MVEC_MAX];
	unsigned n, got, used, was = mv->mv_n;
	uint16_t at = mr->mr_at;

	if (unlikely(mr->mr_armed))
		rx_disarm(mr);
	max = umin(max, MVEC_MAX - was);
	if (unlikely(ring_dead(mr)) || (n = ring_usable(mr, max)) == 0)
		return 0;
	mr->mr_part = 0;
	got = m_alloc_bulk(c, own, umin(n, max));
	used = rx_fill(c, mr, mk, mv, own, got, n);
	m_free_bulk(c, own + used, got - used);
	if (mr->mr_at != at)
		ring_publish(mr);
	return mv->mv_n - was;
}

/* Whether a single buffer takes m, which then is in it. */
static bool
tx_simple(struct memif_ring *mr, const struct mbuf *m, bool *fits)
{
	struct memif_desc *md = ring_desc(mr, mr->mr_at);
	struct piece pc = { .len = mr->mr_bufsize };
	uint64_t what, where;

	*fits = true;
	if (mr->mr_kind == MEMIF_CLIENT_TX) {
		pc.p = ring_buf(mr, mr->mr_at);
		/* Whatever the peer made of it, it is where it always was. */
		where = mr->mr_offset +
		    (mr->mr_at & (mr->mr_size - 1)) * mr->mr_bufsize;
		atomic_store_explicit(
		    &md->md_where, where, memory_order_relaxed);
		what = 0;
	} else {
		what =
		    atomic_load_explicit(&md->md_what, memory_order_relaxed);
		where =
		    atomic_load_explicit(&md->md_where, memory_order_relaxed);
		pc.len = (uint32_t)(what >> 32);
		if (!ring_piece_theirs(mr, what, where, &pc))
			return false;
	}
	if (unlikely(m->m_next != NULL || m->m_len > pc.len)) {
		*fits = false;
		return false;
	}
	copy_bytes(pc.p, m->m_data, m->m_len);
	atomic_store_explicit(&md->md_what,
	    memif_what(0, (unsigned)(what >> 16) & 0xffff, m->m_len),
	    memory_order_relaxed);
	return true;
}

/* The next buffer to be filled with a part of a frame. */
static bool
tx_piece(struct memif_ring *mr, uint16_t at, struct piece *pc, unsigned *region)
{
	struct memif_desc *md = ring_desc(mr, at);
	uint64_t what;

	if (mr->mr_kind == MEMIF_CLIENT_TX) {
		ring_offer(mr, at);
		pc->p = ring_buf(mr, at);
		pc->len = mr->mr_bufsize;
		*region = 0;
		return true;
	}
	what = atomic_load_explicit(&md->md_what, memory_order_relaxed);
	pc->len = (uint32_t)(what >> 32);
	*region = (unsigned)(what >> 16) & 0xffff;
	if (!ring_piece_theirs(mr, what,
		atomic_load_explicit(&md->md_where, memory_order_relaxed), pc))
		return false;
	if (likely(pc->len > 0))
		return true;
	ring_fault(mr, MEMIF_F_EMPTY);
	return false;
}

/*
 * Spread m over buffers, of which n may be used.  Returns how many it took; 0:
 * there were not enough, or the ring is dead; nothing is published.
 */
static unsigned
tx_chain(struct memif_ring *mr, const struct mbuf *m, unsigned n)
{
	unsigned i, done = 0, region;
	struct piece pc;

	for (i = 0; i < n; i++) {
		uint16_t at = (uint16_t)(mr->mr_at + i);
		unsigned len;
		bool more;

		if (!tx_piece(mr, at, &pc, &region))
			return 0;
		len = umin(pc.len, m->m_pktlen - done);
		m_copydata(m, done, len, pc.p);
		done += len;
		more = done < m->m_pktlen;
		atomic_store_explicit(&ring_desc(mr, at)->md_what,
		    memif_what(more ? MEMIF_NEXT : 0, region, len),
		    memory_order_relaxed);
		if (!more)
			return i + 1;
	}
	return 0;
}

/*
 * A server cannot tell how much the buffers will hold that it was not offered
 * yet; if all of a ring do not hold the frame, nothing ever will.
 */
static bool
tx_never(struct memif_ring *mr, const struct mbuf *m, unsigned n)
{
	if (mr->mr_kind == MEMIF_CLIENT_TX)
		return m->m_pktlen > (uint64_t)mr->mr_size * mr->mr_bufsize;
	return n == mr->mr_size;
}

/* m behind the others, in at most n buffers.  Returns how many. */
static unsigned
tx_put(struct memif_ring *mr, const struct mbuf *m, unsigned n)
{
	bool fits;

	if (likely(tx_simple(mr, m, &fits)))
		return 1;
	return fits ? 0 : tx_chain(mr, m, n);
}

unsigned
memif_ring_tx(struct cpu *c, struct memif_ring *mr, struct memif_count *mk,
    struct mbuf **mm, unsigned n)
{
	uint16_t at = mr->mr_at;
	unsigned i, k, left;

	if (unlikely(ring_dead(mr)))
		return 0;
	left = ring_usable(mr, n);
	for (i = 0; i < n; i++) {
		/* Chains take more than one each. */
		if (left == 0 && (left = ring_usable(mr, n - i)) == 0)
			break;
		if (i + MVEC_AHEAD < n)
			m_prefetch(mm[i + MVEC_AHEAD]);
		k = tx_put(mr, mm[i], left);
		if (k == 0 && !ring_dead(mr)) {
			left = ring_usable(mr, mr->mr_size);
			k = tx_put(mr, mm[i], left);
		}
		if (k == 0 && (ring_dead(mr) || !tx_never(mr, mm[i], left)))
			break;
		if (unlikely(k == 0))
			stat_cell_add(&mk->mk_toolong, 1);
		mr->mr_at = (uint16_t)(mr->mr_at + k);
		left -= k;
	}
	if (mr->mr_at != at)
		ring_publish(mr);
	m_free_bulk(c, mm, i);
	return i;
}

/*
 * The peer has the same eventfd and may have filled it up or made it block:
 * nothing is written unless there is room.  Should it win that race, ctl makes
 * room (memif_up.c).
 */
static void
ring_event(struct memif_ring *mr)
{
	struct pollfd pfd = { .fd = mr->mr_fd, .events = POLLOUT };
	uint64_t one = 1;

	if (poll(&pfd, 1, 0) != 1 || (pfd.revents & POLLOUT) == 0)
		return;
	stat_cell_add(&mr->mr_tells, 1);
	while (write(mr->mr_fd, &one, sizeof(one)) < 0 && errno == EINTR)
		continue;
	stat_cell_add(&mr->mr_tells, 1);
}

void
memif_ring_tell(struct memif_ring *mr)
{
	/* Our index must be there before we look whether the peer sleeps. */
	atomic_thread_fence(memory_order_seq_cst);
	if ((atomic_load_explicit(&mr->mr_wire->mw_flags,
		 memory_order_relaxed) & MEMIF_MASK_INT) == 0 &&
	    !ring_dead(mr))
		ring_event(mr);
}

bool
memif_ring_arm(struct memif_ring *mr)
{
	if (ring_dead(mr))
		return false;
	atomic_store_explicit(&mr->mr_wire->mw_flags, 0, memory_order_relaxed);
	mr->mr_armed = true;
	/* The flag must be there before we look whether something is new. */
	atomic_thread_fence(memory_order_seq_cst);
	/* The rest of a frame may never come: that is not waited for awake. */
	if (ring_usable(mr, mr->mr_part + 1u) <= mr->mr_part)
		return false;
	rx_disarm(mr);
	return true;
}
