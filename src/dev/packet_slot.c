/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reading a slot of an AF_PACKET ring; pure.
 */
#include <linux/if_ether.h>
#include <string.h>

#include "base/bytes.h"
#include "dev/packet_ring.h"

/* The frame lies in the slot, behind the slot's header and its own. */
static bool
slot_sound(const struct tpacket2_hdr *h)
{
	size_t least = TPACKET2_HDRLEN + sizeof(struct virtio_net_hdr);

	return h->tp_mac >= least && h->tp_mac <= PACKET_SLOT &&
	    h->tp_snaplen <= PACKET_SLOT - h->tp_mac &&
	    h->tp_snaplen >= ETH_HLEN;
}

enum packet_what
packet_slot_read(const uint8_t *p, struct packet_slot *ps)
{
	struct tpacket2_hdr h;
	struct sockaddr_ll sll;

	memcpy(&h, p, sizeof(h));
	memcpy(&sll, p + TPACKET_ALIGN(sizeof(h)), sizeof(sll));
	ps->ps_tagged = (h.tp_status & TP_STATUS_VLAN_VALID) != 0;
	ps->ps_tci = h.tp_vlan_tci;
	ps->ps_tpid = (h.tp_status & TP_STATUS_VLAN_TPID_VALID) != 0
	    ? h.tp_vlan_tpid : ETH_P_8021Q;
	/* Whatever it is, it must leave the socket's queue. */
	if ((h.tp_status & TP_STATUS_COPY) != 0)
		return PACKET_LARGE;
	if (sll.sll_pkttype == PACKET_OUTGOING ||
	    sll.sll_pkttype == PACKET_LOOPBACK)
		return PACKET_NOT_OURS;
	if (h.tp_snaplen < h.tp_len)
		return PACKET_LOST;
	if (!slot_sound(&h))
		return PACKET_BAD;
	memcpy(&ps->ps_hdr, p + h.tp_mac - sizeof(ps->ps_hdr),
	    sizeof(ps->ps_hdr));
	ps->ps_data = p + h.tp_mac;
	ps->ps_len = h.tp_snaplen;
	return PACKET_FRAME;
}
