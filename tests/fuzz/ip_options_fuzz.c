/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Any bytes as the options of an IPv4 header.  The first says whether an
 * address that is asked for a timestamp is ours.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/kassert.h"
#include "ip/ip_options.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

/* How many bytes differ. */
static unsigned
differ(const uint8_t *a, const uint8_t *b, unsigned n)
{
	unsigned i, d = 0;

	for (i = 0; i < n; i++)
		d += a[i] != b[i];
	return d;
}

static void
check_select(const uint8_t *p, unsigned hlen)
{
	uint8_t to[IP_OPTLEN_MAX];

	if (ip_options_copied(p, hlen, to) > hlen - IP_HLEN ||
	    ip_options_echoed(p, hlen, to) > hlen - IP_HLEN)
		panic("more than there were");
}

/* Taken once: taken again, until nothing is recorded any more. */
static void
check_record(uint8_t *p, unsigned hlen, bool ours)
{
	uint8_t before[IP_HLEN_MAX];
	unsigned errptr = 0, i;
	struct ip_options io;
	enum ipstat why;

	for (i = 0; i < 40; i++) {
		why = ip_options_parse(p, hlen, &io, &errptr);
		if (why == ips_badopt && (errptr < IP_HLEN || errptr > hlen))
			panic("error outside of the options");
		if (why != ips_none)
			return;
		memcpy(before, p, hlen);
		ip_options_record(p, &io, 0x0a000001, 0x01020304, ours);
		if (memcmp(before, p, IP_HLEN) != 0 ||
		    differ(before, p, hlen) > 5 + 9)
			panic("more changed than was recorded");
		if (io.io_rr == 0 && io.io_ts == 0 &&
		    memcmp(before, p, hlen) != 0)
			panic("something was recorded");
		check_select(p, hlen);
	}
	if (io.io_rr != 0 || (io.io_ts != 0 && ours))
		panic("it never ends");
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t size)
{
	unsigned hlen = IP_HLEN + ((unsigned)size - 1) / 4 * 4;
	uint8_t *copy;

	if (size == 0 || hlen > IP_HLEN_MAX ||
	    (copy = calloc(1, hlen)) == NULL)
		return 0;
	memcpy(copy + IP_HLEN, p + 1, hlen - IP_HLEN);
	check_select(copy, hlen);
	check_record(copy, hlen, (p[0] & 1) != 0);
	free(copy);
	return 0;
}
