/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The path of a packet.  Each stage runs once a sweep over the vector its
 * predecessors filled, in this order.  A packet sent to an earlier stage
 * (loopback, an answer that must be routed) waits for the next sweep.
 *
 * Every layer may include this file and knows the stages by number; src/path.c
 * alone includes all layers and binds the numbers to functions.
 */
#ifndef PATH_H
#define PATH_H

#include <assert.h>
#include <stdint.h>

#include "base/tsa.h"
#include "cpu/cpu.h"
#include "cpu/ctl.h"
#include "mbuf/mbuf.h"

/* clang-format off */
#define PATH(X)								\
	X(ST_RX,	fast_input)	/* plain transit, all of it */	\
	X(ST_STEER,	netisr_input)	/* not ours: to its CPU */	\
	X(ST_ETHER,	ether_input)	/* type */			\
	X(ST_ARP,	arp_input)					\
	X(ST_IP,	ip_input)	/* parse, route */		\
	X(ST_IP6,	ip6_input)					\
	X(ST_REASS,	ip_reass)	/* fragments, on their CPU */	\
	X(ST_REASS6,	ip6_reass)					\
	X(ST_LOCAL,	ip_local)	/* whole again, on its CPU */	\
	X(ST_LOCAL6,	ip6_local)					\
	X(ST_FORWARD,	ip_forward)	/* TTL, MTU */			\
	X(ST_FORWARD6,	ip6_forward)					\
	X(ST_ICMP,	icmp_input)	/* for this host */		\
	X(ST_ICMP6,	icmp6_input)					\
	X(ST_UDP,	udp_input)	/* to end points */		\
	X(ST_UDP6,	udp6_input)					\
	X(ST_UDPERR,	udp_error_input) /* ICMP about datagrams */	\
	X(ST_DHCP,	relay_input)	/* of clients and servers */	\
	X(ST_DHCP6,	relay6_input)					\
	X(ST_UNREACH,	ip_unreach)	/* neighbour does not answer */	\
	X(ST_UNREACH6,	ip6_unreach)					\
	X(ST_IPOUT,	ip_output)	/* source, route, fragment */	\
	X(ST_IP6OUT,	ip6_output)					\
	X(ST_RESOLVE,	neigh_resolve)	/* next hop -> MAC */		\
	X(ST_ETHEROUT,	ether_output)					\
	X(ST_TX,	dev_output)
/* clang-format on */

#define X(stage, fn) stage,
enum stage { PATH(X) ST_N };
#undef X

/*
 * One stage's packets.  Those beyond a vector's size wait in a list, in order,
 * and follow in the next sweep or, after net.isr.sweeps of them, the next
 * round.
 *	o	owner CPU only
 *	A	written by the owner, read by anyone
 */
struct path_stage {
	struct mvec ps_vec; /* [o] */
	struct mbuf *ps_more; /* [o] by m_nextpkt */
	struct mbuf **ps_tail; /* [o] NULL if ps_more is empty */
	stat_cell ps_packets; /* [A] */
	stat_cell ps_calls; /* [A] vectors */
	stat_cell ps_cycles; /* [A] only while net.isr.cycles is set */
};

/* Packets on their way to another CPU, flushed once a round. */
struct path_hand {
	unsigned ph_n; /* [o] */
	struct mbuf *ph_m[MVEC_MAX]; /* [o] */
	uint64_t ph_put; /* [o] in all, on the other CPU's ring */
};

static_assert(ST_N <= 64, "p_some");

/* What a stage does with a vector of its own. */
typedef void stage_fn(struct cpu *, struct mvec *);

struct path {
	enum stage p_now; /* [o] the one that runs; ST_N: none */
	_Atomic(stage_fn *const *) p_fn; /* [A] path_fn, or path_told_fn */
	const char *const *p_names; /* [I] path_names, for layers below */
	uint64_t p_some; /* [o] stages that may have packets, as a set */
	struct path_stage p_stage[ST_N];
	struct path_hand p_hand[CPU_MAX];
	struct ring *p_in[CPU_MAX]; /* [I] from each other CPU */
	uint64_t p_taken[CPU_MAX]; /* [o] in all, from each of p_in */
};

/* A full vector's rest; out of line. */
void path_queue(struct path_stage *, struct mbuf *) ON_CPU;

/* m goes on at stage st of this CPU, in this sweep or the next. */
static inline void ON_CPU
path_next(struct cpu *c, enum stage st, struct mbuf *m)
{
	struct path_stage *ps = &c->c_path->p_stage[st];
	unsigned n = ps->ps_vec.mv_n;

	if (n == 0)
		c->c_path->p_some |= UINT64_C(1) << st;
	if (likely(n < MVEC_MAX && ps->ps_tail == NULL)) {
		ps->ps_vec.mv_m[n] = m;
		ps->ps_vec.mv_n = n + 1;
	} else {
		path_queue(ps, m);
	}
}

/*
 * The vector of a stage, to append at most n packets to at once, before
 * anything else is appended; NULL if there is no room for so many.
 */
static inline struct mvec *ON_CPU
path_room(struct cpu *c, enum stage st, unsigned n)
{
	struct path_stage *ps = &c->c_path->p_stage[st];

	if (unlikely(ps->ps_tail != NULL || ps->ps_vec.mv_n + n > MVEC_MAX))
		return NULL;
	c->c_path->p_some |= UINT64_C(1) << st;
	return &ps->ps_vec;
}

/*
 * m goes on at stage st of another CPU, which owns it from here.  Dropped and
 * counted (pks_handfull) if that CPU cannot keep up.
 */
void path_hand(
    struct cpu *, unsigned cpu, enum stage st, struct mbuf *m) ON_CPU;

/* The same for input: isr is its enum netisr_proto, whose limit it obeys. */
void path_hand_isr(struct cpu *, unsigned cpu, enum stage st, unsigned isr,
    struct mbuf *m) ON_CPU;

/* Take in what other CPUs handed over, and send what we hand over. */
unsigned path_hand_run(struct cpu *) ON_CPU;
void path_hand_flush(struct cpu *) ON_CPU;
bool path_hand_waiting(const struct cpu *);

/*
 * How many packets in all this CPU has put on the ring to another, what
 * path_hand() collects not among them; and taken from the ring of another.
 */
static inline uint64_t
path_handed(const struct cpu *c, unsigned cpu)
{
	return c->c_path->p_hand[cpu].ph_put;
}

static inline uint64_t
path_taken(const struct cpu *c, unsigned cpu)
{
	return c->c_path->p_taken[cpu];
}

/* Of path_handed(), how many the other CPU has not taken yet. */
unsigned path_untaken(const struct cpu *, unsigned cpu);

/*
 * Run the stages from first to last, each on all it was given.  Returns the
 * number of packets that went through stages.
 */
unsigned path_run(struct cpu *, enum stage first, enum stage last) ON_CPU;

/* Whether any stage has packets left. */
bool path_waiting(const struct cpu *);

/* Names, for people. */
extern const char *const path_names[ST_N];

/*
 * The functions of the stages, and those that are there while packets are told
 * (mbuf/tell.h): they take told packets out of the vector and have the stage
 * work on each alone, in order.  So nobody asks of a packet whether it is told,
 * and a stage that is not told of pays one load for a vector.
 */
extern stage_fn *const path_fn[ST_N];
extern stage_fn *const path_told_fn[ST_N];

/* From now on packets are told, or no longer; each CPU's next stage knows. */
void path_tell(struct spate *, bool on) ON_CTL;

int path_create(struct cpu *);
void path_destroy(struct cpu *);

/*
 * src/explain.c: a packet that is only explained.  CPUs work on a copy of
 * themselves and tell; nothing is sent, held, asked or counted.
 *	C	ctl, while it is not under way
 *	o	the CPU that it is with
 */
struct explain_cpu;
struct explain {
	struct explain_cpu *ex_copy; /* [o] of the CPU */
	struct recring *ex_ring; /* [o] struct tell_record, then ctl's */
	uint8_t *ex_frame; /* [C] as the device would give it */
	size_t ex_len; /* [C] of it */
	uint16_t ex_ifindex; /* [C] by which it comes */
	uint16_t ex_ifgen; /* [C] */
	uint16_t ex_queue; /* [C] */
	uint16_t ex_cpu; /* [o] where it begins, or goes on */
	struct mbuf *ex_m; /* [o] not NULL: it goes on there */
	void *ex_arg; /* [C] the creator's */
	/* In ctl: it is back. */
	void (*ex_back)(struct ctl *, struct explain *); /* [C] */
};

/* With room for a frame of so many bytes.  NULL: no memory. */
struct explain *explain_create(size_t room);
void explain_destroy(struct explain *);

/* To ex_cpu, and back; ENOMEM. */
int explain_send(struct ctl *, struct explain *) ON_CTL;

/* src/round.c: one round of a CPU, and what it does when idle. */
void cpu_round(struct cpu *) ON_CPU;

/*
 * Sleep if there is nothing to do and there has not been for a while
 * (net.isr.holdoff); returns at once otherwise.
 */
void cpu_idle(struct cpu *) ON_CPU;

#endif
