/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The tap driver on a socket pair for each queue: what is written at the other
 * end is one frame, as with the kernel's taps.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cmocka.h>

#include "dev/drivers.h"
#include "dev/open.h"
#include "dev/vnet.h"
#include "host.h"

#define FRAME_MAX (65536 + 14)
#define NCPUS     2

static uint64_t now;
static struct spate *sp;
static struct ifnet *ifp;
static int other[NCPUS]; /* the kernel's ends */

static int
fake_open(const struct opener *op, const struct open_req *req, int memfd,
    struct open_res *os, int *fds, unsigned maxfds)
{
	int pair[2], size = 1 << 20;
	unsigned i;

	memset(os, 0, sizeof(*os));
	os->os_mtu = 1500;
	if (req->or_kind != OPEN_TAP)
		return 0;
	os->os_nfds = req->or_queues;
	for (i = 0; i < os->os_nfds; i++) {
		assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET |
		    SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair), 0);
		setsockopt(pair[0], SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
		setsockopt(pair[1], SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
		fds[i] = pair[0];
		other[i] = pair[1];
	}
	return 0;
}

static struct opener fake = { .op_open = fake_open };

static int
setup(void **state)
{
	struct dev_conf dc = { .dc_driver = "tap" };

	sp = host_create(NCPUS, &now);
	sp->sp_env.env_opener = &fake;
	ifp = host_attach(sp, "tap0", &dev_tap, &dc);
	return 0;
}

static int
teardown(void **state)
{
	unsigned i;

	if (ifp != NULL)
		host_detach(sp, ifp);
	assert_int_equal(host_missing(sp), 0);
	host_destroy(sp);
	for (i = 0; i < NCPUS; i++)
		close(other[i]);
	return 0;
}

static uint8_t
pattern(unsigned i)
{
	return (uint8_t)(i * 31 + i / 256);
}

/* The kernel sends a frame of n bytes on a queue. */
static void
kernel_sends(unsigned q, unsigned n)
{
	static uint8_t buf[sizeof(struct virtio_net_hdr) + FRAME_MAX];
	unsigned i;

	memset(buf, 0, sizeof(struct virtio_net_hdr));
	for (i = 0; i < n; i++)
		buf[sizeof(struct virtio_net_hdr) + i] = pattern(i);
	n += (unsigned)sizeof(struct virtio_net_hdr);
	assert_int_equal(write(other[q], buf, n), n);
}

/* The next frame on a queue, or NULL. */
static struct mbuf *
receive(unsigned q)
{
	struct cpu *c = host_cpu(sp, q);
	struct mvec mv = { .mv_n = 0 };

	if (dev_tap.do_rx(c, &ifp->if_rxq[q], &mv, 1) == 0)
		return NULL;
	assert_int_equal(mv.mv_n, 1);
	return mv.mv_m[0];
}

static unsigned
pieces(const struct mbuf *m)
{
	unsigned n = 0;

	for (; m != NULL; m = m->m_next)
		n++;
	return n;
}

static void
check(const struct mbuf *m, unsigned n)
{
	uint8_t *p = test_malloc(n);
	unsigned i;

	assert_int_equal(m->m_pktlen, n);
	m_copydata(m, 0, n, p);
	for (i = 0; i < n && p[i] == pattern(i); i++)
		continue;
	assert_int_equal(i, n);
	test_free(p);
}

/* What the kernel got is what was sent. */
static void
kernel_gets(unsigned q, unsigned n)
{
	static uint8_t buf[sizeof(struct virtio_net_hdr) + FRAME_MAX];
	unsigned i;

	assert_int_equal(read(other[q], buf, sizeof(buf)),
	    sizeof(struct virtio_net_hdr) + n);
	for (i = 0; i < n; i++)
		if (buf[sizeof(struct virtio_net_hdr) + i] != pattern(i))
			fail_msg("byte %u of %u", i, n);
}

static void
put(unsigned q, struct mbuf *m)
{
	struct cpu *c = host_cpu(sp, q);

	assert_int_equal(dev_tap.do_tx(c, &ifp->if_txq[q], &m, 1), 1);
}

static const struct {
	unsigned len;
	unsigned pieces;
} sizes[] = {
	{ 14, 1 },
	{ 60, 1 },
	{ MBUF_DATA, 1 },
	{ MBUF_DATA + 1, 2 },
	{ 9014, 2 },
	{ FRAME_MAX, 2 },
};

static void
any_size(void **state)
{
	unsigned i, round;
	struct mbuf *m;

	for (round = 0; round < 50; round++)
		for (i = 0; i < countof(sizes); i++) {
			kernel_sends(round % NCPUS, sizes[i].len);
			m = receive(round % NCPUS);
			assert_non_null(m);
			check(m, sizes[i].len);
			assert_int_equal(pieces(m), sizes[i].pieces);
			assert_in_range(m_headroom(m), MBUF_HEADROOM,
			    MBUF_HEADMOST);
			put(round % NCPUS, m);
			kernel_gets(round % NCPUS, sizes[i].len);
		}
	assert_null(receive(0));
}

/* All large ones are held somewhere: usual ones stand in, and go again. */
static void
without_large_ones(void **state)
{
	struct mbuf *held[32], *m, *k;
	unsigned i, n = 0;

	do {
		assert_true(n < countof(held));
		kernel_sends(0, FRAME_MAX);
		assert_non_null(held[n] = receive(0));
		check(held[n], FRAME_MAX);
	} while (pieces(held[n++]) == 2);
	assert_true(n > 2);
	for (i = 0; i < countof(sizes); i++) {
		kernel_sends(0, sizes[i].len);
		assert_non_null(m = receive(0));
		check(m, sizes[i].len);
		put(0, m);
		kernel_gets(0, sizes[i].len);
	}
	/* One that comes home serves the next frame, after what was ready. */
	m_free(host_cpu(sp, 1), held[0]);
	host_settle(sp);
	kernel_sends(0, FRAME_MAX);
	assert_non_null(m = receive(0));
	assert_int_equal(pieces(m), 2);
	assert_non_null(k = m_copy(host_cpu(sp, 0), m));
	check(k, FRAME_MAX);
	m_free(host_cpu(sp, 0), m);
	m_free(host_cpu(sp, 0), k);
	for (i = 1; i < n; i++)
		m_free(host_cpu(sp, i % NCPUS), held[i]);
}

/* Frames wait where they are until there are buffers. */
static void
without_buffers(void **state)
{
	static struct mbuf *m[HOST_BUFS];
	struct mbuf *got;
	unsigned n;

	kernel_sends(0, 60);
	kernel_sends(0, 9000);
	n = m_alloc_bulk(host_cpu(sp, 0), m, HOST_BUFS);
	assert_null(receive(0));
	m_free_bulk(host_cpu(sp, 0), m, n);
	assert_non_null(got = receive(0));
	check(got, 60);
	m_free(host_cpu(sp, 0), got);
	assert_non_null(got = receive(0));
	check(got, 9000);
	m_free(host_cpu(sp, 0), got);
}

/* The device is closed while its frames are on their way. */
static void
closed_before(void **state)
{
	struct mbuf *m[8];
	unsigned i;

	for (i = 0; i < countof(m); i++) {
		kernel_sends(i % NCPUS, FRAME_MAX);
		assert_non_null(m[i] = receive(i % NCPUS));
	}
	host_detach(sp, ifp);
	ifp = NULL;
	assert_true(host_missing(sp) >= 2 * countof(m));
	for (i = 0; i < countof(m); i++) {
		check(m[i], FRAME_MAX);
		m_free(host_cpu(sp, 0), m[i]);
	}
}

/* What layers do to packets, on one with a large part. */
static void
worked_on(void **state)
{
	struct mbuf *m, *k;
	struct cpu *c;

	kernel_sends(0, 20000);
	assert_non_null(m = receive(0));
	c = host_cpu(sp, 0);
	assert_non_null(k = m_clone(c, m));
	assert_int_equal(pieces(k), 2);
	check(k, 20000);
	assert_non_null(m = m_writable(c, m, 100));
	assert_int_equal(pieces(m), 10);
	m_trim(c, m, 15000);
	check(m, 5000);
	m_trim(c, k, 10000);
	check(k, 10000);
	assert_false(m_pullup(c, k, 2000)); /* shared */
	m_free(c, m);
	m_free(c, k);
	kernel_sends(0, 3000);
	assert_non_null(m = receive(0));
	assert_true(m_pullup(c, m, 2000));
	check(m, 3000);
	assert_true(m_append(c, m, "end", 3));
	assert_int_equal(pieces(m), 2);
	m_trim(c, m, 3);
	check(m, 3000);
	m_free(c, m);
}

static void
queues_apart(void **state)
{
	host_queues_apart(ifp, NCPUS);
}

int
main(void)
{
#define T(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(any_size),
		T(without_large_ones),
		T(without_buffers),
		T(closed_before),
		T(worked_on),
		T(queues_apart),
	};
#undef T

	return cmocka_run_group_tests_name("dev/tap", tests, NULL, NULL);
}
