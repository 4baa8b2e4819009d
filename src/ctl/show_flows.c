/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * "spate show flows": the flow cache of each CPU, and on request what is in it.
 */
#include "base/addr.h"
#include "ctl/show.h"
#include "ctl/show_int.h"
#include "fast/flow_look.h"
#include "fast/flow_stat.h"
#include "route/nhop.h"
#include "route/route.h"

struct show_flows {
	const struct spate *sf_sp;
	const struct show_flows_wish *sf_wish; /* NULL: they are counted only */
	unsigned sf_cpu;
	uint64_t sf_entries; /* of this CPU, that may be used … */
	uint64_t sf_stale; /* … and that must be looked up again */
	uint64_t sf_more; /* that were wished for, beyond the most */
	json_t *sf_list;
};

static void
flow_add(struct show_flows *sf, const struct flow_info *fi)
{
	const struct nhop *nh = nhop_lookup(sf->sf_sp, fi->fi_nh);
	char dst[ADDR_STRLEN], via[ADDR_STRLEN] = "", mac[MAC_STRLEN];

	if (nh->nh_type == NH_GATEWAY)
		addr_format(&nh->nh_gw, via);
	json_array_append_new(sf->sf_list,
	    json_pack("{s:i, s:s, s:s, s:s, s:s, s:s, s:i, s:i, s:b, s:I, "
		      "s:I, s:f}",
		"cpu", (int)sf->sf_cpu, "vrf",
		rtable_name(sf->sf_sp, fi->fi_rtable), "destination",
		addr_format(&fi->fi_dst, dst), "via", via, "interface",
		show_ifname(sf->sf_sp, fi->fi_oif), "mac",
		mac_format(fi->fi_mac, mac), "mtu", (int)fi->fi_mtu,
		"nexthop", (int)fi->fi_nh, "stale", (int)fi->fi_stale,
		"packets", INT(fi->fi_packets), "bytes", INT(fi->fi_bytes),
		"age", (double)fi->fi_age_ns / NS_S));
}

static int
flow_see(void *arg, const struct flow_info *fi)
{
	struct show_flows *sf = arg;
	const struct show_flows_wish *wish = sf->sf_wish;

	if (fi->fi_stale)
		sf->sf_stale++;
	else
		sf->sf_entries++;
	if (wish == NULL ||
	    (wish->sfw_to.p_addr.a_family != ADDR_NONE &&
		!prefix_match(&wish->sfw_to, &fi->fi_dst)))
		return 0;
	if (json_array_size(sf->sf_list) < wish->sfw_most)
		flow_add(sf, fi);
	else
		sf->sf_more++;
	return 0;
}

/* "on", "auto: faster, 41.2 cycles a packet, without it 48.9; …" */
static void
decision(const struct spate *sp, const struct flow_state *fs, char *text,
    size_t len)
{
	if (fs->fs_size == 0)
		snprintf(text, len, "%s", tun(sp, ip_flow_size) == 0 ?
		    "no room: net.inet.ip.flow.size is 0" :
		    "none yet: made for the first packet in transit");
	else if (fs->fs_why == NULL)
		snprintf(text, len, "%s", fs->fs_used ? "on" :
		    "off: all packets go by the stages");
	else if (fs->fs_trials == 0)
		snprintf(text, len, "auto: %s", fs->fs_why);
	else
		snprintf(text, len,
		    "auto: %s: %.1f cycles a packet, %.1f without; "
		    "won %u of %u", fs->fs_why, fs->fs_with, fs->fs_without,
		    fs->fs_won, fs->fs_pairs);
}

/* Null unless it is measured. */
static json_t *
show_auto(const struct flow_state *fs)
{
	if (fs->fs_why == NULL)
		return json_null();
	return json_pack("{s:s, s:f, s:f, s:i, s:i, s:I, s:I}", "found",
	    fs->fs_why, "cycles_with", fs->fs_with, "cycles_without",
	    fs->fs_without, "won", (int)fs->fs_won, "pairs",
	    (int)fs->fs_pairs, "trials", INT(fs->fs_trials), "changes",
	    INT(fs->fs_changes));
}

static json_t *ON_CTL
show_cache(struct ctl *ctl, struct show_flows *sf)
{
	const struct cpu *c = ctl->ctl_sp->sp_cpu[sf->sf_cpu];
	struct flow_state fs;
	char text[160];

	sf->sf_entries = sf->sf_stale = 0;
	flow_state(ctl, sf->sf_cpu, &fs);
	flow_walk(ctl, sf->sf_cpu, flow_see, sf);
	decision(ctl->ctl_sp, &fs, text, sizeof(text));
#define FLOW_STAT(i) INT(stat_cell_read(&c->c_stat[SG_FLOW][i]))
	return json_pack("{s:i, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, "
			 "s:I, s:b, s:s, s:o}",
	    "cpu", (int)sf->sf_cpu, "size", INT(fs.fs_size), "places",
	    INT(fs.fs_places), "entries", INT(sf->sf_entries), "stale",
	    INT(sf->sf_stale), "hits", FLOW_STAT(fls_hits), "misses",
	    FLOW_STAT(fls_misses), "made", FLOW_STAT(fls_made), "replaced",
	    FLOW_STAT(fls_evicted), "refused", FLOW_STAT(fls_refused),
	    "invalidated", FLOW_STAT(fls_stale), "used", (int)fs.fs_used,
	    "decision", text, "auto", show_auto(&fs));
#undef FLOW_STAT
}

json_t *
show_flows_of(struct ctl *ctl, const struct show_flows_wish *wish)
{
	struct show_flows sf = { .sf_sp = ctl->ctl_sp, .sf_wish = wish,
		.sf_list = json_array() };
	json_t *cpus = json_array(), *o;

	for (sf.sf_cpu = 0; sf.sf_cpu < ctl->ctl_sp->sp_ncpus; sf.sf_cpu++)
		json_array_append_new(cpus, show_cache(ctl, &sf));
	o = json_pack("{s:o, s:o}", "caches", cpus, "flows", sf.sf_list);
	/* Only where there are some: it is a line of its own for people. */
	if (sf.sf_more > 0)
		json_object_set_new(o, "more", json_pack("{s:I}", "flows",
		    INT(sf.sf_more)));
	return o;
}

json_t *
show_flows(struct ctl *ctl)
{
	return show_flows_of(ctl, NULL);
}
