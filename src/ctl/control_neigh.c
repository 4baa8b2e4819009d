/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Neighbours of a configuration: permanent entries of the neighbour table.
 */
#include <string.h>

#include "ctl/control.h"
#include "ctl/control_int.h"
#include "route/neigh.h"

static unsigned
neigh_list(const struct conf *conf, struct control_obj *out)
{
	unsigned i;

	for (i = 0; out != NULL && i < conf->cf_nneigh; i++)
		out[i] = (struct control_obj){ .o_conf = conf,
			.o_pos = &conf->cf_neigh[i].ne_sec.cs_pos,
			.o_sec = &conf->cf_neigh[i],
			.o_ifname = conf->cf_neigh[i].ne_if };
	return conf->cf_nneigh;
}

static int
neigh_cmp(const struct control_obj *a, const struct control_obj *b)
{
	const struct conf_neigh *na = a->o_sec, *nb = b->o_sec;
	int c = strcmp(na->ne_if, nb->ne_if);

	return c != 0 ? c : addr_cmp(&na->ne_addr.ca_addr,
	    &nb->ne_addr.ca_addr);
}

static bool ON_CTL
neigh_there(struct ctl *ctl, const struct control_obj *o)
{
	const struct conf_neigh *ne = o->o_sec;
	const struct ifnet *ifp = if_find(ctl, ne->ne_if);
	struct neigh_info ni;

	if (ifp == NULL)
		return true;
	return neigh_query(ctl, ifp->if_index, &ne->ne_addr.ca_addr, &ni) &&
	    ni.ni_state == NS_PERMANENT &&
	    memcmp(ni.ni_mac, ne->ne_mac, MAC_LEN) == 0;
}

static int ON_CTL
neigh_make(struct ctl *ctl, const struct control_obj *o,
    struct conf_errors *errs)
{
	const struct conf_neigh *ne = o->o_sec;

	return neigh_add(ctl, if_find(ctl, ne->ne_if), &ne->ne_addr.ca_addr,
	    ne->ne_mac);
}

static void ON_CTL
neigh_clear(struct ctl *ctl, const struct control_obj *o)
{
	const struct conf_neigh *ne = o->o_sec;
	struct ifnet *ifp = if_find(ctl, ne->ne_if);
	struct neigh_info ni;

	/* One that was learnt in its place stays, or that is by hand. */
	if (ifp != NULL &&
	    neigh_query(ctl, ifp->if_index, &ne->ne_addr.ca_addr, &ni) &&
	    ni.ni_state == NS_PERMANENT &&
	    memcmp(ni.ni_mac, ne->ne_mac, MAC_LEN) == 0)
		neigh_delete(ctl, ifp, &ne->ne_addr.ca_addr);
}

static void ON_CTL
neigh_ifgoes(struct ctl *ctl, struct ifnet *ifp)
{
	neigh_flush(ctl, ifp->if_index);
}

const struct control_kind control_neigh_kind = {
	.ck_name = "neighbour",
	.ck_list = neigh_list,
	.ck_cmp = neigh_cmp,
	.ck_there = neigh_there,
	.ck_set = neigh_make,
	.ck_clear = neigh_clear,
	.ck_ifgoes = neigh_ifgoes,
};
