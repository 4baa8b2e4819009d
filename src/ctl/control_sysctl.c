/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tunables of a configuration.  One that the configuration does not name any
 * more gets its default again, but for one that was changed by hand.
 */
#include <errno.h>
#include <string.h>

#include "ctl/control.h"
#include "ctl/control_int.h"

static unsigned
sysctl_list(const struct conf *conf, struct control_obj *out)
{
	unsigned i;

	for (i = 0; out != NULL && i < conf->cf_nsysctl; i++)
		out[i] = (struct control_obj){ .o_conf = conf,
			.o_pos = &conf->cf_sysctl[i].sy_pos,
			.o_sec = &conf->cf_sysctl[i] };
	return conf->cf_nsysctl;
}

static int
sysctl_cmp(const struct control_obj *a, const struct control_obj *b)
{
	const struct conf_sysctl *sa = a->o_sec, *sb = b->o_sec;

	return strcmp(sa->sy_name, sb->sy_name);
}

static bool ON_CTL
sysctl_there(struct ctl *ctl, const struct control_obj *o)
{
	const struct conf_sysctl *sy = o->o_sec;

	return sysctl_is(&ctl->ctl_sp->sp_sysctl, sy->sy_name, sy->sy_value);
}

static int ON_CTL
sysctl_make(struct ctl *ctl, const struct control_obj *o,
    struct conf_errors *errs)
{
	const struct conf_sysctl *sy = o->o_sec;
	char err[256];
	int error;

	error = sysctl_set(&ctl->ctl_sp->sp_sysctl, sy->sy_name, sy->sy_value,
	    err, sizeof(err));
	if (error != 0)
		conf_error(errs, o->o_pos, "%s", err);
	return error;
}

static void ON_CTL
sysctl_clear(struct ctl *ctl, const struct control_obj *o)
{
	const struct conf_sysctl *sy = o->o_sec;
	const struct sysctl_desc *sc = sysctl_find(sy->sy_name);

	if (sc != NULL && sysctl_there(ctl, o))
		sysctl_reset(&ctl->ctl_sp->sp_sysctl, sc);
}

const struct control_kind control_sysctl_kind = {
	.ck_name = "sysctl",
	.ck_early = true, /* drivers look at some when they open */
	.ck_list = sysctl_list,
	.ck_cmp = sysctl_cmp,
	.ck_there = sysctl_there,
	.ck_set = sysctl_make,
	.ck_clear = sysctl_clear,
};
