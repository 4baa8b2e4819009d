/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The "ping" command: echo requests from the instance's own stack.
 *
 *	{"spate": 1, "command": "ping", "address": "192.0.2.1", "count": 3,
 *	    "interval_ms": 1000, "size": 56}
 *
 * Answered by a line for each request, in the order of what happens to them:
 *	{"seq": 1, "rtt_us": 123.4, "from": "192.0.2.1", "ttl": 64, "size": 64}
 *	{"seq": 2, "error": "host unreachable", "from": "192.0.2.254"}
 *	{"seq": 3, "timeout": true}
 * and a last one with the counts, which is "done".
 */
#ifndef CTL_PING_H
#define CTL_PING_H

#include <jansson.h>

#include "base/tsa.h"
#include "cpu/ctl.h"
#include "ctl/request.h"

void ping_request(struct ctl *, struct control_client *, const json_t *req)
    ON_CTL;

/* The client has gone: its pings end. */
void ping_gone(struct ctl *, struct control_client *) ON_CTL;

#endif
