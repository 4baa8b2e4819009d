/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which packets a capture is about: programs of the BSD Packet Filter over
 * Ethernet frames, as pcap_compile(3) makes them.
 *
 * A CPU that looks at millions of packets to find a few must be quick to say
 * no.  It keeps traces: what was true of a packet that the program refused,
 * as conditions on bytes at fixed places.  A packet of which the same is true
 * takes the same way through the program and is refused without running it.
 *
 *	I	immutable after filter_create()
 *	o	owner CPU only
 */
#ifndef MBUF_FILTER_H
#define MBUF_FILTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mbuf/mbuf.h"

#define FILTER_MAX    4096 /* instructions of a program */
#define FILTER_TRACES 4
#define FILTER_CONDS  6 /* of each kind in a trace */

/* An instruction, as struct bpf_insn has it. */
struct filter_insn {
	uint16_t fi_code;
	uint8_t fi_jt;
	uint8_t fi_jf;
	uint32_t fi_k;
};

/* The eight bytes at fb_off, in memory order, under a mask, and a value. */
struct filter_bytes {
	uint64_t fb_mask;
	uint64_t fb_value;
	uint32_t fb_off;
};

/*
 * The eight bytes at fr_off as one number of wire order, shifted right and
 * masked, lie from fr_least over fr_span more.
 */
struct filter_range {
	uint32_t fr_off;
	uint32_t fr_shift;
	uint32_t fr_mask;
	uint32_t fr_least;
	uint32_t fr_span;
};

/* Who satisfies all of these is refused. */
struct filter_trace {
	uint32_t ft_need; /* bytes of a packet that are looked at */
	uint32_t ft_least; /* its length lies from here... */
	uint32_t ft_span; /* ...over so many more */
	uint8_t ft_nequal;
	uint8_t ft_nunequal;
	uint8_t ft_nrange;
	uint8_t ft_nlanes; /* 0 or 1 */
	bool ft_mixed; /* the last packets looked at were not all refused */
	struct filter_bytes ft_equal[FILTER_CONDS];
	struct filter_bytes ft_unequal[FILTER_CONDS];
	struct filter_bytes ft_lanes; /* none of these 16 bits is equal */
	struct filter_range ft_range[FILTER_CONDS];
};

/* What a CPU has learnt about a filter. */
struct filter_cpu {
	struct filter_trace fc_trace[FILTER_TRACES]; /* [o] */
	unsigned fc_n; /* [o] of them */
};

struct filter;

/*
 * A program of n instructions; checked: it only goes forward and ends, stays
 * inside itself and its memory, reads there only what it wrote, and divides by
 * no constant zero.  NULL if it does not, or there is no memory.
 */
struct filter *filter_create(const struct filter_insn *, unsigned n);
void filter_destroy(struct filter *);

/*
 * Run the program on a packet's first buffer.  What it reads behind that
 * refuses the packet.
 */
bool filter_run(const struct filter *, const struct mbuf *);

/*
 * Find out why the program refuses this packet.  False, and *ft is undefined,
 * if it does not, or if the reason is no matter of its length and of bytes at
 * fixed places.
 */
bool filter_learn(
    const struct filter *, const struct mbuf *, struct filter_trace *ft);

/*
 * The same as filter_run() of n packets, at most MVEC_MAX, and quicker: the
 * numbers of those that match, in order, go to match[].  Returns how many.
 */
unsigned filter_vector(const struct filter *, struct filter_cpu *,
    struct mbuf *const *, unsigned n, uint8_t *match);

#endif
