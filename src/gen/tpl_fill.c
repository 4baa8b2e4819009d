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
	const struct tpl_form *bu_proto[LANES];
	uint32_t bu_ip[LANES]; /* sums so far */
	uint32_t bu_l4[LANES];
	uint64_t bu_k[LANES]; /* numbers of a field's values */
	uint32_t bu_v[LANES]; /* values up to 32 bits */
	uint64_t bu_hi[LANES]; /* others */
	uint64_t bu_lo[LANES];
};

/* Which prototypes; and for the driver where they end. */
static void
fill_protos(struct tpl_cursor *cu, struct burst *bu, uint16_t key,
    uint32_t len[], uint16_t sigoff[])
{
	const struct tpl *tp = cu->cu_tpl;
	const struct tpl_form *pr = tp->tp_proto;
	unsigned i;

	if (tp->tp_nproto == 1) {
		uint32_t l4 = pr->pr_l4sum +
		    (pr->pr_sig != 0 ? (uint32_t)key << pr->pr_odd : 0);

		for (i = 0; i < bu->bu_n; i++) {
			bu->bu_proto[i] = pr;
			bu->bu_ip[i] = pr->pr_ipsum;
			bu->bu_l4[i] = l4;
			len[i] = pr->pr_len;
			sigoff[i] = pr->pr_sig;
		}
		return;
	}
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
static void
fill_copy(const struct burst *bu)
{
	unsigned i;

	for (i = 0; i < bu->bu_n; i++) {
		const struct tpl_form *pr = bu->bu_proto[i];
		uint8_t *p = bu->bu_p[i];

		memcpy(p, pr->pr_head, 64);
		if (pr->pr_len <= 64)
			continue;
		memcpy(p + 64, pr->pr_head + 64, 64);
		if (pr->pr_len > TPL_HEAD)
			memcpy(p + TPL_HEAD, pr->pr_body,
			    TPL_ROOM(pr->pr_len) - TPL_HEAD);
	}
}

/*
 * Whether values go up by the same step, "add", to the last lane; then the
 * first is *v, and the cursor goes on.
 */
static bool
fill_affine(const struct tpl_cursor *cu, struct tpl_cursor_vary *cv,
    const struct tpl_gen *tg, const struct burst *bu, uint64_t *v,
    uint64_t *add)
{
	uint64_t by = cv->cv_next;

	if (tg->tg_op != TPL_COUNT || tg->tg_every != 1 ||
	    cv->cv_range - cv->cv_k <= by * bu->bu_n ||
	    (by != cv->cv_round && cu->cu_mine - cu->cu_at <= bu->bu_n))
		return false;
	*v = tg->tg_from.i6_lo + cv->cv_k * tg->tg_step.i6_lo;
	*add = by * tg->tg_step.i6_lo;
	cv->cv_k += by * bu->bu_n;
	return true;
}

static void
fill_values32(const struct tpl_cursor *cu, struct tpl_cursor_vary *cv,
    const struct tpl_gen *tg, struct burst *bu)
{
	uint32_t from = (uint32_t)tg->tg_from.i6_lo;
	uint32_t step = (uint32_t)tg->tg_step.i6_lo;
	uint64_t v;
	uint64_t add;
	unsigned i;

	if (fill_affine(cu, cv, tg, bu, &v, &add)) {
		for (i = 0; i < LANES; i++)
			bu->bu_v[i] = (uint32_t)v + i * (uint32_t)add;
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
	uint64_t first;
	uint64_t add;
	struct in6 v;
	unsigned i;

	if (po->po_place.pl_put != TPL_PUT_WIDE &&
	    fill_affine(cu, cv, tg, bu, &first, &add)) {
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

static void
fill_put32(const struct tpl_place *pl, const struct burst *bu)
{
	unsigned at = pl->pl_at;
	unsigned i;

	switch (pl->pl_put) {
	case TPL_PUT8:
		for (i = 0; i < bu->bu_n; i++)
			bu->bu_p[i][at] = (uint8_t)bu->bu_v[i];
		break;
	case TPL_PUT16:
		for (i = 0; i < bu->bu_n; i++)
			st16be(bu->bu_p[i] + at, (uint16_t)bu->bu_v[i]);
		break;
	case TPL_PUT32:
		for (i = 0; i < bu->bu_n; i++)
			st32be(bu->bu_p[i] + at, bu->bu_v[i]);
		break;
	case TPL_PUT_BITS16:
		for (i = 0; i < bu->bu_n; i++)
			st16be(bu->bu_p[i] + at,
			    (uint16_t)(ld16be(bu->bu_p[i] + at) |
				bu->bu_v[i] << pl->pl_shift));
		break;
	case TPL_PUT_BITS32:
		for (i = 0; i < bu->bu_n; i++)
			st32be(bu->bu_p[i] + at,
			    ld32be(bu->bu_p[i] + at) |
				bu->bu_v[i] << pl->pl_shift);
		break;
	case TPL_PUT_BYTES:
		for (i = 0; i < bu->bu_n; i++)
			fill_put_bytes(
			    bu->bu_p[i] + at, bu->bu_v[i], pl->pl_width);
		break;
	}
}

static void
fill_put(const struct tpl_place *pl, const struct burst *bu)
{
	unsigned at = pl->pl_at;
	unsigned i;

	switch (pl->pl_put) {
	case TPL_PUT48:
		for (i = 0; i < bu->bu_n; i++) {
			st16be(bu->bu_p[i] + at,
			    (uint16_t)(bu->bu_lo[i] >> 32));
			st32be(bu->bu_p[i] + at + 2, (uint32_t)bu->bu_lo[i]);
		}
		break;
	case TPL_PUT64:
		for (i = 0; i < bu->bu_n; i++)
			st64be(bu->bu_p[i] + at, bu->bu_lo[i]);
		break;
	case TPL_PUT_WIDE:
		for (i = 0; i < bu->bu_n; i++) {
			st64be(bu->bu_p[i] + at, bu->bu_hi[i]);
			st64be(bu->bu_p[i] + at + 8, bu->bu_lo[i]);
		}
		break;
	case TPL_PUT_BYTES:
		for (i = 0; i < bu->bu_n; i++)
			fill_put_bytes(
			    bu->bu_p[i] + at, bu->bu_lo[i], pl->pl_width);
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

static void
fill_field(const struct tpl_cursor *cu, struct tpl_cursor_vary *cv,
    const struct tpl_op_run *po, struct burst *bu)
{
	const struct tpl_place *pl = &po->po_place;

	if (pl->pl_bits <= 32) {
		fill_values32(cu, cv, &po->po_gen, bu);
		fill_put32(pl, bu);
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

/* Flow and number; the time is 0 until tpl_stamp(). */
static void
fill_sigs(struct tpl_cursor *cu, const struct burst *bu, uint16_t key)
{
	uint32_t base = cu->cu_tpl->tp_flowbase + cu->cu_first;
	uint32_t at = cu->cu_at;
	uint64_t seq = cu->cu_seq;
	bool plain = cu->cu_tpl->tp_plain;
	unsigned i;

	for (i = 0; i < bu->bu_n; i++) {
		struct sig sg = { .sg_flow = base + at * cu->cu_step,
			.sg_seq = (uint32_t)seq };

		if (!plain)
			sig_write(
			    bu->bu_p[i] + bu->bu_proto[i]->pr_sig, key, &sg);
		if (++at == cu->cu_mine) {
			at = 0;
			seq++;
		}
	}
	cu->cu_at = at;
	cu->cu_seq = seq;
}

static void
fill_cksums(const struct tpl *tp, struct burst *bu)
{
	unsigned i;

	for (i = 0; i < LANES; i++)
		bu->bu_l4[i] = sig_reduce(bu->bu_l4[i]) ^ 0xffff;
	for (i = 0; i < bu->bu_n; i++) {
		const struct tpl_form *pr = bu->bu_proto[i];
		uint16_t ck = (uint16_t)bu->bu_l4[i];

		if (pr->pr_l4ck != 0)
			st16be(bu->bu_p[i] + pr->pr_l4ck,
			    ck == 0 && pr->pr_udp ? 0xffff : ck);
	}
	if (!tp->tp_ipck)
		return;
	for (i = 0; i < LANES; i++)
		bu->bu_ip[i] = sig_reduce(bu->bu_ip[i]) ^ 0xffff;
	for (i = 0; i < bu->bu_n; i++)
		st16be(bu->bu_p[i] + bu->bu_proto[i]->pr_ipck,
		    (uint16_t)bu->bu_ip[i]);
}

/* Values that no packet has, but a loop looks at. */
static void
fill_idle(struct burst *bu)
{
	unsigned i;

	for (i = bu->bu_n; i < LANES; i++) {
		bu->bu_ip[i] = bu->bu_l4[i] = bu->bu_v[i] = 0;
		bu->bu_hi[i] = bu->bu_lo[i] = 0;
	}
}

static void
fill_some(struct tpl_cursor *cu, uint16_t key, uint8_t *const p[],
    uint32_t len[], uint16_t sigoff[], unsigned n)
{
	const struct tpl *tp = cu->cu_tpl;
	struct burst bu;
	unsigned op;

	bu.bu_n = n;
	bu.bu_p = p;
	if (n < LANES)
		fill_idle(&bu);
	fill_protos(cu, &bu, key, len, sigoff);
	fill_copy(&bu);
	for (op = 0; op < tp->tp_nops; op++)
		fill_field(cu, &cu->cu_vary[op], &tp->tp_op[op], &bu);
	fill_sigs(cu, &bu, key);
	fill_cksums(tp, &bu);
}

void
tpl_fill(struct tpl_cursor *cu, uint16_t key, uint8_t *const p[],
    uint32_t len[], uint16_t sigoff[], unsigned n)
{
	unsigned i;
	unsigned m;

	KASSERT(n <= TPL_BURST && cu->cu_mine != 0);
	for (i = 0; i < n; i += m) {
		m = umin(n - i, LANES);
		fill_some(cu, key, p + i, len + i, sigoff + i, m);
	}
}

void
tpl_stamp(uint8_t *const p[], const uint16_t sigoff[], unsigned n, uint64_t ts)
{
	uint32_t tssum = sig_sum64(ts);
	unsigned i;

	for (i = 0; i < n; i++)
		if (sigoff[i] != 0)
			sig_stamp(p[i] + sigoff[i], ts, tssum);
}
