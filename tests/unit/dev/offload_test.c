/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is done for a device that does less: checksums, cutting, linearising.
 *
 * Packets are built, and pieces are checked, with code of their own: byte by
 * byte, from the RFCs.
 */
#include "dev/dev.h"
#include "dev/segment.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/random.h"
#include "host.h"

enum {
	MAXLEN = 66000,
	FIN = 0x01,
	PSH = 0x08,
	ACK = 0x10,
	URG = 0x20,
	CWR = 0x80,
};

/* One packet as bytes, and where its parts are. */
struct pkt {
	uint8_t b[MAXLEN];
	unsigned l3, l4, hdr, len;
	bool v6, udp;
};

static uint64_t now = 1;
static struct spate *sp;
static struct ifnet ifn = { .if_index = 0 };

static int
setup(void **state)
{
	sp = host_create(1, &now);
	return 0;
}

static uint64_t
counted(unsigned which)
{
	return stat_cell_read(&sp->sp_cpu[0]->c_stat[SG_DEV][which]);
}

static int
teardown(void **state)
{
	host_destroy(sp);
	return 0;
}

/* RFC 1071, the slow way. */
static uint16_t
sum16(const uint8_t *p, unsigned n, uint32_t sum)
{
	unsigned i;

	for (i = 0; i < n; i++)
		sum += i % 2 == 0 ? (uint32_t)p[i] << 8 : p[i];
	while (sum >> 16 != 0)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)sum;
}

static uint32_t
pseudo(const struct pkt *p, unsigned l4len)
{
	unsigned n = p->v6 ? 32 : 8;

	return (uint32_t)sum16(p->b + p->l3 + (p->v6 ? 8 : 12), n, 0) +
	    (p->udp ? 17 : 6) + l4len;
}

/* 0xffff if the checksum in the packet is right. */
static uint16_t
l4_sum(const struct pkt *p)
{
	return sum16(
	    p->b + p->l4, p->len - p->l4, pseudo(p, p->len - p->l4));
}

struct shape {
	bool v6, udp;
	unsigned vlans; /* tags */
	unsigned ipopt; /* bytes of options, or of IPv6 extension headers */
	unsigned tcpopt;
	unsigned payload;
	unsigned size; /* of a piece's payload */
	unsigned flags;
	uint16_t urp;
};

static void
build_l2(struct pkt *p, const struct shape *s)
{
	unsigned i;

	memset(p->b, 0xee, 12);
	for (i = 0; i < s->vlans; i++)
		st32be(p->b + 12 + 4 * i, 0x81000000 | i);
	p->l3 = 14 + 4 * s->vlans;
	st16be(p->b + p->l3 - 2, s->v6 ? 0x86dd : 0x0800);
}

static void
build_l3(struct pkt *p, const struct shape *s)
{
	uint8_t *ip = p->b + p->l3;
	unsigned proto = s->udp ? 17 : 6, i;

	p->l4 = p->l3 + (s->v6 ? 40 : 20) + s->ipopt;
	if (s->v6) {
		ip[0] = 0x60;
		ip[6] = (uint8_t)(s->ipopt > 0 ? 60 : proto);
		ip[7] = 64;
		if (s->ipopt > 0) {
			ip[40] = (uint8_t)proto;
			ip[41] = (uint8_t)(s->ipopt / 8 - 1);
		}
		for (i = 0; i < 32; i++)
			ip[8 + i] = (uint8_t)(0x20 + i * 3);
	} else {
		ip[0] = (uint8_t)(0x45 + s->ipopt / 4);
		st16be(ip + 4, 0xfffe); /* will wrap */
		ip[6] = 0x40;
		ip[8] = 64;
		ip[9] = (uint8_t)proto;
		st32be(ip + 12, 0xc0000201);
		st32be(ip + 16, 0xc6336407);
		memset(ip + 20, 1, s->ipopt);
	}
}

static void
build_l4(struct pkt *p, const struct shape *s)
{
	uint8_t *l4 = p->b + p->l4;
	unsigned i;

	p->hdr = p->l4 + (s->udp ? 8 : 20 + s->tcpopt);
	st16be(l4, 1234);
	st16be(l4 + 2, 80);
	if (!s->udp) {
		st32be(l4 + 4, 0xffffff00); /* wraps too */
		st32be(l4 + 8, 77);
		l4[12] = (uint8_t)((20 + s->tcpopt) / 4 << 4);
		l4[13] = (uint8_t)s->flags;
		st16be(l4 + 14, 500);
		st16be(l4 + 18, s->urp);
		memset(l4 + 20, 1, s->tcpopt);
	}
	p->len = p->hdr + s->payload;
	for (i = 0; i < s->payload; i++)
		p->b[p->hdr + i] = (uint8_t)(i * 13 + i / 256);
}

/* With lengths, and the checksum left partial, as a tap gives it. */
static void
build(struct pkt *p, const struct shape *s)
{
	uint8_t *ip, *l4;

	memset(p, 0, sizeof(*p));
	p->v6 = s->v6;
	p->udp = s->udp;
	build_l2(p, s);
	build_l3(p, s);
	build_l4(p, s);
	ip = p->b + p->l3;
	l4 = p->b + p->l4;
	if (p->v6) {
		st16be(ip + 4, (uint16_t)(p->len - p->l3 - 40));
	} else {
		st16be(ip + 2, (uint16_t)(p->len - p->l3));
		st16be(ip + 10, (uint16_t)~sum16(ip, p->l4 - p->l3, 0));
	}
	if (p->udp)
		st16be(l4 + 4, (uint16_t)(p->len - p->l4));
	st16be(l4 + (p->udp ? 6 : 16),
	    sum16(NULL, 0, pseudo(p, p->len - p->l4)));
}

/* A chain of buffers of the lengths that r picks; NULL: as few as can be. */
static struct mbuf *ON_CPU
to_mbuf(struct cpu *c, const struct pkt *p, struct rnd *r)
{
	struct mbuf *head = NULL, **tail = &head, *m;
	unsigned at, some;

	if (r == NULL)
		return m_from_bytes(c, p->b, p->len);
	for (at = 0; at < p->len; at += some) {
		some = umin(p->len - at, (unsigned)rnd_below(r, 700));
		m = m_alloc(c);
		assert_non_null(m);
		memcpy(m->m_data, p->b + at, some);
		m->m_len = some;
		*tail = m;
		tail = &m->m_next;
	}
	head->m_pktlen = p->len;
	return head;
}

static struct mbuf *ON_CPU
to_gso(struct cpu *c, const struct pkt *p, const struct shape *s,
    struct rnd *r)
{
	struct mbuf *m = to_mbuf(c, p, r);

	m->m_flags = MF_CSUM_PARTIAL;
	m->m_l4off = (uint16_t)p->l4;
	m->m_csumoff = s->udp ? 6 : 16;
	m->m_gso = s->udp ? GSO_UDP : s->v6 ? GSO_TCP6 : GSO_TCP4;
	m->m_gsosize = (uint16_t)s->size;
	return m;
}

static void
check_ip(const struct pkt *big, const struct pkt *p, unsigned i)
{
	const uint8_t *ip = p->b + p->l3, *was = big->b + p->l3;

	if (p->v6) {
		assert_int_equal(ld16be(ip + 4), p->len - p->l3 - 40);
		assert_memory_equal(ip, was, 4);
		assert_memory_equal(ip + 6, was + 6, p->l4 - p->l3 - 6);
		return;
	}
	assert_int_equal(ld16be(ip + 2), p->len - p->l3);
	assert_int_equal(ld16be(ip + 4), (uint16_t)(ld16be(was + 4) + i));
	assert_int_equal(sum16(ip, p->l4 - p->l3, 0), 0xffff);
	assert_memory_equal(ip + 6, was + 6, 4);
	assert_memory_equal(ip + 12, was + 12, p->l4 - p->l3 - 12);
}

static void
check_tcp(const struct shape *s, const struct pkt *big, const struct pkt *p,
    unsigned i, bool last)
{
	const uint8_t *th = p->b + p->l4, *was = big->b + p->l4;
	unsigned flags = s->flags, skipped = i * s->size;

	if (!last)
		flags &= ~(unsigned)(FIN | PSH);
	if (i > 0)
		flags &= ~(unsigned)CWR;
	if ((flags & URG) != 0 && skipped >= s->urp)
		flags &= ~(unsigned)URG;
	assert_int_equal(th[13], flags);
	assert_int_equal(
	    ld16be(th + 18), (flags & URG) != 0 ? s->urp - skipped : 0);
	assert_int_equal(ld32be(th + 4), ld32be(was + 4) + skipped);
	assert_memory_equal(th, was, 4);
	assert_memory_equal(th + 8, was + 8, 5);
	assert_memory_equal(th + 14, was + 14, 2);
	assert_memory_equal(th + 20, was + 20, s->tcpopt);
}

/* Piece i, which begins with payload byte "at"; returns its payload. */
static unsigned
check_piece(const struct shape *s, const struct pkt *big,
    const struct mbuf *m, unsigned i, bool complete)
{
	static struct pkt p;
	unsigned at = i * s->size, len = umin(s->size, s->payload - at);

	p = *big;
	p.len = m->m_pktlen;
	assert_int_equal(p.len, p.hdr + len);
	m_copydata(m, 0, p.len, p.b);
	assert_memory_equal(p.b, big->b, p.l3);
	check_ip(big, &p, i);
	if (p.udp)
		assert_int_equal(ld16be(p.b + p.l4 + 4), p.len - p.l4);
	else
		check_tcp(s, big, &p, i, at + len == s->payload);
	assert_memory_equal(p.b + p.hdr, big->b + big->hdr + at, len);
	assert_int_equal(m->m_gso, GSO_NONE);
	if (complete) {
		assert_int_equal(l4_sum(&p), 0xffff);
		assert_int_equal(m->m_flags, MF_CSUM_OK);
	} else {
		assert_int_equal(m->m_flags, MF_CSUM_PARTIAL);
		assert_int_equal(m->m_l4off, p.l4);
		assert_int_equal(ld16be(p.b + p.l4 + m->m_csumoff),
		    sum16(NULL, 0, pseudo(&p, p.len - p.l4)));
	}
	return len;
}

static void
cut_and_check(const struct shape *s, struct rnd *r, bool complete)
{
	static struct pkt big;
	struct cpu *c = host_cpu(sp, 0);
	uint64_t copied = stat_cell_read(&c->c_stat[SG_PATH][pks_copied]);
	struct mbuf *m, *next;
	unsigned n = 0, payload = 0;

	build(&big, s);
	ifn.if_caps = complete ? IFCAP_CHAIN : IFCAP_CHAIN | IFCAP_TXCSUM;
	m = dev_offload(c, &ifn, to_gso(c, &big, s, r));
	assert_non_null(m);
	for (; m != NULL; m = next) {
		next = m->m_nextpkt;
		payload += check_piece(s, &big, m, n++, complete);
		m_free(c, m);
	}
	assert_int_equal(payload, s->payload);
	assert_int_equal(
	    stat_cell_read(&c->c_stat[SG_PATH][pks_copied]) - copied, n - 1);
	assert_int_equal(host_missing(sp), 0);
}

static void
cuts_what_it_should(void **state)
{
	static const struct shape shapes[] = {
		{ .payload = 4000, .size = 1448, .tcpopt = 12,
		    .flags = ACK | PSH },
		{ .payload = 4344, .size = 1448, .flags = ACK | FIN | CWR },
		{ .payload = 65535 - 40, .size = 1460, .flags = ACK },
		{ .payload = 65535 - 60,
		    .size = 8948,
		    .tcpopt = 20,
		    .flags = ACK | PSH },
		{ .payload = 1001,
		    .size = 333,
		    .ipopt = 40,
		    .tcpopt = 40,
		    .flags = ACK | URG,
		    .urp = 400 },
		{ .payload = 100, .size = 1448, .flags = ACK }, /* one */
		{ .payload = 0, .size = 1448, .flags = ACK },
		{ .payload = 1024, .size = 1, .flags = ACK },
		{ .payload = 2001, .size = 999, .vlans = 2, .flags = ACK },
		{ .v6 = true, .payload = 4000, .size = 1428, .tcpopt = 12,
		    .flags = ACK | PSH | CWR },
		{ .v6 = true,
		    .payload = 65535 - 20,
		    .size = 1220,
		    .flags = ACK },
		{ .v6 = true,
		    .payload = 3333,
		    .size = 1111,
		    .ipopt = 24,
		    .vlans = 1,
		    .flags = ACK | FIN },
		{ .udp = true, .payload = 65507, .size = 1472 },
		{ .udp = true, .payload = 999, .size = 111, .ipopt = 8 },
		{ .udp = true, .v6 = true, .payload = 12001, .size = 1201 },
		{ .udp = true,
		    .v6 = true,
		    .payload = 7,
		    .size = 2,
		    .ipopt = 8 },
	};
	struct rnd r;
	unsigned i, k;

	rnd_seed(&r, 1);
	for (i = 0; i < countof(shapes); i++)
		for (k = 0; k < 6; k++)
			cut_and_check(&shapes[i], k < 2 ? NULL : &r, k & 1);
}

static void
cuts_any_size(void **state)
{
	struct shape s = { .tcpopt = 12, .flags = ACK | PSH };
	struct rnd r;
	unsigned i;

	rnd_seed(&r, 2);
	for (i = 0; i < 1000; i++) {
		s.v6 = rnd_below(&r, 2);
		s.udp = rnd_below(&r, 2);
		s.payload = (unsigned)rnd_below(&r, 20000);
		s.size = 20 + (unsigned)rnd_below(&r, 3000);
		cut_and_check(&s, &r, rnd_below(&r, 2));
	}
}

/* A stack that fragments asks without a link header. */
static void
cuts_bare_packets(void **state)
{
	static const struct shape s = { .payload = 5000, .size = 1000,
		.flags = ACK };
	static struct pkt big;
	struct cpu *c = host_cpu(sp, 0);
	struct mbuf *m, *next;
	unsigned n = 0;

	build(&big, &s);
	m = to_gso(c, &big, &s, NULL);
	m_adj(m, big.l3);
	memmove(big.b, big.b + big.l3, big.len);
	big.len -= 14;
	big.l4 -= 14;
	big.hdr -= 14;
	big.l3 = 0;
	m = dev_segment(c, m, 0, true);
	for (; m != NULL; m = next) {
		next = m->m_nextpkt;
		check_piece(&s, &big, m, n++, true);
		m_free(c, m);
	}
	assert_int_equal(n, 5);
	assert_int_equal(host_missing(sp), 0);
}

/* A lie in the header, by offset from l3 (below 100) or from l4. */
static void
lies_are_dropped(void **state)
{
	enum { L4 = 100 };
	static const struct {
		const char *what;
		struct shape s;
		unsigned at;
		uint8_t v;
	} lies[] = {
		{ "no size", { .payload = 99, .size = 0 }, 0, 0x45 },
		{ "too many pieces", { .payload = 1025, .size = 1 }, 0, 0x45 },
		{ "version", { .payload = 99, .size = 9 }, 0, 0x65 },
		{ "short IP header", { .payload = 99, .size = 9 }, 0, 0x44 },
		{ "long IP header", { .payload = 1, .size = 9 }, 0, 0x4f },
		{ "total length", { .payload = 99, .size = 9 }, 3, 7 },
		{ "fragment", { .payload = 99, .size = 9 }, 6, 0x20 },
		{ "offset", { .payload = 99, .size = 9 }, 7, 1 },
		{ "protocol", { .payload = 99, .size = 9 }, 9, 17 },
		{ "short TCP header", { .payload = 99, .size = 9 }, L4 + 12,
		    0x40 },
		{ "long TCP header", { .payload = 9, .size = 9 }, L4 + 12,
		    0xf0 },
		{ "SYN", { .payload = 99, .size = 9 }, L4 + 13, 0x02 },
		{ "RST", { .payload = 99, .size = 9 }, L4 + 13, 0x04 },
		{ "version 4", { .v6 = true, .payload = 99, .size = 9 }, 0,
		    0x45 },
		{ "length", { .v6 = true, .payload = 99, .size = 9 }, 5, 0 },
		{ "routing", { .v6 = true, .payload = 99, .size = 9,
		    .ipopt = 8 }, 6, 43 },
		{ "fragment", { .v6 = true, .payload = 99, .size = 9,
		    .ipopt = 8 }, 6, 44 },
		{ "long option", { .v6 = true, .payload = 99, .size = 9,
		    .ipopt = 8 }, 41, 255 },
		{ "option of options", { .v6 = true, .payload = 9, .size = 9,
		    .ipopt = 8 }, 40, 60 },
		{ "TCP as UDP", { .udp = true, .payload = 99, .size = 9 }, 9,
		    6 },
		{ "tagged too often", { .payload = 99, .size = 9, .vlans = 3 },
		    0, 0x45 },
	};
	static struct pkt p;
	struct cpu *c = host_cpu(sp, 0);
	uint64_t before = counted(dvs_badgso);
	unsigned i;

	ifn.if_caps = IFCAP_CHAIN;
	for (i = 0; i < countof(lies); i++) {
		unsigned at = lies[i].at;

		build(&p, &lies[i].s);
		p.b[at < L4 ? p.l3 + at : p.l4 + at - L4] = lies[i].v;
		if (dev_offload(c, &ifn, to_gso(c, &p, &lies[i].s, NULL)))
			fail_msg("%s: cut", lies[i].what);
		assert_int_equal(counted(dvs_badgso) - before, i + 1);
	}
	assert_int_equal(host_missing(sp), 0);
}

/* Anything else that may be told: no crash, no leak. */
static void
noise_does_no_harm(void **state)
{
	struct cpu *c = host_cpu(sp, 0);
	static struct pkt p;
	struct shape s;
	struct mbuf *m, *next;
	struct rnd r;
	unsigned i, k;

	rnd_seed(&r, 3);
	for (i = 0; i < 20000; i++) {
		s = (struct shape){
			.v6 = rnd_below(&r, 2),
			.udp = rnd_below(&r, 2),
			.vlans = (unsigned)rnd_below(&r, 4),
			.ipopt = 8 * (unsigned)rnd_below(&r, 3),
			.payload = (unsigned)rnd_below(&r, 3000),
			.size = (unsigned)rnd_below(&r, 1500),
			.flags = ACK,
		};
		build(&p, &s);
		for (k = (unsigned)rnd_below(&r, 4); k > 0; k--)
			p.b[rnd_below(&r, umin(p.len, 80))] =
			    (uint8_t)rnd_u64(&r);
		p.len -= (unsigned)rnd_below(&r, 2) *
		    (unsigned)rnd_below(&r, p.len);
		m = to_gso(c, &p, &s, rnd_below(&r, 2) ? &r : NULL);
		m->m_l4off = (uint16_t)rnd_below(&r, 70000);
		m->m_csumoff = (uint8_t)rnd_u64(&r);
		m->m_gso = (uint8_t)rnd_below(&r, 4);
		ifn.if_caps = (uint32_t)rnd_below(&r, 256);
		for (m = dev_offload(c, &ifn, m); m != NULL; m = next) {
			next = m->m_nextpkt;
			m_free(c, m);
		}
	}
	assert_int_equal(host_missing(sp), 0);
}

static void
completes_checksums(void **state)
{
	static struct pkt p, q;
	struct cpu *c = host_cpu(sp, 0);
	struct mbuf *m, *kept;
	struct rnd r;
	unsigned i;

	rnd_seed(&r, 4);
	for (i = 0; i < 200; i++) {
		struct shape s = { .v6 = i & 1, .udp = i >> 1 & 1,
			.payload = i * 17 };

		build(&p, &s);
		m = to_gso(c, &p, &s, i & 4 ? &r : NULL);
		m->m_gso = GSO_NONE;
		kept = i & 8 ? m_clone(c, m) : NULL;
		ifn.if_caps = IFCAP_CHAIN;
		m = dev_offload(c, &ifn, m);
		assert_non_null(m);
		assert_int_equal(m->m_flags & MF_CSUM_PARTIAL, 0);
		q = p;
		m_copydata(m, 0, q.len, q.b);
		assert_int_equal(l4_sum(&q), 0xffff);
		if (kept != NULL) { /* another's data is left alone */
			m_copydata(kept, 0, q.len, q.b);
			assert_memory_equal(q.b, p.b, p.len);
			m_free(c, kept);
		}
		m_free(c, m);
	}
	assert_int_equal(host_missing(sp), 0);
}

static void
checksum_outside_is_dropped(void **state)
{
	static const struct {
		uint16_t l4off;
		uint8_t csumoff;
	} tab[] = { { 60, 0 }, { 65535, 255 }, { 34, 25 }, { 59, 0 } };
	struct cpu *c = host_cpu(sp, 0);
	uint64_t before = counted(dvs_badcsum);
	uint8_t b[60] = { 0 };
	struct mbuf *m;
	unsigned i;

	ifn.if_caps = 0;
	for (i = 0; i < countof(tab); i++) {
		m = m_from_bytes(c, b, sizeof(b));
		m->m_flags = MF_CSUM_PARTIAL;
		m->m_l4off = tab[i].l4off;
		m->m_csumoff = tab[i].csumoff;
		assert_null(dev_offload(c, &ifn, m));
	}
	assert_int_equal(counted(dvs_badcsum) - before, countof(tab));
	assert_int_equal(host_missing(sp), 0);
}

static void
makes_one_buffer(void **state)
{
	static const unsigned lens[] = { 60, 61, 1000, 1500, MBUF_DATA - 1,
		MBUF_DATA, MBUF_SIZE - MBUF_HEADROOM + 1, 3000 };
	static struct pkt p;
	struct cpu *c = host_cpu(sp, 0);
	uint64_t before = counted(dvs_toobig);
	static uint8_t b[MAXLEN];
	struct mbuf *m, *kept;
	struct rnd r;
	unsigned i, k;

	rnd_seed(&r, 5);
	ifn.if_caps = 0;
	for (i = 0; i < countof(lens); i++)
		for (k = 0; k < 8; k++) {
			rnd_bytes(&r, p.b, lens[i]);
			p.len = lens[i];
			m = to_mbuf(c, &p, &r);
			kept = k & 1 ? m_clone(c, m) : NULL;
			m = dev_offload(c, &ifn, m);
			if (kept != NULL)
				m_free(c, kept);
			if (lens[i] > MBUF_DATA) {
				assert_null(m);
				continue;
			}
			assert_null(m->m_next);
			assert_int_equal(m->m_len, lens[i]);
			m_copydata(m, 0, lens[i], b);
			assert_memory_equal(b, p.b, lens[i]);
			m_free(c, m);
		}
	assert_int_equal(counted(dvs_toobig) - before, 16);
	assert_int_equal(host_missing(sp), 0);
}

/* Half cut when buffers run out: all of it goes, once, and is counted. */
static void
without_buffers(void **state)
{
	static const struct shape s = { .payload = 20000, .size = 1000,
		.flags = ACK };
	struct cpu *c = host_cpu(sp, 0);
	uint64_t before = counted(dvs_nobuf);
	struct mbuf *all[HOST_BUFS];
	static struct pkt p;
	struct mbuf *m;
	unsigned n;

	build(&p, &s);
	m = to_gso(c, &p, &s, NULL);
	n = m_alloc_bulk(c, all, HOST_BUFS);
	m_free_bulk(c, all + n - 10, 10);
	ifn.if_caps = IFCAP_CHAIN;
	assert_null(dev_offload(c, &ifn, m));
	assert_int_equal(counted(dvs_nobuf) - before, 1);
	m_free_bulk(c, all, n - 10);
	assert_int_equal(host_missing(sp), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cuts_what_it_should),
		cmocka_unit_test(cuts_any_size),
		cmocka_unit_test(cuts_bare_packets),
		cmocka_unit_test(lies_are_dropped),
		cmocka_unit_test(noise_does_no_harm),
		cmocka_unit_test(completes_checksums),
		cmocka_unit_test(checksum_outside_is_dropped),
		cmocka_unit_test(makes_one_buffer),
		cmocka_unit_test(without_buffers),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
