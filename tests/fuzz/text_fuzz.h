/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is made of a text of the configuration's grammar, whatever its table:
 * what is accepted prints, reads back as an equal and prints the same again;
 * what is refused says why.
 */
#ifndef TESTS_FUZZ_TEXT_FUZZ_H
#define TESTS_FUZZ_TEXT_FUZZ_H

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/conf/conf.h"

struct text_kind {
	struct conf_env tk_env;
	/* As conf_parse_text() and its like. */
	int (*tk_parse)(const char *text, size_t len, const struct conf_env *,
	    void **value, struct conf_errors *);
	void (*tk_print)(const void *value, FILE *);
	bool (*tk_equal)(const void *, const void *);
	void (*tk_free)(void *value);
};

static inline void
must(bool what)
{
	if (!what)
		abort();
}

/* For ce_read: no file of this machine; macros for those that are included. */
static inline int
text_read(void *arg, const char *path, char **text, size_t *len)
{
	static const char content[] =
	    "gw = 192.0.2.1\nsize = 64\ncpus = 3\n";

	(void)arg;
	if (strchr(path, 'n') != NULL)
		return ENOENT;
	if ((*text = strdup(content)) == NULL)
		return ENOMEM;
	*len = strlen(content);
	return 0;
}

static inline char *
text_print(const struct text_kind *tk, const void *value, size_t *len)
{
	char *out = NULL;
	FILE *f;

	must((f = open_memstream(&out, len)) != NULL);
	tk->tk_print(value, f);
	fclose(f);
	return out;
}

static inline void
text_check_printed(const struct text_kind *tk, const void *value)
{
	struct conf_errors errs;
	char *once, *twice;
	size_t nonce, ntwice;
	void *back;

	once = text_print(tk, value, &nonce);
	must(tk->tk_parse(once, nonce, &tk->tk_env, &back, &errs) == 0);
	conf_errors_free(&errs);
	must(tk->tk_equal(value, back));
	twice = text_print(tk, back, &ntwice);
	must(nonce == ntwice && memcmp(once, twice, nonce) == 0);
	tk->tk_free(back);
	free(once);
	free(twice);
}

/* The value, which is the caller's to free; NULL if it is refused. */
static inline void *
text_value(const struct text_kind *tk, const uint8_t *data, size_t len)
{
	struct conf_errors errs;
	void *value;
	int error;

	error = tk->tk_parse(
	    (const char *)data, len, &tk->tk_env, &value, &errs);
	must((error == 0) == (value != NULL));
	must((error == 0) == (errs.ce_n == 0));
	if (value != NULL)
		text_check_printed(tk, value);
	conf_errors_free(&errs);
	return value;
}

#endif
