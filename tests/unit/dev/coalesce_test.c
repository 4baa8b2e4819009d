/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is merged for a device can be cut again into the very packets: vectors
 * of random flows, sound and damaged, in and out of order, are merged and cut,
 * and each flow's packets come out as they went in.  What was one large segment
 * must have been allowed to be.
 *
 * SPATE_SEED: of the random flows; theirs is new each time.
 */
#include "dev/coalesce.h"
#include "dev/dev.h"
#include "dev/segment.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "base/random.h"
#include "host.h"
#include "mbuf/in_cksum.h"

enum {
	FIN = 0x01,
	SYN = 0x02,
	RST = 0x04,
	PSH = 0x08,
	ACK = 0x10,
	URG = 0x20,
	ECE = 0x40,
	CWR = 0x80
};

#define FLOWS  12 /* more than are merged at a time */
#define VECTOR 100

/* A packet as bytes, without what the link adds. */
struct pkt {
	uint8_t b[1600];
	unsigned len;
	unsigned flow; /* FLOWS: of any */
	unsigned l3, l4; /* where headers are */
	bool v6, udp;
	bool sound; /* as its sender would make it */
};

/* One direction of a stream or of datagrams: what its next packet is like. */
struct flow {
	unsigned number;
	bool v6, udp;
	bool nosum; /* UDP of IPv4 without checksums */
	unsigned vlans;
	uint8_t tcpopt[40];
	unsigned noptions; /* bytes */
	unsigned size; /* payload */
	uint8_t ttl, tos, flags, off; /* off: with DF in it */
	uint16_t id, idstep, window, urgent;
	uint32_t seq, ack, label, tag;
};

static uint64_t now = 1;
static uint64_t seed; /* of what failed */
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
	static const uint16_t steps[] = { 1, 1, 1, 1, 1, 0, 256, 0xffff };
	struct flow f = {
		.number = number,
		.v6 = rnd_below(r, 2) == 0,
		.udp = rnd_below(r, 3) == 0,
		.nosum = rnd_below(r, 8) == 0,
		.vlans = (unsigned)rnd_below(r, 8) / 6 +
		    (unsigned)rnd_below(r, 16) / 15,
		.tag = (uint32_t)rnd_below(r, 65536),
		.noptions = (unsigned)rnd_below(r, 2) * 12,
		.size = 1 + (unsigned)rnd_below(r, 1400),
		.ttl = rnd_below(r, 4) == 0 ? (uint8_t)rnd_u64(r) : 64,
		.tos = rnd_below(r, 2) == 0 ? (uint8_t)rnd_u64(r) : 0,
		.label = rnd_below(r, 2) == 0 ? rnd_u64(r) & 0xfffff : 0,
		.off = rnd_below(r, 2) == 0 ? 0x40 : 0,
		.flags = rnd_below(r, 8) == 0 ? ACK | ECE : ACK,
		.id = rnd_below(r, 4) == 0 ? 0 : (uint16_t)rnd_u64(r),
		.idstep = steps[rnd_below(r, countof(steps))],
		.window = (uint16_t)rnd_u64(r),
		.seq = (uint32_t)rnd_u64(r),
		.ack = 77,
	};

	if (rnd_below(r, 8) == 0)
		f.noptions = 4 * (unsigned)rnd_below(r, 11);
	memset(f.tcpopt, 1, sizeof(f.tcpopt));
	if (rnd_below(r, 2) == 0)
		rnd_bytes(r, f.tcpopt, sizeof(f.tcpopt));
	return f;
}

static void
put_ip(uint8_t *ip, const struct flow *f, unsigned l4len)
{
	uint8_t proto = f->udp ? 17 : 6;

	if (f->v6) {
		st32be(ip, 0x60000000 | (uint32_t)f->tos << 20 | f->label);
		st16be(ip + 4, (uint16_t)l4len);
		ip[6] = proto;
		ip[7] = f->ttl;
		memset(ip + 8, 0x20, 32);
		ip[39] = (uint8_t)(f->number / 2);
		return;
	}
	ip[0] = 0x45;
	ip[1] = f->tos;
	st16be(ip + 2, (uint16_t)(20 + l4len));
	st16be(ip + 4, f->id);
	ip[6] = f->off;
	ip[8] = f->ttl;
	ip[9] = proto;
	st32be(ip + 12, 0xc0000201);
	st32be(ip + 16, 0xc6336407 + f->number / 2);
	st16be(ip + 10, in_cksum(ip, 20));
}

static void
put_headers(struct pkt *p, const struct flow *f, unsigned payload)
{
	unsigned l4hdr = f->udp ? 8 : 20 + f->noptions, i;
	uint8_t *b = p->b, *l4;

	p->l3 = 14 + 4 * f->vlans;
	p->l4 = p->l3 + (f->v6 ? 40 : 20);
	p->len = p->l4 + l4hdr + payload;
	p->v6 = f->v6;
	p->udp = f->udp;
	memset(b, 0xee, 12);
	for (i = 0; i < f->vlans; i++)
		st32be(b + 12 + 4 * i, 0x81000000 | f->tag);
	st16be(b + p->l3 - 2, f->v6 ? 0x86dd : 0x0800);
	put_ip(b + p->l3, f, l4hdr + payload);
	l4 = b + p->l4;
	st16be(l4, (uint16_t)(1000 + f->number));
	st16be(l4 + 2, 80);
	if (f->udp) {
		st16be(l4 + 4, (uint16_t)(l4hdr + payload));
		return;
	}
	st32be(l4 + 4, f->seq);
	st32be(l4 + 8, f->ack);
	l4[12] = (uint8_t)((20 + f->noptions) / 4 << 4);
	l4[13] = f->flags;
	st16be(l4 + 14, f->window);
	st16be(l4 + 18, f->urgent);
	memcpy(l4 + 20, f->tcpopt, f->noptions);
}

static uint64_t
pseudo(const struct pkt *p)
{
	const uint8_t *ip = p->b + p->l3;
	unsigned len = p->len - p->l4;
	uint8_t proto = p->udp ? 17 : 6;

	return p->v6 ?
	    in6_cksum_pseudo(in6_load(ip + 8), in6_load(ip + 24), proto, len) :
	    in_cksum_pseudo(
		ld32be(ip + 12), ld32be(ip + 16), proto, (uint16_t)len);
}

static uint8_t *
sum_field(struct pkt *p)
{
	return p->b + p->l4 + (p->udp ? 6 : 16);
}

static uint16_t
checksum(const struct pkt *p)
{
	return in_cksum_fold(
	    in_cksum_add(p->b + p->l4, p->len - p->l4, pseudo(p)));
}

static void
put_checksum(struct pkt *p)
{
	uint16_t cksum;

	st16be(sum_field(p), 0);
	cksum = checksum(p);
	st16be(sum_field(p), cksum == 0 && p->udp ? 0xffff : cksum);
}

static void
packet(struct pkt *p, const struct flow *f, unsigned payload, struct rnd *r)
{
	memset(p, 0, sizeof(*p));
	p->flow = f->number;
	p->sound = true;
	put_headers(p, f, payload);
	rnd_bytes(r, p->b + p->len - payload, payload);
	put_checksum(p);
	if (f->udp && f->nosum) {
		st16be(sum_field(p), 0);
		p->sound = false;
	}
}

/* A checksum of 0, which may be sent as all ones as well. */
static void
zero_sum(struct pkt *p, unsigned payload, bool ones)
{
	uint8_t *at = p->b + p->len - payload;

	if ((at - p->b - p->l4) % 2 != 0)
		at++;
	if (payload < 3)
		return;
	st16be(at, 0);
	st16be(sum_field(p), 0);
	st16be(at, checksum(p));
	assert_int_equal(checksum(p), 0);
	st16be(sum_field(p), ones || p->udp ? 0xffff : 0);
	p->sound = p->udp;
}

/* What is another in all packets from this one on. */
static void
flow_change(struct flow *f, struct rnd *r)
{
	switch (rnd_below(r, 60)) {
	case 0:
		f->ack++;
		break;
	case 1:
		f->id += 5;
		break;
	case 2:
		f->seq += (uint32_t)rnd_below(r, 3000);
		break;
	case 3:
		f->ttl--;
		break;
	case 4:
		f->tos ^= (uint8_t)(1 + rnd_below(r, 3)); /* ECN */
		break;
	case 5:
		f->tos ^= 4;
		break;
	case 6:
		f->label ^= 1;
		break;
	case 7:
		f->off ^= 0x40;
		break;
	case 8:
		f->window++;
		break;
	case 9:
		f->tcpopt[rnd_below(r, sizeof(f->tcpopt))]++;
		break;
	case 10:
		f->flags ^= ECE;
		break;
	case 11:
		f->tag ^= 0x2000; /* priority */
		break;
	case 12:
		f->nosum = !f->nosum;
		break;
	}
}

/* The next packet of a flow: mostly as expected. */
static void
packet_next(struct pkt *p, struct flow *f, struct rnd *r)
{
	static const uint8_t odd[] = { FIN, SYN, RST, PSH, URG, CWR, ECE };
	unsigned payload = f->size;
	struct flow now_f;

	if (rnd_below(r, 40) == 0)
		payload = (unsigned)rnd_below(r, f->size + 1);
	else if (rnd_below(r, 40) == 0)
		payload = 1 + (unsigned)rnd_below(r, 1400);
	flow_change(f, r);
	now_f = *f;
	if (rnd_below(r, 20) == 0)
		now_f.flags |= PSH;
	if (rnd_below(r, 20) == 0)
		now_f.flags |= odd[rnd_below(r, countof(odd))];
	if (rnd_below(r, 60) == 0)
		now_f.urgent = (uint16_t)rnd_u64(r);
	packet(p, &now_f, payload, r);
	if (rnd_below(r, 40) == 0)
		zero_sum(p, payload, rnd_below(r, 2) == 0);
	if (rnd_below(r, 40) == 0) { /* damaged, perhaps in its addresses */
		p->b[rnd_below(r, p->len)] ^= (uint8_t)(1 + rnd_below(r, 255));
		p->flow = FLOWS;
		p->sound = false;
	}
	f->seq += payload;
	f->id += f->idstep;
}

/* The checksum is left to the device. */
static void
leave_checksum(struct mbuf *m, const struct pkt *p)
{
	m->m_l4off = (uint16_t)p->l4;
	m->m_csumoff = p->udp ? 6 : 16;
	st16be(m->m_data + p->l4 + m->m_csumoff, in_cksum_reduce(pseudo(p)));
	m->m_flags |= MF_CSUM_PARTIAL | MF_CSUM_OK;
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
	/* Of a sum of 0 a device may make all ones, too. */
	if (p->sound && rnd_below(r, 8) == 0 &&
	    ld16be(p->b + p->l4 + (p->udp ? 6 : 16)) != 0)
		leave_checksum(m, p);
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
static unsigned
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
			return i;
		}
		blocked[sent[i].flow] = sent[i].flow < FLOWS;
	}
	print_error("%u bytes:", m->m_pktlen);
	for (i = 0; i < umin(m->m_pktlen, 100); i++)
		print_error(" %02x", b[i]);
	print_error("\n");
	fail_msg("a packet that was not sent, or not in its order");
	return n;
}

static void
mask(uint8_t *b, unsigned at, unsigned n)
{
	memset(b + at, 0, n);
}

/* Headers without what may differ between packets of one large segment. */
static void
headers(const struct pkt *p, uint8_t *b)
{
	unsigned l4hdr = p->udp ? 8 : (p->b[p->l4 + 12] >> 4) * 4u;

	memset(b, 0, 160);
	memcpy(b, p->b, umin(p->l4 + l4hdr, 160));
	if (p->v6) {
		mask(b, p->l3 + 4, 2);
	} else {
		mask(b, p->l3 + 2, 4); /* length, number */
		mask(b, p->l3 + 10, 2);
	}
	if (p->udp) {
		mask(b, p->l4 + 4, 4);
	} else {
		mask(b, p->l4 + 4, 4); /* sequence number */
		mask(b, p->l4 + 16, 2);
		b[p->l4 + 13] &= (uint8_t) ~(PSH | FIN);
	}
}

/*
 * Whether b may follow a in a large segment: of one flow, with equal fields
 * and options; in a row; after nothing that ends something.
 */
static void
may_follow(const struct pkt *a, const struct pkt *b)
{
	const uint8_t *ta = a->b + a->l4, *tb = b->b + b->l4;
	unsigned hlen = a->udp ? 8 : (ta[12] >> 4) * 4u;
	unsigned payload = a->len - a->l4 - hlen;
	uint8_t ha[160], hb[160];

	headers(a, ha);
	headers(b, hb);
	assert_memory_equal(ha, hb, sizeof(ha));
	if (!a->v6)
		assert_int_equal((uint16_t)(ld16be(a->b + a->l3 + 4) + 1),
		    ld16be(b->b + b->l3 + 4));
	assert_true(b->len <= a->len);
	if (a->udp) {
		assert_true(ld16be(ta + 6) != 0 && ld16be(tb + 6) != 0);
		return;
	}
	assert_int_equal(ld32be(ta + 4) + payload, ld32be(tb + 4));
	assert_int_equal(ta[13] & ~ECE, ACK);
	assert_int_equal(tb[13] & ~(ECE | PSH | FIN), ACK);
}

static unsigned
link_header(const struct mbuf *m)
{
	unsigned n = 14;

	while (ld16be(m->m_data + n - 2) == 0x8100)
		n += 4;
	return n;
}

/* Sends n packets through merging and cutting; how many were merged. */
static unsigned
merge_and_cut(const struct pkt *sent, unsigned n, struct rnd *r)
{
	struct cpu *c = host_cpu(sp, 0);
	bool came[VECTOR] = { false };
	struct mbuf *mm[VECTOR], *m, *next;
	unsigned i, left, k, before, all = 0;

	for (i = 0; i < n; i++)
		mm[i] = to_mbuf(c, &sent[i], r);
	left = dev_coalesce(c, &ifn, mm, n);
	for (i = 0; i < left; i++) {
		m = mm[i];
		m->m_nextpkt = NULL;
		if (m->m_gso != GSO_NONE)
			m = dev_segment(c, m, link_header(m), true);
		assert_non_null(m);
		for (before = n; m != NULL; m = next, before = k) {
			next = m->m_nextpkt;
			if ((m->m_flags & MF_CSUM_PARTIAL) != 0)
				assert_true(m_csum_complete(m));
			k = expect(sent, n, came, m);
			if (before < n)
				may_follow(&sent[before], &sent[k]);
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
	const char *text = getenv("SPATE_SEED");
	struct rnd r;

	seed = text != NULL ? strtoull(text, NULL, 10) : (uint64_t)time(NULL);
	rnd_seed(&r, seed);
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
	seed = 0;
}

static int
tell_seed(void **state)
{
	if (seed != 0)
		print_error("again: SPATE_SEED=%lu\n", (unsigned long)seed);
	return 0;
}

/* n packets in a row of a plain flow, of which some are changed. */
static void
plain(struct pkt *sent, unsigned n, bool v6, bool udp)
{
	struct flow f = { .v6 = v6, .udp = udp, .size = 1000, .ttl = 64,
		.flags = ACK, .id = 0xffff, .idstep = 1, .seq = 0xfffffff0 };
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

/* All ones are a right checksum, but not the one that cutting writes. */
static void
other_zero(void **state)
{
	static struct pkt sent[3];
	uint8_t *ip;

	ifn.if_caps = ALL;
	plain(sent, 3, false, false);
	zero_sum(&sent[1], 1000, false);
	assert_int_equal(merge_and_cut(sent, 3, NULL), 2);
	zero_sum(&sent[1], 1000, true);
	assert_int_equal(merge_and_cut(sent, 3, NULL), 0);

	plain(sent, 1, false, false);
	ip = sent[0].b + sent[0].l3;
	st16be(ip + 10, 0);
	st16be(ip + 14, 0);
	st16be(ip + 14, in_cksum(ip, 20)); /* in the sender's address */
	assert_int_equal(in_cksum(ip, 20), 0);
	put_checksum(&sent[0]);
	sent[1] = sent[0];
	sent[1].flow++;
	st16be(ip + 10, 0xffff);
	assert_int_equal(merge_and_cut(sent, 2, NULL), 0);
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
		cmocka_unit_test(other_zero),
		cmocka_unit_test_teardown(random_flows, tell_seed),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
