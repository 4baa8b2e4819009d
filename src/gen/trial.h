/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A trial: one measured run at one rate, what it is asked for and what came of
 * it.  Values only; who fills them is behind struct runner (gen/runner.h): the
 * engine (gen/gen.h), or a model of a device under test.
 *
 * Once a trial has ended, of each stream and of all together, exactly:
 *	offered = sent + unsent
 *	sent    = received + lost + unseen
 * where received counts each packet once; further copies are duplicated.  What
 * went to a port that does not receive is unseen: nobody knows.
 *
 * A size of a frame includes its FCS, as people say it; a frame also takes
 * 20 bytes of preamble and gap on the wire, which layer 1 counts.
 *
 * These are values: whoever holds one owns it, and no member is shared but the
 * flag that tc_stop points to, which anyone may set.
 */
#ifndef GEN_TRIAL_H
#define GEN_TRIAL_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "gen/pace.h"

struct hist;
struct tpl_conf;

#define GEN_PORTS	16
#define GEN_NAMELEN	32
#define TRIAL_STREAMS	1024 /* of a trial, at most */
#define TRIAL_REASONS	8
#define TRIAL_REASONLEN 160
#define TRIAL_FCS	4u
#define TRIAL_LATE	1000000 /* ns, if not said */

typedef _Atomic bool trial_flag;

/* What a trial ended in the middle of; TPH_DONE: it went all the way. */
enum trial_phase {
	TPH_RESOLVE, /* MACs of gateways */
	TPH_LEARN, /* the device learns where our addresses are */
	TPH_WARMUP, /* packets that are not counted */
	TPH_RUN,
	TPH_DRAIN, /* waiting for what is under way */
	TPH_DONE,
};
const char *trial_phase_name(enum trial_phase);

/*
 * Packets of one template, from a port to a port.  The template's flows become
 * flows of the trial; a packet that arrives at another port than ts_to is
 * counted there (tp_astray) and does not count as received.
 */
struct trial_stream {
	const char *ts_name; /* for reports; NULL: its number */
	unsigned ts_from; /* ports by number */
	unsigned ts_to;
	unsigned ts_weight; /* its share of the port's packets; 0: 1 */
	/*
	 * MACs that are all zero are filled in: source, the sending port's;
	 * destination, that of the sending port's gateway, or of the receiving
	 * port if there is none.  Outlives the trial.
	 */
	const struct tpl_conf *ts_tpl;
};

/* What a trial that runs looks like, for a screen; all so far. */
struct trial_tick {
	uint64_t tt_now; /* ns since the phase began */
	enum trial_phase tt_phase;
	unsigned tt_nports;
	unsigned tt_ncpus;
	struct {
		uint64_t tx_packets, tx_bytes; /* as the device counts */
		uint64_t rx_packets, rx_bytes;
		uint64_t sent, received; /* of this trial */
		uint64_t late, unsent;
	} tt_port[GEN_PORTS], tt_cpu[64];
	/*
	 * Of the last packets that arrived, by port and CPU whatever they
	 * share: enough of them for a line on a screen, not for a report.
	 */
	uint64_t tt_latency_min, tt_latency_mean, tt_latency_max; /* ns */
};

/*
 * What to do.  All zero but streams and duration is good: a port that sends
 * does so by tc_pace, on all its CPUs together, its streams in turn by weight.
 */
struct trial_conf {
	const struct trial_stream *tc_stream;
	unsigned tc_nstreams; /* 0: only receive, for tc_duration */
	struct pace_conf tc_pace; /* of each port that sends; shares, seed,
				   * tolerance and pc_error are the engine's */
	unsigned tc_size; /* of each frame; 0: as the templates say */
	uint64_t tc_duration; /* ns; 0: until tc_packets are sent */
	uint64_t tc_packets; /* of each port that sends; 0: any */
	uint64_t tc_warmup; /* ns of traffic before, not counted */
	bool tc_learn; /* hosts announce themselves first */
	uint64_t tc_settle; /* ns between learning and traffic */
	uint64_t tc_drain; /* ns at most; 0: 2 s as RFC 2544, 23 */
	uint64_t tc_quiet; /* so long without a packet ends it; 0: tc_drain */
	uint64_t tc_seed; /* of everything drawn */
	uint16_t tc_key; /* of its packets; 0: the engine's, each another */
	uint64_t tc_late; /* ns behind the schedule that are late; 0:
			   * TRIAL_LATE */
	uint32_t tc_foreign; /* ppm of received packets that may be foreign */
	uint32_t tc_rateerr; /* ppm that the rate may err; 0: 1000 */
	const trial_flag *tc_stop; /* set: end at once; NULL: never */
	/*
	 * Called some times a second, by the thread that called.  It may set
	 * another pace from now on (the rate that is judged is the last).
	 * False: as tc_stop.
	 */
	bool (*tc_tick)(void *arg, const struct trial_tick *,
	    struct pace_conf *);
	void *tc_tickarg;
};

/* Packets and bytes (with FCS) of a stream, a port's streams, or all. */
struct trial_counts {
	uint64_t tn_offered; /* that the schedule wanted sent */
	uint64_t tn_sent; /* that the device took */
	uint64_t tn_unsent; /* that it did not */
	uint64_t tn_sent_bytes;
	uint64_t tn_received; /* each once */
	uint64_t tn_received_bytes;
	uint64_t tn_lost;
	uint64_t tn_unseen; /* sent to where nobody looks */
	uint64_t tn_duplicated; /* copies beyond the first */
	uint64_t tn_reordered; /* RFC 4737, 3.4 */
	uint64_t tn_extent_max; /* RFC 4737, 4.2.2, packets */
};

struct trial_stream_result {
	char sr_name[GEN_NAMELEN];
	unsigned sr_from;
	unsigned sr_to;
	struct trial_counts sr_n;
	unsigned sr_flows;
	unsigned sr_flows_lost; /* with any loss */
	uint64_t sr_latency_min; /* ns, of this stream; 0 if none came */
	uint64_t sr_latency_mean;
	uint64_t sr_latency_max;
	uint64_t sr_jitter; /* ns: RFC 3550, 6.4.1, mean over flows */
};

struct trial_port {
	char tp_name[GEN_NAMELEN];
	struct trial_counts tp_tx; /* of streams from it */
	struct trial_counts tp_rx; /* of streams to it */
	uint64_t tp_late; /* left later than tc_late allows */
	uint64_t tp_late_max; /* ns */
	uint64_t tp_txfull; /* times the device had no room */
	/* Everything else that came during run and drain. */
	uint64_t tp_corrupt;
	uint64_t tp_foreign;
	uint64_t tp_control; /* ARP, ND, echo: for our hosts */
	uint64_t tp_stale; /* of an earlier trial or of the warm-up */
	uint64_t tp_astray; /* ours, at the wrong port */
	/*
	 * The interface's own counts, of warm-up, run and drain; frames that
	 * came as one large segment are one.
	 */
	uint64_t tp_if_tx_packets, tp_if_tx_bytes;
	uint64_t tp_if_rx_packets, tp_if_rx_bytes;
	uint64_t tp_if_rx_dropped; /* before we saw them */
	uint64_t tp_if_errors;
	bool tp_has_kernel; /* the kernel's counts of the device, likewise */
	uint64_t tp_k_tx_packets, tp_k_rx_packets;
	uint64_t tp_k_rx_dropped, tp_k_tx_dropped;
	double tp_offered_pps; /* what the schedule wanted */
	double tp_tx_pps; /* over the time of sending */
	double tp_rx_pps; /* over the time of sending */
};

/*
 * trial_result_init() makes room for the streams, ports and histograms, which
 * trial_result_fini() frees; a result may be filled again after either.
 */
struct trial_result {
	bool tr_valid;
	unsigned tr_nreasons; /* why not; more are counted, not kept */
	char tr_reason[TRIAL_REASONS][TRIAL_REASONLEN];
	enum trial_phase tr_phase; /* the last it was in */
	bool tr_stopped; /* ended before it would have */
	uint64_t tr_started; /* ns since 1970, when sending began; 0: unknown */
	uint64_t tr_ended; /* the same, the drain */
	uint64_t tr_elapsed; /* ns of sending */
	uint64_t tr_drained; /* ns */
	uint64_t tr_seed;
	unsigned tr_size; /* tc_size */
	double tr_frame; /* mean size of what was sent, with FCS */
	struct trial_counts tr_all;
	/*
	 * When a lost packet was last sent, ns after sending began: no later
	 * than the next packet of its flow that arrived; tr_elapsed if none
	 * did.  0: nothing was lost.
	 */
	uint64_t tr_loss_last;
	/* The longest time in which none arrived, between two that did, ns. */
	uint64_t tr_silence;
	unsigned tr_nports;
	struct trial_port *tr_port;
	unsigned tr_nstreams;
	struct trial_stream_result *tr_stream;
	struct hist *tr_latency; /* ns; first copies only */
	struct hist *tr_pair_latency[GEN_PORTS]; /* the same by receiving
						  * port; NULL: none came */
	struct hist *tr_jitter; /* ns: difference of neighbours' latency */
	struct hist *tr_extent; /* packets: of each reordered one */
	struct hist *tr_pace; /* ns behind the schedule, each packet */
	struct hist *tr_gap; /* ns that gaps differ from the schedule's */
	double tr_busy; /* share of time our busiest CPU worked, 0 .. 1; one
			 * that sends as fast as it goes is always busy */
	uint64_t tr_clock_res; /* ns: of timestamps */
};

/* ENOMEM. */
int trial_result_init(
    struct trial_result *, unsigned nports, unsigned nstreams);
void trial_result_fini(struct trial_result *);

/* It does not count, and this is why. */
void trial_invalid(struct trial_result *, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* to += from; the extent's maximum is that of both. */
void trial_counts_add(struct trial_counts *to, const struct trial_counts *from);

/*
 * What the tester did not send in time of what it was to send, 0 .. 1: late,
 * or not at all.
 */
double trial_late(const struct trial_result *);

/* Lost of sent and looked for, 0 .. 1; nothing was: 0. */
double trial_loss(const struct trial_counts *);

/*
 * Bits a second of so many packets a second, of so many bytes with FCS: layer
 * 1 counts preamble and gap, 2 the frame, 3 the frame without link header and
 * FCS (untagged).
 */
double trial_bps(double pps, double size, unsigned layer);

#endif
