/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * spate capture: packets of the running daemon as pcapng, for tshark and its
 * like.
 *
 * The filter is compiled here and runs there.  Records come merged and in
 * order; here they get the time of day and the form of a file.
 */
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <spate/capture.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "capture.h"
#include "client.h"
#include "compile.h"
#include "option.h"
#include "pcapng.h"

#define BUFFER_MAX   (1ul << 20) /* KiB */
#define BUFFER_MIN   256ul
#define IFS_MAX	     65536
#define REASONS_MAX  65536
#define ETHER_HDR    14

struct capture_args {
	const char *ca_socket;
	const char *ca_file;	/* NULL or "-": standard output */
	const char *ca_what;
	json_t *ca_names;	/* NULL: all interfaces */
	unsigned long ca_count; /* 0: until interrupted */
	unsigned long ca_snaplen;
	unsigned long ca_buffer; /* KiB for each CPU; 0: the daemon's own */
	char *ca_filter;	 /* its text; NULL: none */
};

struct capture {
	const struct capture_args *cp_args;
	struct client cp_client;
	FILE *cp_out;
	uint64_t cp_epoch;    /* ns since 1970 when the daemon's clock was 0 */
	uint64_t cp_began;    /* ns since 1970 */
	uint64_t cp_packets;  /* written */
	uint64_t cp_lost;
	uint64_t cp_untold;   /* lost, and not told in a packet yet */
	uint32_t cp_nifs;     /* interfaces in the file */
	bool cp_stopping;     /* asked the daemon to end */
	bool cp_done;	      /* it has, or nobody reads what we write */
	int cp_number[IFS_MAX]; /* in the file, of an interface; -1: none */
	char *cp_name[IFS_MAX];
	char *cp_reason[REASONS_MAX];
};

static int
capture_usage(void)
{
	fputs("usage: spate capture [-i INTERFACE] ... [-w FILE] [-c COUNT] "
	    "[-s SNAPLEN]\n"
	    "           [-B KIB] [-Q in|out|inout] [--drops] [-S SOCKET] "
	    "[FILTER ...]\n", stderr);
	return CMD_USAGE;
}

static bool
capture_direction(struct capture_args *ca, const char *arg)
{
	ca->ca_what = strcmp(arg, "in") == 0 ? "in" :
	    strcmp(arg, "out") == 0	     ? "out" :
	    strcmp(arg, "inout") == 0	     ? "both" :
		NULL;
	if (ca->ca_what == NULL)
		fprintf(stderr, "spate: -Q wants in, out or inout, not "
		    "\"%s\"\n", arg);
	return ca->ca_what != NULL;
}

static bool
capture_option(struct capture_args *ca, int c, const char *arg)
{
	switch (c) {
	case 'B':
		return option_number('B', arg, BUFFER_MIN, BUFFER_MAX,
		    &ca->ca_buffer);
	case 'D':
		ca->ca_what = "drops";
		return true;
	case 'Q':
		return capture_direction(ca, arg);
	case 'S':
		ca->ca_socket = arg;
		return true;
	case 'c':
		return option_number('c', arg, 1, ULONG_MAX, &ca->ca_count);
	case 'i':
		return option_interface(&ca->ca_names, arg);
	case 's':
		return option_number('s', arg, 1, SNAPLEN_MAX,
		    &ca->ca_snaplen);
	case 'w':
		ca->ca_file = arg;
		return true;
	}
	return false;
}

static bool
capture_parse(struct capture_args *ca, int argc, char **argv)
{
	static const struct option longs[] = {
		{ "drops", no_argument, NULL, 'D' }, { 0 }
	};
	int c;

	while ((c = getopt_long(argc, argv, "+B:Q:S:c:i:s:w:", longs,
	    NULL)) != -1)
		if (!capture_option(ca, c, optarg))
			return false;
	if (ca->ca_file != NULL && strcmp(ca->ca_file, "-") == 0)
		ca->ca_file = NULL;
	ca->ca_filter = filter_join(argv + optind, argc - optind);
	return true;
}

static json_t *
capture_message(const struct capture_args *ca, json_t *insns)
{
	json_t *req = json_pack("{s:s, s:I}", "what", ca->ca_what, "snaplen",
	    (json_int_t)ca->ca_snaplen);
	unsigned long buffer = BUFFER_MIN;

	if (ca->ca_names != NULL)
		json_object_set(req, "interfaces", ca->ca_names);
	if (insns != NULL)
		json_object_set_new(req, "filter", insns);
	while (buffer < ca->ca_buffer)
		buffer *= 2;
	if (ca->ca_buffer > 0)
		json_object_set_new(req, "buffer",
		    json_integer((json_int_t)buffer * 1024));
	return req;
}

static uint64_t
realtime(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

static void
capture_stop(struct capture *cp)
{
	if (cp->cp_stopping)
		return;
	cp->cp_stopping = true;
	client_send(&cp->cp_client, "stop", json_object());
}

static void
take_text(char **to, const struct spate_capture_record *scr)
{
	free(*to);
	*to = strndup((const char *)(scr + 1), scr->scr_datalen);
}

static void
take_interface(struct capture *cp, const struct spate_capture_record *scr)
{
	char *was = cp->cp_name[scr->scr_if];
	bool same = was != NULL && strlen(was) == scr->scr_datalen &&
	    memcmp(was, scr + 1, scr->scr_datalen) == 0;

	if (same)
		return;
	take_text(&cp->cp_name[scr->scr_if], scr);
	pcapng_interface(cp->cp_out, cp->cp_name[scr->scr_if],
	    (uint32_t)cp->cp_args->ca_snaplen, cp->cp_args->ca_filter);
	cp->cp_number[scr->scr_if] = (int)cp->cp_nifs++;
}

static uint32_t
packet_flags(const struct spate_capture_record *scr, const uint8_t *p)
{
	static const uint8_t all[6] = { 255, 255, 255, 255, 255, 255 };
	uint32_t flags = scr->scr_kind == SCR_OUT ? PCAPNG_OUT :
	    scr->scr_if != 0			  ? PCAPNG_IN :
		0;

	if (scr->scr_datalen < sizeof(all))
		return flags;
	return flags | (memcmp(p, all, sizeof(all)) == 0 ? PCAPNG_BROADCAST :
	    (p[0] & 1) != 0 ? PCAPNG_MULTICAST : PCAPNG_UNICAST);
}

static void
take_packet(struct capture *cp, const struct spate_capture_record *scr)
{
	const char *reason = cp->cp_reason[scr->scr_reason];
	char comment[256];
	struct pcapng_packet pp = {
		.pp_if = (uint32_t)cp->cp_number[scr->scr_if],
		.pp_time = cp->cp_epoch + scr->scr_time,
		.pp_data = scr + 1,
		.pp_caplen = scr->scr_datalen,
		.pp_pktlen = scr->scr_pktlen,
		.pp_flags = packet_flags(scr, (const uint8_t *)(scr + 1)),
		.pp_lost = cp->cp_untold + scr->scr_lost,
		.pp_comment = comment,
	};

	cp->cp_untold += scr->scr_lost;
	if (cp->cp_number[scr->scr_if] < 0 ||
	    (cp->cp_args->ca_count != 0 &&
		cp->cp_packets >= cp->cp_args->ca_count))
		return;
	if (scr->scr_kind == SCR_DROP)
		snprintf(comment, sizeof(comment), "cpu %u, dropped: %s",
		    scr->scr_cpu, reason != NULL ? reason : "?");
	else
		snprintf(comment, sizeof(comment), "cpu %u", scr->scr_cpu);
	pcapng_packet(cp->cp_out, &pp);
	cp->cp_untold = 0;
	if (++cp->cp_packets == cp->cp_args->ca_count)
		capture_stop(cp);
}

static void
take_counts(struct capture *cp, const struct spate_capture_record *scr)
{
	struct spate_capture_counts scc;
	struct pcapng_counts pn = {
		.pn_if = (uint32_t)cp->cp_number[scr->scr_if],
		.pn_began = cp->cp_began,
		.pn_ended = cp->cp_epoch + scr->scr_time,
	};

	if (scr->scr_datalen < sizeof(scc) || cp->cp_number[scr->scr_if] < 0)
		return;
	memcpy(&scc, scr + 1, sizeof(scc));
	pn.pn_seen = scc.scc_seen;
	pn.pn_matched = scc.scc_matched;
	pn.pn_lost = scc.scc_lost;
	cp->cp_lost += scc.scc_lost;
	pcapng_counts(cp->cp_out, &pn);
}

static void
take_record(struct capture *cp, const struct spate_capture_record *scr)
{
	switch (scr->scr_kind) {
	case SCR_INTERFACE:
		take_interface(cp, scr);
		break;
	case SCR_REASON:
		take_text(&cp->cp_reason[scr->scr_reason], scr);
		break;
	case SCR_IN:
	case SCR_OUT:
	case SCR_DROP:
		take_packet(cp, scr);
		break;
	case SCR_COUNTS:
		take_counts(cp, scr);
		break;
	case SCR_END:
		cp->cp_done = true;
		break;
	}
}

/* Take the records that are whole; false if they are none. */
static bool
take_records(struct capture *cp)
{
	struct client *cl = &cp->cp_client;
	struct spate_capture_record scr;
	size_t at = 0;

	while (!cp->cp_done && cl->cl_len - at >= sizeof(scr)) {
		memcpy(&scr, cl->cl_buf + at, sizeof(scr));
		if (scr.scr_size < sizeof(scr) || scr.scr_size % 8 != 0 ||
		    scr.scr_datalen > scr.scr_size - sizeof(scr)) {
			fprintf(stderr, "spate: what answers at %s is no "
			    "daemon of Spate\n", cl->cl_path);
			return false;
		}
		if (cl->cl_len - at < scr.scr_size)
			break;
		/* The buffer is malloc()'s, sizes are multiples of 8. */
		take_record(cp, (const void *)(cl->cl_buf + at));
		at += scr.scr_size;
	}
	cl->cl_len -= at;
	memmove(cl->cl_buf, cl->cl_buf + at, cl->cl_len);
	return true;
}

/*
 * Write out what was taken: a reader sees packets as they come.  Whoever reads
 * and has seen enough hangs up; that is no failure.
 */
static bool
capture_flush(struct capture *cp)
{
	if (fflush(cp->cp_out) == 0 && !ferror(cp->cp_out))
		return true;
	if (errno == EPIPE && cp->cp_args->ca_file == NULL) {
		cp->cp_done = true;
		return true;
	}
	fprintf(stderr, "spate: %s: %s\n", cp->cp_args->ca_file != NULL ?
	    cp->cp_args->ca_file : "standard output", strerror(errno));
	return false;
}

/* Until the daemon has told everything; the second signal does not wait. */
static int
capture_loop(struct capture *cp)
{
	int error;

	for (;;) {
		if (!take_records(cp) || !capture_flush(cp))
			return CMD_FAILED;
		if (cp->cp_done)
			return CMD_OK;
		error = client_more(&cp->cp_client);
		if (error == EINTR && cp->cp_stopping)
			return CMD_FAILED;
		if (error == EINTR)
			capture_stop(cp);
		else if (error != 0) {
			fprintf(stderr, "spate: the daemon at %s %s\n",
			    cp->cp_client.cl_path, error == EPIPE ? "hung up" :
			    strerror(error));
			return CMD_FAILED;
		}
	}
}

/*
 * The answer's clock was read between our question and now; in the middle, we
 * say.
 */
static bool
capture_begin(struct capture *cp, json_t *req)
{
	uint64_t before = realtime();
	json_t *result;
	bool done;

	if (client_send(&cp->cp_client, "capture", req) != 0 ||
	    (result = client_receive(&cp->cp_client, &done)) == NULL)
		return false;
	cp->cp_began = before + (realtime() - before) / 2;
	cp->cp_epoch = cp->cp_began - (uint64_t)json_integer_value(
	    json_object_get(result, "clock"));
	json_decref(result);
	/* Now that it runs: a mistake must not cost an older file. */
	cp->cp_out = cp->cp_args->ca_file == NULL ? stdout :
	    fopen(cp->cp_args->ca_file, "wb");
	if (cp->cp_out == NULL) {
		fprintf(stderr, "spate: cannot write %s: %s\n",
		    cp->cp_args->ca_file, strerror(errno));
		return false;
	}
	setvbuf(cp->cp_out, NULL, _IOFBF, 1u << 18);
	pcapng_section(cp->cp_out, "spate " SPATE_VERSION);
	return true;
}

static int
capture_run(struct capture *cp, json_t *req)
{
	size_t i;
	int status = CMD_FAILED;

	for (i = 0; i < IFS_MAX; i++)
		cp->cp_number[i] = -1;
	client_stream(&cp->cp_client);
	if (capture_begin(cp, req)) {
		status = capture_loop(cp);
		if (cp->cp_out != stdout && fclose(cp->cp_out) != 0)
			status = CMD_FAILED;
		fprintf(stderr, "%llu packets captured",
		    (unsigned long long)cp->cp_packets);
		if (cp->cp_lost > 0)
			fprintf(stderr, ", %llu lost because they were not "
			    "read in time",
			    (unsigned long long)cp->cp_lost);
		fputc('\n', stderr);
	}
	for (i = 0; i < IFS_MAX; i++)
		free(cp->cp_name[i]);
	for (i = 0; i < REASONS_MAX; i++)
		free(cp->cp_reason[i]);
	return status;
}

static int
capture_start(const struct capture_args *ca)
{
	struct capture *cp;
	json_t *insns = NULL;
	int status = CMD_FAILED;

	if (ca->ca_filter != NULL &&
	    (insns = filter_compile(ca->ca_filter)) == NULL)
		return CMD_USAGE;
	if ((cp = calloc(1, sizeof(*cp))) == NULL) {
		json_decref(insns);
		return CMD_FAILED;
	}
	cp->cp_args = ca;
	if (client_open(&cp->cp_client, ca->ca_socket) == 0) {
		status = capture_run(cp, capture_message(ca, insns));
		client_close(&cp->cp_client);
	} else
		json_decref(insns);
	free(cp);
	return status;
}

int
cmd_capture(int argc, char **argv)
{
	struct capture_args ca = { .ca_what = "both",
		.ca_snaplen = SNAPLEN_MAX };
	int status;

	if (!capture_parse(&ca, argc, argv))
		status = capture_usage();
	else if (ca.ca_file == NULL && isatty(STDOUT_FILENO)) {
		fputs("spate: packets are not for a terminal; "
		    "\"spate capture | tshark -r -\" shows them, "
		    "-w FILE keeps them\n", stderr);
		status = CMD_USAGE;
	} else
		status = capture_start(&ca);
	json_decref(ca.ca_names);
	free(ca.ca_filter);
	return status;
}
