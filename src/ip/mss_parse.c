/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Maximum segment sizes in the options of a TCP header: RFC 9293, 3.1 and
 * 3.7.1.  Pure.
 *
 * A header may hold the option twice, and hosts do not agree on which of them
 * counts, so all of them are looked at.
 */
#include "ip/mss_parse.h"

#include "ip/ip_wire.h"
#include "mbuf/in_cksum.h"

enum { /* RFC 9293, 3.2 */
	TCPOPT_EOL = 0,
	TCPOPT_NOP = 1,
	TCPOPT_MSS = 2,
	TCPOLEN_MSS = 4,
};

unsigned
tcp_mss_next(const uint8_t *th, unsigned n, unsigned *at)
{
	unsigned opt, len;

	for (opt = *at; opt < n; opt += len) {
		len = 1;
		if (th[opt] == TCPOPT_EOL)
			break;
		if (th[opt] == TCPOPT_NOP)
			continue;
		if (opt + 2 > n || (len = th[opt + 1]) < 2 || opt + len > n)
			break;
		if (th[opt] == TCPOPT_MSS && len == TCPOLEN_MSS) {
			*at = opt + len;
			return opt + 2;
		}
	}
	*at = n;
	return 0;
}

bool
tcp_mss_exceeds(const uint8_t *th, unsigned n, unsigned most)
{
	unsigned mss, at = sizeof(struct tcp_wire);

	while ((mss = tcp_mss_next(th, n, &at)) != 0)
		if (ld16be(th + mss) > most)
			return true;
	return false;
}

/* At an odd offset its bytes are the halves of two words of the checksum. */
static uint16_t
cksum_update(uint16_t cksum, unsigned off, uint16_t old, uint16_t new)
{
	if (off % 2 == 0)
		return in_cksum_update16(cksum, old, new);
	return in_cksum_update16(
	    cksum, __builtin_bswap16(old), __builtin_bswap16(new));
}

void
tcp_mss_lower(uint8_t *th, unsigned n, unsigned most, bool partial)
{
	struct tcp_wire *tw = (void *)th;
	unsigned mss, at = sizeof(*tw);
	uint16_t old;

	while ((mss = tcp_mss_next(th, n, &at)) != 0) {
		if ((old = ld16be(th + mss)) <= most)
			continue;
		st16be(th + mss, (uint16_t)most);
		if (!partial)
			st16be(tw->th_sum, cksum_update(ld16be(tw->th_sum), mss,
				old, (uint16_t)most));
	}
}
