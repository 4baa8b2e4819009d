/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Setting up what every CPU has: its end point, counters, timers and random
 * numbers.  The round itself is src/round.c.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/lines.h"
#include "cpu/cpu.h"

_Thread_local struct cpu *curcpu;

int
cpu_init(struct cpu *c, struct spate *sp, unsigned id)
{
	unsigned g;
	int error;

	memset(c, 0, sizeof(*c));
	error = endpoint_init(&c->c_ep, sp, id, sp->sp_ncpus + 1, MSG_POOL);
	if (error != 0)
		return error;
	c->c_id = (uint16_t)id;
	c->c_sp = sp;
	c->c_now = sp->sp_env.env_now(sp->sp_env.env_arg);
	c->c_busy = c->c_now;
	wheel_init(&c->c_wheel, c->c_now, c);
	rnd_seed(&c->c_rnd, sp->sp_env.env_seed + id + 1);
	for (g = 0; g < SG_N; g++)
		if ((c->c_stat[g] = lines_alloc(
			 stat_groups[g].sg_n, sizeof(stat_cell))) == NULL)
			goto fail;
	if (cpu_drop_attach(c, 0) != 0)
		goto fail;
	return 0;
fail:
	cpu_fini(c);
	return ENOMEM;
}

void
cpu_fini(struct cpu *c)
{
	unsigned i;

	for (i = 0; i < SG_N; i++)
		free(c->c_stat[i]);
	for (i = 0; i < IF_MAX; i++)
		free(c->c_drop[i]);
	endpoint_fini(&c->c_ep);
}

int
cpu_drop_attach(struct cpu *c, unsigned ifindex)
{
	stat_cell *s;

	if (c->c_drop[ifindex] != NULL)
		return 0; /* an earlier interface of this index: goes on */
	s = lines_alloc(stat_total(), sizeof(stat_cell));
	if (s == NULL)
		return ENOMEM;
	c->c_drop[ifindex] = s;
	return 0;
}
