/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Requests of control clients: from a line of text to a command, and back.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/addr.h"
#include "base/bytes.h"
#include "ctl/affinity.h"
#include "ctl/capture.h"
#include "ctl/conf/conf.h"
#include "ctl/edit.h"
#include "ctl/explain.h"
#include "ctl/ping.h"
#include "ctl/reload.h"
#include "ctl/request.h"
#include "ctl/rss.h"
#include "ctl/show.h"
#include "ctl/stream.h"
#include "ctl/trace.h"
#include "route/route.h"

static void
control_tell(struct control_client *cc, int status, const char *text)
{
	json_t *reply = json_pack("{s:i, s:b, s:b, s:i, s:s}", "spate",
	    CONTROL_VERSION, "ok", 0, "done", 1, "status", status, "error",
	    text);

	if (reply == NULL) /* text was not UTF-8: the client's own words */
		reply = json_pack("{s:i, s:b, s:b, s:i, s:s}", "spate",
		    CONTROL_VERSION, "ok", 0, "done", 1, "status",
		    CONTROL_REFUSED, "error", "request is not UTF-8");
	cc->cc_send(cc, reply);
	json_decref(reply);
}

void
control_error(struct control_client *cc, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	control_tell(cc, CONTROL_FAILED, text);
}

void
control_refuse(struct control_client *cc, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	control_tell(cc, CONTROL_REFUSED, text);
}

/* A line of a file may hold any bytes; JSON only UTF-8. */
static json_t *
line_json(const char *text)
{
	char plain[1024];
	size_t i;
	json_t *line;

	if ((line = json_string(text)) != NULL)
		return line;
	snprintf(plain, sizeof(plain), "%s", text);
	for (i = 0; plain[i] != '\0'; i++)
		if ((unsigned char)plain[i] >= 0x80)
			plain[i] = '?';
	return json_string(plain);
}

void
control_errors(struct control_client *cc, int status,
    const struct conf_errors *errs)
{
	json_t *lines = json_array(), *reply;
	char more[64];
	unsigned i;

	for (i = 0; i < errs->ce_n; i++)
		json_array_append_new(lines, line_json(
		    errs->ce_text[i] != NULL ? errs->ce_text[i] :
		    "out of memory"));
	if (errs->ce_more > 0) {
		snprintf(more, sizeof(more), "and %u more mistakes",
		    errs->ce_more);
		json_array_append_new(lines, json_string(more));
	}
	reply = json_pack("{s:i, s:b, s:b, s:i, s:O?, s:o}", "spate",
	    CONTROL_VERSION, "ok", 0, "done", 1, "status", status, "error",
	    json_array_get(lines, 0), "lines", lines);
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

bool
request_vrf(struct ctl *ctl, struct control_client *cc, const json_t *req,
    unsigned *rtable)
{
	const json_t *vrf = json_object_get(req, "vrf");
	const char *name = json_string_value(vrf);
	char known[RT_MAX * (RT_NAMELEN + 2)] = "";
	unsigned i;

	*rtable = 0;
	if (vrf == NULL)
		return true;
	if (name != NULL &&
	    (*rtable = rtable_find(ctl->ctl_sp, name)) < RT_MAX)
		return true;
	for (i = 0; i < RT_MAX; i++)
		if (*rtable_name(ctl->ctl_sp, i) != '\0')
			snprintf(known + strlen(known),
			    sizeof(known) - strlen(known), "%s%s",
			    i > 0 ? ", " : "", rtable_name(ctl->ctl_sp, i));
	control_error(cc, "no VRF is named \"%s\"; known: %s",
	    name != NULL ? name : "", known);
	return false;
}

/* Routes may be asked for by VRF. */
static void ON_CTL
request_show_routes(
    struct ctl *ctl, struct control_client *cc, const json_t *req)
{
	unsigned rtable;

	if (request_vrf(ctl, cc, req, &rtable))
		control_reply(cc, show_routes_of(ctl, rtable, rtable), true);
}

/* "10.0.0.0/8", or an address alone. */
static bool
request_network(const json_t *text, struct prefix *p)
{
	const char *s = json_string_value(text);

	if (s == NULL)
		return false;
	if (addr_parse(&p->p_addr, s) == 0) {
		p->p_len = (uint8_t)addr_bits(p->p_addr.a_family);
		return true;
	}
	return prefix_parse(p, s) == 0;
}

/* Flows themselves, so many, to a network. */
static void ON_CTL
request_show_flows(
    struct ctl *ctl, struct control_client *cc, const json_t *req)
{
	struct show_flows_wish wish = { .sfw_most = 100 };
	const json_t *count = json_object_get(req, "count");
	const json_t *to = json_object_get(req, "address");
	json_int_t n = json_integer_value(count);

	if (count != NULL && (n < 1 || n > SHOW_FLOWS_MOST)) {
		control_refuse(cc, "\"count\" is a number from 1 to %u",
		    SHOW_FLOWS_MOST);
		return;
	}
	if (to != NULL && !request_network(to, &wish.sfw_to)) {
		control_refuse(cc, "\"%.64s\" is neither an address nor a "
		    "network (10.0.0.0/8)",
		    json_is_string(to) ? json_string_value(to) : "address");
		return;
	}
	if (count != NULL)
		wish.sfw_most = (unsigned)n;
	control_reply(cc, show_flows_of(ctl, &wish), true);
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
	if (json_object_get(req, "vrf") != NULL) {
		if (strcmp(what, "routes") == 0)
			request_show_routes(ctl, cc, req);
		else
			control_error(cc, "\"vrf\" goes with \"routes\"");
		return;
	}
	if (json_object_get(req, "count") != NULL ||
	    json_object_get(req, "address") != NULL) {
		if (strcmp(what, "flows") == 0)
			request_show_flows(ctl, cc, req);
		else
			control_error(cc, "\"count\" and \"address\" go "
			    "with \"flows\"");
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
	{ "address", edit_addr },
	{ "affinity", affinity_request },
	{ "capture", capture_request },
	{ "confirm", reload_confirm_request },
	{ "explain", explain_request },
	{ "neigh", edit_neigh },
	{ "ping", ping_request },
	{ "reload", reload_request },
	{ "route", edit_route },
	{ "routes", edit_routes },
	{ "rss", rss_request },
	{ "show", request_show },
	{ "sysctl", edit_sysctl },
	{ "trace", trace_request },
};

/* "capture, confirm, ..." */
static const char *
command_names(char *text, size_t len)
{
	size_t n = 0;
	unsigned i;

	for (i = 0; i < countof(commands) && n < len; i++)
		n += (size_t)snprintf(text + n, len - n, "%s%s",
		    i > 0 ? ", " : "", commands[i].name);
	return text;
}

static void ON_CTL
request_run(struct ctl *ctl, struct control_client *cc, const json_t *req)
{
	json_t *version = json_object_get(req, "spate");
	const char *name = json_string_value(json_object_get(req, "command"));
	char names[256];
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
	control_error(cc, "no command is named \"%s\"; known: %s",
	    name != NULL ? name : "", command_names(names, sizeof(names)));
}

void
control_request(struct ctl *ctl, struct control_client *cc, const char *line,
    size_t len)
{
	json_error_t err;
	json_t *req;

	if (stream_runs(ctl, cc)) {
		stream_stop(ctl, cc);
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
	stream_drained(ctl, cc);
}

void
control_gone(struct ctl *ctl, struct control_client *cc)
{
	explain_gone(ctl, cc);
	ping_gone(ctl, cc);
	reload_gone(ctl, cc);
	rss_gone(ctl, cc);
	stream_gone(ctl, cc);
}
