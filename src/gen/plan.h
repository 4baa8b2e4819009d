/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Test plans: ports, templates, streams, steps and what is expected of them,
 * as a value.
 *
 * A plan is a file in the configuration's syntax (spate-plan(5)); it goes
 * through the same lexer, grammar and tables (ctl/conf/conf_schema.h), so all
 * of its mistakes are told with file, line and column, and none of them
 * touches a device.  plan_load() gives either a whole plan or mistakes.
 *
 * plan_make() turns a plan into what the engine takes; plan_expect_check()
 * holds measurements against what is expected.
 *
 * A plan does not change; everything it points to belongs to it.  Any thread
 * may read it.  Members that were not given and have no default are 0, NULL
 * or empty.
 */
#ifndef GEN_PLAN_H
#define GEN_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/toeplitz.h"
#include "ctl/conf/conf.h"
#include "gen/pace.h"
#include "gen/sizes.h"
#include "gen/tpl.h"
#include "gen/trial.h"

#define PLAN_NAMELEN	31u	/* bytes of a port's, stream's, step's name */
#define PLAN_SIZES_MAX	64u	/* sizes of a step */
#define PLAN_NS		1000000000ull

enum plan_driver { PLAN_TAP, PLAN_XDP, PLAN_PACKET, PLAN_PAIR, PLAN_MEMIF };

/* A number as it was written, num / den, and what it is of. */
enum plan_unit {
	PLAN_NONE,		/* not given */
	PLAN_PPS,
	PLAN_L1,		/* bit/s, preamble and gap counted */
	PLAN_L2,		/* bit/s of frames with FCS */
	PLAN_L3,		/* bit/s of packets */
	PLAN_PERCENT,		/* of the line rate, at layer 1 */
	PLAN_MAX		/* as fast as it goes */
};

struct plan_rate {
	struct conf_pos	 pr_pos;
	enum plan_unit	 pr_unit;
	uint64_t	 pr_num;
	uint64_t	 pr_den;
};

/* Addresses from one to another, both included, of one family. */
struct plan_range {
	struct conf_pos	 pg_pos;
	struct addr	 pg_from;
	struct addr	 pg_to;
};

struct plan_port {
	struct conf_sec	 pp_sec;
	const char	*pp_name;
	enum plan_driver pp_driver;
	const char	*pp_device;	/* tap, xdp, packet */
	const char	*pp_peer;	/* pair */
	const char	*pp_socket;	/* memif */
	enum conf_role	 pp_role;	/* memif */
	unsigned	 pp_id;		/* memif */
	unsigned	 pp_ring;	/* memif: descriptors */
	unsigned	 pp_buffer;	/* memif: bytes */
	const char	*pp_secret;	/* memif; NULL: none */
	unsigned	 pp_queues;	/* 0: as many as there are CPUs */
	unsigned	 pp_mtu;	/* 0: the device's */
	uint8_t		 pp_mac[6];	/* all 0: the device's */
	enum conf_mode	 pp_mode;	/* xdp */
	enum conf_login	 pp_login;	/* xdp, packet */
	const char	*pp_owner;	/* tap */
	bool		 pp_receive;	/* packet; no: it only sends */
	uint64_t	 pp_speed;	/* bit/s of its link; 0: not known */
	unsigned	*pp_vlan;	/* tags of all frames, outer first */
	unsigned	 pp_nvlan;
	struct conf_prefix *pp_addr;	/* the tester's own */
	unsigned	 pp_naddr;
	struct conf_addr *pp_gateway;	/* at most one of each family */
	unsigned	 pp_ngateway;
	struct plan_range *pp_hosts;	/* addresses it answers for, too */
	unsigned	 pp_nhosts;
};

enum plan_family { PLAN_ANY, PLAN_IPV4, PLAN_IPV6 };

/* A mix of frame sizes; pz_text as it was written. */
struct plan_sizes {
	struct conf_pos	 pz_pos;
	const char	*pz_text;
	const struct sizes *pz_sizes;
};

/* A field that varies. */
struct plan_vary {
	struct conf_pos	 pv_pos;
	const char	*pv_text;
	uint8_t		 pv_family;	/* of its addresses; 0: it has none */
	struct tpl_vary	 pv_vary;
};

struct plan_bytes {
	struct conf_pos	 pb_pos;
	const uint8_t	*pb_data;
	unsigned	 pb_len;
};

enum plan_pattern { PLAN_COUNTING, PLAN_ZERO, PLAN_NOISE };

/* A key of receive side scaling; rk_text as it was written, NULL: none. */
struct plan_rsskey {
	struct conf_pos	 rk_pos;
	const char	*rk_text;
	uint8_t		 rk_key[TOEPLITZ_KEYLEN];
};

enum plan_extension { PLAN_HOPOPTS, PLAN_DSTOPTS, PLAN_ROUTING, PLAN_FRAGMENT };

/* What a device hashes of UDP and TCP. */
enum plan_rss_fields { PLAN_4TUPLE, PLAN_2TUPLE };

struct plan_template {
	struct conf_sec	 pt_sec;
	const char	*pt_name;
	enum tpl_proto	 pt_protocol;
	enum plan_family pt_family;	/* of addresses that come of ports */
	struct conf_addr pt_source;	/* no family: the stream's port's */
	struct conf_addr pt_destination;
	uint8_t		 pt_dst_mac[6];	/* all 0: of the gateway */
	uint8_t		 pt_src_mac[6];
	unsigned	 pt_sport;	/* echo: identifier */
	unsigned	 pt_dport;	/* echo: sequence number */
	unsigned	 pt_tos;
	unsigned	 pt_ttl;
	unsigned	 pt_label;
	bool		 pt_df;
	enum plan_extension *pt_ext;	/* IPv6, in their order */
	unsigned	 pt_next;
	enum plan_pattern pt_pattern;
	struct plan_bytes pt_payload;	/* instead of a pattern */
	struct plan_sizes pt_size;
	bool		 pt_signature;
	unsigned	 pt_flows;
	struct plan_vary *pt_vary;
	unsigned	 pt_nvary;
	struct plan_bytes *pt_raw;	/* whole frames instead of all that */
	unsigned	 pt_nraw;
	const char	*pt_pcap;	/* the same, from a file */
	/* Flows are chosen by the device's RSS; no text: they are not. */
	struct plan_rsskey pt_rss_key;
	enum plan_rss_fields pt_rss_fields;
	unsigned	 pt_rss_buckets; /* 0: 128 */
	unsigned	 pt_rss_queues;	/* 0: nobody said */
	unsigned	*pt_rss_table;	/* or the queue of each bucket */
	unsigned	 pt_rss_ntable;
	unsigned	*pt_rss_weight;	/* of each queue; without: bucket */
	unsigned	 pt_rss_nweight;
	unsigned	 pt_rss_sources; /* addresses, from source on; 0: 1 */
};

/* Addresses and ports of so many flows. */
struct plan_spread {
	unsigned	 sp_n;		/* 0: there is no list */
	struct in6	*sp_src;
	struct in6	*sp_sport;
};

struct plan_stream {
	struct conf_sec	 ps_sec;
	const char	*ps_name;
	const char	*ps_from;
	const char	*ps_to;
	const char	*ps_template;
	unsigned	 ps_weight;
	bool		 ps_bidirectional;
	struct plan_spread ps_spread[2]; /* forth and back; see plan_rss.c */
};

/* Behind PLAN_RUN those of gen/method.h, in its order. */
enum plan_method {
	PLAN_RUN,		/* one rate for a time */
	PLAN_LIMIT,		/* the tester's own */
	PLAN_THROUGHPUT,	/* RFC 2544, 26.1 */
	PLAN_LATENCY,		/* 26.2 */
	PLAN_LOSS,		/* 26.3 */
	PLAN_BURST,		/* 26.4, RFC 9004 */
	PLAN_RECOVERY,		/* 26.5 */
	PLAN_RESET,		/* 26.6, RFC 6201 */
	PLAN_MLR,		/* RFC 9971 */
	PLAN_IP6,		/* RFC 5180, 5.3 */
	PLAN_CACHING,		/* RFC 2889, 5.7 */
	PLAN_LEARNING,		/* 5.8 */
	PLAN_ERRORED,		/* 5.9 */
	PLAN_BROADCAST,		/* 5.10 */
	PLAN_CONGESTION,	/* 5.5 */
	PLAN_FORWARDING,	/* 5.6 */
	PLAN_PRESSURE,		/* 5.6 */
	PLAN_METHODS
};

enum plan_pacing {
	PLAN_CONSTANT,
	PLAN_POISSON,
	PLAN_BURSTS,		/* pn_burst at a time */
	PLAN_RAMP		/* from pn_rate to pn_ramp over pn_duration */
};

enum plan_metric {
	PLAN_M_THROUGHPUT,	/* rate; percent: of the line rate */
	PLAN_M_RATE,		/* received, as throughput */
	PLAN_M_LOSS,		/* percent of sent, or packets */
	PLAN_M_LATENCY,		/* ns */
	PLAN_M_JITTER,		/* ns, RFC 3550 */
	PLAN_M_REORDERED,	/* percent of received, or packets */
	PLAN_M_DUPLICATED,	/* the same */
	PLAN_M_CORRUPT,		/* packets */
	PLAN_M_BURST,		/* frames back to back */
	PLAN_M_BUFFER,		/* frames, RFC 9004 */
	PLAN_M_RECOVERY,	/* ns */
	PLAN_M_RESET,		/* ns */
	PLAN_M_ADDRESSES,	/* of a bridge's cache */
	PLAN_M_LEARNING,	/* frames a second */
	PLAN_METRICS
};

enum plan_op { PLAN_GE, PLAN_GT, PLAN_LE, PLAN_LT, PLAN_EQ };

enum plan_kind {		/* of the value of an expectation */
	PLAN_K_NUMBER,		/* packets, frames, addresses */
	PLAN_K_PERCENT,
	PLAN_K_TIME,		/* ns */
	PLAN_K_PPS,
	PLAN_K_L1,
	PLAN_K_L2,
	PLAN_K_L3
};

/* Which of a latency's values: thousandths of a percent, or these. */
enum { PLAN_AVG = -1, PLAN_MIN = -2, PLAN_PMAX = -3 };

/* "latency p99 < 1 ms at 64" */
struct plan_expect {
	struct conf_pos	 px_pos;
	const char	*px_text;
	enum plan_metric px_metric;
	int		 px_percentile;
	enum plan_op	 px_op;
	enum plan_kind	 px_kind;
	double		 px_value;	/* in the kind's base unit */
	unsigned	 px_size;	/* frames of this size only; 0: each */
};

struct plan_step {
	struct conf_sec	 pn_sec;
	const char	*pn_name;
	enum plan_method pn_method;
	struct plan_sizes *pn_size;	/* none: as templates say (run), or
					 * as the RFC says */
	unsigned	 pn_nsize;
	const char	**pn_stream;	/* none: all */
	unsigned	 pn_nstream;
	struct plan_rate pn_rate;	/* run: the rate; else the highest */
	enum plan_pacing pn_pacing;
	unsigned	 pn_burst;
	struct plan_rate pn_ramp;
	uint64_t	 pn_duration;	/* ns; 0: the profile's */
	uint64_t	 pn_packets;	/* run, instead of a duration */
	uint64_t	 pn_warmup;	/* ns; 0: the profile's */
	double		*pn_loss;	/* percent: goals of mlr */
	unsigned	 pn_nloss;
	const char	*pn_learn;	/* ports of caching and learning */
	const char	*pn_test;
	const char	*pn_monitor;
	uint64_t	 pn_addresses;	/* most of them; 0: the method's */
	unsigned	 pn_trials;	/* repetitions; 0: the profile's */
	struct plan_expect *pn_expect;
	unsigned	 pn_nexpect;
};

enum plan_profile { PLAN_QUICK, PLAN_RFC };

/* The device under test: what it is called, and how it is made to restart. */
struct plan_dut {
	struct conf_sec	 pd_sec;
	const char	*pd_name;
	const char	*pd_version;
	const char	*pd_notes;
	const char	*pd_reset;	/* commands, run by sh(1) */
	const char	*pd_ready;
	const char	*pd_forget;
};

/* Where reports go; NULL: not written. */
struct plan_report {
	struct conf_sec	 po_sec;
	const char	*po_dir;	/* of report.json, .csv and .html */
	const char	*po_json;
	const char	*po_csv;
	const char	*po_html;
};

/* What replaces times and counts of the profile; 0: nothing. */
struct plan_timing {
	struct conf_sec	 pm_sec;
	uint64_t	 pm_duration;	/* ns, as all but the last two */
	uint64_t	 pm_warmup;
	uint64_t	 pm_learn;
	uint64_t	 pm_drain;
	uint64_t	 pm_settle;
	uint64_t	 pm_late;
	unsigned	 pm_resolution;	/* millionths, as the next */
	unsigned	 pm_rateerr;	/* that a rate may err */
	unsigned	 pm_retries;
};

struct plan {
	struct conf_sec	 pl_sec;
	const char	*pl_title;
	enum plan_profile pl_profile;
	uint64_t	 pl_seed;
	unsigned	 pl_cpus;
	unsigned	*pl_cpu_list;	/* the core of each, or empty */
	unsigned	 pl_ncpu_list;
	uint64_t	 pl_memory;	/* bytes for packets; 0: the default */
	struct plan_port *pl_port;
	unsigned	 pl_nport;
	struct plan_template *pl_template;
	unsigned	 pl_ntemplate;
	struct plan_stream *pl_stream;
	unsigned	 pl_nstream;
	struct plan_step *pl_step;
	unsigned	 pl_nstep;
	struct plan_dut	*pl_dut;	/* one, always, as the next two */
	unsigned	 pl_ndut;
	struct plan_report *pl_report;
	unsigned	 pl_nreport;
	struct plan_timing *pl_timing;
	unsigned	 pl_ntiming;
	struct conf_mem	*pl_mem;	/* all of the above */
};

/*
 * Read and check the file at path, or a text of len bytes given under a name
 * for messages.  Returns 0 and the plan in *plp, or EINVAL or ENOMEM, NULL in
 * *plp and at least one message in errs, which is overwritten and the
 * caller's to free in either case.
 */
int	 plan_load(const char *path, const struct conf_env *, struct plan **plp,
	    struct conf_errors *errs);
int	 plan_parse_text(const char *name, const char *text, size_t len,
	    const struct conf_env *, struct plan **plp,
	    struct conf_errors *errs);
void	 plan_free(struct plan *);

/* In the file's own form; read back it gives an equal plan. */
void	 plan_print(const struct plan *, FILE *);
bool	 plan_equal(const struct plan *, const struct plan *);

#define PLAN_RAW_MAX	256u	/* frames of a template */
#define PLAN_FLOWS_MAX	512u	/* of a plan: streams and their ways back */

/* One direction of a stream, with what its template left open. */
struct plan_flow {
	const struct plan_stream *pf_stream;
	const struct plan_template *pf_template;
	const struct plan_port *pf_from;
	const struct plan_port *pf_to;
	bool		 pf_back;	/* the mirror image of the stream */
	unsigned	 pf_family;	/* 0: not settled */
	struct addr	 pf_src;	/* no family: nobody has one */
	struct addr	 pf_dst;
	char		 pf_name[PLAN_NAMELEN + 8];
};

/*
 * The flows that a step has (NULL: all), at most PLAN_FLOWS_MAX; returns how
 * many.  They point into the plan.
 */
unsigned plan_flows(
    const struct plan *, const struct plan_step *, struct plan_flow *);

/* The template of a flow; holds pointers into itself, so it is not moved. */
struct plan_packets {
	struct tpl_conf	 pk_conf;
	struct tpl_vary	 pk_vary[TPL_VARY_MAX];
	struct tpl_frame pk_frame[PLAN_RAW_MAX];
};

/*
 * In one size or mix of a step, or as the template says (NULL).  Frames of a
 * pcap file are for the caller to add: files are not read here.
 */
void	 plan_packets_make(const struct plan *, const struct plan_flow *,
	    const struct plan_sizes *, struct plan_packets *);

/* The pace of a step's rate on a port of that speed; none or max: PACE_MAX. */
void	 plan_pace_make(const struct plan_step *, uint64_t speed,
	    struct pace_conf *);

/* Number of the port, template, stream, step of that name; -1: none. */
int	 plan_port_find(const struct plan *, const char *name);
int	 plan_template_find(const struct plan *, const char *name);
int	 plan_stream_find(const struct plan *, const char *name);

/* Whether a value in the expectation's base unit is as expected; NAN is not. */
bool	 plan_expect_holds(const struct plan_expect *, double value);

/*
 * What an expectation is about, in its base unit, as it was measured: NAN if
 * it was not, or if it cannot be told (a percentage of a line rate that nobody
 * knows).  speed: of the link, bit/s, or 0.
 */
struct method_point;
struct method_result;
double	 plan_measured(const struct plan_expect *,
	    const struct method_result *, const struct method_point *);
double	 plan_measured_run(const struct plan_expect *,
	    const struct trial_result *, uint64_t speed);
/* The value as people write it: "95.2 %", "1.2 ms". */
void	 plan_measured_text(const struct plan_expect *, double value,
	    char *buf, size_t len);

/* Whether anybody looks at what comes to the port. */
bool	 plan_port_hears(const struct plan_port *);

const char *plan_driver_name(enum plan_driver);
const char *plan_method_name(enum plan_method);

#endif
