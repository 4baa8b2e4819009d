/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Interfaces that relay DHCP.
 */
#include <string.h>

#include "ctl/control_int.h"
#include "dhcp/relay.h"

/* What the family's RFC has: RFC 1542, 4.1.1; RFC 8415, 7.6. */
#define HOPS4 4
#define HOPS6 8

static_assert(CONF_RELAY_SERVERS == RELAY_SERVERS, "as many");
static_assert(CONF_AGENT_KEEP == (int)RELAY_KEEP &&
	CONF_AGENT_REPLACE == (int)RELAY_REPLACE, "one value for both");

static unsigned
relay_list(const struct conf *conf, struct control_obj *out)
{
	unsigned i;

	for (i = 0; out != NULL && i < conf->cf_nrelay; i++)
		out[i] = (struct control_obj){ .o_conf = conf,
			.o_pos = &conf->cf_relay[i].rl_sec.cs_pos,
			.o_sec = &conf->cf_relay[i],
			.o_ifname = conf->cf_relay[i].rl_if };
	return conf->cf_nrelay;
}

static int
relay_cmp(const struct control_obj *a, const struct control_obj *b)
{
	return strcmp(a->o_ifname, b->o_ifname);
}

/* Its length; the checks have seen that it fits. */
static uint8_t
relay_id(uint8_t to[static RELAY_IDLEN], const char *id)
{
	size_t n = id != NULL ? strlen(id) : 0;

	if (n > 0)
		memcpy(to, id, n);
	return (uint8_t)n;
}

static struct relay
relay_wanted(const struct conf_relay *cr)
{
	struct relay rl = { .rl_agent = cr->rl_agent,
		.rl_policy = (uint8_t)cr->rl_policy,
		.rl_hops4 = (uint8_t)(cr->rl_hops != 0 ? cr->rl_hops : HOPS4),
		.rl_hops6 = (uint8_t)(cr->rl_hops != 0 ? cr->rl_hops : HOPS6) };
	unsigned i;

	for (i = 0; i < cr->rl_nserver; i++) {
		const struct addr *a = &cr->rl_server[i].ca_addr;

		if (a->a_family == ADDR_V4)
			rl.rl_server4[rl.rl_n4++] = a->a_v4;
		else
			rl.rl_server6[rl.rl_n6++] = a->a_v6;
	}
	for (i = 0; i < cr->rl_naddr; i++) {
		const struct addr *a = &cr->rl_addr[i].ca_addr;

		if (a->a_family == ADDR_V4)
			rl.rl_addr4 = a->a_v4;
		else
			rl.rl_addr6 = a->a_v6;
	}
	rl.rl_circuitlen = relay_id(rl.rl_circuit, cr->rl_circuit);
	rl.rl_remotelen = relay_id(rl.rl_remote, cr->rl_remote);
	return rl;
}

static bool ON_CTL
relay_there(struct ctl *ctl, const struct control_obj *o)
{
	const struct relay want = relay_wanted(o->o_sec);
	const struct ifnet *ifp = if_find(ctl, o->o_ifname);

	return ifp == NULL || relay_is(ifp, &want);
}

static int ON_CTL
relay_make(struct ctl *ctl, const struct control_obj *o,
    struct conf_errors *errs)
{
	const struct relay want = relay_wanted(o->o_sec);

	(void)errs;
	return relay_set(ctl, if_find(ctl, o->o_ifname), &want);
}

static void ON_CTL
relay_clear(struct ctl *ctl, const struct control_obj *o)
{
	struct ifnet *ifp = if_find(ctl, o->o_ifname);

	if (ifp != NULL)
		(void)relay_set(ctl, ifp, NULL);
}

const struct control_kind control_relay_kind = {
	.ck_name = "dhcp_relay",
	.ck_list = relay_list,
	.ck_cmp = relay_cmp,
	.ck_there = relay_there,
	.ck_set = relay_make,
	.ck_clear = relay_clear,
};
