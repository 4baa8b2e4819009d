/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Receive side scaling of an instance; see rss.h.
 *
 * The number of buckets, if not given, is that of the entries in the
 * indirection table of most NICs (128), or more if that is less than four a
 * CPU.  Bucket b starts with the CPU that serves the queue which such a NIC
 * names by default for its hash: with as many queues as CPUs a packet arrives
 * where its flow lives.
 */
#include "netisr/rss.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cpu/ctl.h"
#include "dev/frame.h"

#define RSS_BITS 7 /* 2^7 is RSS_TABLE */
static_assert(1u << RSS_BITS == RSS_TABLE, "a bucket is a table's entry");

/* "Verifying the RSS Hash Calculation", Microsoft. */
static const struct {
	const char *src, *dst;
	uint16_t sport, dport;
	uint32_t addrs, ports; /* hashes over two and four fields */
} known[] = {
	{ "66.9.149.187", "161.142.100.80", 2794, 1766, 0x323e8fc2,
	    0x51ccc178 },
	{ "199.92.111.2", "65.69.140.83", 14230, 4739, 0xd718262a,
	    0xc626b0ea },
	{ "24.19.198.95", "12.22.207.184", 12898, 38024, 0xd2d0a5de,
	    0x5c2b394a },
	{ "38.27.205.30", "209.142.163.6", 48228, 2217, 0x82989176,
	    0xafc7327f },
	{ "153.39.163.191", "202.188.127.2", 44251, 1303, 0x5d1809c5,
	    0x10e828a2 },
	{ "3ffe:2501:200:1fff::7", "3ffe:2501:200:3::1", 2794, 1766, 0x2cc18cd5,
	    0x40207d3d },
	{ "3ffe:501:8::260:97ff:fe40:efab", "ff02::1", 14230, 4739, 0x0f0c461c,
	    0xdde51bbf },
	{ "3ffe:1900:4545:3:200:f8ff:fe21:67cf", "fe80::200:f8ff:fe21:67cf",
	    44251, 38024, 0x4b61e985, 0x02d1feef },
};
#define KNOWN_SYMMETRIC 0x9fcc9fcc /* the first, with four fields */

static bool
known_tuple(unsigned i, bool ports, struct rss_tuple *rt)
{
	struct addr src, dst;

	if (addr_parse(&src, known[i].src) != 0 ||
	    addr_parse(&dst, known[i].dst) != 0)
		return false;
	*rt = (struct rss_tuple){
		.rt_ports = (uint32_t)known[i].sport << 16 | known[i].dport,
	};
	if (src.a_family == ADDR_V4) {
		rt->rt_type = ports ? RSS_TCP4 : RSS_IP4;
		rt->rt_src.i6_lo = src.a_v4;
		rt->rt_dst.i6_lo = dst.a_v4;
	} else {
		rt->rt_type = ports ? RSS_TCP6 : RSS_IP6;
		rt->rt_src = src.a_v6;
		rt->rt_dst = dst.a_v6;
	}
	return true;
}

bool
rss_selftest(struct toeplitz *tz)
{
	struct rss_tuple two, four, back;
	unsigned i;

	toeplitz_init(tz, toeplitz_key_default);
	for (i = 0; i < countof(known); i++)
		if (!known_tuple(i, false, &two) ||
		    !known_tuple(i, true, &four) ||
		    rss_toeplitz(tz, &two) != known[i].addrs ||
		    rss_toeplitz(tz, &four) != known[i].ports)
			return false;
	toeplitz_init(tz, toeplitz_key_symmetric);
	known_tuple(0, true, &four);
	back = rss_reverse(&four);
	return rss_toeplitz(tz, &four) == KNOWN_SYMMETRIC &&
	    rss_toeplitz(tz, &back) == KNOWN_SYMMETRIC;
}

/* The text has been checked: a word, or digits. */
static void
rss_key(uint8_t key[static TOEPLITZ_KEYLEN], const char *text, struct rnd *rnd)
{
	unsigned i;

	if (strcmp(text, "default") == 0)
		memcpy(key, toeplitz_key_default, TOEPLITZ_KEYLEN);
	else if (strcmp(text, "symmetric") == 0)
		memcpy(key, toeplitz_key_symmetric, TOEPLITZ_KEYLEN);
	else if (strcmp(text, "random") == 0)
		rnd_bytes(rnd, key, TOEPLITZ_KEYLEN);
	else
		for (i = 0; i < TOEPLITZ_KEYLEN; i++)
			key[i] = (uint8_t)(hex_digit(text[2 * i]) << 4 |
			    hex_digit(text[2 * i + 1]));
}

static unsigned
rss_default_bits(const struct spate *sp)
{
	unsigned bits = RSS_BITS;

	while (1u << bits < 4 * sp->sp_ncpus)
		bits++;
	return bits;
}

static void
rss_fill(struct spate *sp, struct rss *rs, bool device)
{
	unsigned algo = (unsigned)tun(sp, rss_hashalgo);
	unsigned bits = (unsigned)tun(sp, rss_bits);
	struct rnd rnd;
	unsigned b;

	rnd_seed(&rnd, sp->sp_env.env_seed ^ 0x727373);
	rss_key(rs->rs_key, sp->sp_sysctl.rss_key, &rnd);
	toeplitz_init(&rs->rs_tz, rs->rs_key);
	for (b = 0; b < 4; b++)
		rs->rs_seed[b] = rnd_u64(&rnd);
	if (algo == RSS_AUTO)
		algo = device ? RSS_TOEPLITZ : RSS_SYMMETRIC;
	rs->rs_algo = (uint8_t)algo;
	rs->rs_bits = (uint8_t)(bits != 0 ? bits : rss_default_bits(sp));
	rs->rs_mask = (1u << rs->rs_bits) - 1;
	for (b = 0; b <= rs->rs_mask; b++)
		atomic_store_explicit(&rs->rs_cpu[b],
		    (uint8_t)rss_cpu_default(sp, b),
		    memory_order_relaxed);
	memcpy(sp->sp_rss_key, rs->rs_key, sizeof(sp->sp_rss_key));
}

int
rss_create(struct spate *sp)
{
	if ((sp->sp_rss = calloc(1, sizeof(*sp->sp_rss))) == NULL)
		return ENOMEM;
	if (!rss_selftest(&sp->sp_rss->rs_tz)) {
		log_error(&sp->sp_env.env_log,
		    "the Toeplitz hash gives wrong answers on this machine");
		return EDOM;
	}
	rss_fill(sp, sp->sp_rss, true);
	return 0;
}

void
rss_destroy(struct spate *sp)
{
	free(sp->sp_rss);
	sp->sp_rss = NULL;
}

int
rss_setup(struct ctl *ctl, bool device, char *err, size_t errlen)
{
	struct spate *sp = ctl->ctl_sp;
	unsigned bits = (unsigned)tun(sp, rss_bits);

	if (bits != 0 && 1u << bits < sp->sp_ncpus) {
		snprintf(err, errlen,
		    "net.inet.rss.bits: 2^%u buckets are fewer than the %u "
		    "CPUs; at least %u, or 0",
		    bits, sp->sp_ncpus,
		    32 - (unsigned)__builtin_clz(sp->sp_ncpus - 1));
		return EINVAL;
	}
	rss_fill(sp, sp->sp_rss, device);
	return 0;
}

uint32_t
rss_tuple_hash(const struct spate *sp, const struct rss_tuple *rt)
{
	const struct rss *rs = sp->sp_rss;

	return rs->rs_algo == RSS_TOEPLITZ ? rss_toeplitz(&rs->rs_tz, rt) :
	    rss_symmetric(rs->rs_seed, rt);
}

/* n bytes of an IP packet are at p. */
static uint32_t
rss_hash_at(const struct spate *sp, struct mbuf *m, const uint8_t *p, size_t n)
{
	unsigned types = rss_types(sp);
	struct rss_tuple rt;

	if (m->m_hashtype != RSS_NONE &&
	    m->m_hashtype == (uint8_t)rss_wants(p, n, types))
		return m->m_hash;
	m->m_hashtype = (uint8_t)rss_tuple(p, n, types, &rt);
	return m->m_hash = rss_tuple_hash(sp, &rt);
}

uint32_t
rss_hash(struct cpu *c, struct mbuf *m)
{
	uint8_t copy[RSS_PEEK];
	unsigned n;

	if (likely(m->m_len >= RSS_PEEK || m->m_next == NULL))
		return rss_hash_at(c->c_sp, m, m->m_data, m->m_len);
	n = umin(m->m_pktlen, sizeof(copy));
	m_copydata(m, 0, n, copy);
	return rss_hash_at(c->c_sp, m, copy, n);
}

uint32_t
rss_hash_frame(struct cpu *c, struct mbuf *m)
{
	unsigned type;
	size_t l3 = frame_parse(m->m_data, m->m_len, &type);
	unsigned version = type == FRAME_IP4 ? 4 : type == FRAME_IP6 ? 6 : 0;

	if (unlikely(l3 == 0 || l3 >= m->m_len ||
		m->m_data[l3] >> 4 != version)) {
		m->m_hashtype = RSS_NONE;
		return m->m_hash = 0;
	}
	return rss_hash_at(
	    c->c_sp, m, m->m_data + l3, m->m_len - l3);
}
