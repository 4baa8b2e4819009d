/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A command line as the text of a plan.
 *
 * Nothing is judged here but the options themselves: values are put into the
 * plan as they are, and what is wrong with them is told by whoever reads it.
 * "--print-plan" shows the text, which is a good start for a plan of one's own.
 */
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "cmd.h"
#include "oneliner_int.h"

static const struct option options[] = {
	{ "bidirectional", no_argument, NULL, O_BIDIRECTIONAL },
	{ "burst", required_argument, NULL, O_BURST },
	{ "cpus", required_argument, NULL, O_CPUS },
	{ "csv", required_argument, NULL, O_CSV },
	{ "destination", required_argument, NULL, O_DEST },
	{ "drain", required_argument, NULL, O_DRAIN },
	{ "dut", required_argument, NULL, O_DUT },
	{ "duration", required_argument, NULL, O_DURATION },
	{ "expect", required_argument, NULL, O_EXPECT },
	{ "extension", required_argument, NULL, O_EXTENSION },
	{ "flows", required_argument, NULL, O_FLOWS },
	{ "help", no_argument, NULL, O_HELP },
	{ "html", required_argument, NULL, O_HTML },
	{ "ipv6", no_argument, NULL, O_IPV6 },
	{ "json", required_argument, NULL, O_JSON },
	{ "late", required_argument, NULL, O_LATE },
	{ "learn", required_argument, NULL, O_LEARN },
	{ "loss", required_argument, NULL, O_LOSS },
	{ "pacing", required_argument, NULL, O_PACING },
	{ "packets", required_argument, NULL, O_PACKETS },
	{ "port", required_argument, NULL, O_PORT },
	{ "print-plan", no_argument, NULL, O_PRINT },
	{ "profile", required_argument, NULL, O_PROFILE },
	{ "protocol", required_argument, NULL, O_PROTOCOL },
	{ "quiet", no_argument, NULL, O_QUIET },
	{ "rate", required_argument, NULL, O_RATE },
	{ "rate-error", required_argument, NULL, O_RATEERR },
	{ "report", required_argument, NULL, O_REPORT },
	{ "reset-command", required_argument, NULL, O_RESET },
	{ "resolution", required_argument, NULL, O_RESOLUTION },
	{ "retries", required_argument, NULL, O_RETRIES },
	{ "rss", required_argument, NULL, O_RSS },
	{ "seed", required_argument, NULL, O_SEED },
	{ "settle", required_argument, NULL, O_SETTLE },
	{ "size", required_argument, NULL, O_SIZE },
	{ "source", required_argument, NULL, O_SOURCE },
	{ "title", required_argument, NULL, O_TITLE },
	{ "trials", required_argument, NULL, O_TRIALS },
	{ "vary", required_argument, NULL, O_VARY },
	{ "warmup", required_argument, NULL, O_WARMUP },
	{ NULL, 0, NULL, 0 },
};

static const char help[] =
    "usage: spate gen SUITE --port PORT [--port PORT ...] [OPTION ...]\n"
    "\n"
    "PORT is DRIVER:DEVICE[,KEY=VALUE ...], as tap:left,address=10.0.0.2/24,\n"
    "gateway=10.0.0.1,speed=10G; drivers are tap, xdp, packet, memif (its\n"
    "socket) and pair (the other port's name); keys are those of "
    "spate-plan(5),\n"
    "several values of one are joined by +.  Ports send in twos: the first to\n"
    "the second, the third to the fourth.\n"
    "\n"
    "what is sent\n"
    "  --size SIZE[,SIZE...]   frame sizes with FCS, or a mix: imix, "
    "64:7,594:4\n"
    "  --flows N               so many flows, by their source ports\n"
    "  --rss KEY=VALUE[,...]   flows that fill the buckets of a device's "
    "RSS:\n"
    "                          key=default|symmetric|HEX, "
    "fields=4-tuple|2-tuple,\n"
    "                          buckets=N, queues=N or table=Q+Q+...,\n"
    "                          weight=N+N+... of queues, sources=N\n"
    "  --bidirectional         and the way back\n"
    "  --ipv6                  addresses of RFC 5180, if ports have none\n"
    "  --extension HEADER[,...]   of IPv6: hop-by-hop, destination, "
    "routing,\n"
    "                          fragment\n"
    "  --protocol udp|tcp|icmp\n"
    "  --source, --destination ADDRESS\n"
    "  --vary TEXT             a field that varies: \"tos random 0-255\"\n"
    "how\n"
    "  --rate RATE             \"50 %\", \"1 Mpps\", \"1 Gbit/s\", max: the "
    "rate of\n"
    "                          send, the highest of all others\n"
    "  --profile quick|rfc     durations and repetitions\n"
    "  --duration, --warmup, --learn, --drain, --settle TIME   in place of "
    "its\n"
    "  --resolution PPM        of searches\n"
    "  --late TIME             a packet may leave so long behind its "
    "schedule\n"
    "  --rate-error PPM        a rate may be so far from what was asked for\n"
    "  --retries N             of trials that were not valid\n"
    "  --trials N              repetitions of latency, burst and recovery\n"
    "  --packets N             send: so many, in place of a duration\n"
    "  --pacing constant|poisson|bursts, --burst N    send\n"
    "  --loss PERCENT          mlr: a goal, may be given several times\n"
    "  --cpus N  --seed N\n"
    "  --reset-command TEXT    how to reset the device under test\n"
    "what comes of it\n"
    "  --expect TEXT           \"throughput >= 95 %\"; else exit status 1\n"
    "  --report DIR            report.json, report.csv and report.html there\n"
    "  --json, --csv, --html FILE    or one of them; - is standard output\n"
    "  --dut NAME  --title TEXT  --quiet\n"
    "  --print-plan            only print the plan that this is\n";

static const struct suite suites[] = {
	{ "rfc2544", "throughput, latency, frame loss, back-to-back, reset",
	    { "throughput", "latency", "loss", "burst", "reset" }, WAYS_TWOS },
	{ "throughput", "the highest rate without loss: RFC 2544, 26.1",
	    { "throughput" }, WAYS_TWOS },
	{ "latency", "at the throughput: RFC 2544, 26.2",
	    { "throughput", "latency" }, WAYS_TWOS },
	{ "loss", "frame loss rate by load: RFC 2544, 26.3", { "loss" },
	    WAYS_TWOS },
	{ "burst", "back-to-back frames: RFC 2544, 26.4; RFC 9004",
	    { "throughput", "burst" }, WAYS_TWOS },
	{ "recovery", "from overload: RFC 2544, 26.5",
	    { "throughput", "recovery" }, WAYS_TWOS },
	{ "reset", "outage of a reset: RFC 2544, 26.6; RFC 6201",
	    { "throughput", "reset" }, WAYS_TWOS },
	{ "mlr", "rates of several loss ratios: RFC 9971", { "mlr" },
	    WAYS_TWOS },
	{ "ip6", "IPv6 with extension headers: RFC 5180, 5.3", { "ip6" },
	    WAYS_TWOS },
	{ "broadcast", "through a bridge: RFC 2889, 5.10", { "broadcast" },
	    WAYS_TWOS },
	{ "mesh", "all ports to all others: RFC 2889, 5.1",
	    { "throughput", "loss" }, WAYS_MESH },
	{ "one-to-many", "the first port to all others: RFC 2889, 5.2",
	    { "throughput", "loss" }, WAYS_OUT },
	{ "many-to-one", "all others to the first port: RFC 2889, 5.2",
	    { "throughput", "loss" }, WAYS_IN },
	{ "halves", "half of the ports to the others: RFC 2889, 5.4",
	    { "throughput", "loss" }, WAYS_HALVES },
	{ "devices", "two devices with half of the ports: RFC 2889, 5.3",
	    { "throughput", "loss" }, WAYS_DEVICES },
	{ "congestion", "two ports to one and another: RFC 2889, 5.5",
	    { "congestion" }, WAYS_CONGESTION },
	{ "forwarding", "the most that comes out: RFC 2889, 5.6",
	    { "throughput", "forwarding" }, WAYS_TWOS },
	{ "pressure", "gaps that are too short: RFC 2889, 5.6",
	    { "pressure" }, WAYS_TWOS },
	{ "limit", "the tester's own", { "limit" }, WAYS_TWOS },
	{ "send", "one rate for a time", { "run" }, WAYS_TWOS },
};

static const struct suite *
suite_find(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(suites) / sizeof(suites[0]); i++) {
		if (strcmp(suites[i].su_name, name) == 0)
			return &suites[i];
	}
	return NULL;
}

bool
oneliner_known(const char *name)
{
	return suite_find(name) != NULL;
}

void
oneliner_list(FILE *f)
{
	size_t i;

	for (i = 0; i < sizeof(suites) / sizeof(suites[0]); i++)
		fprintf(f, "  %-11s  %s\n", suites[i].su_name,
		    suites[i].su_text);
}

static bool
add(const char **list, unsigned *n, unsigned max, const char *what)
{
	if (*n == max) {
		fprintf(stderr, "spate gen: more than %u of --%s\n", max, what);
		return false;
	}
	list[(*n)++] = optarg;
	return true;
}

static bool
take_option(struct args *a, int c)
{
	switch (c) {
	case O_PORT:
		return add(a->a_port, &a->a_nport, PORTS_MAX, "port");
	case O_EXPECT:
		return add(a->a_expect, &a->a_nexpect, VALUES_MAX, "expect");
	case O_VARY:
		return add(a->a_vary, &a->a_nvary, VALUES_MAX, "vary");
	case O_LOSS:
		return add(a->a_loss, &a->a_nloss, VALUES_MAX, "loss");
	default:
		a->a_value[c - O_BIDIRECTIONAL] = optarg != NULL ? optarg : "";
		return true;
	}
}

static int
take_options(struct args *a, int argc, char **argv)
{
	int c;

	optind = 0;
	while ((c = getopt_long(argc, argv, "q", options, NULL)) != -1) {
		if (c == 'q')
			c = O_QUIET;
		if (c == O_HELP) {
			fputs(help, stdout);
			fputs("\nsuites\n", stdout);
			oneliner_list(stdout);
			return -1;
		}
		if (c < O_BIDIRECTIONAL || !take_option(a, c))
			return CMD_USAGE;
	}
	if (optind != argc) {
		fprintf(stderr, "spate gen: \"%s\" is no option; \"spate gen "
		    "%s --help\" lists them\n", argv[optind],
		    a->a_suite->su_name);
		return CMD_USAGE;
	}
	if (a->a_nport == 0) {
		fprintf(stderr, "spate gen: no port; expected --port "
		    "DRIVER:DEVICE[,KEY=VALUE ...], as --port tap:left\n");
		return CMD_USAGE;
	}
	return 0;
}

int
oneliner_parse(int argc, char **argv, struct oneliner *ol)
{
	char name[] = "spate gen"; /* as getopt_long(3) is to say */
	struct args a = { .a_suite = suite_find(argv[0]) };
	size_t len;
	bool ok;
	int error;

	memset(ol, 0, sizeof(*ol));
	argv[0] = name;
	error = take_options(&a, argc, argv);
	argv[0] = (char *)(uintptr_t)a.a_suite->su_name;
	if (error != 0)
		return error;
	if ((a.a_out = open_memstream(&ol->ol_text, &len)) == NULL) {
		fprintf(stderr, "spate gen: %s\n", strerror(errno));
		return CMD_FAILED;
	}
	ok = oneliner_plan(&a);
	if (fclose(a.a_out) != 0 || !ok) {
		free(ol->ol_text);
		ol->ol_text = NULL;
		return ok ? CMD_FAILED : CMD_USAGE;
	}
	ol->ol_print = value(&a, O_PRINT) != NULL;
	ol->ol_quiet = value(&a, O_QUIET) != NULL;
	return 0;
}
