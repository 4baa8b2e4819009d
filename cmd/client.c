/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The client's side of the control protocol: one JSON object a line.
 */
#include <errno.h>
#include <spate/control.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "client.h"

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

int
client_open(struct client *cl, const char *path)
{
	int fd;

	cl->cl_path = path != NULL ? path : SPATE_CONTROL_SOCKET;
	cl->cl_file = NULL;
	if ((fd = client_connect(cl->cl_path)) < 0) {
		bool none = errno == ENOENT || errno == ECONNREFUSED;

		fprintf(stderr, "spate: no daemon answers at %s: %s%s\n",
		    cl->cl_path, strerror(errno),
		    none ? "; is it started? (spate daemon -c FILE)" : "");
		return -1;
	}
	if ((cl->cl_file = fdopen(fd, "r+")) == NULL) {
		fprintf(stderr, "spate: %s\n", strerror(errno));
		close(fd);
		return -1;
	}
	return 0;
}

void
client_close(struct client *cl)
{
	if (cl->cl_file != NULL)
		fclose(cl->cl_file);
}

int
client_send(struct client *cl, const char *command, json_t *req)
{
	int error = -1;

	/* A broken pipe is told where the answer is missed. */
	if (json_object_set_new(req, "spate",
		json_integer(SPATE_CONTROL_VERSION)) == 0 &&
	    json_object_set_new(req, "command", json_string(command)) == 0 &&
	    json_dumpf(req, cl->cl_file, JSON_COMPACT) == 0 &&
	    fputc('\n', cl->cl_file) != EOF && fflush(cl->cl_file) == 0)
		error = 0;
	else
		fprintf(stderr, "spate: cannot ask the daemon at %s: %s\n",
		    cl->cl_path, strerror(errno));
	json_decref(req);
	return error;
}

/* The next line, parsed; NULL as client_receive(). */
static json_t *
client_line(struct client *cl)
{
	char *line = NULL;
	size_t size = 0;
	json_error_t err;
	json_t *reply;
	ssize_t n;

	errno = 0;
	if ((n = getline(&line, &size, cl->cl_file)) < 0) {
		free(line);
		if (errno == EINTR)
			return NULL;
		fprintf(stderr, "spate: the daemon at %s %s%s\n", cl->cl_path,
		    errno != 0 ? "does not answer: " : "hung up",
		    errno != 0 ? strerror(errno) : "");
		errno = EIO;
		return NULL;
	}
	reply = json_loadb(line, (size_t)n, JSON_ALLOW_NUL, &err);
	free(line);
	if (reply == NULL) {
		fprintf(stderr, "spate: what answers at %s is no daemon of "
		    "Spate: %s\n", cl->cl_path, err.text);
		errno = EPROTO;
	}
	return reply;
}

/* The result of a reply, or what is wrong with it. */
static json_t *
client_result(const struct client *cl, const json_t *reply)
{
	const json_t *version = json_object_get(reply, "spate");
	const char *text = json_string_value(json_object_get(reply, "error"));

	if (!json_is_integer(version))
		fprintf(stderr, "spate: what answers at %s is no daemon of "
		    "Spate\n", cl->cl_path);
	else if (json_integer_value(version) != SPATE_CONTROL_VERSION)
		fprintf(stderr, "spate: the daemon at %s speaks version %d of "
		    "the control protocol, this program version %d\n",
		    cl->cl_path, (int)json_integer_value(version),
		    SPATE_CONTROL_VERSION);
	else if (!json_is_true(json_object_get(reply, "ok")))
		fprintf(stderr, "spate: %s\n",
		    text != NULL ? text : "the daemon refused");
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
