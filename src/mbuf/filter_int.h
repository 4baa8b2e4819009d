/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Between learning from what a filter refuses and using that; private to mbuf/.
 */
#ifndef MBUF_FILTER_INT_H
#define MBUF_FILTER_INT_H

#include <stdint.h>
#include <string.h>

#include "mbuf/filter.h"

#define LANES_LOW UINT64_C(0x0001000100010001) /* the low bit of 16 each */

static inline uint64_t
load(const uint8_t *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}

/* Between memory order and that of the wire. */
static inline uint64_t
wire(uint64_t v)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	return __builtin_bswap64(v);
#else
	return v;
#endif
}

/*
 * Of which of n packets (at most MVEC_MAX) the trace is not true: their
 * numbers, in order, go to left[].  Returns how many.
 */
unsigned trace_vector(struct filter_trace *, struct mbuf *const *,
    unsigned n, uint8_t *left);

#endif
