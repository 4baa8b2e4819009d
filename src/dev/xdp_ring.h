/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A ring shared with the kernel, as AF_XDP lays it out.
 *
 * The kernel is one side, this process the other; each writes one index and
 * reads the other's, which is kept here until it does not suffice.  Indexes
 * run freely.
 *
 *	I	immutable after xdp_ring_map()
 *	o	the CPU that serves the queue
 *	A	atomic, acquire and release: shared with the kernel
 */
#ifndef DEV_XDP_RING_H
#define DEV_XDP_RING_H

#include <linux/if_xdp.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Newer than some distributions' headers: the frame goes on in the next. */
#ifndef XDP_PKT_CONTD
#define XDP_PKT_CONTD (1u << 0)
#endif

struct xdp_ring {
	_Atomic uint32_t *xr_prod; /* [A] */
	_Atomic uint32_t *xr_cons; /* [A] */
	_Atomic uint32_t *xr_flags; /* [A] */
	void *xr_desc; /* [A] entries, ordered by the indexes */
	uint32_t xr_size; /* [I] a power of two */
	uint32_t xr_mine; /* [o] our index */
	uint32_t xr_other; /* [o] the kernel's, when last read */
	void *xr_map; /* [I] */
	size_t xr_maplen; /* [I] */
};

/* Map a ring of the socket.  pgoff: XDP_PGOFF_*, entry: bytes.  Errno value. */
int xdp_ring_map(struct xdp_ring *, int fd, uint64_t pgoff,
    const struct xdp_ring_offset *, uint32_t size, size_t entry);
void xdp_ring_unmap(struct xdp_ring *);

/* Consumer: how many entries there are, n being enough. */
static inline uint32_t
xdp_ring_avail(struct xdp_ring *xr, uint32_t n)
{
	if (xr->xr_other - xr->xr_mine < n)
		xr->xr_other = atomic_load_explicit(
		    xr->xr_prod, memory_order_acquire);
	return xr->xr_other - xr->xr_mine;
}

/* Consumer: done with all entries before xr_mine. */
static inline void
xdp_ring_release(struct xdp_ring *xr)
{
	atomic_store_explicit(xr->xr_cons, xr->xr_mine, memory_order_release);
}

/* Producer: how much room there is, n being enough. */
static inline uint32_t
xdp_ring_room(struct xdp_ring *xr, uint32_t n)
{
	if (xr->xr_size - (xr->xr_mine - xr->xr_other) < n)
		xr->xr_other = atomic_load_explicit(
		    xr->xr_cons, memory_order_acquire);
	return xr->xr_size - (xr->xr_mine - xr->xr_other);
}

/* Producer: all entries before xr_mine are valid. */
static inline void
xdp_ring_submit(struct xdp_ring *xr)
{
	atomic_store_explicit(xr->xr_prod, xr->xr_mine, memory_order_release);
}

/* Producer: whether the kernel has taken everything. */
static inline bool
xdp_ring_drained(struct xdp_ring *xr)
{
	return xdp_ring_room(xr, xr->xr_size) == xr->xr_size;
}

static inline bool
xdp_ring_need_wakeup(const struct xdp_ring *xr)
{
	return (atomic_load_explicit(xr->xr_flags, memory_order_relaxed) &
	    XDP_RING_NEED_WAKEUP) != 0;
}

/* The next entry of a ring of addresses, of descriptors. */
static inline uint64_t *
xdp_ring_addr(struct xdp_ring *xr)
{
	return (uint64_t *)xr->xr_desc + (xr->xr_mine++ & (xr->xr_size - 1));
}

static inline struct xdp_desc *
xdp_ring_desc(struct xdp_ring *xr)
{
	return (struct xdp_desc *)xr->xr_desc +
	    (xr->xr_mine++ & (xr->xr_size - 1));
}

#endif
