/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * IPv4 fragmentation: whatever is cut can be put together again, and every
 * piece says the right thing about itself (RFC 791, 3.2).
 */
#include <stdlib.h>
#include <string.h>

#include "../fixture.h"

#include "ip/ip_parse.h"
#include "ip/ip_stat.h"
#include "ip/ip_wire.h"
#include "mbuf/in_cksum.h"

struct world {
	struct fixture fx;
	struct ifnet *a;
	struct ifnet *b;
};

static void
world_init(struct world *w, unsigned mtu)
{
	fixture_init(&w->fx);
	w->a = fixture_if(&w->fx, "a", 9000, "10.0.0.1/24");
	w->b = fixture_if(&w->fx, "b", mtu, "192.0.2.1/24");
}

static uint8_t *
pattern(unsigned n)
{
	uint8_t *p = malloc(n + 1);
	unsigned i;

	for (i = 0; i < n; i++)
		p[i] = (uint8_t)(i * 7 + (i >> 8));
	return p;
}

/*
 * Put the caught fragments together at to; returns the length of the data.
 * off: where the first begins.
 */
static unsigned
join(struct fixture *fx, unsigned off, bool more, uint8_t *to)
{
	unsigned i, at = off;
	struct ip_info ii;

	for (i = 0; i < fx->fx_n; i++) {
		struct mbuf *m = fx->fx_m[i];
		bool last = i + 1 == fx->fx_n;

		assert_int_equal(fx->fx_stage[i], ST_RESOLVE);
		assert_int_equal(
		    ip_parse(m->m_data, m->m_len, m->m_pktlen, &ii), ips_none);
		assert_int_equal(ii.ii_len, m->m_pktlen);
		assert_int_equal(ii.ii_off, at);
		assert_int_equal(ii.ii_id, 0x77);
		assert_int_equal(
		    (ii.ii_flags & IIF_MF) != 0, !last || more);
		if (!last)
			assert_int_equal((ii.ii_len - ii.ii_hlen) % 8, 0);
		m_copydata(m, ii.ii_hlen, ii.ii_len - ii.ii_hlen,
		    to + at - off);
		at += ii.ii_len - ii.ii_hlen;
	}
	return at - off;
}

static const struct {
	const char *name;
	unsigned len; /* payload */
	unsigned mtu;
	unsigned chain;
	unsigned off; /* the field */
	unsigned n; /* fragments */
} cuttab[] = {
	{ "just fits", 1480, 1500, 0, 0, 1 },
	{ "one byte more", 1481, 1500, 0, 0, 2 },
	{ "MTU is no multiple of 8", 1481, 1499, 0, 0, 2 },
	{ "twice", 2960, 1500, 0, 0, 2 },
	{ "chain", 4000, 1500, 0, 0, 3 },
	{ "chain of odd buffers", 4000, 576, 333, 0, 8 },
	{ "smallest MTU (RFC 791, 3.2)", 500, 68, 0, 0, 11 },
	{ "MTU below the smallest", 500, 20, 0, 0, 11 },
	{ "fragment in the middle", 1000, 576, 0, IP_MF | 100, 2 },
	{ "last fragment", 1000, 576, 0, 100, 2 },
	{ "up to the end of all", 1000, 576, 0, 0x1f82, 2 },
	{ "large", 8900, 128, 0, 0, 86 },
};

static void
test_cut(void **state)
{
	unsigned i;

	for (i = 0; i < countof(cuttab); i++) {
		unsigned n = cuttab[i].len;
		uint8_t *from = pattern(n), *to = malloc(n + 8);
		const struct fx_packet fp = { .fp_src = "10.0.0.9",
			.fp_dst = "192.0.2.9",
			.fp_proto = IPP_UDP,
			.fp_id = 0x77,
			.fp_off = cuttab[i].off,
			.fp_payload = from,
			.fp_len = n,
			.fp_chain = cuttab[i].chain };
		struct world w;

		world_init(&w, cuttab[i].mtu);
		fixture_input(&w.fx, w.a, &fp);
		if (w.fx.fx_n != cuttab[i].n)
			fail_msg("%s: %u pieces", cuttab[i].name, w.fx.fx_n);
		assert_int_equal(join(&w.fx, (cuttab[i].off & IP_OFFMASK) * 8,
				     (cuttab[i].off & IP_MF) != 0, to),
		    n);
		assert_memory_equal(from, to, n);
		assert_int_equal(
		    fixture_stat(&w.fx, SG_PATH, pks_copied), cuttab[i].n - 1);
		fixture_fini(&w.fx);
		free(from);
		free(to);
	}
}

/* RFC 791, 3.1: those with the copied bit are in each, others in the first. */
static void
test_options(void **state)
{
	static const uint8_t opts[12] = { 1, 7, 3, 4, /* record route: first */
		148, 4, 0, 0, /* router alert: all */
		1, 1, 1, 0 };
	const struct fx_packet fp = { .fp_src = "10.0.0.9",
		.fp_dst = "192.0.2.9",
		.fp_id = 0x77,
		.fp_options = opts,
		.fp_optlen = sizeof(opts),
		.fp_len = 3000 };
	uint8_t to[3000];
	struct world w;
	unsigned i;

	world_init(&w, 1500);
	fixture_input(&w.fx, w.a, &fp);
	assert_int_equal(w.fx.fx_n, 3);
	assert_int_equal(join(&w.fx, 0, false, to), 3000);
	assert_int_equal(w.fx.fx_m[0]->m_data[0], 0x48);
	assert_memory_equal(w.fx.fx_m[0]->m_data + 20, opts, sizeof(opts));
	for (i = 1; i < 3; i++) {
		assert_int_equal(w.fx.fx_m[i]->m_data[0], 0x46);
		assert_memory_equal(w.fx.fx_m[i]->m_data + 20, opts + 4, 4);
	}
	fixture_fini(&w.fx);
}

/* A checksum left to the device is made before the packet is cut. */
static void
test_partial(void **state)
{
	struct fx_packet fp = { .fp_src = "10.0.0.9",
		.fp_dst = "192.0.2.9",
		.fp_proto = IPP_UDP,
		.fp_id = 0x77,
		.fp_len = 2000 };
	uint8_t udp[2000] = { 0, 1, 0, 2, 2000 >> 8, 2000 & 0xff };
	uint64_t sum = in_cksum_pseudo(
	    fx_v4(fp.fp_src), fx_v4(fp.fp_dst), IPP_UDP, 2000);
	uint8_t to[2000];
	struct world w;
	struct mbuf *m;
	unsigned i;

	st16be(udp + 6, in_cksum_reduce(sum));
	fp.fp_payload = udp;
	world_init(&w, 1500);
	m = fixture_packet(&w.fx, w.a, &fp);
	m->m_flags |= MF_CSUM_PARTIAL;
	m->m_l4off = IP_HLEN;
	m->m_csumoff = 6;
	fixture_run(&w.fx, ST_IP, m);
	assert_int_equal(join(&w.fx, 0, false, to), 2000);
	assert_int_equal(in_cksum_fold(in_cksum_add(to, 2000, sum)), 0);
	for (i = 0; i < w.fx.fx_n; i++)
		assert_int_equal(w.fx.fx_m[i]->m_flags & MF_CSUM_PARTIAL, 0);
	fixture_fini(&w.fx);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_options),
		cmocka_unit_test(test_partial),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
