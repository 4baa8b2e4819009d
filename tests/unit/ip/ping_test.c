/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Echo requests of this host, and ctl hearing what became of them.
 */
#include <string.h>

#include "../fixture.h"

#include "ip/icmp_wire.h"
#include "ip/ip_wire.h"
#include "ip/ping.h"
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
	w->a = fixture_if(&w->fx, "a", 1500, "10.0.0.1/24");
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
probe(struct world *w, const char *dst, unsigned size, unsigned seq, bool df)
{
	const struct ping_probe pr = { .pr_dst = addr_v4(fx_v4(dst)),
		.pr_seq = (uint16_t)seq,
		.pr_size = (uint16_t)size,
		.pr_df = df };

	assert_int_equal(ping_send(w->fx.fx_ctl, &w->p, 0, &pr), 0);
	(void)msg_run(&w->fx.fx_c->c_ep);
	fixture_step(&w->fx);
	(void)msg_run(&w->fx.fx_ctl->ctl_ep);
}

/* The request caught comes back as a reply 3 ms later. */
static void
answer(struct world *w)
{
	struct mbuf *m = fixture_caught(&w->fx, ST_RESOLVE);
	uint32_t src = ld32be(m->m_data + 12);

	st32be(m->m_data + 12, ld32be(m->m_data + 16));
	st32be(m->m_data + 16, src);
	m->m_data[20] = ICMP_ECHOREPLY;
	st16be(m->m_data + 22,
	    in_cksum_update16(ld16be(m->m_data + 22), ICMP_ECHO << 8, 0));
	m->m_rcvif = w->a->if_index;
	w->fx.fx_n = 0;
	stat_add(w->fx.fx_c, SG_PATH, pks_sent, 1);
	stat_add(w->fx.fx_c, SG_PATH, pks_received, 1);
	w->fx.fx_now += 3 * NS_MS;
	fixture_run(&w->fx, ST_IP, m);
	(void)msg_run(&w->fx.fx_ctl->ctl_ep);
}

static void
test_reply(void **state)
{
	static const unsigned sizes[] = { 0, 7, 8, 56, 1472 };
	struct world w;
	struct mbuf *m;
	unsigned i;

	world_init(&w);
	for (i = 0; i < countof(sizes); i++) {
		probe(&w, "10.0.0.9", sizes[i], i, false);
		m = fixture_caught(&w.fx, ST_RESOLVE);
		assert_int_equal(m->m_pktlen, 28 + sizes[i]);
		assert_int_equal(in_cksum(m->m_data + 20, 8 + sizes[i]), 0);
		answer(&w);
		assert_int_equal(w.n, i + 1);
		assert_int_equal(w.last.pe_kind, PE_REPLY);
		assert_int_equal(w.last.pe_seq, i);
		assert_int_equal(w.last.pe_ttl, 64);
		assert_int_equal(w.last.pe_len, 8 + sizes[i]);
		assert_int_equal(w.last.pe_from.a_v4, fx_v4("10.0.0.9"));
		assert_true(w.last.pe_rtt ==
		    (sizes[i] < PING_STAMP ? UINT64_MAX : 3 * NS_MS));
	}
	world_fini(&w);
}

/* A request of 4000 bytes leaves in fragments; one of no route not at all. */
static void
test_large_and_none(void **state)
{
	struct world w;

	world_init(&w);
	probe(&w, "10.0.0.9", 4000, 1, false);
	assert_int_equal(w.fx.fx_n, 3);
	fixture_clear(&w.fx);
	probe(&w, "172.16.0.1", 56, 2, false);
	assert_int_equal(w.fx.fx_n, 0);
	assert_int_equal(w.n, 1);
	assert_int_equal(w.last.pe_kind, PE_NOROUTE);
	assert_int_equal(w.last.pe_seq, 2);
	world_fini(&w);
}

/* Errors from here: too big with DF, and a neighbour that does not answer. */
static void
test_own_errors(void **state)
{
	struct world w;
	struct mbuf *m;

	world_init(&w);
	probe(&w, "10.0.0.9", 1473, 1, true);
	assert_int_equal(w.last.pe_kind, PE_ERROR);
	assert_int_equal(w.last.pe_type, ICMP_UNREACH);
	assert_int_equal(w.last.pe_code, ICMP_UNREACH_NEEDFRAG);
	assert_int_equal(w.last.pe_mtu, 1500);
	probe(&w, "10.0.0.9", 56, 2, false);
	m = fixture_caught(&w.fx, ST_RESOLVE);
	w.fx.fx_n = 0;
	fixture_run(&w.fx, ST_UNREACH, m);
	(void)msg_run(&w.fx.fx_ctl->ctl_ep);
	assert_int_equal(w.n, 2);
	assert_int_equal(w.last.pe_seq, 2);
	assert_int_equal(w.last.pe_code, ICMP_UNREACH_HOST);
	assert_int_equal(w.last.pe_from.a_v4, fx_v4("10.0.0.1"));
	world_fini(&w);
}

static void
test_self(void **state)
{
	struct world w;

	world_init(&w);
	probe(&w, "10.0.0.1", 56, 1, false);
	assert_int_equal(w.n, 1);
	assert_int_equal(w.last.pe_kind, PE_REPLY);
	probe(&w, "127.0.0.1", 56, 2, false);
	assert_int_equal(w.n, 2);
	world_fini(&w);
}

/* Identifiers differ; a reply for one that is closed goes nowhere. */
static void
test_identity(void **state)
{
	struct ping other = { .p_fn = heard };
	struct world w;

	world_init(&w);
	assert_int_equal(ping_open(w.fx.fx_ctl, &other), 0);
	assert_int_not_equal(other.p_id, w.p.p_id);
	assert_true(other.p_id >= PING_ID_MIN);
	ping_close(w.fx.fx_ctl, &other);
	probe(&w, "10.0.0.9", 56, 1, false);
	ping_close(w.fx.fx_ctl, &w.p);
	answer(&w);
	assert_int_equal(w.n, 0);
	world_fini(&w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reply),
		cmocka_unit_test(test_large_and_none),
		cmocka_unit_test(test_own_errors),
		cmocka_unit_test(test_self),
		cmocka_unit_test(test_identity),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
