/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Receive side scaling as NICs do it: from a frame to its hash.
 *
 * TCP is hashed over addresses and ports, all else, and each fragment, over
 * addresses only: what NICs do unless told otherwise.
 */
#ifndef DEV_RSS_H
#define DEV_RSS_H

#include "base/toeplitz.h"
#include "mbuf/mbuf.h"

enum rss_type { /* m_hashtype: what m_hash was computed over */
	RSS_NONE,
	RSS_IP4,
	RSS_TCP4,
	RSS_IP6,
	RSS_TCP6,
};

#define RSS_TABLE 128 /* entries of an indirection table */

/*
 * The hash of an Ethernet frame of which the first n bytes are at p; VLAN tags
 * are looked through.  RSS_NONE, and 0, for what is not IP.  Pure.
 */
enum rss_type rss_frame(
    const struct toeplitz *, const uint8_t *p, size_t n, uint32_t *hash);

#endif
