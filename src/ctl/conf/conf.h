/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The configuration file as a value.
 *
 * conf_load() reads a file (spate.conf(5)), checks it as a whole and gives
 * either a struct conf or a list of mistakes, never both.  A struct conf does
 * not change after that; all it points to belongs to it and goes with
 * conf_free().  It may be read by any thread.
 *
 * Every list item and every section remembers where it stands, so that who
 * acts on it later (a device that cannot be opened) can say so too.
 *
 * Members that were not given and have no default are 0, NULL or empty.
 */
#ifndef CTL_CONF_CONF_H
#define CTL_CONF_CONF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/addr.h"

struct conf;
struct conf_mem;
struct conf_secdef;

/* Columns count bytes from 1.  A line of 0 stands for the file itself. */
struct conf_pos {
	const char	*cp_file;
	unsigned	 cp_line;
	unsigned	 cp_col;
};

#define CONF_ERRORS_MAX 32

/* Mistakes in the order of the file. */
struct conf_errors {
	unsigned	 ce_n;		/* texts kept */
	unsigned	 ce_more;	/* mistakes beyond CONF_ERRORS_MAX */
	char		*ce_text[CONF_ERRORS_MAX];
	struct conf_pos	 ce_pos[CONF_ERRORS_MAX]; /* cp_file: compare only */
};

/* What the parser needs from its surroundings; all of it may be 0. */
struct conf_env {
	unsigned ce_via_max;	/* next hops a route may have; 0: any number */
	void	*ce_arg;	/* handed to each function */
	/*
	 * Whether a sysctl may have this value.  Returns 0, or an errno value
	 * with the reason in err.
	 */
	int	(*ce_sysctl)(void *arg, const char *name, const char *value,
		    char *err, size_t errlen);
	/*
	 * The whole content of a file, allocated by malloc(3).  NULL means
	 * the file system.
	 */
	int	(*ce_read)(void *arg, const char *path, char **text,
		    size_t *len);
};

enum conf_driver {
	CONF_TAP, CONF_XDP, CONF_PACKET, CONF_PAIR, CONF_PCAP, CONF_MEMIF
};

enum conf_checksum {
	CONF_CSUM_TRUST,	/* received checksums are what they should be */
	CONF_CSUM_REPAIR	/* the sender leaves them to its hardware */
};

enum conf_login {
	CONF_LOGIN_KEEP,	/* do not take the device the user came by */
	CONF_LOGIN_CUT		/* he knows */
};

enum conf_mode { CONF_MODE_AUTO, CONF_MODE_COPY, CONF_MODE_ZEROCOPY };

enum conf_role { CONF_SERVER, CONF_CLIENT };

/* First in each section; conf_where() looks into it. */
struct conf_sec {
	const struct conf_secdef *cs_def;
	struct conf_pos	 cs_pos;	/* of its name or keyword */
	struct conf_pos	*cs_at;		/* of each key; line 0: not given */
};

struct conf_prefix {
	struct conf_pos	 cx_pos;
	struct prefix	 cx_prefix;	/* host bits kept as given */
};

struct conf_addr {
	struct conf_pos	 ca_pos;
	struct addr	 ca_addr;
	char		 ca_zone[16];	/* a gateway's interface, or "" */
};

enum conf_protocol { CONF_8021Q, CONF_8021AD };

#define CONF_MSS_AUTO 1		/* what fits the MTU */

#define CONF_PRIORITY_MAP 8	/* the packet's own */

#define CONF_VRF_MAIN	"main"	/* what has no vrf is in this, of id 0 */
#define CONF_VRF_MAX	15	/* highest vr_id */
#define CONF_RULE_MAX	1024

/* Router advertisements: not believed; but for addresses; all of them. */
enum conf_accept_ra { CONF_RA_NO, CONF_RA_ROUTERS, CONF_RA_YES };

#define CONF_DSCP(n) ((n) + 1)	/* codepoint n, of 0 to 63 */

/* What sources of packets that come in by an interface may be. */
enum conf_reverse {
	CONF_REVERSE_OFF,	/* any */
	CONF_REVERSE_LOOSE,	/* those that are reached somewhere */
	CONF_REVERSE_STRICT	/* those that are reached by it */
};

struct conf_vrf {
	struct conf_sec	 vr_sec;
	const char	*vr_name;
	unsigned	 vr_id;		/* number of its routing table */
	const char	*vr_description;
};

/*
 * An interface: of a device, or a VLAN (ci_parent is not NULL), which has none
 * of the members of drivers.
 */
struct conf_if {
	struct conf_sec	 ci_sec;
	const char	*ci_name;
	enum conf_driver ci_driver;
	const char	*ci_device;	/* in the kernel: tap, xdp, packet */
	unsigned	 ci_queues;	/* 0: as many as there are CPUs */
	unsigned	 ci_mtu;	/* 0: the device's */
	unsigned	 ci_mss;	/* 0: any; CONF_MSS_AUTO, or bytes */
	uint8_t		 ci_mac[6];	/* all 0: the device's */
	enum conf_checksum ci_checksum;
	enum conf_mode	 ci_mode;	/* xdp */
	bool		 ci_offload;	/* tap, packet */
	bool		 ci_mute;	/* packet: the kernel's stack */
	enum conf_login	 ci_login;	/* xdp, packet */
	const char	*ci_owner;	/* tap */
	const char	*ci_peer;	/* pair */
	const char	*ci_read;	/* pcap */
	const char	*ci_write;	/* pcap */
	const char	*ci_socket;	/* memif: a path, or "@name" */
	enum conf_role	 ci_role;	/* memif */
	unsigned	 ci_memid;	/* memif: on its socket */
	unsigned	 ci_ring;	/* memif: descriptors; a power of 2 */
	unsigned	 ci_buffer;	/* memif: bytes */
	const char	*ci_secret;	/* memif */
	const char	*ci_parent;	/* vlan: what it stands on */
	unsigned	 ci_id;		/* vlan */
	enum conf_protocol ci_protocol;	/* vlan */
	unsigned	 ci_priority;	/* vlan: 0 to 7, CONF_PRIORITY_MAP */
	const char	*ci_vrf;	/* NULL: main */
	enum conf_accept_ra ci_accept_ra;
	enum conf_reverse ci_reverse;
	unsigned	 ci_dscp;	/* 0: as it came; else CONF_DSCP(n) */
	const char	*ci_description;
	struct conf_prefix *ci_addr;
	unsigned	 ci_naddr;
};

/*
 * Exactly one of ro_nvia > 0, ro_table, ro_blackhole, ro_unreachable and
 * ro_prohibit holds.
 */
struct conf_route {
	struct conf_sec	 ro_sec;
	struct conf_prefix ro_dst;	/* host bits are 0 */
	struct conf_addr *ro_via;	/* several: equal-cost paths */
	unsigned	 ro_nvia;
	const char	*ro_if;		/* NULL: found by each via's network */
	const char	*ro_vrf;	/* it is in; NULL: main */
	const char	*ro_table;	/* the VRF that knows more */
	bool		 ro_blackhole;
	bool		 ro_unreachable;
	bool		 ro_prohibit;
	unsigned	 ro_preference;	/* lower wins; 0: the usual one */
};

struct conf_ports {
	uint16_t	 cp_lo;
	uint16_t	 cp_hi;		/* not below cp_lo */
};

/*
 * A policy route.  Of each list, any item will do; an empty one demands
 * nothing.
 */
struct conf_rule {
	struct conf_sec	 ru_sec;
	const char	*ru_name;
	const char	**ru_if;	/* all of one VRF */
	unsigned	 ru_nif;
	struct conf_prefix *ru_src;	/* host bits are 0, as the next */
	unsigned	 ru_nsrc;
	struct conf_prefix *ru_dst;
	unsigned	 ru_ndst;
	unsigned	*ru_dscp;	/* CONF_DSCP(n) */
	unsigned	 ru_ndscp;
	unsigned	*ru_proto;
	unsigned	 ru_nproto;
	struct conf_ports *ru_sport;
	unsigned	 ru_nsport;
	struct conf_ports *ru_dport;
	unsigned	 ru_ndport;
	unsigned	 ru_family;	/* of its addresses; 0: it has none */
	/*
	 * What becomes of packets, as a route has it, of which ro_dst and
	 * ro_if are not used; ro_vrf is that of the interfaces.
	 */
	struct conf_route ru_way;
};

enum conf_preference { CONF_PREF_LOW, CONF_PREF_MEDIUM, CONF_PREF_HIGH };

#define CONF_INFINITE UINT32_MAX	/* of lifetimes */

/* Router advertisements that an interface sends. */
struct conf_advertise {
	struct conf_sec	 ad_sec;
	const char	*ad_if;
	unsigned	 ad_max;	/* s, as the next */
	unsigned	 ad_min;	/* 0: what RFC 4861 has for ad_max */
	unsigned	 ad_lifetime;
	enum conf_preference ad_preference;
	bool		 ad_managed;
	bool		 ad_other;
	unsigned	 ad_hlim;
	unsigned	 ad_mtu;	/* 0: not said */
	unsigned	 ad_reachable;	/* ms; 0: not said, as the next */
	unsigned	 ad_retrans;
	bool		 ad_onlink;	/* of prefixes, as the next three */
	bool		 ad_auto;
	unsigned	 ad_valid;	/* s, or CONF_INFINITE */
	unsigned	 ad_preferred;
	struct conf_addr *ad_dns;
	unsigned	 ad_ndns;
	const char	**ad_search;
	unsigned	 ad_nsearch;
	unsigned	 ad_dnslife;	/* s, CONF_INFINITE; 0: 3 * ad_max */
};

/* What an interface says of one prefix. */
struct conf_adprefix {
	struct conf_sec	 ap_sec;
	struct conf_prefix ap_prefix;	/* host bits are 0 */
	const char	*ap_if;
	bool		 ap_advertise;
	bool		 ap_onlink;
	bool		 ap_auto;
	unsigned	 ap_valid;
	unsigned	 ap_preferred;
};

struct conf_neigh {
	struct conf_sec	 ne_sec;
	struct conf_addr ne_addr;
	const char	*ne_if;
	uint8_t		 ne_mac[6];
};

enum conf_agent { CONF_AGENT_DROP, CONF_AGENT_KEEP, CONF_AGENT_REPLACE };

#define CONF_RELAY_SERVERS 16	/* of each family */

/* The relay of DHCP and DHCPv6 of an interface. */
struct conf_relay {
	struct conf_sec	 rl_sec;
	const char	*rl_if;
	struct conf_addr *rl_server;	/* of both families */
	unsigned	 rl_nserver;
	struct conf_addr *rl_addr;	/* at most one of each family */
	unsigned	 rl_naddr;
	unsigned	 rl_hops;	/* 0: as the family has it */
	bool		 rl_agent;	/* option 82 */
	enum conf_agent	 rl_policy;	/* for those that are there */
	const char	*rl_circuit;	/* NULL: the interface's name */
	const char	*rl_remote;
};

/* As enum udp_service. */
enum conf_service_name {
	CONF_SERVICE_ECHO, CONF_SERVICE_DISCARD, CONF_SERVICE_DAYTIME,
	CONF_SERVICE_CHARGEN
};

/* A service of the daemon's own. */
struct conf_service {
	struct conf_sec	 sv_sec;
	enum conf_service_name sv_what;
	unsigned	 sv_protocol;	/* UDP, the only one */
	unsigned	 sv_port;	/* 0: the usual one */
	struct conf_addr *sv_addr;	/* none: any */
	unsigned	 sv_naddr;
	const char	*sv_vrf;	/* NULL: main */
};

struct conf_sysctl {
	struct conf_pos	 sy_pos;
	const char	*sy_name;
	const char	*sy_value;
};

struct conf_control {
	struct conf_sec	 co_sec;
	const char	*co_socket;
	const char	*co_group;
	unsigned	 co_mode;
};

struct conf {
	struct conf_sec	 cf_sec;
	unsigned	 cf_cpus;	/* workers; at least 1 */
	unsigned	*cf_cpu_list;	/* the core of each, or empty */
	unsigned	 cf_ncpu_list;	/* 0 or cf_cpus */
	uint64_t	 cf_memory;	/* bytes for packets; 0: the default */
	const char	*cf_hostname;
	struct conf_vrf	*cf_vrf;
	unsigned	 cf_nvrf;
	struct conf_if	*cf_if;
	unsigned	 cf_nif;
	struct conf_if	*cf_vlan;
	unsigned	 cf_nvlan;
	struct conf_neigh *cf_neigh;
	unsigned	 cf_nneigh;
	struct conf_route *cf_route;
	unsigned	 cf_nroute;
	struct conf_rule *cf_rule;	/* in their order */
	unsigned	 cf_nrule;
	struct conf_advertise *cf_advertise;
	unsigned	 cf_nadvertise;
	struct conf_adprefix *cf_adprefix;
	unsigned	 cf_nadprefix;
	struct conf_relay *cf_relay;
	unsigned	 cf_nrelay;
	struct conf_service *cf_service;
	unsigned	 cf_nservice;
	struct conf_sysctl *cf_sysctl;
	unsigned	 cf_nsysctl;
	struct conf_control *cf_control;	/* one, always */
	unsigned	 cf_ncontrol;
	struct conf_mem	*cf_mem;	/* all of the above */
};

/*
 * Read and check the file at path, or the text given under a name for
 * messages (len bytes; includes are found beside that name).  Returns 0 and
 * the configuration in *cfp, or EINVAL (also for a file that cannot be read)
 * or ENOMEM, NULL in *cfp and at least one message in errs.  errs is
 * overwritten and is the caller's to free in either case.
 */
int	 conf_load(const char *path, const struct conf_env *, struct conf **cfp,
	    struct conf_errors *errs);
int	 conf_parse_text(const char *name, const char *text, size_t len,
	    const struct conf_env *, struct conf **cfp,
	    struct conf_errors *errs);
void	 conf_free(struct conf *);

/* Memory that is freed all at once.  conf_alloc() gives zeroed memory. */
struct conf_mem	*conf_mem_create(void);
void	 conf_mem_destroy(struct conf_mem *);
void	*conf_alloc(struct conf_mem *, size_t n, size_t size);
char	*conf_strndup(struct conf_mem *, const char *, size_t);

/*
 * One word as the value of a key of a section (NULL: as the section's name),
 * of a type that needs no memory: an address, a prefix, a MAC, a number.  0,
 * or EINVAL with what is wrong and what would be accepted in err.
 */
int	 conf_value_parse(const char *section, const char *key,
	    const char *text, void *out, char *err, size_t errlen);

/* The prefix without its host bits. */
struct prefix conf_net(const struct prefix *);
/* What makes this the network's address and no host's, or NULL. */
const char *conf_edge_wrong(const struct prefix *);

/* ce_read of the file system: what conf_load() does without one. */
int	 conf_read_file(void *arg, const char *path, char **text,
	    size_t *len);

/*
 * Print in the file's own form: everything that has a value, defaults
 * included, one form for each value.  Read back it gives an equal conf.
 */
void	 conf_print(const struct conf *, FILE *);
/* One section of a kind that has names, on one line without an end. */
void	 conf_print_line(const char *section, const void *sec, FILE *);
/* Same values in the same order, wherever they stand. */
bool	 conf_equal(const struct conf *, const struct conf *);

/* The same, of one section, but for the keys named (up to NULL). */
bool	 conf_sec_equal(const struct conf_sec *, const struct conf_sec *,
	    const char *const *except);

/* The same, of one key of two sections of one kind. */
bool	 conf_key_equal(const struct conf_sec *, const struct conf_sec *,
	    const char *key);

const char *conf_driver_name(enum conf_driver);

/* Where a key of a section was given, or else where its section is. */
const struct conf_pos *conf_where(const struct conf_sec *, const char *key);
/* The interface of that name, of any kind, or NULL. */
const struct conf_if *conf_if_find(const struct conf *, const char *name);

/* The interface that a next hop names; NULL: found by its network. */
const char *conf_via_if(
    const struct conf_route *, const struct conf_addr *via);

/*
 * Whether two interfaces, whatever their names, want the same device, or the
 * same end of the same memif: one must go before the other comes.
 */
bool	 conf_same_device(const struct conf_if *, const struct conf_if *);

/* The sysctl of that name, or NULL. */
const struct conf_sysctl *conf_sysctl_find(
    const struct conf *, const char *name);

/* Interfaces of all kinds: how many, and the i-th; devices come first. */
static inline unsigned
conf_nifs(const struct conf *cf)
{
	return cf->cf_nif + cf->cf_nvlan;
}

static inline const struct conf_if *
conf_if_at(const struct conf *cf, unsigned i)
{
	return i < cf->cf_nif ? &cf->cf_if[i] : &cf->cf_vlan[i - cf->cf_nif];
}

/* The routing table of a VRF's name (NULL: main); -1 if there is none. */
int	 conf_rtable(const struct conf *, const char *vrf);

/* What makes the frames of an interface: "tap", …, "vlan". */
const char *conf_if_kind(const struct conf_if *);

/* Add "file:line:col: text", in its place in the order of the file. */
void	 conf_error(struct conf_errors *, const struct conf_pos *,
	    const char *fmt, ...) __attribute__((format(printf, 3, 4)));
void	 conf_errors_print(const struct conf_errors *, FILE *);
void	 conf_errors_free(struct conf_errors *);

#endif
