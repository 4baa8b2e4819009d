/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Protection of the control plane: how many packets a second that are for this
 * host itself a CPU does anything about, by protocol and interface: a flood on
 * one link leaves the others theirs.  A budget is a token bucket of a tenth of
 * a second's worth; what is beyond it is dropped by whoever asked, with a
 * reason of his own, before it costs more.
 */
#ifndef NETISR_PUNT_H
#define NETISR_PUNT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/tsa.h"
#include "cpu/cpu.h"

/* clang-format off */
/*	budget, name, sysctl (a member of struct sysctls) */
#define PUNTS(X)							\
	X(PUNT_ARP, "arp", punt_arp)	/* of or to an own address */	\
	X(PUNT_ND, "nd", punt_nd)	/* and router discovery */	\
	X(PUNT_ICMP, "icmp", punt_icmp)					\
	X(PUNT_ICMP6, "icmp6", punt_icmp6)				\
	X(PUNT_TCP, "tcp", punt_tcp)	/* of either family, as … */	\
	X(PUNT_UDP, "udp", punt_udp)					\
	X(PUNT_OTHER, "other", punt_other)
/* clang-format on */

#define X(id, name, member) id,
enum punt { PUNTS(X) PUNT_N };
#undef X

extern const char *const punt_names[PUNT_N];

int punt_cpu_init(struct cpu *) ON_CTL; /* ENOMEM */
void punt_cpu_fini(struct cpu *);

/*
 * Whether the interface's budget has room for one more packet, which is taken
 * from it.
 */
bool punt_take(struct cpu *, unsigned ifindex, enum punt) ON_CPU;

/*
 * Packets a second, CPU and interface; 0: any number.  Any thread, as the next.
 */
uint64_t punt_rate(const struct spate *, enum punt);

/* How many of an interface's a CPU let in, and how many it did not. */
struct punt_counts {
	uint64_t puc_passed;
	uint64_t puc_refused;
};
void punt_counts(const struct spate *, unsigned cpu, unsigned ifindex,
    enum punt, struct punt_counts *);

#endif
