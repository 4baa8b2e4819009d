/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A plan's ports as the tester takes them.
 */
#include <errno.h>
#include <string.h>

#include "base/hash.h"
#include "dev/dev.h"
#include "dev/memif.h"
#include "dev/pair.h"
#include "run_int.h"

static bool
mac_given(const uint8_t mac[static MAC_LEN])
{
	static const uint8_t none[MAC_LEN];

	return memcmp(mac, none, MAC_LEN) != 0;
}

static void
port_gateways(const struct plan_port *pp, struct gen_port_conf *pc)
{
	unsigned i;

	for (i = 0; i < pp->pp_ngateway; i++) {
		const struct addr *a = &pp->pp_gateway[i].ca_addr;

		if (a->a_family == ADDR_V4)
			pc->gp_gw4 = *a;
		else
			pc->gp_gw6 = *a;
	}
}

/* Addresses in a range less one. */
static uint64_t
range_more(const struct plan_range *pg)
{
	if (pg->pg_from.a_family == ADDR_V4)
		return pg->pg_to.a_v4 - pg->pg_from.a_v4;
	return pg->pg_to.a_v6.i6_lo - pg->pg_from.a_v6.i6_lo;
}

/* The port's own addresses are hosts like all others. */
static void
port_hosts(const struct plan_port *pp, struct gen_port_conf *pc)
{
	uint64_t more;
	unsigned i;

	for (i = 0; i < pp->pp_naddr; i++)
		pc->gp_hosts[pc->gp_nhosts++] = (struct gen_hosts) {
			pp->pp_addr[i].cx_prefix.p_addr, 1 };
	for (i = 0; i < pp->pp_nhosts; i++) {
		more = range_more(&pp->pp_hosts[i]);
		pc->gp_hosts[pc->gp_nhosts++] = (struct gen_hosts) {
			pp->pp_hosts[i].pg_from,
			more == UINT64_MAX ? more : more + 1 };
	}
}

static void
port_device(const struct plan_port *pp, struct dev_conf *dc)
{
	static const char *const modes[] = { [CONF_MODE_AUTO] = "auto",
		[CONF_MODE_COPY] = "copy", [CONF_MODE_ZEROCOPY] = "zerocopy" };

	dc->dc_driver = plan_driver_name(pp->pp_driver);
	dc->dc_device = pp->pp_device;
	dc->dc_queues = pp->pp_queues;
	dc->dc_mtu = pp->pp_mtu;
	dc->dc_mac = mac_given(pp->pp_mac) ? pp->pp_mac : NULL;
	dc->dc_mode = modes[pp->pp_mode];
	/* What is sent is what was asked for, checksums and all. */
	dc->dc_nooffload = true;
	dc->dc_norx = !plan_port_hears(pp);
}

/*
 * Drawn of the seed, as all is; but the tester at the other end may have the
 * same one, and must not have the same MAC.
 */
static const uint8_t *
port_memif_mac(const struct plan *pl, const struct plan_port *pp,
    uint8_t mac[static MAC_LEN])
{
	const uint64_t key[2] = { pl->pl_seed, pp->pp_id };
	uint64_t h = siphash24((const uint8_t *)key, pp->pp_socket,
	    strlen(pp->pp_socket));

	h = hash_mix64(h + (pp->pp_role == CONF_CLIENT));
	memcpy(mac, &h, MAC_LEN);
	mac[0] = (uint8_t)((mac[0] & 0xfcu) | 2); /* local, one host's */
	return mac;
}

/* The end of the pair for this port; the first of two makes it. */
static int
port_pair(struct run *ru, unsigned i, struct dev_conf *dc)
{
	const struct plan *pl = ru->ru_plan;
	const unsigned peer =
	    (unsigned)plan_port_find(pl, pl->pl_port[i].pp_peer);
	struct pair_conf pc = { .pc_seed = pl->pl_seed };
	unsigned k;
	int error;

	if (ru->ru_pair[i] == NULL) {
		for (k = 0; k < 2; k++) {
			const struct plan_port *pp =
			    &pl->pl_port[k == 0 ? i : peer];

			pc.pc_side[k].ps_queues = (uint16_t)(
			    pp->pp_queues != 0 ? pp->pp_queues : pl->pl_cpus);
			pc.pc_side[k].ps_mtu = (uint16_t)pp->pp_mtu;
		}
		if ((error = pair_create(&pc, &ru->ru_pair[i])) != 0)
			return error;
		ru->ru_pair[peer] = ru->ru_pair[i];
	}
	dc->dc_pair = pair_end(ru->ru_pair[i], i < peer ? 0 : 1);
	return 0;
}

static int ON_CTL
port_add(struct run *ru, unsigned i, char *err, size_t errlen)
{
	const struct plan_port *pp = &ru->ru_plan->pl_port[i];
	const enum udp_mode *modes = ru->ru_job->gj_udp;
	static const enum gen_udp udp[] = { [UDP_NONE] = GU_FOREIGN,
		[UDP_SOURCE] = GU_FOREIGN, [UDP_SINK] = GU_SINK,
		[UDP_ECHO] = GU_ECHO };
	struct gen_port_conf pc = {
		.gp_name = pp->pp_name,
		.gp_ops = dev_driver(plan_driver_name(pp->pp_driver)),
		.gp_udp = modes != NULL ? udp[modes[i]] : GU_FOREIGN,
		.gp_linerate = pp->pp_speed,
		.gp_vlan = pp->pp_nvlan == 1 ? (uint16_t)pp->pp_vlan[0] : 0,
	};
	const struct memif_conf mc = {
		.mc_socket = pp->pp_socket,
		.mc_id = pp->pp_id,
		.mc_client = pp->pp_role == CONF_CLIENT,
		.mc_ring = pp->pp_ring,
		.mc_buffer = pp->pp_buffer,
		.mc_secret = pp->pp_secret,
	};
	uint8_t mac[MAC_LEN];
	int error;

	if (pc.gp_ops == NULL) {
		snprintf(err, errlen, "this spate has no driver %s; it has %s",
		    plan_driver_name(pp->pp_driver), dev_driver_names);
		return ENOTSUP;
	}
	port_gateways(pp, &pc);
	port_hosts(pp, &pc);
	port_device(pp, &pc.gp_dev);
	if (pp->pp_driver == PLAN_MEMIF) {
		pc.gp_dev.dc_memif = &mc;
		if (pc.gp_dev.dc_mac == NULL)
			pc.gp_dev.dc_mac = port_memif_mac(ru->ru_plan, pp, mac);
	}
	if (pp->pp_driver == PLAN_PAIR &&
	    (error = port_pair(ru, i, &pc.gp_dev)) != 0) {
		snprintf(err, errlen, "%s", strerror(error));
		return error;
	}
	return gen_port(ru->ru_gen, &pc, err, errlen);
}

int
ports_open(struct run *ru)
{
	const struct plan *pl = ru->ru_plan;
	const struct conf_pos *pos;
	char err[GEN_ERRLEN + 64] = "";
	unsigned i;
	int error = 0;

	for (i = 0; i < pl->pl_nport && error == 0; i++) {
		error = port_add(ru, i, err, sizeof(err));
		pos = &pl->pl_port[i].pp_sec.cs_pos;
		if (error != 0)
			fprintf(stderr, "%s:%u:%u: %s\n", pos->cp_file,
			    pos->cp_line, pos->cp_col,
			    err[0] != '\0' ? err : strerror(error));
	}
	/* The links are the ports' now. */
	for (i = 0; i < pl->pl_nport; i++) {
		if (ru->ru_pair[i] != NULL &&
		    (unsigned)plan_port_find(pl, pl->pl_port[i].pp_peer) > i)
			pair_destroy(ru->ru_pair[i]);
	}
	return error;
}
