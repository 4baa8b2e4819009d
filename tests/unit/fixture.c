/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * See fixture.h.
 */
#include "fixture.h"

#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "ip/ip.h"
#include "ip/ip_wire.h"
#include "ip/reass_table.h"
#include "ip6/ip6.h"
#include "ip6/ip6_wire.h"
#include "mbuf/in_cksum.h"
#include "mbuf/pool.h"
#include "netisr/netisr.h"
#include "netisr/punt.h"
#include "route/route.h"
#include "route/rule.h"
#include "udp/udp.h"

typedef void stage_fn(struct cpu *, struct mvec *);

static stage_fn *const fx_stages[ST_N] = {
	[ST_IP] = ip_input,
	[ST_IP6] = ip6_input,
	[ST_REASS] = ip_reass,
	[ST_REASS6] = ip6_reass,
	[ST_LOCAL] = ip_local,
	[ST_LOCAL6] = ip6_local,
	[ST_FORWARD] = ip_forward,
	[ST_FORWARD6] = ip6_forward,
	[ST_ICMP] = icmp_input,
	[ST_ICMP6] = icmp6_input,
	[ST_UNREACH] = ip_unreach,
	[ST_UNREACH6] = ip6_unreach,
	[ST_UDP] = udp_input,
	[ST_UDP6] = udp6_input,
	[ST_UDPERR] = udp_error_input,
	[ST_IPOUT] = ip_output,
	[ST_IP6OUT] = ip6_output,
};

/* Stands for the one of path.c, whose list of stages needs every layer. */
void
path_queue(struct path_stage *ps, struct mbuf *m)
{
	(void)ps;
	(void)m;
	fail_msg("a stage was given more than a vector");
}

void
path_hand_isr(struct cpu *c, unsigned cpu, enum stage st, unsigned isr,
    struct mbuf *m)
{
	(void)c;
	(void)isr;
	(void)m;
	fail_msg("handed to CPU %u, stage %u; there is one CPU", cpu, st);
}

void
path_hand_flush(struct cpu *c)
{
	(void)c;
}

bool
path_waiting(const struct cpu *c)
{
	(void)c;
	return false;
}

static uint64_t
fx_clock(void *arg)
{
	const struct fixture *fx = arg;

	return fx->fx_now;
}

static void
fx_wake(void *arg, struct endpoint *ep)
{
	(void)arg;
	(void)ep;
}

static void
fx_no_log(void *arg, enum log_level level, const char *text)
{
	(void)arg;
	(void)level;
	(void)text;
}

static void *
fx_alloc(size_t size)
{
	void *p =
	    aligned_alloc(CACHELINE, roundup_pow2(size < 64 ? 64 : size));

	assert_non_null(p);
	memset(p, 0, size);
	return p;
}

static void
fx_cpu_create(struct fixture *fx)
{
	struct spate *sp = fx->fx_sp;
	struct cpu *c = fx_alloc(sizeof(*c));

	assert_int_equal(cpu_init(c, sp, 0), 0);
	sp->sp_cpu[0] = c;
	sp->sp_ep[0] = &c->c_ep;
	assert_int_equal(mpool_create(c), 0);
	assert_int_equal(netisr_cpu_init(c), 0);
	assert_int_equal(punt_cpu_init(c), 0);
	assert_int_equal(rule_cpu_init(c), 0);
	assert_int_equal(icmp_cpu_init(c), 0);
	assert_int_equal(ip_reass_cpu_init(c), 0);
	assert_int_equal(ip6_reass_cpu_init(c), 0);
	assert_int_equal(udp_cpu_init(c), 0);
	c->c_path = fx_alloc(sizeof(*c->c_path));
	fx->fx_c = curcpu = c;
}

static void
fx_ctl_create(struct fixture *fx)
{
	struct spate *sp = fx->fx_sp;
	struct ctl *ctl = fx_alloc(sizeof(*ctl));

	role_enter(&on_ctl);
	assert_int_equal(ctl_init(ctl, sp), 0);
	sp->sp_ctl = fx->fx_ctl = ctl;
	sp->sp_ep[1] = &ctl->ctl_ep;
	assert_int_equal(if_ctl_init(ctl), 0);
	assert_int_equal(route_ctl_init(ctl), 0);
}

void
fixture_init(struct fixture *fx)
{
	struct spate *sp = fx_alloc(sizeof(*sp));

	*fx = (struct fixture){ .fx_sp = sp, .fx_now = NS_S };
	*sp = (struct spate){ .sp_ncpus = 1,
		.sp_env = { .env_now = fx_clock,
		    .env_wake = fx_wake,
		    .env_arg = fx,
		    .env_virtual = true } };
	log_init(&sp->sp_env.env_log, fx_no_log, NULL, LOGL_ERROR);
	sysctl_init(&sp->sp_sysctl);
	assert_int_equal(qsbr_init(&sp->sp_qsbr, 1, true), 0);
	assert_int_equal(pktmem_create(sp, 4 << 20), 0);
	assert_int_equal(rss_create(sp), 0);
	assert_int_equal(udp_create(sp), 0);
	fx_cpu_create(fx);
	fx_ctl_create(fx);
}

static void
fx_ledger(const struct fixture *fx)
{
	uint64_t v[PKS_N];
	unsigned i;

	for (i = 0; i < PKS_N; i++)
		v[i] = stat_cell_read(&fx->fx_c->c_stat[SG_PATH][i]);
	assert_int_equal(
	    v[pks_received] + v[pks_originated] + v[pks_copied],
	    v[pks_delivered] + v[pks_sent] + v[pks_merged] + v[pks_dropped] +
		v[pks_held]);
}

void
fixture_fini(struct fixture *fx)
{
	struct spate *sp = fx->fx_sp;
	struct cpu *c = fx->fx_c;

	role_enter(&on_ctl);
	fixture_clear(fx);
	fixture_pass(fx, 130 * NS_S); /* nobody waits for fragments longer */
	fixture_clear(fx);
	fx_ledger(fx);
	assert_int_equal(
	    c->c_mpool->mp_free.ms_n, c->c_mpool->mp_free.ms_total);
	qsbr_drain(&sp->sp_qsbr);
	if_ctl_fini(fx->fx_ctl);
	route_ctl_fini(fx->fx_ctl);
	ctl_fini(fx->fx_ctl);
	free(fx->fx_ctl);
	qsbr_fini(&sp->sp_qsbr);
	udp_cpu_fini(c);
	reass_cpu_fini(c);
	icmp_cpu_fini(c);
	netisr_cpu_fini(c);
	rule_cpu_fini(c);
	punt_cpu_fini(c);
	free(c->c_path);
	mpool_destroy(c);
	cpu_fini(c);
	free(c);
	curcpu = NULL;
	udp_destroy(sp);
	rss_destroy(sp);
	pktmem_destroy(sp);
	free(sp);
}

int
fixture_setup(void **state)
{
	*state = fx_alloc(sizeof(struct fixture));
	fixture_init(*state);
	return 0;
}

int
fixture_teardown(void **state)
{
	fixture_fini(*state);
	free(*state);
	return 0;
}

static int
fx_open(struct ifnet *ifp, const struct dev_conf *dc, char *err, size_t errlen)
{
	static const uint8_t mac[ETHER_ALEN] = { 2, 0, 0, 0, 0, 1 };

	(void)err;
	(void)errlen;
	memcpy(ifp->if_mac, mac, sizeof(mac));
	ifp->if_mtu = (uint16_t)dc->dc_mtu;
	atomic_store(&ifp->if_state, IFS_UP | IFS_CARRIER);
	return 0;
}

static void
fx_close(struct ifnet *ifp)
{
	(void)ifp;
}

static const struct dev_ops fx_ops = {
	.do_name = "fixture",
	.do_open = fx_open,
	.do_close = fx_close,
};

struct ifnet *
fixture_if(struct fixture *fx, const char *name, unsigned mtu, const char *addr)
{
	struct dev_conf dc = { .dc_mtu = mtu, .dc_queues = 1,
		.dc_rtable = fx->fx_rtable };
	struct ifnet *ifp;
	char err[128];

	role_enter(&on_ctl);
	assert_int_equal(
	    if_attach(fx->fx_ctl, name, &fx_ops, &dc, &ifp, err, sizeof(err)),
	    0);
	(void)msg_run(&fx->fx_c->c_ep);
	fx->fx_c->c_nrxq = fx->fx_c->c_ntxq = 0;
	if (addr != NULL)
		fixture_addr(fx, ifp, addr, 0);
	return ifp;
}

void
fixture_addr(
    struct fixture *fx, struct ifnet *ifp, const char *addr, unsigned flags)
{
	struct ifaddr ifa = { .ifa_flags = (uint8_t)flags };
	struct prefix p;

	role_enter(&on_ctl);
	assert_int_equal(prefix_parse(&p, addr), 0);
	ifa.ifa_addr = p.p_addr;
	ifa.ifa_plen = p.p_len;
	assert_int_equal(if_addr_set(fx->fx_ctl, ifp, &ifa), 0);
	assert_int_equal(route_address(fx->fx_ctl, ifp, &ifa, true), 0);
	assert_int_equal(route_publish(fx->fx_ctl), 0);
}

void
fixture_route(struct fixture *fx, const char *prefix, enum nhop_type type,
    struct ifnet *ifp, const char *gw)
{
	struct nhop nh = { .nh_type = (uint8_t)type };
	struct prefix p;

	role_enter(&on_ctl);
	assert_int_equal(prefix_parse(&p, prefix), 0);
	if (ifp != NULL) {
		nh.nh_ifindex = ifp->if_index;
		nh.nh_mtu = ifp->if_mtu;
	}
	if (gw != NULL)
		assert_int_equal(addr_parse(&nh.nh_gw, gw), 0);
	assert_int_equal(
	    route_add(fx->fx_ctl, fx->fx_rtable, &p, RP_STATIC, 0, &nh), 0);
	assert_int_equal(route_publish(fx->fx_ctl), 0);
}

void
fixture_leak(struct fixture *fx, const char *prefix, unsigned table)
{
	struct nhop nh = { .nh_type = NH_TABLE, .nh_table = (uint8_t)table };
	struct prefix p;

	role_enter(&on_ctl);
	assert_int_equal(prefix_parse(&p, prefix), 0);
	assert_int_equal(
	    route_add(fx->fx_ctl, fx->fx_rtable, &p, RP_STATIC, 0, &nh), 0);
	assert_int_equal(route_publish(fx->fx_ctl), 0);
}

void
fixture_ways(struct fixture *fx, const char *prefix,
    struct ifnet *const *ifp, const char *const *gw, unsigned n)
{
	struct nhop nh[NHG_MAX];
	struct prefix p;
	unsigned i;

	role_enter(&on_ctl);
	assert_int_equal(prefix_parse(&p, prefix), 0);
	for (i = 0; i < n; i++) {
		nh[i] = (struct nhop){ .nh_type = NH_GATEWAY,
			.nh_ifindex = ifp[i]->if_index,
			.nh_mtu = ifp[i]->if_mtu };
		assert_int_equal(addr_parse(&nh[i].nh_gw, gw[i]), 0);
	}
	assert_int_equal(route_set(fx->fx_ctl, fx->fx_rtable, &p, RP_STATIC, 0,
	    nh, n), 0);
	assert_int_equal(route_publish(fx->fx_ctl), 0);
}

static unsigned
fx_build4(const struct fx_packet *fp, const struct addr *src,
    const struct addr *dst, uint8_t *buf)
{
	unsigned hlen = IP_HLEN + fp->fp_optlen;
	struct ip_wire *ip = (void *)buf;

	*ip = (struct ip_wire){ .ip_vhl = (uint8_t)(4 << 4 | hlen / 4),
		.ip_ttl = fp->fp_ttl != 0 ? (uint8_t)fp->fp_ttl : 64,
		.ip_p = (uint8_t)fp->fp_proto };
	st16be(ip->ip_len, (uint16_t)(hlen + fp->fp_len));
	st16be(ip->ip_id, (uint16_t)fp->fp_id);
	st16be(ip->ip_off, (uint16_t)fp->fp_off);
	st32be(ip->ip_src, src->a_v4);
	st32be(ip->ip_dst, dst->a_v4);
	if (fp->fp_optlen != 0)
		memcpy(buf + IP_HLEN, fp->fp_options, fp->fp_optlen);
	st16be(ip->ip_sum, in_cksum(buf, hlen));
	return hlen;
}

static unsigned
fx_build6(const struct fx_packet *fp, const struct addr *src,
    const struct addr *dst, uint8_t *buf)
{
	struct ip6_wire *ip6 = (void *)buf;

	*ip6 = (struct ip6_wire){ .ip6_vfc = { 6 << 4 },
		.ip6_nxt = (uint8_t)fp->fp_proto,
		.ip6_hlim = fp->fp_ttl != 0 ? (uint8_t)fp->fp_ttl : 64 };
	st16be(ip6->ip6_plen, (uint16_t)fp->fp_len);
	in6_store(ip6->ip6_src, src->a_v6);
	in6_store(ip6->ip6_dst, dst->a_v6);
	return IP6_HLEN;
}

unsigned
fx_build(const struct fx_packet *fp, uint8_t *buf)
{
	struct addr src, dst;
	unsigned hlen;

	assert_int_equal(addr_parse(&src, fp->fp_src), 0);
	assert_int_equal(addr_parse(&dst, fp->fp_dst), 0);
	hlen = src.a_family == ADDR_V4 ? fx_build4(fp, &src, &dst, buf) :
	    fx_build6(fp, &src, &dst, buf);
	if (fp->fp_payload != NULL)
		memcpy(buf + hlen, fp->fp_payload, fp->fp_len);
	else
		memset(buf + hlen, 0, fp->fp_len);
	return hlen + fp->fp_len;
}

/* n bytes in buffers of at most "each". */
static struct mbuf *
fx_chain(struct fixture *fx, const uint8_t *p, unsigned n, unsigned each)
{
	struct mbuf *first = NULL, **tail = &first, *m;
	unsigned some, left = n;

	role_enter(&on_cpu);
	do {
		some = umin(left, each);
		assert_non_null(m = m_alloc(fx->fx_c));
		memcpy(m->m_data, p, some);
		m->m_len = m->m_pktlen = some;
		*tail = m;
		tail = &m->m_next;
		p += some;
		left -= some;
	} while (left > 0);
	first->m_pktlen = n;
	return first;
}

static struct mbuf *
fx_received(struct fixture *fx, const struct ifnet *ifp, struct mbuf *m)
{
	m->m_rcvif = ifp != NULL ? ifp->if_index : 0;
	m->m_rcvgen = ifp != NULL ? ifp->if_gen : 0;
	m->m_rtable = ifp != NULL ? ifp->if_rtable : 0;
	if (ifp == NULL)
		m->m_flags |= MF_LOCAL;
	stat_add(fx->fx_c, SG_PATH,
	    ifp != NULL ? pks_received : pks_originated, 1);
	return m;
}

struct mbuf *
fixture_bytes(
    struct fixture *fx, const struct ifnet *ifp, const void *p, unsigned n)
{
	return fx_received(fx, ifp, fx_chain(fx, p, n, MBUF_DATA));
}

struct mbuf *
fixture_packet(
    struct fixture *fx, const struct ifnet *ifp, const struct fx_packet *fp)
{
	uint8_t *buf = fx_alloc(IP6_LEN_MAX);
	unsigned n = fx_build(fp, buf);
	struct mbuf *m;

	m = fx_chain(fx, buf, n, fp->fp_chain != 0 ? fp->fp_chain : MBUF_DATA);
	free(buf);
	return fx_received(fx, ifp, m);
}

/* Packets that have come as far as this fixture goes. */
static void
fx_catch(struct fixture *fx, enum stage st)
{
	struct mvec *mv = &fx->fx_c->c_path->p_stage[st].ps_vec;
	unsigned i;

	for (i = 0; i < mv->mv_n; i++) {
		assert_true(fx->fx_n < FX_CAUGHT);
		fx->fx_stage[fx->fx_n] = st;
		fx->fx_m[fx->fx_n++] = mv->mv_m[i];
	}
	mv->mv_n = 0;
}

void
fixture_step(struct fixture *fx)
{
	struct mvec mv;
	unsigned st;
	bool moved;

	fx->fx_c->c_now = fx->fx_now;
	do {
		moved = false;
		for (st = 0; st < ST_N; st++) {
			mv = fx->fx_c->c_path->p_stage[st].ps_vec;
			if (mv.mv_n == 0)
				continue;
			if (fx_stages[st] == NULL) {
				fx_catch(fx, st);
				continue;
			}
			fx->fx_c->c_path->p_stage[st].ps_vec.mv_n = 0;
			fx_stages[st](fx->fx_c, &mv);
			moved = true;
		}
	} while (moved);
}

void
fixture_pass(struct fixture *fx, uint64_t ns)
{
	fx->fx_now += ns;
	fx->fx_c->c_now = fx->fx_now;
	(void)wheel_run(&fx->fx_c->c_wheel, fx->fx_now);
	fixture_step(fx);
}

void
fixture_run(struct fixture *fx, enum stage st, struct mbuf *m)
{
	role_enter(&on_cpu);
	path_next(fx->fx_c, st, m);
	fixture_step(fx);
}

void
fixture_input(
    struct fixture *fx, const struct ifnet *ifp, const struct fx_packet *fp)
{
	struct mbuf *m = fixture_packet(fx, ifp, fp);

	fixture_run(fx, *m->m_data >> 4 == 6 ? ST_IP6 : ST_IP, m);
}

struct mbuf *
fixture_caught(struct fixture *fx, enum stage st)
{
	struct mbuf *m = fx->fx_m[0];

	role_enter(&on_cpu);
	assert_int_equal(fx->fx_n, 1);
	assert_int_equal(fx->fx_stage[0], st);
	(void)m_pullup(fx->fx_c, m, umin(m->m_pktlen, MBUF_DATA));
	return m;
}

void
fixture_clear(struct fixture *fx)
{
	unsigned i;

	role_enter(&on_cpu);
	stat_add(fx->fx_c, SG_PATH, pks_sent, fx->fx_n);
	for (i = 0; i < fx->fx_n; i++)
		m_free(fx->fx_c, fx->fx_m[i]);
	fx->fx_n = 0;
}

uint64_t
fixture_stat(const struct fixture *fx, enum stat_group g, unsigned which)
{
	return stat_cell_read(&fx->fx_c->c_stat[g][which]);
}

uint32_t
fx_v4(const char *text)
{
	struct addr a;

	assert_int_equal(addr_parse(&a, text), 0);
	return a.a_v4;
}

struct in6
fx_v6(const char *text)
{
	struct addr a;

	assert_int_equal(addr_parse(&a, text), 0);
	return a.a_v6;
}
