/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * memif from Spate to Spate, in one process: both roles, one and two queues,
 * frames of all sizes both ways, full rings, indices that wrap, sleeping and
 * waking, either side that goes and comes back, and who is not let in.
 */
#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "memif_bed.h"

static const unsigned sizes[] = { 14, 31, 32, 60, 63, 64, 65, 127, 128, 1514,
	MBUF_DATA, MBUF_DATA + 1, 2047, 2048, 2049, 4096, 9018, 65549 };

static void
all_sizes_both_ways(void **state)
{
	struct mlink l;
	unsigned s, i, q, queues;

	for (queues = 1; queues <= 2; queues++) {
		mlink_init(&l, queues);
		mlink_up(&l);
		for (i = 0; i < countof(sizes); i++)
			for (s = 0; s < 2; s++)
				for (q = 0; q < queues; q++) {
					assert_int_equal(mlink_send(&l, s, q,
					    i, 1, sizes[i]), 1);
					assert_int_equal(mlink_receive(&l, !s,
					    q, i, sizes[i]), 1);
				}
		mlink_down(&l);
	}
}

/* More than 2^16 descriptors each way; a vector never fits the end evenly. */
static void
indices_wrap(void **state)
{
	struct mlink l;
	uint32_t id;
	unsigned s, n;

	mlink_init(&l, 1);
	mlink_up(&l);
	for (s = 0; s < 2; s++)
		for (id = 0; id < 70000; id += n) {
			n = id % 3 == 0 ? 61 : 7;
			assert_int_equal(mlink_send(&l, s, 0, id, n, 60), n);
			assert_int_equal(mlink_receive(&l, !s, 0, id, 60), n);
		}
	/* And chains of three across it. */
	for (s = 0; s < 2; s++)
		for (id = 0; id < 66000 / 3; id += 20) {
			assert_int_equal(
			    mlink_send(&l, s, 0, id, 20, 5000), 20);
			assert_int_equal(
			    mlink_receive(&l, !s, 0, id, 5000), 20);
		}
	mlink_down(&l);
}

static void
full_rings(void **state)
{
	struct dev_stats ds;
	struct mlink l;
	unsigned s;

	mlink_init(&l, 1);
	l.mc[CLIENT].mc_ring = 8;
	mlink_up(&l);
	for (s = 0; s < 2; s++) {
		assert_int_equal(mlink_send(&l, s, 0, 0, 20, 60), 8);
		assert_int_equal(mlink_send(&l, s, 0, 0, 1, 60), 0);
		assert_int_equal(mlink_receive(&l, !s, 0, 0, 60), 8);
		/* Three buffers each: two frames, the third does not fit. */
		assert_int_equal(mlink_send(&l, s, 0, 5, 3, 5000), 2);
		assert_int_equal(mlink_receive(&l, !s, 0, 5, 5000), 2);
		/* What all buffers do not hold is lost, and counted. */
		assert_int_equal(mlink_send(&l, s, 0, 7, 1, 8 * 2048 + 1), 1);
		assert_int_equal(mlink_receive(&l, !s, 0, 7, 60), 0);
		mlink_note(&l, s, &ds);
		assert_int_equal(ds.ds_tx_errors, 1);
		assert_int_equal(mlink_send(&l, s, 0, 9, 1, 8 * 2048), 1);
		assert_int_equal(mlink_receive(&l, !s, 0, 9, 8 * 2048), 1);
	}
	mlink_down(&l);
}

/* The other end's ring of a queue, which both have mapped. */
static struct memif_ring_wire *
wire_of(struct mlink *l, unsigned side, bool tx)
{
	const struct memif_softc *ms = l->ifp[side]->if_softc;
	const struct memif_link *ml = ms->ms_conn->mc_link;

	return tx ? ml->ml_tx[0].mr_wire : ml->ml_rx[0].mr_wire;
}

static void
rubbish_head(struct memif_ring_wire *mw)
{
	mw->mw_head = (uint16_t)(mw->mw_head + 1000);
}

static void
rubbish_tail(struct memif_ring_wire *mw)
{
	mw->mw_tail = (uint16_t)(mw->mw_tail + 1000);
}

/* The client's next one, on a ring from it. */
static struct memif_desc *
next_filled(struct memif_ring_wire *mw, unsigned n)
{
	return &mw->mw_desc[(mw->mw_head + n) % 64];
}

static void
fill_next(struct memif_ring_wire *mw, unsigned n, uint64_t what)
{
	unsigned i;

	for (i = 0; i < n; i++)
		next_filled(mw, i)->md_what = what;
	mw->mw_head = (uint16_t)(mw->mw_head + n);
}

static void
rubbish_region(struct memif_ring_wire *mw)
{
	fill_next(mw, 1, memif_what(0, 7, 60));
}

static void
rubbish_offset(struct memif_ring_wire *mw)
{
	next_filled(mw, 0)->md_where = UINT32_MAX - 30;
	fill_next(mw, 1, memif_what(0, 0, 60));
}

static void
rubbish_chain(struct memif_ring_wire *mw)
{
	fill_next(mw, 64, memif_what(MEMIF_NEXT, 0, 60));
}

static void
rubbish_frame(struct memif_ring_wire *mw)
{
	fill_next(mw, 40, memif_what(MEMIF_NEXT, 0, 2048));
}

/* The server's next one, on a ring to the client. */
static void
rubbish_length(struct memif_ring_wire *mw)
{
	mw->mw_desc[mw->mw_tail % 64].md_what = memif_what(0, 0, 2049);
	mw->mw_tail = (uint16_t)(mw->mw_tail + 1);
}

static void
rubbish_offer(struct memif_ring_wire *mw)
{
	mw->mw_desc[mw->mw_tail % 64].md_where = UINT32_MAX - 30;
}

static void
rubbish_empty(struct memif_ring_wire *mw)
{
	mw->mw_desc[mw->mw_tail % 64].md_what = memif_what(0, 0, 0);
}

/* It is cut off, said why, counted; and the next connection works. */
static void
rubbish_is_cut_off(void **state)
{
	static const struct {
		void (*write)(struct memif_ring_wire *);
		unsigned victim;
		bool tx; /* the victim sends on the ring */
		const char *why;
	} tab[] = {
		{ rubbish_head, SERVER, false, "moved its index" },
		{ rubbish_tail, CLIENT, false, "moved its index" },
		{ rubbish_head, SERVER, true, "moved its index" },
		{ rubbish_tail, CLIENT, true, "moved its index" },
		{ rubbish_region, SERVER, false, "a region that there is not" },
		{ rubbish_offset, SERVER, false, "out of its region" },
		{ rubbish_offer, SERVER, true, "out of its region" },
		{ rubbish_chain, SERVER, false, "does not end" },
		{ rubbish_frame, SERVER, false, "more than 65,554 bytes" },
		{ rubbish_length, CLIENT, false, "larger than the buffer" },
		{ rubbish_empty, SERVER, true, "a buffer of no bytes" },
	};
	struct dev_stats ds;
	struct mlink l;
	unsigned i, side;

	mlink_init(&l, 1);
	mlink_up(&l);
	for (i = 0; i < countof(tab); i++) {
		side = tab[i].victim;
		tab[i].write(wire_of(&l, side, tab[i].tx));
		/* More than it knew of to be free: it looks again. */
		if (tab[i].tx)
			mlink_send(&l, side, 0, 0, 65, 60);
		else
			assert_int_equal(mlink_receive(&l, side, 0, 0, 60), 0);
		assert_int_equal(mlink_send(&l, side, 0, 0, 1, 60),
		    tab[i].tx ? 0 : 1);
		mlink_pass(&l, 110 * NS_MS);
		mlink_note(&l, side, &ds);
		assert_non_null(strstr(ds.ds_note, "cut off: the peer"));
		assert_non_null(strstr(ds.ds_note, tab[i].why));
		mlink_wait(&l, true);
		assert_int_equal(mlink_send(&l, side, 0, 1, 5, 60), 5);
		assert_int_equal(mlink_receive(&l, !side, 0, 1, 60), 5);
		assert_int_equal(mlink_send(&l, !side, 0, 1, 5, 5000), 5);
		assert_int_equal(mlink_receive(&l, side, 0, 1, 5000), 5);
	}
	mlink_down(&l);
}

/* Of queues there are as many as both have; of CPUs, those that send. */
static void
fewer_queues_there(void **state)
{
	struct memif_softc *ms;
	struct mlink l;
	unsigned side;

	for (side = 0; side < 2; side++) {
		mlink_init(&l, 2);
		l.queues[side] = 1;
		mlink_up(&l);
		ms = l.ifp[!side]->if_softc;
		assert_int_equal(ms->ms_conn->mc_link->ml_nrx, 1);
		assert_int_equal(ms->ms_conn->mc_link->ml_ntx, 1);
		assert_ptr_equal(l.ifp[!side]->if_tx[1], NULL);
		assert_int_equal(l.ifp[!side]->if_txcpu[1], 0);
		assert_int_equal(mlink_send(&l, !side, 0, 1, 3, 60), 3);
		assert_int_equal(mlink_receive(&l, side, 0, 1, 60), 3);
		assert_int_equal(mlink_send(&l, !side, 1, 1, 1, 60), 0);
		/* The next peer has two. */
		host_detach(l.sp[side], l.ifp[side]);
		l.queues[side] = 2;
		mlink_attach(&l, side);
		mlink_pass(&l, 200 * NS_MS);
		mlink_wait(&l, true);
		assert_non_null(l.ifp[!side]->if_tx[1]);
		assert_int_equal(mlink_send(&l, !side, 1, 1, 1, 60), 1);
		assert_int_equal(mlink_receive(&l, side, 1, 1, 60), 1);
		mlink_down(&l);
	}
}

static bool
readable(const struct ifnet *ifp)
{
	struct pollfd pfd = { .fd = ifp->if_rxq[0].rxq_fd, .events = POLLIN };

	return poll(&pfd, 1, 0) == 1;
}

/* The peer tells if it is asked to, and not otherwise. */
static void
sleep_and_wake(void **state)
{
	struct mlink l;
	unsigned s, i;

	mlink_init(&l, 1);
	mlink_up(&l);
	for (s = 0; s < 2; s++) {
		struct ifnet *ifp = l.ifp[!s];
		struct rxq *rxq = &ifp->if_rxq[0];

		for (i = 0; i < 3; i++) {
			struct cpu *c = host_cpu(l.sp[!s], 0);

			assert_int_equal(mlink_send(&l, s, 0, 1, 1, 60), 1);
			/* Awake: nothing was told, nor need be asked for. */
			c = host_cpu(l.sp[!s], 0);
			assert_true(dev_memif.do_arm(c, rxq));
			assert_false(readable(ifp));
			assert_int_equal(mlink_receive(&l, !s, 0, 1, 60), 1);
			assert_false(dev_memif.do_arm(c, rxq));
			assert_false(readable(ifp));
			assert_int_equal(mlink_send(&l, s, 0, 1, 2, 60), 2);
			assert_true(readable(ifp));
			assert_int_equal(mlink_receive(&l, !s, 0, 1, 60), 2);
		}
	}
	mlink_down(&l);
}

/* A frame of which the rest does not come keeps nobody awake. */
static void
half_a_frame(void **state)
{
	struct memif_ring_wire *mw;
	struct mlink l;
	struct rxq *rxq;

	mlink_init(&l, 1);
	mlink_up(&l);
	rxq = &l.ifp[SERVER]->if_rxq[0];
	mw = wire_of(&l, SERVER, false);
	fill_next(mw, 2, memif_what(MEMIF_NEXT, 0, 30));
	assert_true(dev_memif.do_arm(host_cpu(l.sp[SERVER], 0), rxq));
	assert_int_equal(mlink_receive(&l, SERVER, 0, 0, 90), 0);
	assert_false(dev_memif.do_arm(host_cpu(l.sp[SERVER], 0), rxq));
	fill_next(mw, 1, memif_what(0, 0, 30));
	assert_true(dev_memif.do_arm(host_cpu(l.sp[SERVER], 0), rxq));
	{
		struct cpu *c = host_cpu(l.sp[SERVER], 0);
		struct mvec mv = { .mv_n = 0 };

		assert_int_equal(dev_memif.do_rx(c, rxq, &mv, MVEC_MAX), 1);
		assert_int_equal(mv.mv_m[0]->m_pktlen, 90);
		m_free_bulk(c, mv.mv_m, mv.mv_n);
	}
	assert_false(dev_memif.do_arm(host_cpu(l.sp[SERVER], 0), rxq));
	mlink_down(&l);
}

static void
either_side_comes_back(void **state)
{
	struct dev_stats ds;
	struct mlink l;
	unsigned side, i;

	for (side = 0; side < 2; side++) {
		mlink_init(&l, 1);
		mlink_up(&l);
		for (i = 0; i < 3; i++) {
			assert_int_equal(mlink_send(&l, !side, 0, 1, 5, 60),
			    5);
			host_detach(l.sp[side], l.ifp[side]);
			mlink_pass(&l, 150 * NS_MS);
			assert_false(if_running(l.ifp[!side]));
			mlink_note(&l, !side, &ds);
			assert_non_null(strstr(ds.ds_note, "not connected; "
			    "last: the peer disconnects: the interface is "
			    "closed"));
			assert_int_equal(mlink_send(&l, !side, 0, 1, 1, 60),
			    0);
			mlink_attach(&l, side);
			mlink_wait(&l, true);
			/* What was under way is gone with the old rings. */
			assert_int_equal(mlink_receive(&l, side, 0, 0, 60), 0);
			assert_int_equal(mlink_send(&l, !side, 0, 1, 5, 60),
			    5);
			assert_int_equal(mlink_receive(&l, side, 0, 1, 60), 5);
			mlink_note(&l, !side, &ds);
			assert_non_null(strstr(ds.ds_note, "connected to "
			    "Spate"));
		}
		mlink_down(&l);
	}
}

static void
several_on_a_socket(void **state)
{
	struct memif_conf mc = { .mc_id = 5 };
	struct dev_conf dc = { .dc_driver = "memif", .dc_queues = 1,
		.dc_memif = &mc };
	struct ifnet *five[2], *no;
	struct mlink l;
	char err[256];
	unsigned i;

	mlink_init(&l, 1);
	mc.mc_socket = l.socket;
	mlink_up(&l);
	for (i = 0; i < 2; i++) {
		mc.mc_client = i == CLIENT;
		five[i] = host_attach(l.sp[i], "five", &dev_memif, &dc);
	}
	mlink_pass(&l, 200 * NS_MS);
	assert_true(if_running(five[SERVER]));
	assert_true(if_running(five[CLIENT]));
	mc.mc_client = false;
	assert_int_equal(if_attach(l.sp[SERVER]->sp_ctl, "six", &dev_memif,
	    &dc, &no, err, sizeof(err)), EBUSY);
	assert_non_null(strstr(err, "is interface five"));
	/* The socket stays while one is left. */
	host_detach(l.sp[SERVER], five[SERVER]);
	assert_int_equal(mlink_send(&l, CLIENT, 0, 1, 1, 60), 1);
	assert_int_equal(mlink_receive(&l, SERVER, 0, 1, 60), 1);
	host_detach(l.sp[CLIENT], five[CLIENT]);
	mlink_down(&l);
}

static void
not_let_in(void **state)
{
	static const struct {
		uint32_t id;
		const char *secret;
		const char *why;
	} tab[] = {
		{ 1, "s", "no interface of id 1 here" },
		{ 0, "S", "another secret" },
		{ 0, NULL, "another secret" },
		{ 0, "s", NULL },
	};
	struct dev_stats ds;
	struct mlink l;
	unsigned i;

	for (i = 0; i < countof(tab); i++) {
		mlink_init(&l, 1);
		l.mc[SERVER].mc_secret = "s";
		l.mc[CLIENT].mc_secret = tab[i].secret;
		l.mc[CLIENT].mc_id = tab[i].id;
		mlink_attach(&l, SERVER);
		mlink_attach(&l, CLIENT);
		mlink_pass(&l, 300 * NS_MS);
		assert_int_equal(if_running(l.ifp[CLIENT]),
		    tab[i].why == NULL);
		mlink_note(&l, CLIENT, &ds);
		if (tab[i].why != NULL)
			assert_non_null(strstr(ds.ds_note, tab[i].why));
		mlink_down(&l);
	}
}

/* An id has one client; the first keeps it. */
static void
one_client_each(void **state)
{
	struct dev_conf dc = { .dc_driver = "memif", .dc_queues = 1 };
	struct dev_stats ds;
	struct ifnet *second;
	struct mlink l;

	mlink_init(&l, 1);
	mlink_up(&l);
	dc.dc_memif = &l.mc[CLIENT];
	second = host_attach(l.sp[CLIENT], "second", &dev_memif, &dc);
	mlink_pass(&l, 300 * NS_MS);
	assert_false(if_running(second));
	dev_memif.do_stats(second, &ds);
	assert_non_null(strstr(ds.ds_note, "connected already"));
	assert_int_equal(mlink_send(&l, CLIENT, 0, 1, 1, 60), 1);
	assert_int_equal(mlink_receive(&l, SERVER, 0, 1, 60), 1);
	/* And when it goes, the other one comes. */
	host_detach(l.sp[CLIENT], l.ifp[CLIENT]);
	l.ifp[CLIENT] = second;
	mlink_pass(&l, 200 * NS_MS);
	mlink_wait(&l, true);
	mlink_down(&l);
}

static void
files_of_sockets(void **state)
{
	char err[256], path[] = "/tmp/memif-test-XXXXXX", file[64];
	struct dev_conf dc = { .dc_driver = "memif", .dc_queues = 1 };
	struct ifnet *no;
	struct mlink l;
	FILE *f;

	assert_non_null(mkdtemp(path));
	snprintf(file, sizeof(file), "%s/sock", path);
	mlink_init(&l, 1);
	l.mc[SERVER].mc_socket = l.mc[CLIENT].mc_socket = file;
	dc.dc_memif = &l.mc[SERVER];
	f = fopen(file, "w");
	assert_non_null(f);
	fclose(f);
	assert_int_equal(if_attach(l.sp[SERVER]->sp_ctl, "m", &dev_memif,
	    &dc, &no, err, sizeof(err)), EEXIST);
	assert_non_null(strstr(err, "is there already and is no socket"));
	assert_int_equal(unlink(file), 0);
	mlink_up(&l);
	/* Somebody listens. */
	assert_int_equal(if_attach(l.sp[CLIENT]->sp_ctl, "m", &dev_memif,
	    &dc, &no, err, sizeof(err)), EADDRINUSE);
	assert_non_null(strstr(err, "somebody else listens"));
	host_detach(l.sp[SERVER], l.ifp[SERVER]);
	assert_int_not_equal(access(file, F_OK), 0);
	mlink_attach(&l, SERVER);
	mlink_wait(&l, true);
	mlink_down(&l);
	assert_int_equal(rmdir(path), 0);
}

static void
refusals(void **state)
{
	static const struct {
		struct memif_conf mc;
		unsigned queues;
		const char *why;
	} tab[] = {
		{ { .mc_socket = "relative" }, 1, "begins with" },
		{ { .mc_socket = NULL }, 1, "begins with" },
		{ { .mc_socket = "@x", .mc_ring = 100 }, 1, "power of 2" },
		{ { .mc_socket = "@x", .mc_ring = 32768 }, 1, "power of 2" },
		{ { .mc_socket = "@x", .mc_buffer = 1000 }, 1, "steps of 64" },
		{ { .mc_socket = "@x", .mc_secret =
		    "1234567890123456789012345" }, 1, "24 bytes" },
		{ { .mc_socket = "@x", .mc_client = true, .mc_ring = 16384,
		    .mc_buffer = 65536 }, 2, "4 GiB" },
		{ { .mc_socket = "/nonexistent/dir/sock" }, 1,
		    "No such file or directory" },
	};
	struct dev_conf dc = { .dc_driver = "memif" };
	uint64_t now = NS_S;
	struct spate *sp = host_create(1, &now);
	struct ifnet *ifp;
	char err[256];
	unsigned i;

	role_enter(&on_ctl);
	assert_int_equal(if_attach(sp->sp_ctl, "m", &dev_memif, &dc, &ifp,
	    err, sizeof(err)), EINVAL);
	for (i = 0; i < countof(tab); i++) {
		dc.dc_queues = tab[i].queues;
		dc.dc_memif = &tab[i].mc;
		assert_int_not_equal(if_attach(sp->sp_ctl, "m", &dev_memif,
		    &dc, &ifp, err, sizeof(err)), 0);
		assert_non_null(strstr(err, tab[i].why));
	}
	host_destroy(sp);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_sizes_both_ways),
		cmocka_unit_test(indices_wrap),
		cmocka_unit_test(full_rings),
		cmocka_unit_test(rubbish_is_cut_off),
		cmocka_unit_test(fewer_queues_there),
		cmocka_unit_test(sleep_and_wake),
		cmocka_unit_test(half_a_frame),
		cmocka_unit_test(either_side_comes_back),
		cmocka_unit_test(several_on_a_socket),
		cmocka_unit_test(not_let_in),
		cmocka_unit_test(one_client_each),
		cmocka_unit_test(files_of_sockets),
		cmocka_unit_test(refusals),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
