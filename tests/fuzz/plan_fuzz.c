/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Any bytes as a plan of the tester.  What is accepted must print, read back
 * as an equal, print the same again, and make packets; what is refused must
 * say why.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gen/plan.h"

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
	static const char content[] = "size = 64\ncpus = 3\n";

	if (strchr(path, 'n') != NULL)
		return ENOENT;
	if ((*text = strdup(content)) == NULL)
		return ENOMEM;
	*len = strlen(content);
	return 0;
}

static const struct conf_env fuzz_env = {
	.ce_read = fuzz_read,
};

static char *
print(const struct plan *pl, size_t *len)
{
	char *out = NULL;
	FILE *f;

	must((f = open_memstream(&out, len)) != NULL);
	plan_print(pl, f);
	fclose(f);
	return out;
}

static void
check_printed(const struct plan *pl)
{
	struct conf_errors errs;
	struct plan *back;
	char *once;
	char *twice;
	size_t nonce;
	size_t ntwice;

	once = print(pl, &nonce);
	must(plan_parse_text("f", once, nonce, &fuzz_env, &back, &errs) == 0);
	conf_errors_free(&errs);
	must(plan_equal(pl, back));
	twice = print(back, &ntwice);
	must(nonce == ntwice && memcmp(once, twice, nonce) == 0);
	plan_free(back);
	free(once);
	free(twice);
}

/* A plan that was accepted has packets in each flow of each step. */
static void
check_packets(const struct plan *pl)
{
	static struct plan_flow flows[PLAN_FLOWS_MAX];
	static struct plan_packets pk;
	struct tpl *tpl;
	unsigned n;
	unsigned i;

	n = plan_flows(pl, &pl->pl_step[0], flows);
	must(n <= PLAN_FLOWS_MAX);
	for (i = 0; i < n; i++) {
		if (flows[i].pf_template->pt_pcap != NULL)
			continue;
		plan_packets_make(pl, &flows[i], pl->pl_step[0].pn_nsize != 0 ?
		    &pl->pl_step[0].pn_size[0] : NULL, &pk);
		must(tpl_create(&pk.pk_conf, &tpl, NULL, 0) == 0);
		tpl_destroy(tpl);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct conf_errors errs;
	struct plan *pl;
	int error;

	error = plan_parse_text("f", (const char *)data, len, &fuzz_env, &pl,
	    &errs);
	must((error == 0) == (pl != NULL));
	must((error == 0) == (errs.ce_n == 0));
	if (pl != NULL) {
		check_printed(pl);
		check_packets(pl);
	}
	plan_free(pl);
	conf_errors_free(&errs);
	return 0;
}
