/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ARP packets from bytes to values and back.  Pure.
 */
#include <string.h>

#include "ether/arp_parse.h"
#include "ether/arp_wire.h"
#include "ether/ether_wire.h"

/* Whether an address can be a host's on a link. */
static bool
in_is_host(uint32_t a)
{
	return !in_is_multicast(a) && !in_is_broadcast(a) &&
	    !in_is_loopback(a) && !in_is_unspecified(a);
}

static bool
mac_is_zero(const uint8_t mac[static MAC_LEN])
{
	return ld32be(mac) == 0 && ld16be(mac + 4) == 0;
}

static enum arpstat
arp_check(const struct arp_info *ai)
{
	if (ai->ai_op != ARPOP_REQUEST && ai->ai_op != ARPOP_REPLY)
		return ars_badop;
	if (mac_is_group(ai->ai_sha) || mac_is_zero(ai->ai_sha))
		return ars_badsha;
	if (!in_is_host(ai->ai_spa) && !in_is_unspecified(ai->ai_spa))
		return ars_badspa;
	/* A reply to a probe repeats its sender's address: 0. */
	if (!in_is_host(ai->ai_tpa) &&
	    !(ai->ai_op == ARPOP_REPLY && in_is_unspecified(ai->ai_tpa)))
		return ars_badtpa;
	return ars_none;
}

enum arpstat
arp_parse(const uint8_t *p, size_t n, struct arp_info *ai)
{
	const struct arp_wire *ar = (const void *)p;

	if (n < sizeof(*ar))
		return ars_short;
	if (ld16be(ar->ar_hrd) != ARPHRD_ETHER)
		return ars_badhw;
	if (ld16be(ar->ar_pro) != ETHERTYPE_IP)
		return ars_badproto;
	if (ar->ar_hln != MAC_LEN || ar->ar_pln != 4)
		return ars_badlen;
	ai->ai_op = ld16be(ar->ar_op);
	ai->ai_spa = ld32be(ar->ar_spa);
	ai->ai_tpa = ld32be(ar->ar_tpa);
	memcpy(ai->ai_sha, ar->ar_sha, MAC_LEN);
	memcpy(ai->ai_tha, ar->ar_tha, MAC_LEN);
	return arp_check(ai);
}

void
arp_build(uint8_t *p, const struct arp_info *ai)
{
	struct arp_wire *ar = (void *)p;

	st16be(ar->ar_hrd, ARPHRD_ETHER);
	st16be(ar->ar_pro, ETHERTYPE_IP);
	ar->ar_hln = MAC_LEN;
	ar->ar_pln = 4;
	st16be(ar->ar_op, ai->ai_op);
	memcpy(ar->ar_sha, ai->ai_sha, MAC_LEN);
	st32be(ar->ar_spa, ai->ai_spa);
	memcpy(ar->ar_tha, ai->ai_tha, MAC_LEN);
	st32be(ar->ar_tpa, ai->ai_tpa);
}
