/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Looking at flow caches; see flow_look.h.
 */
#include "fast/flow_look.h"

#include <string.h>

#include "base/bytes.h"
#include "fast/adj.h"
#include "fast/fast.h"
#include "fast/flow.h"

/* Whole, as some CPU wrote it; false: it was being written, or is none. */
static bool
flow_read(const struct flow *from, struct flow *to)
{
	const uint64_t *w = (const void *)from;
	uint64_t v[sizeof(*to) / sizeof(uint64_t)];
	unsigned i;

	v[0] = __atomic_load_n(&w[0], __ATOMIC_ACQUIRE);
	for (i = 1; i < countof(v); i++)
		v[i] = __atomic_load_n(&w[i], __ATOMIC_RELAXED);
	atomic_thread_fence(memory_order_acquire);
	if (v[0] == 0 || __atomic_load_n(&w[0], __ATOMIC_RELAXED) != v[0])
		return false;
	memcpy(to, v, sizeof(v));
	return true;
}

static void
flow_tell(const struct ctl *ctl, const struct flow *fl, uint32_t epoch,
    struct flow_info *fi)
{
	uint64_t now = ctl->ctl_now >> FLOW_MADE_SHIFT;

	*fi = (struct flow_info){
		.fi_dst = (fl->fl_key & 0xff) == 6 ? addr_v6(fl->fl_dst) :
		    addr_v4((uint32_t)fl->fl_dst.i6_lo),
		.fi_nh = fl->fl_nh & FLOW_NH,
		.fi_oif = fl->fl_oif,
		.fi_mtu = fl->fl_mtu,
		.fi_rtable = (uint8_t)(fl->fl_key >> 8),
		.fi_stale = fl->fl_key >> 32 != epoch,
		.fi_packets = fl->fl_packets,
		.fi_bytes = fl->fl_bytes,
		/* A CPU's clock may be a little before ctl's. */
		.fi_age_ns = now > fl->fl_made ?
		    (now - fl->fl_made) << FLOW_MADE_SHIFT : 0,
	};
	memcpy(fi->fi_mac, fl->fl_macs, MAC_LEN);
}

static const struct flow_table *
flow_table_of(const struct flow_cpu *fw)
{
	return atomic_load_explicit(&fw->fw_table, memory_order_relaxed);
}

/* ctl alone replaces tables: this one stays while it looks. */
int
flow_walk(const struct ctl *ctl, unsigned cpu, flow_walk_fn *fn, void *arg)
{
	const struct flow_cpu *fw =
	    &ctl->ctl_sp->sp_cpu[cpu]->c_fast->fc_flow;
	const struct flow_table *ft = flow_table_of(fw);
	struct flow_info fi;
	struct flow fl;
	uint64_t i;
	int end = 0;

	for (i = 0; ft != NULL && i < flow_places(ft) && end == 0; i++) {
		if (!flow_read(&ft->ft_flow[i], &fl))
			continue;
		flow_tell(ctl, &fl,
		    __atomic_load_n(&fw->fw_epoch, __ATOMIC_RELAXED), &fi);
		end = fn(arg, &fi);
	}
	return end;
}

void
flow_state(const struct ctl *ctl, unsigned cpu, struct flow_state *fs)
{
	const struct fast_cpu *fc = ctl->ctl_sp->sp_cpu[cpu]->c_fast;
	const struct flow_table *ft = flow_table_of(&fc->fc_flow);
	const struct flow_auto *fa = &fc->fc_auto;
	uint64_t mode = tun(ctl->ctl_sp, ip_fastforward);

	*fs = (struct flow_state){ .fs_pairs = FLOW_AUTO_PAIRS };
	if (ft != NULL) {
		fs->fs_size = ft->ft_size;
		fs->fs_places = flow_places(ft);
		fs->fs_used = mode == FASTFORWARD_ON;
	}
	if (mode != FASTFORWARD_AUTO)
		return;
	fs->fs_used = stat_cell_read(&fa->fa_using) != 0;
	fs->fs_why = flow_why_names[stat_cell_read(&fa->fa_why) % FW_N];
	fs->fs_with = (double)stat_cell_read(&fa->fa_mid[1]) / FLOW_AUTO_UNIT;
	fs->fs_without =
	    (double)stat_cell_read(&fa->fa_mid[0]) / FLOW_AUTO_UNIT;
	fs->fs_won = (unsigned)stat_cell_read(&fa->fa_won);
	fs->fs_trials = stat_cell_read(&fa->fa_trials);
	fs->fs_changes = stat_cell_read(&fa->fa_changes);
}
