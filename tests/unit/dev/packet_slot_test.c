/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Slots of an AF_PACKET ring: what each says, and that nothing outside of one
 * is ever read, whatever stands in it.
 */
#include <linux/if_ether.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "base/random.h"
#include "dev/packet_ring.h"

#define USER  TP_STATUS_USER
#define LEAST (TPACKET2_HDRLEN + 10u) /* of tp_mac: header before the frame */

/* Aligned as in the ring; what lies behind is not to be read. */
static _Alignas(16) uint8_t slot[PACKET_SLOT];

static const struct {
	const char *name;
	struct tpacket2_hdr h;
	uint8_t type; /* sll_pkttype */
	enum packet_what what;
} slots[] = {
	{ "a frame", { USER, 60, 60, 76, 90, 0, 0, 0, 0, { 0 } },
	    PACKET_HOST, PACKET_FRAME },
	{ "to another", { USER, 60, 60, 76, 90, 0, 0, 0, 0, { 0 } },
	    PACKET_OTHERHOST, PACKET_FRAME },
	{ "sent by this machine", { USER, 60, 60, 76, 90, 0, 0, 0, 0, { 0 } },
	    PACKET_OUTGOING, PACKET_NOT_OURS },
	{ "largest", { USER, PACKET_SLOT - 76, PACKET_SLOT - 76, 76, 90, 0, 0,
	    0, 0, { 0 } }, PACKET_HOST, PACKET_FRAME },
	{ "one byte beyond", { USER, PACKET_SLOT - 75, PACKET_SLOT - 75, 76,
	    90, 0, 0, 0, 0, { 0 } }, PACKET_HOST, PACKET_BAD },
	{ "lengths that wrap", { USER, UINT32_MAX - 10, UINT32_MAX - 10, 76,
	    90, 0, 0, 0, 0, { 0 } }, PACKET_HOST, PACKET_BAD },
	{ "behind the slot", { USER, 60, 60, UINT16_MAX, 90, 0, 0, 0, 0,
	    { 0 } }, PACKET_HOST, PACKET_BAD },
	{ "in the slot's header", { USER, 60, 60, LEAST - 1, 90, 0, 0, 0, 0,
	    { 0 } }, PACKET_HOST, PACKET_BAD },
	{ "right behind it", { USER, 60, 60, LEAST, 90, 0, 0, 0, 0, { 0 } },
	    PACKET_HOST, PACKET_FRAME },
	{ "no link header", { USER, 13, 13, 76, 90, 0, 0, 0, 0, { 0 } },
	    PACKET_HOST, PACKET_BAD },
	{ "large",
	    { USER | TP_STATUS_COPY, 9000, 1972, 76, 90, 0, 0, 0, 0, { 0 } },
	    PACKET_HOST, PACKET_LARGE },
	{ "large, no room",
	    { USER | TP_STATUS_LOSING, 9000, 1972, 76, 90, 0, 0, 0, 0, { 0 } },
	    PACKET_HOST, PACKET_LOST },
	/* It is in the socket's queue, and must be taken off. */
	{ "large, sent by this machine", { USER | TP_STATUS_COPY, 9000, 1972,
	    76, 90, 0, 0, 0, 0, { 0 } }, PACKET_OUTGOING, PACKET_LARGE },
};

static void
fill(const struct tpacket2_hdr *h, uint8_t type)
{
	struct sockaddr_ll sll = { .sll_pkttype = type };

	memset(slot, 0, sizeof(slot));
	memcpy(slot, h, sizeof(*h));
	memcpy(slot + TPACKET_ALIGN(sizeof(*h)), &sll, sizeof(sll));
}

static void
what_a_slot_says(void **state)
{
	struct packet_slot ps;
	unsigned i;

	for (i = 0; i < countof(slots); i++) {
		fill(&slots[i].h, slots[i].type);
		if (packet_slot_read(slot, &ps) != slots[i].what)
			fail_msg("%s", slots[i].name);
		if (slots[i].what != PACKET_FRAME)
			continue;
		assert_ptr_equal(ps.ps_data, slot + slots[i].h.tp_mac);
		assert_int_equal(ps.ps_len, slots[i].h.tp_len);
		assert_false(ps.ps_tagged);
	}
}

static void
virtio_header(void **state)
{
	struct virtio_net_hdr hdr = { .flags = 1, .csum_start = 34,
		.csum_offset = 16 };
	struct packet_slot ps;

	fill(&slots[0].h, PACKET_HOST);
	memcpy(slot + 76 - sizeof(hdr), &hdr, sizeof(hdr));
	assert_int_equal(packet_slot_read(slot, &ps), PACKET_FRAME);
	assert_memory_equal(&ps.ps_hdr, &hdr, sizeof(hdr));
}

static void
tags(void **state)
{
	struct tpacket2_hdr h = slots[0].h;
	struct packet_slot ps;

	h.tp_status |= TP_STATUS_VLAN_VALID;
	h.tp_vlan_tci = 0xa014;
	fill(&h, PACKET_HOST);
	assert_int_equal(packet_slot_read(slot, &ps), PACKET_FRAME);
	assert_true(ps.ps_tagged);
	assert_int_equal(ps.ps_tci, 0xa014);
	assert_int_equal(ps.ps_tpid, ETH_P_8021Q); /* by older kernels */
	h.tp_status |= TP_STATUS_VLAN_TPID_VALID | TP_STATUS_COPY;
	h.tp_vlan_tpid = ETH_P_8021AD;
	fill(&h, PACKET_HOST);
	assert_int_equal(packet_slot_read(slot, &ps), PACKET_LARGE);
	assert_true(ps.ps_tagged);
	assert_int_equal(ps.ps_tpid, ETH_P_8021AD);
}

static void
any_bytes(void **state)
{
	struct packet_slot ps;
	struct rnd r;
	unsigned i, k;

	rnd_seed(&r, 1);
	for (i = 0; i < 100000; i++) {
		for (k = 0; k < 64; k += 8) {
			uint64_t v = rnd_u64(&r);

			memcpy(slot + k, &v, sizeof(v));
		}
		if (i % 2 == 0) { /* often something that fits */
			struct tpacket2_hdr h;

			memcpy(&h, slot, sizeof(h));
			h.tp_status &= ~(uint32_t)TP_STATUS_COPY;
			h.tp_mac &= 2047;
			h.tp_snaplen &= 2047;
			h.tp_len = h.tp_snaplen;
			memcpy(slot, &h, sizeof(h));
		}
		if (packet_slot_read(slot, &ps) != PACKET_FRAME)
			continue;
		assert_true(ps.ps_data >= slot + LEAST);
		assert_true(ps.ps_data + ps.ps_len <= slot + sizeof(slot));
		assert_true(ps.ps_len >= ETH_HLEN);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_a_slot_says),
		cmocka_unit_test(virtio_header),
		cmocka_unit_test(tags),
		cmocka_unit_test(any_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
