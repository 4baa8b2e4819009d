/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Echo requests over IPv6; see ip/ping.h.
 */
#ifndef IP6_PING6_H
#define IP6_PING6_H

#include "ip/ping.h"

/* Have a CPU send one request.  ENOMEM. */
int ping6_send(struct ctl *, const struct ping *, unsigned cpu,
    const struct ping_probe *) ON_CTL;

#endif
