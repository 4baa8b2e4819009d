/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * spate ping: echo requests from the daemon's own stack, its answers as
 * ping(8) prints them.
 *
 * The daemon sends, waits and measures; this program prints, and counts for
 * the summary, which must be right also when Ctrl-C ends it before the daemon
 * has said its last word.
 */
#include <errno.h>
#include <getopt.h>
#include <netdb.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "client.h"
#include "cmd.h"
#include "ping.h"

#define PING_SIZE  56	      /* as ping(8) has it, without ICMP header */
#define PING_COUNT UINT32_MAX /* until interrupted, as good as */

struct ping_args {
	const char *pa_socket;
	const char *pa_name;
	const char *pa_vrf;	/* or NULL */
	int pa_family;		/* AF_UNSPEC: either */
	unsigned long pa_count;
	unsigned long pa_size;
	unsigned long pa_interval_ms;
};

/* What the summary is made of; times in milliseconds. */
struct ping_sum {
	unsigned long ps_sent;
	unsigned long ps_received;
	unsigned long ps_errors;
	unsigned long ps_timed; /* received with a time */
	double ps_least;
	double ps_most;
	double ps_total;
};

static int
ping_usage(void)
{
	fputs("usage: spate ping [-46] [-c COUNT] [-i SECONDS] [-s SIZE] "
	    "[-S SOCKET] [-V VRF] ADDRESS\n", stderr);
	return CMD_USAGE;
}

/* A number from least to most, times scale; false if it is something else. */
static bool
parse_number(const char *text, double least, double most, double scale,
    unsigned long *out)
{
	char *end;
	double v = strtod(text, &end);

	if (end == text || *end != '\0' || !(v >= least && v <= most))
		return false;
	*out = (unsigned long)(v * scale + 0.5);
	return true;
}

static bool
ping_option(struct ping_args *pa, int c, const char *arg)
{
	const char *want;

	switch (c) {
	case '4':
		pa->pa_family = AF_INET;
		return true;
	case '6':
		pa->pa_family = AF_INET6;
		return true;
	case 'S':
		pa->pa_socket = arg;
		return true;
	case 'V':
		pa->pa_vrf = arg;
		return true;
	case 'c':
		want = "a count from 1 to 1000000000";
		if (parse_number(arg, 1, 1e9, 1, &pa->pa_count))
			return true;
		break;
	case 'i':
		want = "seconds from 0.01 to 3600";
		if (parse_number(arg, 0.01, 3600, 1000, &pa->pa_interval_ms))
			return true;
		break;
	case 's':
		want = "a size from 0 to 65000";
		if (parse_number(arg, 0, 65000, 1, &pa->pa_size))
			return true;
		break;
	default:
		return false;
	}
	fprintf(stderr, "spate: -%c wants %s, not \"%s\"\n", c, want, arg);
	return false;
}

static bool
ping_parse(struct ping_args *pa, int argc, char **argv)
{
	int c;

	while ((c = getopt(argc, argv, "46S:V:c:i:s:")) != -1)
		if (!ping_option(pa, c, optarg))
			return false;
	if (argc - optind != 1)
		return false;
	pa->pa_name = argv[optind];
	return true;
}

/*
 * The address of a name in text.  What follows "%" is an interface of the
 * daemon, about which the system's resolver knows nothing.
 */
static int
ping_resolve(const struct ping_args *pa, char *text, size_t len)
{
	struct addrinfo hints = { .ai_family = pa->pa_family,
		.ai_socktype = SOCK_DGRAM };
	size_t n = strcspn(pa->pa_name, "%");
	struct addrinfo *ai;
	char name[256];
	int error;

	snprintf(name, sizeof(name), "%.*s", (int)n, pa->pa_name);
	if ((error = getaddrinfo(name, NULL, &hints, &ai)) == 0) {
		error = getnameinfo(ai->ai_addr, ai->ai_addrlen, text,
		    (socklen_t)len, NULL, 0, NI_NUMERICHOST);
		freeaddrinfo(ai);
	}
	if (error != 0)
		fprintf(stderr, "spate: %s: %s\n", name, gai_strerror(error));
	return error;
}

static json_t *
ping_message(const struct ping_args *pa, const char *address)
{
	const char *scope = strchr(pa->pa_name, '%');

	return json_pack("{s:s+, s:I, s:I, s:I, s:s*}", "address", address,
	    scope != NULL ? scope : "", "count", (json_int_t)pa->pa_count,
	    "size", (json_int_t)pa->pa_size, "interval_ms",
	    (json_int_t)pa->pa_interval_ms, "vrf", pa->pa_vrf);
}

static const char *
member_text(const json_t *result, const char *key)
{
	const char *text = json_string_value(json_object_get(result, key));

	return text != NULL ? text : "";
}

static int
member_number(const json_t *result, const char *key)
{
	return (int)json_integer_value(json_object_get(result, key));
}

static void
ping_time(struct ping_sum *ps, double ms)
{
	if (ps->ps_timed++ == 0 || ms < ps->ps_least)
		ps->ps_least = ms;
	if (ms > ps->ps_most)
		ps->ps_most = ms;
	ps->ps_total += ms;
	printf(" time=%.3f ms", ms);
}

static void
ping_reply(struct ping_sum *ps, const json_t *result)
{
	const json_t *us = json_object_get(result, "rtt_us");

	ps->ps_received++;
	printf("%d bytes from %s: icmp_seq=%d ttl=%d",
	    member_number(result, "size"), member_text(result, "from"),
	    member_number(result, "seq"), member_number(result, "ttl"));
	if (us != NULL) /* else the request was too short to carry the time */
		ping_time(ps, json_number_value(us) / 1000);
	putchar('\n');
}

static void
ping_error(struct ping_sum *ps, const json_t *result)
{
	const char *from = member_text(result, "from");
	int mtu = member_number(result, "mtu");

	ps->ps_errors++;
	if (*from != '\0')
		printf("from %s: ", from);
	printf("icmp_seq=%d %s", member_number(result, "seq"),
	    member_text(result, "error"));
	if (mtu > 0)
		printf(" (mtu %d)", mtu);
	putchar('\n');
}

/* What became of one request. */
static void
ping_print(struct ping_sum *ps, const json_t *result)
{
	if (json_object_get(result, "seq") == NULL)
		return; /* the end */
	ps->ps_sent++;
	if (json_object_get(result, "error") != NULL)
		ping_error(ps, result);
	else if (json_is_true(json_object_get(result, "timeout")))
		printf("no answer: icmp_seq=%d\n",
		    member_number(result, "seq"));
	else
		ping_reply(ps, result);
	fflush(stdout);
}

static void
ping_summary(const struct ping_sum *ps, const char *name)
{
	double lost = (double)(ps->ps_sent - ps->ps_received);

	printf("\n--- %s ping statistics ---\n%lu sent, %lu received", name,
	    ps->ps_sent, ps->ps_received);
	if (ps->ps_errors > 0)
		printf(", %lu errors", ps->ps_errors);
	printf(", %.4g%% lost\n",
	    ps->ps_sent > 0 ? lost * 100 / (double)ps->ps_sent : 0.0);
	if (ps->ps_timed > 0)
		printf("rtt min/avg/max = %.3f/%.3f/%.3f ms\n", ps->ps_least,
		    ps->ps_total / (double)ps->ps_timed, ps->ps_most);
}

static int
ping_run(struct client *cl, const struct ping_args *pa, const char *address)
{
	static const int sigint = SIGINT;
	struct ping_sum ps = { 0 };
	bool done = false;
	json_t *result;
	int status;

	client_catch(cl, &sigint, 1);
	if (client_send(cl, "ping", ping_message(pa, address)) != 0)
		return CMD_FAILED;
	printf("PING %s (%s): %lu data bytes\n", pa->pa_name, address,
	    pa->pa_size);
	fflush(stdout);
	while (!done && (result = client_receive(cl, &done)) != NULL) {
		ping_print(&ps, result);
		json_decref(result);
	}
	status = done || errno == EINTR ? CMD_OK : CMD_FAILED;
	if (ps.ps_sent > 0 || status == CMD_OK)
		ping_summary(&ps, pa->pa_name);
	return ps.ps_received > 0 ? status : CMD_FAILED;
}

int
cmd_ping(int argc, char **argv)
{
	struct ping_args pa = { .pa_family = AF_UNSPEC,
		.pa_count = PING_COUNT,
		.pa_size = PING_SIZE,
		.pa_interval_ms = 1000 };
	char address[NI_MAXHOST];
	struct client cl;
	int status;

	if (!ping_parse(&pa, argc, argv))
		return ping_usage();
	if (ping_resolve(&pa, address, sizeof(address)) != 0)
		return CMD_USAGE;
	if (client_open(&cl, pa.pa_socket) != 0)
		return CMD_FAILED;
	status = ping_run(&cl, &pa, address);
	client_close(&cl);
	return status;
}
