/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * spate gen report: a report that was written as JSON, in another form.
 */
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "cmd.h"
#include "gen/report.h"
#include "job.h"

static const char usage[] =
    "usage: spate gen report FILE [--text | --csv | --html | --json]\n"
    "                        [--output FILE]\n"
    "\n"
    "Prints a report.json as text, which is the default, or in another form.\n";

enum { R_CSV = 256, R_HELP, R_HTML, R_JSON, R_TEXT };

static const struct option options[] = {
	{ "csv", no_argument, NULL, R_CSV },
	{ "help", no_argument, NULL, R_HELP },
	{ "html", no_argument, NULL, R_HTML },
	{ "json", no_argument, NULL, R_JSON },
	{ "output", required_argument, NULL, 'o' },
	{ "text", no_argument, NULL, R_TEXT },
	{ NULL, 0, NULL, 0 },
};

struct args {
	enum report_form a_form;
	bool a_formed; /* it was given */
	const char *a_output;
	const char *a_file;
};

static int
usage_wrong(const char *what)
{
	fprintf(stderr, "spate gen report: %s\n%s", what, usage);
	return CMD_USAGE;
}

static enum report_form
form_of(int c)
{
	switch (c) {
	case R_CSV:
		return REPORT_CSV;
	case R_HTML:
		return REPORT_HTML;
	case R_JSON:
		return REPORT_JSON;
	default:
		return REPORT_TEXT;
	}
}

/* 0, or CMD_USAGE after a message, or -1 after help. */
static int
take(int argc, char **argv, struct args *a)
{
	int c;

	*a = (struct args) { .a_form = REPORT_TEXT };
	optind = 0;
	while ((c = getopt_long(argc, argv, "o:", options, NULL)) != -1) {
		if (c == R_HELP) {
			fputs(usage, stdout);
			return -1;
		} else if (c == 'o') {
			a->a_output = optarg;
		} else if (c < R_CSV) {
			return CMD_USAGE;
		} else if (a->a_formed) {
			return usage_wrong("more than one form");
		} else {
			a->a_form = form_of(c);
			a->a_formed = true;
		}
	}
	if (optind + 1 != argc)
		return usage_wrong(optind == argc ? "no file" :
		    "more than one file");
	a->a_file = argv[optind];
	return 0;
}

int
report_main(int argc, char **argv)
{
	struct report *rp;
	char err[512] = "";
	struct args a;
	int error;

	if ((error = take(argc, argv, &a)) != 0)
		return error < 0 ? CMD_OK : error;
	error = report_load(a.a_file, &rp, err, sizeof(err));
	if (error != 0) {
		fprintf(stderr, "spate gen report: %s\n",
		    err[0] != '\0' ? err : strerror(error));
		return CMD_FAILED;
	}
	if (a.a_output != NULL && strcmp(a.a_output, "-") != 0)
		error = report_save(rp, a.a_form, a.a_output);
	else if ((error = report_print(rp, a.a_form, stdout)) == 0 &&
	    fflush(stdout) != 0)
		error = errno;
	report_destroy(rp);
	if (error == 0)
		return CMD_OK;
	fprintf(stderr, "spate gen report: %s: %s\n",
	    a.a_output != NULL ? a.a_output : "standard output",
	    strerror(error));
	return CMD_FAILED;
}
