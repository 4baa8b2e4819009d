/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Putting records of a told packet together.
 */
#include "ctl/told.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/addr.h"
#include "ctl/show_int.h"
#include "ctl/told_int.h"
#include "path.h"

#define TOLD_SETTLE (20 * NS_MS) /* pieces of it may still be on their way */
#define TOLD_LOST   (5 * NS_S) /* longer than a neighbour is asked for */

static const char *
proto_name(const struct told_frame *tf, char buf[static 8])
{
	static const struct {
		uint8_t proto;
		const char *name;
	} names[] = { { 1, "icmp" }, { 6, "tcp" }, { 17, "udp" },
		{ 58, "icmp6" }, { 44, "fragment" }, { 50, "esp" },
		{ 47, "gre" } };
	unsigned i;

	for (i = 0; i < countof(names); i++)
		if (names[i].proto == tf->tf_proto)
			return names[i].name;
	snprintf(buf, 8, "%u", tf->tf_proto);
	return buf;
}

static json_t *
told_vlans(const struct told_frame *tf)
{
	json_t *list = json_array();
	unsigned i;

	for (i = 0; i < tf->tf_nvlan; i++)
		json_array_append_new(list, json_integer(tf->tf_vlan[i]));
	return list;
}

static json_t *ON_CTL
told_heading(struct ctl *ctl, const struct tell_record *tr)
{
	char src[ADDR_STRLEN], dst[ADDR_STRLEN], proto[8];
	struct told_frame tf;
	json_t *o;

	told_frame_parse(tell_data(tr), tr->tr_datalen, &tf);
	o = json_pack("{s:s, s:i, s:i, s:I, s:i, s:o}", "interface",
	    show_ifname(ctl->ctl_sp, tr->tr_rcvif), "queue",
	    (int)tr->tr_queue, "cpu", (int)tr->tr_cpu, "frame_bytes",
	    INT(tr->tr_len), "type", (int)tf.tf_type, "vlans",
	    told_vlans(&tf));
	if (tf.tf_ip)
		json_object_update_new(o,
		    json_pack("{s:s, s:s, s:s, s:i, s:i, s:I}", "source",
			addr_format(&tf.tf_src, src), "destination",
			addr_format(&tf.tf_dst, dst), "protocol",
			proto_name(&tf, proto), "ttl", (int)tf.tf_ttl, "dscp",
			(int)tf.tf_dscp, "bytes", INT(tf.tf_len)));
	if (tf.tf_ports)
		json_object_update_new(o,
		    json_pack("{s:i, s:i}", "source_port", (int)tf.tf_sport,
			"destination_port", (int)tf.tf_dport));
	return o;
}

struct told *
told_new(struct ctl *ctl, const struct tell_record *begin)
{
	struct told *td = calloc(1, sizeof(*td));

	if (td == NULL)
		return NULL;
	td->td_id = begin->tr_id;
	td->td_first = td->td_last = begin->tr_time;
	td->td_packet = told_heading(ctl, begin);
	td->td_steps = json_array();
	td->td_ends = json_array();
	return td;
}

void
told_free(struct told *td)
{
	json_decref(td->td_packet);
	json_decref(td->td_steps);
	json_decref(td->td_ends);
	free(td);
}

static const char *
stage_name(unsigned st)
{
	return st < ST_N ? path_names[st] : "-";
}

/* Pieces of a packet come to a stage one after the other: one step. */
static bool
told_same_step(const struct told *td, const struct tell_record *tr)
{
	const struct tell_record *at = &td->td_at;

	return td->td_step != NULL && at->tr_stage == tr->tr_stage &&
	    at->tr_cpu == tr->tr_cpu && at->tr_rcvif == tr->tr_rcvif &&
	    at->tr_oif == tr->tr_oif && at->tr_nh == tr->tr_nh;
}

static void ON_CTL
told_at(struct ctl *ctl, struct told *td, const struct tell_record *tr)
{
	json_t *pieces;

	if (told_same_step(td, tr)) {
		pieces = json_object_get(td->td_step, "pieces");
		json_integer_set(pieces, json_integer_value(pieces) + 1);
		return;
	}
	if (td->td_step != NULL)
		told_lookups(ctl, td, tr);
	td->td_step = json_pack("{s:s, s:i, s:I, s:i, s:I, s:[], s:[]}",
	    "stage", stage_name(tr->tr_stage), "cpu", (int)tr->tr_cpu,
	    "after", INT(td->td_last - td->td_first), "pieces", 1, "bytes",
	    INT(tr->tr_len), "lookups", "notes");
	json_array_append_new(td->td_steps, td->td_step);
	td->td_ruled = false;
	td->td_at = *tr;
	memcpy(td->td_data, tell_data(tr), tr->tr_datalen);
}

static void
told_note(struct told *td, const struct tell_record *tr)
{
	json_t *text =
	    json_stringn((const char *)tell_data(tr), tr->tr_datalen);

	if (td->td_step == NULL || text == NULL)
		json_decref(text);
	else
		json_array_append_new(
		    json_object_get(td->td_step, "notes"), text);
}

/* The same for all pieces of a packet that come to a stage. */
static void ON_CTL
told_rule(struct ctl *ctl, struct told *td, const struct tell_record *tr)
{
	json_t *name =
	    json_stringn((const char *)tell_data(tr), tr->tr_datalen);

	if (td->td_step == NULL || name == NULL || td->td_ruled) {
		json_decref(name);
		return;
	}
	json_object_set_new(td->td_step, "rule", name);
	td->td_ruled = true;
	td->td_rule = tr->tr_nh;
	told_rule_look(ctl, td, json_string_value(name));
}

static const char *
told_how(unsigned kind)
{
	switch (kind) {
	case TELL_SENT:
		return "sent";
	case TELL_DROP:
		return "dropped";
	case TELL_HELD:
		return "held";
	default:
		return "taken";
	}
}

static void
told_end_text(const struct ctl *ctl, const struct tell_record *tr, char *text,
    size_t len)
{
	switch (tr->tr_kind) {
	case TELL_SENT:
		snprintf(text, len, "on %s, queue %u",
		    show_ifname(ctl->ctl_sp, tr->tr_oif), tr->tr_queue);
		break;
	case TELL_DROP:
		told_reason(tr->tr_reason, text, len);
		break;
	case TELL_HELD:
		snprintf(text, len, "%.*s", (int)tr->tr_datalen,
		    (const char *)tell_data(tr));
		break;
	default:
		snprintf(text, len, "by this host");
		break;
	}
}

static void ON_CTL
told_end(struct ctl *ctl, struct told *td, const struct tell_record *tr)
{
	char text[256];
	json_t *o;

	if (td->td_step != NULL && tr->tr_kind == TELL_DROP &&
	    tr->tr_stage == td->td_at.tr_stage)
		told_lookups(ctl, td, tr);
	told_end_text(ctl, tr, text, sizeof(text));
	o = json_pack("{s:s, s:s, s:i, s:I, s:s}", "how",
	    told_how(tr->tr_kind), "stage", stage_name(tr->tr_stage), "cpu",
	    (int)tr->tr_cpu, "after", INT(td->td_last - td->td_first), "text",
	    text);
	if (tr->tr_kind == TELL_SENT)
		json_object_update_new(o,
		    json_pack("{s:s, s:i, s:I}", "interface",
			show_ifname(ctl->ctl_sp, tr->tr_oif), "queue",
			(int)tr->tr_queue, "bytes", INT(tr->tr_len)));
	json_array_append_new(td->td_ends, o);
	td->td_ended += tr->tr_kind != TELL_HELD;
}

void
told_take(struct ctl *ctl, struct told *td, const struct tell_record *tr)
{
	/* A CPU's clock is that of its round, which may have begun earlier. */
	td->td_last = u64max(td->td_last, tr->tr_time);
	switch (tr->tr_kind) {
	case TELL_BEGIN:
		break; /* a second trace has chosen it, too */
	case TELL_AT:
		told_at(ctl, td, tr);
		break;
	case TELL_RULE:
		told_rule(ctl, td, tr);
		break;
	case TELL_NOTE:
		told_note(td, tr);
		break;
	default:
		told_end(ctl, td, tr);
		break;
	}
}

bool
told_done(const struct told *td, uint64_t now)
{
	uint64_t quiet = now > td->td_last ? now - td->td_last : 0;

	return quiet >= (td->td_ended > 0 ? TOLD_SETTLE : TOLD_LOST);
}

json_t *
told_json(const struct told *td, unsigned n)
{
	json_object_set_new(td->td_packet, "number", json_integer(INT(n)));
	return json_pack("{s:O, s:O, s:O}", "packet", td->td_packet, "steps",
	    td->td_steps, "ends", td->td_ends);
}
