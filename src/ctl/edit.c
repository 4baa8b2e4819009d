/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Changes by hand: what all kinds of them share.
 */
#include <stdio.h>
#include <string.h>

#include "ctl/conf/conf.h"
#include "ctl/edit_int.h"

const char *
edit_text(struct edit *ed, const char *member, bool *bad)
{
	const json_t *v = json_object_get(ed->ed_req, member);

	*bad = v != NULL && !json_is_string(v);
	if (*bad)
		control_refuse(ed->ed_cc, "\"%s\" is a text", member);
	return json_string_value(v);
}

bool
edit_begin(struct edit *ed, struct ctl *ctl, struct control_client *cc,
    const json_t *req)
{
	static const char *const actions[] = { "add", "change", "delete" };
	const char *action;
	unsigned i;
	bool bad;

	*ed = (struct edit){ .ed_ctl = ctl, .ed_cc = cc, .ed_req = req };
	action = edit_text(ed, "action", &bad);
	for (i = 0; action != NULL && i < countof(actions); i++)
		if (strcmp(action, actions[i]) == 0) {
			ed->ed_action = (enum edit_action)i;
			return true;
		}
	if (!bad)
		control_refuse(cc, "\"action\" is one of add, change, delete");
	return false;
}

bool
edit_parse(struct edit *ed, const char *text, const char *section,
    const char *key, void *out)
{
	char err[400];

	if (conf_value_parse(section, key, text, out, err, sizeof(err)) == 0)
		return true;
	control_refuse(ed->ed_cc, "%s", err);
	return false;
}

bool
edit_value(struct edit *ed, const char *member, const char *section,
    const char *key, void *out)
{
	bool bad;
	const char *text = edit_text(ed, member, &bad);

	if (text != NULL)
		return edit_parse(ed, text, section, key, out);
	if (!bad)
		control_refuse(ed->ed_cc, "\"%s\" is missing", member);
	return false;
}

/* "left, right" */
static void ON_CTL
interface_names(const struct ctl *ctl, char *text, size_t len)
{
	size_t n = 0;
	unsigned i;

	snprintf(text, len, "none");
	for (i = 1; i < IF_MAX && n < len; i++) {
		const struct ifnet *ifp = if_lookup(ctl->ctl_sp, i);

		if (ifp != NULL)
			n += (size_t)snprintf(text + n, len - n, "%s%s",
			    n > 0 ? ", " : "", ifp->if_name);
	}
}

struct ifnet *
edit_named(struct edit *ed, const char *name)
{
	struct ifnet *ifp = if_find(ed->ed_ctl, name);
	char known[300];

	if (ifp == NULL) {
		interface_names(ed->ed_ctl, known, sizeof(known));
		control_refuse(ed->ed_cc, "no interface is named \"%.64s\"; "
		    "there are: %s", name, known);
	}
	return ifp;
}

struct ifnet *
edit_interface(struct edit *ed, bool needed, bool *bad)
{
	const char *name = edit_text(ed, "interface", bad);
	struct ifnet *ifp;

	if (name == NULL && !*bad && needed) {
		control_refuse(ed->ed_cc, "\"interface\" is missing");
		*bad = true;
	}
	if (name == NULL)
		return NULL;
	if ((ifp = edit_named(ed, name)) == NULL)
		*bad = true;
	return ifp;
}

/* Whether ifp's networks hold a.  *why: they do, but not as a neighbour. */
static bool
on_network(const struct ifnet *ifp, const struct addr *a, const char **why)
{
	const struct ifaddrs *ias = if_addrs(ifp);
	unsigned i;

	for (i = 0; i < ias->ias_n; i++) {
		struct prefix p = { .p_addr = ias->ias_a[i].ifa_addr,
			.p_len = ias->ias_a[i].ifa_plen };

		if (!prefix_match(&p, a))
			continue;
		*why = addr_eq(&p.p_addr, a) ? "an address of this host" : NULL;
		p.p_addr = *a;
		if (*why == NULL)
			*why = conf_edge_wrong(&p);
		return true;
	}
	return false;
}

/* "10.0.1.0/24 (left), 10.0.2.0/24 (right)" */
static void ON_CTL
network_names(const struct ctl *ctl, const struct ifnet *only,
    unsigned rtable, unsigned family, char *text, size_t len)
{
	char buf[PREFIX_STRLEN];
	struct prefix net;
	unsigned i, k;
	size_t n = 0;

	snprintf(text, len, "none");
	for (i = 1; i < IF_MAX; i++) {
		const struct ifnet *ifp = if_lookup(ctl->ctl_sp, i);

		if (ifp == NULL || ifp->if_rtable != rtable ||
		    (only != NULL && ifp != only))
			continue;
		for (k = 0; k < if_addrs(ifp)->ias_n && n < len; k++) {
			const struct ifaddr *ifa = &if_addrs(ifp)->ias_a[k];

			if (ifa->ifa_addr.a_family != family)
				continue;
			net = (struct prefix){ .p_addr = ifa->ifa_addr,
				.p_len = ifa->ifa_plen };
			net = conf_net(&net);
			n += (size_t)snprintf(text + n, len - n, "%s%s (%s)",
			    n > 0 ? ", " : "", prefix_format(&net, buf),
			    ifp->if_name);
		}
	}
}

static bool
is_linklocal(const struct addr *a)
{
	return a->a_family == ADDR_V6 && in6_is_linklocal(a->a_v6);
}

bool
edit_reach(struct edit *ed, const struct addr *a, unsigned rtable,
    struct ifnet **ifp)
{
	struct ifnet *only = *ifp;
	const char *why = NULL;
	char text[ADDR_STRLEN], nets[320];
	unsigned i;

	addr_format(a, text);
	if (is_linklocal(a) && only == NULL) {
		control_refuse(ed->ed_cc, "%s is a link-local address and "
		    "stands on every link; an interface must be named", text);
		return false;
	}
	*ifp = NULL;
	for (i = 1; i < IF_MAX && *ifp == NULL; i++) {
		struct ifnet *is = if_lookup(ed->ed_ctl->ctl_sp, i);

		if (is != NULL && is->if_rtable == rtable &&
		    (only == NULL || is == only) && on_network(is, a, &why))
			*ifp = is;
	}
	if (*ifp == NULL && is_linklocal(a))
		*ifp = only;
	if (*ifp != NULL && why == NULL)
		return true;
	network_names(ed->ed_ctl, only, rtable, a->a_family, nets,
	    sizeof(nets));
	if (why != NULL)
		control_refuse(ed->ed_cc, "%s is %s; expected the address of a "
		    "neighbour", text, why);
	else
		control_refuse(ed->ed_cc, "%s is on no network of %s; the "
		    "networks are: %s", text,
		    only != NULL ? only->if_name : "the interfaces", nets);
	return false;
}

void
edit_end(struct edit *ed, int error, bool configured)
{
	if (error != 0)
		control_error(ed->ed_cc, "it failed: %s", strerror(error));
	else
		control_reply(ed->ed_cc, json_pack("{s:b}", "configured",
		    (int)configured), true);
}
