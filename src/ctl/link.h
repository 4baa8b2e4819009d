/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Links that go down and come back.
 */
#ifndef CTL_LINK_H
#define CTL_LINK_H

#include "base/tsa.h"
#include "cpu/ctl.h"

/*
 * Hear of changes of the system's links from now on.  The descriptor is
 * readable when there was one, which link_check() makes unreadable again.
 * Needs no privilege.  -1 and errno if the system will not tell.
 */
int link_open(void);

/*
 * Look at every device's link.  One that came up is announced on, one that
 * went down has no neighbours any more; either is logged.  fd: of link_open(),
 * or -1.
 */
void link_check(struct ctl *, int fd) ON_CTL;

#endif
