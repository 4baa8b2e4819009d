/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Templates: random ones, each of many frames taken apart and compared with
 * what the configuration says of it; shares of CPUs; what is refused.
 */
#include "gen/tpl.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/random.h"
#include "frame.h"

#define MAXVARY 6

typedef unsigned __int128 u128;

/* A random configuration, and what it is made of. */
struct plan {
	struct tpl_conf p_conf;
	struct tpl_vary p_vary[MAXVARY];
	struct in6 p_list[MAXVARY][5];
};

static uint8_t buffers[TPL_BURST][TPL_MAXSIZE];
static uint8_t *bufs[TPL_BURST];

static int
setup(void **state)
{
	unsigned i;

	for (i = 0; i < TPL_BURST; i++)
		bufs[i] = buffers[i];
	return 0;
}

static unsigned
field_bits(const struct tpl_vary *tv, bool v4)
{
	switch (tv->tv_field) {
	case TPL_F_DST_MAC:
	case TPL_F_SRC_MAC:
		return 48;
	case TPL_F_VLAN:
	case TPL_F_VLAN2:
		return 12;
	case TPL_F_PRIO:
	case TPL_F_PRIO2:
		return 3;
	case TPL_F_SRC:
	case TPL_F_DST:
		return v4 ? 32 : 128;
	case TPL_F_TOS:
	case TPL_F_TTL:
		return 8;
	case TPL_F_LABEL:
		return 20;
	case TPL_F_PAYLOAD:
		return 8 * tv->tv_width;
	default:
		return 16;
	}
}

static u128
random_value(struct rnd *rnd, unsigned bits)
{
	u128 v = (u128)rnd_u64(rnd) << 64 | rnd_u64(rnd);

	switch (rnd_below(rnd, 4)) {
	case 0:
		v = rnd_below(rnd, 1000);
		break;
	case 1:
		v = ~(u128)rnd_below(rnd, 1000);
		break;
	}
	return bits == 128 ? v : v & (((u128)1 << bits) - 1);
}

static struct in6
to_in6(u128 v)
{
	return (struct in6){ (uint64_t)(v >> 64), (uint64_t)v };
}

static u128
to_u128(struct in6 v)
{
	return (u128)v.i6_hi << 64 | v.i6_lo;
}

static void
random_values(struct rnd *rnd, struct tpl_vary *tv, struct in6 list[5],
    unsigned bits)
{
	u128 a = random_value(rnd, bits);
	u128 b = random_value(rnd, bits);
	u128 step;
	unsigned i;

	if (bits == 128 && rnd_below(rnd, 3) == 0) /* one half of it */
		b = rnd_below(rnd, 2) != 0 ?
		    a >> 64 << 64 | (uint64_t)b :
		    b >> 64 << 64 | (uint64_t)a;
	tv->tv_op = (uint8_t)rnd_below(rnd, 3);
	tv->tv_byflow = rnd_below(rnd, 2) != 0;
	tv->tv_every = rnd_below(rnd, 3) != 0 ? 0 : (uint32_t)rnd_below(rnd, 9);
	tv->tv_nlist = 1 + (unsigned)rnd_below(rnd, 5);
	for (i = 0; i < 5; i++)
		list[i] = to_in6(random_value(rnd, bits));
	tv->tv_list = list;
	if (tv->tv_op == TPL_LIST)
		return;
	tv->tv_from = to_in6(a < b ? a : b);
	tv->tv_to = to_in6(a < b ? b : a);
	b = a < b ? b - a : a - b;
	step = b / (1 + rnd_below(rnd, 300));
	if (b <= 2000)
		step = rnd_below(rnd, 4);
	if (bits == 128 && rnd_below(rnd, 2) != 0 && step >> 64 != 0)
		step = step >> 64 << 64;
	tv->tv_step = to_in6(step);
}

static bool
has_field(const struct plan *pl, unsigned n, unsigned field)
{
	for (; n > 0; n--)
		if (pl->p_vary[n - 1].tv_field == field)
			return true;
	return false;
}

static bool
may_vary(const struct plan *pl, unsigned n, unsigned field)
{
	bool v4 = pl->p_conf.tc_src.a_family == ADDR_V4;

	if (has_field(pl, n, field) || field == TPL_F_BYTES ||
	    field == (v4 ? TPL_F_LABEL : TPL_F_IPID))
		return false;
	if (field == TPL_F_VLAN || field == TPL_F_PRIO)
		return pl->p_conf.tc_ntags > 0;
	if (field == TPL_F_VLAN2 || field == TPL_F_PRIO2)
		return pl->p_conf.tc_ntags > 1;
	if (field == TPL_F_SIZE)
		return pl->p_conf.tc_sizes.sz_n == 0;
	if (field == TPL_F_PAYLOAD)
		return pl->p_conf.tc_nexts == 0 &&
		    pl->p_conf.tc_sizes.sz_n != 0 &&
		    sizes_min(&pl->p_conf.tc_sizes) >= 128;
	return true;
}

static void
random_vary(struct rnd *rnd, struct plan *pl)
{
	struct tpl_conf *tc = &pl->p_conf;
	unsigned want = (unsigned)rnd_below(rnd, MAXVARY + 1);
	unsigned i;

	tc->tc_vary = pl->p_vary;
	while (tc->tc_nvary < want) {
		struct tpl_vary *tv = &pl->p_vary[tc->tc_nvary];

		tv->tv_field = (uint8_t)rnd_below(rnd, TPL_F_N);
		if (!may_vary(pl, tc->tc_nvary, tv->tv_field))
			continue;
		tv->tv_width = (uint8_t)(1 + rnd_below(rnd, 8));
		tv->tv_offset = (uint16_t)rnd_below(rnd, 10);
		random_values(rnd, tv, pl->p_list[tc->tc_nvary],
		    field_bits(tv, tc->tc_src.a_family == ADDR_V4));
		if (tv->tv_field == TPL_F_SIZE) {
			tv->tv_from.i6_lo = 100 + rnd_below(rnd, 300);
			tv->tv_to.i6_lo = 400 + rnd_below(rnd, 300);
			tv->tv_step.i6_lo = rnd_below(rnd, 100);
			for (i = 0; i < 5; i++)
				pl->p_list[tc->tc_nvary][i].i6_lo =
				    100 + rnd_below(rnd, 1400);
		}
		tc->tc_nvary++;
	}
}

static void
random_plan(struct rnd *rnd, struct plan *pl)
{
	static const uint8_t exts[] = { 43, 60, 0 };
	struct tpl_conf *tc = &pl->p_conf;
	bool v4 = rnd_below(rnd, 2) != 0;
	unsigned i;

	memset(pl, 0, sizeof(*pl));
	rnd_bytes(rnd, tc->tc_dst_mac, MAC_LEN);
	rnd_bytes(rnd, tc->tc_src_mac, MAC_LEN);
	tc->tc_ntags = (unsigned)rnd_below(rnd, 3);
	for (i = 0; i < 2; i++) {
		tc->tc_tag[i].tt_id = (uint16_t)rnd_below(rnd, 4096);
		tc->tc_tag[i].tt_prio = (uint8_t)rnd_below(rnd, 8);
	}
	tc->tc_src = v4 ? addr_v4((uint32_t)rnd_u64(rnd)) :
	    addr_v6(to_in6(random_value(rnd, 128)));
	tc->tc_dst = v4 ? addr_v4((uint32_t)rnd_u64(rnd)) :
	    addr_v6(to_in6(random_value(rnd, 128)));
	tc->tc_proto = (uint8_t)rnd_below(rnd, 3);
	tc->tc_tos = (uint8_t)rnd_u64(rnd);
	tc->tc_ttl = (uint8_t)rnd_u64(rnd);
	tc->tc_label = v4 ? 0 : (uint32_t)rnd_below(rnd, 1 << 20);
	tc->tc_nexts = v4 || rnd_below(rnd, 3) != 0 ? 0 :
	    1 + (unsigned)rnd_below(rnd, TPL_EXTS);
	for (i = 0; i < tc->tc_nexts; i++)
		tc->tc_ext[i] = exts[rnd_below(rnd, i == 0 ? 3 : 2)];
	if (tc->tc_nexts > 0 && rnd_below(rnd, 2) != 0)
		tc->tc_ext[tc->tc_nexts - 1] = 44;
	tc->tc_sport = (uint16_t)rnd_u64(rnd);
	tc->tc_dport = (uint16_t)rnd_u64(rnd);
	tc->tc_pattern = (uint8_t)rnd_below(rnd, 4);
	tc->tc_bytes = (const void *)"Spate";
	tc->tc_nbytes = 5;
	for (i = (unsigned)rnd_below(rnd, 4); i > 0; i--)
		tc->tc_sizes.sz_mix[tc->tc_sizes.sz_n++] = (struct size_weight){
			100 + i * 37 + (uint32_t)rnd_below(rnd, 37) * (i + 1),
			1 + (uint32_t)rnd_below(rnd, 9)
		};
	tc->tc_sizes.sz_random = rnd_below(rnd, 4) == 0;
	tc->tc_flows = (uint32_t)rnd_below(rnd, 40);
	if (rnd_below(rnd, 4) == 0)
		tc->tc_flows = (uint32_t)rnd_below(rnd, 100000);
	tc->tc_flowbase = (uint32_t)rnd_below(rnd, 1000000);
	random_vary(rnd, pl);
}

static u128
value_of(const uint8_t *p, unsigned n)
{
	u128 v = 0;

	for (; n > 0; n--)
		v = v << 8 | *p++;
	return v;
}

/* What a frame has in a field. */
static u128
seen_value(const struct seen *s, const struct tpl_vary *tv, const uint8_t *p,
    unsigned len)
{
	switch (tv->tv_field) {
	case TPL_F_SIZE:
		return len + 4;
	case TPL_F_DST_MAC:
		return value_of(p, 6);
	case TPL_F_SRC_MAC:
		return value_of(p + 6, 6);
	case TPL_F_VLAN:
		return s->s_vlan[0];
	case TPL_F_PRIO:
		return s->s_prio[0];
	case TPL_F_VLAN2:
		return s->s_vlan[1];
	case TPL_F_PRIO2:
		return s->s_prio[1];
	case TPL_F_SRC:
		return value_of(s->s_src, 16);
	case TPL_F_DST:
		return value_of(s->s_dst, 16);
	case TPL_F_TOS:
		return s->s_tos;
	case TPL_F_TTL:
		return s->s_ttl;
	case TPL_F_LABEL:
		return s->s_label;
	case TPL_F_IPID:
		return s->s_ipid;
	case TPL_F_SPORT:
		return s->s_sport;
	case TPL_F_DPORT:
		return s->s_dport;
	default:
		return value_of(p + s->s_payload + tv->tv_offset, tv->tv_width);
	}
}

/* What packet j, of flow f, is to have there. */
static void
check_value(const struct tpl_vary *tv, u128 got, uint64_t j, uint32_t f)
{
	uint64_t k = (tv->tv_byflow ? f : j) /
	    (tv->tv_every != 0 ? tv->tv_every : 1);
	u128 from = to_u128(tv->tv_from);
	u128 step = to_u128(tv->tv_step);
	u128 n;

	if (step == 0)
		step = 1;
	n = (to_u128(tv->tv_to) - from) / step + 1;
	switch (tv->tv_op) {
	case TPL_LIST:
		assert_true(got == to_u128(tv->tv_list[k % tv->tv_nlist]));
		break;
	case TPL_COUNT:
		assert_true(got == from + (k % n) * step);
		break;
	case TPL_RANDOM:
		assert_true(got >= from && got <= to_u128(tv->tv_to));
		assert_true((got - from) % step == 0);
		break;
	}
}

/* What does not vary is as configured. */
static void
check_constants(const struct plan *pl, const struct seen *s)
{
	const struct tpl_conf *tc = &pl->p_conf;
	static const uint8_t protos[3][2] = { { 17, 17 }, { 6, 6 }, { 1, 58 } };

	assert_int_equal(s->s_family, tc->tc_src.a_family);
	assert_int_equal(s->s_ntags, tc->tc_ntags);
	assert_int_equal(
	    s->s_proto, protos[tc->tc_proto][s->s_family == ADDR_V6]);
	if (!has_field(pl, tc->tc_nvary, TPL_F_TOS))
		assert_int_equal(s->s_tos, tc->tc_tos);
	if (!has_field(pl, tc->tc_nvary, TPL_F_LABEL))
		assert_int_equal(s->s_label, tc->tc_label);
	assert_int_equal(s->s_nexts, tc->tc_nexts);
	assert_memory_equal(s->s_ext, tc->tc_ext, TPL_EXTS);
	if (!has_field(pl, tc->tc_nvary, TPL_F_SPORT))
		assert_int_equal(s->s_sport, tc->tc_sport);
	if (!has_field(pl, tc->tc_nvary, TPL_F_DPORT))
		assert_int_equal(s->s_dport, tc->tc_dport);
	if (tc->tc_ntags > 0 && !has_field(pl, tc->tc_nvary, TPL_F_VLAN))
		assert_int_equal(s->s_vlan[0], tc->tc_tag[0].tt_id);
	if (tc->tc_ntags > 1 && !has_field(pl, tc->tc_nvary, TPL_F_PRIO2))
		assert_int_equal(s->s_prio[1], tc->tc_tag[1].tt_prio);
	if (!has_field(pl, tc->tc_nvary, TPL_F_SRC) && s->s_family == 4)
		assert_true(value_of(s->s_src, 16) == (u128)tc->tc_src.a_v4);
	if (!has_field(pl, tc->tc_nvary, TPL_F_DST) && s->s_family == 6)
		assert_true(value_of(s->s_dst, 16) == to_u128(tc->tc_dst.a_v6));
}

/* The whole of packet j. */
static void
check_frame(const struct plan *pl, uint16_t key, const uint8_t *p,
    unsigned len, unsigned sigoff, uint64_t j)
{
	const struct tpl_conf *tc = &pl->p_conf;
	uint32_t flows = tc->tc_flows != 0 ? tc->tc_flows : 1;
	const char *why;
	struct sig sg;
	struct seen s;
	unsigned i;

	if ((why = seen_frame(&s, p, len)) != NULL)
		fail_msg("packet %ju: %s", (uintmax_t)j, why);
	assert_int_equal(s.s_end, len);
	assert_int_equal(sigoff, len - SIG_LEN);
	assert_int_equal(sig_find(p, len), sigoff);
	assert_true(sig_read(p + sigoff, key, &sg));
	assert_int_equal(sg.sg_flow, tc->tc_flowbase + j % flows);
	assert_int_equal(sg.sg_seq, j / flows);
	check_constants(pl, &s);
	for (i = 0; i < tc->tc_nvary; i++)
		check_value(&tc->tc_vary[i],
		    seen_value(&s, &tc->tc_vary[i], p, len), j,
		    (uint32_t)(j % flows));
}

static struct tpl *
must_make(const struct plan *pl)
{
	struct tpl_fault tl;
	struct tpl *tp;

	if (tpl_make(&pl->p_conf, &tp, &tl) != 0)
		fail_msg("%s", tl.tl_text);
	return tp;
}

static void
random_templates(void **state)
{
	uint32_t size[TPL_BURST];
	uint32_t len[TPL_BURST];
	uint16_t sigoff[TPL_BURST];
	struct tpl_cursor cu;
	struct plan pl;
	struct tpl *tp;
	struct rnd rnd;
	uint16_t key;
	uint64_t j;
	uint64_t ts;
	unsigned round;
	unsigned n;
	unsigned i;

	rnd_seed(&rnd, 11);
	for (round = 0; round < 400; round++) {
		random_plan(&rnd, &pl);
		tp = must_make(&pl);
		key = sig_key(rnd_u64(&rnd));
		assert_int_equal(
		    tpl_cursor_init(&cu, tp, round, 0, 1), tpl_flows(tp));
		for (j = 0; j < 2000; j += n) {
			n = (unsigned)rnd_below(&rnd, TPL_BURST + 1);
			tpl_nextlens(&cu, size, n);
			tpl_fill(&cu, key, bufs, len, sigoff, n);
			ts = rnd_u64(&rnd);
			tpl_stamp(bufs, sigoff, n, 0, ts);
			tpl_stamp(bufs, sigoff, n, ts, rnd_u64(&rnd));
			for (i = 0; i < n; i++) {
				assert_int_equal(size[i], len[i] + TPL_FCS);
				check_frame(&pl, key, bufs[i], len[i],
				    sigoff[i], j + i);
			}
		}
		tpl_destroy(tp);
	}
}

/* Packet by packet, what the CPUs make is what one alone makes. */
static void
shares(void **state)
{
	struct tpl_cursor one;
	struct tpl_cursor many[7];
	uint32_t len[TPL_BURST];
	uint32_t want_len[TPL_BURST];
	uint16_t sigoff[TPL_BURST];
	uint8_t *p;
	struct plan pl;
	struct tpl *tp;
	struct rnd rnd;
	unsigned round;
	unsigned sum;
	unsigned n;
	unsigned i;
	uint64_t j;

	rnd_seed(&rnd, 12);
	p = bufs[1];
	for (round = 0; round < 300; round++) {
		random_plan(&rnd, &pl);
		tp = must_make(&pl);
		n = 1 + (unsigned)rnd_below(&rnd, 7);
		for (sum = i = 0; i < n; i++)
			sum += tpl_cursor_init(&many[i], tp, round, i, n);
		assert_int_equal(sum, tpl_flows(tp));
		tpl_cursor_init(&one, tp, round, 0, 1);
		for (j = 0; j < 1000; j++) {
			i = (unsigned)(j % tpl_flows(tp) % n);
			tpl_fill(&one, 77, bufs, want_len, sigoff, 1);
			tpl_fill(&many[i], 77, &p, len, sigoff, 1);
			assert_int_equal(len[0], want_len[0]);
			assert_memory_equal(bufs[0], p, len[0]);
		}
		tpl_destroy(tp);
	}
}

/* Bursts of any size make the same row. */
static void
bursts(void **state)
{
	static uint8_t whole[500][1600];
	struct tpl_cursor one;
	struct tpl_cursor cu;
	uint32_t len[TPL_BURST];
	uint16_t sigoff[TPL_BURST];
	struct plan pl;
	struct tpl *tp;
	struct rnd rnd;
	unsigned round;
	unsigned of;
	unsigned n;
	unsigned i;
	uint64_t j;

	rnd_seed(&rnd, 13);
	for (round = 0; round < 100; round++) {
		random_plan(&rnd, &pl);
		tp = must_make(&pl);
		of = 1 +
		    (unsigned)rnd_below(
			&rnd, tpl_flows(tp) < 3 ? tpl_flows(tp) : 3);
		tpl_cursor_init(&one, tp, round, of - 1, of);
		tpl_cursor_init(&cu, tp, round, of - 1, of);
		for (j = 0; j < 500; j++) {
			tpl_fill(&one, 5, bufs, len, sigoff, 1);
			memcpy(whole[j], bufs[0], len[0]);
		}
		for (j = 0; j < 500; j += n) {
			n = (unsigned)rnd_below(&rnd, TPL_BURST + 1);
			tpl_fill(&cu, 5, bufs, len, sigoff, n);
			for (i = 0; i < n && j + i < 500; i++)
				assert_memory_equal(
				    bufs[i], whole[j + i], len[i]);
		}
		tpl_destroy(tp);
	}
}

/*
 * Of all source ports one makes the checksum zero.  UDP sends the other zero,
 * with IPv6, too, where there is no packet without checksum; TCP does not care.
 */
static void
zero_checksum(void **state)
{
	const struct tpl_vary tv = { .tv_field = TPL_F_SPORT,
		.tv_to = { 0, 65535 } };
	struct tpl_conf tc = { .tc_vary = &tv, .tc_nvary = 1 };
	uint32_t len[TPL_BURST];
	uint16_t sigoff[TPL_BURST];
	struct tpl_cursor cu;
	struct tpl *tp;
	struct seen s;
	unsigned which;
	unsigned zeros;
	unsigned ones;
	unsigned j;
	unsigned i;

	for (which = 0; which < 4; which++) {
		bool v4 = (which & 1) != 0;

		tc.tc_proto = which < 2 ? TPL_UDP : TPL_TCP;
		tc.tc_src = v4 ? addr_v4(1) : addr_v6((struct in6){ 1, 1 });
		tc.tc_dst = v4 ? addr_v4(2) : addr_v6((struct in6){ 1, 2 });
		assert_int_equal(tpl_make(&tc, &tp, NULL), 0);
		tpl_cursor_init(&cu, tp, 1, 0, 1);
		for (zeros = ones = j = 0; j < 65536; j += TPL_BURST) {
			tpl_fill(&cu, 1, bufs, len, sigoff, TPL_BURST);
			for (i = 0; i < TPL_BURST; i++) {
				assert_null(seen_frame(&s, bufs[i], len[i]));
				zeros += seen16(bufs[i] + s.s_l4ck) == 0;
				ones += seen16(bufs[i] + s.s_l4ck) == 0xffff;
			}
		}
		/* Ports 0 and 65535 are the same to the sum. */
		assert_int_equal(zeros + ones >= 1, 1);
		assert_int_equal(zeros != 0, tc.tc_proto == TPL_TCP);
		assert_int_equal(ones != 0, tc.tc_proto == TPL_UDP);
		tpl_destroy(tp);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_templates),
		cmocka_unit_test(shares),
		cmocka_unit_test(bursts),
		cmocka_unit_test(zero_checksum),
	};

	return cmocka_run_group_tests_name("gen/tpl", tests, setup, NULL);
}
