/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Inside the process that runs a plan (child.c): the tester, the report, and
 * what has been found out so far.  One thread.
 */
#ifndef CMD_GEN_RUN_INT_H
#define CMD_GEN_RUN_INT_H

#include <stdbool.h>
#include <stdio.h>

#include "base/tsa.h"
#include "dev/open.h"
#include "files.h"
#include "gen/gen.h"
#include "gen/method.h"
#include "gen/report.h"
#include "gen/tpl_raw.h"
#include "job.h"

/* What the parent does to the device under test: one byte over the socket. */
enum { COMMAND_RESET = 'r', COMMAND_READY = 'y', COMMAND_FORGET = 'f' };

struct run {
	const struct gen_job *ru_job;
	const struct plan *ru_plan;
	struct opener_remote ru_opener;
	int ru_command; /* socket to the parent, for commands */
	struct gen *ru_gen;
	struct runner ru_inner; /* of the tester */
	struct runner ru_runner; /* the same with commands */
	struct report *ru_report;
	struct pair *ru_pair[GEN_PORTS];
	struct tpl_raw *ru_raw; /* frames of each template with a pcap */
	struct profile ru_profile;
	struct method_memory ru_memory;
	const struct plan_step *ru_remembers; /* whose streams those are of */
	FILE *ru_text; /* for people */
	bool ru_tty; /* progress may be overwritten */
	unsigned ru_trials;
	bool ru_unmet;
	bool ru_unknown; /* something was not measured */
};

/* The streams of a step; what they point to. */
struct step_load {
	struct plan_flow *ld_flow;
	struct plan_packets *ld_packets;
	struct trial_stream *ld_stream;
	unsigned ld_n;
};

/* Whether the section says so; nothing may be said, too. */
static inline bool
plan_said(const struct conf_sec *sec, const char *key)
{
	return conf_where(sec, key) != &sec->cs_pos;
}

/* ports.c: adds all ports.  An errno value after a message. */
int	 ports_open(struct run *) ON_CTL;

/* child.c */
extern const trial_flag *const child_stop;

/*
 * steps.c: runs all steps; what they found is in the report, what became of
 * expectations in ru.  ENOMEM.
 */
int	 steps_run(struct run *) ON_CTL;
/*
 * Instead of them: the streams of the first step on a screen, until the user
 * leaves; each trial is in the report.
 */
struct screen;
int	 steps_screen(struct run *, struct screen *) ON_CTL;
/* The streams of a step, in a size or as templates say (NULL); ENOMEM. */
int	 step_load_make(const struct run *, const struct plan_step *,
	    const struct plan_sizes *, struct step_load *);
void	 step_load_free(struct step_load *);
/* Of the slowest link of those that send, or 0. */
uint64_t step_load_speed(const struct step_load *);
/* A step that could not be: where it stands, and why. */
void	 step_failed(struct run *, const struct plan_step *, const char *why);
/* What keeps a result from counting is told to those who want quiet, too. */
void	 step_why(const struct run *, const char *name, const char *what,
	    const char *why);
/* What somebody changed is not the RFCs' any more. */
void	 profile_changed(struct profile *);

/* methods.c: a step that is a method.  ENOMEM. */
int	 methods_step(struct run *, const struct plan_step *) ON_CTL;

/*
 * expects.c: whether results are as the step expects is told, and noted in
 * the report and in ru.  ENOMEM.
 */
int	 expects_method(struct run *, const struct plan_step *,
	    const struct method_result *);
int	 expects_run(struct run *, const struct plan_step *,
	    const struct step_load *, unsigned size,
	    const struct trial_result *);

/*
 * udp.c: source, sink or echo, until it is stopped or time is up; the exit
 * status.
 */
int	 udp_run(struct run *) ON_CTL;
/* The profile with what the plan puts in its place. */
void	 steps_profile(const struct plan *, struct profile *);

#endif
