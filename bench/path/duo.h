/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Two threads, each pinned to a CPU of the system, that run what they are told
 * together or alone; and how far apart the machine has put the two CPUs.
 *
 * On a virtual machine that flips between two states every few seconds: a
 * cache line bounces within some 30 ns (near) or 170 ns (far).  A figure of
 * two CPUs is worth nothing without it.
 */
#ifndef BENCH_DUO_H
#define BENCH_DUO_H

#include <stdatomic.h>
#include <stdint.h>

enum distance { NEAR, FAR, DISTANCES, FLIPPED = DISTANCES };

extern const char *const distance_names[DISTANCES];

typedef void duo_fn(void *);

struct duo;

/* Exits with a message if there are no threads; with one CPU both share it. */
struct duo *duo_create(void);
void duo_destroy(struct duo *);

/* Both at once; NULL: that thread sleeps.  Returns when both have returned. */
void duo_run(struct duo *, duo_fn *first, void *, duo_fn *second, void *);

/* As things are now. */
enum distance duo_distance(struct duo *);

#endif
