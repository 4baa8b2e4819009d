/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A client of a simulated host; see asker.h.
 */
#include "asker.h"

#include <string.h>

static void
ask(struct ctl *ctl, void *arg)
{
	struct asker *as = arg;

	role_enter(&on_ctl);
	control_request(ctl, &as->as_cc, as->as_line, strlen(as->as_line));
}

static void
go(struct ctl *ctl, void *arg)
{
	struct asker *as = arg;

	role_enter(&on_ctl);
	control_gone(ctl, &as->as_cc);
}

void
asker_begin(struct sim *s, struct host *h, struct asker *as, const char *line)
{
	as->as_line = line;
	host_ctl(h, ask, as);
	SIM_CHECK(s, !as->as_refused && as->as_cc.cc_stream);
	sim_pass(s, NS_MS); /* every CPU has seen it */
}

void
asker_end(struct sim *s, struct host *h, struct asker *as,
    uint64_t within)
{
	as->as_line = "stop";
	if (!as->as_ended)
		host_ctl(h, ask, as);
	SIM_UNTIL(s, as->as_ended, within);
	SIM_CHECK(s, !as->as_cc.cc_stream);
	host_ctl(h, go, as);
}

void
asker_go(struct host *h, struct asker *as)
{
	host_ctl(h, go, as);
	as->as_cc.cc_stream = false;
}
