/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a device held when it was closed goes back to the pools.  ctl closes
 * devices, but only CPUs touch pools: each gets a message with its buffers.
 */
#ifndef DEV_RECLAIM_H
#define DEV_RECLAIM_H

#include "base/tsa.h"
#include "cpu/instance.h"
#include "mbuf/mbuf.h"

struct reclaim {
	struct mbuf *rec_m[CPU_MAX]; /* by home CPU, in lists by m_nextpkt */
};

/* Add a chain, which nobody else refers to any more; rec was zeroed first. */
void reclaim_add(struct reclaim *rec, struct mbuf *);

/*
 * Send all home.  Of an instance that is being taken apart the messages are
 * never handled; its memory goes as a whole.
 */
void reclaim_send(struct spate *, struct reclaim *rec) ON_CTL;

/* The same after a while, for memory that a device may still write to. */
void reclaim_send_late(
    struct spate *, const struct reclaim *rec, uint64_t ns) ON_CTL;

#endif
