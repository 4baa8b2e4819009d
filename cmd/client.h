/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Asking a running daemon.  What goes wrong is told on standard error by these
 * functions; the caller only returns its status.
 */
#ifndef CMD_CLIENT_H
#define CMD_CLIENT_H

#include <jansson.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>

struct client {
	const char *cl_path;	   /* of the socket */
	int cl_fd;		   /* -1: not open */
	bool cl_catches;	   /* signals end a wait */
	sigset_t cl_waiting;	   /* what is blocked then */
	char *cl_buf;		   /* what came and was not taken yet */
	size_t cl_len;		   /* of it */
	size_t cl_room;		   /* bytes of cl_buf */
	int cl_status;		   /* to leave with, after an error of it */
	bool cl_quiet;		   /* errors go to cl_error */
	long long cl_entry;	   /* of a list, that an error is about; -1 */
	char cl_error[512];	   /* the last one; cut if it is longer */
};

/* 0 or -1.  path: NULL for the usual one. */
int client_open(struct client *, const char *path);

/* The same without a word: errors, now and later, are in cl_error. */
int client_open_quiet(struct client *, const char *path);
void client_close(struct client *);

/*
 * From now on these signals end a wait for the daemon, with EINTR, and come in
 * only then.
 */
void client_catch(struct client *, const int *signals, size_t n);

/*
 * The answer will go on until it is ended: SIGINT, SIGTERM and SIGHUP are
 * caught, and whoever reads our output may hang up without killing us.
 */
void client_stream(struct client *);

/* Send a request: its command and version are added to it.  Takes req. */
int client_send(struct client *, const char *command, json_t *req);

/*
 * The next line of the answer: its result, for the caller to json_decref(),
 * and in *done whether it was the last.  NULL if there is none; errno is then
 * EINTR if a signal that is caught ended the wait, about which nothing
 * was printed.
 */
json_t *client_receive(struct client *, bool *done);

/* Whether client_receive() would find a whole line without waiting. */
bool client_ready(const struct client *);

/*
 * Wait for more bytes of any kind; they are appended to cl_buf.  0, EINTR as
 * above, EPIPE at the end, or another errno value.
 */
int client_more(struct client *);

/*
 * Ask one question and take its one answer.  Returns the exit status; if that
 * is CMD_OK, the result is the caller's, else NULL.  Takes req.
 */
int client_ask(const char *path, const char *command, json_t *req,
    json_t **result);

#endif
