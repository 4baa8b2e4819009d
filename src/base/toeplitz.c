/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The Toeplitz hash: its keys and tables; see toeplitz.h.
 */
#include "base/toeplitz.h"

#include "base/kassert.h"

const uint8_t toeplitz_key_default[TOEPLITZ_KEYLEN] = {
	0x6d,
	0x5a,
	0x56,
	0xda,
	0x25,
	0x5b,
	0x0e,
	0xc2,
	0x41,
	0x67,
	0x25,
	0x3d,
	0x43,
	0xa3,
	0x8f,
	0xb0,
	0xd0,
	0xca,
	0x2b,
	0xcb,
	0xae,
	0x7b,
	0x30,
	0xb4,
	0x77,
	0xcb,
	0x2d,
	0xa3,
	0x80,
	0x30,
	0xf2,
	0x0c,
	0x6a,
	0x42,
	0xb7,
	0x3b,
	0xbe,
	0xac,
	0x01,
	0xfa,
};

const uint8_t toeplitz_key_symmetric[TOEPLITZ_KEYLEN] = {
	0x6d,
	0x5a,
	0x6d,
	0x5a,
	0x6d,
	0x5a,
	0x6d,
	0x5a,
	0x6d,
	0x5a,
	0x6d,
	0x5a,
	0x6d,
	0x5a,
	0x6d,
	0x5a,
	0x6d,
	0x5a,
	0x6d,
	0x5a,
	0x6d,
	0x5a,
	0x6d,
	0x5a,
	0x6d,
	0x5a,
	0x6d,
	0x5a,
	0x6d,
	0x5a,
	0x6d,
	0x5a,
	0x6d,
	0x5a,
	0x6d,
	0x5a,
	0x6d,
	0x5a,
	0x6d,
	0x5a,
};

/*
 * A byte with one bit set takes its window of the key; any other is the XOR
 * of its lowest bit's entry and the entry without that bit, both made before.
 */
static void
toeplitz_table(uint32_t tab[static 256], const uint8_t key[static 5])
{
	uint64_t window = (uint64_t)ld32be(key) << 8 | key[4];
	unsigned low;
	unsigned v;

	tab[0] = 0;
	for (v = 1; v < 256; v++) {
		low = v & -v;
		if (v == low)
			tab[v] = (uint32_t)(window >> (1 + __builtin_ctz(v)));
		else
			tab[v] = tab[low] ^ tab[v ^ low];
	}
}

void
toeplitz_init(struct toeplitz *t, const uint8_t key[static TOEPLITZ_KEYLEN])
{
	unsigned i;

	for (i = 0; i < TOEPLITZ_MAXLEN; i++)
		toeplitz_table(t->tz_tab[i], key + i);
}

uint32_t
toeplitz_hash(const struct toeplitz *t, const void *buf, size_t n)
{
	const uint8_t *p = buf;
	uint32_t h = 0;
	size_t i;

	KASSERT(n <= TOEPLITZ_MAXLEN);
	for (i = 0; i < n; i++)
		h ^= t->tz_tab[i][p[i]];
	return h;
}
