/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Forwards frames between two devices, with one CPU and no protocols: what
 * tests/net/dev_test.py exercises the drivers with.
 *
 * usage: devbounce [-nu] [-m mode] [-t seconds] driver:device driver:device
 *	-m	xdp: "auto", "copy", "zerocopy"
 *	-n	tap, packet: no offloads
 *	-t	end by itself
 *	-u	open devices through a privileged parent, and have no privilege
 *
 * Says "ready" once it forwards.  When it ends (by SIGTERM), it prints a line
 * of name=value pairs for each device, and how many buffers are missing.
 */
#include <err.h>
#include <errno.h>
#include <grp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "dev/dev.h"
#include "dev/open.h"
#include "mbuf/mbuf.h"
#include "mbuf/pool.h"

#define NOBODY 65534

struct port {
	struct ifnet *p_if; /* p_ifnet */
	struct ifnet p_ifnet;
	struct dev_conf p_conf;
	char p_name[IF_NAMELEN];
	uint64_t p_rx;
	uint64_t p_tx;
	uint64_t p_full; /* no room to send */
	uint64_t p_lost; /* cannot leave as it is */
	uint64_t p_partial; /* received with an unfinished checksum */
	uint64_t p_gso; /* received as a large segment */
	unsigned p_max; /* largest frame received */
};

struct bounce {
	struct spate b_sp;
	struct ctl b_ctl;
	struct cpu b_cpu;
	struct port b_port[2];
};

static volatile sig_atomic_t stop;
static volatile sig_atomic_t child; /* in the parent: its process */

static void
on_signal(int sig)
{
	if (child != 0)
		kill(child, sig);
	stop = 1;
}

static uint64_t
now_ns(void *arg)
{
	struct timespec ts;

	(void)arg;
	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * NS_S + (uint64_t)ts.tv_nsec;
}

static void
wait_never(void *arg, struct endpoint *ep, uint64_t until)
{
	(void)arg;
	(void)ep;
	(void)until;
}

static void
wake_never(void *arg, struct endpoint *ep)
{
	(void)arg;
	(void)ep;
}

static void
instance_init(struct bounce *b, struct opener *op)
{
	struct spate *sp = &b->b_sp;

	role_enter(&on_ctl);
	sp->sp_env = (struct spate_env){ .env_now = now_ns,
		.env_wait = wait_never,
		.env_wake = wake_never,
		.env_opener = op };
	log_init(&sp->sp_env.env_log, log_sink_stderr, NULL, LOGL_INFO);
	sp->sp_ncpus = 1;
	sp->sp_ctl = &b->b_ctl;
	sp->sp_cpu[0] = &b->b_cpu;
	sp->sp_ep[0] = &b->b_cpu.c_ep;
	sp->sp_ep[1] = &b->b_ctl.ctl_ep;
	sysctl_init(&sp->sp_sysctl);
	if (pktmem_create_shared(sp, 32 << 20) != 0 ||
	    cpu_init(&b->b_cpu, sp, 0) != 0 || mpool_create(&b->b_cpu) != 0 ||
	    ctl_init(&b->b_ctl, sp) != 0)
		errx(1, "no memory");
	curcpu = &b->b_cpu;
}

static void
port_parse(struct port *p, char *arg)
{
	char *colon = strchr(arg, ':');

	if (colon == NULL)
		errx(2, "%s: not driver:device", arg);
	*colon = '\0';
	p->p_conf.dc_driver = arg;
	snprintf(p->p_name, sizeof(p->p_name), "%s", colon + 1);
}

static void
port_open(struct bounce *b, struct port *p, unsigned index)
{
	struct ifnet *ifp = &p->p_ifnet;
	char text[200] = "";
	int error;

	snprintf(ifp->if_name, sizeof(ifp->if_name), "%s", p->p_name);
	ifp->if_sp = &b->b_sp;
	ifp->if_index = (uint16_t)index;
	ifp->if_ops = dev_driver(p->p_conf.dc_driver);
	if (ifp->if_ops == NULL)
		errx(2, "%s: driver is one of %s", p->p_conf.dc_driver,
		    dev_driver_names);
	p->p_if = ifp;
	if (if_set_queues(ifp, 2, 2) != 0)
		errx(1, "no memory");
	error = ifp->if_ops->do_open(ifp, &p->p_conf, text, sizeof(text));
	if (error != 0)
		errx(1, "%s: %s (%s)", ifp->if_name, text, strerror(error));
}

/* The frame as the device takes it, or NULL. */
static struct mbuf *ON_CPU
port_fit(struct cpu *c, struct port *p, struct mbuf *m)
{
	uint32_t caps = p->p_if->if_caps;
	struct mbuf *copy;

	if (m->m_gso != GSO_NONE && (caps & IFCAP_TSO4) == 0)
		goto lost;
	if ((m->m_flags & MF_CSUM_PARTIAL) != 0 && (caps & IFCAP_TXCSUM) == 0 &&
	    !m_csum_complete(m))
		goto lost;
	if (m->m_next == NULL || (caps & IFCAP_CHAIN) != 0)
		return m;
	copy = m_copy(c, m);
	m_free(c, m);
	if (copy == NULL || copy->m_next == NULL)
		return copy;
	m = copy;
lost:
	m_free(c, m);
	return NULL;
}

static void
port_count(struct port *p, const struct mvec *mv)
{
	unsigned i;

	p->p_rx += mv->mv_n;
	for (i = 0; i < mv->mv_n; i++) {
		const struct mbuf *m = mv->mv_m[i];

		p->p_max = umax(p->p_max, m->m_pktlen);
		p->p_gso += m->m_gso != GSO_NONE;
		p->p_partial += (m->m_flags & MF_CSUM_PARTIAL) != 0;
	}
}

static unsigned ON_CPU
forward(struct cpu *c, struct port *from, struct port *to, struct rxq *rxq)
{
	const struct dev_ops *out = to->p_if->if_ops;
	struct txq *txq =
	    &to->p_if->if_txq[rxq->rxq_index % to->p_if->if_ntxq];
	struct mvec mv = { .mv_n = 0 };
	unsigned i, n, sent;

	if (from->p_if->if_ops->do_rx(c, rxq, &mv, 64) == 0)
		return 0;
	port_count(from, &mv);
	for (i = n = 0; i < mv.mv_n; i++)
		if ((mv.mv_m[n] = port_fit(c, to, mv.mv_m[i])) != NULL)
			n++;
		else
			to->p_lost++;
	sent = out->do_tx(c, txq, mv.mv_m, n);
	to->p_tx += sent;
	to->p_full += n - sent;
	m_free_bulk(c, &mv.mv_m[sent], n - sent);
	out->do_kick(c, txq);
	return mv.mv_n;
}

static unsigned ON_CPU
forward_all(struct bounce *b)
{
	unsigned i, q, n = 0;

	for (i = 0; i < 2; i++) {
		struct port *from = &b->b_port[i];

		for (q = 0; q < from->p_if->if_nrxq; q++)
			n += forward(&b->b_cpu, from, &b->b_port[!i],
			    &from->p_if->if_rxq[q]);
	}
	return n;
}

/* As a CPU does before it sleeps. */
static void ON_CPU
idle(struct bounce *b)
{
	struct pollfd pfd[2 * OPEN_MAXQ];
	unsigned i, q, n = 0;
	bool waiting = false;
	struct ifnet *ifp;

	for (i = 0; i < 2; i++) {
		ifp = b->b_port[i].p_if;
		for (q = 0; q < ifp->if_nrxq; q++) {
			waiting |= ifp->if_ops->do_arm(
			    &b->b_cpu, &ifp->if_rxq[q]);
			pfd[n++] = (struct pollfd){
				.fd = ifp->if_rxq[q].rxq_fd, .events = POLLIN };
		}
		for (q = 0; q < ifp->if_ntxq; q++)
			ifp->if_ops->do_kick(&b->b_cpu, &ifp->if_txq[q]);
	}
	if (!waiting)
		(void)poll(pfd, n, 100);
}

static void
port_report(struct port *p)
{
	struct dev_stats ds;

	p->p_if->if_ops->do_stats(p->p_if, &ds);
	printf("device=%s queues=%u/%u mtu=%u rx=%ju tx=%ju full=%ju lost=%ju "
	    "partial=%ju gso=%ju max=%u rx_dropped=%ju rx_errors=%ju "
	    "tx_errors=%ju note=%s\n", p->p_name, p->p_if->if_nrxq,
	    p->p_if->if_ntxq, p->p_if->if_mtu, (uintmax_t)p->p_rx,
	    (uintmax_t)p->p_tx, (uintmax_t)p->p_full, (uintmax_t)p->p_lost,
	    (uintmax_t)p->p_partial, (uintmax_t)p->p_gso, p->p_max,
	    (uintmax_t)ds.ds_rx_dropped, (uintmax_t)ds.ds_rx_errors,
	    (uintmax_t)ds.ds_tx_errors, ds.ds_note);
}

static void
bounce(struct bounce *b, unsigned seconds)
{
	struct mpool_info mi;
	uint64_t end = now_ns(NULL) + seconds * NS_S;
	unsigned i;

	role_enter(&on_cpu);
	for (i = 0; i < 2; i++)
		port_open(b, &b->b_port[i], i + 1);
	puts("ready");
	fflush(stdout);
	while (!stop && (seconds == 0 || now_ns(NULL) < end))
		if (forward_all(b) == 0)
			idle(b);
	for (i = 0; i < 2; i++) {
		port_report(&b->b_port[i]);
		b->b_port[i].p_if->if_ops->do_close(b->b_port[i].p_if);
	}
	msg_run(&b->b_cpu.c_ep);
	mpool_flush(&b->b_cpu);
	mpool_info(&b->b_cpu, &mi);
	printf("missing=%u\n", mi.mi_total - mi.mi_free +
	    mi.mi_large - mi.mi_largefree);
}

static int
allow_all(void *arg, const struct open_req *req, char *text, size_t len)
{
	(void)arg;
	(void)req;
	(void)text;
	(void)len;
	return 0;
}

static void
drop_privilege(void)
{
	if (setgroups(0, NULL) != 0 || setresgid(NOBODY, NOBODY, NOBODY) != 0 ||
	    setresuid(NOBODY, NOBODY, NOBODY) != 0 ||
	    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		err(1, "cannot drop privilege");
}

/* Returns in the child; the parent serves it and ends with its status. */
static int
split(void)
{
	int status, sv[2];
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sv) != 0 ||
	    (pid = fork()) < 0)
		err(1, "cannot split");
	if (pid == 0) {
		close(sv[0]);
		prctl(PR_SET_PDEATHSIG, SIGTERM);
		drop_privilege();
		return sv[1];
	}
	close(sv[1]);
	child = pid;
	while (opener_serve(sv[0], allow_all, NULL) == 0)
		continue;
	if (waitpid(pid, &status, 0) < 0 || !WIFEXITED(status))
		exit(1);
	exit(WEXITSTATUS(status));
}

int
main(int argc, char **argv)
{
	static struct bounce b;
	struct opener_remote remote;
	/* Restarts what the privileged parent waits in. */
	struct sigaction sa = { .sa_handler = on_signal,
		.sa_flags = SA_RESTART };
	struct dev_conf dc = { 0 };
	bool unprivileged = false;
	unsigned seconds = 0;
	int ch;

	while ((ch = getopt(argc, argv, "m:nt:u")) != -1)
		switch (ch) {
		case 'm':
			dc.dc_mode = optarg;
			break;
		case 'n':
			dc.dc_nooffload = true;
			break;
		case 't':
			seconds = (unsigned)atoi(optarg);
			break;
		case 'u':
			unprivileged = true;
			break;
		default:
			return 2;
		}
	if (argc - optind != 2)
		errx(2, "usage: devbounce [-nu] [-m mode] [-t seconds] "
		    "driver:device driver:device");
	b.b_port[0].p_conf = b.b_port[1].p_conf = dc;
	port_parse(&b.b_port[0], argv[optind]);
	port_parse(&b.b_port[1], argv[optind + 1]);
	sigaction(SIGTERM, &sa, NULL);
	sigaction(SIGINT, &sa, NULL);
	if (unprivileged)
		opener_remote_init(&remote, split());
	instance_init(&b, unprivileged ? &remote.orm_opener : NULL);
	bounce(&b, seconds);
	return 0;
}
