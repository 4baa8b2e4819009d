/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The process that runs a plan: the tester is put together while that is still
 * allowed, then works without privileges.
 *
 * A signal that asks for an end sets a flag, which trials and methods look at:
 * they return with what they have, and that is reported.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "cmd.h"
#include "priv/priv.h"
#include "run_int.h"
#include "screen.h"

#define LINK_MS	   5000 /* to wait for links at the start */
#define COMMAND_MS 200 /* to look for a stop while a command runs */

static trial_flag stopped; /* by the signal handler */
const trial_flag *const child_stop = &stopped;

static void
stop(int sig)
{
	(void)sig;
	atomic_store_explicit(&stopped, true, memory_order_relaxed);
}

/*
 * The terminal sends to both processes, and the parent passes it on; others
 * may send to either.
 */
static void
child_signals(void)
{
	struct sigaction sa = { .sa_handler = stop };
	sigset_t none;

	sigemptyset(&none);
	sigaction(SIGTERM, &sa, NULL);
	sigaction(SIGINT, &sa, NULL);
	signal(SIGHUP, SIG_IGN); /* the parent may have to ignore it */
	sigprocmask(SIG_SETMASK, &none, NULL);
}

/*
 * Without its parent it ends, too.  The system forgets that wish when
 * privileges go.
 */
static void
child_follow(pid_t parent)
{
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() != parent)
		stop(SIGTERM);
}

/* The tester as a runner, with commands for the device under test. */

static int
ru_trial(void *arg, const struct trial_conf *tc, struct trial_result *tr)
{
	const struct run *ru = arg;
	const struct runner *in = &ru->ru_inner;
	const struct plan_timing *pm = ru->ru_plan->pl_timing;
	struct trial_conf conf = *tc;

	if (conf.tc_late == 0)
		conf.tc_late = pm->pm_late;
	if (conf.tc_rateerr == 0)
		conf.tc_rateerr = pm->pm_rateerr;
	return in->rn_trial(in->rn_arg, &conf, tr);
}

static const char *
ru_error(void *arg)
{
	const struct runner *in = &((struct run *)arg)->ru_inner;

	return in->rn_error(in->rn_arg);
}

static bool
ru_stopped(void *arg)
{
	return atomic_load_explicit(&stopped, memory_order_relaxed);
}

static void
ru_sleep(void *arg, uint64_t ns)
{
	const struct runner *in = &((struct run *)arg)->ru_inner;

	in->rn_sleep(in->rn_arg, ns);
}

static uint64_t
ru_now(void *arg)
{
	const struct runner *in = &((struct run *)arg)->ru_inner;

	return in->rn_now(in->rn_arg);
}

static int
ru_limit(void *arg, const struct trial_conf *tc, double *pps)
{
	const struct runner *in = &((struct run *)arg)->ru_inner;

	return in->rn_limit(in->rn_arg, tc, pps);
}

/* Not without looking for a stop, which may come right before it sleeps. */
static bool
command_answered(struct run *ru)
{
	struct pollfd pfd = { .fd = ru->ru_command, .events = POLLIN };
	int n;

	while ((n = poll(&pfd, 1, COMMAND_MS)) <= 0) {
		if ((n < 0 && errno != EINTR) || ru_stopped(ru))
			return false;
	}
	return true;
}

/* The parent answers with the command's exit status in one byte. */
static int
ru_event(void *arg, enum runner_event ev)
{
	struct run *ru = arg;
	const struct plan_dut *pd = ru->ru_plan->pl_dut;
	const char *command = NULL;
	uint8_t byte = 0;

	switch (ev) {
	case RE_RESET:
		command = pd->pd_reset;
		byte = COMMAND_RESET;
		break;
	case RE_READY:
		command = pd->pd_ready;
		byte = COMMAND_READY;
		break;
	case RE_FORGET:
		command = pd->pd_forget;
		byte = COMMAND_FORGET;
		break;
	}
	if (command == NULL)
		return ENOTSUP;
	if (write(ru->ru_command, &byte, 1) != 1)
		return errno;
	if (!command_answered(ru) || read(ru->ru_command, &byte, 1) != 1)
		return EINTR;
	if (byte != 0)
		fprintf(stderr, "spate gen: \"%s\" failed with status %u\n",
		    command, byte);
	return byte == 0 ? 0 : EIO;
}

static void ON_CTL
child_runner(struct run *ru)
{
	gen_runner(ru->ru_gen, &ru->ru_inner, &stopped);
	ru->ru_runner = ru->ru_inner;
	ru->ru_runner.rn_arg = ru;
	ru->ru_runner.rn_trial = ru_trial;
	ru->ru_runner.rn_error = ru_error;
	ru->ru_runner.rn_stopped = ru_stopped;
	ru->ru_runner.rn_sleep = ru_sleep;
	ru->ru_runner.rn_now = ru_now;
	ru->ru_runner.rn_event = ru_event;
	ru->ru_runner.rn_limit = ru_limit;
}

static int
child_fail(const char *what, const char *why)
{
	fprintf(stderr, "spate gen: %s: %s\n", what, why);
	return GEN_NOTHING;
}

/* Packet files are read before there is no reading any more. */
static int
child_files(struct run *ru)
{
	const struct plan *pl = ru->ru_plan;
	const struct conf_pos *pos;
	char err[256] = "";
	unsigned i;

	ru->ru_raw = calloc(pl->pl_ntemplate, sizeof(*ru->ru_raw));
	if (ru->ru_raw == NULL)
		return child_fail("templates", strerror(ENOMEM));
	for (i = 0; i < pl->pl_ntemplate; i++) {
		const struct plan_template *pt = &pl->pl_template[i];

		if (pt->pt_pcap == NULL || tpl_raw_pcap(&ru->ru_raw[i],
			pt->pt_pcap, err, sizeof(err)) == 0)
			continue;
		pos = conf_where(&pt->pt_sec, "pcap");
		fprintf(stderr, "%s:%u:%u: %s\n", pos->cp_file, pos->cp_line,
		    pos->cp_col, err);
		return CMD_USAGE;
	}
	return 0;
}

static bool
needs_shared(const struct plan *pl)
{
	unsigned i;

	for (i = 0; i < pl->pl_nport; i++) {
		if (pl->pl_port[i].pp_driver == PLAN_XDP)
			return true;
	}
	return false;
}

/* Some devices need a moment, or their other side does: a memif's. */
static void ON_CTL
child_wait_links(struct run *ru)
{
	const struct ifnet *ifp;
	unsigned ms;
	unsigned i;

	for (ms = 0; ms < LINK_MS && !ru_stopped(ru); ms += 20) {
		for (i = 0; i < ru->ru_plan->pl_nport; i++) {
			ifp = gen_port_if(ru->ru_gen, i);
			if (ifp != NULL && !if_carrier(ifp))
				break;
		}
		if (i == ru->ru_plan->pl_nport)
			return;
		gen_sleep(ru->ru_gen, 20000000, ru_stopped, ru);
	}
}

static int ON_CTL
child_tester(struct run *ru, int opener)
{
	const struct plan *pl = ru->ru_plan;
	struct gen_conf gc = {
		.gc_ncpus = pl->pl_cpus,
		.gc_cpu = pl->pl_ncpu_list != 0 ? pl->pl_cpu_list : NULL,
		.gc_pktmem = pl->pl_memory,
		.gc_shared = needs_shared(pl),
		.gc_seed = pl->pl_seed,
		.gc_opener = &ru->ru_opener.orm_opener,
	};
	char err[GEN_ERRLEN] = "";
	pid_t parent = getppid();
	int error;

	log_init(&gc.gc_log, log_sink_stderr, NULL, LOGL_WARN);
	opener_remote_init(&ru->ru_opener, opener);
	error = gen_create(&gc, &ru->ru_gen, err, sizeof(err));
	if (error != 0)
		return child_fail("no tester",
		    err[0] != '\0' ? err : strerror(error));
	if (ports_open(ru) != 0)
		return GEN_NOTHING;
	if (sandbox_enter(&gc.gc_log) != 0)
		return GEN_NOTHING;
	child_follow(parent);
	if (gen_start(ru->ru_gen, err, sizeof(err)) != 0)
		return child_fail("cannot start", err);
	child_runner(ru);
	child_wait_links(ru);
	return 0;
}

/* The report, with all that can be said before the first packet. */

static void
addresses(const struct plan_port *pp, char *buf, size_t len)
{
	char text[PREFIX_STRLEN];
	size_t n = 0;
	unsigned i;

	buf[0] = '\0';
	for (i = 0; i < pp->pp_naddr && n < len; i++)
		n += (size_t)snprintf(buf + n, len - n, "%s%s",
		    i == 0 ? "" : " ",
		    prefix_format(&pp->pp_addr[i].cx_prefix, text));
}

struct sheet { /* texts of a report */
	char sh_addr[GEN_PORTS][256];
	char sh_mac[GEN_PORTS][MAC_STRLEN];
	struct report_port sh_port[GEN_PORTS];
	struct report_stream sh_stream[PLAN_FLOWS_MAX];
	char sh_packets[PLAN_FLOWS_MAX][160];
	struct plan_flow sh_flow[PLAN_FLOWS_MAX];
};

static const char *
port_device(const struct plan_port *pp)
{
	if (pp->pp_socket != NULL)
		return pp->pp_socket;
	return pp->pp_peer != NULL ? pp->pp_peer : pp->pp_device;
}

static unsigned
sheet_ports(const struct plan *pl, struct sheet *sh)
{
	unsigned i;

	for (i = 0; i < pl->pl_nport; i++) {
		const struct plan_port *pp = &pl->pl_port[i];

		addresses(pp, sh->sh_addr[i], sizeof(sh->sh_addr[i]));
		sh->sh_port[i] = (struct report_port) {
			.rt_name = pp->pp_name,
			.rt_driver = plan_driver_name(pp->pp_driver),
			.rt_device = port_device(pp),
			.rt_addresses = sh->sh_addr[i],
			.rt_line_bps = (double)pp->pp_speed,
			.rt_queues = pp->pp_queues != 0 ? pp->pp_queues :
			pl->pl_cpus,
			.rt_mtu = pp->pp_mtu,
		};
	}
	return i;
}

static unsigned
sheet_streams(const struct plan *pl, struct sheet *sh)
{
	static const char *const protocols[] = { [TPL_UDP] = "UDP",
		[TPL_TCP] = "TCP", [TPL_ICMP] = "ICMP echo" };
	char src[ADDR_STRLEN];
	char dst[ADDR_STRLEN];
	unsigned n = plan_flows(pl, NULL, sh->sh_flow);
	unsigned i;

	for (i = 0; i < n; i++) {
		const struct plan_flow *pf = &sh->sh_flow[i];
		const struct plan_template *pt = pf->pf_template;

		if (pt->pt_nraw != 0 || pt->pt_pcap != NULL)
			snprintf(sh->sh_packets[i], sizeof(sh->sh_packets[i]),
			    "frames as given");
		else
			snprintf(sh->sh_packets[i], sizeof(sh->sh_packets[i]),
			    "%s %s > %s, %u flow%s",
			    protocols[pt->pt_protocol],
			    addr_format(&pf->pf_src, src),
			    addr_format(&pf->pf_dst, dst), pt->pt_flows,
			    pt->pt_flows == 1 ? "" : "s");
		sh->sh_stream[i] = (struct report_stream) {
			.rs_name = pf->pf_name,
			.rs_from = pf->pf_from->pp_name,
			.rs_to = pf->pf_to->pp_name,
			.rs_packets = sh->sh_packets[i],
			.rs_flows = pt->pt_flows,
			.rs_weight = pf->pf_stream->ps_weight,
		};
	}
	return n;
}

static int
child_report(struct run *ru)
{
	const struct plan *pl = ru->ru_plan;
	const struct gen_job *gj = ru->ru_job;
	struct sheet *sh = calloc(1, sizeof(*sh));
	char **words = calloc((size_t)gj->gj_argc + 2, sizeof(*words));
	char spate[] = "spate", gen[] = "gen";
	struct report_conf rc = {
		.rc_title = pl->pl_title,
		.rc_profile = &ru->ru_profile,
		.rc_argc = gj->gj_argc + 2,
		.rc_argv = words,
		.rc_plan_file = gj->gj_name,
		.rc_plan_text = gj->gj_text,
		.rc_seed = pl->pl_seed,
		.rc_dut_name = pl->pl_dut->pd_name,
		.rc_dut_version = pl->pl_dut->pd_version,
		.rc_dut_notes = pl->pl_dut->pd_notes,
	};
	char cpus[64];
	int error = ENOMEM;

	if (sh != NULL && words != NULL) {
		words[0] = spate;
		words[1] = gen;
		memcpy(words + 2, gj->gj_argv,
		    (size_t)gj->gj_argc * sizeof(*words));
		snprintf(cpus, sizeof(cpus), "%u", pl->pl_cpus);
		rc.rc_cpus = cpus;
		rc.rc_nports = sheet_ports(pl, sh);
		rc.rc_port = sh->sh_port;
		rc.rc_nstreams = sheet_streams(pl, sh);
		rc.rc_stream = sh->sh_stream;
		error = report_create(&rc, &ru->ru_report);
	}
	free(words);
	free(sh);
	return error == 0 ? 0 : child_fail("report", strerror(error));
}

static int
child_status(const struct run *ru)
{
	if (atomic_load_explicit(&stopped, memory_order_relaxed))
		return GEN_STOPPED;
	if (ru->ru_unmet)
		return GEN_UNMET;
	return ru->ru_unknown ? GEN_NOTHING : CMD_OK;
}

/* Whatever ended it: what was measured is told. */
static int
child_tell(struct run *ru, const struct gen_files *fs, int error)
{
	int status = child_status(ru);

	if (error != 0)
		status = child_fail("cannot go on", strerror(error));
	error = report_end(ru->ru_report, status == GEN_STOPPED ?
	    "stopped by the user" : error != 0 ? strerror(error) : NULL);
	if (error == 0 && !ru->ru_job->gj_quiet && !files_stdout(fs)) {
		error = report_print(ru->ru_report, REPORT_TEXT, stdout);
		fflush(stdout);
	}
	if (error != 0)
		status = child_fail("report", strerror(error));
	if (files_print(fs, ru->ru_report) != 0)
		status = GEN_NOTHING;
	return status;
}

int
gen_child_run(const struct gen_job *gj, const struct gen_files *fs, int opener,
    int command)
{
	struct run *ru = calloc(1, sizeof(*ru));
	struct screen *sn = NULL;
	unsigned i;
	int status;

	if (ru == NULL)
		return child_fail("no tester", strerror(ENOMEM));
	role_enter(&on_ctl);
	child_signals();
	ru->ru_job = gj;
	ru->ru_plan = gj->gj_plan;
	ru->ru_command = command;
	ru->ru_text = gj->gj_quiet || gj->gj_screen ? NULL : stderr;
	steps_profile(gj->gj_plan, &ru->ru_profile);
	/* It reads files about the terminal. */
	if (gj->gj_screen && (sn = gen_screen_open()) == NULL)
		status = CMD_FAILED;
	else if ((status = child_files(ru)) == 0 &&
	    (status = child_report(ru)) == 0 &&
	    (status = child_tester(ru, opener)) == 0)
		status = gj->gj_udp != NULL ? udp_run(ru) :
		    child_tell(ru, fs, sn != NULL ?
			steps_screen(ru, sn) : steps_run(ru));
	else
		gen_screen_close(sn);
	gen_destroy(ru->ru_gen); /* and devices are as they were found */
	if (ru->ru_report != NULL)
		report_destroy(ru->ru_report);
	for (i = 0; ru->ru_raw != NULL && i < gj->gj_plan->pl_ntemplate; i++)
		tpl_raw_free(&ru->ru_raw[i]);
	free(ru->ru_raw);
	free(ru);
	return status;
}
