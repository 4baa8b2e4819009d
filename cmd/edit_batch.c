/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * spate route -b FILE: a change on each line, in the words of the command.
 *
 * Many of them go to the daemon in one request, as many as its lines have room
 * for; it makes them in order and publishes them together.  The first that
 * cannot be ends it.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client.h"
#include "cmd.h"
#include "edit_int.h"

#define LINE_WORDS   256
#define REQUEST_MAX  60000 /* bytes; the daemon takes 65,536 */
#define REQUEST_EDITS 1024

struct batch {
	struct client ba_client;
	const char *ba_file;
	FILE *ba_in;
	unsigned long ba_line;	  /* read last */
	unsigned long ba_made;	  /* changes, so far */
	unsigned long ba_configured; /* of them, that the file speaks of */
	json_t *ba_edits;	  /* not sent yet */
	unsigned long ba_at[REQUEST_EDITS]; /* their lines */
	size_t ba_len;		  /* bytes they will take */
};

static void
batch_where(const struct batch *ba, unsigned long line, char *text, size_t len)
{
	snprintf(text, len, "%s:%lu",
	    strcmp(ba->ba_file, "-") == 0 ? "stdin" : ba->ba_file, line);
}

/* What the daemon says of one of the changes, or of the request. */
static int
batch_refused(struct batch *ba)
{
	struct client *cl = &ba->ba_client;
	char where[PATH_MAX] = "spate";

	if (cl->cl_entry >= 0 &&
	    cl->cl_entry < (long long)json_array_size(ba->ba_edits)) {
		batch_where(ba, ba->ba_at[cl->cl_entry], where, sizeof(where));
		ba->ba_made += (unsigned long)cl->cl_entry;
	}
	fprintf(stderr, "%s: %s\n", where, cl->cl_error);
	return cl->cl_status;
}

/* Have the daemon make what has been gathered. */
static int
batch_send(struct batch *ba)
{
	json_t *result, *req;
	bool done;

	if (json_array_size(ba->ba_edits) == 0)
		return CMD_OK;
	if ((req = json_pack("{s:O}", "edits", ba->ba_edits)) == NULL) {
		fprintf(stderr, "spate: %s\n", strerror(ENOMEM));
		return CMD_FAILED;
	}
	if (client_send(&ba->ba_client, "routes", req) != 0 ||
	    (result = client_receive(&ba->ba_client, &done)) == NULL)
		return batch_refused(ba);
	ba->ba_made += json_array_size(ba->ba_edits);
	ba->ba_configured += (unsigned long)json_integer_value(
	    json_object_get(result, "configured"));
	json_decref(result);
	json_array_clear(ba->ba_edits);
	ba->ba_len = 0;
	return CMD_OK;
}

/* One more; those before it are sent if there is no room for it. */
static int
batch_add(struct batch *ba, json_t *edit)
{
	size_t len = json_dumpb(edit, NULL, 0, JSON_COMPACT) + 1;
	size_t n = json_array_size(ba->ba_edits);
	int status = CMD_OK;

	if (n == REQUEST_EDITS || ba->ba_len + len > REQUEST_MAX) {
		status = batch_send(ba);
		n = 0;
	}
	if (status != CMD_OK) {
		json_decref(edit);
		return status;
	}
	if (json_array_append_new(ba->ba_edits, edit) != 0) {
		fprintf(stderr, "spate: %s\n", strerror(ENOMEM));
		return CMD_FAILED;
	}
	ba->ba_at[n] = ba->ba_line;
	ba->ba_len += len;
	return CMD_OK;
}

/* A line; it is taken apart where it stands. */
static int
batch_line(struct batch *ba, char *line)
{
	char *words[LINE_WORDS], *rest, *word, where[PATH_MAX];
	json_t *edit;
	int n = 0;

	line[strcspn(line, "#\n")] = '\0';
	batch_where(ba, ba->ba_line, where, sizeof(where));
	for (word = strtok_r(line, " \t\r", &rest); word != NULL;
	     word = strtok_r(NULL, " \t\r", &rest)) {
		if (n == LINE_WORDS) {
			fprintf(stderr, "%s: more than %d words\n", where,
			    LINE_WORDS);
			return CMD_USAGE;
		}
		words[n++] = word;
	}
	if (n == 0)
		return CMD_OK;
	if ((edit = edit_route_request(n, words, where)) == NULL)
		return CMD_USAGE;
	return batch_add(ba, edit);
}

/* What was gathered before a line that is wrong is made, too. */
static int
batch_lines(struct batch *ba)
{
	char *line = NULL;
	size_t room = 0;
	int status = CMD_OK, last;

	while (status == CMD_OK && getline(&line, &room, ba->ba_in) > 0) {
		ba->ba_line++;
		status = batch_line(ba, line);
	}
	free(line);
	if (status == CMD_OK && ferror(ba->ba_in)) {
		fprintf(stderr, "spate: %s: %s\n", ba->ba_file,
		    strerror(errno));
		status = CMD_FAILED;
	}
	if (ba->ba_client.cl_error[0] != '\0')
		return status; /* the daemon ended it */
	last = batch_send(ba);
	return status != CMD_OK ? status : last;
}

static int
batch_daemon(struct batch *ba, const char *path)
{
	int status;

	if (client_open(&ba->ba_client, path) != 0)
		return CMD_FAILED;
	/* It tells of lines of the file, here. */
	ba->ba_client.cl_quiet = true;
	status = batch_lines(ba);
	client_close(&ba->ba_client);
	if (status != CMD_OK)
		fprintf(stderr, "spate: %lu changes before that are made\n",
		    ba->ba_made);
	else if (ba->ba_configured > 0)
		printf("the configuration has its own word about %lu of them, "
		       "which a reload brings back\n", ba->ba_configured);
	return status;
}

int
edit_batch(const char *path, const char *file)
{
	struct batch *ba = calloc(1, sizeof(*ba));
	int status = CMD_FAILED;

	if (ba == NULL || (ba->ba_edits = json_array()) == NULL) {
		fprintf(stderr, "spate: %s\n", strerror(ENOMEM));
		free(ba);
		return CMD_FAILED;
	}
	ba->ba_file = file;
	ba->ba_in = strcmp(file, "-") == 0 ? stdin : fopen(file, "re");
	if (ba->ba_in == NULL)
		fprintf(stderr, "spate: %s: %s\n", file, strerror(errno));
	else
		status = batch_daemon(ba, path);
	if (ba->ba_in != NULL && ba->ba_in != stdin)
		fclose(ba->ba_in);
	json_decref(ba->ba_edits);
	free(ba);
	return status;
}
