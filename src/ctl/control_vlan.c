/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * VLANs of a configuration.  Each stands on an interface that is attached
 * before it and takes it along when it goes.
 */
#include <errno.h>
#include <string.h>

#include "ctl/control.h"
#include "ctl/control_int.h"
#include "ether/vlan.h"

static bool
vlan_on_vlan(const struct conf *conf, const struct conf_if *ci)
{
	return conf_if_find(conf, ci->ci_parent)->ci_parent != NULL;
}

/* Those on others come behind them, whatever the file's order. */
static unsigned
vlan_list(const struct conf *conf, struct control_obj *out)
{
	unsigned i, level, n = 0;

	for (level = 0; out != NULL && level < VLAN_TAGS; level++)
		for (i = 0; i < conf->cf_nvlan; i++) {
			const struct conf_if *ci = &conf->cf_vlan[i];

			if (vlan_on_vlan(conf, ci) == (level != 0))
				out[n++] = (struct control_obj){
					.o_conf = conf, .o_sec = ci,
					.o_pos = &ci->ci_sec.cs_pos };
		}
	return conf->cf_nvlan;
}

static int
vlan_cmp(const struct control_obj *a, const struct control_obj *b)
{
	const struct conf_if *va = a->o_sec, *vb = b->o_sec;

	return strcmp(va->ci_name, vb->ci_name);
}

static struct vlan_conf
vlan_wanted(const struct conf *conf, const struct conf_if *ci)
{
	return (struct vlan_conf){
		.vc_id = (uint16_t)ci->ci_id,
		.vc_tpid = ci->ci_protocol == CONF_8021AD ? ETHERTYPE_QINQ :
		ETHERTYPE_VLAN,
		.vc_priority = ci->ci_priority == CONF_PRIORITY_MAP ?
		    VLAN_PRIORITY_MAP :
		    (uint8_t)ci->ci_priority,
		.vc_rtable = (uint8_t)conf_rtable(conf, ci->ci_vrf),
	};
}

/* Whether ifp has the tag that ci wants, on what ci wants it. */
static bool
vlan_same_tag(const struct ifnet *ifp, const struct conf *conf,
    const struct conf_if *ci)
{
	const struct vlan_conf *vc = vlan_conf(ifp);
	const struct vlan_conf want = vlan_wanted(conf, ci);
	const struct ifnet *parent = if_lower(ifp);

	return vc != NULL && parent != NULL && vc->vc_id == want.vc_id &&
	    vc->vc_tpid == want.vc_tpid &&
	    strcmp(parent->if_name, ci->ci_parent) == 0;
}

static bool
vlan_same(const struct ifnet *ifp, const struct conf *conf,
    const struct conf_if *ci)
{
	struct vlan_conf want = vlan_wanted(conf, ci);

	return vlan_same_tag(ifp, conf, ci) &&
	    ifp->if_rtable == want.vc_rtable &&
	    vlan_conf(ifp)->vc_priority == want.vc_priority &&
	    (ci->ci_mtu == 0 || ci->ci_mtu == ifp->if_mtu);
}

static bool ON_CTL
vlan_there(struct ctl *ctl, const struct control_obj *o)
{
	const struct conf_if *ci = o->o_sec;
	const struct ifnet *ifp = if_find(ctl, ci->ci_name);

	if (if_find(ctl, ci->ci_parent) == NULL)
		return true;
	return ifp != NULL && vlan_same(ifp, o->o_conf, ci);
}

static int ON_CTL
vlan_make(struct ctl *ctl, const struct control_obj *o,
    struct conf_errors *errs)
{
	const struct conf_if *ci = o->o_sec;
	struct ifnet *parent = if_find(ctl, ci->ci_parent), *ifp;
	struct vlan_conf want = vlan_wanted(o->o_conf, ci);
	char err[256];
	int error;

	if ((ifp = if_find(ctl, ci->ci_name)) != NULL)
		control_detach(ctl, ifp);
	error = vlan_attach(ctl, ci->ci_name, parent, &want, ci->ci_mtu, &ifp,
	    err, sizeof(err));
	if (error != 0) {
		conf_error(errs, conf_where(&ci->ci_sec, "parent"), "%s", err);
		return error;
	}
	ctl->ctl_control->co_if[ifp->if_index] = ci;
	if_set_up(ctl, ifp, true);
	return 0;
}

static void ON_CTL
vlan_clear(struct ctl *ctl, const struct control_obj *o)
{
	const struct conf_if *ci = o->o_sec;
	struct ifnet *ifp = if_find(ctl, ci->ci_name);

	if (ifp != NULL && vlan_conf(ifp) != NULL)
		control_detach(ctl, ifp);
}

static void ON_CTL
vlan_ifgoes(struct ctl *ctl, struct ifnet *goes)
{
	unsigned i;

	for (i = 1; i < IF_MAX; i++) {
		struct ifnet *ifp = if_lookup(ctl->ctl_sp, i);

		if (ifp != NULL && vlan_conf(ifp) != NULL &&
		    if_lower(ifp) == goes)
			control_detach(ctl, ifp);
	}
}

void
control_vlan_makeway(struct ctl *ctl, const struct conf *conf)
{
	unsigned i, k;

	for (i = 1; i < IF_MAX; i++)
		for (k = 0; k < conf->cf_nvlan; k++) {
			const struct conf_if *ci = &conf->cf_vlan[k];
			struct ifnet *ifp = if_lookup(ctl->ctl_sp, i);

			if (ifp != NULL && vlan_same_tag(ifp, conf, ci) &&
			    strcmp(ifp->if_name, ci->ci_name) != 0)
				control_detach(ctl, ifp);
		}
}

bool
control_vlan_goes(const struct ifnet *ifp, const struct conf *conf)
{
	const struct conf_if *ci = conf_if_find(conf, ifp->if_name);

	return ci == NULL || ci->ci_parent == NULL ||
	    !vlan_same(ifp, conf, ci);
}

const struct control_kind control_vlan_kind = {
	.ck_name = "vlan",
	.ck_list = vlan_list,
	.ck_cmp = vlan_cmp,
	.ck_there = vlan_there,
	.ck_set = vlan_make,
	.ck_clear = vlan_clear,
	.ck_ifgoes = vlan_ifgoes,
};
