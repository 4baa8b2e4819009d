/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "permit.h"
#include "priv.h"

/* Whether it is opened in this way at some time. */
static bool
permit_kind(const struct permit *pm, unsigned kind)
{
	switch (kind) {
	case OPEN_QUERY:
	case OPEN_RESTORE:
		return pm->pm_kind == OPEN_TAP || pm->pm_kind == OPEN_XDP ||
		    pm->pm_kind == OPEN_PACKET;
	case OPEN_MEMIF_REMOVE:
		return pm->pm_kind == OPEN_MEMIF_LISTEN;
	default:
		return pm->pm_kind == kind;
	}
}

static bool
permit_fits(const struct permit *pm, const struct open_req *req)
{
	const bool memif = open_kind_memif(req->or_kind);
	const char *name = memif ? pm->pm_socket : pm->pm_device;

	return permit_kind(pm, req->or_kind) && name != NULL &&
	    strcmp(name, memif ? req->or_path : req->or_name) == 0;
}

int
permit_policy(void *arg, const struct open_req *req, char *err, size_t errlen)
{
	const struct permits *ps = arg;
	const bool memif = open_kind_memif(req->or_kind);
	struct permit pm;
	unsigned i;

	for (i = 0; ps->ps_get(ps->ps_arg, i, &pm); i++) {
		if (!permit_fits(&pm, req))
			continue;
		/* The others leave the device to the kernel. */
		if (req->or_kind != OPEN_XDP && req->or_kind != OPEN_PACKET)
			return 0;
		return login_check(req->or_name, pm.pm_cut, err, errlen);
	}
	snprintf(err, errlen, "the %s does not name a %s %.107s",
	    ps->ps_source, memif ? "socket" : "device",
	    memif ? req->or_path : req->or_name);
	return EPERM;
}
