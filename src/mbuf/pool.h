/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Packet memory and the pools cut from it; private to mbuf/ but for the sizes.
 *
 *	I	immutable after mpool_create()
 *	o	owner CPU
 *	A	atomic, relaxed: written by the owner, read by anyone
 */
#ifndef MBUF_POOL_H
#define MBUF_POOL_H

#include "cpu/ring.h"
#include "mbuf/mbuf.h"

#define MPOOL_RETURN 64 /* mbufs that pile up before they are sent home */
#define MPOOL_LARGE  8 /* large ones have so much less memory, in addition */

struct pktmem {
	uint8_t *pm_base; /* [I] buffers, aligned to MBUF_SIZE */
	size_t pm_size; /* [I] bytes of buffers */
	struct mbuf *pm_hdr; /* [I] header of each buffer */
	void *pm_map; /* [I] what was mapped … */
	size_t pm_maplen; /* [I] … and how much */
	bool pm_huge; /* [I] explicit huge pages */
	int pm_fd; /* [I] the file it is; -1: none */
};

/* mbufs of one other CPU on their way home. */
struct mpool_return {
	unsigned mr_n; /* [o] */
	void *mr_m[MPOOL_RETURN]; /* [o] */
};

/* A stack: what was freed last is in the cache. */
struct mstack {
	struct mbuf **ms_m; /* [I] room for all there are */
	uint32_t ms_n; /* [o] */
	uint32_t ms_total; /* [I] */
};

struct mpool {
	struct mstack mp_free; /* [o] buffers */
	struct mstack mp_clones; /* [o] headers without buffer */
	struct mbuf *mp_clonehdr; /* [I] memory of mp_clones */
	struct mstack mp_large; /* [o] large buffers */
	struct mbuf *mp_largehdr; /* [I] their headers */
	void *mp_largemap; /* [I] their memory, touched as it is used … */
	size_t mp_largelen; /* [I] … and its bytes */
	uint32_t mp_least; /* [o] lowest mp_free.ms_n so far */
	stat_cell mp_nfree; /* [A] copies for mpool_info() */
	stat_cell mp_nleast; /* [A] */
	stat_cell mp_nclones; /* [A] */
	stat_cell mp_nlarge; /* [A] */
	stat_cell mp_failed; /* [A] */
	stat_cell mp_foreign; /* [A] */
	struct ring *mp_in[CPU_MAX]; /* [I] returns from each other CPU */
	struct mpool_return mp_out[CPU_MAX]; /* [o] returns to each */
};

/* A CPU's slice of packet memory.  ENOMEM. */
int mpool_create(struct cpu *);
void mpool_destroy(struct cpu *);

/* large.c: the large buffers beside a pool of n.  ENOMEM. */
int mpool_large_create(struct cpu *, struct mpool *, uint32_t n);
void mpool_large_destroy(struct mpool *);

/* Room for so many.  ENOMEM. */
int mstack_init(struct mstack *, uint32_t total);

static inline void
mstack_push(struct mstack *ms, struct mbuf *m)
{
	KASSERT(ms->ms_n < ms->ms_total);
	ms->ms_m[ms->ms_n++] = m;
}

/*
 * Where the data of a fresh packet begins: in one of these lines of its buffer.
 * Were it the same one in all, the first lines of all packets would share two
 * sets of a usual L1 cache, buffers being half a page long, and that holds no
 * vector of them.  More lines than these gain nothing more.
 *
 * What a NIC writes by AF_XDP begins behind MBUF_HEADMOST always: one headroom
 * is the kernel's for the whole region.
 */
#define MBUF_COLOURS ((MBUF_HEADMOST - MBUF_HEADROOM) / CACHELINE + 1)

static inline uint8_t *
m_fresh_data(uint8_t *head)
{
	/* Two buffers of a page differ; wherever the region lies, it is so. */
	unsigned page = (uintptr_t)head >> (MBUF_SHIFT + 1) & 511;

	return head + MBUF_HEADROOM + page % MBUF_COLOURS * CACHELINE;
}

/* What a fresh packet must not inherit; everything else is set by its user. */
static inline void
m_reset(struct mbuf *m)
{
	m->m_data = m_fresh_data(m->m_head);
	m->m_next = NULL;
	m->m_len = 0;
	m->m_pktlen = 0;
	m->m_rcv = 0;
	m->m_oif = 0;
	m->m_flags = 0;
	m->m_gso = GSO_NONE;
	m->m_gsoflags = 0;
	m->m_hashtype = 0;
	m->m_csumoff = 0;
	m->m_refs = 1;
}

#endif
