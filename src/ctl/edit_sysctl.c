/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tunables by hand.
 */
#include <errno.h>

#include "ctl/edit_int.h"

void
edit_sysctl(struct ctl *ctl, struct control_client *cc, const json_t *req)
{
	struct edit ed = { .ed_ctl = ctl, .ed_cc = cc, .ed_req = req };
	struct sysctls *s = &ctl->ctl_sp->sp_sysctl;
	const char *name, *value;
	char text[SYSCTL_VALUELEN], err[256];
	bool bad;
	int error;

	name = edit_text(&ed, "name", &bad);
	if (bad)
		return;
	value = edit_text(&ed, "value", &bad);
	if (bad)
		return;
	if (name == NULL) {
		control_refuse(cc, "\"name\" is missing");
		return;
	}
	if (sysctl_find(name) == NULL) {
		control_refuse(cc, "no sysctl is named \"%.128s\"; \"spate "
		    "sysctl\" lists them", name);
		return;
	}
	error = value == NULL ? 0 :
	    sysctl_set(s, name, value, err, sizeof(err));
	if (error == EINVAL)
		control_refuse(cc, "%s", err);
	else if (error != 0)
		control_error(cc, "%s", err);
	else
		control_reply(cc, json_pack("{s:s, s:s}", "name", name, "value",
		    sysctl_format(s, sysctl_find(name), text)), true);
}
