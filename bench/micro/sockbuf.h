/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What may lie between a CPU and a program for the datagrams of a socket: four
 * candidates, each with one producer and one consumer, each copying what goes
 * in and what comes out, each with room for SB_SIZE bytes.  docs/sockets.md
 * says which was taken and why.
 */
#ifndef BENCH_SOCKBUF_H
#define BENCH_SOCKBUF_H

#include <stdalign.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "base/lines.h"

#define SB_SIZE	 (256u * 1024) /* bytes of a buffer, datagrams and all else */
#define SB_LARGE 2048u /* the largest datagram, and a word */
#define SB_WORD	 8u /* length before a datagram */

#define SB_ROUND(n) (((n) + 7) & ~(size_t)7)

struct sockbuf_kind {
	const char *sk_name;
	void *(*sk_create)(void); /* NULL: no memory */
	void (*sk_destroy)(void *);
	/*
	 * As many of n datagrams as fit, all of them the size bytes at src but
	 * for the first, which counts from *seq on.
	 */
	unsigned (*sk_put)(void *, const uint8_t *src, size_t size, unsigned n,
	    uint8_t *seq);
	/* Up to n, each to dst; their first bytes are added up in *sum. */
	unsigned (*sk_take)(void *, uint8_t *dst, unsigned n, uint64_t *sum);
	/* Bytes of memory that nobody else can use now; the producer asks. */
	size_t (*sk_held)(void *);
};

extern const struct sockbuf_kind sockbuf_lamport, sockbuf_forward,
    sockbuf_chunks, sockbuf_lists;

#endif
