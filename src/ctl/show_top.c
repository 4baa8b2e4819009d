/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What "spate top" asks for, again and again: counters with the time they were
 * read at, in one answer, so that rates can be made of two.
 */
#include "base/bytes.h"
#include "ctl/show.h"
#include "ctl/show_int.h"

json_t *
show_top(struct ctl *ctl)
{
	static const char *const views[] = { "version", "cpus", "interfaces",
		"drops" };
	json_t *top, *view;
	unsigned i;

	/* Which run of the daemon it is tells its start, on its own clock. */
	top = json_pack("{s:I, s:I}", "time", INT(ctl->ctl_now), "started",
	    INT(ctl->ctl_sp->sp_started));
	for (i = 0; i < countof(views) && top != NULL; i++) {
		view = show(ctl, views[i]);
		if (json_object_update(top, view) != 0) {
			json_decref(top);
			top = NULL;
		}
		json_decref(view);
	}
	return top;
}
