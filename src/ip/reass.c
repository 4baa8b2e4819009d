/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The pieces of a datagram; see reass.h.
 *
 * They lie in an array by offset: most come in order and are appended, the
 * others are found by halves and cost moving some bytes.
 */
#include "ip/reass.h"

#include <string.h>

enum { ECN_NOT_ECT = 0, ECN_CE = 3 }; /* RFC 3168, 5 */

enum reass_verdict
reass_check(const struct reass_frag *rf)
{
	if (rf->rf_len == 0)
		return REASS_EMPTY;
	if (rf->rf_more && rf->rf_len % 8 != 0)
		return REASS_UNALIGNED;
	if (rf->rf_len > REASS_LEN_MAX ||
	    rf->rf_off > REASS_LEN_MAX - rf->rf_len)
		return REASS_TOOLONG;
	return REASS_HOLD;
}

/* How many pieces begin before off. */
static unsigned
reass_find(const struct reass *r, unsigned off)
{
	unsigned lo = 0, hi = r->r_n, mid;

	if (hi > 0 && r->r_piece[hi - 1].rp_off < off)
		return hi;
	while (lo < hi) {
		mid = (lo + hi) / 2;
		if (r->r_piece[mid].rp_off < off)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

/* Data from off to end, which is the end of all if more is false. */
static enum reass_verdict
reass_check_end(const struct reass *r, unsigned end, bool more)
{
	if (r->r_total != 0)
		return end > r->r_total || (!more && end != r->r_total) ||
			(more && end == r->r_total) ?
		    REASS_END :
		    REASS_HOLD;
	if (!more && r->r_n > 0 && r->r_piece[r->r_n - 1].rp_end > end)
		return REASS_END;
	/* One that said "more" ends where all ends. */
	if (!more && r->r_n > 0 && r->r_piece[r->r_n - 1].rp_end == end)
		return REASS_END;
	return REASS_HOLD;
}

/* The bytes against those of the neighbours on either side of place at. */
static enum reass_verdict
reass_check_place(
    const struct reass *r, unsigned at, unsigned off, unsigned end)
{
	const struct reass_piece *next = &r->r_piece[at];

	if (at < r->r_n && next->rp_off == off && next->rp_end == end)
		return REASS_DUPLICATE;
	if (at < r->r_n && next->rp_off < end)
		return REASS_OVERLAP;
	if (at > 0 && r->r_piece[at - 1].rp_end > off)
		return REASS_OVERLAP;
	return REASS_HOLD;
}

/* All or none may be of a transport that knows ECN. */
static enum reass_verdict
reass_check_ecn(const struct reass *r, unsigned ecn)
{
	unsigned seen = r->r_ecn | 1u << ecn;
	unsigned not_ect = 1u << ECN_NOT_ECT;

	return (seen & not_ect) != 0 && seen != not_ect ? REASS_ECN :
	    REASS_HOLD;
}

enum reass_verdict
reass_add(struct reass *r, const struct reass_frag *rf, unsigned most,
    unsigned *at)
{
	unsigned off = rf->rf_off, end = off + rf->rf_len, i;
	enum reass_verdict v;

	if ((v = reass_check(rf)) != REASS_HOLD)
		return v;
	if ((v = reass_check_end(r, end, rf->rf_more)) != REASS_HOLD)
		return v;
	i = reass_find(r, off);
	if ((v = reass_check_place(r, i, off, end)) != REASS_HOLD)
		return v;
	if ((v = reass_check_ecn(r, rf->rf_ecn & 3u)) != REASS_HOLD)
		return v;
	if (r->r_n >= most || r->r_n >= REASS_PIECES_MAX)
		return REASS_MANY;
	memmove(&r->r_piece[i + 1], &r->r_piece[i],
	    (r->r_n - i) * sizeof(r->r_piece[0]));
	r->r_piece[i].rp_off = (uint16_t)off;
	r->r_piece[i].rp_end = (uint16_t)end;
	r->r_n++;
	r->r_have = (uint16_t)(r->r_have + rf->rf_len);
	r->r_ecn |= (uint8_t)(1u << (rf->rf_ecn & 3u));
	if (!rf->rf_more)
		r->r_total = (uint16_t)end;
	*at = i;
	return r->r_have == r->r_total ? REASS_COMPLETE : REASS_HOLD;
}

bool
reass_ce(const struct reass *r)
{
	return (r->r_ecn & 1u << ECN_CE) != 0;
}
