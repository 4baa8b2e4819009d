/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where the child gets a new configuration.
 */
#ifndef CMD_DAEMON_SOURCE_H
#define CMD_DAEMON_SOURCE_H

#include <uv.h>

#include "base/tsa.h"
#include "ctl/reload.h"

struct source;

/*
 * Have reloads of ctl's configuration come from the parent behind a socket.
 * 0 or an error of libuv; what is in *sop must be destroyed in either case.
 */
int source_create(uv_loop_t *, struct ctl *, int sock, struct source **)
    ON_CTL;

/* When the loop has closed all handles. */
void source_destroy(struct source *);

#endif
