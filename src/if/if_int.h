/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the files of interfaces share.
 */
#ifndef IF_IF_INT_H
#define IF_IF_INT_H

#include "base/tsa.h"
#include "cpu/ctl.h"
#include "if/if.h"

/* A virtual interface counts where others have queues that do.  ENOMEM. */
int if_virtual_init(struct ifnet *) ON_CTL;

/* gone is out of sight: what stands on it has no link any more. */
void if_virtual_orphan(struct ctl *, const struct ifnet *gone) ON_CTL;

#endif
