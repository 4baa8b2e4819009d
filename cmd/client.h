/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Asking a running daemon.  What goes wrong is told on standard error by these
 * functions; the caller only returns its status.
 */
#ifndef CMD_CLIENT_H
#define CMD_CLIENT_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

struct client {
	const char *cl_path; /* of the socket */
	FILE *cl_file;	     /* to it and from it */
};

/* 0 or -1.  path: NULL for the usual one. */
int client_open(struct client *, const char *path);
void client_close(struct client *);

/* Send a request: its command and version are added to it.  Takes req. */
int client_send(struct client *, const char *command, json_t *req);

/*
 * The next line of the answer: its result, for the caller to json_decref(),
 * and in *done whether it was the last.  NULL if there is none; errno is then
 * EINTR if a signal ended the wait, about which nothing was printed.
 */
json_t *client_receive(struct client *, bool *done);

#endif
