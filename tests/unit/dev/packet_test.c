/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The driver packet on rings that a file without a name stands in for: what
 * lies in slots comes out as packets, in order, and slots go back.  Sending,
 * and frames too large for a slot, need real sockets (tests/net).
 */
#include <errno.h>
#include <linux/if_ether.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "dev/drivers.h"
#include "dev/open.h"
#include "dev/packet_ring.h"
#include "host.h"

#define NQ  2
#define MAC 90 /* where the frame lies in a slot */

static uint64_t now;
static struct spate *sp;
static uint8_t *ring[NQ]; /* the kernel's view */
static unsigned at[NQ]; /* where it is */
static struct open_req asked;
static int opening; /* what the opener answers */

static int
fake_open(const struct opener *op, const struct open_req *req, int memfd,
    struct open_res *os, int *fds, unsigned maxfds)
{
	static const uint8_t mac[6] = { 2, 0, 0, 0, 0, 7 };
	unsigned q;

	(void)op;
	(void)memfd;
	asked = *req;
	memset(os, 0, sizeof(*os));
	if (opening != 0) {
		snprintf(os->os_text, sizeof(os->os_text), "not today");
		return os->os_error = opening;
	}
	assert_true(maxfds >= NQ + OPEN_PACKET_EXTRA);
	os->os_nrxq = os->os_ntxq = NQ;
	os->os_mtu = 1500;
	os->os_ifindex = 7;
	memcpy(os->os_mac, mac, sizeof(mac));
	for (q = 0; q < NQ + OPEN_PACKET_MUTE; q++) {
		fds[q] = memfd_create("ring", MFD_CLOEXEC);
		assert_true(fds[q] >= 0);
		assert_int_equal(ftruncate(fds[q], PACKET_RING), 0);
		if (q >= NQ)
			continue;
		ring[q] = mmap(NULL, PACKET_RING, PROT_READ | PROT_WRITE,
		    MAP_SHARED, fds[q], 0);
		assert_ptr_not_equal(ring[q], MAP_FAILED);
		at[q] = 0;
	}
	os->os_nfds = NQ + OPEN_PACKET_MUTE;
	return 0;
}

static struct opener fake = { .op_open = fake_open };

static int
setup(void **state)
{
	sp = host_create(2, &now);
	sp->sp_env.env_opener = &fake;
	opening = 0;
	return 0;
}

static int
teardown(void **state)
{
	host_destroy(sp);
	return 0;
}

static struct ifnet *
attach(const struct dev_conf *more)
{
	struct dev_conf dc = { .dc_driver = "packet", .dc_device = "eth7",
		.dc_queues = NQ };

	if (more != NULL) {
		dc.dc_nooffload = more->dc_nooffload;
		dc.dc_nomute = more->dc_nomute;
		dc.dc_norx = more->dc_norx;
		dc.dc_mtu = more->dc_mtu;
	}
	return host_attach(sp, "wan", &dev_packet, &dc);
}

static void
detach(struct ifnet *ifp)
{
	unsigned q;

	host_detach(sp, ifp);
	for (q = 0; q < NQ; q++)
		munmap(ring[q], PACKET_RING);
	assert_int_equal(host_missing(sp), 0);
}

/* As the kernel does: a frame of n bytes, all of them b. */
static struct tpacket2_hdr *
put(unsigned q, uint8_t b, unsigned n)
{
	uint8_t *slot = ring[q] + (size_t)(at[q]++ % PACKET_SLOTS) *
	    PACKET_SLOT;
	struct tpacket2_hdr *h = (void *)slot;

	assert_int_equal(h->tp_status, TP_STATUS_KERNEL);
	memset(slot, 0, MAC);
	h->tp_len = h->tp_snaplen = n;
	h->tp_mac = MAC;
	memset(slot + MAC, b, n);
	h->tp_status = TP_STATUS_USER;
	return h;
}

static unsigned
take(struct ifnet *ifp, unsigned q, struct mvec *mv, unsigned max)
{
	mv->mv_n = 0;
	return dev_packet.do_rx(host_cpu(sp, q), &ifp->if_rxq[q], mv, max);
}

static void
free_all(struct cpu *c, struct mvec *mv)
{
	m_free_bulk(c, mv->mv_m, mv->mv_n);
	mv->mv_n = 0;
}

static void
frames_in_order(void **state)
{
	struct ifnet *ifp = attach(NULL);
	struct mvec mv;
	unsigned i;

	assert_int_equal(take(ifp, 0, &mv, 32), 0);
	for (i = 0; i < 5; i++)
		put(0, (uint8_t)i, 60 + i);
	assert_true(dev_packet.do_arm(sp->sp_cpu[0], &ifp->if_rxq[0]));
	assert_int_equal(take(ifp, 0, &mv, 3), 3);
	free_all(host_cpu(sp, 0), &mv);
	assert_int_equal(take(ifp, 1, &mv, 32), 0);
	assert_int_equal(take(ifp, 0, &mv, 32), 2);
	for (i = 0; i < 2; i++) {
		const struct mbuf *m = mv.mv_m[i];

		assert_int_equal(m->m_pktlen, 63 + i);
		assert_int_equal(m->m_len, 63 + i);
		assert_int_equal(m->m_data[0], 3 + i);
		assert_in_range(m_headroom(m), MBUF_HEADROOM,
		    MBUF_HEADMOST);
	}
	assert_false(dev_packet.do_arm(sp->sp_cpu[0], &ifp->if_rxq[0]));
	for (i = 0; i < 5; i++)
		assert_int_equal(ring[0][i * PACKET_SLOT], TP_STATUS_KERNEL);
	free_all(host_cpu(sp, 0), &mv);
	detach(ifp);
}

static void
round_and_round(void **state)
{
	struct ifnet *ifp = attach(NULL);
	unsigned i, n = 0, got;
	struct mvec mv;

	for (i = 0; i < 3 * PACKET_SLOTS; i++) {
		put(1, (uint8_t)i, 64);
		if (i % 50 != 49)
			continue;
		while ((got = take(ifp, 1, &mv, 32)) > 0) {
			assert_int_equal(mv.mv_m[0]->m_data[0], (uint8_t)n);
			n += got;
			free_all(host_cpu(sp, 1), &mv);
		}
	}
	assert_int_equal(n, 3 * PACKET_SLOTS / 50 * 50);
	detach(ifp);
}

static void
larger_than_a_buffer(void **state)
{
	struct ifnet *ifp = attach(NULL);
	unsigned n = PACKET_SLOT - MAC;
	struct mvec mv;
	const struct mbuf *rest;

	put(0, 9, n);
	assert_int_equal(take(ifp, 0, &mv, 32), 1);
	assert_int_equal(mv.mv_m[0]->m_pktlen, n);
	/* It depends on the buffer's headroom whether one is enough. */
	rest = mv.mv_m[0]->m_next;
	assert_int_equal(mv.mv_m[0]->m_len + (rest != NULL ? rest->m_len : 0),
	    n);
	free_all(host_cpu(sp, 0), &mv);
	detach(ifp);
}

/* The tag is in the frame again, and the checksum where it was, behind it. */
static void
tag_is_put_back(void **state)
{
	static const uint8_t want[] = { 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5,
		0x88, 0xa8, 0xa0, 0x14, 5, 5 };
	struct virtio_net_hdr hdr = { .flags = VIRTIO_NET_HDR_F_NEEDS_CSUM,
		.csum_start = 34, .csum_offset = 16 };
	struct ifnet *ifp = attach(NULL);
	struct tpacket2_hdr *h = put(0, 5, 60);
	const struct mbuf *m;
	struct mvec mv;

	h->tp_status |= TP_STATUS_VLAN_VALID | TP_STATUS_VLAN_TPID_VALID;
	h->tp_vlan_tci = 0xa014;
	h->tp_vlan_tpid = ETH_P_8021AD;
	memcpy((uint8_t *)h + MAC - sizeof(hdr), &hdr, sizeof(hdr));
	assert_int_equal(take(ifp, 0, &mv, 32), 1);
	m = mv.mv_m[0];
	assert_int_equal(m->m_pktlen, 64);
	assert_memory_equal(m->m_data, want, sizeof(want));
	assert_int_equal(m->m_l4off, 38);
	assert_int_equal(m->m_csumoff, 16);
	assert_true((m->m_flags & MF_CSUM_PARTIAL) != 0);
	free_all(host_cpu(sp, 0), &mv);
	detach(ifp);
}

static void
what_is_lost_is_counted(void **state)
{
	struct ifnet *ifp = attach(NULL);
	struct virtio_net_hdr hdr = { .gso_type = 77 };
	struct dev_stats ds;
	struct mvec mv;

	put(0, 1, 60)->tp_len = 9000; /* cut short */
	put(0, 1, 60)->tp_mac = 3;
	memcpy((uint8_t *)put(0, 1, 60) + MAC - sizeof(hdr), &hdr,
	    sizeof(hdr));
	put(1, 1, 60)->tp_mac = 3;
	put(0, 2, 60);
	assert_int_equal(take(ifp, 0, &mv, 32), 1);
	assert_int_equal(mv.mv_m[0]->m_data[0], 2);
	free_all(host_cpu(sp, 0), &mv);
	assert_int_equal(take(ifp, 1, &mv, 32), 0);
	dev_packet.do_stats(ifp, &ds);
	assert_int_equal(ds.ds_rx_dropped, 1);
	assert_int_equal(ds.ds_rx_errors, 3);
	assert_non_null(strstr(ds.ds_note, "1 frames lost"));
	detach(ifp);
}

/* What finds no buffer is lost, and there is an end to it. */
static void
empty_pool(void **state)
{
	struct ifnet *ifp = attach(NULL);
	struct mbuf *all[HOST_BUFS];
	struct cpu *c = host_cpu(sp, 0);
	unsigned n = m_alloc_bulk(c, all, HOST_BUFS);
	struct dev_stats ds;
	struct mvec mv;

	put(0, 1, 60);
	assert_int_equal(take(ifp, 0, &mv, 32), 0);
	dev_packet.do_stats(ifp, &ds);
	assert_int_equal(ds.ds_rx_dropped, 1);
	m_free_bulk(c, all, n);
	put(0, 2, 60);
	assert_int_equal(take(ifp, 0, &mv, 32), 1);
	free_all(c, &mv);
	detach(ifp);
}

static void
what_it_can_and_asks_for(void **state)
{
	struct ifnet *ifp = attach(NULL);

	assert_int_equal(asked.or_kind, OPEN_PACKET);
	assert_string_equal(asked.or_name, "eth7");
	assert_int_equal(asked.or_queues, NQ);
	assert_int_equal(asked.or_flags, 0);
	assert_int_equal(ifp->if_mtu, 1500);
	assert_int_equal(ifp->if_caps & (IFCAP_TXCSUM | IFCAP_TSO4 |
	    IFCAP_TSO6 | IFCAP_USO), IFCAP_TXCSUM | IFCAP_TSO4 | IFCAP_TSO6);
	detach(ifp);
	ifp = attach(&(struct dev_conf){ .dc_nooffload = true,
	    .dc_nomute = true, .dc_mtu = 1280 });
	assert_int_equal(asked.or_flags, OPENF_NOMUTE);
	assert_int_equal(ifp->if_mtu, 1280);
	assert_int_equal(ifp->if_caps, IFCAP_CHAIN | IFCAP_RXCSUM);
	detach(ifp);
}

/* What is in the ring, of which it has none, is not its own. */
static void
only_sends(void **state)
{
	struct ifnet *ifp = attach(&(struct dev_conf){ .dc_norx = true });
	struct mvec mv;

	assert_int_equal(asked.or_flags, OPENF_NORX);
	put(0, 1, 60);
	assert_false(dev_packet.do_arm(sp->sp_cpu[0], &ifp->if_rxq[0]));
	assert_int_equal(take(ifp, 0, &mv, 32), 0);
	assert_int_equal(ring[0][0], TP_STATUS_USER);
	detach(ifp);
}

static void
queues_apart(void **state)
{
	struct ifnet *ifp = attach(NULL);

	host_queues_apart(ifp, NQ);
	detach(ifp);
}

static void
refusals(void **state)
{
	struct dev_conf dc = { .dc_driver = "packet", .dc_device = "eth7",
		.dc_queues = NQ, .dc_mtu = 1501 };
	struct ifnet *ifp;
	char err[256];
	unsigned q;

	role_enter(&on_ctl);
	assert_int_equal(if_attach(sp->sp_ctl, "wan", &dev_packet, &dc, &ifp,
	    err, sizeof(err)), EINVAL);
	assert_non_null(strstr(err, "ip link set eth7 mtu 1501"));
	for (q = 0; q < NQ; q++)
		munmap(ring[q], PACKET_RING);
	opening = EPERM;
	assert_int_equal(if_attach(sp->sp_ctl, "wan", &dev_packet, &dc, &ifp,
	    err, sizeof(err)), EPERM);
	assert_string_equal(err, "not today");
	assert_int_equal(host_missing(sp), 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(frames_in_order),
		TEST(round_and_round),
		TEST(larger_than_a_buffer),
		TEST(tag_is_put_back),
		TEST(what_is_lost_is_counted),
		TEST(empty_pool),
		TEST(what_it_can_and_asks_for),
		TEST(only_sends),
		TEST(queues_apart),
		TEST(refusals),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
