/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * VRFs of a configuration: a routing table gets a name, and knows this host by
 * its loopback addresses.  Interfaces and routes say for themselves which one
 * they are in.
 */
#include <errno.h>
#include <string.h>

#include "ctl/control_int.h"
#include "route/route.h"

/* 127.0.0.0/8 and ::1 are this host (RFC 1122, 3.2.1.3; RFC 4291, 2.5.3). */
static const struct prefix loopbacks[] = {
	{ .p_addr = { .a_family = ADDR_V4, .a_v4 = 0x7f000000 }, .p_len = 8 },
	{ .p_addr = { .a_family = ADDR_V6, .a_v6 = { 0, 1 } }, .p_len = 128 },
};

int
control_loopback(struct ctl *ctl, unsigned rtable)
{
	struct nhop nh = { .nh_type = NH_LOCAL, .nh_mtu = UINT16_MAX };
	unsigned i;
	int error = 0;

	for (i = 0; i < countof(loopbacks) && error == 0; i++)
		error = route_set(
		    ctl, rtable, &loopbacks[i], RP_LOCAL, 0, &nh, 1);
	return error;
}

static unsigned
vrf_list(const struct conf *conf, struct control_obj *out)
{
	unsigned i;

	for (i = 0; out != NULL && i < conf->cf_nvrf; i++)
		out[i] = (struct control_obj){ .o_conf = conf,
			.o_pos = &conf->cf_vrf[i].vr_sec.cs_pos,
			.o_sec = &conf->cf_vrf[i] };
	return conf->cf_nvrf;
}

static int
vrf_cmp(const struct control_obj *a, const struct control_obj *b)
{
	const struct conf_vrf *va = a->o_sec, *vb = b->o_sec;

	if (va->vr_id != vb->vr_id)
		return va->vr_id < vb->vr_id ? -1 : 1;
	return strcmp(va->vr_name, vb->vr_name);
}

static bool ON_CTL
vrf_there(struct ctl *ctl, const struct control_obj *o)
{
	const struct conf_vrf *vr = o->o_sec;

	return strcmp(rtable_name(ctl->ctl_sp, vr->vr_id), vr->vr_name) == 0;
}

/*
 * Whether the table was another VRF's: a name that is on one side only is
 * one that has changed.
 */
static bool ON_CTL
vrf_moved(struct ctl *ctl, const struct control_obj *o)
{
	const struct conf_vrf *vr = o->o_sec;
	const char *was = rtable_name(ctl->ctl_sp, vr->vr_id);

	return *was != '\0' &&
	    (conf_rtable(o->o_conf, was) >= 0 ||
		rtable_find(ctl->ctl_sp, vr->vr_name) < RT_MAX);
}

static int ON_CTL
vrf_make(struct ctl *ctl, const struct control_obj *o,
    struct conf_errors *errs)
{
	const struct conf_vrf *vr = o->o_sec;

	(void)errs;
	if (vrf_moved(ctl, o))
		route_flush_table(ctl, vr->vr_id);
	rtable_set_name(ctl, vr->vr_id, vr->vr_name);
	return control_loopback(ctl, vr->vr_id);
}

/* The table may have another name by now. */
static void ON_CTL
vrf_clear(struct ctl *ctl, const struct control_obj *o)
{
	const struct conf_vrf *vr = o->o_sec;
	unsigned i;

	if (!vrf_there(ctl, o))
		return;
	rtable_set_name(ctl, vr->vr_id, NULL);
	route_flush_table(ctl, vr->vr_id);
	for (i = 0; i < countof(loopbacks); i++)
		(void)route_unset(ctl, vr->vr_id, &loopbacks[i], RP_LOCAL);
}

const struct control_kind control_vrf_kind = {
	.ck_name = "vrf",
	.ck_early = true,
	.ck_list = vrf_list,
	.ck_cmp = vrf_cmp,
	.ck_there = vrf_there,
	.ck_set = vrf_make,
	.ck_clear = vrf_clear,
};
