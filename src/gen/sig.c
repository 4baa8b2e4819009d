/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where the signature of a frame is; see sig.h.
 */
#include "gen/sig.h"

#include "ether/ether_wire.h"
#include "ip/ip_wire.h"
#include "ip6/ip6_wire.h"

#define SIG_TAGS 4 /* of VLANs that are looked through */

static unsigned
sig_find_ip(const uint8_t *p, unsigned at, unsigned len)
{
	unsigned hlen;
	unsigned total;

	if (len - at < IP_HLEN || p[at] >> 4 != 4)
		return 0;
	hlen = (p[at] & 15u) * 4;
	total = ld16be(p + at + 2);
	if (hlen < IP_HLEN || total > len - at || total < hlen + SIG_LEN)
		return 0;
	return at + total - SIG_LEN;
}

static unsigned
sig_find_ip6(const uint8_t *p, unsigned at, unsigned len)
{
	unsigned plen;

	if (len - at < IP6_HLEN || p[at] >> 4 != 6)
		return 0;
	plen = ld16be(p + at + 4);
	if (plen < SIG_LEN || plen > len - at - IP6_HLEN)
		return 0;
	return at + IP6_HLEN + plen - SIG_LEN;
}

unsigned
sig_find(const uint8_t *frame, unsigned len)
{
	unsigned at = ETHER_HLEN;
	unsigned type;
	unsigned tags;

	for (tags = 0; tags <= SIG_TAGS && at <= len; tags++, at += 4) {
		type = ld16be(frame + at - 2);
		if (type == ETHERTYPE_VLAN || type == ETHERTYPE_QINQ)
			continue;
		if (type == ETHERTYPE_IP)
			return sig_find_ip(frame, at, len);
		if (type == ETHERTYPE_IPV6)
			return sig_find_ip6(frame, at, len);
		return len - at < SIG_LEN ? 0 : len - SIG_LEN;
	}
	return 0;
}
