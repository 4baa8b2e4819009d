/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Capture: copies of packets for whoever looks on.
 *
 * A capture is a value that ctl makes and publishes.  Each CPU tries its
 * filter on the packets that pass its taps and copies those that match into a
 * ring of its own, which ctl empties.  A full ring loses the copy, counted; a
 * CPU never waits.  Without a capture a tap is one load for a vector.
 *
 * The records are those of the control socket, <spate/capture.h>.
 *
 *	I	immutable after capture_create()
 *	C	ctl only
 *	o	owner CPU only
 *	A	atomic, relaxed
 *	P	published by ctl, read until the end of the round
 */
#ifndef MBUF_CAPTURE_H
#define MBUF_CAPTURE_H

#include <stdatomic.h>

#include "base/tsa.h"
#include "cpu/cpu.h"
#include "cpu/ctl.h"
#include "cpu/recring.h"
#include "mbuf/filter.h"
#include "mbuf/mbuf.h"

#define CAPTURE_MAX        16 /* at one time */
#define CAPTURE_SNAPLEN    262144 /* more than any packet has */
#define CAPTURE_BUFFER     (4u << 20) /* bytes for each CPU */
#define CAPTURE_BUFFER_MIN (256u << 10) /* the largest packet fits */
#define CAPTURE_BUFFER_MAX (1u << 30)

/*
 * In place of copying what comes in, have it tell what becomes of it: a trace,
 * whose rings hold struct tell_record (tell.h).  Beside SCR_IN.
 */
#define CAP_TRACE 15

/* Of an interface, by one CPU. */
struct capture_count {
	stat_cell cn_seen; /* [A] by the CPU */
	stat_cell cn_matched; /* [A] */
	stat_cell cn_lost; /* [A] no room in the ring */
};

struct capture_cpu {
	struct recring *cc_ring; /* [I] the CPU puts, ctl takes */
	uint32_t cc_lost; /* [o] since the last record */
	struct filter_cpu cc_filter; /* [o] */
	struct capture_count cc_count[IF_MAX];
};

struct capture {
	unsigned cap_kinds; /* [I] 1 << SCR_IN, SCR_OUT, SCR_DROP, CAP_TRACE */
	uint32_t cap_snaplen; /* [I] */
	struct filter *cap_filter; /* [I] NULL: every packet */
	unsigned cap_ncpus; /* [I] */
	_Atomic uint64_t cap_if[IF_MAX / 64]; /* [A] by ctl: which interfaces */
	struct capture_cpu *cap_cpu[CPU_MAX]; /* [I] */
	struct captures *cap_spare; /* [C] memory for the list without it */
	void *cap_owner; /* [C] the creator's */
	uint32_t cap_bit; /* [I] CAP_TRACE: of TELL_MASK */
	uint32_t cap_first; /* [I] CAP_TRACE: no packet before it is told */
	_Atomic int64_t cap_left; /* [A] CAP_TRACE: packets still to be told */
};

/* All that run; replaced as a whole, NULL if there are none. */
struct captures {
	unsigned cs_n; /* [I] */
	struct capture *cs_c[CAPTURE_MAX]; /* [I] */
};

/*
 * A capture that does not run yet.  Takes the filter, also if it fails.  NULL
 * if there is no memory.
 */
struct capture *capture_create(struct spate *, unsigned kinds,
    uint32_t snaplen, size_t buffer, struct filter *) ON_CTL;

/* No CPU can see it any more, or none ever did. */
void capture_destroy(struct capture *);

/*
 * Begin and end it.  EBUSY if too many run, ENOMEM.  Of a trace this sets
 * cap_bit and cap_first.
 */
int capture_publish(struct spate *, struct capture *) ON_CTL;

/*
 * After it and a grace period, when fn(cap) is called, no CPU writes to its
 * rings.
 */
void capture_withdraw(
    struct spate *, struct capture *, void (*fn)(void *)) ON_CTL;

/* Whether packets of this interface are wanted; 0 is the host itself. */
void capture_want(struct capture *, unsigned ifindex, bool) ON_CTL;

/* The captures that run; NULL: none.  Until the end of the round. */
static inline const struct captures *
captures_running(const struct spate *sp)
{
	return atomic_load_explicit(&sp->sp_captures, memory_order_acquire);
}

/* mm[0..n) pass interface ifindex: kind is SCR_IN or SCR_OUT. */
void capture_frames(struct cpu *, const struct captures *, unsigned kind,
    unsigned ifindex, struct mbuf *const *mm, unsigned n) ON_CPU;

static inline void ON_CPU
capture_tap(struct cpu *c, unsigned kind, unsigned ifindex,
    struct mbuf *const *mm, unsigned n)
{
	const struct captures *cs = captures_running(c->c_sp);

	if (unlikely(cs != NULL))
		capture_frames(c, cs, kind, ifindex, mm, n);
}

/*
 * m dies for this reason, a number from all counters (stat_base() + why).  If
 * it has lost its link header, and that cannot be found before the data, it
 * gets one of zeros with the type of what it carries.
 */
void capture_drop(struct cpu *, const struct captures *, const struct mbuf *m,
    enum stat_group, unsigned why) ON_CPU;

#endif
