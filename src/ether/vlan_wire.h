/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A VLAN tag on the wire (IEEE 802.1Q, 9.5), behind the two addresses: 16 bits
 * that say it is one (TPID), 16 of control information (TCI): 3 of priority, 1
 * that says the frame may be dropped first, 12 of the VLAN's number.  The type
 * of what follows stands behind it, and may again be that of a tag.
 */
#ifndef ETHER_VLAN_WIRE_H
#define ETHER_VLAN_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "base/bytes.h"
#include "ether/ether_wire.h"

#define VLAN_HLEN 4u
#define VLAN_IDS  4096u
#define VLAN_TAGS 2u /* on a frame, and in m_vlan */

enum {
	VLAN_VID = 0x0fff, /* 0: priority only; 4095 is reserved */
	VLAN_PCP_SHIFT = 13,
};

struct vlan_tag {
	uint16_t vt_tpid; /* of this tag */
	uint16_t vt_tci;
	uint16_t vt_type; /* behind it */
};

static inline bool
vlan_is_tag(unsigned type)
{
	return type == ETHERTYPE_VLAN || type == ETHERTYPE_QINQ;
}

/*
 * The outermost tag of a frame of which n bytes are at p; false if it has none
 * or ends before what follows it is known.
 */
static inline bool
vlan_parse(const uint8_t *p, size_t n, struct vlan_tag *vt)
{
	if (n < ETHER_HLEN + VLAN_HLEN || !vlan_is_tag(ld16be(p + 12)))
		return false;
	vt->vt_tpid = ld16be(p + 12);
	vt->vt_tci = ld16be(p + 14);
	vt->vt_type = ld16be(p + 16);
	return true;
}

/* Take off the outermost tag of the frame at p, which then begins 4 later. */
static inline void
vlan_pop(uint8_t *p)
{
	memmove(p + VLAN_HLEN, p, 2 * MAC_LEN);
}

/* Tag the frame that begins 4 behind p, and then at p. */
static inline void
vlan_push(uint8_t *p, unsigned tpid, unsigned tci)
{
	memmove(p, p + VLAN_HLEN, 2 * MAC_LEN);
	st16be(p + 12, (uint16_t)tpid);
	st16be(p + 14, (uint16_t)tci);
}

#endif
