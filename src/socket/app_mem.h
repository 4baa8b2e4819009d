/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The memory of a program that uses sockets of Spate: one file without a name,
 * mapped by the program and by Spate, with nothing in it but what these two
 * tell each other.  The one header that both ends include.
 *
 *	pipes	program -> CPU, one for each of its threads and each CPU:
 *		records of their own size, data inline
 *	events	CPU -> program, one ring for each CPU and each thread
 *	rcv	for each socket and CPU: how far the data that came was put and
 *		consumed
 *	chunks	where that data lies, lent to a socket while there is some
 *
 * The program believes what the stack wrote.  The stack believes nothing: it
 * keeps what it wrote in memory of its own, loads each word of the program's
 * once, and checks it.
 *
 * Sleep and wake-up (docs/models/socket.pml is this protocol): who is about to
 * wait sets a flag, passes a full barrier and looks once more at what it waits
 * for; who makes that come true stores it, passes a full barrier and takes the
 * flag, and if it was set wakes the other.  One of the two sees the other's
 * store.
 *
 * Who writes a word; the other end reads it:
 *	P	the program
 *	S	the stack: the CPU that the word is of
 *	F	a flag: set by who waits, taken by who wakes him (exchange)
 *	I	nobody
 */
#ifndef SOCKET_APP_MEM_H
#define SOCKET_APP_MEM_H

#include <assert.h>
#include <stdalign.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/lines.h"
#include "base/point.h"

#define APP_PAGE 4096u

/* How much of everything; the program chooses and says so when it attaches. */
struct app_shape {
	uint32_t as_ncpus; /* [I] of the instance */
	uint32_t as_nthreads; /* [I] of the program: pipes to each CPU */
	uint32_t as_nsocks; /* [I] at the same time */
	uint32_t as_pipe; /* [I] bytes of a pipe, a power of two */
	uint32_t as_events; /* [I] in a ring, a power of two */
	uint32_t as_nchunks; /* [I] for each CPU */
};

/* Room for a record with the largest datagram in half of it. */
#define APP_PIPE_MIN (256u * 1024)
#define APP_PIPE_MAX (64u * 1024 * 1024)
#define APP_EV_MIN   16u
#define APP_EV_MAX   (1u << 20)
#define APP_THREADS  256u
#define APP_SOCKS    (1u << 22)
#define APP_CHUNKS   (1u << 22)

/* The two ends of a ring, pipe or events; counts never wrap. */
struct app_ends {
	alignas(LINEPAIR) _Atomic uint64_t ae_head; /* [P, S] by the producer:
						     * ever put */
	_Atomic uint32_t ae_full; /* [F] the producer waits for room */
	alignas(LINEPAIR) _Atomic uint64_t ae_tail; /* [P, S] by the consumer:
						     * ever taken */
};

/* A record of a pipe; in multiples of 16 bytes, and in one piece. */
struct app_rec {
	uint32_t rc_len; /* [P] of what follows */
	uint16_t rc_op; /* [P] APP_SKIP, or what to do */
	uint16_t rc_flags; /* [P] */
	uint32_t rc_sock; /* [P] number of the socket */
	uint32_t rc_tag; /* [P] is in the event that answers */
};
static_assert(sizeof(struct app_rec) == 16, "in a pipe");

#define APP_SKIP 0 /* the next record stands where the pipe begins */

/* Bytes that a record with n bytes takes. */
#define APP_REC_ROUND(n)                                                       \
	(((uint64_t)(n) + 2 * sizeof(struct app_rec) - 1) &                    \
	    ~(uint64_t)(sizeof(struct app_rec) - 1))

struct app_event {
	uint32_t ev_sock; /* [S] */
	uint16_t ev_what; /* [S] */
	int16_t ev_error; /* [S] errno */
	uint32_t ev_tag; /* [S] of the record that is answered */
	uint32_t ev_len; /* [S] bytes in ev_data */
	uint8_t ev_data[48]; /* [S] */
};
static_assert(sizeof(struct app_event) == CACHELINE, "whole lines");

/*
 * The data that came for a socket on a CPU.  It is a row of bytes, counted from
 * the first that ever came; it lies in chunks, the first of which begins with
 * byte rw_start.
 */
struct app_rcv {
	alignas(CACHELINE) _Atomic uint64_t rw_head; /* [S] bytes ever put */
	/* Both change only while all is consumed, before rw_head does. */
	_Atomic uint64_t rw_start; /* [S] */
	_Atomic uint32_t rw_chunk; /* [S] the chunk with byte rw_start */
	alignas(CACHELINE) _Atomic uint64_t rw_tail; /* [P] bytes ever
						      * consumed */
	_Atomic uint32_t rw_armed; /* [F] tell by an event that some came */
};
static_assert(sizeof(struct app_rcv) == 2 * CACHELINE, "a line for each end");

#define APP_CHUNK   APP_PAGE
#define APP_CHUNKED (APP_CHUNK - 8u) /* bytes of data in one */
#define APP_NOCHUNK UINT32_MAX

struct app_chunk {
	_Atomic uint32_t ac_next; /* [S] where the data goes on */
	uint32_t ac_unused; /* [I] */
	uint8_t ac_data[APP_CHUNKED]; /* [S] */
};
static_assert(sizeof(struct app_chunk) == APP_CHUNK, "a page");

/* Somebody who sleeps: a CPU, as far as this program goes, or a thread. */
struct app_sleeper {
	alignas(LINEPAIR) _Atomic uint32_t al_asleep; /* [F] */
};

/* Where everything is: bytes from the start. */
struct app_layout {
	uint64_t ay_cpus; /* struct app_sleeper for each CPU */
	uint64_t ay_threads; /* and for each thread */
	uint64_t ay_pipe_ends; /* by thread, then CPU */
	uint64_t ay_event_ends; /* by thread, then CPU */
	uint64_t ay_pipes;
	uint64_t ay_events;
	uint64_t ay_rcv; /* by socket, then CPU */
	uint64_t ay_chunks; /* by CPU */
	uint64_t ay_size; /* of all, in whole pages */
};

/*
 * What is wrong with the shape, in words, for somebody who chose it; NULL if
 * nothing is, and then *ay is where things are.  Any thread.
 */
const char *app_layout(const struct app_shape *, struct app_layout *ay);

/* The mapped memory and what is where in it. */
struct app_mem {
	uint8_t *am_base; /* [I] of ay_size bytes, page aligned */
	struct app_shape am_shape; /* [I] */
	struct app_layout am_layout; /* [I] */
};

static inline struct app_sleeper *
app_cpu_sleeper(const struct app_mem *am, unsigned cpu)
{
	return (struct app_sleeper *)(void *)(am->am_base +
	    am->am_layout.ay_cpus) + cpu;
}

static inline struct app_sleeper *
app_thread_sleeper(const struct app_mem *am, unsigned thread)
{
	return (struct app_sleeper *)(void *)(am->am_base +
	    am->am_layout.ay_threads) + thread;
}

/* Number of the ring between a thread and a CPU. */
static inline unsigned
app_ring(const struct app_mem *am, unsigned thread, unsigned cpu)
{
	return thread * am->am_shape.as_ncpus + cpu;
}

static inline struct app_ends *
app_pipe_ends(const struct app_mem *am, unsigned ring)
{
	return (struct app_ends *)(void *)(am->am_base +
	    am->am_layout.ay_pipe_ends) + ring;
}

static inline uint8_t *
app_pipe_bytes(const struct app_mem *am, unsigned ring)
{
	return am->am_base + am->am_layout.ay_pipes +
	    (uint64_t)ring * am->am_shape.as_pipe;
}

static inline struct app_ends *
app_event_ends(const struct app_mem *am, unsigned ring)
{
	return (struct app_ends *)(void *)(am->am_base +
	    am->am_layout.ay_event_ends) + ring;
}

static inline struct app_event *
app_events(const struct app_mem *am, unsigned ring)
{
	return (struct app_event *)(void *)(am->am_base +
	    am->am_layout.ay_events) +
	    (uint64_t)ring * am->am_shape.as_events;
}

static inline struct app_rcv *
app_rcv(const struct app_mem *am, uint32_t sock, unsigned cpu)
{
	return (struct app_rcv *)(void *)(am->am_base +
	    am->am_layout.ay_rcv) +
	    (uint64_t)sock * am->am_shape.as_ncpus + cpu;
}

/* Chunk of a number; those of CPU c are as_nchunks from c * as_nchunks on. */
static inline struct app_chunk *
app_chunk(const struct app_mem *am, uint32_t chunk)
{
	return (struct app_chunk *)(void *)(am->am_base +
	    am->am_layout.ay_chunks) + chunk;
}

/*
 * The waiter's half: set the flag, full barrier.  After it the caller looks at
 * what it waits for, once, and either waits or calls app_flag_clear().
 */
static inline void
app_flag_set(_Atomic uint32_t *flag)
{
	sim_point(SP_SLEEP);
	atomic_store_explicit(flag, 1, memory_order_relaxed);
	/* Flag written before, indices read after: pairs with _take(). */
	atomic_thread_fence(memory_order_seq_cst);
	sim_point(SP_SLEEP);
}

static inline void
app_flag_clear(_Atomic uint32_t *flag)
{
	atomic_store_explicit(flag, 0, memory_order_relaxed);
}

/*
 * The other half, after the index was stored: whether somebody waits, and the
 * caller is who must wake him.
 */
static inline bool
app_flag_take(_Atomic uint32_t *flag)
{
	sim_point(SP_WAKE);
	/* Index stored before, flag read after: pairs with _set(). */
	atomic_thread_fence(memory_order_seq_cst);
	if (atomic_load_explicit(flag, memory_order_relaxed) == 0)
		return false;
	return atomic_exchange_explicit(flag, 0, memory_order_acq_rel) != 0;
}

#endif
