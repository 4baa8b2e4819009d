/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Shared by the files of the AF_XDP driver.
 *
 *	I	immutable after xdp_open()
 *	o	the CPU that serves the queue
 *	C	ctl only
 *	A	atomic, relaxed
 */
#ifndef DEV_XDP_INT_H
#define DEV_XDP_INT_H

#include <stdalign.h>

#include "base/lines.h"
#include "dev/open.h"
#include "dev/xdp_prog.h"
#include "dev/xdp_ring.h"
#include "if/if.h"

#define XDP_SURE   8 /* unfinished checksums that are no chance … */
#define XDP_CHANCE 8192 /* … if more than one packet in so many has one */

struct xdp_queue {
	/* Neighbours are served by other CPUs. */
	alignas(LINEPAIR) int xq_fd; /* [I] */
	uint32_t xq_want; /* [I] buffers to have in the kernel's hands */
	uint32_t xq_given; /* [o] that are there */
	struct xdp_ring xq_rx; /* [o] */
	struct xdp_ring xq_fill; /* [o] */
	struct xdp_ring xq_tx; /* [o] */
	struct xdp_ring xq_done; /* [o] */
	struct mbuf *xq_part; /* [o] a frame that is not whole yet; or NULL */
	struct mbuf *xq_last; /* [o] its last piece */
	uint32_t xq_seen; /* [o] packets, for sampling */
	stat_cell xq_looked; /* [A] packets whose checksum was looked at */
	stat_cell xq_unfinished; /* [A] packets with an unfinished one */
	stat_cell xq_toolong; /* [A] frames longer than xs_longest */
	stat_cell xq_txbad; /* [A] frames that could not be sent */
};

struct xdp_softc {
	const struct opener *xs_opener; /* [I] */
	struct spate *xs_sp; /* [I] */
	uint8_t *xs_base; /* [I] packet memory */
	uint8_t *xs_held; /* [o] of each buffer's holder: kernel has it */
	unsigned xs_pieces; /* [I] that a frame may be in */
	unsigned xs_longest; /* [I] bytes of the largest frame, with tags */
	unsigned xs_nq; /* [I] */
	struct xdp_queue *xs_q; /* [I] xs_nq of them */
	int xs_linkfd; /* [I] */
	int xs_packetfd; /* [I] */
	bool xs_repair; /* [I] look at every packet's checksum */
	bool xs_gone; /* [C] the device is not there any more */
	_Atomic bool xs_told; /* [A] it has been logged */
	struct open_res xs_found; /* [I] */
	char xs_name[OPEN_NAMELEN]; /* [I] */
};

/* A finished checksum looks unfinished once in 65,536 times. */
static inline bool
xdp_sure(uint64_t unfinished, uint64_t looked)
{
	return unfinished >= XDP_SURE && unfinished > looked / XDP_CHANCE;
}

/* Members of the driver's table, see struct dev_ops. */
unsigned xdp_rx(struct cpu *, struct rxq *, struct mvec *, unsigned max);
unsigned xdp_tx(struct cpu *, struct txq *, struct mbuf **, unsigned n);
void xdp_kick(struct cpu *, struct txq *);
bool xdp_arm(struct cpu *, struct rxq *);
bool xdp_txpending(struct cpu *, struct txq *);

#endif
