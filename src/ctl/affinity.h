/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The "affinity" command: a receive queue for another CPU.
 *
 *	{"command": "affinity", "interface": "wan", "queue": 0, "cpu": 1}
 */
#ifndef CTL_AFFINITY_H
#define CTL_AFFINITY_H

#include <jansson.h>

#include "base/tsa.h"
#include "cpu/ctl.h"
#include "ctl/request.h"

void affinity_request(struct ctl *, struct control_client *,
    const json_t *req) ON_CTL;

#endif
