/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The "trace" command: what becomes of packets.
 *
 *	{"spate": 1, "command": "trace", "interfaces": ["lan"], "count": 10,
 *	    "filter": [[40, 0, 0, 12], ...]}
 *
 * All but the command may be left out; "interfaces" and "filter" are those of
 * <spate/capture.h>.  "count": packets; without it they come until the client
 * sends a line, whatever it says, or hangs up.  Each packet is a line of the
 * answer, as in told.h, when its way has ended; the first line says
 * {"tracing": true}, and the last one how many packets there were:
 *
 *	{"matched": 12, "told": 10, "lost": 2}
 *
 * "matched" by the filter, "lost" of them for want of room.
 */
#ifndef CTL_TRACE_H
#define CTL_TRACE_H

#include <jansson.h>

#include "base/tsa.h"
#include "cpu/ctl.h"
#include "ctl/request.h"

void trace_request(
    struct ctl *, struct control_client *, const json_t *req) ON_CTL;

#endif
