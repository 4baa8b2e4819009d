/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The tunables of an instance.  One line here makes the member, its name in
 * the tree, its default, its bounds and its text.  ctl writes them, every CPU
 * reads them, relaxed: a change is seen within a round or two and never needs
 * to be seen together with another.
 *
 * Some are words from a list, of which the cell holds the number.  Some are
 * settings of the instance that only make sense at its start: they are taken
 * from the configuration, and refused once sysctl_seal() was called.
 * Members are marked as in cpu/endpoint.h; C: ctl only.
 */
#ifndef CPU_SYSCTL_H
#define CPU_SYSCTL_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* clang-format off */
/*	member, name, default, least, most, text */
#define SYSCTLS(X)							\
	X(isr_burst, "net.isr.burst", 64, 1, 128,			\
	    "packets taken from a receive queue in one round")		\
	X(isr_holdoff, "net.isr.holdoff", 50, 0, 1000000,		\
	    "microseconds a CPU polls in vain before it sleeps")	\
	X(isr_sweeps, "net.isr.sweeps", 8, 1, 64,			\
	    "passes over the path in one round")			\
	X(isr_cycles, "net.isr.cycles", 0, 0, 1,			\
	    "count the cycles that each stage takes")			\
	X(isr_defaultqlimit, "net.isr.defaultqlimit", 2048, 1, 65536,	\
	    "packets of a protocol on their way to a CPU")		\
	X(isr_maxqlimit, "net.isr.maxqlimit", 10240, 1, 65536,		\
	    "no protocol's limit is higher")				\
	X(isr_maxhold, "net.isr.maxhold", 4096, 1, 65536,		\
	    "packets a CPU holds for buckets that move to it")		\
	X(isr_ip_qlimit, "net.isr.ip.qlimit", 0, 0, 65536,		\
	    "limit for IPv4; 0: net.isr.defaultqlimit")			\
	X(isr_ip6_qlimit, "net.isr.ip6.qlimit", 0, 0, 65536,		\
	    "limit for IPv6; 0: net.isr.defaultqlimit")			\
	X(isr_arp_qlimit, "net.isr.arp.qlimit", 0, 0, 65536,		\
	    "limit for ARP; 0: net.isr.defaultqlimit")			\
	X(isr_ether_qlimit, "net.isr.ether.qlimit", 0, 0, 65536,	\
	    "limit for other frames; 0: net.isr.defaultqlimit")		\
	X(punt_arp, "net.punt.arp", 20000, 0, 100000000,		\
	    "ARP packets of this host's addresses a second and "	\
	    "CPU; 0: any number, as of the others")			\
	X(punt_nd, "net.punt.nd", 20000, 0, 100000000,			\
	    "the same for neighbour and router discovery of IPv6")	\
	X(punt_icmp, "net.punt.icmp", 50000, 0, 100000000,		\
	    "the same for ICMP to this host")				\
	X(punt_icmp6, "net.punt.icmp6", 50000, 0, 100000000,		\
	    "the same for ICMPv6 to this host")				\
	X(punt_tcp, "net.punt.tcp", 50000, 0, 100000000,		\
	    "the same for TCP of either family to this host")		\
	X(punt_udp, "net.punt.udp", 50000, 0, 100000000,		\
	    "the same for UDP of either family to this host")		\
	X(punt_other, "net.punt.other", 10000, 0, 100000000,		\
	    "the same for any other protocol")				\
	X(rss_tcp_4tuple, "net.inet.rss.tcp_4tuple", 1, 0, 1,		\
	    "hash TCP, IPv4 and IPv6, over ports, too")			\
	X(rss_udp_4tuple, "net.inet.rss.udp_4tuple", 0, 0, 1,		\
	    "hash UDP, IPv4 and IPv6, over ports, too")			\
	X(rss_balance, "net.inet.rss.balance", 0, 0, 1,			\
	    "move buckets from busy CPUs to idle ones")			\
	X(rss_balance_interval, "net.inet.rss.balance_interval", 1000,	\
	    10, 3600000, "milliseconds between two looks at the load")	\
	X(rss_balance_threshold, "net.inet.rss.balance_threshold", 20,	\
	    1, 100, "percent of a CPU's time that are too uneven")	\
	X(rss_balance_hot, "net.inet.rss.balance_hot", 30, 1, 100,	\
	    "percent of its time the busiest CPU must work, at least")	\
	X(rss_balance_moves, "net.inet.rss.balance_moves", 8, 1, 4096,	\
	    "buckets moved after one look, at most")			\
	X(rss_balance_rest, "net.inet.rss.balance_rest", 10, 1, 250,	\
	    "looks that a bucket stays once moved; twice as many "	\
	    "each time")						\
	X(ip_forwarding, "net.inet.ip.forwarding", 1, 0, 1,		\
	    "forward IPv4 packets")					\
	X(ip_flow_size, "net.inet.ip.flow.size", 0, 0, 1048576,		\
	    "IPv4 and IPv6 destinations whose decision each CPU "	\
	    "remembers, rounded up to a power of two; 0: none")		\
	X(ip_redirect, "net.inet.ip.redirect", 0, 0, 1,		\
	    "tell hosts of better first hops on their link; then "	\
	    "packets do not take the fast path")			\
	X(ip_ttl, "net.inet.ip.ttl", 64, 1, 255,			\
	    "time to live of packets originated here")			\
	X(ip_port_first, "net.inet.ip.portrange.first", 10000, 1, 65535, \
	    "first port that is chosen for an end point without one")	\
	X(ip_port_last, "net.inet.ip.portrange.last", 65535, 1, 65535,	\
	    "last of these ports")					\
	X(ip_process_options, "net.inet.ip.process_options", 1, 0, 2,	\
	    "IPv4 options: 0 passes them on unread, 1 processes them, "	\
	    "2 refuses packets that have any")				\
	X(ip_maxfragpackets, "net.inet.ip.maxfragpackets", 2048,	\
	    0, 1048576, "unfinished datagrams kept; 0: no reassembly")	\
	X(ip_maxfrags, "net.inet.ip.maxfrags", 16384, 1, 16777216,	\
	    "fragments kept")						\
	X(ip_maxfragmem, "net.inet.ip.maxfragmem", 33554432, 65536,	\
	    68719476736, "bytes of buffers that fragments may take; "	\
	    "never over 1/8 of packet memory")				\
	X(ip_maxfragsperpacket, "net.inet.ip.maxfragsperpacket", 128,	\
	    1, 128, "fragments of one datagram")			\
	X(ip_maxfragpersource, "net.inet.ip.maxfragpersource", 64,	\
	    1, 1048576, "unfinished datagrams of one source on a CPU")	\
	X(ip_maxfragbucketsize, "net.inet.ip.maxfragbucketsize", 16,	\
	    1, 65536, "unfinished datagrams in one slot of the table")	\
	X(ip_fragttl, "net.inet.ip.fragttl", 60, 1, 120,		\
	    "seconds until a datagram's fragments are all there")	\
	X(icmp_limit, "net.inet.icmp.icmplim", 200, 0, 1000000,		\
	    "ICMP errors a second and CPU; 0 sends none")		\
	X(ip6_forwarding, "net.inet6.ip6.forwarding", 1, 0, 1,		\
	    "forward IPv6 packets")					\
	X(ip6_redirect, "net.inet6.ip6.redirect", 0, 0, 1,		\
	    "tell hosts of better first hops on their link; then "	\
	    "packets do not take the fast path")			\
	X(ip6_hlim, "net.inet6.ip6.hlim", 64, 1, 255,			\
	    "hop limit of packets originated here")			\
	X(ip6_maxfragpackets, "net.inet6.ip6.maxfragpackets", 2048,	\
	    0, 1048576, "unfinished packets kept; 0: no reassembly")	\
	X(ip6_maxfrags, "net.inet6.ip6.maxfrags", 16384, 1, 16777216,	\
	    "fragments kept")						\
	X(ip6_maxfragmem, "net.inet6.ip6.maxfragmem", 33554432, 65536,	\
	    68719476736, "bytes of buffers that fragments may take; "	\
	    "never over 1/8 of packet memory")				\
	X(ip6_maxfragsperpacket, "net.inet6.ip6.maxfragsperpacket",	\
	    128, 1, 128, "fragments of one packet")			\
	X(ip6_maxfragpersource, "net.inet6.ip6.maxfragpersource", 64,	\
	    1, 1048576, "unfinished packets of one source on a CPU")	\
	X(ip6_maxfragbucketsize, "net.inet6.ip6.maxfragbucketsize",	\
	    16, 1, 65536, "unfinished packets in one slot of the table") \
	X(ip6_fraglifetime, "net.inet6.ip6.fraglifetime_ms", 60000,	\
	    1000, 120000,						\
	    "milliseconds until a packet's fragments are all there")	\
	X(ip6_maxifdefrouters, "net.inet6.ip6.maxifdefrouters", 8,	\
	    0, 16, "default routers accepted on an interface")		\
	X(ip6_maxifprefixes, "net.inet6.ip6.maxifprefixes", 16,		\
	    0, 32, "advertised networks accepted on an interface")	\
	X(icmp6_limit, "net.inet6.icmp6.errppslimit", 200, 0, 1000000,	\
	    "ICMPv6 errors a second and CPU; 0 sends none")		\
	X(relay_rate, "net.inet.dhcprelay.rate", 1000, 1, 1000000,	\
	    "DHCP messages a second, CPU, family and direction")	\
	X(if_coalesce, "net.link.coalesce", 1, 0, 1,			\
	    "merge segments of a flow for devices that take large ones") \
	X(neigh_maxhold, "net.link.neigh.maxhold", 16, 1, 1024,		\
	    "packets a CPU holds for one unresolved neighbour")		\
	X(neigh_maxheld, "net.link.neigh.maxheld", 512, 1, 65536,	\
	    "packets a CPU holds for all unresolved neighbours; never "	\
	    "over 1/8 of its packet memory")				\
	X(neigh_max, "net.link.neigh.max", 65536, 16, 1048576,		\
	    "neighbours in the table")					\
	X(neigh_maxincomplete, "net.link.neigh.maxincomplete", 1024,	\
	    1, 65536, "neighbours being resolved at one time")		\
	X(neigh_tries, "net.link.neigh.tries", 3, 1, 16,		\
	    "requests before a neighbour is unreachable")		\
	X(neigh_retrans, "net.link.neigh.retrans", 1000, 10, 60000,	\
	    "milliseconds between requests")				\
	X(neigh_reachable, "net.link.neigh.reachable", 30000, 100,	\
	    3600000, "milliseconds a confirmed neighbour is trusted")	\
	X(neigh_delay, "net.link.neigh.delay", 5000, 10, 60000,		\
	    "milliseconds of use before a stale neighbour is probed")	\
	X(neigh_gc, "net.link.neigh.gc", 1200, 1, 86400,		\
	    "seconds before an unused neighbour is forgotten")		\
	X(dad_count, "net.inet6.ip6.dad_count", 1, 0, 16,		\
	    "probes for a duplicate address; 0 makes none")

/*	member, name, default (its number), words, text */
#define SYSCTLS_NAMED(X)						\
	X(isr_dispatch, "net.isr.dispatch", 1,				\
	    "direct, hybrid, deferred",					\
	    "how packets find the CPU that goes on with them")		\
	X(ip_fastforward, "net.inet.ip.fastforward", 1,			\
	    "off, on, auto",						\
	    "IPv4 and IPv6: plain transit in one pass, not by stages; "	\
	    "auto: by the flow cache where that is found faster")	\
	X(isr_ip_dispatch, "net.isr.ip.dispatch", 0,			\
	    "default, direct, hybrid, deferred",			\
	    "the same for IPv4; default: as net.isr.dispatch")		\
	X(isr_ip6_dispatch, "net.isr.ip6.dispatch", 0,			\
	    "default, direct, hybrid, deferred",			\
	    "the same for IPv6")					\
	X(isr_arp_dispatch, "net.isr.arp.dispatch", 0,			\
	    "default, direct, hybrid, deferred",			\
	    "the same for ARP, which knows no flows")			\
	X(isr_ether_dispatch, "net.isr.ether.dispatch", 0,		\
	    "default, direct, hybrid, deferred",			\
	    "the same for all other frames, which know no flows")

/*	member, name, default, least, most, text: only at start */
#define SYSCTLS_START(X)						\
	X(rss_bits, "net.inet.rss.bits", 0, 0, 12,			\
	    "2^this buckets of flows; 0: 7, more with over 32 CPUs")

/*	member, name, default (its number), words, text: only at start */
#define SYSCTLS_START_NAMED(X)						\
	X(rss_hashalgo, "net.inet.rss.hashalgo", 0,			\
	    "auto, toeplitz, symmetric",				\
	    "hash of flows; auto: toeplitz if a device may give it")

/*	member, digits, name, default, words, text: only at start */
#define SYSCTLS_START_KEY(X)						\
	X(rss_key, 80, "net.inet.rss.key", "default",			\
	    "default, random, symmetric",				\
	    "key of the Toeplitz hash")
/* clang-format on */

struct sysctls {
#define X(member, name, def, least, most, text)                                \
	_Atomic uint64_t member; /* [A] */
	SYSCTLS(X)
	SYSCTLS_START(X)
#undef X
#define X(member, name, def, words, text) _Atomic uint64_t member; /* [A] */
	SYSCTLS_NAMED(X)
	SYSCTLS_START_NAMED(X)
#undef X
#define X(member, digits, name, def, words, text)                              \
	char member[(digits) + 1]; /* [I] sysctl_seal() */
	SYSCTLS_START_KEY(X)
#undef X
	bool s_sealed; /* [C] sysctl_seal() was called */
};

#define SYSCTL_VALUELEN 128 /* bytes that hold any value as text */

/*
 * A number with bounds; a word of the list sc_words ("direct, hybrid"), whose
 * number is the value; or a key: a word of the list or so many hexadecimal
 * digits, kept as text.
 */
struct sysctl_desc {
	const char *sc_name;
	const char *sc_text;
	size_t sc_offset; /* in struct sysctls */
	uint64_t sc_default;
	uint64_t sc_least;
	uint64_t sc_most;
	const char *sc_words; /* NULL: a number */
	const char *sc_defkey;
	unsigned sc_digits; /* 0: not a key */
	bool sc_start; /* only before sysctl_seal() */
};

/* Ends with an entry that has no name; in the order of the list. */
extern const struct sysctl_desc sysctl_descs[];

void sysctl_init(struct sysctls *);

/* NULL if there is no such name. */
const struct sysctl_desc *sysctl_find(const char *name);

/*
 * Check a value in text; *out is only set if it is good.  Otherwise EINVAL or
 * ENOENT, and err (of errlen bytes) says what would be accepted.
 */
int sysctl_check(const char *name, const char *value, uint64_t *out, char *err,
    size_t errlen);

/*
 * ctl.  Errors as sysctl_check(); EBUSY for a new value of what can be set
 * only at start.
 */
int sysctl_set(struct sysctls *, const char *name, const char *value, char *err,
    size_t errlen);

/* To the default, unless it was final at start. */
void sysctl_reset(struct sysctls *, const struct sysctl_desc *);

/* Whether this is what it is set to. */
bool sysctl_is(const struct sysctls *, const char *name, const char *value);

/* Number, or number of the word. */
uint64_t sysctl_get(const struct sysctls *, const struct sysctl_desc *);

/* The value as sysctl_set() takes it; returns text. */
char *sysctl_format(const struct sysctls *, const struct sysctl_desc *,
    char text[static SYSCTL_VALUELEN]);

/* The instance has started: what is for then only is final. */
void sysctl_seal(struct sysctls *);

/* Reads one tunable; any thread. */
#define tun(sp, member)                                                        \
	atomic_load_explicit(&(sp)->sp_sysctl.member, memory_order_relaxed)

#endif
