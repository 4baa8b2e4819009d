/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What one key of a section demands of another; names among each other.  What
 * steps demand of all the rest is in plan_check_step.c.
 */
#include "gen/plan_int.h"

#include <string.h>

static int
cmp_string(const void *a, const void *b)
{
	return strcmp(a, b);
}

static const char *
family_text(unsigned family)
{
	return family == ADDR_V4 ? "IPv4" : "IPv6";
}

bool
plan_given(const struct conf_sec *sec, const char *key)
{
	const struct conf_keydef *k = conf_keydef_find(sec->cs_def, key);

	return sec->cs_at[k - sec->cs_def->sd_keys].cp_line != 0;
}

bool
plan_check_top(struct conf_ctx *ctx, const void *sec)
{
	struct plan *pl = ctx->x_root;
	const struct conf_pos *pos = conf_where(sec, "cpu_list");
	unsigned i;
	unsigned k;

	for (i = 0; i < pl->pl_ncpu_list; i++) {
		for (k = 0; k < i; k++) {
			if (pl->pl_cpu_list[i] != pl->pl_cpu_list[k])
				continue;
			conf_error(ctx->x_errs, pos,
			    "cpu_list holds %u twice; expected each CPU once",
			    pl->pl_cpu_list[i]);
			return false;
		}
	}
	if (pl->pl_cpus == 0)
		pl->pl_cpus = pl->pl_ncpu_list != 0 ? pl->pl_ncpu_list : 1;
	if (pl->pl_ncpu_list == 0 || pl->pl_cpus == pl->pl_ncpu_list)
		return true;
	conf_error(ctx->x_errs, pos,
	    "cpus is %u, but cpu_list holds %u; expected one of the two, or "
	    "as many", pl->pl_cpus, pl->pl_ncpu_list);
	return false;
}

bool
plan_port_hears(const struct plan_port *pp)
{
	return pp->pp_driver != PLAN_PACKET || pp->pp_receive;
}

/* The port's own address whose network holds a, or NULL. */
static const struct conf_prefix *
port_network(const struct plan_port *pp, const struct addr *a)
{
	unsigned i;

	for (i = 0; i < pp->pp_naddr; i++) {
		if (prefix_match(&pp->pp_addr[i].cx_prefix, a))
			return &pp->pp_addr[i];
	}
	return NULL;
}

/* A gateway is asked for its MAC: it must be a neighbour. */
static bool
check_gateway(struct conf_ctx *ctx, const struct plan_port *pp, unsigned i)
{
	const struct conf_addr *ca = &pp->pp_gateway[i];
	const struct addr *a = &ca->ca_addr;
	const struct conf_prefix *own = port_network(pp, a);
	char buf[ADDR_STRLEN];

	addr_format(a, buf);
	if (i != 0 && pp->pp_gateway[0].ca_addr.a_family == a->a_family)
		conf_error(ctx->x_errs, &ca->ca_pos,
		    "\"%s\" is a second gateway of %s; expected at most one "
		    "of each family", buf, family_text(a->a_family));
	else if (own != NULL && addr_eq(&own->cx_prefix.p_addr, a))
		conf_error(ctx->x_errs, &ca->ca_pos,
		    "\"%s\" is the port's own address; expected that of the "
		    "device under test", buf);
	else if (own == NULL &&
	    !(a->a_family == ADDR_V6 && in6_is_linklocal(a->a_v6)))
		conf_error(ctx->x_errs, &ca->ca_pos,
		    "gateway \"%s\" is on no network of port %s; expected an "
		    "address of one of the networks of its address key", buf,
		    pp->pp_name);
	else
		return true;
	return false;
}

/* Hosts of a range are counted by 64 bits. */
static bool
check_hosts(struct conf_ctx *ctx, const struct plan_range *pg)
{
	const char *why = NULL;

	if (pg->pg_from.a_family == ADDR_V4) {
		if (in_is_multicast(pg->pg_from.a_v4) ||
		    in_is_multicast(pg->pg_to.a_v4))
			why = "hosts have addresses of their own; expected "
			      "none for multicast";
	} else if (in6_is_multicast(pg->pg_from.a_v6)) {
		why = "hosts have addresses of their own; expected none for "
		      "multicast";
	} else if (pg->pg_from.a_v6.i6_hi != pg->pg_to.a_v6.i6_hi) {
		why = "hosts of more than one /64; expected a range within "
		      "one";
	}
	if (why != NULL)
		conf_error(ctx->x_errs, &pg->pg_pos, "%s", why);
	return why == NULL;
}

bool
plan_check_port(struct conf_ctx *ctx, const void *sec)
{
	const struct plan_port *pp = sec;
	bool ok = true;
	unsigned i;

	if (pp->pp_driver == PLAN_PAIR && pp->pp_peer != NULL &&
	    pp->pp_name != NULL && strcmp(pp->pp_peer, pp->pp_name) == 0) {
		conf_error(ctx->x_errs, conf_where(sec, "peer"),
		    "\"%s\" is its own peer; expected another port of driver "
		    "pair", pp->pp_name);
		ok = false;
	}
	if (pp->pp_ngateway != 0 && pp->pp_nvlan > 1) {
		conf_error(ctx->x_errs, conf_where(sec, "gateway"),
		    "a gateway is not asked for its MAC behind two tags; "
		    "expected one tag, or no gateway and destination_mac in "
		    "templates");
		ok = false;
	}
	if (pp->pp_ngateway != 0 && !plan_port_hears(pp)) {
		conf_error(ctx->x_errs, conf_where(sec, "gateway"),
		    "a gateway is not asked for its MAC where receive = no: "
		    "nobody hears the answer; expected no gateway and "
		    "destination_mac in templates");
		ok = false;
	}
	for (i = 0; i < pp->pp_nhosts; i++) {
		if (!check_hosts(ctx, &pp->pp_hosts[i]))
			ok = false;
	}
	for (i = 0; i < pp->pp_ngateway; i++) {
		if (!check_gateway(ctx, pp, i))
			ok = false;
	}
	return ok;
}

/* Whether a key says something; its default, which is printed, does not. */
static bool
said(const struct plan_template *pt, const char *key)
{
	if (!plan_given(&pt->pt_sec, key))
		return false;
	if (strcmp(key, "source_port") == 0)
		return pt->pt_sport != PLAN_SPORT;
	if (strcmp(key, "destination_port") == 0)
		return pt->pt_dport != PLAN_DPORT;
	return strcmp(key, "ttl") != 0 || pt->pt_ttl != PLAN_TTL;
}

/* Keys that say what a packet is like have no use beside whole frames. */
static bool
check_frames(struct conf_ctx *ctx, const struct plan_template *pt)
{
	static const char *const keys[] = { "protocol", "family", "source",
		"destination", "source_mac", "destination_mac", "source_port",
		"destination_port", "tos", "ttl", "flow_label",
		"dont_fragment", "payload", "payload_bytes", "size",
		"extension", "rss_key", "rss_fields", "rss_buckets",
		"rss_queues", "rss_table", "rss_weight", "rss_sources" };
	const char *frames = pt->pt_nraw != 0 ? "raw" : "pcap";
	unsigned i;

	if (pt->pt_nraw != 0 && pt->pt_pcap != NULL) {
		conf_error(ctx->x_errs, conf_where(&pt->pt_sec, "pcap"),
		    "pcap beside raw; expected frames from one of the two");
		return false;
	}
	for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		if (!said(pt, keys[i]))
			continue;
		conf_error(ctx->x_errs, conf_where(&pt->pt_sec, keys[i]),
		    "%s beside %s; expected one of the two: frames of %s are "
		    "sent as they are", keys[i], frames, frames);
		return false;
	}
	return true;
}

/* The family that a template's own keys settle; 0: none does. */
unsigned
plan_template_family(const struct plan_template *pt)
{
	unsigned i;

	if (pt->pt_source.ca_addr.a_family != 0)
		return pt->pt_source.ca_addr.a_family;
	if (pt->pt_destination.ca_addr.a_family != 0)
		return pt->pt_destination.ca_addr.a_family;
	if (pt->pt_family != PLAN_ANY)
		return pt->pt_family == PLAN_IPV4 ? ADDR_V4 : ADDR_V6;
	for (i = 0; i < pt->pt_nvary; i++) {
		if (pt->pt_vary[i].pv_family != 0)
			return pt->pt_vary[i].pv_family;
	}
	return 0;
}

static bool
mixed(struct conf_ctx *ctx, const struct conf_pos *pos, const char *what,
    unsigned has, unsigned family)
{
	conf_error(ctx->x_errs, pos,
	    "%s is of %s, but the template's packets are %s; expected one "
	    "family", what, family_text(has), family_text(family));
	return false;
}

static bool
check_families(struct conf_ctx *ctx, const struct plan_template *pt)
{
	const unsigned family = plan_template_family(pt);
	const unsigned dst = pt->pt_destination.ca_addr.a_family;
	const unsigned want = pt->pt_family == PLAN_IPV4 ? ADDR_V4 : ADDR_V6;
	unsigned i;

	if (dst != 0 && dst != family)
		return mixed(ctx, &pt->pt_destination.ca_pos, "destination",
		    dst, family);
	if (pt->pt_family != PLAN_ANY && want != family)
		return mixed(ctx, conf_where(&pt->pt_sec, "family"), "family",
		    want, family);
	for (i = 0; i < pt->pt_nvary; i++) {
		const struct plan_vary *pv = &pt->pt_vary[i];

		if (pv->pv_family != 0 && pv->pv_family != family)
			return mixed(ctx, &pv->pv_pos, "vary", pv->pv_family,
			    family);
	}
	return true;
}

bool
plan_check_template(struct conf_ctx *ctx, const void *sec)
{
	const struct plan_template *pt = sec;

	if (pt->pt_nraw != 0 || pt->pt_pcap != NULL)
		return check_frames(ctx, pt);
	if (pt->pt_payload.pb_len != 0 && plan_given(&pt->pt_sec, "payload")) {
		conf_error(ctx->x_errs, conf_where(sec, "payload"),
		    "payload beside payload_bytes; expected one of the two");
		return false;
	}
	return check_families(ctx, pt) && plan_check_rss(ctx, pt);
}

/* Names: of what, and of what is there. */

#define FINDER(fn, type, array, count, member)                                \
	int fn(const struct plan *pl, const char *name)                       \
	{                                                                     \
		unsigned i;                                                   \
                                                                              \
		for (i = 0; i < pl->count; i++) {                             \
			if (strcmp(pl->array[i].member, name) == 0)           \
				return (int)i;                                \
		}                                                             \
		return -1;                                                    \
	}

FINDER(plan_port_find, plan_port, pl_port, pl_nport, pp_name)
FINDER(plan_template_find, plan_template, pl_template, pl_ntemplate, pt_name)
FINDER(plan_stream_find, plan_stream, pl_stream, pl_nstream, ps_name)

struct kind {
	const char *k_what;
	int (*k_find)(const struct plan *, const char *);
	const char *(*k_name)(const struct plan *, unsigned); /* NULL: end */
};

static const char *
port_name(const struct plan *pl, unsigned i)
{
	return i < pl->pl_nport ? pl->pl_port[i].pp_name : NULL;
}

static const char *
template_name(const struct plan *pl, unsigned i)
{
	return i < pl->pl_ntemplate ? pl->pl_template[i].pt_name : NULL;
}

static const char *
stream_name(const struct plan *pl, unsigned i)
{
	return i < pl->pl_nstream ? pl->pl_stream[i].ps_name : NULL;
}

static const struct kind port_kind = { "port", plan_port_find, port_name };
static const struct kind template_kind = { "template", plan_template_find,
	template_name };
static const struct kind stream_kind = { "stream", plan_stream_find,
	stream_name };

/* Whether something of this name is there, or a message. */
static bool
check_named(struct conf_ctx *ctx, const struct kind *kind, const char *name,
    const struct conf_pos *pos)
{
	struct conf_guess g = { .g_word = name };
	struct conf_names known = { .m_full = false };
	const struct plan *pl = ctx->x_root;
	const char *s;
	unsigned i;

	if (kind->k_find(pl, name) >= 0)
		return true;
	if (ctx->x_ids_bad)
		return false; /* its name may be the bad one */
	for (i = 0; (s = kind->k_name(pl, i)) != NULL; i++) {
		conf_names_add(&known, s);
		conf_guess(ctx, &g, s);
	}
	conf_error(ctx->x_errs, pos,
	    "no %s \"%s\" in this plan; known: %s%s%s%s", kind->k_what, name,
	    i == 0 ? "none" : known.m_text,
	    g.g_best != NULL ? "; did you mean \"" : "",
	    g.g_best != NULL ? g.g_best : "", g.g_best != NULL ? "\"?" : "");
	return false;
}

static void
check_peers(struct conf_ctx *ctx)
{
	const struct plan *pl = ctx->x_root;
	const struct plan_port *pp;
	const struct plan_port *peer;
	const struct conf_pos *pos;
	unsigned i;

	for (i = 0; i < pl->pl_nport; i++) {
		pp = &pl->pl_port[i];
		if (pp->pp_driver != PLAN_PAIR || pp->pp_peer == NULL)
			continue;
		pos = conf_where(&pp->pp_sec, "peer");
		if (!check_named(ctx, &port_kind, pp->pp_peer, pos))
			continue;
		peer = &pl->pl_port[plan_port_find(pl, pp->pp_peer)];
		if (peer->pp_driver != PLAN_PAIR)
			conf_error(ctx->x_errs, pos,
			    "the driver of \"%s\" is %s; expected a port of "
			    "driver pair", peer->pp_name,
			    plan_driver_name(peer->pp_driver));
		else if (peer->pp_peer != NULL &&
		    strcmp(peer->pp_peer, pp->pp_name) != 0)
			conf_error(ctx->x_errs, pos,
			    "the peer of \"%s\" is \"%s\"; expected each of a "
			    "pair to name the other", peer->pp_name,
			    peer->pp_peer);
	}
}

/* No name twice, no device twice. */
static bool
check_twice(struct conf_ctx *ctx)
{
	const struct plan *pl = ctx->x_root;
	struct conf_items is[5];
	unsigned i;

	for (i = 0; i < 5; i++) {
		if (!conf_items_init(ctx, &is[i], pl->pl_nport +
			pl->pl_ntemplate + pl->pl_nstream + pl->pl_nstep))
			return false;
	}
	for (i = 0; i < pl->pl_nport; i++) {
		const struct plan_port *pp = &pl->pl_port[i];

		conf_items_add(&is[0], pp->pp_name, &pp->pp_sec.cs_pos, NULL,
		    cmp_string);
		if (pp->pp_device != NULL)
			conf_items_add(&is[1], pp->pp_device,
			    conf_where(&pp->pp_sec, "device"), NULL,
			    cmp_string);
	}
	for (i = 0; i < pl->pl_ntemplate; i++)
		conf_items_add(&is[2], pl->pl_template[i].pt_name,
		    &pl->pl_template[i].pt_sec.cs_pos, NULL, cmp_string);
	for (i = 0; i < pl->pl_nstream; i++)
		conf_items_add(&is[3], pl->pl_stream[i].ps_name,
		    &pl->pl_stream[i].ps_sec.cs_pos, NULL, cmp_string);
	for (i = 0; i < pl->pl_nstep; i++)
		conf_items_add(&is[4], pl->pl_step[i].pn_name,
		    &pl->pl_step[i].pn_sec.cs_pos, NULL, cmp_string);
	conf_items_check(ctx, &is[0], "a port of this name");
	conf_items_check(ctx, &is[1], "this device");
	conf_items_check(ctx, &is[2], "a template of this name");
	conf_items_check(ctx, &is[3], "a stream of this name");
	conf_items_check(ctx, &is[4], "a step of this name");
	return true;
}

static void
check_streams(struct conf_ctx *ctx)
{
	const struct plan *pl = ctx->x_root;
	const struct plan_stream *ps;
	unsigned i;

	for (i = 0; i < pl->pl_nstream; i++) {
		ps = &pl->pl_stream[i];
		if (ps->ps_from != NULL)
			check_named(ctx, &port_kind, ps->ps_from,
			    conf_where(&ps->ps_sec, "from"));
		if (ps->ps_to != NULL)
			check_named(ctx, &port_kind, ps->ps_to,
			    conf_where(&ps->ps_sec, "to"));
		if (ps->ps_template != NULL)
			check_named(ctx, &template_kind, ps->ps_template,
			    conf_where(&ps->ps_sec, "template"));
	}
}

/* A template that no packets are made of is a slip. */
static void
check_unused(struct conf_ctx *ctx)
{
	const struct plan *pl = ctx->x_root;
	unsigned i;
	unsigned k;

	for (i = 0; i < pl->pl_ntemplate && !ctx->x_ifs_bad; i++) {
		const char *name = pl->pl_template[i].pt_name;

		for (k = 0; k < pl->pl_nstream; k++) {
			if (strcmp(pl->pl_stream[k].ps_template, name) == 0)
				break;
		}
		if (k == pl->pl_nstream)
			conf_error(ctx->x_errs,
			    &pl->pl_template[i].pt_sec.cs_pos,
			    "no stream has the template %s; expected stream "
			    "NAME { from = PORT  to = PORT  template = %s }",
			    name, name);
	}
}

static void
check_missing(struct conf_ctx *ctx)
{
	const struct plan *pl = ctx->x_root;
	struct conf_pos start = { pl->pl_sec.cs_pos.cp_file, 1, 1 };
	const char *what = NULL;
	const char *want = NULL;

	if (pl->pl_nport == 0) {
		what = "port";
		want = "port NAME { driver = ... }";
	} else if (pl->pl_nstream == 0) {
		what = "stream";
		want = "stream NAME { from = PORT  to = PORT  template = "
		       "TEMPLATE }";
	} else if (pl->pl_nstep == 0) {
		what = "step";
		want = "step NAME { method = ... }";
	}
	if (what != NULL)
		conf_error(ctx->x_errs, &start,
		    "there is no %s in this plan; expected %s", what, want);
}

static void
check_bridge_port(struct conf_ctx *ctx, const struct plan_step *pn,
    const char *key, const char *name)
{
	if (name != NULL)
		check_named(ctx, &port_kind, name,
		    conf_where(&pn->pn_sec, key));
}

static void
check_step_names(struct conf_ctx *ctx)
{
	const struct plan *pl = ctx->x_root;
	const struct plan_step *pn;
	unsigned i;
	unsigned k;

	for (i = 0; i < pl->pl_nstep; i++) {
		pn = &pl->pl_step[i];
		for (k = 0; k < pn->pn_nstream; k++)
			check_named(ctx, &stream_kind, pn->pn_stream[k],
			    conf_where(&pn->pn_sec, "stream"));
		check_bridge_port(ctx, pn, "learn", pn->pn_learn);
		check_bridge_port(ctx, pn, "test", pn->pn_test);
		check_bridge_port(ctx, pn, "monitor", pn->pn_monitor);
	}
}

bool
plan_check(struct conf_ctx *ctx)
{
	check_peers(ctx);
	if (!check_twice(ctx))
		return false;
	check_streams(ctx);
	check_step_names(ctx);
	/* What is missing may be what is wrong. */
	if (ctx->x_errs->ce_n != 0)
		return true;
	check_missing(ctx);
	check_unused(ctx);
	return ctx->x_errs->ce_n != 0 || plan_check_steps(ctx);
}
