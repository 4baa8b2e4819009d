/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Limits of TCP's segment size by the interfaces that a connection is forwarded
 * through (if_set_mss()), of either family.
 */
#ifndef IP_MSS_H
#define IP_MSS_H

#include <stdatomic.h>
#include <stdbool.h>

#include "base/tsa.h"
#include "cpu/instance.h"
#include "mbuf/mbuf.h"
#include "route/nhop.h"

#define MSS_NOLIMIT 65535u

/* Whether any interface has one; asked once for a vector. */
static inline bool
mss_limited(const struct spate *sp)
{
	return atomic_load_explicit(&sp->sp_mss, memory_order_relaxed) != 0;
}

/*
 * What segments may hold that come and go as m does, by way of nh, behind
 * headers of IP and TCP of so many bytes: the smaller one of what its
 * interfaces say, or MSS_NOLIMIT.
 */
unsigned mss_limit(
    const struct spate *, const struct mbuf *m, const struct nhop *nh,
    unsigned headers);

enum mss_done {
	MSS_LEFT, /* nothing to do, or nothing that we understand */
	MSS_LOWERED,
	MSS_NOBUF, /* it would have to be, and cannot */
};

/*
 * *m is a whole packet with a TCP segment at l4off: see to it that a SYN says
 * no more than this.  The packet may be another one afterwards.
 */
enum mss_done mss_clamp(
    struct cpu *, struct mbuf **m, unsigned l4off, unsigned most) ON_CPU;

#endif
