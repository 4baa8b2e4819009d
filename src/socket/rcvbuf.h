/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The stack's end of what came for a socket on a CPU: bytes in chunks of the
 * program's memory.
 *
 * A buffer takes chunks when data comes and gives them back when it was
 * consumed, so that an idle socket has none.  Which chunks it has is known
 * here; of the program's words only one is read, how much it has consumed.
 *
 *	I	immutable after _init()
 *	o	the CPU
 */
#ifndef SOCKET_RCVBUF_H
#define SOCKET_RCVBUF_H

#include <stddef.h>

#include "socket/app_fault.h"
#include "socket/app_mem.h"

struct rcvbuf;

/* The chunks of a program that a CPU lends to its sockets. */
struct rcvpool {
	const struct app_mem *rp_mem; /* [I] */
	uint32_t *rp_next; /* [o] by chunk: the next free, or of a buffer */
	uint32_t rp_base; /* [I] number of the first chunk */
	uint32_t rp_free; /* [o] */
	uint32_t rp_nfree; /* [o] */
	struct rcvbuf *rp_oldest; /* [o] buffers with chunks, by last use */
	struct rcvbuf *rp_latest; /* [o] */
	enum app_fault rp_fault; /* [o] of any of its buffers */
};

struct rcvbuf {
	struct rcvpool *rb_pool; /* [I] */
	struct app_rcv *rb_words; /* [I] */
	uint64_t rb_head; /* [o] bytes ever put */
	uint64_t rb_told; /* [o] rb_head, as the program knows it */
	uint64_t rb_tail; /* [o] bytes ever consumed, when last looked at */
	uint64_t rb_end; /* [o] the count at which rb_first is full */
	uint32_t rb_first; /* [o] oldest chunk; APP_NOCHUNK: has none */
	uint32_t rb_last; /* [o] the one that is filled */
	uint32_t rb_off; /* [o] bytes in rb_last */
	uint32_t rb_limit; /* [o] bytes that may wait */
	struct rcvbuf *rb_prev; /* [o] in the pool's list */
	struct rcvbuf *rb_next; /* [o] */
};

/* The chunks of one CPU; all are free.  ENOMEM. */
int rcvpool_init(struct rcvpool *, const struct app_mem *, unsigned cpu);
void rcvpool_fini(struct rcvpool *);

/*
 * Buffers that were not used for longest, up to max of them, give back what is
 * consumed.  Returns the number of chunks that came back.
 */
unsigned rcvpool_reclaim(struct rcvpool *, unsigned max);

/*
 * The buffer of a socket of the program, whose words are as after the last
 * rcvbuf_fini(), or 0.  Nothing is allocated.
 */
void rcvbuf_init(struct rcvbuf *, struct rcvpool *, struct app_rcv *,
    uint32_t limit);

/* The program reads there no more. */
void rcvbuf_fini(struct rcvbuf *);

/*
 * Look how much was consumed.  Returns the bytes that may be put now: as many
 * as are allowed to wait and have chunks.  0 with a fault.  Exact, but for what
 * the program consumes meanwhile.
 */
size_t rcvbuf_room(struct rcvbuf *);

/*
 * Put bytes behind the others, at most what rcvbuf_room() said in all since.
 * The program sees them after rcvbuf_flush().
 */
void rcvbuf_put(struct rcvbuf *, const void *, size_t);

/*
 * What was put is there.  Whether the program wants to be told: then an event
 * must be sent, and no other until it asks again.
 */
bool rcvbuf_flush(struct rcvbuf *);

/* Bytes put and not yet consumed, when rcvbuf_room() last looked. */
static inline uint64_t
rcvbuf_bytes(const struct rcvbuf *rb)
{
	return rb->rb_head - rb->rb_tail;
}

#endif
