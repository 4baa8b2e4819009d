/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The balancer: measuring, and having buckets moved; see balancer.h.
 *
 * All it needs is counted anyway: time in rounds with work, packets by bucket,
 * packets by CPU.  While it is off a timer looks once a second whether it has
 * been switched on.  An interval in which a move ran is not judged.
 */
#include "netisr/balancer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "netisr/move.h"
#include "netisr/netisr.h"

#define OFF_NS NS_S

/* All of it is ctl's. */
struct balancer {
	struct timer bl_timer;
	struct balance bl_balance;
	bool bl_on; /* bl_balance and what follows is valid */
	uint64_t bl_when; /* what follows was read */
	uint64_t bl_busy[CPU_MAX]; /* ns */
	uint64_t bl_worked[CPU_MAX]; /* packets, by CPU */
	uint64_t bl_packets[RSS_MAXBUCKETS]; /* by bucket */
	uint64_t bl_looks;
	uint64_t bl_acted;
	uint64_t bl_buckets;
	unsigned bl_moving; /* buckets in the move that runs */
	uint64_t bl_nlast; /* ever put into bl_last, which is a ring */
	struct balancer_move bl_last[BALANCER_LAST];
	struct balance_move bl_move[RSS_MAXBUCKETS];
	uint16_t bl_to[RSS_MAXBUCKETS];
};

/*
 * Packets that a CPU worked on as IP or below: those that went on where they
 * arrived, and those that other CPUs handed to it.
 */
static uint64_t
balancer_worked(const struct spate *sp, unsigned cpu)
{
	struct netisr_info ni;
	uint64_t n = 0;
	unsigned p;

	for (p = 1; p < NETISR_N; p++) {
		netisr_info(sp, cpu, p, &ni);
		n += ni.ni_dispatched + ni.ni_handled;
	}
	return n;
}

static uint64_t
balancer_packets(const struct spate *sp, unsigned bucket)
{
	uint64_t n = 0;
	unsigned i;

	for (i = 0; i < sp->sp_ncpus; i++)
		n += netisr_bucket_packets(sp, i, bucket);
	return n;
}

/* What a counter has grown by since it was last asked. */
static uint64_t
since(uint64_t *last, uint64_t now)
{
	uint64_t n = now - *last;

	*last = now;
	return n;
}

static void ON_CTL
balancer_measure(struct ctl *ctl)
{
	struct balancer *bl = ctl->ctl_balancer;
	struct balance *ba = &bl->bl_balance;
	const struct spate *sp = ctl->ctl_sp;
	unsigned i, b;

	ba->ba_span = since(&bl->bl_when, ctl->ctl_now);
	for (i = 0; i < ba->ba_ncpus; i++) {
		const stat_cell *sc = &sp->sp_cpu[i]
					   ->c_stat[SG_CPU][cps_busy_ns];

		ba->ba_cpu[i].bc_busy =
		    since(&bl->bl_busy[i], stat_cell_read(sc));
		ba->ba_cpu[i].bc_packets =
		    since(&bl->bl_worked[i], balancer_worked(sp, i));
	}
	for (b = 0; b < ba->ba_nbuckets; b++) {
		ba->ba_bucket[b].bb_packets =
		    since(&bl->bl_packets[b], balancer_packets(sp, b));
		if (ba->ba_bucket[b].bb_cpu != rss_cpu(sp, b))
			balance_moved(ba, b, rss_cpu(sp, b));
	}
}

/* Switched on: what was before does not count. */
static void ON_CTL
balancer_start(struct ctl *ctl)
{
	struct balancer *bl = ctl->ctl_balancer;
	struct balance *ba = &bl->bl_balance;
	unsigned b;

	memset(ba, 0, sizeof(*ba));
	ba->ba_ncpus = ctl->ctl_sp->sp_ncpus;
	ba->ba_nbuckets = rss_buckets(ctl->ctl_sp);
	for (b = 0; b < ba->ba_nbuckets; b++)
		ba->ba_bucket[b].bb_cpu = (uint16_t)rss_cpu(ctl->ctl_sp, b);
	balancer_measure(ctl);
	bl->bl_on = true;
}

static void ON_CTL
balancer_done(struct ctl *ctl, int error, void *arg)
{
	struct balancer *bl = arg;

	(void)ctl;
	if (error == 0)
		bl->bl_buckets += bl->bl_moving;
	bl->bl_moving = 0;
}

static void ON_CTL
balancer_note(struct ctl *ctl, const struct balance_move *bm)
{
	struct balancer *bl = ctl->ctl_balancer;

	bl->bl_last[bl->bl_nlast++ % BALANCER_LAST] = (struct balancer_move){
		.bm_move = *bm,
		.bm_when = ctl->ctl_now,
		.bm_span = bl->bl_balance.ba_span,
	};
	log_debug(&ctl->ctl_sp->sp_env.env_log,
	    "balance: bucket %u goes from CPU %u to CPU %u", bm->bm_bucket,
	    bm->bm_from, bm->bm_to);
}

static void ON_CTL
balancer_act(struct ctl *ctl, unsigned n)
{
	struct balancer *bl = ctl->ctl_balancer;
	unsigned i;

	for (i = 0; i < bl->bl_balance.ba_nbuckets; i++)
		bl->bl_to[i] = MOVE_STAY;
	for (i = 0; i < n; i++) {
		bl->bl_to[bl->bl_move[i].bm_bucket] = bl->bl_move[i].bm_to;
		balancer_note(ctl, &bl->bl_move[i]);
	}
	bl->bl_acted++;
	bl->bl_moving = n;
	if (move_buckets(ctl, bl->bl_to, balancer_done, bl) != 0) {
		bl->bl_moving = 0;
		log_warn(&ctl->ctl_sp->sp_env.env_log,
		    "balance: no memory to move buckets; they stay");
	}
}

static void ON_CTL
balancer_look(struct ctl *ctl, bool judge)
{
	struct balancer *bl = ctl->ctl_balancer;
	const struct spate *sp = ctl->ctl_sp;
	unsigned n;

	balancer_measure(ctl);
	if (!judge)
		return;
	bl->bl_looks++;
	bl->bl_balance.ba_limits = (struct balance_limits){
		.bl_threshold = (unsigned)tun(sp, rss_balance_threshold),
		.bl_hot = (unsigned)tun(sp, rss_balance_hot),
		.bl_moves = (unsigned)tun(sp, rss_balance_moves),
		.bl_rest = (unsigned)tun(sp, rss_balance_rest),
	};
	if ((n = balance_decide(&bl->bl_balance, bl->bl_move)) > 0)
		balancer_act(ctl, n);
}

static void
balancer_timer(struct timer *t, void *ctx)
{
	struct ctl *ctl = ctx;
	struct balancer *bl = ctl->ctl_balancer;
	const struct spate *sp = ctl->ctl_sp;
	bool on = tun(sp, rss_balance) != 0 && sp->sp_ncpus > 1;

	role_enter(&on_ctl);
	if (!on)
		bl->bl_on = false;
	else if (!bl->bl_on || bl->bl_balance.ba_nbuckets != rss_buckets(sp))
		balancer_start(ctl);
	else
		balancer_look(ctl, !move_running(ctl));
	timer_set(&ctl->ctl_wheel, t,
	    ctl->ctl_now +
		(on ? tun(sp, rss_balance_interval) * NS_MS : OFF_NS));
}

void
balancer_info(const struct ctl *ctl, struct balancer_info *bi)
{
	const struct balancer *bl = ctl->ctl_balancer;
	unsigned i;

	*bi = (struct balancer_info){
		.bi_on = tun(ctl->ctl_sp, rss_balance) != 0,
		.bi_active = bl->bl_on && bl->bl_balance.ba_active,
		.bi_looks = bl->bl_looks,
		.bi_acted = bl->bl_acted,
		.bi_buckets = bl->bl_buckets,
		.bi_nlast = (unsigned)u64min(bl->bl_nlast, BALANCER_LAST),
	};
	for (i = 0; i < bi->bi_nlast; i++)
		bi->bi_last[i] =
		    bl->bl_last[(bl->bl_nlast - 1 - i) % BALANCER_LAST];
}

int
balancer_init(struct ctl *ctl)
{
	struct balancer *bl;

	if ((bl = calloc(1, sizeof(*bl))) == NULL)
		return ENOMEM;
	ctl->ctl_balancer = bl;
	timer_init(&bl->bl_timer, balancer_timer);
	timer_set(&ctl->ctl_wheel, &bl->bl_timer, ctl->ctl_now + OFF_NS);
	return 0;
}

void
balancer_fini(struct ctl *ctl)
{
	if (ctl->ctl_balancer == NULL)
		return;
	timer_cancel(&ctl->ctl_wheel, &ctl->ctl_balancer->bl_timer);
	free(ctl->ctl_balancer);
	ctl->ctl_balancer = NULL;
}
