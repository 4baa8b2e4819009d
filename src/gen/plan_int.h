/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Inside plans:
 *
 *	plan_table.c	what a plan may say
 *	plan_type.c	types of values: rates, times, ranges, sizes
 *	plan_vary.c	the type of a field that varies
 *	plan_expect.c	the type of an expectation, and holding one against
 *			what was measured
 *	plan_check.c	what one part of a plan demands of another
 *	plan_check_step.c	what steps demand of everything
 *	plan_range.c	ranges of addresses
 *	plan_rss.c	flows that fill the buckets of a device's RSS
 *	plan_make.c	a plan's templates and streams, as the engine takes them
 *	plan_text.c	a plan's text from a command line
 *
 * To add a key, add a member to its struct in plan.h and a line to a table in
 * plan_table.c (and to spate-plan(5)).
 */
#ifndef GEN_PLAN_INT_H
#define GEN_PLAN_INT_H

#include "ctl/conf/conf_schema.h"
#include "gen/plan.h"

#define PLAN_SPORT	49184u	/* defaults of templates */
#define PLAN_DPORT	7u	/* echo, as RFC 2544, C.2.6.4 has it */
#define PLAN_TTL	64u

/* A number with decimals, num / den, and the word behind it ("" if none). */
struct plan_number {
	uint64_t	 nb_num;
	uint64_t	 nb_den;	/* a power of ten, at most 10^9 */
	const char	*nb_unit;
};

/* plan_type.c */
extern const struct conf_type plan_type_rate;
extern const struct conf_type plan_type_time;
extern const struct conf_type plan_type_speed;
extern const struct conf_type plan_type_range;
extern const struct conf_type plan_type_sizes;
extern const struct conf_type plan_type_bytes;
extern const struct conf_type plan_type_ratio;
extern const struct conf_type plan_type_vary;
extern const struct conf_type plan_type_expect;
extern const struct conf_type plan_type_rsskey;	/* plan_rss.c */

/* Fails if s does not begin with a number, or with one too long. */
bool	 plan_number(const char *s, struct plan_number *);
/* Times a factor, or false if it is no whole number below 2^63 then. */
bool	 plan_number_scale(const struct plan_number *, uint64_t factor,
	    uint64_t *out);
/* ns of "10 s", "1.5ms"; false if it is none. */
bool	 plan_time_parse(const char *, uint64_t *ns);
void	 plan_time_text(uint64_t ns, char *buf, size_t len);
/* False after why has been set to what is accepted instead. */
bool	 plan_rate_parse(const char *, struct plan_rate *, const char **why);
void	 plan_rate_text(const struct plan_rate *, char *buf, size_t len);

/* The text, kept; NULL and x_nomem if there is no memory. */
const char *plan_keep(struct conf_ctx *, const char *);

/* plan_check.c */
bool	 plan_check(struct conf_ctx *);
bool	 plan_check_top(struct conf_ctx *, const void *);
bool	 plan_check_port(struct conf_ctx *, const void *);
bool	 plan_check_template(struct conf_ctx *, const void *);
/* Whether the key stands in the section. */
bool	 plan_given(const struct conf_sec *, const char *key);
/* The family that a template's own keys settle; 0: none does. */
unsigned plan_template_family(const struct plan_template *);

/* plan_rss.c */
bool	 plan_check_rss(struct conf_ctx *, const struct plan_template *);
/* Makes a flow's list, once; false after a message or x_nomem. */
bool	 plan_rss_make(struct conf_ctx *, const struct plan_flow *);
/* The fields that make its flows those of the list; returns 2, or 0: none. */
unsigned plan_rss_vary(const struct plan_flow *, struct tpl_vary[static 2]);

/* plan_check_step.c */
bool	 plan_check_step(struct conf_ctx *, const void *);
/* Once nothing else is wrong. */
bool	 plan_check_steps(struct conf_ctx *);

extern const struct conf_table plan_table;
extern const char *const plan_metric_names[];

#endif
