/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The views of "spate show": tables of keys, headings and forms.
 */
#include <stdbool.h>
#include <stddef.h>

#include "views.h"

/* clang-format off */
static const struct table interfaces[] = {
	{ "interfaces", NULL, "no interface is configured", {
		{ "name",	"INTERFACE",	CELL_TEXT },
		{ "state",	"STATE",	CELL_TEXT },
		{ "driver",	"DRIVER",	CELL_TEXT },
		{ "device",	"DEVICE",	CELL_TEXT },
		{ "mac",	"MAC",		CELL_TEXT },
		{ "mtu",	"MTU",		CELL_NUMBER },
		{ "rx_packets",	"RECEIVED",	CELL_NUMBER },
		{ "rx_bytes",	"BYTES",	CELL_BYTES },
		{ "tx_packets",	"SENT",		CELL_NUMBER },
		{ "tx_bytes",	"BYTES",	CELL_BYTES },
		{ "drops",	"DROPPED",	CELL_NUMBER },
		{ "device_dropped", "LOST BEFORE", CELL_NUMBER } } },
	{ "interfaces/addresses", NULL, NULL, {
		{ "../name",	"INTERFACE",	CELL_TEXT },
		{ "address",	"ADDRESS",	CELL_TEXT },
		{ "tentative",	"TENTATIVE",	CELL_YES },
		{ "duplicate",	"DUPLICATE",	CELL_YES },
		{ "deprecated",	"DEPRECATED",	CELL_YES },
		{ "autoconf",	"AUTOCONF",	CELL_YES } } },
	{ "interfaces/vlan", NULL, NULL, {
		{ "../name",	"VLAN",		CELL_TEXT },
		{ "parent",	"ON",		CELL_TEXT },
		{ "id",		"ID",		CELL_NUMBER },
		{ "protocol",	"PROTOCOL",	CELL_TEXT },
		{ "priority",	"PRIORITY",	CELL_TEXT } } },
	{ "interfaces", "mss", NULL, {
		{ "name",	"INTERFACE",	CELL_TEXT },
		{ "mss",	"TCP MSS",	CELL_TEXT } } },
	{ "interfaces", "reverse_path", NULL, {
		{ "name",	"INTERFACE",	CELL_TEXT },
		{ "reverse_path", "REVERSE PATH", CELL_TEXT } } },
	{ "interfaces", "dscp", NULL, {
		{ "name",	"INTERFACE",	CELL_TEXT },
		{ "dscp",	"DSCP",		CELL_TEXT } } },
	{ "interfaces", "note", NULL, {
		{ "name",	"INTERFACE",	CELL_TEXT },
		{ "note",	"NOTE",		CELL_TEXT } } },
	{ 0 }
};

static const struct table routes[] = {
	{ "routes", NULL, "no route is known", {
		{ "prefix",	"PREFIX",	CELL_TEXT },
		{ "via",	"VIA",		CELL_TEXT },
		{ "interface",	"INTERFACE",	CELL_TEXT },
		{ "type",	"TYPE",		CELL_TEXT },
		{ "protocol",	"FROM",		CELL_TEXT },
		{ "active",	"ACTIVE",	CELL_YES },
		{ "distance",	"DISTANCE",	CELL_NUMBER },
		{ "vrf",	"VRF",		CELL_TEXT } } },
	/* The ways of those that have several. */
	{ "routes/ways", NULL, NULL, {
		{ "../prefix",	"GROUP",	CELL_TEXT },
		{ "../vrf",	"VRF",		CELL_TEXT },
		{ "via",	"VIA",		CELL_TEXT },
		{ "interface",	"INTERFACE",	CELL_TEXT },
		{ "used",	"USED",		CELL_YES },
		{ "answers",	"ANSWERS",	CELL_YES },
		{ "slots",	"SLOTS",	CELL_NUMBER },
		{ "of",		"OF",		CELL_NUMBER } } },
	{ 0 }
};

static const struct table vrfs[] = {
	{ "vrfs", NULL, NULL, {
		{ "name",	"VRF",		CELL_TEXT },
		{ "id",		"ID",		CELL_NUMBER },
		{ "ninterfaces", "INTERFACES",	CELL_NUMBER },
		{ "prefixes4",	"IPV4 PREFIXES", CELL_NUMBER },
		{ "prefixes6",	"IPV6 PREFIXES", CELL_NUMBER },
		{ "bytes",	"MEMORY",	CELL_BYTES } } },
	{ "vrfs/interfaces", NULL, NULL, {
		{ "../name",	"VRF",		CELL_TEXT },
		{ "name",	"INTERFACE",	CELL_TEXT } } },
	{ 0 }
};

static const struct table routers[] = {
	{ "advertised", NULL, "this router advertises on no link", {
		{ "interface",	"INTERFACE",	CELL_TEXT },
		{ "lifetime",	"LIFETIME",	CELL_NUMBER },
		{ "preference",	"PREFERENCE",	CELL_TEXT },
		{ "interval_min", "EVERY",	CELL_NUMBER },
		{ "interval_max", "TO",		CELL_NUMBER },
		{ "managed",	"MANAGED",	CELL_YES },
		{ "other",	"OTHER",	CELL_YES },
		{ "sent",	"SENT",		CELL_NUMBER },
		{ "answered",	"ANSWERED",	CELL_NUMBER },
		{ "next",	"NEXT",		CELL_TIME } } },
	{ "routers", NULL, NULL, {
		{ "interface",	"INTERFACE",	CELL_TEXT },
		{ "router",	"DEFAULT ROUTER", CELL_TEXT },
		{ "preference",	"PREFERENCE",	CELL_TEXT },
		{ "left",	"LEFT",		CELL_TIME } } },
	{ "networks", NULL, NULL, {
		{ "interface",	"INTERFACE",	CELL_TEXT },
		{ "prefix",	"NETWORK ON LINK", CELL_TEXT },
		{ "left",	"LEFT",		CELL_TIME } } },
	{ "addresses", NULL, NULL, {
		{ "interface",	"INTERFACE",	CELL_TEXT },
		{ "address",	"ADDRESS MADE",	CELL_TEXT },
		{ "state",	"STATE",	CELL_TEXT },
		{ "left",	"VALID",	CELL_TIME },
		{ "preferred",	"PREFERRED",	CELL_TIME } } },
	{ "advertised/prefixes", NULL, NULL, {
		{ "../interface", "INTERFACE",	CELL_TEXT },
		{ "prefix",	"PREFIX",	CELL_TEXT },
		{ "on_link",	"ON LINK",	CELL_YES },
		{ "autonomous",	"AUTONOMOUS",	CELL_YES },
		{ "valid",	"VALID",	CELL_NUMBER },
		{ "preferred",	"PREFERRED",	CELL_NUMBER } } },
	{ 0 }
};

static const struct table neighbours[] = {
	{ "neighbours", NULL, "no neighbour is known", {
		{ "address",	"ADDRESS",	CELL_TEXT },
		{ "interface",	"INTERFACE",	CELL_TEXT },
		{ "mac",	"MAC",		CELL_TEXT },
		{ "state",	"STATE",	CELL_TEXT },
		{ "router",	"ROUTER",	CELL_YES },
		{ "age",	"AGE",		CELL_TIME } } },
	{ 0 }
};

static const struct table cpus[] = {
	{ "cpus", NULL, NULL, {
		{ "cpu",	"CPU",		CELL_NUMBER },
		{ "busy",	"BUSY %",	CELL_REAL },
		{ "rounds",	"ROUNDS",	CELL_NUMBER },
		{ "longest_ns",	"LONGEST NS",	CELL_NUMBER },
		{ "longest_lately_ns", "LATELY NS", CELL_NUMBER },
		{ "sleeps",	"SLEEPS",	CELL_NUMBER },
		{ "messages",	"MESSAGES",	CELL_NUMBER } } },
	/* What came in on the left went out on the right. */
	{ "cpus", NULL, NULL, {
		{ "cpu",	"CPU",		CELL_NUMBER },
		{ "received",	"RECEIVED",	CELL_NUMBER },
		{ "originated",	"ORIGINATED",	CELL_NUMBER },
		{ "copied",	"COPIED",	CELL_NUMBER },
		{ "sent",	"SENT",		CELL_NUMBER },
		{ "delivered",	"DELIVERED",	CELL_NUMBER },
		{ "merged",	"MERGED",	CELL_NUMBER },
		{ "dropped",	"DROPPED",	CELL_NUMBER },
		{ "held",	"HELD",		CELL_NUMBER } } },
	{ "cpus/stages", NULL, NULL, {
		{ "../cpu",	"CPU",		CELL_NUMBER },
		{ "stage",	"STAGE",	CELL_TEXT },
		{ "packets",	"PACKETS",	CELL_NUMBER },
		{ "calls",	"VECTORS",	CELL_NUMBER },
		{ "vector",	"PER VECTOR",	CELL_REAL },
		{ "cycles",	"CYCLES",	CELL_REAL } } },
	{ 0 }
};

static const struct table dhcp[] = {
	{ "relays", NULL, "no interface relays DHCP", {
		{ "interface",	"INTERFACE",	CELL_TEXT },
		{ "address",	"GIADDR",	CELL_TEXT },
		{ "address6",	"LINK ADDRESS",	CELL_TEXT },
		{ "hops",	"HOPS",		CELL_NUMBER },
		{ "hops6",	"HOPS6",	CELL_NUMBER },
		{ "agent",	"OPTION 82",	CELL_YES },
		{ "existing",	"IF THERE",	CELL_TEXT },
		{ "circuit",	"CIRCUIT",	CELL_TEXT },
		{ "remote",	"REMOTE",	CELL_TEXT } } },
	{ "relays/servers", NULL, NULL, {
		{ "../interface", "INTERFACE",	CELL_TEXT },
		{ "address",	"SERVER",	CELL_TEXT } } },
	{ "messages", NULL, NULL, {
		{ "packets",	"MESSAGES",	CELL_NUMBER },
		{ "text",	"WHAT BECAME OF THEM", CELL_TEXT } } },
	{ 0 }
};

static const struct table flows[] = {
	{ "caches", NULL, NULL, {
		{ "cpu",	"CPU",		CELL_NUMBER },
		{ "size",	"SIZE",		CELL_NUMBER },
		{ "entries",	"ENTRIES",	CELL_NUMBER },
		{ "stale",	"STALE",	CELL_NUMBER },
		{ "hits",	"HITS",		CELL_NUMBER },
		{ "misses",	"MISSES",	CELL_NUMBER },
		{ "replaced",	"REPLACED",	CELL_NUMBER },
		{ "refused",	"REFUSED",	CELL_NUMBER },
		{ "invalidated", "INVALIDATED",	CELL_NUMBER },
		{ "used",	"USED",		CELL_YES },
		{ "decision",	"WHY",		CELL_TEXT } } },
	{ "flows", NULL, NULL, {
		{ "cpu",	"CPU",		CELL_NUMBER },
		{ "destination", "DESTINATION",	CELL_TEXT },
		{ "via",	"VIA",		CELL_TEXT },
		{ "interface",	"INTERFACE",	CELL_TEXT },
		{ "mac",	"MAC",		CELL_TEXT },
		{ "packets",	"PACKETS",	CELL_NUMBER },
		{ "bytes",	"BYTES",	CELL_BYTES },
		{ "age",	"KNOWN SINCE",	CELL_TIME },
		{ "stale",	"STALE",	CELL_YES },
		{ "vrf",	"VRF",		CELL_TEXT } } },
	{ "more", NULL, NULL, {
		{ "flows",	"FLOWS NOT SHOWN", CELL_NUMBER } } },
	{ 0 }
};

static const struct table drops[] = {
	{ "drops", NULL, "no packet was dropped", {
		{ "interface",	"INTERFACE",	CELL_TEXT },
		{ "packets",	"PACKETS",	CELL_NUMBER },
		{ "layer",	"LAYER",	CELL_TEXT },
		{ "reason",	"REASON",	CELL_TEXT } } },
	{ 0 }
};

static const struct table memory[] = {
	{ "packet_memory", NULL, NULL, {
		{ "bytes",	"PACKET MEMORY", CELL_BYTES },
		{ "huge_pages",	"HUGE PAGES",	CELL_YES } } },
	{ "packet_memory/pools", NULL, NULL, {
		{ "cpu",	"CPU",		CELL_NUMBER },
		{ "buffers",	"BUFFERS",	CELL_NUMBER },
		{ "free",	"FREE",		CELL_NUMBER },
		{ "least_free",	"LEAST FREE",	CELL_NUMBER },
		{ "clones",	"CLONES",	CELL_NUMBER },
		{ "large",	"LARGE",	CELL_NUMBER },
		{ "large_free",	"FREE",		CELL_NUMBER },
		{ "refused",	"REFUSED",	CELL_NUMBER },
		{ "sent_home",	"SENT HOME",	CELL_NUMBER } } },
	{ "routing", NULL, NULL, {
		{ "rib",	"ROUTES",	CELL_BYTES },
		{ "fib4",	"IPV4 LOOKUP",	CELL_BYTES },
		{ "fib6",	"IPV6 LOOKUP",	CELL_BYTES } } },
	{ 0 }
};

static const struct table fragments[] = {
	{ "waiting", NULL, NULL, {
		{ "cpu",	"CPU",		CELL_NUMBER },
		{ "family",	"FAMILY",	CELL_TEXT },
		{ "datagrams",	"DATAGRAMS",	CELL_NUMBER },
		{ "max_datagrams", "AT MOST",	CELL_NUMBER },
		{ "fragments",	"FRAGMENTS",	CELL_NUMBER },
		{ "max_fragments", "AT MOST",	CELL_NUMBER },
		{ "bytes",	"BYTES",	CELL_BYTES },
		{ "peak_bytes",	"PEAK",		CELL_BYTES },
		{ "max_bytes",	"AT MOST",	CELL_BYTES } } },
	{ "reassembly", NULL, NULL, {
		{ "cpu",	"CPU",		CELL_NUMBER },
		{ "family",	"FAMILY",	CELL_TEXT },
		{ "received",	"FRAGMENTS",	CELL_NUMBER },
		{ "handed",	"HANDED ON",	CELL_NUMBER },
		{ "reassembled", "REASSEMBLED",	CELL_NUMBER },
		{ "stayed",	"STAYED",	CELL_NUMBER },
		{ "to_owner",	"TO OWNER",	CELL_NUMBER } } },
	{ 0 }
};

static const struct table affinity[] = {
	{ "affinity", NULL, "no interface has a receive queue", {
		{ "interface",	"INTERFACE",	CELL_TEXT },
		{ "queue",	"QUEUE",	CELL_NUMBER },
		{ "cpu",	"CPU",		CELL_NUMBER },
		{ "moving",	"MOVING",	CELL_YES },
		{ "irq",	"INTERRUPT",	CELL_NUMBER },
		{ "packets",	"PACKETS",	CELL_NUMBER } } },
	{ 0 }
};

static const struct table netisr[] = {
	{ "configuration", NULL, NULL, {
		{ "cpus",	"CPUS",		CELL_NUMBER },
		{ "default_limit", "DEFAULT LIMIT", CELL_NUMBER },
		{ "most_limit",	"HIGHEST LIMIT", CELL_NUMBER },
		{ "dispatch",	"DISPATCH",	CELL_TEXT } } },
	{ "protocols", NULL, NULL, {
		{ "name",	"NAME",		CELL_TEXT },
		{ "limit",	"LIMIT",	CELL_NUMBER },
		{ "policy",	"POLICY",	CELL_TEXT },
		{ "dispatch",	"DISPATCH",	CELL_TEXT } } },
	{ "workstreams", NULL, NULL, {
		{ "cpu",	"CPU",		CELL_NUMBER },
		{ "name",	"NAME",		CELL_TEXT },
		{ "limit",	"LIMIT",	CELL_NUMBER },
		{ "length",	"LENGTH",	CELL_NUMBER },
		{ "watermark",	"WATERMARK",	CELL_NUMBER },
		{ "dispatched",	"DISPATCHED",	CELL_NUMBER },
		{ "hybrid_dispatched", "HYBRID", CELL_NUMBER },
		{ "drops",	"DROPS",	CELL_NUMBER },
		{ "queued",	"QUEUED",	CELL_NUMBER },
		{ "handled",	"HANDLED",	CELL_NUMBER } } },
	{ 0 }
};

static const struct table services[] = {
	{ "services", NULL, "there are no services", {
		{ "service",	"SERVICE",	CELL_TEXT },
		{ "protocol",	"PROTOCOL",	CELL_TEXT },
		{ "address",	"ADDRESS",	CELL_TEXT },
		{ "port",	"PORT",		CELL_NUMBER },
		{ "vrf",	"VRF",		CELL_TEXT },
		{ "state",	"STATE",	CELL_TEXT },
		{ "in",		"IN",		CELL_NUMBER },
		{ "out",	"OUT",		CELL_NUMBER },
		{ "refused",	"REFUSED",	CELL_NUMBER } } },
	{ 0 }
};

static const struct table punts[] = {
	{ "limits", NULL, NULL, {
		{ "protocol",	"PROTOCOL",	CELL_TEXT },
		{ "rate",	"A SECOND AND CPU", CELL_NUMBER } } },
	{ "punts", NULL, "nothing was for this host yet", {
		{ "interface",	"INTERFACE",	CELL_TEXT },
		{ "protocol",	"PROTOCOL",	CELL_TEXT },
		{ "passed",	"LET IN",	CELL_NUMBER },
		{ "refused",	"REFUSED",	CELL_NUMBER } } },
	{ 0 }
};

static const struct table rss[] = {
	{ "rss", NULL, NULL, {
		{ "algorithm",	"HASH",		CELL_TEXT },
		{ "bits",	"BITS",		CELL_NUMBER },
		{ "buckets",	"BUCKETS",	CELL_NUMBER },
		{ "key",	"KEY",		CELL_TEXT },
		{ "key_bytes",	"BYTES",	CELL_TEXT } } },
	{ "types", NULL, NULL, {
		{ "packets",	"PACKETS",	CELL_TEXT },
		{ "hash",	"HASHED OVER",	CELL_TEXT } } },
	{ "interfaces", NULL, NULL, {
		{ "name",	"INTERFACE",	CELL_TEXT },
		{ "queues",	"QUEUES",	CELL_NUMBER },
		{ "key",	"ITS KEY",	CELL_TEXT },
		{ "table",	"TABLE",	CELL_TEXT },
		{ "gives",	"GIVES",	CELL_TEXT },
		{ "hash_found",	"HASH FOUND",	CELL_TEXT },
		{ "used",	"USED",		CELL_YES },
		{ "checked",	"CHECKED",	CELL_NUMBER },
		{ "wrong",	"WRONG",	CELL_NUMBER },
		{ "queue_found", "QUEUE FOUND",	CELL_TEXT } } },
	{ "moves", NULL, NULL, {
		{ "moved",	"BUCKETS MOVED", CELL_NUMBER },
		{ "running",	"NOW",		CELL_YES },
		{ "balance",	"BALANCER",	CELL_TEXT },
		{ "looks",	"LOOKS",	CELL_NUMBER },
		{ "acted",	"ACTED",	CELL_NUMBER },
		{ "balanced",	"MOVED BY IT",	CELL_NUMBER } } },
	{ "balanced", NULL, NULL, {
		{ "ago",	"AGO",		CELL_TIME },
		{ "bucket",	"BUCKET",	CELL_NUMBER },
		{ "from",	"FROM CPU",	CELL_NUMBER },
		{ "to",		"TO CPU",	CELL_NUMBER },
		{ "percent",	"% OF A CPU",	CELL_REAL } } },
	{ "buckets", NULL, NULL, {
		{ "bucket",	"BUCKET",	CELL_NUMBER },
		{ "cpu",	"CPU",		CELL_NUMBER },
		{ "packets",	"PACKETS",	CELL_NUMBER } } },
	{ 0 }
};

static const struct table rules[] = {
	{ "rules", NULL, "there are no policy routes", {
		{ "name",	"RULE",		CELL_TEXT },
		{ "vrf",	"VRF",		CELL_TEXT },
		{ "match",	"MATCHES",	CELL_TEXT },
		{ "action",	"ACTION",	CELL_TEXT },
		{ "to",		"TO",		CELL_TEXT },
		{ "packets",	"PACKETS",	CELL_NUMBER },
		{ "bytes",	"BYTES",	CELL_NUMBER } } },
	{ 0 }
};

static const struct table version[] = {
	{ "", NULL, NULL, {
		{ "version",	"VERSION",	CELL_TEXT },
		{ "hostname",	"HOSTNAME",	CELL_TEXT },
		{ "cpus",	"CPUS",		CELL_NUMBER },
		{ "uptime",	"UP",		CELL_TIME } } },
	{ 0 }
};

static const struct table sysctl[] = {
	{ "sysctl", NULL, NULL, {
		{ "name",	"NAME",		CELL_TEXT },
		{ "value",	"VALUE",	CELL_NUMBER },
		{ "default",	"DEFAULT",	CELL_NUMBER },
		{ "accepts",	"ACCEPTS",	CELL_TEXT },
		{ "start",	"AT START",	CELL_YES },
		{ "text",	"WHAT IT IS",	CELL_TEXT } } },
	{ 0 }
};

static const struct table changes[] = {
	{ "changes", NULL, "all is as the file says", {
		{ "sign",	"",		CELL_TEXT },
		{ "text",	"CHANGE",	CELL_TEXT } } },
	{ 0 }
};

static const struct table counters[] = {
	{ "counters", NULL, "nothing was counted yet", {
		{ "layer",	"LAYER",	CELL_TEXT },
		{ "value",	"VALUE",	CELL_NUMBER },
		{ "drop",	"DROP",		CELL_YES },
		{ "text",	"WHAT IT COUNTS", CELL_TEXT } } },
	{ 0 }
};

#define VIEW(name, text)	{ #name, text, name, NULL }

const struct view views[] = {
	VIEW(interfaces, "devices, addresses and what passed"),
	VIEW(routes, "where packets go"),
	VIEW(rules, "policy routes in their order, and what matched them"),
	VIEW(vrfs, "routing tables, and the interfaces of each"),
	VIEW(routers, "router discovery: what is advertised, and believed"),
	VIEW(neighbours, "hosts on the links, by ARP and IPv6 discovery"),
	VIEW(cpus, "what each CPU did, stage by stage"),
	VIEW(flows, "what CPUs remember of flows, and whether that pays"),
	VIEW(fragments, "datagrams whose fragments have not all come"),
	VIEW(affinity, "which CPU serves which receive queue"),
	VIEW(netisr, "packets handed between CPUs, by protocol"),
	VIEW(services, "what this daemon answers itself, and how much"),
	VIEW(punts, "packets for this host itself, and what limits them"),
	VIEW(rss, "which CPU owns which flows"),
	VIEW(dhcp, "interfaces that relay DHCP, and what they relayed"),
	VIEW(drops, "packets that died here, and why"),
	VIEW(counters, "everything counted, if it is not zero"),
	VIEW(memory, "packet buffers and routing tables"),
	VIEW(sysctl, "tunables with their bounds"),
	VIEW(changes, "what was changed by hand and is not in the file"),
	{ "config", "the running configuration, in the file's form", NULL,
	    "config" },
	VIEW(version, "the running program"), { 0 } };
/* clang-format on */
