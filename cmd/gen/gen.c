/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * spate gen: traffic, and what a device under test does with it.
 *
 * Everything is a plan (spate-plan(5)).  Its mistakes are told before any
 * device is touched.
 */
#include "cmd_gen.h"

#include <stdlib.h>
#include <string.h>

#include "job.h"

static int
usage(FILE *f)
{
	fprintf(f,
	    "usage: spate gen run [-q] PLAN       run a plan, see "
	    "spate-plan(5)\n"
	    "       spate gen check PLAN ...      only look for mistakes in "
	    "it\n"
	    "       spate gen SUITE --port PORT --port PORT [OPTION ...]\n"
	    "       spate gen screen --port PORT ... [OPTION ...]\n"
	    "       spate gen SUITE --help\n"
	    "       spate gen udp --source | --sink | --echo ...  rates, CPU "
	    "by CPU\n"
	    "       spate gen report FILE [--html | --csv | --text]  a report "
	    "of the past\n"
	    "\n"
	    "suites\n");
	oneliner_list(f);
	return f == stdout ? CMD_OK : CMD_USAGE;
}

/* The plan of a file or text, or NULL after messages. */
static struct plan *
load(const char *name, const char *text)
{
	struct conf_errors errs;
	struct plan *pl;

	if (text != NULL)
		plan_parse_text(name, text, strlen(text), NULL, &pl, &errs);
	else
		plan_load(name, NULL, &pl, &errs);
	conf_errors_print(&errs, stderr);
	conf_errors_free(&errs);
	return pl;
}

static int
run_check(int argc, char **argv)
{
	struct plan *pl;
	int status = CMD_OK;
	int i;

	if (argc < 2 || argv[1][0] == '-') {
		fprintf(stderr, "usage: spate gen check PLAN ...\n");
		return CMD_USAGE;
	}
	for (i = 1; i < argc; i++) {
		if ((pl = load(argv[i], NULL)) == NULL)
			status = CMD_USAGE;
		else
			printf("%s: ok: %u ports, %u streams, %u steps\n",
			    argv[i], pl->pl_nport, pl->pl_nstream,
			    pl->pl_nstep);
		plan_free(pl);
	}
	return status;
}

/* The text of a file, for the report; NULL if it has just gone. */
static char *
file_text(const char *path)
{
	char *text = NULL;
	char *more;
	size_t len;

	if (conf_read_file(NULL, path, &text, &len) != 0)
		return NULL;
	if ((more = realloc(text, len + 1)) == NULL) {
		free(text);
		return NULL;
	}
	more[len] = '\0';
	return more;
}

static int
run_plan(int argc, char **argv)
{
	struct gen_job gj = { .gj_argc = argc, .gj_argv = argv };
	struct plan *pl;
	char *text;
	int status;
	int i = 1;

	if (i < argc &&
	    (strcmp(argv[i], "-q") == 0 || strcmp(argv[i], "--quiet") == 0)) {
		gj.gj_quiet = true;
		i++;
	}
	if (i + 1 != argc || argv[i][0] == '-') {
		fprintf(stderr, "usage: spate gen run [-q] PLAN\n");
		return CMD_USAGE;
	}
	if ((pl = load(argv[i], NULL)) == NULL)
		return CMD_USAGE;
	text = file_text(argv[i]);
	gj.gj_plan = pl;
	gj.gj_name = argv[i];
	gj.gj_text = text;
	status = gen_parent_run(&gj);
	free(text);
	plan_free(pl);
	return status;
}

/* As a screen: what "send" would, as long as somebody looks at it. */
static int
run_oneliner(int argc, char **argv, bool screen)
{
	char *name = argv[0];
	char send[] = "send";
	struct gen_job gj = { .gj_name = "command line", .gj_argc = argc,
		.gj_argv = argv };
	struct oneliner ol;
	struct plan *pl;
	int status;

	if (screen)
		argv[0] = send;
	status = oneliner_parse(argc, argv, &ol);
	argv[0] = name;
	if (status != 0)
		return status < 0 ? CMD_OK : status;
	if (ol.ol_print)
		fputs(ol.ol_text, stdout);
	if ((pl = load(gj.gj_name, ol.ol_text)) == NULL) {
		status = CMD_USAGE;
	} else if (!ol.ol_print) {
		gj.gj_plan = pl;
		gj.gj_text = ol.ol_text;
		gj.gj_quiet = ol.ol_quiet;
		gj.gj_screen = screen;
		status = gen_parent_run(&gj);
	}
	plan_free(pl);
	free(ol.ol_text);
	return status;
}

int
cmd_gen(int argc, char **argv)
{
	if (argc < 2)
		return usage(stderr);
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0)
		return usage(stdout);
	if (strcmp(argv[1], "run") == 0)
		return run_plan(argc - 1, argv + 1);
	if (strcmp(argv[1], "check") == 0)
		return run_check(argc - 1, argv + 1);
	if (strcmp(argv[1], "screen") == 0)
		return run_oneliner(argc - 1, argv + 1, true);
	if (strcmp(argv[1], "report") == 0)
		return report_main(argc - 1, argv + 1);
	if (strcmp(argv[1], "udp") == 0)
		return udp_main(argc - 1, argv + 1);
	if (oneliner_known(argv[1]))
		return run_oneliner(argc - 1, argv + 1, false);
	fprintf(stderr, "spate gen: unknown command \"%s\"; \"spate gen "
	    "--help\" lists them\n", argv[1]);
	return CMD_USAGE;
}
