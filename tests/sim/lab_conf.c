/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Configurations of simulated hosts; see lab.h.
 */
#include <stdio.h>
#include <string.h>

#include "ctl/control.h"
#include "ctl/reload.h"
#include "lab.h"

/* A host's change to a configuration. */
struct job {
	struct sim	*j_sim;
	const char	*j_text;
	unsigned	 j_confirm;
	bool		 j_quiet;
	bool		 j_done;
	int		 j_error;
};

static struct conf *
job_conf(struct job *j)
{
	struct conf_errors errs;
	struct conf *conf;

	if (conf_parse_text("conf", j->j_text, strlen(j->j_text),
		&control_conf_env, &conf, &errs) != 0) {
		conf_errors_print(&errs, stderr);
		SIM_FAIL(j->j_sim, "the test's own configuration is wrong");
	}
	return conf;
}

static void
apply_job(struct ctl *ctl, void *arg)
{
	struct job *j = arg;
	struct conf_errors errs;

	role_enter(&on_ctl);
	j->j_error = control_apply(ctl, job_conf(j), &errs);
	conf_errors_print(&errs, stderr);
	conf_errors_free(&errs);
}

static void
reload_done(void *arg, int error, const struct conf_errors *errs)
{
	struct job *j = arg;

	conf_errors_print(errs, stderr);
	j->j_error = error;
	j->j_done = true;
}

static void
reload_job(struct ctl *ctl, void *arg)
{
	struct job *j = arg;
	struct conf_errors errs;

	role_enter(&on_ctl);
	j->j_error = reload_start(ctl, job_conf(j), j->j_confirm, reload_done,
	    j, &errs);
	if (j->j_error != 0)
		j->j_done = true;
	if (j->j_error != 0 && !j->j_quiet)
		conf_errors_print(&errs, stderr);
	conf_errors_free(&errs);
}

static void
fini_job(struct ctl *ctl, void *arg)
{
	(void)arg;
	role_enter(&on_ctl);
	control_fini(ctl);
}

void
host_apply(struct sim *s, struct host *h, const char *text)
{
	struct job j = { .j_sim = s, .j_text = text };

	host_ctl(h, apply_job, &j);
	SIM_EQ(s, j.j_error, 0);
}

void
host_reload(struct sim *s, struct host *h, const char *text, unsigned confirm)
{
	struct job j = { .j_sim = s, .j_text = text, .j_confirm = confirm };

	host_ctl(h, reload_job, &j);
	SIM_UNTIL(s, j.j_done, 20 * NS_S);
	SIM_EQ(s, j.j_error, 0);
}

int
host_reload_try(struct sim *s, struct host *h, const char *text)
{
	struct job j = { .j_sim = s, .j_text = text, .j_quiet = true };

	host_ctl(h, reload_job, &j);
	SIM_UNTIL(s, j.j_done, 20 * NS_S);
	return j.j_error;
}

void
host_fini(struct host *h)
{
	host_ctl(h, fini_job, NULL);
}
