/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * "spate show routers": what this router advertises on its links.
 */
#include "base/bytes.h"
#include "ctl/show_int.h"
#include "if/if.h"
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

json_t *
show_routers(struct ctl *ctl)
{
	struct show_routers sr = { .sr_ctl = ctl, .sr_list = json_array() };

	ra_send_dump(ctl, show_sender, &sr);
	return json_pack("{s:o}", "advertised", sr.sr_list);
}
