/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * DHCPv6 messages as a relay sees them: RFC 8415, 8, 9, 19.  Pure.
 */
#ifndef DHCP_DHCP6_PARSE_H
#define DHCP_DHCP6_PARSE_H

#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "dhcp/relay_stat.h"

/*
 * Offsets are from the start of the message, and 0 for what is not there.  Of
 * a message that is not one between relays only d6_type is set.
 */
struct dhcp6_info { /* host order */
	struct in6 d6_link;
	struct in6 d6_peer;
	unsigned d6_msg; /* what it carries: offset … */
	unsigned d6_msglen; /* … and length */
	unsigned d6_id; /* interface identifier: offset … */
	unsigned d6_idlen; /* … and length */
	uint8_t d6_type;
	uint8_t d6_hops;
};

/* rls_none, or why the n bytes are no message. */
enum relaystat dhcp6_parse(const uint8_t *p, size_t n, struct dhcp6_info *);

/*
 * A message from relay to server that carries the n bytes at p, with an
 * interface identifier.  Returns its length; 0: it would be longer than max.
 */
size_t dhcp6_forward_build(const uint8_t *p, size_t n, unsigned hops,
    struct in6 link, struct in6 peer, const uint8_t *id, size_t idlen,
    uint8_t *out, size_t max);

#endif
