/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * CPUs share flows: a sender's frames over a pair of two queues, 64 TCP flows
 * that hash evenly, to a router with two CPUs.
 *
 *	test -- left -- a -- pair, 2 queues -- r -- right -- test
 */
#include <string.h>

#include "base/bytes.h"
#include "base/toeplitz.h"
#include "dev/rss.h"
#include "sim/sim.h"

#define FLOWS	64
#define PACKETS 20 /* of each flow */
#define DPORT	5201

/* The port that puts the flow into the i-th of 64 equal parts of the hash. */
static uint16_t
flow_port(const struct toeplitz *tz, const struct frame_spec *fs, unsigned i)
{
	unsigned port;

	for (port = 1024; port < 65536; port++) {
		uint32_t hash = toeplitz_v4_ports(tz, fs->fs_src.a_v4,
		    fs->fs_dst.a_v4, (uint16_t)port, DPORT);

		if (hash % RSS_TABLE * FLOWS / RSS_TABLE == i)
			break;
	}
	return (uint16_t)port;
}

/* A segment that acknowledges, without data. */
static void
segment(struct frame *f, const struct frame_spec *fs, uint16_t port)
{
	uint8_t tcp[20] = { 0 };
	uint16_t sum;

	st16be(tcp, port);
	st16be(tcp + 2, DPORT);
	tcp[12] = 5 << 4;
	tcp[13] = 0x10;
	sum = frame_cksum(tcp, sizeof(tcp),
	    frame_pseudo(&fs->fs_src, &fs->fs_dst, FP_TCP, sizeof(tcp)));
	st16be(tcp + 16, sum);
	frame_ip(f, fs, tcp, sizeof(tcp));
}

static void
even_flows(struct sim *s)
{
	struct host *a = sim_host(s, "a", 1), *r = sim_host(s, "r", 2);
	struct wire *left = sim_wire(s, a, "left", 1);
	struct wire *right = sim_wire(s, r, "right", 2);
	static struct toeplitz tz;
	uint64_t before[2], got[2];
	struct peer *from, *to;
	struct frame_spec fs;
	struct ping *pg;
	struct frame f;
	unsigned i, k;

	sim_link(s, a, "ar", r, "ra", 2, NULL);
	host_addr(a, "left", "10.0.1.1/24");
	host_addr(a, "ar", "10.0.0.1/24");
	host_addr(r, "ra", "10.0.0.2/24");
	host_addr(r, "right", "10.0.2.1/24");
	host_route(a, "10.0.2.0/24", "10.0.0.2");
	host_route(r, "10.0.1.0/24", "10.0.0.1");
	from = wire_peer(left, "10.0.1.2/24", "10.0.1.1");
	to = wire_peer(right, "10.0.2.2/24", "10.0.2.1");
	pg = peer_ping(from, to->pr_text, 1, NS_S, 56);
	SIM_UNTIL(s, ping_done(pg), 4 * NS_S);
	SIM_CHECK(s, peer_spec(from, &to->pr_addr, &fs));
	fs.fs_proto = FP_TCP;
	toeplitz_init(&tz, toeplitz_key_default);
	for (i = 0; i < 2; i++)
		before[i] = host_stat_cpu(r, i, SG_PATH, pks_received);
	for (k = 0; k < PACKETS; k++) {
		for (i = 0; i < FLOWS; i++) {
			segment(&f, &fs, flow_port(&tz, &fs, i));
			wire_inject(left, &f);
		}
		sim_pass(s, NS_MS);
	}
	SIM_UNTIL(s, to->pr_other == FLOWS * PACKETS, NS_S);
	for (i = 0; i < 2; i++)
		got[i] = host_stat_cpu(r, i, SG_PATH, pks_received) - before[i];
	sim_note(s, "%u and %u packets", (unsigned)got[0], (unsigned)got[1]);
	for (i = 0; i < 2; i++)
		SIM_CHECK(s, got[i] * 100 >= 40 * (got[0] + got[1]));
}

int
main(int argc, char **argv)
{
	static const struct scenario scenarios[] = {
		{ "even-flows", even_flows, 20 },
		{ NULL, NULL, 0 },
	};

	return sim_main(argc, argv, scenarios);
}
