/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Policy routes for packets of both families: which of them rules decide about,
 * and where those go.
 */
#include <stdlib.h>
#include <string.h>

#include "../fixture.h"

#include "base/bitmap.h"
#include "ip/ip_stat.h"
#include "ip/ip_wire.h"
#include "ip6/ip6_stat.h"
#include "route/route.h"
#include "route/rule.h"

/*
 * Hosts on a and b; everything is behind 10.0.0.7 on a, but for rules.  c is in
 * table 1, of which everything is behind 10.5.0.7.
 */
struct world {
	struct fixture fx;
	struct ifnet *a;
	struct ifnet *b;
	struct ifnet *c;
	struct rule *ru; /* being made */
	unsigned n;
};

static void
world_init(struct world *w)
{
	struct fixture *fx = &w->fx;

	memset(w, 0, sizeof(*w));
	fixture_init(fx);
	w->a = fixture_if(fx, "a", 1500, "10.0.0.1/24");
	w->b = fixture_if(fx, "b", 1500, "192.0.2.1/24");
	fixture_addr(fx, w->a, "2001:db8:a::1/64", 0);
	fixture_addr(fx, w->b, "2001:db8:b::1/64", 0);
	fixture_route(fx, "0.0.0.0/0", NH_GATEWAY, w->a, "10.0.0.7");
	fixture_route(fx, "::/0", NH_GATEWAY, w->a, "2001:db8:a::7");
	fx->fx_rtable = 1;
	w->c = fixture_if(fx, "c", 1500, "10.5.0.1/24");
	fixture_route(fx, "0.0.0.0/0", NH_GATEWAY, w->c, "10.5.0.7");
	fx->fx_rtable = 0;
}

/* One more rule, for what comes in by a. */
static struct rule *
rule(struct world *w, const char *name, const struct nhop *nh)
{
	struct rule *ru;

	w->ru = realloc(w->ru, (w->n + 1) * sizeof(*ru));
	assert_non_null(w->ru);
	ru = &w->ru[w->n++];
	memset(ru, 0, sizeof(*ru));
	strcpy(ru->ru_name, name);
	ru->ru_anyproto = true;
	bitmap_set(ru->ru_if, w->a->if_index);
	if (nh != NULL)
		assert_int_equal(
		    route_nhop_get(w->fx.fx_ctl, nh, 1, 0, &ru->ru_nh), 0);
	return ru;
}

static void
rules(struct world *w)
{
	assert_int_equal(rules_set(w->fx.fx_ctl, w->ru, w->n), 0);
	w->ru = NULL;
	w->n = 0;
}

static uint64_t
hits(struct world *w, unsigned i)
{
	const struct rule *ru;
	struct rule_counts ruc;
	unsigned n;

	ru = rules_now(w->fx.fx_ctl, &n);
	assert_in_range(i, 0, n - 1);
	rule_counts(w->fx.fx_ctl, &ru[i], &ruc);
	assert_int_equal(ruc.ruc_packets == 0, ruc.ruc_bytes == 0);
	return ruc.ruc_packets;
}

/* Where a packet in by ifp goes: the interface's index; 0: nowhere. */
static unsigned
goes(struct world *w, const struct ifnet *ifp, const struct fx_packet *fp)
{
	struct fixture *fx = &w->fx;
	unsigned oif = 0;

	fixture_input(fx, ifp, fp);
	if (fx->fx_n == 1 && fx->fx_stage[0] == ST_RESOLVE)
		oif = nhop_lookup(fx->fx_sp, fx->fx_m[0]->m_nh)->nh_ifindex;
	fixture_clear(fx);
	return oif;
}

#define X4(dst, ...)                                                           \
	(&(struct fx_packet){                                                  \
	    .fp_src = "10.0.0.9", .fp_dst = (dst), __VA_ARGS__ })
#define X6(dst, ...)                                                           \
	(&(struct fx_packet){                                                  \
	    .fp_src = "2001:db8:a::9", .fp_dst = (dst), __VA_ARGS__ })
#define SCTP	.fp_proto = 132, .fp_len = 12
#define P4(dst) X4(dst, .fp_proto = 17, .fp_len = 8)
#define P6(dst) X6(dst, .fp_proto = 17, .fp_len = 8)

static struct nhop
gateway(const struct ifnet *ifp, struct addr gw)
{
	return (struct nhop){ .nh_type = NH_GATEWAY, .nh_gw = gw,
		.nh_ifindex = ifp->if_index, .nh_mtu = 1500 };
}

/* What is not to others, or did not come as a packet to us, is no rule's. */
static void
test_whose(void **state)
{
	struct nhop hole = { .nh_type = NH_BLACKHOLE };
	struct world w;

	(void)state;
	world_init(&w);
	assert_int_equal(goes(&w, w.a, P4("198.51.100.1")), w.a->if_index);
	rule(&w, "hole", &hole);
	rules(&w);
	assert_int_equal(if_policy(w.a), IFP_RULES);
	assert_int_equal(if_policy(w.b), 0);
	assert_int_equal(goes(&w, w.a, P4("198.51.100.1")), 0);
	assert_int_equal(goes(&w, w.a, P6("2001:db8::1")), 0);
	assert_int_equal(goes(&w, w.a, P4("192.0.2.9")), 0);
	assert_int_equal(hits(&w, 0), 3);
	assert_int_equal(fixture_stat(&w.fx, SG_IP, ips_blackhole), 2);
	assert_int_equal(fixture_stat(&w.fx, SG_IP6, i6s_blackhole), 1);
	/* To us, to groups, to all; of the other interface. */
	goes(&w, w.a, P4("192.0.2.1"));
	goes(&w, w.a, P4("10.0.0.255"));
	goes(&w, w.a, P4("224.0.0.1"));
	goes(&w, w.a, P4("255.255.255.255"));
	goes(&w, w.a, P4("169.254.1.1"));
	goes(&w, w.a, P6("2001:db8:b::1"));
	goes(&w, w.a, P6("ff02::1"));
	assert_int_equal(goes(&w, w.b, P4("198.51.100.1")), w.a->if_index);
	assert_int_equal(hits(&w, 0), 3);
	rules(&w);
	assert_int_equal(w.fx.fx_sp->sp_policies, 0);
	assert_int_equal(goes(&w, w.a, P4("198.51.100.1")), w.a->if_index);
	fixture_fini(&w.fx);
}

static void
ports(struct rule *ru, uint16_t lo, uint16_t hi)
{
	assert_non_null(ru->ru_dport = malloc(sizeof(*ru->ru_dport)));
	ru->ru_dport[0] = (struct rule_ports){ lo, hi };
	ru->ru_ndport = 1;
}

/* A fragment has no ports; extension headers do not hide them. */
static void
test_ports(void **state)
{
	static const uint8_t udp[16] = { 0, 1, 0, 53, 0, 16 };
	static const uint8_t behind[24] = { 17, 0, 1, 4, 0, 0, 0, 0, 0, 1, 0,
		53, 0, 16 };
	static const uint8_t frag[24] = { 17, 0, 0, 1, 0, 0, 0, 9, 0, 1, 0, 53,
		0, 16 };
	struct world w;
	struct nhop n4, n6;

	(void)state;
	world_init(&w);
	n4 = gateway(w.b, addr_v4(fx_v4("192.0.2.7")));
	n6 = gateway(w.b, addr_v6(fx_v6("2001:db8:b::7")));
	ports(rule(&w, "dns", &n4), 53, 53);
	w.ru[0].ru_family = ADDR_V4;
	ports(rule(&w, "dns6", &n6), 50, 60);
	w.ru[1].ru_family = ADDR_V6;
	rules(&w);
#define UDP .fp_proto = 17, .fp_payload = udp, .fp_len = sizeof(udp)
	assert_int_equal(goes(&w, w.a, X4("198.51.100.1", UDP)), w.b->if_index);
	assert_int_equal(goes(&w, w.a, X4("198.51.100.1", UDP, .fp_chain = 21)),
	    w.b->if_index);
	assert_int_equal(
	    goes(&w, w.a, X4("198.51.100.1", UDP, .fp_off = IP_MF)),
	    w.a->if_index);
	assert_int_equal(goes(&w, w.a, X4("198.51.100.1", UDP, .fp_off = 9)),
	    w.a->if_index);
	assert_int_equal(goes(&w, w.a, X6("2001:db8::1", UDP)), w.b->if_index);
	assert_int_equal(goes(&w, w.a, X6("2001:db8::1", UDP, .fp_chain = 41)),
	    w.b->if_index);
#undef UDP
	assert_int_equal(goes(&w, w.a,
			     X6("2001:db8::1", .fp_proto = 60,
				 .fp_payload = behind, .fp_len = 24)),
	    w.b->if_index);
	assert_int_equal(goes(&w, w.a,
			     X6("2001:db8::1", .fp_proto = 44,
				 .fp_payload = frag, .fp_len = 24)),
	    w.a->if_index);
	assert_int_equal(hits(&w, 0), 2);
	assert_int_equal(hits(&w, 1), 3);
	fixture_fini(&w.fx);
}

/* Into another table; to what its own says; counting goes on. */
static void
test_tables(void **state)
{
	struct nhop other = { .nh_type = NH_TABLE, .nh_table = 1 };
	struct world w;
	struct rule *ru;

	(void)state;
	world_init(&w);
	ru = rule(&w, "stop", NULL);
	ru->ru_anyproto = false;
	bitmap_set(ru->ru_proto, 17);
	rule(&w, "other", &other);
	rules(&w);
	assert_int_equal(goes(&w, w.a, P4("198.51.100.1")), w.a->if_index);
	assert_int_equal(goes(&w, w.a, X4("198.51.100.1", SCTP)),
	    w.c->if_index);
	/* There is no route there: the rule has decided all the same. */
	goes(&w, w.a, X6("2001:db8::1", SCTP));
	assert_int_equal(fixture_stat(&w.fx, SG_IP6, i6s_noroute), 1);
	assert_int_equal(hits(&w, 0), 1);
	assert_int_equal(hits(&w, 1), 2);
	rule(&w, "new", &other);
	rule(&w, "other", &other);
	rules(&w);
	assert_int_equal(goes(&w, w.a, P4("198.51.100.1")), w.c->if_index);
	assert_int_equal(hits(&w, 0), 1);
	assert_int_equal(hits(&w, 1), 2);
	fixture_fini(&w.fx);
}

/* An interface goes: its rules are passed over, and hold nothing of it. */
static void
test_flush(void **state)
{
	struct nhop nh[2];
	struct world w;
	struct rule *ru;
	unsigned n;

	(void)state;
	world_init(&w);
	nh[0] = gateway(w.b, addr_v4(fx_v4("192.0.2.7")));
	nh[1] = gateway(w.a, addr_v4(fx_v4("10.0.0.77")));
	rule(&w, "one", &nh[0]);
	ru = rule(&w, "two", NULL);
	assert_int_equal(
	    route_nhop_get(w.fx.fx_ctl, nh, 2, 0, &ru->ru_nh), 0);
	rules(&w);
	assert_int_equal(goes(&w, w.a, P4("198.51.100.1")), w.b->if_index);
	rules_flush_if(w.fx.fx_ctl, w.b->if_index);
	assert_true(rules_now(w.fx.fx_ctl, &n)[0].ru_idle);
	assert_int_equal(n, 2);
	assert_int_equal(goes(&w, w.a, P4("198.51.100.1")), w.a->if_index);
	assert_int_equal(hits(&w, 0), 1);
	assert_int_equal(hits(&w, 1), 1);
	rules_flush_if(w.fx.fx_ctl, w.a->if_index);
	assert_int_equal(w.fx.fx_sp->sp_policies, 0);
	assert_int_equal(route_publish(w.fx.fx_ctl), 0);
	fixture_fini(&w.fx);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_whose),
		cmocka_unit_test(test_ports),
		cmocka_unit_test(test_tables),
		cmocka_unit_test(test_flush),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
