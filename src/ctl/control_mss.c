/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The segment size of TCP that interfaces allow to what is forwarded.
 */
#include <string.h>

#include "ctl/control_int.h"

static_assert(CONF_MSS_AUTO == (int)IF_MSS_AUTO, "one value for both");

/* All interfaces: those that say nothing allow any size. */
static unsigned
mss_list(const struct conf *conf, struct control_obj *out)
{
	unsigned i;

	for (i = 0; out != NULL && i < conf_nifs(conf); i++) {
		const struct conf_if *ci = conf_if_at(conf, i);

		out[i] = (struct control_obj){ .o_conf = conf, .o_sec = ci,
			.o_pos = conf_where(&ci->ci_sec, "mss"),
			.o_ifname = ci->ci_name };
	}
	return conf_nifs(conf);
}

static int
mss_cmp(const struct control_obj *a, const struct control_obj *b)
{
	return strcmp(a->o_ifname, b->o_ifname);
}

static bool ON_CTL
mss_there(struct ctl *ctl, const struct control_obj *o)
{
	const struct conf_if *ci = o->o_sec;
	const struct ifnet *ifp = if_find(ctl, o->o_ifname);

	return ifp == NULL || if_mss(ifp) == ci->ci_mss;
}

static int ON_CTL
mss_make(struct ctl *ctl, const struct control_obj *o,
    struct conf_errors *errs)
{
	const struct conf_if *ci = o->o_sec;

	(void)errs;
	if_set_mss(ctl, if_find(ctl, o->o_ifname), ci->ci_mss);
	return 0;
}

/* Its interface goes, and the limit with it. */
static void ON_CTL
mss_clear(struct ctl *ctl, const struct control_obj *o)
{
	(void)ctl;
	(void)o;
}

const struct control_kind control_mss_kind = {
	.ck_name = "mss",
	.ck_list = mss_list,
	.ck_cmp = mss_cmp,
	.ck_there = mss_there,
	.ck_set = mss_make,
	.ck_clear = mss_clear,
};
