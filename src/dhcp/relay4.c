/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * DHCP between clients on our links and servers elsewhere: RFC 1542, 4.1; RFC
 * 2131, 4.1; RFC 3046, 2.
 *
 * From ip_deliver().  A request is copied, with our address in giaddr, to each
 * server, by ST_IPOUT.  A reply goes to the link of its giaddr, in a frame
 * that is made here: its client has no address yet and answers no ARP.
 */
#include <string.h>

#include "dhcp/dhcp_parse.h"
#include "dhcp/dhcp_wire.h"
#include "dhcp/relay_int.h"
#include "ether/ether.h"
#include "ip/ip.h"
#include "ip/ip_parse.h"
#include "ip/ip_wire.h"
#include "mbuf/in_cksum.h"
#include "path.h"

#define HEADERS (IP_HLEN + (unsigned)sizeof(struct udp_wire))

/* With option 82 a message stays in what an Ethernet takes (RFC 3046, 2.1). */
#define AGENT_MTU 1500u

static const uint8_t mac_all[ETHER_ALEN] = { 0xff, 0xff, 0xff, 0xff, 0xff,
	0xff };

/*
 * A datagram from the servers' port with these n bytes, complete; NULL without
 * buffers.
 */
static struct mbuf *ON_CPU
relay_datagram(struct cpu *c, const uint8_t *p, size_t n, uint32_t src,
    uint32_t dst, unsigned dport)
{
	uint8_t hdr[HEADERS] = { 0 };
	struct ip_wire *ip = (void *)hdr;
	struct udp_wire *uh = (void *)(hdr + IP_HLEN);
	uint16_t len = (uint16_t)(sizeof(*uh) + n), sum;
	struct mbuf *m;

	ip->ip_vhl = 0x45;
	ip->ip_ttl = (uint8_t)tun(c->c_sp, ip_ttl);
	ip->ip_p = IPP_UDP;
	st16be(ip->ip_len, (uint16_t)(IP_HLEN + len));
	st16be(ip->ip_id, (uint16_t)rnd_u64(&c->c_rnd));
	st32be(ip->ip_src, src);
	st32be(ip->ip_dst, dst);
	st16be(ip->ip_sum, in_cksum(ip, IP_HLEN));
	st16be(uh->uh_sport, DHCP_SERVER);
	st16be(uh->uh_dport, (uint16_t)dport);
	st16be(uh->uh_len, len);
	sum = in_cksum_fold(in_cksum_add(p, n,
	    in_cksum_add(uh, sizeof(*uh),
		in_cksum_pseudo(src, dst, IPP_UDP, len))));
	st16be(uh->uh_sum, sum != 0 ? sum : 0xffff);
	if ((m = m_from_bytes(c, hdr, sizeof(hdr))) == NULL)
		return NULL;
	if (!m_append(c, m, p, (unsigned)n)) {
		m_free(c, m);
		return NULL;
	}
	stat_add(c, SG_PATH, pks_originated, 1);
	return m;
}

static void ON_CPU
relay_to_server(struct cpu *c, unsigned rtable, uint32_t dst,
    const uint8_t *p, size_t n)
{
	struct mbuf *m;
	uint32_t src;

	if (!ip_source(c->c_sp, rtable, dst, &src)) {
		stat_add(c, SG_DHCP, rls_noserver, 1);
		return;
	}
	if ((m = relay_datagram(c, p, n, src, dst, DHCP_SERVER)) == NULL) {
		stat_add(c, SG_DHCP, rls_nobufs, 1);
		return;
	}
	m->m_flags |= MF_LOCAL;
	m->m_rtable = (uint8_t)rtable;
	stat_add(c, SG_DHCP, rls_sent, 1);
	path_next(c, ST_IPOUT, m);
}

/* Our address on the client's link, by which servers choose his; 0: none. */
static uint32_t
relay_giaddr(const struct ifnet *ifp, const struct relay *rl)
{
	struct addr a;

	return relay_address(ifp, rl, ADDR_V4, &a) ? a.a_v4 : 0;
}

static bool
relay_is_local(const struct cpu *c, unsigned rtable, uint32_t a)
{
	uint32_t src;

	return ip_source(c->c_sp, rtable, a, &src) && src == a;
}

/* Whether a request may pass, before anything is done to it. */
static enum relaystat
relay_check_request(const struct cpu *c, const struct ifnet *ifp,
    const struct relay *rl, const struct dhcp_info *di)
{
	if (rl == NULL || rl->rl_n4 == 0)
		return rls_noconf;
	if (di->di_hops >= rl->rl_hops4)
		return rls_hops;
	if (di->di_giaddr != 0)
		return relay_is_local(c, ifp->if_rtable, di->di_giaddr) ?
		    rls_ourgiaddr : rls_none;
	if (relay_giaddr(ifp, rl) == 0)
		return rls_noaddr;
	return di->di_agent && rl->rl_policy == RELAY_DROP ? rls_agent :
	    rls_none;
}

/*
 * What goes to the servers instead of the n bytes at p.  Who sends it on from
 * another relay has said where it came from; that is left alone (RFC 1542,
 * 4.1.1; RFC 3046, 2.1.1).
 */
static size_t ON_CPU
relay_edit_request(struct cpu *c, const struct ifnet *ifp,
    const struct relay *rl, const struct dhcp_info *di, const uint8_t *p,
    size_t n, uint8_t out[static RELAY_MAX])
{
	struct bootp_wire *bp = (void *)out;
	uint8_t agent[DHCP_AGENT_MAX];
	size_t ncircuit, len = 0, nagent = 0;
	const uint8_t *circuit = relay_circuit(ifp, rl, &ncircuit);
	bool first = di->di_giaddr == 0;
	bool strip = first && rl->rl_policy == RELAY_REPLACE;

	if (first && rl->rl_agent && di->di_options &&
	    (strip || !di->di_agent))
		nagent = dhcp_agent_build(circuit, ncircuit, rl->rl_remote,
		    rl->rl_remotelen, agent);
	if (nagent != 0)
		len = dhcp_rewrite(p, n, di, strip, agent, nagent, out,
		    AGENT_MTU - HEADERS);
	if (len == 0) {
		stat_add(c, SG_DHCP, rls_noroom, nagent != 0);
		len = dhcp_rewrite(p, n, di, strip, NULL, 0, out, RELAY_MAX);
	}
	bp->bp_hops++;
	if (first)
		st32be(bp->bp_giaddr, relay_giaddr(ifp, rl));
	return len;
}

static void ON_CPU
relay_request(struct cpu *c, struct mbuf *m, const struct dhcp_info *di,
    const uint8_t *p, size_t n)
{
	const struct ifnet *ifp = if_lookup(c->c_sp, m->m_rcvif);
	const struct relay *rl = ifp != NULL ? if_relay(ifp) : NULL;
	enum relaystat why = relay_check_request(c, ifp, rl, di);
	uint8_t out[RELAY_MAX];
	size_t len;
	unsigned i;

	if (why == rls_none && !relay_take(c, IB_DHCP))
		why = rls_rate;
	if (why != rls_none) {
		relay_drop(c, m, why);
		return;
	}
	len = relay_edit_request(c, ifp, rl, di, p, n, out);
	for (i = 0; len != 0 && i < rl->rl_n4; i++)
		relay_to_server(c, ifp->if_rtable, rl->rl_server4[i], out, len);
	relay_done(c, m, rls_requests);
}

/*
 * The interface that relayed the request of a reply; one of the table that the
 * reply came by, where several have the address.
 */
static struct ifnet *
relay_find(const struct cpu *c, uint32_t giaddr, unsigned rtable)
{
	struct addr a = addr_v4(giaddr);
	struct ifnet *ifp, *found = NULL;
	const struct relay *rl;
	unsigned i;

	for (i = 1; i < IF_MAX; i++) {
		if ((ifp = if_lookup(c->c_sp, i)) == NULL ||
		    (rl = if_relay(ifp)) == NULL || rl->rl_n4 == 0 ||
		    !if_has_addr(ifp, &a, NULL))
			continue;
		if (found == NULL || ifp->if_rtable == rtable)
			found = ifp;
	}
	return found;
}

/* Unicast that a host may have. */
static bool
relay_is_host(uint32_t a)
{
	return a >> 24 != 0 && !in_is_loopback(a) && a >> 28 < 0xe;
}

#define HTYPE_ETHER  1 /* IANA, as in ARP */
#define IN_BROADCAST 0xffffffffu

/*
 * RFC 2131, 4.1: to the address that the client is given, without ARP, if he
 * can hear that; else to all.
 */
static const uint8_t *
relay_client(const struct dhcp_info *di, uint32_t *dst)
{
	*dst = di->di_yiaddr != 0 ? di->di_yiaddr : di->di_ciaddr;
	if (!di->di_broadcast && relay_is_host(*dst) &&
	    di->di_htype == HTYPE_ETHER && di->di_hlen == ETHER_ALEN &&
	    (di->di_chaddr[0] & 1) == 0)
		return di->di_chaddr;
	*dst = IN_BROADCAST;
	return mac_all;
}

static void ON_CPU
relay_to_client(struct cpu *c, struct ifnet *ifp, const struct dhcp_info *di,
    const uint8_t *p, size_t n)
{
	struct mbuf *m;
	uint32_t dst;
	const uint8_t *mac = relay_client(di, &dst);

	m = relay_datagram(c, p, n, di->di_giaddr, dst, DHCP_CLIENT);
	if (m == NULL)
		stat_add(c, SG_DHCP, rls_nobufs, 1);
	else
		ether_send(c, ifp, m, mac, ETHERTYPE_IP);
}

/* RFC 3046, 2.2: the client does not see our option. */
static void ON_CPU
relay_reply(struct cpu *c, struct mbuf *m, const struct dhcp_info *di,
    const uint8_t *p, size_t n)
{
	struct ifnet *ifp = relay_find(c, di->di_giaddr, m->m_rtable);
	enum relaystat why = rls_none;
	const struct relay *rl;
	uint8_t out[RELAY_MAX];
	size_t len = 0;

	if (ifp == NULL) {
		why = rls_notours;
	} else if (!relay_take(c, IB_DHCP_REPLY)) {
		why = rls_rate;
	} else {
		rl = if_relay(ifp);
		len = dhcp_rewrite(p, n, di,
		    rl->rl_agent && rl->rl_policy != RELAY_KEEP, NULL, 0, out,
		    RELAY_MAX);
		if (len == 0 || len + HEADERS > ifp->if_mtu)
			why = rls_toobig;
	}
	if (why != rls_none) {
		relay_drop(c, m, why);
		return;
	}
	relay_to_client(c, ifp, di, out, len);
	relay_done(c, m, rls_replies);
}

static void ON_CPU
relay_one(struct cpu *c, struct mbuf *m)
{
	uint8_t p[RELAY_MAX];
	struct dhcp_info di;
	struct udp_wire uh;
	struct ip_info ii;
	enum relaystat why;
	unsigned n;

	ip_take(mtod(m, const uint8_t *), &ii);
	if (ip_udp_check(m, &ii, &uh) != ips_none) {
		relay_drop(c, m, rls_badudp);
		return;
	}
	n = ld16be(uh.uh_len) - (unsigned)sizeof(uh);
	if (n > sizeof(p)) {
		relay_drop(c, m, rls_toolong);
		return;
	}
	m_copydata(m, ii.ii_hlen + (unsigned)sizeof(uh), n, p);
	if ((why = dhcp_parse(p, n, &di)) != rls_none)
		relay_drop(c, m, why);
	else if (di.di_op == BOOTREQUEST)
		relay_request(c, m, &di, p, n);
	else
		relay_reply(c, m, &di, p, n);
}

void
relay_input(struct cpu *c, struct mvec *mv)
{
	unsigned i;

	CPU_ASSERT(c);
	for (i = 0; i < mv->mv_n; i++)
		relay_one(c, mv->mv_m[i]);
}
