/* SPDX-License-Identifier: BSD-2-Clause */
#include "rig.h"

#include <err.h>
#include <string.h>

#include "../bench.h"
#include "base/cycles.h"
#include "dev/dev.h"
#include "dev/drivers.h"
#include "dev/pair.h"
#include "gen/classify.h"
#include "netisr/rss.h"
#include "path.h"
#include "route/neigh.h"
#include "route/route.h"

#define RIG_KEY	  0x5350 /* of all packets' signatures */
#define RIG_HOSTS 65534u /* addresses among which flows are looked for */
#define RIG_PROOF 4 /* bursts for each CPU … */
#define RIG_END	  4 /* … and rounds, after which nothing is under way */

/* New packets to a CPU, and what becomes of them. */
struct rig_proof {
	struct rig *rp_rig;
	unsigned rp_cpu;
	struct tpl_cursor rp_cursor;
	struct checker *rp_checker; /* NULL: packets without signatures */
	uint64_t rp_sent;
	uint64_t rp_came;
};

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

struct ifnet *
rig_link(struct rig *r, const char *name, struct ifnet **far)
{
	struct pair_conf pc = { .pc_seed = 2 };
	struct ifnet *near;
	struct pair *link;

	pc.pc_side[0].ps_queues = (uint16_t)r->r_tester->sp_ncpus;
	pc.pc_side[1].ps_queues = (uint16_t)r->r_router->sp_ncpus;
	if (pair_create(&pc, &link) != 0)
		errx(1, "no memory");
	*far = rig_attach(r->r_tester, name, link, 0);
	near = rig_attach(r->r_router, name, link, 1);
	pair_destroy(link);
	return near;
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

/* What all flows have in common: UDP in the smallest frames there are. */
static void
rig_conf(struct tpl_conf *tc, const struct ifnet *to, bool six)
{
	static const uint8_t from[MAC_LEN] = { 2, 0, 0, 0, 0, 1 };

	*tc = (struct tpl_conf){ .tc_sport = 9, .tc_dport = 9,
		.tc_plain = six };
	memcpy(tc->tc_dst_mac, to->if_mac, MAC_LEN);
	memcpy(tc->tc_src_mac, from, MAC_LEN);
	addr_parse(&tc->tc_src, six ? "2001:db8:1::" : "198.18.0.0");
	addr_parse(&tc->tc_dst, six ? "2001:db8:2::7" : "198.51.100.7");
}

static struct in6
rig_source(const struct tpl_conf *tc, unsigned host)
{
	struct in6 a = { 0, tc->tc_src.a_v4 };

	if (tc->tc_src.a_family == ADDR_V6)
		a = tc->tc_src.a_v6;
	a.i6_lo += host;
	return a;
}

static struct tpl *
rig_template(const struct tpl_conf *tc)
{
	char error[TPL_ERRLEN];
	struct tpl *tp;

	if (tpl_create(tc, &tp, error, sizeof(error)) != 0)
		errx(1, "%s", error);
	return tp;
}

/* Who owns the flow of a frame in an instance. */
static unsigned
rig_owner(const struct spate *sp, const uint8_t *frame, uint32_t len)
{
	struct rss_tuple tuple;

	rss_tuple(frame + 14, len - 14, rss_types(sp), &tuple);
	return rss_cpu(sp, rss_bucket(sp, rss_tuple_hash(sp, &tuple)));
}

/* RIG_FLOWS sources of each CPU, which owns them here and there. */
static void
rig_choose(const struct rig *r, struct tpl_conf tc,
    struct in6 (*source)[RIG_FLOWS])
{
	const struct tpl_vary hosts = { .tv_field = TPL_F_SRC,
		.tv_byflow = true, .tv_from = rig_source(&tc, 1),
		.tv_to = rig_source(&tc, RIG_HOSTS) };
	unsigned n[CPU_MAX] = { 0 }, left, host, cpu;
	uint8_t frame[TPL_ROOM(RIG_FRAME)], *p = frame;
	struct tpl_cursor cursor;
	uint16_t sigoff;
	uint32_t len;
	struct tpl *tp;

	tc.tc_vary = &hosts;
	tc.tc_nvary = 1;
	tc.tc_flows = RIG_HOSTS;
	tp = rig_template(&tc);
	tpl_cursor_init(&cursor, tp, 0, 0, 1);
	left = r->r_router->sp_ncpus * RIG_FLOWS;
	for (host = 1; left > 0; host++) {
		if (host > RIG_HOSTS)
			errx(1, "not enough flows for each CPU");
		tpl_fill(&cursor, RIG_KEY, &p, &len, &sigoff, 1);
		cpu = rig_owner(r->r_router, frame, len);
		if (rig_owner(r->r_tester, frame, len) != cpu ||
		    n[cpu] == RIG_FLOWS)
			continue;
		source[cpu][n[cpu]++] = rig_source(&tc, host);
		left--;
	}
	tpl_destroy(tp);
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

static struct cpu *rig_tester(const struct rig *r, unsigned cpu)
    TSA(assert_capability(on_cpu));

/* What is done next is done by this CPU of the tester. */
static struct cpu *
rig_tester(const struct rig *r, unsigned cpu)
{
	role_enter(&on_cpu);
	curcpu = r->r_tester->sp_cpu[cpu];
	return curcpu;
}

static void ON_CPU
rig_send(struct rig *r, unsigned cpu, struct mbuf **mm, unsigned n)
{
	struct txq *txq = &r->r_in->if_txq[cpu];

	if (dev_pair.do_tx(curcpu, txq, mm, n) != n)
		errx(1, "more was offered than the link holds");
	dev_pair.do_kick(curcpu, txq);
}

void
rig_offer(struct rig *r, unsigned cpu, unsigned owner, unsigned want)
{
	struct cpu *c = rig_tester(r, cpu);
	struct mbuf *mm[RIG_BURST];
	unsigned i, n;

	n = m_alloc_bulk(c, mm, want);
	for (i = 0; i < n; i++) {
		memcpy(mm[i]->m_data, r->r_frame[owner][i % RIG_FLOWS],
		    sizeof(r->r_frame[0][0]));
		mm[i]->m_len = mm[i]->m_pktlen = r->r_len;
	}
	rig_send(r, cpu, mm, n);
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

static unsigned ON_CPU
rig_receive(struct rig *r, unsigned cpu, struct mvec *mv)
{
	mv->mv_n = 0;
	dev_pair.do_rx(curcpu, &r->r_out->if_rxq[cpu], mv, MVEC_MAX);
	return mv->mv_n;
}

unsigned
rig_collect(struct rig *r, unsigned cpu)
{
	struct cpu *c = rig_tester(r, cpu);
	struct mvec mv;

	rig_receive(r, cpu, &mv);
	m_free_bulk(c, mv.mv_m, mv.mv_n);
	return mv.mv_n;
}

unsigned
rig_fill(struct cpu *c, struct tpl_cursor *cursor, uint16_t key,
    struct mbuf *mm[static TPL_BURST])
{
	uint16_t sigoff[TPL_BURST];
	uint32_t len[TPL_BURST];
	uint8_t *p[TPL_BURST];
	unsigned i;

	if (m_alloc_bulk(c, mm, TPL_BURST) != TPL_BURST)
		errx(1, "the tester has no buffers");
	for (i = 0; i < TPL_BURST; i++)
		p[i] = mm[i]->m_data;
	tpl_fill(cursor, key, p, len, sigoff, TPL_BURST);
	tpl_stamp(p, sigoff, TPL_BURST, 0, bench_ns());
	for (i = 0; i < TPL_BURST; i++)
		mm[i]->m_len = mm[i]->m_pktlen = len[i];
	return TPL_BURST;
}

/* A burst, each packet with a number of its own. */
static void
proof_offer(struct rig_proof *rp)
{
	struct cpu *c = rig_tester(rp->rp_rig, rp->rp_cpu);
	struct mbuf *mm[TPL_BURST];
	unsigned n = rig_fill(c, &rp->rp_cursor, RIG_KEY, mm);

	rp->rp_sent += n;
	rig_send(rp->rp_rig, rp->rp_cpu, mm, n);
}

/* Every packet is one of this CPU's flows, with all checksums right. */
static void
proof_check(struct rig_proof *rp, struct mbuf *const *mm, unsigned n)
{
	static const struct classify_keys keys = { .ky_key = RIG_KEY };
	enum classify_why right = rp->rp_checker != NULL ? CW_OURS : CW_NOSIG;
	struct check_rec rec[CHECK_BURST];
	uint8_t why[CHECK_BURST];
	unsigned i, ours;

	ours = classify_burst(&keys, mm, n, bench_ns(), why, rec);
	for (i = 0; i < n; i++)
		if (why[i] != right)
			errx(1, "what the router sends is: %s",
			    classify_text(why[i]));
	if (ours > 0 && check_burst(rp->rp_checker, rec, ours) != ours)
		errx(1, "the router sends another CPU's flows");
	rp->rp_came += n;
}

static void
proof_collect(struct rig_proof *rp)
{
	struct cpu *c = rig_tester(rp->rp_rig, rp->rp_cpu);
	struct mvec mv;
	unsigned i, n;

	n = rig_receive(rp->rp_rig, rp->rp_cpu, &mv);
	for (i = 0; i < n; i += CHECK_BURST)
		proof_check(rp, mv.mv_m + i, umin(n - i, CHECK_BURST));
	m_free_bulk(c, mv.mv_m, n);
}

static uint64_t
proof_sent(void *arg, uint32_t flow)
{
	const struct rig_proof *rp = arg;

	(void)flow; /* all alike */
	return rp->rp_sent / RIG_FLOWS;
}

/* All that was sent has come, each packet once and in the order of its flow. */
static void
proof_judge(struct rig_proof *rp)
{
	const struct check_group *cg;

	if (rp->rp_came != rp->rp_sent)
		errx(1, "the router was sent %lu packets for CPU %u and "
		    "forwarded %lu", rp->rp_sent, rp->rp_cpu, rp->rp_came);
	if (rp->rp_checker == NULL)
		return;
	checker_finish(rp->rp_checker, proof_sent, rp);
	cg = checker_group(rp->rp_checker, 0);
	if (cg->cg_lost != 0 || cg->cg_duplicated != 0 || cg->cg_reordered != 0)
		errx(1, "of CPU %u's packets %lu were lost, %lu copied and "
		    "%lu put out of order", rp->rp_cpu, cg->cg_lost,
		    cg->cg_duplicated, cg->cg_reordered);
}

static void
proof_run(struct rig_proof *rp)
{
	unsigned cpu, i;

	for (i = 0; i < RIG_PROOF + RIG_END; i++) {
		if (i < RIG_PROOF)
			proof_offer(rp);
		for (cpu = 0; cpu < rp->rp_rig->r_router->sp_ncpus; cpu++)
			rig_round(rp->rp_rig, cpu);
		proof_collect(rp);
	}
	curcpu = NULL;
	proof_judge(rp);
}

/* One packet of each flow, to be sent over and over. */
static void
rig_frames(struct rig *r, unsigned cpu, const struct tpl *tp)
{
	struct tpl_cursor cursor;
	uint16_t sigoff[RIG_FLOWS];
	uint32_t len[RIG_FLOWS];
	uint8_t *p[RIG_FLOWS];
	unsigned i;

	for (i = 0; i < RIG_FLOWS; i++)
		p[i] = r->r_frame[cpu][i];
	tpl_cursor_init(&cursor, tp, 0, 0, 1);
	tpl_fill(&cursor, RIG_KEY, p, len, sigoff, RIG_FLOWS);
	r->r_len = len[0];
}

/* New packets of the template to a CPU come out of the router right. */
static void
rig_prove(struct rig *r, unsigned cpu, const struct tpl *tp, bool six)
{
	static const struct check_stream stream = { .cs_flows = RIG_FLOWS };
	const struct check_conf cc = { .cc_stream = &stream,
		.cc_nstreams = 1 };
	struct rig_proof rp = { .rp_rig = r, .rp_cpu = cpu };

	if (!six && checker_create(&cc, &rp.rp_checker) != 0)
		errx(1, "no memory");
	tpl_cursor_init(&rp.rp_cursor, tp, 0, 0, 1);
	proof_run(&rp);
	checker_destroy(rp.rp_checker);
}

/* What each CPU is sent. */
static void
rig_load(struct rig *r, const struct ifnet *to, bool six, bool prove)
{
	struct tpl_vary vary = { .tv_field = TPL_F_SRC, .tv_op = TPL_LIST,
		.tv_byflow = true, .tv_nlist = RIG_FLOWS };
	struct in6 source[CPU_MAX][RIG_FLOWS];
	struct tpl_conf tc;
	struct tpl *tp;
	unsigned cpu;

	rig_conf(&tc, to, six);
	rig_choose(r, tc, source);
	tc.tc_vary = &vary;
	tc.tc_nvary = 1;
	tc.tc_flows = RIG_FLOWS;
	for (cpu = 0; cpu < r->r_router->sp_ncpus; cpu++) {
		vary.tv_list = source[cpu];
		tp = rig_template(&tc);
		rig_frames(r, cpu, tp);
		if (prove)
			rig_prove(r, cpu, tp, six);
		tpl_destroy(tp);
	}
}

void
rig_create(struct rig *r, unsigned ncpus, unsigned queues, bool six, bool prove)
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
	r->r_router = bench_instance("router", ncpus, ncpus * RIG_BUFS);
	r->r_tester = bench_instance("tester", ncpus, ncpus * RIG_BUFS);
	r->r_in = rig_attach(r->r_tester, "in", near, 0);
	r->r_out = rig_attach(r->r_tester, "out", far, 0);
	in = rig_attach(r->r_router, "in", near, 1);
	out = rig_attach(r->r_router, "out", far, 1);
	pair_destroy(near);
	pair_destroy(far);
	rig_route(r->r_router, out, six);
	for (i = 0; i < 10; i++)
		rig_turn(r);
	rig_load(r, in, six, prove);
}

void
rig_destroy(struct rig *r)
{
	spate_destroy(r->r_router);
	spate_destroy(r->r_tester);
}
