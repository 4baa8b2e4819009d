/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The tester as a library: it loads a router that lives in this process.
 *
 * Two instances, which are two hosts, and two links in memory.  The router has
 * an address on either link and threads of its own; its ctl is run while the
 * tester, which is this thread's, waits.
 */
#include <err.h>
#include <inttypes.h>
#include <stdio.h>

#include "dev/drivers.h"
#include "dev/pair.h"
#include "gen/gen.h"
#include "gen/hist.h"
#include "gen/tpl.h"
#include "route/route.h"
#include "spate.h"

static char error[GEN_ERRLEN];

static void
router_ctl(void *arg)
{
	struct spate *router = arg;

	role_enter(&on_ctl);
	ctl_round(router->sp_ctl);
}

static void ON_CTL
router_port(struct spate *sp, const char *name, const char *net, struct pair *p)
{
	struct dev_conf dc = { .dc_driver = "pair", .dc_pair = pair_end(p, 1) };
	struct ifaddr ia = { 0 };
	struct prefix pr;
	struct ifnet *ifp;

	prefix_parse(&pr, net);
	ia.ifa_addr = pr.p_addr;
	ia.ifa_plen = pr.p_len;
	if (if_attach(sp->sp_ctl, name, &dev_pair, &dc, &ifp, error,
		sizeof(error)) != 0)
		errx(1, "%s", error);
	if_set_up(sp->sp_ctl, ifp, true);
	if (if_addr_set(sp->sp_ctl, ifp, &ia) != 0 ||
	    route_address(sp->sp_ctl, ifp, &ia, true) != 0 ||
	    route_publish(sp->sp_ctl) != 0)
		errx(1, "%s: no address", name);
}

static void ON_CTL
tester_port(struct gen *g, const char *name, const char *host, const char *gw,
    struct pair *p)
{
	struct gen_port_conf pc = { .gp_name = name, .gp_ops = &dev_pair,
		.gp_nhosts = 1 };

	addr_parse(&pc.gp_hosts[0].gh_first, host);
	pc.gp_hosts[0].gh_n = 1;
	addr_parse(&pc.gp_gw4, gw);
	pc.gp_dev = (struct dev_conf){ .dc_driver = "pair",
		.dc_pair = pair_end(p, 0) };
	if (gen_port(g, &pc, error, sizeof(error)) != 0)
		errx(1, "%s", error);
}

static void ON_CTL
measure(struct gen *g)
{
	struct trial_conf tc = { .tc_nstreams = 1, .tc_duration = 200 * NS_MS,
		.tc_warmup = 100 * NS_MS, .tc_drain = 500 * NS_MS,
		.tc_late = NS_S, .tc_pace = { .pc_rate = { 100000, 1 } } };
	struct trial_result tr = { 0 };
	struct trial_stream ts = { .ts_from = 0, .ts_to = 1 };
	struct tpl_conf tpl;

	if (gen_tpl(g, 0, 1, ADDR_V4, &tpl, error, sizeof(error)) != 0)
		errx(1, "%s", error);
	ts.ts_tpl = &tpl;
	tc.tc_stream = &ts;
	if (gen_trial(g, &tc, &tr) != 0)
		errx(1, "%s", gen_error(g));
	printf("sent %" PRIu64 ", received %" PRIu64 ", lost %" PRIu64
	       ", latency p50 %" PRIu64 " ns, %s%s\n",
	    tr.tr_all.tn_sent, tr.tr_all.tn_received, tr.tr_all.tn_lost,
	    hist_percentile(tr.tr_latency, 50, 100),
	    tr.tr_valid ? "valid" : "not valid: ", tr.tr_reason[0]);
	trial_result_fini(&tr);
}

int
main(void)
{
	struct pair_conf link = { .pc_ring = 1024 };
	struct spate_conf sc = { .sc_ncpus = 1 };
	struct spate_env env = { .env_seed = 1 };
	struct gen_conf gc = { .gc_seed = 1, .gc_pump = router_ctl };
	struct pair *left, *right;
	struct engine *threads;
	struct spate *router;
	struct gen *g;

	role_enter(&on_ctl);
	if (pair_create(&link, &left) != 0 || pair_create(&link, &right) != 0)
		errx(1, "no memory");
	if (engine_create(&env, &threads) != 0)
		errx(1, "no threads");
	log_init(&env.env_log, log_sink_stderr, NULL, LOGL_WARN);
	if (spate_create(&sc, &env, &router) != 0)
		errx(1, "no memory");
	router_port(router, "in", "198.18.0.1/24", left);
	router_port(router, "out", "198.19.0.1/24", right);
	gc.gc_pumparg = router;
	if (engine_start(threads, router, NULL) != 0 ||
	    gen_create(&gc, &g, error, sizeof(error)) != 0)
		errx(1, "it does not start");
	tester_port(g, "left", "198.18.0.2", "198.18.0.1", left);
	tester_port(g, "right", "198.19.0.2", "198.19.0.1", right);
	if (gen_start(g, error, sizeof(error)) != 0)
		errx(1, "%s", error);
	measure(g);
	gen_destroy(g);
	engine_stop(threads);
	spate_destroy(router);
	engine_destroy(threads);
	pair_destroy(left);
	pair_destroy(right);
	return 0;
}
