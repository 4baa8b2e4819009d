/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Captures: what a client gets of packets that pass and die, and what one that
 * does not read, or goes, costs: copies, never packets.
 */
#include <jansson.h>
#include <spate/capture.h>
#include <stdlib.h>
#include <string.h>

#include "asker.h"
#include "lab.h"
#include "mbuf/capture.h"

struct onlooker {
	struct asker		 on_as;
	bool			 on_reads;
	uint64_t		 on_unread;
	uint64_t		 on_time; /* of the last packet */
	uint64_t		 on_back; /* packets older than the last */
	uint64_t		 on_lost; /* told with packets */
	uint64_t		 on_kind[SCR_END + 1];
	struct spate_capture_counts on_counts; /* of all interfaces */
	char			 on_reason[160];
};

static void
on_send(struct control_client *cc, const json_t *reply)
{
	struct onlooker *on = container_of(cc, struct onlooker,
	    on_as.as_cc);

	if (!json_is_true(json_object_get(reply, "ok")))
		on->on_as.as_refused = true;
}

static void
on_record(struct onlooker *on, const struct spate_capture_record *scr)
{
	struct spate_capture_counts scc;

	on->on_kind[scr->scr_kind]++;
	switch (scr->scr_kind) {
	case SCR_IN:
	case SCR_OUT:
	case SCR_DROP:
		on->on_back += scr->scr_time < on->on_time;
		on->on_time = scr->scr_time;
		on->on_lost += scr->scr_lost;
		break;
	case SCR_REASON:
		snprintf(on->on_reason, sizeof(on->on_reason), "%.*s",
		    (int)scr->scr_datalen, (const char *)(scr + 1));
		break;
	case SCR_COUNTS:
		memcpy(&scc, scr + 1, sizeof(scc));
		on->on_counts.scc_seen += scc.scc_seen;
		on->on_counts.scc_matched += scc.scc_matched;
		on->on_counts.scc_lost += scc.scc_lost;
		break;
	case SCR_END:
		on->on_as.as_ended = true;
		break;
	}
}

static void
on_write(struct control_client *cc, void *buf, size_t len)
{
	struct onlooker *on = container_of(cc, struct onlooker,
	    on_as.as_cc);
	size_t at = 0;

	while (at < len) {
		const struct spate_capture_record *scr =
		    (const void *)((const char *)buf + at);

		on_record(on, scr);
		at += scr->scr_size;
	}
	if (!on->on_reads)
		on->on_unread += len;
	free(buf);
}

static size_t
on_unread(struct control_client *cc)
{
	return container_of(cc, struct onlooker,
	    on_as.as_cc)->on_unread;
}

static void
begin(struct lab *l, struct onlooker *on, const char *line)
{
	memset(on, 0, sizeof(*on));
	on->on_as.as_cc.cc_send = on_send;
	on->on_as.as_cc.cc_write = on_write;
	on->on_as.as_cc.cc_unread = on_unread;
	on->on_reads = true;
	asker_begin(l->l_sim, l->l_r, &on->on_as, line);
}

/* Until it has everything; then the client goes. */
static void
end(struct lab *l, struct onlooker *on)
{
	asker_end(l->l_sim, l->l_r, &on->on_as, NS_S);
}

/* Every packet, both ways, once, in order, whichever CPU handled it. */
static void
both_ways(struct sim *s)
{
	struct onlooker on;
	struct lab l;
	uint64_t in, out;

	lab_make(&l, s, 2, 0);
	lab_ping(&l, 1);
	sim_rest(s);
	in = wire_in(l.l_left) + wire_in(l.l_right);
	out = wire_out(l.l_left) + wire_out(l.l_right);
	begin(&l, &on, "{\"spate\": 1, \"command\": \"capture\"}");
	lab_ping(&l, 20);
	sim_pass(s, NS_MS);
	end(&l, &on);
	in = wire_in(l.l_left) + wire_in(l.l_right) - in;
	out = wire_out(l.l_left) + wire_out(l.l_right) - out;
	SIM_EQ(s, on.on_kind[SCR_IN], in);
	SIM_EQ(s, on.on_kind[SCR_OUT], out);
	SIM_EQ(s, on.on_counts.scc_matched, in + out);
	SIM_EQ(s, on.on_counts.scc_lost, 0);
	SIM_EQ(s, on.on_kind[SCR_INTERFACE], 2);
	SIM_EQ(s, on.on_back, 0);
}

/* Only what dies, and why. */
static void
drops(struct sim *s)
{
	struct onlooker on;
	struct ping *p;
	struct lab l;

	lab_make(&l, s, 2, 0);
	lab_ping(&l, 1);
	begin(&l, &on, "{\"spate\": 1, \"command\": \"capture\", "
	    "\"what\": \"drops\", \"interfaces\": [\"left\"]}");
	p = peer_ping(l.l_a4, "192.0.2.1", 5, NS_MS, 56);
	SIM_UNTIL(s, ping_ended(p), NS_S);
	lab_ping(&l, 5);
	end(&l, &on);
	SIM_EQ(s, on.on_kind[SCR_DROP], 5);
	SIM_EQ(s, on.on_kind[SCR_IN] + on.on_kind[SCR_OUT], 0);
	SIM_EQ(s, on.on_kind[SCR_REASON], 1);
	SIM_CHECK(s, strstr(on.on_reason, "no IPv4 route") != NULL);
}

/* A client that does not read: copies are lost and counted, pings are not. */
static void
slow_reader(struct sim *s)
{
	struct onlooker on;
	struct ping *p;
	struct lab l;

	lab_make(&l, s, 2, 0);
	lab_ping(&l, 1);
	begin(&l, &on, "{\"spate\": 1, \"command\": \"capture\", "
	    "\"buffer\": 262144}");
	on.on_reads = false;
	on.on_unread = UINT32_MAX;
	p = peer_ping(l.l_a4, l.l_b4->pr_text, 400, NS_MS / 20, 1400);
	SIM_UNTIL(s, ping_done(p), 2 * NS_S);
	SIM_EQ(s, on.on_kind[SCR_IN] + on.on_kind[SCR_OUT], 0);
	on.on_reads = true;
	on.on_unread = 0;
	end(&l, &on);
	SIM_CHECK(s, on.on_counts.scc_lost > 0);
	SIM_EQ(s, on.on_kind[SCR_IN] + on.on_kind[SCR_OUT] +
	    on.on_counts.scc_lost, on.on_counts.scc_matched);
	SIM_CHECK(s, on.on_lost <= on.on_counts.scc_lost);
}

/* Captures come and go under traffic, in any order, and leave nothing. */
static void
comings(struct sim *s)
{
	struct onlooker on[4] = { 0 };
	struct ping *p;
	struct lab l;
	unsigned i, k;

	lab_make(&l, s, 2, 0);
	lab_ping(&l, 1);
	p = peer_ping(l.l_a4, l.l_b4->pr_text, 300, NS_MS / 10, 56);
	for (i = 0; i < 24; i++) {
		k = (unsigned)sim_below(s, countof(on));
		if (!on[k].on_as.as_cc.cc_stream)
			begin(&l, &on[k],
			    "{\"spate\": 1, \"command\": \"capture\"}");
		else if (sim_below(s, 2) == 0)
			end(&l, &on[k]);
		else
			asker_go(l.l_r, &on[k].on_as);
	}
	SIM_UNTIL(s, ping_done(p), 4 * NS_S);
	for (k = 0; k < countof(on); k++)
		if (on[k].on_as.as_cc.cc_stream)
			asker_go(l.l_r, &on[k].on_as);
}

/* The interface goes and comes again; the capture is by name. */
static void
returns(struct sim *s)
{
	struct onlooker on;
	struct lab l;

	lab_make(&l, s, 2, 0);
	lab_ping(&l, 1);
	begin(&l, &on, "{\"spate\": 1, \"command\": \"capture\", "
	    "\"interfaces\": [\"right\"]}");
	host_detach(l.l_r, "right");
	wire_reattach(l.l_right);
	host_addr(l.l_r, "right", "10.0.2.1/24");
	host_addr(l.l_r, "right", "fd00:2::1/64");
	sim_pass(s, 10 * NS_MS);
	lab_ping(&l, 5);
	end(&l, &on);
	SIM_CHECK(s, on.on_kind[SCR_OUT] >= 10);
	SIM_CHECK(s, on.on_kind[SCR_IN] >= 10);
}

int
main(int argc, char **argv)
{
	static const struct scenario scenarios[] = {
		{ "both-ways", both_ways, 50 },
		{ "drops", drops, 20 },
		{ "slow-reader", slow_reader, 20 },
		{ "comings", comings, 100 },
		{ "returns", returns, 20 },
		{ NULL, NULL, 0 },
	};

	return sim_main(argc, argv, scenarios);
}
