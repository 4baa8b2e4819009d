/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is for this host itself, and how much of it was too much.
 */
#include "ctl/show_int.h"
#include "if/if.h"
#include "netisr/punt.h"

static json_t *
punt_limits(const struct spate *sp)
{
	json_t *list = json_array();
	unsigned p;

	for (p = 0; p < PUNT_N; p++)
		json_array_append_new(list,
		    json_pack("{s:s, s:I}", "protocol", punt_names[p], "rate",
			INT(punt_rate(sp, p))));
	return list;
}

/* One protocol on one interface, if any CPU has seen it. */
static void
punt_add(json_t *list, const struct spate *sp, unsigned index, unsigned p)
{
	struct punt_counts puc, sum = { 0 };
	json_t *percpu = json_array();
	unsigned i;

	for (i = 0; i < sp->sp_ncpus; i++) {
		punt_counts(sp, i, index, p, &puc);
		sum.puc_passed += puc.puc_passed;
		sum.puc_refused += puc.puc_refused;
		json_array_append_new(percpu,
		    json_pack("{s:I, s:I}", "passed", INT(puc.puc_passed),
			"refused", INT(puc.puc_refused)));
	}
	if (sum.puc_passed + sum.puc_refused == 0) {
		json_decref(percpu);
		return;
	}
	json_array_append_new(list,
	    json_pack("{s:s, s:s, s:I, s:I, s:o}", "interface",
		show_ifname(sp, index), "protocol", punt_names[p], "passed",
		INT(sum.puc_passed), "refused", INT(sum.puc_refused), "cpus",
		percpu));
}

json_t *
show_punts(struct ctl *ctl)
{
	const struct spate *sp = ctl->ctl_sp;
	json_t *list = json_array();
	unsigned index, p;

	for (index = 1; index < IF_MAX; index++)
		for (p = 0; p < PUNT_N; p++)
			punt_add(list, sp, index, p);
	return json_pack("{s:o, s:o}", "limits", punt_limits(sp), "punts",
	    list);
}
