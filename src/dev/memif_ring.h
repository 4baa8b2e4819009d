/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A ring of memif as one side sees it, and the memory it leads to.
 *
 * Nothing the peer writes is believed: each shared word is read once and
 * checked before use; what makes no sense stops the ring (mr_fault), and ctl
 * cuts the peer off.  Frames are always copied.
 *
 *	I	immutable after memif_ring_init()
 *	o	the CPU that serves the queue
 *	C	ctl only
 *	A	atomic, relaxed
 */
#ifndef DEV_MEMIF_RING_H
#define DEV_MEMIF_RING_H

#include "base/tsa.h"
#include "dev/memif_wire.h"
#include "mbuf/mbuf.h"

#define MEMIF_REGIONS	16u /* of a connection */
#define MEMIF_FRAME_MAX 65554u /* a packet of 64 KiB and its link header */

/* What a peer may do wrong. */
enum memif_fault {
	MEMIF_SOUND,
	MEMIF_F_INDEX, /* more entries than the ring has */
	MEMIF_F_REGION, /* a buffer in no region */
	MEMIF_F_BOUNDS, /* a buffer beyond its region */
	MEMIF_F_LENGTH, /* more in a buffer than fits */
	MEMIF_F_EMPTY, /* a buffer of no bytes is offered */
	MEMIF_F_CHAIN, /* a frame that fills the ring and does not end */
	MEMIF_F_FRAME, /* a frame beyond MEMIF_FRAME_MAX */
	MEMIF_NFAULTS
};

/* Memory shared with the peer, mapped. */
struct memif_region {
	uint8_t *mg_base; /* [I] */
	size_t mg_size; /* [I] */
};

/* The four kinds of a ring: who made its memory, and who fills frames in. */
enum memif_kind {
	MEMIF_CLIENT_TX, /* S2M, ours */
	MEMIF_CLIENT_RX, /* M2S, ours */
	MEMIF_SERVER_TX, /* M2S, the peer's */
	MEMIF_SERVER_RX, /* S2M, the peer's */
};

struct memif_ring {
	alignas(LINEPAIR) struct memif_ring_wire *mr_wire; /* [I] */
	uint8_t *mr_bufs; /* [I] client: buffer 0 of the ring */
	const struct memif_region *mr_region; /* [I] */
	unsigned mr_nregion; /* [I] */
	uint32_t mr_bufsize; /* [I] client: of a buffer */
	uint32_t mr_offset; /* [I] client: mr_bufs in its region */
	uint32_t mr_size; /* [I] descriptors */
	enum memif_kind mr_kind; /* [I] */
	int mr_fd; /* [I] eventfd: to tell the peer, or by which it tells */
	uint16_t mr_at; /* [o] next descriptor that is ours to use */
	uint16_t mr_upto; /* [o] the peer's index, when last looked at */
	uint16_t mr_part; /* [o] rx: descriptors of a frame not all there */
	bool mr_armed; /* [o] rx: the peer shall wake us */
	_Atomic uint8_t mr_fault; /* [A] enum memif_fault */
	stat_cell mr_tells; /* [A] tx: odd inside a write to mr_fd */
	uint64_t mr_told; /* [C] mr_tells when ctl last looked */
};

/* What a queue counted, over all its connections. */
struct memif_count {
	alignas(LINEPAIR) stat_cell mk_nobuf; /* [A] rx: no buffers */
	stat_cell mk_bad; /* [A] rx: frames that are none */
	stat_cell mk_toolong; /* [A] tx: larger than the whole ring */
};

/*
 * Where the ring is and what kind it is stands in it already; sets the rest.
 * A client's ring is written as the protocol wants it at the start.
 */
void memif_ring_init(struct memif_ring *);

/*
 * The peer is ready: offer buffers to receive in.  Not before, for servers
 * (DPDK's) put both indices to 0 when they connect.
 */
void memif_ring_begin(struct memif_ring *);

/* As do_rx and do_tx of a driver (if/if.h). */
unsigned memif_ring_rx(struct cpu *, struct memif_ring *,
    struct memif_count *, struct mvec *, unsigned max) ON_CPU;
unsigned memif_ring_tx(struct cpu *, struct memif_ring *,
    struct memif_count *, struct mbuf **, unsigned n) ON_CPU;

/* Have the peer know that there is something new, if it sleeps. */
void memif_ring_tell(struct memif_ring *);

/*
 * Have the peer tell from now on.  Returns true, and it will not, if there is
 * something already.
 */
bool memif_ring_arm(struct memif_ring *);

/* What a peer that did this did, for people. */
const char *memif_fault_text(enum memif_fault);

#endif
