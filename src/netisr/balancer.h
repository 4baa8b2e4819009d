/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The balancer: ctl looks at the load every net.inet.rss.balance_interval,
 * has balance.h decide, and moves buckets as move.h does.  Off unless
 * net.inet.rss.balance is set.
 */
#ifndef NETISR_BALANCER_H
#define NETISR_BALANCER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/tsa.h"
#include "cpu/ctl.h"
#include "netisr/balance.h"

int balancer_init(struct ctl *) ON_CTL; /* ENOMEM; after move_ctl_init() */
void balancer_fini(struct ctl *) ON_CTL;

/* A move that it made. */
struct balancer_move {
	struct balance_move bm_move;
	uint64_t bm_when; /* ctl's clock, ns */
	uint64_t bm_span; /* ns of the interval that bm_weight is of */
};

/* Since the start of the instance. */
#define BALANCER_LAST 16
struct balancer_info {
	bool bi_on;
	bool bi_active; /* it is making things more even */
	uint64_t bi_looks; /* at the load */
	uint64_t bi_acted; /* of them, that led to moves */
	uint64_t bi_buckets; /* moved */
	unsigned bi_nlast;
	struct balancer_move bi_last[BALANCER_LAST]; /* newest first */
};

void balancer_info(const struct ctl *, struct balancer_info *) ON_CTL;

#endif
