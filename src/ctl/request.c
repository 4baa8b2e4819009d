/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Requests of control clients: from a line of text to a command, and back.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "ctl/capture.h"
#include "ctl/ping.h"
#include "ctl/request.h"
#include "ctl/show.h"

void
control_error(struct control_client *cc, const char *fmt, ...)
{
	char text[512];
	json_t *reply;
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	reply = json_pack("{s:i, s:b, s:b, s:s}", "spate", CONTROL_VERSION,
	    "ok", 0, "done", 1, "error", text);
	if (reply == NULL) /* text was not UTF-8: the client's own words */
		reply = json_pack("{s:i, s:b, s:b, s:s}", "spate",
		    CONTROL_VERSION, "ok", 0, "done", 1, "error",
		    "request is not UTF-8");
	cc->cc_send(cc, reply);
	json_decref(reply);
}

void
control_reply(struct control_client *cc, json_t *result, bool done)
{
	json_t *reply = json_pack("{s:i, s:b, s:b, s:o}", "spate",
	    CONTROL_VERSION, "ok", 1, "done", (int)done, "result", result);

	cc->cc_send(cc, reply);
	json_decref(reply);
}

static void ON_CTL
request_show(struct ctl *ctl, struct control_client *cc, const json_t *req)
{
	const char *what = json_string_value(json_object_get(req, "what"));
	json_t *result;

	if (what == NULL) {
		control_error(cc, "show needs \"what\": %s", show_names());
		return;
	}
	if ((result = show(ctl, what)) == NULL) {
		control_error(cc, "nothing to show is named \"%s\"; known: %s",
		    what, show_names());
		return;
	}
	control_reply(cc, result, true);
}

static const struct {
	const char *name;
	void (*fn)(struct ctl *, struct control_client *, const json_t *);
} commands[] = {
	{ "capture", capture_request },
	{ "ping", ping_request },
	{ "show", request_show },
};

static void ON_CTL
request_run(struct ctl *ctl, struct control_client *cc, const json_t *req)
{
	json_t *version = json_object_get(req, "spate");
	const char *name = json_string_value(json_object_get(req, "command"));
	unsigned i;

	if (json_integer_value(version) != CONTROL_VERSION) {
		control_error(cc,
		    "this is version %d of the protocol: say "
		    "\"spate\": %d",
		    CONTROL_VERSION, CONTROL_VERSION);
		return;
	}
	for (i = 0; name != NULL && i < countof(commands); i++)
		if (strcmp(commands[i].name, name) == 0) {
			commands[i].fn(ctl, cc, req);
			return;
		}
	control_error(cc,
	    "no command is named \"%s\"; known: capture, ping, show",
	    name != NULL ? name : "");
}

void
control_request(struct ctl *ctl, struct control_client *cc, const char *line,
    size_t len)
{
	json_error_t err;
	json_t *req;

	if (capture_runs(ctl, cc)) {
		capture_stop(ctl, cc);
		return;
	}
	req = json_loadb(line, len, JSON_REJECT_DUPLICATES, &err);
	if (req == NULL) {
		control_error(cc, "not JSON: %s at byte %d", err.text,
		    err.position);
		return;
	}
	if (json_is_object(req))
		request_run(ctl, cc, req);
	else
		control_error(cc, "a request is a JSON object");
	json_decref(req);
}

void
control_drained(struct ctl *ctl, struct control_client *cc)
{
	capture_drained(ctl, cc);
}

void
control_gone(struct ctl *ctl, struct control_client *cc)
{
	capture_gone(ctl, cc);
	ping_gone(ctl, cc);
}
