/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A bounded queue of records, each of its own size, between exactly two
 * threads.
 *
 * One thread, the producer, reserves room, writes a record and commits it; one
 * other, the consumer, looks at the oldest and lets go of it.  A record is in
 * one piece.  See recring.c for what makes that safe without a lock.
 */
#ifndef CPU_RECRING_H
#define CPU_RECRING_H

#include <stddef.h>
#include <stdint.h>

struct recring;

/* Bytes that a record of n bytes takes. */
#define RECRING_ROUND(n) (((n) + 7) & ~(size_t)7)

/*
 * size is a power of two from 64 to 2^30.  A record of up to half of it, less
 * RECRING_HEAD, always finds room in an empty one.  NULL if there is no memory.
 */
#define RECRING_HEAD 8
struct recring *recring_create(size_t size);

/* Both ends are done with it; what it still holds is forgotten. */
void recring_destroy(struct recring *);

/*
 * Room for a record of at most n bytes, aligned for uint64_t; NULL if there is
 * none.  To be written before recring_commit(); one that is not committed
 * never was.  Single producer.
 */
void *recring_reserve(struct recring *, size_t n);

/* The record is whole and has n bytes, at most as many as were reserved. */
void recring_commit(struct recring *, size_t n);

/*
 * The oldest record, and in *n its bytes; NULL if there is none.  It stays
 * until recring_consume().  Single consumer.
 */
const void *recring_peek(struct recring *, size_t *n);
void recring_consume(struct recring *);

#endif
