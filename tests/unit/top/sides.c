/* SPDX-License-Identifier: BSD-2-Clause */
#include "sides.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ether/vlan.h"
#include "path.h"
#include "route/route.h"
#include "wire.h"

#define ROUNDS	8 /* in which what was sent has left, or waits */
#define BUFFERS 4096 /* of an instance */

static uint64_t
env_now(void *arg)
{
	return *(const uint64_t *)arg;
}

static void
env_wait(void *arg, struct endpoint *ep, uint64_t until)
{
	(void)arg, (void)ep, (void)until;
}

static void
env_wake(void *arg, struct endpoint *ep)
{
	(void)arg, (void)ep;
}

static void
env_log(void *arg, enum log_level level, const char *text)
{
	(void)arg, (void)level, (void)text;
}

static struct spate *
instance(struct sides *sd)
{
	struct spate_conf sc = { .sc_ncpus = 1,
		.sc_pktmem = (uint64_t)BUFFERS * MBUF_SIZE };
	struct spate_env env = { .env_now = env_now, .env_wait = env_wait,
		.env_wake = env_wake, .env_seed = 1, .env_arg = &sd->sd_now,
		.env_virtual = true };
	struct spate *sp;

	log_init(&env.env_log, env_log, NULL, LOGL_ERROR);
	assert_int_equal(spate_create(&sc, &env, &sp), 0);
	return sp;
}

static void
attach_vlan(struct side *s, unsigned i, const char *name, unsigned parent,
    unsigned id)
{
	struct vlan_conf vc = { .vc_id = (uint16_t)id,
		.vc_tpid = ETHERTYPE_VLAN, .vc_priority = VLAN_PRIORITY_MAP };
	struct ctl *ctl = s->s_router->sp_ctl;
	char err[200];

	assert_int_equal(vlan_attach(ctl, name, s->s_if[parent], &vc, 0,
	    &s->s_if[i], err, sizeof(err)), 0);
	if_set_up(ctl, s->s_if[i], true);
}

static void
side_open(struct sides *sd, struct side *s)
{
	static const char *const names[] = { "in", "a", "b" };
	struct pair_conf pc = { .pc_offload = sd->sd_offload };
	struct pair *link;
	unsigned i;
	char err[200];

	s->s_router = instance(sd);
	s->s_tester = instance(sd);
	for (i = 0; i < SIDES_LINKS; i++) {
		pc.pc_seed = i + 1;
		assert_int_equal(pair_create(&pc, &link), 0);
		s->s_if[i] = wire_attach(s->s_router, names[i], link, 0);
		s->s_far[i] = wire_attach(s->s_tester, names[i], link, 1);
		pair_destroy(link);
	}
	attach_vlan(s, SIDES_IN20, "in20", SIDES_IN, 20);
	attach_vlan(s, SIDES_B30, "b30", SIDES_B, 30);
	assert_int_equal(sysctl_set(&s->s_router->sp_sysctl,
	    "net.inet.ip.fastforward", s->s_way->w_fastforward, err,
	    sizeof(err)), 0);
	assert_int_equal(sysctl_set(&s->s_router->sp_sysctl,
	    "net.inet.ip.flow.size", s->s_way->w_flows, err, sizeof(err)), 0);
}

void
sides_open(struct sides *sd, uint64_t seed)
{
	unsigned i;

	role_enter(&on_ctl);
	memset(sd, 0, sizeof(*sd));
	rnd_seed(&sd->sd_rnd, seed);
	sd->sd_now = NS_S;
	sd->sd_offload = one_in(sd, 4);
	sd->sd_fixed = one_in(sd, 2);
	sd->sd_side = calloc(sides_n, sizeof(sd->sd_side[0]));
	assert_non_null(sd->sd_side);
	for (i = 0; i < sides_n; i++) {
		sd->sd_side[i].s_way = &sides_ways[i];
		side_open(sd, &sd->sd_side[i]);
	}
}

void
sides_close(struct sides *sd)
{
	unsigned i;

	curcpu = NULL;
	role_enter(&on_ctl);
	for (i = 0; i < sides_n; i++) {
		spate_destroy(sd->sd_side[i].s_router);
		spate_destroy(sd->sd_side[i].s_tester);
	}
	free(sd->sd_side);
}

static void
side_send(struct side *s, const struct probe *pb)
{
	struct cpu *c = s->s_tester->sp_cpu[0];
	struct mbuf *m;

	role_enter(&on_cpu);
	curcpu = c;
	m = m_from_bytes(c, pb->pb_frame.f_b, pb->pb_frame.f_len);
	assert_non_null(m);
	m->m_flags |= (uint16_t)pb->pb_flags;
	m->m_gso = (uint8_t)pb->pb_gso;
	m->m_gsosize = (uint16_t)pb->pb_gsosize;
	m->m_l4off = (uint16_t)pb->pb_l4off;
	m->m_csumoff = (uint8_t)pb->pb_csumoff;
	assert_int_equal(dev_pair.do_tx(c,
	    &s->s_far[pb->pb_link]->if_txq[0], &m, 1), 1);
}

void
sides_send(struct sides *sd, const struct probe *pb)
{
	unsigned i;

	for (i = 0; i < sides_n; i++)
		side_send(&sd->sd_side[i], pb);
	sd->sd_sent++;
}

static void ON_CPU
side_caught(struct side *s, unsigned link, const struct mbuf *m)
{
	struct caught *cg = &s->s_caught[s->s_n++];
	uint8_t *to = s->s_bytes + s->s_used;

	assert_true(s->s_n < SIDES_CAUGHT);
	assert_true(m->m_pktlen <= SIDES_BYTES - s->s_used);
	memset(cg, 0, sizeof(*cg));
	cg->cg_if = link;
	cg->cg_len = m->m_pktlen;
	cg->cg_p = to;
	cg->cg_flags = m->m_flags & (MF_CSUM_PARTIAL | MF_CSUM_OK);
	cg->cg_gso = m->m_gso;
	cg->cg_gsosize = m->m_gso != GSO_NONE ? m->m_gsosize : 0;
	cg->cg_l4off = (m->m_flags & MF_CSUM_PARTIAL) != 0 ? m->m_l4off : 0;
	m_copydata(m, 0, m->m_pktlen, to);
	s->s_used += m->m_pktlen;
}

static void
side_catch(struct side *s, unsigned link)
{
	struct cpu *c = s->s_tester->sp_cpu[0];
	struct mvec mv;
	unsigned i;

	role_enter(&on_cpu);
	curcpu = c;
	do {
		mv.mv_n = 0;
		dev_pair.do_rx(c, &s->s_far[link]->if_rxq[0], &mv, MVEC_MAX);
		for (i = 0; i < mv.mv_n; i++) {
			side_caught(s, link, mv.mv_m[i]);
			m_free(c, mv.mv_m[i]);
		}
	} while (mv.mv_n > 0);
	curcpu = NULL;
}

static void
side_run(struct side *s)
{
	unsigned i;

	s->s_n = s->s_used = 0;
	for (i = 0; i < ROUNDS; i++) {
		role_enter(&on_cpu);
		curcpu = s->s_router->sp_cpu[0];
		cpu_round(curcpu);
		curcpu = NULL;
		role_enter(&on_ctl);
		ctl_round(s->s_router->sp_ctl);
	}
	for (i = 0; i < SIDES_LINKS; i++)
		side_catch(s, i);
}

/*
 * Frames with a number are in order if those of their flow are: of their
 * addresses and of where they came in, which the bytes before the number say.
 * The order of others is not looked at.
 */
static int
flow_order(const struct caught *a, const uint8_t *na, const struct caught *b,
    const uint8_t *nb)
{
	unsigned at = 12, v6;
	int d;

	if ((d = memcmp(a->cg_p + 12, b->cg_p + 12, 6)) != 0)
		return d;
	if (ld16be(a->cg_p + 12) == ETHERTYPE_VLAN)
		at += 4;
	v6 = ld16be(a->cg_p + at) == ETHERTYPE_IPV6;
	at += 2 + (v6 ? 8 : 12);
	if ((d = memcmp(a->cg_p + at, b->cg_p + at, v6 ? 32 : 8)) != 0 ||
	    (d = memcmp(na - 4, nb - 4, 4)) != 0)
		return d;
	return a < b ? -1 : a > b;
}

static int
caught_order(const void *va, const void *vb)
{
	const struct caught *a = *(const struct caught *const *)va,
			    *b = *(const struct caught *const *)vb;
	const uint8_t *na = sides_number(a->cg_p, a->cg_len),
		      *nb = sides_number(b->cg_p, b->cg_len);

	if (a->cg_if != b->cg_if)
		return a->cg_if < b->cg_if ? -1 : 1;
	if ((na == NULL) != (nb == NULL))
		return na == NULL ? -1 : 1;
	if (na != NULL)
		return flow_order(a, na, b, nb);
	if (a->cg_len != b->cg_len)
		return a->cg_len < b->cg_len ? -1 : 1;
	return memcmp(a->cg_p, b->cg_p, a->cg_len);
}

static void
caught_print(const char *who, const struct caught *cg)
{
	unsigned i;

	print_error("%s: link %u, %u bytes, flags %#x, gso %u of %u:", who,
	    cg->cg_if, cg->cg_len, cg->cg_flags, cg->cg_gso, cg->cg_gsosize);
	for (i = 0; i < umin(cg->cg_len, 96); i++)
		print_error("%s%02x", i % 4 == 0 ? " " : "", cg->cg_p[i]);
	print_error("\n");
}

static bool
caught_same(const struct caught *a, const struct caught *b)
{
	return a->cg_if == b->cg_if && a->cg_len == b->cg_len &&
	    a->cg_flags == b->cg_flags && a->cg_gso == b->cg_gso &&
	    a->cg_gsosize == b->cg_gsosize && a->cg_l4off == b->cg_l4off &&
	    memcmp(a->cg_p, b->cg_p, a->cg_len) == 0;
}

static void
outputs_compare(const struct side *want, const struct side *got)
{
	static const struct caught *a[SIDES_CAUGHT], *b[SIDES_CAUGHT];
	unsigned i, n = umin(want->s_n, got->s_n);

	for (i = 0; i < want->s_n; i++)
		a[i] = &want->s_caught[i];
	for (i = 0; i < got->s_n; i++)
		b[i] = &got->s_caught[i];
	qsort(a, want->s_n, sizeof(a[0]), caught_order);
	qsort(b, got->s_n, sizeof(b[0]), caught_order);
	for (i = 0; i < n; i++) {
		if (caught_same(a[i], b[i]))
			continue;
		caught_print(want->s_way->w_name, a[i]);
		caught_print(got->s_way->w_name, b[i]);
		fail_msg("frame %u of %u differs, or is out of order", i, n);
	}
	if (want->s_n != got->s_n)
		fail_msg("%s: %u frames, %s: %u", want->s_way->w_name,
		    want->s_n, got->s_way->w_name, got->s_n);
}

static void
counter_compare(const struct side *want, const struct side *got,
    const char *name, uint64_t a, uint64_t b)
{
	if (a != b)
		fail_msg("%s: %lu by %s, %lu by %s", name, (unsigned long)a,
		    want->s_way->w_name, (unsigned long)b, got->s_way->w_name);
}

static void
counters_compare(const struct side *want, const struct side *got)
{
	enum stat_group g;
	unsigned i;

	for (g = 0; g < SG_N; g++)
		/* Rounds may differ, and what only one way has. */
		for (i = 0;
		     g != SG_CPU && g != SG_FLOW && i < stat_groups[g].sg_n;
		     i++)
			counter_compare(want, got,
			    stat_groups[g].sg_desc[i].sd_name,
			    spate_stat(want->s_router, g, i),
			    spate_stat(got->s_router, g, i));
}

static uint64_t
dropped(const struct side *s, unsigned i, unsigned which)
{
	const stat_cell *drop = s->s_router->sp_cpu[0]->c_drop[i];

	return drop != NULL ? stat_cell_read(&drop[which]) : 0;
}

static void
interfaces_compare(const struct side *want, const struct side *got)
{
	struct if_counts a, b;
	unsigned i, k;

	for (i = 0; i < SIDES_IFS; i++) {
		const char *name = want->s_if[i]->if_name;
		unsigned index = want->s_if[i]->if_index;

		if_counts(want->s_if[i], &a);
		if_counts(got->s_if[i], &b);
		if (memcmp(&a, &b, sizeof(a)) != 0)
			fail_msg("%s: %lu in, %lu out by %s; %lu, %lu by %s",
			    name, (unsigned long)a.ic_rx_packets,
			    (unsigned long)a.ic_tx_packets,
			    want->s_way->w_name,
			    (unsigned long)b.ic_rx_packets,
			    (unsigned long)b.ic_tx_packets, got->s_way->w_name);
		for (k = 0; k < stat_total(); k++)
			if (dropped(want, index, k) != dropped(got, index, k))
				fail_msg("drops of %s: %lu and %lu", name,
				    (unsigned long)dropped(want, index, k),
				    (unsigned long)dropped(got, index, k));
	}
}

static void
ledger_check(const struct side *s)
{
	struct ledger lg;

	spate_ledger(s->s_router, &lg);
	if (!ledger_balanced(&lg))
		fail_msg("%s: packets are missing", s->s_way->w_name);
}

/* Who the routers want to know of; an answer may come (sides_answer()). */
static void
questions(struct sides *sd)
{
	const struct side *s = &sd->sd_side[0];
	unsigned i;

	sd->sd_nquestions = 0;
	for (i = 0; i < s->s_n; i++) {
		const struct caught *cg = &s->s_caught[i];
		unsigned n = sd->sd_nquestions;

		if (n == countof(sd->sd_question) || cg->cg_len > 100 ||
		    (cg->cg_p[0] & 1) == 0)
			continue;
		sd->sd_question[n].q_link = cg->cg_if;
		sd->sd_question[n].q_frame.f_len = cg->cg_len;
		memcpy(sd->sd_question[n].q_frame.f_b, cg->cg_p, cg->cg_len);
		sd->sd_nquestions++;
	}
}

void
sides_turn(struct sides *sd)
{
	unsigned i;

	for (i = 0; i < sides_n; i++) {
		side_run(&sd->sd_side[i]);
		ledger_check(&sd->sd_side[i]);
		if (i == 0)
			continue;
		outputs_compare(&sd->sd_side[0], &sd->sd_side[i]);
		counters_compare(&sd->sd_side[0], &sd->sd_side[i]);
		interfaces_compare(&sd->sd_side[0], &sd->sd_side[i]);
	}
	questions(sd);
}

uint64_t
sides_flows(const struct sides *sd, unsigned side, unsigned which)
{
	return spate_stat(sd->sd_side[side].s_router, SG_FLOW, which);
}

uint64_t
sides_by_stages(const struct sides *sd, unsigned side)
{
	const struct path *path = sd->sd_side[side].s_router->sp_cpu[0]->c_path;

	return stat_cell_read(&path->p_stage[ST_STEER].ps_packets);
}
