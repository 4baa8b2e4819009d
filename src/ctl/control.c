/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Applying a configuration to an instance; control_int.h tells how.
 *
 * What could be refused has been refused when the file was checked; what can
 * still fail here is the world: a device that is busy, memory that is short.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/control.h"
#include "ctl/control_int.h"
#include "ctl/reload_int.h"
#include "dev/dev.h"
#include "ip6/ra_send.h"
#include "netisr/rss.h"
#include "route/route.h"

/* In the order of setting them; clearing goes backwards. */
static const struct control_kind *const control_kinds[] = {
	&control_sysctl_kind,
	&control_vrf_kind,
	&control_vlan_kind,
	&control_mss_kind,
	&control_policy_kind,
	&control_addr_kind,
	&control_accept_kind,
	&control_advertise_kind,
	&control_neigh_kind,
	&control_relay_kind,
	&control_service_kind,
	&control_route_kind,
	&control_rule_kind, /* last: it publishes the routes it needs */
};

/* The objects of one kind in a configuration. */
struct control_objs {
	struct control_obj *os_obj;
	unsigned os_n;
};

static int
control_check_sysctl(void *arg, const char *name, const char *value, char *err,
    size_t errlen)
{
	uint64_t v;

	(void)arg;
	return sysctl_check(name, value, &v, err, errlen);
}

const struct conf_env control_conf_env = {
	.ce_via_max = NHG_MAX,
	.ce_sysctl = control_check_sysctl,
};

const struct conf *
control_conf(const struct ctl *ctl)
{
	return ctl->ctl_control != NULL ? ctl->ctl_control->co_conf : NULL;
}

void
control_fini(struct ctl *ctl)
{
	if (ctl->ctl_control == NULL)
		return;
	reload_fini(ctl);
	conf_free(ctl->ctl_control->co_conf);
	free(ctl->ctl_control);
	ctl->ctl_control = NULL;
}

void
control_leave(struct ctl *ctl)
{
	ra_send_leave(ctl);
}

bool
control_leaving(const struct ctl *ctl)
{
	return ra_sending(ctl);
}

void
control_detach(struct ctl *ctl, struct ifnet *ifp)
{
	unsigned i;

	for (i = countof(control_kinds); i-- > 0;)
		if (control_kinds[i]->ck_ifgoes != NULL)
			control_kinds[i]->ck_ifgoes(ctl, ifp);
	/* What cannot be published yet finds no interface. */
	if (route_publish(ctl) != 0)
		log_error(&ctl->ctl_sp->sp_env.env_log,
		    "%s goes: no memory for the tables without its routes",
		    ifp->if_name);
	ctl->ctl_control->co_if[ifp->if_index] = NULL;
	if_detach(ctl, ifp);
}

static int
objs_list(const struct control_kind *ck, const struct conf *conf,
    struct control_objs *os)
{
	os->os_n = ck->ck_list(conf, NULL);
	os->os_obj = calloc(os->os_n + 1, sizeof(*os->os_obj));
	if (os->os_obj == NULL)
		return ENOMEM;
	ck->ck_list(conf, os->os_obj);
	return 0;
}

static int ON_CTL
kind_set(struct ctl *ctl, const struct control_kind *ck,
    const struct conf *conf, struct conf_errors *errs)
{
	struct control_objs os;
	unsigned i, told;
	int error, first = 0;

	if ((error = objs_list(ck, conf, &os)) != 0)
		return error;
	for (i = 0; i < os.os_n; i++) {
		const struct control_obj *o = &os.os_obj[i];

		if (ck->ck_there(ctl, o))
			continue;
		told = errs->ce_n + errs->ce_more;
		if ((error = ck->ck_set(ctl, o, errs)) == 0)
			continue;
		if (errs->ce_n + errs->ce_more == told)
			conf_error(errs, o->o_pos, "%s: %s", ck->ck_name,
			    strerror(error));
		first = first != 0 ? first : error;
	}
	free(os.os_obj);
	return first;
}

/* All that the configuration wants on the interfaces that are there. */
static int ON_CTL
control_set(struct ctl *ctl, const struct conf *conf, bool early,
    struct conf_errors *errs)
{
	unsigned i;
	int error, first = 0;

	for (i = 0; i < countof(control_kinds); i++) {
		if (control_kinds[i]->ck_early != early)
			continue;
		error = kind_set(ctl, control_kinds[i], conf, errs);
		first = first != 0 ? first : error;
	}
	return first;
}

int
control_set_early(struct ctl *ctl, const struct conf *conf,
    struct conf_errors *errs)
{
	return control_set(ctl, conf, true, errs);
}

void
control_set_ahead(struct ctl *ctl, const struct conf *conf)
{
	struct conf_errors errs = { 0 };
	unsigned i;

	for (i = 0; i < countof(control_kinds); i++)
		if (control_kinds[i]->ck_ahead)
			(void)kind_set(ctl, control_kinds[i], conf, &errs);
	(void)route_publish(ctl);
	conf_errors_free(&errs);
}

/* The order that a kind gives its objects, for qsort_r(3). */
static int
objs_cmp(const void *a, const void *b, void *arg)
{
	const struct control_kind *ck = arg;

	return ck->ck_cmp(a, b);
}

static bool
objs_have(const struct control_kind *ck, const struct control_objs *sorted,
    const struct control_obj *o)
{
	unsigned lo = 0, hi = sorted->os_n, mid;
	int c;

	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		if ((c = ck->ck_cmp(o, &sorted->os_obj[mid])) == 0)
			return true;
		if (c < 0)
			hi = mid;
		else
			lo = mid + 1;
	}
	return false;
}

/* What the one configuration has and the other has not. */
static int ON_CTL
kind_clear(struct ctl *ctl, const struct control_kind *ck,
    const struct conf *from, const struct conf *to)
{
	struct control_objs old, new;
	unsigned i;
	int error;

	if ((error = objs_list(ck, from, &old)) != 0)
		return error;
	if ((error = objs_list(ck, to, &new)) == 0) {
		qsort_r(new.os_obj, new.os_n, sizeof(*new.os_obj), objs_cmp,
		    (void *)ck);
		for (i = old.os_n; i-- > 0;)
			if (!objs_have(ck, &new, &old.os_obj[i]))
				ck->ck_clear(ctl, &old.os_obj[i]);
		free(new.os_obj);
	}
	free(old.os_obj);
	return error;
}

int
control_change(struct ctl *ctl, const struct conf *from,
    const struct conf *to, bool anyway, struct conf_errors *errs)
{
	int error, first = control_set(ctl, to, false, errs);
	unsigned i;

	if (first != 0 && !anyway)
		return first;
	for (i = countof(control_kinds); i-- > 0;) {
		error = kind_clear(ctl, control_kinds[i], from, to);
		first = first != 0 ? first : error;
	}
	error = route_publish(ctl);
	first = first != 0 ? first : error;
	if (first != 0 && errs->ce_n == 0)
		conf_error(errs, &to->cf_sec.cs_pos, "%s", strerror(first));
	return first;
}

/* Where a sysctl is set; the file if it is not. */
static const struct conf_pos *
sysctl_where(const struct conf *conf, const char *name)
{
	const struct conf_sysctl *sy = conf_sysctl_find(conf, name);

	return sy != NULL ? &sy->sy_pos : &conf->cf_sec.cs_pos;
}

/* What stands from the start on, and before the first interface. */
static int ON_CTL
control_start(struct ctl *ctl, const struct conf *conf,
    struct conf_errors *errs)
{
	bool device = false;
	char err[256];
	unsigned i;
	int error;

	sysctl_seal(&ctl->ctl_sp->sp_sysctl);
	for (i = 0; i < conf->cf_nif; i++)
		device |= dev_driver(conf_driver_name(conf->cf_if[i].ci_driver))
			      ->do_rss;
	if ((error = rss_setup(ctl, device, err, sizeof(err))) != 0)
		conf_error(errs, sysctl_where(conf, "net.inet.rss.bits"),
		    "%s", err);
	return error;
}

int
control_apply(struct ctl *ctl, struct conf *conf, struct conf_errors *errs)
{
	int error;

	memset(errs, 0, sizeof(*errs));
	ctl->ctl_control = calloc(1, sizeof(*ctl->ctl_control));
	if (ctl->ctl_control == NULL) {
		conf_free(conf);
		return ENOMEM;
	}
	ctl->ctl_control->co_conf = conf;
	if ((error = reload_create(ctl)) == 0 &&
	    (error = control_set(ctl, conf, true, errs)) == 0 &&
	    (error = control_start(ctl, conf, errs)) == 0 &&
	    (error = control_if_attach(ctl, conf, errs)) == 0 &&
	    (error = control_loopback(ctl, 0)) == 0 &&
	    (error = control_set(ctl, conf, false, errs)) == 0)
		error = route_publish(ctl);
	if (error != 0 && errs->ce_n == 0)
		conf_error(errs, &conf->cf_sec.cs_pos, "%s", strerror(error));
	return error;
}

int
control_return(struct ctl *ctl, const char *ifname, struct conf_errors *errs)
{
	const struct conf *conf = ctl->ctl_control->co_conf;
	const struct conf_if *ci = conf_if_find(conf, ifname);
	int error = 0;

	memset(errs, 0, sizeof(*errs));
	if (ci == NULL)
		return ENOENT;
	if (ci->ci_parent == NULL)
		error = control_if_attach_one(ctl, conf, ci, errs);
	if (error == 0 && (error = control_set(ctl, conf, false, errs)) == 0)
		error = route_publish(ctl);
	if (error != 0 && errs->ce_n == 0)
		conf_error(errs, &ci->ci_sec.cs_pos, "%s", strerror(error));
	return error;
}
