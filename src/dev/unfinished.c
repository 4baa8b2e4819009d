/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Recognising checksums that nobody finished.  RFC 768, 791, 8200, 9293.
 */
#include "base/bytes.h"
#include "dev/frame.h"
#include "dev/unfinished.h"
#include "mbuf/in_cksum.h"

#define IP_HLEN	     20
#define IP_LEN	     2
#define IP_OFF	     6
#define IP_FRAGMENT  0x3fff /* more fragments, or an offset */
#define IP_PROTO     9
#define IP_SRC	     12
#define IP_DST	     16
#define IP6_HLEN     40
#define IP6_LEN	     4
#define IP6_NEXT     6
#define IP6_SRC	     8
#define IP6_DST	     24
#define PROTO_TCP    6
#define PROTO_UDP    17
#define TCP_HLEN     20
#define TCP_CSUM     16
#define UDP_HLEN     8
#define UDP_CSUM     6

/*
 * The first n bytes of the transport's are at p, under a pseudo-header of this
 * sum.
 */
static bool
l4_unfinished(const uint8_t *p, unsigned n, unsigned proto, uint64_t pseudo,
    uint8_t *csumoff)
{
	uint16_t field;

	if (proto == PROTO_TCP && n >= TCP_HLEN)
		*csumoff = TCP_CSUM;
	else if (proto == PROTO_UDP && n >= UDP_HLEN)
		*csumoff = UDP_CSUM;
	else
		return false;
	field = ld16be(p + *csumoff);
	return field != 0 && field == in_cksum_reduce(pseudo);
}

/* The first n of size bytes are at p. */
static bool
ip_unfinished(const uint8_t *p, unsigned n, unsigned size, unsigned *hlen,
    uint8_t *csumoff)
{
	unsigned len;

	if (n < IP_HLEN)
		return false;
	*hlen = (p[0] & 15u) * 4;
	len = ld16be(p + IP_LEN);
	if (*hlen < IP_HLEN || *hlen > n || len > size || len < *hlen ||
	    (ld16be(p + IP_OFF) & IP_FRAGMENT) != 0)
		return false;
	len -= *hlen;
	return l4_unfinished(p + *hlen, umin(n - *hlen, len), p[IP_PROTO],
	    in_cksum_pseudo(ld32be(p + IP_SRC), ld32be(p + IP_DST),
	    p[IP_PROTO], (uint16_t)len), csumoff);
}

static bool
ip6_unfinished(const uint8_t *p, unsigned n, unsigned size, unsigned *hlen,
    uint8_t *csumoff)
{
	unsigned len;

	if (n < IP6_HLEN)
		return false;
	*hlen = IP6_HLEN;
	len = ld16be(p + IP6_LEN);
	if (len > size - IP6_HLEN)
		return false;
	return l4_unfinished(p + IP6_HLEN, umin(n - IP6_HLEN, len),
	    p[IP6_NEXT],
	    in6_cksum_pseudo(in6_load(p + IP6_SRC), in6_load(p + IP6_DST),
	    p[IP6_NEXT], len), csumoff);
}

bool
csum_unfinished(const uint8_t *p, unsigned n, unsigned len, uint16_t *l4off,
    uint8_t *csumoff)
{
	unsigned hlen = 0, l2len, type;
	bool found;

	if ((l2len = (unsigned)frame_parse(p, n, &type)) == 0)
		return false;
	p += l2len;
	n -= l2len;
	len -= l2len;
	if (type == FRAME_IP4)
		found = ip_unfinished(p, n, len, &hlen, csumoff);
	else if (type == FRAME_IP6)
		found = ip6_unfinished(p, n, len, &hlen, csumoff);
	else
		return false;
	*l4off = (uint16_t)(l2len + hlen);
	return found;
}
