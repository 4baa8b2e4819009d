/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Steering of frames.  Forwarding keeps no state that belongs to one CPU, so
 * every frame goes on where it arrived.
 */
#include "netisr/netisr.h"
#include "path.h"

void
netisr_input(struct cpu *c, struct mvec *mv)
{
	unsigned i;

	stat_add(c, SG_NETISR, nis_direct, mv->mv_n);
	for (i = 0; i < mv->mv_n; i++)
		path_next(c, ST_ETHER, mv->mv_m[i]);
}
