/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Clients of the control socket: lines in, lines out, all of it bounded.
 *
 * A client that does not read its answers is not read from either, so that
 * requests cannot pile up.  Answers that come by themselves (of a ping) could:
 * a client that lets many lie is cut off.  A capture asks how much lies before
 * it sends more.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "server.h"

#define CLIENTS_MAX 64
#define UNREAD_MAX  (1u << 20) /* bytes of answers, before one more is made */

struct client {
	struct control_client cl_cc;
	uv_pipe_t cl_pipe;
	struct server *cl_server;
	struct ctl *cl_ctl; /* the server goes before its last client */
	LIST_ENTRY(client) cl_entry;
	size_t cl_len;	 /* of cl_line */
	bool cl_reading;
	bool cl_closing;
	char cl_line[CONTROL_LINEMAX]; /* what came of a line yet */
};

struct server {
	uv_pipe_t sv_pipe;
	struct ctl *sv_ctl;
	LIST_HEAD(, client) sv_clients;
	unsigned sv_n;
};

/* A line of the answer on its way. */
struct reply {
	uv_write_t re_write;
	struct client *re_client;
	char *re_text;
};

static void ON_CTL client_read(struct client *);

static void
client_closed(uv_handle_t *h)
{
	struct client *cl = container_of(h, struct client, cl_pipe);

	role_enter(&on_ctl);
	control_gone(cl->cl_ctl, &cl->cl_cc);
	free(cl);
}

/*
 * May be called from within a command that is just answering: ctl is told
 * later, when the handle is closed.
 */
static void
client_close(struct client *cl)
{
	if (cl->cl_closing)
		return;
	cl->cl_closing = true;
	LIST_REMOVE(cl, cl_entry);
	cl->cl_server->sv_n--;
	uv_close((uv_handle_t *)&cl->cl_pipe, client_closed);
}

static void
client_flushed(uv_shutdown_t *req, int status)
{
	struct client *cl = req->data;

	free(req);
	client_close(cl);
}

/* No more of its requests; hang up once it has the answers it has. */
static void
client_finish(struct client *cl)
{
	uv_shutdown_t *req = malloc(sizeof(*req));

	uv_read_stop((uv_stream_t *)&cl->cl_pipe);
	cl->cl_reading = false;
	if (req != NULL) {
		req->data = cl;
		if (uv_shutdown(req, (uv_stream_t *)&cl->cl_pipe,
		    client_flushed) == 0)
			return;
		free(req);
	}
	client_close(cl);
}

static size_t
client_unread(const struct client *cl)
{
	return uv_stream_get_write_queue_size(
	    (const uv_stream_t *)&cl->cl_pipe);
}

/* Whether the client may ask for more. */
static bool
client_may(const struct client *cl)
{
	return cl->cl_cc.cc_stream || client_unread(cl) == 0;
}

static void
client_written(uv_write_t *req, int status)
{
	struct reply *re = container_of(req, struct reply, re_write);
	struct client *cl = re->re_client;

	role_enter(&on_ctl);
	free(re->re_text);
	free(re);
	if (status != 0) {
		client_close(cl);
		return;
	}
	if (cl->cl_cc.cc_stream && !cl->cl_closing)
		control_drained(cl->cl_ctl, &cl->cl_cc);
	if (client_may(cl))
		client_read(cl);
}

/* Takes the bytes. */
static void
client_write(struct client *cl, char *text, size_t len)
{
	struct reply *re = malloc(sizeof(*re));
	uv_buf_t buf = uv_buf_init(text, (unsigned)len);

	if (re != NULL) {
		re->re_client = cl;
		re->re_text = text;
		if (uv_write(&re->re_write, (uv_stream_t *)&cl->cl_pipe, &buf,
		    1, client_written) == 0)
			return;
	}
	free(re);
	free(text);
	client_close(cl);
}

static void
client_send(struct control_client *cc, const json_t *json)
{
	struct client *cl = container_of(cc, struct client, cl_cc);
	size_t len;
	char *text;

	if (cl->cl_closing)
		return;
	if (client_unread(cl) > UNREAD_MAX ||
	    (text = json_dumps(json, JSON_COMPACT)) == NULL) {
		client_close(cl);
		return;
	}
	len = strlen(text);
	text[len] = '\n';
	client_write(cl, text, len + 1);
}

static void
client_send_bytes(struct control_client *cc, void *buf, size_t len)
{
	struct client *cl = container_of(cc, struct client, cl_cc);

	if (cl->cl_closing)
		free(buf);
	else
		client_write(cl, buf, len);
}

static size_t
client_unread_bytes(struct control_client *cc)
{
	return client_unread(container_of(cc, struct client, cl_cc));
}

/*
 * Run the requests that have come whole, as long as their answers are read.
 * ctl may have slept for long: its clock is brought up to date first.
 */
static void ON_CTL
client_requests(struct client *cl)
{
	struct ctl *ctl = cl->cl_ctl;
	size_t at = 0, len;
	const char *end;

	ctl_round(ctl);
	while (!cl->cl_closing && client_may(cl) &&
	    (end = memchr(cl->cl_line + at, '\n', cl->cl_len - at)) != NULL) {
		len = (size_t)(end + 1 - (cl->cl_line + at));
		control_request(ctl, &cl->cl_cc, cl->cl_line + at, len);
		at += len;
	}
	cl->cl_len -= at;
	memmove(cl->cl_line, cl->cl_line + at, cl->cl_len);
}

static void
client_alloc(uv_handle_t *h, size_t suggested, uv_buf_t *buf)
{
	struct client *cl = container_of(h, struct client, cl_pipe);

	*buf = uv_buf_init(cl->cl_line + cl->cl_len,
	    (unsigned)(sizeof(cl->cl_line) - cl->cl_len));
}

static void
client_input(uv_stream_t *h, ssize_t n, const uv_buf_t *buf)
{
	struct client *cl = container_of(h, struct client, cl_pipe);

	role_enter(&on_ctl);
	if (n == UV_EOF && !cl->cl_cc.cc_stream) {
		client_finish(cl);
	} else if (n < 0) {
		client_close(cl);
	} else if (n > 0) {
		cl->cl_len += (size_t)n;
		client_read(cl);
	}
}

/* Go on with what has come, and read more unless answers are unread. */
static void ON_CTL
client_read(struct client *cl)
{
	uv_stream_t *h = (uv_stream_t *)&cl->cl_pipe;
	bool want;

	client_requests(cl);
	if (cl->cl_closing)
		return;
	want = client_may(cl);
	if (want && cl->cl_len == sizeof(cl->cl_line)) {
		control_error(&cl->cl_cc, "a request has at most %d bytes",
		    CONTROL_LINEMAX);
		client_finish(cl);
	} else if (want && !cl->cl_reading) {
		cl->cl_reading = true;
		uv_read_start(h, client_alloc, client_input);
	} else if (!want && cl->cl_reading) {
		cl->cl_reading = false;
		uv_read_stop(h);
	}
}

static void
server_connection(uv_stream_t *h, int status)
{
	struct server *sv = container_of(h, struct server, sv_pipe);
	struct client *cl;

	role_enter(&on_ctl);
	if (status != 0 || (cl = calloc(1, sizeof(*cl))) == NULL)
		return;
	cl->cl_cc.cc_send = client_send;
	cl->cl_cc.cc_write = client_send_bytes;
	cl->cl_cc.cc_unread = client_unread_bytes;
	cl->cl_server = sv;
	cl->cl_ctl = sv->sv_ctl;
	uv_pipe_init(h->loop, &cl->cl_pipe, 0);
	LIST_INSERT_HEAD(&sv->sv_clients, cl, cl_entry);
	sv->sv_n++;
	if (uv_accept(h, (uv_stream_t *)&cl->cl_pipe) != 0) {
		client_close(cl);
	} else if (sv->sv_n > CLIENTS_MAX) {
		control_error(&cl->cl_cc, "%d clients are served already",
		    CLIENTS_MAX);
		client_finish(cl);
	} else
		client_read(cl);
}

int
server_create(uv_loop_t *uv, struct ctl *ctl, int fd, struct server **svp)
{
	struct server *sv;
	int error;

	if ((sv = calloc(1, sizeof(*sv))) == NULL)
		return UV_ENOMEM;
	sv->sv_ctl = ctl;
	LIST_INIT(&sv->sv_clients);
	uv_pipe_init(uv, &sv->sv_pipe, 0);
	*svp = sv;
	if ((error = uv_pipe_open(&sv->sv_pipe, fd)) == 0)
		error = uv_listen((uv_stream_t *)&sv->sv_pipe, CLIENTS_MAX,
		    server_connection);
	return error;
}

static void
server_closed(uv_handle_t *h)
{
	free(container_of(h, struct server, sv_pipe));
}

void
server_destroy(struct server *sv)
{
	while (!LIST_EMPTY(&sv->sv_clients))
		client_close(LIST_FIRST(&sv->sv_clients));
	uv_close((uv_handle_t *)&sv->sv_pipe, server_closed);
}
