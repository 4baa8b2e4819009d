/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Router advertisements of a configuration.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/control_int.h"
#include "ip6/ra_send.h"

static unsigned
advertise_list(const struct conf *conf, struct control_obj *out)
{
	unsigned i;

	for (i = 0; out != NULL && i < conf->cf_nadvertise; i++)
		out[i] = (struct control_obj){ .o_conf = conf,
			.o_pos = &conf->cf_advertise[i].ad_sec.cs_pos,
			.o_sec = &conf->cf_advertise[i],
			.o_ifname = conf->cf_advertise[i].ad_if };
	return conf->cf_nadvertise;
}

static int
advertise_cmp(const struct control_obj *a, const struct control_obj *b)
{
	return strcmp(a->o_ifname, b->o_ifname);
}

static struct ra_prefix
advertise_prefix(bool tell, bool onlink, bool autonomous, unsigned valid,
    unsigned preferred)
{
	struct ra_prefix rp = { .rp_valid = valid, .rp_preferred = preferred };

	rp.rp_flags = (tell ? 0 : RA_PREFIX_HIDE) |
	    (onlink ? RA_PREFIX_ONLINK : 0) |
	    (autonomous ? RA_PREFIX_AUTO : 0);
	return rp;
}

/* What is said of single prefixes; over has room for all there are. */
static unsigned
advertise_over(const struct conf *conf, const char *ifname,
    struct ra_prefix *over)
{
	unsigned i, n = 0;

	for (i = 0; i < conf->cf_nadprefix; i++) {
		const struct conf_adprefix *ap = &conf->cf_adprefix[i];
		const struct prefix *p = &ap->ap_prefix.cx_prefix;

		if (strcmp(ap->ap_if, ifname) != 0)
			continue;
		over[n] = advertise_prefix(ap->ap_advertise, ap->ap_onlink,
		    ap->ap_auto, ap->ap_valid, ap->ap_preferred);
		over[n].rp_prefix = p->p_addr.a_v6;
		over[n++].rp_len = p->p_len;
	}
	return n;
}

/* RFC 8106, 5.1 and 5.2. */
static void
advertise_dns(const struct conf_advertise *ad, struct ra_conf *rc)
{
	unsigned i;

	rc->rc_dnslife = ad->ad_dnslife != 0 ? ad->ad_dnslife : 3 * ad->ad_max;
	rc->rc_ndns = ad->ad_ndns;
	for (i = 0; i < ad->ad_ndns; i++)
		rc->rc_dns[i] = ad->ad_dns[i].ca_addr.a_v6;
	/* The check of the file has found room for all of them. */
	for (i = 0; i < ad->ad_nsearch; i++)
		rc->rc_searchlen += ra_search_name(
		    rc->rc_search + rc->rc_searchlen,
		    sizeof(rc->rc_search) - rc->rc_searchlen, ad->ad_search[i]);
}

/* RFC 4861, 6.2.1: MinRtrAdvInterval. */
static unsigned
advertise_min(const struct conf_advertise *ad)
{
	if (ad->ad_min != 0)
		return ad->ad_min;
	return ad->ad_max >= 9 ? ad->ad_max / 3 : ad->ad_max * 3 / 4;
}

/* over: room for the prefixes, on which *rc then stands. */
static void
advertise_wanted(const struct control_obj *o, struct ra_conf *rc,
    struct ra_prefix *over)
{
	static const uint32_t prefs[] = { [CONF_PREF_LOW] = RA_LOW,
		[CONF_PREF_MEDIUM] = RA_MEDIUM, [CONF_PREF_HIGH] = RA_HIGH };
	const struct conf_advertise *ad = o->o_sec;

	memset(rc, 0, sizeof(*rc));
	rc->rc_max = ad->ad_max;
	rc->rc_min = advertise_min(ad);
	rc->rc_lifetime = ad->ad_lifetime;
	rc->rc_pref = prefs[ad->ad_preference];
	rc->rc_managed = ad->ad_managed;
	rc->rc_other = ad->ad_other;
	rc->rc_hlim = ad->ad_hlim;
	rc->rc_mtu = ad->ad_mtu;
	rc->rc_reachable = ad->ad_reachable;
	rc->rc_retrans = ad->ad_retrans;
	rc->rc_prefix = advertise_prefix(true, ad->ad_onlink, ad->ad_auto,
	    ad->ad_valid, ad->ad_preferred);
	advertise_dns(ad, rc);
	rc->rc_nover = advertise_over(o->o_conf, ad->ad_if, over);
	rc->rc_over = over;
}

/* Whether ifp advertises as wanted; make: it shall. */
static int ON_CTL
advertise_do(struct ctl *ctl, const struct control_obj *o, bool make,
    bool *there)
{
	struct ifnet *ifp = if_find(ctl, o->o_ifname);
	struct ra_prefix *over;
	struct ra_conf rc;
	int error = 0;

	*there = true;
	if (ifp == NULL)
		return 0;
	over = calloc(o->o_conf->cf_nadprefix + 1, sizeof(*over));
	if (over == NULL)
		return ENOMEM;
	advertise_wanted(o, &rc, over);
	*there = ra_send_is(ctl, ifp, &rc);
	if (make && !*there)
		error = ra_send_start(ctl, ifp, &rc);
	free(over);
	return error;
}

static bool ON_CTL
advertise_there(struct ctl *ctl, const struct control_obj *o)
{
	bool there;

	return advertise_do(ctl, o, false, &there) == 0 && there;
}

static int ON_CTL
advertise_make(struct ctl *ctl, const struct control_obj *o,
    struct conf_errors *errs)
{
	bool there;

	(void)errs;
	return advertise_do(ctl, o, true, &there);
}

static void ON_CTL
advertise_clear(struct ctl *ctl, const struct control_obj *o)
{
	const struct ifnet *ifp = if_find(ctl, o->o_ifname);

	if (ifp != NULL)
		ra_send_stop(ctl, ifp);
}

static void ON_CTL
advertise_ifgoes(struct ctl *ctl, struct ifnet *ifp)
{
	ra_send_stop(ctl, ifp);
}

const struct control_kind control_advertise_kind = {
	.ck_name = "advertise",
	.ck_list = advertise_list,
	.ck_cmp = advertise_cmp,
	.ck_there = advertise_there,
	.ck_set = advertise_make,
	.ck_clear = advertise_clear,
	.ck_ifgoes = advertise_ifgoes,
};
