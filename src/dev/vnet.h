/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The virtio network header that precedes each frame of a tap, and what it
 * means for an mbuf.
 */
#ifndef DEV_VNET_H
#define DEV_VNET_H

#include <linux/virtio_net.h>
#include <stdbool.h>

#include "mbuf/mbuf.h"

/* UDP segments; newer than the distribution's headers. */
#define VNET_GSO_UDP_L4 5

/*
 * Take over checksum and segmentation state of a frame whose data and lengths
 * are set.  Nothing in the header is trusted: false if it does not fit the
 * frame, with m untouched.
 */
bool vnet_to_mbuf(const struct virtio_net_hdr *, struct mbuf *m);

/* The header for a packet; it is sound (dev_offload() has seen it). */
void vnet_from_mbuf(struct virtio_net_hdr *, const struct mbuf *m);

#endif
