/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Mixes of frame sizes, from text and as a row; see sizes.h.
 */
#include "gen/sizes.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"

#define SIZES_LETTERS 52 /* a to z, A to Z */

static int __attribute__((format(printf, 3, 4)))
sizes_bad(char *err, size_t errlen, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(err, errlen, fmt, ap);
	va_end(ap);
	return EINVAL;
}

/* A number from 1 to 999,999,999 at *p, which goes on behind it; 0: none. */
static uint32_t
sizes_number(const char **p)
{
	uint32_t v = 0;
	unsigned digits;

	for (digits = 0; **p >= '0' && **p <= '9'; (*p)++)
		if (++digits <= 9)
			v = v * 10 + (uint32_t)(**p - '0');
	return digits <= 9 ? v : 0;
}

static int
sizes_add(struct sizes *sz, uint32_t size, uint32_t weight, char *err,
    size_t errlen)
{
	unsigned i;

	for (i = 0; i < sz->sz_n; i++)
		if (sz->sz_mix[i].sw_size == size)
			return sizes_bad(
			    err, errlen, "size %u is there twice", size);
	if (sz->sz_n == SIZES_MAX)
		return sizes_bad(err, errlen,
		    "more than %u sizes in one mix", SIZES_MAX);
	sz->sz_mix[sz->sz_n++] =
	    (struct size_weight){ .sw_size = size, .sw_weight = weight };
	return 0;
}

static int
sizes_parse_mix(struct sizes *sz, const char *p, char *err, size_t errlen)
{
	uint32_t size;
	uint32_t weight;
	int error;

	for (;; p++) {
		const char *start = p;

		size = sizes_number(&p);
		weight = 1;
		if (size != 0 && *p == ':') {
			p++;
			weight = sizes_number(&p);
		}
		if (size == 0 || weight == 0 || (*p != '\0' && *p != ','))
			return sizes_bad(err, errlen, "\"%.*s\" is no size and "
			    "weight; accepted are \"1518\", \"64:7\"",
			    (int)strcspn(start, ","), start);
		error = sizes_add(sz, size, weight, err, errlen);
		if (error != 0)
			return error;
		if (*p == '\0')
			break;
	}
	if (sizes_rowlen(sz) == 0)
		return sizes_bad(err, errlen, "the weights of the sizes add up "
		    "to more than %u; take rounder ones", SIZES_ROW);
	return 0;
}

static unsigned
sizes_letter(char c)
{
	if (c >= 'a' && c <= 'z')
		return (unsigned)(c - 'a');
	if (c >= 'A' && c <= 'Z')
		return (unsigned)(c - 'A') + 26;
	return SIZES_LETTERS;
}

/* "z=9018" and the like, each behind a comma. */
static int
sizes_parse_given(
    uint32_t of[SIZES_LETTERS], const char *p, char *err, size_t errlen)
{
	while (*p == ',') {
		const char *start = ++p;
		unsigned letter = sizes_letter(*p);
		uint32_t size = 0;

		if (letter < SIZES_LETTERS && p[1] == '=') {
			p += 2;
			size = sizes_number(&p);
		}
		if (size == 0 || (*p != '\0' && *p != ','))
			return sizes_bad(err, errlen, "\"%.*s\" gives no "
			    "letter a size; accepted is \"z=9018\"",
			    (int)strcspn(start, ","), start);
		of[letter] = size;
	}
	return 0;
}

/* The index of a size in the mix, with one more of it in the row; or -1. */
static int
sizes_count(struct sizes *sz, uint32_t size)
{
	unsigned i;

	for (i = 0; i < sz->sz_n; i++)
		if (sz->sz_mix[i].sw_size == size)
			break;
	if (i == SIZES_MAX)
		return -1;
	if (i == sz->sz_n) {
		sz->sz_n++;
		sz->sz_mix[i] = (struct size_weight){ .sw_size = size };
	}
	sz->sz_mix[i].sw_weight++;
	return (int)i;
}

/* RFC 6985, section 3, with FCS as there; z is the MTU. */
static int
sizes_parse_genome(struct sizes *sz, const char *p, char *err, size_t errlen)
{
	uint32_t of[SIZES_LETTERS] = { 64, 128, 256, 512, 1024, 1280, 1518,
		2112, [25] = 1518 };
	size_t n = strcspn(p, ",");
	unsigned letter;
	size_t i;
	int error;
	int at;

	if (n == 0 || n > countof(sz->sz_row))
		return sizes_bad(err, errlen,
		    "a genome has 1 to %zu letters, this one %zu",
		    countof(sz->sz_row), n);
	if ((error = sizes_parse_given(of, p + n, err, errlen)) != 0)
		return error;
	for (i = 0; i < n; i++) {
		letter = sizes_letter(p[i]);
		if (letter == SIZES_LETTERS)
			return sizes_bad(err, errlen, "\"%c\" is no letter of "
			    "a genome; accepted are a to h, z, and any that "
			    "is given a size",
			    p[i]);
		if (of[letter] == 0)
			return sizes_bad(err, errlen, "\"%c\" has no size; "
			    "give it one: \"%.20s,%c=777\"", p[i], p, p[i]);
		if ((at = sizes_count(sz, of[letter])) == -1)
			return sizes_bad(err, errlen,
			    "more than %u sizes in one mix", SIZES_MAX);
		sz->sz_row[sz->sz_nrow++] = (uint8_t)at;
	}
	return 0;
}

int
sizes_parse(struct sizes *sz, const char *text, char *err, size_t errlen)
{
	struct sizes new = { 0 };
	int error;

	if (strcmp(text, "imix") == 0)
		text = "64:7,594:4,1518:1";
	else if (strcmp(text, "imix6") == 0)
		text = "84:7,594:4,1518:1";
	if (strncmp(text, "genome:", 7) == 0)
		error = sizes_parse_genome(&new, text + 7, err, errlen);
	else
		error = sizes_parse_mix(&new, text, err, errlen);
	if (error == 0)
		*sz = new;
	return error;
}

void
sizes_one(struct sizes *sz, uint32_t size)
{
	*sz = (struct sizes){ .sz_n = 1, .sz_mix = { { size, 1 } } };
}

static uint32_t
sizes_gcd(uint32_t a, uint32_t b)
{
	uint32_t c;

	while (b != 0) {
		c = a % b;
		a = b;
		b = c;
	}
	return a;
}

static uint32_t
sizes_unit(const struct sizes *sz)
{
	uint32_t unit = 0;
	unsigned i;

	for (i = 0; i < sz->sz_n; i++)
		unit = sizes_gcd(unit, sz->sz_mix[i].sw_weight);
	return unit != 0 ? unit : 1;
}

unsigned
sizes_rowlen(const struct sizes *sz)
{
	uint32_t unit = sizes_unit(sz);
	uint64_t sum = 0;
	unsigned i;

	if (sz->sz_nrow != 0)
		return sz->sz_nrow;
	for (i = 0; i < sz->sz_n; i++)
		sum += sz->sz_mix[i].sw_weight / unit;
	return sum <= SIZES_ROW ? (unsigned)sum : 0;
}

/*
 * Each position goes to the size that is furthest behind its share: all get
 * their weight on credit, and who has most pays with the sum.
 */
void
sizes_row(const struct sizes *sz, uint16_t *row)
{
	int64_t credit[SIZES_MAX] = { 0 };
	unsigned n = sizes_rowlen(sz);
	uint32_t unit = sizes_unit(sz);
	unsigned best;
	unsigned at;
	unsigned i;

	for (at = 0; at < sz->sz_nrow; at++)
		row[at] = sz->sz_row[at];
	for (; at < n; at++) {
		for (best = i = 0; i < sz->sz_n; i++) {
			credit[i] += sz->sz_mix[i].sw_weight / unit;
			if (credit[i] > credit[best])
				best = i;
		}
		credit[best] -= n;
		row[at] = (uint16_t)best;
	}
}

uint32_t
sizes_min(const struct sizes *sz)
{
	uint32_t v = UINT32_MAX;
	unsigned i;

	for (i = 0; i < sz->sz_n; i++)
		v = sz->sz_mix[i].sw_size < v ? sz->sz_mix[i].sw_size : v;
	return v;
}

uint32_t
sizes_max(const struct sizes *sz)
{
	uint32_t v = 0;
	unsigned i;

	for (i = 0; i < sz->sz_n; i++)
		v = sz->sz_mix[i].sw_size > v ? sz->sz_mix[i].sw_size : v;
	return v;
}
