/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Routes by hand.  They have a source of their own, RP_RUNTIME, so that a
 * reload knows them from the file's; for one prefix there is one or the other.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "ctl/conf/conf.h"
#include "ctl/control.h"
#include "ctl/edit_int.h"
#include "route/route.h"

struct route_wish {
	struct prefix rw_dst;
	unsigned rw_rtable;
	unsigned rw_preference; /* 0: the usual one */
	struct nhop rw_nh[NHG_MAX];
	unsigned rw_n;
};

/* The routing table of a VRF's name: *rtable, or a word and false. */
static bool ON_CTL
wish_vrf(struct edit *ed, const char *name, unsigned *rtable)
{
	const struct spate *sp = ed->ed_ctl->ctl_sp;
	char known[RT_MAX * (RT_NAMELEN + 2)];
	size_t n = 0;
	unsigned i;

	if ((*rtable = rtable_find(sp, name)) != RT_MAX)
		return true;
	for (i = 0; i < RT_MAX; i++)
		if (*rtable_name(sp, i) != '\0')
			n += (size_t)snprintf(known + n, sizeof(known) - n,
			    "%s%s", i > 0 ? ", " : "", rtable_name(sp, i));
	control_refuse(ed->ed_cc, "no VRF is named \"%.64s\"; there are: %s",
	    name, known);
	return false;
}

static bool ON_CTL
wish_rtable(struct edit *ed, struct route_wish *rw)
{
	bool bad;
	const char *vrf = edit_text(ed, "vrf", &bad);

	return vrf == NULL ? !bad : wish_vrf(ed, vrf, &rw->rw_rtable);
}

static bool
wish_preference(struct edit *ed, struct route_wish *rw)
{
	const json_t *v = json_object_get(ed->ed_req, "preference");

	if (v == NULL)
		return true;
	if (json_is_integer(v) && json_integer_value(v) >= 1 &&
	    json_integer_value(v) <= 255) {
		rw->rw_preference = (unsigned)json_integer_value(v);
		return true;
	}
	control_refuse(ed->ed_cc, "preference is a number from 1 to 255");
	return false;
}

static bool ON_CTL
wish_gateway(struct edit *ed, struct route_wish *rw, const json_t *text)
{
	const unsigned family = rw->rw_dst.p_addr.a_family;
	struct conf_addr ca;
	struct ifnet *ifp;
	bool bad;

	if (!json_is_string(text) || rw->rw_n == NHG_MAX) {
		control_refuse(ed->ed_cc, "\"via\" is a list of 1 to %u "
		    "addresses", NHG_MAX);
		return false;
	}
	ifp = edit_interface(ed, false, &bad);
	if (bad || !edit_parse(ed, json_string_value(text), "route", "via",
	    &ca))
		return false;
	if (ca.ca_addr.a_family != family) {
		control_refuse(ed->ed_cc, "%s is not an IPv%u address, as the "
		    "prefix is", json_string_value(text), family);
		return false;
	}
	if (ca.ca_zone[0] != '\0' &&
	    (ifp = edit_named(ed, ca.ca_zone)) == NULL)
		return false;
	if (!edit_reach(ed, &ca.ca_addr, rw->rw_rtable, &ifp))
		return false;
	rw->rw_nh[rw->rw_n++] = (struct nhop){ .nh_type = NH_GATEWAY,
		.nh_gw = ca.ca_addr,
		.nh_ifindex = ifp->if_index,
		.nh_mtu = ifp->if_mtu };
	return true;
}

static bool ON_CTL
wish_gateways(struct edit *ed, struct route_wish *rw, const json_t *via)
{
	const json_t *text;
	unsigned i, k;

	if (json_array_size(via) == 0)
		return wish_gateway(ed, rw, via);
	json_array_foreach(
	    via, i, text) if (!wish_gateway(ed, rw, text)) return false;
	for (i = 0; i < rw->rw_n; i++)
		for (k = 0; k < i; k++)
			if (rw->rw_nh[i].nh_ifindex ==
				rw->rw_nh[k].nh_ifindex &&
			    addr_eq(&rw->rw_nh[i].nh_gw, &rw->rw_nh[k].nh_gw)) {
				control_refuse(ed->ed_cc, "a next hop is "
				    "given twice");
				return false;
			}
	return true;
}

static bool
wish_type(struct edit *ed, struct route_wish *rw, const char *type)
{
	static const struct {
		const char *name;
		enum nhop_type type;
	} types[] = {
		{ "blackhole", NH_BLACKHOLE },
		{ "unreachable", NH_UNREACHABLE },
		{ "prohibit", NH_PROHIBIT },
	};
	unsigned i;

	for (i = 0; i < countof(types); i++)
		if (strcmp(types[i].name, type) == 0) {
			rw->rw_nh[rw->rw_n++] =
			    (struct nhop){ .nh_type = types[i].type };
			return true;
		}
	control_refuse(ed->ed_cc, "\"%.64s\" is none of blackhole, "
	    "unreachable, prohibit", type);
	return false;
}

static bool ON_CTL
wish_table(struct edit *ed, struct route_wish *rw, const char *vrf)
{
	unsigned rtable;

	if (!wish_vrf(ed, vrf, &rtable))
		return false;
	if (rtable == rw->rw_rtable) {
		control_refuse(ed->ed_cc, "table is another VRF than the "
		    "route's own");
		return false;
	}
	rw->rw_nh[rw->rw_n++] = (struct nhop){ .nh_type = NH_TABLE,
		.nh_table = (uint8_t)rtable };
	return true;
}

/* Where its packets go: exactly one of "via", "table", "type" says it. */
static bool ON_CTL
wish_ways(struct edit *ed, struct route_wish *rw)
{
	const json_t *via = json_object_get(ed->ed_req, "via");
	bool badtype, badtable;
	const char *type = edit_text(ed, "type", &badtype);
	const char *table = edit_text(ed, "table", &badtable);

	if (badtype || badtable)
		return false;
	if ((via != NULL) + (table != NULL) + (type != NULL) != 1) {
		control_refuse(ed->ed_cc, "a route has one of via ADDRESS, "
		    "table VRF, blackhole, unreachable, prohibit");
		return false;
	}
	if (via != NULL)
		return wish_gateways(ed, rw, via);
	if (json_object_get(ed->ed_req, "interface") == NULL)
		return table != NULL ? wish_table(ed, rw, table) :
		    wish_type(ed, rw, type);
	control_refuse(ed->ed_cc, "interface goes with via");
	return false;
}

static bool ON_CTL
route_known(const struct ctl *ctl, const struct route_wish *rw,
    enum rib_proto proto)
{
	return route_has(ctl, rw->rw_rtable, &rw->rw_dst, proto);
}

/* Whether the file has a route to the prefix. */
static bool ON_CTL
route_configured(const struct ctl *ctl, const struct route_wish *rw)
{
	const struct conf *conf = control_conf(ctl);

	return conf != NULL && control_route_find(conf, rw->rw_rtable,
	    &rw->rw_dst) != NULL;
}

/* The prefix must be known, or must not. */
static bool ON_CTL
wish_fits(struct edit *ed, const struct route_wish *rw)
{
	const struct ctl *ctl = ed->ed_ctl;
	bool file = route_known(ctl, rw, RP_STATIC);
	bool hand = route_known(ctl, rw, RP_RUNTIME);
	char text[PREFIX_STRLEN];

	prefix_format(&rw->rw_dst, text);
	if ((file || hand) == (ed->ed_action != EDIT_ADD))
		return true;
	if (file || hand)
		control_error(ed->ed_cc, "there is a route to %s already%s; "
		    "\"spate route change\" replaces it", text,
		    file ? ", from the configuration" : "");
	else if (route_known(ctl, rw, RP_CONNECTED) ||
	    route_known(ctl, rw, RP_LOCAL))
		control_error(ed->ed_cc, "the route to %s belongs to an "
		    "address of an interface, and goes with it (\"spate "
		    "address delete\")",
		    text);
	else
		control_error(ed->ed_cc, "there is no route to %s%s", text,
		    ed->ed_action == EDIT_CHANGE ?
		    "; \"spate route add\" makes one" : "");
	return false;
}

static int ON_CTL
route_change(struct ctl *ctl, const struct route_wish *rw)
{
	int error = 0;

	if (rw->rw_n > 0)
		error = route_set(ctl, rw->rw_rtable, &rw->rw_dst, RP_RUNTIME,
		    rw->rw_preference, rw->rw_nh, rw->rw_n);
	else
		(void)route_unset(ctl, rw->rw_rtable, &rw->rw_dst, RP_RUNTIME);
	if (error != 0)
		return error;
	(void)route_unset(ctl, rw->rw_rtable, &rw->rw_dst, RP_STATIC);
	return 0;
}

/*
 * Makes the change in the RIB: 0 or an errno value in *error; false: it cannot
 * be, and the client has been told.
 */
static bool ON_CTL
route_edit(struct edit *ed, struct route_wish *rw, int *error)
{
	struct conf_prefix dst;

	if (!edit_value(ed, "prefix", "route", NULL, &dst))
		return false;
	rw->rw_dst = dst.cx_prefix;
	if (!wish_rtable(ed, rw) || !wish_preference(ed, rw))
		return false;
	if (ed->ed_action != EDIT_DELETE && !wish_ways(ed, rw))
		return false;
	if (!wish_fits(ed, rw))
		return false;
	*error = route_change(ed->ed_ctl, rw);
	return true;
}

void
edit_route(struct ctl *ctl, struct control_client *cc, const json_t *req)
{
	struct route_wish rw = { 0 };
	struct edit ed;
	int error;

	if (!edit_begin(&ed, ctl, cc, req) || !route_edit(&ed, &rw, &error))
		return;
	if (error == 0)
		error = route_publish(ctl);
	edit_end(&ed, error, route_configured(ctl, &rw));
}

bool
edit_route_one(struct ctl *ctl, struct control_client *cc, const json_t *req,
    bool *configured)
{
	struct route_wish rw = { 0 };
	struct edit ed;
	int error;

	if (!edit_begin(&ed, ctl, cc, req) || !route_edit(&ed, &rw, &error))
		return false;
	if (error != 0) {
		edit_end(&ed, error, false);
		return false;
	}
	*configured = route_configured(ctl, &rw);
	return true;
}
