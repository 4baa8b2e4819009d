/* SPDX-License-Identifier: BSD-2-Clause */
#include "churn.h"

#include <err.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../bench.h"
#include "base/cycles.h"
#include "dev/dev.h"
#include "dev/drivers.h"
#include "dev/pair.h"
#include "gen/tpl.h"
#include "mbuf/in_cksum.h"
#include "path.h"
#include "route/neigh.h"
#include "route/rib.h"
#include "route/route.h"

#define CHURN_BUFS  (8 * CHURN_RING) /* of each instance */
#define CHURN_BURST 64
#define DRAIN	    64 /* rounds without a packet, after which none is left */
#define KEY	    0x5350 /* of packets' signatures */

static const uint8_t mac[MAC_LEN] = { 2, 0, 0, 0, 0, 9 };

/* A link between the two; the router's end. */
static struct ifnet *ON_CTL
connect_to(struct churn *ch, const char *name, struct ifnet **far)
{
	struct pair_conf pc = { .pc_seed = 1, .pc_ring = CHURN_RING,
		.pc_side[0].ps_queues = (uint16_t)ch->ch_ncpus };
	struct dev_conf dc = { .dc_driver = "pair" };
	struct spate *sp[2] = { ch->ch_router, ch->ch_tester };
	struct ifnet *ifp[2];
	struct pair *link;
	char error[200];
	unsigned i;

	if (pair_create(&pc, &link) != 0)
		errx(1, "no memory");
	for (i = 0; i < 2; i++) {
		dc.dc_pair = pair_end(link, i);
		if (if_attach(sp[i]->sp_ctl, name, &dev_pair, &dc, &ifp[i],
			error, sizeof(error)) != 0)
			errx(1, "%s", error);
		if_set_up(sp[i]->sp_ctl, ifp[i], true);
	}
	pair_destroy(link);
	*far = ifp[1];
	return ifp[0];
}

struct nhop
churn_gateway(const struct churn *ch, unsigned link, unsigned n)
{
	const struct ifnet *ifp = ch->ch_via[link];

	return (struct nhop){ .nh_type = NH_GATEWAY,
		.nh_ifindex = ifp->if_index, .nh_mtu = ifp->if_mtu,
		/* 100.64.0.0/10 is nobody's on the Internet */
		.nh_gw = addr_v4(0x64400000 + (link << 16) + n) };
}

/* CPUs and ctl of both, before there is a thread. */
static void ON_CTL
settle(struct churn *ch)
{
	struct spate *sp[2] = { ch->ch_router, ch->ch_tester };
	unsigned i, k;

	for (i = 0; i < 20; i++) {
		struct spate *is = sp[i % 2];

		role_enter(&on_cpu);
		for (k = 0; k < is->sp_ncpus; k++) {
			curcpu = is->sp_cpu[k];
			cpu_round(curcpu);
		}
		curcpu = NULL;
		ctl_round(is->sp_ctl);
	}
}

void
churn_create(struct churn *ch, unsigned ncpus, unsigned gateways)
{
	struct ctl *ctl;
	struct prefix all;
	struct nhop nh;
	unsigned i, k;

	ch->ch_ncpus = ncpus;
	ch->ch_router = bench_instance("router", ncpus, ncpus * CHURN_BUFS);
	ch->ch_tester = bench_instance("tester", 1, CHURN_BUFS);
	ctl = ch->ch_router->sp_ctl;
	(void)connect_to(ch, "in", &ch->ch_in);
	ch->ch_via[0] = connect_to(ch, "first", &ch->ch_out[0]);
	ch->ch_via[1] = connect_to(ch, "second", &ch->ch_out[1]);
	for (i = 0; i < 2; i++)
		for (k = 0; k < gateways + 2; k++) {
			nh = churn_gateway(ch, i, k);
			if (neigh_add(ctl, ch->ch_via[i], &nh.nh_gw, mac) != 0)
				errx(1, "no memory");
		}
	prefix_parse(&all, "0.0.0.0/0");
	nh = churn_gateway(ch, 0, 0);
	if (route_add(ctl, 0, &all, RP_STATIC, 0, &nh) != 0 ||
	    route_publish(ctl) != 0)
		errx(1, "no memory");
	settle(ch);
}

bool
churn_first(const struct churn *ch, const struct addr *a)
{
	const struct spate *sp = ch->ch_router;
	struct rib_entry re;
	struct prefix p;

	return rib_lookup(sp->sp_rt[0].rt_rib, a, &p, &re) &&
	    nhop_lookup(sp, re.re_nhop)->nh_ifindex == ch->ch_via[0]->if_index;
}

void
churn_load(struct churn *ch, const uint32_t *dst)
{
	struct tpl_conf tc = { .tc_sport = 9, .tc_dport = 9, .tc_ttl = 64 };
	struct in6 *list = calloc(CHURN_DSTS, sizeof(*list));
	struct tpl_vary vary = { .tv_field = TPL_F_DST, .tv_op = TPL_LIST,
		.tv_byflow = true, .tv_list = list, .tv_nlist = CHURN_DSTS };
	static const uint8_t from[MAC_LEN] = { 2, 0, 0, 0, 0, 1 };
	const struct ifnet *in = if_find(ch->ch_router->sp_ctl, "in");
	struct tpl_cursor cursor;
	char error[TPL_ERRLEN];
	struct tpl *tp;
	uint16_t sigoff;
	uint8_t *p;
	unsigned i;

	ch->ch_frame = aligned_alloc(CACHELINE, CHURN_DSTS * 64);
	if (list == NULL || ch->ch_frame == NULL)
		errx(1, "no memory");
	for (i = 0; i < CHURN_DSTS; i++)
		list[i] = (struct in6){ 0, dst[i] };
	tc.tc_dst = addr_v4(dst[0]);
	addr_parse(&tc.tc_src, "192.0.2.7");
	memcpy(tc.tc_dst_mac, in->if_mac, MAC_LEN);
	memcpy(tc.tc_src_mac, from, MAC_LEN);
	tc.tc_vary = &vary;
	tc.tc_nvary = 1;
	tc.tc_flows = CHURN_DSTS;
	if (tpl_create(&tc, &tp, error, sizeof(error)) != 0)
		errx(1, "%s", error);
	tpl_cursor_init(&cursor, tp, 0, 0, 1);
	for (i = 0; i < CHURN_DSTS; i++) {
		p = ch->ch_frame[i];
		tpl_fill(&cursor, KEY, &p, &ch->ch_len, &sigoff, 1);
		st16be(p + 18, (uint16_t)i);
		st16be(p + 24, 0);
		st16be(p + 24, in_cksum(p + 14, 20));
	}
	tpl_destroy(tp);
	free(list);
}

/* As many of n as there is room for. */
static void ON_CPU
offer(struct churn *ch, struct cpu *c, unsigned n)
{
	struct txq *txq = &ch->ch_in->if_txq[0];
	struct mbuf *mm[CHURN_BURST];
	unsigned i, room;

	n = m_alloc_bulk(c, mm, n);
	for (i = 0; i < n; i++) {
		memcpy(mm[i]->m_data,
		    ch->ch_frame[ch->ch_next++ % CHURN_DSTS], 64);
		mm[i]->m_len = mm[i]->m_pktlen = ch->ch_len;
	}
	room = dev_pair.do_tx(c, txq, mm, n);
	dev_pair.do_kick(c, txq);
	m_free_bulk(c, mm + room, n - room);
}

static unsigned ON_CPU
collect(struct churn *ch, struct cpu *c)
{
	struct mvec mv;
	unsigned i, k, n = 0;

	for (i = 0; i < 2; i++) {
		mv.mv_n = 0;
		dev_pair.do_rx(c, &ch->ch_out[i]->if_rxq[0], &mv, MVEC_MAX);
		for (k = 0; ch->ch_seen != NULL && k < mv.mv_n; k++)
			ch->ch_seen(ch->ch_arg, i, mv.mv_m[k]->m_data);
		m_free_bulk(c, mv.mv_m, mv.mv_n);
		n += mv.mv_n;
	}
	if (n > 0) /* no write while ctl may read it */
		ch->ch_came += n;
	return n;
}

static struct cpu *enter(struct spate *sp, unsigned cpu)
    TSA(assert_capability(on_cpu));

static struct cpu *
enter(struct spate *sp, unsigned cpu)
{
	role_enter(&on_cpu);
	curcpu = sp->sp_cpu[cpu];
	return curcpu;
}

/* What is due, a round of the router's CPUs, what came out; both numbers. */
static unsigned
step(struct churn *ch, double rate)
{
	struct cpu *c = enter(ch->ch_tester, 0);
	uint64_t due = (uint64_t)((double)(bench_ns() - ch->ch_began) * rate /
	    1e9);
	unsigned did = 0, n, i;

	while (rate > 0 && ch->ch_sent < due && did < 2 * CHURN_RING) {
		n = (unsigned)u64min(CHURN_BURST, due - ch->ch_sent);
		offer(ch, c, n);
		ch->ch_sent += n;
		did += n;
	}
	/* The rest of it came while the link could not have held it. */
	if (rate > 0)
		ch->ch_sent = u64max(ch->ch_sent, due);
	for (i = 0; i < ch->ch_ncpus; i++)
		cpu_round(enter(ch->ch_router, i));
	return did + collect(ch, enter(ch->ch_tester, 0));
}

/* A new wish: counts begin anew. */
static double
obey(struct churn *ch, unsigned want)
{
	double rate = ch->ch_hz;
	unsigned still, i;

	/* What is under way still counts for what was. */
	for (still = 0; still < DRAIN;)
		still = step(ch, 0) == 0 ? still + 1 : 0;
	if (rate > 0) {
		ch->ch_sent = ch->ch_came = 0;
		ch->ch_began = bench_ns();
		for (i = 0; i < ch->ch_ncpus; i++) {
			struct cpu *c = enter(ch->ch_router, i);

			stat_cell_set(&c->c_longest, 0);
			stat_cell_set(&c->c_lately[0], 0);
		}
	}
	atomic_store_explicit(&ch->ch_have, want, memory_order_release);
	return rate;
}

static void
pin(unsigned nth)
{
	cpu_set_t all, one;
	int i;

	if (sched_getaffinity(0, sizeof(all), &all) != 0)
		err(1, "sched_getaffinity");
	CPU_ZERO(&one);
	nth %= (unsigned)CPU_COUNT(&all);
	for (i = 0; i < CPU_SETSIZE && CPU_COUNT(&one) == 0; i++)
		if (CPU_ISSET(i, &all) && nth-- == 0)
			CPU_SET(i, &one);
	if (pthread_setaffinity_np(pthread_self(), sizeof(one), &one) != 0)
		warnx("a thread cannot be bound to a CPU");
}

static void *
thread_main(void *arg)
{
	struct churn *ch = arg;
	double rate = 0;
	unsigned want;

	while (!atomic_load_explicit(&ch->ch_quit, memory_order_relaxed)) {
		want = atomic_load_explicit(&ch->ch_want, memory_order_acquire);
		if (want != atomic_load_explicit(
		    &ch->ch_have, memory_order_relaxed))
			rate = obey(ch, want);
		step(ch, rate);
	}
	curcpu = NULL;
	return NULL;
}

void
churn_start(struct churn *ch)
{
	cpu_set_t all;

	/* The thread first: it inherits what this one may use. */
	if (sched_getaffinity(0, sizeof(all), &all) != 0)
		err(1, "sched_getaffinity");
	pin(1);
	if (pthread_create(&ch->ch_thread, NULL, thread_main, ch) != 0)
		errx(1, "no thread");
	(void)pthread_setaffinity_np(pthread_self(), sizeof(all), &all);
	pin(0);
}

struct owners {
	uint8_t *ow_owner;
	uint8_t ow_cpu;
};

static void
owner_seen(void *arg, unsigned link, const uint8_t *frame)
{
	const struct owners *ow = arg;

	(void)link;
	ow->ow_owner[ld16be(frame + 18)] = ow->ow_cpu;
}

void
churn_owners(struct churn *ch, uint8_t owner[CHURN_DSTS])
{
	struct owners ow = { .ow_owner = owner };
	churn_seen_fn *seen = ch->ch_seen;
	void *arg = ch->ch_arg;
	unsigned i, k;

	ch->ch_seen = owner_seen;
	ch->ch_arg = &ow;
	for (i = 0; i < CHURN_DSTS; i += CHURN_BURST) {
		offer(ch, enter(ch->ch_tester, 0), CHURN_BURST);
		for (k = 0; k < ch->ch_ncpus; k++) {
			ow.ow_cpu = (uint8_t)k;
			cpu_round(enter(ch->ch_router, k));
			collect(ch, enter(ch->ch_tester, 0));
		}
	}
	curcpu = NULL;
	role_enter(&on_ctl);
	ch->ch_seen = seen;
	ch->ch_arg = arg;
}

/* Returns when the thread has begun with it. */
static void
wish(struct churn *ch, double rate)
{
	const struct timespec pause = { .tv_nsec = 10000 };
	unsigned want = atomic_load(&ch->ch_want) + 1;

	ch->ch_hz = rate;
	atomic_store_explicit(&ch->ch_want, want, memory_order_release);
	while (atomic_load_explicit(&ch->ch_have, memory_order_acquire) != want)
		nanosleep(&pause, NULL);
}

void
churn_begin(struct churn *ch, double rate)
{
	wish(ch, rate);
}

void
churn_end(struct churn *ch, struct churn_count *cc)
{
	wish(ch, 0);
	cc->cc_sent = ch->ch_sent;
	cc->cc_came = ch->ch_came;
	cc->cc_longest = (double)stat_cell_read(
	    &ch->ch_router->sp_cpu[0]->c_longest) / 1e3;
}

double
churn_lost(const struct churn_count *cc)
{
	return cc->cc_sent == 0 ? 0 :
	    (double)(cc->cc_sent - cc->cc_came) * 1e6 / (double)cc->cc_sent;
}

void
churn_publish(struct churn *ch)
{
	if (route_publish(ch->ch_router->sp_ctl) != 0)
		errx(1, "no memory");
	ctl_round(ch->ch_router->sp_ctl);
}

void
churn_link(struct churn *ch, bool up)
{
	if_link_set(ch->ch_via[1], up ? IFL_UP : IFL_DOWN);
	churn_publish(ch);
}

void
churn_rest(struct churn *ch, uint64_t ns)
{
	const struct timespec pause = { .tv_nsec = 100000 };
	uint64_t end = bench_ns() + ns;

	do {
		ctl_round(ch->ch_router->sp_ctl);
		nanosleep(&pause, NULL);
	} while (bench_ns() < end);
}

void
churn_destroy(struct churn *ch)
{
	atomic_store(&ch->ch_quit, true);
	pthread_join(ch->ch_thread, NULL);
	spate_destroy(ch->ch_router);
	spate_destroy(ch->ch_tester);
	free(ch->ch_frame);
}
