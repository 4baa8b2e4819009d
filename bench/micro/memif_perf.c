/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Frames across a memif between two instances in this process, whose driver
 * functions are called by hand: buffers are allocated, copied to shared
 * memory, copied from there to buffers of the other instance, and freed.  In
 * one thread, in vectors by turns, and between two that never sleep; from
 * client to server and back.
 *
 * Not by the tester (src/gen), on purpose: what templates, signatures and the
 * check of each packet take (micro/tpl, micro/check, path/gen) is of the size
 * of what is measured here, which is the driver and a buffer's way there and
 * back alone.  Over memif from the tester, beside its peers: net/gen_peers.
 *
 *	memif_perf [frames]
 */
#include <err.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "../path/duo.h"
#include "base/bytes.h"
#include "dev/drivers.h"
#include "dev/memif.h"
#include "if/if.h"
#include "mbuf/mbuf.h"
#include "spate.h"

#define BURST 32
#define FRAMES 4000000u
#define RUNS   5

enum { SERVER, CLIENT };

struct bench {
	struct spate *b_sp[2];
	struct ifnet *b_ifp[2];
	unsigned b_from; /* side that sends */
	unsigned b_frames;
	unsigned b_len;
	double b_ns; /* a frame */
};

static uint64_t
bench_now(void *arg)
{
	struct timespec ts;

	(void)arg;
	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * NS_S + (uint64_t)ts.tv_nsec;
}

static void
bench_wake(void *arg, struct endpoint *ep)
{
	(void)arg;
	(void)ep;
}

static void ON_CTL
bench_attach(struct bench *b, unsigned side, const char *socket)
{
	struct spate_env env = { .env_now = bench_now,
		.env_wake = bench_wake };
	struct spate_conf sc = { .sc_ncpus = 1, .sc_pktmem = 16u << 20 };
	struct memif_conf mc = { .mc_socket = socket,
		.mc_client = side == CLIENT };
	struct dev_conf dc = { .dc_driver = "memif", .dc_memif = &mc };
	char text[256];

	log_init(&env.env_log, log_sink_stderr, NULL, LOGL_ERROR);
	if (spate_create(&sc, &env, &b->b_sp[side]) != 0)
		errx(1, "no instance");
	if (if_attach(b->b_sp[side]->sp_ctl, "m0", &dev_memif, &dc,
		&b->b_ifp[side], text, sizeof(text)) != 0)
		errx(1, "%s", text);
	if_set_up(b->b_sp[side]->sp_ctl, b->b_ifp[side], true);
}

static void ON_CTL
bench_create(struct bench *b)
{
	char socket[64];

	snprintf(socket, sizeof(socket), "@memif-perf-%d", (int)getpid());
	bench_attach(b, SERVER, socket);
	bench_attach(b, CLIENT, socket);
	while (!if_running(b->b_ifp[SERVER]) ||
	    !if_running(b->b_ifp[CLIENT])) {
		ctl_round(b->b_sp[SERVER]->sp_ctl);
		ctl_round(b->b_sp[CLIENT]->sp_ctl);
		usleep(1000);
	}
}

/* What is done next is done by the only CPU of a side. */
static struct cpu *bench_cpu(const struct bench *b, unsigned side)
    TSA(assert_capability(on_cpu));

static struct cpu *
bench_cpu(const struct bench *b, unsigned side)
{
	role_enter(&on_cpu);
	curcpu = b->b_sp[side]->sp_cpu[0];
	return curcpu;
}

static unsigned
bench_send(struct bench *b, unsigned n)
{
	struct cpu *c = bench_cpu(b, b->b_from);
	struct txq *txq = b->b_ifp[b->b_from]->if_tx[0];
	struct mbuf *mm[BURST];
	unsigned i, sent;

	n = m_alloc_bulk(c, mm, umin(n, BURST));
	for (i = 0; i < n; i++)
		mm[i]->m_len = mm[i]->m_pktlen = b->b_len;
	sent = dev_memif.do_tx(c, txq, mm, n);
	dev_memif.do_kick(c, txq);
	m_free_bulk(c, mm + sent, n - sent);
	return sent;
}

static unsigned
bench_receive(struct bench *b)
{
	struct cpu *c = bench_cpu(b, !b->b_from);
	struct mvec mv = { .mv_n = 0 };

	dev_memif.do_rx(c, &b->b_ifp[!b->b_from]->if_rxq[0], &mv, BURST);
	m_free_bulk(c, mv.mv_m, mv.mv_n);
	return mv.mv_n;
}

static void
bench_sender(void *arg)
{
	struct bench *b = arg;
	unsigned n, done = 0, idle = 0;

	while (done < b->b_frames) {
		n = bench_send(b, b->b_frames - done);
		done += n;
		if (n == 0 && ++idle % 4096 == 0)
			sched_yield();
	}
}

static void
bench_receiver(void *arg)
{
	struct bench *b = arg;
	uint64_t from = bench_now(NULL);
	unsigned n, done = 0, idle = 0;

	while (done < b->b_frames) {
		n = bench_receive(b);
		done += n;
		if (n == 0 && ++idle % 4096 == 0)
			sched_yield();
	}
	b->b_ns = (double)(bench_now(NULL) - from) / b->b_frames;
}

static void
bench_alone(struct bench *b)
{
	uint64_t from = bench_now(NULL);
	unsigned done = 0;

	while (done < b->b_frames) {
		bench_send(b, b->b_frames - done);
		done += bench_receive(b);
	}
	b->b_ns = (double)(bench_now(NULL) - from) / b->b_frames;
}

static void
bench_print(const struct bench *b, const char *how)
{
	printf("%-8s %s to %s, %4u bytes: %6.1f ns, %6.2f Mpps\n", how,
	    b->b_from == CLIENT ? "client" : "server",
	    b->b_from == CLIENT ? "server" : "client", b->b_len, b->b_ns,
	    1e3 / b->b_ns);
	fflush(stdout);
}

static void
bench_run(struct bench *b, struct duo *du)
{
	double best = 1e9;
	unsigned i;

	for (i = 0; i < RUNS; i++) {
		bench_alone(b);
		best = b->b_ns < best ? b->b_ns : best;
	}
	b->b_ns = best;
	bench_print(b, "alone");
	for (i = 0; i < RUNS; i++) {
		enum distance before = duo_distance(du);

		duo_run(du, bench_sender, b, bench_receiver, b);
		bench_print(b,
		    before == duo_distance(du) ? distance_names[before] :
		    "flipped");
	}
}

int
main(int argc, char **argv)
{
	static const unsigned lens[] = { 60, 1514 };
	struct bench b = { .b_frames = FRAMES };
	struct duo *du;
	unsigned i;

	role_enter(&on_ctl);
	if (argc > 1)
		b.b_frames = (unsigned)strtoul(argv[1], NULL, 10);
	if (b.b_frames == 0)
		errx(2, "usage: memif_perf [frames]");
	bench_create(&b);
	du = duo_create();
	for (i = 0; i < countof(lens); i++)
		for (b.b_from = 0; b.b_from < 2; b.b_from++) {
			b.b_len = lens[i];
			bench_run(&b, du);
		}
	duo_destroy(du);
	spate_destroy(b.b_sp[SERVER]);
	spate_destroy(b.b_sp[CLIENT]);
	return 0;
}
