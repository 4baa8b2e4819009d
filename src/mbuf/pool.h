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
	uint32_t mp_least; /* [o] lowest mp_free.ms_n so far */
	stat_cell mp_nfree; /* [A] copies for mpool_info() */
	stat_cell mp_nleast; /* [A] */
	stat_cell mp_nclones; /* [A] */
	stat_cell mp_failed; /* [A] */
	stat_cell mp_foreign; /* [A] */
	struct ring *mp_in[CPU_MAX]; /* [I] returns from each other CPU */
	struct mpool_return mp_out[CPU_MAX]; /* [o] returns to each */
};

/* A CPU's slice of packet memory.  ENOMEM. */
int mpool_create(struct cpu *);
void mpool_destroy(struct cpu *);

#endif
