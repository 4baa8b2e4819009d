/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The program's ends of all that is in its memory.
 *
 * Each belongs to one thread at a time; threads that share a socket see to
 * that among themselves.  What the stack wrote is believed.
 *
 *	I	immutable after _init()
 *	u	the thread that uses it
 */
#ifndef SOCKET_APP_USER_H
#define SOCKET_APP_USER_H

#include <stddef.h>

#include "socket/app_mem.h"

/* The pipe of a thread to a CPU. */
struct user_pipe {
	struct app_ends *up_ends; /* [I] */
	struct app_sleeper *up_cpu; /* [I] who reads it */
	uint8_t *up_bytes; /* [I] */
	uint64_t up_mask; /* [I] bytes - 1 */
	uint64_t up_head; /* [u] bytes ever put */
	uint64_t up_told; /* [u] up_head, as the CPU knows it */
	uint64_t up_at; /* [u] where what is reserved begins */
	uint64_t up_tail; /* [u] bytes ever taken, perhaps of old */
};

void user_pipe_init(
    struct user_pipe *, const struct app_mem *, unsigned thread, unsigned cpu);

/*
 * Room for a record with n bytes behind its head, in one piece; NULL if there
 * is none.  One of up to half a pipe always finds room in an empty pipe.  To be
 * filled before user_pipe_commit(); one that is not committed never was.
 */
struct app_rec *user_pipe_reserve(struct user_pipe *, size_t n);

/* The record is whole; its rc_len says how many bytes, at most n. */
void user_pipe_commit(struct user_pipe *, const struct app_rec *);

/* The CPU may see what was committed.  Whether it sleeps and is to be woken. */
bool user_pipe_flush(struct user_pipe *);

/*
 * Have the CPU wake this thread when there is more room.  Returns true, and it
 * will not, if there is room for n bytes already.
 */
bool user_pipe_want(struct user_pipe *, size_t n);

/* The events of a CPU for a thread. */
struct user_events {
	struct app_ends *ue_ends; /* [I] */
	const struct app_event *ue_event; /* [I] */
	uint64_t ue_mask; /* [I] */
	uint64_t ue_tail; /* [u] ever taken */
	uint64_t ue_told; /* [u] ue_tail, as the CPU knows it */
	uint64_t ue_head; /* [u] ever put, perhaps of old */
};

void user_events_init(struct user_events *, const struct app_mem *,
    unsigned thread, unsigned cpu);

/* The next event, NULL if there is none.  Good until user_events_done(). */
const struct app_event *user_events_take(struct user_events *);

/* The CPU may overwrite what was taken.  Whether it waits for that. */
bool user_events_done(struct user_events *);

/* Exact, after a full barrier. */
bool user_events_waiting(const struct user_events *);

/*
 * What came for a socket on a CPU.  A copy of the struct remembers a place:
 * who puts it back reads the same again, as long as user_rcv_done() was not
 * called.
 */
struct user_rcv {
	const struct app_mem *ur_mem; /* [I] */
	struct app_rcv *ur_words; /* [I] */
	uint64_t ur_tail; /* [u] bytes ever read */
	uint64_t ur_head; /* [u] bytes ever put, perhaps of old */
	uint32_t ur_chunk; /* [u] with the next byte, or full up to it */
	uint32_t ur_off; /* [u] bytes read of it */
};

void user_rcv_init(
    struct user_rcv *, const struct app_mem *, uint32_t sock, unsigned cpu);

/* Bytes that can be read.  Exact, but for what comes meanwhile. */
uint64_t user_rcv_bytes(struct user_rcv *);

/*
 * Read n bytes, of those that the last user_rcv_bytes() counted; to NULL: they
 * are passed over.
 */
void user_rcv_get(struct user_rcv *, void *, size_t n);

/* What was read is done with: its room is the CPU's again. */
void user_rcv_done(struct user_rcv *);

/*
 * Have the CPU tell by an event when something comes.  Returns false, and it
 * need not, if there is something already.  One event may come all the same.
 */
bool user_rcv_arm(struct user_rcv *);

#endif
