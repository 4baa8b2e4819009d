/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A DHCP or BOOTP message as values (RFC 2131, 2; RFC 951), and its relay
 * agent information (option 82, RFC 3046) in and out.  Pure.
 */
#ifndef DHCP_DHCP_PARSE_H
#define DHCP_DHCP_PARSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dhcp/relay_stat.h"

struct dhcp_info { /* host order */
	uint32_t di_ciaddr;
	uint32_t di_yiaddr;
	uint32_t di_giaddr;
	uint8_t di_op;
	uint8_t di_htype;
	uint8_t di_hlen;
	uint8_t di_hops;
	uint8_t di_chaddr[16]; /* di_hlen bytes count */
	bool di_broadcast; /* the client cannot take unicast yet */
	bool di_options; /* there are some: it is not plain BOOTP */
	bool di_agent; /* option 82 is among them */
	unsigned di_end; /* offset of the end option, or of the end */
};

/* rls_none, or why the n bytes are no message. */
enum relaystat dhcp_parse(const uint8_t *p, size_t n, struct dhcp_info *);

/*
 * A copy of a message that was parsed, without its option 82 if strip, and
 * with nadd bytes (an option; NULL: none) behind its last one, unless it is
 * plain BOOTP.  Padded to BOOTP_MIN.  Returns its length; 0: it would be longer
 * than max.
 */
size_t dhcp_rewrite(const uint8_t *p, size_t n, const struct dhcp_info *,
    bool strip, const uint8_t *add, size_t nadd, uint8_t *out, size_t max);

#define DHCP_AGENT_MAX 257u

/*
 * Option 82 with the identifiers of the circuit and the remote host; a length
 * of 0: none.  Together they have at most 251 bytes.  Returns its length.
 */
size_t dhcp_agent_build(const uint8_t *circuit, size_t ncircuit,
    const uint8_t *remote, size_t nremote, uint8_t out[static DHCP_AGENT_MAX]);

#endif
