/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Groups of next hops as routes use them: shared, replaced when links and
 * neighbours come and go, changed with their flows in place, and freed.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "../bed.h"
#include "route/fib4.h"
#include "route/nhop_int.h"
#include "route/route.h"

#define NIF 5

struct world {
	struct bed b;
	struct ifnet *ifp[NIF];
};

static unsigned asked;

static void
fake_solicit(struct endpoint *ep, struct msg *msg)
{
	asked++;
	msg_done(ep, msg);
}

static const struct neigh_proto fake = { .np_solicit = fake_solicit };

static int
setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));
	char name[8];
	unsigned i;

	role_enter(&on_ctl);
	asked = 0;
	bed_create(&w->b, 1, &fake, &fake);
	assert_int_equal(route_ctl_init(w->b.ctl), 0);
	for (i = 0; i < NIF; i++) {
		snprintf(name, sizeof(name), "if%u", i);
		w->ifp[i] = bed_attach(&w->b, name);
	}
	*state = w;
	return 0;
}

static int
teardown(void **state)
{
	struct world *w = *state;

	role_enter(&on_ctl);
	bed_run(&w->b, 0);
	qsbr_drain(&w->b.sp->sp_qsbr);
	route_ctl_fini(w->b.ctl);
	bed_destroy(&w->b);
	free(w);
	return 0;
}

static struct nhop
gateway(const struct world *w, unsigned i)
{
	return (struct nhop){ .nh_type = NH_GATEWAY,
		.nh_ifindex = w->ifp[i]->if_index,
		.nh_mtu = (uint16_t)(1500 - i),
		.nh_gw = addr_v4(0x0a000001 + (i << 8)) };
}

/* The route becomes one of the members whose digits stand in "ways". */
static void
set_from(struct world *w, enum rib_proto proto, const char *text,
    const char *ways)
{
	struct nhop nh[NHG_MAX];
	struct prefix p;
	unsigned n;

	role_enter(&on_ctl);
	assert_int_equal(prefix_parse(&p, text), 0);
	for (n = 0; ways[n] != '\0'; n++)
		nh[n] = gateway(w, (unsigned)(ways[n] - '0'));
	if (n == 0)
		assert_int_equal(route_unset(w->b.ctl, 0, &p, proto), 0);
	else
		assert_int_equal(
		    route_set(w->b.ctl, 0, &p, proto, 0, nh, n), 0);
	assert_int_equal(route_publish(w->b.ctl), 0);
}

static void
set(struct world *w, const char *text, const char *ways)
{
	set_from(w, RP_STATIC, text, ways);
}

static const struct nhop *
look(const struct world *w, uint32_t a)
{
	return nhop_lookup(
	    w->b.sp, fib4_lookup(w->b.sp->sp_rt[0].rt_fib4, a));
}

#define NFLOW 4096

/* By interface, the way of each flow. */
static void
ways(const struct world *w, uint32_t a, uint8_t *way)
{
	const struct nhop *nh = look(w, a), *to;
	unsigned i, k;

	for (i = 0; i < NFLOW; i++) {
		to = nh;
		if (nh->nh_type == NH_GROUP)
			to = nhop_member(w->b.sp, nh, hash_mix64(i));
		assert_int_equal(to->nh_type, NH_GATEWAY);
		for (k = 0; k < NIF; k++)
			if (w->ifp[k]->if_index == to->nh_ifindex)
				way[i] = (uint8_t)k;
	}
}

static unsigned
count(const struct world *w)
{
	unsigned i, n = 0;

	for (i = 1; i < w->b.sp->sp_nhops->nt_size; i++)
		n += w->b.sp->sp_nhops->nt_nh[i] != NULL;
	return n;
}

static void
carrier(struct world *w, unsigned i, bool up)
{
	role_enter(&on_ctl);
	if (up)
		atomic_fetch_or(&w->ifp[i]->if_state, IFS_CARRIER);
	else
		atomic_fetch_and(&w->ifp[i]->if_state, ~(uint32_t)IFS_CARRIER);
	nhop_links(w->b.ctl);
}

/* Flows moved only away from "from" (NIF: any) or to "to". */
static void
assert_moved(const uint8_t *old, const uint8_t *new, unsigned from, unsigned to)
{
	unsigned i;

	for (i = 0; i < NFLOW; i++)
		if (old[i] != new[i])
			assert_true(old[i] == from || new[i] == to);
}

static unsigned
share(const uint8_t *way, unsigned k)
{
	unsigned i, n = 0;

	for (i = 0; i < NFLOW; i++)
		n += way[i] == k;
	return n;
}

static void
one_for_many_routes(void **state)
{
	struct world *w = *state;
	uint32_t index;

	set(w, "10.1.0.0/16", "012");
	index = look(w, 0x0a010001)->nh_index;
	set(w, "10.2.0.0/16", "210"); /* the same members */
	assert_int_equal(look(w, 0x0a020001)->nh_index, index);
	assert_int_equal(look(w, 0x0a020001)->nh_refs, 2);
	assert_int_equal(look(w, 0x0a020001)->nh_mtu, 1498);
	assert_int_equal(count(w), 4);
	set(w, "10.2.0.0/16", "210"); /* no change */
	assert_int_equal(look(w, 0x0a020001)->nh_refs, 2);
	set(w, "10.2.0.0/16", "");
	assert_int_equal(look(w, 0x0a020001)->nh_type, NH_NONE);
	assert_int_equal(look(w, 0x0a010001)->nh_refs, 1);
	set(w, "10.1.0.0/16", "");
	bed_run(&w->b, 0);
	bed_run(&w->b, 0);
	assert_int_equal(count(w), 0);
}

static void
flows_are_spread(void **state)
{
	struct world *w = *state;
	uint8_t way[NFLOW];
	unsigned k;

	set(w, "10.1.0.0/16", "01234");
	ways(w, 0x0a010001, way);
	for (k = 0; k < NIF; k++)
		assert_in_range(share(way, k), NFLOW / NIF * 85 / 100,
		    NFLOW / NIF * 115 / 100);
}

static void
links_go_and_come(void **state)
{
	struct world *w = *state;
	uint8_t way[NFLOW], was[NFLOW], first[NFLOW];
	uint32_t index, gen;
	unsigned k;

	set(w, "10.1.0.0/16", "0123");
	ways(w, 0x0a010001, first);
	index = look(w, 0x0a010001)->nh_index;
	gen = w->b.sp->sp_rt[0].rt_gen;
	carrier(w, 1, false);
	ways(w, 0x0a010001, way);
	assert_moved(first, way, 1, NIF);
	assert_int_equal(share(way, 1), 0);
	for (k = 0; k < 4; k++)
		if (k != 1)
			assert_in_range(share(way, k), NFLOW / 3 * 80 / 100,
			    NFLOW / 3 * 120 / 100);
	memcpy(was, way, sizeof(was));
	carrier(w, 2, false);
	ways(w, 0x0a010001, way);
	assert_moved(was, way, 2, NIF);
	memcpy(was, way, sizeof(was));
	carrier(w, 1, true);
	ways(w, 0x0a010001, way);
	assert_moved(was, way, NIF, 1);
	carrier(w, 2, true);
	ways(w, 0x0a010001, way);
	assert_memory_equal(way, first, sizeof(way));
	/* No table was compiled for it, and the group is the same. */
	assert_int_equal(w->b.sp->sp_rt[0].rt_gen, gen);
	assert_int_equal(look(w, 0x0a010001)->nh_index, index);
	/* Without any link each flow stays where it belongs. */
	for (k = 0; k < 4; k++)
		carrier(w, k, false);
	ways(w, 0x0a010001, way);
	assert_memory_equal(way, first, sizeof(way));
	for (k = 0; k < 4; k++)
		carrier(w, k, true);
	ways(w, 0x0a010001, way);
	assert_memory_equal(way, first, sizeof(way));
}

/* The configuration changes: one more, one less, down to one, and up again. */
static void
members_change(void **state)
{
	struct world *w = *state;
	uint8_t way[NFLOW], was[NFLOW];

	set(w, "10.1.0.0/16", "012");
	ways(w, 0x0a010001, was);
	set(w, "10.1.0.0/16", "0123");
	ways(w, 0x0a010001, way);
	assert_moved(was, way, NIF, 3);
	assert_in_range(share(way, 3), NFLOW / 5, NFLOW * 3 / 10);
	memcpy(was, way, sizeof(was));
	set(w, "10.1.0.0/16", "023");
	ways(w, 0x0a010001, way);
	assert_moved(was, way, 1, NIF);
	set(w, "10.1.0.0/16", "2");
	assert_int_equal(look(w, 0x0a010001)->nh_type, NH_GATEWAY);
	ways(w, 0x0a010001, was);
	set(w, "10.1.0.0/16", "24");
	ways(w, 0x0a010001, way);
	assert_moved(was, way, NIF, 4);
	assert_in_range(share(way, 4), NFLOW * 4 / 10, NFLOW * 6 / 10);
	bed_run(&w->b, 0);
	bed_run(&w->b, 0);
	set(w, "10.1.0.0/16", "");
	bed_run(&w->b, 0);
	bed_run(&w->b, 0);
	assert_int_equal(count(w), 0);
}

/* The same while one of them has no link. */
static void
members_change_while_down(void **state)
{
	struct world *w = *state;
	uint8_t way[NFLOW], was[NFLOW];

	set(w, "10.1.0.0/16", "0123");
	carrier(w, 0, false);
	ways(w, 0x0a010001, was);
	set(w, "10.1.0.0/16", "013");
	ways(w, 0x0a010001, way);
	assert_moved(was, way, 2, NIF);
	assert_int_equal(share(way, 0), 0);
	carrier(w, 0, true);
	memcpy(was, way, sizeof(was));
	ways(w, 0x0a010001, way);
	assert_moved(was, way, NIF, 0);
	assert_in_range(share(way, 0), NFLOW / 4, NFLOW * 4 / 10);
}

/* A gateway is asked for by a packet, and does not answer. */
static void
gateway_is_silent(void **state)
{
	static const uint8_t mac[6] = { 2, 0, 0, 0, 1, 1 };
	struct world *w = *state;
	uint8_t way[NFLOW], first[NFLOW];
	struct addr gw = gateway(w, 1).nh_gw;
	unsigned n;

	role_enter(&on_cpu);
	set(w, "10.1.0.0/16", "01");
	ways(w, 0x0a010001, first);
	neigh_hold(host_cpu(w->b.sp, 0), w->ifp[1]->if_index, &gw, NULL);
	bed_pass(&w->b, 3500 * NS_MS, 50 * NS_MS);
	ways(w, 0x0a010001, way);
	assert_int_equal(share(way, 1), 0);
	n = asked;
	/* It is asked for although no packet goes there. */
	bed_pass(&w->b, 20 * NS_S, 50 * NS_MS);
	assert_in_range(asked - n, 10, 25);
	neigh_heard(host_cpu(w->b.sp, 0), w->ifp[1]->if_index, &gw, mac,
	    NN_REPLY, NNF_OVERRIDE);
	bed_pass(&w->b, 2 * NS_S, 50 * NS_MS);
	ways(w, 0x0a010001, way);
	assert_memory_equal(way, first, sizeof(way));
	n = asked;
	bed_pass(&w->b, 5 * NS_S, 50 * NS_MS);
	assert_int_equal(asked, n);
}

/* Each slot table of a random walk is what one change makes of the last. */
static void
random_walk(void **state)
{
	struct world *w = *state;
	uint8_t way[NFLOW], was[NFLOW];
	unsigned i, k, up = 31, in = 7;
	char text[NIF + 1];
	struct rnd rnd;

	rnd_seed(&rnd, 3);
	set(w, "10.1.0.0/16", "012");
	for (i = 0; i < 400; i++) {
		unsigned who = (unsigned)rnd_below(&rnd, NIF), n = 0;

		ways(w, 0x0a010001, was);
		if (rnd_below(&rnd, 2) == 0) {
			up ^= 1u << who;
			carrier(w, who, (up >> who & 1) != 0);
		} else if ((in ^ 1u << who) != 0) {
			in ^= 1u << who;
			for (k = 0; k < NIF; k++)
				if ((in >> k & 1) != 0)
					text[n++] = (char)('0' + k);
			text[n] = '\0';
			set(w, "10.1.0.0/16", text);
		}
		ways(w, 0x0a010001, way);
		for (k = 0; k < NFLOW && (up & in) != 0; k++)
			if (__builtin_popcount(in) > 1)
				assert_true((up & in) >> way[k] & 1);
		if (i % 7 == 0)
			bed_run(&w->b, 0);
		assert_true(count(w) < 40);
	}
}

/* By hand, and back by configuration: next hops that stay keep theirs. */
static void
sources_change(void **state)
{
	struct world *w = *state;
	uint8_t way[NFLOW], was[NFLOW];

	set(w, "10.1.0.0/16", "012");
	ways(w, 0x0a010001, was);
	set_from(w, RP_RUNTIME, "10.1.0.0/16", "0123");
	set(w, "10.1.0.0/16", "");
	ways(w, 0x0a010001, way);
	assert_moved(was, way, NIF, 3);
	memcpy(was, way, sizeof(was));
	set(w, "10.1.0.0/16", "023");
	set_from(w, RP_RUNTIME, "10.1.0.0/16", "");
	ways(w, 0x0a010001, way);
	assert_moved(was, way, 1, NIF);
}

int
main(void)
{
#define T(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(one_for_many_routes),
		T(flows_are_spread),
		T(links_go_and_come),
		T(members_change),
		T(members_change_while_down),
		T(sources_change),
		T(gateway_is_silent),
		T(random_walk),
	};
#undef T

	return cmocka_run_group_tests_name(
	    "route/nhop_group", tests, NULL, NULL);
}
