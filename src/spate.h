/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An instance from the outside: put together, run, taken apart.
 */
#ifndef SPATE_H
#define SPATE_H

#include "base/tsa.h"
#include "cpu/cpu.h"
#include "cpu/ctl.h"
#include "cpu/instance.h"

/*
 * A new instance with sc_ncpus CPUs, no interfaces and nothing running: the
 * engine that env belongs to steps sp_round(), sp_idle(), ctl_round() and
 * ctl_idle().  The environment is copied.  EINVAL, ENOMEM.
 */
int spate_create(
    const struct spate_conf *, const struct spate_env *, struct spate **);

/* Nothing runs any more.  Closes devices and frees everything. */
void spate_destroy(struct spate *);

/*
 * Where every packet is, summed over CPUs; right only while nothing moves.
 */
struct ledger {
	uint64_t lg_received;
	uint64_t lg_originated;
	uint64_t lg_copied;
	uint64_t lg_delivered;
	uint64_t lg_sent;
	uint64_t lg_merged;
	uint64_t lg_dropped;
	uint64_t lg_held;
};
void spate_ledger(const struct spate *, struct ledger *);

/* Whether nothing appeared or vanished uncounted. */
bool ledger_balanced(const struct ledger *);

/* A counter, summed over CPUs; any thread. */
uint64_t spate_stat(const struct spate *, enum stat_group, unsigned which);

/*
 * The engine of production: a thread pinned to each CPU (src/thread.c).
 * engine_create() fills in clock, sleep and wake-up of the environment, with
 * which the instance is then created.
 */
struct engine;
int engine_create(struct spate_env *, struct engine **);
void engine_destroy(struct engine *);

/*
 * Run the instance; again after engine_stop(), too, but then ctl must not be
 * waiting on the old engine_ctl_fd().  cpus: system CPU of each CPU, or NULL
 * for the first ones that this process may use.  ctl's thread is the caller's.
 * On error nothing runs.
 */
int engine_start(struct engine *, struct spate *, const unsigned *cpus);

/* CPUs end their round and stop; the threads are gone on return. */
void engine_stop(struct engine *);

/*
 * For ctl's event loop: a descriptor that is readable when somebody woke ctl,
 * which engine_ctl_woken() makes unreadable again.
 */
int engine_ctl_fd(const struct engine *);
void engine_ctl_woken(struct engine *);

#endif
