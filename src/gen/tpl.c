/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Templates: put together, taken apart; see tpl.h and tpl_int.h.
 */
#include "gen/tpl.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gen/tpl_int.h"

/* All prototypes, one after the other. */
static int
tpl_row_all(struct tpl *tp, struct tpl_fault *tl)
{
	unsigned i;

	tp->tp_nrow = tp->tp_nproto;
	if ((tp->tp_row = calloc(tp->tp_nrow, sizeof(*tp->tp_row))) == NULL)
		return tpl_nomem(tl);
	for (i = 0; i < tp->tp_nrow; i++)
		tp->tp_row[i] = (uint16_t)i;
	tp->tp_size = (struct tpl_gen){ .tg_op = TPL_COUNT, .tg_every = 1,
		.tg_step = { 0, 1 }, .tg_n = tp->tp_nrow };
	return 0;
}

/* Sizes of a mix, in the order of its row. */
static int
tpl_sizes_mix(
    struct tpl *tp, const struct tpl_conf *tc, struct tpl_fault *tl)
{
	const struct sizes *sz = &tc->tc_sizes;
	uint32_t size[SIZES_MAX];
	unsigned i;
	int error;

	for (i = 0; i < sz->sz_n; i++)
		size[i] = sz->sz_mix[i].sw_size;
	if ((error = tpl_build(tp, tc, size, sz->sz_n, tl)) != 0)
		return error;
	tp->tp_nrow = sizes_rowlen(sz);
	if ((tp->tp_row = calloc(tp->tp_nrow, sizeof(*tp->tp_row))) == NULL)
		return tpl_nomem(tl);
	sizes_row(sz, tp->tp_row);
	tp->tp_size = (struct tpl_gen){ .tg_every = 1,
		.tg_op = sz->sz_random ? TPL_RANDOM : TPL_COUNT,
		.tg_step = { 0, 1 }, .tg_n = tp->tp_nrow };
	return 0;
}

/* The values that the size takes: each is a prototype. */
static int
tpl_sizes_vary(struct tpl *tp, const struct tpl_conf *tc, unsigned vary,
    struct tpl_fault *tl)
{
	struct tpl_gen *tg = &tp->tp_size;
	uint32_t *size;
	unsigned i;
	int error;

	if (tc->tc_sizes.sz_n != 0)
		return tpl_fault_vary(tl, vary, TPL_P_FIELD,
		    "size varies, and a mix of sizes is there as well");
	if ((error = tpl_gen(tg, &tc->tc_vary[vary], vary, 32, tl)) != 0)
		return error;
	if (tg->tg_n == 0 || tg->tg_n > SIZES_ROW)
		return tpl_fault_vary(tl, vary, TPL_P_TO,
		    "size has more than %u values", SIZES_ROW);
	if ((size = calloc(tg->tg_n, sizeof(*size))) == NULL)
		return tpl_nomem(tl);
	for (i = 0; error == 0 && i < tg->tg_n; i++) {
		size[i] = (uint32_t)tpl_gen_value(tg, i).i6_lo;
		error = tpl_check_size(tc, size[i], vary, tl);
		if (error != 0) {
			tl->tl_member = TPL_M_VARY;
			tl->tl_item = i;
			tl->tl_part = tg->tg_op == TPL_LIST ? TPL_P_LIST :
			    i == 0			    ? TPL_P_FROM :
				TPL_P_TO;
		}
	}
	if (error == 0)
		error = tpl_build(tp, tc, size, (unsigned)tg->tg_n, tl);
	free(size);
	return error;
}

/* From value to position in the row. */
static int
tpl_sizes_row(struct tpl *tp, struct tpl_fault *tl)
{
	struct tpl_gen was = tp->tp_size;
	int error;

	if ((error = tpl_row_all(tp, tl)) != 0)
		return error;
	tpl_gen_free(&was);
	tp->tp_size.tg_every = was.tg_every;
	tp->tp_size.tg_byflow = was.tg_byflow;
	tp->tp_size.tg_op = was.tg_op == TPL_RANDOM ? TPL_RANDOM : TPL_COUNT;
	return 0;
}

/* The prototypes of all sizes, and which of them is when. */
static int
tpl_sizes(struct tpl *tp, const struct tpl_conf *tc, struct tpl_fault *tl)
{
	unsigned vary = tc->tc_nvary;
	uint32_t least;
	unsigned i;
	int error;

	for (i = 0; i < tc->tc_nvary; i++) {
		if (tc->tc_vary[i].tv_field != TPL_F_SIZE)
			continue;
		if (tc->tc_frames != NULL)
			return tpl_fault_vary(tl, i, TPL_P_FIELD, "size "
			    "cannot vary: frames that are given have their "
			    "own");
		if (vary != tc->tc_nvary)
			return tpl_fault_vary(
			    tl, i, TPL_P_FIELD, "size varies already");
		vary = i;
	}
	if (tc->tc_frames != NULL) {
		error = tpl_take_frames(tp, tc, tl);
		return error != 0 ? error : tpl_row_all(tp, tl);
	}
	if ((error = tpl_check(tc, tl)) != 0)
		return error;
	if (vary != tc->tc_nvary) {
		error = tpl_sizes_vary(tp, tc, vary, tl);
		return error != 0 ? error : tpl_sizes_row(tp, tl);
	}
	if (tc->tc_sizes.sz_n != 0)
		return tpl_sizes_mix(tp, tc, tl);
	least = tpl_minsize(tc);
	error = tpl_build(tp, tc, &least, 1, tl);
	return error != 0 ? error : tpl_row_all(tp, tl);
}

static int
tpl_flow_numbers(
    struct tpl *tp, const struct tpl_conf *tc, struct tpl_fault *tl)
{
	tp->tp_plain = tc->tc_plain;
	tp->tp_flows = tc->tc_flows != 0 ? tc->tc_flows : 1;
	tp->tp_flowbase = tc->tc_flowbase;
	if (tp->tp_flows - 1 > UINT32_MAX - tp->tp_flowbase)
		return tpl_fault(tl, TPL_M_FLOWS, 0, "%u flows from number "
		    "%u on do not fit into 32 bits", tp->tp_flows,
		    tp->tp_flowbase);
	if (tc->tc_nvary > TPL_VARY_MAX)
		return tpl_fault_vary(tl, TPL_VARY_MAX, TPL_P_FIELD,
		    "more than %u fields vary", TPL_VARY_MAX);
	return 0;
}

int
tpl_make(const struct tpl_conf *tc, struct tpl **tpp, struct tpl_fault *tl)
{
	struct tpl_fault nobody;
	struct tpl *tp;
	int error;

	if (tl == NULL)
		tl = &nobody;
	memset(tl, 0, sizeof(*tl));
	if ((tp = calloc(1, sizeof(*tp))) == NULL)
		return tpl_nomem(tl);
	if ((error = tpl_flow_numbers(tp, tc, tl)) != 0 ||
	    (error = tpl_sizes(tp, tc, tl)) != 0 ||
	    (error = tpl_vary(tp, tc, tl)) != 0 ||
	    (error = tpl_sums(tp, tc, tl)) != 0) {
		tpl_destroy(tp);
		return error;
	}
	*tpp = tp;
	return 0;
}

int
tpl_create(
    const struct tpl_conf *tc, struct tpl **tpp, char *err, size_t errlen)
{
	struct tpl_fault tl;
	int error;

	if ((error = tpl_make(tc, tpp, &tl)) != 0)
		snprintf(err, errlen, "%s", tl.tl_text);
	return error;
}

void
tpl_destroy(struct tpl *tp)
{
	unsigned i;

	if (tp == NULL)
		return;
	for (i = 0; i < countof(tp->tp_op); i++)
		tpl_gen_free(&tp->tp_op[i].po_gen);
	tpl_gen_free(&tp->tp_size);
	free(tp->tp_row);
	free(tp->tp_proto);
	free(tp->tp_mem);
	free(tp);
}

uint32_t
tpl_flows(const struct tpl *tp)
{
	return tp->tp_flows;
}

uint32_t
tpl_flowbase(const struct tpl *tp)
{
	return tp->tp_flowbase;
}

uint32_t
tpl_maxlen(const struct tpl *tp)
{
	return tp->tp_maxlen;
}

uint64_t
tpl_turn(const struct tpl *tp, uint64_t *packets)
{
	uint64_t sum = 0;
	unsigned i;

	for (i = 0; i < tp->tp_nrow; i++)
		sum += tp->tp_proto[tp->tp_row[i]].pr_len + TPL_FCS;
	*packets = tp->tp_nrow;
	return sum;
}
