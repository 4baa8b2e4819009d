/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Clients of the control socket.
 */
#ifndef CMD_DAEMON_SERVER_H
#define CMD_DAEMON_SERVER_H

#include <uv.h>

#include "base/tsa.h"
#include "ctl/request.h"

struct server;

/* Accept clients on fd, which listens.  0 or an error of libuv. */
int server_create(uv_loop_t *, struct ctl *, int fd, struct server **);

/* Hang up on all clients; the loop has to run until that is done. */
void server_destroy(struct server *);

#endif
