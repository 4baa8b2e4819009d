/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What was measured, held against what is expected of the step.
 */
#include <math.h>

#include "run_int.h"

static int
expect_told(struct run *ru, const struct plan_expect *px, unsigned size,
    double value)
{
	enum report_verdict verdict = isnan(value) ? REPORT_UNKNOWN :
	    plan_expect_holds(px, value) ? REPORT_PASS : REPORT_FAIL;
	char measured[64];
	char text[1200];

	plan_measured_text(px, value, measured, sizeof(measured));
	if (size != 0 && px->px_size == 0)
		snprintf(text, sizeof(text), "%s at %u", px->px_text, size);
	else
		snprintf(text, sizeof(text), "%s", px->px_text);
	ru->ru_unmet |= verdict == REPORT_FAIL;
	ru->ru_unknown |= verdict == REPORT_UNKNOWN;
	if (ru->ru_text != NULL)
		fprintf(ru->ru_text, "  %s: %s (%s)\n",
		    verdict == REPORT_PASS ? "met" :
			verdict == REPORT_FAIL ? "NOT MET" :
			    "unknown",
		    text, measured);
	return report_expect(
	    ru->ru_report, text, verdict, isnan(value) ? NULL : measured);
}

int
expects_method(struct run *ru, const struct plan_step *pn,
    const struct method_result *me)
{
	const struct plan_expect *px;
	const struct method_point *mp;
	bool found;
	unsigned i;
	unsigned k;
	int error = 0;

	for (i = 0; i < pn->pn_nexpect && error == 0; i++) {
		px = &pn->pn_expect[i];
		found = false;
		for (k = 0; k < me->me_npoints && error == 0; k++) {
			mp = &me->me_point[k];
			if (px->px_size != 0 && px->px_size != mp->mp_size &&
			    px->px_size != mp->mp_asked)
				continue;
			found = true;
			error = expect_told(ru, px, mp->mp_size,
			    plan_measured(px, me, mp));
		}
		if (!found && error == 0)
			error = expect_told(ru, px, 0, NAN);
	}
	return error;
}

int
expects_run(struct run *ru, const struct plan_step *pn,
    const struct step_load *ld, unsigned size, const struct trial_result *tr)
{
	const struct plan_expect *px;
	unsigned i;
	int error = 0;

	for (i = 0; i < pn->pn_nexpect && error == 0; i++) {
		px = &pn->pn_expect[i];
		if (px->px_size != 0 && px->px_size != size)
			continue;
		error = expect_told(ru, px, size,
		    plan_measured_run(px, tr, step_load_speed(ld)));
	}
	return error;
}
