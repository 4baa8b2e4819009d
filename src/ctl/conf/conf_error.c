/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Messages about a configuration file: their list, and the pieces they are
 * made of.
 */
#include "ctl/conf/conf_int.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

static bool
pos_before(const struct conf_pos *a, const struct conf_pos *b)
{
	if (a->cp_file != b->cp_file)
		return false; /* files in the order of their first mistake */
	if (a->cp_line != b->cp_line)
		return a->cp_line < b->cp_line;
	return a->cp_col < b->cp_col;
}

static char *
error_text(const struct conf_pos *pos, const char *fmt, va_list ap)
{
	char *what;
	char *text;
	int n;

	if (vasprintf(&what, fmt, ap) == -1)
		return NULL;
	if (pos->cp_file == NULL)
		return what;
	if (pos->cp_line == 0)
		n = asprintf(&text, "%s: %s", pos->cp_file, what);
	else
		n = asprintf(&text, "%s:%u:%u: %s", pos->cp_file, pos->cp_line,
		    pos->cp_col, what);
	free(what);
	return n == -1 ? NULL : text;
}

void
conf_error(struct conf_errors *errs, const struct conf_pos *pos,
    const char *fmt, ...)
{
	va_list ap;
	char *text;
	unsigned i;

	if (errs->ce_n == CONF_ERRORS_MAX) {
		errs->ce_more++;
		return;
	}
	va_start(ap, fmt);
	text = error_text(pos, fmt, ap);
	va_end(ap);
	for (i = errs->ce_n; i > 0; i--) {
		if (!pos_before(pos, &errs->ce_pos[i - 1]))
			break;
		errs->ce_text[i] = errs->ce_text[i - 1];
		errs->ce_pos[i] = errs->ce_pos[i - 1];
	}
	errs->ce_text[i] = text;
	errs->ce_pos[i] = *pos;
	errs->ce_n++;
}

void
conf_errors_print(const struct conf_errors *errs, FILE *f)
{
	unsigned i;

	for (i = 0; i < errs->ce_n; i++) {
		fprintf(f, "%s\n",
		    errs->ce_text[i] != NULL ? errs->ce_text[i] :
		    "out of memory");
	}
	if (errs->ce_more != 0)
		fprintf(f, "and %u more mistakes\n", errs->ce_more);
}

void
conf_errors_free(struct conf_errors *errs)
{
	unsigned i;

	for (i = 0; i < errs->ce_n; i++)
		free(errs->ce_text[i]);
	memset(errs, 0, sizeof(*errs));
}

struct conf_ref
conf_ref(const struct conf_pos *at, const struct conf_pos *of)
{
	struct conf_ref r;

	if (strcmp(at->cp_file, of->cp_file) == 0)
		snprintf(r.r_text, sizeof(r.r_text), "line %u", of->cp_line);
	else
		snprintf(r.r_text, sizeof(r.r_text), "%.100s:%u", of->cp_file,
		    of->cp_line);
	return r;
}

struct conf_quote
conf_quote(const char *s)
{
	const size_t keep = 48;
	struct conf_quote q;
	size_t n = strlen(s);
	size_t i;

	snprintf(q.q_text, sizeof(q.q_text), "\"%.*s%s\"", (int)keep, s,
	    n > keep ? "..." : "");
	for (i = 0; q.q_text[i] != '\0'; i++) {
		if (q.q_text[i] < ' ' || q.q_text[i] > '~')
			q.q_text[i] = '?';
	}
	return q;
}

void
conf_names_add(struct conf_names *m, const char *name)
{
	const char *more = ", ...";
	size_t n = strlen(m->m_text);
	size_t left = sizeof(m->m_text) - n;

	if (m->m_full)
		return;
	m->m_full = strlen(name) + 2 + strlen(more) >= left;
	snprintf(m->m_text + n, left, "%s%s", n == 0 || m->m_full ? "" : ", ",
	    m->m_full ? more : name);
}

static unsigned
min3(unsigned a, unsigned b, unsigned c)
{
	unsigned m = a < b ? a : b;

	return m < c ? m : c;
}

/* Insertions, deletions, changes and swaps of neighbours between a and b. */
static unsigned
distance(const char *a, const char *b)
{
	enum { MAX = 32 };
	unsigned d[MAX + 1][MAX + 1];
	size_t na = strlen(a);
	size_t nb = strlen(b);
	size_t i;
	size_t j;

	if (na > MAX || nb > MAX)
		return UINT32_MAX;
	for (i = 0; i <= na; i++)
		d[i][0] = (unsigned)i;
	for (j = 0; j <= nb; j++)
		d[0][j] = (unsigned)j;
	for (i = 1; i <= na; i++) {
		for (j = 1; j <= nb; j++) {
			d[i][j] = min3(d[i - 1][j] + 1, d[i][j - 1] + 1,
			    d[i - 1][j - 1] + (a[i - 1] != b[j - 1]));
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] &&
			    a[i - 2] == b[j - 1] &&
			    d[i - 2][j - 2] + 1 < d[i][j])
				d[i][j] = d[i - 2][j - 2] + 1;
		}
	}
	return d[na][nb];
}

/* A third of the letters may be wrong. */
void
conf_guess(const struct conf_ctx *ctx, struct conf_guess *g,
    const char *candidate)
{
	unsigned dist;

	/* A file may hold millions of mistakes; these are not printed. */
	if (ctx->x_errs->ce_n == CONF_ERRORS_MAX)
		return;
	dist = distance(g->g_word, candidate);
	if (dist > (strlen(candidate) + 1) / 3 || dist > 3)
		return;
	if (g->g_best != NULL && dist >= g->g_dist)
		return;
	g->g_best = candidate;
	g->g_dist = dist;
}
