/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What both families of the relay share.
 */
#ifndef DHCP_RELAY_INT_H
#define DHCP_RELAY_INT_H

#include <stdbool.h>

#include "dhcp/relay.h"
#include "ip/icmp_limit.h"

/* Longest message; those of hosts have some hundred bytes. */
#define RELAY_MAX 4096u

/* It was relayed. */
void relay_done(struct cpu *, struct mbuf *, enum relaystat) ON_CPU;

static inline void ON_CPU
relay_drop(struct cpu *c, struct mbuf *m, enum relaystat why)
{
	m_drop(c, m, SG_DHCP, why);
}

/* Whether one more may be relayed now. */
bool relay_take(struct cpu *, enum icmp_budget) ON_CPU;

#endif
