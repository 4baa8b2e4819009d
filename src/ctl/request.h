/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The control protocol: one JSON object a line, both ways, over a stream.
 *
 *	{"spate": 1, "command": "show", "what": "routes"}
 *	{"spate": 1, "ok": true, "done": true, "result": {"routes": [ ... ]}}
 *	{"spate": 1, "ok": false, "done": true, "error": "no such thing: ..."}
 *
 * An error has "status": 2 if the request was wrong, 1 if it could not be done,
 * and "lines" if it takes several to tell.
 *
 * "spate" is the version of the protocol.  A command may answer with several
 * lines (ping); the last has "done": true.  Names within a version are only
 * ever added.
 */
#ifndef CTL_REQUEST_H
#define CTL_REQUEST_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/tsa.h"
#include "cpu/ctl.h"

#define CONTROL_VERSION 1
#define CONTROL_LINEMAX 65536 /* bytes of a request */

/*
 * Who asks.  The transport embeds it; send() is called in ctl's thread, once
 * for each line of the answer, maybe after control_request() returned.
 *
 * While cc_stream is set the answer goes on as bytes that are no lines
 * (capture.c), or as lines that the client may end at any time (trace.c); see
 * stream.h.  write() takes them, from malloc(); unread() says how many the
 * client has not taken yet.  The transport then reads requests also while
 * answers are unread, and calls control_drained() when some were taken.
 */
struct control_client {
	void (*cc_send)(struct control_client *, const json_t *reply);
	void (*cc_write)(struct control_client *, void *buf, size_t len);
	size_t (*cc_unread)(struct control_client *);
	bool cc_stream;
};

/* One line from the client, with or without its newline.  Any bytes. */
void control_request(struct ctl *, struct control_client *, const char *line,
    size_t len) ON_CTL;

/* Answer a client; result becomes the reply's.  For the commands in ctl/. */
void control_reply(struct control_client *, json_t *result, bool done);
void control_error(struct control_client *, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/*
 * The routing table of the VRF that a request names by "vrf"; 0 if it names
 * none.  false: there is no such VRF, and the client has been told.
 */
bool request_vrf(struct ctl *, struct control_client *, const json_t *req,
    unsigned *rtable) ON_CTL;

/* A client with cc_stream has taken some of what it was sent. */
void control_drained(struct ctl *, struct control_client *) ON_CTL;

/*
 * The client asked wrongly: the same, with the status that a program leaves
 * with.  What is wrong with a configuration has a line for each mistake.
 */
#define CONTROL_FAILED	1
#define CONTROL_REFUSED 2
struct conf_errors;
void control_refuse(struct control_client *, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
void control_errors(struct control_client *, int status,
    const struct conf_errors *);

/* The client has gone: answers to come have nowhere to go. */
void control_gone(struct ctl *, struct control_client *) ON_CTL;

#endif
