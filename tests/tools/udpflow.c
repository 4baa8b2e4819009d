/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * UDP with sequence numbers: a sender, and a receiver that tells what is
 * missing.  What tests/net measures loss with.
 *
 * usage: udpflow recv PORT
 *        udpflow send PORT RATE SECONDS ADDRESS ...
 *
 * The sender spreads RATE datagrams a second evenly over the addresses, of
 * FLOWS source ports each, for SECONDS or until SIGTERM.  Both print a line of
 * name=value pairs when they end; the receiver ends by SIGTERM, and says
 * "ready" when it listens.  In "lost" it counts what it missed before the last
 * datagram that came of a flow; in "late" those that came behind a later one.
 */
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <netdb.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define FLOWS	  8 /* of each address */
#define FLOWS_MAX 256
#define BURST	  64
#define BUFFER	  (64 << 20) /* bytes a socket may hold */
#define TICK_NS	  1000000

struct datagram {
	uint32_t d_flow;
	uint32_t d_zero;
	uint64_t d_seq;
	uint8_t d_fill[32];
};

static volatile sig_atomic_t ended;

static void
on_term(int signum)
{
	(void)signum;
	ended = 1;
}

static uint64_t
now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

static unsigned long
number(const char *text, unsigned long most)
{
	char *end;
	unsigned long n;

	errno = 0;
	n = strtoul(text, &end, 10);
	if (errno != 0 || *text == '\0' || *end != '\0' || n == 0 || n > most)
		errx(2, "\"%s\" is not a number from 1 to %lu", text, most);
	return n;
}

/* IPv4 comes in mapped addresses. */
static int
udp_socket(void)
{
	const int size = BUFFER, no = 0;
	int fd = socket(AF_INET6, SOCK_DGRAM, 0);

	if (fd < 0 ||
	    setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &no, sizeof(no)) != 0)
		err(1, "socket");
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) !=
	    0 || setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &size,
	    sizeof(size)) != 0)
		err(1, "size of the socket's buffer");
	return fd;
}

struct count {
	uint64_t c_next; /* sequence number behind the highest that came */
	uint64_t c_came;
};

static void
count_one(struct count *counts, const struct datagram *d, size_t len,
    uint64_t *late)
{
	struct count *c;

	if (len != sizeof(*d) || d->d_flow >= FLOWS_MAX)
		return;
	c = &counts[d->d_flow];
	c->c_came++;
	if (d->d_seq >= c->c_next)
		c->c_next = d->d_seq + 1;
	else
		(*late)++;
}

static int
receive(uint16_t port)
{
	static struct datagram d[BURST];
	static struct count counts[FLOWS_MAX];
	struct sockaddr_in6 sin6 = { .sin6_family = AF_INET6,
		.sin6_port = htons(port) };
	struct mmsghdr mm[BURST] = { 0 };
	struct iovec iov[BURST];
	uint64_t late = 0, came = 0, lost = 0;
	int fd = udp_socket(), i, n;

	if (bind(fd, (struct sockaddr *)&sin6, sizeof(sin6)) != 0)
		err(1, "port %u", port);
	for (i = 0; i < BURST; i++) {
		iov[i] = (struct iovec){ &d[i], sizeof(d[i]) };
		mm[i].msg_hdr.msg_iov = &iov[i];
		mm[i].msg_hdr.msg_iovlen = 1;
	}
	puts("ready");
	fflush(stdout);
	while (!ended) {
		n = recvmmsg(fd, mm, BURST, MSG_WAITFORONE, NULL);
		for (i = 0; i < n; i++)
			count_one(counts, &d[i], mm[i].msg_len, &late);
	}
	for (i = 0; i < FLOWS_MAX; i++) {
		came += counts[i].c_came;
		lost += counts[i].c_next - counts[i].c_came;
	}
	printf("came=%ju lost=%jd late=%ju\n", (uintmax_t)came, (intmax_t)lost,
	    (uintmax_t)late);
	return 0;
}

struct flows {
	int f_fd[FLOWS_MAX];
	uint64_t f_seq[FLOWS_MAX];
	unsigned f_n;
	unsigned f_at; /* whose turn it is */
	uint64_t f_sent;
	uint64_t f_refused; /* by the kernel: no room, no route */
};

static void
flows_add(struct flows *f, const char *address, const char *port)
{
	static const struct addrinfo hints = { .ai_family = AF_INET6,
		.ai_socktype = SOCK_DGRAM,
		.ai_flags = AI_V4MAPPED | AI_NUMERICHOST | AI_NUMERICSERV };
	struct addrinfo *ai;
	int error, i;

	if ((error = getaddrinfo(address, port, &hints, &ai)) != 0)
		errx(2, "%s: %s", address, gai_strerror(error));
	for (i = 0; i < FLOWS && f->f_n < FLOWS_MAX; i++) {
		f->f_fd[f->f_n] = udp_socket();
		if (connect(f->f_fd[f->f_n], ai->ai_addr, ai->ai_addrlen) != 0)
			err(1, "%s", address);
		f->f_n++;
	}
	freeaddrinfo(ai);
}

static void
flows_send(struct flows *f, uint64_t n)
{
	for (; n > 0; n--, f->f_at = (f->f_at + 1) % f->f_n) {
		struct datagram d = { .d_flow = f->f_at,
			.d_seq = f->f_seq[f->f_at] };

		if (send(f->f_fd[f->f_at], &d, sizeof(d), 0) < 0) {
			f->f_refused++;
			continue;
		}
		f->f_seq[f->f_at]++;
		f->f_sent++;
	}
}

static int
send_all(struct flows *f, unsigned long rate, unsigned long seconds)
{
	const struct timespec tick = { .tv_nsec = TICK_NS };
	uint64_t start = now_ns(), end = start + seconds * 1000000000, now;
	uint64_t due, tried = 0;

	while (!ended && (now = now_ns()) < end) {
		/* What a late tick missed is not made up for in one burst. */
		due = (uint64_t)((double)(now - start) * 1e-9 * (double)rate);
		if (due - tried > rate / 50 + 1)
			tried = due - rate / 50 - 1;
		flows_send(f, due - tried);
		tried = due;
		nanosleep(&tick, NULL);
	}
	printf("sent=%ju refused=%ju rate=%.0f\n", (uintmax_t)f->f_sent,
	    (uintmax_t)f->f_refused,
	    (double)f->f_sent / ((double)(now_ns() - start) * 1e-9));
	return 0;
}

int
main(int argc, char **argv)
{
	static struct flows f;
	struct sigaction sa = { .sa_handler = on_term }; /* no SA_RESTART */
	int i;

	sigaction(SIGTERM, &sa, NULL);
	sigaction(SIGINT, &sa, NULL);
	if (argc == 3 && strcmp(argv[1], "recv") == 0)
		return receive((uint16_t)number(argv[2], UINT16_MAX));
	if (argc < 6 || strcmp(argv[1], "send") != 0) {
		fputs("usage: udpflow recv PORT\n"
		    "       udpflow send PORT RATE SECONDS ADDRESS ...\n",
		    stderr);
		return 2;
	}
	for (i = 5; i < argc; i++)
		flows_add(&f, argv[i], argv[2]);
	return send_all(&f, number(argv[3], 100000000),
	    number(argv[4], 3600));
}
