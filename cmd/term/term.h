/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What programs with a whole screen have in common: whether the terminal can
 * show one, setting it up, and a line of it.  curses is one screen a process:
 * all of it belongs to the thread that opened it.
 */
#ifndef CMD_TERM_TERM_H
#define CMD_TERM_TERM_H

#include <curses.h>
#include <stdbool.h>

#define TERM_CHARS 512 /* the widest line; wider ones are cut */

/*
 * Whether standard input and output are a terminal that can show a whole
 * screen.  If not, says so: "who" begins the message ("spate: top"), "instead"
 * ends it (": use …", or "").
 */
bool term_able(const char *who, const char *instead);

/*
 * The screen, for keys without echo; NULL: it cannot be set up.  *colour:
 * wanted, and then whether pairs 1 (cyan) and 2 (red) may be used, which
 * NO_COLOR and the terminal have a say in.
 */
SCREEN *term_open(bool *colour);

/* The terminal as it was before. */
void term_close(SCREEN *);

/* Line y of the screen, cut at its edge; what has no width is left out. */
void term_line(int y, attr_t attr, const char *text);

#endif
