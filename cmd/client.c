/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The client's side of the control protocol: one JSON object a line.
 */
#include <errno.h>
#include <poll.h>
#include <spate/control.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "client.h"
#include "cmd.h"

/* Say what is wrong, in the way that was asked for. */
static void __attribute__((format(printf, 2, 3)))
client_say(struct client *cl, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	if (cl->cl_quiet) {
		vsnprintf(cl->cl_error, sizeof(cl->cl_error), fmt, ap);
	} else {
		fputs("spate: ", stderr);
		vfprintf(stderr, fmt, ap);
		fputc('\n', stderr);
	}
	va_end(ap);
}

static int
client_connect(const char *path)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	int error, fd;

	if (strlen(path) >= sizeof(sun.sun_path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	memcpy(sun.sun_path, path, strlen(path) + 1);
	if ((fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) < 0)
		return -1;
	if (connect(fd, (struct sockaddr *)&sun, sizeof(sun)) != 0) {
		error = errno;
		close(fd);
		errno = error;
		return -1;
	}
	return fd;
}

static int
client_start(struct client *cl, const char *path, bool quiet)
{
	*cl = (struct client){ .cl_path = path != NULL ? path :
	    SPATE_CONTROL_SOCKET, .cl_status = CMD_FAILED, .cl_entry = -1,
		.cl_quiet = quiet };
	if ((cl->cl_fd = client_connect(cl->cl_path)) < 0) {
		bool none = errno == ENOENT || errno == ECONNREFUSED;

		client_say(cl, "no daemon answers at %s: %s%s", cl->cl_path,
		    strerror(errno),
		    none && !quiet ? "; is it started? (spate daemon -c FILE)" :
		    "");
		return -1;
	}
	return 0;
}

int
client_open(struct client *cl, const char *path)
{
	return client_start(cl, path, false);
}

int
client_open_quiet(struct client *cl, const char *path)
{
	return client_start(cl, path, true);
}

void
client_close(struct client *cl)
{
	close(cl->cl_fd);
	free(cl->cl_buf);
}

static void
client_interrupted(int sig)
{
	(void)sig; /* it has ended the wait: that is all it is for */
}

void
client_catch(struct client *cl, const int *signals, size_t n)
{
	struct sigaction sa = { .sa_handler = client_interrupted };
	sigset_t set;
	size_t i;

	sigemptyset(&set);
	for (i = 0; i < n; i++) {
		sigaction(signals[i], &sa, NULL);
		sigaddset(&set, signals[i]);
	}
	sigprocmask(SIG_BLOCK, &set, &cl->cl_waiting);
	for (i = 0; i < n; i++)
		sigdelset(&cl->cl_waiting, signals[i]);
	cl->cl_catches = true;
}

void
client_stream(struct client *cl)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP };

	signal(SIGPIPE, SIG_IGN);
	client_catch(cl, signals, sizeof(signals) / sizeof(signals[0]));
}

/*
 * A line; text is without its newline.  0 or -1 and errno.  Who hung up has
 * said why, perhaps: that is told where the answer is read.
 */
static int
client_write(struct client *cl, char *text)
{
	size_t len = strlen(text) + 1;
	ssize_t n;

	text[len - 1] = '\n';
	for (; len > 0; text += n, len -= (size_t)n) {
		n = send(cl->cl_fd, text, len, MSG_NOSIGNAL);
		if (n < 0)
			return errno == EPIPE ? 0 : -1;
	}
	return 0;
}

int
client_send(struct client *cl, const char *command, json_t *req)
{
	char *text = NULL;
	int error = -1;

	if (json_object_set_new(req, "spate",
		json_integer(SPATE_CONTROL_VERSION)) == 0 &&
	    json_object_set_new(req, "command", json_string(command)) == 0 &&
	    (text = json_dumps(req, JSON_COMPACT)) != NULL)
		error = client_write(cl, text);
	if (error != 0)
		client_say(cl, "cannot ask the daemon at %s: %s", cl->cl_path,
		    strerror(errno));
	free(text);
	json_decref(req);
	return error;
}

int
client_more(struct client *cl)
{
	struct pollfd pfd = { .fd = cl->cl_fd, .events = POLLIN };
	char *buf = cl->cl_buf;
	ssize_t n;

	if (cl->cl_len == cl->cl_room) {
		if ((buf = realloc(buf, cl->cl_room * 2 + 65536)) == NULL)
			return ENOMEM;
		cl->cl_buf = buf;
		cl->cl_room = cl->cl_room * 2 + 65536;
	}
	if (ppoll(&pfd, 1, NULL, cl->cl_catches ? &cl->cl_waiting : NULL) < 0)
		return errno;
	if ((n = read(cl->cl_fd, buf + cl->cl_len, cl->cl_room - cl->cl_len)) <=
	    0)
		return n == 0 ? EPIPE : errno;
	cl->cl_len += (size_t)n;
	return 0;
}

bool
client_ready(const struct client *cl)
{
	return cl->cl_len > 0 && memchr(cl->cl_buf, '\n', cl->cl_len) != NULL;
}

/* The length of the next line with its newline; 0 and errno if none comes. */
static size_t
client_wait(struct client *cl)
{
	size_t seen = 0;
	const char *end;

	for (;;) {
		end = cl->cl_len > seen ?
		    memchr(cl->cl_buf + seen, '\n', cl->cl_len - seen) :
		    NULL;
		if (end != NULL)
			return (size_t)(end + 1 - cl->cl_buf);
		seen = cl->cl_len;
		if ((errno = client_more(cl)) != 0)
			return 0;
	}
}

/* The next line, parsed; NULL as client_receive(). */
static json_t *
client_line(struct client *cl)
{
	size_t n = client_wait(cl);
	json_error_t err;
	json_t *reply;

	if (n == 0 && errno == EINTR)
		return NULL;
	if (n == 0) {
		client_say(cl, "the daemon at %s %s", cl->cl_path,
		    errno == EPIPE ? "hung up" : strerror(errno));
		errno = EIO;
		return NULL;
	}
	reply = json_loadb(cl->cl_buf, n, JSON_ALLOW_NUL, &err);
	cl->cl_len -= n;
	memmove(cl->cl_buf, cl->cl_buf + n, cl->cl_len);
	if (reply == NULL) {
		client_say(cl, "what answers at %s is no daemon of Spate: %s",
		    cl->cl_path, err.text);
		errno = EPROTO;
	}
	return reply;
}

/* An error of the daemon's: its lines as they are, or a text. */
static void
client_error(struct client *cl, const json_t *reply)
{
	const json_t *lines = json_object_get(reply, "lines");
	const json_t *entry = json_object_get(reply, "entry");
	const char *text = json_string_value(json_object_get(reply, "error"));
	json_t *line;
	size_t i;

	if (json_integer_value(json_object_get(reply, "status")) == CMD_USAGE)
		cl->cl_status = CMD_USAGE;
	cl->cl_entry = json_is_integer(entry) ? json_integer_value(entry) : -1;
	if (cl->cl_quiet || json_array_size(lines) == 0) {
		client_say(cl, "%s", text != NULL ? text :
		    "the daemon refused");
		return;
	}
	json_array_foreach(lines, i, line)
	    fprintf(stderr, "%s\n", json_string_value(line));
}

/* The result of a reply, or what is wrong with it. */
static json_t *
client_result(struct client *cl, const json_t *reply)
{
	const json_t *version = json_object_get(reply, "spate");

	if (!json_is_integer(version))
		client_say(cl, "what answers at %s is no daemon of Spate",
		    cl->cl_path);
	else if (json_integer_value(version) != SPATE_CONTROL_VERSION)
		client_say(cl, "the daemon at %s speaks version %d of "
		    "the control protocol, this program version %d",
		    cl->cl_path, (int)json_integer_value(version),
		    SPATE_CONTROL_VERSION);
	else if (!json_is_true(json_object_get(reply, "ok")))
		client_error(cl, reply);
	else
		return json_object_get(reply, "result");
	return NULL;
}

json_t *
client_receive(struct client *cl, bool *done)
{
	json_t *reply, *result;

	if ((reply = client_line(cl)) == NULL)
		return NULL;
	*done = json_is_true(json_object_get(reply, "done"));
	if ((result = json_incref(client_result(cl, reply))) == NULL)
		errno = EPROTO;
	json_decref(reply);
	return result;
}

int
client_ask(const char *path, const char *command, json_t *req,
    json_t **result)
{
	struct client cl;
	bool done;

	*result = NULL;
	if (client_open(&cl, path) != 0) {
		json_decref(req);
		return CMD_FAILED;
	}
	if (client_send(&cl, command, req) == 0)
		*result = client_receive(&cl, &done);
	client_close(&cl);
	return *result != NULL ? CMD_OK : cl.cl_status;
}
