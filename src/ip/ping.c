/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sending echo requests and telling ctl of the answers; see ping.h.
 */
#include "ip/ping.h"

#include <errno.h>
#include <string.h>

#include "ip/icmp_limit.h"
#include "ip/icmp_wire.h"
#include "ip/ip.h"
#include "ip/ip_int.h"
#include "mbuf/in_cksum.h"
#include "path.h"

#define PING_RATE 1000 /* answers a second that a CPU tells ctl of */

/* To ctl: this was heard. */
struct ping_event_msg {
	struct msg em_msg;
	struct ping_event em_event;
};

static struct ping *
ping_find(const struct ctl *ctl, unsigned id)
{
	struct ping *p;

	for (p = ctl->ctl_pings; p != NULL; p = p->p_next)
		if (p->p_id == id)
			break;
	return p;
}

int
ping_open(struct ctl *ctl, struct ping *p)
{
	unsigned i, n = 0x10000 - PING_ID_MIN;
	unsigned from = (unsigned)rnd_below(&ctl->ctl_rnd, n);

	for (i = 0; i < n; i++) {
		p->p_id = (uint16_t)(PING_ID_MIN + (from + i) % n);
		if (ping_find(ctl, p->p_id) == NULL) {
			p->p_next = ctl->ctl_pings;
			ctl->ctl_pings = p;
			return 0;
		}
	}
	return ENFILE;
}

void
ping_close(struct ctl *ctl, struct ping *p)
{
	struct ping **pp;

	for (pp = &ctl->ctl_pings; *pp != NULL; pp = &(*pp)->p_next)
		if (*pp == p) {
			*pp = p->p_next;
			break;
		}
}

/* On ctl: whose is it? */
static void
ping_event(struct endpoint *ep, struct msg *msg)
{
	struct ping_event_msg *em =
	    container_of(msg, struct ping_event_msg, em_msg);
	struct ctl *ctl = endpoint_ctl(ep);
	struct ping *p;

	role_enter(&on_ctl);
	if ((p = ping_find(ctl, em->em_event.pe_id)) != NULL)
		p->p_fn(ctl, p, &em->em_event);
	msg_done(ep, msg);
}

void
ping_tell(struct cpu *c, const struct ping_event *pe)
{
	struct ping_event_msg *em;

	if ((em = msg_alloc(&c->c_ep, sizeof(*em))) == NULL)
		return;
	em->em_event = *pe;
	em->em_msg.msg_fn = ping_event;
	msg_send(&c->c_ep, sp_ctl_id(c->c_sp), &em->em_msg);
}

void
ping_heard(struct cpu *c, struct ping_event *pe, const struct mbuf *m,
    unsigned off)
{
	uint8_t stamp[PING_STAMP];

	if (pe->pe_id < PING_ID_MIN ||
	    !icmp_limit_take(c, IB_PING, PING_RATE))
		return;
	pe->pe_rtt = UINT64_MAX;
	if (m != NULL && m->m_pktlen >= off + PING_STAMP) {
		m_copydata(m, off, PING_STAMP, stamp);
		if (ld64be(stamp) <= c->c_now)
			pe->pe_rtt = c->c_now - ld64be(stamp);
	}
	ping_tell(c, pe);
}

int
ping_post(struct ctl *ctl, const struct ping *p, unsigned cpu,
    const struct ping_probe *pr, void (*fn)(struct endpoint *, struct msg *))
{
	struct ping_msg *pm;

	if ((pm = msg_alloc(&ctl->ctl_ep, sizeof(*pm))) == NULL)
		return ENOMEM;
	pm->pm_id = p->p_id;
	pm->pm_probe = *pr;
	pm->pm_msg.msg_fn = fn;
	msg_send(&ctl->ctl_ep, cpu, &pm->pm_msg);
	return 0;
}

struct mbuf *
ping_make(struct cpu *c, unsigned hlen, unsigned size)
{
	uint8_t fill[256];
	struct mbuf *m;
	unsigned i, n;

	if ((m = m_alloc(c)) == NULL)
		return NULL;
	m->m_len = m->m_pktlen = hlen;
	memset(m->m_data, 0, hlen);
	for (i = 0; i < sizeof(fill); i++)
		fill[i] = (uint8_t)i;
	if (size >= PING_STAMP)
		st64be(fill, c->c_now);
	for (; size > 0; size -= n) {
		n = umin(size, sizeof(fill));
		if (!m_append(c, m, fill, n)) {
			m_free(c, m);
			return NULL;
		}
		for (i = 0; i < PING_STAMP; i++)
			fill[i] = (uint8_t)i;
	}
	m->m_flags = MF_LOCAL;
	return m;
}

static void
ping_header(struct cpu *c, struct mbuf *m, const struct ping_msg *pm)
{
	const struct ping_probe *pr = &pm->pm_probe;
	struct ip_wire *ip = mtod(m, struct ip_wire *);
	struct icmp_wire *ic = (void *)(ip + 1);

	m->m_rtable = pr->pr_rtable;
	ip->ip_vhl = 0x45;
	ip->ip_ttl =
	    pr->pr_ttl != 0 ? pr->pr_ttl : (uint8_t)tun(c->c_sp, ip_ttl);
	ip->ip_p = IPP_ICMP;
	st16be(ip->ip_len, (uint16_t)m->m_pktlen);
	st16be(ip->ip_id, (uint16_t)rnd_u64(&c->c_rnd));
	st16be(ip->ip_off, pr->pr_df ? IP_DF : 0);
	st32be(ip->ip_dst, pr->pr_dst.a_v4);
	ic->ic_type = ICMP_ECHO;
	st16be(ic->ic_id, pm->pm_id);
	st16be(ic->ic_seq, pr->pr_seq);
	st16be(ic->ic_sum,
	    in_cksum_fold(m_cksum_add(m, IP_HLEN, m->m_pktlen - IP_HLEN, 0)));
}

/* On a CPU: make and send it. */
static void
ping_on_cpu(struct endpoint *ep, struct msg *msg)
{
	const struct ping_msg *pm = container_of(msg, struct ping_msg, pm_msg);
	const struct ping_probe *pr = &pm->pm_probe;
	struct ping_event pe = { .pe_kind = PE_NOROUTE,
		.pe_id = pm->pm_id,
		.pe_seq = pr->pr_seq };
	struct cpu *c = endpoint_cpu(ep);
	struct mbuf *m;
	uint32_t src;

	role_enter(&on_cpu);
	if (!ip_source(c->c_sp, pr->pr_rtable, pr->pr_dst.a_v4, &src)) {
		ping_tell(c, &pe);
	} else if ((m = ping_make(c, IP_HLEN + ICMP_HLEN,
			umin(pr->pr_size, PING_SIZE_MAX))) == NULL) {
		pe.pe_kind = PE_NOBUF;
		ping_tell(c, &pe);
	} else {
		ping_header(c, m, pm);
		stat_add(c, SG_PATH, pks_originated, 1);
		path_next(c, ST_IPOUT, m);
	}
	msg_done(ep, msg);
}

int
ping_send(struct ctl *ctl, const struct ping *p, unsigned cpu,
    const struct ping_probe *pr)
{
	return ping_post(ctl, p, cpu, pr, ping_on_cpu);
}
