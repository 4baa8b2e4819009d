/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Methods: the benchmarks of the RFCs, as rows of trials and what follows from
 * them.  A method is plain, blocking C over a runner (gen/runner.h); it knows
 * neither devices nor packets.
 *
 * A method measures points, one a frame size (and variant).  What cannot be
 * measured is a point, too, that says why.  An invalid trial is repeated some
 * times and never counts; if it stays invalid the point fails or, in a search,
 * ends there and says that the tester was the limit.  When somebody stops the
 * runner, the method returns at once with what it has, marked.
 *
 * Rates are packets a second of all sending ports together, unless a name says
 * port.  Sizes include the FCS.  Everything drawn comes from mc_seed: the same
 * trials are asked for as long as the same comes of them.
 *
 * These are values: whoever holds one owns it, no member is shared but what
 * mc_stop points to.  All calls of a method are in one thread.
 */
#ifndef GEN_METHOD_H
#define GEN_METHOD_H

#include <stdbool.h>
#include <stdint.h>

#include "gen/hist.h"
#include "gen/profile.h"
#include "gen/runner.h"
#include "gen/search.h"
#include "gen/trial.h"

#define METHOD_SIZES  64 /* frame sizes of a method, at most */
#define METHOD_NOTES  8
#define METHOD_TEXT   200
#define METHOD_REPS   128 /* repetitions whose values are kept */
#define METHOD_CURVE  100 /* points of a loss curve */
#define METHOD_NEAR   0.05 /* of the tester's own limit: said */

/* What, its name for users, its name in reports, where it is described. */
#define METHODS(X)							\
	X(MT_LIMIT, "limit", "The tester's own limit", "")		\
	X(MT_THROUGHPUT, "throughput", "Throughput", "RFC 2544, 26.1")	\
	X(MT_LATENCY, "latency", "Latency", "RFC 2544, 26.2")		\
	X(MT_LOSS, "loss", "Frame loss rate", "RFC 2544, 26.3")		\
	X(MT_BURST, "burst", "Back-to-back frames",			\
	    "RFC 2544, 26.4, as RFC 9004 says")				\
	X(MT_RECOVERY, "recovery", "System recovery", "RFC 2544, 26.5")	\
	X(MT_RESET, "reset", "Reset",					\
	    "RFC 2544, 26.6, as RFC 6201 says")				\
	X(MT_MLR, "mlr", "Multiple loss ratio search", "RFC 9971")	\
	X(MT_IP6, "ip6", "IPv6 throughput", "RFC 5180")			\
	X(MT_CACHING, "caching", "Address caching capacity",		\
	    "RFC 2889, 5.7")						\
	X(MT_LEARNING, "learning", "Address learning rate",		\
	    "RFC 2889, 5.8")						\
	X(MT_ERRORED, "errored", "Errored frame filtering",		\
	    "RFC 2889, 5.9")						\
	X(MT_BROADCAST, "broadcast", "Broadcast frames",		\
	    "RFC 2889, 5.10")						\
	X(MT_CONGESTION, "congestion", "Congestion control",		\
	    "RFC 2889, 5.5")						\
	X(MT_FORWARDING, "forwarding", "Maximum forwarding rate",	\
	    "RFC 2889, 5.6")						\
	X(MT_PRESSURE, "pressure", "Forward pressure", "RFC 2889, 5.6")

#define X(name, user, title, clause) name,
enum method { METHODS(X) MT_N };
#undef X

/* From best to worst: a method is what the worst of its points is. */
enum method_status {
	MS_OK,
	MS_LIMITED, /* a bound: the tester, or a setting, ended it */
	MS_IMPOSSIBLE, /* cannot be measured so; mp_why says what can */
	MS_FAILED, /* was not measured; mp_why */
	MS_PARTIAL, /* stopped; what is there was measured */
};

/* Repeated measurements of one thing. */
struct summary {
	unsigned sm_n;
	double sm_mean, sm_min, sm_max;
	double sm_stddev; /* of the sample; 0 for one */
	double sm_median;
	double sm_value[METHOD_REPS]; /* in their order */
};

/* A distribution of times, ns. */
struct latency_brief {
	uint64_t lb_n;
	double lb_mean, lb_stddev;
	uint64_t lb_min, lb_p50, lb_p90, lb_p99, lb_p999, lb_p9999, lb_p99999;
	uint64_t lb_max;
	double lb_jitter; /* mean difference of neighbours; RFC 3550's idea */
};

struct throughput_result { /* MT_THROUGHPUT, MT_LIMIT, MT_IP6 */
	double tr_pps; /* highest rate without loss; 0: there is none */
	double tr_lossy_pps; /* lowest with; 0: none, mp_max_pps passes */
	double tr_lossy_ratio; /* lost of sent there */
	double tr_port_pps; /* tr_pps of each sending port */
	double tr_l1_bps, tr_l2_bps; /* of tr_pps */
	double tr_line; /* tr_l1_bps of the links' rate, 0 .. 1; 0: unknown */
	uint64_t tr_reordered, tr_duplicated; /* in the trial at tr_pps */
	struct latency_brief tr_latency; /* of that trial */
};

struct latency_result { /* MT_LATENCY */
	double la_pps; /* at the throughput */
	struct summary la_mean; /* ns: of each trial's mean; RFC's result */
	struct summary la_tagged; /* ns: p50 of each trial; RFC 8219, 7.2 */
	struct summary la_worst; /* ns: p99.9 of each trial; RFC 8219, 7.2 */
	double la_jitter; /* ns: of the trials' mean jitter, the sum */
	struct latency_brief la_all; /* all packets of all trials */
	struct hist *la_hist; /* the same; NULL: none */
};

struct loss_point {
	double lo_percent; /* of mp_max_pps */
	double lo_pps; /* sent */
	double lo_received_pps;
	double lo_ratio; /* lost of sent */
	uint64_t lo_sent, lo_lost;
	bool lo_valid; /* false: the tester could not send so fast */
};

struct loss_result { /* MT_LOSS, from the highest rate down */
	unsigned lo_n;
	struct loss_point lo_point[METHOD_CURVE];
	bool lo_clean; /* ended with two trials without loss */
};

struct burst_result { /* MT_BURST; all of each sending port */
	double bu_max_pps; /* max theoretical frame rate, RFC 9004 */
	double bu_throughput_pps;
	bool bu_theoretical; /* bu_max_pps is the links', not the tester's */
	uint64_t bu_step; /* resolution, frames */
	uint64_t bu_limit; /* longest burst that was allowed */
	struct summary bu_frames; /* longest burst without loss */
	double bu_implied_ns; /* implied DUT buffer time */
	double bu_corrected_ns; /* corrected DUT buffer time */
	double bu_buffer; /* the same in frames: what the buffer holds */
};

struct outage_result { /* MT_RECOVERY, MT_RESET */
	double ou_before_pps; /* overload; 0: reset */
	double ou_pps; /* rate during what is measured */
	struct summary ou_ns; /* time stamp B - time stamp A */
	struct summary ou_loss_ns; /* RFC 6201, 1.3: lost frames / rate */
	struct summary ou_lost; /* frames */
	unsigned ou_none; /* trials without any interruption */
	unsigned ou_never; /* trials that saw no end of it */
};

struct mlr_result { /* MT_MLR */
	unsigned ml_ngoals;
	struct mlr_goal ml_goal[MLR_GOALS];
	struct mlr_bounds ml_bounds[MLR_GOALS]; /* of each sending port */
	double ml_pps[MLR_GOALS]; /* relevant lower bound, all ports */
	double ml_upper_pps[MLR_GOALS];
	double ml_throughput_pps[MLR_GOALS]; /* conditional throughput */
};

struct bridge_result { /* MT_CACHING, MT_LEARNING */
	uint64_t br_addresses; /* learned and none flooded; 0: not even one */
	uint64_t br_failed; /* fewest that were too many; 0: none was */
	uint64_t br_others; /* the tester's own that it knew besides */
	double br_pps; /* rate of learning frames; MT_LEARNING: the result */
	double br_failed_pps; /* MT_LEARNING: lowest that was too fast */
};

#define METHOD_ERRORS 7

struct errored_result { /* MT_ERRORED */
	struct {
		const char *er_name; /* "oversize", ... */
		bool er_tested;
		char er_why[METHOD_TEXT]; /* else */
		uint64_t er_sent, er_forwarded;
	} er_kind[METHOD_ERRORS];
};

struct broadcast_result { /* MT_BROADCAST */
	struct throughput_result bc_throughput;
	unsigned bc_ports; /* that must each receive every frame */
};

struct bridge_load { /* some of the streams of a trial */
	struct trial_counts bl_n;
	double bl_pps, bl_received_pps; /* while it was sent */
	double bl_ratio; /* lost of sent */
};

struct congestion_result { /* MT_CONGESTION */
	double cg_pps; /* offered by each port */
	struct bridge_load cg_alone; /* uncongested port, without congestion */
	struct bridge_load cg_free; /* the same beside it */
	struct bridge_load cg_full; /* congested port */
	double cg_held; /* share of all that links did not take */
	bool cg_blocking; /* head of line */
	bool cg_pressure; /* back */
};

#define METHOD_LOADS 11

struct forwarding_result { /* MT_FORWARDING */
	double fw_throughput_pps;
	double fw_pps; /* highest rate at which frames came out ... */
	double fw_at_pps; /* ... and the load at which they did */
	double fw_most_pps; /* that at the highest load; 0: not valid */
	unsigned fw_n; /* loads, upward */
	struct bridge_load fw_load[METHOD_LOADS];
};

struct pressure_result { /* MT_PRESSURE */
	double ps_pps; /* sent, with gaps of 88 bits */
	double ps_received_pps;
	bool ps_pressure;
};

struct method_point {
	unsigned mp_size; /* with FCS; 0: as the templates say */
	unsigned mp_asked; /* the RFC's size, if mp_size must be more; or 0 */
	char mp_variant[64]; /* "hop-by-hop options"; or "" */
	enum method_status mp_status;
	char mp_why[METHOD_TEXT];
	unsigned mp_nports; /* that send */
	double mp_max_pps; /* highest rate that was worth a trial */
	double mp_line_pps; /* what the links can carry; 0: unknown */
	double mp_limit_pps; /* the tester's own limit; 0: unknown */
	bool mp_near; /* the result is within METHOD_NEAR of it, or over */
	unsigned mp_trials, mp_invalid;
	uint64_t mp_ns; /* that it took */
	union {
		struct throughput_result mp_throughput;
		struct latency_result mp_latency;
		struct loss_result mp_loss;
		struct burst_result mp_burst;
		struct outage_result mp_outage;
		struct mlr_result mp_mlr;
		struct bridge_result mp_bridge;
		struct errored_result mp_errored;
		struct broadcast_result mp_broadcast;
		struct congestion_result mp_congestion;
		struct forwarding_result mp_forwarding;
		struct pressure_result mp_pressure;
	};
};

/* One trial that was run, also if it did not count. */
struct method_trial {
	unsigned mx_point; /* of the method's points */
	double mx_pps; /* asked for; 0: as fast as it goes */
	uint64_t mx_duration; /* ns asked for; 0: mx_packets */
	uint64_t mx_packets;
	double mx_sent_pps, mx_received_pps;
	struct trial_counts mx_n;
	bool mx_valid;
	char mx_reason[TRIAL_REASONLEN]; /* the first; else "" */
	uint64_t mx_seed;
	struct latency_brief mx_latency;
	double mx_busy;
};

struct method_result {
	enum method me_method;
	enum method_status me_status;
	char me_why[METHOD_TEXT];
	struct profile me_profile;
	uint64_t me_seed;
	unsigned me_nnotes; /* what a reader must know */
	char me_note[METHOD_NOTES][METHOD_TEXT];
	unsigned me_npoints;
	struct method_point *me_point;
	unsigned me_ntrials;
	struct method_trial *me_trial;
};

/*
 * What one method found out and another needs: throughput and the tester's own
 * limit by size.  The caller's, all zero at first; of one set of streams.
 */
struct method_memory {
	unsigned mm_n;
	struct {
		unsigned mm_size;
		uint64_t mm_port_pps; /* throughput; 0 and mm_known: none */
		bool mm_known;
		uint64_t mm_limit; /* of each port */
		bool mm_limit_known;
	} mm_size[METHOD_SIZES];
};

struct method_bridge { /* RFC 2889: ports by number */
	unsigned mb_learn; /* sends with many addresses */
	unsigned mb_test; /* sends to them */
	unsigned mb_monitor; /* hears what is flooded */
	uint64_t mb_addresses; /* at most; 0: 131072 */
	uint64_t mb_pps; /* of learning frames; 0: 5000 */
	uint64_t mb_aging; /* ns after which the bridge forgets; 0: as the
			    * profile says, unless RE_FORGET is to be had */
};

struct method_conf {
	const struct runner *mc_runner;
	struct profile mc_profile; /* a copy, with what the user changed */
	const struct trial_stream *mc_stream; /* their sizes do not matter */
	unsigned mc_nstreams;
	const unsigned *mc_size;
	unsigned mc_nsizes; /* 0: those of the RFC; a size 0: the templates' */
	double mc_port_pps; /* highest rate of each port; 0: the link's */
	uint64_t mc_seed;
	const struct mlr_goal *mc_goal; /* MT_MLR */
	unsigned mc_ngoals; /* 0: no loss and 0.5 %; durations of the profile */
	struct method_bridge mc_bridge;
	struct method_memory *mc_memory; /* NULL: nothing is known */
	const trial_flag *mc_stop; /* of the trials; may be NULL */
	uint64_t mc_late; /* as in struct trial_conf, these three */
	uint32_t mc_rateerr;
	uint32_t mc_foreign;

	/* Passed on: see struct trial_conf.  The pace is the method's. */
	bool (*mc_tick)(void *, const struct trial_tick *, struct pace_conf *);
	/* After each trial; NULL: nobody wants to know. */
	void (*mc_told)(void *, const struct method_result *,
	    const struct method_trial *, const struct trial_result *);
	/* What it does now, a line for people; NULL. */
	void (*mc_says)(void *, const char *);
	void *mc_arg;
};

/*
 * Runs a method.  0: the result says what was measured and what was not, and
 * is to be freed by method_fini().  ENOMEM: no result.
 */
int method_run(
    enum method, const struct method_conf *, struct method_result *);
void method_fini(struct method_result *);

const char *method_name(enum method); /* "throughput" */
const char *method_title(enum method); /* "Throughput" */
const char *method_clause(enum method); /* "RFC 2544, 26.1"; or "" */
const char *method_status_name(enum method_status); /* "ok", "limited", .. */

/* By its name; MT_N: there is none. */
enum method method_find(const char *name);

/* Sizes of RFC 2544, 9.1 (and of RFC 5180, 5.1.1); returns how many. */
unsigned method_sizes(const unsigned **);

void summary_add(struct summary *, double);
void latency_brief(struct latency_brief *, const struct hist *);

#endif
