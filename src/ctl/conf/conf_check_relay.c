/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Relays of DHCP: one an interface, whose address they give to servers that
 * are somewhere else.
 */
#include "ctl/conf/conf_int.h"

#include <string.h>

static void
check_once(struct conf_ctx *ctx, unsigned n)
{
	const struct conf_relay *rl = &ctx->x_conf->cf_relay[n];
	const struct conf_relay *first;
	unsigned i;

	for (i = 0; i < n; i++) {
		first = &ctx->x_conf->cf_relay[i];
		if (strcmp(first->rl_if, rl->rl_if) != 0)
			continue;
		conf_error(ctx->x_errs, &rl->rl_sec.cs_pos,
		    "\"%s\" has a relay already (%s); expected one, with all "
		    "servers",
		    rl->rl_if,
		    conf_ref(&rl->rl_sec.cs_pos, &first->rl_sec.cs_pos).r_text);
		return;
	}
}

static void
check_servers(struct conf_ctx *ctx, const struct conf_relay *rl)
{
	const struct conf_addr *ca;
	unsigned i, k, n[7] = { 0 };
	char buf[ADDR_STRLEN];

	for (i = 0; i < rl->rl_nserver; i++) {
		ca = &rl->rl_server[i];
		addr_format(&ca->ca_addr, buf);
		if (ca->ca_addr.a_family == ADDR_V6 &&
		    in6_is_linklocal(ca->ca_addr.a_v6))
			conf_error(ctx->x_errs, &ca->ca_pos,
			    "\"%s\" is a link-local address; expected one "
			    "that routes lead to", buf);
		if (++n[ca->ca_addr.a_family] == CONF_RELAY_SERVERS + 1)
			conf_error(ctx->x_errs, &ca->ca_pos,
			    "more than %d servers of IPv%u; expected at most "
			    "that", CONF_RELAY_SERVERS, ca->ca_addr.a_family);
		for (k = 0; k < i; k++)
			if (addr_eq(&ca->ca_addr, &rl->rl_server[k].ca_addr))
				break;
		if (k < i)
			conf_error(ctx->x_errs, &ca->ca_pos,
			    "\"%s\" is given twice; expected each server once",
			    buf);
	}
}

static bool
has_addr(const struct conf_if *ci, const struct addr *a)
{
	unsigned i;

	for (i = 0; i < ci->ci_naddr; i++)
		if (addr_eq(&ci->ci_addr[i].cx_prefix.p_addr, a))
			return true;
	return false;
}

static void
check_addrs(struct conf_ctx *ctx, const struct conf_relay *rl,
    const struct conf_if *ci)
{
	const struct conf_addr *ca;
	char buf[ADDR_STRLEN];
	unsigned i;

	for (i = 0; i < rl->rl_naddr; i++) {
		ca = &rl->rl_addr[i];
		addr_format(&ca->ca_addr, buf);
		if (!has_addr(ci, &ca->ca_addr) && !ctx->x_ifs_bad)
			conf_error(ctx->x_errs, &ca->ca_pos,
			    "\"%s\" is no address of %s; expected one of "
			    "them", buf, ci->ci_name);
		if (ca->ca_addr.a_family == ADDR_V6 &&
		    in6_is_linklocal(ca->ca_addr.a_v6))
			conf_error(ctx->x_errs, &ca->ca_pos,
			    "\"%s\" is a link-local address; expected one by "
			    "which servers tell links apart", buf);
		if (i > 0 && rl->rl_addr[0].ca_addr.a_family ==
		    ca->ca_addr.a_family)
			conf_error(ctx->x_errs, &ca->ca_pos,
			    "two addresses of IPv%u; expected at most one of "
			    "each family", ca->ca_addr.a_family);
	}
}

void
conf_check_relays(struct conf_ctx *ctx)
{
	const struct conf *cf = ctx->x_conf;
	const struct conf_relay *rl;
	const struct conf_if *ci;
	unsigned i;

	for (i = 0; i < cf->cf_nrelay; i++) {
		rl = &cf->cf_relay[i];
		check_once(ctx, i);
		check_servers(ctx, rl);
		ci = conf_check_named(ctx, rl->rl_if, &rl->rl_sec.cs_pos);
		if (ci != NULL)
			check_addrs(ctx, rl, ci);
	}
}
