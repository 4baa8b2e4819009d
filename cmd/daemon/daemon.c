/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * spate daemon: reads the configuration, and runs it or only checks it.
 */
#include <stdio.h>
#include <unistd.h>

#include "cmd.h"
#include "ctl/control.h"
#include "daemon.h"
#include "daemon_int.h"

#define CONF_FILE "/etc/spate/spate.conf"

static int
daemon_usage(void)
{
	fputs("usage: spate daemon [-n] [-c FILE]\n", stderr);
	return CMD_USAGE;
}

static int
daemon_run(const char *path, bool check_only)
{
	struct conf_errors errs;
	struct conf *conf;
	int status = CMD_USAGE;

	if (conf_load(path, &control_conf_env, &conf, &errs) != 0)
		conf_errors_print(&errs, stderr);
	else if (check_only) {
		printf("configuration OK\n");
		status = CMD_OK;
		conf_free(conf);
	} else
		status = parent_run(path, conf);
	conf_errors_free(&errs);
	return status;
}

int
cmd_daemon(int argc, char **argv)
{
	const char *path = CONF_FILE;
	bool check_only = false;
	int c;

	while ((c = getopt(argc, argv, "c:n")) != -1)
		switch (c) {
		case 'c':
			path = optarg;
			break;
		case 'n':
			check_only = true;
			break;
		default:
			return daemon_usage();
		}
	if (optind != argc)
		return daemon_usage();
	return daemon_run(path, check_only);
}
