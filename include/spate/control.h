/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The control protocol, for programs that speak it: one JSON object a line,
 * both ways, over a UNIX socket.
 *
 *	{"spate": 1, "command": "show", "what": "routes"}
 *	{"spate": 1, "ok": true, "done": true, "result": {"routes": [ ... ]}}
 *	{"spate": 1, "ok": false, "done": true, "error": "..."}
 */
#ifndef SPATE_CONTROL_H
#define SPATE_CONTROL_H

/* The value of "spate".  Within a version, names are only ever added. */
#define SPATE_CONTROL_VERSION 1

/* Where a daemon answers if its configuration does not say otherwise. */
#define SPATE_CONTROL_SOCKET  "/run/spate/spate.sock"

#endif
