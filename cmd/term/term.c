/* SPDX-License-Identifier: BSD-2-Clause */
#include "term/term.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <term.h>
#include <unistd.h>
#include <wchar.h>

#define ESCAPE_MS 50 /* keys that send several bytes are whole by then */

bool
term_able(const char *who, const char *instead)
{
	const char *term = getenv("TERM");
	bool able;
	int error;

	if (!isatty(STDOUT_FILENO) || !isatty(STDIN_FILENO)) {
		fprintf(stderr, "%s needs a terminal%s\n", who, instead);
		return false;
	}
	if (term == NULL || *term == '\0') {
		fprintf(stderr, "%s needs to know the terminal: TERM is not "
		    "set%s\n", who, instead);
		return false;
	}
	if (setupterm(NULL, STDOUT_FILENO, &error) != OK) {
		fprintf(stderr, "%s needs a terminal that is known; nothing is "
		    "known of \"%s\" (TERM)%s\n", who, term, instead);
		return false;
	}
	able = cursor_address != NULL && clear_screen != NULL;
	if (!able)
		fprintf(stderr, "%s needs another terminal: \"%s\" (TERM) "
		    "cannot show a whole screen%s\n", who, term, instead);
	del_curterm(cur_term); /* newterm() looks it up for itself */
	return able;
}

static bool
colours_start(void)
{
	const char *none = getenv("NO_COLOR");

	if ((none != NULL && *none != '\0') || !has_colors() ||
	    start_color() != OK || use_default_colors() != OK)
		return false;
	return init_pair(1, COLOR_CYAN, -1) == OK &&
	    init_pair(2, COLOR_RED, -1) == OK;
}

SCREEN *
term_open(bool *colour)
{
	SCREEN *scr = newterm(NULL, stdout, stdin);

	if (scr == NULL)
		return NULL;
	cbreak();
	noecho();
	nonl();
	keypad(stdscr, TRUE);
	nodelay(stdscr, TRUE);
	set_escdelay(ESCAPE_MS);
	*colour = *colour && colours_start();
	return scr;
}

void
term_close(SCREEN *scr)
{
	endwin();
	delscreen(scr);
}

void
term_line(int y, attr_t attr, const char *text)
{
	wchar_t wide[TERM_CHARS];
	size_t n, i;
	int x = 0;

	if (y < 0 || y >= LINES)
		return;
	move(y, 0);
	clrtoeol();
	n = mbstowcs(wide, text, TERM_CHARS - 1);
	if (n == (size_t)-1)
		n = 0;
	attron(attr);
	for (i = 0; i < n; i++) {
		/* What has no width, or controls the terminal, is no text. */
		int w = wcwidth(wide[i]);

		if (w < 1)
			continue;
		if (x + w > COLS)
			break;
		addnwstr(&wide[i], 1);
		x += w;
	}
	attroff(attr);
}
