/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A plan's streams as templates of packets, and its rates as paces.
 *
 * What a stream's template leaves open comes of its ports: addresses are the
 * first ones of the family that the ports have, tags those of the sending
 * port.  The way back of a stream is its mirror image.
 */
#include "gen/plan_int.h"
#include "ip/ip_wire.h"

#include <string.h>

/* The first address of a family (0: of any) that a port has. */
static struct addr
port_addr(const struct plan_port *pp, unsigned family)
{
	unsigned i;

	for (i = 0; i < pp->pp_naddr; i++) {
		if (family == 0 ||
		    pp->pp_addr[i].cx_prefix.p_addr.a_family == family)
			return pp->pp_addr[i].cx_prefix.p_addr;
	}
	for (i = 0; i < pp->pp_nhosts; i++) {
		if (family == 0 || pp->pp_hosts[i].pg_from.a_family == family)
			return pp->pp_hosts[i].pg_from;
	}
	return (struct addr) { .a_family = ADDR_NONE };
}

/* IPv4 if both ports have it, else IPv6 if they have that, else either's. */
static unsigned
ports_family(const struct plan_flow *pf)
{
	if (port_addr(pf->pf_from, ADDR_V4).a_family != 0 &&
	    port_addr(pf->pf_to, ADDR_V4).a_family != 0)
		return ADDR_V4;
	if (port_addr(pf->pf_from, ADDR_V6).a_family != 0 &&
	    port_addr(pf->pf_to, ADDR_V6).a_family != 0)
		return ADDR_V6;
	return 0;
}

static void
flow_addrs(struct plan_flow *pf)
{
	const struct plan_template *pt = pf->pf_template;

	pf->pf_src = pf->pf_back ? pt->pt_destination.ca_addr :
	    pt->pt_source.ca_addr;
	pf->pf_dst = pf->pf_back ? pt->pt_source.ca_addr :
	    pt->pt_destination.ca_addr;
	pf->pf_family = plan_template_family(pt);
	if (pf->pf_family == 0)
		pf->pf_family = ports_family(pf);
	if (pf->pf_src.a_family == 0)
		pf->pf_src = port_addr(pf->pf_from, pf->pf_family);
	if (pf->pf_dst.a_family == 0)
		pf->pf_dst = port_addr(pf->pf_to, pf->pf_family);
}

static void
flow_set(const struct plan *pl, const struct plan_stream *ps, bool back,
    struct plan_flow *pf)
{
	const int from = plan_port_find(pl, back ? ps->ps_to : ps->ps_from);
	const int to = plan_port_find(pl, back ? ps->ps_from : ps->ps_to);

	*pf = (struct plan_flow) {
		.pf_stream = ps,
		.pf_template =
		    &pl->pl_template[plan_template_find(pl, ps->ps_template)],
		.pf_from = &pl->pl_port[from],
		.pf_to = &pl->pl_port[to],
		.pf_back = back,
	};
	snprintf(pf->pf_name, sizeof(pf->pf_name), "%s%s", ps->ps_name,
	    back ? ".back" : "");
	flow_addrs(pf);
}

static bool
step_uses(const struct plan_step *pn, const struct plan_stream *ps)
{
	unsigned i;

	for (i = 0; i < pn->pn_nstream; i++) {
		if (strcmp(pn->pn_stream[i], ps->ps_name) == 0)
			return true;
	}
	return pn->pn_nstream == 0;
}

unsigned
plan_flows(const struct plan *pl, const struct plan_step *pn,
    struct plan_flow *flows)
{
	unsigned n = 0;
	unsigned i;

	for (i = 0; i < pl->pl_nstream; i++) {
		const struct plan_stream *ps = &pl->pl_stream[i];

		if (pn != NULL && !step_uses(pn, ps))
			continue;
		flow_set(pl, ps, false, &flows[n++]);
		if (ps->ps_bidirectional)
			flow_set(pl, ps, true, &flows[n++]);
	}
	return n;
}

/* What a field is on the way back. */
static uint8_t
mirror(uint8_t field)
{
	static const uint8_t other[TPL_F_N] = {
		[TPL_F_SRC] = TPL_F_DST,
		[TPL_F_DST] = TPL_F_SRC,
		[TPL_F_SPORT] = TPL_F_DPORT,
		[TPL_F_DPORT] = TPL_F_SPORT,
		[TPL_F_SRC_MAC] = TPL_F_DST_MAC,
		[TPL_F_DST_MAC] = TPL_F_SRC_MAC,
	};

	return other[field] != 0 ? other[field] : field;
}

static void
packets_fields(const struct plan_flow *pf, struct tpl_conf *tc)
{
	const struct plan_template *pt = pf->pf_template;
	const bool swap = pf->pf_back && pt->pt_protocol != TPL_ICMP;
	static const uint8_t extensions[] = {
		[PLAN_HOPOPTS] = IPP_HOPOPTS,
		[PLAN_DSTOPTS] = IPP_DSTOPTS,
		[PLAN_ROUTING] = IPP_ROUTING,
		[PLAN_FRAGMENT] = IPP_FRAGMENT,
	};
	unsigned i;

	memcpy(tc->tc_dst_mac, pf->pf_back ? pt->pt_src_mac : pt->pt_dst_mac,
	    MAC_LEN);
	memcpy(tc->tc_src_mac, pf->pf_back ? pt->pt_dst_mac : pt->pt_src_mac,
	    MAC_LEN);
	tc->tc_src = pf->pf_src;
	tc->tc_dst = pf->pf_dst;
	tc->tc_proto = (uint8_t)pt->pt_protocol;
	tc->tc_tos = (uint8_t)pt->pt_tos;
	tc->tc_ttl = (uint8_t)pt->pt_ttl;
	tc->tc_label = pt->pt_label;
	tc->tc_sport = (uint16_t)(swap ? pt->pt_dport : pt->pt_sport);
	tc->tc_dport = (uint16_t)(swap ? pt->pt_sport : pt->pt_dport);
	tc->tc_df = pt->pt_df;
	for (i = 0; i < pt->pt_next; i++)
		tc->tc_ext[i] = extensions[pt->pt_ext[i]];
	tc->tc_nexts = pt->pt_next;
}

static void
packets_payload(const struct plan *pl, const struct plan_template *pt,
    struct tpl_conf *tc)
{
	static const uint8_t patterns[] = {
		[PLAN_COUNTING] = TPL_COUNTING,
		[PLAN_ZERO] = TPL_ZERO,
		[PLAN_NOISE] = TPL_NOISE,
	};

	tc->tc_pattern = patterns[pt->pt_pattern];
	tc->tc_noise = pl->pl_seed;
	if (pt->pt_payload.pb_len != 0) {
		tc->tc_pattern = TPL_BYTES;
		tc->tc_bytes = pt->pt_payload.pb_data;
		tc->tc_nbytes = pt->pt_payload.pb_len;
	}
}

static void
packets_tags(const struct plan_port *pp, struct tpl_conf *tc)
{
	unsigned i;

	for (i = 0; i < pp->pp_nvlan; i++)
		tc->tc_tag[i].tt_id = (uint16_t)pp->pp_vlan[i];
	tc->tc_ntags = pp->pp_nvlan;
}

void
plan_packets_make(const struct plan *pl, const struct plan_flow *pf,
    const struct plan_sizes *pz, struct plan_packets *pk)
{
	const struct plan_template *pt = pf->pf_template;
	struct tpl_conf *tc = &pk->pk_conf;
	unsigned i;

	memset(pk, 0, sizeof(*pk));
	for (i = 0; i < pt->pt_nraw; i++)
		pk->pk_frame[i] = (struct tpl_frame) { pt->pt_raw[i].pb_data,
			pt->pt_raw[i].pb_len };
	tc->tc_frames = pt->pt_nraw != 0 ? pk->pk_frame : NULL;
	tc->tc_nframes = pt->pt_nraw;
	if (pt->pt_nraw == 0) {
		packets_fields(pf, tc);
		packets_payload(pl, pt, tc);
		packets_tags(pf->pf_from, tc);
		if (pz != NULL)
			tc->tc_sizes = *pz->pz_sizes;
		else if (pt->pt_size.pz_sizes != NULL)
			tc->tc_sizes = *pt->pt_size.pz_sizes;
	}
	tc->tc_plain = !pt->pt_signature;
	tc->tc_flows = pt->pt_flows;
	/* A check sees that there is room for two more. */
	for (i = 0; i < pt->pt_nvary; i++) {
		pk->pk_vary[i] = pt->pt_vary[i].pv_vary;
		if (pf->pf_back)
			pk->pk_vary[i].tv_field =
			    mirror(pk->pk_vary[i].tv_field);
	}
	tc->tc_vary = pk->pk_vary;
	tc->tc_nvary = i + plan_rss_vary(pf, &pk->pk_vary[i]);
}

static struct pace_rate
pace_rate(const struct plan_rate *pr)
{
	return (struct pace_rate) { pr->pr_num, pr->pr_den };
}

void
plan_pace_make(const struct plan_step *pn, uint64_t speed,
    struct pace_conf *pc)
{
	static const enum pace_kind kinds[] = {
		[PLAN_CONSTANT] = PACE_CONSTANT,
		[PLAN_POISSON] = PACE_POISSON,
		[PLAN_BURSTS] = PACE_BURST,
		[PLAN_RAMP] = PACE_RAMP,
	};
	static const enum pace_unit units[] = {
		[PLAN_NONE] = PACE_PPS,
		[PLAN_PPS] = PACE_PPS,
		[PLAN_L1] = PACE_L1,
		[PLAN_L2] = PACE_L2,
		[PLAN_L3] = PACE_L3,
		[PLAN_PERCENT] = PACE_PERCENT,
		[PLAN_MAX] = PACE_PPS,
	};

	*pc = (struct pace_conf) {
		.pc_kind = pn->pn_rate.pr_unit == PLAN_MAX ||
			pn->pn_rate.pr_unit == PLAN_NONE ?
		    PACE_MAX : kinds[pn->pn_pacing],
		.pc_unit = units[pn->pn_rate.pr_unit],
		.pc_rate = pace_rate(&pn->pn_rate),
		.pc_burst = pn->pn_burst,
		.pc_line = speed,
	};
	if (pc->pc_kind == PACE_RAMP) {
		pc->pc_to = pace_rate(&pn->pn_ramp);
		pc->pc_over = pn->pn_duration;
	}
}
