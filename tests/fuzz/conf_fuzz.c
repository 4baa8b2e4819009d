/* SPDX-License-Identifier: BSD-2-Clause */
/* Any bytes as a configuration file (text_fuzz.h). */
#include "text_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

/* Refuses names with an odd length. */
static int
fuzz_sysctl(void *arg, const char *name, const char *value, char *err,
    size_t errlen)
{
	if (strlen(name) % 2 == 0)
		return 0;
	snprintf(err, errlen, "unknown sysctl \"%.64s\"", name);
	return ENOENT;
}

static int
kind_parse(const char *text, size_t len, const struct conf_env *env,
    void **value, struct conf_errors *errs)
{
	struct conf *v;
	int error = conf_parse_text("f", text, len, env, &v, errs);

	*value = v;
	return error;
}

static void
kind_print(const void *value, FILE *f)
{
	conf_print(value, f);
}

static bool
kind_equal(const void *a, const void *b)
{
	return conf_equal(a, b);
}

static void
kind_free(void *value)
{
	conf_free(value);
}

static const struct text_kind kind = {
	.tk_env = { .ce_read = text_read, .ce_sysctl = fuzz_sysctl },
	.tk_parse = kind_parse,
	.tk_print = kind_print,
	.tk_equal = kind_equal,
	.tk_free = kind_free,
};

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	conf_free(text_value(&kind, data, len));
	return 0;
}
