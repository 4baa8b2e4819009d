/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A frame from its description.  Pure.
 */
#ifndef CTL_EXPLAIN_FRAME_H
#define CTL_EXPLAIN_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"

struct explain_desc {
	struct addr ed_src, ed_dst; /* of one family */
	uint8_t ed_proto;
	uint8_t ed_ttl;
	uint8_t ed_dscp; /* 0 to 63 */
	bool ed_df; /* IPv4 */
	uint16_t ed_sport, ed_dport; /* TCP and UDP */
	uint16_t ed_vlan[2]; /* VLAN numbers, outer first */
	uint8_t ed_nvlan;
	uint8_t ed_mac[6]; /* of the interface */
	uint32_t ed_size; /* of the IP packet; 0: as small as can be */
};

/* The least and the most that ed_size may be. */
unsigned explain_size_min(const struct explain_desc *);
#define EXPLAIN_SIZE_MAX 65535u
#define EXPLAIN_FRAME_MAX (14 + 2 * 4 + EXPLAIN_SIZE_MAX)

/*
 * The frame, with checksums and no payload but zeros, in p[0..n); its length,
 * or 0 if it does not fit.  ICMP is an echo request, TCP a SYN.
 */
size_t explain_frame(const struct explain_desc *, uint8_t *p, size_t n);

#endif
