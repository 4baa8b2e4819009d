/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What varies: from ranges and lists to operations; see tpl_int.h.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gen/tpl_int.h"

typedef unsigned __int128 u128;

static u128
tpl_u128(struct in6 v)
{
	return (u128)v.i6_hi << 64 | v.i6_lo;
}

static struct in6
tpl_in6(u128 v)
{
	return (struct in6){ (uint64_t)(v >> 64), (uint64_t)v };
}

/* As people write values of the field. */
static const char *
tpl_value(char buf[static ADDR_STRLEN], unsigned field, unsigned bits,
    struct in6 v)
{
	struct addr a;

	if ((field == TPL_F_SRC || field == TPL_F_DST) && bits == 128) {
		a = addr_v6(v);
		return addr_format(&a, buf);
	}
	if ((field == TPL_F_SRC || field == TPL_F_DST) &&
	    v.i6_hi == 0 && v.i6_lo <= UINT32_MAX) {
		a = addr_v4((uint32_t)v.i6_lo);
		return addr_format(&a, buf);
	}
	if (v.i6_hi != 0)
		snprintf(buf, ADDR_STRLEN, "0x%jx%016jx",
		    (uintmax_t)v.i6_hi, (uintmax_t)v.i6_lo);
	else if (field == TPL_F_SRC_MAC || field == TPL_F_DST_MAC)
		snprintf(buf, ADDR_STRLEN, "%012jx", (uintmax_t)v.i6_lo);
	else
		snprintf(buf, ADDR_STRLEN, "%ju", (uintmax_t)v.i6_lo);
	return buf;
}

static u128
tpl_most(unsigned bits)
{
	return bits == 128 ? ~(u128)0 : ((u128)1 << bits) - 1;
}

static int
tpl_gen_range(struct tpl_gen *tg, const struct tpl_vary *tv, unsigned index,
    unsigned bits, struct tpl_fault *tl)
{
	u128 from = tpl_u128(tv->tv_from);
	u128 to = tpl_u128(tv->tv_to);
	u128 step = tpl_u128(tv->tv_step);
	const char *name = tpl_field_name(tv->tv_field);
	char text[2][ADDR_STRLEN];

	if (from > tpl_most(bits) || to > tpl_most(bits))
		return tpl_fault_vary(tl, index,
		    from > tpl_most(bits) ? TPL_P_FROM : TPL_P_TO,
		    "%s is too great for %s, which has %u bits",
		    tpl_value(text[0], tv->tv_field, bits,
			from > tpl_most(bits) ? tv->tv_from : tv->tv_to),
		    name, bits);
	if (from > to)
		return tpl_fault_vary(tl, index, TPL_P_TO,
		    "%s goes from %s to %s, which is less", name,
		    tpl_value(text[0], tv->tv_field, bits, tv->tv_from),
		    tpl_value(text[1], tv->tv_field, bits, tv->tv_to));
	if (step == 0)
		step = 1;
	if ((to - from) / step > UINT64_MAX)
		return tpl_fault_vary(tl, index, TPL_P_STEP,
		    "%s has more than 2^64 values; take a greater step", name);
	tg->tg_from = tv->tv_from;
	tg->tg_step = tpl_in6(step);
	tg->tg_n = (uint64_t)((to - from) / step) + 1;
	return 0;
}

static int
tpl_gen_list(struct tpl_gen *tg, const struct tpl_vary *tv, unsigned index,
    unsigned bits, struct tpl_fault *tl)
{
	char text[ADDR_STRLEN];
	unsigned i;

	if (tv->tv_nlist == 0)
		return tpl_fault_vary(tl, index, TPL_P_LIST,
		    "the list of values of %s is empty",
		    tpl_field_name(tv->tv_field));
	for (i = 0; i < tv->tv_nlist; i++) {
		tl->tl_item = i;
		if (tpl_u128(tv->tv_list[i]) > tpl_most(bits))
			return tpl_fault_vary(tl, index, TPL_P_LIST,
			    "%s is too great for %s, which has %u bits",
			    tpl_value(text, tv->tv_field, bits, tv->tv_list[i]),
			    tpl_field_name(tv->tv_field), bits);
	}
	tl->tl_item = 0;
	tg->tg_n = tv->tv_nlist;
	if (bits > 32) {
		tg->tg_list = calloc(tv->tv_nlist, sizeof(*tg->tg_list));
		if (tg->tg_list == NULL)
			return tpl_nomem(tl);
		memcpy(tg->tg_list, tv->tv_list,
		    tv->tv_nlist * sizeof(*tg->tg_list));
		return 0;
	}
	tg->tg_list32 = calloc(tv->tv_nlist, sizeof(*tg->tg_list32));
	if (tg->tg_list32 == NULL)
		return tpl_nomem(tl);
	for (i = 0; i < tv->tv_nlist; i++)
		tg->tg_list32[i] = (uint32_t)tv->tv_list[i].i6_lo;
	return 0;
}

int
tpl_gen(struct tpl_gen *tg, const struct tpl_vary *tv, unsigned index,
    unsigned bits, struct tpl_fault *tl)
{
	*tg = (struct tpl_gen){ .tg_op = tv->tv_op,
		.tg_byflow = tv->tv_byflow,
		.tg_every = tv->tv_every != 0 ? tv->tv_every : 1 };
	if (tv->tv_op > TPL_LIST)
		return tpl_fault_vary(
		    tl, index, TPL_P_OP, "unknown operation %u", tv->tv_op);
	if (tv->tv_op == TPL_LIST)
		return tpl_gen_list(tg, tv, index, bits, tl);
	return tpl_gen_range(tg, tv, index, bits, tl);
}

void
tpl_gen_free(struct tpl_gen *tg)
{
	free(tg->tg_list);
	free(tg->tg_list32);
}

struct in6
tpl_gen_value(const struct tpl_gen *tg, uint64_t k)
{
	if (tg->tg_list != NULL)
		return tg->tg_list[k];
	if (tg->tg_list32 != NULL)
		return (struct in6){ 0, tg->tg_list32[k] };
	return tpl_in6(tpl_u128(tg->tg_from) + k * tpl_u128(tg->tg_step));
}

/* The bits of a byte of the frame that the place has. */
static unsigned
tpl_place_byte(const struct tpl_place *pl, uint32_t at)
{
	if (at < pl->pl_at || at >= (uint32_t)pl->pl_at + pl->pl_width)
		return 0;
	if (pl->pl_mask == 0)
		return 0xff;
	return pl->pl_mask >> 8 * (pl->pl_at + pl->pl_width - 1u - at) & 0xff;
}

static int
tpl_check_overlap(const struct tpl *tp, const struct tpl_conf *tc,
    unsigned vary, const struct tpl_place *pl, struct tpl_fault *tl)
{
	unsigned op;
	uint32_t b;

	for (op = 0; op < tp->tp_nops; op++)
		for (b = pl->pl_at; b < pl->pl_at + (uint32_t)pl->pl_width; b++)
			if ((tpl_place_byte(pl, b) &
				tpl_place_byte(&tp->tp_op[op].po_place, b)) !=
			    0)
				return tpl_fault_vary(tl, vary, TPL_P_FIELD,
				    "%s cannot vary: another field varies "
				    "these bytes",
				    tpl_field_name(tc->tc_vary[vary].tv_field));
	return 0;
}

static void
tpl_zero(struct tpl *tp, const struct tpl_place *pl)
{
	unsigned i;
	uint32_t b;

	for (i = 0; i < tp->tp_nproto; i++) {
		struct tpl_form *pr = &tp->tp_proto[i];

		for (b = pl->pl_at; b < pl->pl_at + (uint32_t)pl->pl_width;
		     b++) {
			const uint8_t *p = b < TPL_HEAD ?
			    pr->pr_head + b :
			    pr->pr_body + (b - TPL_HEAD);

			tp->tp_mem[p - tp->tp_mem] &=
			    (uint8_t)~tpl_place_byte(pl, b);
		}
	}
}

static void
tpl_set(struct tpl *tp, uint32_t at, uint64_t v)
{
	unsigned i;

	for (i = 0; i < tp->tp_nproto; i++)
		st64be(tp->tp_mem + (tp->tp_proto[i].pr_head - tp->tp_mem) + at,
		    v);
}

/*
 * An IPv6 address of which only one half varies is 64 bits that do, and as
 * many that do not.
 */
static void
tpl_narrow(struct tpl *tp, struct tpl_op_run *po)
{
	struct tpl_gen *tg = &po->po_gen;
	struct tpl_place *pl = &po->po_place;
	struct in6 last;

	if (pl->pl_put != TPL_PUT_WIDE || tg->tg_op == TPL_LIST)
		return;
	last = tpl_gen_value(tg, tg->tg_n - 1);
	if (last.i6_hi == tg->tg_from.i6_hi && tg->tg_step.i6_hi == 0) {
		tpl_set(tp, pl->pl_at, tg->tg_from.i6_hi);
		pl->pl_at += 8;
	} else if (tg->tg_step.i6_lo == 0) {
		tpl_set(tp, pl->pl_at + 8u, tg->tg_from.i6_lo);
		tg->tg_from = (struct in6){ 0, tg->tg_from.i6_hi };
		tg->tg_step = (struct in6){ 0, tg->tg_step.i6_hi };
	} else {
		return;
	}
	pl->pl_put = TPL_PUT64;
	pl->pl_width = 8;
}

static int
tpl_vary_one(struct tpl *tp, const struct tpl_conf *tc, unsigned i,
    struct tpl_fault *tl)
{
	const struct tpl_vary *tv = &tc->tc_vary[i];
	struct tpl_op_run *po = &tp->tp_op[tp->tp_nops];
	int error;

	if (tv->tv_field >= TPL_F_N)
		return tpl_fault_vary(
		    tl, i, TPL_P_FIELD, "unknown field %u", tv->tv_field);
	if ((tv->tv_field == TPL_F_PAYLOAD || tv->tv_field == TPL_F_BYTES) &&
	    (tv->tv_width == 0 || tv->tv_width > 8))
		return tpl_fault_vary(tl, i, TPL_P_WIDTH, "a field in the %s "
		    "has 1 to 8 bytes, not %u", tpl_field_name(tv->tv_field),
		    tv->tv_width);
	if ((error = tpl_place(tp, tc, i, &po->po_place, tl)) != 0 ||
	    (error = tpl_check_overlap(tp, tc, i, &po->po_place, tl)) != 0)
		return error;
	error = tpl_gen(&po->po_gen, tv, i, po->po_place.pl_bits, tl);
	if (error == 0) {
		tpl_narrow(tp, po);
		tpl_zero(tp, &po->po_place);
		tp->tp_ipck |= po->po_place.pl_ip;
		tp->tp_nops++;
	}
	return error;
}

int
tpl_vary(struct tpl *tp, const struct tpl_conf *tc, struct tpl_fault *tl)
{
	unsigned i;
	int error;

	for (i = 0; i < tc->tc_nvary; i++)
		if (tc->tc_vary[i].tv_field != TPL_F_SIZE &&
		    (error = tpl_vary_one(tp, tc, i, tl)) != 0)
			return error;
	return 0;
}
