/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Capture filters: what is refused as a program, and that a CPU that learns
 * says of every packet what libpcap's own interpreter says.
 */
#include "mbuf/filter.h"

#include <pcap/pcap.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "base/random.h"

#define FRAME 128

static struct filter *
compiled(const char *text, struct bpf_program *bp)
{
	pcap_t *pc = pcap_open_dead(DLT_EN10MB, 262144);
	struct filter *f;

	assert_int_equal(
	    pcap_compile(pc, bp, text, 1, PCAP_NETMASK_UNKNOWN), 0);
	/* The two have one layout. */
	f = filter_create((const void *)bp->bf_insns, bp->bf_len);
	pcap_close(pc);
	return f;
}

static struct mbuf
packet(uint8_t *p, unsigned n)
{
	return (struct mbuf){ .m_data = p, .m_len = n, .m_pktlen = n };
}

/* Programs that must not run. */
static void
refused(void **state)
{
	static const struct {
		const char *why;
		struct filter_insn insn[3];
		unsigned n;
	} progs[] = {
		{ "none", { { 0 } }, 0 },
		{ "no end", { { BPF_LD | BPF_IMM, 0, 0, 1 } }, 1 },
		{ "out of it",
		    { { BPF_JMP | BPF_JEQ, 9, 0, 0 }, { BPF_RET, 0, 0, 0 } },
		    2 },
		{ "back",
		    { { BPF_LD | BPF_IMM, 0, 0, 1 },
			{ BPF_JMP | BPF_JA, 0, 0, 0xfffffffe },
			{ BPF_RET, 0, 0, 0 } },
		    3 },
		{ "no such memory",
		    { { BPF_ST, 0, 0, 16 }, { BPF_RET, 0, 0, 0 } }, 2 },
		{ "by zero",
		    { { BPF_ALU | BPF_DIV | BPF_K, 0, 0, 0 },
			{ BPF_RET, 0, 0, 0 } },
		    2 },
		{ "a halfword at once",
		    { { BPF_LD | BPF_H | BPF_IMM, 0, 0, 1 },
			{ BPF_RET, 0, 0, 0 } },
		    2 },
		{ "what was not written",
		    { { BPF_LD | BPF_MEM, 0, 0, 1 }, { BPF_RET, 0, 0, 0 } },
		    2 },
		{ "no such thing",
		    { { 0xffff, 0, 0, 0 }, { BPF_RET, 0, 0, 0 } }, 2 },
		{ "jump",
		    { { BPF_JMP | 0xf0, 0, 0, 0 }, { BPF_RET, 0, 0, 0 } }, 2 },
	};
	struct bpf_program bp;
	unsigned i;

	(void)state;
	for (i = 0; i < countof(progs); i++)
		if (filter_create(progs[i].insn, progs[i].n) != NULL)
			fail_msg("accepted: %s", progs[i].why);
	assert_null(compiled("ip6 protochain 6", &bp)); /* it has a loop */
	pcap_freecode(&bp);
}

/* Any program that is accepted ends, whatever the packet. */
static void
any_program(void **state)
{
	static const uint16_t codes[] = { 0x00, 0x01, 0x02, 0x03, 0x04, 0x05,
		0x06, 0x07, 0x15, 0x25, 0x35, 0x45, 0x1d, 0x28, 0x30, 0x20,
		0x40, 0x48, 0x50, 0x54, 0x60, 0x61, 0x80, 0x81, 0x84, 0x87,
		0xb1, 0x94, 0x5c, 0x3c };
	struct filter_insn fi[12];
	struct filter_cpu fc = { 0 };
	struct filter_trace ft;
	uint8_t match;
	struct filter *f;
	struct rnd r;
	uint8_t p[64];
	unsigned i, k, n, made = 0;

	(void)state;
	rnd_seed(&r, 7);
	for (i = 0; i < 200000; i++) {
		n = 2 + rnd_below(&r, countof(fi) - 1);
		for (k = 0; k < n; k++)
			fi[k] = (struct filter_insn){
				codes[rnd_below(&r, countof(codes))],
				(uint8_t)rnd_below(&r, 3),
				(uint8_t)rnd_below(&r, 3),
				(uint32_t)rnd_below(&r, 20) };
		fi[n - 1].fi_code = 0x06; /* ret #k */
		fi[n - 1].fi_k = 0;
		if ((f = filter_create(fi, n)) == NULL)
			continue;
		made++;
		rnd_bytes(&r, p, sizeof(p));
		for (k = 0; k < sizeof(p); k += 7) {
			struct mbuf m = packet(p, k), *mm = &m;

			if (!filter_learn(f, &m, &ft))
				continue;
			/* It is true of the packet it was learnt from. */
			assert_false(filter_run(f, &m));
			assert_true(ft.ft_need <= k);
			fc.fc_n = 1;
			fc.fc_trace[0] = ft;
			assert_int_equal(
			    filter_vector(f, &fc, &mm, 1, &match), 0);
			assert_int_equal(fc.fc_n, 1);
		}
		filter_destroy(f);
	}
	assert_true(made > 1000);
}

/* A frame that many filters have an opinion about. */
static unsigned
some_frame(struct rnd *r, uint8_t *p)
{
	static const uint16_t types[] = { 0x0800, 0x86dd, 0x0806, 0x8100 };
	static const uint8_t protos[] = { 1, 6, 17, 58 };
	unsigned ip = 14;

	rnd_bytes(r, p, FRAME);
	memset(p, 2, 12);
	p[5] = (uint8_t)rnd_below(r, 3);
	st16be(p + 12, types[rnd_below(r, 4)]);
	if (ld16be(p + 12) == 0x8100) {
		st16be(p + 14, (uint16_t)rnd_below(r, 4));
		st16be(p + 16, 0x0800);
		ip = 18;
	}
	p[ip] = (uint8_t)(ip != 14 || ld16be(p + 12) == 0x0800 ?
	    0x45 + (rnd_below(r, 8) == 0) : 0x60);
	st16be(p + ip + 6, rnd_below(r, 8) == 0 ? 0x2001 : 0);
	p[ip + 9] = protos[rnd_below(r, 4)];
	if (p[ip] == 0x60)
		p[ip + 6] = protos[rnd_below(r, 4)];
	st32be(p + ip + 12, 0x0a000000 + (uint32_t)rnd_below(r, 4));
	st32be(p + ip + 16, 0x0a000000 + (uint32_t)rnd_below(r, 4));
	st16be(p + ip + 20, (uint16_t)(78 + rnd_below(r, 4)));
	st16be(p + ip + 22, (uint16_t)(78 + rnd_below(r, 4)));
	st16be(p + 54, (uint16_t)(78 + rnd_below(r, 4)));
	st16be(p + 56, (uint16_t)(78 + rnd_below(r, 4)));
	return rnd_below(r, 8) == 0 ? (unsigned)rnd_below(r, FRAME) :
	    rnd_below(r, 2) == 0    ? 60 :
		FRAME;
}

/* Another packet of the same kind, but for a byte now and then. */
static struct mbuf
like(struct rnd *r, uint8_t *p, const struct mbuf *m)
{
	memcpy(p, m->m_data, FRAME);
	if (rnd_below(r, 64) == 0)
		p[rnd_below(r, FRAME)] ^= (uint8_t)(1u << rnd_below(r, 8));
	return packet(p,
	    rnd_below(r, 64) > 0 ? m->m_len : (unsigned)rnd_below(r, FRAME));
}

static const char *const filters[] = { "ip", "ip6", "arp", "tcp", "udp",
	"icmp6", "tcp port 80", "udp port 80", "udp port 9999", "not port 80",
	"host 10.0.0.1", "src net 10.0.0.0/31 and dst host 10.0.0.2",
	"ether host 02:02:02:02:02:01", "vlan 2 and tcp", "vlan",
	"portrange 80-81", "tcp[tcpflags] & (tcp-syn|tcp-fin) != 0",
	"greater 100", "less 60", "ip[8] < 3", "ether[20:4] & 0xff > 7",
	"ip and ip[2:2] - 14 > 46",
	"(tcp or udp) and port 79 and host 10.0.0.3",
	"not ip and not ip6", "icmp[icmptype] = icmp-echo", "ether broadcast",
	"ip6 host 2001:db8::1", "ip proto 47", "ip[0] & 0xf != 5",
	"tcp[((tcp[12] & 0xf0) >> 2):4] = 0x47455420" };

/* Learnt or not, the answer is the same. */
static void
same_answers(void **state)
{
	static uint8_t frames[MVEC_MAX][FRAME];
	static struct mbuf m[MVEC_MAX];
	struct mbuf *mm[MVEC_MAX];
	uint8_t match[MVEC_MAX];
	struct filter_cpu fc;
	struct bpf_program bp;
	struct filter *f;
	struct rnd r;
	unsigned i, k, j, n, at, got, learnt = 0;

	(void)state;
	rnd_seed(&r, 1);
	for (i = 0; i < countof(filters); i++) {
		f = compiled(filters[i], &bp);
		assert_non_null(f);
		memset(&fc, 0, sizeof(fc));
		for (k = 0; k < 400; k++) {
			n = 1 + (unsigned)rnd_below(&r, MVEC_MAX);
			for (j = 0; j < n; j++) {
				m[j] = k % 2 == 0 || j == 0 ?
				    packet(frames[j],
					some_frame(&r, frames[j])) :
				    like(&r, frames[j], &m[j - 1]);
				mm[j] = &m[j];
			}
			got = filter_vector(f, &fc, mm, n, match);
			for (j = at = 0; j < n; j++) {
				bool want = bpf_filter(bp.bf_insns,
				    frames[j], m[j].m_len, m[j].m_len) != 0;

				if (want != (at < got && match[at] == j))
					fail_msg("%s: vector %u, frame %u",
					    filters[i], k, j);
				at += want;
			}
			assert_int_equal(at, got);
		}
		learnt += fc.fc_n > 0;
		filter_destroy(f);
		pcap_freecode(&bp);
	}
	assert_true(learnt >= countof(filters) - 4);
}

/* What was learnt of one packet is true of others that differ elsewhere. */
static void
general(void **state)
{
	struct filter_cpu fc = { 0 };
	struct bpf_program bp;
	struct filter *f = compiled("udp port 9999", &bp);
	uint8_t p[FRAME], match;
	struct mbuf m = packet(p, 60), *mm = &m;
	struct rnd r;
	unsigned i;

	(void)state;
	rnd_seed(&r, 3);
	for (i = 0; i < 100; i++) {
		rnd_bytes(&r, p, sizeof(p));
		st16be(p + 12, 0x0800);
		p[14] = 0x45;
		st16be(p + 20, 0);
		p[23] = 17;
		p[34] = p[36] = 1;
		assert_int_equal(filter_vector(f, &fc, &mm, 1, &match), 0);
	}
	assert_int_equal(fc.fc_n, 1);
	/* Every port, in either place. */
	for (i = 0; i <= UINT16_MAX; i++) {
		st16be(p + 34, (uint16_t)i);
		st16be(p + 36, 1);
		assert_int_equal(
		    filter_vector(f, &fc, &mm, 1, &match), i == 9999);
		st16be(p + 34, (uint16_t)~i);
		st16be(p + 36, (uint16_t)i);
		assert_int_equal(filter_vector(f, &fc, &mm, 1, &match),
		    i == 9999 || (uint16_t)~i == 9999);
	}
	filter_destroy(f);
	pcap_freecode(&bp);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(refused),
		cmocka_unit_test(any_program),
		cmocka_unit_test(same_answers),
		cmocka_unit_test(general),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
