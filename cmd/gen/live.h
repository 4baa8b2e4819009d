/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the screen of "spate gen" knows of trials that run: rates made of the
 * counters it is shown from time to time, the last minute of them, and the
 * pace as keys change it.  Pure: no clock, no terminal.
 */
#ifndef CMD_GEN_LIVE_H
#define CMD_GEN_LIVE_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "gen/trial.h"
#include "top/history.h"

struct live_port {
	char lp_name[GEN_NAMELEN];
	double lp_tx_pps, lp_tx_bps; /* bit/s at layer 2 */
	double lp_rx_pps, lp_rx_bps;
	struct history lp_tx, lp_rx; /* packets a second */
};

struct live {
	unsigned lv_nports;
	struct live_port lv_port[GEN_PORTS];
	struct trial_tick lv_now;    /* the latest */
	struct trial_tick lv_before; /* the one that rates count from */
	uint64_t lv_at;		     /* ns, of lv_before; 0: none yet */
	uint64_t lv_every;	     /* ns between two rates */
	double lv_loss;		     /* percent of what was sent, lately */
	struct history lv_losses;
	struct history lv_latencies; /* ns, mean */
	struct history lv_worst;     /* ns */
};

void live_init(struct live *, const char *const *names, unsigned nports,
    uint64_t every);

/* A new trial: its counters begin at 0. */
void live_begin(struct live *);

/* Counters as they are at a time (ns, of any clock that does not jump). */
void live_tick(struct live *, const struct trial_tick *, uint64_t now);

/* The page: tables of ports, latency and loss, and the last minute. */
void live_print(
    const struct live *, uint64_t now, int width, bool utf8, FILE *);

/*
 * The pace by steps of a key: 1 and -1 are a tenth more and less, 10 and -10
 * double and half.  From "as fast as it goes" downwards begins at what goes
 * out now, packets a second.  false: it cannot be changed further.
 */
bool live_pace_step(struct pace_conf *, int step, double now_pps);

/* "1.5 Mpps", "2 Gbit/s, layer 1", "40 % of the line rate". */
void live_pace_text(const struct pace_conf *, char *text, size_t len);

/*
 * The same read: a number and pps, kpps, Mpps, Gpps, bit/s, kbit/s, Mbit/s,
 * Gbit/s (layer 1, or with l2 or l3 behind), %, or "max".  false: it is none.
 */
bool live_pace_parse(const char *text, struct pace_conf *);

#endif
