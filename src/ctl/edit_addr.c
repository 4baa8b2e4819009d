/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Addresses of interfaces by hand.
 */
#include <errno.h>
#include <string.h>

#include "ctl/conf/conf.h"
#include "ctl/control.h"
#include "ctl/control_int.h"
#include "ctl/edit_int.h"
#include "route/route.h"

static bool ON_CTL
addr_configured(const struct ctl *ctl, const struct ifnet *ifp,
    const struct addr *a)
{
	const struct conf *conf = control_conf(ctl);
	const struct conf_if *ci =
	    conf != NULL ? conf_if_find(conf, ifp->if_name) : NULL;
	unsigned i;

	for (i = 0; ci != NULL && i < ci->ci_naddr; i++)
		if (addr_eq(&ci->ci_addr[i].cx_prefix.p_addr, a))
			return true;
	return false;
}

static const struct ifaddr *
addr_of(const struct ifnet *ifp, const struct addr *a)
{
	const struct ifaddrs *ias = if_addrs(ifp);
	unsigned i;

	for (i = 0; i < ias->ias_n; i++)
		if (addr_eq(&ias->ias_a[i].ifa_addr, a))
			return &ias->ias_a[i];
	return NULL;
}

/* Another interface of the VRF that has the address, or NULL. */
static const struct ifnet *
addr_elsewhere(
    const struct ctl *ctl, const struct ifnet * not, const struct addr *a)
{
	unsigned i;

	if (a->a_family == ADDR_V6 && in6_is_linklocal(a->a_v6))
		return NULL;
	for (i = 1; i < IF_MAX; i++) {
		const struct ifnet *ifp = if_lookup(ctl->ctl_sp, i);

		if (ifp != NULL &&
		    ifp != not &&ifp->if_rtable == not ->if_rtable &&
		    addr_of(ifp, a) != NULL)
			return ifp;
	}
	return NULL;
}

static bool
addr_may_come(struct edit *ed, const struct ifnet *ifp, const struct prefix *p)
{
	const struct ifnet *other = addr_elsewhere(ed->ed_ctl, ifp, &p->p_addr);
	char text[ADDR_STRLEN];

	addr_format(&p->p_addr, text);
	if (other != NULL) {
		control_error(ed->ed_cc, "%s is an address of %s already", text,
		    other->if_name);
		return false;
	}
	/* RFC 8200, 5 */
	if (p->p_addr.a_family == ADDR_V6 && ifp->if_mtu < 1280) {
		control_error(ed->ed_cc, "the MTU of %s is %u, too small for "
		    "IPv6, which needs 1280", ifp->if_name, ifp->if_mtu);
		return false;
	}
	return true;
}

/* It must be there, or must not. */
static bool
addr_fits(struct edit *ed, const struct ifnet *ifp, const struct prefix *p)
{
	const struct ifaddr *ifa = addr_of(ifp, &p->p_addr);
	char text[ADDR_STRLEN];

	addr_format(&p->p_addr, text);
	if (ifa == NULL && ed->ed_action != EDIT_ADD)
		control_error(ed->ed_cc, "%s has no address %s", ifp->if_name,
		    text);
	else if (ifa != NULL && ed->ed_action == EDIT_ADD)
		control_error(ed->ed_cc, "%s has the address %s/%u already; "
		    "\"spate address change\" gives it another length",
		    ifp->if_name, text, ifa->ifa_plen);
	else if (ifa != NULL && (ifa->ifa_flags & IFA_AUTO) != 0)
		control_error(ed->ed_cc, "%s is the link-local address that "
		    "%s must have", text, ifp->if_name);
	else if (ed->ed_action == EDIT_DELETE && ifa->ifa_plen != p->p_len)
		control_error(ed->ed_cc, "the address of %s is %s/%u, not "
		    "%s/%u", ifp->if_name, text, ifa->ifa_plen, text,
		    p->p_len);
	else
		return true;
	return false;
}

static int ON_CTL
addr_edit(struct edit *ed, struct ifnet *ifp, const struct prefix *p)
{
	struct ifaddr ifa = { .ifa_addr = p->p_addr, .ifa_plen = p->p_len };
	int error;

	error = ed->ed_action == EDIT_DELETE ?
	    control_addr_clear(ed->ed_ctl, ifp, &p->p_addr) :
	    control_addr_set(ed->ed_ctl, ifp, &ifa);
	return error != 0 ? error : route_publish(ed->ed_ctl);
}

void
edit_addr(struct ctl *ctl, struct control_client *cc, const json_t *req)
{
	struct conf_prefix cx;
	struct ifnet *ifp;
	struct edit ed;
	bool bad;

	if (!edit_begin(&ed, ctl, cc, req) ||
	    !edit_value(&ed, "address", "interface", "address", &cx) ||
	    (ifp = edit_interface(&ed, true, &bad)) == NULL)
		return;
	if (ed.ed_action != EDIT_DELETE &&
	    !addr_may_come(&ed, ifp, &cx.cx_prefix))
		return;
	if (addr_fits(&ed, ifp, &cx.cx_prefix))
		edit_end(&ed, addr_edit(&ed, ifp, &cx.cx_prefix),
		    addr_configured(ctl, ifp, &cx.cx_prefix.p_addr));
}
