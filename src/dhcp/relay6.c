/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * DHCPv6 between clients on our links and servers elsewhere: RFC 8415, 19.
 *
 * From ip6_deliver().  What a client says is wrapped (Relay-forward) and goes
 * to each server; what a server says is unwrapped (Relay-reply) and goes to
 * whom it names, on the link of its interface identifier.  Both leave by
 * ST_IP6OUT: clients of DHCPv6 have a link-local address and answer for it.
 */
#include <string.h>

#include "dhcp/dhcp6_parse.h"
#include "dhcp/dhcp_wire.h"
#include "dhcp/relay_int.h"
#include "ip/ip_wire.h"
#include "ip6/ip6.h"
#include "ip6/ip6_parse.h"
#include "ip6/ip6_wire.h"
#include "mbuf/in_cksum.h"
#include "path.h"

#define HEADERS (IP6_HLEN + (unsigned)sizeof(struct udp_wire))

/* A datagram from the servers' port, complete; NULL without buffers. */
static struct mbuf *ON_CPU
relay6_datagram(struct cpu *c, const uint8_t *p, size_t n, struct in6 src,
    struct in6 dst, unsigned dport)
{
	uint8_t hdr[HEADERS] = { 0 };
	struct ip6_wire *ip6 = (void *)hdr;
	struct udp_wire *uh = (void *)(hdr + IP6_HLEN);
	uint16_t len = (uint16_t)(sizeof(*uh) + n), sum;
	struct mbuf *m;

	ip6->ip6_vfc[0] = 6 << 4;
	ip6->ip6_nxt = IPP_UDP;
	ip6->ip6_hlim = (uint8_t)tun(c->c_sp, ip6_hlim);
	st16be(ip6->ip6_plen, len);
	in6_store(ip6->ip6_src, src);
	in6_store(ip6->ip6_dst, dst);
	st16be(uh->uh_sport, DHCP6_SERVER);
	st16be(uh->uh_dport, (uint16_t)dport);
	st16be(uh->uh_len, len);
	sum = in_cksum_fold(in_cksum_add(p, n,
	    in_cksum_add(uh, sizeof(*uh),
		in6_cksum_pseudo(src, dst, IPP_UDP, len))));
	st16be(uh->uh_sum, sum != 0 ? sum : 0xffff);
	if ((m = m_from_bytes(c, hdr, sizeof(hdr))) == NULL)
		return NULL;
	if (!m_append(c, m, p, (unsigned)n)) {
		m_free(c, m);
		return NULL;
	}
	m->m_flags |= MF_LOCAL;
	stat_add(c, SG_PATH, pks_originated, 1);
	return m;
}

/* link: interface of a link-local dst, else 0.  Returns whether it left. */
static bool ON_CPU
relay6_send(struct cpu *c, unsigned rtable, unsigned link, struct in6 dst,
    unsigned dport, const uint8_t *p, size_t n)
{
	struct in6 src;
	struct mbuf *m;

	if (!ip6_source(c->c_sp, rtable, link, dst, &src)) {
		stat_add(c, SG_DHCP, rls_noserver, 1);
		return false;
	}
	if ((m = relay6_datagram(c, p, n, src, dst, dport)) == NULL) {
		stat_add(c, SG_DHCP, rls_nobufs, 1);
		return false;
	}
	m->m_rtable = (uint8_t)rtable;
	m->m_oif = (uint16_t)link;
	path_next(c, ST_IP6OUT, m);
	return true;
}

/* Whether a message of a client or another relay may pass. */
static enum relaystat
relay6_check_forward(const struct relay *rl, const struct dhcp6_info *d6,
    struct in6 src)
{
	if (rl == NULL || rl->rl_n6 == 0)
		return rls_noconf;
	if (d6->d6_type == DHCP6_ADVERTISE || d6->d6_type == DHCP6_REPLY ||
	    d6->d6_type == DHCP6_RECONFIGURE)
		return rls_badtype; /* they come from servers */
	if (in6_is_unspecified(src))
		return rls_badpeer;
	return d6->d6_type == DHCP6_RELAY_FORW && d6->d6_hops >= rl->rl_hops6 ?
	    rls_hops :
	    rls_none;
}

/*
 * RFC 8415, 19.1.1 and 19.1.2: which link it is on; not said for a relay that
 * has an address that says it itself.
 */
static struct in6
relay6_link(const struct ifnet *ifp, const struct relay *rl,
    const struct dhcp6_info *d6, struct in6 src)
{
	static const struct in6 none;
	struct addr a;

	if (d6->d6_type == DHCP6_RELAY_FORW && !in6_is_linklocal(src))
		return none;
	return relay_address(ifp, rl, ADDR_V6, &a) ? a.a_v6 : none;
}

static void ON_CPU
relay6_forward(struct cpu *c, struct mbuf *m, const struct ip6_info *i6,
    const struct dhcp6_info *d6, const uint8_t *p, size_t n)
{
	const struct ifnet *ifp = if_lookup(c->c_sp, m->m_rcvif);
	const struct relay *rl = ifp != NULL ? if_relay(ifp) : NULL;
	enum relaystat why = relay6_check_forward(rl, d6, i6->i6_src);
	unsigned i, hops = d6->d6_type == DHCP6_RELAY_FORW ? d6->d6_hops + 1u :
	    0;
	uint8_t out[RELAY_MAX];
	const uint8_t *id;
	size_t idlen, len = 0;

	if (why == rls_none && !relay_take(c, IB_DHCP6))
		why = rls_rate;
	if (why == rls_none) {
		id = relay_circuit(ifp, rl, &idlen);
		len = dhcp6_forward_build(p, n, hops,
		    relay6_link(ifp, rl, d6, i6->i6_src), i6->i6_src, id,
		    idlen, out, sizeof(out));
		if (len == 0)
			why = rls_toolong;
	}
	if (why != rls_none) {
		relay_drop(c, m, why);
		return;
	}
	for (i = 0; i < rl->rl_n6; i++)
		if (relay6_send(c, ifp->if_rtable, 0, rl->rl_server6[i],
			DHCP6_SERVER, out, len))
			stat_add(c, SG_DHCP, rls_sent6, 1);
	relay_done(c, m, rls_requests6);
}

/* Whether a server that sends this means a relay's interface. */
static bool
relay6_is_meant(const struct ifnet *ifp, const struct dhcp6_info *d6,
    const uint8_t *p)
{
	const struct relay *rl = if_relay(ifp);
	struct addr link = addr_v6(d6->d6_link);
	const uint8_t *id;
	size_t n;

	if (rl == NULL || rl->rl_n6 == 0)
		return false;
	if (d6->d6_id == 0)
		return if_has_addr(ifp, &link, NULL);
	id = relay_circuit(ifp, rl, &n);
	return d6->d6_idlen == n && memcmp(p + d6->d6_id, id, n) == 0;
}

/* One of the table that the reply came by, where several are meant. */
static const struct ifnet *
relay6_find(const struct cpu *c, const struct dhcp6_info *d6,
    const uint8_t *p, unsigned rtable)
{
	const struct ifnet *ifp, *found = NULL;
	unsigned i;

	for (i = 1; i < IF_MAX; i++) {
		if ((ifp = if_lookup(c->c_sp, i)) == NULL ||
		    !relay6_is_meant(ifp, d6, p))
			continue;
		if (found == NULL || ifp->if_rtable == rtable)
			found = ifp;
	}
	return found;
}

static void ON_CPU
relay6_reply(struct cpu *c, struct mbuf *m, const struct dhcp6_info *d6,
    const uint8_t *p)
{
	const struct ifnet *ifp = relay6_find(c, d6, p, m->m_rtable);
	const uint8_t *msg = p + d6->d6_msg;
	unsigned dport = msg[0] == DHCP6_RELAY_REPL ? DHCP6_SERVER :
	    DHCP6_CLIENT;
	enum relaystat why = rls_none;

	if (ifp == NULL)
		why = rls_notours;
	else if (in6_is_multicast(d6->d6_peer) || d6->d6_peer.i6_hi == 0)
		why = rls_badpeer;
	else if (!relay_take(c, IB_DHCP6_REPLY))
		why = rls_rate;
	if (why != rls_none) {
		relay_drop(c, m, why);
		return;
	}
	(void)relay6_send(c, ifp->if_rtable,
	    in6_is_linklocal(d6->d6_peer) ? ifp->if_index : 0, d6->d6_peer,
	    dport, msg, d6->d6_msglen);
	relay_done(c, m, rls_replies6);
}

static void ON_CPU
relay6_one(struct cpu *c, struct mbuf *m)
{
	uint8_t p[RELAY_MAX];
	struct dhcp6_info d6;
	struct ip6_info i6;
	struct udp_wire uh;
	enum relaystat why;
	unsigned n;

	ip6_take(mtod(m, const uint8_t *), &i6);
	i6.i6_l4off = m->m_l4off;
	i6.i6_proto = IPP_UDP;
	if (ip6_udp_check(m, &i6, &uh) != i6s_none) {
		relay_drop(c, m, rls_badudp);
		return;
	}
	n = ld16be(uh.uh_len) - (unsigned)sizeof(uh);
	if (n > sizeof(p)) {
		relay_drop(c, m, rls_toolong);
		return;
	}
	m_copydata(m, i6.i6_l4off + (unsigned)sizeof(uh), n, p);
	if ((why = dhcp6_parse(p, n, &d6)) != rls_none)
		relay_drop(c, m, why);
	else if (d6.d6_type == DHCP6_RELAY_REPL)
		relay6_reply(c, m, &d6, p);
	else
		relay6_forward(c, m, &i6, &d6, p, n);
}

void
relay6_input(struct cpu *c, struct mvec *mv)
{
	unsigned i;

	CPU_ASSERT(c);
	for (i = 0; i < mv->mv_n; i++)
		relay6_one(c, mv->mv_m[i]);
}
