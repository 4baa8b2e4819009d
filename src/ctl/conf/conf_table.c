/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a configuration file may say: sections, their keys, the type and the
 * bounds of each.  spate.conf(5) tells the same to people.
 */
#include "ctl/conf/conf_int.h"

#include <string.h>

#include "dev/memif.h"

#define LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
#define DIGITS	"0123456789"
#define NITEMS(a) (sizeof(a) / sizeof((a)[0]))

#define ONLY(driver) (1u << (driver))

static bool
only_of(const char *s, const char *set)
{
	return s[0] != '\0' && strspn(s, set) == strlen(s);
}

static const char *
check_hostname(const char *s)
{
	if (!only_of(s, LETTERS DIGITS ".-") || s[0] == '-' || s[0] == '.')
		return "a name of letters, digits, \"-\" and \".\"";
	return NULL;
}

/* RFC 1035, 2.3.4: labels of at most 63 bytes. */
static const char *
check_domain(const char *s)
{
	size_t len;

	for (;; s += len + 1) {
		len = strcspn(s, ".");
		if (len == 0 || len > 63 ||
		    strspn(s, LETTERS DIGITS "-_") < len)
			return "a domain name, as example.org";
		if (s[len] == '\0' || s[len + 1] == '\0')
			return NULL;
	}
}

static const char *
check_id(const char *s)
{
	return s[0] == '\0' ? "a text of 1 to 64 bytes" : NULL;
}

/* clang-format off */
static const char *const driver_names[] = {
	[CONF_TAP] = "tap",
	[CONF_XDP] = "xdp",
	[CONF_PACKET] = "packet",
	[CONF_PAIR] = "pair",
	[CONF_PCAP] = "pcap",
	[CONF_MEMIF] = "memif",
	NULL
};

static const char *const checksum_names[] = {
	[CONF_CSUM_TRUST] = "trust",
	[CONF_CSUM_REPAIR] = "repair",
	NULL
};

#define KEY(name, type, str, member)					\
	.kd_name = name, .kd_type = &conf_type_##type,			\
	.kd_off = offsetof(struct str, member)
#define LIST(name, type, str, member, count, max)			\
	KEY(name, type, str, member),					\
	.kd_noff = offsetof(struct str, count), .kd_max = (max)
#define BOUNDS(lo, hi)	.kd_lo = (lo), .kd_hi = (hi)
#define STRING(max, fn)	.kd_hi = (max), .kd_check = (fn)

static const struct conf_keydef top_keys[] = {
	{ KEY("cpus", u32, conf, cf_cpus), BOUNDS(1, 64) },
	{ LIST("cpu_list", u32, conf, cf_cpu_list, cf_ncpu_list, 64),
	    BOUNDS(0, 1023) },
	{ KEY("memory", size, conf, cf_memory), BOUNDS(1u << 20, 1ull << 40) },
	{ KEY("hostname", str, conf, cf_hostname), STRING(63, check_hostname) },
};

static const struct conf_keydef vrf_keys[] = {
	{ KEY("id", u32, conf_vrf, vr_id), BOUNDS(1, CONF_VRF_MAX),
	    .kd_required = true, .kd_hint = "1" },
	{ KEY("description", str, conf_vrf, vr_description),
	    STRING(255, NULL) },
};

static const char *const accept_ra_names[] = {
	[CONF_RA_NO] = "no",
	[CONF_RA_ROUTERS] = "routers",
	[CONF_RA_YES] = "yes",
	NULL };

static const char *const reverse_names[] = {
	[CONF_REVERSE_OFF] = "off",
	[CONF_REVERSE_LOOSE] = "loose",
	[CONF_REVERSE_STRICT] = "strict",
	NULL };

static const struct conf_keydef if_keys[] = {
	{ KEY("driver", enum, conf_if, ci_driver), .kd_names = driver_names,
	    .kd_required = true },
	{ KEY("device", str, conf_if, ci_device), STRING(15, conf_ok_device),
	    .kd_only = ONLY(CONF_TAP) | ONLY(CONF_XDP) | ONLY(CONF_PACKET),
	    .kd_required = true,
	    .kd_hint = "\"eth1\"" },
	{ KEY("queues", u32, conf_if, ci_queues), BOUNDS(1, 64) },
	{ KEY("mtu", u32, conf_if, ci_mtu), BOUNDS(68, 9216) },
	{ KEY("mss", mss, conf_if, ci_mss), BOUNDS(64, 65495) },
	{ KEY("mac", mac, conf_if, ci_mac) },
	{ KEY("checksum", enum, conf_if, ci_checksum),
	    .kd_names = checksum_names, .kd_default = "trust" },
	{ KEY("mode", enum, conf_if, ci_mode), .kd_names = conf_mode_names,
	    .kd_only = ONLY(CONF_XDP), .kd_default = "auto" },
	{ KEY("offload", bool, conf_if, ci_offload),
	    .kd_only = ONLY(CONF_TAP) | ONLY(CONF_PACKET),
	    .kd_default = "yes" },
	{ KEY("mute", bool, conf_if, ci_mute), .kd_only = ONLY(CONF_PACKET),
	    .kd_default = "yes" },
	{ KEY("login", enum, conf_if, ci_login), .kd_names = conf_login_names,
	    .kd_only = ONLY(CONF_XDP) | ONLY(CONF_PACKET),
	    .kd_default = "keep" },
	{ KEY("owner", str, conf_if, ci_owner), STRING(32, conf_ok_user),
	    .kd_only = ONLY(CONF_TAP) },
	{ KEY("peer", str, conf_if, ci_peer), STRING(15, conf_ok_name),
	    .kd_only = ONLY(CONF_PAIR), .kd_required = true,
	    .kd_hint = "\"INTERFACE\"" },
	{ KEY("read", str, conf_if, ci_read), STRING(1000, conf_ok_path),
	    .kd_only = ONLY(CONF_PCAP) },
	{ KEY("write", str, conf_if, ci_write), STRING(1000, conf_ok_path),
	    .kd_only = ONLY(CONF_PCAP) },
	/* The address of a UNIX socket holds 107 bytes and a NUL. */
	{ KEY("socket", str, conf_if, ci_socket), STRING(107, conf_ok_socket),
	    .kd_only = ONLY(CONF_MEMIF), .kd_required = true,
	    .kd_hint = "\"/run/spate/memif.sock\"" },
	{ KEY("role", enum, conf_if, ci_role), .kd_names = conf_role_names,
	    .kd_only = ONLY(CONF_MEMIF), .kd_required = true },
	{ KEY("id", u32, conf_if, ci_memid), BOUNDS(0, UINT32_MAX),
	    .kd_only = ONLY(CONF_MEMIF), .kd_default = "0" },
	{ KEY("ring_size", u32, conf_if, ci_ring),
	    BOUNDS(MEMIF_RING_MIN, MEMIF_RING_MAX),
	    .kd_only = ONLY(CONF_MEMIF), .kd_default = "1024" },
	{ KEY("buffer_size", u32, conf_if, ci_buffer),
	    BOUNDS(MEMIF_BUFFER_MIN, MEMIF_BUFFER_MAX),
	    .kd_only = ONLY(CONF_MEMIF), .kd_default = "2048" },
	{ KEY("secret", str, conf_if, ci_secret),
	    STRING(MEMIF_SECRETMAX, conf_ok_secret),
	    .kd_only = ONLY(CONF_MEMIF) },
	{ KEY("vrf", str, conf_if, ci_vrf), STRING(15, conf_ok_name) },
	{ KEY("accept_ra", enum, conf_if, ci_accept_ra),
	    .kd_names = accept_ra_names },
	{ KEY("reverse_path", enum, conf_if, ci_reverse),
	    .kd_names = reverse_names },
	{ KEY("dscp", dscp, conf_if, ci_dscp) },
	{ KEY("description", str, conf_if, ci_description), STRING(255, NULL) },
	{ LIST("address", ifaddr, conf_if, ci_addr, ci_naddr, 256) },
};

static const char *const protocol_names[] = {
	[CONF_8021Q] = "802.1Q", [CONF_8021AD] = "802.1ad", NULL
};

static const char *const priority_names[] = { "0", "1", "2", "3", "4", "5", "6",
	"7", [CONF_PRIORITY_MAP] = "map", NULL };

/* Those of an interface that have to do with no device. */
static const struct conf_keydef vlan_keys[] = {
	{ KEY("parent", str, conf_if, ci_parent), STRING(15, conf_ok_name),
	    .kd_required = true, .kd_hint = "\"INTERFACE\"" },
	{ KEY("id", u32, conf_if, ci_id), BOUNDS(1, 4094),
	    .kd_required = true, .kd_hint = "20" },
	{ KEY("protocol", enum, conf_if, ci_protocol),
	    .kd_names = protocol_names, .kd_default = "802.1Q" },
	{ KEY("priority", enum, conf_if, ci_priority),
	    .kd_names = priority_names, .kd_default = "0" },
	{ KEY("mtu", u32, conf_if, ci_mtu), BOUNDS(68, 9216) },
	{ KEY("mss", mss, conf_if, ci_mss), BOUNDS(64, 65495) },
	{ KEY("vrf", str, conf_if, ci_vrf), STRING(15, conf_ok_name) },
	{ KEY("accept_ra", enum, conf_if, ci_accept_ra),
	    .kd_names = accept_ra_names },
	{ KEY("reverse_path", enum, conf_if, ci_reverse),
	    .kd_names = reverse_names },
	{ KEY("dscp", dscp, conf_if, ci_dscp) },
	{ KEY("description", str, conf_if, ci_description), STRING(255, NULL) },
	{ LIST("address", ifaddr, conf_if, ci_addr, ci_naddr, 256) },
};

static const struct conf_keydef route_keys[] = {
	{ KEY("vrf", str, conf_route, ro_vrf), STRING(15, conf_ok_name) },
	{ LIST("via", gateway, conf_route, ro_via, ro_nvia, 64) },
	{ KEY("interface", str, conf_route, ro_if), STRING(15, conf_ok_name) },
	{ KEY("table", str, conf_route, ro_table), STRING(15, conf_ok_name) },
	{ KEY("blackhole", bool, conf_route, ro_blackhole) },
	{ KEY("unreachable", bool, conf_route, ro_unreachable) },
	{ KEY("prohibit", bool, conf_route, ro_prohibit) },
	{ KEY("preference", u32, conf_route, ro_preference), BOUNDS(1, 255) },
};

static const struct conf_keydef rule_keys[] = {
	{ KEY("vrf", str, conf_rule, ru_way.ro_vrf), STRING(15, conf_ok_name) },
	{ LIST("interface", str, conf_rule, ru_if, ru_nif, 256),
	    STRING(15, conf_ok_name) },
	{ LIST("source", dst, conf_rule, ru_src, ru_nsrc, 256) },
	{ LIST("destination", dst, conf_rule, ru_dst, ru_ndst, 256) },
	{ LIST("dscp", dscp, conf_rule, ru_dscp, ru_ndscp, 64) },
	{ LIST("protocol", proto, conf_rule, ru_proto, ru_nproto, 16) },
	{ LIST("source_port", ports, conf_rule, ru_sport, ru_nsport, 64) },
	{ LIST("destination_port", ports, conf_rule, ru_dport, ru_ndport,
	    64) },
	{ LIST("via", gateway, conf_rule, ru_way.ro_via, ru_way.ro_nvia, 64) },
	{ KEY("table", str, conf_rule, ru_way.ro_table),
	    STRING(15, conf_ok_name) },
	{ KEY("blackhole", bool, conf_rule, ru_way.ro_blackhole) },
	{ KEY("unreachable", bool, conf_rule, ru_way.ro_unreachable) },
	{ KEY("prohibit", bool, conf_rule, ru_way.ro_prohibit) },
};

static const char *const preference_names[] = {
	[CONF_PREF_LOW] = "low",
	[CONF_PREF_MEDIUM] = "medium",
	[CONF_PREF_HIGH] = "high",
	NULL };

/* RFC 4861, 6.2.1; RFC 8319, 4 has the bounds of intervals and lifetime. */
static const struct conf_keydef advertise_keys[] = {
	{ KEY("interval_max", u32, conf_advertise, ad_max), BOUNDS(4, 65535),
	    .kd_default = "600" },
	{ KEY("interval_min", u32, conf_advertise, ad_min), BOUNDS(3, 49151) },
	{ KEY("lifetime", u32, conf_advertise, ad_lifetime), BOUNDS(0, 65535),
	    .kd_default = "1800" },
	{ KEY("preference", enum, conf_advertise, ad_preference),
	    .kd_names = preference_names, .kd_default = "medium" },
	{ KEY("managed", bool, conf_advertise, ad_managed) },
	{ KEY("other", bool, conf_advertise, ad_other) },
	{ KEY("hop_limit", u32, conf_advertise, ad_hlim), BOUNDS(0, 255),
	    .kd_default = "64" },
	{ KEY("mtu", u32, conf_advertise, ad_mtu), BOUNDS(1280, 9216) },
	{ KEY("reachable_time", u32, conf_advertise, ad_reachable),
	    BOUNDS(0, 3600000) },
	{ KEY("retrans_timer", u32, conf_advertise, ad_retrans),
	    BOUNDS(0, 3600000) },
	{ KEY("on_link", bool, conf_advertise, ad_onlink),
	    .kd_default = "yes" },
	{ KEY("autonomous", bool, conf_advertise, ad_auto),
	    .kd_default = "yes" },
	{ KEY("valid_lifetime", lifetime, conf_advertise, ad_valid),
	    .kd_default = "2592000" },
	{ KEY("preferred_lifetime", lifetime, conf_advertise, ad_preferred),
	    .kd_default = "604800" },
	{ LIST("dns", addr, conf_advertise, ad_dns, ad_ndns, 8) },
	{ LIST("dns_search", str, conf_advertise, ad_search, ad_nsearch, 16),
	    STRING(253, check_domain) },
	{ KEY("dns_lifetime", lifetime, conf_advertise, ad_dnslife),
	    BOUNDS(1, 0) },
};

static const struct conf_keydef adprefix_keys[] = {
	{ KEY("interface", str, conf_adprefix, ap_if), STRING(15, conf_ok_name),
	    .kd_required = true, .kd_hint = "\"INTERFACE\"" },
	{ KEY("advertise", bool, conf_adprefix, ap_advertise),
	    .kd_default = "yes" },
	{ KEY("on_link", bool, conf_adprefix, ap_onlink),
	    .kd_default = "yes" },
	{ KEY("autonomous", bool, conf_adprefix, ap_auto),
	    .kd_default = "yes" },
	{ KEY("valid_lifetime", lifetime, conf_adprefix, ap_valid),
	    .kd_default = "2592000" },
	{ KEY("preferred_lifetime", lifetime, conf_adprefix, ap_preferred),
	    .kd_default = "604800" },
};

static const struct conf_keydef neigh_keys[] = {
	{ KEY("interface", str, conf_neigh, ne_if), STRING(15, conf_ok_name),
	    .kd_required = true, .kd_hint = "\"INTERFACE\"" },
	{ KEY("mac", mac, conf_neigh, ne_mac), .kd_required = true,
	    .kd_hint = "\"02:00:00:00:00:01\"" },
};

static const char *const agent_names[] = {
	[CONF_AGENT_DROP] = "drop",
	[CONF_AGENT_KEEP] = "keep",
	[CONF_AGENT_REPLACE] = "replace",
	NULL };

static const struct conf_keydef relay_keys[] = {
	{ LIST("server", addr, conf_relay, rl_server, rl_nserver,
	    2 * CONF_RELAY_SERVERS), .kd_required = true,
	    .kd_hint = "{\"ADDRESS\"}" },
	{ LIST("address", addr, conf_relay, rl_addr, rl_naddr, 2) },
	{ KEY("hops", u32, conf_relay, rl_hops), BOUNDS(1, 16) },
	{ KEY("agent", bool, conf_relay, rl_agent), .kd_default = "yes" },
	{ KEY("existing", enum, conf_relay, rl_policy),
	    .kd_names = agent_names, .kd_default = "drop" },
	{ KEY("circuit", str, conf_relay, rl_circuit),
	    STRING(64, check_id) },
	{ KEY("remote", str, conf_relay, rl_remote), STRING(64, check_id) },
};

static const char *const service_names[] = {
	[CONF_SERVICE_ECHO] = "echo", [CONF_SERVICE_DISCARD] = "discard",
	[CONF_SERVICE_DAYTIME] = "daytime", [CONF_SERVICE_CHARGEN] = "chargen",
	NULL };

static const char *const service_protocols[] = { "udp", NULL };

static const struct conf_keydef service_keys[] = {
	{ KEY("protocol", enum, conf_service, sv_protocol),
	    .kd_names = service_protocols, .kd_default = "udp" },
	{ KEY("port", u32, conf_service, sv_port), BOUNDS(1, 65535) },
	{ LIST("address", addr, conf_service, sv_addr, sv_naddr, 64) },
	{ KEY("vrf", str, conf_service, sv_vrf), STRING(15, conf_ok_name) },
};

static const struct conf_keydef control_keys[] = {
	/* The address of a UNIX socket holds 107 bytes and a NUL. */
	{ KEY("socket", str, conf_control, co_socket),
	    STRING(107, conf_ok_path),
	    .kd_default = "/run/spate/spate.sock" },
	{ KEY("group", str, conf_control, co_group), STRING(32, conf_ok_user) },
	{ KEY("mode", octal, conf_control, co_mode), BOUNDS(0, 0777),
	    .kd_default = "0660" },
};

#define KEYS(keys)	.sd_keys = (keys), .sd_nkeys = NITEMS(keys)
#define ARRAY(type, member, count)					\
	.sd_size = sizeof(struct type),					\
	.sd_off = offsetof(struct conf, member),			\
	.sd_noff = offsetof(struct conf, count)

/* clang-format off */
static const struct conf_secdef top = {
	.sd_name = "the file", KEYS(top_keys), .sd_check = conf_check_top,
};

/* In the order of printing. */
static const struct conf_secdef sections[] = {
	{ .sd_name = "vrf", .sd_flags = CONF_NAMED, KEYS(vrf_keys),
	    ARRAY(conf_vrf, cf_vrf, cf_nvrf), .sd_max = CONF_VRF_MAX,
	    .sd_id = { KEY("a VRF's name", name, conf_vrf, vr_name),
		STRING(15, conf_ok_name), .kd_hint = "NAME" } },
	{ .sd_name = "interface", .sd_flags = CONF_NAMED, KEYS(if_keys),
	    .sd_kind = "driver",
	    ARRAY(conf_if, cf_if, cf_nif), .sd_max = 1024,
	    .sd_id = { KEY("an interface's name", name, conf_if, ci_name),
		STRING(15, conf_ok_name), .kd_hint = "NAME" },
	    .sd_check = conf_check_if },
	{ .sd_name = "vlan", .sd_flags = CONF_NAMED, KEYS(vlan_keys),
	    ARRAY(conf_if, cf_vlan, cf_nvlan), .sd_max = 1024,
	    .sd_id = { KEY("an interface's name", name, conf_if, ci_name),
		STRING(15, conf_ok_name), .kd_hint = "NAME" },
	    .sd_check = conf_check_if },
	{ .sd_name = "neighbour", KEYS(neigh_keys),
	    ARRAY(conf_neigh, cf_neigh, cf_nneigh), .sd_max = 1u << 20,
	    .sd_id = { KEY("a neighbour", addr, conf_neigh, ne_addr),
		.kd_hint = "\"ADDRESS\"" } },
	{ .sd_name = "route", KEYS(route_keys),
	    ARRAY(conf_route, cf_route, cf_nroute), .sd_max = 1u << 21,
	    .sd_id = { KEY("a destination", dst, conf_route, ro_dst),
		.kd_hint = "\"PREFIX\"" },
	    .sd_check = conf_check_route },
	{ .sd_name = "rule", KEYS(rule_keys),
	    ARRAY(conf_rule, cf_rule, cf_nrule), .sd_max = CONF_RULE_MAX,
	    .sd_id = { KEY("a rule's name", name, conf_rule, ru_name),
		STRING(15, conf_ok_name), .kd_hint = "NAME" },
	    .sd_check = conf_check_rule },
	{ .sd_name = "advertise", KEYS(advertise_keys),
	    ARRAY(conf_advertise, cf_advertise, cf_nadvertise), .sd_max = 1024,
	    .sd_id = { KEY("an interface's name", name, conf_advertise, ad_if),
		STRING(15, conf_ok_name), .kd_hint = "INTERFACE" },
	    .sd_check = conf_check_advertise },
	{ .sd_name = "advertise_prefix", KEYS(adprefix_keys),
	    ARRAY(conf_adprefix, cf_adprefix, cf_nadprefix), .sd_max = 4096,
	    .sd_id = { KEY("a prefix", dst, conf_adprefix, ap_prefix),
		.kd_hint = "\"PREFIX\"" },
	    .sd_check = conf_check_adprefix },
	{ .sd_name = "dhcp_relay", KEYS(relay_keys),
	    ARRAY(conf_relay, cf_relay, cf_nrelay), .sd_max = 1024,
	    .sd_id = { KEY("an interface", name, conf_relay, rl_if),
		STRING(15, conf_ok_name), .kd_hint = "INTERFACE" } },
	{ .sd_name = "service", KEYS(service_keys),
	    ARRAY(conf_service, cf_service, cf_nservice), .sd_max = 64,
	    .sd_id = { KEY("a service", enum, conf_service, sv_what),
		.kd_names = service_names, .kd_hint = "echo" } },
	{ .sd_name = "sysctl", .sd_flags = CONF_ONCE | CONF_FREE,
	    ARRAY(conf_sysctl, cf_sysctl, cf_nsysctl) },
	{ .sd_name = "control", .sd_flags = CONF_ONCE, KEYS(control_keys),
	    ARRAY(conf_control, cf_control, cf_ncontrol), .sd_max = 1 },
};
/* clang-format on */

_Static_assert(sizeof(unsigned) == sizeof(enum conf_driver), "conf_type_enum");

const struct conf_table conf_table_spate = {
	.ct_manual = "spate.conf(5)",
	.ct_size = sizeof(struct conf),
	.ct_memoff = offsetof(struct conf, cf_mem),
	.ct_top = &top,
	.ct_sections = sections,
	.ct_nsections = NITEMS(sections),
	.ct_check = conf_check,
};

const char *
conf_driver_name(enum conf_driver d)
{
	return driver_names[d];
}

const char *
conf_if_kind(const struct conf_if *ci)
{
	return ci->ci_parent != NULL ? "vlan" : driver_names[ci->ci_driver];
}
