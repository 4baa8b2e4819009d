/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What steps demand: of their own keys, and of the ports, streams and
 * templates they use.  The latter is asked of those who will make packets and
 * schedules of it: templates are made and paces checked, for each size of
 * each step, and thrown away.
 */
#include "gen/plan_int.h"

#include <inttypes.h>
#include <string.h>

#define METRIC(m) (1u << PLAN_M_##m)
#define TRIAL                                                                 \
	(METRIC(LOSS) | METRIC(LATENCY) | METRIC(JITTER) |                    \
	    METRIC(REORDERED) | METRIC(DUPLICATED) | METRIC(CORRUPT) |        \
	    METRIC(RATE))

/* What each method measures. */
static const unsigned measures[PLAN_METHODS] = {
	[PLAN_RUN] = TRIAL,
	[PLAN_LIMIT] = METRIC(THROUGHPUT),
	[PLAN_THROUGHPUT] = METRIC(THROUGHPUT),
	[PLAN_LATENCY] = METRIC(LATENCY) | METRIC(JITTER),
	[PLAN_LOSS] = METRIC(LOSS) | METRIC(RATE),
	[PLAN_BURST] = METRIC(BURST) | METRIC(BUFFER),
	[PLAN_RECOVERY] = METRIC(RECOVERY),
	[PLAN_RESET] = METRIC(RESET),
	[PLAN_MLR] = METRIC(THROUGHPUT),
	[PLAN_IP6] = METRIC(THROUGHPUT),
	[PLAN_CACHING] = METRIC(ADDRESSES),
	[PLAN_LEARNING] = METRIC(LEARNING),
	[PLAN_BROADCAST] = METRIC(THROUGHPUT),
	[PLAN_CONGESTION] = METRIC(LOSS),
	[PLAN_FORWARDING] = METRIC(RATE),
	[PLAN_PRESSURE] = METRIC(RATE),
};

/* Whether one of the step's sizes is this very one. */
static bool
step_has_size(const struct plan_step *pn, unsigned size)
{
	unsigned i;

	for (i = 0; i < pn->pn_nsize; i++) {
		const struct sizes *sz = pn->pn_size[i].pz_sizes;

		if (sz->sz_n == 1 && sz->sz_mix[0].sw_size == size)
			return true;
	}
	return pn->pn_nsize == 0;
}

static const char *
measured(const struct plan_step *pn, struct conf_names *have)
{
	unsigned i;

	for (i = 0; i < PLAN_METRICS; i++) {
		if ((measures[pn->pn_method] & 1u << i) != 0)
			conf_names_add(have, plan_metric_names[i]);
	}
	return have->m_text[0] != '\0' ? have->m_text : "no expect";
}

static bool
check_expect(struct conf_ctx *ctx, const struct plan_step *pn,
    const struct plan_expect *px)
{
	struct conf_names have = { .m_full = false };

	if ((measures[pn->pn_method] & 1u << px->px_metric) == 0) {
		conf_error(ctx->x_errs, &px->px_pos,
		    "expect %s: method %s does not measure this; expected %s",
		    conf_quote(px->px_text).q_text,
		    plan_method_name(pn->pn_method), measured(pn, &have));
		return false;
	}
	if (px->px_size == 0 || step_has_size(pn, px->px_size))
		return true;
	conf_error(ctx->x_errs, &px->px_pos,
	    "expect %s: the step has no size %u; expected one of its sizes "
	    "behind at", conf_quote(px->px_text).q_text, px->px_size);
	return false;
}

/* A key that a way of pacing needs, or has no use for. */
static bool
check_pacing_key(struct conf_ctx *ctx, const struct plan_step *pn,
    const char *key, bool wanted, const char *pacing, const char *hint)
{
	if (plan_given(&pn->pn_sec, key) == wanted)
		return true;
	if (wanted)
		conf_error(ctx->x_errs, conf_where(&pn->pn_sec, "pacing"),
		    "pacing %s without %s; expected %s = %s", pacing, key, key,
		    hint);
	else
		conf_error(ctx->x_errs, conf_where(&pn->pn_sec, key),
		    "%s has no meaning without pacing %s; expected that as "
		    "well", key, pacing);
	return false;
}

static bool
check_run(struct conf_ctx *ctx, const struct plan_step *pn)
{
	const struct conf_sec *sec = &pn->pn_sec;
	const char *why = NULL;

	if (!plan_given(sec, "rate")) {
		conf_error(ctx->x_errs, &sec->cs_pos,
		    "this run has no rate; expected rate = \"50 %%\", "
		    "\"1 Mpps\", \"1 Gbit/s\" or max");
		return false;
	}
	if (!plan_given(sec, "duration") && !plan_given(sec, "packets"))
		why = "this run has no end; expected duration = \"10 s\" or "
		      "packets = 1000000";
	else if (plan_given(sec, "duration") && plan_given(sec, "packets"))
		why = "duration beside packets; expected one of the two";
	else if (pn->pn_rate.pr_unit == PLAN_MAX &&
	    pn->pn_pacing != PLAN_CONSTANT)
		why = "rate max leaves nothing to pace; expected pacing = "
		      "constant, or a rate";
	if (why != NULL) {
		conf_error(ctx->x_errs, &sec->cs_pos, "%s", why);
		return false;
	}
	if (pn->pn_pacing == PLAN_RAMP && plan_given(sec, "ramp") &&
	    pn->pn_ramp.pr_unit != pn->pn_rate.pr_unit) {
		conf_error(ctx->x_errs, &pn->pn_ramp.pr_pos,
		    "rate and ramp are of different units; expected the same "
		    "for both");
		return false;
	}
	return check_pacing_key(ctx, pn, "burst",
		   pn->pn_pacing == PLAN_BURSTS, "bursts", "32") &&
	    check_pacing_key(ctx, pn, "ramp", pn->pn_pacing == PLAN_RAMP,
		"ramp", "\"100 %\"");
}

/* A mix is a property of templates, a size that of a trial. */
static bool
check_mix(struct conf_ctx *ctx, const struct plan_step *pn)
{
	unsigned i;

	for (i = 0; i < pn->pn_nsize && pn->pn_nsize > 1; i++) {
		if (pn->pn_size[i].pz_sizes->sz_n == 1)
			continue;
		conf_error(ctx->x_errs, &pn->pn_size[i].pz_pos,
		    "%s is a mix; expected it alone, in a step of its own",
		    conf_quote(pn->pn_size[i].pz_text).q_text);
		return false;
	}
	return true;
}

bool
plan_check_step(struct conf_ctx *ctx, const void *sec)
{
	const struct plan_step *pn = sec;
	bool ok = true;
	unsigned i;

	/* Whether it is given was checked, but the rest goes on. */
	if (!plan_given(&pn->pn_sec, "method"))
		return false;
	if (!check_mix(ctx, pn))
		ok = false;
	for (i = 0; i < pn->pn_nexpect; i++) {
		if (!check_expect(ctx, pn, &pn->pn_expect[i]))
			ok = false;
	}
	if (pn->pn_method == PLAN_RUN && !check_run(ctx, pn))
		ok = false;
	if (pn->pn_method == PLAN_MLR && pn->pn_nloss == 0) {
		conf_error(ctx->x_errs, &pn->pn_sec.cs_pos,
		    "this mlr has no loss; expected loss = {\"0 %%\", "
		    "\"0.5 %%\"}: the ratios to search for");
		ok = false;
	}
	return ok;
}

/* Beyond one section */

/* Where the reason for a fault of a template stands. */
static const struct conf_pos *
fault_pos(const struct plan_flow *pf, const struct plan_sizes *pz,
    const struct tpl_fault *tl)
{
	const struct plan_template *pt = pf->pf_template;
	const struct conf_sec *sec = &pt->pt_sec;

	switch (tl->tl_member) {
	case TPL_M_FRAMES:
		return pt->pt_nraw != 0 ? &pt->pt_raw[tl->tl_index].pb_pos :
		    conf_where(sec, "pcap");
	case TPL_M_TAGS:
		return conf_where(&pf->pf_from->pp_sec, "vlan");
	case TPL_M_SRC:
		return conf_where(sec, "source");
	case TPL_M_DST:
		return conf_where(sec, "destination");
	case TPL_M_PROTO:
		return conf_where(sec, "protocol");
	case TPL_M_LABEL:
		return conf_where(sec, "flow_label");
	case TPL_M_EXTS:
		return conf_where(sec, "extension");
	case TPL_M_PATTERN:
		return conf_where(sec, pt->pt_payload.pb_len != 0 ?
		    "payload_bytes" : "payload");
	case TPL_M_SIZES:
		if (pz == NULL)
			pz = &pt->pt_size;
		return pz->pz_text != NULL ? &pz->pz_pos :
		    conf_where(sec, "size");
	case TPL_M_VARY:
		return &pt->pt_vary[tl->tl_index].pv_pos;
	default:
		return conf_where(sec, "flows");
	}
}

/* Steps have templates and sizes in common: one message is enough. */
static bool
told(const struct conf_ctx *ctx, const struct conf_pos *pos)
{
	const struct conf_errors *errs = ctx->x_errs;
	unsigned i;

	for (i = 0; i < errs->ce_n; i++) {
		if (errs->ce_pos[i].cp_file == pos->cp_file &&
		    errs->ce_pos[i].cp_line == pos->cp_line &&
		    errs->ce_pos[i].cp_col == pos->cp_col)
			return true;
	}
	return false;
}

/* Whether there are packets of this flow in this size; false: told why not. */
static bool
check_made(struct conf_ctx *ctx, const struct plan_flow *pf,
    const struct plan_sizes *pz)
{
	const struct plan *pl = ctx->x_root;
	const struct conf_pos *pos;
	struct plan_packets pk;
	struct tpl_fault tl;
	struct tpl *tpl;

	if (pf->pf_template->pt_pcap != NULL)
		return true;
	plan_packets_make(pl, pf, pz, &pk);
	if (tpl_make(&pk.pk_conf, &tpl, &tl) == 0) {
		tpl_destroy(tpl);
		return true;
	}
	pos = fault_pos(pf, pz, &tl);
	if (tl.tl_member == TPL_M_NONE)
		ctx->x_nomem = true;
	else if (!told(ctx, pos))
		conf_error(ctx->x_errs, pos, "%s (stream %s)", tl.tl_text,
		    pf->pf_stream->ps_name);
	return false;
}

/* An address that the template leaves to its ports must be there. */
static bool
check_addresses(struct conf_ctx *ctx, const struct plan_flow *pf)
{
	const struct plan_template *pt = pf->pf_template;
	const struct plan_port *pp;
	const char *key;

	if (pt->pt_nraw != 0 || pt->pt_pcap != NULL)
		return true;
	if (pf->pf_src.a_family == 0) {
		pp = pf->pf_from;
		key = pf->pf_back ? "destination" : "source";
	} else if (pf->pf_dst.a_family == 0) {
		pp = pf->pf_to;
		key = pf->pf_back ? "source" : "destination";
	} else {
		return true;
	}
	if (told(ctx, &pf->pf_stream->ps_sec.cs_pos))
		return false;
	conf_error(ctx->x_errs, &pf->pf_stream->ps_sec.cs_pos,
	    "template %s has no %s, and port %s has no %saddress for it; "
	    "expected one of the two", pt->pt_name, key, pp->pp_name,
	    pf->pf_family == 0 ? "" : pf->pf_family == ADDR_V4 ? "IPv4 " :
	    "IPv6 ");
	return false;
}

/* What goes where nobody looks is sent, and nothing else is known of it. */
static bool
check_heard(struct conf_ctx *ctx, const struct plan_step *pn,
    const struct plan_flow *pf)
{
	if (plan_port_hears(pf->pf_to))
		return true;
	if (pn->pn_method != PLAN_RUN)
		conf_error(ctx->x_errs, conf_where(&pn->pn_sec, "method"),
		    "stream %s goes to port %s, which has receive = no; "
		    "expected method = run, or a port that receives",
		    pf->pf_stream->ps_name, pf->pf_to->pp_name);
	else if (pn->pn_nexpect != 0)
		conf_error(ctx->x_errs, &pn->pn_expect[0].px_pos,
		    "stream %s goes to port %s, which has receive = no; "
		    "expected no expect, or a port that receives",
		    pf->pf_stream->ps_name, pf->pf_to->pp_name);
	else
		return true;
	return false;
}

/* Whether a rate can be had of a port. */
static bool
check_rate(struct conf_ctx *ctx, const struct plan_step *pn,
    const struct plan_rate *pr, const struct plan_flow *pf)
{
	const struct plan_port *pp = pf->pf_from;
	struct pace_conf pc;
	char err[256];

	if (pr->pr_unit == PLAN_NONE || pr->pr_unit == PLAN_MAX)
		return true;
	if (pr->pr_unit == PLAN_PERCENT && pp->pp_speed == 0) {
		conf_error(ctx->x_errs, &pr->pr_pos,
		    "a rate in %% needs to know of what; expected speed = "
		    "\"10G\" in port %s", pp->pp_name);
		return false;
	}
	plan_pace_make(pn, pp->pp_speed, &pc);
	if (pr->pr_unit == PLAN_L1 && pp->pp_speed != 0 &&
	    pr->pr_num / pr->pr_den > pp->pp_speed) {
		conf_error(ctx->x_errs, &pr->pr_pos,
		    "the rate is more than the link of port %s carries; "
		    "expected at most %" PRIu64 " bit/s", pp->pp_name,
		    pp->pp_speed);
		return false;
	}
	if (pace_check(&pc, err, sizeof(err)))
		return true;
	conf_error(ctx->x_errs, &pr->pr_pos, "%s", err);
	return false;
}

/* Templates and sizes that were found good or bad are not asked again. */
static bool
check_flow(struct conf_ctx *ctx, const struct plan_step *pn,
    const struct plan_flow *pf)
{
	bool ok;
	unsigned i;

	if (!check_heard(ctx, pn, pf) || !check_addresses(ctx, pf) ||
	    !plan_rss_make(ctx, pf) ||
	    !check_rate(ctx, pn, &pn->pn_rate, pf) ||
	    !check_rate(ctx, pn, &pn->pn_ramp, pf))
		return false;
	if (pn->pn_nsize == 0)
		return check_made(ctx, pf, NULL);
	ok = true;
	for (i = 0; i < pn->pn_nsize; i++) {
		if (!check_made(ctx, pf, &pn->pn_size[i]))
			ok = false;
	}
	return ok;
}

bool
plan_check_steps(struct conf_ctx *ctx)
{
	const struct plan *pl = ctx->x_root;
	struct plan_flow *flows;
	unsigned nflows;
	unsigned i;
	unsigned k;

	flows = conf_alloc(ctx->x_mem, PLAN_FLOWS_MAX, sizeof(*flows));
	if (flows == NULL)
		return false;
	for (i = 0; i < pl->pl_nstep && !ctx->x_nomem; i++) {
		nflows = plan_flows(pl, &pl->pl_step[i], flows);
		for (k = 0; k < nflows && !ctx->x_nomem; k++) {
			/* One message a step is enough to start with. */
			if (!check_flow(ctx, &pl->pl_step[i], &flows[k]))
				break;
		}
	}
	return !ctx->x_nomem;
}
