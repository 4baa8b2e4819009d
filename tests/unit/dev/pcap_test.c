/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Packet files: what is sent stands in the file, read here byte by byte; what
 * stands in a file is received; and what is said when it cannot be.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <unistd.h>

#include <cmocka.h>

#include "dev/drivers.h"
#include "host.h"

static const unsigned lens[] = { 14, 60, 64, 1514, 1792, 1793, 4000, 65553 };

static uint64_t now = 5 * NS_S + 123456789;
static struct spate *sp;
static char path[2][64];

static int
setup(void **state)
{
	unsigned i;
	int fd;

	sp = host_create(2, &now);
	for (i = 0; i < 2; i++) {
		snprintf(path[i], sizeof(path[i]), "/tmp/pcap_test.XXXXXX");
		if ((fd = mkstemp(path[i])) == -1)
			return -1;
		close(fd);
	}
	return 0;
}

static int
teardown(void **state)
{
	unlink(path[0]);
	unlink(path[1]);
	host_destroy(sp);
	return 0;
}

static uint8_t
byte(unsigned frame, unsigned i)
{
	return (uint8_t)(frame * 31 + i * 7);
}

static struct ifnet *
attach(const char *rd, const char *wr)
{
	struct dev_conf dc = { .dc_driver = "pcap", .dc_read = rd,
		.dc_write = wr };

	return host_attach(sp, "p", &dev_pcap, &dc);
}

static void
send_all(struct ifnet *ifp)
{
	struct cpu *c = host_cpu(sp, 0);
	static uint8_t b[65553];
	struct mbuf *m;
	unsigned i, k;

	for (i = 0; i < countof(lens); i++) {
		for (k = 0; k < lens[i]; k++)
			b[k] = byte(i, k);
		c->c_now = now + i * 1001;
		m = m_from_bytes(c, b, lens[i]);
		assert_int_equal(
		    dev_pcap.do_tx(c, ifp->if_tx[0], &m, 1), 1);
	}
	dev_pcap.do_kick(c, ifp->if_tx[0]);
}

static uint32_t
get32(FILE *f)
{
	uint32_t v;

	assert_int_equal(fread(&v, sizeof(v), 1, f), 1);
	return v;
}

static void
records_what_is_sent(void **state)
{
	struct ifnet *ifp = attach(NULL, path[0]);
	FILE *f;
	unsigned i, k;

	assert_true(if_running(ifp));
	assert_int_equal(ifp->if_nrxq, 1);
	assert_false(dev_pcap.do_arm(sp->sp_cpu[0], &ifp->if_rxq[0]));
	send_all(ifp);
	assert_non_null(f = fopen(path[0], "r")); /* complete before close */
	assert_int_equal(get32(f), 0xa1b23c4d); /* nanoseconds */
	assert_int_equal(get32(f), 2 | 4 << 16); /* version */
	get32(f);
	get32(f);
	assert_true(get32(f) >= 65535);
	assert_int_equal(get32(f), 1); /* Ethernet */
	for (i = 0; i < countof(lens); i++) {
		assert_int_equal(get32(f), 5);
		assert_int_equal(get32(f), 123456789 + i * 1001);
		assert_int_equal(get32(f), lens[i]);
		assert_int_equal(get32(f), lens[i]);
		for (k = 0; k < lens[i]; k++)
			assert_int_equal(fgetc(f), byte(i, k));
	}
	assert_int_equal(fgetc(f), EOF);
	fclose(f);
	host_detach(sp, ifp);
	assert_int_equal(host_missing(sp), 0);
}

static void
replays_what_was_recorded(void **state)
{
	struct ifnet *ifp = attach(path[0], path[1]);
	struct rxq *rxq = &ifp->if_rxq[0];
	static uint8_t b[65553];
	struct dev_stats ds;
	struct mvec mv = { .mv_n = 0 };
	struct cpu *c;
	unsigned i, k;

	c = host_cpu(sp, 0);
	assert_true(dev_pcap.do_arm(c, rxq));
	assert_int_equal(dev_pcap.do_rx(c, rxq, &mv, 3), 3);
	assert_int_equal(
	    dev_pcap.do_rx(c, rxq, &mv, MVEC_MAX - 3), countof(lens) - 3);
	assert_false(dev_pcap.do_arm(c, rxq));
	assert_int_equal(dev_pcap.do_rx(c, rxq, &mv, 1), 0);
	for (i = 0; i < mv.mv_n; i++) {
		assert_int_equal(mv.mv_m[i]->m_pktlen, lens[i]);
		m_copydata(mv.mv_m[i], 0, lens[i], b);
		for (k = 0; k < lens[i]; k++)
			assert_int_equal(b[k], byte(i, k));
	}
	m_free_bulk(c, mv.mv_m, mv.mv_n);
	dev_pcap.do_stats(ifp, &ds);
	assert_string_equal(ds.ds_note, "");
	host_detach(sp, ifp);
	assert_int_equal(host_missing(sp), 0);
}

/* Without buffers the file waits. */
static void
waits_for_buffers(void **state)
{
	struct ifnet *ifp = attach(path[0], NULL);
	struct rxq *rxq = &ifp->if_rxq[0];
	struct mbuf *all[HOST_BUFS];
	struct mvec mv = { .mv_n = 0 };
	struct cpu *c;
	unsigned n;

	c = host_cpu(sp, 0);
	n = m_alloc_bulk(c, all, HOST_BUFS);
	assert_int_equal(dev_pcap.do_rx(c, rxq, &mv, MVEC_MAX), 0);
	assert_true(dev_pcap.do_arm(c, rxq));
	m_free_bulk(c, all, n);
	assert_int_equal(
	    dev_pcap.do_rx(c, rxq, &mv, MVEC_MAX), countof(lens));
	m_free_bulk(c, mv.mv_m, mv.mv_n);
	host_detach(sp, ifp);
	assert_int_equal(host_missing(sp), 0);
}

static void
put_file(const char *name, const void *p, size_t n)
{
	FILE *f = fopen(name, "w");

	assert_non_null(f);
	assert_int_equal(fwrite(p, 1, n, f), n);
	fclose(f);
}

static void
says_why_a_replay_stopped(void **state)
{
	static const uint32_t cut[] = { 0xa1b23c4d, 2 | 4 << 16, 0, 0, 65535, 1,
		0, 0, 60, 60, 0x12345678 };
	struct mvec mv = { .mv_n = 0 };
	struct dev_stats ds;
	struct ifnet *ifp;
	struct cpu *c;

	put_file(path[1], cut, sizeof(cut));
	ifp = attach(path[1], NULL);
	c = host_cpu(sp, 0);
	assert_int_equal(
	    dev_pcap.do_rx(c, &ifp->if_rxq[0], &mv, MVEC_MAX), 0);
	assert_false(dev_pcap.do_arm(c, &ifp->if_rxq[0]));
	dev_pcap.do_stats(ifp, &ds);
	assert_non_null(strstr(ds.ds_note, "replay stopped: truncated"));
	host_detach(sp, ifp);
	assert_int_equal(host_missing(sp), 0);
}

static void
says_why_a_recording_stopped(void **state)
{
	struct ifnet *ifp = attach(NULL, "/dev/full");
	struct dev_stats ds;

	send_all(ifp);
	send_all(ifp);
	dev_pcap.do_stats(ifp, &ds);
	assert_string_equal(
	    ds.ds_note, "recording stopped: No space left on device");
	assert_true(ds.ds_tx_errors > 0);
	host_detach(sp, ifp);
	assert_int_equal(host_missing(sp), 0);
}

static void
refusals(void **state)
{
	static const uint32_t other[] = { 0xa1b23c4d, 2 | 4 << 16, 0, 0, 65535,
		101 };
	const struct {
		const char *rd, *wr;
		int error;
		const char *says;
	} tab[] = {
		{ NULL, NULL, EINVAL, "p: needs a file to read or to write" },
		{ "/nonexistent/a", NULL, ENOENT,
		    "cannot read /nonexistent/a: No such" },
		{ NULL, "/nonexistent/b", ENOENT,
		    "cannot write /nonexistent/b: No such" },
		{ path[1], NULL, EINVAL, "holds frames of type RAW" },
		{ "/dev/null", NULL, EINVAL,
		    "cannot read /dev/null: truncated" },
	};
	struct ifnet *ifp;
	char err[256];
	unsigned i;

	role_enter(&on_ctl);
	put_file(path[1], other, sizeof(other));
	for (i = 0; i < countof(tab); i++) {
		struct dev_conf dc = { .dc_driver = "pcap",
			.dc_read = tab[i].rd, .dc_write = tab[i].wr };

		assert_int_equal(if_attach(sp->sp_ctl, "p", &dev_pcap, &dc,
				     &ifp, err, sizeof(err)),
		    tab[i].error);
		if (strstr(err, tab[i].says) == NULL)
			fail_msg("\"%s\" has no \"%s\"", err, tab[i].says);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(records_what_is_sent),
		cmocka_unit_test(replays_what_was_recorded),
		cmocka_unit_test(waits_for_buffers),
		cmocka_unit_test(says_why_a_replay_stopped),
		cmocka_unit_test(says_why_a_recording_stopped),
		cmocka_unit_test(refusals),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
