/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The TCP reset that a closed port answers with (RFC 9293, 3.10.7.1); for both
 * families.
 */
#ifndef IP_IP_REFUSE_H
#define IP_IP_REFUSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ip/ip_wire.h"

enum { REFUSE_RATE = 200 }; /* resets a second and CPU */

/*
 * The reset for a segment of seglen bytes with its header, of which n bytes
 * are at p.  All of it but the checksum.  False: malformed; *none: it must not
 * be answered.
 */
bool tcp_reset_for(const uint8_t *p, size_t n, size_t seglen,
    struct tcp_wire *rst, bool *none);

#endif
