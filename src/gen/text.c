/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * UTF-8, RFC 3629.
 */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "gen/text.h"

/* How many bytes a first byte announces; 0: it is none. */
static unsigned
announced(uint8_t b)
{
	if (b < 0x80)
		return 1;
	if (b >= 0xc2 && b < 0xe0)
		return 2;
	if (b >= 0xe0 && b < 0xf0)
		return 3;
	return b >= 0xf0 && b < 0xf5 ? 4 : 0;
}

static bool
shown(uint32_t ch)
{
	/* Neither are the last two of a plane characters. */
	if ((ch & 0xfffe) == 0xfffe)
		return false;
	return ch >= 0xa0 || (ch >= 0x20 && ch < 0x7f) || ch == '\t' ||
	    ch == '\n';
}

unsigned
text_utf8(const char *s, uint32_t *ch)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	static const uint8_t mask[] = { 0, 0x7f, 0x1f, 0x0f, 0x07 };
	const uint8_t *p = (const uint8_t *)s;
	unsigned i, n = announced(p[0]);

	*ch = TEXT_BAD;
	if (n == 0)
		return 1;
	uint32_t value = p[0] & mask[n];
	for (i = 1; i < n; i++) {
		/* The end of the text is no such byte either. */
		if ((p[i] & 0xc0) != 0x80)
			return 1;
		value = value << 6 | (p[i] & 0x3f);
	}
	if (value < least[n] || value > 0x10ffff ||
	    (value >= 0xd800 && value < 0xe000))
		return 1;
	if (shown(value))
		*ch = value;
	return n;
}

char *
text_clean(const char *s)
{
	char *text, *to;
	uint32_t ch;
	unsigned n;

	/* A byte becomes at most three. */
	if ((text = to = malloc(strlen(s) * 3 + 1)) == NULL)
		return NULL;
	for (; *s != '\0'; s += n) {
		n = text_utf8(s, &ch);
		if (ch == TEXT_BAD) {
			memcpy(to, TEXT_REPLACED, 3);
			to += 3;
		} else {
			memcpy(to, s, n);
			to += n;
		}
	}
	*to = '\0';
	return text;
}

size_t
text_columns(const char *s)
{
	size_t columns = 0;
	uint32_t ch;

	for (; *s != '\0'; s += text_utf8(s, &ch))
		columns++;
	return columns;
}
