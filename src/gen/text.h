/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Text that came from outside: UTF-8, perhaps.  Pure.
 */
#ifndef GEN_TEXT_H
#define GEN_TEXT_H

#include <stddef.h>
#include <stdint.h>

#define TEXT_BAD      UINT32_MAX     /* no character that may be shown */
#define TEXT_REPLACED "\xef\xbf\xbd" /* U+FFFD stands for it */

/*
 * The character at s, which is not at the end, and its length in bytes, 1 or
 * more.  TEXT_BAD: not UTF-8 (overlong and surrogates neither; length 1), or a
 * control character other than tab and newline.
 */
unsigned text_utf8(const char *s, uint32_t *ch);

/*
 * A copy that is UTF-8 throughout, for the caller to free; NULL without
 * memory.  What is not became U+FFFD.
 */
char *text_clean(const char *s);

/* Characters in it. */
size_t text_columns(const char *s);

#endif
