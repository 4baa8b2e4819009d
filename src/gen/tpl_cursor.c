/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Cursors: which packet is next, and which value its fields have; see
 * tpl_int.h.
 *
 * A cursor goes through its flows in rounds.  From packet to packet a number
 * grows by the number of cursors, and from the last flow of a round to the
 * first of the next by some other amount; the numbers that fields follow are
 * kept modulo the period of the field, so that nothing is ever divided.
 */
#include "base/kassert.h"
#include "gen/tpl_int.h"

#define TPL_FOREVER (UINT64_C(1) << 63)

/* After how many packets or flows the values come again. */
static uint64_t
tpl_range(const struct tpl_gen *tg)
{
	if (tg->tg_op == TPL_RANDOM || tg->tg_n == 0 ||
	    tg->tg_n > TPL_FOREVER / tg->tg_every)
		return TPL_FOREVER;
	return tg->tg_n * tg->tg_every;
}

static void
tpl_cursor_vary_init(struct tpl_cursor_vary *cv, const struct tpl_cursor *cu,
    const struct tpl_gen *tg, uint64_t seed)
{
	uint64_t back = (uint64_t)cu->cu_step * (cu->cu_mine - 1);
	uint64_t range = tpl_range(tg);

	cv->cv_range = range;
	cv->cv_seed = hash_mix64(seed);
	cv->cv_k = cu->cu_first % range;
	cv->cv_next = cu->cu_step % range;
	if (tg->tg_byflow)
		cv->cv_round = (range - back % range) % range;
	else
		cv->cv_round = (cu->cu_tpl->tp_flows - back) % range;
	if (cu->cu_mine == 1)
		cv->cv_next = cv->cv_round;
}

uint32_t
tpl_cursor_init(struct tpl_cursor *cu, const struct tpl *tp, uint64_t seed,
    unsigned i, unsigned n)
{
	unsigned op;

	KASSERT(n != 0 && i < n);
	*cu = (struct tpl_cursor){ .cu_tpl = tp, .cu_first = i, .cu_step = n };
	if (i >= tp->tp_flows)
		return 0;
	cu->cu_mine = (tp->tp_flows - i - 1) / n + 1;
	tpl_cursor_vary_init(&cu->cu_size, cu, &tp->tp_size, seed);
	for (op = 0; op < tp->tp_nops; op++)
		tpl_cursor_vary_init(&cu->cu_vary[op], cu,
		    &tp->tp_op[op].po_gen, hash_mix64(seed) + op + 1);
	return cu->cu_mine;
}

void
tpl_numbers(const struct tpl_cursor *cu, struct tpl_cursor_vary *cv,
    uint64_t k[], unsigned n)
{
	uint64_t range = cv->cv_range;
	uint64_t at = cv->cv_k;
	uint32_t left = cu->cu_mine - cu->cu_at;
	uint64_t by;
	unsigned i;

	if (cv->cv_next == cv->cv_round || left > n) {
		by = cv->cv_next;
		for (i = 0; i < n; i++) {
			k[i] = at;
			at += by;
			at -= at >= range ? range : 0;
		}
		cv->cv_k = at;
		return;
	}
	for (i = 0; i < n; i++) {
		k[i] = at;
		by = --left == 0 ? cv->cv_round : cv->cv_next;
		if (left == 0)
			left = cu->cu_mine;
		at += by;
		at -= at >= range ? range : 0;
	}
	cv->cv_k = at;
}

void
tpl_indices(const struct tpl_gen *tg, const struct tpl_cursor *cu,
    struct tpl_cursor_vary *cv, uint64_t k[], unsigned n)
{
	unsigned i;

	tpl_numbers(cu, cv, k, n);
	if (tg->tg_every != 1)
		for (i = 0; i < n; i++)
			k[i] /= tg->tg_every;
	if (tg->tg_op == TPL_RANDOM)
		for (i = 0; i < n; i++)
			k[i] = tpl_draw(cv->cv_seed, k[i], tg->tg_n);
}

void
tpl_nextlens(const struct tpl_cursor *cu, uint32_t size[], unsigned n)
{
	const struct tpl *tp = cu->cu_tpl;
	struct tpl_cursor_vary cv = cu->cu_size;
	uint64_t k[TPL_BURST];
	unsigned i;

	KASSERT(n <= TPL_BURST);
	if (tp->tp_nproto == 1) {
		for (i = 0; i < n; i++)
			size[i] = tp->tp_maxlen + TPL_FCS;
		return;
	}
	tpl_indices(&tp->tp_size, cu, &cv, k, n);
	for (i = 0; i < n; i++)
		size[i] = tp->tp_proto[tp->tp_row[k[i]]].pr_len + TPL_FCS;
}

unsigned
tpl_nextlen(const struct tpl_cursor *cu)
{
	uint32_t size;

	tpl_nextlens(cu, &size, 1);
	return size;
}
