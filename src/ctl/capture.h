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

#endif
