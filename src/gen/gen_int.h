/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Inside of the engine: gen.c puts it together, port.c knows devices, begin.c
 * prepares a trial, step.c leads it through its phases (look.c looks on), and
 * judge.c says what came of it; round.c, send.c, recv.c and order.c are what
 * CPUs do.
 *
 * A trial's work is cut into a job for each CPU, made by ctl.  It goes to the
 * CPU with a message and comes back with one, and belongs to whoever has it;
 * but for the counters in it that ctl reads while the trial runs, and the
 * flags.
 *
 *	I	immutable after gen_start(), or the event named
 *	J	who has the job: ctl, the CPU, ctl
 *	o	the CPU
 *	C	ctl only
 *	A	atomic, relaxed unless said: written by one side, read by others
 */
#ifndef GEN_GEN_INT_H
#define GEN_GEN_INT_H

#include <stdalign.h>
#include <stdatomic.h>

#include "base/lines.h"
#include "cpu/recring.h"
#include "gen/check.h"
#include "gen/classify.h"
#include "gen/clock.h"
#include "gen/gen.h"
#include "gen/gen_stat.h"
#include "gen/host.h"
#include "gen/pace.h"
#include "gen/tpl.h"
#include "mbuf/mbuf.h"

#define GEN_BURST   TPL_BURST
#define GEN_BURSTS  8 /* of a port in a round, if so much is due */
#define GEN_RING    (1u << 18) /* bytes of records between two CPUs */
#define GEN_RECS    MVEC_MAX /* records that go together */
#define GEN_LINEAR  TPL_ROOM(TPL_MAXSIZE) /* a frame in one piece */

static_assert(GEN_BURST == CHECK_BURST, "one burst everywhere");

/* A stream on a CPU. */
struct gen_lane {
	struct tpl_cursor gl_warm; /* [J] */
	struct tpl_cursor gl_run; /* [J] */
	unsigned gl_stream; /* [J] */
	uint64_t gl_sent; /* [J] of the run, … */
	uint64_t gl_bytes; /* [J] … with FCS */
};

/* Frames that are made and have not left. */
struct gen_burst {
	unsigned gb_n; /* [J] */
	unsigned gb_first; /* [J] next to leave */
	bool gb_warm; /* [J] */
	uint64_t gb_ts; /* [J] the time in them; 0: none yet */
	struct mbuf *gb_m[GEN_BURST]; /* [J] */
	uint8_t *gb_p[GEN_BURST]; /* [J] their bytes; NULL: in pieces */
	uint32_t gb_len[GEN_BURST]; /* [J] without FCS */
	uint16_t gb_sig[GEN_BURST]; /* [J] offset of the signature */
	uint16_t gb_lane[GEN_BURST]; /* [J] */
};

/* A port on a CPU that sends on it. */
struct gen_sender {
	unsigned gs_port; /* [J] */
	unsigned gs_nlanes; /* [J] */
	struct gen_lane *gs_lane; /* [J] */
	unsigned gs_nrow; /* [J] order of the lanes, by weight */
	unsigned gs_at; /* [J] in it */
	uint16_t *gs_row; /* [J] */
	bool gs_simple; /* [J] what is due does not depend on lengths */
	bool gs_pieces; /* [J] some frames do not fit a buffer */
	bool gs_warmed; /* [J] gs_pace runs, for the warm-up */
	bool gs_started; /* [J] the same, for the run */
	bool gs_over; /* [J] nothing leaves any more */
	struct pace_conf gs_conf; /* [J] */
	struct pace gs_pace; /* [J] of the warm-up, then of the run */
	struct gen_burst gs_burst; /* [J] */
	uint64_t gs_packets; /* [J] of the run, at most; UINT64_MAX: any */
	uint64_t gs_sent; /* [J] of the run */
	uint64_t gs_offered; /* [J] by schedules that have ended */
	uint64_t gs_base; /* [J] gs_offered when gs_pace began */
	uint64_t gs_late; /* [J] by schedules that have ended */
	uint64_t gs_late_max; /* [J] ns, likewise */
	struct hist *gs_error; /* [J] the job's, for gs_pace */
	struct hist *gs_gap; /* [J] likewise */
	uint64_t gs_last; /* [J] when the last one left */
	uint64_t gs_txfull; /* [J] */
	uint64_t gs_nobuf; /* [J] times there were no buffers */
};

/* What a CPU saw of a port. */
struct gen_seen {
	uint64_t gn_corrupt; /* [J] */
	uint64_t gn_foreign; /* [J] */
	uint64_t gn_control; /* [J] */
	uint64_t gn_stale; /* [J] */
	uint64_t gn_astray; /* [J] */
	uint64_t gn_uncut; /* [J] large segments, for want of buffers */
};

/* Counters for who looks on; each CPU has its own, for each port. */
struct gen_live {
	stat_cell gv_sent; /* [A] */
	stat_cell gv_received; /* [A] */
	stat_cell gv_late; /* [A] */
	stat_cell gv_unsent; /* [A] behind the schedule at the moment */
};

enum gen_judged { GJ_BEFORE, GJ_COUNTING, GJ_AFTER };

/* A trial, as far as a CPU needs to know. */
struct gen_job {
	struct gen_cpu *gj_cpu; /* [I] gen_begin() */
	struct classify_keys gj_keys; /* [I] gen_begin() */
	uint16_t gj_key; /* [I] gen_begin() */
	uint16_t gj_warmkey; /* [I] gen_begin() */
	uint32_t gj_flows; /* [I] gen_begin(): of all streams */
	unsigned gj_nstreams; /* [I] gen_begin() */
	uint32_t *gj_upto; /* [I] gen_begin(): first flow after each stream */
	uint8_t *gj_to; /* [I] gen_begin(): its port */
	unsigned gj_shares; /* [I] gen_begin(): CPUs that check */
	uint64_t gj_warm_at; /* [C] before gj_go */
	uint64_t gj_run_at; /* [C] likewise */
	uint64_t gj_end_at; /* [C] likewise, the last ns in which packets
			     * leave; UINT64_MAX: when all is sent */
	uint64_t gj_late; /* [I] gen_begin() */
	bool gj_quiet; /* [J] what comes now is not counted any more */
	unsigned gj_nsenders; /* [J] */
	struct gen_sender *gj_sender; /* [J] */
	struct checker *gj_checker; /* [J] NULL: no flows */
	struct gen_seen gj_seen[GEN_PORTS]; /* [J] */
	struct hist *gj_pace; /* [J] ns behind the schedule */
	struct hist *gj_gap; /* [J] ns that gaps differ from it */
	uint64_t gj_last; /* [J] when the last of ours came; 0: none yet */
	uint64_t gj_silence[2]; /* [J] longest without any: from, to */

	alignas(CACHELINE) _Atomic bool gj_go; /* [A] ctl: all have jobs;
						* release */
	_Atomic bool gj_halt; /* [A] ctl: send no more */
	_Atomic uint32_t gj_repace; /* [A] ctl: g_repace of gj_newpace;
				     * release */
	struct pace_conf gj_newpace; /* [C] while gj_repaced is gj_repace, the
				      * CPU's [J] otherwise */

	alignas(CACHELINE) _Atomic bool gj_sent; /* [A] the CPU: all is sent */
	_Atomic uint64_t gj_heard; /* [A] the CPU: when the last one came */
	_Atomic uint64_t gj_looked; /* [A] the CPU: its last round */
	_Atomic uint32_t gj_repaced; /* [A] the CPU: gj_repace it took last;
				      * release */
};

/* Latency of a packet now and then, for who looks on. */
struct gen_glance {
	stat_cell ge_n; /* [A] */
	stat_cell ge_sum; /* [A] */
	stat_cell ge_min; /* [A] of the last window … */
	stat_cell ge_max; /* [A] … that has passed */
	uint64_t ge_winmin; /* [o] */
	uint64_t ge_winmax; /* [o] */
	uint64_t ge_winend; /* [o] */
};

struct gen_cpu {
	struct gen *gc_gen; /* [I] */
	struct cpu *gc_c; /* [I] */
	struct gen_job *gc_job; /* [o] NULL: no trial */
	struct recring *gc_in[CPU_MAX]; /* [I] from each other CPU */
	struct msg *gc_quiet; /* [o] to be answered once gc_nrec are none */
	uint64_t gc_next; /* [o] when something is to be sent */
	uint8_t *gc_linear; /* [I] GEN_LINEAR bytes */
	struct check_rec gc_rec[CPU_MAX][GEN_RECS]; /* [o] to each CPU */
	unsigned gc_nrec[CPU_MAX]; /* [o] */
	/*
	 * What large segments were cut into, while gc_rec has no room for it:
	 * by m_nextpkt, of one port, come at one time.
	 */
	struct mbuf *gc_cut; /* [o] */
	unsigned gc_cutport; /* [o] */
	uint64_t gc_cutat; /* [o] */
	struct gen_job *gc_cutjob; /* [o] as rv_job in recv.c */
	struct gen_glance gc_glance;
	struct gen_live gc_live[GEN_PORTS]; /* by port */
};

enum { GW_V4, GW_V6, GW_N };

/* A gateway whose MAC is wanted. */
struct gen_gw {
	struct addr gw_addr; /* [I] gen_port() */
	bool gw_wanted; /* [C] this trial needs it */
	bool gw_known; /* [C] */
	uint8_t gw_mac[MAC_LEN]; /* [C] */
	unsigned gw_tries; /* [C] */
	uint64_t gw_next; /* [C] when to ask again */
};

/* What the interface, and the kernel, counted. */
struct gen_ifcounts {
	struct if_counts gi_if;
	struct dev_stats gi_dev;
	bool gi_kernel;
	uint64_t gi_k[4]; /* as in gen_port_kernel() */
};

struct gen_port {
	char gp_name[GEN_NAMELEN]; /* [I] */
	unsigned gp_number; /* [I] */
	uint16_t gp_if; /* [I] index */
	uint16_t gp_gen; /* [I] and generation */
	struct host_port gp_host; /* [I] */
	uint64_t gp_linerate; /* [I] */
	struct gen_gw gp_gw[GW_N]; /* [C] */
	uint64_t gp_announced; /* [C] hosts so far */
	bool gp_announcing; /* [C] a CPU is at it */
	bool gp_deaf; /* [I] it only sends: see dc_norx */
	bool gp_used; /* [C] by this trial */
	bool gp_lost; /* [C] its carrier, during it */
	struct gen_ifcounts gp_before; /* [C] */
	int gp_kernel; /* [I] file of the kernel's counts of devices; -1 */
};

enum gen_state { /* beyond the phase */
	GS_IDLE,
	GS_PHASE, /* as g_phase says */
	GS_START, /* jobs are on their way */
	GS_QUIET, /* CPUs are told to count no more */
	GS_RETURN, /* jobs are coming back */
	GS_OVER, /* gen_end() may be called */
};

struct gen {
	struct spate *g_sp; /* [I] */
	struct engine *g_engine; /* [I] NULL: the instance was adopted */
	struct gen_conf g_conf; /* [I] */
	bool g_running; /* [C] engine_start() was called */
	unsigned g_nports; /* [I] */
	struct gen_port g_port[GEN_PORTS]; /* members say */
	uint8_t g_ifport[IF_MAX]; /* [I] port of an interface, or GEN_PORTS */
	struct gen_cpu *g_cpu[CPU_MAX]; /* [I] */
	struct gen_clock g_clock; /* says itself */
	char g_error[GEN_ERRLEN]; /* [C] */
	uint64_t g_trials; /* [C] */
	const trial_flag *g_stop; /* [C] of gen_runner() */

	/* The trial that runs. */
	const struct trial_conf *g_conf_now; /* [C] */
	enum gen_state g_state; /* [C] */
	enum trial_phase g_phase; /* [C] */
	uint64_t g_phase_at; /* [C] when it began */
	int g_failed; /* [C] errno: it cannot be done */
	bool g_stopped; /* [C] */
	struct gen_job *g_job[CPU_MAX]; /* [C] all there are */
	unsigned g_waiting; /* [C] CPUs that have not answered */
	struct tpl **g_tpl; /* [C] of each stream */
	uint32_t *g_upto; /* [C] see gj_upto */
	uint8_t *g_to; /* [C] */
	struct gen_lane ***g_lane; /* [C] of each stream: its lanes, … */
	unsigned *g_nlane; /* [C] … and how many */
	struct classify_keys g_keys; /* [C] */
	uint16_t g_key; /* [C] */
	uint16_t g_warmkey; /* [C] */
	unsigned g_hists[GEN_PORTS]; /* [C] histograms of a receiving port */
	unsigned g_nhists; /* [C] */
	uint64_t g_run_at; /* [C] */
	uint64_t g_end_at; /* [C] when sending ended; 0: not yet */
	enum trial_phase g_ended_in; /* [C] phase before the drain */
	enum trial_phase g_stopped_in; /* [C] if g_stopped */
	uint64_t g_drained; /* [C] ns */
	uint64_t g_announce_at; /* [C] when the next hosts may */
	uint64_t g_settled_at; /* [C] */
	uint64_t g_utc[2]; /* [C] begin and end of the run */
	uint64_t g_tick_at; /* [C] */
	uint64_t g_busy[CPU_MAX]; /* [C] ns, when the run began; then in it */
	struct pace_conf g_pace; /* [C] as it is now */
	uint32_t g_repace; /* [C] how often the user changed it */
};

/* Messages from ctl to a CPU, and back. */
struct gen_msg {
	struct msg gm_msg;
	struct gen *gm_gen;
	struct gen_job *gm_job;
	unsigned gm_port;
	uint64_t gm_first; /* announce hosts from here … */
	unsigned gm_n; /* … so many */
	struct addr gm_target; /* ask for its MAC */
	struct addr gm_src;
	struct host_heard gm_heard;
};

/* port.c */
struct ifnet *gen_ifnet(const struct gen *, unsigned port);
void gen_port_close(struct gen_port *);
void gen_port_count(const struct gen *, unsigned port, struct gen_ifcounts *)
    ON_CTL;
/* Whether a frame of this size with FCS and tags can leave; else why not. */
bool gen_port_takes(const struct gen *, unsigned port, uint32_t size,
    unsigned tags, char *err, size_t errlen) ON_CTL;

/* begin.c */
int gen_prepare(struct gen *) ON_CTL;
/* Once MACs are known: templates and jobs. */
int gen_jobs(struct gen *) ON_CTL;
void gen_forget(struct gen *) ON_CTL;

/* step.c */
void gen_returned(struct endpoint *, struct msg *);

/* look.c: now and then; whether links are there. */
void gen_look(struct gen *) ON_CTL;
void gen_look_at_links(struct gen *) ON_CTL;

/* judge.c */
void gen_judge(struct gen *, struct trial_result *) ON_CTL;

/* order.c: messages to CPUs */
int gen_tell(struct gen *, unsigned cpu,
    void (*fn)(struct endpoint *, struct msg *), const struct gen_msg *) ON_CTL;
/*
 * Each CPU, about its job, and g_waiting for its answer.  All are told or, with
 * ENOMEM, none: then no job has changed hands, and it may be tried again.
 */
int gen_tell_all(struct gen *, void (*fn)(struct endpoint *, struct msg *))
    ON_CTL;
unsigned gen_port_cpu(const struct gen *, unsigned port) ON_CTL;

/* On a CPU: the handlers of those. */
void gen_on_begin(struct endpoint *, struct msg *);
void gen_on_quiet(struct endpoint *, struct msg *);
void gen_on_end(struct endpoint *, struct msg *);
void gen_on_ask(struct endpoint *, struct msg *);
void gen_on_announce(struct endpoint *, struct msg *);
/* Its records are with who checks them: answer gen_on_quiet(). */
void gen_quiet_answer(struct cpu *, struct gen_cpu *) ON_CPU;
/* And on ctl. */
void gen_on_heard(struct endpoint *, struct msg *);
void gen_on_announced(struct endpoint *, struct msg *);

/* send.c: what is due.  Returns how many packets left. */
unsigned gen_send(struct cpu *, struct gen_cpu *) ON_CPU;
/* Whether what is due depends on the number of packets only. */
bool gen_pace_simple(const struct pace_conf *);
/* Nothing of the job leaves any more. */
void gen_send_end(struct cpu *, struct gen_job *, uint64_t now) ON_CPU;
/* A packet of hosts: at the end of the path. */
void gen_send_control(
    struct cpu *, struct mbuf *, const struct gen_port *) ON_CPU;

/* recv.c */
unsigned gen_recv(struct cpu *, struct gen_cpu *) ON_CPU;
/* Records of other CPUs, all there are. */
unsigned gen_recv_records(struct cpu *, struct gen_cpu *) ON_CPU;
void gen_recv_flush(struct cpu *, struct gen_cpu *) ON_CPU;

#endif
