/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * virtio headers: what each means for a packet, what none may claim, and that
 * a packet's state survives the way out and in again.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "base/random.h"
#include "dev/vnet.h"

#define NEEDS VIRTIO_NET_HDR_F_NEEDS_CSUM
#define VALID VIRTIO_NET_HDR_F_DATA_VALID
#define TCP4  VIRTIO_NET_HDR_GSO_TCPV4
#define TCP6  VIRTIO_NET_HDR_GSO_TCPV6
#define ECN   VIRTIO_NET_HDR_GSO_ECN
#define UDP   VNET_GSO_UDP_L4

static uint8_t frame[2048];

static void
packet(struct mbuf *m, unsigned len)
{
	memset(m, 0, sizeof(*m));
	m->m_data = m->m_head = frame;
	m->m_size = sizeof(frame);
	m->m_len = m->m_pktlen = len;
	frame[34 + 12] = 8 << 4; /* a TCP header of 32 bytes */
	frame[54 + 12] = 5 << 4;
}

static const struct {
	const char *name;
	unsigned len;
	struct virtio_net_hdr h;
	bool ok;
	unsigned flags; /* MF_* */
	unsigned gso;
} in[] = {
	{ "nothing", 60, { 0 }, true, 0, GSO_NONE },
	{ "verified", 60, { .flags = VALID }, true, MF_CSUM_OK, GSO_NONE },
	{ "partial", 60, { .flags = NEEDS, .csum_start = 34,
	    .csum_offset = 6 }, true, MF_CSUM_PARTIAL | MF_CSUM_OK, GSO_NONE },
	{ "partial, in the last bytes", 60, { .flags = NEEDS,
	    .csum_start = 42, .csum_offset = 16 }, true,
	    MF_CSUM_PARTIAL | MF_CSUM_OK, GSO_NONE },
	{ "partial, one byte beyond", 60,
	    { .flags = NEEDS, .csum_start = 43, .csum_offset = 16 }, false, 0,
	    0 },
	{ "partial, in the link header", 60,
	    { .flags = NEEDS, .csum_start = 13, .csum_offset = 6 }, false, 0,
	    0 },
	{ "partial, offset too large to keep", 1000,
	    { .flags = NEEDS, .csum_start = 34, .csum_offset = 256 }, false, 0,
	    0 },
	{ "partial, sums that wrap", 60,
	    { .flags = NEEDS, .csum_start = 65535, .csum_offset = 65535 },
	    false, 0, 0 },
	{ "TCP segment", 2000,
	    { .flags = NEEDS,
		.gso_type = TCP4,
		.gso_size = 1448,
		.csum_start = 34,
		.csum_offset = 16 },
	    true, MF_CSUM_PARTIAL | MF_CSUM_OK, GSO_TCP4 },
	{ "TCP segment over IPv6 with CWR", 2000,
	    { .flags = NEEDS,
		.gso_type = TCP6 | ECN,
		.gso_size = 1428,
		.csum_start = 54,
		.csum_offset = 16 },
	    true, MF_CSUM_PARTIAL | MF_CSUM_OK, GSO_TCP6 },
	{ "UDP segment", 2000,
	    { .flags = NEEDS,
		.gso_type = UDP,
		.gso_size = 500,
		.csum_start = 34,
		.csum_offset = 6 },
	    true, MF_CSUM_PARTIAL | MF_CSUM_OK, GSO_UDP },
	{ "segment without a size", 2000,
	    { .flags = NEEDS,
		.gso_type = TCP4,
		.csum_start = 34,
		.csum_offset = 16 },
	    false, 0, 0 },
	{ "segment with a finished checksum", 2000,
	    { .gso_type = TCP4,
		.gso_size = 1448,
		.csum_start = 34,
		.csum_offset = 16 },
	    false, 0, 0 },
	{ "TCP segment with UDP's checksum", 2000,
	    { .flags = NEEDS,
		.gso_type = TCP4,
		.gso_size = 1448,
		.csum_start = 34,
		.csum_offset = 6 },
	    false, 0, 0 },
	{ "segment shorter than its header", 53,
	    { .flags = NEEDS,
		.gso_type = TCP4,
		.gso_size = 10,
		.csum_start = 34,
		.csum_offset = 16 },
	    false, 0, 0 },
	{ "old UDP fragmentation", 2000,
	    { .flags = NEEDS,
		.gso_type = VIRTIO_NET_HDR_GSO_UDP,
		.gso_size = 500,
		.csum_start = 34,
		.csum_offset = 6 },
	    false, 0, 0 },
	{ "unknown segmentation", 2000,
	    { .flags = NEEDS,
		.gso_type = 0x7f,
		.gso_size = 500,
		.csum_start = 34,
		.csum_offset = 6 },
	    false, 0, 0 },
};

static void
headers_in(void **state)
{
	struct mbuf m, before;
	unsigned i;

	for (i = 0; i < countof(in); i++) {
		packet(&m, in[i].len);
		before = m;
		if (vnet_to_mbuf(&in[i].h, &m) != in[i].ok)
			fail_msg("%s", in[i].name);
		if (!in[i].ok) {
			assert_memory_equal(&m, &before, sizeof(m));
			continue;
		}
		assert_int_equal(m.m_flags, in[i].flags);
		assert_int_equal(m.m_gso, in[i].gso);
		assert_int_equal(m.m_gsosize, in[i].h.gso_size);
		if ((m.m_flags & MF_CSUM_PARTIAL) == 0)
			continue;
		assert_int_equal(m.m_l4off, in[i].h.csum_start);
		assert_int_equal(m.m_csumoff, in[i].h.csum_offset);
	}
}

/* What is accepted can be sent, and means the same on the other side. */
static void
there_and_back(void **state)
{
	struct virtio_net_hdr h;
	struct mbuf m, m2;
	unsigned i;

	for (i = 0; i < countof(in); i++) {
		if (!in[i].ok)
			continue;
		packet(&m, in[i].len);
		packet(&m2, in[i].len);
		assert_true(vnet_to_mbuf(&in[i].h, &m));
		vnet_from_mbuf(&h, &m);
		assert_true(vnet_to_mbuf(&h, &m2));
		assert_memory_equal(&m, &m2, sizeof(m));
	}
}

static void
header_lengths(void **state)
{
	struct virtio_net_hdr h;
	struct mbuf m;

	packet(&m, 2000);
	m.m_flags = MF_CSUM_PARTIAL;
	m.m_l4off = 34;
	m.m_csumoff = 16;
	m.m_gsosize = 1448;
	m.m_gso = GSO_TCP4;
	vnet_from_mbuf(&h, &m);
	assert_int_equal(h.hdr_len, 34 + 32);
	m.m_gso = GSO_UDP;
	vnet_from_mbuf(&h, &m);
	assert_int_equal(h.hdr_len, 34 + 8);
}

/* No header makes a packet that others would read beyond. */
static void
any_bytes(void **state)
{
	struct virtio_net_hdr h;
	struct mbuf m;
	struct rnd rnd;
	unsigned i, k;

	rnd_seed(&rnd, 1);
	for (i = 0; i < 1000000; i++) {
		uint64_t r[2] = { rnd_u64(&rnd), rnd_u64(&rnd) };

		memcpy(&h, r, sizeof(h));
		/* Small values, so that some are accepted. */
		for (k = 4; k < sizeof(h); k++)
			if ((r[1] >> (k + 8) & 3) != 0)
				((uint8_t *)&h)[k] &= (k & 1) ? 0 : 0x3f;
		packet(&m, 14 + (unsigned)(r[1] >> 48) % 200);
		if (!vnet_to_mbuf(&h, &m) ||
		    (m.m_flags & MF_CSUM_PARTIAL) == 0)
			continue;
		assert_true(m.m_l4off >= 14);
		assert_true(m.m_l4off + m.m_csumoff + 2u <= m.m_pktlen);
		if (m.m_gso != GSO_NONE)
			vnet_from_mbuf(&h, &m);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(headers_in),
		cmocka_unit_test(there_and_back),
		cmocka_unit_test(header_lengths),
		cmocka_unit_test(any_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
