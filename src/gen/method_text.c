/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Methods: their names, and what repeated measurements come to.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "gen/method.h"

static const struct {
	const char *name, *title, *clause;
} methods[] = {
#define X(id, user, what, where) [id] = { user, what, where },
	METHODS(X)
#undef X
};

const char *
method_name(enum method me)
{
	return methods[me].name;
}

const char *
method_title(enum method me)
{
	return methods[me].title;
}

const char *
method_clause(enum method me)
{
	return methods[me].clause;
}

enum method
method_find(const char *name)
{
	enum method me;

	for (me = 0; me < MT_N; me++)
		if (strcmp(methods[me].name, name) == 0)
			break;
	return me;
}

const char *
method_status_name(enum method_status ms)
{
	static const char *const names[] = {
		[MS_OK] = "ok",
		[MS_LIMITED] = "limited",
		[MS_IMPOSSIBLE] = "impossible",
		[MS_FAILED] = "failed",
		[MS_PARTIAL] = "partial",
	};

	return names[ms];
}

unsigned
method_sizes(const unsigned **sizes)
{
	static const unsigned rfc[] = { 64, 128, 256, 512, 1024, 1280, 1518 };

	*sizes = rfc;
	return countof(rfc);
}

static int
compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* All anew from the values, so that nothing adds up over many of them. */
void
summary_add(struct summary *sm, double v)
{
	double sorted[METHOD_REPS], sum = 0;
	unsigned i, n;

	if (sm->sm_n == METHOD_REPS)
		return;
	sm->sm_value[sm->sm_n++] = v;
	n = sm->sm_n;
	for (i = 0; i < n; i++)
		sum += sorted[i] = sm->sm_value[i];
	qsort(sorted, n, sizeof(sorted[0]), compare);
	sm->sm_mean = sum / n;
	sm->sm_min = sorted[0];
	sm->sm_max = sorted[n - 1];
	sm->sm_median = (sorted[(n - 1) / 2] + sorted[n / 2]) / 2;
	for (i = 0, sum = 0; i < n; i++)
		sum += (sorted[i] - sm->sm_mean) * (sorted[i] - sm->sm_mean);
	sm->sm_stddev = n > 1 ? sqrt(sum / (n - 1)) : 0;
}

void
latency_brief(struct latency_brief *lb, const struct hist *h)
{
	*lb = (struct latency_brief){ .lb_n = 0 };
	if (h == NULL || h->h_n == 0)
		return;
	lb->lb_n = h->h_n;
	lb->lb_mean = hist_mean(h);
	lb->lb_stddev = hist_stddev(h);
	lb->lb_min = hist_min(h);
	lb->lb_p50 = hist_percentile(h, 50, 100);
	lb->lb_p90 = hist_percentile(h, 90, 100);
	lb->lb_p99 = hist_percentile(h, 99, 100);
	lb->lb_p999 = hist_percentile(h, 999, 1000);
	lb->lb_p9999 = hist_percentile(h, 9999, 10000);
	lb->lb_p99999 = hist_percentile(h, 99999, 100000);
	lb->lb_max = hist_max(h);
}

void
method_fini(struct method_result *me)
{
	unsigned i;

	for (i = 0; i < me->me_npoints; i++)
		if (me->me_method == MT_LATENCY)
			hist_destroy(me->me_point[i].mp_latency.la_hist);
	free(me->me_point);
	free(me->me_trial);
	*me = (struct method_result){ .me_npoints = 0 };
}
