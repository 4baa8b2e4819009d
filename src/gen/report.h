/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reports: what was measured, on what, how, and what does not count.
 *
 * A report is begun with all that somebody needs to do it again, gets the
 * results as they come, and may be printed at any time, so that one who
 * interrupts keeps what was measured.  docs/gen-report.md describes it.
 *
 * Text from outside (names, plans, command lines) may be anything; what is not
 * UTF-8 is replaced.  Pointers that are handed over need only be valid during
 * the call.  One thread at a time.
 */
#ifndef GEN_REPORT_H
#define GEN_REPORT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct method_result;
struct method_trial;
struct profile;
struct report;
struct trial_result;

enum report_form { REPORT_JSON, REPORT_CSV, REPORT_HTML, REPORT_TEXT };

/* Texts that are NULL or "", and numbers that are 0, are not known. */
struct report_port {
	const char *rt_name;
	const char *rt_driver;
	const char *rt_device;	  /* of the kernel, or the socket */
	const char *rt_mac;
	const char *rt_addresses;
	double rt_line_bps;	  /* bit/s, layer 1 */
	unsigned rt_queues;
	unsigned rt_mtu;	  /* byte */
};

struct report_stream {
	const char *rs_name;
	const char *rs_from;	  /* ports */
	const char *rs_to;
	const char *rs_packets;	  /* "UDP 10.0.1.2 > 10.0.2.2, 1024 flows" */
	uint32_t rs_flows;
	unsigned rs_weight;
};

struct report_conf {
	const char *rc_title;
	const struct profile *rc_profile; /* with what the plan changed */
	int rc_argc;			  /* the command line */
	char *const *rc_argv;
	const char *rc_plan_file;
	const char *rc_plan_text;
	uint64_t rc_seed;
	const char *rc_dut_name;
	const char *rc_dut_version;
	const char *rc_dut_notes;
	const struct report_port *rc_port;
	unsigned rc_nports;
	const struct report_stream *rc_stream;
	unsigned rc_nstreams;
	const char *rc_cpus;		  /* those that send and receive */
	const char *rc_clock;		  /* "TSC" */
	uint64_t rc_clock_ns;		  /* its resolution */
};

/* Begins one, with the machine and the time as they are.  ENOMEM. */
int report_create(const struct report_conf *, struct report **);
void report_destroy(struct report *);

/*
 * A report of the past, from a JSON file.  EINVAL, or why it cannot be read;
 * err has a sentence.
 */
int report_load(const char *path, struct report **, char *err, size_t errlen);

/*
 * A trial of the method that runs, as it ended (mc_told of struct method_conf):
 * so the report has all of it, and distributions besides.  ENOMEM.
 */
int report_told(struct report *, const struct method_trial *,
    const struct trial_result *);

/*
 * A method's result, under the name of its step in the plan (NULL: none).
 * Later expectations are of this one.  ENOMEM.
 */
int report_add(struct report *, const char *step, const struct method_result *);

/* A single run at one rate.  The same. */
int report_add_trial(
    struct report *, const char *step, const struct trial_result *);

/* Something that was expected of the step; measured: as text, or NULL. */
enum report_verdict { REPORT_PASS, REPORT_FAIL, REPORT_UNKNOWN };
int report_expect(struct report *, const char *text, enum report_verdict,
    const char *measured);

/*
 * All has been added.  why: what ended it before its time; NULL: nothing, it is
 * complete.  A report without this is partial, too.
 */
int report_end(struct report *, const char *why);

/*
 * Prints it.  ENOMEM: something is missing in it (and is said to be in what
 * was printed); else the error of the file.
 */
int report_print(const struct report *, enum report_form, FILE *);

/* The same into a file, which is whole or as it was before. */
int report_save(const struct report *, enum report_form, const char *path);

#endif
