/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Views of a running instance.
 *
 * Everything here only reads: counters of CPUs while they run, and what ctl
 * owns.  Numbers of different CPUs are not from the same moment.
 */
#include <string.h>

#include "base/addr.h"
#include "ctl/byhand.h"
#include "ctl/conf/conf.h"
#include "ctl/control.h"
#include "ctl/show.h"
#include "ctl/show_int.h"
#include "ether/vlan.h"
#include "if/if.h"
#include "path.h"
#include "route/fib4.h"
#include "route/fib6.h"
#include "route/neigh.h"
#include "route/nhop.h"
#include "route/rib.h"
#include "route/route.h"
#include "spate.h"

const char *
show_ifname(const struct spate *sp, unsigned index)
{
	const struct ifnet *ifp = index != 0 ? if_lookup(sp, index) : NULL;

	return ifp != NULL ? ifp->if_name : "-";
}

static json_t *
show_version(struct ctl *ctl)
{
	const struct spate *sp = ctl->ctl_sp;

	return json_pack("{s:s, s:s, s:i, s:f}", "version", SPATE_VERSION,
	    "hostname", sp->sp_hostname, "cpus", (int)sp->sp_ncpus, "uptime",
	    (double)(ctl->ctl_now - sp->sp_started) / NS_S);
}

static json_t *
show_addresses(const struct ifnet *ifp)
{
	const struct ifaddrs *ias = if_addrs(ifp);
	json_t *list = json_array();
	unsigned i;

	for (i = 0; i < ias->ias_n; i++) {
		const struct ifaddr *ifa = &ias->ias_a[i];
		struct prefix p = { .p_addr = ifa->ifa_addr,
			.p_len = ifa->ifa_plen };
		char text[PREFIX_STRLEN];

		json_array_append_new(list,
		    json_pack("{s:s, s:b, s:b, s:b, s:b}",
		    "address", prefix_format(&p, text), "tentative",
		    (ifa->ifa_flags & IFA_TENTATIVE) != 0, "duplicate",
		    (ifa->ifa_flags & IFA_DUPLICATE) != 0, "deprecated",
		    (ifa->ifa_flags & IFA_DEPRECATED) != 0, "autoconf",
		    (ifa->ifa_flags & IFA_SLAAC) != 0));
	}
	return list;
}

/* Drops of an interface's packets, all reasons and CPUs. */
static uint64_t
interface_drops(const struct spate *sp, unsigned index)
{
	uint64_t sum = 0;
	unsigned c, i, n = stat_total();

	for (c = 0; c < sp->sp_ncpus; c++)
		for (i = 0; i < n && sp->sp_cpu[c]->c_drop[index] != NULL; i++)
			sum += stat_cell_read(&sp->sp_cpu[c]->c_drop[index][i]);
	return sum;
}

static json_t *
show_queues(const struct ifnet *ifp)
{
	json_t *rx = json_array(), *tx = json_array();
	unsigned i;

	for (i = 0; i < ifp->if_nrxq; i++) {
		const struct rxq *q = &ifp->if_rxq[i];

		json_array_append_new(rx, json_pack("{s:i, s:i, s:I, s:I}",
		    "queue", (int)i, "cpu", (int)if_queue_cpu(q), "packets",
		    INT(stat_cell_read(&q->rxq_packets)), "bytes",
		    INT(stat_cell_read(&q->rxq_bytes))));
	}
	for (i = 0; i < ifp->if_ntxq; i++) {
		const struct txq *q = &ifp->if_txq[i];

		json_array_append_new(tx, json_pack("{s:i, s:i, s:I, s:I, s:I}",
		    "queue", (int)i, "cpu", (int)q->txq_cpu, "packets",
		    INT(stat_cell_read(&q->txq_packets)), "bytes",
		    INT(stat_cell_read(&q->txq_bytes)), "full",
		    INT(stat_cell_read(&q->txq_full))));
	}
	return json_pack("{s:o, s:o}", "receive", rx, "transmit", tx);
}

static const char *
interface_state(const struct ifnet *ifp)
{
	uint32_t state = atomic_load_explicit(&ifp->if_state,
	    memory_order_relaxed);

	if ((state & IFS_UP) == 0)
		return "down";
	if ((state & IFS_GONE) != 0)
		return "no device";
	return (state & IFS_CARRIER) != 0 ? "up" : "no carrier";
}

/* Null if it is none. */
static json_t *
show_vlan(const struct ifnet *ifp)
{
	const struct vlan_conf *vc = vlan_conf(ifp);
	json_t *priority;

	if (vc == NULL)
		return json_null();
	priority = vc->vc_priority == VLAN_PRIORITY_MAP ?
	    json_string("map") : json_integer(vc->vc_priority);
	return json_pack("{s:s, s:i, s:s, s:o}", "parent",
	    if_lower(ifp) != NULL ? if_lower(ifp)->if_name : "-", "id",
	    (int)vc->vc_id, "protocol",
	    vc->vc_tpid == ETHERTYPE_QINQ ? "802.1ad" : "802.1Q", "priority",
	    priority);
}

/* Null if it limits nothing. */
static json_t *
show_mss(const struct ifnet *ifp)
{
	unsigned mss = if_mss(ifp);

	if (mss == IF_MSS_ANY)
		return json_null();
	return mss == IF_MSS_AUTO ? json_string("auto") : json_integer(mss);
}

/* Null if any source will do. */
static json_t *
show_reverse(const struct ifnet *ifp)
{
	uint32_t policy = if_policy(ifp);

	if ((policy & IFP_REVERSE) == 0)
		return json_null();
	return json_string((policy & IFP_STRICT) != 0 ? "strict" : "loose");
}

/* Null if it leaves them as they come. */
static json_t *
show_dscp(const struct ifnet *ifp)
{
	uint32_t policy = if_policy(ifp);

	return (policy & IFP_DSCP) == 0 ? json_null() :
	    json_integer(policy >> IFP_DSCP_SHIFT & 63);
}

static json_t *ON_CTL
show_interface(const struct ifnet *ifp)
{
	struct dev_stats ds = { 0 };
	struct if_counts ic;
	char mac[MAC_STRLEN];

	if_counts(ifp, &ic);
	if_stats((struct ifnet *)ifp, &ds);
	return json_pack("{s:s, s:s, s:i, s:s, s:s, s:s, s:s, s:i, s:o, s:o, "
			 "s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:s, s:o, "
			 "s:o, s:o, s:o}",
	    "name", ifp->if_name, "vrf",
	    rtable_name(ifp->if_sp, ifp->if_rtable), "index",
	    (int)ifp->if_index, "driver",
	    ifp->if_ops->do_name, "device", ifp->if_device, "state",
	    interface_state(ifp), "mac", mac_format(ifp->if_mac, mac), "mtu",
	    (int)ifp->if_mtu, "mss", show_mss(ifp), "addresses",
	    show_addresses(ifp), "rx_packets", INT(ic.ic_rx_packets),
	    "rx_bytes", INT(ic.ic_rx_bytes), "tx_packets",
	    INT(ic.ic_tx_packets), "tx_bytes", INT(ic.ic_tx_bytes), "drops",
	    INT(interface_drops(ifp->if_sp, ifp->if_index)), "device_dropped",
	    INT(ds.ds_rx_dropped), "rx_errors", INT(ds.ds_rx_errors),
	    "tx_errors", INT(ds.ds_tx_errors), "note", ds.ds_note, "queues",
	    show_queues(ifp), "vlan", show_vlan(ifp), "reverse_path",
	    show_reverse(ifp), "dscp", show_dscp(ifp));
}

static json_t *ON_CTL
show_interfaces(struct ctl *ctl)
{
	json_t *list = json_array();
	unsigned i;

	for (i = 1; i < IF_MAX; i++) {
		const struct ifnet *ifp = if_lookup(ctl->ctl_sp, i);

		if (ifp != NULL)
			json_array_append_new(list, show_interface(ifp));
	}
	return json_pack("{s:o}", "interfaces", list);
}

struct show_neighbours {
	const struct spate *sn_sp;
	json_t *sn_list;
};

static void
show_neighbour(void *arg, const struct neigh_info *ni)
{
	struct show_neighbours *sn = arg;
	char text[ADDR_STRLEN], mac[MAC_STRLEN];
	bool known = ni->ni_state != NS_INCOMPLETE &&
	    ni->ni_state != NS_FAILED;

	/* One that never answered has no age. */
	json_array_append_new(sn->sn_list,
	    json_pack("{s:s, s:s, s:s, s:s, s:b, s:o}", "address",
		addr_format(&ni->ni_addr, text), "interface",
		show_ifname(sn->sn_sp, ni->ni_ifindex), "mac",
		known ? mac_format(ni->ni_mac, mac) : "", "state",
		neigh_state_name(ni->ni_state), "router", (int)ni->ni_router,
		"age",
		known ? json_real((double)ni->ni_age_ns / NS_S) : json_null()));
}

static json_t *ON_CTL
show_neighbours(struct ctl *ctl)
{
	struct show_neighbours sn = { .sn_sp = ctl->ctl_sp,
		.sn_list = json_array() };

	neigh_dump(ctl, show_neighbour, &sn);
	return json_pack("{s:o}", "neighbours", sn.sn_list);
}

static json_t *
show_stages(const struct cpu *c)
{
	json_t *list = json_array();
	unsigned st;

	for (st = 0; st < ST_N; st++) {
		const struct path_stage *ps = &c->c_path->p_stage[st];
		uint64_t packets = stat_cell_read(&ps->ps_packets);
		uint64_t calls = stat_cell_read(&ps->ps_calls);
		uint64_t cycles = stat_cell_read(&ps->ps_cycles);

		if (calls == 0)
			continue;
		json_array_append_new(list,
		    json_pack("{s:s, s:I, s:I, s:f, s:f, s:I}", "stage",
			path_names[st], "packets", INT(packets), "calls",
			INT(calls), "vector",
			(double)packets / (double)calls, "cycles",
			(double)cycles / (double)packets, "all_cycles",
			INT(cycles)));
	}
	return list;
}

/* The longest of the rounds with work in the last 10 to 20 seconds, ns. */
static uint64_t
longest_lately(const struct cpu *c, uint64_t now)
{
	uint64_t began = stat_cell_read(&c->c_span);
	uint64_t this = stat_cell_read(&c->c_lately[0]);

	/* A CPU that sleeps begins no new span. */
	if (now > began && now - began >= 2 * CPU_SPAN)
		return 0;
	return now > began && now - began >= CPU_SPAN ?
	    this : u64max(this, stat_cell_read(&c->c_lately[1]));
}

static json_t *
show_cpu(const struct cpu *c)
{
	const struct spate *sp = c->c_sp;
	uint64_t up = sp->sp_ctl->ctl_now - sp->sp_started;
#define PATH_STAT(i) INT(stat_cell_read(&c->c_stat[SG_PATH][i]))
#define CPU_STAT(i)  INT(stat_cell_read(&c->c_stat[SG_CPU][i]))
	return json_pack("{s:i, s:f, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, "
			 "s:I, s:I, s:I, s:I, s:I, s:I, s:o}",
	    "cpu", (int)c->c_id, "busy",
	    up > 0 ? (double)CPU_STAT(cps_busy_ns) * 100 / (double)up : 0.0,
	    "busy_ns", CPU_STAT(cps_busy_ns), "received",
	    PATH_STAT(pks_received), "originated",
	    PATH_STAT(pks_originated), "copied", PATH_STAT(pks_copied),
	    "delivered", PATH_STAT(pks_delivered), "sent",
	    PATH_STAT(pks_sent), "merged", PATH_STAT(pks_merged), "dropped",
	    PATH_STAT(pks_dropped), "held", PATH_STAT(pks_held), "rounds",
	    CPU_STAT(cps_rounds), "longest_ns",
	    INT(stat_cell_read(&c->c_longest)), "longest_lately_ns",
	    INT(longest_lately(c, sp->sp_ctl->ctl_now)), "sleeps",
	    CPU_STAT(cps_sleeps), "messages", CPU_STAT(cps_messages), "stages",
	    show_stages(c));
#undef PATH_STAT
#undef CPU_STAT
}

static json_t *
show_cpus(struct ctl *ctl)
{
	json_t *list = json_array();
	unsigned i;

	for (i = 0; i < ctl->ctl_sp->sp_ncpus; i++)
		json_array_append_new(list, show_cpu(ctl->ctl_sp->sp_cpu[i]));
	return json_pack("{s:o}", "cpus", list);
}

/* One reason on one interface, if any CPU has counted it. */
static void
show_drop(json_t *list, const struct spate *sp, unsigned index,
    enum stat_group g, unsigned why)
{
	const struct stat_desc *sd = &stat_groups[g].sg_desc[why];
	json_t *percpu = json_array();
	uint64_t n, sum = 0;
	unsigned i;

	for (i = 0; i < sp->sp_ncpus; i++) {
		const stat_cell *cells = sp->sp_cpu[i]->c_drop[index];

		n = cells != NULL ? stat_cell_read(&cells[stat_base(g) + why]) :
		    0;
		sum += n;
		json_array_append_new(percpu, json_integer(INT(n)));
	}
	if (sum == 0) {
		json_decref(percpu);
		return;
	}
	json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:s, s:I, s:o}",
	    "interface", index != 0 ? show_ifname(sp, index) : "(this host)",
	    "layer", stat_groups[g].sg_name, "counter", sd->sd_name, "reason",
	    sd->sd_text, "packets", INT(sum), "cpus", percpu));
}

static json_t *
show_drops(struct ctl *ctl)
{
	json_t *list = json_array();
	unsigned index, g, i;

	for (index = 0; index < IF_MAX; index++) {
		if (ctl->ctl_sp->sp_cpu[0]->c_drop[index] == NULL)
			continue;
		for (g = 0; g < SG_N; g++)
			for (i = 0; i < stat_groups[g].sg_n; i++)
				if (stat_groups[g].sg_desc[i].sd_drop)
					show_drop(list, ctl->ctl_sp, index, g,
					    i);
	}
	return json_pack("{s:o}", "drops", list);
}

static json_t *
show_counters(struct ctl *ctl)
{
	json_t *list = json_array();
	unsigned g, i;
	uint64_t n;

	for (g = 0; g < SG_N; g++)
		for (i = 0; i < stat_groups[g].sg_n; i++) {
			const struct stat_desc *sd = &stat_groups[g].sg_desc[i];

			if ((n = spate_stat(ctl->ctl_sp, g, i)) == 0)
				continue;
			json_array_append_new(list,
			    json_pack("{s:s, s:s, s:s, s:I, s:b}", "layer",
				stat_groups[g].sg_name, "counter",
				sd->sd_name, "text", sd->sd_text, "value",
				INT(n), "drop", (int)sd->sd_drop));
		}
	return json_pack("{s:o}", "counters", list);
}

static json_t *
show_pools(const struct spate *sp)
{
	json_t *list = json_array();
	struct mpool_info mi;
	unsigned i;

	for (i = 0; i < sp->sp_ncpus; i++) {
		mpool_info(sp->sp_cpu[i], &mi);
		json_array_append_new(list,
		    json_pack("{s:i, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}",
			"cpu", (int)i, "buffers", INT(mi.mi_total), "free",
			INT(mi.mi_free), "least_free", INT(mi.mi_least),
			"clones", INT(mi.mi_clones), "large",
			INT(mi.mi_large), "large_free",
			INT(mi.mi_largefree), "refused",
			INT(mi.mi_failed), "sent_home", INT(mi.mi_foreign)));
	}
	return list;
}

static json_t *
show_memory(struct ctl *ctl)
{
	const struct spate *sp = ctl->ctl_sp;
	size_t rib = 0, fib4 = 0, fib6 = 0;
	unsigned i;

	for (i = 0; i < RT_MAX; i++) {
		rib += rib_memory(sp->sp_rt[i].rt_rib);
		fib4 += fib4_memory(sp->sp_rt[i].rt_fib4);
		fib6 += fib6_memory(sp->sp_rt[i].rt_fib6);
	}
	return json_pack("{s:{s:I, s:b, s:o}, s:{s:I, s:I, s:I}}",
	    "packet_memory", "bytes", INT(pktmem_size(sp->sp_pktmem)),
	    "huge_pages", (int)pktmem_huge(sp->sp_pktmem), "pools",
	    show_pools(sp), "routing", "rib", INT(rib), "fib4", INT(fib4),
	    "fib6", INT(fib6));
}

/* A number with its bounds, or a word and those there are. */
static json_t *
show_tunable(const struct sysctls *now, const struct sysctls *start,
    const struct sysctl_desc *sc)
{
	char value[SYSCTL_VALUELEN], def[SYSCTL_VALUELEN], accepts[192];
	json_t *one;

	if (sc->sc_words != NULL)
		one = json_pack("{s:s, s:s}", "value",
		    sysctl_format(now, sc, value), "default",
		    sysctl_format(start, sc, def));
	else
		one = json_pack("{s:I, s:I, s:I, s:I}", "value",
		    INT(sysctl_get(now, sc)), "default", INT(sc->sc_default),
		    "least", INT(sc->sc_least), "most", INT(sc->sc_most));
	if (sc->sc_words == NULL)
		snprintf(accepts, sizeof(accepts), "%llu to %llu",
		    (unsigned long long)sc->sc_least,
		    (unsigned long long)sc->sc_most);
	else
		snprintf(accepts, sizeof(accepts), "%s%s", sc->sc_words,
		    sc->sc_digits != 0 ? ", hexadecimal digits" : "");
	json_object_set_new(one, "name", json_string(sc->sc_name));
	json_object_set_new(one, "text", json_string(sc->sc_text));
	json_object_set_new(one, "accepts", json_string(accepts));
	json_object_set_new(one, "start", json_boolean(sc->sc_start));
	return one;
}

static json_t *
show_sysctl(struct ctl *ctl)
{
	const struct sysctl_desc *sc;
	json_t *list = json_array();
	struct sysctls start;

	sysctl_init(&start);
	for (sc = sysctl_descs; sc->sc_name != NULL; sc++)
		json_array_append_new(list,
		    show_tunable(&ctl->ctl_sp->sp_sysctl, &start, sc));
	return json_pack("{s:o}", "sysctl", list);
}

static json_t *ON_CTL
show_config(struct ctl *ctl)
{
	struct byhand *by;
	json_t *reply;
	char *text = NULL;
	size_t len = 0;
	FILE *f;

	if (control_conf(ctl) == NULL || byhand_create(ctl, &by) != 0)
		return NULL;
	if ((f = open_memstream(&text, &len)) == NULL) {
		byhand_free(by);
		return NULL;
	}
	conf_print(byhand_conf(by), f);
	fclose(f);
	byhand_free(by);
	reply = json_pack("{s:s%}", "config", text, len);
	free(text);
	return reply;
}

static const struct {
	const char *name;
	json_t *(*fn)(struct ctl *);
} shows[] = {
	{ "affinity", show_affinity },
	{ "changes", show_changes },
	{ "config", show_config },
	{ "counters", show_counters },
	{ "cpus", show_cpus },
	{ "dhcp", show_dhcp },
	{ "drops", show_drops },
	{ "flows", show_flows },
	{ "fragments", show_fragments },
	{ "interfaces", show_interfaces },
	{ "memory", show_memory },
	{ "neighbours", show_neighbours },
	{ "netisr", show_netisr },
	{ "punts", show_punts },
	{ "routers", show_routers },
	{ "routes", show_routes },
	{ "rss", show_rss },
	{ "rules", show_rules },
	{ "services", show_services },
	{ "sysctl", show_sysctl },
	{ "top", show_top },
	{ "version", show_version },
	{ "vrfs", show_vrfs },
};

json_t *
show(struct ctl *ctl, const char *what)
{
	unsigned i;

	for (i = 0; i < countof(shows); i++)
		if (strcmp(shows[i].name, what) == 0)
			return shows[i].fn(ctl);
	return NULL;
}

const char *
show_names(void)
{
	return "affinity, changes, config, counters, cpus, dhcp, drops, "
	       "flows, fragments, "
	       "interfaces, memory, neighbours, netisr, punts, routers, "
	       "routes, rss, rules, services, "
	       "sysctl, top, version, vrfs";
}
