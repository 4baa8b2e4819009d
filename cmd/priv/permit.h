/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which of the child's requests a privileged parent executes: those for
 * devices and sockets that its configuration or plan names, opened in the way
 * that it says, and none that would cut the user's own login.
 */
#ifndef CMD_PRIV_PERMIT_H
#define CMD_PRIV_PERMIT_H

#include <stdbool.h>
#include <stddef.h>

#include "dev/open.h"

/* An interface or port, as far as opening it goes. */
struct permit {
	unsigned pm_kind; /* OPEN_TAP, _XDP, _PACKET, _MEMIF_LISTEN (or
			   * _REMOVE), _MEMIF_CONNECT; 0: nothing to open */
	const char *pm_device; /* in the kernel; NULL: none */
	const char *pm_socket; /* memif; NULL: none */
	bool pm_cut; /* even if the user's login comes by it */
};

struct permits {
	const char *ps_source; /* for messages: "configuration", "plan" */
	/* Number i of them, from 0; false: there is none, and none after. */
	bool (*ps_get)(const void *arg, unsigned i, struct permit *);
	const void *ps_arg;
};

/* An open_policy_fn; arg: struct permits.  The first that fits counts. */
int permit_policy(
    void *arg, const struct open_req *, char *err, size_t errlen);

#endif
