/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Large buffers.
 *
 * A segment of 64 KiB in one piece costs the kernel a third less to copy than
 * the same in 32.  Each CPU has a few large buffers for that, in memory of
 * their own: a tap reads the rest of a frame into one behind a usual buffer.
 * Whoever needs a frame in packet memory copies it.  When they are all out,
 * frames are chains of usual buffers.
 *
 * A stack again: what a CPU has forwarded lately is in the cache.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "mbuf/pool.h"

#define HUGE_2M (2ul << 20)

/* Memory that costs nothing until it is used; aligned by hand. */
static int
large_map(struct mpool *mp, size_t size, uint8_t **base)
{
	void *p;

	mp->mp_largelen = size + HUGE_2M;
	p = mmap(NULL, mp->mp_largelen, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (p == MAP_FAILED)
		return ENOMEM;
	mp->mp_largemap = p;
	*base = (uint8_t *)(((uintptr_t)p + HUGE_2M - 1) & ~(HUGE_2M - 1));
	(void)madvise(*base, size, MADV_HUGEPAGE);
	return 0;
}

int
mpool_large_create(struct cpu *c, struct mpool *mp, uint32_t n)
{
	size_t bytes = (size_t)n * MBUF_SIZE / MPOOL_LARGE;
	uint32_t i, total = (uint32_t)(bytes / MBUF_LARGE);
	uint8_t *base;

	if (total == 0)
		return 0; /* a toy */
	mp->mp_largehdr =
	    aligned_alloc(CACHELINE, total * sizeof(*mp->mp_largehdr));
	if (mp->mp_largehdr == NULL ||
	    mstack_init(&mp->mp_large, total) != 0 ||
	    large_map(mp, (size_t)total * MBUF_LARGE, &base) != 0)
		return ENOMEM;
	memset(mp->mp_largehdr, 0, total * sizeof(*mp->mp_largehdr));
	for (i = 0; i < total; i++) {
		struct mbuf *m = &mp->mp_largehdr[i];

		m->m_head = base + (size_t)i * MBUF_LARGE;
		m->m_size = MBUF_LARGE;
		m->m_home = c->c_id;
		m->m_kind = MK_LARGE;
		mstack_push(&mp->mp_large, m);
	}
	return 0;
}

void
mpool_large_destroy(struct mpool *mp)
{
	if (mp->mp_largemap != NULL)
		munmap(mp->mp_largemap, mp->mp_largelen);
	free(mp->mp_largehdr);
	free(mp->mp_large.ms_m);
}

struct mbuf *
m_alloc_large(struct cpu *c)
{
	struct mstack *ms = &c->c_mpool->mp_large;
	struct mbuf *m;

	CPU_ASSERT(c);
	if (ms->ms_n == 0)
		return NULL;
	m = ms->ms_m[--ms->ms_n];
	m_reset(m);
	m->m_data = m->m_head;
	return m;
}
