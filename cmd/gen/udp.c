/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * spate gen udp: packets without a method, in the manner of netblast and
 * netreceive: one side sends, another counts or sends back, and both tell
 * their rates once a second, CPU by CPU.
 *
 * The command line becomes a plan, as that of a suite does.  A source's stream
 * goes from its port back to itself, which is where an echo comes from; sink
 * and echo have none.  One process may be several of them, by port: so a pair
 * and both ends of a memif have somebody at either end.
 */
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "cmd.h"
#include "run_int.h"

#define UDP_FOREVER (UINT64_C(10) * 365 * 86400 * 1000000000)
#define UDP_CPUS    64u

/* Command line */

struct udp_args {
	const char *ua_port[GEN_PORTS];
	enum udp_mode ua_mode[GEN_PORTS];
	unsigned ua_nport;
	const char *ua_cpus;
	const char *ua_dport;
	const char *ua_duration;
	const char *ua_flows;
	const char *ua_rate;
	const char *ua_size;
	const char *ua_to;
	enum udp_mode ua_last; /* of ports to come */
	bool ua_source; /* a port is one */
};

enum {
	U_CPUS = 256,
	U_DPORT,
	U_DURATION,
	U_ECHO,
	U_FLOWS,
	U_HELP,
	U_PORT,
	U_RATE,
	U_SINK,
	U_SIZE,
	U_SOURCE,
	U_TO
};

static const struct option udp_options[] = {
	{ "cpus", required_argument, NULL, U_CPUS },
	{ "destination", required_argument, NULL, U_TO },
	{ "destination-port", required_argument, NULL, U_DPORT },
	{ "duration", required_argument, NULL, U_DURATION },
	{ "echo", no_argument, NULL, U_ECHO },
	{ "flows", required_argument, NULL, U_FLOWS },
	{ "help", no_argument, NULL, U_HELP },
	{ "port", required_argument, NULL, U_PORT },
	{ "rate", required_argument, NULL, U_RATE },
	{ "sink", no_argument, NULL, U_SINK },
	{ "size", required_argument, NULL, U_SIZE },
	{ "source", no_argument, NULL, U_SOURCE },
	{ NULL, 0, NULL, 0 },
};

static const char udp_help[] =
    "usage: spate gen udp --source --destination ADDRESS --port PORT\n"
    "                     [OPTION ...]\n"
    "       spate gen udp --sink | --echo --port PORT [--port PORT ...]\n"
    "                     [--cpus N] [--duration TIME]\n"
    "       spate gen udp --source --port PORT ... --echo --port PORT ...\n"
    "\n"
    "  --source                sends, and counts what comes back\n"
    "  --sink                  counts UDP to any port of its addresses\n"
    "  --echo                  sends it back\n"
    "  --port PORT             as in spate gen --help: tap:left,\n"
    "                          address=10.0.0.2/24; a source goes to the\n"
    "                          gateway=, or to the destination itself\n"
    "  --destination-port N    7 unless told\n"
    "  --flows N               so many source ports, from 1024 on\n"
    "  --rate RATE             \"1 Mpps\", \"1 Gbit/s\"; as fast as it goes\n"
    "  --size SIZE             with FCS, or a mix: imix, 64:7,594:4\n"
    "  --cpus N                that work\n"
    "  --duration TIME         \"10 s\"; else until Ctrl-C\n";

static int
udp_wrong(const char *what)
{
	fprintf(stderr, "spate gen udp: %s; \"spate gen udp --help\" tells "
	    "more\n", what);
	return CMD_USAGE;
}

/* What the ports behind it are, and those before the first one. */
static int
udp_mode(struct udp_args *ua, enum udp_mode mode)
{
	unsigned i;

	if (ua->ua_last != UDP_NONE && ua->ua_last != mode &&
	    (ua->ua_nport == 0 || ua->ua_mode[ua->ua_nport - 1] != ua->ua_last))
		return udp_wrong("--source, --sink and --echo exclude each "
				 "other, unless each has ports behind it");
	for (i = 0; i < ua->ua_nport; i++) {
		if (ua->ua_mode[i] == UDP_NONE)
			ua->ua_mode[i] = mode;
	}
	ua->ua_last = mode;
	return 0;
}

static bool
udp_option(struct udp_args *ua, int o)
{
	switch (o) {
	case U_CPUS:
		ua->ua_cpus = optarg;
		break;
	case U_DPORT:
		ua->ua_dport = optarg;
		break;
	case U_DURATION:
		ua->ua_duration = optarg;
		break;
	case U_FLOWS:
		ua->ua_flows = optarg;
		break;
	case U_RATE:
		ua->ua_rate = optarg;
		break;
	case U_SIZE:
		ua->ua_size = optarg;
		break;
	case U_TO:
		ua->ua_to = optarg;
		break;
	default:
		return false;
	}
	return true;
}

/* Whether the options go together. */
static int
udp_check(struct udp_args *ua)
{
	unsigned i;

	if (ua->ua_last == UDP_NONE)
		return udp_wrong("one of --source, --sink and --echo is "
				 "wanted");
	if (ua->ua_nport == 0 || ua->ua_mode[ua->ua_nport - 1] != ua->ua_last)
		return udp_wrong("a --port is wanted");
	for (i = 0; i < ua->ua_nport; i++)
		ua->ua_source |= ua->ua_mode[i] == UDP_SOURCE;
	if (ua->ua_source && ua->ua_to == NULL)
		return udp_wrong("a source wants a --destination");
	if (!ua->ua_source &&
	    (ua->ua_to != NULL || ua->ua_flows != NULL ||
		ua->ua_rate != NULL || ua->ua_size != NULL ||
		ua->ua_dport != NULL))
		return udp_wrong("only a source has destination, flows, rate "
				 "and size");
	return 0;
}

/* 0, or CMD_USAGE after a message, or -1 after help. */
static int
udp_parse(int argc, char **argv, struct udp_args *ua)
{
	int o;

	optind = 0;
	while ((o = getopt_long(argc, argv, "", udp_options, NULL)) != -1) {
		if (o == U_HELP) {
			fputs(udp_help, stdout);
			return -1;
		} else if (o == U_SOURCE || o == U_SINK || o == U_ECHO) {
			if (udp_mode(ua, o == U_SOURCE ? UDP_SOURCE :
				    o == U_SINK ? UDP_SINK : UDP_ECHO) != 0)
				return CMD_USAGE;
		} else if (o == U_PORT) {
			if (ua->ua_nport == GEN_PORTS)
				return udp_wrong("too many ports");
			ua->ua_mode[ua->ua_nport] = ua->ua_last;
			ua->ua_port[ua->ua_nport++] = optarg;
		} else if (!udp_option(ua, o)) {
			return udp_wrong("no such option");
		}
	}
	if (optind != argc)
		return udp_wrong("options only");
	return udp_check(ua);
}
/* Plan */

/* Without a router the destination is next. */
static bool
udp_put_port(FILE *f, const struct udp_args *ua, unsigned i)
{
	const char *port = ua->ua_port[i];
	char *with = NULL;
	bool good;

	if (ua->ua_mode[i] != UDP_SOURCE || strstr(port, ",gateway=") != NULL)
		return oneliner_put_port(f, port, i);
	if (asprintf(&with, "%s,gateway=%s", port, ua->ua_to) == -1)
		return udp_wrong("no memory") == 0;
	good = oneliner_put_port(f, with, i);
	free(with);
	return good;
}

static void
udp_put(FILE *f, const char *key, const char *value)
{
	if (value != NULL) {
		fprintf(f, "%s = ", key);
		oneliner_put_string(f, value);
		putc('\n', f);
	}
}

static int
udp_put_flows(FILE *f, const struct udp_args *ua)
{
	unsigned long n;
	char *end;

	if (ua->ua_flows == NULL)
		return 0;
	n = strtoul(ua->ua_flows, &end, 10);
	if (*end != '\0' || n < 1 || n > 64512)
		return udp_wrong("--flows wants a number from 1 to 64512");
	fprintf(f, "\tflows = %lu\n", n);
	fprintf(f, "\tvary = {\"source_port flow count 1024-%lu\"}\n",
	    1024 + n - 1);
	return 0;
}

static int
udp_plan(FILE *f, const struct udp_args *ua)
{
	unsigned i;

	udp_put(f, "cpus", ua->ua_cpus);
	for (i = 0; i < ua->ua_nport; i++)
		if (!udp_put_port(f, ua, i))
			return CMD_USAGE;
	fputs("template packets {\n\tprotocol = udp\n", f);
	udp_put(f, "\tdestination", ua->ua_to);
	udp_put(f, "\tdestination_port", ua->ua_dport);
	udp_put(f, "\tsize", ua->ua_size);
	if (udp_put_flows(f, ua) != 0)
		return CMD_USAGE;
	fputs("}\n", f);
	for (i = 1; i <= ua->ua_nport; i++) {
		if (ua->ua_source && ua->ua_mode[i - 1] != UDP_SOURCE)
			continue;
		fprintf(f, "stream port%u { from = port%u  to = port%u  "
		    "template = packets }\n", i, i, i);
	}
	fputs("step udp {\n\tmethod = run\n", f);
	udp_put(f, "\trate", ua->ua_rate != NULL ? ua->ua_rate : "max");
	if (ua->ua_duration != NULL)
		udp_put(f, "\tduration", ua->ua_duration);
	else /* as many as a plan can say */
		fputs("\tpackets = 1099511627776\n", f);
	fputs("}\n", f);
	return 0;
}

int
udp_main(int argc, char **argv)
{
	struct udp_args ua = { .ua_last = UDP_NONE };
	struct gen_job gj = { .gj_name = "command line", .gj_argc = argc,
		.gj_argv = argv, .gj_quiet = true };
	struct conf_errors errs;
	struct plan *pl = NULL;
	char *text = NULL;
	size_t len;
	FILE *f;
	int status;

	if ((status = udp_parse(argc, argv, &ua)) != 0)
		return status < 0 ? CMD_OK : status;
	if ((f = open_memstream(&text, &len)) == NULL)
		return udp_wrong("no memory");
	status = udp_plan(f, &ua);
	fclose(f);
	if (status == 0) {
		plan_parse_text(gj.gj_name, text, len, NULL, &pl, &errs);
		conf_errors_print(&errs, stderr);
		conf_errors_free(&errs);
		status = CMD_USAGE;
	}
	if (pl != NULL) {
		gj.gj_plan = pl;
		gj.gj_text = text;
		gj.gj_udp = ua.ua_mode;
		status = gen_parent_run(&gj);
	}
	plan_free(pl);
	free(text);
	return status;
}

/* In the process that runs the tester. */

struct udp_seen {
	uint64_t us_tx[UDP_CPUS]; /* by CPU: sources */
	uint64_t us_rx[UDP_CPUS]; /* what came back to them */
	uint64_t us_udp[UDP_CPUS]; /* sink or sent back */
	/* As devices count: of sources, and of all others. */
	uint64_t us_txbytes, us_rxbytes, us_udpbytes;
};

struct udp_watch {
	struct run *uw_run;
	bool uw_source; /* a port is one */
	bool uw_other; /* a port is none */
	const char *uw_what; /* others do */
	uint64_t uw_start; /* of the run; 0: not yet */
	uint64_t uw_at; /* of the last line */
	struct udp_seen uw_last;
};

static void
udp_look(const struct run *ru, const struct trial_tick *tt,
    struct udp_seen *us)
{
	unsigned i;

	*us = (struct udp_seen){ .us_txbytes = 0 };
	for (i = 0; i < tt->tt_ncpus && i < UDP_CPUS; i++) {
		us->us_tx[i] = tt->tt_cpu[i].sent;
		us->us_rx[i] = tt->tt_cpu[i].received;
		us->us_udp[i] = gen_udp(ru->ru_gen, i);
	}
	for (i = 0; i < tt->tt_nports; i++) {
		if (ru->ru_job->gj_udp[i] == UDP_SOURCE) {
			us->us_txbytes += tt->tt_port[i].tx_bytes;
			us->us_rxbytes += tt->tt_port[i].rx_bytes;
		} else {
			us->us_udpbytes += tt->tt_port[i].rx_bytes;
		}
	}
}

/* "sent 1000000 pps, 480.0 Mbit/s (cpu0 500000, cpu1 500000)" */
static void
udp_rates(const char *what, const uint64_t now[], const uint64_t before[],
    unsigned n, uint64_t bytes, double s)
{
	double sum = 0;
	unsigned i;

	for (i = 0; i < n; i++)
		sum += (double)(now[i] - before[i]) / s;
	printf("  %s %.0f pps, %.1f Mbit/s", what, sum,
	    (double)bytes * 8 / s / 1e6);
	for (i = 0; n > 1 && i < n; i++)
		printf("%scpu%u %.0f%s", i == 0 ? " (" : ", ", i,
		    (double)(now[i] - before[i]) / s, i + 1 == n ? ")" : "");
}

static void
udp_line(const struct udp_watch *uw, const struct trial_tick *tt,
    const struct udp_seen *us, uint64_t now)
{
	const struct udp_seen *was = &uw->uw_last;
	unsigned n = umin(tt->tt_ncpus, UDP_CPUS);
	double s = (double)(now - uw->uw_at) / 1e9;

	printf("%6.1f s", (double)(now - uw->uw_start) / 1e9);
	if (uw->uw_source) {
		udp_rates("sent", us->us_tx, was->us_tx, n,
		    us->us_txbytes - was->us_txbytes, s);
		udp_rates("received", us->us_rx, was->us_rx, n,
		    us->us_rxbytes - was->us_rxbytes, s);
		if (tt->tt_latency_mean != 0)
			printf("  round trip %.1f us",
			    (double)tt->tt_latency_mean / 1e3);
	}
	if (uw->uw_other)
		udp_rates(uw->uw_what, us->us_udp, was->us_udp, n,
		    us->us_udpbytes - was->us_udpbytes, s);
	putchar('\n');
	fflush(stdout);
}

static bool
udp_tick(void *arg, const struct trial_tick *tt, struct pace_conf *pc)
{
	struct udp_watch *uw = arg;
	uint64_t now = gen_now(uw->uw_run->ru_gen);
	struct udp_seen us;

	if (tt->tt_phase != TPH_RUN)
		return true;
	udp_look(uw->uw_run, tt, &us);
	if (uw->uw_start == 0) {
		uw->uw_start = uw->uw_at = now;
		uw->uw_last = us;
	} else if (now - uw->uw_at >= 1000000000) {
		udp_line(uw, tt, &us, now);
		uw->uw_at = now;
		uw->uw_last = us;
	}
	return true;
}

static void
udp_sum(const struct udp_watch *uw, const struct trial_result *tr)
{
	const struct trial_counts *n = &tr->tr_all;
	uint64_t sum = 0;
	unsigned i;

	for (i = 0; i < UDP_CPUS; i++)
		sum += gen_udp(uw->uw_run->ru_gen, i);
	if (uw->uw_source)
		printf("sent %ju, received %ju\n", (uintmax_t)n->tn_sent,
		    (uintmax_t)n->tn_received);
	if (uw->uw_other)
		printf("%s %ju\n", uw->uw_what, (uintmax_t)sum);
	fflush(stdout);
}

/* What the ports are. */
static void
udp_watch(struct run *ru, struct udp_watch *uw)
{
	bool sink = false, echo = false;
	unsigned i;

	*uw = (struct udp_watch) { .uw_run = ru };
	for (i = 0; i < ru->ru_plan->pl_nport; i++) {
		enum udp_mode mode = ru->ru_job->gj_udp[i];

		uw->uw_source |= mode == UDP_SOURCE;
		sink |= mode == UDP_SINK;
		echo |= mode == UDP_ECHO;
	}
	uw->uw_other = sink || echo;
	uw->uw_what = !sink ? "sent back" :
	    echo ? "sunk or sent back" :
	    uw->uw_source ? "sunk" : "received";
}

/* A rate that was asked for and not kept is told. */
static void
udp_judge(const struct plan_step *pn, const struct trial_result *tr)
{
	unsigned i;

	for (i = 0; i < tr->tr_nreasons && i < TRIAL_REASONS; i++) {
		if (pn->pn_rate.pr_unit != PLAN_MAX && !tr->tr_stopped)
			fprintf(stderr, "spate gen udp: %s\n",
			    tr->tr_reason[i]);
	}
}

/*
 * Packets that nobody sends back are no failure, and whoever gave no duration
 * stops it.
 */
int
udp_run(struct run *ru)
{
	const struct plan_step *pn = &ru->ru_plan->pl_step[0];
	struct udp_watch uw;
	struct trial_conf tc = { .tc_learn = true, .tc_stop = child_stop,
		.tc_duration = pn->pn_duration, .tc_seed = 1,
		.tc_tick = udp_tick, .tc_tickarg = &uw,
		.tc_drain = 1 };
	struct trial_result tr = { .tr_valid = false };
	struct step_load ld = { .ld_n = 0 };
	int status = CMD_OK;

	udp_watch(ru, &uw);
	if (tc.tc_duration == 0)
		tc.tc_duration = UDP_FOREVER;
	if (uw.uw_source) {
		tc.tc_drain = 200000000;
		if (step_load_make(ru, pn, NULL, &ld) != 0) {
			fprintf(stderr, "spate gen udp: no memory\n");
			return GEN_NOTHING;
		}
		plan_pace_make(pn, step_load_speed(&ld), &tc.tc_pace);
		tc.tc_stream = ld.ld_stream;
		tc.tc_nstreams = ld.ld_n;
	}
	if (ru->ru_runner.rn_trial(ru, &tc, &tr) != 0) {
		fprintf(stderr, "spate gen udp: %s\n",
		    ru->ru_runner.rn_error(ru));
		status = GEN_NOTHING;
	} else {
		udp_judge(pn, &tr);
		udp_sum(&uw, &tr);
	}
	trial_result_fini(&tr);
	step_load_free(&ld);
	if (status == CMD_OK && pn->pn_duration != 0 &&
	    ru->ru_runner.rn_stopped(ru))
		status = GEN_STOPPED;
	return status;
}
