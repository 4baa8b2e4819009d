/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The last minute of a rate, second by second.  Pure.
 */
#ifndef CMD_TOP_HISTORY_H
#define CMD_TOP_HISTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HISTORY_SECONDS 60
#define HISTORY_NONE	(-1.0) /* nothing is known of that time */

/* One second, by its number on the clock modulo the size of the ring. */
struct history_bin {
	uint64_t hb_second;
	double hb_amount;  /* rate times ns */
	double hb_covered; /* ns of it that are known */
};

struct history {
	struct history_bin hi_bin[64];
};

/* The rate was this from one time to another (ns, on one clock). */
void history_add(struct history *, uint64_t from, uint64_t to, double rate);

/*
 * The minute that ends at a time, oldest first, in so many cells (a divisor
 * of HISTORY_SECONDS), each the mean of its seconds, or HISTORY_NONE.
 */
void history_read(
    const struct history *, uint64_t now, unsigned cells, double *);

/* The largest second of that minute; 0 if nothing is known. */
double history_peak(const struct history *, uint64_t now);

/* The most cells that fit into a width; 0: none. */
unsigned history_cells(int width);

/*
 * Values as a line of bars: blank for HISTORY_NONE, "_" for 0, the full bar
 * for top and more.  In UTF-8 or ASCII; text has room for 3 n + 1 bytes.
 */
void history_bars(
    const double *values, unsigned n, double top, bool utf8, char *text);

#endif
