/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sending: what is due is made, gets its time, and leaves.
 *
 * A burst is made in whole and belongs to its port until the device has taken
 * all of it: what it does not take waits, gets a new time, and is tried again
 * in the next round.  So nothing is ever skipped, and packets of a flow leave
 * in the order of their numbers.  The schedule hears of a packet when it has
 * left, and thereby knows how late it was.
 */
#include "base/kassert.h"
#include "dev/dev.h"
#include "gen/gen_int.h"
#include "path.h"

#define UNSENT_LOOK (1u << 22) /* packets behind that are counted singly */

/* The next n lanes are one: how many of them? */
static unsigned
row_run(const struct gen_sender *gs, unsigned n)
{
	unsigned i, first = gs->gs_row[gs->gs_at];

	if (gs->gs_nlanes == 1)
		return n;
	for (i = 1; i < n && gs->gs_at + i < gs->gs_nrow; i++)
		if (gs->gs_row[gs->gs_at + i] != first)
			break;
	return umin(i, n);
}

static void
row_go(struct gen_sender *gs, unsigned n)
{
	if (gs->gs_nlanes == 1)
		return;
	gs->gs_at += n;
	if (gs->gs_at == gs->gs_nrow)
		gs->gs_at = 0;
}

static struct tpl_cursor *
lane_cursor(struct gen_lane *gl, bool warm)
{
	return warm ? &gl->gl_warm : &gl->gl_run;
}

/* Frames that fit a buffer, straight into it. */
static unsigned ON_CPU
make_whole(struct cpu *c, struct gen_sender *gs, uint16_t key, unsigned n)
{
	struct gen_burst *gb = &gs->gs_burst;
	unsigned i, k, run;

	n = m_alloc_bulk(c, gb->gb_m, n);
	for (i = 0; i < n; i++)
		gb->gb_p[i] = gb->gb_m[i]->m_data;
	for (i = 0; i < n; i += run) {
		unsigned lane = gs->gs_row[gs->gs_at];

		run = row_run(gs, n - i);
		tpl_fill(lane_cursor(&gs->gs_lane[lane], gb->gb_warm), key,
		    gb->gb_p + i, gb->gb_len + i, gb->gb_sig + i, run);
		for (k = i; gs->gs_nlanes > 1 && k < i + run; k++)
			gb->gb_lane[k] = (uint16_t)lane;
		row_go(gs, run);
	}
	for (i = 0; i < n; i++)
		gb->gb_m[i]->m_len = gb->gb_m[i]->m_pktlen = gb->gb_len[i];
	return n;
}

/*
 * Frames that do not: made in one piece and copied, with the time of now,
 * which stays.  Without buffers the cursor is as before.
 */
static unsigned ON_CPU
make_pieces(struct cpu *c, struct gen_cpu *gc, struct gen_sender *gs,
    uint16_t key, unsigned n)
{
	struct gen_burst *gb = &gs->gs_burst;
	uint8_t *p = gc->gc_linear;
	unsigned i;

	for (i = 0; i < n; i++) {
		unsigned lane = gs->gs_row[gs->gs_at];
		struct tpl_cursor *cu =
		    lane_cursor(&gs->gs_lane[lane], gb->gb_warm);
		struct tpl_cursor before = *cu;

		tpl_fill(cu, key, &p, &gb->gb_len[i], &gb->gb_sig[i], 1);
		tpl_stamp(&p, &gb->gb_sig[i], 1, 0,
		    gen_clock(&gc->gc_gen->g_clock));
		gb->gb_m[i] = m_from_bytes(c, p, gb->gb_len[i]);
		if (gb->gb_m[i] == NULL) {
			*cu = before;
			break;
		}
		gb->gb_p[i] = NULL;
		gb->gb_sig[i] = 0;
		gb->gb_lane[i] = (uint16_t)lane;
		row_go(gs, 1);
	}
	return i;
}

/* A burst of n; fewer if there are no buffers. */
static void ON_CPU
make(struct cpu *c, struct gen_cpu *gc, struct gen_sender *gs, unsigned n)
{
	const struct gen_job *gj = gc->gc_job;
	struct gen_burst *gb = &gs->gs_burst;
	uint16_t key = gb->gb_warm ? gj->gj_warmkey : gj->gj_key;

	gb->gb_first = 0;
	gb->gb_ts = 0;
	gb->gb_n = gs->gs_pieces ? make_pieces(c, gc, gs, key, n) :
	    make_whole(c, gs, key, n);
	if (unlikely(gb->gb_n < n))
		gs->gs_nobuf++;
	stat_add(c, SG_PATH, pks_originated, gb->gb_n);
}

static void
count_lanes(struct gen_sender *gs, const uint32_t *len, const uint16_t *lane,
    unsigned n)
{
	uint64_t bytes = 0;
	unsigned i;

	if (gs->gs_nlanes == 1) {
		for (i = 0; i < n; i++)
			bytes += len[i];
		gs->gs_lane->gl_sent += n;
		gs->gs_lane->gl_bytes += bytes + (uint64_t)n * TPL_FCS;
		return;
	}
	for (i = 0; i < n; i++) {
		gs->gs_lane[lane[i]].gl_sent++;
		gs->gs_lane[lane[i]].gl_bytes += len[i] + TPL_FCS;
	}
}

/* These of the burst have left at now. */
static void
leave(struct gen_sender *gs, unsigned n, uint64_t now)
{
	struct gen_burst *gb = &gs->gs_burst;
	const uint32_t *len = gb->gb_len + gb->gb_first;
	unsigned i;

	if (gs->gs_pace.p_conf.pc_kind == PACE_MAX)
		gs->gs_pace.p_sent += n;
	else
		for (i = 0; i < n; i++)
			pace_sent(&gs->gs_pace, len[i] + TPL_FCS, now);
	if (!gb->gb_warm) {
		count_lanes(gs, len, gb->gb_lane + gb->gb_first, n);
		gs->gs_sent += n;
		gs->gs_last = now;
	}
	gb->gb_first += n;
}

/* Send what is made, with the time of now.  Whether all of it has left. */
static bool ON_CPU
push(struct cpu *c, struct gen_cpu *gc, struct gen_sender *gs, unsigned *sent)
{
	const struct gen_port *gp = &gc->gc_gen->g_port[gs->gs_port];
	struct ifnet *ifp = if_lookup(c->c_sp, gp->gp_if);
	struct gen_burst *gb = &gs->gs_burst;
	unsigned n = gb->gb_n - gb->gb_first, took;
	uint64_t now;

	if (n == 0)
		return true;
	if (ifp == NULL || !if_running(ifp))
		return false;
	now = gen_clock(&gc->gc_gen->g_clock);
	if (!gs->gs_pieces) {
		tpl_stamp(gb->gb_p + gb->gb_first, gb->gb_sig + gb->gb_first,
		    n, gb->gb_ts, now);
		gb->gb_ts = now;
	}
	took = dev_tx_burst(c, ifp, gb->gb_m + gb->gb_first, n);
	leave(gs, took, now);
	stat_add(c, SG_GEN, gns_sent, took);
	*sent += took;
	if (took == n)
		return true;
	gs->gs_txfull++;
	return false;
}

/* What is made does not leave any more. */
static void ON_CPU
discard(struct cpu *c, struct gen_burst *gb)
{
	for (; gb->gb_first < gb->gb_n; gb->gb_first++)
		m_drop(c, gb->gb_m[gb->gb_first], SG_GEN, gns_unsent);
}

/* How many of the next packets are due at now. */
static unsigned
due(const struct gen_sender *gs, bool warm, uint64_t now)
{
	struct gen_lane *gl = &gs->gs_lane[gs->gs_row[gs->gs_at]];
	uint64_t most = GEN_BURST;
	uint32_t size[GEN_BURST];
	unsigned i, run;

	if (!warm)
		most = u64min(most, gs->gs_packets - gs->gs_sent);
	if (most == 0 || pace_next(&gs->gs_pace) > now)
		return 0;
	if (gs->gs_simple)
		return pace_due(&gs->gs_pace, now, TPL_MINSIZE, (unsigned)most);
	run = row_run(gs, (unsigned)most);
	tpl_nextlens(lane_cursor(gl, warm), size, run);
	for (i = 1; i < run && size[i] == size[0]; i++)
		continue;
	return pace_due(&gs->gs_pace, now, size[0], i);
}

/* Some bursts of what is due at upto. */
static unsigned ON_CPU
send_due(struct cpu *c, struct gen_cpu *gc, struct gen_sender *gs, bool warm,
    uint64_t upto)
{
	unsigned i, n, sent = 0;

	if (!push(c, gc, gs, &sent))
		return sent;
	for (i = 0; i < GEN_BURSTS && (n = due(gs, warm, upto)) > 0; i++) {
		gs->gs_burst.gb_warm = warm;
		make(c, gc, gs, n);
		if (!push(c, gc, gs, &sent) || gs->gs_burst.gb_n < n)
			break;
	}
	return sent;
}

/* What the schedule wanted until t, with what was sent before it changed. */
static uint64_t
wanted(const struct gen_sender *gs, uint64_t t)
{
	const struct pace *p = &gs->gs_pace;
	unsigned size = p->p_conf.pc_len, n;

	if (p->p_conf.pc_kind == PACE_MAX)
		return p->p_sent;
	/* The last one may have left after t, if it was due before. */
	n = pace_due(p, t, size, UNSENT_LOOK);
	if (n < UNSENT_LOOK)
		return p->p_sent + n;
	return pace_offered(p, u64max(t, gs->gs_last), size);
}

/* A schedule is over, which wanted so many packets. */
static void
pace_ended(struct gen_sender *gs, uint64_t offered)
{
	gs->gs_offered += offered;
	gs->gs_late += gs->gs_pace.p_late;
	gs->gs_late_max = u64max(gs->gs_late_max, gs->gs_pace.p_worst);
}

static void
run_ended(struct gen_sender *gs, uint64_t at)
{
	gs->gs_over = true;
	pace_ended(
	    gs, u64min(wanted(gs, at), gs->gs_packets - gs->gs_base));
}

static void
run_begin(struct gen_sender *gs, uint64_t at)
{
	gs->gs_started = true;
	gs->gs_conf.pc_error = gs->gs_error;
	gs->gs_conf.pc_gap = gs->gs_gap;
	pace_start(&gs->gs_pace, &gs->gs_conf, at);
}

bool
gen_pace_simple(const struct pace_conf *pc)
{
	switch (pc->pc_kind) {
	case PACE_MAX:
		return true;
	case PACE_BURST: /* a burst takes as long as its bits on the line */
		return pc->pc_unit == PACE_PPS && pc->pc_line == 0;
	default:
		return pc->pc_unit == PACE_PPS;
	}
}

/* The user wants another pace; the shares stay. */
static void
repace(struct gen_job *gj, uint64_t now)
{
	/* Acquire: gj_newpace was written before. */
	uint32_t want =
	    atomic_load_explicit(&gj->gj_repace, memory_order_acquire);
	unsigned i;

	if (want ==
	    atomic_load_explicit(&gj->gj_repaced, memory_order_relaxed))
		return;
	for (i = 0; i < gj->gj_nsenders; i++) {
		struct gen_sender *gs = &gj->gj_sender[i];
		struct pace_conf pc = gj->gj_newpace;

		pc.pc_share = gs->gs_conf.pc_share;
		pc.pc_shares = gs->gs_conf.pc_shares;
		pc.pc_seed = gs->gs_conf.pc_seed;
		pc.pc_tolerance = gs->gs_conf.pc_tolerance;
		pc.pc_len = gs->gs_conf.pc_len;
		pc.pc_l2 = gs->gs_conf.pc_l2;
		pc.pc_line = gs->gs_conf.pc_line;
		gs->gs_conf = pc;
		if (!gs->gs_started || gs->gs_over)
			continue;
		/* What was due is the new schedule's business. */
		pace_ended(gs, gs->gs_pace.p_sent);
		gs->gs_base = gs->gs_offered;
		run_begin(gs, now);
		gs->gs_simple = gen_pace_simple(&gs->gs_conf);
	}
	/* Release: gj_newpace may be written again. */
	atomic_store_explicit(&gj->gj_repaced, want, memory_order_release);
}

/*
 * The run.  When its time is over what was due before may still leave for as
 * long as it would not be late.
 */
static unsigned ON_CPU
send_run(struct cpu *c, struct gen_cpu *gc, struct gen_sender *gs, uint64_t now)
{
	const struct gen_job *gj = gc->gc_job;
	uint64_t upto = u64min(now, gj->gj_end_at);
	unsigned sent = 0;

	if (!gs->gs_started) {
		discard(c, &gs->gs_burst); /* of the warm-up */
		run_begin(gs, gj->gj_run_at);
	}
	if (now < gj->gj_end_at || gs->gs_conf.pc_kind != PACE_MAX)
		sent = send_due(c, gc, gs, false, upto);
	if (gs->gs_sent == gs->gs_packets ||
	    (now >= gj->gj_end_at &&
	    (gs->gs_conf.pc_kind == PACE_MAX ||
	    pace_next(&gs->gs_pace) > gj->gj_end_at ||
	    now - gj->gj_end_at > gj->gj_late)))
		run_ended(gs, upto);
	return sent;
}

static unsigned ON_CPU
send_port(struct cpu *c, struct gen_cpu *gc, struct gen_sender *gs,
    uint64_t now)
{
	const struct gen_job *gj = gc->gc_job;

	if (gs->gs_over)
		return 0;
	if (now >= gj->gj_run_at)
		return send_run(c, gc, gs, now);
	if (now < gj->gj_warm_at)
		return 0;
	if (!gs->gs_warmed) {
		gs->gs_warmed = true;
		gs->gs_conf.pc_error = gs->gs_conf.pc_gap = NULL;
		pace_start(&gs->gs_pace, &gs->gs_conf, gj->gj_warm_at);
	}
	return send_due(c, gc, gs, true, now);
}

/* When there is something to send, as far as time decides. */
static uint64_t
next(const struct gen_job *gj, const struct gen_sender *gs, uint64_t now)
{
	if (gs->gs_over)
		return UINT64_MAX;
	if (now < gj->gj_warm_at)
		return gj->gj_warm_at;
	if (gs->gs_burst.gb_first < gs->gs_burst.gb_n)
		return now;
	if (now < gj->gj_run_at)
		return u64min(pace_next(&gs->gs_pace), gj->gj_run_at);
	return u64min(pace_next(&gs->gs_pace), gj->gj_end_at);
}

static void
look_on(struct gen_cpu *gc, const struct gen_sender *gs)
{
	struct gen_live *gv = &gc->gc_live[gs->gs_port];

	atomic_store_explicit(&gv->gv_sent, gs->gs_sent, memory_order_relaxed);
	atomic_store_explicit(&gv->gv_late,
	    gs->gs_late + (gs->gs_over ? 0 : gs->gs_pace.p_late),
	    memory_order_relaxed);
}

void
gen_send_end(struct cpu *c, struct gen_job *gj, uint64_t now)
{
	unsigned i;

	for (i = 0; i < gj->gj_nsenders; i++) {
		struct gen_sender *gs = &gj->gj_sender[i];

		if (!gs->gs_over && gs->gs_started)
			run_ended(gs, now);
		gs->gs_over = true;
		discard(c, &gs->gs_burst);
	}
}

unsigned
gen_send(struct cpu *c, struct gen_cpu *gc)
{
	struct gen_job *gj = gc->gc_job;
	unsigned i, sent = 0;
	bool over = true;

	gc->gc_next = UINT64_MAX;
	if (gj == NULL ||
	    atomic_load_explicit(&gj->gj_sent, memory_order_relaxed))
		return 0;
	/* Acquire: the times were written before. */
	if (!atomic_load_explicit(&gj->gj_go, memory_order_acquire))
		return 0;
	if (unlikely(atomic_load_explicit(&gj->gj_halt, memory_order_relaxed)))
		gen_send_end(c, gj, c->c_now);
	repace(gj, c->c_now);
	for (i = 0; i < gj->gj_nsenders; i++) {
		struct gen_sender *gs = &gj->gj_sender[i];

		sent += send_port(c, gc, gs, c->c_now);
		over &= gs->gs_over;
		gc->gc_next = u64min(gc->gc_next, next(gj, gs, c->c_now));
		look_on(gc, gs);
	}
	if (!over)
		return sent;
	gen_send_end(c, gj, c->c_now);
	/* Release: ctl does not look into the job, but at the counters. */
	atomic_store_explicit(&gj->gj_sent, true, memory_order_release);
	endpoint_wake(c->c_sp, sp_ctl_id(c->c_sp));
	return sent;
}

void
gen_send_control(struct cpu *c, struct mbuf *m, const struct gen_port *gp)
{
	m->m_flags = 0;
	m->m_gso = GSO_NONE;
	m->m_oif = gp->gp_if;
	path_next(c, ST_TX, m);
}
