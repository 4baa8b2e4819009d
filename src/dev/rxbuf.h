/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Room for a frame that the kernel copies on a call, and for the virtio header
 * before it: a usual buffer, in which most frames fit, and behind it a large
 * one, so that a segment of 64 KiB is two pieces and not 33, which the kernel
 * copies faster.  While all large ones are out, usual ones stand in for it.
 * Getting ready allocates what the last frame used and nothing else.
 *
 *	o	the CPU that serves the queue
 */
#ifndef DEV_RXBUF_H
#define DEV_RXBUF_H

#include <linux/virtio_net.h>
#include <stdbool.h>
#include <sys/uio.h>

#include "base/tsa.h"
#include "cpu/cpu.h"
#include "dev/reclaim.h"
#include "mbuf/mbuf.h"

/* A frame of 64 KiB and its link header; buffers behind the first. */
#define RXBUF_FRAME (65536u + 18)
#define RXBUF_REST  ((RXBUF_FRAME - MBUF_DATA + MBUF_SIZE - 1) / MBUF_SIZE)
static_assert(RXBUF_FRAME - MBUF_DATA <= MBUF_LARGE, "the rest of any frame");

struct rxbuf {
	unsigned rb_nrest; /* [o] in rb_rest */
	unsigned rb_niov; /* [o] in rb_iov */
	struct mbuf *rb_head; /* [o] ready to be filled; NULL: none yet */
	struct mbuf *rb_large; /* [o] the rest of a frame; NULL: rb_rest */
	struct mbuf *rb_rest[RXBUF_REST]; /* [o] usual buffers instead */
	struct virtio_net_hdr rb_hdr; /* [o] */
	struct iovec rb_iov[2 + RXBUF_REST]; /* [o] rb_hdr, rb_head, the rest */
};

/*
 * Have room for the largest frame: rb_niov pieces of rb_iov.  false: there are
 * no buffers.
 */
bool rxbuf_ready(struct cpu *, struct rxbuf *) ON_CPU;

/* The packet of n bytes, header apart, that was read since it was ready. */
struct mbuf *rxbuf_take(struct rxbuf *, unsigned n);

/* The device is closed: buffers go home. */
void rxbuf_reclaim(struct rxbuf *, struct reclaim *);

#endif
