/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Any bytes as a configuration file.  What is accepted must print, read back
 * as an equal and print the same again; what is refused must say why.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/conf/conf.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
must(bool what)
{
	if (!what)
		abort();
}

/* No file of this machine; a macro for those that are included. */
static int
fuzz_read(void *arg, const char *path, char **text, size_t *len)
{
	static const char content[] = "gw = 192.0.2.1\ncpus = 3\n";

	if (strchr(path, 'n') != NULL)
		return ENOENT;
	if ((*text = strdup(content)) == NULL)
		return ENOMEM;
	*len = strlen(content);
	return 0;
}

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

static const struct conf_env fuzz_env = {
	.ce_read = fuzz_read,
	.ce_sysctl = fuzz_sysctl,
};

static char *
print(const struct conf *cf, size_t *len)
{
	char *out = NULL;
	FILE *f;

	must((f = open_memstream(&out, len)) != NULL);
	conf_print(cf, f);
	fclose(f);
	return out;
}

static void
check_printed(const struct conf *cf)
{
	struct conf_errors errs;
	struct conf *back;
	char *once;
	char *twice;
	size_t nonce;
	size_t ntwice;

	once = print(cf, &nonce);
	must(conf_parse_text("f", once, nonce, &fuzz_env, &back, &errs) == 0);
	conf_errors_free(&errs);
	must(conf_equal(cf, back));
	twice = print(back, &ntwice);
	must(nonce == ntwice && memcmp(once, twice, nonce) == 0);
	conf_free(back);
	free(once);
	free(twice);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct conf_errors errs;
	struct conf *cf;
	int error;

	error = conf_parse_text("f", (const char *)data, len, &fuzz_env, &cf,
	    &errs);
	must((error == 0) == (cf != NULL));
	must((error == 0) == (errs.ce_n == 0));
	if (cf != NULL)
		check_printed(cf);
	conf_free(cf);
	conf_errors_free(&errs);
	return 0;
}
