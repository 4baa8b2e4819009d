/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An instance of Spate: one host or router with all it owns.  There are no
 * globals; two instances in one process are two machines.
 *
 * The environment is an argument: clock, sleep, wake-up, log and seed come
 * from whoever creates the instance.  Under threads they are the system's;
 * under the simulator virtual.  The code cannot tell.
 *
 *	I	immutable after spate_create(), or the event named
 *	C	ctl only
 *	P	published by ctl; a CPU reads it at most until the end of its
 *		round (qsbr)
 *	A	atomic, relaxed
 */
#ifndef CPU_INSTANCE_H
#define CPU_INSTANCE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/log.h"
#include "base/toeplitz.h"
#include "base/tsa.h"
#include "cpu/endpoint.h"
#include "cpu/qsbr.h"
#include "cpu/sysctl.h"

#define IF_MAX 256 /* interfaces; index 0 is "none: originated here" */
#define RT_MAX 16 /* routing tables, one for each VRF; 0 is that of all else */
#define RT_MAIN "main" /* name of table 0 */
#define RT_NAMELEN 16

struct captures;
struct cpu;
struct ctl;
struct fib4;
struct fib6;
struct gen;
struct ifnet;
struct neigh_table;
struct nhop;
struct nhop_table;
struct opener;
struct pktmem;
struct rib;
struct rss;
struct rules;
struct udp;

struct spate_env {
	/* Nanoseconds of a clock that never goes back. */
	uint64_t (*env_now)(void *arg);
	/*
	 * Nanoseconds since 1970 in UTC, as far as the machine knows; any
	 * thread.  NULL: the time of day is not known.
	 */
	uint64_t (*env_utc)(void *arg);
	/*
	 * Sleep until woken or until the clock reads until_ns (UINT64_MAX:
	 * for ever).  Called by the end point's own thread after
	 * endpoint_sleep_begin().
	 */
	void (*env_wait)(void *arg, struct endpoint *, uint64_t until_ns);
	/* End env_wait() of another end point, now or when it begins. */
	void (*env_wake)(void *arg, struct endpoint *);
	/*
	 * A descriptor that ends env_wait() of the end point when readable,
	 * or no longer does.  Called by the end point's own thread; NULL where
	 * there are no descriptors.
	 */
	void (*env_watch)(void *arg, struct endpoint *, int fd, bool on);
	void *env_arg;
	struct log env_log;
	struct opener *env_opener; /* of devices; NULL: dev's own */
	uint64_t env_seed; /* of all random numbers */
	uint8_t env_secret[16]; /* the machine's own, the same at each start */
	bool env_virtual; /* simulated: poison, pair links delay */
};

/* One routing table: what readers see, and what ctl builds it from. */
struct rtable {
	_Atomic(struct fib4 *) rt_fib4; /* [P] */
	_Atomic(struct fib6 *) rt_fib6; /* [P] */
	_Atomic uint32_t rt_gen; /* [A] bumped after each publish */
	struct rib *rt_rib; /* [C] */
	char rt_name[RT_NAMELEN]; /* [C] of the VRF; empty: not in use */
};

struct spate_conf {
	unsigned sc_ncpus;
	uint64_t sc_pktmem; /* bytes of packet memory; 0 for the default */
	bool sc_shared; /* it has a descriptor, as AF_XDP requires */
	const char *sc_hostname;
};

struct spate {
	struct spate_env sp_env; /* [I] */
	unsigned sp_ncpus; /* [I] */
	struct cpu *sp_cpu[CPU_MAX]; /* [I] */
	struct endpoint *sp_ep[EP_MAX]; /* [I] CPUs, then ctl */
	struct ctl *sp_ctl; /* [I] */
	/*
	 * What CPUs do, over and over, and when idle: cpu_round(), cpu_idle(),
	 * path.h; of a tester its own, gen/gen.h.
	 */
	void (*sp_round)(struct cpu *); /* [I] before CPUs run */
	void (*sp_idle)(struct cpu *); /* [I] before CPUs run */
	struct gen *sp_gen; /* [I] before CPUs run; NULL: not a tester */
	struct pktmem *sp_pktmem; /* [I] mbuf/ */
	struct sysctls sp_sysctl; /* [A] */
	uint64_t sp_started; /* [I] clock at creation */
	char sp_hostname[64]; /* [I] */
	struct rss *sp_rss; /* [I] flows to CPUs, netisr/ */
	struct udp *sp_udp; /* [I] end points, udp/ */
	uint8_t sp_rss_key[TOEPLITZ_KEYLEN]; /* [I] what NICs are told */

	/* Read by CPUs all the time, written by ctl seldom. */
	_Atomic(struct ifnet *) sp_if[IF_MAX]; /* [P] by index */
	_Atomic uint16_t sp_if_dev[IF_MAX]; /* [A] whose queues its packets
					      * come by: itself, or below */
	struct rtable sp_rt[RT_MAX]; /* [P] */
	_Atomic(struct nhop_table *) sp_nhops; /* [P] by FIB result */
	_Atomic(struct neigh_table *) sp_neighs; /* [P] */
	_Atomic(struct rules *) sp_rules; /* [P] NULL: there are none */
	/*
	 * Moves on when a next hop or a neighbour is replaced or goes, before
	 * that is retired: what a CPU resolved before counts no more.
	 */
	_Atomic uint32_t sp_hopgen; /* [A] */
	/*
	 * Moves on when a forwarding table was published, or ctl forgets that
	 * CPUs told of a neighbour's use: what they remember of a flow, which
	 * is more than of a next hop, counts no more.
	 */
	_Atomic uint32_t sp_flowgen; /* [A] */
	_Atomic(struct captures *) sp_captures; /* [P] NULL: none runs */
	_Atomic uint64_t sp_tellseq; /* [A] records told so far, mbuf/tell.h */
	_Atomic uint32_t sp_tellid; /* [A] packets told so far */
	_Atomic uint32_t sp_mss; /* [A] interfaces that limit TCP's MSS */
	_Atomic uint32_t sp_relays; /* [A] interfaces that relay DHCP */
	_Atomic uint32_t sp_udps; /* [A] end points of UDP */
	_Atomic uint32_t sp_policies; /* [A] if_policy of all, together */

	struct qsbr sp_qsbr; /* lines of its own */
};

/* ctl: see sp_hopgen.  Release: who sees it sees what is in the old's place. */
static inline void
hopgen_bump(struct spate *sp)
{
	atomic_fetch_add_explicit(&sp->sp_hopgen, 1, memory_order_release);
}

/* ctl: see sp_flowgen.  Release: as above. */
static inline void
flowgen_bump(struct spate *sp)
{
	atomic_fetch_add_explicit(&sp->sp_flowgen, 1, memory_order_release);
}

#define sp_ctl_id(sp) ((sp)->sp_ncpus) /* end point number of ctl */

#endif
