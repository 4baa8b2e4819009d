/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Neighbours by hand: permanent entries; one that was learnt can be deleted as
 * well, and will be asked for again.
 */
#include <errno.h>
#include <string.h>

#include "ctl/conf/conf.h"
#include "ctl/control.h"
#include "ctl/edit_int.h"
#include "route/neigh.h"

static bool ON_CTL
neigh_configured(const struct ctl *ctl, const struct ifnet *ifp,
    const struct addr *a)
{
	const struct conf *conf = control_conf(ctl);
	unsigned i;

	for (i = 0; conf != NULL && i < conf->cf_nneigh; i++)
		if (strcmp(conf->cf_neigh[i].ne_if, ifp->if_name) == 0 &&
		    addr_eq(&conf->cf_neigh[i].ne_addr.ca_addr, a))
			return true;
	return false;
}

/* It must be there, or must not. */
static bool ON_CTL
neigh_fits(struct edit *ed, const struct ifnet *ifp, const struct addr *a)
{
	struct neigh_info ni;
	bool known = neigh_query(ed->ed_ctl, ifp->if_index, a, &ni);
	char text[ADDR_STRLEN];

	if (known && ed->ed_action != EDIT_DELETE)
		known = ni.ni_state == NS_PERMANENT;
	if (known == (ed->ed_action != EDIT_ADD))
		return true;
	addr_format(a, text);
	if (known)
		control_error(ed->ed_cc, "%s has a permanent entry on %s "
		    "already; \"spate neigh change\" replaces it", text,
		    ifp->if_name);
	else
		control_error(ed->ed_cc, "%s has no %sentry on %s%s", text,
		    ed->ed_action == EDIT_CHANGE ? "permanent " : "",
		    ifp->if_name, ed->ed_action == EDIT_CHANGE ?
		    "; \"spate neigh add\" makes one" : "");
	return false;
}

void
edit_neigh(struct ctl *ctl, struct control_client *cc, const json_t *req)
{
	uint8_t mac[MAC_LEN];
	struct conf_addr ca;
	struct ifnet *ifp;
	struct edit ed;
	bool bad;
	int error;

	if (!edit_begin(&ed, ctl, cc, req) ||
	    !edit_value(&ed, "address", "neighbour", NULL, &ca) ||
	    (ifp = edit_interface(&ed, true, &bad)) == NULL)
		return;
	if (ed.ed_action != EDIT_DELETE &&
	    (!edit_value(&ed, "mac", "neighbour", "mac", mac) ||
		!edit_reach(&ed, &ca.ca_addr, ifp->if_rtable, &ifp)))
		return;
	if (!neigh_fits(&ed, ifp, &ca.ca_addr))
		return;
	error = ed.ed_action == EDIT_DELETE ?
	    neigh_delete(ctl, ifp, &ca.ca_addr) :
	    neigh_add(ctl, ifp, &ca.ca_addr, mac);
	edit_end(&ed, error, neigh_configured(ctl, ifp, &ca.ca_addr));
}
