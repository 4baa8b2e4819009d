/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Configuration files cut short, damaged, or too much of everything.
 */
#include "conf_texts.h"

#include "base/random.h"

/*
 * Whether a file may end here, told without the parser: outside of strings
 * and braces, and not in or right behind a bare word.
 */
static bool
may_end(const char *text, size_t n)
{
	bool comment = false;
	bool string = false;
	unsigned depth = 0;
	char last = '\n';
	size_t i;

	for (i = 0; i < n; i++) {
		char c = text[i];

		last = c;
		if (comment)
			comment = c != '\n';
		else if (string && c == '\\')
			i++;
		else if (c == '"')
			string = !string;
		else if (!string && c == '#')
			comment = true;
		else if (!string && c == '{')
			depth++;
		else if (!string && c == '}')
			depth--;
	}
	return !string && depth == 0 &&
	    (comment || strchr("}\"; \t\r\n", last) != NULL);
}

static void
test_cut(void **state)
{
	const struct conf_text *t = *state;
	struct conf_errors errs;
	struct conf *cf;
	size_t len = strlen(t->text);
	size_t n;
	char *copy;

	for (n = 0; n < len; n++) {
		/* Exactly as large, so that reading beyond it is seen. */
		assert_non_null(copy = malloc(n + 1));
		memcpy(copy, t->text, n);
		copy = realloc(copy, n == 0 ? 1 : n);
		assert_non_null(copy);
		if (conf_parse_text("etc/f", copy, n, &text_env, &cf,
			&errs) == 0) {
			if (!may_end(t->text, n))
				fail_msg("taken as whole: %.*s", (int)n, copy);
			check_printed(cf);
		}
		conf_free(cf);
		conf_errors_free(&errs);
		free(copy);
	}
}

static void
mutate(struct rnd *rnd, char *text, size_t *len, size_t room)
{
	static const char useful[] = "{}=,;\"#$\\\n /.:0129afx\xff\x80";
	size_t at = rnd_below(rnd, *len + 1);
	size_t n;

	switch (rnd_below(rnd, 5)) {
	case 0:
		if (at < *len)
			text[at] = (char)rnd_below(rnd, 256);
		break;
	case 1:
		if (at < *len)
			text[at] = useful[rnd_below(rnd, sizeof(useful))];
		break;
	case 2:
		if (*len == room)
			break;
		memmove(text + at + 1, text + at, *len - at);
		text[at] = useful[rnd_below(rnd, sizeof(useful))];
		++*len;
		break;
	case 3:
		n = rnd_below(rnd, 9);
		if (n > *len - at)
			n = *len - at;
		memmove(text + at, text + at + n, *len - at - n);
		*len -= n;
		break;
	case 4:
		n = rnd_below(rnd, 40);
		if (n > *len - at)
			n = *len - at;
		if (n > room - *len)
			n = room - *len;
		memmove(text + at + n, text + at, *len - at);
		*len += n;
		break;
	}
}

static void
test_damage(void **state)
{
	enum { ROOM = 4096, ROUNDS = 20000 };
	struct conf_errors errs;
	struct conf *cf;
	struct rnd rnd;
	char *text;
	size_t len;
	unsigned good = 0;
	unsigned i;
	unsigned k;

	rnd_seed(&rnd, 20);
	assert_non_null(text = malloc(ROOM));
	for (i = 0; i < ROUNDS; i++) {
		const char *from = good_texts[i % NITEMS(good_texts)].text;

		len = strlen(from);
		memcpy(text, from, len);
		for (k = rnd_below(&rnd, 6); k < 6; k++)
			mutate(&rnd, text, &len, ROOM);
		if (conf_parse_text("etc/f", text, len, &text_env, &cf,
			&errs) == 0) {
			good++;
			check_printed(cf);
		} else {
			assert_null(cf);
			assert_true(errs.ce_n > 0);
		}
		conf_free(cf);
		conf_errors_free(&errs);
	}
	free(text);
	/* Else the damage was too heavy to reach the later steps. */
	assert_in_range(good, ROUNDS / 100, ROUNDS);
}

static void
test_noise(void **state)
{
	struct rnd rnd;
	char text[512];
	char *errs;
	unsigned i;
	size_t k;

	rnd_seed(&rnd, 7);
	for (i = 0; i < 2000; i++) {
		for (k = 0; k < sizeof(text); k++)
			text[k] = (char)rnd_below(&rnd, 256);
		errs = text_errors(text, rnd_below(&rnd, sizeof(text)));
		assert_int_not_equal(strlen(errs), 0);
		free(errs);
	}
}

/* A text of many equal parts between a head and a tail. */
static char *
repeat(const char *head, const char *part, unsigned n, const char *tail)
{
	char *out = NULL;
	size_t len;
	FILE *f;

	assert_non_null(f = open_memstream(&out, &len));
	fputs(head, f);
	while (n-- > 0)
		fputs(part, f);
	fputs(tail, f);
	fclose(f);
	return out;
}

static const struct {
	const char *name;
	const char *head;
	const char *part;
	unsigned n;
	const char *tail;
	const char *want;
} many[] = {
	{ "a longest word", "hostname = ", "a", 1023, "\n",
	    "etc/f:1:12: \"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa..."
	    "\": hostname has at most 63 bytes\n" },
	{ "too long a word", "hostname = ", "a", 1024, "\n",
	    "etc/f:1:12: this word or string is too long; expected at most "
	    "1023 bytes\n" },
	{ "too long a string", "hostname = \"", "a", 1024, "\"\n",
	    "etc/f:1:12: this word or string is too long; expected at most "
	    "1023 bytes\n" },
	{ "too long a string of escapes", "hostname = \"", "\\\\", 1024, "\"\n",
	    "etc/f:1:12: this word or string is too long; expected at most "
	    "1023 bytes\n" },
	{ "a megabyte of word", "", "aaaaaaaaaaaaaaaa", 65536, "\n",
	    "etc/f:1:1: this word or string is too long; expected at most "
	    "1023 bytes\n" },
	{ "too large a file", "", "################", 1u << 20, "#",
	    "etc/f: the file is too large; expected at most 16777216 "
	    "bytes\n" },
	{ "deep nesting", "", "a {", 100000, "\n",
	    "etc/f:1:51: more than 16 braces within braces; expected a section "
	    "or a list\n" },
	{ "too long a list", "a = {", "1,", 2000, "}\n",
	    "etc/f:1:2054: the list grows too long; expected at most 1024 "
	    "values\n" },
	{ "too many cpus", "cpu_list = {", "1,", 70, "}\n",
	    "etc/f:1:1: cpu_list has 70 values; expected 1 to 64\n" },
	{ "too many addresses",
	    "interface a { driver=tap device=t address = {", "10.0.0.1/8,", 257,
	    "} }\n",
	    "etc/f:1:35: address has 257 values; expected 1 to 256\n" },
	{ "a comment without end", "cpus = 2 #", "x", 100000, "", "" },
	{ "many blanks", "cpus = 2", "\n", 100000, "", "" },
	{ "many equal routes", "", "route ::/0 {blackhole=yes}\n", 3, "",
	    "etc/f:2:7: a route to this prefix is given twice, first at line "
	    "1; expected it once\n"
	    "etc/f:3:7: a route to this prefix is given twice, first at line "
	    "1; expected it once\n" },
};

static void
test_many(void **state)
{
	char *text;
	char *errs;
	size_t i;

	for (i = 0; i < NITEMS(many); i++) {
		text = repeat(many[i].head, many[i].part, many[i].n,
		    many[i].tail);
		errs = text_errors(text, strlen(text));
		if (strcmp(errs, many[i].want) != 0)
			fail_msg("%s: %s", many[i].name, errs);
		free(errs);
		free(text);
	}
}

/* Each macro doubles the one before; the list's bound stops it. */
static void
test_doubling(void **state)
{
	char *text = NULL;
	char *errs;
	size_t len;
	unsigned i;
	FILE *f;

	assert_non_null(f = open_memstream(&text, &len));
	fputs("m0 = {1, 2}\n", f);
	for (i = 1; i < 60; i++)
		fprintf(f, "m%u = {$m%u, $m%u}\n", i, i - 1, i - 1);
	fclose(f);
	errs = text_errors(text, len);
	assert_string_equal(errs,
	    "etc/f:11:13: the list grows too long; expected at most 1024 "
	    "values\n");
	free(errs);
	free(text);
}

/* Only the first mistakes are kept, the rest is counted. */
static void
test_many_mistakes(void **state)
{
	struct conf_errors errs;
	struct conf *cf;
	char *text = repeat("sysctl {\n", "x = 1\n", 100, "}\n");
	int error;

	error = conf_parse_text("etc/f", text, strlen(text), &text_env, &cf,
	    &errs);
	assert_int_equal(error, EINVAL);
	assert_int_equal(errs.ce_n, CONF_ERRORS_MAX);
	assert_int_equal(errs.ce_more, 199 - CONF_ERRORS_MAX);
	assert_string_equal(errs.ce_text[1],
	    "etc/f:3:1: unknown sysctl \"x\"");
	conf_errors_free(&errs);
	free(text);
}

static void
test_many_routes(void **state)
{
	enum { N = 100000 };
	struct conf_errors errs;
	struct conf *cf;
	char *text = NULL;
	size_t len;
	unsigned i;
	FILE *f;

	assert_non_null(f = open_memstream(&text, &len));
	fputs("interface a { driver=tap device=t address=10.0.0.1/8 }\n", f);
	for (i = 0; i < N; i++)
		fprintf(f, "route 100.%u.%u.%u/32 {via=10.0.0.%u}\n",
		    i >> 16, i >> 8 & 255, i & 255, 2 + i % 9);
	fclose(f);
	assert_int_equal(
	    conf_parse_text("etc/f", text, len, NULL, &cf, &errs), 0);
	assert_int_equal(cf->cf_nroute, N);
	conf_free(cf);
	free(text);
}

int
main(void)
{
	struct CMUnitTest tests[NITEMS(good_texts) + 6] = {
		cmocka_unit_test(test_damage),
		cmocka_unit_test(test_noise),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_doubling),
		cmocka_unit_test(test_many_mistakes),
		cmocka_unit_test(test_many_routes),
	};
	size_t i;

	for (i = 0; i < NITEMS(good_texts); i++) {
		tests[6 + i] = (struct CMUnitTest) {
			.name = good_texts[i].name,
			.test_func = test_cut,
			.initial_state = (void *)(uintptr_t)&good_texts[i],
		};
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
