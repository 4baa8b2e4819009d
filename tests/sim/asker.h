/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A client of a simulated host's control protocol, whose answer goes on until
 * it is ended.  Tests embed it and set its functions, and take the answers.
 */
#ifndef TESTS_SIM_ASKER_H
#define TESTS_SIM_ASKER_H

#include "ctl/request.h"
#include "sim/sim.h"

struct asker {
	struct control_client	 as_cc; /* the test sets its functions */
	const char		*as_line; /* of its last request */
	bool			 as_refused; /* set by the test's functions */
	bool			 as_ended; /* so is this: it was the last */
};

/* Ask for what goes on; it must have begun, and every CPU has seen it. */
void asker_begin(struct sim *, struct host *, struct asker *, const char *line);

/*
 * End it, if it has not ended by itself; the last of it comes within so many
 * ns; then go.
 */
void asker_end(struct sim *, struct host *, struct asker *, uint64_t within);

/* Go, whatever is still to come. */
void asker_go(struct host *, struct asker *);

#endif
