/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Any bytes as a frame to be hashed.  The first is the set of types.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/kassert.h"
#include "dev/rss.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

/* What is taken is wanted, and only what is taken counts. */
static void
check(const uint8_t *p, size_t n, unsigned types)
{
	static const uint64_t seed[4] = { 1, 2, 3, 4 };
	static struct toeplitz tz;
	struct rss_tuple rt, back;
	enum rss_type type;
	uint32_t hash;

	if (tz.tz_tab[0][1] == 0)
		toeplitz_init(&tz, toeplitz_key_symmetric);
	type = rss_frame_tuple(p, n, types, &rt);
	if (type != rt.rt_type || rss_frame(&tz, types, p, n, &hash) != type)
		panic("two types of one frame");
	if (rss_type_ports(type) && (types & RSS_SET(type)) == 0)
		panic("ports that nobody wants");
	if (type == RSS_NONE && hash != 0)
		panic("a hash of nothing");
	back = rss_reverse(&rt);
	if (rss_toeplitz(&tz, &back) != hash ||
	    rss_symmetric(seed, &back) != rss_symmetric(seed, &rt))
		panic("directions differ");
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	uint8_t *copy;

	if (n == 0 || (copy = malloc(n)) == NULL)
		return 0;
	memcpy(copy, p + 1, n - 1);
	check(copy, n - 1, p[0]);
	free(copy);
	return 0;
}
