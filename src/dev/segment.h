/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Cutting large segments (m_gso) in software.
 */
#ifndef DEV_SEGMENT_H
#define DEV_SEGMENT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/tsa.h"
#include "cpu/cpu.h"
#include "mbuf/mbuf.h"

#define SEG_HDRMAX 256 /* headers that are understood end within so much */
#define SEG_MAX    1024 /* pieces; more is not believed */

/*
 * Cut m, which has l2len bytes of link header (0: none) before its IP header,
 * into packets of m_gsosize bytes of payload each.  Checksums are completed,
 * or else left partial for the device.
 *
 * Consumes m.  Returns the pieces in order, by m_nextpkt, counted as copied;
 * or NULL, m having been dropped and counted.
 */
struct mbuf *dev_segment(
    struct cpu *, struct mbuf *m, unsigned l2len, bool complete) ON_CPU;

/* How a large segment is to be cut; all of it checked. */
struct seg_plan {
	uint16_t sp_l3; /* where the IP header begins */
	uint16_t sp_l4; /* … and that of TCP or UDP */
	uint16_t sp_hdrlen; /* … and the payload */
	uint16_t sp_size; /* payload of a piece */
	uint16_t sp_n; /* pieces */
	bool sp_v6;
	bool sp_udp;
};

/*
 * Pure.  The first n bytes of a packet of pktlen are at p, at most SEG_HDRMAX.
 * False if the headers are not those of a sound segment of this kind.
 */
bool seg_parse(struct seg_plan *, const uint8_t *p, unsigned n, unsigned pktlen,
    enum mbuf_gso, unsigned gsosize, unsigned l2len);

/*
 * Pure.  Make the headers at p, copied from the large segment, those of piece
 * i with len bytes of payload.  The L4 checksum field is left 0; returns the
 * sum of the pseudo-header.
 */
uint64_t seg_headers(
    const struct seg_plan *, uint8_t *p, unsigned i, unsigned len);

#endif
