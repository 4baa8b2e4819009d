/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * "spate show routers": what this router advertises on its links, and what
 * it has learnt from others.
 */
#include "base/bytes.h"
#include "ctl/show_int.h"
#include "if/if.h"
#include "ip6/ra_host.h"
#include "ip6/ra_send.h"

struct show_routers {
	const struct ctl *sr_ctl;
	json_t *sr_list;
};

static const char *
preference_name(unsigned pref)
{
	return pref == RA_HIGH ? "high" : pref == RA_LOW ? "low" : "medium";
}

/* Seconds, or the word. */
static json_t *
lifetime_json(uint32_t s)
{
	return s == RA_INFINITE ? json_string("infinite") : json_integer(s);
}

static json_t *
show_prefix(const struct ra_prefix *rp)
{
	struct prefix p = { .p_addr = addr_v6(rp->rp_prefix),
		.p_len = (uint8_t)rp->rp_len };
	char text[PREFIX_STRLEN];

	return json_pack("{s:s, s:b, s:b, s:o, s:o}", "prefix",
	    prefix_format(&p, text), "on_link",
	    (rp->rp_flags & RA_PREFIX_ONLINK) != 0, "autonomous",
	    (rp->rp_flags & RA_PREFIX_AUTO) != 0, "valid",
	    lifetime_json(rp->rp_valid), "preferred",
	    lifetime_json(rp->rp_preferred));
}

static void
show_sender(void *arg, const struct ra_send_info *rsi)
{
	struct show_routers *sr = arg;
	const struct ctl *ctl = sr->sr_ctl;
	const struct ra_conf *rc = rsi->rsi_conf;
	json_t *prefixes = json_array();
	unsigned i;

	for (i = 0; i < rsi->rsi_nprefix; i++)
		json_array_append_new(
		    prefixes, show_prefix(&rsi->rsi_prefix[i]));
	json_array_append_new(sr->sr_list,
	    json_pack("{s:s, s:i, s:i, s:i, s:s, s:b, s:b, s:i, s:i, s:I, "
		      "s:I, s:f, s:o}",
		"interface",
		if_lookup(ctl->ctl_sp, rsi->rsi_ifindex)->if_name,
		"interval_min", (int)rc->rc_min, "interval_max",
		(int)rc->rc_max, "lifetime", (int)rsi->rsi_lifetime,
		"preference", preference_name(rc->rc_pref), "managed",
		(int)rc->rc_managed, "other", (int)rc->rc_other, "hop_limit",
		(int)rc->rc_hlim, "mtu", (int)rc->rc_mtu, "sent",
		INT(rsi->rsi_sent), "answered", INT(rsi->rsi_answered), "next",
		(double)(u64max(rsi->rsi_next, ctl->ctl_now) - ctl->ctl_now) /
		    NS_S,
		"prefixes", prefixes));
}

/* Seconds that are left, or the word. */
static json_t *
left_json(const struct ctl *ctl, uint64_t until)
{
	if (until == UINT64_MAX)
		return json_string("infinite");
	return json_real(
	    (double)(u64max(until, ctl->ctl_now) - ctl->ctl_now) / NS_S);
}

static const char *
address_state(unsigned flags)
{
	if ((flags & IFA_DUPLICATE) != 0)
		return "duplicate";
	if ((flags & IFA_TENTATIVE) != 0)
		return "tentative";
	return (flags & IFA_DEPRECATED) != 0 ? "deprecated" : "preferred";
}

static void
show_learnt(void *arg, const struct ra_learnt_info *rli)
{
	static const char *const lists[] = { [RAL_ROUTER] = "routers",
		[RAL_PREFIX] = "networks", [RAL_ADDRESS] = "addresses" };
	struct show_routers *sr = arg;
	struct prefix p = { .p_addr = addr_v6(rli->rli_addr),
		.p_len = rli->rli_len };
	char text[PREFIX_STRLEN];
	json_t *one;

	one = json_pack("{s:s, s:o}", "interface",
	    if_lookup(sr->sr_ctl->ctl_sp, rli->rli_ifindex)->if_name, "left",
	    left_json(sr->sr_ctl, rli->rli_until));
	if (rli->rli_what == RAL_ROUTER) {
		json_object_set_new(one, "router",
		    json_string(addr_format(&p.p_addr, text)));
		json_object_set_new(one, "preference",
		    json_string(preference_name(rli->rli_pref)));
	} else {
		json_object_set_new(one,
		    rli->rli_what == RAL_PREFIX ? "prefix" : "address",
		    json_string(prefix_format(&p, text)));
	}
	if (rli->rli_what == RAL_ADDRESS) {
		json_object_set_new(one, "state",
		    json_string(address_state(rli->rli_flags)));
		json_object_set_new(one, "preferred",
		    left_json(sr->sr_ctl, rli->rli_preferred));
	}
	json_array_append_new(
	    json_object_get(sr->sr_list, lists[rli->rli_what]), one);
}

json_t *
show_routers(struct ctl *ctl)
{
	struct show_routers sr = { .sr_ctl = ctl, .sr_list = json_array() };
	struct show_routers learnt = { .sr_ctl = ctl,
		.sr_list = json_pack("{s:[], s:[], s:[]}", "routers",
		    "networks", "addresses") };

	ra_send_dump(ctl, show_sender, &sr);
	ra_host_dump(ctl, show_learnt, &learnt);
	json_object_set_new(learnt.sr_list, "advertised", sr.sr_list);
	return learnt.sr_list;
}
