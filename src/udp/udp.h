/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * UDP (RFC 768; RFC 8200, 8.1; RFC 1122, 4.1), of both families.
 *
 * A datagram for this host goes to the CPU that owns its bucket, whatever CPU
 * it came to, and there to its end point (udp_pcb.h): the connected one of its
 * tuple, else that which is bound the most closely.
 */
#ifndef UDP_UDP_H
#define UDP_UDP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/tsa.h"
#include "cpu/cpu.h"
#include "ip/ip_wire.h"
#include "ip6/ip6_wire.h"
#include "mbuf/mbuf.h"
#include "udp/udp_pcb.h"
#include "udp/udp_stat.h"

/*
 * Stages, on the CPU that owns the bucket: datagrams, m_data at the IP header
 * (IPv6: m_l4off at that of UDP); ICMP errors about datagrams that were sent
 * from here, m_data at the IP header and m_l4off at the ICMP header, m_hash
 * that of the datagram's flow.
 */
void udp_input(struct cpu *, struct mvec *) ON_CPU;
void udp6_input(struct cpu *, struct mvec *) ON_CPU;
void udp_error_input(struct cpu *, struct mvec *) ON_CPU;

/*
 * A datagram that was delivered: m_data is at its data, m_pktlen bytes long;
 * the headers stand before, in the same buffer.  That is so as long as nothing
 * but m_adj() and m_trim() was done to it.
 */
static inline const uint8_t *
udp_ip_header(const struct mbuf *m)
{
	return m->m_data + (int16_t)m->m_l4off;
}

static inline bool
udp_is_six(const struct mbuf *m)
{
	return *udp_ip_header(m) >> 4 == 6;
}

static inline struct addr
udp_source(const struct mbuf *m)
{
	const uint8_t *p = udp_ip_header(m);

	return *p >> 4 == 6 ?
	    addr_v6(in6_load(((const struct ip6_wire *)p)->ip6_src)) :
	    addr_v4(ld32be(((const struct ip_wire *)p)->ip_src));
}

static inline struct addr
udp_destination(const struct mbuf *m)
{
	const uint8_t *p = udp_ip_header(m);

	return *p >> 4 == 6 ?
	    addr_v6(in6_load(((const struct ip6_wire *)p)->ip6_dst)) :
	    addr_v4(ld32be(((const struct ip_wire *)p)->ip_dst));
}

/* TTL or hop limit; TOS or traffic class. */
static inline unsigned
udp_ttl(const struct mbuf *m)
{
	const uint8_t *p = udp_ip_header(m);

	return *p >> 4 == 6 ? ((const struct ip6_wire *)p)->ip6_hlim :
	    ((const struct ip_wire *)p)->ip_ttl;
}

static inline unsigned
udp_tos(const struct mbuf *m)
{
	const uint8_t *p = udp_ip_header(m);

	return *p >> 4 == 6 ? (ld16be(p) >> 4 & 0xffu) :
	    ((const struct ip_wire *)p)->ip_tos;
}

/* m_data as it was delivered. */
static inline unsigned
udp_source_port(const struct mbuf *m)
{
	return ld16be(m->m_data - 8);
}

static inline unsigned
udp_destination_port(const struct mbuf *m)
{
	return ld16be(m->m_data - 6);
}

/* Whether it was sent to many: broadcast or multicast, of link or network. */
bool udp_to_many(const struct cpu *, const struct mbuf *);

/* The user has done with a datagram that was delivered to it. */
void udp_consume(struct cpu *, struct mbuf *) ON_CPU;

/*
 * Send the datagram back to where it came from, from where it was sent to, in
 * its own buffers: m_data at its data.  changed: the data is not what came, so
 * that a checksum is made anew.  It must not have been sent to many.
 */
void udp_reply(struct cpu *, struct mbuf *, bool changed) ON_CPU;

/* How a datagram is sent. */
struct udp_how {
	struct in_key uh_key; /* from l to f; ik_ifindex: the link of a
			       * link-local destination */
	uint8_t uh_ttl; /* 0: as usual */
	uint8_t uh_tos;
	bool uh_df; /* IPv4: never in fragments */
};

/*
 * Send m, a chain of data with headroom (m_alloc()); any CPU.  A source ::, or
 * less than an address (ik_plen), is chosen.  Consumes m.  0, or why not, and
 * then it was dropped: EMSGSIZE, EADDRNOTAVAIL, ENETUNREACH, ENOBUFS.
 */
int udp_output(struct cpu *, const struct udp_how *, struct mbuf *m) ON_CPU;

/*
 * What an instance and its CPUs know of UDP; before and after all else of it.
 * ENOMEM.
 */
int udp_create(struct spate *);
void udp_destroy(struct spate *);
int udp_cpu_init(struct cpu *);
void udp_cpu_fini(struct cpu *);

/* Of bucket_states: the connected end points of a bucket. */
void *udp_detach_bucket(struct cpu *, unsigned bucket);
void udp_attach_bucket(struct cpu *, unsigned bucket, void *);

#endif
