/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * UDP input: from a vector of datagrams to the end points they are for.
 *
 * From ip_deliver() and ip6_deliver(), on the CPU that owns the bucket.  The
 * vector is parsed, looked up and delivered in turn, so that the loads of one
 * datagram's look-up are under way while others are parsed.  An end point gets
 * all of its datagrams of a vector in one call, in their order.
 *
 * What nobody wants goes back to IP, which refuses it within its budget.
 */
#include "base/addr.h"
#include "ip/ip.h"
#include "ip/ip_parse.h"
#include "ip6/ip6.h"
#include "ip6/ip6_parse.h"
#include "mbuf/in_cksum.h"
#include "mbuf/tell.h"
#include "path.h"
#include "udp/udp_int.h"
#include "udp/udp_parse.h"

#define UDP_GROUPS 256 /* slots that find an end point's group again */
#define NO_GROUP   UINT8_MAX
static_assert(MVEC_MAX < NO_GROUP, "a group's number");

/* A datagram that was found right. */
struct udp_one {
	struct in_key uo_key;
	struct udpcb *uo_pcb; /* NULL: nobody's */
	void **uo_here;
	uint16_t uo_bucket;
	uint16_t uo_hlen; /* up to the data */
	uint16_t uo_len; /* of the data */
	uint8_t uo_next; /* the end point's next one; NO_GROUP: none */
};

/* All of an end point in the vector. */
struct udp_group {
	struct udpcb *ug_pcb;
	void **ug_here;
	uint8_t ug_first;
	uint8_t ug_last;
	uint8_t ug_n;
};

struct udp_vec {
	struct udp_one uv_one[MVEC_MAX];
	struct udp_group uv_group[MVEC_MAX];
	uint8_t uv_slot[UDP_GROUPS];
	unsigned uv_ngroup;
};

static bool
udp_cksum_ok(const struct mbuf *m, unsigned off, unsigned len, uint64_t pseudo)
{
	return (m->m_flags & (MF_CSUM_OK | MF_CSUM_PARTIAL)) != 0 ||
	    in_cksum_fold(m_cksum_add(m, off, len, pseudo)) == 0;
}

/* What both families do with the header at off. */
static enum udpstat ON_CPU
udp_check(struct cpu *c, struct mbuf *m, unsigned off, bool six,
    struct udp_info *ui, struct udp_one *uo)
{
	enum udpstat why;

	if (m->m_pktlen < off)
		return udps_hdrops;
	if (unlikely(m->m_len < off + UDP_HLEN))
		(void)m_pullup(c, m, umin(off + UDP_HLEN, m->m_pktlen));
	why = udp_parse(m->m_data + off, m->m_len < off ? 0 : m->m_len - off,
	    m->m_pktlen - off, six, ui);
	if (why != udps_none)
		return why;
	uo->uo_key = (struct in_key){ .ik_lport = ui->ui_dport,
		.ik_fport = ui->ui_sport,
		.ik_ifindex = m->m_rcvif,
		.ik_rtable = m->m_rtable,
		.ik_plen = IN_PLEN_MAX };
	uo->uo_hlen = (uint16_t)(off + UDP_HLEN);
	uo->uo_len = (uint16_t)(ui->ui_len - UDP_HLEN);
	return udps_none;
}

static enum udpstat ON_CPU
udp_check4(struct cpu *c, struct mbuf *m, struct udp_one *uo)
{
	struct udp_info ui;
	struct ip_info ii;
	enum udpstat why;

	ip_take(mtod(m, const uint8_t *), &ii);
	why = udp_check(c, m, ii.ii_hlen, false, &ui, uo);
	if (why != udps_none)
		return why;
	uo->uo_key.ik_laddr = in6_mapped(ii.ii_dst);
	uo->uo_key.ik_faddr = in6_mapped(ii.ii_src);
	if (ui.ui_sum == 0)
		stat_add(c, SG_UDP, udps_nosum, 1);
	else if (!udp_cksum_ok(m, ii.ii_hlen, ui.ui_len,
		     in_cksum_pseudo(ii.ii_src, ii.ii_dst, IPP_UDP, ui.ui_len)))
		return udps_badsum;
	return udps_none;
}

static enum udpstat ON_CPU
udp_check6(struct cpu *c, struct mbuf *m, struct udp_one *uo)
{
	const struct ip6_wire *ip6 = mtod(m, const struct ip6_wire *);
	unsigned off = m->m_l4off;
	struct udp_info ui;
	enum udpstat why;

	if ((why = udp_check(c, m, off, true, &ui, uo)) != udps_none)
		return why;
	ip6 = mtod(m, const struct ip6_wire *); /* it may have moved */
	uo->uo_key.ik_laddr = in6_load(ip6->ip6_dst);
	uo->uo_key.ik_faddr = in6_load(ip6->ip6_src);
	return udp_cksum_ok(m, off, ui.ui_len,
		   in6_cksum_pseudo(uo->uo_key.ik_faddr, uo->uo_key.ik_laddr,
		       IPP_UDP, ui.ui_len)) ? udps_none : udps_badsum;
}

/* Malformed datagrams leave here. */
static void ON_CPU
udp_check_vec(struct cpu *c, struct mvec *mv, bool six, struct udp_vec *uv)
{
	unsigned i, keep = 0;
	enum udpstat why;

	stat_add(c, SG_UDP, udps_ipackets, mv->mv_n);
	for (i = 0; i < mv->mv_n; i++) {
		struct mbuf *m = mv->mv_m[i];
		struct udp_one *uo = &uv->uv_one[keep];

		if (i + MVEC_AHEAD < mv->mv_n)
			m_prefetch(mv->mv_m[i + MVEC_AHEAD]);
		/* What it was steered by; on other ways it may have none. */
		uo->uo_bucket = (uint16_t)rss_bucket(
		    c->c_sp, rss_hash(c, m));
		why = six ? udp_check6(c, m, uo) : udp_check4(c, m, uo);
		if (unlikely(why != udps_none)) {
			udp_drop(c, m, why);
			continue;
		}
		mv->mv_m[keep++] = m;
	}
	mv->mv_n = keep;
}

static void ON_CPU
udp_find_vec(struct cpu *c, const struct mvec *mv, struct udp_vec *uv)
{
	unsigned i;

	for (i = 0; i < mv->mv_n; i++) {
		struct udp_one *uo = &uv->uv_one[i];

		uo->uo_pcb =
		    udp_find(c, &uo->uo_key, uo->uo_bucket, &uo->uo_here);
	}
}

/*
 * Add datagram i to its end point's group.  Where two end points meet in a
 * slot the first begins another group behind: the order of its datagrams is
 * kept all the same.
 */
static inline void
udp_group_add(struct udp_vec *uv, unsigned i)
{
	struct udp_one *uo = &uv->uv_one[i];
	uint8_t *slot =
	    &uv->uv_slot[hash_mix64((uintptr_t)uo->uo_pcb) % UDP_GROUPS];
	struct udp_group *ug = &uv->uv_group[*slot];

	uo->uo_next = NO_GROUP;
	if (*slot < uv->uv_ngroup && ug->ug_pcb == uo->uo_pcb) {
		uv->uv_one[ug->ug_last].uo_next = (uint8_t)i;
		ug->ug_last = (uint8_t)i;
		ug->ug_n++;
		return;
	}
	*slot = (uint8_t)uv->uv_ngroup;
	uv->uv_group[uv->uv_ngroup++] = (struct udp_group){
		.ug_pcb = uo->uo_pcb, .ug_here = uo->uo_here,
		.ug_first = (uint8_t)i, .ug_last = (uint8_t)i, .ug_n = 1 };
}

bool
udp_to_many(const struct cpu *c, const struct mbuf *m)
{
	const uint8_t *p = udp_ip_header(m);
	uint32_t dst;

	if ((m->m_flags & (MF_BCAST | MF_MCAST)) != 0)
		return true;
	if (*p >> 4 == 6)
		return in6_is_multicast(
		    in6_load(((const struct ip6_wire *)p)->ip6_dst));
	dst = ld32be(((const struct ip_wire *)p)->ip_dst);
	return in_is_multicast(dst) ||
	    ip_is_broadcast(c->c_sp, m->m_rtable, dst);
}

/* Only the data, and the headers before it. */
static void ON_CPU
udp_bare(struct cpu *c, struct mbuf *m, const struct udp_one *uo)
{
	if (unlikely(m->m_pktlen > (unsigned)uo->uo_hlen + uo->uo_len))
		m_trim(c, m, m->m_pktlen - uo->uo_hlen - uo->uo_len);
	m->m_data += uo->uo_hlen;
	m->m_len -= uo->uo_hlen;
	m->m_pktlen -= uo->uo_hlen;
	m->m_l4off = (uint16_t)-uo->uo_hlen;
}

static void ON_CPU
udp_deliver(struct cpu *c, struct udpcb *ucb, void **here, struct mbuf **mm,
    unsigned n)
{
	const struct udp_ops *ops = udp_ops(&ucb->ucb_inp);
	unsigned i;

	if (unlikely(m_is_told(mm[0])))
		tell(c, mm[0], "delivered to %s, port %u", ops->uo_name,
		    ucb->ucb_inp.inp_key.ik_lport);
	if (unlikely(cpu_pretends(c))) {
		for (i = 0; i < n; i++)
			m_free(c, mm[i]);
		return;
	}
	stat_add(c, SG_UDP, udps_delivered, n);
	ops->uo_input(c, ucb, here, mm, n);
}

static void ON_CPU
udp_deliver_vec(struct cpu *c, struct mvec *mv, struct udp_vec *uv)
{
	struct mbuf *mm[MVEC_MAX];
	unsigned g, n, i;

	for (g = 0; g < uv->uv_ngroup; g++) {
		const struct udp_group *ug = &uv->uv_group[g];

		for (n = 0, i = ug->ug_first; i != NO_GROUP;
		     i = uv->uv_one[i].uo_next) {
			udp_bare(c, mv->mv_m[i], &uv->uv_one[i]);
			mm[n++] = mv->mv_m[i];
		}
		udp_deliver(c, ug->ug_pcb, ug->ug_here, mm, n);
	}
}

/*
 * Of a datagram to many: the end points of this CPU that take it, each with a
 * packet of its own; the last has the original.
 */
struct udp_many {
	struct cpu *um_cpu;
	struct mbuf *um_m;
	const struct udp_one *um_one;
	struct in_here *um_last;
};

static void ON_CPU
udp_many_give(struct udp_many *um, struct in_here *ih, struct mbuf *m)
{
	udp_bare(um->um_cpu, m, um->um_one);
	udp_deliver(um->um_cpu, udp_pcb(ih->ih_inp), &ih->ih_arg, &m, 1);
}

static void
udp_many_one(struct in_here *ih, void *arg)
{
	struct udp_many *um = arg;
	struct mbuf *copy;

	role_enter(&on_cpu);
	if (um->um_last != NULL) {
		if ((copy = m_clone(um->um_cpu, um->um_m)) != NULL) {
			stat_add(um->um_cpu, SG_PATH, pks_copied, 1);
			udp_many_give(um, um->um_last, copy);
		} else {
			stat_add(um->um_cpu, SG_UDP, udps_nobuf, 1);
		}
	}
	um->um_last = ih;
}

static bool ON_CPU
udp_input_many(struct cpu *c, struct mbuf *m, const struct udp_one *uo)
{
	struct udp_many um = { .um_cpu = c, .um_m = m, .um_one = uo };

	in_bound_each(&c->c_udp->uc_bound, &c->c_sp->sp_udp->u_seed,
	    &uo->uo_key, udp_many_one, &um);
	if (um.um_last == NULL)
		return false;
	udp_many_give(&um, um.um_last, m);
	return true;
}

/* To whom a datagram is, is not looked for until it may be for several. */
static bool
udp_is_many(const struct cpu *c, const struct mbuf *m,
    const struct udp_one *uo)
{
	struct in6 dst = uo->uo_key.ik_laddr;
	uint32_t dst4 = (uint32_t)dst.i6_lo;

	if (likely(m->m_rcvif != 0 &&
		(m->m_flags & (MF_BCAST | MF_MCAST)) == 0))
		return false;
	return in6_is_multicast(dst) ||
	    (in6_is_v4mapped(dst) &&
		(in_is_multicast(dst4) ||
		    ip_is_broadcast(c->c_sp, m->m_rtable, dst4)));
}

static void ON_CPU
udp_refuse(struct cpu *c, struct mbuf *m, bool six, const struct udp_one *uo)
{
	struct ip_info ii;
	struct ip6_info i6;

	stat_add(c, SG_UDP, udp_is_many(c, m, uo) ? udps_noportbcast :
	    udps_noport, 1);
	if (!six) {
		ip_take(mtod(m, const uint8_t *), &ii);
		ip_udp_refuse(c, m, &ii);
		return;
	}
	(void)ip6_parse_quoted(mtod(m, const uint8_t *), m->m_len, &i6);
	i6.i6_l4off = m->m_l4off;
	i6.i6_proto = IPP_UDP;
	ip6_udp_refuse(c, m, &i6);
}

static void ON_CPU
udp_input_vec(struct cpu *c, struct mvec *mv, bool six)
{
	struct udp_vec uv;
	unsigned i;

	CPU_ASSERT(c);
	uv.uv_ngroup = 0;
	memset(uv.uv_slot, 0, sizeof(uv.uv_slot));
	udp_check_vec(c, mv, six, &uv);
	udp_find_vec(c, mv, &uv);
	for (i = 0; i < mv->mv_n; i++) {
		const struct udp_one *uo = &uv.uv_one[i];

		if (unlikely(udp_is_many(c, mv->mv_m[i], uo)) &&
		    udp_input_many(c, mv->mv_m[i], uo))
			continue;
		if (likely(uo->uo_pcb != NULL))
			udp_group_add(&uv, i);
		else
			udp_refuse(c, mv->mv_m[i], six, uo);
	}
	udp_deliver_vec(c, mv, &uv);
}

void
udp_input(struct cpu *c, struct mvec *mv)
{
	udp_input_vec(c, mv, false);
}

void
udp6_input(struct cpu *c, struct mvec *mv)
{
	udp_input_vec(c, mv, true);
}

void
udp_consume(struct cpu *c, struct mbuf *m)
{
	stat_add(c, SG_PATH, pks_delivered, 1);
	m_free(c, m);
}
