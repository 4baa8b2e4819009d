/* SPDX-License-Identifier: BSD-2-Clause */
#include "rig.h"

#include <err.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/cycles.h"
#include "dev/dev.h"
#include "dev/drivers.h"
#include "dev/pair.h"
#include "mbuf/in_cksum.h"
#include "netisr/rss.h"
#include "path.h"
#include "route/neigh.h"
#include "route/route.h"

static uint64_t
rig_now(void *arg)
{
	struct timespec ts;

	(void)arg;
	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * NS_S + (uint64_t)ts.tv_nsec;
}

static void
rig_wait(void *arg, struct endpoint *ep, uint64_t until)
{
	(void)arg, (void)ep, (void)until;
}

static void
rig_wake(void *arg, struct endpoint *ep)
{
	(void)arg, (void)ep;
}

void
rig_env(struct spate_env *env)
{
	*env = (struct spate_env){
		.env_now = rig_now,
		.env_wait = rig_wait,
		.env_wake = rig_wake,
		.env_seed = 1,
	};
	log_init(&env->env_log, log_sink_stderr, NULL, LOGL_WARN);
}

static struct spate *
rig_instance(const char *name, unsigned ncpus)
{
	struct spate_env env;
	struct spate_conf sc = { .sc_ncpus = ncpus, .sc_hostname = name,
		.sc_pktmem = (uint64_t)ncpus * RIG_BUFS * MBUF_SIZE };
	struct spate *sp;

	rig_env(&env);
	if (spate_create(&sc, &env, &sp) != 0)
		errx(1, "no memory");
	return sp;
}

static struct ifnet *ON_CTL
rig_attach(
    struct spate *sp, const char *name, struct pair *link, unsigned side)
{
	struct dev_conf dc = { .dc_driver = "pair",
		.dc_pair = pair_end(link, side) };
	struct ifnet *ifp;
	char error[200];

	if (if_attach(sp->sp_ctl, name, &dev_pair, &dc, &ifp, error,
		sizeof(error)) != 0)
		errx(1, "%s", error);
	if_set_up(sp->sp_ctl, ifp, true);
	return ifp;
}

static void ON_CTL
rig_route(struct spate *sp, struct ifnet *out, bool six)
{
	static const uint8_t mac[6] = { 2, 0, 0, 0, 0, 9 };
	struct prefix dst;
	struct nhop nh = { .nh_type = NH_GATEWAY,
		.nh_ifindex = out->if_index, .nh_mtu = out->if_mtu };

	prefix_parse(&dst, six ? "2001:db8:2::/48" : "198.51.100.0/24");
	addr_parse(&nh.nh_gw, six ? "2001:db8:ff::2" : "203.0.113.2");
	if (route_add(sp->sp_ctl, 0, &dst, RP_STATIC, 0, &nh) != 0 ||
	    route_publish(sp->sp_ctl) != 0 ||
	    neigh_add(sp->sp_ctl, out, &nh.nh_gw, mac) != 0)
		errx(1, "no memory");
}

/* From the host-th address of 198.18/16 or 2001:db8:1::; its tuple. */
static struct rss_tuple
rig_frame(uint8_t *p, const struct ifnet *to, bool six, unsigned host)
{
	static const uint8_t from[6] = { 2, 0, 0, 0, 0, 1 };
	struct rss_tuple tuple;
	struct addr src, dst;

	memset(p, 0, RIG_FRAME);
	memcpy(p, to->if_mac, 6);
	memcpy(p + 6, from, 6);
	addr_parse(&src, six ? "2001:db8:1::" : "198.18.0.0");
	addr_parse(&dst, six ? "2001:db8:2::7" : "198.51.100.7");
	if (six) {
		src.a_v6.i6_lo += host;
		st16be(p + 12, 0x86dd);
		p[14] = 0x60;
		st16be(p + 18, RIG_FRAME - 54);
		p[20] = 59; /* no next header */
		p[21] = 64;
		in6_store(p + 22, src.a_v6);
		in6_store(p + 38, dst.a_v6);
	} else {
		src.a_v4 += host;
		st16be(p + 12, 0x0800);
		p[14] = 0x45;
		st16be(p + 16, RIG_FRAME - 14);
		p[22] = 64;
		p[23] = 17;
		st32be(p + 26, src.a_v4);
		st32be(p + 30, dst.a_v4);
		st16be(p + 24, in_cksum(p + 14, 20));
	}
	rss_tuple(p + 14, RIG_FRAME - 14, 0, &tuple);
	return tuple;
}

/* Who owns the flow in an instance. */
static unsigned
rig_owner(const struct spate *sp, const struct rss_tuple *tuple)
{
	return rss_cpu(sp, rss_bucket(sp, rss_tuple_hash(sp, tuple)));
}

/* RIG_FLOWS flows of each CPU, which owns them here and there. */
static void
rig_frames(struct rig *r, const struct ifnet *to, bool six)
{
	unsigned n[CPU_MAX] = { 0 }, left, host, cpu;
	uint8_t frame[RIG_FRAME];
	struct rss_tuple tuple;

	left = r->r_router->sp_ncpus * RIG_FLOWS;
	for (host = 1; left > 0; host++) {
		if (host == 65535)
			errx(1, "not enough flows for each CPU");
		tuple = rig_frame(frame, to, six, host);
		cpu = rig_owner(r->r_router, &tuple);
		if (rig_owner(r->r_tester, &tuple) != cpu ||
		    n[cpu] == RIG_FLOWS)
			continue;
		memcpy(r->r_frame[cpu][n[cpu]++], frame, RIG_FRAME);
		left--;
	}
}

void
rig_create(struct rig *r, unsigned ncpus, unsigned queues, bool six)
{
	struct pair_conf pc = { .pc_seed = 1 };
	struct pair *near, *far;
	struct ifnet *in, *out;
	unsigned i;

	memset(r, 0, sizeof(*r));
	pc.pc_side[0].ps_queues = (uint16_t)ncpus;
	pc.pc_side[1].ps_queues = (uint16_t)queues;
	if (pair_create(&pc, &near) != 0)
		errx(1, "no memory");
	pc.pc_side[1].ps_queues = (uint16_t)ncpus;
	if (pair_create(&pc, &far) != 0)
		errx(1, "no memory");
	r->r_router = rig_instance("router", ncpus);
	r->r_tester = rig_instance("tester", ncpus);
	r->r_in = rig_attach(r->r_tester, "in", near, 0);
	r->r_out = rig_attach(r->r_tester, "out", far, 0);
	in = rig_attach(r->r_router, "in", near, 1);
	out = rig_attach(r->r_router, "out", far, 1);
	pair_destroy(near);
	pair_destroy(far);
	rig_route(r->r_router, out, six);
	rig_frames(r, in, six);
	for (i = 0; i < 10; i++)
		rig_turn(r);
}

void
rig_destroy(struct rig *r)
{
	spate_destroy(r->r_router);
	spate_destroy(r->r_tester);
}

void
rig_set(struct rig *r, const char *name, const char *value)
{
	char error[200];

	if (sysctl_set(&r->r_router->sp_sysctl, name, value, error,
		sizeof(error)) != 0)
		errx(1, "%s: %s", name, error);
}

void
rig_turn(struct rig *r)
{
	struct spate *sp[] = { r->r_tester, r->r_router };
	unsigned i, cpu;

	for (i = 0; i < 2; i++) {
		role_enter(&on_cpu);
		for (cpu = 0; cpu < sp[i]->sp_ncpus; cpu++) {
			curcpu = sp[i]->sp_cpu[cpu];
			cpu_round(curcpu);
		}
		curcpu = NULL;
		ctl_round(sp[i]->sp_ctl);
	}
}

void
rig_offer(struct rig *r, unsigned cpu, unsigned owner, unsigned want)
{
	struct cpu *c = r->r_tester->sp_cpu[cpu];
	struct mbuf *mm[RIG_BURST];
	unsigned i, n;

	role_enter(&on_cpu);
	curcpu = c;
	n = m_alloc_bulk(c, mm, want);
	for (i = 0; i < n; i++) {
		memcpy(mm[i]->m_data, r->r_frame[owner][i % RIG_FLOWS],
		    RIG_FRAME);
		mm[i]->m_len = mm[i]->m_pktlen = RIG_FRAME;
	}
	i = dev_pair.do_tx(c, &r->r_in->if_txq[cpu], mm, n);
	m_free_bulk(c, mm + i, n - i);
	dev_pair.do_kick(c, &r->r_in->if_txq[cpu]);
}

uint64_t
rig_round(struct rig *r, unsigned cpu)
{
	struct cpu *c = r->r_router->sp_cpu[cpu];
	uint64_t took;

	role_enter(&on_cpu);
	curcpu = c;
	took = cycles();
	cpu_round(c);
	took = cycles() - took;
	return took;
}

unsigned
rig_collect(struct rig *r, unsigned cpu)
{
	struct cpu *c = r->r_tester->sp_cpu[cpu];
	struct mvec mv = { .mv_n = 0 };

	role_enter(&on_cpu);
	curcpu = c;
	dev_pair.do_rx(c, &r->r_out->if_rxq[cpu], &mv, MVEC_MAX);
	m_free_bulk(c, mv.mv_m, mv.mv_n);
	return mv.mv_n;
}

static int
compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

double
median(double *v, unsigned n)
{
	qsort(v, n, sizeof(v[0]), compare);
	return n > 0 ? v[n / 2] : 0;
}
