/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The data plane process: an instance, brought to its configuration while
 * there still are privileges, run without them.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/hash.h"
#include "cmd.h"
#include "ctl/control.h"
#include "daemon_int.h"
#include "dev/open.h"
#include "priv/priv.h"

#define LEAVE_MS 100 /* for what is sent at the end */

struct child {
	struct conf *ch_conf; /* NULL once ctl has it */
	const struct child_fds *ch_fds;
	struct opener_remote ch_opener;
	struct spate_env ch_env;
	struct engine *ch_engine;
	struct spate *ch_sp;
	struct loop *ch_loop;
};

/* One write a line: threads do not mix theirs. */
static void
child_log(void *arg, enum log_level level, const char *text)
{
	char line[LOG_LINE_MAX + 64], when[32];
	struct timespec ts;
	struct tm tm;
	int n;

	(void)arg;
	clock_gettime(CLOCK_REALTIME, &ts);
	localtime_r(&ts.tv_sec, &tm);
	strftime(when, sizeof(when), "%F %T", &tm);
	n = snprintf(line, sizeof(line), "%s.%03ld %s: %s\n", when,
	    ts.tv_nsec / 1000000, log_level_name(level), text);
	/* Nobody could be told that it cannot be told. */
	if (write(STDERR_FILENO, line, (size_t)n) < 0)
		return;
}

static int
child_fail(const char *what, int error)
{
	fprintf(stderr, "spate: %s: %s\n", what, strerror(error));
	return CMD_FAILED;
}

/* AF_XDP's sockets are opened by the parent, which must map the packets. */
static bool
needs_shared_memory(const struct conf *conf)
{
	unsigned i;

	for (i = 0; i < conf->cf_nif; i++)
		if (conf->cf_if[i].ci_driver == CONF_XDP)
			return true;
	return false;
}

/*
 * What makes the addresses that this host gives itself its own (RFC 7217, 5):
 * from the system's id, which is not to be told, so that they stay the same.
 */
static void
child_secret(uint8_t secret[static SIPHASH_KEYLEN])
{
	static const uint8_t purpose[2][SIPHASH_KEYLEN] = { "spate: addresses",
		"spate: addresse2" };
	char id[64];
	ssize_t n = -1;
	int fd;

	if ((fd = open("/etc/machine-id", O_RDONLY | O_CLOEXEC)) >= 0) {
		n = read(fd, id, sizeof(id));
		close(fd);
	}
	if (n < 32) { /* none: others at each start */
		if (getrandom(secret, SIPHASH_KEYLEN, 0) < 0)
			memset(secret, 0, SIPHASH_KEYLEN);
		return;
	}
	st64be(secret, siphash24(purpose[0], id, (size_t)n));
	st64be(secret + 8, siphash24(purpose[1], id, (size_t)n));
}

static int
child_create(struct child *ch)
{
	const struct conf *conf = ch->ch_conf;
	struct spate_conf sc = { .sc_ncpus = conf->cf_cpus,
		.sc_pktmem = conf->cf_memory,
		.sc_hostname = conf->cf_hostname,
		.sc_shared = needs_shared_memory(conf) };
	char hostname[64] = "";
	int error;

	tzset(); /* reads a file, which is no more allowed later */
	gethostname(hostname, sizeof(hostname) - 1);
	if (sc.sc_hostname == NULL && hostname[0] != '\0')
		sc.sc_hostname = hostname;
	log_init(&ch->ch_env.env_log, child_log, NULL, LOGL_INFO);
	opener_remote_init(&ch->ch_opener, ch->ch_fds->cf_opener);
	ch->ch_env.env_opener = &ch->ch_opener.orm_opener;
	if (getrandom(&ch->ch_env.env_seed, sizeof(ch->ch_env.env_seed), 0) < 0)
		return child_fail("no random numbers", errno);
	child_secret(ch->ch_env.env_secret);
	if ((error = engine_create(&ch->ch_env, &ch->ch_engine)) != 0 ||
	    (error = spate_create(&sc, &ch->ch_env, &ch->ch_sp)) != 0)
		return child_fail("cannot make the instance", error);
	return CMD_OK;
}

static int ON_CTL
child_apply(struct child *ch)
{
	struct conf *conf = ch->ch_conf;
	struct conf_errors errs;
	int error;

	ch->ch_conf = NULL;
	error = control_apply(ch->ch_sp->sp_ctl, conf, &errs);
	conf_errors_print(&errs, stderr);
	conf_errors_free(&errs);
	/* The file is good: what can fail now is the world. */
	return error == 0 ? CMD_OK : CMD_FAILED;
}

static const char *
plural(unsigned n)
{
	return n == 1 ? "" : "s";
}

static void ON_CTL
child_ready(struct child *ch)
{
	const struct conf *conf = control_conf(ch->ch_sp->sp_ctl);
	unsigned ncpus = conf->cf_cpus, nifs = conf_nifs(conf);

	fprintf(stderr, "spate: ready: %u CPU%s, %u interface%s, pid %d\n",
	    ncpus, plural(ncpus), nifs, plural(nifs), (int)getppid());
	if (write(ch->ch_fds->cf_ready, "r", 1) != 1)
		log_warn(&ch->ch_env.env_log, "the parent does not hear: %s",
		    strerror(errno));
	close(ch->ch_fds->cf_ready);
}

/* CPUs take no signals: those are the event loop's. */
static int ON_CTL
child_start(struct child *ch)
{
	const struct conf *conf = control_conf(ch->ch_sp->sp_ctl);
	sigset_t all, none;
	int error;

	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	error = engine_start(ch->ch_engine, ch->ch_sp,
	    conf->cf_ncpu_list > 0 ? conf->cf_cpu_list : NULL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	return error != 0 ? child_fail("cannot start the CPUs", error) : CMD_OK;
}

/* Hosts are told that this router goes; none is worth waiting for long. */
static void ON_CTL
child_leave(struct child *ch)
{
	struct ctl *ctl = ch->ch_sp->sp_ctl;
	unsigned left = LEAVE_MS;

	control_leave(ctl);
	for (; left > 0 && control_leaving(ctl); left--) {
		ctl_round(ctl);
		poll(NULL, 0, 1);
	}
}

static int ON_CTL
child_serve(struct child *ch)
{
	int error, status;
	bool orphan;

	if ((status = child_apply(ch)) != CMD_OK)
		return status;
	error = loop_create(ch->ch_sp->sp_ctl, ch->ch_fds, &ch->ch_loop);
	if (error != 0)
		return child_fail("no event loop", error);
	if (sandbox_enter(&ch->ch_env.env_log) != 0)
		return CMD_FAILED;
	if ((status = child_start(ch)) != CMD_OK)
		return status;
	child_ready(ch);
	orphan = !loop_run(ch->ch_loop, ch->ch_engine);
	child_leave(ch);
	if (!orphan)
		return CMD_OK;
	log_error(&ch->ch_env.env_log, "the privileged process is gone: "
	    "stopping");
	return CMD_FAILED;
}

int
child_run(struct conf *conf, const struct child_fds *cf)
{
	struct child ch = { .ch_conf = conf, .ch_fds = cf };
	int status;

	role_enter(&on_ctl);
	signal(SIGHUP, SIG_IGN); /* the parent answers it */
	if ((status = child_create(&ch)) == CMD_OK)
		status = child_serve(&ch);
	if (ch.ch_engine != NULL)
		engine_stop(ch.ch_engine);
	if (ch.ch_loop != NULL)
		loop_destroy(ch.ch_loop);
	if (ch.ch_sp != NULL) {
		control_fini(ch.ch_sp->sp_ctl);
		spate_destroy(ch.ch_sp);
	}
	if (ch.ch_engine != NULL)
		engine_destroy(ch.ch_engine);
	conf_free(ch.ch_conf);
	return status;
}
