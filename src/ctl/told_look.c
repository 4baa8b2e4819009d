/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the stages have looked up for a told packet.
 *
 * CPUs do not tell of it: the answer stands in the packet's header (m_nh,
 * m_oif, m_rcvif) when it comes to its next stage.  Here it gets the words of
 * "spate show", from the tables that those were compiled from.  They may have
 * changed since; where what was found is not what they say now, that is said.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/addr.h"
#include "ctl/show_int.h"
#include "ctl/told_int.h"
#include "if/if.h"
#include "netisr/rss.h"
#include "path.h"
#include "route/neigh.h"
#include "route/nhop.h"
#include "route/rib.h"
#include "route/route.h"

#define LOOK_TEXT 160

/* What for, and the answer; both of them cut if they are too long. */
static void __attribute__((format(printf, 4, 5)))
look_add(const struct told *td, const char *what, const char *key,
    const char *fmt, ...)
{
	char text[LOOK_TEXT];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	json_array_append_new(json_object_get(td->td_step, "lookups"),
	    json_pack("{s:s, s:s, s:s}", "what", what, "for", key, "answer",
		text));
}

void
told_reason(unsigned reason, char *text, size_t len)
{
	const struct stat_desc *sd;
	unsigned g = 0;

	while (g + 1 < SG_N && stat_base(g + 1) <= reason)
		g++;
	sd = &stat_groups[g].sg_desc[reason - stat_base(g)];
	snprintf(text, len, "%s (%s)", sd->sd_text, sd->sd_name);
}

/* "gateway 192.0.2.1 on wan, mtu 1500" */
static void
nhop_text(const struct spate *sp, const struct nhop *nh, char *text,
    size_t len)
{
	char via[ADDR_STRLEN];

	switch (nh->nh_type) {
	case NH_GATEWAY:
		snprintf(text, len, "gateway %s on %s, mtu %u",
		    addr_format(&nh->nh_gw, via),
		    show_ifname(sp, nh->nh_ifindex), nh->nh_mtu);
		break;
	case NH_CONNECTED:
		snprintf(text, len, "connected on %s, mtu %u",
		    show_ifname(sp, nh->nh_ifindex), nh->nh_mtu);
		break;
	case NH_TABLE:
		snprintf(text, len, "the table %s",
		    rtable_name(sp, nh->nh_table));
		break;
	case NH_GROUP:
		snprintf(text, len, "one of %u ways",
		    ((const struct nhop_group *)(const void *)nh)->ng_n);
		break;
	default:
		snprintf(text, len, "%s", show_nhop_type(nh->nh_type));
		break;
	}
}

static bool
group_has(const struct nhop *nh, uint32_t index)
{
	const struct nhop_group *ng = (const void *)nh;
	unsigned i;

	for (i = 0; i < ng->ng_n; i++)
		if (ng->ng_member[i] == index)
			return true;
	return false;
}

/* The routes that lead to dst, table by table; the next hop they end with. */
static const struct nhop *ON_CTL
look_routes(struct ctl *ctl, const struct told *td, unsigned rtable,
    const struct addr *dst)
{
	const struct spate *sp = ctl->ctl_sp;
	char to[ADDR_STRLEN], prefix[PREFIX_STRLEN], key[LOOK_TEXT];
	char answer[LOOK_TEXT];
	const struct nhop *nh;
	struct rib_entry re;
	struct prefix p;
	unsigned step;

	for (step = 0; step <= RT_MAX; step++) {
		snprintf(key, sizeof(key), "%s in %s", addr_format(dst, to),
		    rtable_name(sp, rtable));
		if (!rib_lookup(sp->sp_rt[rtable].rt_rib, dst, &p, &re)) {
			look_add(td, "route", key, "none");
			return &nhop_none;
		}
		nh = nhop_lookup(sp, re.re_nhop);
		nhop_text(sp, nh, answer, sizeof(answer));
		look_add(td, "route", key, "%s %s: %s",
		    prefix_format(&p, prefix), rib_proto_name(re.re_proto),
		    answer);
		if (nh->nh_type != NH_TABLE)
			return nh;
		rtable = nh->nh_table;
	}
	return &nhop_loop;
}

void
told_rule_look(struct ctl *ctl, const struct told *td, const char *name)
{
	char text[LOOK_TEXT];

	nhop_text(ctl->ctl_sp, nhop_lookup(ctl->ctl_sp, td->td_rule), text,
	    sizeof(text));
	look_add(td, "rule", name, "%s", text);
}

/* What a rule's next hop comes to. */
static const struct nhop *ON_CTL
look_ruled(struct ctl *ctl, const struct told *td, const struct addr *dst)
{
	const struct nhop *nh = nhop_lookup(ctl->ctl_sp, td->td_rule);

	return nh->nh_type != NH_TABLE ? nh :
	    look_routes(ctl, td, nh->nh_table, dst);
}

/* From address to next hop. */
static void ON_CTL
look_route(struct ctl *ctl, const struct told *td, uint32_t index)
{
	const struct spate *sp = ctl->ctl_sp;
	const struct nhop *nh, *found = nhop_lookup(sp, index);
	char key[16], text[LOOK_TEXT];
	struct told_frame tf;
	bool differs;

	told_packet_parse(td->td_data, td->td_at.tr_datalen, &tf);
	if (!tf.tf_ip)
		return;
	nh = td->td_ruled ? look_ruled(ctl, td, &tf.tf_dst) :
	    look_routes(ctl, td, td->td_at.tr_rtable, &tf.tf_dst);
	if (index == 0 || (nh->nh_index == index && nh->nh_type != NH_GROUP))
		return;
	differs = nh->nh_type != NH_GROUP || !group_has(nh, index);
	snprintf(key, sizeof(key), "%u", index);
	nhop_text(sp, found, text, sizeof(text));
	look_add(td, "next hop", key, "%s%s", text,
	    differs ? " (not by the routes as they are now)" : "");
}

/* The MAC address that is in the frame's header now, and whose it is. */
static void ON_CTL
look_neigh(struct ctl *ctl, const struct told *td,
    const struct tell_record *now)
{
	const struct nhop *nh = nhop_lookup(ctl->ctl_sp, td->td_at.tr_nh);
	const uint8_t *mac = tell_data(now);
	char key[LOOK_TEXT], text[ADDR_STRLEN];
	struct neigh_info ni;
	struct told_frame tf;
	struct addr to;

	told_packet_parse(td->td_data, td->td_at.tr_datalen, &tf);
	if (!tf.tf_ip || now->tr_datalen < ETHER_ALEN)
		return;
	to = nh->nh_type == NH_GATEWAY ? nh->nh_gw : tf.tf_dst;
	snprintf(key, sizeof(key), "%s on %s", addr_format(&to, text),
	    show_ifname(ctl->ctl_sp, now->tr_oif));
	if (!neigh_query(ctl, now->tr_oif, &to, &ni)) {
		if ((mac[0] & 1) == 0)
			return; /* a link without addresses */
		look_add(td, "neighbour", key,
		    "a group, %02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1],
		    mac[2], mac[3], mac[4], mac[5]);
		return;
	}
	look_add(td, "neighbour", key, "%02x:%02x:%02x:%02x:%02x:%02x, %s",
	    mac[0], mac[1], mac[2], mac[3], mac[4], mac[5],
	    neigh_state_name(ni.ni_state));
}

/* Tags name a VLAN, or one that is not there. */
static void
look_vlan(const struct ctl *ctl, const struct told *td,
    const struct tell_record *now)
{
	const struct spate *sp = ctl->ctl_sp;
	struct told_frame tf;
	char key[LOOK_TEXT];

	told_frame_parse(td->td_data, td->td_at.tr_datalen, &tf);
	if (tf.tf_nvlan == 0)
		return;
	if (tf.tf_nvlan == 1)
		snprintf(key, sizeof(key), "%u on %s", tf.tf_vlan[0],
		    show_ifname(sp, td->td_at.tr_rcvif));
	else
		snprintf(key, sizeof(key), "%u, %u on %s", tf.tf_vlan[0],
		    tf.tf_vlan[1], show_ifname(sp, td->td_at.tr_rcvif));
	if (now->tr_kind == TELL_DROP)
		look_add(td, "VLAN", key, "none");
	else
		look_add(td, "VLAN", key, "%s", show_ifname(sp, now->tr_rcvif));
}

/* Which CPU: only where somebody asked for it. */
static void
look_cpu(const struct ctl *ctl, const struct told *td,
    const struct tell_record *now)
{
	char key[LOOK_TEXT];

	if (now->tr_hashtype == RSS_NONE || now->tr_kind == TELL_DROP)
		return;
	snprintf(key, sizeof(key), "bucket %u",
	    rss_bucket(ctl->ctl_sp, now->tr_hash));
	look_add(td, "CPU", key, "%u", now->tr_cpu);
}

void
told_lookups(
    struct ctl *ctl, const struct told *td, const struct tell_record *now)
{
	switch (td->td_at.tr_stage) {
	case ST_STEER:
		look_cpu(ctl, td, now);
		break;
	case ST_ETHER:
		look_vlan(ctl, td, now);
		break;
	case ST_IP:
	case ST_IP6:
	case ST_IPOUT:
	case ST_IP6OUT:
		look_route(ctl, td, now->tr_nh);
		break;
	case ST_RESOLVE:
		if (now->tr_stage == ST_ETHEROUT)
			look_neigh(ctl, td, now);
		break;
	default:
		break;
	}
}
