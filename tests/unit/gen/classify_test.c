/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Frames of all kinds, whole, broken and in pieces.
 */
#include "gen/classify.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/random.h"
#include "ether/ether_wire.h"
#include "ip/ip_wire.h"
#include "ip6/ip6_wire.h"
#include "mbuf/in_cksum.h"

enum { KEY = 0x1234, OLD = 0x4321, ROOM = 2048 };

static const struct classify_keys keys = { KEY, { OLD, 0x7777 } };
static const struct sig mine = { 5, 77, 1234567890123 };
static struct rnd r;

struct kind {
	bool v6;
	uint8_t proto;
	uint8_t tags;
	uint16_t payload; /* behind the transport's header */
	uint16_t trailer; /* behind the IP packet */
};

struct frame {
	uint8_t f_p[ROOM];
	unsigned f_l3, f_l4, f_end, f_len;
	unsigned f_sum; /* offset of the transport's checksum; 0: none */
};

static int
setup(void **state)
{
	rnd_seed(&r, 3);
	return 0;
}

static unsigned
put_ether(struct frame *f, const struct kind *k)
{
	unsigned at = 12, i;

	rnd_bytes(&r, f->f_p, 12);
	for (i = 0; i < k->tags; i++, at += 4)
		st32be(f->f_p + at,
		    (i % 2 == 0 ? 0x88a80000 : 0x81000000) | (100 + i));
	st16be(f->f_p + at, k->v6 ? ETHERTYPE_IPV6 : ETHERTYPE_IP);
	return at + 2;
}

static unsigned
put_ip(struct frame *f, const struct kind *k, unsigned l4len)
{
	uint8_t *p = f->f_p + f->f_l3;

	if (k->v6) {
		rnd_bytes(&r, p, IP6_HLEN);
		p[0] = 0x60;
		st16be(p + 4, (uint16_t)l4len);
		p[6] = k->proto;
		return IP6_HLEN;
	}
	rnd_bytes(&r, p, IP_HLEN);
	p[0] = 0x45;
	st16be(p + 2, (uint16_t)(IP_HLEN + l4len));
	st16be(p + 6, IP_DF);
	p[9] = k->proto;
	st16be(p + 10, 0);
	st16be(p + 10, in_cksum(p, IP_HLEN));
	return IP_HLEN;
}

static uint64_t
pseudo(const struct frame *f, const struct kind *k, unsigned l4len)
{
	const uint8_t *p = f->f_p + f->f_l3;

	if (k->v6)
		return in_cksum_add(p + 8, 32, k->proto + l4len);
	if (k->proto == IPP_ICMP)
		return 0;
	return in_cksum_add(p + 12, 8, k->proto + l4len);
}

/* The transport's checksum, over what there is now. */
static void
seal(struct frame *f, const struct kind *k)
{
	unsigned l4len = f->f_end - f->f_l4;
	uint16_t sum;

	if (f->f_sum == 0)
		return;
	st16be(f->f_p + f->f_sum, 0);
	sum = in_cksum_fold(in_cksum_add(
	    f->f_p + f->f_l4, l4len, pseudo(f, k, l4len)));
	if (sum == 0 && k->proto == IPP_UDP)
		sum = 0xffff;
	st16be(f->f_p + f->f_sum, sum);
}

static void
build(struct frame *f, const struct kind *k, uint16_t key)
{
	static const uint8_t hlen[256] = { [IPP_UDP] = 8,
		[IPP_TCP] = 20,
		[IPP_ICMP] = 8,
		[IPP_ICMPV6] = 8 };
	static const uint8_t sumat[256] = { [IPP_UDP] = 6,
		[IPP_TCP] = 16,
		[IPP_ICMP] = 2,
		[IPP_ICMPV6] = 2 };
	unsigned l4len = hlen[k->proto] + (unsigned)k->payload;

	memset(f, 0, sizeof(*f));
	f->f_l3 = put_ether(f, k);
	f->f_l4 = f->f_l3 + put_ip(f, k, l4len);
	f->f_end = f->f_l4 + l4len;
	f->f_len = f->f_end + k->trailer;
	rnd_bytes(&r, f->f_p + f->f_l4, l4len + k->trailer);
	if (k->proto == IPP_UDP)
		st16be(f->f_p + f->f_l4 + 4, (uint16_t)l4len);
	if (k->proto == IPP_ICMP || k->proto == IPP_ICMPV6)
		f->f_p[f->f_l4] = k->v6 ? 128 : 8;
	if (sumat[k->proto] != 0)
		f->f_sum = f->f_l4 + sumat[k->proto];
	if (key != 0)
		sig_write(f->f_p + f->f_end - SIG_LEN, key, &mine);
	seal(f, k);
}

/* Classify it in up to four pieces, cut at random. */
static enum classify_why
judge(const struct frame *f, unsigned pieces, unsigned flags, struct sig *sg)
{
	struct mbuf m[4];
	unsigned i, at = 0;

	memset(m, 0, sizeof(m));
	for (i = 0; i < pieces; i++) {
		unsigned n = f->f_len - at;

		if (i + 1 < pieces)
			n = (unsigned)rnd_below(&r, n + 1);
		m[i].m_data = (uint8_t *)(uintptr_t)f->f_p + at;
		m[i].m_len = n;
		m[i].m_next = i + 1 < pieces ? &m[i + 1] : NULL;
		at += n;
	}
	m[0].m_pktlen = f->f_len;
	m[0].m_flags = (uint16_t)flags;
	memset(sg, 0, sizeof(*sg));
	return classify(&keys, m, sg, NULL);
}

static struct kind
any_kind(void)
{
	static const uint8_t protos[] = { IPP_UDP, IPP_TCP, IPP_ICMP, 254 };
	struct kind k = { .v6 = rnd_below(&r, 2) != 0,
		.proto = protos[rnd_below(&r, 4)],
		.tags = (uint8_t)rnd_below(&r, 5),
		.payload = (uint16_t)(SIG_LEN +
		    rnd_below(&r, rnd_below(&r, 2) != 0 ? 20 : 1500)),
		.trailer = (uint16_t)(rnd_below(&r, 2) * rnd_below(&r, 30)) };

	if (k.v6 && k.proto == IPP_ICMP)
		k.proto = IPP_ICMPV6;
	return k;
}

/* Every kind is known, in one piece or several, with what it carries. */
static void
ours(void **state)
{
	struct frame f;
	struct sig sg;
	unsigned i;

	for (i = 0; i < 20000; i++) {
		struct kind k = any_kind();

		build(&f, &k, KEY);
		assert_int_equal(judge(&f, 1 + i % 4, 0, &sg), CW_OURS);
		assert_int_equal(sg.sg_flow, mine.sg_flow);
		assert_int_equal(sg.sg_seq, mine.sg_seq);
		assert_int_equal(sg.sg_ts, mine.sg_ts);
		build(&f, &k, i % 2 == 0 ? OLD : 0x7777);
		assert_int_equal(judge(&f, 1 + i % 4, 0, &sg), CW_OTHER);
		assert_int_equal(sg.sg_seq, mine.sg_seq);
	}
}

/* Of none: foreign, but for an echo request. */
static void
foreign(void **state)
{
	struct frame f;
	struct sig sg;
	unsigned i;

	for (i = 0; i < 5000; i++) {
		struct kind k = any_kind();
		bool echo = k.proto == IPP_ICMP || k.proto == IPP_ICMPV6;

		build(&f, &k, i % 2 == 0 ? 0x5555 : 0);
		if (sig_sum(f.f_p + f.f_end - SIG_LEN) == KEY)
			continue;
		assert_int_equal(
		    judge(&f, 1 + i % 4, 0, &sg), echo ? CW_ECHO : CW_NOSIG);
	}
}

/*
 * No single wrong bit of an IP packet passes for a right one, but where no
 * checksum is: the flow label, traffic class and hop limit of IPv6.
 */
static void
wrong_bits(void **state)
{
	struct frame f;
	struct sig sg;
	unsigned i, bit;

	for (i = 0; i < 300; i++) {
		struct kind k = any_kind();
		unsigned from;

		if (k.proto == 254)
			k.proto = IPP_UDP;
		k.payload = (uint16_t)(SIG_LEN + i % 30);
		build(&f, &k, KEY);
		from = k.v6 ? f.f_l3 + 8 : f.f_l3;
		for (bit = from * 8; bit < f.f_len * 8; bit++) {
			uint8_t flip = (uint8_t)(1u << bit % 8);
			enum classify_why why;

			f.f_p[bit / 8] ^= flip;
			why = judge(&f, 1 + bit % 2, 0, &sg);
			if (bit / 8 >= f.f_end)
				assert_int_equal(why, CW_OURS);
			else
				assert_int_not_equal(
				    classify_class(why), CL_OURS);
			f.f_p[bit / 8] ^= flip;
		}
	}
}

/* What is wrong has a name. */
static void
reasons(void **state)
{
	const struct kind udp = { .proto = IPP_UDP, .payload = 18 };
	const struct kind udp6 = { true, IPP_UDP, 0, 18, 0 };
	struct frame f;
	struct sig sg;

	build(&f, &udp, KEY);
	f.f_p[f.f_l3 + 8]--;
	assert_int_equal(judge(&f, 1, 0, &sg), CW_IPSUM);
	build(&f, &udp, KEY);
	f.f_p[f.f_end - 1] ^= 1;
	assert_int_equal(judge(&f, 1, 0, &sg), CW_L4SUM);
	build(&f, &udp, KEY);
	f.f_len--;
	assert_int_equal(judge(&f, 1, 0, &sg), CW_SHORT);
	f.f_len = 13;
	assert_int_equal(judge(&f, 1, 0, &sg), CW_SHORT);
	build(&f, &udp, KEY);
	f.f_p[f.f_l3] = 0x55;
	assert_int_equal(judge(&f, 1, 0, &sg), CW_IPHEAD);
	build(&f, &udp, KEY);
	f.f_p[f.f_l3 + 6] = 0x20;
	st16be(f.f_p + f.f_l3 + 10, 0);
	st16be(f.f_p + f.f_l3 + 10, in_cksum(f.f_p + f.f_l3, 20));
	assert_int_equal(judge(&f, 1, 0, &sg), CW_FRAGMENT);
	/* Without a checksum: IPv4 may, IPv6 must not. */
	build(&f, &udp, KEY);
	st16be(f.f_p + f.f_sum, 0);
	assert_int_equal(judge(&f, 1, 0, &sg), CW_OURS);
	build(&f, &udp6, KEY);
	st16be(f.f_p + f.f_sum, 0);
	assert_int_equal(judge(&f, 1, 0, &sg), CW_L4SUM);
	build(&f, &udp, KEY);
	st16be(f.f_p + f.f_l3 - 2, ETHERTYPE_ARP);
	assert_int_equal(judge(&f, 1, 0, &sg), CW_ARP);
}

/* Who has verified it, or who need not, is believed. */
static void
left_to_the_device(void **state)
{
	static const unsigned flags[] = { MF_CSUM_OK, MF_CSUM_PARTIAL };
	struct frame f;
	struct sig sg;
	unsigned i;

	for (i = 0; i < 1000; i++) {
		struct kind k = any_kind();

		build(&f, &k, KEY);
		if (f.f_sum == 0)
			continue;
		f.f_p[f.f_sum] ^= (uint8_t)(1 + rnd_below(&r, 255));
		assert_int_equal(judge(&f, 1 + i % 4, flags[i % 2], &sg),
		    CW_OURS);
		/* The IP header's is always looked at. */
		f.f_p[f.f_l3 + 8]--;
		if (!k.v6)
			assert_int_equal(
			    judge(&f, 1 + i % 4, flags[i % 2], &sg), CW_IPSUM);
	}
}

/* Extension headers are gone through, and IPv4 options. */
static void
long_headers(void **state)
{
	const struct kind k = { .v6 = true, .proto = IPP_UDP, .payload = 60 };
	struct frame f, g;
	struct sig sg;
	unsigned i;

	for (i = 0; i < 200; i++) {
		build(&f, &k, KEY);
		g = f;
		memmove(g.f_p + f.f_l4 + 8, f.f_p + f.f_l4, f.f_end - f.f_l4);
		memcpy(g.f_p + f.f_l4, "\x11\0\1\4\0\0\0\0", 8);
		g.f_p[f.f_l3 + 6] = i % 2 == 0 ? IPP_DSTOPTS : IPP_HOPOPTS;
		st16be(g.f_p + f.f_l3 + 4,
		    (uint16_t)(f.f_end - f.f_l4 + 8));
		g.f_len += 8;
		assert_int_equal(judge(&g, 1 + i % 4, 0, &sg), CW_OURS);
		g.f_p[f.f_l3 + 6] = IPP_FRAGMENT;
		assert_int_equal(judge(&g, 1, 0, &sg), CW_FRAGMENT);
	}
}

static void
not_ip(void **state)
{
	struct frame f;
	struct sig sg;
	unsigned n;

	for (n = 14; n < 100; n++) {
		rnd_bytes(&r, f.f_p, n);
		st16be(f.f_p + 12, (uint16_t)(n % 2 == 0 ? 0x88b5 : 0x0030));
		f.f_len = n;
		if (n >= 14 + SIG_LEN)
			sig_write(f.f_p + n - SIG_LEN, KEY, &mine);
		assert_int_equal(judge(&f, 1 + n % 4, 0, &sg),
		    n >= 14 + SIG_LEN ? CW_OURS : CW_NOSIG);
	}
}

/* ND is for hosts, whatever its last bytes sum up to. */
static void
control(void **state)
{
	const struct kind k = { .v6 = true,
		.proto = IPP_ICMPV6,
		.payload = 24 };
	struct frame f;
	struct sig sg;
	unsigned type;

	for (type = 0; type < 256; type++) {
		build(&f, &k, type % 2 == 0 ? KEY : OLD);
		f.f_p[f.f_l4] = (uint8_t)type;
		seal(&f, &k);
		assert_int_equal(judge(&f, 1, 0, &sg),
		    type == 135 || type == 136 ? CW_ND :
			type % 2 == 0          ? CW_OURS :
			    CW_OTHER);
	}
}

/* Rubbish: the short way and the long way say the same. */
static void
ways_agree(void **state)
{
	struct frame f;
	struct sig one, many;
	unsigned i, j;

	for (i = 0; i < 100000; i++) {
		struct kind k = any_kind();

		k.payload = 18 + i % 3;
		k.tags = i % 8 == 0;
		build(&f, &k, i % 3 == 0 ? OLD : KEY);
		for (j = (unsigned)rnd_below(&r, 3); j > 0; j--)
			f.f_p[12 + rnd_below(&r, f.f_len - 12)] ^=
			    (uint8_t)(1u << rnd_below(&r, 8));
		if (i % 16 == 0)
			f.f_len = (unsigned)rnd_below(&r, f.f_len + 1);
		assert_int_equal(
		    judge(&f, 1, 0, &one), judge(&f, 3, 0, &many));
	}
}

static void
bursts(void **state)
{
	static struct frame f[40];
	struct kind k = { .proto = IPP_UDP, .payload = 18 };
	struct mbuf m[40], *mv[40];
	struct check_rec cr[40];
	uint8_t why[40];
	unsigned i, n = 0;

	memset(m, 0, sizeof(m));
	for (i = 0; i < 40; i++) {
		build(&f[i], &k, i % 3 == 0 ? OLD : KEY);
		m[i].m_data = f[i].f_p;
		m[i].m_len = m[i].m_pktlen = f[i].f_len;
		mv[i] = &m[i];
	}
	assert_int_equal(classify_burst(&keys, mv, 40, 99, why, cr), 26);
	for (i = 0; i < 40; i++) {
		assert_int_equal(why[i], i % 3 == 0 ? CW_OTHER : CW_OURS);
		if (i % 3 == 0)
			continue;
		assert_int_equal(cr[n].cr_more, i);
		assert_int_equal(cr[n].cr_len, 64);
		assert_int_equal(cr[n].cr_flow, mine.sg_flow);
		assert_int_equal(cr[n].cr_seq, mine.sg_seq);
		assert_int_equal(cr[n].cr_ts, mine.sg_ts);
		assert_int_equal(cr[n++].cr_now, 99);
	}
	assert_int_equal(classify_burst(&keys, mv, 0, 99, why, cr), 0);
}

/* The most common kind, any other, one with a wrong bit, one with a flag. */
static unsigned
any_frame(struct frame *f)
{
	static const struct kind least = { .proto = IPP_UDP,
		.payload = SIG_LEN };
	struct kind k = least;
	unsigned what = (unsigned)rnd_below(&r, 12);

	if (what == 0)
		k = any_kind();
	if (what == 1)
		k.trailer = (uint16_t)rnd_below(&r, 30);
	build(f, &k, what == 2 ? OLD : what == 3 ? 99 : KEY);
	if (what == 4)
		f->f_p[rnd_below(&r, f->f_len)] ^= (uint8_t)(1u
		    << rnd_below(&r, 8));
	if (what == 5) /* words that add up to nothing */
		memset(f->f_p + 24, 255 * (int)rnd_below(&r, 2), 36);
	if (what == 6)
		st16be(f->f_p + f->f_sum, 0);
	if (what == 7)
		f->f_p[f->f_sum] ^= 1;
	return what == 7 && rnd_below(&r, 2) != 0 ? MF_CSUM_PARTIAL :
	    what == 8				  ? MF_CSUM_OK :
		0;
}

/* Whatever is in a burst, it is as if each frame came alone. */
static void
bursts_agree(void **state)
{
	static struct frame f[MVEC_MAX];
	struct mbuf m[MVEC_MAX], *mv[MVEC_MAX];
	struct check_rec cr[MVEC_MAX];
	uint8_t why[MVEC_MAX];
	struct sig sg;
	unsigned round, i, k, n, ours;

	memset(m, 0, sizeof(m));
	for (round = 0; round < 2000; round++) {
		n = (unsigned)rnd_below(&r, MVEC_MAX + 1);
		for (i = 0; i < n; i++) {
			m[i].m_flags = (uint16_t)any_frame(&f[i]);
			m[i].m_data = f[i].f_p;
			m[i].m_len = m[i].m_pktlen = f[i].f_len;
			mv[i] = &m[i];
		}
		ours = classify_burst(&keys, mv, n, round, why, cr);
		for (i = k = 0; i < n; i++) {
			assert_int_equal(
			    classify(&keys, mv[i], &sg, NULL), why[i]);
			if (why[i] != CW_OURS)
				continue;
			assert_int_equal(cr[k].cr_more, i);
			assert_int_equal(cr[k].cr_len, f[i].f_len + 4);
			assert_int_equal(cr[k].cr_flow, sg.sg_flow);
			assert_int_equal(cr[k].cr_seq, sg.sg_seq);
			assert_int_equal(cr[k].cr_ts, sg.sg_ts);
			assert_int_equal(cr[k++].cr_now, round);
		}
		assert_int_equal(k, ours);
	}
}

static void
remembered_keys(void **state)
{
	struct classify_keys ky = { 0 };
	unsigned i;

	for (i = 1; i <= 20; i++) {
		classify_key(&ky, (uint16_t)i);
		classify_key(&ky, (uint16_t)i);
		assert_int_equal(ky.ky_key, i);
		assert_int_equal(ky.ky_other[0], i - 1);
	}
	assert_int_equal(ky.ky_other[CLASSIFY_KEYS - 1], 20 - CLASSIFY_KEYS);
	for (i = 0; i < CW_N; i++)
		assert_true(strlen(classify_text(i)) > 0);
	assert_int_equal(classify_class(CW_IPSUM), CL_CORRUPT);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ours),
		cmocka_unit_test(foreign),
		cmocka_unit_test(wrong_bits),
		cmocka_unit_test(reasons),
		cmocka_unit_test(left_to_the_device),
		cmocka_unit_test(long_headers),
		cmocka_unit_test(not_ip),
		cmocka_unit_test(control),
		cmocka_unit_test(ways_agree),
		cmocka_unit_test(bursts),
		cmocka_unit_test(bursts_agree),
		cmocka_unit_test(remembered_keys),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
