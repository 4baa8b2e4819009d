/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Views of steering: "spate show netisr" and "spate show rss".
 */
#include <stdio.h>

#include "ctl/show_int.h"
#include "netisr/balancer.h"
#include "netisr/move.h"
#include "netisr/netisr.h"
#include "netisr/trust.h"

static json_t *
show_protocols(const struct spate *sp)
{
	json_t *list = json_array();
	unsigned p;

	for (p = 1; p < NETISR_N; p++)
		json_array_append_new(list,
		    json_pack("{s:s, s:I, s:s, s:s, s:s}", "name",
			netisr_names[p], "limit", INT(netisr_qlimit(sp, p)),
			"policy",
			p == NETISR_IP || p == NETISR_IP6 ? "flow" : "source",
			"dispatch",
			netisr_policy_default(sp, p) ? "default" :
			    netisr_policies[netisr_policy(sp, p)],
			"in_force", netisr_policies[netisr_policy(sp, p)]));
	return list;
}

static json_t *
show_workstreams(const struct spate *sp)
{
	json_t *list = json_array();
	struct netisr_info ni;
	unsigned i, p;

	for (i = 0; i < sp->sp_ncpus; i++)
		for (p = 1; p < NETISR_N; p++) {
			netisr_info(sp, i, p, &ni);
			json_array_append_new(list,
			    json_pack("{s:i, s:s, s:I, s:I, s:I, s:I, s:I, "
				      "s:I, s:I, s:I}",
				"cpu", (int)i, "name", netisr_names[p],
				"limit", INT(netisr_qlimit(sp, p)), "length",
				INT(ni.ni_len), "watermark",
				INT(ni.ni_watermark), "dispatched",
				INT(ni.ni_dispatched), "hybrid_dispatched",
				INT(ni.ni_hybrid), "drops", INT(ni.ni_drops),
				"queued", INT(ni.ni_queued), "handled",
				INT(ni.ni_handled)));
		}
	return list;
}

json_t *
show_netisr(struct ctl *ctl)
{
	const struct spate *sp = ctl->ctl_sp;

	return json_pack("{s:{s:i, s:I, s:I, s:s}, s:o, s:o}", "configuration",
	    "cpus", (int)sp->sp_ncpus, "default_limit",
	    INT(tun(sp, isr_defaultqlimit)), "most_limit",
	    INT(tun(sp, isr_maxqlimit)), "dispatch",
	    netisr_policies[tun(sp, isr_dispatch)], "protocols",
	    show_protocols(sp), "workstreams", show_workstreams(sp));
}

static const char *
key_name(const uint8_t key[static TOEPLITZ_KEYLEN])
{
	if (memcmp(key, toeplitz_key_default, TOEPLITZ_KEYLEN) == 0)
		return "default";
	if (memcmp(key, toeplitz_key_symmetric, TOEPLITZ_KEYLEN) == 0)
		return "symmetric";
	return "own";
}

static json_t *
show_rss_conf(const struct spate *sp)
{
	const struct rss *rs = sp->sp_rss;
	char hex[2 * TOEPLITZ_KEYLEN + 1];
	unsigned i;

	for (i = 0; i < TOEPLITZ_KEYLEN; i++)
		snprintf(hex + 2 * i, 3, "%02x", rs->rs_key[i]);
	return json_pack("{s:s, s:s, s:s, s:i, s:i}", "algorithm",
	    rs->rs_algo == RSS_TOEPLITZ ? "toeplitz" : "symmetric", "key",
	    key_name(rs->rs_key), "key_bytes", hex, "bits", (int)rs->rs_bits,
	    "buckets", (int)rss_buckets(sp));
}

static json_t *
show_rss_types(const struct spate *sp)
{
	static const struct {
		const char *name;
		enum rss_type with, without;
	} rows[] = {
		{ "TCP over IPv4", RSS_TCP4, RSS_IP4 },
		{ "UDP over IPv4", RSS_UDP4, RSS_IP4 },
		{ "other IPv4, fragments", RSS_IP4, RSS_IP4 },
		{ "TCP over IPv6", RSS_TCP6, RSS_IP6 },
		{ "UDP over IPv6", RSS_UDP6, RSS_IP6 },
		{ "other IPv6, fragments", RSS_IP6, RSS_IP6 },
	};
	unsigned i, types = rss_types(sp);
	json_t *list = json_array();

	for (i = 0; i < countof(rows); i++) {
		bool on = (types & RSS_SET(rows[i].with)) != 0;

		json_array_append_new(list, json_pack("{s:s, s:s}", "packets",
		    rows[i].name, "hash",
		    rss_type_ports(on ? rows[i].with : rows[i].without) ?
			"addresses and ports" : "addresses"));
	}
	return list;
}

static uint64_t
bucket_packets(const struct spate *sp, unsigned bucket)
{
	uint64_t n = 0;
	unsigned i;

	for (i = 0; i < sp->sp_ncpus; i++)
		n += netisr_bucket_packets(sp, i, bucket);
	return n;
}

/* Where no bucket was ever looked up nobody counted: that is no zero. */
static json_t *
show_buckets(const struct spate *sp)
{
	json_t *list = json_array();
	bool counted = false;
	unsigned b;

	for (b = 0; b < rss_buckets(sp) && !counted; b++)
		counted = bucket_packets(sp, b) != 0;
	for (b = 0; b < rss_buckets(sp); b++)
		json_array_append_new(list, json_pack("{s:i, s:i, s:o}",
		    "bucket", (int)b, "cpu", (int)rss_cpu(sp, b), "packets",
		    counted ? json_integer(INT(bucket_packets(sp, b))) :
			json_null()));
	return list;
}

/* What devices say, and what was found; those with one queue say nothing. */
static json_t *ON_CTL
show_rss_interfaces(const struct spate *sp)
{
	static const char *const hw[][2] = {
		[IFHW_UNKNOWN] = { "-", "-" },
		[IFHW_OURS] = { "ours", "in turn" },
		[IFHW_OTHER] = { "other", "other" },
	};
	json_t *list = json_array();
	struct trust_info tr;
	unsigned i;

	for (i = 1; i < IF_MAX; i++) {
		const struct ifnet *ifp = if_lookup(sp, i);

		if (ifp == NULL ||
		    (ifp->if_nrxq < 2 && (ifp->if_caps & IFCAP_HASH) == 0))
			continue;
		trust_info(sp, ifp, &tr);
		json_array_append_new(list,
		    json_pack("{s:s, s:i, s:s, s:s, s:b, s:I, s:I, s:s, s:i, "
			      "s:i, s:s, s:s}",
			"name", ifp->if_name, "queues", (int)ifp->if_nrxq,
			"gives",
			(ifp->if_caps & IFCAP_HASH) != 0 ? "hash" : "-",
			"hash_found", rss_verdict_name(tr.tr_verdict), "used",
			(int)tr.tr_used, "checked", INT(tr.tr_checked),
			"wrong", INT(tr.tr_wrong), "queue_found",
			rss_choice_name(tr.tr_choice), "samples",
			(int)tr.tr_samples, "predicted", (int)tr.tr_agree,
			"key", hw[ifp->if_hwkey][0], "table",
			hw[ifp->if_hwtable][1]));
	}
	return list;
}

/* What the balancer did last, newest first. */
static json_t *
show_balanced(const struct ctl *ctl, const struct balancer_info *bi)
{
	json_t *list = json_array();
	unsigned i;

	for (i = 0; i < bi->bi_nlast; i++) {
		const struct balancer_move *bm = &bi->bi_last[i];

		json_array_append_new(list,
		    json_pack("{s:f, s:i, s:i, s:i, s:f}", "ago",
			(double)(ctl->ctl_now - bm->bm_when) / NS_S, "bucket",
			(int)bm->bm_move.bm_bucket, "from",
			(int)bm->bm_move.bm_from, "to",
			(int)bm->bm_move.bm_to, "percent",
			100.0 * (double)bm->bm_move.bm_weight /
			    (double)bm->bm_span));
	}
	return list;
}

/* Moves of buckets, and by whom. */
static json_t *ON_CTL
show_moves(const struct ctl *ctl, const struct balancer_info *bi)
{
	return json_pack("{s:I, s:b, s:s, s:I, s:I, s:I}", "moved",
	    INT(move_count(ctl)), "running", (int)move_running(ctl), "balance",
	    !bi->bi_on ? "off" : bi->bi_active ? "moving" : "watching",
	    "looks", INT(bi->bi_looks), "acted", INT(bi->bi_acted),
	    "balanced", INT(bi->bi_buckets));
}

json_t *
show_rss(struct ctl *ctl)
{
	const struct spate *sp = ctl->ctl_sp;
	struct balancer_info bi;

	balancer_info(ctl, &bi);
	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o}", "rss",
	    show_rss_conf(sp), "types", show_rss_types(sp), "interfaces",
	    show_rss_interfaces(sp), "moves", show_moves(ctl, &bi), "balanced",
	    show_balanced(ctl, &bi), "buckets", show_buckets(sp));
}
