/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The "explain" command: a frame is built as it was described, the CPU that
 * would have it works on a copy of itself (src/explain.c), and what was told is
 * put together as for a trace.
 */
#include "ctl/explain.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/addr.h"
#include "ctl/explain_frame.h"
#include "ctl/told.h"
#include "ctl/wanted.h"
#include "dev/rss.h"
#include "ether/vlan_wire.h"
#include "if/if.h"
#include "ip/ip_wire.h"
#include "netisr/rss.h"
#include "path.h"

#define EXPLAIN_HOPS 8 /* CPUs, one after the other */

/* All of it is ctl's. */
struct explain_job {
	struct explain_job *ej_next;
	struct control_client *ej_client; /* NULL: gone */
	struct explain *ej_explain;
	struct told *ej_told; /* NULL: nothing yet */
	unsigned ej_hops;
	bool ej_sure; /* of the queue */
};

static void ON_CTL
job_free(struct ctl *ctl, struct explain_job *ej)
{
	struct explain_job **pp = &ctl->ctl_explains;

	while (*pp != ej)
		pp = &(*pp)->ej_next;
	*pp = ej->ej_next;
	if (ej->ej_told != NULL)
		told_free(ej->ej_told);
	explain_destroy(ej->ej_explain);
	free(ej);
}

static void ON_CTL
job_records(struct ctl *ctl, struct explain_job *ej)
{
	struct recring *r = ej->ej_explain->ex_ring;
	const struct tell_record *tr;
	size_t n;

	while ((tr = recring_peek(r, &n)) != NULL) {
		if (ej->ej_told != NULL)
			told_take(ctl, ej->ej_told, tr);
		else if (tr->tr_kind == TELL_BEGIN)
			ej->ej_told = told_new(ctl, tr);
		recring_consume(r);
	}
}

static void ON_CTL
job_answer(struct explain_job *ej)
{
	json_t *result;

	if (ej->ej_client == NULL)
		return;
	if (ej->ej_told == NULL) {
		control_error(ej->ej_client,
		    "explain: the interface has gone, or there is no packet "
		    "buffer left");
		return;
	}
	result = told_json(ej->ej_told, 1);
	json_object_set_new(result, "sure", json_boolean(ej->ej_sure));
	control_reply(ej->ej_client, result, true);
}

/* The CPU is done: with all of it, or it goes on on another. */
static void
job_back(struct ctl *ctl, struct explain *ex)
{
	struct explain_job *ej = ex->ex_arg;

	role_enter(&on_ctl);
	job_records(ctl, ej);
	if (ex->ex_m != NULL && ++ej->ej_hops < EXPLAIN_HOPS &&
	    explain_send(ctl, ex) == 0)
		return;
	job_answer(ej);
	job_free(ctl, ej);
}

/* The request's answers to what is asked of it below; the first wrong one. */
struct wanted {
	struct ctl *wa_ctl;
	const json_t *wa_req;
	char wa_why[200]; /* "": nothing is wrong */
};

static void __attribute__((format(printf, 2, 3)))
wanted_wrong(struct wanted *wa, const char *fmt, ...)
{
	va_list ap;

	if (wa->wa_why[0] != '\0')
		return;
	va_start(ap, fmt);
	vsnprintf(wa->wa_why, sizeof(wa->wa_why), fmt, ap);
	va_end(ap);
}

static const char *
wanted_text(struct wanted *wa, const char *key)
{
	const char *text = json_string_value(json_object_get(wa->wa_req, key));

	if (text == NULL)
		wanted_wrong(wa, "it takes \"%s\"", key);
	return text;
}

static unsigned
wanted_unsigned(
    struct wanted *wa, const char *key, json_int_t most, unsigned without)
{
	json_int_t n = (json_int_t)without;

	if (!wanted_number(wa->wa_req, key, 0, most, &n))
		wanted_wrong(wa, "\"%s\" is a number from 0 to %lld", key,
		    (long long)most);
	return (unsigned)n;
}

static void
wanted_address(struct wanted *wa, const char *key, struct addr *a)
{
	const char *text = wanted_text(wa, key);

	if (text != NULL && addr_parse(a, text) != 0)
		wanted_wrong(wa, "\"%s\" is no IPv4 or IPv6 address", text);
}

static void
wanted_proto(struct wanted *wa, struct explain_desc *ed)
{
	const json_t *v = json_object_get(wa->wa_req, "protocol");
	const char *name = json_string_value(v);

	if (v == NULL || (name != NULL && strcmp(name, "icmp") == 0))
		ed->ed_proto = ed->ed_src.a_family == ADDR_V6 ? IPP_ICMPV6 :
		    IPP_ICMP;
	else if (name != NULL && strcmp(name, "udp") == 0)
		ed->ed_proto = IPP_UDP;
	else if (name != NULL && strcmp(name, "tcp") == 0)
		ed->ed_proto = IPP_TCP;
	else if (json_is_integer(v) && json_integer_value(v) >= 0 &&
	    json_integer_value(v) <= UINT8_MAX)
		ed->ed_proto = (uint8_t)json_integer_value(v);
	else
		wanted_wrong(wa, "\"protocol\" is udp, tcp, icmp or a number "
		    "from 0 to 255");
}

static void
wanted_vlans(struct wanted *wa, struct explain_desc *ed)
{
	const json_t *list = json_object_get(wa->wa_req, "vlans"), *v;
	size_t i;

	if (list == NULL)
		return;
	if (!json_is_array(list) || json_array_size(list) > VLAN_TAGS)
		wanted_wrong(wa, "\"vlans\" are at most two numbers");
	for (i = 0; i < json_array_size(list) && i < VLAN_TAGS; i++) {
		v = json_array_get(list, i);
		if (!json_is_integer(v) || json_integer_value(v) < 0 ||
		    json_integer_value(v) > VLAN_VID)
			wanted_wrong(wa, "a VLAN is a number from 0 to 4095");
		ed->ed_vlan[i] = (uint16_t)json_integer_value(v);
		ed->ed_nvlan++;
	}
}

/* The interface that it comes by: one that frames come by. */
static const struct ifnet *ON_CTL
wanted_interface(struct wanted *wa)
{
	const char *name = wanted_text(wa, "interface");
	const struct ifnet *ifp;

	if (name == NULL)
		return NULL;
	if ((ifp = if_find(wa->wa_ctl, name)) == NULL)
		wanted_wrong(wa, "no interface is named \"%s\"", name);
	else if (ifp->if_nrxq == 0)
		wanted_wrong(wa, "no frame comes by %s itself: name the "
		    "interface below it, and \"vlans\"", name);
	else
		(void)wanted_unsigned(wa, "queue", ifp->if_nrxq - 1, 0);
	return ifp;
}

static void ON_CTL
wanted_desc(struct wanted *wa, struct explain_desc *ed)
{
	wanted_address(wa, "source", &ed->ed_src);
	wanted_address(wa, "destination", &ed->ed_dst);
	if (ed->ed_src.a_family != ed->ed_dst.a_family)
		wanted_wrong(wa, "source and destination are of one family");
	wanted_proto(wa, ed);
	wanted_vlans(wa, ed);
	ed->ed_sport =
	    (uint16_t)wanted_unsigned(wa, "source_port", 65535, 1024);
	ed->ed_dport =
	    (uint16_t)wanted_unsigned(wa, "destination_port", 65535, 1024);
	ed->ed_ttl = (uint8_t)wanted_unsigned(wa, "ttl", 255, 64);
	ed->ed_dscp = (uint8_t)wanted_unsigned(wa, "dscp", 63, 0);
	ed->ed_df = json_is_true(json_object_get(wa->wa_req, "df"));
	ed->ed_size = wanted_unsigned(wa, "size", EXPLAIN_SIZE_MAX, 0);
	if (ed->ed_size != 0 && ed->ed_size < explain_size_min(ed))
		wanted_wrong(wa, "such a packet has at least %u bytes",
		    explain_size_min(ed));
}

/* The queue that the device would choose, and whether that is known. */
static void
job_queue(struct wanted *wa, struct explain_job *ej, const struct ifnet *ifp)
{
	struct explain *ex = ej->ej_explain;
	const struct spate *sp = wa->wa_ctl->ctl_sp;
	uint32_t hash;

	(void)rss_frame(&sp->sp_rss->rs_tz, rss_types(sp), ex->ex_frame,
	    ex->ex_len, &hash);
	ex->ex_queue = (uint16_t)(hash % RSS_TABLE % ifp->if_nrxq);
	ej->ej_sure = ifp->if_nrxq == 1 ||
	    (ifp->if_hwkey == IFHW_OURS && ifp->if_hwtable == IFHW_OURS);
	if (json_object_get(wa->wa_req, "queue") != NULL) {
		ej->ej_sure = true;
		ex->ex_queue = (uint16_t)json_integer_value(
		    json_object_get(wa->wa_req, "queue"));
	}
	ex->ex_ifindex = ifp->if_index;
	ex->ex_ifgen = ifp->if_gen;
	ex->ex_cpu = (uint16_t)if_queue_cpu(&ifp->if_rxq[ex->ex_queue]);
}

static bool ON_CTL
job_make(struct wanted *wa, struct explain_job *ej,
    const struct explain_desc *ed, const struct ifnet *ifp)
{
	struct explain *ex = explain_create(EXPLAIN_FRAME_MAX);

	if ((ej->ej_explain = ex) == NULL)
		return false;
	ex->ex_arg = ej;
	ex->ex_back = job_back;
	ex->ex_len = explain_frame(ed, ex->ex_frame, EXPLAIN_FRAME_MAX);
	job_queue(wa, ej, ifp);
	return true;
}

void
explain_request(
    struct ctl *ctl, struct control_client *cc, const json_t *req)
{
	struct wanted wa = { .wa_ctl = ctl, .wa_req = req };
	const struct ifnet *ifp = wanted_interface(&wa);
	struct explain_desc ed = { 0 };
	struct explain_job *ej;

	wanted_desc(&wa, &ed);
	if (wa.wa_why[0] != '\0') {
		control_refuse(cc, "explain: %s", wa.wa_why);
		return;
	}
	memcpy(ed.ed_mac, ifp->if_mac, sizeof(ed.ed_mac));
	if ((ej = calloc(1, sizeof(*ej))) == NULL ||
	    !job_make(&wa, ej, &ed, ifp)) {
		free(ej);
		control_error(cc, "explain: no memory");
		return;
	}
	ej->ej_client = cc;
	ej->ej_next = ctl->ctl_explains;
	ctl->ctl_explains = ej;
	if (explain_send(ctl, ej->ej_explain) != 0) {
		control_error(cc, "explain: no memory");
		job_free(ctl, ej);
	}
}

void
explain_gone(struct ctl *ctl, struct control_client *cc)
{
	struct explain_job *ej;

	for (ej = ctl->ctl_explains; ej != NULL; ej = ej->ej_next)
		if (ej->ej_client == cc)
			ej->ej_client = NULL;
}
