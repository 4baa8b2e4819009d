/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Checksums that the sender left to a device that was never there.
 *
 * Through a veth, packets arrive at an XDP program as the sender's kernel made
 * them: it leaves TCP and UDP checksums to the device, which is a pointer
 * handed over.  The field then holds the reduced sum of the pseudo-header, and
 * nothing says so.  Whoever forwards such a packet to a wire sends garbage.
 *
 * A finished checksum has that value by chance once in 65,536 packets; to
 * finish it then gives the same value again, so acting on the guess is safe.
 */
#ifndef DEV_UNFINISHED_H
#define DEV_UNFINISHED_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Whether the frame of len bytes, of which the first n are at p, is TCP or UDP
 * over IPv4 or IPv6, in a VLAN or two or none, whole, and its checksum is the
 * pseudo-header's sum.  Then *l4off is where the transport header is, *csumoff
 * where the checksum in it.
 */
bool csum_unfinished(const uint8_t *p, unsigned n, unsigned len,
    uint16_t *l4off, uint8_t *csumoff);

#endif
