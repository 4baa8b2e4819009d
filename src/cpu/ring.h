/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A bounded queue of pointers between exactly two threads.
 *
 * One thread, the producer, puts; one other, the consumer, gets; see ring.c
 * for what makes that safe without a lock.  What a pointer points to belongs
 * to the producer before ring_put() and to the consumer after ring_get().
 */
#ifndef CPU_RING_H
#define CPU_RING_H

#include <stdbool.h>

struct ring;

/* size is a power of two, at most 2^31, and all of it can be used. */
struct ring *ring_create(unsigned size);

/* Both ends are done with it; what it still holds is forgotten. */
void ring_destroy(struct ring *);

/* Put as many of the n as fit, in order, and say how many.  Single producer. */
unsigned ring_put(struct ring *, void *const *, unsigned n);

/* Get up to n and say how many.  Single consumer. */
unsigned ring_get(struct ring *, void **, unsigned n);

/*
 * How many ring_put() would take at least; only the consumer can change that,
 * and only upwards.  Single producer.
 */
unsigned ring_room(struct ring *);

/*
 * Whether nothing can be got now.  Exact: after a full barrier it sees all
 * that was put before the producer's full barrier.  Single consumer.
 */
bool ring_empty(const struct ring *);

/* How many are inside, from any thread; already history when it returns. */
unsigned ring_count(const struct ring *);

#endif
