/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The engine of threads: starting and stopping, messages to and fro between
 * CPUs and ctl that sleep whenever they can, descriptors that wake a CPU, and
 * two instances at one time.
 */
#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "if/if.h"
#include "mbuf/mbuf.h"
#include "spate.h"

#define BUFS   64 /* a CPU */
#define FLIGHT 24 /* messages on their way at one time */

/* An instance with its engine; ctl is the test's thread. */
struct world {
	struct engine *w_engine;
	struct spate *w_sp;
	unsigned w_arrived; /* messages back at ctl */
	unsigned w_wanted;
	unsigned w_idle; /* seconds without progress */
	unsigned w_seen; /* w_arrived a second ago */
	struct timer w_timer;
};

static void
world_create(struct world *w, unsigned ncpus)
{
	struct spate_conf sc = { .sc_ncpus = ncpus,
		.sc_pktmem = (uint64_t)ncpus * BUFS * MBUF_SIZE };
	struct spate_env env = { .env_seed = 1 };

	memset(w, 0, sizeof(*w));
	log_init(&env.env_log, log_sink_stderr, NULL, LOGL_ERROR);
	assert_int_equal(engine_create(&env, &w->w_engine), 0);
	assert_int_equal(spate_create(&sc, &env, &w->w_sp), 0);
}

static void
world_destroy(struct world *w)
{
	engine_destroy(w->w_engine);
	spate_destroy(w->w_sp);
}

static void
nap_ms(long ms)
{
	struct timespec ts = { ms / 1000, ms % 1000 * 1000000 };

	nanosleep(&ts, NULL);
}

static unsigned
count_fds(void)
{
	DIR *d = opendir("/proc/self/fd");
	unsigned n = 0;

	assert_non_null(d);
	while (readdir(d) != NULL)
		n++;
	closedir(d);
	return n;
}

static uint64_t
cpu_stat(const struct spate *sp, unsigned cpu, enum cpustat which)
{
	return stat_cell_read(&sp->sp_cpu[cpu]->c_stat[SG_CPU][which]);
}

static void
starts_and_stops(void **state)
{
	unsigned ncpus, i, before = count_fds();
	struct world w;

	for (ncpus = 1; ncpus <= 4; ncpus++) {
		world_create(&w, ncpus);
		for (i = 0; i < 250; i++) {
			assert_int_equal(
			    engine_start(w.w_engine, w.w_sp, NULL), 0);
			if (i % 50 == 0)
				nap_ms(1); /* some have gone to sleep */
			engine_stop(w.w_engine);
			engine_stop(w.w_engine);
		}
		world_destroy(&w);
		assert_int_equal(count_fds(), before);
	}
}

static void
cannot_start(void **state)
{
	unsigned before = count_fds(), cpus[] = { 0, CPU_SETSIZE + 7 };
	struct world w;

	world_create(&w, 2);
	assert_int_not_equal(engine_start(w.w_engine, w.w_sp, cpus), 0);
	world_destroy(&w);
	assert_int_equal(count_fds(), before);
}

/* From CPU to CPU, and from the last to ctl. */
struct trip {
	struct msg tr_msg;
	struct world *tr_w;
};

static void trip_cpu(struct endpoint *, struct msg *);

static void
trip_ctl(struct endpoint *ep, struct msg *msg)
{
	struct trip *tr = container_of(msg, struct trip, tr_msg);
	struct world *w = tr->tr_w;

	if (++w->w_arrived + FLIGHT > w->w_wanted) {
		msg_done(ep, msg);
		return;
	}
	msg->msg_fn = trip_cpu;
	msg_send(ep, w->w_arrived % w->w_sp->sp_ncpus, msg);
}

static void
trip_cpu(struct endpoint *ep, struct msg *msg)
{
	unsigned next = ep->ep_id + 1u;

	if (next == sp_ctl_id(ep->ep_sp))
		msg->msg_fn = trip_ctl;
	msg_send(ep, next, msg);
}

/* A lost wake-up would hang the test: ctl looks every second. */
static void
watchdog(struct timer *tm, void *ctx)
{
	struct world *w = container_of(tm, struct world, w_timer);
	struct ctl *ctl = ctx;

	w->w_idle = w->w_arrived == w->w_seen ? w->w_idle + 1 : 0;
	w->w_seen = w->w_arrived;
	timer_set(&ctl->ctl_wheel, tm, ctl->ctl_now + NS_S);
}

static void
run_ctl(struct world *w)
{
	struct ctl *ctl = w->w_sp->sp_ctl;

	role_enter(&on_ctl);
	timer_init(&w->w_timer, watchdog);
	timer_set(&ctl->ctl_wheel, &w->w_timer, ctl->ctl_now + NS_S);
	while (w->w_arrived < w->w_wanted && w->w_idle < 10)
		if (!ctl_round(ctl))
			ctl_idle(ctl);
	timer_cancel(&ctl->ctl_wheel, &w->w_timer);
	assert_int_equal(w->w_arrived, w->w_wanted);
}

static void
send_trips(struct world *w, unsigned n)
{
	struct ctl *ctl = w->w_sp->sp_ctl;
	unsigned i;

	w->w_wanted = n;
	for (i = 0; i < FLIGHT; i++) {
		struct trip *tr = msg_alloc(&ctl->ctl_ep, sizeof(*tr));

		assert_non_null(tr);
		tr->tr_w = w;
		tr->tr_msg.msg_fn = trip_cpu;
		msg_send(&ctl->ctl_ep, 0, &tr->tr_msg);
	}
}

/* Polling a while, and sleeping whenever there is nothing. */
static void
to_and_fro(void **state)
{
	static const struct {
		unsigned ncpus;
		unsigned holdoff;
		unsigned trips;
	} tab[] = {
		{ 1, 50, 30000 },
		{ 1, 0, 30000 },
		{ 2, 50, 20000 },
		{ 2, 0, 20000 },
	};
	struct world w;
	unsigned i;

	for (i = 0; i < countof(tab); i++) {
		world_create(&w, tab[i].ncpus);
		w.w_sp->sp_sysctl.isr_holdoff = tab[i].holdoff;
		assert_int_equal(engine_start(w.w_engine, w.w_sp, NULL), 0);
		send_trips(&w, tab[i].trips);
		run_ctl(&w);
		world_destroy(&w);
	}
}

static void
idle_cpus_sleep(void **state)
{
	uint64_t rounds;
	struct world w;

	world_create(&w, 2);
	assert_int_equal(engine_start(w.w_engine, w.w_sp, NULL), 0);
	nap_ms(50);
	rounds = cpu_stat(w.w_sp, 0, cps_rounds) +
	    cpu_stat(w.w_sp, 1, cps_rounds);
	nap_ms(100);
	assert_true(
	    cpu_stat(w.w_sp, 0, cps_rounds) + cpu_stat(w.w_sp, 1, cps_rounds) <
	    rounds + 10);
	assert_true(cpu_stat(w.w_sp, 0, cps_sleeps) > 0);
	world_destroy(&w);
}

/* A driver whose queue is a pipe: it eats what comes, and makes no packets. */
static struct {
	int fd[2];
	_Atomic unsigned eaten;
	bool closed;
} pipe_drv;

static int
pipe_open(struct ifnet *ifp, const struct dev_conf *dc, char *err,
    size_t errlen)
{
	ifp->if_rxq[0].rxq_fd = pipe_drv.fd[0];
	return 0;
}

static void
pipe_close(struct ifnet *ifp)
{
	pipe_drv.closed = true;
}

static unsigned
pipe_rx(struct cpu *c, struct rxq *rxq, struct mvec *mv, unsigned max)
{
	char b;

	if (read(pipe_drv.fd[0], &b, 1) == 1)
		atomic_fetch_add(&pipe_drv.eaten, 1);
	return 0;
}

static bool
pipe_arm(struct cpu *c, struct rxq *rxq)
{
	return false; /* level-triggered: it wakes us by itself */
}

static const struct dev_ops pipe_ops = {
	.do_name = "pipe",
	.do_open = pipe_open,
	.do_close = pipe_close,
	.do_rx = pipe_rx,
	.do_arm = pipe_arm,
};

static bool
soon(unsigned eaten)
{
	unsigned i;

	for (i = 0; i < 2000 && atomic_load(&pipe_drv.eaten) < eaten; i++)
		nap_ms(1);
	return atomic_load(&pipe_drv.eaten) == eaten;
}

static void
descriptor_wakes(void **state)
{
	struct dev_conf dc = { .dc_queues = 1 };
	struct world w;
	struct ifnet *ifp;
	uint64_t rounds;
	char err[128];
	unsigned i;

	role_enter(&on_ctl);
	world_create(&w, 1);
	assert_int_equal(pipe2(pipe_drv.fd, O_NONBLOCK), 0);
	assert_int_equal(if_attach(w.w_sp->sp_ctl, "pipe", &pipe_ops, &dc,
	    &ifp, err, sizeof(err)), 0);
	assert_int_equal(engine_start(w.w_engine, w.w_sp, NULL), 0);
	for (i = 1; i < 50; i++) {
		if (i % 10 == 0)
			nap_ms(5); /* it sleeps by now */
		assert_int_equal(write(pipe_drv.fd[1], "x", 1), 1);
		assert_true(soon(i));
	}
	if_detach(w.w_sp->sp_ctl, ifp);
	for (i = 0; i < 2000 && !pipe_drv.closed; i++) {
		(void)ctl_round(w.w_sp->sp_ctl);
		nap_ms(1);
	}
	assert_true(pipe_drv.closed);
	assert_int_equal(write(pipe_drv.fd[1], "x", 1), 1);
	nap_ms(20);
	rounds = cpu_stat(w.w_sp, 0, cps_rounds);
	nap_ms(50);
	assert_true(cpu_stat(w.w_sp, 0, cps_rounds) < rounds + 5);
	world_destroy(&w);
	close(pipe_drv.fd[0]);
	close(pipe_drv.fd[1]);
}

static pthread_t signalled;

static void
on_signal(int sig)
{
	signalled = pthread_self();
}

static void
signals_are_ctls(void **state)
{
	struct sigaction sa = { .sa_handler = on_signal }, old;
	struct world w;
	unsigned i;

	world_create(&w, 2);
	sigaction(SIGUSR1, &sa, &old);
	assert_int_equal(engine_start(w.w_engine, w.w_sp, NULL), 0);
	for (i = 0; i < 20; i++) {
		memset(&signalled, 0, sizeof(signalled));
		assert_int_equal(kill(getpid(), SIGUSR1), 0);
		assert_true(pthread_equal(signalled, pthread_self()));
	}
	sigaction(SIGUSR1, &old, NULL);
	world_destroy(&w);
}

static void *
run_world(void *arg)
{
	struct world *w = arg;

	send_trips(w, 5000);
	run_ctl(w);
	return NULL;
}

/* Neither knows of the other; one goes, the other goes on. */
static void
two_instances(void **state)
{
	struct world a, b;
	pthread_t t;
	char err[128];

	world_create(&a, 2);
	world_create(&b, 1);
	assert_int_equal(sysctl_set(&a.w_sp->sp_sysctl, "net.inet.ip.ttl",
	    "7", err, sizeof(err)), 0);
	assert_int_equal(tun(a.w_sp, ip_ttl), 7);
	assert_int_equal(tun(b.w_sp, ip_ttl), 64);
	assert_int_equal(engine_start(a.w_engine, a.w_sp, NULL), 0);
	assert_int_equal(engine_start(b.w_engine, b.w_sp, NULL), 0);
	assert_int_equal(pthread_create(&t, NULL, run_world, &a), 0);
	run_world(&b);
	assert_int_equal(pthread_join(t, NULL), 0);
	world_destroy(&a);
	b.w_arrived = b.w_seen = 0;
	run_world(&b);
	engine_stop(b.w_engine);
	assert_true(spate_stat(b.w_sp, SG_CPU, cps_messages) >= 10000);
	world_destroy(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(starts_and_stops),
		cmocka_unit_test(cannot_start),
		cmocka_unit_test(to_and_fro),
		cmocka_unit_test(idle_cpus_sleep),
		cmocka_unit_test(descriptor_wakes),
		cmocka_unit_test(signals_are_ctls),
		cmocka_unit_test(two_instances),
	};

	return cmocka_run_group_tests_name("top/thread", tests, NULL, NULL);
}
