/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a plan may say: sections, their keys, the type and the bounds of each.
 * spate-plan(5) tells the same to people.
 */
#include "dev/memif.h"
#include "gen/flows.h"
#include "gen/host.h"
#include "gen/plan_int.h"

#include <string.h>

#define NITEMS(a) (sizeof(a) / sizeof((a)[0]))

#define ONLY(value) (1u << (value))

_Static_assert(sizeof(unsigned) == sizeof(enum plan_driver), "conf_type_enum");

static const char *
check_command(const char *s)
{
	return strspn(s, " \t") == strlen(s) ? "a command" : NULL;
}

/* clang-format off */
static const char *const driver_names[] = {
	[PLAN_TAP] = "tap",
	[PLAN_XDP] = "xdp",
	[PLAN_PACKET] = "packet",
	[PLAN_PAIR] = "pair",
	[PLAN_MEMIF] = "memif",
	NULL
};

static const char *const protocol_names[] = {
	[TPL_UDP] = "udp", [TPL_TCP] = "tcp", [TPL_ICMP] = "icmp", NULL
};

static const char *const family_names[] = {
	[PLAN_ANY] = "any", [PLAN_IPV4] = "ipv4", [PLAN_IPV6] = "ipv6", NULL
};

static const char *const pattern_names[] = {
	[PLAN_COUNTING] = "counting", [PLAN_ZERO] = "zero",
	[PLAN_NOISE] = "noise", NULL
};

static const char *const extension_names[] = {
	[PLAN_HOPOPTS] = "hop-by-hop", [PLAN_DSTOPTS] = "destination",
	[PLAN_ROUTING] = "routing", [PLAN_FRAGMENT] = "fragment", NULL
};

static const char *const rss_names[] = {
	[PLAN_4TUPLE] = "4-tuple", [PLAN_2TUPLE] = "2-tuple", NULL
};

static const char *const method_names[] = {
	[PLAN_RUN] = "run",
	[PLAN_LIMIT] = "limit",
	[PLAN_THROUGHPUT] = "throughput",
	[PLAN_LATENCY] = "latency",
	[PLAN_LOSS] = "loss",
	[PLAN_BURST] = "burst",
	[PLAN_RECOVERY] = "recovery",
	[PLAN_RESET] = "reset",
	[PLAN_MLR] = "mlr",
	[PLAN_IP6] = "ip6",
	[PLAN_CACHING] = "caching",
	[PLAN_LEARNING] = "learning",
	[PLAN_ERRORED] = "errored",
	[PLAN_BROADCAST] = "broadcast",
	[PLAN_CONGESTION] = "congestion",
	[PLAN_FORWARDING] = "forwarding",
	[PLAN_PRESSURE] = "pressure",
	NULL
};

static const char *const pacing_names[] = {
	[PLAN_CONSTANT] = "constant",
	[PLAN_POISSON] = "poisson",
	[PLAN_BURSTS] = "bursts",
	[PLAN_RAMP] = "ramp",
	NULL
};

static const char *const profile_names[] = {
	[PLAN_QUICK] = "quick", [PLAN_RFC] = "rfc", NULL
};

#define CONF(name, type, str, member)					\
	.kd_name = name, .kd_type = &conf_type_##type,			\
	.kd_off = offsetof(struct str, member)
#define PLAN(name, type, str, member)					\
	.kd_name = name, .kd_type = &plan_type_##type,			\
	.kd_off = offsetof(struct str, member)
#define COUNT(str, count, max)						\
	.kd_noff = offsetof(struct str, count), .kd_max = (max)
#define BOUNDS(lo, hi)	.kd_lo = (lo), .kd_hi = (hi)
#define STRING(max, fn)	.kd_hi = (max), .kd_check = (fn)
#define NAME		STRING(PLAN_NAMELEN, conf_ok_name)

static const struct conf_keydef top_keys[] = {
	{ CONF("title", str, plan, pl_title), STRING(255, NULL) },
	{ CONF("profile", enum, plan, pl_profile), .kd_names = profile_names,
	    .kd_default = "quick" },
	{ CONF("seed", u64, plan, pl_seed), BOUNDS(0, UINT64_MAX),
	    .kd_default = "1" },
	{ CONF("cpus", u32, plan, pl_cpus), BOUNDS(1, 64) },
	{ CONF("cpu_list", u32, plan, pl_cpu_list),
	    COUNT(plan, pl_ncpu_list, 64), BOUNDS(0, 1023) },
	{ CONF("memory", size, plan, pl_memory), BOUNDS(1u << 20, 1ull << 40) },
};

static const struct conf_keydef port_keys[] = {
	{ CONF("driver", enum, plan_port, pp_driver),
	    .kd_names = driver_names, .kd_required = true },
	{ CONF("device", str, plan_port, pp_device), STRING(15, conf_ok_device),
	    .kd_only = ONLY(PLAN_TAP) | ONLY(PLAN_XDP) | ONLY(PLAN_PACKET),
	    .kd_required = true, .kd_hint = "\"eth1\"" },
	{ CONF("peer", str, plan_port, pp_peer), NAME,
	    .kd_only = ONLY(PLAN_PAIR), .kd_required = true,
	    .kd_hint = "\"PORT\"" },
	/* The address of a UNIX socket holds 107 bytes and a NUL. */
	{ CONF("socket", str, plan_port, pp_socket),
	    STRING(107, conf_ok_socket),
	    .kd_only = ONLY(PLAN_MEMIF), .kd_required = true,
	    .kd_hint = "\"/run/memif.sock\"" },
	{ CONF("role", enum, plan_port, pp_role), .kd_names = conf_role_names,
	    .kd_only = ONLY(PLAN_MEMIF), .kd_default = "client" },
	{ CONF("id", u32, plan_port, pp_id), BOUNDS(0, UINT32_MAX),
	    .kd_only = ONLY(PLAN_MEMIF) },
	{ CONF("ring_size", u32, plan_port, pp_ring),
	    BOUNDS(MEMIF_RING_MIN, MEMIF_RING_MAX), .kd_only = ONLY(PLAN_MEMIF),
	    .kd_default = "1024" },
	{ CONF("buffer_size", u32, plan_port, pp_buffer),
	    BOUNDS(MEMIF_BUFFER_MIN, MEMIF_BUFFER_MAX),
	    .kd_only = ONLY(PLAN_MEMIF), .kd_default = "2048" },
	{ CONF("secret", str, plan_port, pp_secret),
	    STRING(MEMIF_SECRETMAX, conf_ok_secret),
	    .kd_only = ONLY(PLAN_MEMIF) },
	{ CONF("queues", u32, plan_port, pp_queues), BOUNDS(1, 64) },
	{ CONF("mtu", u32, plan_port, pp_mtu), BOUNDS(68, 9216) },
	{ CONF("mac", mac, plan_port, pp_mac) },
	{ CONF("mode", enum, plan_port, pp_mode), .kd_names = conf_mode_names,
	    .kd_only = ONLY(PLAN_XDP), .kd_default = "auto" },
	{ CONF("login", enum, plan_port, pp_login),
	    .kd_names = conf_login_names,
	    .kd_only = ONLY(PLAN_XDP) | ONLY(PLAN_PACKET),
	    .kd_default = "keep" },
	{ CONF("receive", bool, plan_port, pp_receive),
	    .kd_only = ONLY(PLAN_PACKET), .kd_default = "yes" },
	{ CONF("owner", str, plan_port, pp_owner), STRING(32, conf_ok_user),
	    .kd_only = ONLY(PLAN_TAP) },
	{ PLAN("speed", speed, plan_port, pp_speed),
	    BOUNDS(1000, 10000000000000) },
	{ CONF("vlan", u32, plan_port, pp_vlan),
	    COUNT(plan_port, pp_nvlan, TPL_TAGS), BOUNDS(1, 4094) },
	{ CONF("address", ifaddr, plan_port, pp_addr),
	    COUNT(plan_port, pp_naddr, GEN_HOSTS / 2) },
	{ CONF("gateway", addr, plan_port, pp_gateway),
	    COUNT(plan_port, pp_ngateway, 2) },
	{ PLAN("hosts", range, plan_port, pp_hosts),
	    COUNT(plan_port, pp_nhosts, GEN_HOSTS / 2) },
};

static const struct conf_keydef template_keys[] = {
	{ CONF("protocol", enum, plan_template, pt_protocol),
	    .kd_names = protocol_names },
	{ CONF("family", enum, plan_template, pt_family),
	    .kd_names = family_names },
	{ CONF("source", address, plan_template, pt_source) },
	{ CONF("destination", address, plan_template, pt_destination) },
	{ CONF("source_mac", mac, plan_template, pt_src_mac) },
	{ CONF("destination_mac", mac, plan_template, pt_dst_mac) },
	{ CONF("source_port", u32, plan_template, pt_sport),
	    BOUNDS(0, 65535), .kd_default = "49184" },
	/* Defaults: PLAN_SPORT, PLAN_DPORT, PLAN_TTL. */
	{ CONF("destination_port", u32, plan_template, pt_dport),
	    BOUNDS(0, 65535), .kd_default = "7" },
	{ CONF("tos", u32, plan_template, pt_tos), BOUNDS(0, 255) },
	{ CONF("ttl", u32, plan_template, pt_ttl), BOUNDS(1, 255),
	    .kd_default = "64" },
	{ CONF("flow_label", u32, plan_template, pt_label),
	    BOUNDS(0, 0xfffff) },
	{ CONF("extension", enum, plan_template, pt_ext),
	    .kd_names = extension_names,
	    COUNT(plan_template, pt_next, TPL_EXTS) },
	{ CONF("dont_fragment", bool, plan_template, pt_df) },
	{ CONF("payload", enum, plan_template, pt_pattern),
	    .kd_names = pattern_names },
	{ PLAN("payload_bytes", bytes, plan_template, pt_payload) },
	{ PLAN("size", sizes, plan_template, pt_size) },
	{ CONF("signature", bool, plan_template, pt_signature),
	    .kd_default = "yes" },
	{ CONF("flows", u32, plan_template, pt_flows), BOUNDS(1, 1u << 20),
	    .kd_default = "1" },
	{ PLAN("vary", vary, plan_template, pt_vary),
	    COUNT(plan_template, pt_nvary, TPL_VARY_MAX) },
	{ PLAN("raw", bytes, plan_template, pt_raw),
	    COUNT(plan_template, pt_nraw, 256) },
	{ CONF("pcap", str, plan_template, pt_pcap),
	    STRING(1000, conf_ok_path) },
	{ PLAN("rss_key", rsskey, plan_template, pt_rss_key) },
	{ CONF("rss_fields", enum, plan_template, pt_rss_fields),
	    .kd_names = rss_names },
	{ CONF("rss_buckets", u32, plan_template, pt_rss_buckets),
	    BOUNDS(1, FLOWS_BUCKETS) },
	{ CONF("rss_queues", u32, plan_template, pt_rss_queues),
	    BOUNDS(1, FLOWS_BUCKETS) },
	{ CONF("rss_table", u32, plan_template, pt_rss_table),
	    COUNT(plan_template, pt_rss_ntable, FLOWS_BUCKETS),
	    BOUNDS(0, FLOWS_BUCKETS - 1) },
	{ CONF("rss_weight", u32, plan_template, pt_rss_weight),
	    COUNT(plan_template, pt_rss_nweight, FLOWS_BUCKETS),
	    BOUNDS(0, 1u << 20) },
	{ CONF("rss_sources", u32, plan_template, pt_rss_sources),
	    BOUNDS(1, FLOWS_SOURCES) },
};

static const struct conf_keydef stream_keys[] = {
	{ CONF("from", str, plan_stream, ps_from), NAME,
	    .kd_required = true, .kd_hint = "\"PORT\"" },
	{ CONF("to", str, plan_stream, ps_to), NAME,
	    .kd_required = true, .kd_hint = "\"PORT\"" },
	{ CONF("template", str, plan_stream, ps_template), NAME,
	    .kd_required = true, .kd_hint = "\"TEMPLATE\"" },
	{ CONF("weight", u32, plan_stream, ps_weight), BOUNDS(1, 1000),
	    .kd_default = "1" },
	{ CONF("bidirectional", bool, plan_stream, ps_bidirectional),
	    .kd_default = "no" },
};

#define BRIDGE (ONLY(PLAN_CACHING) | ONLY(PLAN_LEARNING))
#define TIMED (ONLY(PLAN_RUN) | ONLY(PLAN_THROUGHPUT) | ONLY(PLAN_LATENCY) | \
	    ONLY(PLAN_LOSS) | ONLY(PLAN_BURST) | ONLY(PLAN_MLR) |	\
	    ONLY(PLAN_IP6) | ONLY(PLAN_ERRORED) | ONLY(PLAN_BROADCAST) | \
	    ONLY(PLAN_CONGESTION) | ONLY(PLAN_FORWARDING) |		\
	    ONLY(PLAN_PRESSURE))

static const struct conf_keydef step_keys[] = {
	{ CONF("method", enum, plan_step, pn_method),
	    .kd_names = method_names, .kd_required = true },
	{ PLAN("size", sizes, plan_step, pn_size),
	    COUNT(plan_step, pn_nsize, PLAN_SIZES_MAX) },
	{ CONF("stream", str, plan_step, pn_stream), NAME,
	    COUNT(plan_step, pn_nstream, 256) },
	{ PLAN("rate", rate, plan_step, pn_rate) },
	{ CONF("pacing", enum, plan_step, pn_pacing),
	    .kd_names = pacing_names, .kd_only = ONLY(PLAN_RUN),
	    .kd_default = "constant" },
	{ CONF("burst", u32, plan_step, pn_burst), BOUNDS(1, PACE_BURST_MAX),
	    .kd_only = ONLY(PLAN_RUN) },
	{ PLAN("ramp", rate, plan_step, pn_ramp), .kd_only = ONLY(PLAN_RUN) },
	{ PLAN("duration", time, plan_step, pn_duration),
	    BOUNDS(1000000, 86400 * PLAN_NS), .kd_only = TIMED },
	{ CONF("packets", u64, plan_step, pn_packets),
	    BOUNDS(1, UINT64_C(1) << 40), .kd_only = ONLY(PLAN_RUN) },
	{ PLAN("warmup", time, plan_step, pn_warmup), BOUNDS(0, 3600 * PLAN_NS),
	    .kd_only = TIMED },
	{ PLAN("loss", ratio, plan_step, pn_loss),
	    COUNT(plan_step, pn_nloss, 8), .kd_only = ONLY(PLAN_MLR) },
	{ CONF("learn", str, plan_step, pn_learn), NAME, .kd_only = BRIDGE,
	    .kd_required = true, .kd_hint = "\"PORT\"" },
	{ CONF("test", str, plan_step, pn_test), NAME, .kd_only = BRIDGE,
	    .kd_required = true, .kd_hint = "\"PORT\"" },
	{ CONF("monitor", str, plan_step, pn_monitor), NAME,
	    .kd_only = BRIDGE, .kd_required = true, .kd_hint = "\"PORT\"" },
	{ CONF("addresses", u64, plan_step, pn_addresses),
	    BOUNDS(1, 1u << 24), .kd_only = BRIDGE },
	{ CONF("trials", u32, plan_step, pn_trials), BOUNDS(1, 1000),
	    .kd_only = ONLY(PLAN_LATENCY) | ONLY(PLAN_BURST) |
		ONLY(PLAN_RECOVERY) | ONLY(PLAN_RESET) },
	{ PLAN("expect", expect, plan_step, pn_expect),
	    COUNT(plan_step, pn_nexpect, 64) },
};

static const struct conf_keydef dut_keys[] = {
	{ CONF("name", str, plan_dut, pd_name), STRING(255, NULL) },
	{ CONF("version", str, plan_dut, pd_version), STRING(255, NULL) },
	{ CONF("notes", str, plan_dut, pd_notes), STRING(1000, NULL) },
	{ CONF("reset", str, plan_dut, pd_reset), STRING(1000, check_command) },
	{ CONF("ready", str, plan_dut, pd_ready), STRING(1000, check_command) },
	{ CONF("forget", str, plan_dut, pd_forget),
	    STRING(1000, check_command) },
};

static const struct conf_keydef report_keys[] = {
	{ CONF("dir", str, plan_report, po_dir), STRING(1000, conf_ok_path) },
	{ CONF("json", str, plan_report, po_json), STRING(1000, conf_ok_path) },
	{ CONF("csv", str, plan_report, po_csv), STRING(1000, conf_ok_path) },
	{ CONF("html", str, plan_report, po_html), STRING(1000, conf_ok_path) },
};

static const struct conf_keydef timing_keys[] = {
	{ PLAN("duration", time, plan_timing, pm_duration),
	    BOUNDS(1000000, 86400 * PLAN_NS) },
	{ PLAN("warmup", time, plan_timing, pm_warmup),
	    BOUNDS(0, 3600 * PLAN_NS) },
	{ PLAN("learn", time, plan_timing, pm_learn),
	    BOUNDS(0, 3600 * PLAN_NS) },
	{ PLAN("drain", time, plan_timing, pm_drain),
	    BOUNDS(1, 3600 * PLAN_NS) },
	{ PLAN("settle", time, plan_timing, pm_settle),
	    BOUNDS(0, 3600 * PLAN_NS) },
	{ PLAN("late", time, plan_timing, pm_late), BOUNDS(1, PLAN_NS) },
	{ CONF("resolution", u32, plan_timing, pm_resolution),
	    BOUNDS(1, 500000) },
	{ CONF("rate_error", u32, plan_timing, pm_rateerr),
	    BOUNDS(1, 1000000) },
	{ CONF("retries", u32, plan_timing, pm_retries), BOUNDS(1, 100) },
};

#define KEYS(keys)	.sd_keys = (keys), .sd_nkeys = NITEMS(keys)
#define ARRAY(type, member, count)					\
	.sd_size = sizeof(struct type),					\
	.sd_off = offsetof(struct plan, member),			\
	.sd_noff = offsetof(struct plan, count)
#define ID(text, type, member)						\
	.sd_id = { CONF(text, name, type, member), NAME, .kd_hint = "NAME" }

static const struct conf_secdef top = {
	.sd_name = "the file", KEYS(top_keys), .sd_check = plan_check_top,
};

/* In the order of printing. */
static const struct conf_secdef sections[] = {
	{ .sd_name = "dut", .sd_flags = CONF_ONCE, KEYS(dut_keys),
	    ARRAY(plan_dut, pl_dut, pl_ndut), .sd_max = 1 },
	{ .sd_name = "timing", .sd_flags = CONF_ONCE, KEYS(timing_keys),
	    ARRAY(plan_timing, pl_timing, pl_ntiming), .sd_max = 1 },
	{ .sd_name = "port", .sd_flags = CONF_NAMED, KEYS(port_keys),
	    .sd_kind = "driver",
	    ARRAY(plan_port, pl_port, pl_nport),
	    .sd_max = GEN_PORTS,
	    ID("a port's name", plan_port, pp_name),
	    .sd_check = plan_check_port },
	{ .sd_name = "template",
	    .sd_flags = CONF_NAMED,
	    KEYS(template_keys),
	    ARRAY(plan_template, pl_template, pl_ntemplate),
	    .sd_max = 256,
	    ID("a template's name", plan_template, pt_name),
	    .sd_check = plan_check_template },
	{ .sd_name = "stream",
	    .sd_flags = CONF_NAMED,
	    KEYS(stream_keys),
	    ARRAY(plan_stream, pl_stream, pl_nstream),
	    .sd_max = 256,
	    ID("a stream's name", plan_stream, ps_name) },
	{ .sd_name = "step",
	    KEYS(step_keys),
	    .sd_kind = "method",
	    ARRAY(plan_step, pl_step, pl_nstep),
	    .sd_max = 256,
	    ID("a step's name", plan_step, pn_name),
	    .sd_check = plan_check_step },
	{ .sd_name = "report",
	    .sd_flags = CONF_ONCE,
	    KEYS(report_keys),
	    ARRAY(plan_report, pl_report, pl_nreport),
	    .sd_max = 1 },
};
/* clang-format on */

const struct conf_table plan_table = {
	.ct_manual = "spate-plan(5)",
	.ct_size = sizeof(struct plan),
	.ct_memoff = offsetof(struct plan, pl_mem),
	.ct_top = &top,
	.ct_sections = sections,
	.ct_nsections = NITEMS(sections),
	.ct_check = plan_check,
};

const char *
plan_driver_name(enum plan_driver d)
{
	return driver_names[d];
}

const char *
plan_method_name(enum plan_method m)
{
	return method_names[m];
}

static int
load(const char *name, const char *text, size_t len,
    const struct conf_env *env, struct plan **plp, struct conf_errors *errs)
{
	void *root;
	int error;

	error = conf_table_load(&plan_table, name, text, len, env, &root, errs);
	*plp = root;
	return error;
}

int
plan_load(const char *path, const struct conf_env *env, struct plan **plp,
    struct conf_errors *errs)
{
	return load(path, NULL, 0, env, plp, errs);
}

int
plan_parse_text(const char *name, const char *text, size_t len,
    const struct conf_env *env, struct plan **plp, struct conf_errors *errs)
{
	return load(name, text, len, env, plp, errs);
}

void
plan_free(struct plan *pl)
{
	conf_table_free(&plan_table, pl);
}

void
plan_print(const struct plan *pl, FILE *f)
{
	conf_table_print(&plan_table, pl, f);
}

bool
plan_equal(const struct plan *a, const struct plan *b)
{
	return conf_table_equal(&plan_table, a, b);
}
