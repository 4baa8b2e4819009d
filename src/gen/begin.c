/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Before a trial: is what is asked for possible, and whose MACs does it need;
 * then templates, and a job for each CPU.
 *
 * A port's packets are made by as many of the CPUs that have a queue there as
 * share its streams' flows evenly; of few flows, by fewer CPUs.  Each of them
 * goes through its row of lanes (streams by weight) again and again.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gen/gen_int.h"

#define ROW_MAX	   65535u
#define FLOWS_MANY 1024u /* per CPU; one more or less does not matter */
#define SEED_STEP  UINT64_C(0x9e3779b97f4a7c15)
#define L2_BYTES   18u /* header and FCS */
#define TAG_BYTES  4u

static int __attribute__((format(printf, 3, 4)))
refuse(struct gen *g, int error, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(g->g_error, sizeof(g->g_error), fmt, ap);
	va_end(ap);
	return error;
}

static const char *
stream_name(const struct trial_stream *ts, unsigned i, char buf[static 16])
{
	if (ts->ts_name != NULL)
		return ts->ts_name;
	snprintf(buf, 16, "%u", i);
	return buf;
}

/* The template as it is sent: size, MACs and numbers of flows filled in. */
static void
stream_conf(const struct gen *g, unsigned i, uint32_t flowbase,
    struct tpl_conf *tc)
{
	static const uint8_t none[MAC_LEN];
	const struct trial_stream *ts = &g->g_conf_now->tc_stream[i];
	const struct gen_port *from = &g->g_port[ts->ts_from];
	unsigned w = ts->ts_tpl->tc_src.a_family == ADDR_V6 ? GW_V6 : GW_V4;
	const struct gen_gw *gw = &from->gp_gw[w];

	*tc = *ts->ts_tpl;
	tc->tc_flowbase = flowbase;
	if (g->g_conf_now->tc_size != 0)
		sizes_one(&tc->tc_sizes, g->g_conf_now->tc_size);
	if (memcmp(tc->tc_src_mac, none, MAC_LEN) == 0)
		memcpy(tc->tc_src_mac, from->gp_host.hp_mac, MAC_LEN);
	if (memcmp(tc->tc_dst_mac, none, MAC_LEN) != 0)
		return;
	memcpy(tc->tc_dst_mac, gw->gw_addr.a_family != ADDR_NONE ?
	    gw->gw_mac : g->g_port[ts->ts_to].gp_host.hp_mac, MAC_LEN);
}

/* Whether it has to be resolved: the template leaves its MAC to us. */
static bool
stream_needs_gw(const struct trial_stream *ts)
{
	static const uint8_t none[MAC_LEN];

	return ts->ts_tpl->tc_frames == NULL &&
	    memcmp(ts->ts_tpl->tc_dst_mac, none, MAC_LEN) == 0;
}

static int ON_CTL
stream_check(struct gen *g, unsigned i, uint64_t *flows)
{
	const struct trial_stream *ts = &g->g_conf_now->tc_stream[i];
	char name[16], err[TPL_ERRLEN];
	struct tpl_conf tc;
	struct tpl *tpl;
	uint32_t size;
	int error;

	stream_name(ts, i, name);
	if (ts->ts_from >= g->g_nports || ts->ts_to >= g->g_nports)
		return refuse(g, EINVAL, "stream %s: there is no port %u, but "
		    "%u of them from 0", stream_name(ts, i, name),
		    ts->ts_from >= g->g_nports ? ts->ts_from : ts->ts_to,
		    g->g_nports);
	if (ts->ts_tpl->tc_plain)
		return refuse(g, EINVAL, "stream %s: packets of a trial have "
		    "a signature", stream_name(ts, i, name));
	stream_conf(g, i, (uint32_t)*flows, &tc);
	if ((error = tpl_create(&tc, &tpl, err, sizeof(err))) != 0)
		return refuse(g, error, "stream %s: %.150s",
		    stream_name(ts, i, name), err);
	*flows += tpl_flows(tpl);
	size = tpl_maxlen(tpl) + TPL_FCS;
	tpl_destroy(tpl);
	if (!gen_port_takes(g, ts->ts_from, size,
		tc.tc_frames != NULL ? TPL_TAGS : tc.tc_ntags, g->g_error,
		sizeof(g->g_error)))
		return EINVAL;
	return 0;
}

/* What the port's schedule is, apart from the CPU's share. */
static void
port_pace(const struct gen *g, unsigned port, struct pace_conf *pc)
{
	const struct trial_conf *tc = g->g_conf_now;

	*pc = g->g_pace;
	pc->pc_seed = tc->tc_seed + port * SEED_STEP;
	pc->pc_share = 0;
	pc->pc_shares = 1;
	pc->pc_error = pc->pc_gap = NULL;
	pc->pc_tolerance = tc->tc_late != 0 ? tc->tc_late : TRIAL_LATE;
	if (pc->pc_line == 0)
		pc->pc_line = g->g_port[port].gp_linerate;
}

static int ON_CTL
port_prepare(struct gen *g, unsigned port, const bool from[static GEN_PORTS])
{
	struct gen_port *gp = &g->g_port[port];
	const struct ifnet *ifp = gen_ifnet(g, port);
	struct pace_conf pc;
	char err[128];

	if (ifp == NULL)
		return refuse(
		    g, ENODEV, "%s: the interface is gone", gp->gp_name);
	if (!if_carrier(ifp))
		return refuse(g, ENETDOWN,
		    "%s: there is no carrier; is the "
		    "other side up?",
		    gp->gp_name);
	gp->gp_lost = false;
	if (!from[port])
		return 0;
	port_pace(g, port, &pc);
	if (!pace_check(&pc, err, sizeof(err)))
		return refuse(g, EINVAL, "%s: %s", gp->gp_name, err);
	return 0;
}

/* Which ports are used, and which MACs are wanted. */
static int ON_CTL
ports_prepare(struct gen *g)
{
	const struct trial_conf *tc = g->g_conf_now;
	bool from[GEN_PORTS] = { false };
	unsigned i, w;
	int error;

	for (i = 0; i < g->g_nports; i++) {
		struct gen_port *gp = &g->g_port[i];

		gp->gp_used = tc->tc_nstreams == 0;
		gp->gp_announced = 0;
		for (w = 0; w < GW_N; w++)
			gp->gp_gw[w].gw_wanted = gp->gp_gw[w].gw_known = false;
	}
	for (i = 0; i < tc->tc_nstreams; i++) {
		const struct trial_stream *ts = &tc->tc_stream[i];
		struct gen_gw *gw =
		    &g->g_port[ts->ts_from]
			 .gp_gw[ts->ts_tpl->tc_src.a_family == ADDR_V6 ? GW_V6 :
			 GW_V4];

		from[ts->ts_from] = true;
		g->g_port[ts->ts_from].gp_used = true;
		g->g_port[ts->ts_to].gp_used = true;
		if (stream_needs_gw(ts) && gw->gw_addr.a_family != ADDR_NONE) {
			gw->gw_wanted = true;
			gw->gw_tries = 0;
			gw->gw_next = 0;
		}
	}
	for (i = 0; i < g->g_nports; i++)
		if (g->g_port[i].gp_used &&
		    (error = port_prepare(g, i, from)) != 0)
			return error;
	return 0;
}

static int
conf_check(struct gen *g)
{
	const struct trial_conf *tc = g->g_conf_now;

	if (tc->tc_nstreams > TRIAL_STREAMS)
		return refuse(g, EINVAL, "a trial has at most %u streams",
		    TRIAL_STREAMS);
	if (tc->tc_duration == 0 && (tc->tc_packets == 0 ||
	    tc->tc_nstreams == 0))
		return refuse(g, EINVAL, "a trial needs a duration or a number "
		    "of packets");
	if (g->g_nports == 0)
		return refuse(g, EINVAL, "there are no ports");
	if (tc->tc_key != 0 && !sig_key_ok(tc->tc_key))
		return refuse(g, EINVAL, "a key is not 0xffff");
	return 0;
}

int
gen_prepare(struct gen *g)
{
	const struct trial_conf *tc = g->g_conf_now;
	uint64_t flows = 0;
	unsigned i;
	int error;

	if ((error = conf_check(g)) != 0)
		return error;
	g->g_pace = tc->tc_pace;
	for (i = 0; i < tc->tc_nstreams; i++)
		if ((error = stream_check(g, i, &flows)) != 0)
			return error;
	if (flows > UINT32_MAX)
		return refuse(g, EINVAL, "a trial has less than 2^32 flows");
	return ports_prepare(g);
}

/* Templates, and which flows are whose. */
static int ON_CTL
streams_make(struct gen *g)
{
	unsigned i, n = g->g_conf_now->tc_nstreams;
	uint32_t flows = 0;
	struct tpl_conf tc;
	int error;

	g->g_tpl = calloc(n + 1, sizeof(*g->g_tpl));
	g->g_upto = calloc(n + 1, sizeof(*g->g_upto));
	g->g_to = calloc(n + 1, sizeof(*g->g_to));
	g->g_lane = calloc(n + 1, sizeof(*g->g_lane));
	g->g_nlane = calloc(n + 1, sizeof(*g->g_nlane));
	if (g->g_tpl == NULL || g->g_upto == NULL || g->g_to == NULL ||
	    g->g_lane == NULL || g->g_nlane == NULL)
		return refuse(g, ENOMEM, "no memory");
	for (i = 0; i < n; i++) {
		stream_conf(g, i, flows, &tc);
		error = tpl_create(
		    &tc, &g->g_tpl[i], g->g_error, sizeof(g->g_error));
		if (error != 0)
			return error;
		flows += tpl_flows(g->g_tpl[i]);
		g->g_upto[i] = flows;
		g->g_to[i] = (uint8_t)g->g_conf_now->tc_stream[i].ts_to;
		g->g_lane[i] = calloc(
		    g->g_sp->sp_ncpus, sizeof(*g->g_lane[i]));
		if (g->g_lane[i] == NULL)
			return refuse(g, ENOMEM, "no memory");
	}
	return 0;
}

/* So many CPUs share the port's streams evenly. */
static unsigned
port_shares(const struct gen *g, unsigned port, unsigned most)
{
	const struct trial_conf *tc = g->g_conf_now;
	unsigned i, n;

	for (n = most; n > 1; n--) {
		for (i = 0; i < tc->tc_nstreams; i++) {
			uint32_t flows = tpl_flows(g->g_tpl[i]);

			if (tc->tc_stream[i].ts_from == port &&
			    flows < FLOWS_MANY * n && flows % n != 0)
				break;
		}
		if (i == tc->tc_nstreams)
			return n;
	}
	return 1;
}

static unsigned
gcd(unsigned a, unsigned b)
{
	return b == 0 ? a : gcd(b, a % b);
}

/* Whose turn it is, as evenly as weights allow. */
static void
row_fill(struct gen_sender *gs, const unsigned *weight, int64_t *credit)
{
	unsigned i, k, best;

	for (i = 0; i < gs->gs_nrow; i++) {
		best = 0;
		for (k = 0; k < gs->gs_nlanes; k++) {
			credit[k] += weight[k];
			if (credit[k] > credit[best])
				best = k;
		}
		credit[best] -= gs->gs_nrow;
		gs->gs_row[i] = (uint16_t)best;
	}
}

static int
row_make(struct gen *g, struct gen_sender *gs)
{
	unsigned *weight = calloc(gs->gs_nlanes, sizeof(*weight));
	int64_t *credit = calloc(gs->gs_nlanes, sizeof(*credit));
	unsigned i, div = 0;
	uint64_t sum = 0;
	int error = ENOMEM;

	for (i = 0; weight != NULL && i < gs->gs_nlanes; i++) {
		weight[i] = umax(
		    g->g_conf_now->tc_stream[gs->gs_lane[i].gl_stream]
			.ts_weight,
		    1);
		div = gcd(weight[i], div);
		sum += weight[i];
	}
	if (weight == NULL || credit == NULL) {
		refuse(g, error, "no memory");
	} else if (sum / div > ROW_MAX) {
		error = refuse(g, EINVAL, "%s: the weights of its streams add "
		    "up to more than %u", g->g_port[gs->gs_port].gp_name,
		    ROW_MAX);
	} else {
		for (i = 0; i < gs->gs_nlanes; i++)
			weight[i] /= div;
		gs->gs_nrow = (unsigned)(sum / div);
		gs->gs_row = calloc(gs->gs_nrow, sizeof(*gs->gs_row));
		error = gs->gs_row != NULL ? 0 :
		    refuse(g, ENOMEM, "no memory");
	}
	if (error == 0)
		row_fill(gs, weight, credit);
	free(weight);
	free(credit);
	return error;
}

/* The lanes of a port on the share-th of so many CPUs. */
static int
lanes_make(struct gen *g, struct gen_sender *gs, unsigned share,
    unsigned shares)
{
	const struct trial_conf *tc = g->g_conf_now;
	unsigned i;

	gs->gs_lane = lines_alloc(tc->tc_nstreams, sizeof(*gs->gs_lane));
	if (gs->gs_lane == NULL)
		return refuse(g, ENOMEM, "no memory");
	for (i = 0; i < tc->tc_nstreams; i++) {
		struct gen_lane *gl = &gs->gs_lane[gs->gs_nlanes];

		if (tc->tc_stream[i].ts_from != gs->gs_port)
			continue;
		gl->gl_stream = i;
		tpl_cursor_init(&gl->gl_run, g->g_tpl[i],
		    tc->tc_seed + i * SEED_STEP, share, shares);
		gl->gl_warm = gl->gl_run;
		g->g_lane[i][share] = gl;
		g->g_nlane[i] = shares;
		gs->gs_nlanes++;
		if (tpl_maxlen(g->g_tpl[i]) > MBUF_DATA)
			gs->gs_pieces = true;
	}
	return row_make(g, gs);
}

/* Sizes of the streams of a port: the mean, and what of it is not IP's. */
static void
port_sizes(const struct gen *g, unsigned port, struct pace_conf *pc)
{
	const struct trial_conf *tc = g->g_conf_now;
	uint64_t bytes = 0, packets = 0, n;
	unsigned i;

	for (i = 0; i < tc->tc_nstreams; i++) {
		const struct trial_stream *ts = &tc->tc_stream[i];

		if (ts->ts_from != port)
			continue;
		bytes += tpl_turn(g->g_tpl[i], &n) * umax(ts->ts_weight, 1);
		packets += n * umax(ts->ts_weight, 1);
		if (pc->pc_l2 == 0)
			pc->pc_l2 = L2_BYTES + TAG_BYTES * ts->ts_tpl->tc_ntags;
	}
	if (pc->pc_len == 0 && packets > 0)
		pc->pc_len = (unsigned)(bytes / packets);
}

static int
sender_make(struct gen *g, struct gen_job *gj, unsigned port, unsigned share,
    unsigned shares)
{
	struct gen_sender *gs = &gj->gj_sender[gj->gj_nsenders++];
	uint64_t packets = g->g_conf_now->tc_packets;

	gs->gs_port = port;
	port_pace(g, port, &gs->gs_conf);
	port_sizes(g, port, &gs->gs_conf);
	gs->gs_conf.pc_share = share;
	gs->gs_conf.pc_shares = shares;
	gs->gs_error = gj->gj_pace;
	gs->gs_gap = gj->gj_gap;
	gs->gs_simple = gen_pace_simple(&gs->gs_conf);
	gs->gs_packets = packets == 0 ? UINT64_MAX :
	    packets / shares + (share < packets % shares);
	return lanes_make(g, gs, share, shares);
}

static int ON_CTL
senders_make(struct gen *g, unsigned port)
{
	const struct ifnet *ifp = gen_ifnet(g, port);
	const struct trial_conf *tc = g->g_conf_now;
	unsigned i, cpus = 0, share = 0;
	int error;

	for (i = 0; i < tc->tc_nstreams && tc->tc_stream[i].ts_from != port;
	     i++)
		continue;
	if (i == tc->tc_nstreams)
		return 0;
	if (ifp == NULL)
		return refuse(g, ENODEV, "%s: the interface is gone",
		    g->g_port[port].gp_name);
	for (i = 0; i < g->g_sp->sp_ncpus; i++)
		cpus += ifp->if_tx[i] != NULL;
	cpus = port_shares(g, port, cpus);
	for (i = 0; i < g->g_sp->sp_ncpus && share < cpus; i++)
		if (ifp->if_tx[i] != NULL &&
		    (error = sender_make(
			 g, g->g_job[i], port, share++, cpus)) != 0)
			return error;
	return 0;
}

/* Histograms by receiving port. */
static int
checker_make(struct gen *g, struct gen_job *gj, unsigned id)
{
	unsigned i, n = g->g_conf_now->tc_nstreams;
	struct check_stream *cs;
	struct check_conf cc = { .cc_nstreams = n, .cc_share = id,
		.cc_shares = gj->gj_shares };
	int error;

	if (n == 0 || id >= gj->gj_shares)
		return 0;
	if ((cs = calloc(n, sizeof(*cs))) == NULL)
		return refuse(g, ENOMEM, "no memory");
	for (i = 0; i < n; i++)
		cs[i] = (struct check_stream){
			.cs_flows = tpl_flows(g->g_tpl[i]),
			.cs_hists = g->g_hists[g->g_to[i]],
		};
	cc.cc_stream = cs;
	error = checker_create(&cc, &gj->gj_checker);
	free(cs);
	return error == 0 ? 0 :
	    refuse(g, error, "no memory to check %u flows", gj->gj_flows);
}

static int
job_make(struct gen *g, unsigned id)
{
	unsigned n = g->g_conf_now->tc_nstreams;
	struct gen_job *gj = lines_alloc(1, sizeof(*gj));

	if ((g->g_job[id] = gj) == NULL)
		return refuse(g, ENOMEM, "no memory");
	gj->gj_cpu = g->g_cpu[id];
	gj->gj_keys = g->g_keys;
	gj->gj_key = g->g_key;
	gj->gj_warmkey = g->g_warmkey;
	gj->gj_flows = n > 0 ? g->g_upto[n - 1] : 0;
	gj->gj_nstreams = n;
	gj->gj_upto = g->g_upto;
	gj->gj_to = g->g_to;
	gj->gj_shares = umin(g->g_sp->sp_ncpus, gj->gj_flows);
	gj->gj_late = g->g_conf_now->tc_late != 0 ? g->g_conf_now->tc_late :
	    TRIAL_LATE;
	gj->gj_sender = lines_alloc(GEN_PORTS, sizeof(*gj->gj_sender));
	gj->gj_pace = hist_create();
	gj->gj_gap = hist_create();
	if (gj->gj_sender == NULL || gj->gj_pace == NULL || gj->gj_gap == NULL)
		return refuse(g, ENOMEM, "no memory");
	return checker_make(g, gj, id);
}

static void
keys_make(struct gen *g)
{
	uint64_t n = g->g_conf.gc_seed + 2 * g->g_trials++;
	uint16_t key = g->g_conf_now->tc_key;

	g->g_key = key != 0 ? key : sig_key(n);
	g->g_warmkey = sig_key(g->g_key);
	if (g->g_warmkey == g->g_key)
		g->g_warmkey = sig_key(g->g_key + 1ull);
	classify_key(&g->g_keys, g->g_warmkey);
	classify_key(&g->g_keys, g->g_key);
}

int
gen_jobs(struct gen *g)
{
	const struct trial_conf *tc = g->g_conf_now;
	unsigned i;
	int error;

	if ((error = streams_make(g)) != 0)
		return error;
	keys_make(g);
	g->g_nhists = 0;
	for (i = 0; i < g->g_nports; i++)
		g->g_hists[i] = UINT32_MAX;
	for (i = 0; i < tc->tc_nstreams; i++)
		if (g->g_hists[g->g_to[i]] == UINT32_MAX)
			g->g_hists[g->g_to[i]] = g->g_nhists++;
	for (i = 0; i < g->g_sp->sp_ncpus; i++)
		if ((error = job_make(g, i)) != 0)
			return error;
	for (i = 0; i < g->g_nports; i++)
		if ((error = senders_make(g, i)) != 0)
			return error;
	return 0;
}

static void
job_free(struct gen_job *gj)
{
	unsigned i;

	if (gj == NULL)
		return;
	for (i = 0; gj->gj_sender != NULL && i < gj->gj_nsenders; i++) {
		free(gj->gj_sender[i].gs_lane);
		free(gj->gj_sender[i].gs_row);
	}
	free(gj->gj_sender);
	checker_destroy(gj->gj_checker);
	hist_destroy(gj->gj_pace);
	hist_destroy(gj->gj_gap);
	free(gj);
}

void
gen_forget(struct gen *g)
{
	unsigned i, n = g->g_conf_now != NULL ? g->g_conf_now->tc_nstreams : 0;

	for (i = 0; i < CPU_MAX; i++) {
		job_free(g->g_job[i]);
		g->g_job[i] = NULL;
	}
	for (i = 0; i < n; i++) {
		if (g->g_tpl != NULL)
			tpl_destroy(g->g_tpl[i]);
		if (g->g_lane != NULL)
			free(g->g_lane[i]);
	}
	free(g->g_tpl);
	free(g->g_upto);
	free(g->g_to);
	free(g->g_lane);
	free(g->g_nlane);
	g->g_tpl = NULL;
	g->g_upto = NULL;
	g->g_to = NULL;
	g->g_lane = NULL;
	g->g_nlane = NULL;
	g->g_conf_now = NULL;
	g->g_state = GS_IDLE;
}
