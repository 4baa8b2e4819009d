/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Testers: all that is ctl's in gen/gen.h is called from the host's ctl.
 */
#include "sim/tester.h"

#include "sim/sim_int.h"

#define STEP_NS (NS_MS / 4)
#define TRIAL_NS (600 * NS_S) /* that no trial takes */

struct tester_job {
	struct gen		*tj_gen;
	const struct gen_port_conf *tj_port;
	const struct trial_conf	*tj_conf;
	struct trial_result	*tj_result;
	int			 tj_error;
	bool			 tj_over;
	char			 tj_text[GEN_ERRLEN];
};

static void
tester_adopt(struct ctl *ctl, void *arg)
{
	struct tester_job *tj = arg;
	struct gen_conf gc = { .gc_seed = ctl->ctl_sp->sp_env.env_seed };

	role_enter(&on_ctl);
	tj->tj_error = gen_adopt(ctl->ctl_sp, &gc, &tj->tj_gen, tj->tj_text,
	    sizeof(tj->tj_text));
}

struct gen *
sim_tester(struct host *h)
{
	struct tester_job tj = { 0 };

	host_ctl(h, tester_adopt, &tj);
	if (tj.tj_error != 0)
		SIM_FAIL(h->h_sim, "%s: %s", h->h_name, tj.tj_text);
	return tj.tj_gen;
}

static void
tester_add(struct ctl *ctl, void *arg)
{
	struct tester_job *tj = arg;

	(void)ctl;
	role_enter(&on_ctl);
	tj->tj_error = gen_port(
	    tj->tj_gen, tj->tj_port, tj->tj_text, sizeof(tj->tj_text));
}

void
tester_port(struct host *h, struct gen *g, const struct gen_port_conf *pc)
{
	struct tester_job tj = { .tj_gen = g, .tj_port = pc };

	host_ctl(h, tester_add, &tj);
	if (tj.tj_error != 0)
		SIM_FAIL(h->h_sim, "%s: %s", h->h_name, tj.tj_text);
}

static void
tester_begin(struct ctl *ctl, void *arg)
{
	struct tester_job *tj = arg;

	(void)ctl;
	role_enter(&on_ctl);
	tj->tj_error = gen_begin(tj->tj_gen, tj->tj_conf);
}

static void
tester_step(struct ctl *ctl, void *arg)
{
	struct tester_job *tj = arg;

	(void)ctl;
	role_enter(&on_ctl);
	tj->tj_over = gen_step(tj->tj_gen);
}

static void
tester_end(struct ctl *ctl, void *arg)
{
	struct tester_job *tj = arg;

	(void)ctl;
	role_enter(&on_ctl);
	tj->tj_error = gen_end(tj->tj_gen, tj->tj_result);
}

int
tester_trial(struct host *h, struct gen *g, const struct trial_conf *tc,
    struct trial_result *tr)
{
	struct tester_job tj = { .tj_gen = g, .tj_conf = tc, .tj_result = tr };
	uint64_t end = sim_now(h->h_sim) + TRIAL_NS;

	host_ctl(h, tester_begin, &tj);
	if (tj.tj_error != 0)
		return tj.tj_error;
	while (!tj.tj_over) {
		if (sim_now(h->h_sim) > end)
			SIM_FAIL(h->h_sim, "%s: the trial does not end",
			    h->h_name);
		sim_pass(h->h_sim, STEP_NS);
		host_ctl(h, tester_step, &tj);
	}
	host_ctl(h, tester_end, &tj);
	return tj.tj_error;
}

static int
runner_trial(void *arg, const struct trial_conf *tc, struct trial_result *tr)
{
	struct tester_runner *t = arg;

	return tester_trial(t->tr_host, t->tr_gen, tc, tr);
}

static const char *
runner_error(void *arg)
{
	return gen_error(((struct tester_runner *)arg)->tr_gen);
}

static bool
runner_stopped(void *arg)
{
	(void)arg;
	return false;
}

static void
runner_sleep(void *arg, uint64_t ns)
{
	sim_pass(((struct tester_runner *)arg)->tr_host->h_sim, ns);
}

static uint64_t
runner_now(void *arg)
{
	return gen_now(((struct tester_runner *)arg)->tr_gen);
}

void
tester_runner(struct tester_runner *t, struct runner *rn)
{
	/* Stop and line rates as of any other, the rest is ours. */
	gen_runner(t->tr_gen, rn, NULL);
	rn->rn_trial = runner_trial;
	rn->rn_error = runner_error;
	rn->rn_stopped = runner_stopped;
	rn->rn_sleep = runner_sleep;
	rn->rn_now = runner_now;
	rn->rn_limit = NULL;
	rn->rn_arg = t;
}
