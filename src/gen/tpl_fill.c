/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The fast path of templates: bursts of frames; see tpl_int.h.
 *
 * What a step does it does for the whole burst, so that what it depends on is
 * decided once and its loop is short: copies, then each field, then signatures,
 * then checksums.
 */
#include <string.h>

#include "base/kassert.h"
#include "gen/tpl_int.h"

/*
 * So many at a time: enough that loops over values are worth their start, and
 * few enough that the frames stay in the nearest cache from the first step to
 * the last.  Buffers lie 2 KiB apart, so that their first lines share 2 of
 * its 64 sets; the frames of a whole burst are more than these hold.
 */
#define LANES 16u

/* What loops over values compute for lanes without a packet is not used. */
struct burst {
	unsigned bu_n;
	uint8_t *const *bu_p;
	const struct tpl_form *bu_one; /* all are of this one; or NULL, and */
	const struct tpl_form *bu_proto[LANES]; /* … of these */
	uint32_t bu_ip[LANES]; /* sums so far */
	uint32_t bu_l4[LANES];
	uint32_t bu_flow[LANES]; /* for signatures */
	uint32_t bu_seq[LANES];
	uint32_t bu_check[LANES];
	uint64_t bu_k[LANES]; /* numbers of a field's values */
	uint32_t bu_v[LANES]; /* values up to 32 bits */
	uint64_t bu_hi[LANES]; /* others */
	uint64_t bu_lo[LANES];
};

/* Which prototypes; and for the driver where they end. */
static inline void
fill_protos(struct tpl_cursor *cu, struct burst *bu, uint16_t key,
    uint32_t len[], uint16_t sigoff[], unsigned n)
{
	const struct tpl *tp = cu->cu_tpl;
	const struct tpl_form *pr = tp->tp_proto;
	unsigned i;

	if (tp->tp_nproto == 1) {
		uint32_t l4 = pr->pr_l4sum +
		    (pr->pr_sig != 0 ? (uint32_t)key << pr->pr_odd : 0);

		uint32_t ip = pr->pr_ipsum;
		uint32_t length = pr->pr_len;
		uint16_t sig = pr->pr_sig;

		bu->bu_one = pr;
		for (i = 0; i < LANES; i++) {
			bu->bu_ip[i] = ip;
			bu->bu_l4[i] = l4;
		}
		for (i = 0; i < n; i++) {
			len[i] = length;
			sigoff[i] = sig;
		}
		return;
	}
	bu->bu_one = NULL;
	tpl_indices(&tp->tp_size, cu, &cu->cu_size, bu->bu_k, bu->bu_n);
	for (i = 0; i < bu->bu_n; i++) {
		pr = &tp->tp_proto[tp->tp_row[bu->bu_k[i]]];
		bu->bu_proto[i] = pr;
		bu->bu_ip[i] = pr->pr_ipsum;
		bu->bu_l4[i] = pr->pr_l4sum +
		    (pr->pr_sig != 0 ? (uint32_t)key << pr->pr_odd : 0);
		len[i] = pr->pr_len;
		sigoff[i] = pr->pr_sig;
	}
}

/* Whole lines; what is behind the frame's end is of no account. */
static inline void
copy_form(uint8_t *p, const struct tpl_form *pr)
{
	memcpy(p, pr->pr_head, 64);
	if (pr->pr_len <= 64)
		return;
	memcpy(p + 64, pr->pr_head + 64, 64);
	if (pr->pr_len > TPL_HEAD)
		memcpy(p + TPL_HEAD, pr->pr_body,
		    TPL_ROOM(pr->pr_len) - TPL_HEAD);
}

static inline void
fill_copy(const struct burst *bu, unsigned n)
{
	const struct tpl_form *pr = bu->bu_one;
	uint8_t *const *p = bu->bu_p;
	uint8_t line[64];
	unsigned i;

	if (pr != NULL && pr->pr_len <= sizeof(line)) {
		memcpy(line, pr->pr_head, sizeof(line));
		for (i = 0; i < n; i++)
			memcpy(p[i], line, sizeof(line));
		return;
	}
	for (i = 0; i < n; i++)
		copy_form(p[i], pr != NULL ? pr : bu->bu_proto[i]);
}

/*
 * Whether numbers go up by the same step to the last lane, and no value is
 * for several of them.  Then the first is *k, and the cursor goes on.
 */
static inline bool
fill_affine(const struct tpl_cursor *cu, struct tpl_cursor_vary *cv,
    const struct tpl_gen *tg, const struct burst *bu, uint64_t *k)
{
	uint64_t by = cv->cv_next;

	if (tg->tg_every != 1 || cv->cv_range - cv->cv_k <= by * bu->bu_n ||
	    (by != cv->cv_round && cu->cu_mine - cu->cu_at <= bu->bu_n))
		return false;
	*k = cv->cv_k;
	cv->cv_k += by * bu->bu_n;
	return true;
}

/* Values up to 32 bits drawn for numbers k, k + by, ... */
static void
fill_drawn(const struct tpl_gen *tg, const struct tpl_cursor_vary *cv,
    uint64_t k, struct burst *bu)
{
	uint32_t from = (uint32_t)tg->tg_from.i6_lo;
	uint32_t step = (uint32_t)tg->tg_step.i6_lo;
	uint64_t by = cv->cv_next;
	uint64_t seed = cv->cv_seed;
	uint64_t range = tg->tg_n;
	unsigned i;

	for (i = 0; i < bu->bu_n; i++) {
		bu->bu_v[i] =
		    from + (uint32_t)tpl_draw(seed, k, range) * step;
		k += by;
	}
}

static void
fill_values32(const struct tpl_cursor *cu, struct tpl_cursor_vary *cv,
    const struct tpl_gen *tg, struct burst *bu)
{
	uint32_t from = (uint32_t)tg->tg_from.i6_lo;
	uint32_t step = (uint32_t)tg->tg_step.i6_lo;
	uint32_t add = (uint32_t)cv->cv_next * step;
	uint64_t k;
	unsigned i;

	if (tg->tg_op != TPL_LIST && fill_affine(cu, cv, tg, bu, &k)) {
		if (tg->tg_op == TPL_RANDOM) {
			fill_drawn(tg, cv, k, bu);
			return;
		}
		from += (uint32_t)k * step;
		for (i = 0; i < LANES; i++)
			bu->bu_v[i] = from + i * add;
		return;
	}
	tpl_indices(tg, cu, cv, bu->bu_k, bu->bu_n);
	if (tg->tg_op == TPL_LIST)
		for (i = 0; i < bu->bu_n; i++)
			bu->bu_v[i] = tg->tg_list32[bu->bu_k[i]];
	else
		for (i = 0; i < bu->bu_n; i++)
			bu->bu_v[i] = from + (uint32_t)bu->bu_k[i] * step;
}

static void
fill_values(const struct tpl_cursor *cu, struct tpl_cursor_vary *cv,
    const struct tpl_op_run *po, struct burst *bu)
{
	const struct tpl_gen *tg = &po->po_gen;
	uint64_t add = cv->cv_next * tg->tg_step.i6_lo;
	uint64_t first;
	uint64_t k;
	struct in6 v;
	unsigned i;

	if (po->po_place.pl_put != TPL_PUT_WIDE && tg->tg_op == TPL_COUNT &&
	    fill_affine(cu, cv, tg, bu, &k)) {
		first = tg->tg_from.i6_lo + k * tg->tg_step.i6_lo;
		for (i = 0; i < LANES; i++)
			bu->bu_lo[i] = first + i * add;
		return;
	}
	tpl_indices(tg, cu, cv, bu->bu_k, bu->bu_n);
	if (po->po_place.pl_put != TPL_PUT_WIDE && tg->tg_op != TPL_LIST) {
		for (i = 0; i < bu->bu_n; i++)
			bu->bu_lo[i] = tg->tg_from.i6_lo +
			    bu->bu_k[i] * tg->tg_step.i6_lo;
		return;
	}
	for (i = 0; i < bu->bu_n; i++) {
		v = tpl_gen_value(tg, bu->bu_k[i]);
		bu->bu_hi[i] = v.i6_hi;
		bu->bu_lo[i] = v.i6_lo;
	}
}

static void
fill_put_bytes(uint8_t *p, uint64_t v, unsigned width)
{
	for (; width > 0; v >>= 8)
		p[--width] = (uint8_t)v;
}

static inline void
fill_put32(const struct tpl_place *pl, const struct burst *bu, unsigned n)
{
	uint8_t *const *p = bu->bu_p;
	unsigned at = pl->pl_at;
	unsigned i;

	switch (pl->pl_put) {
	case TPL_PUT8:
		for (i = 0; i < n; i++)
			p[i][at] = (uint8_t)bu->bu_v[i];
		break;
	case TPL_PUT16:
		for (i = 0; i < n; i++)
			st16be(p[i] + at, (uint16_t)bu->bu_v[i]);
		break;
	case TPL_PUT32:
		for (i = 0; i < n; i++)
			st32be(p[i] + at, bu->bu_v[i]);
		break;
	case TPL_PUT_BITS16:
		for (i = 0; i < n; i++)
			st16be(p[i] + at,
			    (uint16_t)(ld16be(p[i] + at) |
				bu->bu_v[i] << pl->pl_shift));
		break;
	case TPL_PUT_BITS32:
		for (i = 0; i < n; i++)
			st32be(p[i] + at,
			    ld32be(p[i] + at) | bu->bu_v[i] << pl->pl_shift);
		break;
	case TPL_PUT_BYTES:
		for (i = 0; i < n; i++)
			fill_put_bytes(p[i] + at, bu->bu_v[i], pl->pl_width);
		break;
	}
}

static void
fill_put(const struct tpl_place *pl, const struct burst *bu)
{
	uint8_t *const *p = bu->bu_p;
	unsigned at = pl->pl_at;
	unsigned n = bu->bu_n;
	unsigned i;

	switch (pl->pl_put) {
	case TPL_PUT48:
		for (i = 0; i < n; i++) {
			st16be(p[i] + at,
			    (uint16_t)(bu->bu_lo[i] >> 32));
			st32be(p[i] + at + 2, (uint32_t)bu->bu_lo[i]);
		}
		break;
	case TPL_PUT64:
		for (i = 0; i < n; i++)
			st64be(p[i] + at, bu->bu_lo[i]);
		break;
	case TPL_PUT_WIDE:
		for (i = 0; i < n; i++) {
			st64be(p[i] + at, bu->bu_hi[i]);
			st64be(p[i] + at + 8, bu->bu_lo[i]);
		}
		break;
	case TPL_PUT_BYTES:
		for (i = 0; i < n; i++)
			fill_put_bytes(p[i] + at, bu->bu_lo[i], pl->pl_width);
		break;
	}
}

/* Values up to 32 bits, wherever they stand: at most 0x1fffe << 8 each. */
static void
fill_sum32(uint32_t sum[], const struct burst *bu, unsigned odd)
{
	unsigned i;

	for (i = 0; i < LANES; i++)
		sum[i] += ((bu->bu_v[i] & 0xffff) + (bu->bu_v[i] >> 16)) << odd;
}

static void
fill_sum64(uint32_t sum[], const uint64_t v[], unsigned odd)
{
	unsigned i;

	for (i = 0; i < LANES; i++)
		sum[i] += sig_sum64(v[i]) << odd;
}

static void
fill_sum(uint32_t sum[], const struct burst *bu, bool wide, unsigned odd)
{
	fill_sum64(sum, bu->bu_lo, odd);
	if (wide)
		fill_sum64(sum, bu->bu_hi, odd);
}

static inline void
fill_field(const struct tpl_cursor *cu, struct tpl_cursor_vary *cv,
    const struct tpl_op_run *po, struct burst *bu, unsigned n)
{
	const struct tpl_place *pl = &po->po_place;

	if (pl->pl_bits <= 32) {
		fill_values32(cu, cv, &po->po_gen, bu);
		fill_put32(pl, bu, n);
		if (pl->pl_ip)
			fill_sum32(bu->bu_ip, bu, pl->pl_ipodd);
		if (pl->pl_l4)
			fill_sum32(bu->bu_l4, bu, pl->pl_l4odd);
		return;
	}
	fill_values(cu, cv, po, bu);
	fill_put(pl, bu);
	if (pl->pl_ip)
		fill_sum(bu->bu_ip, bu, pl->pl_put == TPL_PUT_WIDE,
		    pl->pl_ipodd);
	if (pl->pl_l4)
		fill_sum(bu->bu_l4, bu, pl->pl_put == TPL_PUT_WIDE,
		    pl->pl_l4odd);
}

/* Flows and their numbers of packets. */
static void
fill_turns(struct tpl_cursor *cu, struct burst *bu)
{
	uint32_t base = cu->cu_tpl->tp_flowbase + cu->cu_first;
	uint32_t at = cu->cu_at;
	uint32_t step = cu->cu_step;
	uint32_t seq = (uint32_t)cu->cu_seq;
	unsigned i;

	if (cu->cu_mine - at > bu->bu_n) {
		for (i = 0; i < LANES; i++) {
			bu->bu_flow[i] = base + (at + i) * step;
			bu->bu_seq[i] = seq;
		}
		cu->cu_at += bu->bu_n;
		return;
	}
	for (i = 0; i < bu->bu_n; i++) {
		bu->bu_flow[i] = base + at * step;
		bu->bu_seq[i] = (uint32_t)cu->cu_seq;
		if (++at == cu->cu_mine) {
			at = 0;
			cu->cu_seq++;
		}
	}
	cu->cu_at = at;
}

/* Checks of signatures, as sig_check() has them, for the time 0. */
static inline void
fill_checks(struct burst *bu, uint16_t key)
{
	unsigned i;

	for (i = 0; i < LANES; i++)
		bu->bu_check[i] = sig_reduce(key + 4 * 0xffffu -
		    (bu->bu_flow[i] >> 16) - (bu->bu_flow[i] & 0xffff) -
		    (bu->bu_seq[i] >> 16) - (bu->bu_seq[i] & 0xffff));
}

/* 16 bits as they lie in memory in network order. */
static inline uint32_t
order(uint32_t v)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	return (v << 8 & 0xff00) | v >> 8;
#else
	return v;
#endif
}

/* What order() made. */
static inline void
put_word(uint8_t *p, uint32_t v)
{
	uint16_t w = (uint16_t)v;

	memcpy(p, &w, sizeof(w));
}

/* Signatures, without the time, and checksums of one frame. */
static inline void
put_end(uint8_t *p, const struct tpl_form *pr, const struct burst *bu,
    unsigned i)
{
	uint64_t fs = (uint64_t)bu->bu_flow[i] << 32 | bu->bu_seq[i];

	if (pr->pr_sig != 0) {
		put_word(p + pr->pr_sig, bu->bu_check[i]);
		st64be(p + pr->pr_sig + SIG_FLOW, fs);
	}
	if (pr->pr_l4ck != 0)
		put_word(p + pr->pr_l4ck, bu->bu_l4[i]);
	if (pr->pr_ipck != 0)
		put_word(p + pr->pr_ipck, bu->bu_ip[i]);
}

static inline void
fill_end(struct burst *bu, uint16_t key, unsigned n)
{
	uint8_t *const *p = bu->bu_p;
	struct tpl_form one;
	unsigned i;

	fill_checks(bu, key);
	for (i = 0; i < LANES; i++) {
		bu->bu_check[i] = order(bu->bu_check[i]);
		bu->bu_l4[i] = order(sig_reduce(bu->bu_l4[i]) ^ 0xffffu);
		bu->bu_ip[i] = order(sig_reduce(bu->bu_ip[i]) ^ 0xffffu);
	}
	if (bu->bu_one == NULL) {
		for (i = 0; i < n; i++) {
			if (bu->bu_proto[i]->pr_udp && bu->bu_l4[i] == 0)
				bu->bu_l4[i] = 0xffff;
			put_end(p[i], bu->bu_proto[i], bu, i);
		}
		return;
	}
	one = *bu->bu_one;
	if (one.pr_udp)
		for (i = 0; i < LANES; i++)
			bu->bu_l4[i] = bu->bu_l4[i] == 0 ? 0xffff :
			    bu->bu_l4[i];
	for (i = 0; i < n; i++)
		put_end(p[i], &one, bu, i);
}

/* Values that no packet has, but a loop looks at. */
static void
fill_idle(struct burst *bu)
{
	unsigned i;

	for (i = bu->bu_n; i < LANES; i++) {
		bu->bu_ip[i] = bu->bu_l4[i] = bu->bu_v[i] = 0;
		bu->bu_flow[i] = bu->bu_seq[i] = 0;
		bu->bu_hi[i] = bu->bu_lo[i] = 0;
	}
}

/* n is bu_n, as a constant if it is LANES. */
static inline __attribute__((always_inline)) void
fill_lanes(struct tpl_cursor *cu, uint16_t key, struct burst *bu,
    uint32_t len[], uint16_t sigoff[], unsigned n)
{
	const struct tpl *tp = cu->cu_tpl;
	unsigned op;

	fill_protos(cu, bu, key, len, sigoff, n);
	fill_copy(bu, n);
	for (op = 0; op < tp->tp_nops; op++)
		fill_field(cu, &cu->cu_vary[op], &tp->tp_op[op], bu, n);
	fill_turns(cu, bu);
	fill_end(bu, key, n);
}

void
tpl_fill(struct tpl_cursor *cu, uint16_t key, uint8_t *const p[],
    uint32_t len[], uint16_t sigoff[], unsigned n)
{
	struct burst bu;
	unsigned i;

	KASSERT(n <= TPL_BURST && cu->cu_mine != 0);
	for (i = 0; i + LANES <= n; i += LANES) {
		bu.bu_n = LANES;
		bu.bu_p = p + i;
		fill_lanes(cu, key, &bu, len + i, sigoff + i, LANES);
	}
	if (i < n) {
		bu.bu_n = n - i;
		bu.bu_p = p + i;
		fill_idle(&bu);
		fill_lanes(cu, key, &bu, len + i, sigoff + i, n - i);
	}
}

void
tpl_stamp(uint8_t *const p[], const uint16_t sigoff[], unsigned n,
    uint64_t was, uint64_t ts)
{
	uint16_t change = sig_change(was, ts);
	unsigned i;

	for (i = 0; i < n; i++)
		if (likely(sigoff[i] != 0))
			sig_stamp(p[i] + sigoff[i], ts, change);
}
