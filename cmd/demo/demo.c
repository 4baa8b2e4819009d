/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * spate demo: two hosts and a router between them.
 *
 * alice and bob are network namespaces with the kernel's own stack; Spate
 * routes between them, first on tap devices, then on AF_XDP over veth where
 * the kernel lets us.  They ping, trace and iperf3 each other, each step is
 * told, and in the end each CPU says what it did and where every packet went.
 * All of it happens in namespaces of this process alone (lab.h).
 */
#include <errno.h>
#include <getopt.h>
#include <linux/bpf.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "cmd.h"
#include "demo/demo.h"
#include "demo/lab.h"

#define IPERF_SECONDS 2
#define OUTPUT	      8192

struct demo {
	const char *de_driver;	  /* "tap" or "xdp" */
	struct lab_host de_alice;
	struct lab_host de_bob;
	struct lab_host de_router; /* our own namespace */
	pid_t de_daemon;
	pid_t de_iperf;
	char de_dir[64];	  /* configuration, socket, log */
	char de_self[256];	  /* this program */
	char de_out[OUTPUT];	  /* what the last command printed */
};

/* One line of progress: what, dots, and how it went. */
static void
step(const char *what)
{
	printf("  %s ", what);
	for (size_t n = strlen(what); n < 40; n++)
		putchar('.');
	putchar(' ');
	fflush(stdout);
}

static bool
step_done(bool ok, const char *result)
{
	printf("%s%s\n", ok ? "" : "FAILED ", result);
	return ok;
}

static uint64_t
now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

/* The line of the output that has the word, cut at its end; NULL: none. */
static char *
line_with(char *text, const char *word)
{
	char *at = strstr(text, word);

	if (at == NULL)
		return NULL;
	while (at > text && at[-1] != '\n')
		at--;
	at[strcspn(at, "\n")] = '\0';
	return at;
}

static bool
write_config(const struct demo *de)
{
	char path[128];
	FILE *f;

	snprintf(path, sizeof(path), "%s/spate.conf", de->de_dir);
	if ((f = fopen(path, "w")) == NULL)
		return false;
	fprintf(f,
	    "cpus = 2\n"
	    "interface left {\n"
	    "    driver = \"%s\"\n    device = \"left0\"\n    queues = 2\n"
	    "    address = {\"10.0.1.1/24\", \"fd00:0:0:1::1/64\"}\n"
	    "}\n"
	    "interface right {\n"
	    "    driver = \"%s\"\n    device = \"right0\"\n    queues = 2\n"
	    "    address = {\"10.0.2.1/24\", \"fd00:0:0:2::1/64\"}\n"
	    "}\n"
	    "control { socket = \"%s/spate.sock\" }\n",
	    de->de_driver, de->de_driver, de->de_dir);
	return fclose(f) == 0;
}

/* Two wires, for AF_XDP: one end here, the other with its host. */
static bool
make_veth(struct demo *de, const char *dev, const char *peer,
    const struct lab_host *h)
{
	return lab_run(&de->de_router, 5, de->de_out, OUTPUT,
	    "ip link add %s numrxqueues 2 numtxqueues 2 type veth "
	    "peer name %s numrxqueues 2 numtxqueues 2 && "
	    "ip link set %s netns /proc/self/fd/%d && "
	    "ip link set %s up", dev, peer, peer, h->lh_fd, dev) == 0;
}

static bool
make_wires(struct demo *de)
{
	if (strcmp(de->de_driver, "tap") == 0)
		return true; /* the daemon makes them */
	step("two veth wires");
	return step_done(make_veth(de, "left0", "eth0", &de->de_alice) &&
	    make_veth(de, "right0", "eth0", &de->de_bob), "");
}

static bool
daemon_answers(struct demo *de)
{
	return lab_run(&de->de_router, 2, de->de_out, OUTPUT,
	    "%s show -s %s/spate.sock version", de->de_self,
	    de->de_dir) == 0;
}

static bool
start_daemon(struct demo *de)
{
	char conf[128], log[128], result[64];
	const char *argv[] = { de->de_self, "daemon", "-c", conf, NULL };
	struct timespec nap = { .tv_nsec = 5000000 };
	uint64_t began = now_ms();

	step("spate daemon on 2 CPUs");
	snprintf(conf, sizeof(conf), "%s/spate.conf", de->de_dir);
	snprintf(log, sizeof(log), "%s/log", de->de_dir);
	de->de_daemon = lab_start(&de->de_router, log, argv);
	while (!daemon_answers(de)) {
		if (lab_interrupted() || now_ms() - began > 5000) {
			step_done(false, "it said:");
			lab_run(&de->de_router, 2, NULL, 0, "cat %s", log);
			return false;
		}
		nanosleep(&nap, NULL);
	}
	snprintf(result, sizeof(result), "answers after %llu ms",
	    (unsigned long long)(now_ms() - began));
	return step_done(true, result);
}

/* Move the tap to its host, or tell its veth that checksums are wanted. */
static bool
host_link(struct demo *de, const char *dev, const struct lab_host *h)
{
	if (strcmp(de->de_driver, "tap") != 0)
		return lab_run(h, 5, de->de_out, OUTPUT,
			   "ethtool -K eth0 tx off tso off gso off") == 0;
	return lab_run(&de->de_router, 5, de->de_out, OUTPUT,
	    "ip link set %s name eth0 netns /proc/self/fd/%d", dev,
	    h->lh_fd) == 0;
}

static bool
host_up(struct demo *de, const char *dev, const struct lab_host *h, int net)
{
	return host_link(de, dev, h) &&
	    lab_run(h, 5, de->de_out, OUTPUT,
		"ip link set eth0 up && "
		"ip addr add 10.0.%d.2/24 dev eth0 && "
		"ip addr add fd00:0:0:%d::2/64 dev eth0 nodad && "
		"ip route add default via 10.0.%d.1 && "
		"ip -6 route add default via fd00:0:0:%d::1", net, net, net,
		net) == 0;
}

static bool
start_hosts(struct demo *de)
{
	const char *argv[] = { "iperf3", "-s", NULL };
	char log[128];
	bool ok;

	step("alice and bob, two kernels' own stacks");
	snprintf(log, sizeof(log), "%s/iperf3", de->de_dir);
	ok = host_up(de, "left0", &de->de_alice, 1) &&
	    host_up(de, "right0", &de->de_bob, 2);
	if (ok)
		de->de_iperf = lab_start(&de->de_bob, log, argv);
	return step_done(ok, ok ? "" : de->de_out);
}

static bool
try_ping(struct demo *de, const char *family, const char *to)
{
	char what[64], *line;

	snprintf(what, sizeof(what), "ping %s %s", family, to);
	step(what);
	if (lab_run(&de->de_alice, 10, de->de_out, OUTPUT,
		"ping %s -c 5 -i 0.2 -W 2 %s", family, to) != 0)
		return step_done(false, de->de_out);
	line = line_with(de->de_out, "packet loss");
	return step_done(true, line != NULL ? line : "");
}

/* Duplicate address detection takes a second or two (RFC 4862). */
static bool
await_ipv6(struct demo *de)
{
	uint64_t began = now_ms();

	step("IPv6 addresses of the router are unique");
	while (lab_run(&de->de_alice, 3, de->de_out, OUTPUT,
	    "ping -6 -c 1 -W 1 fd00:0:0:1::1 && "
	    "ping -6 -c 1 -W 1 fd00:0:0:2::1") != 0)
		if (lab_interrupted() || now_ms() - began > 8000)
			return step_done(false, de->de_out);
	return step_done(true, "");
}

static bool
try_traceroute(struct demo *de, const char *family, const char *router,
    const char *to)
{
	char what[64], result[128];
	bool ok;

	snprintf(what, sizeof(what), "traceroute %s %s", family, to);
	step(what);
	ok = lab_run(&de->de_alice, 20, de->de_out, OUTPUT,
	    "traceroute %s -n -q 1 -w 2 %s", family, to) == 0 &&
	    strstr(de->de_out, router) != NULL;
	snprintf(result, sizeof(result), "%s, %s", router, to);
	return step_done(ok, ok ? result : de->de_out);
}

/*
 * The server needs a moment after each run, in which it says that it is busy
 * or, because it closes its socket and opens another, the kernel refuses.
 */
static bool
iperf_not_yet(const char *said)
{
	return strstr(said, "busy") != NULL ||
	    strstr(said, "Connection reset") != NULL ||
	    strstr(said, "Connection refused") != NULL;
}

static bool
run_iperf(struct demo *de, const char *to, const char *reverse)
{
	struct timespec nap = { .tv_nsec = 200000000 };

	for (int tries = 0; tries < 10 && !lab_interrupted(); tries++) {
		if (lab_run(&de->de_alice, IPERF_SECONDS + 10, de->de_out,
			OUTPUT, "iperf3 -c %s -t %d -P 4 -f g %s", to,
			IPERF_SECONDS, reverse) == 0)
			return true;
		if (!iperf_not_yet(de->de_out))
			return false;
		nanosleep(&nap, NULL);
	}
	return false;
}

/* "[SUM]  0.00-2.00 sec  2.17 GBytes  9.31 Gbits/sec  receiver" */
static char *
sum_received(char *text)
{
	char *line, *at = NULL;

	for (line = strtok(text, "\n"); line != NULL; line = strtok(NULL, "\n"))
		if (strstr(line, "[SUM]") != NULL &&
		    strstr(line, "receiver") != NULL &&
		    (at = strstr(line, "Bytes")) != NULL) {
			at += strcspn(at, " ");
			at += strspn(at, " ");
			at[strcspn(at, "/")] = '\0';
		}
	return at;
}

static bool
try_iperf(struct demo *de, const char *to, const char *reverse)
{
	char what[64], *rate;

	snprintf(what, sizeof(what), "iperf3 alice %s bob, %s",
	    *reverse != '\0' ? "<-" : "->",
	    strchr(to, ':') != NULL ? "IPv6" : "IPv4");
	step(what);
	if (!run_iperf(de, to, reverse) ||
	    (rate = sum_received(de->de_out)) == NULL)
		return step_done(false, de->de_out);
	printf("%s/s\n", rate);
	return true;
}

static bool
try_all(struct demo *de)
{
	static const struct {
		const char *to, *reverse;
	} runs[] = {
		{ "10.0.2.2", "" },
		{ "10.0.2.2", "-R" },
		{ "fd00:0:0:2::2", "" },
		{ "fd00:0:0:2::2", "-R" },
	};
	bool ok;

	ok = try_ping(de, "-4", "10.0.2.2") && await_ipv6(de) &&
	    try_ping(de, "-6", "fd00:0:0:2::2") &&
	    try_traceroute(de, "-4", "10.0.1.1", "10.0.2.2") &&
	    try_traceroute(de, "-6", "fd00:0:0:1::1", "fd00:0:0:2::2");
	for (size_t i = 0; ok && i < sizeof(runs) / sizeof(runs[0]); i++)
		ok = try_iperf(de, runs[i].to, runs[i].reverse);
	return ok;
}

static bool
show(struct demo *de, const char *what)
{
	printf("\n  $ spate show %s\n", what);
	return lab_run(&de->de_router, 5, NULL, 0,
	    "%s show -s %s/spate.sock %s | sed 's/^/  /'", de->de_self,
	    de->de_dir, what) == 0;
}

static bool
stop_daemon(struct demo *de)
{
	char result[64];
	uint64_t began = now_ms();
	int status;

	step("stop spate");
	status = lab_stop(de->de_daemon, 5);
	de->de_daemon = -1;
	snprintf(result, sizeof(result), "status %d after %llu ms", status,
	    (unsigned long long)(now_ms() - began));
	return step_done(status == 0, result);
}

static void
clean_up(struct demo *de)
{
	static const char *const names[] = { "spate.conf", "spate.sock",
		"log", "iperf3" };
	char path[128];

	if (de->de_iperf > 0)
		lab_stop(de->de_iperf, 1);
	if (de->de_daemon > 0)
		lab_stop(de->de_daemon, 5);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", de->de_dir, names[i]);
		unlink(path);
	}
	rmdir(de->de_dir);
	if (de->de_alice.lh_fd >= 0)
		close(de->de_alice.lh_fd);
	if (de->de_bob.lh_fd >= 0)
		close(de->de_bob.lh_fd);
}

static bool
prepare(struct demo *de)
{
	ssize_t n = readlink("/proc/self/exe", de->de_self,
	    sizeof(de->de_self) - 1);

	if (n <= 0 || mkdtemp(de->de_dir) == NULL || !write_config(de)) {
		fprintf(stderr, "spate demo: %s: %s\n", de->de_dir,
		    strerror(errno));
		return false;
	}
	if (lab_host_create(&de->de_alice, "alice") != 0 ||
	    lab_host_create(&de->de_bob, "bob") != 0) {
		fprintf(stderr, "spate demo: cannot make a network "
		    "namespace: %s\n", strerror(errno));
		return false;
	}
	return true;
}

static bool
demo_on(const char *driver)
{
	struct demo de = {
		.de_driver = driver,
		.de_dir = "/tmp/spate-demo.XXXXXX",
		.de_alice.lh_fd = -1,
		.de_bob.lh_fd = -1,
		.de_router.lh_fd = -1,
		.de_daemon = -1,
		.de_iperf = -1,
	};
	bool ok;

	printf("\nOn %s: alice 10.0.1.2 -- [10.0.1.1 spate 10.0.2.1] -- "
	    "10.0.2.2 bob\n", strcmp(driver, "tap") == 0 ? "tap devices" :
	    "AF_XDP over veth");
	ok = prepare(&de) && make_wires(&de) && start_daemon(&de) &&
	    start_hosts(&de) && try_all(&de) && show(&de, "cpus") &&
	    show(&de, "interfaces") && show(&de, "drops") && stop_daemon(&de);
	if (lab_interrupted())
		printf("\ninterrupted\n");
	clean_up(&de);
	return ok && !lab_interrupted();
}

/*
 * Why AF_XDP cannot work here, whatever the daemon does; NULL: it may.  A
 * kernel may lack it, a container or a lockdown forbid sockets or BPF.
 */
static const char *
xdp_refused(void)
{
	union bpf_attr attr = { .map_type = BPF_MAP_TYPE_XSKMAP,
		.key_size = sizeof(int),
		.value_size = sizeof(int),
		.max_entries = 1 };
	int fd;

	if ((fd = socket(AF_XDP, SOCK_RAW | SOCK_CLOEXEC, 0)) < 0)
		return errno == EAFNOSUPPORT ? "this kernel does not have it" :
		    "its sockets are not allowed here";
	close(fd);
	fd = (int)syscall(SYS_bpf, BPF_MAP_CREATE, &attr, sizeof(attr));
	if (fd < 0)
		return errno == EPERM ? "BPF is not allowed here" :
		    "this kernel has no BPF for it";
	close(fd);
	return NULL;
}

static bool
demo_on_xdp(bool unprivileged)
{
	const char *why = unprivileged ? "it needs privileges" : xdp_refused();

	if (why == NULL)
		return demo_on("xdp");
	printf("\nOn AF_XDP: left out, %s.\n", why);
	return true;
}

static void
by_hand(void)
{
	printf("\nBy hand: write the ten lines that README.md shows to "
	    "router.conf,\n    sudo build/spate daemon -c router.conf\n"
	    "and ask it: build/spate show interfaces | routes | neighbours | "
	    "cpus | drops\n");
}

static int
usage(void)
{
	fprintf(stderr, "usage: spate demo [--unprivileged]\n");
	return CMD_USAGE;
}

int
cmd_demo(int argc, char **argv)
{
	static const struct option options[] = {
		{ "unprivileged", no_argument, NULL, 'u' },
		{ 0 },
	};
	bool unprivileged = false;
	int ch, error;

	while ((ch = getopt_long(argc, argv, "u", options, NULL)) != -1) {
		if (ch != 'u')
			return usage();
		unprivileged = true;
	}
	if (argc > optind)
		return usage();
	lab_catch_signals();
	if ((error = lab_enter(unprivileged)) != 0) {
		fprintf(stderr, "spate demo: no network namespace of our own: "
		    "%s%s\n", strerror(error), unprivileged ? "" :
		    "; run it as root, or with --unprivileged");
		return CMD_FAILED;
	}
	if (!demo_on("tap") || !demo_on_xdp(unprivileged))
		return CMD_FAILED;
	by_hand();
	return CMD_OK;
}
