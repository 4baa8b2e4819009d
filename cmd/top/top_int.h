/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What "spate top" was asked for, and its two ways of printing.
 */
#ifndef CMD_TOP_TOP_INT_H
#define CMD_TOP_TOP_INT_H

#include <stdbool.h>
#include <stdint.h>

#include "top/feed.h"
#include "top/pages.h"

struct top {
	struct feed tp_feed;
	struct histories tp_histories;
	struct look tp_look;
	unsigned tp_count; /* reports to go; 0: no end */
	bool tp_batch;
	bool tp_all;	   /* batch: every page, not lk_page alone */
	bool tp_mono;	   /* no colours */
};

#define TOP_NS_S 1000000000ull

/* Plain text until tp_count is reached; the exit status. */
int batch_run(struct top *);

/* The whole screen, until it is reached or the user leaves. */
int screen_run(struct top *);

#endif
