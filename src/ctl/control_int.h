/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From a configuration to the objects it asks for, kind by kind.
 *
 * control.c brings an instance from one configuration to another: it walks the
 * table control_kinds and compares what the new configuration wants with what
 * the instance has, so that what stays is not touched, and what was changed
 * by hand or lost on the way comes back.
 *
 *	1.  Interfaces (control_if.c): the new ones are attached, those that
 *	    are in their way go first.  Before them, kinds that are early.
 *	2.  In the order of the table, each wanted object that is not there as
 *	    wanted is set.
 *	3.  In the reverse order, each object that the former configuration
 *	    had and the new one has not is cleared.
 *	4.  The routing tables are published, once: CPUs see the routes of
 *	    either configuration, never something between.
 *	5.  Interfaces that nobody wants any more go.
 *
 * To add a kind of section: a file control_KIND.c with a struct control_kind,
 * and a line in control_kinds[] behind what it needs.  The functions must be
 * able to run again: setting what is there and clearing what is not is no
 * error.  An object whose interface is not attached (its device has gone) is
 * left alone: "there" says true; control_return() sets it when the interface
 * is back.  Kinds whose objects make interfaces of their own (on top of
 * others) attach them in ck_set and detach them by control_detach() in
 * ck_clear and in ck_ifgoes.
 *
 * Everything here belongs to ctl; configurations do not change.
 *
 *	C	ctl only
 */
#ifndef CTL_CONTROL_INT_H
#define CTL_CONTROL_INT_H

#include "base/tsa.h"
#include "cpu/ctl.h"
#include "ctl/conf/conf.h"
#include "if/if.h"
#include "route/nhop.h"

struct reload;

struct control {
	struct conf *co_conf; /* [C] that runs */
	struct reload *co_reload; /* [C] on its way to another */
	const struct conf_if *co_if[IF_MAX]; /* [C] attached by, of co_conf */
};

/* One thing that a configuration wants. */
struct control_obj {
	const struct conf *o_conf; /* that it is from */
	const struct conf_pos *o_pos; /* for messages */
	const void *o_sec; /* its section: struct conf_route, … */
	const void *o_item; /* in a list of the section, or NULL */
	const char *o_ifname; /* interface it is on, or NULL */
	bool o_hand; /* not configured: a change by hand (byhand.h) */
};

struct control_kind {
	const char *ck_name; /* for messages */
	bool ck_early; /* set before interfaces are attached */
	bool ck_ahead; /* set, too, before interfaces make way */
	/*
	 * The objects of a configuration, in its order, to out if that is not
	 * NULL.  Returns how many there are.
	 */
	unsigned (*ck_list)(const struct conf *, struct control_obj *out);
	/* An order in which only one and the same object is equal. */
	int (*ck_cmp)(const struct control_obj *, const struct control_obj *);
	/* Whether the instance has it, exactly so. */
	bool (*ck_there)(struct ctl *, const struct control_obj *);
	/*
	 * Make it so, whatever stood in its place.  Returns an errno value,
	 * and may have told more in the errors.
	 */
	int (*ck_set)(struct ctl *, const struct control_obj *,
	    struct conf_errors *);
	/* Make it not be there, but for one changed by hand since. */
	void (*ck_clear)(struct ctl *, const struct control_obj *);
	/* An interface is about to be detached; NULL: of no concern. */
	void (*ck_ifgoes)(struct ctl *, struct ifnet *);
};

/* One for each kind, each in a file of its name. */
extern const struct control_kind control_sysctl_kind;
extern const struct control_kind control_vrf_kind;
extern const struct control_kind control_vlan_kind;
extern const struct control_kind control_mss_kind;
extern const struct control_kind control_policy_kind;
extern const struct control_kind control_addr_kind;
extern const struct control_kind control_accept_kind;
extern const struct control_kind control_advertise_kind;
extern const struct control_kind control_neigh_kind;
extern const struct control_kind control_relay_kind;
extern const struct control_kind control_service_kind;
extern const struct control_kind control_route_kind;
extern const struct control_kind control_rule_kind;

/* control.c */

/*
 * The steps of a change, as above: kinds that are early; all others and the
 * publishing.  They do all they can, tell in the errors what is wrong and
 * return the first errno value; but control_change() clears nothing if
 * something could not be set, unless that is wanted all the same.
 */
int control_set_early(struct ctl *, const struct conf *, struct conf_errors *)
    ON_CTL;
int control_change(struct ctl *, const struct conf *from,
    const struct conf *to, bool anyway, struct conf_errors *) ON_CTL;

/*
 * Before interfaces go that will come again: the routes that have another way
 * take it.  What cannot be set yet is tried again by control_change().
 */
void control_set_ahead(struct ctl *, const struct conf *) ON_CTL;

/* control_addr.c: they publish no routes. */

/*
 * Give an interface an address, or the one it has another prefix length.
 * Duplicate address detection goes before the use of a new one of IPv6.
 */
int control_addr_set(struct ctl *, struct ifnet *, const struct ifaddr *)
    ON_CTL;
/* ENOENT, ENOMEM. */
int control_addr_clear(struct ctl *, struct ifnet *, const struct addr *)
    ON_CTL;

/* control_vlan.c: detach the VLANs whose tag another one is to have. */
void control_vlan_makeway(struct ctl *, const struct conf *) ON_CTL;
/* Whether ifp is a VLAN that does not stay attached, its parent apart. */
bool control_vlan_goes(const struct ifnet *ifp, const struct conf *);

/* control_vrf.c: a routing table knows this host by its loopback addresses. */
int control_loopback(struct ctl *, unsigned rtable) ON_CTL;

/*
 * control_route.c: the next hops of a route, to nh[NHG_MAX]: those whose
 * interface is attached.  o_sec is a struct conf_route.  Returns how many there
 * are.
 */
unsigned control_route_nhops(
    struct ctl *, const struct control_obj *, struct nhop *nh) ON_CTL;

/* control_if.c */

/* Whether an interface that is one thing can stay attached as another. */
bool control_if_same(const struct ifnet *, const struct conf_if *is,
    const struct conf *, const struct conf_if *want);

/*
 * What hosts have to be told on interfaces that will be detached, while it can
 * be sent; control_leaving() tells when it has been.
 */
void control_farewell(struct ctl *, const struct conf *) ON_CTL;

/*
 * Detach the interfaces that stand in the way of the wanted ones: the same
 * with other parameters, or another one on the same device.
 */
void control_if_makeway(struct ctl *, const struct conf *) ON_CTL;
/*
 * Attach those that are wanted, are not there, and have nothing in their way.
 * Tells in the errors what is wrong with each.
 */
int control_if_attach(struct ctl *, const struct conf *, struct conf_errors *)
    ON_CTL;
int control_if_attach_one(struct ctl *, const struct conf *,
    const struct conf_if *, struct conf_errors *) ON_CTL;
/* Those that stay are attached by this configuration from now on. */
void control_if_adopt(struct ctl *, const struct conf *) ON_CTL;
/* Detach those that are not wanted. */
void control_if_sweep(struct ctl *, const struct conf *) ON_CTL;

#endif
