/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Shared by the files of the AF_PACKET driver.
 *
 *	I	immutable after packet_open()
 *	o	the CPU that serves the queue
 *	C	ctl only
 *	A	atomic, relaxed
 */
#ifndef DEV_PACKET_INT_H
#define DEV_PACKET_INT_H

#include <stdalign.h>
#include <sys/socket.h>

#include "base/lines.h"
#include "dev/open.h"
#include "dev/packet_ring.h"
#include "dev/rxbuf.h"
#include "if/if.h"

#define PACKET_BATCH 64u /* frames sent by a call */
#define PACKET_IOVS  256u /* pieces of them, headers included */

/* Frames that are ready to be sent, in order, by the same socket. */
struct packet_batch {
	unsigned pb_n; /* [o] frames */
	unsigned pb_niov; /* [o] pieces in pb_iov */
	bool pb_tagged; /* [o] they are VLAN frames */
	struct mbuf *pb_m[PACKET_BATCH]; /* [o] */
	struct mmsghdr pb_msg[PACKET_BATCH]; /* [o] */
	struct virtio_net_hdr pb_hdr[PACKET_BATCH]; /* [o] */
	struct iovec pb_iov[PACKET_IOVS]; /* [o] */
};

struct packet_queue {
	/* Neighbours are served by other CPUs. */
	alignas(LINEPAIR) int pq_fd; /* [I] */
	int pq_slowfd; /* [I] the softc's */
	uint8_t *pq_ring; /* [I] PACKET_RING bytes; MAP_FAILED: no rx */
	uint32_t pq_at; /* [o] slots read */
	unsigned pq_nbuf; /* [o] in pq_buf */
	struct mbuf *pq_buf[MVEC_MAX]; /* [o] for frames from slots */
	struct rxbuf pq_rxbuf; /* [o] for frames from the socket's queue */
	struct packet_batch pq_batch; /* [o] */
	alignas(CACHELINE) stat_cell pq_nobuf; /* [A] lost: no buffers */
	stat_cell pq_lost; /* [A] large frames the kernel had no room for */
	stat_cell pq_rxbad; /* [A] frames that make no sense */
	stat_cell pq_txbad; /* [A] frames the kernel refused */
	stat_cell pq_toolong; /* [A] frames larger than the device's MTU */
	stat_cell pq_longest; /* [A] bytes of the largest of these */
	stat_cell pq_down; /* [A] frames sent while it was down or gone */
	uint64_t pq_full; /* [C] lost: the ring was full */
};

struct packet_softc {
	const struct opener *ps_opener; /* [I] */
	unsigned ps_nq; /* [I] */
	struct packet_queue *ps_q; /* [I] ps_nq of them */
	int ps_slowfd; /* [I] sends by way of the queueing discipline */
	int ps_claimfd; /* [I] keeps the name that tells of us */
	int ps_mutefd; /* [I] keeps the kernel's stack from hearing; or -1 */
	bool ps_gone; /* [C] the device was deleted */
	struct open_res ps_found; /* [I] */
	char ps_name[OPEN_NAMELEN]; /* [I] */
};

/* Members of the driver's table, see struct dev_ops. */
unsigned packet_rx(struct cpu *, struct rxq *, struct mvec *, unsigned max);
unsigned packet_tx(struct cpu *, struct txq *, struct mbuf **, unsigned n);
void packet_kick(struct cpu *, struct txq *);
bool packet_arm(struct cpu *, struct rxq *);

#endif
