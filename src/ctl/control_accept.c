/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Interfaces of a configuration that believe router advertisements.
 */
#include <string.h>

#include "ctl/control_int.h"
#include "ip6/ra_host.h"

static unsigned
accept_list(const struct conf *conf, struct control_obj *out)
{
	unsigned i, n = 0;

	for (i = 0; i < conf_nifs(conf); i++) {
		const struct conf_if *ci = conf_if_at(conf, i);

		if (ci->ci_accept_ra == CONF_RA_NO)
			continue;
		if (out != NULL)
			out[n] = (struct control_obj){ .o_conf = conf,
				.o_pos = conf_where(&ci->ci_sec, "accept_ra"),
				.o_sec = ci, .o_ifname = ci->ci_name };
		n++;
	}
	return n;
}

static int
accept_cmp(const struct control_obj *a, const struct control_obj *b)
{
	return strcmp(a->o_ifname, b->o_ifname);
}

static bool
accept_addresses(const struct control_obj *o)
{
	const struct conf_if *ci = o->o_sec;

	return ci->ci_accept_ra == CONF_RA_YES;
}

static bool ON_CTL
accept_there(struct ctl *ctl, const struct control_obj *o)
{
	const struct ifnet *ifp = if_find(ctl, o->o_ifname);

	return ifp == NULL || ra_host_is(ctl, ifp, accept_addresses(o));
}

static int ON_CTL
accept_make(struct ctl *ctl, const struct control_obj *o,
    struct conf_errors *errs)
{
	(void)errs;
	return ra_host_start(
	    ctl, if_find(ctl, o->o_ifname), accept_addresses(o));
}

static void ON_CTL
accept_ifgoes(struct ctl *ctl, struct ifnet *ifp)
{
	ra_host_stop(ctl, ifp);
}

static void ON_CTL
accept_clear(struct ctl *ctl, const struct control_obj *o)
{
	struct ifnet *ifp = if_find(ctl, o->o_ifname);

	if (ifp != NULL)
		ra_host_stop(ctl, ifp);
}

const struct control_kind control_accept_kind = {
	.ck_name = "accept_ra",
	.ck_list = accept_list,
	.ck_cmp = accept_cmp,
	.ck_there = accept_there,
	.ck_set = accept_make,
	.ck_clear = accept_clear,
	.ck_ifgoes = accept_ifgoes,
};
