/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The "rss" command: buckets of flows get other owners.
 *
 *	{"spate": 1, "command": "rss", "buckets": "0-63,70", "cpu": 1}
 *	{"spate": 1, "command": "rss", "buckets": "all", "cpu": "spread"}
 *
 * "spread" is each bucket's CPU at start.  Answered when all of them have
 * moved:
 *	{"buckets": 65, "moved": 33}
 * Requests of several clients are served one after the other.
 */
#ifndef CTL_RSS_H
#define CTL_RSS_H

#include <jansson.h>

#include "base/tsa.h"
#include "cpu/ctl.h"
#include "ctl/request.h"

void rss_request(
    struct ctl *, struct control_client *, const json_t *req) ON_CTL;

/* The client has gone: what it asked for happens, unanswered. */
void rss_gone(struct ctl *, struct control_client *) ON_CTL;

#endif
