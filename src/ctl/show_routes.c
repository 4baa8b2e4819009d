/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Views of routing: "spate show routes", of all VRFs or of one, and "spate
 * show vrfs".
 */
#include <string.h>

#include "ctl/show.h"
#include "ctl/show_int.h"
#include "if/if.h"
#include "route/fib4.h"
#include "route/fib6.h"
#include "route/nhop.h"
#include "route/rib.h"
#include "route/route.h"

struct show_routes {
	const struct spate *sr_sp;
	json_t *sr_list;
	unsigned sr_table;
};

const char *
show_nhop_type(unsigned type)
{
	static const char *const names[] = {
		[NH_NONE] = "none",
		[NH_LOCAL] = "local",
		[NH_CONNECTED] = "connected",
		[NH_GATEWAY] = "gateway",
		[NH_BROADCAST] = "broadcast",
		[NH_BLACKHOLE] = "blackhole",
		[NH_UNREACHABLE] = "unreachable",
		[NH_PROHIBIT] = "prohibit",
		[NH_LOOP] = "loop",
		[NH_TABLE] = "table",
		[NH_GROUP] = "group",
	};

	return names[type];
}

/* One of several ways: how much of the traffic it has now, and should have. */
static json_t *
show_way(const struct spate *sp, const struct nhop_group *ng, unsigned i)
{
	const struct nhop *nh = nhop_lookup(sp, ng->ng_member[i]);
	char via[ADDR_STRLEN];

	return json_pack("{s:s, s:s, s:b, s:b, s:i, s:i}", "via",
	    addr_format(&nh->nh_gw, via), "interface",
	    show_ifname(sp, nh->nh_ifindex), "used",
	    (int)(ng->ng_alive >> i & 1), "answers", (int)!nh->nh_dead,
	    "slots", (int)nhop_group_share(ng, i), "of",
	    (int)ng->ng_mask + 1);
}

static json_t *
show_ways(const struct spate *sp, const struct nhop *nh)
{
	const struct nhop_group *ng = (const void *)nh;
	json_t *list = json_array();
	unsigned i;

	for (i = 0; nh->nh_type == NH_GROUP && i < ng->ng_n; i++)
		json_array_append_new(list, show_way(sp, ng, i));
	return list;
}

/* What stands in the column of gateways. */
static const char *
show_via(const struct spate *sp, const struct nhop *nh,
    char buf[static ADDR_STRLEN])
{
	switch (nh->nh_type) {
	case NH_GATEWAY:
		return addr_format(&nh->nh_gw, buf);
	case NH_TABLE:
		return rtable_name(sp, nh->nh_table);
	default:
		return "";
	}
}

static int
show_route(void *arg, const struct prefix *p, const struct rib_entry *re,
    bool active)
{
	struct show_routes *sr = arg;
	const struct nhop *nh = nhop_lookup(sr->sr_sp, re->re_nhop);
	char text[PREFIX_STRLEN], via[ADDR_STRLEN];

	json_array_append_new(sr->sr_list,
	    json_pack("{s:s, s:i, s:s, s:s, s:s, s:s, s:s, s:i, s:b, s:o}",
		"vrf", rtable_name(sr->sr_sp, sr->sr_table), "table",
		(int)sr->sr_table, "prefix", prefix_format(p, text),
		"protocol", rib_proto_name(re->re_proto), "type",
		show_nhop_type(nh->nh_type), "via",
		show_via(sr->sr_sp, nh, via), "interface",
		show_ifname(sr->sr_sp, nh->nh_ifindex), "distance",
		(int)re->re_distance, "active", (int)active, "ways",
		show_ways(sr->sr_sp, nh)));
	return 0;
}

json_t *
show_routes_of(struct ctl *ctl, unsigned first, unsigned last)
{
	struct show_routes sr = { .sr_sp = ctl->ctl_sp,
		.sr_list = json_array() };

	for (sr.sr_table = first; sr.sr_table <= last; sr.sr_table++) {
		const struct rib *rib = ctl->ctl_sp->sp_rt[sr.sr_table].rt_rib;

		rib_walk(rib, 4, show_route, &sr);
		rib_walk(rib, 6, show_route, &sr);
	}
	return json_pack("{s:o}", "routes", sr.sr_list);
}

json_t *
show_routes(struct ctl *ctl)
{
	return show_routes_of(ctl, 0, RT_MAX - 1);
}

static json_t *
show_vrf_interfaces(const struct spate *sp, unsigned rtable)
{
	json_t *list = json_array();
	const struct ifnet *ifp;
	unsigned i;

	for (i = 1; i < IF_MAX; i++)
		if ((ifp = if_lookup(sp, i)) != NULL &&
		    ifp->if_rtable == rtable)
			json_array_append_new(
			    list, json_pack("{s:s}", "name", ifp->if_name));
	return list;
}

json_t *
show_vrfs(struct ctl *ctl)
{
	const struct spate *sp = ctl->ctl_sp;
	json_t *list = json_array();
	unsigned i;

	for (i = 0; i < RT_MAX; i++) {
		const struct rtable *rt = &sp->sp_rt[i];
		json_t *ifs;

		if (*rtable_name(sp, i) == '\0')
			continue;
		ifs = show_vrf_interfaces(sp, i);
		json_array_append_new(list,
		    json_pack("{s:s, s:i, s:I, s:I, s:I, s:i, s:o}", "name",
			rtable_name(sp, i), "id", (int)i, "prefixes4",
			INT(rib_count(rt->rt_rib, 4)), "prefixes6",
			INT(rib_count(rt->rt_rib, 6)), "bytes",
			INT(rib_memory(rt->rt_rib) + fib4_memory(rt->rt_fib4) +
			    fib6_memory(rt->rt_fib6)),
			"ninterfaces", (int)json_array_size(ifs), "interfaces",
			ifs));
	}
	return json_pack("{s:o}", "vrfs", list);
}
