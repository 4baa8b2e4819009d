/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A method from its first point to its last: sizes, and what a reader must be
 * told of all of them.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/addr.h"
#include "base/bytes.h"
#include "gen/method_int.h"
#include "gen/tpl.h"

enum sizing {
	SZ_ALL, /* each of the RFC's sizes */
	SZ_LEAST, /* the smallest, unless sizes are given */
};

static const struct {
	void (*point)(struct run *);
	enum sizing sizing;
} methods[] = {
	[MT_LIMIT] = { point_limit, SZ_ALL },
	[MT_THROUGHPUT] = { point_throughput, SZ_ALL },
	[MT_LATENCY] = { point_latency, SZ_ALL },
	[MT_LOSS] = { point_loss, SZ_ALL },
	[MT_BURST] = { point_burst, SZ_ALL },
	[MT_RECOVERY] = { point_recovery, SZ_ALL },
	[MT_RESET] = { point_reset, SZ_LEAST },
	[MT_MLR] = { point_mlr, SZ_ALL },
	[MT_IP6] = { point_ip6, SZ_ALL },
	[MT_CACHING] = { point_caching, SZ_LEAST },
	[MT_LEARNING] = { point_learning, SZ_LEAST },
	[MT_ERRORED] = { point_errored, SZ_LEAST },
	[MT_BROADCAST] = { point_broadcast, SZ_ALL },
	[MT_CONGESTION] = { point_congestion, SZ_ALL },
	[MT_FORWARDING] = { point_forwarding, SZ_ALL },
	[MT_PRESSURE] = { point_pressure, SZ_ALL },
};

/* The least size that a stream's headers and signature fit in; 0: unknown. */
static unsigned
least_size(const struct trial_stream *ts)
{
	struct tpl_conf tc = *ts->ts_tpl;
	char err[TPL_ERRLEN];
	struct tpl *tpl;
	unsigned size;

	if (tc.tc_nframes != 0)
		return 0;
	memset(&tc.tc_sizes, 0, sizeof(tc.tc_sizes));
	if (tpl_create(&tc, &tpl, err, sizeof(err)) != 0)
		return 0;
	size = tpl_maxlen(tpl) + TPL_FCS;
	tpl_destroy(tpl);
	return size;
}

/* The size that is asked for, or what all streams need. */
static unsigned
fitting_size(struct run *ru, unsigned size)
{
	unsigned i, least = 0;

	for (i = 0; size != 0 && i < ru->ru_nstreams; i++)
		least = (unsigned)u64max(least, least_size(&ru->ru_stream[i]));
	return size != 0 && size < least ? least : size;
}

static void
one_size(struct run *ru, unsigned asked, const char *variant)
{
	unsigned size = fitting_size(ru, asked), i;

	for (i = 0; i < ru->ru_me->me_npoints; i++)
		if (size != 0 && ru->ru_me->me_point[i].mp_size == size &&
		    strcmp(ru->ru_me->me_point[i].mp_variant, variant) == 0)
			break;
	if (size != asked)
		run_note(ru, "frames of %u bytes do not hold the headers and "
		    "the signature: %u are the least, and were used%s", asked,
		    size, i < ru->ru_me->me_npoints ? " (once)" : "");
	if (i < ru->ru_me->me_npoints || !run_open(ru, size, variant))
		return;
	run_point(ru)->mp_asked = size != asked ? asked : 0;
	methods[ru->ru_me->me_method].point(ru);
	run_close(ru);
}

static void
all_sizes(struct run *ru, const char *variant)
{
	const unsigned *sizes = ru->ru_conf->mc_size;
	unsigned n = ru->ru_conf->mc_nsizes, i;

	if (n == 0) {
		n = ru->ru_me->me_method == MT_IP6 ? method_ip6_sizes(&sizes) :
		    method_sizes(&sizes);
		if (methods[ru->ru_me->me_method].sizing == SZ_LEAST)
			n = 1;
	}
	for (i = 0; i < n && i < METHOD_SIZES; i++) {
		if (run_is_stopped(ru)) {
			run_note(ru, "stopped before frames of %u bytes",
			    sizes[i]);
			ru->ru_me->me_status = MS_PARTIAL;
			return;
		}
		one_size(ru, sizes[i], variant);
	}
}

static void
all_variants(struct run *ru)
{
	unsigned i;

	for (i = 0; i < method_ip6_variants(); i++) {
		if (ru->ru_me->me_status == MS_PARTIAL ||
		    !method_ip6_streams(ru, i))
			break;
		all_sizes(ru, method_ip6_variant(i));
		/* What has no IPv6 has none of its headers. */
		if (ru->ru_me->me_npoints > 0 &&
		    ru->ru_me->me_point[0].mp_trials == 0)
			break;
	}
	free(ru->ru_exts);
	free(ru->ru_exttpl);
}

/* What is wrong with the configuration; NULL: nothing. */
static const char *
wrong(const struct method_conf *mc, enum method me)
{
	const struct method_bridge *mb = &mc->mc_bridge;
	unsigned nports = mc->mc_runner->rn_nports, i, which[3];

	if (mc->mc_nstreams == 0)
		return "there are no streams";
	if (mc->mc_nsizes > METHOD_SIZES)
		return "there are more than 64 frame sizes";
	if (mc->mc_ngoals > MLR_GOALS)
		return "there are more than 8 goals";
	for (i = 0; i < mc->mc_nstreams; i++)
		if (mc->mc_stream[i].ts_from >= nports ||
		    mc->mc_stream[i].ts_to >= nports)
			return "a stream's port is not there";
	if (me == MT_CONGESTION && !congestion_streams(mc, which))
		return "three streams are needed: from one port to two, and "
		       "from another to one of these";
	if (me != MT_CACHING && me != MT_LEARNING)
		return NULL;
	if (nports < 3)
		return "three ports are needed: one to learn from, one to "
		       "test, and one to hear what is flooded";
	if (mb->mb_learn >= nports || mb->mb_test >= nports ||
	    mb->mb_monitor >= nports)
		return "a port of the bridge is not there";
	if (mb->mb_learn == mb->mb_test || mb->mb_test == mb->mb_monitor ||
	    mb->mb_monitor == mb->mb_learn)
		return "learning, test and monitoring port are not three";
	return NULL;
}

static void
conclude(struct method_result *me)
{
	unsigned i;

	for (i = 0; i < me->me_npoints; i++) {
		const struct method_point *mp = &me->me_point[i];

		if (mp->mp_status <= me->me_status)
			continue;
		me->me_status = mp->mp_status;
		memcpy(me->me_why, mp->mp_why, sizeof(me->me_why));
	}
}

int
method_run(enum method method, const struct method_conf *mc,
    struct method_result *me)
{
	struct run ru = { .ru_conf = mc, .ru_runner = mc->mc_runner,
		.ru_profile = &mc->mc_profile, .ru_me = me };
	const char *bad = wrong(mc, method);

	*me = (struct method_result){ .me_method = method,
		.me_profile = mc->mc_profile, .me_seed = mc->mc_seed };
	if (!mc->mc_profile.pf_rfc)
		run_note(&ru, "%s", mc->mc_profile.pf_text);
	if (bad != NULL) {
		me->me_status = MS_IMPOSSIBLE;
		strcpy(me->me_why, bad);
		return 0;
	}
	run_streams(&ru, mc->mc_stream, mc->mc_nstreams);
	if (method == MT_IP6)
		all_variants(&ru);
	else
		all_sizes(&ru, "");
	if (ru.ru_nomem) {
		method_fini(me);
		return ENOMEM;
	}
	conclude(me);
	return 0;
}
