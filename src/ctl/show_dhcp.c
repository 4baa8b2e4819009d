/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The relay of DHCP: "spate show dhcp".
 */
#include "ctl/show_int.h"
#include "dhcp/relay.h"
#include "spate.h"

static void
servers_add(json_t *list, struct addr a)
{
	char text[ADDR_STRLEN];

	json_array_append_new(
	    list, json_pack("{s:s}", "address", addr_format(&a, text)));
}

static json_t *
show_servers(const struct relay *rl)
{
	json_t *list = json_array();
	unsigned i;

	for (i = 0; i < rl->rl_n4; i++)
		servers_add(list, addr_v4(rl->rl_server4[i]));
	for (i = 0; i < rl->rl_n6; i++)
		servers_add(list, addr_v6(rl->rl_server6[i]));
	return list;
}

/* By which servers know the link; empty if there is none. */
static const char *
show_address(const struct ifnet *ifp, const struct relay *rl, unsigned family,
    char text[static ADDR_STRLEN])
{
	struct addr a;

	if (!relay_address(ifp, rl, family, &a))
		return "";
	return addr_format(&a, text);
}

/* Bytes that may be no text are left to the reader of the configuration. */
static json_t *
show_id(const uint8_t *id, size_t n)
{
	json_t *text = json_stringn((const char *)id, n);

	return text != NULL ? text : json_string("(not UTF-8)");
}

static json_t *
show_relay(const struct ifnet *ifp, const struct relay *rl)
{
	static const char *const policies[] = { [RELAY_DROP] = "drop",
		[RELAY_KEEP] = "keep", [RELAY_REPLACE] = "replace" };
	char text[ADDR_STRLEN], text6[ADDR_STRLEN];
	size_t n;
	const uint8_t *circuit = relay_circuit(ifp, rl, &n);

	return json_pack("{s:s, s:s, s:s, s:i, s:i, s:b, s:s, s:o, s:o, s:o}",
	    "interface", ifp->if_name, "address",
	    show_address(ifp, rl, ADDR_V4, text), "address6",
	    show_address(ifp, rl, ADDR_V6, text6), "hops", (int)rl->rl_hops4,
	    "hops6", (int)rl->rl_hops6, "agent", (int)rl->rl_agent, "existing",
	    policies[rl->rl_policy], "circuit", show_id(circuit, n), "remote",
	    show_id(rl->rl_remote, rl->rl_remotelen), "servers",
	    show_servers(rl));
}

json_t *
show_dhcp(struct ctl *ctl)
{
	json_t *relays = json_array(), *messages = json_array();
	const struct relay *rl;
	unsigned i;

	for (i = 1; i < IF_MAX; i++) {
		const struct ifnet *ifp = if_lookup(ctl->ctl_sp, i);

		if (ifp != NULL && (rl = if_relay(ifp)) != NULL)
			json_array_append_new(relays, show_relay(ifp, rl));
	}
	for (i = 0; i < RLS_N; i++) {
		uint64_t n = spate_stat(ctl->ctl_sp, SG_DHCP, i);

		if (n == 0)
			continue;
		json_array_append_new(messages,
		    json_pack("{s:I, s:s, s:s}", "packets", INT(n), "counter",
			stat_groups[SG_DHCP].sg_desc[i].sd_name, "text",
			stat_groups[SG_DHCP].sg_desc[i].sd_text));
	}
	return json_pack(
	    "{s:o, s:o}", "relays", relays, "messages", messages);
}
