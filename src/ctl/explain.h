/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The "explain" command: what would become of a packet.
 *
 *	{"spate": 1, "command": "explain", "interface": "lan",
 *	    "source": "10.0.1.2", "destination": "10.0.2.2",
 *	    "protocol": "udp", "source_port": 1024, "destination_port": 53,
 *	    "ttl": 64, "size": 84, "dscp": 0, "vlans": [20], "df": false,
 *	    "queue": 0}
 *
 * The first three are required.  The answer is that of told.h, with "sure"
 * beside: whether the device, and not a guess, says which queue it comes by.
 */
#ifndef CTL_EXPLAIN_H
#define CTL_EXPLAIN_H

#include <jansson.h>

#include "base/tsa.h"
#include "cpu/ctl.h"
#include "ctl/request.h"

void explain_request(
    struct ctl *, struct control_client *, const json_t *req) ON_CTL;

/* The client has gone: its answer has nowhere to go. */
void explain_gone(struct ctl *, struct control_client *) ON_CTL;

#endif
