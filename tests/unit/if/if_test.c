/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Interfaces on a driver of the test's own: what attaching gives CPUs to
 * serve, what it refuses and why, how an interface goes, its addresses.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#define HOST_BUFS 16
#include "../dev/host.h"
#include "path.h"

#define NCPUS 3

static uint64_t now;
static struct spate *sp;
static struct {
	int open_error;
	unsigned nrxq, ntxq; /* found by the driver; 0: as asked for */
	unsigned mtu; /* of the device; 0: as asked for */
	unsigned opened, closed;
	int watched; /* descriptors on minus off */
	bool ending; /* CPUs have stopped */
} drv;

static int
drv_open(struct ifnet *ifp, const struct dev_conf *dc, char *err, size_t errlen)
{
	unsigned i;

	if (drv.open_error != 0) {
		snprintf(err, errlen, "the driver says no");
		return drv.open_error;
	}
	if (drv.nrxq != 0)
		assert_int_equal(if_set_queues(ifp, drv.nrxq, drv.ntxq), 0);
	for (i = 0; i < ifp->if_nrxq; i++)
		ifp->if_rxq[i].rxq_fd = 100 + (int)i;
	ifp->if_mtu = (uint16_t)(drv.mtu != 0 ? drv.mtu :
	    dc->dc_mtu != 0 ? dc->dc_mtu : 1500);
	if (dc->dc_mac != NULL)
		memcpy(ifp->if_mac, dc->dc_mac, ETHER_ALEN);
	else
		memset(ifp->if_mac, 2, ETHER_ALEN);
	atomic_store(&ifp->if_state, IFS_CARRIER);
	drv.opened++;
	return 0;
}

static void
drv_close(struct ifnet *ifp)
{
	unsigned i, k;

	for (i = 0; i < NCPUS && !drv.ending; i++)
		for (k = 0; k < sp->sp_cpu[i]->c_nrxq; k++)
			assert_ptr_not_equal(
			    sp->sp_cpu[i]->c_rxq[k]->rxq_if, ifp);
	drv.closed++;
}

static const struct dev_ops drv_ops = {
	.do_name = "test",
	.do_open = drv_open,
	.do_close = drv_close,
};

static void
watch(void *arg, struct endpoint *ep, int fd, bool on)
{
	assert_in_range(fd, 100, 100 + 2 * CPU_QUEUES);
	assert_ptr_equal(ep, &curcpu->c_ep);
	drv.watched += on ? 1 : -1;
}

static int
setup(void **state)
{
	unsigned i;

	memset(&drv, 0, sizeof(drv));
	sp = host_create(NCPUS, &now);
	for (i = 0; i < NCPUS; i++)
		assert_int_equal(path_create(sp->sp_cpu[i]), 0);
	sp->sp_env.env_watch = watch;
	return 0;
}

static int
teardown(void **state)
{
	unsigned i;

	drv.ending = true;
	for (i = 0; i < NCPUS; i++)
		path_destroy(sp->sp_cpu[i]);
	host_destroy(sp);
	assert_int_equal(drv.opened, drv.closed);
	return 0;
}

/* Not in the middle of anything: host_settle() is the caller's. */
static int
attach(const char *name, unsigned queues, struct ifnet **ifpp, const char *text)
{
	struct dev_conf dc = { .dc_queues = queues };
	char err[128] = "";
	int error;

	role_enter(&on_ctl);
	error = if_attach(
	    sp->sp_ctl, name, &drv_ops, &dc, ifpp, err, sizeof(err));
	if (error != 0)
		assert_non_null(strstr(err, text));
	return error;
}

/* Queues of the interface that a CPU serves. */
static unsigned
served(const struct cpu *c, const struct ifnet *ifp)
{
	unsigned i, n = 0;

	for (i = 0; i < c->c_nrxq; i++)
		n += c->c_rxq[i]->rxq_if == ifp;
	for (i = 0; i < c->c_ntxq; i++)
		n += 100 * (c->c_txq[i]->txq_if == ifp);
	return n;
}

static void
queues_find_cpus(void **state)
{
	static const struct {
		unsigned nrxq, ntxq; /* of the driver; 0: as asked */
		unsigned asked;
		unsigned served[NCPUS]; /* receive + 100 * transmit */
		unsigned txcpu[NCPUS];
	} tab[] = {
		{ 0, 0, 0, { 101, 101, 101 }, { 0, 1, 2 } },
		{ 0, 0, 1, { 101, 0, 0 }, { 0, 0, 0 } },
		{ 0, 0, 2, { 101, 101, 0 }, { 0, 1, 0 } },
		{ 0, 0, 7, { 103, 102, 102 }, { 0, 1, 2 } },
		{ 8, 2, 1, { 103, 103, 2 }, { 0, 1, 0 } },
		{ 1, 3, 3, { 101, 100, 100 }, { 0, 1, 2 } },
	};
	struct ifnet *ifp;
	unsigned i, c;

	for (i = 0; i < countof(tab); i++) {
		drv.nrxq = tab[i].nrxq;
		drv.ntxq = tab[i].ntxq;
		assert_int_equal(attach("if", tab[i].asked, &ifp, ""), 0);
		assert_ptr_equal(if_lookup(sp, ifp->if_index), ifp);
		host_settle(sp);
		assert_int_equal(drv.watched, ifp->if_nrxq);
		for (c = 0; c < NCPUS; c++) {
			assert_int_equal(
			    served(sp->sp_cpu[c], ifp), tab[i].served[c]);
			assert_int_equal(ifp->if_txcpu[c], tab[i].txcpu[c]);
			assert_non_null(ifp->if_tx[tab[i].txcpu[c]]);
			assert_true((ifp->if_tx[c] != NULL) ==
			    (ifp->if_txcpu[c] == c));
		}
		host_detach(sp, ifp);
		assert_int_equal(drv.watched, 0);
		assert_int_equal(drv.closed, i + 1);
	}
}

static void
refused(void **state)
{
	struct ifnet *ifp, *other;

	role_enter(&on_ctl);
	assert_int_equal(attach("wan", 0, &ifp, ""), 0);
	assert_int_equal(attach("wan", 0, &other, "there already"), EEXIST);
	assert_int_equal(attach("sixteen-letters.", 0, &other,
	    "at most 15"), EINVAL);
	assert_int_equal(attach("q", IF_MAXQUEUES + 1, &other,
	    "at most 64 queues"), EINVAL);
	drv.open_error = EBUSY;
	assert_int_equal(attach("lan", 0, &other, "driver says no"), EBUSY);
	drv.open_error = 0;
	assert_int_equal(drv.opened, 1);
	assert_null(if_find(sp->sp_ctl, "lan"));
	assert_ptr_equal(if_find(sp->sp_ctl, "wan"), ifp);
	assert_int_equal(attach("fifteen-letters", 0, &other, ""), 0);
}

static void
as_many_as_there_are(void **state)
{
	char name[IF_NAMELEN];
	struct ifnet *ifp;
	unsigned i;

	for (i = 1; i < IF_MAX; i++) {
		snprintf(name, sizeof(name), "if%u", i);
		assert_int_equal(attach(name, 1, &ifp, ""), 0);
		assert_int_equal(ifp->if_index, i);
	}
	assert_int_equal(attach("one", 1, &ifp, "too many interfaces"), ENFILE);
	host_settle(sp);
	host_detach(sp, if_find(sp->sp_ctl, "if77"));
	assert_int_equal(attach("one", 1, &ifp, ""), 0);
	assert_int_equal(ifp->if_index, 77);
	host_settle(sp);
	assert_int_equal(sp->sp_cpu[0]->c_nrxq, IF_MAX - 1);
}

/* A CPU's list of queues is an array: what does not fit is refused. */
static void
as_many_queues_as_fit(void **state)
{
	char name[IF_NAMELEN];
	struct ifnet *ifp;
	unsigned i;

	drv.nrxq = 3 * CPU_QUEUES / 2;
	drv.ntxq = 1;
	for (i = 0; i < 2; i++) {
		snprintf(name, sizeof(name), "if%u", i);
		assert_int_equal(attach(name, 1, &ifp, ""), 0);
	}
	assert_int_equal(attach("one", 1, &ifp, "256 queues"), ENFILE);
	assert_int_equal(drv.closed, 1);
	host_settle(sp);
	assert_int_equal(sp->sp_cpu[0]->c_nrxq, CPU_QUEUES);
	host_detach(sp, if_find(sp->sp_ctl, "if0"));
	assert_int_equal(attach("one", 1, &ifp, ""), 0);
}

/* Gone from sight at once; closed when all CPUs have let go, and grace. */
static void
goes_in_steps(void **state)
{
	struct ifnet *ifp, *again;
	unsigned i, index, gen;

	role_enter(&on_ctl);
	assert_int_equal(attach("wan", 0, &ifp, ""), 0);
	host_settle(sp);
	for (i = 0; i < NCPUS; i++)
		qsbr_wake(&sp->sp_qsbr, i);
	index = ifp->if_index;
	gen = ifp->if_gen;
	if_detach(sp->sp_ctl, ifp);
	assert_null(if_lookup(sp, index));
	assert_null(if_find(sp->sp_ctl, "wan"));
	assert_int_equal(served(sp->sp_cpu[0], ifp), 101);

	/* Its name is free, its index is not. */
	assert_int_equal(attach("wan", 0, &again, ""), 0);
	assert_int_not_equal(again->if_index, index);
	for (i = 0; i < NCPUS; i++) {
		assert_int_equal(served(sp->sp_cpu[i], ifp), 101);
		(void)ctl_round(sp->sp_ctl);
		(void)msg_run(&host_cpu(sp, i)->c_ep);
		assert_int_equal(served(sp->sp_cpu[i], ifp), 0);
		assert_int_equal(served(sp->sp_cpu[i], again), 101);
	}
	curcpu = NULL;
	(void)ctl_round(sp->sp_ctl);
	(void)ctl_round(sp->sp_ctl);
	assert_int_equal(drv.closed, 0); /* a round may still hold it */
	for (i = 0; i < NCPUS; i++)
		qsbr_checkpoint(&sp->sp_qsbr, i);
	(void)ctl_round(sp->sp_ctl);
	assert_int_equal(drv.closed, 1);

	/* The index rests as long as there are others, then changes sign. */
	do {
		host_detach(sp, again);
		assert_int_equal(attach("wan", 0, &again, ""), 0);
	} while (again->if_index != index);
	assert_int_not_equal(again->if_gen, gen);
	assert_int_equal(drv.opened, 1 + IF_MAX - 1);
}

/* Detached before a CPU has even heard that it is there. */
static void
goes_at_once(void **state)
{
	struct ifnet *ifp;

	role_enter(&on_ctl);
	assert_int_equal(attach("wan", 0, &ifp, ""), 0);
	if_detach(sp->sp_ctl, ifp);
	host_settle(sp);
	assert_int_equal(drv.closed, 1);
	assert_int_equal(sp->sp_cpu[0]->c_nrxq, 0);
	assert_int_equal(drv.watched, 0);
}

/* The end comes while it is on its way out. */
static void
end_in_the_middle(void **state)
{
	struct ifnet *ifp;
	unsigned i;

	role_enter(&on_ctl);
	assert_int_equal(attach("wan", 0, &ifp, ""), 0);
	assert_int_equal(attach("lan", 0, &ifp, ""), 0);
	host_settle(sp);
	if_detach(sp->sp_ctl, ifp);
	(void)msg_run(&host_cpu(sp, 0)->c_ep);
	for (i = 0; i <= NCPUS; i++)
		endpoint_drain(sp->sp_ep[i]);
}

static void
up_and_down(void **state)
{
	struct ifnet *ifp;

	role_enter(&on_ctl);
	assert_int_equal(attach("wan", 0, &ifp, ""), 0);
	assert_false(if_running(ifp));
	if_set_up(sp->sp_ctl, ifp, true);
	assert_true(if_running(ifp));
	atomic_fetch_and(&ifp->if_state, ~(uint32_t)IFS_CARRIER);
	assert_false(if_running(ifp));
	if_set_up(sp->sp_ctl, ifp, false);
	atomic_fetch_or(&ifp->if_state, IFS_CARRIER);
	assert_false(if_running(ifp));
}

static void
addresses(void **state)
{
	struct ifaddr ifa = { .ifa_plen = 24 };
	const struct ifaddrs *seen;
	struct ifnet *ifp;
	unsigned i, flags;

	role_enter(&on_ctl);
	assert_int_equal(attach("wan", 0, &ifp, ""), 0);
	host_settle(sp);
	qsbr_wake(&sp->sp_qsbr, 0);
	assert_int_equal(if_addrs(ifp)->ias_n, 0);
	for (i = 0; i < 5; i++) {
		ifa.ifa_addr = i == 4 ? addr_v6((struct in6){ 1, 2 }) :
		    addr_v4(0x0a000001 + i);
		assert_int_equal(if_addr_set(sp->sp_ctl, ifp, &ifa), 0);
		assert_int_equal(if_addrs(ifp)->ias_n, i + 1);
	}
	ifa.ifa_addr = addr_v4(0x0a000002);
	ifa.ifa_flags = IFA_TENTATIVE;
	assert_true(if_has_addr(ifp, &ifa.ifa_addr, &flags));
	assert_int_equal(flags, 0);
	assert_int_equal(if_addr_set(sp->sp_ctl, ifp, &ifa), 0);
	assert_int_equal(if_addrs(ifp)->ias_n, 5); /* replaced */
	assert_true(if_has_addr(ifp, &ifa.ifa_addr, &flags));
	assert_int_equal(flags, IFA_TENTATIVE);

	/* A reader's list stays until the end of its round. */
	seen = if_addrs(ifp);
	for (i = 0; i < 4; i++) {
		ifa.ifa_addr = addr_v4(0x0a000001 + i);
		assert_int_equal(
		    if_addr_delete(sp->sp_ctl, ifp, &ifa.ifa_addr), 0);
		assert_int_equal(
		    if_addr_delete(sp->sp_ctl, ifp, &ifa.ifa_addr), ENOENT);
		assert_false(if_has_addr(ifp, &ifa.ifa_addr, NULL));
		(void)ctl_round(sp->sp_ctl);
		assert_int_equal(seen->ias_n, 5);
	}
	assert_int_equal(if_addrs(ifp)->ias_n, 1);
	assert_int_equal(if_addrs(ifp)->ias_a[0].ifa_addr.a_family, ADDR_V6);
	qsbr_sleep(&sp->sp_qsbr, 0);
}

/* The device goes and comes; what was configured, and counted, stays. */
static void
vanishes_and_returns(void **state)
{
	struct ifnet *ifp;
	struct if_counts ic;
	char err[128];
	unsigned gen, i;

	assert_int_equal(attach("if", 0, &ifp, ""), 0);
	if_set_up(sp->sp_ctl, ifp, true);
	host_settle(sp);
	gen = ifp->if_gen;
	stat_cell_add(&ifp->if_rxq[2].rxq_packets, 7);
	for (i = 1; i <= 3; i++) {
		if_vanish(sp->sp_ctl, ifp);
		assert_false(if_running(ifp));
		assert_int_equal(if_return(sp->sp_ctl, ifp, err, sizeof(err)),
		    EINPROGRESS);
		if_vanish(sp->sp_ctl, ifp); /* again: nothing more */
		host_settle(sp);
		assert_int_equal(drv.closed, i);
		assert_int_equal(drv.watched, 0);
		assert_int_equal(served(sp->sp_cpu[0], ifp), 0);
		assert_ptr_equal(if_find(sp->sp_ctl, "if"), ifp);
		/* It is back, with another number of queues. */
		drv.nrxq = drv.ntxq = i;
		assert_int_equal(
		    if_return(sp->sp_ctl, ifp, err, sizeof(err)), 0);
		assert_true(if_running(ifp));
		host_settle(sp);
		assert_int_equal(drv.watched, i);
		assert_int_equal(served(sp->sp_cpu[0], ifp), 101);
		assert_int_equal(ifp->if_gen, gen);
		if_counts(ifp, &ic);
		assert_true(ic.ic_rx_packets == 7);
	}
}

/* It stays away until it is what it was. */
static void
returns_changed(void **state)
{
	struct ifnet *ifp;
	char err[128];

	assert_int_equal(attach("if", 2, &ifp, ""), 0);
	host_settle(sp);
	if_vanish(sp->sp_ctl, ifp);
	host_settle(sp);
	drv.mtu = 1400;
	assert_int_equal(
	    if_return(sp->sp_ctl, ifp, err, sizeof(err)), EINVAL);
	assert_non_null(strstr(err, "MTU 1400, it was 1500"));
	drv.open_error = EBUSY;
	assert_int_equal(if_return(sp->sp_ctl, ifp, err, sizeof(err)), EBUSY);
	assert_non_null(strstr(err, "the driver says no"));
	drv.mtu = drv.open_error = 0;
	assert_int_equal(if_return(sp->sp_ctl, ifp, err, sizeof(err)), 0);
}

/* Deleted while its device is gone, at each step. */
static void
detached_without_device(void **state)
{
	struct ifnet *ifp;
	unsigned step;

	for (step = 0; step < 3; step++) {
		assert_int_equal(attach("if", 0, &ifp, ""), 0);
		host_settle(sp);
		if_vanish(sp->sp_ctl, ifp);
		if (step == 1)
			host_settle(sp);
		if (step < 2) {
			if_detach(sp->sp_ctl, ifp);
			host_settle(sp);
			assert_false(if_closing(sp->sp_ctl));
		}
	}
	/* The last one is still there when all ends. */
}

static int
queue_move(struct ifnet *ifp, unsigned queue, unsigned cpu, const char *text)
{
	char err[160] = "";
	int error;

	role_enter(&on_ctl);
	error = if_queue_move(sp->sp_ctl, ifp, queue, cpu, err, sizeof(err));
	if (error != 0)
		assert_string_equal(err, text);
	return error;
}

static void
queues_move(void **state)
{
	struct ifnet *ifp;
	unsigned i;

	assert_int_equal(attach("if", 2, &ifp, ""), 0);
	host_settle(sp);
	assert_int_equal(queue_move(ifp, 0, 2, ""), 0);
	assert_int_equal(queue_move(ifp, 0, 1,
			     "queue 0 of if is on its way to CPU 2; try again"),
	    EBUSY);
	host_settle(sp);
	assert_int_equal(queue_move(ifp, 0, 2, ""), 0); /* it is there */
	assert_int_equal(queue_move(ifp, 1, 2, ""), 0);
	host_settle(sp);
	assert_int_equal(drv.watched, 2);
	for (i = 0; i < NCPUS; i++)
		assert_int_equal(served(sp->sp_cpu[i], ifp), i < 2 ? 100 : 2);
	assert_int_equal(if_queue_cpu(&ifp->if_rxq[0]), 2);
	assert_int_equal(
	    queue_move(ifp, 2, 0, "if has no receive queue 2; it has 2"),
	    EINVAL);
	assert_int_equal(
	    queue_move(ifp, 0, NCPUS, "there is no CPU 3; the last is 2"),
	    EINVAL);
}

/* No CPU is given more than it can serve, also by moves that have begun. */
static void
queues_move_as_fit(void **state)
{
	struct ifnet *ifp;
	unsigned i;
	char text[80];

	drv.nrxq = NCPUS * (CPU_QUEUES / 2);
	drv.ntxq = NCPUS;
	assert_int_equal(attach("if", 0, &ifp, ""), 0);
	host_settle(sp);
	for (i = 0; i < CPU_QUEUES / 2; i++)
		assert_int_equal(queue_move(ifp, NCPUS * i, 1, ""), 0);
	snprintf(text, sizeof(text), "CPU 1 serves %d queues, no more fit",
	    CPU_QUEUES);
	assert_int_equal(queue_move(ifp, 2, 1, text), ENFILE);
	host_settle(sp);
	assert_int_equal(served(sp->sp_cpu[1], ifp), 100 + CPU_QUEUES);
	assert_int_equal(queue_move(ifp, 2, 1, text), ENFILE);
}

/*
 * The device goes when the message of a move has made some of its steps; it
 * may be back before the last.
 */
static void
vanishes_while_queue_moves(void **state)
{
	struct ifnet *ifp;
	unsigned step, i;
	char err[128];

	assert_int_equal(attach("if", 1, &ifp, ""), 0);
	host_settle(sp);
	for (step = 0; step < 8; step++) {
		assert_int_equal(queue_move(ifp, 0, 1 + step % 2, ""), 0);
		for (i = 0; i < step; i++)
			host_round(sp, i % NCPUS);
		if_vanish(sp->sp_ctl, ifp);
		assert_int_equal(
		    queue_move(ifp, 0, 0, "the device of if is gone"), ENODEV);
		host_settle(sp);
		assert_int_equal(drv.watched, 0);
		assert_int_equal(
		    if_return(sp->sp_ctl, ifp, err, sizeof(err)), 0);
		host_settle(sp);
		assert_int_equal(drv.watched, 1);
		assert_int_equal(served(sp->sp_cpu[0], ifp), 101);
	}
}

int
main(void)
{
#define T(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(queues_find_cpus),
		T(refused),
		T(as_many_as_there_are),
		T(as_many_queues_as_fit),
		T(goes_in_steps),
		T(goes_at_once),
		T(end_in_the_middle),
		T(up_and_down),
		T(addresses),
		T(queues_move),
		T(queues_move_as_fit),
		T(vanishes_while_queue_moves),
		T(vanishes_and_returns),
		T(returns_changed),
		T(detached_without_device),
	};
#undef T

	return cmocka_run_group_tests_name("if/if", tests, NULL, NULL);
}
