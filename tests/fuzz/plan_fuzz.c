/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Any bytes as a plan of the tester (text_fuzz.h).  What is accepted makes
 * packets, too.
 */
#include "gen/plan.h"
#include "text_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static int
kind_parse(const char *text, size_t len, const struct conf_env *env,
    void **value, struct conf_errors *errs)
{
	struct plan *v;
	int error = plan_parse_text("f", text, len, env, &v, errs);

	*value = v;
	return error;
}

static void
kind_print(const void *value, FILE *f)
{
	plan_print(value, f);
}

static bool
kind_equal(const void *a, const void *b)
{
	return plan_equal(a, b);
}

static void
kind_free(void *value)
{
	plan_free(value);
}

static const struct text_kind kind = {
	.tk_env = { .ce_read = text_read },
	.tk_parse = kind_parse,
	.tk_print = kind_print,
	.tk_equal = kind_equal,
	.tk_free = kind_free,
};

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
	struct plan *pl = text_value(&kind, data, len);

	if (pl != NULL)
		check_packets(pl);
	plan_free(pl);
	return 0;
}
