/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Any bytes as an ARP packet.  What is accepted keeps its promises and is the
 * same again after it was built from its values.
 */
#include <stdlib.h>
#include <string.h>

#include "ether/arp_parse.h"
#include "ether/arp_wire.h"
#include "ether/ether_wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
must(bool what)
{
	if (!what)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	uint8_t again[sizeof(struct arp_wire)];
	struct arp_info ai;

	if (arp_parse(p, n, &ai) != ars_none)
		return 0;
	must(ai.ai_op == ARPOP_REQUEST || ai.ai_op == ARPOP_REPLY);
	must(!mac_is_group(ai.ai_sha));
	must(!in_is_multicast(ai.ai_spa) && !in_is_broadcast(ai.ai_spa));
	must(!in_is_multicast(ai.ai_tpa) && !in_is_broadcast(ai.ai_tpa));
	arp_build(again, &ai);
	must(memcmp(again, p, sizeof(again)) == 0);
	return 0;
}
