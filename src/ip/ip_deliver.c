/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * IPv4 packets for this host: to reassembly, to ICMP, to the CPU that has the
 * end point of UDP, or refused.  RFC 1122, 3.2.1.3 (source), 3.2.2.1 (protocol
 * and port unreachable), 4.2.2.12 by way of RFC 9293, 3.10.7.1 (TCP).
 */
#include "base/addr.h"
#include "if/if.h"
#include "ip/icmp_wire.h"
#include "ip/ip.h"
#include "ip/ip_int.h"
#include "netisr/netisr.h"
#include "netisr/punt.h"
#include "path.h"

/*
 * From the wire in the name of this host, or of a whole network: neither may
 * cause an answer.
 */
static enum ipstat
ip_check_source(const struct cpu *c, const struct mbuf *m, uint32_t src)
{
	if (m->m_rcvif == 0)
		return ips_none;
	switch (ip_route(c->c_sp, m->m_rtable, src, NULL)->nh_type) {
	case NH_LOCAL:
		return ips_ownsrc;
	case NH_BROADCAST:
		return ips_badsrc;
	default:
		return ips_none;
	}
}

#define PORT_DHCP 67

/* For the relay of DHCP, which looks at it again. */
static bool
ip_is_dhcp(const struct cpu *c, const struct mbuf *m, const struct ip_info *ii)
{
	struct udp_wire uh;

	if (!if_any_relay(c->c_sp) || m->m_pktlen < ii->ii_hlen + sizeof(uh))
		return false;
	m_copydata(m, ii->ii_hlen, sizeof(uh), &uh);
	return ld16be(uh.uh_dport) == PORT_DHCP;
}

/*
 * What a packet from the wire may cost: see netisr/punt.h.  Fragments have
 * limits of their own (reass_table.h), and the whole comes here again.
 */
static bool ON_CPU
ip_within_budget(
    struct cpu *c, const struct mbuf *m, const struct ip_info *ii)
{
	enum punt p = PUNT_OTHER;

	if (m->m_rcvif == 0 || ii->ii_off != 0 || (ii->ii_flags & IIF_MF) != 0)
		return true;
	if (ii->ii_proto == IPP_ICMP)
		p = PUNT_ICMP;
	else if (ii->ii_proto == IPP_TCP)
		p = PUNT_TCP;
	else if (ii->ii_proto == IPP_UDP && ip_udp_any(c->c_sp) &&
	    !ip_is_dhcp(c, m, ii))
		return true; /* only what nobody wants: ip_udp_refuse() */
	else if (ii->ii_proto == IPP_UDP)
		p = PUNT_UDP;
	return punt_take(c, m->m_rcvif, p);
}

bool
ip_is_broadcast(const struct spate *sp, unsigned rtable, uint32_t a)
{
	return in_is_broadcast(a) ||
	    ip_route(sp, rtable, a, NULL)->nh_type == NH_BROADCAST;
}

void
ip_udp_refuse(struct cpu *c, struct mbuf *m, const struct ip_info *ii)
{
	if (m->m_rcvif != 0 && !punt_take(c, m->m_rcvif, PUNT_UDP))
		ip_drop(c, m, ips_punt);
	else
		ip_refuse_udp(c, m, ii);
}

static void ON_CPU
ip_deliver_udp(struct cpu *c, struct mbuf *m, const struct ip_info *ii)
{
	if (ip_is_dhcp(c, m, ii))
		path_next(c, ST_DHCP, m);
	else if (ip_udp_any(c->c_sp))
		netisr_queue(c, NETISR_IP, ST_UDP, m);
	else
		ip_refuse_udp(c, m, ii);
}

void
ip_deliver(struct cpu *c, struct mbuf *m, const struct ip_info *ii)
{
	enum ipstat why;

	if (!ip_within_budget(c, m, ii)) {
		ip_drop(c, m, ips_punt);
		return;
	}
	if ((why = ip_check_source(c, m, ii->ii_src)) != ips_none) {
		ip_drop(c, m, why);
		return;
	}
	if (ii->ii_off != 0 || (ii->ii_flags & IIF_MF) != 0) {
		ip_reass_give(c, m);
		return;
	}
	stat_add(c, SG_IP, ips_delivered, 1);
	switch (ii->ii_proto) {
	case IPP_ICMP:
		path_next(c, ST_ICMP, m);
		break;
	case IPP_TCP:
		ip_refuse_tcp(c, m, ii);
		break;
	case IPP_UDP:
		ip_deliver_udp(c, m, ii);
		break;
	default:
		ip_reject(
		    c, m, ips_noproto, ICMP_UNREACH, ICMP_UNREACH_PROTO, 0);
		break;
	}
}
