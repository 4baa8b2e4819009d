/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Traces: each packet that was chosen is told once, whole and in order,
 * whichever CPUs it met; nothing else is; and none of it costs a packet.
 */
#include <jansson.h>
#include <string.h>

#include "asker.h"
#include "lab.h"
#include "path.h"

struct teller {
	struct asker		 te_as;
	unsigned		 te_packets;
	unsigned		 te_sent; /* ends of them */
	unsigned		 te_dropped;
	unsigned		 te_held;
	unsigned		 te_cpus; /* packets that met two */
	unsigned		 te_back; /* steps before the last */
	uint64_t		 te_told, te_lost;
	char			 te_text[256]; /* of the last end */
};

static void
te_packet(struct teller *te, const json_t *told)
{
	json_t *steps = json_object_get(told, "steps"), *step, *end;
	json_int_t when = 0, at, cpu = -1;
	bool two = false;
	size_t i;

	te->te_packets++;
	json_array_foreach(steps, i, step)
	{
		at = json_integer_value(json_object_get(step, "after"));
		te->te_back += at < when;
		when = at;
		at = json_integer_value(json_object_get(step, "cpu"));
		two |= cpu >= 0 && at != cpu;
		cpu = at;
	}
	te->te_cpus += two;
	json_array_foreach(json_object_get(told, "ends"), i, end)
	{
		const char *how = json_string_value(
		    json_object_get(end, "how"));

		te->te_sent += strcmp(how, "sent") == 0;
		te->te_dropped += strcmp(how, "dropped") == 0;
		te->te_held += strcmp(how, "held") == 0;
		snprintf(te->te_text, sizeof(te->te_text), "%s",
		    json_string_value(json_object_get(end, "text")));
	}
}

static void
te_send(struct control_client *cc, const json_t *reply)
{
	struct teller *te = container_of(cc, struct teller,
	    te_as.as_cc);
	const json_t *result = json_object_get(reply, "result");

	if (!json_is_true(json_object_get(reply, "ok")))
		te->te_as.as_refused = true;
	else if (json_object_get(result, "packet") != NULL)
		te_packet(te, result);
	if (!json_is_true(json_object_get(reply, "done")))
		return;
	te->te_as.as_ended = true;
	te->te_told = (uint64_t)json_integer_value(
	    json_object_get(result, "told"));
	te->te_lost = (uint64_t)json_integer_value(
	    json_object_get(result, "lost"));
}

static size_t
te_unread(struct control_client *cc)
{
	(void)cc;
	return 0;
}

static void
begin(struct lab *l, struct teller *te, const char *line)
{
	memset(te, 0, sizeof(*te));
	te->te_as.as_cc.cc_send = te_send;
	te->te_as.as_cc.cc_unread = te_unread;
	asker_begin(l->l_sim, l->l_r, &te->te_as, line);
}

/* Until it has everything; then the client goes. */
static void
end(struct lab *l, struct teller *te)
{
	unsigned i;

	asker_end(l->l_sim, l->l_r, &te->te_as, 10 * NS_S);
	SIM_EQ(l->l_sim, te->te_told, te->te_packets);
	SIM_EQ(l->l_sim, te->te_back, 0);
	for (i = 0; i < host_spate(l->l_r)->sp_ncpus; i++)
		SIM_CHECK(l->l_sim,
		    host_spate(l->l_r)->sp_cpu[i]->c_path->p_fn == path_fn);
}

/* All packets, until it is ended. */
static void
all(struct sim *s)
{
	struct teller te;
	struct lab l;

	lab_make(&l, s, 2, 1);
	lab_ping(&l, 1);
	begin(&l, &te, "{\"spate\": 1, \"command\": \"trace\"}");
	lab_ping(&l, 20);
	sim_pass(s, NS_MS);
	end(&l, &te);
	SIM_EQ(s, te.te_sent, 80); /* both families, both ways */
	SIM_EQ(s, te.te_held, 0);
	SIM_EQ(s, te.te_lost, 0);
}

/* The right wire has one queue, so frames change CPU to leave. */
static void
two_cpus(struct sim *s)
{
	struct lab l = { .l_sim = s, .l_r = sim_host(s, "r", 2) };
	struct wire *left = sim_wire(s, l.l_r, "left", 2);
	struct wire *right = sim_wire(s, l.l_r, "right", 1);
	struct teller te;
	struct ping *p[8];
	char text[32];
	unsigned i;

	host_addr(l.l_r, "left", "10.0.1.1/24");
	host_addr(l.l_r, "right", "10.0.2.1/24");
	(void)wire_peer(right, "10.0.2.2/24", "10.0.2.1");
	p[0] = peer_ping(
	    wire_peer(left, "10.0.1.2/24", "10.0.1.1"), "10.0.2.2", 1, 1, 56);
	SIM_UNTIL(s, ping_done(p[0]), 2 * NS_S);
	begin(&l, &te, "{\"spate\": 1, \"command\": \"trace\", "
	    "\"interfaces\": [\"left\"]}");
	for (i = 0; i < countof(p); i++) {
		snprintf(text, sizeof(text), "10.0.1.%u/24", 10 + i);
		p[i] = peer_ping(wire_peer(left, text, "10.0.1.1"), "10.0.2.2",
		    10, NS_MS / 10, 100);
	}
	for (i = 0; i < countof(p); i++)
		SIM_UNTIL(s, ping_done(p[i]), 3 * NS_S);
	sim_pass(s, NS_MS);
	end(&l, &te);
	SIM_CHECK(s, te.te_sent >= 80);
	SIM_CHECK(s, te.te_cpus > 0);
}

/* As many as were asked for, of one interface; it ends by itself. */
static void
count(struct sim *s)
{
	struct teller te;
	struct lab l;

	lab_make(&l, s, 2, 0);
	lab_ping(&l, 1);
	begin(&l, &te, "{\"spate\": 1, \"command\": \"trace\", \"count\": 3, "
	    "\"interfaces\": [\"right\"]}");
	lab_ping(&l, 20);
	SIM_UNTIL(s, te.te_as.as_ended, 10 * NS_S);
	end(&l, &te);
	SIM_EQ(s, te.te_packets, 3);
	SIM_EQ(s, te.te_sent, 3);
}

/* Nobody answers: held, and dropped in the end; then no route. */
static void
ends(struct sim *s)
{
	struct teller te;
	struct ping *p;
	struct lab l;

	lab_make(&l, s, 2, 0);
	lab_ping(&l, 1);
	begin(&l, &te, "{\"spate\": 1, \"command\": \"trace\", \"count\": 1, "
	    "\"interfaces\": [\"left\"]}");
	p = peer_ping(l.l_a4, "10.0.2.77", 1, NS_MS, 56);
	SIM_UNTIL(s, ping_ended(p), 10 * NS_S);
	SIM_UNTIL(s, te.te_as.as_ended, 10 * NS_S);
	end(&l, &te);
	SIM_EQ(s, te.te_held, 1);
	SIM_EQ(s, te.te_dropped, 1);
	SIM_CHECK(s, strstr(te.te_text, "ips_noneigh") != NULL);
	begin(&l, &te, "{\"spate\": 1, \"command\": \"trace\", \"count\": 1, "
	    "\"interfaces\": [\"left\"]}");
	p = peer_ping(l.l_a4, "192.0.2.1", 1, NS_MS, 56);
	SIM_UNTIL(s, te.te_as.as_ended, 10 * NS_S);
	end(&l, &te);
	SIM_CHECK(s, strstr(te.te_text, "ips_noroute") != NULL);
}

/* Traces come and go under traffic, with packets in them. */
static void
comings(struct sim *s)
{
	struct teller te[8] = { 0 };
	struct ping *p;
	struct lab l;
	unsigned i, k;

	lab_make(&l, s, 2, 1);
	lab_ping(&l, 1);
	p = peer_ping(l.l_a4, l.l_b4->pr_text, 300, NS_MS / 10, 56);
	for (i = 0; i < 24; i++) {
		k = (unsigned)sim_below(s, countof(te));
		if (!te[k].te_as.as_cc.cc_stream)
			begin(&l, &te[k],
			    "{\"spate\": 1, \"command\": \"trace\"}");
		else
			asker_go(l.l_r, &te[k].te_as);
	}
	SIM_UNTIL(s, ping_done(p), 4 * NS_S);
	for (k = 0; k < countof(te); k++)
		if (te[k].te_as.as_cc.cc_stream)
			asker_go(l.l_r, &te[k].te_as);
	sim_pass(s, 10 * NS_MS);
	SIM_CHECK(s, host_spate(l.l_r)->sp_cpu[0]->c_path->p_fn == path_fn);
}

int
main(int argc, char **argv)
{
	static const struct scenario scenarios[] = {
		{ "all", all, 50 },
		{ "two-cpus", two_cpus, 20 },
		{ "count", count, 20 },
		{ "ends", ends, 20 },
		{ "comings", comings, 20 },
		{ NULL, NULL, 0 },
	};

	return sim_main(argc, argv, scenarios);
}
