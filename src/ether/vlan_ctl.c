/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * VLANs as ctl manages them: a virtual interface, and the place in its
 * parent's table that leads to it.
 *
 * The table comes with the parent's first VLAN and goes with the parent.  A
 * place is filled after the interface is published and emptied before it goes,
 * so that a CPU finds either a whole VLAN or none.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/point.h"
#include "ether/ether.h"
#include "ether/vlan.h"

#define VLAN_MTU_MIN 68 /* RFC 791, 3.2 */

const struct vlan_conf *
vlan_conf(const struct ifnet *ifp)
{
	return ifp->if_ops->do_output == vlan_output ? ifp->if_softc : NULL;
}

/* Tags that frames of ifp have when they are on the wire. */
static unsigned
vlan_depth(const struct ifnet *ifp)
{
	unsigned n;

	for (n = 0; ifp != NULL && vlan_conf(ifp) != NULL; n++)
		ifp = if_lower(ifp);
	return n;
}

/*
 * The largest packet: no more than the parent's, and its frame with all tags
 * must be one that the device sends.  A tag takes no room otherwise: devices
 * and switches take frames that are longer by it (IEEE 802.3, 3.2.7).
 */
static unsigned
vlan_mtu_max(const struct ifnet *parent)
{
	unsigned hlen = ETHER_HLEN + VLAN_HLEN;

	if (parent->if_framemax <= hlen)
		return parent->if_mtu;
	return umin(parent->if_mtu, parent->if_framemax - hlen);
}

static _Atomic uint16_t *
vlan_place(const struct ifnet *parent, const struct vlan_conf *vc)
{
	struct vlan_table *vt =
	    atomic_load_explicit(&parent->if_vlans, memory_order_relaxed);

	return &vt->vt_ifindex[vc->vc_tpid == ETHERTYPE_QINQ][vc->vc_id];
}

static int
vlan_open(struct ifnet *ifp, const struct dev_conf *dc, char *err,
    size_t errlen)
{
	const struct ifnet *parent = dc->dc_lower;
	struct vlan_conf *vc;
	unsigned most = vlan_mtu_max(parent);

	if (dc->dc_mtu > most) {
		snprintf(err, errlen, "%s: mtu is at most %u on %s%s",
		    ifp->if_name, most, parent->if_name,
		    most < parent->if_mtu ? ", for the tag needs room" : "");
		return EINVAL;
	}
	if ((vc = malloc(sizeof(*vc))) == NULL) {
		snprintf(err, errlen, "%s: no memory", ifp->if_name);
		return ENOMEM;
	}
	*vc = *dc->dc_vlan;
	ifp->if_softc = vc;
	ifp->if_mtu = (uint16_t)(dc->dc_mtu != 0 ? dc->dc_mtu : most);
	ifp->if_caps = parent->if_caps;
	if (parent->if_framemax > VLAN_HLEN)
		ifp->if_framemax = (uint16_t)(parent->if_framemax - VLAN_HLEN);
	memcpy(ifp->if_mac, parent->if_mac, sizeof(ifp->if_mac));
	snprintf(ifp->if_device, sizeof(ifp->if_device), "%s:%u",
	    parent->if_name, vc->vc_id);
	return 0;
}

static void
vlan_close(struct ifnet *ifp)
{
	free(ifp->if_softc);
}

static void
vlan_detach(struct ctl *ctl, struct ifnet *ifp)
{
	const struct ifnet *parent = if_lower(ifp);

	(void)ctl;
	if (parent != NULL)
		atomic_store_explicit(vlan_place(parent, ifp->if_softc), 0,
		    memory_order_release);
	sim_point(SP_PUBLISH);
}

static void
vlan_stats(struct ifnet *ifp, struct dev_stats *ds)
{
	if (if_lower(ifp) == NULL)
		snprintf(ds->ds_note, sizeof(ds->ds_note),
		    "the interface it stands on is gone");
}

static const struct dev_ops vlan_ops = {
	.do_name = "vlan",
	.do_open = vlan_open,
	.do_close = vlan_close,
	.do_output = vlan_output,
	.do_detach = vlan_detach,
	.do_stats = vlan_stats,
};

/* What is wrong with a wish before anything is made. */
static int ON_CTL
vlan_check(const struct ctl *ctl, const char *name, const struct ifnet *parent,
    const struct vlan_conf *vc, char *err, size_t errlen)
{
	const struct ifnet *other;

	if (vc->vc_id < 1 || vc->vc_id >= VLAN_VID ||
	    !vlan_is_tag(vc->vc_tpid) || vc->vc_priority > VLAN_PRIORITY_MAP) {
		snprintf(err, errlen, "%s: a VLAN's id is from 1 to 4094",
		    name);
		return EINVAL;
	}
	if (vlan_depth(parent) == VLAN_TAGS) {
		snprintf(err, errlen, "%s: %s has %u tags already, the most "
		    "there can be", name, parent->if_name, VLAN_TAGS);
		return EINVAL;
	}
	if ((parent->if_caps & IFCAP_LOOPBACK) != 0 ||
	    vlan_mtu_max(parent) < VLAN_MTU_MIN) {
		snprintf(err, errlen, "%s: %s has no room for tags", name,
		    parent->if_name);
		return EINVAL;
	}
	if (atomic_load_explicit(&parent->if_vlans, memory_order_relaxed) ==
	    NULL)
		return 0;
	other = if_lookup(ctl->ctl_sp,
	    atomic_load_explicit(vlan_place(parent, vc), memory_order_relaxed));
	if (other == NULL)
		return 0;
	snprintf(err, errlen, "%s: VLAN %u of %s is %s already", name,
	    vc->vc_id, parent->if_name, other->if_name);
	return EEXIST;
}

/* Readers see it empty first. */
static int ON_CTL
vlan_table_make(struct ifnet *parent)
{
	struct vlan_table *vt;

	if (atomic_load_explicit(&parent->if_vlans, memory_order_relaxed) !=
	    NULL)
		return 0;
	if ((vt = calloc(1, sizeof(*vt))) == NULL)
		return ENOMEM;
	atomic_store_explicit(&parent->if_vlans, vt, memory_order_release);
	return 0;
}

int
vlan_attach(struct ctl *ctl, const char *name, struct ifnet *parent,
    const struct vlan_conf *vc, unsigned mtu, struct ifnet **ifpp, char *err,
    size_t errlen)
{
	struct dev_conf dc = { .dc_driver = vlan_ops.do_name, .dc_mtu = mtu,
		.dc_rtable = vc->vc_rtable, .dc_lower = parent, .dc_vlan = vc };
	int error;

	if ((error = vlan_check(ctl, name, parent, vc, err, errlen)) != 0)
		return error;
	if ((error = vlan_table_make(parent)) != 0) {
		snprintf(err, errlen, "%s: no memory", name);
		return error;
	}
	error = if_attach(ctl, name, &vlan_ops, &dc, ifpp, err, errlen);
	if (error != 0)
		return error;
	atomic_store_explicit(vlan_place(parent, vc), (*ifpp)->if_index,
	    memory_order_release);
	sim_point(SP_PUBLISH);
	return 0;
}
