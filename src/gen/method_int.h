/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the methods have in common: points, trials that are repeated until they
 * count, rates that are worth a trial.
 */
#ifndef GEN_METHOD_INT_H
#define GEN_METHOD_INT_H

#include "gen/method.h"

/* One call of method_run(). */
struct run {
	const struct method_conf *ru_conf;
	const struct runner *ru_runner;
	const struct profile *ru_profile;
	struct method_result *ru_me;
	const struct trial_stream *ru_stream; /* of the trials to come */
	unsigned ru_nstreams;
	unsigned ru_senders; /* ports that send them */
	uint64_t ru_began; /* the point, by rn_now() */
	uint64_t ru_highest; /* packets a second of each port, at most */
	bool ru_bytester; /* ... because the tester can no more */
	bool ru_byuser; /* ... or because the user said so */
	bool ru_nomem;
	struct trial_stream *ru_exts; /* RFC 5180's streams; NULL: others */
	struct tpl_conf *ru_exttpl;
};

/* What came of a trial, after all repetitions. */
enum ran {
	RAN_OK,
	RAN_INVALID, /* each time; the point says why */
	RAN_STOPPED,
	RAN_FAILED, /* no trial at all; the point says why */
};

/* What a method wants of a trial; all else is the profile's. */
struct ask {
	uint64_t as_pps; /* of each port */
	uint64_t as_duration; /* ns; 0: as_packets */
	uint64_t as_packets; /* of each port */
	uint64_t as_drain; /* ns; 0: the profile's */
	unsigned as_size; /* 0: the point's */
	bool as_quietly; /* hosts need not announce themselves */
	/*
	 * Repetitions left to a row of trials, at first the profile's; a valid
	 * trial earns one.  So a row is no longer than twice what it were
	 * without them, and a few more.  NULL: the profile's for this one.
	 */
	unsigned *as_again;
	/* Before each try: what an earlier one, not valid, has left is not. */
	void (*as_begin)(void *);
	/* Called before the user's; false: end, which is no interruption. */
	bool (*as_tick)(
	    void *, const struct trial_tick *, struct pace_conf *);
	void *as_arg;
};

/* The point under way; the pointer is good until the next one is opened. */
struct method_point *run_point(struct run *);

/* false: no memory. */
bool run_open(struct run *, unsigned size, const char *variant);
void run_close(struct run *);

/* The point is no better than this, and why; the first reason stays. */
void run_status(struct run *, enum method_status, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* What a reader must know; the same only once. */
void run_note(struct run *, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
void run_say(struct run *, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

bool run_is_stopped(struct run *);
/* Lets time pass; false: stopped. */
bool run_rest(struct run *, uint64_t ns);

/* These streams from now on. */
void run_streams(struct run *, const struct trial_stream *, unsigned n);

/*
 * A trial.  tr is all zero; the caller frees it whatever is returned.  Other
 * than RAN_OK, the point's status has been set, but for RAN_INVALID, of which
 * run_blame() makes a failure.
 */
enum ran run_trial(struct run *, const struct ask *, struct trial_result *);
void run_blame(struct run *, const struct trial_result *);

/*
 * Says what limits a result: "limited by the tester at 1000 packets/s (late
 * 2 %): ..."; late is 0 if other things were not valid there.
 */
void run_limited(struct run *, enum method_status, const char *what,
    uint64_t pps, double late, const char *why);

/* Highest rate of a port for the point's size; false: there is none. */
bool run_rates(struct run *);

/*
 * Searches for the highest rate without loss, as passes() sees it (NULL: no
 * packet lost).  Per port; 0: none passes.  best, all zero, becomes the trial
 * at that rate; the caller frees it.
 */
#define HUNT_INVALID 6 /* rates in turn at which no trial was valid */
#define HUNT_LATE    0.05 /* of packets: it is the rate, not bad luck */
struct hunt {
	uint64_t hu_max;
	uint64_t hu_duration;
	bool (*hu_passes)(struct run *, const struct trial_result *);
	uint64_t hu_found;
	uint64_t hu_lossy; /* lowest that failed, 0: none */
	double hu_ratio; /* of loss there */
	uint64_t hu_invalid; /* last that the tester could not do, 0 */
	double hu_late; /* share of packets that were late there */
	bool hu_valid; /* a trial was */
	unsigned hu_ninvalid; /* rates in turn that it could not */
	unsigned hu_again; /* repetitions that are left, see as_again */
	char hu_why[TRIAL_REASONLEN]; /* it could not */
};
enum ran run_hunt(struct run *, struct hunt *, struct trial_result *best);

/* Throughput of a port, from memory or measured; 0: nothing passes. */
enum ran run_throughput(struct run *, uint64_t *pps);
void run_remember(struct run *, uint64_t pps);

/* Fills in a result; best is all zero if no rate passes. */
void throughput_fill(struct run *, struct throughput_result *,
    const struct hunt *, const struct trial_result *best);

/* Per port to all ports. */
double run_all(const struct run *, uint64_t pps);

/* A result at this rate of all ports: is that the tester's own limit? */
void run_near(struct run *, double pps);

/* Methods, each for one size (or all). */
void point_limit(struct run *);
void point_throughput(struct run *);
void point_latency(struct run *);
void point_loss(struct run *);
void point_burst(struct run *);
void point_recovery(struct run *);
void point_reset(struct run *);
void point_mlr(struct run *);
void point_ip6(struct run *);
void point_caching(struct run *);
void point_learning(struct run *);
void point_errored(struct run *);
void point_broadcast(struct run *);
void point_congestion(struct run *);
void point_forwarding(struct run *);
void point_pressure(struct run *);

/*
 * The streams of congestion control by number: to the port of its own, from
 * the same port to the congested one, and from another port there; false:
 * there are others.
 */
bool congestion_streams(const struct method_conf *, unsigned stream[3]);

/* Sizes of RFC 5180, 5.1.1, with the jumbo frames that it names. */
unsigned method_ip6_sizes(const unsigned **);

/* Its extension headers, 5.3; the first variant is without. */
unsigned method_ip6_variants(void);
const char *method_ip6_variant(unsigned);
bool method_ip6_streams(struct run *, unsigned variant);

#endif
