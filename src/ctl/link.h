/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Links that go down and come back, and devices that vanish and return.
 */
#ifndef CTL_LINK_H
#define CTL_LINK_H

#include "base/tsa.h"
#include "cpu/ctl.h"

struct link;

/*
 * Watch the links of all interfaces from now on, until link_destroy().  Needs
 * no privilege.  An errno value if the system will not tell.
 */
int link_create(struct ctl *, struct link **) ON_CTL;
void link_destroy(struct link *) ON_CTL;

/* Readable when there was a change, which link_check() makes unreadable. */
int link_fd(const struct link *);

/*
 * Look at every device's link.  One that came up is announced on, one that
 * went down has no neighbours any more; a device that is gone is opened again
 * when it is back.  Each is logged once.
 */
void link_check(struct link *) ON_CTL;

#endif
