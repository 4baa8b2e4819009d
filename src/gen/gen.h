/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The tester: an instance whose CPUs send and check test packets.
 *
 * It is a client of the same drivers, buffers and CPUs as a router; its CPUs
 * run gen_round() in place of cpu_round().  Its ports are interfaces, without
 * addresses: what answers ARP, ND and echo on a port are emulated hosts, whole
 * ranges of them, which take no memory.
 *
 *	gen_create(&gc, &g, err, sizeof(err));
 *	gen_port(g, &left, err, sizeof(err));
 *	gen_port(g, &right, err, sizeof(err));
 *	gen_start(g, err, sizeof(err));
 *	gen_trial(g, &conf, &result);		as often as one likes
 *	gen_destroy(g);
 *
 * All of it belongs to one thread, which is the instance's ctl.  Under the
 * simulator, where nobody may block, a trial is stepped: gen_begin(),
 * gen_step() until it says so, gen_end().
 */
#ifndef GEN_GEN_H
#define GEN_GEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/tsa.h"
#include "cpu/instance.h"
#include "gen/host.h"
#include "gen/runner.h"
#include "gen/trial.h"
#include "if/if.h"

#define GEN_ERRLEN 200

struct gen;
struct tpl_conf;

struct gen_port_conf {
	const char *gp_name; /* of the interface: "left" */
	/*
	 * How to open the device; NULL ops: the instance has an interface of
	 * this name already.
	 */
	const struct dev_ops *gp_ops;
	struct dev_conf gp_dev;
	struct gen_hosts gp_hosts[GEN_HOSTS];
	unsigned gp_nhosts;
	/*
	 * Next hops of what is sent, of either family; ADDR_NONE: there is no
	 * router, and the receiving port's MAC is addressed.
	 */
	struct addr gp_gw4;
	struct addr gp_gw6;
	uint64_t gp_linerate; /* bits a second; 0: not known */
	uint16_t gp_vlan; /* tag of ARP, ND and answers; 0: as asked */
	enum gen_udp gp_udp;
};

struct gen_conf {
	unsigned gc_ncpus; /* 0: 1 */
	const unsigned *gc_cpu; /* system's number of each; NULL: any */
	uint64_t gc_pktmem; /* bytes; 0: the default */
	bool gc_shared; /* packet memory for AF_XDP; see sc_shared */
	uint64_t gc_seed;
	struct log gc_log;
	struct opener *gc_opener; /* of devices; NULL: dev's own */
	/*
	 * Called while waiting, a thousand times a second or so: for the ctl
	 * of an instance under test in this process.
	 */
	void (*gc_pump)(void *);
	void *gc_pumparg;
};

/*
 * An instance of its own, on threads; with err as text.  EINVAL, ENOMEM, or
 * what starting threads returned.
 */
int gen_create(const struct gen_conf *, struct gen **, char *err,
    size_t errlen) ON_CTL;

/*
 * Make a tester of an instance that does not run yet.  The caller runs it,
 * and destroys it after gen_destroy().
 */
int gen_adopt(struct spate *, const struct gen_conf *, struct gen **, char *err,
    size_t errlen) ON_CTL;

/* Add the next port, from 0; before a trial.  The driver's errors. */
int gen_port(struct gen *, const struct gen_port_conf *, char *err,
    size_t errlen) ON_CTL;

/* Run the CPUs of gen_create(); after the last port. */
int gen_start(struct gen *, char *err, size_t errlen) ON_CTL;

/* Stops CPUs, closes devices; NULL is allowed. */
void gen_destroy(struct gen *) ON_CTL;

struct spate *gen_spate(const struct gen *);
unsigned gen_nports(const struct gen *);
const char *gen_port_name(const struct gen *, unsigned port);
struct ifnet *gen_port_if(const struct gen *, unsigned port) ON_CTL;

/* Its MAC as text is for people, here it is bytes. */
const uint8_t *gen_port_mac(const struct gen *, unsigned port);

/*
 * UDP that a CPU has counted or sent back for hosts so far, see gp_udp; 0 for
 * a CPU that there is not.
 */
uint64_t gen_udp(const struct gen *, unsigned cpu);

/* The time of timestamps; ns. */
uint64_t gen_now(const struct gen *);

/*
 * A template from a host of one port to a host of another, both the first of
 * their family, UDP from and to port 9 (RFC 2544, C.2.6.4); MACs left to the
 * trial.  ENOENT: one has no hosts of that family.
 */
int gen_tpl(const struct gen *, unsigned from, unsigned to, unsigned family,
    struct tpl_conf *, char *err, size_t errlen);

/*
 * Run a trial, which blocks; see rn_trial in gen/runner.h.  Not before
 * gen_start().
 */
int gen_trial(
    struct gen *, const struct trial_conf *, struct trial_result *) ON_CTL;

/* Why the last trial could not be. */
const char *gen_error(const struct gen *);

/*
 * The same in steps.  gen_begin() checks and prepares; conf stays until
 * gen_end().  gen_step(), called often (each millisecond, say), returns when
 * the trial is over.  gen_end() fills the result, or returns the error.
 */
int gen_begin(struct gen *, const struct trial_conf *) ON_CTL;
bool gen_step(struct gen *) ON_CTL;
int gen_end(struct gen *, struct trial_result *) ON_CTL;

/* End a trial that runs, as tc_stop does. */
void gen_stop(struct gen *) ON_CTL;

/*
 * Packets a second of all ports together that the tester itself can send as
 * conf asks, whatever its pace, with a receiver that takes what comes.
 */
int gen_limit(struct gen *, const struct trial_conf *, double *pps) ON_CTL;

/* Let time pass, or less if stopped(arg); NULL: never. */
void gen_sleep(struct gen *, uint64_t ns, bool (*stopped)(void *), void *arg)
    ON_CTL;

/*
 * For methods: this tester as a runner.  stop: what every trial's tc_stop is
 * if it has none.
 */
void gen_runner(struct gen *, struct runner *, const trial_flag *stop);

/* What a CPU does, over and over, and when idle; src/thread.c, sim/. */
void gen_round(struct cpu *) ON_CPU;
void gen_idle(struct cpu *) ON_CPU;

#endif
