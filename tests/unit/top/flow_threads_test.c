/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The flow cache on threads: the tester sends through a router of two CPUs
 * while ctl changes routes, neighbours and the link under them, the cache's
 * size and who decides on it, and looks into it.  What is wrong here shows
 * under ThreadSanitizer; and no packet may be unaccounted for.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "dev/drivers.h"
#include "dev/pair.h"
#include "fast/flow_look.h"
#include "fast/flow_stat.h"
#include "gen/gen.h"
#include "gen/tpl.h"
#include "route/neigh.h"
#include "route/route.h"
#include "spate.h"

#define NETS 8
#define DSTS 64 /* over all nets */

/* Of the tester's ends. */
static const uint8_t macs[3][MAC_LEN] = { { 2, 0, 0, 0, 0, 1 },
	{ 2, 0, 0, 0, 0, 2 }, { 2, 0, 0, 0, 0, 3 } };

struct world {
	struct spate *w_router;
	struct engine *w_threads;
	struct gen *w_gen;
	struct ifnet *w_if[3]; /* to the sender; to the sink, twice */
	struct pair *w_link[3];
	struct rnd w_rnd;
	unsigned w_changes;
	uint64_t w_seen; /* flows */
};

static void ON_CTL
router_port(struct world *w, unsigned i, const char *name, const char *net)
{
	struct dev_conf dc = { .dc_driver = "pair",
		.dc_pair = pair_end(w->w_link[i], 1), .dc_queues = 2 };
	struct ctl *ctl = w->w_router->sp_ctl;
	struct ifaddr ia = { 0 };
	struct prefix pr;
	char err[200];

	assert_int_equal(prefix_parse(&pr, net), 0);
	ia.ifa_addr = pr.p_addr;
	ia.ifa_plen = pr.p_len;
	assert_int_equal(if_attach(ctl, name, &dev_pair, &dc, &w->w_if[i], err,
	    sizeof(err)), 0);
	if_set_up(ctl, w->w_if[i], true);
	assert_int_equal(if_addr_set(ctl, w->w_if[i], &ia), 0);
	assert_int_equal(route_address(ctl, w->w_if[i], &ia, true), 0);
}

static void ON_CTL
route_to(struct world *w, unsigned net, unsigned by)
{
	struct nhop nh = { .nh_type = NH_GATEWAY,
		.nh_ifindex = w->w_if[by]->if_index, .nh_mtu = 1500,
		.nh_gw = addr_v4(0xc6120002 + (by << 16)) };
	struct prefix p = { .p_addr = addr_v4(0x0a000000 + (net << 16)),
		.p_len = 16 };

	assert_int_equal(route_set(w->w_router->sp_ctl, 0, &p, RP_STATIC, 0,
	    &nh, 1), 0);
}

static void ON_CTL
neighbour(struct world *w, unsigned by)
{
	struct addr a = addr_v4(0xc6120002 + (by << 16));

	assert_int_equal(neigh_add(w->w_router->sp_ctl, w->w_if[by], &a,
	    macs[by]), 0);
}

static void ON_CTL
tune(struct world *w, const char *name, const char *value)
{
	char err[200];

	assert_int_equal(sysctl_set(&w->w_router->sp_sysctl, name, value, err,
	    sizeof(err)), 0);
}

static int
see(void *arg, const struct flow_info *fi)
{
	struct world *w = arg;

	/* One that is being written must not be seen half. */
	assert_int_equal(fi->fi_dst.a_v4 >> 24, 10);
	assert_true(fi->fi_oif == w->w_if[1]->if_index ||
	    fi->fi_oif == w->w_if[2]->if_index);
	w->w_seen++;
	return 0;
}

static void ON_CTL
change(struct world *w)
{
	static const char *const sizes[] = { "256", "16", "64", "0" };
	static const char *const modes[] = { "on", "auto" };
	unsigned what = (unsigned)rnd_below(&w->w_rnd, 40);
	unsigned by = 1 + (unsigned)rnd_below(&w->w_rnd, 2);

	if (what < 20)
		route_to(w, (unsigned)rnd_below(&w->w_rnd, NETS), by);
	else if (what < 30)
		neighbour(w, by);
	else if (what < 34) {
		if_set_up(w->w_router->sp_ctl, w->w_if[2], what % 2 == 0);
		nhop_links(w->w_router->sp_ctl);
		neighbour(w, 2);
	} else if (what < 36)
		tune(w, "net.inet.ip.fastforward", modes[by - 1]);
	else if (what < 37)
		tune(w, "net.inet.ip.flow.size",
		    sizes[rnd_below(&w->w_rnd, 4)]);
	else
		flow_walk(w->w_router->sp_ctl, by - 1, see, w);
	assert_int_equal(route_publish(w->w_router->sp_ctl), 0);
	w->w_changes++;
}

/* The router's ctl, while the tester waits. */
static void
pump(void *arg)
{
	struct world *w = arg;

	role_enter(&on_ctl);
	change(w);
	ctl_round(w->w_router->sp_ctl);
}

static void ON_CTL
tester_port(struct world *w, unsigned i, const char *name, const char *host,
    const char *gw)
{
	struct gen_port_conf pc = { .gp_name = name, .gp_ops = &dev_pair,
		.gp_nhosts = 1 };
	char err[GEN_ERRLEN];

	addr_parse(&pc.gp_hosts[0].gh_first, host);
	pc.gp_hosts[0].gh_n = 1;
	addr_parse(&pc.gp_gw4, gw);
	pc.gp_dev = (struct dev_conf){ .dc_driver = "pair",
		.dc_pair = pair_end(w->w_link[i], 0) };
	assert_int_equal(gen_port(w->w_gen, &pc, err, sizeof(err)), 0);
}

static void
world_create(struct world *w)
{
	struct pair_conf link = { .pc_ring = 1024,
		.pc_side = { { .ps_queues = 2 }, { .ps_queues = 2 } } };
	struct spate_conf sc = { .sc_ncpus = 2 };
	struct spate_env env = { .env_seed = 1 };
	struct gen_conf gc = { .gc_seed = 1, .gc_pump = pump, .gc_pumparg = w };
	char err[GEN_ERRLEN];
	unsigned i;

	rnd_seed(&w->w_rnd, 1);
	for (i = 0; i < 3; i++) {
		memcpy(link.pc_side[0].ps_mac, macs[i], MAC_LEN);
		assert_int_equal(pair_create(&link, &w->w_link[i]), 0);
	}
	assert_int_equal(engine_create(&env, &w->w_threads), 0);
	log_init(&env.env_log, log_sink_stderr, NULL, LOGL_ERROR);
	assert_int_equal(spate_create(&sc, &env, &w->w_router), 0);
	router_port(w, 0, "in", "198.17.0.1/24");
	router_port(w, 1, "one", "198.19.0.1/24");
	router_port(w, 2, "two", "198.20.0.1/24");
	for (i = 0; i < NETS; i++)
		route_to(w, i, 1 + i % 2);
	assert_int_equal(route_publish(w->w_router->sp_ctl), 0);
	tune(w, "net.inet.ip.flow.size", "256");
	assert_int_equal(engine_start(w->w_threads, w->w_router, NULL), 0);
	assert_int_equal(gen_create(&gc, &w->w_gen, err, sizeof(err)), 0);
	tester_port(w, 0, "left", "198.17.0.2", "198.17.0.1");
	tester_port(w, 1, "right", "198.19.0.2", "198.19.0.1");
	tester_port(w, 2, "more", "198.20.0.2", "198.20.0.1");
	assert_int_equal(gen_start(w->w_gen, err, sizeof(err)), 0);
}

/* Packets came, tables changed, and all is accounted for. */
static void
balanced(struct world *w)
{
	const struct spate *sp = w->w_router;
#define N(i) spate_stat(sp, SG_PATH, pks_##i)
	uint64_t in = N(received) + N(originated) + N(copied);

	assert_true(N(received) > 0);
	assert_int_equal(in, N(delivered) + N(sent) + N(merged) + N(dropped) +
	    N(held));
#undef N
	assert_true(w->w_changes > 20);
	assert_true(spate_stat(sp, SG_FLOW, fls_hits) > 0);
	assert_true(spate_stat(sp, SG_FLOW, fls_stale) > 0);
}

static void
tables_change(void **state)
{
	static struct world w;
	struct in6 dst[DSTS];
	struct tpl_vary vary = { .tv_field = TPL_F_DST, .tv_op = TPL_LIST,
		.tv_byflow = true, .tv_list = dst, .tv_nlist = DSTS };
	struct trial_conf tc = { .tc_nstreams = 1, .tc_duration = 500 * NS_MS,
		.tc_drain = 100 * NS_MS, .tc_late = 10 * NS_S,
		.tc_pace = { .pc_rate = { 20000, 1 } } };
	struct trial_stream ts = { .ts_from = 0, .ts_to = 1 };
	struct trial_result tr = { 0 };
	char err[GEN_ERRLEN];
	struct tpl_conf tpl;
	unsigned i;

	(void)state;
	role_enter(&on_ctl);
	world_create(&w);
	for (i = 0; i < DSTS; i++)
		dst[i] = (struct in6){ 0, 0x0a000001 + (i % NETS << 16) + i };
	assert_int_equal(
	    gen_tpl(w.w_gen, 0, 1, ADDR_V4, &tpl, err, sizeof(err)), 0);
	tpl.tc_flows = DSTS;
	tpl.tc_vary = &vary;
	tpl.tc_nvary = 1;
	ts.ts_tpl = &tpl;
	tc.tc_stream = &ts;
	assert_int_equal(gen_trial(w.w_gen, &tc, &tr), 0);
	assert_true(tr.tr_all.tn_received > 0);
	trial_result_fini(&tr);
	gen_destroy(w.w_gen);
	engine_stop(w.w_threads);
	balanced(&w);
	spate_destroy(w.w_router);
	engine_destroy(w.w_threads);
	for (i = 0; i < 3; i++)
		pair_destroy(w.w_link[i]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(tables_change) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
