/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Of which packets what was learnt from a refused one is true as well; see
 * filter.c.  Done for every packet while a capture runs: it is the whole cost
 * of one that nothing matches.
 */
#include "base/bytes.h"
#include "mbuf/filter_int.h"

/* Not 0 if one of the four parts of 16 bits is. */
static inline uint64_t
some_lane_0(uint64_t v)
{
	return (v - LANES_LOW) & ~v & LANES_LOW << 15;
}

/*
 * Whether the trace is untrue of any of the packets.  Mostly it is not: so
 * there is no branch on what a packet says, nor a store, only a sum.
 */
static inline __attribute__((always_inline)) bool
trace_any(const struct filter_trace *ft, const unsigned nequal,
    const unsigned nunequal, const bool lanes, struct mbuf *const *mm,
    unsigned n)
{
	struct filter_bytes eq[FILTER_CONDS], ne[FILTER_CONDS];
	uint64_t others = ~ft->ft_lanes.fb_mask, value = ft->ft_lanes.fb_value;
	uint32_t lanesat = ft->ft_lanes.fb_off;
	uint32_t need = ft->ft_need;
	uint64_t wrong = 0;
	unsigned i, k, same = 0;

	memcpy(eq, ft->ft_equal, nequal * sizeof(eq[0]));
	memcpy(ne, ft->ft_unequal, nunequal * sizeof(ne[0]));
	for (i = 0; i < n; i++) {
		const uint8_t *p = mm[i]->m_data;

		if (unlikely(mm[i]->m_len < need))
			return true;
		for (k = 0; k < nequal; k++)
			wrong |= (load(p + eq[k].fb_off) & eq[k].fb_mask) ^
			    eq[k].fb_value;
		for (k = 0; k < nunequal; k++)
			same |= (load(p + ne[k].fb_off) & ne[k].fb_mask) ==
			    ne[k].fb_value;
		if (lanes)
			wrong |= some_lane_0(
			    (load(p + lanesat) ^ value) | others);
	}
	return wrong != 0 || same != 0;
}

/*
 * Which packets the trace is not true of: their numbers go to left[].  Made
 * for each small number of conditions, whose values then stay in registers.
 */
static inline __attribute__((always_inline)) unsigned
trace_rows(const struct filter_trace *ft, const unsigned nequal,
    const unsigned nunequal, const bool lanes, struct mbuf *const *mm,
    unsigned n, uint8_t *left)
{
	struct filter_bytes eq[FILTER_CONDS], ne[FILTER_CONDS];
	uint64_t others = ~ft->ft_lanes.fb_mask, value = ft->ft_lanes.fb_value;
	uint32_t lanesat = ft->ft_lanes.fb_off;
	uint32_t need = ft->ft_need;
	unsigned i, k, nleft = 0;
	uint64_t wrong;

	memcpy(eq, ft->ft_equal, nequal * sizeof(eq[0]));
	memcpy(ne, ft->ft_unequal, nunequal * sizeof(ne[0]));
	for (i = 0; i < n; i++) {
		const uint8_t *p = mm[i]->m_data;

		left[nleft] = (uint8_t)i;
		if (unlikely(mm[i]->m_len < need)) {
			nleft++;
			continue;
		}
		wrong = 0;
		for (k = 0; k < nequal; k++)
			wrong |= (load(p + eq[k].fb_off) & eq[k].fb_mask) ^
			    eq[k].fb_value;
		for (k = 0; k < nunequal; k++)
			wrong |= (load(p + ne[k].fb_off) & ne[k].fb_mask) ==
			    ne[k].fb_value;
		if (lanes)
			wrong |= some_lane_0(
			    (load(p + lanesat) ^ value) | others);
		nleft += wrong != 0;
	}
	return nleft;
}

/* The rest of the conditions. */
static bool
trace_rest(const struct filter_trace *ft, const struct mbuf *m)
{
	const struct filter_range *fr = ft->ft_range;
	unsigned k;

	if (m->m_pktlen - ft->ft_least > ft->ft_span)
		return false;
	for (k = 0; k < ft->ft_nrange; k++, fr++)
		if (((uint32_t)(wire(load(m->m_data + fr->fr_off)) >>
			 fr->fr_shift) & fr->fr_mask) - fr->fr_least >
		    fr->fr_span)
			return false;
	return true;
}

unsigned
trace_vector(struct filter_trace *ft, struct mbuf *const *mm, unsigned n,
    uint8_t *left)
{
	uint8_t some[MVEC_MAX + 1];
	unsigned i, k = 0, at = 0, nleft;

#define EITHER(...)                                                            \
	(ft->ft_mixed || trace_any(ft, __VA_ARGS__, mm, n) ?                   \
	    trace_rows(ft, __VA_ARGS__, mm, n, left) : 0)
#define ROWS(e, u) EITHER(e, u, false)
#define LANES(e)   EITHER(e, 0, true)
	switch (ft->ft_nlanes << 8 | ft->ft_nequal << 4 | ft->ft_nunequal) {
	/* clang-format off */
	case 0x01: nleft = ROWS(0, 1); break;
	case 0x02: nleft = ROWS(0, 2); break;
	case 0x10: nleft = ROWS(1, 0); break;
	case 0x11: nleft = ROWS(1, 1); break;
	case 0x12: nleft = ROWS(1, 2); break;
	case 0x20: nleft = ROWS(2, 0); break;
	case 0x21: nleft = ROWS(2, 1); break;
	case 0x22: nleft = ROWS(2, 2); break;
	case 0x30: nleft = ROWS(3, 0); break;
	case 0x110: nleft = LANES(1); break;
	case 0x120: nleft = LANES(2); break;
	case 0x130: nleft = LANES(3); break;
	default:
		nleft = trace_rows(ft, ft->ft_nequal, ft->ft_nunequal,
		    ft->ft_nlanes != 0, mm, n, left);
		break;
		/* clang-format on */
	}
#undef EITHER
#undef ROWS
#undef LANES
	ft->ft_mixed = nleft > 0;
	if (ft->ft_nrange == 0 && ft->ft_span == UINT32_MAX)
		return nleft;
	memcpy(some, left, nleft);
	some[nleft] = UINT8_MAX;
	for (i = 0; i < n; i++)
		if (some[at] == i || !trace_rest(ft, mm[i])) {
			at += some[at] == i;
			left[k++] = (uint8_t)i;
		}
	return k;
}
