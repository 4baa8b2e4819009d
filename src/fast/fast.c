/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The fast path; see fast.h.
 *
 * A vector is worked on in batches, so that what one loop has touched is still
 * in the first level cache for the next: buffers lie at equal distances and
 * share few of its sets.  The loops: look at each packet, look up all routes,
 * rewrite and send.
 *
 * Order.  Packets of a flow leave in the order they came, although some go
 * this way and some by the stages: once one of a pair of addresses has gone to
 * the stages, so do those behind it in the vector (b_left).  The stages are
 * done with it before the next vector comes.
 */
#include "fast/fast.h"

#include "base/cycles.h"
#include "ether/ether_stat.h"
#include "fast/fast_int.h"
#include "if/if.h"
#include "ip/ip.h"
#include "ip/ip_parse.h"
#include "ip/mss.h"
#include "ip6/ip6.h"
#include "ip6/ip6_parse.h"
#include "mbuf/tell.h"
#include "netisr/netisr.h"

#define FAST_AHEAD 8u /* packets to prefetch */

/* What a packet may have of m_flags and still be plain. */
#define FAST_FLAGS (MF_CSUM_PARTIAL | MF_CSUM_OK | MF_COLD)

/*
 * Whether all IPv4 addresses that begin with a byte are plain.  Where only most
 * of them are (169.254/16), the address must be looked at.
 */
static const bool plain_first[256] = { [1 ... 126] = true,
	[128 ... 168] = true, [170 ... 223] = true };

static inline bool
fast_plain4(const struct ip_wire *ip)
{
	return likely(plain_first[ip->ip_src[0]] &
		   plain_first[ip->ip_dst[0]]) ||
	    (ip_is_plain(ld32be(ip->ip_src)) &&
		ip_is_plain(ld32be(ip->ip_dst)));
}

/* As ip_check() and ip_input() have it, for a header without options. */
static inline bool
fast_look4(const struct mbuf *m, const uint8_t *p, uint16_t *len, uint32_t *dst)
{
	const struct ip_wire *ip = (const void *)p;
	unsigned n = ld16be(ip->ip_len);

	*len = (uint16_t)n;
	*dst = ld32be(ip->ip_dst);
	return n >= IP_HLEN && n + L2 <= m->m_len &&
	    (ip->ip_off[0] & 0x1f) == 0 && ip->ip_ttl > 1 &&
	    ip_cksum_ok(p, IP_HLEN) && fast_plain4(ip);
}

/* As ip6_check() and ip6_input() have it. */
static inline bool
fast_look6(
    const struct mbuf *m, const uint8_t *p, uint16_t *len, struct in6 *dst)
{
	const struct ip6_wire *ip6 = (const void *)p;
	unsigned n = IP6_HLEN + ld16be(ip6->ip6_plen);

	if (unlikely(m->m_len < L2 + IP6_HLEN || n + L2 > m->m_len ||
		n > UINT16_MAX))
		return false;
	*len = (uint16_t)n;
	*dst = in6_load(ip6->ip6_dst);
	return ip6->ip6_hlim > 1 &&
	    !(n == IP6_HLEN && ip6->ip6_nxt == IPP_HOPOPTS) &&
	    ip6_is_plain(in6_load(ip6->ip6_src)) && ip6_is_plain(*dst);
}

/* The version of a packet for the fast path; 0: it is none. */
static inline unsigned
fast_look(const struct fast *f, const struct mbuf *m, struct batch *b,
    unsigned i)
{
	const uint8_t *p = m->m_data;
	unsigned what;

	if (unlikely((m->m_flags & ~FAST_FLAGS) != 0 || m->m_gso != GSO_NONE ||
		m->m_next != NULL || m->m_len < L2 + IP_HLEN))
		return 0;
	/* To us, from no group. */
	if (unlikely(
		((ld64be(p) ^ f->f_mac) & UINT64_C(0xffffffffffff0100)) != 0))
		return 0;
	what = ld32be(p + ETHER_HLEN - 2) >> 8;
	if (likely(what == (ETHERTYPE_IP << 8 | 0x45)) && f->f_fib4 != NULL)
		return fast_look4(m, p + L2, &b->b_len[i], &b->b_dst[i]) ? 4 :
		    0;
	if ((what & 0xfffff0) == (ETHERTYPE_IPV6 << 8 | 0x60) &&
	    f->f_fib6 != NULL)
		return fast_look6(
			   m, p + L2, &b->b_len[i], &b->b_dst6[b->b_n6]) ?
		    6 : 0;
	return 0;
}

/* At most n of the packets, of which the first ones are the batch. */
static inline void
fast_look_all(const struct fast *f, struct batch *b, struct mbuf *const *mm,
    unsigned n, unsigned ahead)
{
	unsigned i, vers, n4 = 0;

	b->b_n6 = 0;
	for (i = 0; i < n; i++) {
		const struct mbuf *m = mm[i];

		if (i + FAST_AHEAD < ahead)
			m_prefetch(mm[i + FAST_AHEAD]);
		if (unlikely(m->m_rcv != f->f_rcv))
			break;
		b->b_dst[i] = 0;
		vers = fast_look(f, m, b, i);
		b->b_vers[i] = (uint8_t)vers;
		if (likely(vers == 4))
			n4++;
		else if (vers == 6)
			b->b_at6[b->b_n6++] = (uint8_t)i;
	}
	b->b_n = i;
	b->b_n4 = n4;
}

/* Those that are no IPv4 are looked up all the same, at address 0. */
static void
fast_route_all(const struct fast *f, struct batch *b)
{
	unsigned i;

	if (b->b_n4 > 0)
		fib4_lookup_vec(f->f_fib4, b->b_dst, b->b_nh, b->b_n);
	if (b->b_n6 == 0)
		return;
	fib6_lookup_vec(f->f_fib6, b->b_dst6, b->b_nh6, b->b_n6);
	for (i = 0; i < b->b_n6; i++)
		b->b_nh[b->b_at6[i]] = b->b_nh6[i];
}

/* A told packet is for the stages; what would have become of another? */
static void ON_CPU
fast_tell(const struct fast *f, struct mbuf *m)
{
	struct batch b = { .b_n6 = 0 };
	struct in6 dst = { .i6_lo = 0 };
	unsigned vers;

	if (atomic_load_explicit(&f->f_cpu->fc_flow.fw_table,
		memory_order_relaxed) == NULL)
		return;
	m->m_flags &= (uint16_t)~MF_TOLD;
	vers = fast_look(f, m, &b, 0);
	m->m_flags |= MF_TOLD;
	if (vers == 0)
		return;
	dst.i6_lo = b.b_dst[0];
	fast_flows_tell(
	    f, m, vers, b.b_len[0], vers == 6 ? &b.b_dst6[0] : &dst);
}

void
fast_leave(struct fast *f, struct mbuf *m)
{
	f->f_left |= fast_pair(m);
	if (m_is_told(m))
		fast_tell(f, m);
	path_next(f->f_c, ST_STEER, m);
}

struct adj *
fast_dst(struct cpu *c, const struct adj *a, const struct mbuf *m,
    unsigned len)
{
	const uint8_t *p = m->m_data + L2;
	struct in6 dst = { .i6_lo = 0 };

	if (a->a_vers == 6)
		dst = in6_load(p + 24);
	else
		dst.i6_lo = ld32be(p + 16);
	return adj_dst(c, a, &dst, len);
}

/* vers: of all of the batch, if they are of one; 0 if not. */
static inline __attribute__((always_inline)) void ON_CPU
fast_send_some(
    struct fast *f, const struct batch *b, struct mbuf **mm, unsigned vers)
{
	struct mbuf **out = f->f_out + f->f_nout;
	const struct adj *a;
	unsigned i, v, n4 = 0;

	for (i = 0; i < b->b_n; i++) {
		struct mbuf *m = mm[i];

		v = vers != 0 ? vers : b->b_vers[i];
		a = fast_adj(f, b->b_nh[i], m, v, b->b_len[i]);
		if (unlikely(a == NULL ||
			(f->f_left != 0 && (f->f_left & fast_pair(m)) != 0))) {
			fast_leave(f, m);
			continue;
		}
		if (unlikely(m->m_hashtype != RSS_NONE))
			trust_hash(f->f_c, m);
		fast_rewrite(m, a, v, b->b_len[i]);
		n4 += v == 4;
		*out++ = m;
	}
	f->f_nout = (unsigned)(out - f->f_out);
	f->f_n4 += n4;
}

static void ON_CPU
fast_send_all(struct fast *f, const struct batch *b, struct mbuf **mm)
{
	if (likely(b->b_n4 == b->b_n))
		fast_send_some(f, b, mm, 4);
	else if (b->b_n6 == b->b_n)
		fast_send_some(f, b, mm, 6);
	else
		fast_send_some(f, b, mm, 0);
}

/*
 * Those first ones of mm[0..n) that came by the interface that f was made for.
 * Returns how many.
 */
static unsigned ON_CPU
fast_run(struct fast *f, struct mbuf **mm, unsigned n)
{
	struct batch b;
	unsigned done, want;

	for (done = 0; done < n; done += b.b_n) {
		want = umin(n - done, FAST_BATCH);
		fast_look_all(f, &b, mm + done, want, n - done);
		if (f->f_flows != NULL && b.b_n4 + b.b_n6 == b.b_n) {
			fast_flows(f, &b, mm + done);
		} else {
			fast_route_all(f, &b);
			fast_send_all(f, &b, mm + done);
		}
		if (b.b_n < want)
			return done + b.b_n;
	}
	return done;
}

/* Whether nothing is configured that only the stages know. */
static bool
fast_wanted(const struct spate *sp)
{
	return tun(sp, ip_fastforward) != 0 && netisr_deferred(sp) == 0 &&
	    !mss_limited(sp) && tun(sp, ip_redirect) == 0 &&
	    tun(sp, ip6_redirect) == 0;
}

/* For packets like m; false if the stages must see to them. */
static bool
fast_open(struct fast *f, const struct mbuf *m)
{
	const struct spate *sp = f->f_c->c_sp;
	const struct ifnet *ifp = if_lookup(sp, m->m_rcvif);
	const struct rtable *rt = &sp->sp_rt[m->m_rtable];

	if (ifp == NULL || ifp->if_gen != m->m_rcvgen || if_policy(ifp) != 0)
		return false;
	f->f_mac = (uint64_t)ld32be(ifp->if_mac) << 32 |
	    (uint64_t)ld16be(ifp->if_mac + 4) << 16;
	f->f_fib4 = tun(sp, ip_forwarding) == 0 ? NULL :
	    atomic_load_explicit(&rt->rt_fib4, memory_order_acquire);
	f->f_fib6 = tun(sp, ip6_forwarding) == 0 ? NULL :
	    atomic_load_explicit(&rt->rt_fib6, memory_order_acquire);
	f->f_flows = f->f_cpu->fc_flows;
	f->f_flowkey = flow_key(&f->f_cpu->fc_flow, m->m_rtable, 0);
	return true;
}

/* As the stages would have counted n packets of a family. */
static void ON_CPU
fast_count(struct cpu *c, unsigned n4, unsigned n6)
{
	stat_add(c, SG_ETHER, ets_in, n4 + n6);
	stat_add(c, SG_ETHER, ets_resolved, n4 + n6);
	stat_add(c, SG_ETHER, ets_out, n4 + n6);
	if (n4 > 0) {
		netisr_count(c, NETISR_IP, n4);
		stat_add(c, SG_IP, ips_total, n4);
		stat_add(c, SG_IP, ips_forward, n4);
	}
	if (n6 > 0) {
		netisr_count(c, NETISR_IP6, n6);
		stat_add(c, SG_IP6, i6s_total, n6);
		stat_add(c, SG_IP6, i6s_forward, n6);
	}
}

static void ON_CPU
fast_leave_all(struct cpu *c, struct mbuf *const *mm, unsigned n)
{
	struct mvec *to = path_room(c, ST_STEER, n);
	unsigned i;

	if (likely(to != NULL)) {
		memcpy(to->mv_m + to->mv_n, mm, n * sizeof(mm[0]));
		to->mv_n += n;
		return;
	}
	for (i = 0; i < n; i++)
		path_next(c, ST_STEER, mm[i]);
}

/* How many of mm[0..n) came as the first one did. */
static unsigned
fast_same(struct mbuf *const *mm, unsigned n)
{
	unsigned i = 1;

	while (i < n && mm[i]->m_rcv == mm[0]->m_rcv)
		i++;
	return i;
}

/*
 * The first ones of mm[0..n) came by one interface, and leave for ST_TX or
 * ST_STEER.  Returns how many.
 */
static unsigned ON_CPU
fast_transit(struct cpu *c, struct mbuf **mm, unsigned n)
{
	struct fast f = { .f_c = c, .f_cpu = c->c_fast,
		.f_rcv = mm[0]->m_rcv, .f_key = adj_key(c->c_fast, 0, 0) };
	struct mvec *to = path_room(c, ST_TX, n);

	if (to == NULL || !fast_open(&f, mm[0])) {
		n = fast_same(mm, n);
		fast_leave_all(c, mm, n);
		return n;
	}
	f.f_out = to->mv_m + to->mv_n;
	trust_queue(c, mm[0]);
	n = fast_run(&f, mm, n);
	to->mv_n += f.f_nout;
	if (f.f_hits + f.f_misses > 0)
		flow_end(c, &c->c_fast->fc_flow, f.f_hits, f.f_misses);
	if (f.f_nout > 0)
		fast_count(c, f.f_n4, f.f_nout - f.f_n4);
	return n;
}

static void ON_CPU
fast_all(struct cpu *c, struct mvec *mv)
{
	unsigned first;

	for (first = 0; first < mv->mv_n;)
		first += fast_transit(c, mv->mv_m + first, mv->mv_n - first);
}

/* The virtual clock knows no cycles: there the seed decides what is faster. */
static uint64_t ON_CPU
fast_took(struct cpu *c, uint64_t began)
{
	if (c->c_sp->sp_env.env_virtual)
		return rnd_below(&c->c_fast->fc_rnd, 1u << 20);
	return cycles() - began;
}

/* The same, with or without the flow cache, whichever takes less time. */
static void ON_CPU
fast_auto(struct cpu *c, struct mvec *mv)
{
	struct flow_auto *fa = &c->c_fast->fc_auto;
	const struct flow_table *ft = c->c_fast->fc_flows;
	unsigned n = mv->mv_n;
	uint64_t began;

	if (!flow_auto_begin(fa, ft != NULL ? ft->ft_size : 0))
		c->c_fast->fc_flows = NULL;
	began = flow_auto_counts(fa) ? cycles() : 0;
	fast_all(c, mv);
	if (!cpu_pretends(c))
		flow_auto_end(fa, n,
		    flow_auto_counts(fa) ? fast_took(c, began) : 0);
}

/* Packets that came by the same interface lie next to each other. */
void
fast_input(struct cpu *c, struct mvec *mv)
{
	CPU_ASSERT(c);
	if (!fast_wanted(c->c_sp)) {
		fast_leave_all(c, mv->mv_m, mv->mv_n);
		return;
	}
	adj_begin(c);
	if (tun(c->c_sp, ip_fastforward) == FASTFORWARD_AUTO)
		fast_auto(c, mv);
	else
		fast_all(c, mv);
}
