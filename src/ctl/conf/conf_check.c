/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What one part of a configuration demands of another: nothing stands twice,
 * names are those of something, next hops can be reached.
 *
 * Duplicates are found by sorting: a file may hold a million routes.
 */
#include "ctl/conf/conf_int.h"

#include <stdlib.h>
#include <string.h>

static int
cmp_uint(uint64_t a, uint64_t b)
{
	return a < b ? -1 : a > b;
}

static int
item_same(const struct conf_item *a, const struct conf_item *b)
{
	if (a->i_scope != b->i_scope)
		return a->i_scope < b->i_scope ? -1 : 1;
	return a->i_cmp(a->i_value, b->i_value);
}

static int
item_cmp(const void *va, const void *vb)
{
	const struct conf_item *a = va;
	const struct conf_item *b = vb;
	int c = item_same(a, b);

	return c != 0 ? c : cmp_uint(a->i_index, b->i_index);
}

static int
cmp_string(const void *a, const void *b)
{
	return strcmp(a, b);
}

static int
cmp_addr(const void *a, const void *b)
{
	return addr_cmp(a, b);
}

static int
cmp_prefix(const void *a, const void *b)
{
	return prefix_cmp(a, b);
}

bool
conf_items_init(struct conf_ctx *ctx, struct conf_items *is, size_t n)
{
	is->is_n = 0;
	is->is_item = conf_alloc(ctx->x_mem, n, sizeof(*is->is_item));
	return is->is_item != NULL;
}

void
conf_items_add(struct conf_items *is, const void *value,
    const struct conf_pos *pos, const void *scope,
    int (*cmp)(const void *, const void *))
{
	is->is_item[is->is_n] = (struct conf_item) {
		.i_value = value,
		.i_pos = pos,
		.i_scope = (uintptr_t)scope,
		.i_index = is->is_n,
		.i_cmp = cmp,
	};
	is->is_n++;
}

void
conf_items_check(struct conf_ctx *ctx, struct conf_items *is, const char *what)
{
	const struct conf_item *first;
	unsigned i;

	if (is->is_n < 2)
		return;
	qsort(is->is_item, is->is_n, sizeof(*is->is_item), item_cmp);
	first = &is->is_item[0];
	for (i = 1; i < is->is_n; i++) {
		if (item_same(first, &is->is_item[i]) != 0) {
			first = &is->is_item[i];
			continue;
		}
		conf_error(ctx->x_errs, is->is_item[i].i_pos,
		    "%s is given twice, first at %s; expected it once", what,
		    conf_ref(is->is_item[i].i_pos, first->i_pos).r_text);
	}
}

const struct conf_if *
conf_if_find(const struct conf *cf, const char *name)
{
	unsigned i;

	for (i = 0; i < conf_nifs(cf); i++) {
		if (strcmp(conf_if_at(cf, i)->ci_name, name) == 0)
			return conf_if_at(cf, i);
	}
	return NULL;
}

const struct conf_sysctl *
conf_sysctl_find(const struct conf *cf, const char *name)
{
	unsigned i;

	for (i = 0; i < cf->cf_nsysctl; i++) {
		if (strcmp(cf->cf_sysctl[i].sy_name, name) == 0)
			return &cf->cf_sysctl[i];
	}
	return NULL;
}

const struct conf_if *
conf_check_named(struct conf_ctx *ctx, const char *name,
    const struct conf_pos *pos)
{
	struct conf_guess g = { .g_word = name };
	struct conf_names known = { .m_full = false };
	const struct conf *cf = ctx->x_conf;
	const struct conf_if *ci;
	unsigned i;

	if ((ci = conf_if_find(cf, name)) != NULL || ctx->x_ids_bad)
		return ci;
	for (i = 0; i < conf_nifs(cf); i++) {
		conf_names_add(&known, conf_if_at(cf, i)->ci_name);
		conf_guess(ctx, &g, conf_if_at(cf, i)->ci_name);
	}
	if (i == 0)
		conf_names_add(&known, "none");
	conf_error(ctx->x_errs, pos,
	    "no interface \"%s\" in this file; known: %s%s%s%s", name,
	    known.m_text, g.g_best != NULL ? "; did you mean \"" : "",
	    g.g_best != NULL ? g.g_best : "", g.g_best != NULL ? "\"?" : "");
	return NULL;
}

/* conf_secdef.sd_check: within one section. */

static bool
check_cpu_list(struct conf_ctx *ctx, const struct conf_pos *pos)
{
	const struct conf *cf = ctx->x_conf;
	unsigned i;
	unsigned k;

	for (i = 0; i < cf->cf_ncpu_list; i++) {
		for (k = 0; k < i; k++) {
			if (cf->cf_cpu_list[i] != cf->cf_cpu_list[k])
				continue;
			conf_error(ctx->x_errs, pos,
			    "cpu_list holds %u twice; expected each CPU once",
			    cf->cf_cpu_list[i]);
			return false;
		}
	}
	return true;
}

bool
conf_check_top(struct conf_ctx *ctx, const void *sec)
{
	struct conf *cf = ctx->x_conf;
	const struct conf_pos *pos = conf_where(sec, "cpu_list");

	if (!check_cpu_list(ctx, pos))
		return false;
	if (cf->cf_cpus == 0)
		cf->cf_cpus = cf->cf_ncpu_list != 0 ? cf->cf_ncpu_list : 1;
	if (cf->cf_ncpu_list == 0 || cf->cf_cpus == cf->cf_ncpu_list)
		return true;
	conf_error(ctx->x_errs, pos,
	    "cpus is %u, but cpu_list holds %u; expected one of the two, or "
	    "as many", cf->cf_cpus, cf->cf_ncpu_list);
	return false;
}

bool
conf_check_if(struct conf_ctx *ctx, const void *sec)
{
	const struct conf_if *ci = sec;
	const struct conf_pos *pos = conf_where(&ci->ci_sec, "mtu");
	const struct conf_prefix *cx;
	unsigned i;

	if (ci->ci_driver == CONF_MEMIF && ci->ci_parent == NULL &&
	    !conf_check_memif(ctx, ci))
		return false;
	if (ci->ci_driver == CONF_PCAP && ci->ci_read == NULL &&
	    ci->ci_write == NULL) {
		conf_error(ctx->x_errs, &ci->ci_sec.cs_pos,
		    "this interface has no file; expected read = \"FILE\", "
		    "write = \"FILE\" or both");
		return false;
	}
	if (ci->ci_mtu == 0 || ci->ci_mtu >= 1280)
		return true;
	/* RFC 8200, 5: IPv6 needs 1280 bytes of every link. */
	for (i = 0; i < ci->ci_naddr; i++) {
		cx = &ci->ci_addr[i];
		if (cx->cx_prefix.p_addr.a_family != ADDR_V6)
			continue;
		conf_error(ctx->x_errs, pos,
		    "mtu is %u, too small for the IPv6 address of %s; "
		    "expected at least 1280", ci->ci_mtu,
		    conf_ref(pos, &cx->cx_pos).r_text);
		return false;
	}
	return true;
}

/* Interfaces among each other. */

static bool
check_if_names(struct conf_ctx *ctx)
{
	const struct conf *cf = ctx->x_conf;
	const struct conf_if *ci;
	struct conf_items names;
	struct conf_items devices;
	unsigned i;

	if (!conf_items_init(ctx, &names, conf_nifs(cf)) ||
	    !conf_items_init(ctx, &devices, conf_nifs(cf)))
		return false;
	for (i = 0; i < conf_nifs(cf); i++) {
		ci = conf_if_at(cf, i);
		conf_items_add(&names, ci->ci_name, &ci->ci_sec.cs_pos, NULL,
		    cmp_string);
		if (ci->ci_device != NULL)
			conf_items_add(&devices, ci->ci_device,
			    conf_where(&ci->ci_sec, "device"), NULL,
			    cmp_string);
	}
	conf_items_check(ctx, &names, "an interface of this name");
	conf_items_check(ctx, &devices, "this device");
	return true;
}

/* What may stand once in each routing table. */
static const void *
table_scope(const struct conf *cf, const char *vrf)
{
	return (const void *)(intptr_t)(conf_rtable(cf, vrf) + 1);
}

static bool
check_if_addrs(struct conf_ctx *ctx)
{
	const struct conf *cf = ctx->x_conf;
	const struct conf_if *ci;
	const struct conf_prefix *cx;
	const struct addr *a;
	struct conf_items addrs;
	size_t n = 0;
	unsigned i;
	unsigned k;

	for (i = 0; i < conf_nifs(cf); i++)
		n += conf_if_at(cf, i)->ci_naddr;
	if (!conf_items_init(ctx, &addrs, n))
		return false;
	for (i = 0; i < conf_nifs(cf); i++) {
		ci = conf_if_at(cf, i);
		for (k = 0; k < ci->ci_naddr; k++) {
			cx = &ci->ci_addr[k];
			a = &cx->cx_prefix.p_addr;
			/* A link-local address is unique on its link only. */
			conf_items_add(&addrs, a, &cx->cx_pos,
			    a->a_family == ADDR_V6 &&
				    in6_is_linklocal(a->a_v6) ?
				ci : table_scope(cf, ci->ci_vrf), cmp_addr);
		}
	}
	conf_items_check(ctx, &addrs, "this address");
	return true;
}

static void
check_peer(struct conf_ctx *ctx, const struct conf_if *ci)
{
	const struct conf_pos *pos = conf_where(&ci->ci_sec, "peer");
	const struct conf_if *peer;

	if ((peer = conf_check_named(ctx, ci->ci_peer, pos)) == NULL)
		return;
	if (peer == ci)
		conf_error(ctx->x_errs, pos,
		    "\"%s\" is its own peer; expected another interface of "
		    "driver pair", ci->ci_name);
	else if (peer->ci_peer == NULL && !ctx->x_ifs_bad)
		conf_error(ctx->x_errs, pos,
		    "the driver of \"%s\" is %s; expected an interface of "
		    "driver pair", peer->ci_name,
		    conf_if_kind(peer));
	else if (peer->ci_peer != NULL &&
	    strcmp(peer->ci_peer, ci->ci_name) != 0)
		conf_error(ctx->x_errs, pos,
		    "the peer of \"%s\" is \"%s\" (%s); expected each of a "
		    "pair to name the other", peer->ci_name, peer->ci_peer,
		    conf_ref(pos, conf_where(&peer->ci_sec, "peer")).r_text);
}

/* Next hops and neighbours: on a network that some interface is on. */

static bool
is_linklocal6(const struct addr *a)
{
	return a->a_family == ADDR_V6 && in6_is_linklocal(a->a_v6);
}

/* Where an address must be: on an interface, or on any of a table. */
struct reach {
	const struct conf_if *re_if;	/* or NULL */
	int		 re_rtable;
};

static bool
reach_holds(const struct conf *cf, const struct reach *re,
    const struct conf_if *ci)
{
	if (re->re_if != NULL)
		return re->re_if == ci;
	return conf_rtable(cf, ci->ci_vrf) == re->re_rtable;
}

/* The networks of an address's family, for a message. */
static void
names_networks(const struct conf *cf, const struct reach *re,
    unsigned family, struct conf_names *m)
{
	const struct conf_if *ci;
	struct prefix net;
	char buf[PREFIX_STRLEN];
	char text[PREFIX_STRLEN + 32];
	unsigned i;
	unsigned k;

	for (i = 0; i < conf_nifs(cf); i++) {
		ci = conf_if_at(cf, i);
		for (k = 0; k < ci->ci_naddr; k++) {
			net = conf_net(&ci->ci_addr[k].cx_prefix);
			if (net.p_addr.a_family != family ||
			    !reach_holds(cf, re, ci))
				continue;
			snprintf(text, sizeof(text), "%s (%s)",
			    prefix_format(&net, buf), ci->ci_name);
			conf_names_add(m, text);
		}
	}
}

/* Whether ci's network holds a.  *why is set if it does, but not as a host. */
static bool
on_network(const struct conf_if *ci, const struct addr *a, const char **why)
{
	struct prefix p;
	unsigned i;

	for (i = 0; i < ci->ci_naddr; i++) {
		p = ci->ci_addr[i].cx_prefix;
		if (!prefix_match(&p, a))
			continue;
		if (addr_eq(&p.p_addr, a))
			*why = "an address of this router itself";
		p.p_addr = *a;
		if (*why == NULL)
			*why = conf_edge_wrong(&p);
		return true;
	}
	return false;
}

static void
check_reach(struct conf_ctx *ctx, const struct conf_addr *ca,
    const struct reach *re)
{
	const struct conf *cf = ctx->x_conf;
	const struct addr *a = &ca->ca_addr;
	struct conf_names nets = { .m_full = false };
	const char *why = NULL;
	char buf[ADDR_STRLEN];
	bool found = false;
	unsigned i;

	for (i = 0; i < conf_nifs(cf) && !found; i++) {
		if (reach_holds(cf, re, conf_if_at(cf, i)))
			found = on_network(conf_if_at(cf, i), a, &why);
	}
	addr_format(a, buf);
	if (why != NULL) {
		conf_error(ctx->x_errs, &ca->ca_pos,
		    "\"%s\" is %s; expected the address of a neighbour", buf,
		    why);
		return;
	}
	if (found || is_linklocal6(a))
		return;
	names_networks(cf, re, a->a_family, &nets);
	conf_error(ctx->x_errs, &ca->ca_pos,
	    "\"%s\" is on no network of %s; expected an address %s%s", buf,
	    re->re_if != NULL ? re->re_if->ci_name :
		re->re_rtable != 0 ? "the interfaces of its VRF" :
		    "the interfaces",
	    nets.m_text[0] != '\0' ? "in " : "on an interface first",
	    nets.m_text);
}

/* A zone is as good as interface = is for all. */
static void
check_via_reach(struct conf_ctx *ctx, const struct conf_addr *ca,
    const struct reach *re)
{
	struct reach zone = *re;

	if (ca->ca_zone[0] != '\0')
		zone.re_if = conf_check_named(ctx, ca->ca_zone, &ca->ca_pos);
	if (ca->ca_zone[0] == '\0' || zone.re_if != NULL)
		check_reach(ctx, ca, &zone);
}

void
conf_check_vias(struct conf_ctx *ctx, const struct conf_route *ro,
    const struct conf_if *ci)
{
	const struct reach re = {
		.re_if = ci,
		.re_rtable = conf_rtable(ctx->x_conf, ro->ro_vrf),
	};
	unsigned k;

	for (k = 0; k < ro->ro_nvia && !ctx->x_ifs_bad; k++)
		check_via_reach(ctx, &ro->ro_via[k], &re);
}

static bool
check_routes(struct conf_ctx *ctx)
{
	const struct conf *cf = ctx->x_conf;
	const struct conf_route *ro;
	const struct conf_if *ci;
	struct conf_items dst;
	unsigned i;

	if (!conf_items_init(ctx, &dst, cf->cf_nroute))
		return false;
	for (i = 0; i < cf->cf_nroute; i++) {
		ro = &cf->cf_route[i];
		conf_items_add(&dst, &ro->ro_dst.cx_prefix, &ro->ro_sec.cs_pos,
		    table_scope(cf, ro->ro_vrf), cmp_prefix);
		ci = NULL;
		if (ro->ro_if != NULL) {
			ci = conf_check_named(ctx, ro->ro_if,
			    conf_where(&ro->ro_sec, "interface"));
			if (ci == NULL)
				continue;
		}
		conf_check_vias(ctx, ro, ci);
	}
	conf_items_check(ctx, &dst, "a route to this prefix");
	return true;
}

static bool
check_neighs(struct conf_ctx *ctx)
{
	const struct conf *cf = ctx->x_conf;
	const struct conf_neigh *ne;
	const struct conf_if *ci;
	struct conf_items addrs;
	unsigned i;

	if (!conf_items_init(ctx, &addrs, cf->cf_nneigh))
		return false;
	for (i = 0; i < cf->cf_nneigh; i++) {
		ne = &cf->cf_neigh[i];
		ci = conf_check_named(ctx, ne->ne_if,
		    conf_where(&ne->ne_sec, "interface"));
		if (ci == NULL)
			continue;
		conf_items_add(&addrs, &ne->ne_addr.ca_addr, &ne->ne_sec.cs_pos,
		    ci, cmp_addr);
		if (!ctx->x_ifs_bad)
			check_reach(ctx, &ne->ne_addr,
			    &(struct reach) { .re_if = ci });
	}
	conf_items_check(ctx, &addrs, "this neighbour of this interface");
	return true;
}

static bool
check_sysctls(struct conf_ctx *ctx)
{
	const struct conf_env *env = ctx->x_env;
	const struct conf *cf = ctx->x_conf;
	const struct conf_sysctl *sy;
	struct conf_items names;
	char why[256];
	unsigned i;
	int error;

	if (!conf_items_init(ctx, &names, cf->cf_nsysctl))
		return false;
	for (i = 0; i < cf->cf_nsysctl; i++) {
		sy = &cf->cf_sysctl[i];
		conf_items_add(&names, sy->sy_name, &sy->sy_pos, NULL,
		    cmp_string);
		why[0] = '\0';
		if (env->ce_sysctl == NULL)
			continue;
		error = env->ce_sysctl(env->ce_arg, sy->sy_name, sy->sy_value,
		    why, sizeof(why));
		if (error != 0)
			conf_error(ctx->x_errs, &sy->sy_pos, "%s",
			    why[0] != '\0' ? why : strerror(error));
	}
	conf_items_check(ctx, &names, "this sysctl");
	return true;
}

bool
conf_check(struct conf_ctx *ctx)
{
	const struct conf *cf = ctx->x_conf;
	unsigned i;

	for (i = 0; i < cf->cf_nif; i++) {
		if (cf->cf_if[i].ci_driver == CONF_PAIR &&
		    cf->cf_if[i].ci_peer != NULL)
			check_peer(ctx, &cf->cf_if[i]);
	}
	conf_check_vlans(ctx);
	conf_check_relays(ctx);
	conf_check_services(ctx);
	conf_check_vrfs(ctx);
	conf_check_memifs(ctx);
	return check_if_names(ctx) && check_if_addrs(ctx) &&
	    conf_check_ras(ctx) &&
	    check_neighs(ctx) && check_routes(ctx) && conf_check_loops(ctx) &&
	    conf_check_rules(ctx) &&
	    check_sysctls(ctx);
}
