/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What both halves of the AF_PACKET driver know: how a receive ring is laid
 * out, and how a slot is read.
 *
 * The ring is of version 2: one slot a frame, and a frame is there at once.
 * Version 3 packs frames into blocks and takes fewer wake-ups, but hands a
 * block over when it is full or after a millisecond or more, which a single
 * packet then waits.
 *
 * A slot holds an ordinary frame.  Of a larger one (segments of 64 KiB) it has
 * the beginning, and the socket's own queue the whole, to be read by a call
 * (TP_STATUS_COPY).
 */
#ifndef DEV_PACKET_RING_H
#define DEV_PACKET_RING_H

#include <linux/if_packet.h>
#include <linux/virtio_net.h>
#include <stdbool.h>
#include <stdint.h>

#define PACKET_SLOT  2048u
#define PACKET_SLOTS 4096u /* of a queue; a power of two */
#define PACKET_BLOCK 65536u /* memory the kernel allocates at a time */
#define PACKET_RING  ((uint64_t)PACKET_SLOT * PACKET_SLOTS)

enum packet_what {
	PACKET_FRAME, /* a whole frame is in the slot */
	PACKET_LARGE, /* it is in the socket's queue */
	PACKET_NOT_OURS, /* sent by this machine */
	PACKET_LOST, /* the socket's queue was full */
	PACKET_BAD, /* the slot makes no sense */
};

/* What is in a slot. */
struct packet_slot {
	const uint8_t *ps_data; /* PACKET_FRAME: from the link header */
	uint32_t ps_len; /* bytes of it */
	struct virtio_net_hdr ps_hdr; /* PACKET_FRAME */
	bool ps_tagged; /* the kernel took a VLAN tag off */
	uint16_t ps_tpid; /* … of this type */
	uint16_t ps_tci;
};

/*
 * Read the slot at p of PACKET_SLOT bytes, which the kernel has filled.  Only
 * what lies inside of it is believed.
 */
enum packet_what packet_slot_read(const uint8_t *p, struct packet_slot *);

#endif
