/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The tester on threads: against itself over links in memory, and with a
 * router in the same process.  What is late on a busy machine is not judged
 * here, only what must add up.
 */
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "dev/drivers.h"
#include "dev/pair.h"
#include "gen/gen.h"
#include "gen/hist.h"
#include "gen/tpl.h"
#include "route/route.h"
#include "spate.h"

static char err[GEN_ERRLEN];

struct rig {
	struct gen *r_gen;
	struct tpl_conf r_tpl;
	struct trial_stream r_stream;
	struct trial_conf r_conf;
	struct trial_result r_result;
};

static struct addr
address(const char *text)
{
	struct addr a;

	assert_int_equal(addr_parse(&a, text), 0);
	return a;
}

static void
check(int error)
{
	if (error != 0)
		fail_msg("%s", err);
}

static void
port(struct gen *g, const char *name, const char *host, const char *gw,
    struct pair *p, unsigned side)
{
	struct gen_port_conf pc = { .gp_name = name, .gp_ops = &dev_pair,
		.gp_nhosts = 1, .gp_linerate = 10000000000 };

	pc.gp_hosts[0] = (struct gen_hosts){ address(host), 100 };
	if (gw != NULL)
		pc.gp_gw4 = address(gw);
	pc.gp_dev = (struct dev_conf){ .dc_driver = "pair",
		.dc_pair = pair_end(p, side) };
	check(gen_port(g, &pc, err, sizeof(err)));
}

static struct pair *
link_make(unsigned queues)
{
	/* Room for all there is: nobody is lost on a busy machine. */
	struct pair_conf pc = { .pc_seed = 1, .pc_ring = 8192 };
	struct pair *p;

	pc.pc_side[0].ps_queues = pc.pc_side[1].ps_queues = (uint16_t)queues;
	assert_int_equal(pair_create(&pc, &p), 0);
	return p;
}

static void
stream(struct rig *r, uint32_t flows)
{
	check(gen_tpl(r->r_gen, 0, 1, ADDR_V4, &r->r_tpl, err, sizeof(err)));
	r->r_tpl.tc_flows = flows;
	r->r_stream = (struct trial_stream){ .ts_from = 0, .ts_to = 1,
		.ts_tpl = &r->r_tpl };
	r->r_conf = (struct trial_conf){
		.tc_stream = &r->r_stream,
		.tc_nstreams = 1,
		.tc_pace = { .pc_rate = { 20000, 1 } },
		.tc_packets = 2000,
		.tc_quiet = 500 * NS_MS,
		.tc_drain = 20 * NS_S, /* on a busy machine */
	};
}

static void
sound(const struct rig *r)
{
	const struct trial_counts *tn = &r->r_result.tr_all;

	assert_int_equal(tn->tn_offered, tn->tn_sent + tn->tn_unsent);
	assert_int_equal(tn->tn_sent, tn->tn_received + tn->tn_lost);
	assert_int_equal(r->r_result.tr_latency->h_n, tn->tn_received);
}

static void
trial(struct rig *r)
{
	if (gen_trial(r->r_gen, &r->r_conf, &r->r_result) != 0)
		fail_msg("%s", gen_error(r->r_gen));
	sound(r);
}

/* A tester whose two ports are joined, and what it is to send. */
static void
rig_open(struct rig *r, unsigned ncpus, uint32_t flows)
{
	struct gen_conf gc = { .gc_ncpus = ncpus, .gc_seed = 1 };
	struct pair *p = link_make(ncpus);

	*r = (struct rig){ 0 };
	check(gen_create(&gc, &r->r_gen, err, sizeof(err)));
	port(r->r_gen, "left", "198.18.0.1", NULL, p, 0);
	port(r->r_gen, "right", "198.19.0.1", NULL, p, 1);
	pair_destroy(p);
	check(gen_start(r->r_gen, err, sizeof(err)));
	stream(r, flows);
}

/* It would run for an hour: each tick may end it, or change its pace. */
static void
rig_endless(struct rig *r,
    bool (*fn)(void *, const struct trial_tick *, struct pace_conf *),
    void *arg)
{
	r->r_conf.tc_packets = 0;
	r->r_conf.tc_duration = 3600 * NS_S;
	r->r_conf.tc_tick = fn;
	r->r_conf.tc_tickarg = arg;
}

static void
loop_with(unsigned ncpus, uint32_t flows)
{
	struct rig r;
	double pps;

	rig_open(&r, ncpus, flows);
	trial(&r);
	assert_int_equal(r.r_result.tr_all.tn_sent, 2000);
	assert_int_equal(r.r_result.tr_all.tn_received, 2000);
	assert_int_equal(r.r_result.tr_all.tn_duplicated, 0);
	assert_int_equal(r.r_result.tr_port[1].tp_if_rx_packets, 2000);
	trial_result_fini(&r.r_result);
	/* And another, with a warm-up and learning. */
	r.r_conf.tc_warmup = 500 * NS_MS; /* threads may wait for a CPU */
	r.r_conf.tc_learn = true;
	trial(&r);
	assert_int_equal(r.r_result.tr_all.tn_received, 2000);
	assert_true(r.r_result.tr_port[1].tp_if_rx_packets > 2000);
	trial_result_fini(&r.r_result);
	assert_int_equal(gen_limit(r.r_gen, &r.r_conf, &pps), 0);
	assert_true(pps > 0);
	gen_destroy(r.r_gen);
}

static void
one_cpu(void **state)
{
	(void)state;
	loop_with(1, 10);
}

static void
several_cpus(void **state)
{
	(void)state;
	loop_with(3, 10);
}

/* A router of its own threads; its ctl is run while the tester waits. */
struct dut {
	struct spate *d_sp;
	struct engine *d_en;
};

static void
dut_pump(void *arg)
{
	struct dut *d = arg;

	role_enter(&on_ctl);
	ctl_round(d->d_sp->sp_ctl);
}

static void
dut_port(struct dut *d, const char *name, const char *prefix, struct pair *p)
{
	struct dev_conf dc = { .dc_driver = "pair", .dc_pair = pair_end(p, 1) };
	struct ctl *ctl = d->d_sp->sp_ctl;
	struct ifnet *ifp;
	struct ifaddr ia;
	struct prefix pr;

	role_enter(&on_ctl);
	check(if_attach(ctl, name, &dev_pair, &dc, &ifp, err, sizeof(err)));
	if_set_up(ctl, ifp, true);
	assert_int_equal(prefix_parse(&pr, prefix), 0);
	ia = (struct ifaddr){ .ifa_addr = pr.p_addr, .ifa_plen = pr.p_len };
	assert_int_equal(if_addr_set(ctl, ifp, &ia), 0);
	assert_int_equal(route_address(ctl, ifp, &ia, true), 0);
	assert_int_equal(route_publish(ctl), 0);
}

static void
dut_create(struct dut *d, struct pair *p[static 2])
{
	struct spate_conf sc = { .sc_ncpus = 1 };
	struct spate_env env = { .env_seed = 2 };

	assert_int_equal(engine_create(&env, &d->d_en), 0);
	log_init(&env.env_log, log_sink_stderr, NULL, LOGL_WARN);
	assert_int_equal(spate_create(&sc, &env, &d->d_sp), 0);
	dut_port(d, "in", "198.18.255.254/16", p[0]);
	dut_port(d, "out", "198.19.255.254/16", p[1]);
	assert_int_equal(engine_start(d->d_en, d->d_sp, NULL), 0);
}

static void
router_in_process(void **state)
{
	struct gen_conf gc = { .gc_seed = 1, .gc_pump = dut_pump };
	struct pair *p[2] = { link_make(1), link_make(1) };
	struct rig r = { 0 };
	struct dut d;

	(void)state;
	gc.gc_pumparg = &d;
	dut_create(&d, p);
	check(gen_create(&gc, &r.r_gen, err, sizeof(err)));
	port(r.r_gen, "left", "198.18.0.1", "198.18.255.254", p[0], 0);
	port(r.r_gen, "right", "198.19.0.1", "198.19.255.254", p[1], 0);
	check(gen_start(r.r_gen, err, sizeof(err)));
	stream(&r, 4);
	/* The router asks for the host and loses what it cannot hold. */
	trial(&r);
	trial_result_fini(&r.r_result);
	trial(&r);
	assert_int_equal(r.r_result.tr_all.tn_sent, 2000);
	assert_int_equal(r.r_result.tr_all.tn_received, 2000);
	trial_result_fini(&r.r_result);
	/* The gateway is not there. */
	engine_stop(d.d_en);
	r.r_conf.tc_stop = NULL;
	assert_int_equal(gen_trial(r.r_gen, &r.r_conf, &r.r_result),
	    EHOSTUNREACH);
	assert_string_equal(gen_error(r.r_gen),
	    "left: gateway 198.18.255.254 does not answer ARP");
	gen_destroy(r.r_gen);
	spate_destroy(d.d_sp);
	engine_destroy(d.d_en);
	pair_destroy(p[0]);
	pair_destroy(p[1]);
}

/* What cannot be is refused, in words, before anything is sent. */
static void
refuses(void **state)
{
	struct gen_conf gc = { .gc_seed = 1 };
	struct pair *p = link_make(1), *open = link_make(1);
	struct rig r = { 0 };

	(void)state;
	check(gen_create(&gc, &r.r_gen, err, sizeof(err)));
	port(r.r_gen, "left", "198.18.0.1", NULL, p, 0);
	port(r.r_gen, "right", "198.19.0.1", NULL, p, 1);
	port(r.r_gen, "open", "198.20.0.1", NULL, open, 0);
	check(gen_start(r.r_gen, err, sizeof(err)));
	stream(&r, 1);
	r.r_stream.ts_to = 7;
	assert_int_equal(gen_begin(r.r_gen, &r.r_conf), EINVAL);
	assert_string_equal(gen_error(r.r_gen),
	    "stream 0: there is no port 7, but 3 of them from 0");
	r.r_stream.ts_to = 2;
	assert_int_equal(gen_begin(r.r_gen, &r.r_conf), ENETDOWN);
	assert_string_equal(gen_error(r.r_gen),
	    "open: there is no carrier; is the other side up?");
	r.r_stream.ts_to = 1;
	r.r_conf.tc_packets = 0;
	assert_int_equal(gen_begin(r.r_gen, &r.r_conf), EINVAL);
	assert_string_equal(gen_error(r.r_gen),
	    "a trial needs a duration or a number of packets");
	r.r_conf.tc_packets = 10;
	r.r_conf.tc_size = 1519;
	assert_int_equal(gen_begin(r.r_gen, &r.r_conf), EINVAL);
	assert_string_equal(gen_error(r.r_gen), "left: its MTU of 1500 takes "
	    "frames of up to 1518 bytes, not of 1519");
	r.r_conf.tc_size = 63;
	assert_int_equal(gen_begin(r.r_gen, &r.r_conf), EINVAL);
	assert_non_null(strstr(gen_error(r.r_gen), "stream 0: "));
	r.r_conf.tc_size = 64;
	r.r_conf.tc_pace.pc_rate.pr_num = 0;
	assert_int_equal(gen_begin(r.r_gen, &r.r_conf), EINVAL);
	assert_non_null(strstr(gen_error(r.r_gen), "left: "));
	gen_destroy(r.r_gen);
	pair_destroy(p);
	pair_destroy(open);
}

static trial_flag stop;

static void *
stopper(void *arg)
{
	(void)arg;
	atomic_store(&stop, true);
	return NULL;
}

static bool
stop_on_tick(void *arg, const struct trial_tick *tt, struct pace_conf *pc)
{
	pthread_t t;

	(void)arg;
	(void)pc;
	if (tt->tt_phase == TPH_RUN && tt->tt_port[0].sent > 0) {
		assert_int_equal(pthread_create(&t, NULL, stopper, NULL), 0);
		pthread_join(t, NULL);
	}
	return true;
}

static void
stops(void **state)
{
	struct runner rn;
	struct rig r;

	(void)state;
	rig_open(&r, 1, 1);
	rig_endless(&r, stop_on_tick, NULL);
	gen_runner(r.r_gen, &rn, &stop);
	assert_int_equal(rn.rn_nports, 2);
	assert_int_equal(rn.rn_trial(rn.rn_arg, &r.r_conf, &r.r_result), 0);
	sound(&r);
	assert_true(r.r_result.tr_stopped);
	assert_false(r.r_result.tr_valid);
	assert_true(r.r_result.tr_all.tn_sent > 0);
	assert_true(rn.rn_stopped(rn.rn_arg));
	rn.rn_sleep(rn.rn_arg, 3600 * NS_S); /* not that long */
	trial_result_fini(&r.r_result);
	gen_destroy(r.r_gen);
}

/* Somebody leans on the keys. */
static bool
another_pace(void *arg, const struct trial_tick *tt, struct pace_conf *pc)
{
	unsigned *paces = arg;

	if (tt->tt_phase == TPH_RUN && *paces < 5) {
		pc->pc_rate.pr_num += 1000;
		(*paces)++;
	}
	return *paces < 5;
}

static void
repaced(void **state)
{
	unsigned paces = 0;
	struct rig r;

	(void)state;
	rig_open(&r, 2, 2);
	rig_endless(&r, another_pace, &paces);
	trial(&r);
	assert_int_equal(paces, 5);
	trial_result_fini(&r.r_result);
	gen_destroy(r.r_gen);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_cpu),
		cmocka_unit_test(several_cpus),
		cmocka_unit_test(router_in_process),
		cmocka_unit_test(refuses),
		cmocka_unit_test(stops),
		cmocka_unit_test(repaced),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
