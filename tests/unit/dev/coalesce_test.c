/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is merged for a device can be cut again into the very packets: vectors
 * of random flows, sound and damaged, in and out of order, are merged and cut,
 * and each flow's packets come out as they went in.
 */
#include "dev/coalesce.h"
#include "dev/dev.h"
#include "dev/segment.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/random.h"
#include "host.h"
#include "mbuf/in_cksum.h"

enum { FIN = 0x01, SYN = 0x02, PSH = 0x08, ACK = 0x10, ECE = 0x40 };

#define FLOWS  12 /* more than are merged at a time */
#define VECTOR 100

/* A packet as bytes, without what the link adds. */
struct pkt {
	uint8_t b[1600];
	unsigned len;
	unsigned flow; /* FLOWS: of any */
};

/* One direction of a stream or of datagrams: what its next packet is like. */
struct flow {
	unsigned number;
	bool v6, udp;
	unsigned vlans;
	unsigned tcpopt;
	unsigned size; /* payload */
	uint8_t ttl, tos, flags;
	uint16_t id;
	uint32_t seq, ack;
};

static uint64_t now = 1;
static struct spate *sp;
static struct ifnet ifn;

static int
setup(void **state)
{
	sp = host_create(1, &now);
	return 0;
}

static int
teardown(void **state)
{
	host_destroy(sp);
	return 0;
}

static struct flow
flow_random(struct rnd *r, unsigned number)
{
	return (struct flow){
		.number = number,
		.v6 = rnd_below(r, 2) == 0,
		.udp = rnd_below(r, 3) == 0,
		.vlans = rnd_below(r, 8) == 0 ? 1 : 0,
		.tcpopt = rnd_below(r, 2) == 0 ? 12 : 0,
		.size = 1 + (unsigned)rnd_below(r, 1400),
		.ttl = 64,
		.flags = rnd_below(r, 8) == 0 ? ACK | ECE : ACK,
		.id = (uint16_t)rnd_u64(r),
		.seq = (uint32_t)rnd_u64(r),
		.ack = 77,
	};
}

static unsigned
put_headers(uint8_t *b, const struct flow *f, unsigned payload)
{
	unsigned l3 = 14 + 4 * f->vlans, l4 = l3 + (f->v6 ? 40 : 20);
	unsigned l4hdr = f->udp ? 8 : 20 + f->tcpopt, l4len = l4hdr + payload;
	uint8_t *ip = b + l3, proto = f->udp ? 17 : 6;

	memset(b, 0xee, 12);
	if (f->vlans > 0)
		st32be(b + 12, 0x81000007);
	st16be(b + l3 - 2, f->v6 ? 0x86dd : 0x0800);
	if (f->v6) {
		ip[0] = 0x60;
		ip[1] = f->tos;
		st16be(ip + 4, (uint16_t)l4len);
		ip[6] = proto;
		ip[7] = f->ttl;
		memset(ip + 8, 0x20, 32);
	} else {
		ip[0] = 0x45;
		ip[1] = f->tos;
		st16be(ip + 2, (uint16_t)(20 + l4len));
		st16be(ip + 4, f->id);
		ip[6] = 0x40;
		ip[8] = f->ttl;
		ip[9] = proto;
		st32be(ip + 12, 0xc0000201);
		st32be(ip + 16, 0xc6336407);
		st16be(ip + 10, in_cksum(ip, 20));
	}
	st16be(b + l4, (uint16_t)(1000 + f->number));
	st16be(b + l4 + 2, 80);
	if (f->udp)
		st16be(b + l4 + 4, (uint16_t)l4len);
	else {
		st32be(b + l4 + 4, f->seq);
		st32be(b + l4 + 8, f->ack);
		b[l4 + 12] = (uint8_t)((20 + f->tcpopt) / 4 << 4);
		b[l4 + 13] = f->flags;
		st16be(b + l4 + 14, 500);
		memset(b + l4 + 20, 1, f->tcpopt);
	}
	return l4 + l4hdr;
}

static void
put_checksum(struct pkt *p, const struct flow *f)
{
	unsigned l3 = 14 + 4 * f->vlans, l4 = l3 + (f->v6 ? 40 : 20);
	unsigned len = p->len - l4;
	const uint8_t *ip = p->b + l3;
	uint64_t sum = f->v6 ? in6_cksum_pseudo(in6_load(ip + 8),
				   in6_load(ip + 24), f->udp ? 17 : 6, len) :
			       in_cksum_pseudo(ld32be(ip + 12), ld32be(ip + 16),
				   f->udp ? 17 : 6, (uint16_t)len);
	uint16_t cksum = in_cksum_fold(in_cksum_add(p->b + l4, len, sum));

	st16be(p->b + l4 + (f->udp ? 6 : 16),
	    cksum == 0 && f->udp ? 0xffff : cksum);
}

static void
packet(struct pkt *p, const struct flow *f, unsigned payload, struct rnd *r)
{
	unsigned i;

	memset(p, 0, sizeof(*p));
	p->flow = f->number;
	p->len = put_headers(p->b, f, payload) + payload;
	for (i = p->len - payload; i < p->len; i++)
		p->b[i] = (uint8_t)rnd_u64(r);
	put_checksum(p, f);
}

/* The next packet of a flow: mostly as expected. */
static void
packet_next(struct pkt *p, struct flow *f, struct rnd *r)
{
	struct flow now_f;
	unsigned payload = f->size;

	switch (rnd_below(r, 40)) {
	case 0:
		payload = (unsigned)rnd_below(r, f->size + 1);
		break;
	case 1:
		payload = 1 + (unsigned)rnd_below(r, 1400);
		break;
	case 2:
		f->ack++;
		break;
	case 3:
		f->id += 5;
		break;
	case 4:
		f->seq += (uint32_t)rnd_below(r, 3000);
		break;
	case 5:
		f->ttl--;
		break;
	case 6:
		f->tos ^= 4;
		break;
	}
	now_f = *f;
	if (rnd_below(r, 20) == 0)
		now_f.flags |= PSH;
	if (rnd_below(r, 60) == 0)
		now_f.flags |= FIN;
	if (rnd_below(r, 60) == 0)
		now_f.flags |= SYN;
	packet(p, &now_f, payload, r);
	if (rnd_below(r, 40) == 0) { /* damaged, perhaps in its addresses */
		p->b[rnd_below(r, p->len)] ^= (uint8_t)(1 + rnd_below(r, 255));
		p->flow = FLOWS;
	}
	f->seq += payload;
	f->id++;
}

/* As it may come from a link: padded, or in two buffers.  NULL: plainly. */
static struct mbuf *ON_CPU
to_mbuf(struct cpu *c, const struct pkt *p, struct rnd *r)
{
	static const uint8_t pad[60];
	struct mbuf *m = m_from_bytes(c, p->b, p->len), *rest;

	assert_non_null(m);
	m->m_oif = 1;
	if (r == NULL)
		return m;
	if (rnd_below(r, 2) == 0 && p->len < 60)
		assert_true(m_append(c, m, pad, 60 - p->len));
	if (rnd_below(r, 50) == 0 && p->len > 200) {
		rest = m_from_bytes(c, p->b + 150, p->len - 150);
		m_trim(c, m, m->m_pktlen - 150);
		m->m_next = rest;
		m->m_pktlen += p->len - 150;
	}
	return m;
}

/* What comes out is the next packet of some flow that has not come yet. */
static void
expect(const struct pkt *sent, unsigned n, bool *came, const struct mbuf *m)
{
	uint8_t b[4096];
	bool blocked[FLOWS + 1] = { false };
	unsigned i;

	assert_true(m->m_pktlen <= sizeof(b));
	m_copydata(m, 0, m->m_pktlen, b);
	for (i = 0; i < n; i++) {
		if (came[i] || blocked[sent[i].flow])
			continue;
		if (m->m_pktlen >= sent[i].len &&
		    memcmp(b, sent[i].b, sent[i].len) == 0) {
			came[i] = true;
			return;
		}
		blocked[sent[i].flow] = sent[i].flow < FLOWS;
	}
	fail_msg("a packet that was not sent, or not in its order");
}

/* Sends n packets through merging and cutting; how many were merged. */
static unsigned
merge_and_cut(const struct pkt *sent, unsigned n, struct rnd *r)
{
	struct cpu *c = host_cpu(sp, 0);
	bool came[VECTOR] = { false };
	struct mbuf *mm[VECTOR], *m, *next;
	unsigned i, left, all = 0;

	for (i = 0; i < n; i++)
		mm[i] = to_mbuf(c, &sent[i], r);
	left = dev_coalesce(c, &ifn, mm, n);
	for (i = 0; i < left; i++) {
		m = mm[i];
		m->m_nextpkt = NULL;
		if (m->m_gso != GSO_NONE)
			m = dev_segment(c, m, 14 +
			    4 * (ld16be(m->m_data + 12) == 0x8100), true);
		assert_non_null(m);
		for (; m != NULL; m = next) {
			next = m->m_nextpkt;
			expect(sent, n, came, m);
			m_free(c, m);
			all++;
		}
	}
	assert_int_equal(all, n);
	assert_int_equal(host_missing(sp), 0);
	return n - left;
}

#define ALL (IFCAP_CHAIN | IFCAP_TXCSUM | IFCAP_TSO4 | IFCAP_TSO6 | IFCAP_USO)

static void
random_flows(void **state)
{
	static struct pkt sent[VECTOR];
	struct flow flow[FLOWS];
	unsigned merged = 0, flows = 0, i, k, n, nflows;
	struct rnd r;

	rnd_seed(&r, 5);
	ifn.if_caps = ALL;
	while (flows < 100000) {
		nflows = 1 + (unsigned)rnd_below(&r, FLOWS);
		n = 1 + (unsigned)rnd_below(&r, VECTOR);
		for (i = 0; i < nflows; i++)
			flow[i] = flow_random(&r, i);
		for (i = 0, k = 0; i < n; i++) {
			if (rnd_below(&r, 4) == 0)
				k = (unsigned)rnd_below(&r, nflows);
			packet_next(&sent[i], &flow[k], &r);
		}
		merged += merge_and_cut(sent, n, &r);
		flows += nflows;
	}
	assert_true(merged > flows);
}

/* n packets in a row of a plain flow, of which some are changed. */
static void
plain(struct pkt *sent, unsigned n, bool v6, bool udp)
{
	struct flow f = { .v6 = v6, .udp = udp, .size = 1000, .ttl = 64,
		.flags = ACK, .id = 0xffff, .seq = 0xfffffff0 };
	struct rnd r;
	unsigned i;

	rnd_seed(&r, 1);
	for (i = 0; i < n; i++) {
		packet(&sent[i], &f, f.size, &r);
		f.seq += f.size;
		f.id++;
	}
}

static void
whole_run(void **state)
{
	static struct pkt sent[20];
	unsigned i;

	for (i = 0; i < 4; i++) {
		ifn.if_caps = ALL;
		plain(sent, 10, i % 2 == 1, i / 2 == 1);
		assert_int_equal(merge_and_cut(sent, 10, NULL), 9);
		/* A device that takes other kinds only. */
		ifn.if_caps = i / 2 == 1 ? ALL & ~IFCAP_USO :
		    ALL & ~(i % 2 == 1 ? IFCAP_TSO6 : IFCAP_TSO4);
		assert_int_equal(merge_and_cut(sent, 10, NULL), 0);
	}
}

/* 64 KiB are the most, and so are the parts a driver has room for. */
static void
limits(void **state)
{
	static struct pkt sent[VECTOR];
	unsigned n;

	ifn.if_caps = ALL;
	plain(sent, VECTOR, false, false);
	n = VECTOR - merge_and_cut(sent, VECTOR, NULL);
	assert_int_equal(n, (VECTOR + 47) / 48);
}

/* Damage is not hidden: the packet leaves by itself, as it came. */
static void
damaged(void **state)
{
	static struct pkt sent[5];

	ifn.if_caps = ALL;
	plain(sent, 5, false, false);
	sent[2].b[200] ^= 1;
	assert_int_equal(merge_and_cut(sent, 5, NULL), 2);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whole_run),
		cmocka_unit_test(limits),
		cmocka_unit_test(damaged),
		cmocka_unit_test(random_flows),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
