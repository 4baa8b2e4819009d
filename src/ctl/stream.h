/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Streams: answers that go on until somebody ends them.  "capture" and "trace"
 * send a client what the CPUs put into the rings of a capture (mbuf/capture.h),
 * by timer and whenever the client has read.
 *
 * The life of a stream: it runs; it is withdrawn, because it has sent what was
 * asked for, or the client asked or has gone; when no CPU writes any more
 * (qsbr) it sends what is left, its last words, and ends.  The client may go
 * at any time.
 *
 *	C	ctl only
 *	I	immutable after stream_start(); ctl only
 */
#ifndef CTL_STREAM_H
#define CTL_STREAM_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/tsa.h"
#include "cpu/ctl.h"
#include "cpu/wheel.h"
#include "ctl/request.h"
#include "mbuf/capture.h"

#define STREAM_UNREAD (1u << 20) /* bytes the client may have unread */

struct ifnet;
struct stream;

enum stream_state {
	STREAM_RUNS,
	STREAM_WITHDRAWN, /* some CPU may still write */
	STREAM_QUIET, /* what is left is sent */
};

/* When a record was made, and its place among those of all CPUs. */
struct stream_place {
	uint64_t pl_time; /* ns */
	uint64_t pl_order;
};

struct stream_ops {
	const char *so_name; /* of the command */
	const char *so_toomany; /* what runs already, for the refusal */
	struct stream_place (*so_place)(const void *record);

	/* Say by stream_want() which interfaces it is about; they change. */
	void (*so_interfaces)(struct stream *);

	/*
	 * Send what there is, as far as the client has room; false if some of
	 * it must wait.  May withdraw the stream.
	 */
	bool (*so_drain)(struct stream *);

	/* All has been sent: the last words. */
	void (*so_end)(struct stream *);

	/* One of this kind runs from now on, or no more.  NULL: so what. */
	void (*so_switch)(struct ctl *);

	/* Free the stream and all that is the command's own. */
	void (*so_free)(struct stream *);
};

/* The command embeds it. */
struct stream {
	struct stream *sm_next; /* [C] of all */
	const struct stream_ops *sm_ops; /* [I] */
	struct ctl *sm_ctl; /* [I] */
	struct capture *sm_cap; /* [I] the stream's own */
	struct control_client *sm_client; /* [C] NULL: gone */
	struct timer sm_timer; /* [C] */
	enum stream_state sm_state; /* [C] */
	json_t *sm_names; /* [I] of interfaces; NULL: all */
};

/*
 * Begin to run; the stream, zero but for what is the command's own, and the
 * capture are then the stream's to free.  False: it could not, the client was
 * told why, and both are gone.  names: NULL for all interfaces.
 */
bool stream_start(struct stream *, const struct stream_ops *, struct ctl *,
    struct control_client *, struct capture *, json_t *names) ON_CTL;

/* It ends, once what is in the rings has been sent.  Again: no matter. */
void stream_withdraw(struct stream *) ON_CTL;

/* Whether one with these operations runs and has not been withdrawn. */
bool stream_running(const struct ctl *, const struct stream_ops *) ON_CTL;

/* Interface index, if it is there and is one of the stream's; else NULL. */
const struct ifnet *stream_want(struct stream *, unsigned index) ON_CTL;

/*
 * The ring whose first record has the least place; NULL if there is none that
 * is due: the last two milliseconds wait, for a CPU that is still in its round
 * and has older ones.
 */
struct recring *stream_oldest(const struct stream *, const void **first)
    ON_CTL;

/* Whether this client has a stream; all that it says then ends it. */
bool stream_runs(const struct ctl *, const struct control_client *) ON_CTL;

/* The stream ends; the client gets what there is. */
void stream_stop(struct ctl *, struct control_client *) ON_CTL;

/* The client, which may have no stream, has read most of what it was sent. */
void stream_drained(struct ctl *, struct control_client *) ON_CTL;

/* The client, which may have no stream, has gone: its stream ends. */
void stream_gone(struct ctl *, struct control_client *) ON_CTL;

#endif
