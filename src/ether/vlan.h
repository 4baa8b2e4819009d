/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * VLANs: interfaces that share another one by tags in its frames (IEEE
 * 802.1Q).  A VLAN may stand on a VLAN (802.1ad, "QinQ"), at most VLAN_TAGS
 * deep.
 *
 * A frame loses its tag in ether_input() and is from there on one that came in
 * on the VLAN; it gets its tag on its way through dev_output().  A priority tag
 * (VLAN 0) names no VLAN: such a frame is the interface's own (802.1Q, 6.9).
 *
 *	I	immutable after vlan_attach()
 *	P	published by ctl, read by CPUs
 */
#ifndef ETHER_VLAN_H
#define ETHER_VLAN_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/tsa.h"
#include "cpu/ctl.h"
#include "ether/ether_stat.h"
#include "ether/vlan_wire.h"
#include "if/if.h"
#include "mbuf/mbuf.h"

/*
 * Priority of what leaves: a number, or the packet's own.  That is the
 * priority of the tag it has already, or the upper three bits of its DSCP (RFC
 * 2474, 4.2.2: the class selectors), or 0 for what is not IP.
 */
#define VLAN_PRIORITY_MAP 8

struct vlan_conf {
	uint16_t vc_id; /* [I] 1 to 4094 */
	uint16_t vc_tpid; /* [I] ETHERTYPE_VLAN or ETHERTYPE_QINQ */
	uint8_t vc_priority; /* [I] 0 to 7, or VLAN_PRIORITY_MAP */
	uint8_t vc_rtable; /* [I] routing table of what arrives by it */
};

/* The VLANs of an interface, by tag: index of each; 0: there is none. */
struct vlan_table {
	_Atomic uint16_t vt_ifindex[2][VLAN_IDS]; /* [P] 802.1Q, 802.1ad */
};

/*
 * A VLAN on parent, as if_attach() does it.  mtu: 0 for as much as the parent
 * lets through.  EINVAL if it is more than that, EEXIST, ENFILE, ENOMEM, with
 * text in err.
 */
int vlan_attach(struct ctl *, const char *name, struct ifnet *parent,
    const struct vlan_conf *, unsigned mtu, struct ifnet **, char *err,
    size_t errlen) ON_CTL;

/* What ifp was attached with; NULL if it is no VLAN. */
const struct vlan_conf *vlan_conf(const struct ifnet *);

/*
 * m is a frame of ifp whose type is a tag's.  Takes its tags off, notes them
 * in m_vlan, and makes it one of the VLAN they name; its type is in *type.
 * Otherwise the reason to drop it.
 */
enum etherstat vlan_input(struct cpu *, struct mbuf *m, const struct ifnet *ifp,
    unsigned *type) ON_CPU;

/* dev_ops.do_output of a VLAN. */
void vlan_output(
    struct cpu *, struct ifnet *, struct mbuf **, unsigned n) ON_CPU;

#endif
