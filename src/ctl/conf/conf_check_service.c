/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Services of the daemon's own: each once in a VRF, ports and addresses that
 * can be had.
 */
#include "ctl/conf/conf_int.h"

#include <string.h>

/* As the ports of RFC 862, 863, 867 and 864. */
static const unsigned usual[] = { 7, 9, 13, 19 };

static const char *
vrf_of(const struct conf_service *sv)
{
	return sv->sv_vrf != NULL ? sv->sv_vrf : CONF_VRF_MAIN;
}

static unsigned
port_of(const struct conf_service *sv)
{
	return sv->sv_port != 0 ? sv->sv_port : usual[sv->sv_what];
}

/* Of two on one port, whichever addresses: who wants that means something. */
static void
check_port(struct conf_ctx *ctx, unsigned n)
{
	const struct conf_service *sv = &ctx->x_conf->cf_service[n], *other;
	unsigned i;

	for (i = 0; i < n; i++) {
		other = &ctx->x_conf->cf_service[i];
		if (strcmp(vrf_of(other), vrf_of(sv)) != 0 ||
		    port_of(other) != port_of(sv))
			continue;
		conf_error(ctx->x_errs, &sv->sv_sec.cs_pos,
		    "UDP port %u has a service already (%s); expected another "
		    "port, or one section with all addresses",
		    port_of(sv),
		    conf_ref(&sv->sv_sec.cs_pos, &other->sv_sec.cs_pos).r_text);
		return;
	}
}

static void
check_addrs(struct conf_ctx *ctx, const struct conf_service *sv)
{
	const struct conf_addr *ca;
	char buf[ADDR_STRLEN];
	unsigned i, k;

	for (i = 0; i < sv->sv_naddr; i++) {
		ca = &sv->sv_addr[i];
		addr_format(&ca->ca_addr, buf);
		if (ca->ca_addr.a_family == ADDR_V6 &&
		    in6_is_linklocal(ca->ca_addr.a_v6))
			conf_error(ctx->x_errs, &ca->ca_pos,
			    "\"%s\" is a link-local address; expected one "
			    "that is the same on every link", buf);
		for (k = 0; k < i; k++)
			if (addr_eq(&ca->ca_addr, &sv->sv_addr[k].ca_addr))
				break;
		if (k < i)
			conf_error(ctx->x_errs, &ca->ca_pos,
			    "\"%s\" is given twice; expected each address "
			    "once", buf);
	}
}

void
conf_check_services(struct conf_ctx *ctx)
{
	unsigned i;

	for (i = 0; i < ctx->x_conf->cf_nservice; i++) {
		check_port(ctx, i);
		check_addrs(ctx, &ctx->x_conf->cf_service[i]);
	}
}
