/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Echo requests of this host over IPv6, and ctl hearing what became of them.
 */
#include <string.h>

#include "../fixture.h"

#include "ip6/icmp6_wire.h"
#include "ip6/ip6_wire.h"
#include "ip6/ping6.h"
#include "mbuf/in_cksum.h"

struct world {
	struct fixture fx;
	struct ifnet *a;
	struct ping p;
	struct ping_event last;
	unsigned n; /* events */
};

static void
heard(struct ctl *ctl, struct ping *p, const struct ping_event *pe)
{
	struct world *w = p->p_arg;

	w->last = *pe;
	w->n++;
}

static void
world_init(struct world *w)
{
	fixture_init(&w->fx);
	w->a = fixture_if(&w->fx, "a", 1500, "2001:db8:a::1/64");
	fixture_addr(&w->fx, w->a, "fe80::a/64", 0);
	w->p = (struct ping){ .p_fn = heard, .p_arg = w };
	w->n = 0;
	assert_int_equal(ping_open(w->fx.fx_ctl, &w->p), 0);
}

static void
world_fini(struct world *w)
{
	ping_close(w->fx.fx_ctl, &w->p);
	fixture_fini(&w->fx);
}

static void
probe(struct world *w, const char *dst, unsigned link, unsigned size,
    unsigned seq, bool df)
{
	const struct ping_probe pr = { .pr_dst = addr_v6(fx_v6(dst)),
		.pr_oif = (uint16_t)link,
		.pr_seq = (uint16_t)seq,
		.pr_size = (uint16_t)size,
		.pr_df = df };

	assert_int_equal(ping6_send(w->fx.fx_ctl, &w->p, 0, &pr), 0);
	(void)msg_run(&w->fx.fx_c->c_ep);
	fixture_step(&w->fx);
	(void)msg_run(&w->fx.fx_ctl->ctl_ep);
}

/* The request caught comes back as a reply 3 ms later. */
static void
answer(struct world *w)
{
	struct mbuf *m = fixture_caught(&w->fx, ST_RESOLVE);
	struct in6 src = in6_load(m->m_data + 8);

	in6_store(m->m_data + 8, in6_load(m->m_data + 24));
	in6_store(m->m_data + 24, src);
	m->m_data[40] = ICMP6_ECHOREPLY;
	st16be(m->m_data + 42,
	    in_cksum_update16(ld16be(m->m_data + 42), ICMP6_ECHO << 8,
		ICMP6_ECHOREPLY << 8));
	m->m_rcvif = w->a->if_index;
	w->fx.fx_n = 0;
	stat_add(w->fx.fx_c, SG_PATH, pks_sent, 1);
	stat_add(w->fx.fx_c, SG_PATH, pks_received, 1);
	w->fx.fx_now += 3 * NS_MS;
	fixture_run(&w->fx, ST_IP6, m);
	(void)msg_run(&w->fx.fx_ctl->ctl_ep);
}

static void
test_reply(void **state)
{
	static const char *const dst[] = { "2001:db8:a::9", "fe80::9" };
	struct world w;
	unsigned i;

	world_init(&w);
	for (i = 0; i < countof(dst); i++) {
		probe(&w, dst[i], w.a->if_index, 56, i, false);
		assert_int_equal(
		    fixture_caught(&w.fx, ST_RESOLVE)->m_pktlen, 104);
		answer(&w);
		assert_int_equal(w.n, i + 1);
		assert_int_equal(w.last.pe_kind, PE_REPLY);
		assert_int_equal(w.last.pe_seq, i);
		assert_int_equal(w.last.pe_len, 64);
		assert_true(in6_eq(w.last.pe_from.a_v6, fx_v6(dst[i])));
		assert_true(w.last.pe_rtt == 3 * NS_MS);
	}
	world_fini(&w);
}

static void
test_not_sent(void **state)
{
	struct world w;

	world_init(&w);
	probe(&w, "2001:db8:f::1", 0, 56, 1, false);
	assert_int_equal(w.last.pe_kind, PE_NOROUTE);
	probe(&w, "fe80::9", 0, 56, 2, false);
	assert_int_equal(w.last.pe_kind, PE_NOROUTE);
	probe(&w, "2001:db8:a::9", 0, 1453, 3, true);
	assert_int_equal(w.last.pe_kind, PE_ERROR);
	assert_int_equal(w.last.pe_type, ICMP6_TOOBIG);
	assert_int_equal(w.last.pe_mtu, 1500);
	assert_int_equal(w.n, 3);
	assert_int_equal(w.fx.fx_n, 0);
	probe(&w, "2001:db8:a::9", 0, 4000, 4, false);
	assert_int_equal(w.fx.fx_n, 3);
	world_fini(&w);
}

/* A neighbour that does not answer: of a global and of a link-local one. */
static void
test_own_errors(void **state)
{
	static const char *const dst[] = { "2001:db8:a::9", "fe80::9" };
	static const char *const from[] = { "2001:db8:a::1", "fe80::a" };
	struct world w;
	struct mbuf *m;
	unsigned i;

	world_init(&w);
	for (i = 0; i < countof(dst); i++) {
		probe(&w, dst[i], w.a->if_index, 56, i, false);
		m = fixture_caught(&w.fx, ST_RESOLVE);
		w.fx.fx_n = 0;
		fixture_run(&w.fx, ST_UNREACH6, m);
		(void)msg_run(&w.fx.fx_ctl->ctl_ep);
		assert_int_equal(w.n, i + 1);
		assert_int_equal(w.last.pe_kind, PE_ERROR);
		assert_int_equal(w.last.pe_seq, i);
		assert_int_equal(w.last.pe_code, ICMP6_UNREACH_ADDR);
		assert_true(in6_eq(w.last.pe_from.a_v6, fx_v6(from[i])));
	}
	world_fini(&w);
}

static void
test_self(void **state)
{
	static const char *const dst[] = { "2001:db8:a::1", "::1",
		"fe80::a" };
	struct world w;
	unsigned i;

	world_init(&w);
	for (i = 0; i < countof(dst); i++) {
		probe(&w, dst[i], w.a->if_index, 56, i, false);
		assert_int_equal(w.n, i + 1);
		assert_int_equal(w.last.pe_kind, PE_REPLY);
	}
	world_fini(&w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reply),
		cmocka_unit_test(test_not_sent),
		cmocka_unit_test(test_own_errors),
		cmocka_unit_test(test_self),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
