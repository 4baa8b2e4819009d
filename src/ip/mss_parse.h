/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The maximum segment size that a host tells in its SYN: RFC 9293, 3.7.1.
 * Pure.
 */
#ifndef IP_MSS_PARSE_H
#define IP_MSS_PARSE_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Where the next maximum segment size is among the options of a TCP header of
 * n bytes, all of which are there: the offset of its two bytes.  Begin with
 * *at = sizeof(struct tcp_wire), and go on until it is 0: there is no other,
 * or what stands before it is malformed.
 */
unsigned tcp_mss_next(const uint8_t *th, unsigned n, unsigned *at);

/* Whether one in these n bytes is larger than most. */
bool tcp_mss_exceeds(const uint8_t *th, unsigned n, unsigned most);

/*
 * Make those that are larger than most just that; the checksum, unless it is
 * still to be completed, goes along (RFC 1624).
 */
void tcp_mss_lower(uint8_t *th, unsigned n, unsigned most, bool partial);

#endif
