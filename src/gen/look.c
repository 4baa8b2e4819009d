/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Looking on while a trial runs: at links, which may go, and at counters, for
 * a screen; from which another pace may come.
 *
 * CPUs write the counters here whenever they like; nothing is exact before the
 * trial is over.
 */
#include <string.h>

#include "gen/gen_int.h"

#define TICK_NS (NS_S / 10)

void
gen_look_at_links(struct gen *g)
{
	unsigned i;

	for (i = 0; i < g->g_nports; i++) {
		const struct ifnet *ifp = gen_ifnet(g, i);

		if (g->g_port[i].gp_used &&
		    (ifp == NULL || !if_carrier(ifp)))
			g->g_port[i].gp_lost = true;
	}
}

static void
tick_latency(const struct gen *g, struct trial_tick *tt)
{
	uint64_t n = 0, sum = 0;
	unsigned i;

	tt->tt_latency_min = UINT64_MAX;
	for (i = 0; i < g->g_sp->sp_ncpus; i++) {
		const struct gen_glance *ge = &g->g_cpu[i]->gc_glance;

		n += stat_cell_read(&ge->ge_n);
		sum += stat_cell_read(&ge->ge_sum);
		tt->tt_latency_min =
		    u64min(tt->tt_latency_min, stat_cell_read(&ge->ge_min));
		tt->tt_latency_max =
		    u64max(tt->tt_latency_max, stat_cell_read(&ge->ge_max));
	}
	if (n == 0)
		tt->tt_latency_min = 0;
	tt->tt_latency_mean = n > 0 ? sum / n : 0;
}

static void ON_CTL
tick_fill(struct gen *g, struct trial_tick *tt)
{
	unsigned i, k;

	*tt = (struct trial_tick){ .tt_now = gen_now(g) - g->g_phase_at,
		.tt_phase = g->g_phase, .tt_nports = g->g_nports,
		.tt_ncpus = g->g_sp->sp_ncpus };
	for (i = 0; i < g->g_nports; i++) {
		struct if_counts ic = { 0 };

		if (gen_ifnet(g, i) != NULL)
			if_counts(gen_ifnet(g, i), &ic);
		tt->tt_port[i].tx_packets = ic.ic_tx_packets;
		tt->tt_port[i].tx_bytes = ic.ic_tx_bytes;
		tt->tt_port[i].rx_packets = ic.ic_rx_packets;
		tt->tt_port[i].rx_bytes = ic.ic_rx_bytes;
	}
	for (k = 0; k < g->g_sp->sp_ncpus; k++)
		for (i = 0; i < g->g_nports; i++) {
			const struct gen_live *gv = &g->g_cpu[k]->gc_live[i];
			uint64_t sent = stat_cell_read(&gv->gv_sent);
			uint64_t got = stat_cell_read(&gv->gv_received);
			uint64_t late = stat_cell_read(&gv->gv_late);

			tt->tt_port[i].sent += sent;
			tt->tt_port[i].received += got;
			tt->tt_port[i].late += late;
			tt->tt_cpu[k].sent += sent;
			tt->tt_cpu[k].received += got;
			tt->tt_cpu[k].late += late;
		}
	for (k = 0; k < g->g_sp->sp_ncpus; k++) {
		stat_cell *st = g->g_sp->sp_cpu[k]->c_stat[SG_PATH];

		tt->tt_cpu[k].rx_packets = stat_cell_read(&st[pks_received]);
		tt->tt_cpu[k].tx_packets = stat_cell_read(&st[pks_sent]);
	}
	tick_latency(g, tt);
}

/* Another pace from now on; repace_tell() says it to the CPUs. */
static void
repace(struct gen *g, const struct pace_conf *pc)
{
	struct pace_conf check = *pc;
	char err[128];

	if (check.pc_line == 0)
		check.pc_line = g->g_port[0].gp_linerate;
	if (!pace_check(&check, err, sizeof(err)))
		return; /* as it was: who asked sees that */
	g->g_pace = *pc;
	g->g_repace++;
}

/* A CPU that has not taken the last pace yet hears of this one when it has. */
static void
repace_tell(struct gen *g)
{
	unsigned i;

	for (i = 0; i < g->g_sp->sp_ncpus; i++) {
		struct gen_job *gj = g->g_job[i];
		uint32_t told;

		if (gj == NULL)
			continue;
		told = atomic_load_explicit(
		    &gj->gj_repace, memory_order_relaxed);
		/* Acquire: the CPU reads gj_newpace no more. */
		if (told == g->g_repace ||
		    atomic_load_explicit(
			&gj->gj_repaced, memory_order_acquire) != told)
			continue;
		gj->gj_newpace = g->g_pace;
		/* Release: the pace comes before. */
		atomic_store_explicit(
		    &gj->gj_repace, g->g_repace, memory_order_release);
	}
}

void
gen_look(struct gen *g)
{
	const struct trial_conf *tc = g->g_conf_now;
	struct pace_conf pc = g->g_pace;
	struct trial_tick tt;
	uint64_t now = gen_now(g);

	repace_tell(g);
	if (now < g->g_tick_at)
		return;
	g->g_tick_at = now + TICK_NS;
	if (g->g_phase >= TPH_WARMUP)
		gen_look_at_links(g);
	if (tc->tc_tick == NULL)
		return;
	tick_fill(g, &tt);
	if (!tc->tc_tick(tc->tc_tickarg, &tt, &pc))
		gen_stop(g);
	if (g->g_phase <= TPH_RUN && memcmp(&pc, &g->g_pace, sizeof(pc)) != 0)
		repace(g, &pc);
	repace_tell(g);
}
