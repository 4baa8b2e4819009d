/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * VLANs and what they stand on: it is there, its frames have room for one tag
 * more and for the packets, and no two VLANs share a tag.
 */
#include "ctl/conf/conf_int.h"

#include <string.h>

#define TAGS_MAX 2 /* on a frame */

/* What a VLAN stands on, or NULL; messages are for whoever checks it. */
static const struct conf_if *
parent_of(const struct conf *cf, const struct conf_if *ci)
{
	return ci->ci_parent != NULL ? conf_if_find(cf, ci->ci_parent) : NULL;
}

/* Tags on the frames of an interface, or TAGS_MAX + 1 if there are more. */
static unsigned
tags_of(const struct conf *cf, const struct conf_if *ci)
{
	unsigned n = 0;

	while ((ci = parent_of(cf, ci)) != NULL && n <= TAGS_MAX)
		n++;
	return n;
}

static bool
check_tags(struct conf_ctx *ctx, const struct conf_if *ci)
{
	const struct conf_pos *pos = conf_where(&ci->ci_sec, "parent");

	if (strcmp(ci->ci_parent, ci->ci_name) == 0) {
		conf_error(ctx->x_errs, pos,
		    "\"%s\" is its own parent; expected another interface",
		    ci->ci_name);
		return false;
	}
	if (tags_of(ctx->x_conf, ci) <= TAGS_MAX)
		return true;
	conf_error(ctx->x_errs, pos,
	    "the frames of \"%s\" would have more than %d tags; expected a "
	    "parent that is no VLAN, or a VLAN on one that is none",
	    ci->ci_name, TAGS_MAX);
	return false;
}

/*
 * The MTU that an interface says, or that those below it say; 0 if nobody
 * does.  The parents are known not to go in circles.
 */
static unsigned
mtu_of(const struct conf *cf, const struct conf_if *ci)
{
	while (ci != NULL && ci->ci_mtu == 0)
		ci = parent_of(cf, ci);
	return ci != NULL ? ci->ci_mtu : 0;
}

static void
check_mtu(struct conf_ctx *ctx, const struct conf_if *ci)
{
	const struct conf_pos *pos = conf_where(&ci->ci_sec, "mtu");
	const unsigned most =
	    mtu_of(ctx->x_conf, parent_of(ctx->x_conf, ci));
	unsigned i;

	if (most == 0)
		return;
	if (ci->ci_mtu > most) {
		conf_error(ctx->x_errs, pos,
		    "mtu is %u, but that of \"%s\" is %u; expected at most "
		    "that", ci->ci_mtu, ci->ci_parent, most);
		return;
	}
	/* RFC 8200, 5, as conf_check_if() does where the VLAN says it. */
	for (i = 0; i < ci->ci_naddr && ci->ci_mtu == 0 && most < 1280; i++) {
		if (ci->ci_addr[i].cx_prefix.p_addr.a_family != ADDR_V6)
			continue;
		conf_error(ctx->x_errs, &ci->ci_addr[i].cx_pos,
		    "the mtu of \"%s\" is %u, too small for an IPv6 address; "
		    "expected at least 1280 there", ci->ci_parent, most);
		return;
	}
}

/* Neither is NULL where one stands; sections in error may lack either. */
static bool
same_tag(const struct conf_if *a, const struct conf_if *b)
{
	return a->ci_parent != NULL && b->ci_parent != NULL && a->ci_id != 0 &&
	    a->ci_id == b->ci_id && a->ci_protocol == b->ci_protocol &&
	    strcmp(a->ci_parent, b->ci_parent) == 0;
}

static void
check_unique(struct conf_ctx *ctx, unsigned n)
{
	const struct conf_if *ci = &ctx->x_conf->cf_vlan[n];
	const struct conf_pos *pos = conf_where(&ci->ci_sec, "id");
	const struct conf_if *first;
	unsigned i;

	for (i = 0; i < n; i++) {
		first = &ctx->x_conf->cf_vlan[i];
		if (!same_tag(first, ci))
			continue;
		conf_error(ctx->x_errs, pos,
		    "VLAN %u of \"%s\" is \"%s\" already (%s); expected "
		    "another id", ci->ci_id, ci->ci_parent, first->ci_name,
		    conf_ref(pos, conf_where(&first->ci_sec, "id")).r_text);
		return;
	}
}

void
conf_check_vlans(struct conf_ctx *ctx)
{
	const struct conf *cf = ctx->x_conf;
	const struct conf_if *ci;
	unsigned i;

	for (i = 0; i < cf->cf_nvlan; i++) {
		ci = &cf->cf_vlan[i];
		check_unique(ctx, i);
		if (ci->ci_parent == NULL ||
		    conf_check_named(ctx, ci->ci_parent,
			conf_where(&ci->ci_sec, "parent")) == NULL)
			continue;
		if (check_tags(ctx, ci))
			check_mtu(ctx, ci);
	}
}
