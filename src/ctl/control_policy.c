/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What interfaces ask for packets that come in by them (if_policy).
 */
#include <string.h>

#include "ctl/control_int.h"

/* All interfaces: those that say nothing ask nothing. */
static unsigned
policy_list(const struct conf *conf, struct control_obj *out)
{
	unsigned i;

	for (i = 0; out != NULL && i < conf_nifs(conf); i++) {
		const struct conf_if *ci = conf_if_at(conf, i);

		out[i] = (struct control_obj){ .o_conf = conf, .o_sec = ci,
			.o_pos = conf_where(&ci->ci_sec, "reverse_path"),
			.o_ifname = ci->ci_name };
	}
	return conf_nifs(conf);
}

static int
policy_cmp(const struct control_obj *a, const struct control_obj *b)
{
	return strcmp(a->o_ifname, b->o_ifname);
}

#define POLICY_MASK (IFP_REVERSE | IFP_DSCP_MASK)

static uint32_t
policy_wanted(const struct conf_if *ci)
{
	static const uint32_t reverse[] = {
		[CONF_REVERSE_OFF] = 0,
		[CONF_REVERSE_LOOSE] = IFP_LOOSE,
		[CONF_REVERSE_STRICT] = IFP_STRICT,
	};
	uint32_t dscp = 0;

	if (ci->ci_dscp != 0)
		dscp = IFP_DSCP |
		    (ci->ci_dscp - CONF_DSCP(0)) << IFP_DSCP_SHIFT;
	return reverse[ci->ci_reverse] | dscp;
}

static bool ON_CTL
policy_there(struct ctl *ctl, const struct control_obj *o)
{
	const struct ifnet *ifp = if_find(ctl, o->o_ifname);

	return ifp == NULL ||
	    (if_policy(ifp) & POLICY_MASK) == policy_wanted(o->o_sec);
}

static int ON_CTL
policy_make(struct ctl *ctl, const struct control_obj *o,
    struct conf_errors *errs)
{
	(void)errs;
	if_set_policy(ctl, if_find(ctl, o->o_ifname), POLICY_MASK,
	    policy_wanted(o->o_sec));
	return 0;
}

/* Its interface goes, and what it asks with it. */
static void ON_CTL
policy_clear(struct ctl *ctl, const struct control_obj *o)
{
	(void)ctl;
	(void)o;
}

const struct control_kind control_policy_kind = {
	.ck_name = "policy",
	.ck_list = policy_list,
	.ck_cmp = policy_cmp,
	.ck_there = policy_there,
	.ck_set = policy_make,
	.ck_clear = policy_clear,
};
