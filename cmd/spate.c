/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * spate: finds the subcommand and runs it.
 *
 * A subcommand is a row of the table below and a function in a file or folder
 * of its own; its manual page stands beside it.
 */
#include <stdio.h>
#include <string.h>

#include "affinity.h"
#include "capture/capture.h"
#include "cmd.h"
#include "daemon/daemon.h"
#include "demo/demo.h"
#include "edit.h"
#include "gen/cmd_gen.h"
#include "ping.h"
#include "reload.h"
#include "rss.h"
#include "show/show.h"
#include "top/top.h"
#include "trace/trace.h"

struct subcmd {
	const char	*sc_name;
	const char	*sc_args;
	const char	*sc_text;
	cmd_fn		*sc_fn;
};

static cmd_fn cmd_help;
static cmd_fn cmd_version;

static const struct subcmd subcmds[] = {
	{ "address", "add|change|delete ...",
	    "addresses of interfaces, by hand", cmd_address },
	{ "affinity", "[INTERFACE QUEUE CPU]",
	    "which CPU serves which receive queue", cmd_affinity },
	{ "capture", "[-i IF] [-w FILE] ... [FILTER]",
	    "packets of the running daemon, for tshark", cmd_capture },
	{ "confirm", "[--undo] [-s SOCKET]", "keep what was reloaded",
	    cmd_confirm },
	{ "daemon", "[-n] [-c FILE]", "run, or only check the configuration",
	    cmd_daemon },
	{ "demo", "[--unprivileged]", "two hosts and a router, anywhere",
	    cmd_demo },
	{ "explain", "in IF src ADDR dst ADDR ...",
	    "what would become of a packet", cmd_explain },
	{ "gen", "run PLAN | SUITE --port PORT ...",
	    "test traffic, and what a device does with it", cmd_gen },
	{ "neigh", "add|change|delete ...", "neighbours, by hand", cmd_neigh },
	{ "ping", "[-46] [-c N] ... ADDRESS", "ping from the running daemon",
	    cmd_ping },
	{ "reload", "[--check | --confirm SECONDS]",
	    "have the daemon read its file again", cmd_reload },
	{ "route", "add|change|delete ...", "routes, by hand", cmd_route },
	{ "rss", "bucket LIST cpu CPU | spread", "give flows to another CPU",
	    cmd_rss },
	{ "show", "[--json] [-s SOCKET] [-V VRF] WHAT",
	    "look into the running daemon", cmd_show },
	{ "sysctl", "[NAME[=VALUE] ...]", "tunables of the running daemon",
	    cmd_sysctl },
	{ "top", "[-b] [-i SECONDS] [-n COUNT]",
	    "what the running daemon does, as it does it", cmd_top },
	{ "trace", "[-i IF] [-c N] ... [FILTER]",
	    "what becomes of packets, stage by stage", cmd_trace },
	{ "help", "", "this list", cmd_help },
	{ "version", "", "the version of this program", cmd_version },
};

#define NSUBCMDS	(sizeof(subcmds) / sizeof(subcmds[0]))

static void
usage(FILE *f)
{
	fprintf(f, "usage: spate command [argument ...]\n\n");
	for (size_t i = 0; i < NSUBCMDS; i++)
		fprintf(f, "  %-10s %-30s %s\n", subcmds[i].sc_name,
		    subcmds[i].sc_args, subcmds[i].sc_text);
}

static int
cmd_help(int argc, char **argv)
{
	usage(stdout);
	return CMD_OK;
}

static int
cmd_version(int argc, char **argv)
{
	printf("spate %s\n", SPATE_VERSION);
	return CMD_OK;
}

static const struct subcmd *
subcmd_lookup(const char *name)
{
	/* The customary spellings of the two that everyone tries first. */
	if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0)
		name = "help";
	else if (strcmp(name, "--version") == 0 || strcmp(name, "-V") == 0)
		name = "version";
	for (size_t i = 0; i < NSUBCMDS; i++)
		if (strcmp(subcmds[i].sc_name, name) == 0)
			return &subcmds[i];
	return NULL;
}

int
main(int argc, char **argv)
{
	const struct subcmd *sc;
	int status;

	if (argc < 2) {
		usage(stderr);
		return CMD_USAGE;
	}
	if ((sc = subcmd_lookup(argv[1])) == NULL) {
		fprintf(stderr, "spate: unknown command \"%s\"; "
		    "\"spate help\" lists them\n", argv[1]);
		return CMD_USAGE;
	}
	status = sc->sc_fn(argc - 1, argv + 1);
	/* A full disk or closed pipe is a failure of whatever was asked. */
	if (fflush(stdout) != 0 && status == CMD_OK) {
		perror("spate: standard output");
		status = CMD_FAILED;
	}
	return status;
}
