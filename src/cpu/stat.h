/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Counters.
 *
 * Every layer lists its counters once, as an X-macro in its <layer>_stat.h:
 *
 *	#define IP_STATS(C, D)					\
 *		C(ips_total,	"packets received")		\
 *		D(ips_badsum,	"bad header checksum")
 *
 * C() counts something, D() is the reason a packet was dropped.  The list
 * makes the enum, the counter and the text.  src/stat.c gathers the lists of
 * all layers; each is a group here.
 *
 * A CPU has its own copy of every counter and is its only writer, by plain
 * load and store (the atomics here are relaxed: they only tell the compiler
 * that others read).  Readers sum over CPUs.  Drops are counted a second time
 * per receive interface, so that "where did my packets go" has an answer.
 * Members are marked as in cpu/endpoint.h.
 */
#ifndef CPU_STAT_H
#define CPU_STAT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* clang-format off */
#define STAT_GROUPS(X)							\
	X(SG_PATH)							\
	X(SG_CPU)							\
	X(SG_DEV)							\
	X(SG_NETISR)							\
	X(SG_ETHER)							\
	X(SG_ARP)							\
	X(SG_NEIGH)							\
	X(SG_IP)							\
	X(SG_ICMP)							\
	X(SG_IP6)							\
	X(SG_ICMP6)							\
	X(SG_ND6)							\
	X(SG_UDP)							\
	X(SG_DHCP)							\
	X(SG_FLOW)							\
	X(SG_GEN)
/* clang-format on */

#define X(id) id,
enum stat_group { STAT_GROUPS(X) SG_N };
#undef X

/*
 * The ledger of packets.  In every instance, once nothing moves:
 * received + originated + copied =
 *     delivered + sent + merged + dropped + held.
 * "held" goes up and down; a packet on its way between CPUs is held.
 */
/* clang-format off */
#define PATH_STATS(C, D)						\
	C(pks_received,	  "packets received from devices")		\
	C(pks_originated, "packets originated here")			\
	C(pks_copied,	  "packets added by copying or cutting")	\
	C(pks_delivered,  "packets consumed by this host")		\
	C(pks_sent,	  "packets handed to devices")			\
	C(pks_merged,	  "packets merged into others")			\
	C(pks_dropped,	  "packets dropped")				\
	C(pks_held,	  "packets held at the moment")			\
	D(pks_handfull,	  "hand-over ring to the other CPU is full")

#define CPU_STATS(C, D)							\
	C(cps_rounds,	"rounds")					\
	C(cps_worked,	"rounds with work")				\
	C(cps_busy_ns,	"nanoseconds in rounds with work")		\
	C(cps_sleeps,	"times it went to sleep")			\
	C(cps_messages,	"messages handled")
/* clang-format on */

/* Makes enum members of a list; the name of the count follows it. */
#define STAT_ENUM(name, text) name,

enum pathstat { PATH_STATS(STAT_ENUM, STAT_ENUM) PKS_N };
enum cpustat { CPU_STATS(STAT_ENUM, STAT_ENUM) CPS_N };

typedef _Atomic uint64_t stat_cell;

struct stat_desc {
	const char *sd_name; /* [I] member of the enum, as text */
	const char *sd_text; /* [I] for people */
	bool sd_drop; /* [I] is the reason of a drop */
};

struct stat_group_desc {
	const char *sg_name; /* [I] */
	const struct stat_desc *sg_desc; /* [I] sg_n of them */
	unsigned sg_n; /* [I] */
};

/* src/stat.c: one for each group, indexed by enum stat_group. */
extern const struct stat_group_desc stat_groups[SG_N];

/* Counters of all groups together, and where those of a group begin. */
unsigned stat_total(void);
unsigned stat_base(enum stat_group);

/* Owner CPU only, both. */
static inline void
stat_cell_set(stat_cell *s, uint64_t n)
{
	atomic_store_explicit(s, n, memory_order_relaxed);
}

static inline void
stat_cell_add(stat_cell *s, uint64_t n)
{
	atomic_store_explicit(s,
	    atomic_load_explicit(s, memory_order_relaxed) + n,
	    memory_order_relaxed);
}

/* Any thread. */
static inline uint64_t
stat_cell_read(const stat_cell *s)
{
	return atomic_load_explicit(s, memory_order_relaxed);
}

#endif
