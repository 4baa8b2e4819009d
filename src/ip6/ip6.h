/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * IPv6 (RFC 8200), ICMPv6 (RFC 4443) and neighbour discovery (RFC 4861).
 */
#ifndef IP6_IP6_H
#define IP6_IP6_H

#include "base/tsa.h"
#include "ip6/icmp6_stat.h"
#include "ip6/ip6_stat.h"
#include "ip6/nd6_stat.h"
#include "mbuf/mbuf.h"

/* Stages. */
void ip6_input(struct cpu *, struct mvec *) ON_CPU;
void ip6_forward(struct cpu *, struct mvec *) ON_CPU;
void icmp6_input(struct cpu *, struct mvec *) ON_CPU;
void ip6_unreach(struct cpu *, struct mvec *) ON_CPU;
void ip6_output(struct cpu *, struct mvec *) ON_CPU;

#endif
