/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * As much of an Ethernet frame as a NIC looks at.
 */
#ifndef DEV_FRAME_H
#define DEV_FRAME_H

#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"

enum {
	FRAME_HDR = 14, /* up to and with the type */
	FRAME_VLAN = 4,
	FRAME_MAXVLAN = 2,
	FRAME_IP4 = 0x0800,
	FRAME_IP6 = 0x86dd,
	FRAME_TAG = 0x8100,
	FRAME_QINQ = 0x88a8,
};

/*
 * How many bytes precede the network header of a frame of which n are at p,
 * and its type behind the VLAN tags; 0 if it is too short or tagged too often.
 */
static inline size_t
frame_parse(const uint8_t *p, size_t n, unsigned *type)
{
	size_t at = FRAME_HDR;
	unsigned tags;

	if (n < at)
		return 0;
	*type = ld16be(p + 12);
	for (tags = 0; *type == FRAME_TAG || *type == FRAME_QINQ; tags++) {
		if (tags == FRAME_MAXVLAN || n < at + FRAME_VLAN)
			return 0;
		*type = ld16be(p + at + 2);
		at += FRAME_VLAN;
	}
	return at;
}

#endif
