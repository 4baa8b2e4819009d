/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An end of a pair as an interface of an instance.
 *
 * Include after cmocka.h.
 */
#ifndef TESTS_UNIT_TOP_WIRE_H
#define TESTS_UNIT_TOP_WIRE_H

#include "dev/drivers.h"
#include "dev/pair.h"
#include "if/if.h"

/* Up, without addresses. */
static inline struct ifnet *
wire_attach(struct spate *sp, const char *name, struct pair *wire, unsigned end)
{
	struct dev_conf dc = { .dc_driver = "pair",
		.dc_pair = pair_end(wire, end) };
	struct ifnet *ifp;
	char err[200];

	assert_int_equal(
	    if_attach(sp->sp_ctl, name, &dev_pair, &dc, &ifp, err, sizeof(err)),
	    0);
	if_set_up(sp->sp_ctl, ifp, true);
	return ifp;
}

#endif
