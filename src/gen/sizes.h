/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Mixes of frame sizes: which, how often, in which order.
 *
 * Sizes are with FCS.  A mix is a row of positions that is gone through over
 * and over, so each size comes exactly as often as its weight says; unless the
 * row was given (RFC 6985), the sizes are spread over it as evenly as they
 * can be.
 *
 * Values only: no member is shared.
 */
#ifndef GEN_SIZES_H
#define GEN_SIZES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SIZES_MAX 64u /* different sizes in a mix */
#define SIZES_ROW 65536u /* positions of its row */

struct size_weight {
	uint32_t sw_size;
	uint32_t sw_weight; /* of all sizes of the mix */
};

struct sizes {
	struct size_weight sz_mix[SIZES_MAX];
	unsigned sz_n;
	bool sz_random; /* drawn by weight, not in turn */
	unsigned sz_nrow; /* not 0: the order is given */
	uint8_t sz_row[256]; /* indices into sz_mix */
};

/*
 * From text, with words for people in err where it is EINVAL:
 *	"64"		one size
 *	"64:7,594:4,1518:1"	sizes and their weights; a weight left out is 1
 *	"imix"		that very mix; "imix6", with 84 instead of 64
 *	"genome:aaaaaaabbbbc"	RFC 6985: letters in order, a 64, b 128, c 256,
 *			d 512, e 1024, f 1280, g 1518, h 2112, z 1518
 *	"genome:abZ,z=9018,Z=777"	sizes for others, or other ones
 */
int sizes_parse(struct sizes *, const char *, char *err, size_t errlen);

/* The whole of a mix as one size. */
void sizes_one(struct sizes *, uint32_t size);

/* Positions of the row; 0 if that were more than SIZES_ROW. */
unsigned sizes_rowlen(const struct sizes *);

/* The row, of sizes_rowlen() indices into sz_mix. */
void sizes_row(const struct sizes *, uint16_t *row);

uint32_t sizes_min(const struct sizes *);
uint32_t sizes_max(const struct sizes *);

#endif
