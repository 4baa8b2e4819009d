/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Text of anybody's, made harmless for HTML.
 */
#include <stdint.h>

#include "gen/plot.h"
#include "gen/text.h"

void
html_text(FILE *f, const char *s)
{
	uint32_t ch;
	unsigned n;

	for (; *s != '\0'; s += n) {
		n = text_utf8(s, &ch);
		switch (ch) {
		case '&':
			fputs("&amp;", f);
			break;
		case '<':
			fputs("&lt;", f);
			break;
		case '>':
			fputs("&gt;", f);
			break;
		case '"':
			fputs("&quot;", f);
			break;
		case '\'':
			fputs("&#39;", f);
			break;
		default:
			if (ch == TEXT_BAD)
				fputs(TEXT_REPLACED, f);
			else
				fwrite(s, 1, n, f);
		}
	}
}
