/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Any bytes as frames, thrown at a router of one CPU and two interfaces: the
 * whole input path, and what it answers.  After each input the ledger balances;
 * now and then the router is taken down, and no buffer is missing.
 *
 * An input is a row of frames: a byte whose lowest bit chooses the interface,
 * two bytes of length, and the frame, which may be cut off by the end.
 */
#include <stdint.h>
#include <string.h>

#include "dhcp/relay.h"
#include "sim/sim.h"

#define RENEW 2000 /* inputs, then another router */
#define ROW   64 /* frames of one input that are looked at */

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

struct target {
	struct sim *t_sim;
	struct wire *t_wire[2];
	unsigned t_inputs;
};

static void
target_relay(struct ctl *ctl, void *arg)
{
	struct relay rl = { .rl_server4 = { 0x0a000202 }, .rl_n4 = 1,
		.rl_server6 = { { 0xfd00000200000000, 2 } }, .rl_n6 = 1,
		.rl_hops4 = 4, .rl_hops6 = 8, .rl_agent = true,
		.rl_policy = RELAY_REPLACE };

	(void)arg;
	role_enter(&on_ctl);
	if (relay_set(ctl, if_find(ctl, "left"), &rl) != 0)
		panic("no memory");
	if_set_mss(ctl, if_find(ctl, "right"), IF_MSS_AUTO);
}

static void
target_open(struct target *t)
{
	static const uint8_t mac[MAC_LEN] = { 2, 0, 0, 0, 9, 9 };
	struct host *h;

	t->t_sim = sim_open("path", 1);
	t->t_inputs = 0;
	h = sim_host(t->t_sim, "r", 1);
	t->t_wire[0] = sim_wire_mtu(t->t_sim, h, "left", 1, 1500);
	t->t_wire[1] = sim_wire_mtu(t->t_sim, h, "right", 1, 1280);
	wire_anything(t->t_wire[0]);
	wire_anything(t->t_wire[1]);
	host_addr(h, "left", "10.0.1.1/24");
	host_addr(h, "left", "fd00:1::1/64");
	host_addr(h, "right", "10.0.2.1/24");
	host_addr(h, "right", "fd00:2::1/64");
	host_neigh(h, "left", "10.0.1.2", mac);
	host_neigh(h, "left", "fd00:1::2", mac);
	host_neigh(h, "right", "10.0.2.2", mac);
	host_neigh(h, "right", "fd00:2::2", mac);
	host_vlan(h, "left.5", "left", 0x81000005, 0);
	host_vlan(h, "outer", "right", 0x88a80009, 0);
	host_vlan_map(h, "inner", "outer", 0x81000005);
	host_addr(h, "left.5", "10.0.3.1/24");
	host_addr(h, "inner", "10.0.4.1/24");
	host_addr(h, "inner", "fd00:4::1/64");
	host_neigh(h, "left.5", "10.0.3.2", mac);
	host_neigh(h, "inner", "10.0.4.2", mac);
	host_neigh(h, "inner", "fd00:4::2", mac);
	host_ctl(h, target_relay, NULL);
}

static size_t
target_frame(struct target *t, const uint8_t *data, size_t size)
{
	size_t n;

	if (size < 3)
		return size;
	n = ld16be(data + 1) % FRAME_MAX;
	if (n > size - 3)
		n = size - 3;
	if (n > 0)
		wire_inject_bytes(t->t_wire[data[0] & 1], data + 3, n);
	return 3 + n;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct target t; /* a new one each time would be slow */
	unsigned i;
	size_t n;

	if (t.t_sim == NULL)
		target_open(&t);
	for (i = 0; size > 0 && i < ROW; i++) {
		n = target_frame(&t, data, size);
		data += n;
		size -= n;
	}
	sim_rest(t.t_sim);
	if (++t.t_inputs == RENEW) {
		sim_close(t.t_sim);
		t.t_sim = NULL;
	}
	return 0;
}
