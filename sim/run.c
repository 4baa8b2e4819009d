/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * main() of a test program: scenarios, seeds, TAP.
 *
 * Each scenario runs in a process of its own, all its seeds one after the
 * other, so that whatever it dies of (a check, an assertion, a sanitizer)
 * leaves a verdict with the seed, and the next scenario runs.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "sim/sim_int.h"

#define RUN_SEEDS   100
#define RUN_SECONDS 120 /* for one seed, before it counts as hung */

struct run {
	const char	*r_prog;
	const char	*r_only;	/* scenario; NULL: all */
	const char	*r_pcap;
	uint64_t	 r_seed;	/* the first */
	unsigned	 r_seeds;	/* 0: what the scenario says */
	bool		 r_one;		/* in this process, for a debugger */
	bool		 r_digest;
	bool		 r_list;
	struct sim_report *r_report;
};

static void
usage(const char *prog)
{
	fprintf(stderr, "usage: %s [-1dl] [--scenario name] [--seed n] "
	    "[--seeds n] [--pcap folder]\n"
	    "  -1, --here      in this process, for a debugger\n"
	    "  -d, --digest    print what tells one run from another\n"
	    "  -l, --list      names of the scenarios\n"
	    "SPATE_SIM_SEED=n is --seed n --seeds 1.\n",
	    prog);
	exit(2);
}

static void
run_options(struct run *r, int argc, char **argv)
{
	static const struct option options[] = {
		{ "here", no_argument, NULL, '1' },
		{ "digest", no_argument, NULL, 'd' },
		{ "list", no_argument, NULL, 'l' },
		{ "scenario", required_argument, NULL, 'c' },
		{ "seed", required_argument, NULL, 's' },
		{ "seeds", required_argument, NULL, 'n' },
		{ "pcap", required_argument, NULL, 'p' },
		{ NULL, 0, NULL, 0 },
	};
	const char *env = getenv("SPATE_SIM_SEED");
	bool one = env != NULL, seeds = false;
	int ch;

	*r = (struct run){ .r_prog = argv[0], .r_seed = 1 };
	if (env != NULL)
		r->r_seed = strtoull(env, NULL, 0);
	while ((ch = getopt_long(argc, argv, "1dl", options, NULL)) != -1)
		switch (ch) {
		case '1':
			r->r_one = true;
			break;
		case 'd':
			r->r_digest = true;
			break;
		case 'l':
			r->r_list = true;
			break;
		case 'c':
			r->r_only = optarg;
			break;
		case 's':
			r->r_seed = strtoull(optarg, NULL, 0);
			one = true;
			break;
		case 'n':
			r->r_seeds = (unsigned)strtoul(optarg, NULL, 0);
			seeds = true;
			break;
		case 'p':
			r->r_pcap = optarg;
			break;
		default:
			usage(argv[0]);
		}
	if (optind < argc)
		usage(argv[0]);
	if (one && !seeds)
		r->r_seeds = 1;
}

static void
run_seed(const struct run *r, const struct scenario *sc, uint64_t seed)
{
	struct sim_report *rp = r->r_report;
	struct sim *s;

	rp->rp_seed = seed;
	alarm(RUN_SECONDS);
	s = sim_create(sc->sc_name, seed, r->r_pcap, rp);
	sc->sc_run(s);
	sim_finish(s);
	if (r->r_digest)
		printf("# %s seed %llu: %llu steps, digest %016llx\n",
		    sc->sc_name, (unsigned long long)seed,
		    (unsigned long long)rp->rp_steps,
		    (unsigned long long)rp->rp_digest);
}

static unsigned
run_seeds(const struct run *r, const struct scenario *sc)
{
	if (r->r_seeds != 0)
		return r->r_seeds;
	return sc->sc_seeds != 0 ? sc->sc_seeds : RUN_SEEDS;
}

static void
run_all_seeds(const struct run *r, const struct scenario *sc)
{
	unsigned i;

	for (i = 0; i < run_seeds(r, sc); i++)
		run_seed(r, sc, r->r_seed + i);
	alarm(0);
}

/* Status of wait(), or 0. */
static int
run_apart(const struct run *r, const struct scenario *sc)
{
	int status;
	pid_t pid;

	fflush(stdout);
	if ((pid = fork()) == -1) {
		perror("fork");
		exit(1);
	}
	if (pid == 0) {
		run_all_seeds(r, sc);
		fflush(stdout);
		exit(0); /* leak checkers look now */
	}
	while (waitpid(pid, &status, 0) == -1)
		if (errno != EINTR) {
			perror("waitpid");
			exit(1);
		}
	return status;
}

static void
run_complain(const struct run *r, const struct scenario *sc, int status)
{
	const struct sim_report *rp = r->r_report;
	unsigned long long seed = (unsigned long long)rp->rp_seed;

	if (rp->rp_failed)
		printf("# %s\n", rp->rp_text);
	else if (WIFSIGNALED(status))
		printf("# died of signal %d%s\n", WTERMSIG(status),
		    WTERMSIG(status) == SIGALRM ? ": hung" : "");
	else
		printf("# died with status %d\n", WEXITSTATUS(status));
	printf("# scenario %s, seed %llu; again: %s --scenario %s "
	    "--seed %llu\n", sc->sc_name, seed, r->r_prog, sc->sc_name, seed);
	printf("# or: SPATE_SIM_SEED=%llu meson test\n", seed);
}

static double
seconds(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static bool
run_scenario(const struct run *r, const struct scenario *sc, unsigned number)
{
	struct sim_report *rp = r->r_report;
	double began = seconds();
	int status = 0;
	bool ok;

	memset(rp, 0, sizeof(*rp));
	if (r->r_one)
		run_all_seeds(r, sc);
	else
		status = run_apart(r, sc);
	ok = status == 0 && !rp->rp_failed;
	if (!ok)
		run_complain(r, sc, status);
	printf("# %s: %u seeds, %.2f s%s%s\n", sc->sc_name, run_seeds(r, sc),
	    seconds() - began, rp->rp_note[0] != '\0' ? "; " : "",
	    rp->rp_note);
	printf("%sok %u - %s\n", ok ? "" : "not ", number, sc->sc_name);
	fflush(stdout);
	return ok;
}

static bool
run_wanted(const struct run *r, const struct scenario *sc)
{
	return r->r_only == NULL || strcmp(r->r_only, sc->sc_name) == 0;
}

int
sim_main(int argc, char **argv, const struct scenario *scenarios)
{
	const struct scenario *sc;
	unsigned n = 0, i = 0;
	bool ok = true;
	struct run r;

	run_options(&r, argc, argv);
	for (sc = scenarios; sc->sc_name != NULL; sc++) {
		n += run_wanted(&r, sc);
		if (r.r_list)
			printf("%s\n", sc->sc_name);
	}
	if (r.r_list)
		return 0;
	if (n == 0) {
		fprintf(stderr, "%s: no scenario %s\n", argv[0], r.r_only);
		return 2;
	}
	if (r.r_pcap != NULL)
		(void)mkdir(r.r_pcap, 0777);
	r.r_report = mmap(NULL, sizeof(*r.r_report), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (r.r_report == MAP_FAILED) {
		perror("mmap");
		return 1;
	}
	printf("1..%u\n", n);
	for (sc = scenarios; sc->sc_name != NULL; sc++)
		if (run_wanted(&r, sc))
			ok &= run_scenario(&r, sc, ++i);
	return ok ? 0 : 1;
}
