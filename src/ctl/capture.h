/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The "capture" command: packets for a client; see <spate/capture.h>.
 */
#ifndef CTL_CAPTURE_H
#define CTL_CAPTURE_H

#include <jansson.h>

#include "base/tsa.h"
#include "cpu/ctl.h"
#include "ctl/request.h"

void capture_request(struct ctl *, struct control_client *, const json_t *req)
    ON_CTL;

/* Whether this client has a capture; all that it says then ends it. */
bool capture_runs(const struct ctl *, const struct control_client *) ON_CTL;

/* The capture ends; the client gets what there is. */
void capture_stop(struct ctl *, struct control_client *) ON_CTL;

/* The client has read most of what it was sent. */
void capture_drained(struct ctl *, struct control_client *) ON_CTL;

/* The client has gone: its capture ends. */
void capture_gone(struct ctl *, struct control_client *) ON_CTL;

#endif
