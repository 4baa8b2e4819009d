/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Budgets of a CPU for what strangers can make it send: a token bucket each
 * (RFC 1812, 4.3.2.8; RFC 4443, 2.4(f)).
 */
#ifndef IP_ICMP_LIMIT_H
#define IP_ICMP_LIMIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/tsa.h"
#include "cpu/cpu.h"

enum icmp_budget {
	IB_ICMP, /* ICMP errors */
	IB_ICMP6,
	IB_RST, /* TCP resets of either family */
	IB_PING, /* echo replies told to ctl */
	IB_DHCP, /* messages relayed to DHCP servers, and to clients */
	IB_DHCP_REPLY,
	IB_DHCP6,
	IB_DHCP6_REPLY,
	IB_N
};

/* Bytes of what c_icmp_limit points to. */
size_t icmp_limit_size(void);

/*
 * Take one from the budget, which fills at rate a second up to a second's
 * worth; false if it is used up.
 */
bool icmp_limit_take(struct cpu *, enum icmp_budget, uint64_t rate) ON_CPU;

/* Whether there is one to take. */
bool icmp_limit_has(struct cpu *, enum icmp_budget, uint64_t rate) ON_CPU;

#endif
