/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a reload cannot change, because it was made once at the start, or needs
 * a privilege that the data plane has given up.
 */
#include <errno.h>
#include <string.h>

#include "ctl/control.h"
#include "ctl/control_int.h"
#include "ctl/reload_int.h"
#include "mbuf/pool.h"

static void
needs_restart(struct conf_errors *errs, const struct conf_pos *pos,
    const char *what)
{
	conf_error(errs, pos,
	    "%s cannot change while the daemon runs; expected what it is now "
	    "(\"spate show config\"), or a restart", what);
}

/* A key of two sections of one kind, at the place of the new one's. */
static void
check_key(struct conf_errors *errs, const struct conf_sec *old,
    const struct conf_sec *new, const char *key)
{
	if (!conf_key_equal(old, new, key))
		needs_restart(errs, conf_where(new, key), key);
}

static void
check_top(const struct conf *old, const struct conf *new,
    struct conf_errors *errs)
{
	static const char *const keys[] = { "cpus", "cpu_list", "memory",
		"hostname" };
	unsigned i;

	for (i = 0; i < countof(keys); i++)
		check_key(errs, &old->cf_sec, &new->cf_sec, keys[i]);
}

static void
check_control(const struct conf *old, const struct conf *new,
    struct conf_errors *errs)
{
	static const char *const keys[] = { "socket", "group", "mode" };
	unsigned i;

	for (i = 0; i < countof(keys); i++)
		check_key(errs, &old->cf_control->co_sec,
		    &new->cf_control->co_sec, keys[i]);
}

/* Whether a sysctl that is not set any more has its default all the same. */
static bool
has_default(const struct sysctl_desc *sc, const struct conf_sysctl *sy)
{
	char err[256];
	uint64_t v;

	return sc->sc_digits == 0 && sysctl_check(sy->sy_name, sy->sy_value,
	    &v, err, sizeof(err)) == 0 && v == sc->sc_default;
}

/* Those that are for the start keep the value they had then. */
static void ON_CTL
check_sysctls(const struct ctl *ctl, const struct conf *old,
    const struct conf *new, struct conf_errors *errs)
{
	const struct sysctls *s = &ctl->ctl_sp->sp_sysctl;
	const struct conf_sysctl *sy;
	const struct sysctl_desc *sc;
	unsigned i;

	for (i = 0; i < new->cf_nsysctl; i++) {
		sy = &new->cf_sysctl[i];
		if (sysctl_find(sy->sy_name)->sc_start &&
		    !sysctl_is(s, sy->sy_name, sy->sy_value))
			needs_restart(errs, &sy->sy_pos, sy->sy_name);
	}
	for (i = 0; i < old->cf_nsysctl; i++) {
		sy = &old->cf_sysctl[i];
		sc = sysctl_find(sy->sy_name);
		if (sc->sc_start && !has_default(sc, sy) &&
		    conf_sysctl_find(new, sy->sy_name) == NULL)
			needs_restart(errs, &new->cf_sec.cs_pos, sy->sy_name);
	}
}

/* Its device would have to be opened. */
static bool ON_CTL
opens_device(const struct ctl *ctl, const struct conf *conf,
    const struct conf_if *ci)
{
	const struct conf_if *was =
	    conf_if_find(ctl->ctl_control->co_conf, ci->ci_name);
	const struct ifnet *ifp = if_find(ctl, ci->ci_name);

	return was == NULL || ifp == NULL ||
	    !control_if_same(ifp, was, conf, ci);
}

static void ON_CTL
check_interface(const struct ctl *ctl, const struct conf *conf,
    const struct conf_if *ci, struct conf_errors *errs)
{
	const struct conf_pos *pos = conf_where(&ci->ci_sec, "driver");

	if (!opens_device(ctl, conf, ci))
		return;
	if (ci->ci_driver == CONF_PCAP)
		conf_error(errs, pos, "%s would open files, which the running "
		    "data plane may not; expected a restart",
		    ci->ci_name);
	else if (ci->ci_driver == CONF_XDP &&
	    pktmem_fd(ctl->ctl_sp->sp_pktmem) < 0)
		conf_error(errs, pos, "%s is the first interface of AF_XDP, "
		    "for which packet memory must be made at the start; "
		    "expected a restart",
		    ci->ci_name);
}

int
reload_check(const struct ctl *ctl, const struct conf *conf,
    struct conf_errors *errs)
{
	const struct conf *old = ctl->ctl_control->co_conf;
	unsigned i;

	check_top(old, conf, errs);
	check_control(old, conf, errs);
	check_sysctls(ctl, old, conf, errs);
	for (i = 0; i < conf->cf_nif; i++)
		check_interface(ctl, conf, &conf->cf_if[i], errs);
	return errs->ce_n > 0 ? EINVAL : 0;
}
