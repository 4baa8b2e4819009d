/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Scenarios: networks of instances under a virtual clock.
 *
 * A scenario is a function.  It makes hosts (instances), links between them,
 * and wires, which are links whose other end is the test; it configures, lets
 * time pass and checks.  What it made is taken down when it returns, and then
 * everything must add up: every packet accounted for, in each host and over
 * each link, every buffer home, nothing retired left.
 *
 *	static void
 *	ping(struct sim *s)
 *	{
 *		struct host *r = sim_host(s, "r", 2);
 *		struct wire *left = sim_wire(s, r, "left", 0);
 *		struct wire *right = sim_wire(s, r, "right", 0);
 *		struct peer *a, *b;
 *		struct ping *p;
 *
 *		host_addr(r, "left", "10.0.1.1/24");
 *		host_addr(r, "right", "10.0.2.1/24");
 *		a = wire_peer(left, "10.0.1.2/24", "10.0.1.1");
 *		b = wire_peer(right, "10.0.2.2/24", "10.0.2.1");
 *		p = peer_ping(a, b->pr_text, 100, NS_MS, 56);
 *		SIM_UNTIL(s, ping_ended(p), 2 * NS_S);
 *		SIM_EQ(s, p->pg_got, 100);
 *	}
 *
 * A check that fails prints the scenario, its seed and how to run it again,
 * and ends the scenario.  See docs/simulator.md.
 *
 * All of it belongs to the thread that runs the scenario.
 */
#ifndef SIM_SIM_H
#define SIM_SIM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "cpu/cpu.h"
#include "cpu/ctl.h"
#include "cpu/stat.h"
#include "dev/pair.h"
#include "sim/frame.h"

struct host;
struct link;
struct sim;
struct wire;

/* The world. */

uint64_t sim_now(const struct sim *);
uint64_t sim_seed(const struct sim *);

/* A number below n that follows from the seed. */
uint64_t sim_below(struct sim *, uint64_t n);

/*
 * A world without a runner, for a program of another kind: a check that fails
 * aborts.  sim_close() takes it down and checks as at a scenario's end.
 */
struct sim *sim_open(const char *name, uint64_t seed);
void sim_close(struct sim *);

/*
 * Let time pass until nobody has anything to do right now, and check that
 * every host's ledger balances.
 */
void sim_rest(struct sim *);

/* Let virtual time pass. */
void sim_pass(struct sim *, uint64_t ns);

/* Call fn(arg) after ns, outside all instances. */
void sim_after(struct sim *, uint64_t ns, void (*fn)(void *), void *arg);

/* The scenario has failed: say why, and how to see it again. */
_Noreturn void sim_fail(struct sim *, const char *file, int line,
    const char *fmt, ...) __attribute__((format(printf, 4, 5)));

/* A number for people, beside the verdict (of the last seed). */
void sim_note(struct sim *, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

#define SIM_FAIL(s, ...) sim_fail(s, __FILE__, __LINE__, __VA_ARGS__)

#define SIM_CHECK(s, e)							\
	do {								\
		if (!(e))						\
			SIM_FAIL(s, "%s", #e);				\
	} while (0)

#define SIM_EQ(s, got, want)						\
	do {								\
		uint64_t got_ = (uint64_t)(got);			\
		uint64_t want_ = (uint64_t)(want);			\
									\
		if (got_ != want_)					\
			SIM_FAIL(s, "%s is %llu, not %llu", #got,	\
			    (unsigned long long)got_,			\
			    (unsigned long long)want_);			\
	} while (0)

/* Let time pass until e holds; it must within ns. */
#define SIM_UNTIL(s, e, ns)						\
	do {								\
		uint64_t end_ = sim_now(s) + (ns);			\
									\
		while (!(e)) {						\
			if (sim_now(s) >= end_)				\
				SIM_FAIL(s, "not in time: %s", #e);	\
			sim_pass(s, (ns) / 256 + 1);			\
		}							\
	} while (0)

/* Hosts. */

/* A running instance with that many CPUs and no interfaces. */
struct host *sim_host(struct sim *, const char *name, unsigned ncpus);

/* The same with so many packet buffers for each CPU. */
struct host *sim_host_small(struct sim *, const char *name, unsigned ncpus,
    unsigned buffers);

struct spate *host_spate(struct host *);

/*
 * What a packet costs a CPU in each stage, and a message or a timer; 0, as it
 * is at first: only rounds take time.
 */
void host_cost(struct host *, uint64_t ns);

/* What an interface's driver gave it. */
const uint8_t *host_mac(struct host *, const char *ifname);

/*
 * Run fn(ctl, arg) as ctl, between two of its rounds, and let time pass until
 * it has returned.
 */
void host_ctl(struct host *, void (*fn)(struct ctl *, void *), void *arg);

/*
 * Configuration, each as ctl does it; they return when it is published.  An
 * IPv6 address is usable without duplicate address detection unless the name
 * says otherwise.
 */
void host_addr(struct host *, const char *ifname, const char *prefix);
void host_addr_dad(struct host *, const char *ifname, const char *prefix);
void host_addr_delete(struct host *, const char *ifname, const char *prefix);
/*
 * via: an address; NULL: a blackhole; "reject": unreachable; "prohibit";
 * "table 2": as that table says.
 */
void host_route(struct host *, const char *prefix, const char *via);
void host_route_delete(struct host *, const char *prefix, const char *via);
/* A route of several ways, ended by NULL, whatever it was; none: it goes. */
void host_ways(struct host *, const char *prefix, const char *const *via);
/* Interfaces that are made and routes from now on are of this table. */
void host_vrf(struct host *, unsigned rtable);
void host_neigh(struct host *, const char *ifname, const char *addr,
    const uint8_t mac[static MAC_LEN]);
void host_tune(struct host *, const char *name, unsigned long value);
void host_sysctl(struct host *, const char *name, const char *value);
void host_up(struct host *, const char *ifname, bool up);

/*
 * A VLAN on an interface, up: tag is TPID << 16 | TCI of its frames, of which
 * the priority may be "map" (host_vlan_map()).  mtu: 0 for as it comes.
 */
void host_vlan(struct host *, const char *name, const char *parent,
    uint32_t tag, unsigned mtu);
void host_vlan_map(struct host *, const char *name, const char *parent,
    uint32_t tag);
void host_vlan_delete(struct host *, const char *name);

/* What passed an interface. */
struct if_counts;
void host_counts(struct host *, const char *ifname, struct if_counts *);

/* Take an interface away; returns when its device is closed. */
void host_detach(struct host *, const char *ifname);

/* Flags of an address (IFA_*), or -1 if it is not there. */
int host_addr_flags(struct host *, const char *ifname, const char *addr);

/* Counters of all CPUs; of one. */
uint64_t host_stat(const struct host *, enum stat_group, unsigned which);
uint64_t host_stat_cpu(const struct host *, unsigned cpu, enum stat_group,
    unsigned which);

/* Packets that came in by ifname (NULL: any) and died for this reason. */
uint64_t host_dropped(struct host *, const char *ifname, enum stat_group,
    unsigned which);

/* Links between hosts. */

/*
 * Interface ifa of a and interface ifb of b, joined.  queues: at each end; 0:
 * one a CPU.  What both directions do to frames is in *impair; NULL: nothing
 * but some microseconds of delay.
 */
struct link *sim_link(struct sim *, struct host *a, const char *ifa,
    struct host *b, const char *ifb, unsigned queues,
    const struct pair_impair *impair);

/* The same; b's end hashes as *nic says, of which nothing else counts. */
struct link *sim_link_nic(struct sim *, struct host *a, const char *ifa,
    struct host *b, const char *ifb, unsigned queues,
    const struct pair_impair *impair, const struct pair_side *nic);

/* The same; large segments and partial checksums cross it. */
struct link *sim_link_offload(struct sim *, struct host *a, const char *ifa,
    struct host *b, const char *ifb, unsigned queues);

/* In both directions, from now on. */
void link_impair(struct link *, const struct pair_impair *);

/* The same with another MTU at both ends, and nothing but some delay. */
struct link *sim_link_mtu(struct sim *, struct host *a, const char *ifa,
    struct host *b, const char *ifb, unsigned queues, unsigned mtu);

/* What became of the frames that a side sent; 0 is a's. */
void link_counts(const struct link *, unsigned side, struct pair_counts *);

/* An end again after host_detach(); 0 is a's. */
void link_reattach(struct link *, unsigned side);

/* Wires: a test is at the other end. */

/*
 * A new interface of h.  mtu: 0 for 1500.  A frame to the host takes the
 * queue its addresses hash to.
 */
struct wire *sim_wire(struct sim *, struct host *, const char *ifname,
    unsigned queues);
struct wire *sim_wire_mtu(struct sim *, struct host *, const char *ifname,
    unsigned queues, unsigned mtu);

/* The interface again after host_detach(). */
void wire_reattach(struct wire *);

/* In both directions, from now on. */
void wire_impair(struct wire *, const struct pair_impair *);

/* Frames that wait to be received by a queue, at most; others are lost. */
void wire_limit(struct wire *, unsigned frames);

/* Send a frame to the host. */
void wire_inject(struct wire *, const struct frame *);
void wire_inject_bytes(struct wire *, const void *, size_t);

/*
 * Call fn for each frame that the host sends, read by frame_parse().  A
 * frame that is wrong fails the scenario unless wire_anything() allows it.
 */
typedef void wire_fn(void *arg, const struct frame_info *, const uint8_t *,
    size_t);
void wire_watch(struct wire *, wire_fn *, void *arg);
void wire_anything(struct wire *);

/* Frames so far, to and from the host. */
uint64_t wire_in(const struct wire *);
uint64_t wire_out(const struct wire *);

/* Peers: scripted hosts on a wire. */

#define PEER_NEIGHS 64

struct peer {
	struct wire	*pr_wire;
	struct peer	*pr_next;
	struct addr	 pr_addr;
	uint8_t		 pr_plen;
	struct addr	 pr_gw;
	uint8_t		 pr_mac[MAC_LEN];
	struct frame_tags pr_tags;	/* of its frames, either way */
	char		 pr_text[ADDR_STRLEN];	/* pr_addr */
	bool		 pr_mute;	/* answers nothing */
	bool		 pr_noarp;	/* answers no ARP and no ND */
	uint64_t	 pr_requests;	/* ARP or ND requests for it */
	uint64_t	 pr_echoes;	/* echo requests it got */
	uint64_t	 pr_other;	/* other packets for it */
	uint64_t	 pr_errors;	/* ICMP errors it got; the last: */
	uint8_t		 pr_type;
	uint8_t		 pr_code;
	uint32_t	 pr_mtu;
	struct addr	 pr_from;
	struct ping	*pr_pings;
	unsigned	 pr_nneigh;
	struct {
		struct addr	 pn_addr;
		uint8_t		 pn_mac[MAC_LEN];
	}		 pr_neigh[PEER_NEIGHS];
};

/* Answers ARP or ND, and pings, for its address; gw: NULL, or a router. */
struct peer *wire_peer(struct wire *, const char *prefix, const char *gw);

struct ping {
	struct peer	*pg_peer;
	struct ping	*pg_next;
	struct addr	 pg_dst;
	uint16_t	 pg_id;
	uint8_t		 pg_ttl;
	bool		 pg_df;
	unsigned	 pg_n;
	unsigned	 pg_sent;
	unsigned	 pg_got;	/* answers, each counted once */
	unsigned	 pg_dups;
	uint64_t	 pg_interval;
	size_t		 pg_size;	/* of the data */
	uint64_t	 pg_last;	/* when the last answer came */
	unsigned	 pg_tries;	/* for the next hop's MAC */
	uint8_t		*pg_seen;
};

/* n echo requests, one an interval, with size bytes of data. */
struct ping *peer_ping(struct peer *, const char *dst, unsigned n,
    uint64_t interval_ns, size_t size);

/* All sent, and all answered. */
bool ping_done(const struct ping *);

/* All sent, and nothing came for a while. */
bool ping_ended(const struct ping *);

/* Ask for a MAC; send UDP; by way of the gateway if dst is not on the link. */
void peer_solicit(struct peer *, const struct addr *target);
bool peer_udp(struct peer *, const struct addr *dst, uint16_t sport,
    uint16_t dport, size_t n);

/* What an IP packet from a peer to dst starts with, if the MAC is known. */
bool peer_spec(struct peer *, const struct addr *dst, struct frame_spec *);

/* Scenarios. */

struct scenario {
	const char	*sc_name;
	void		 (*sc_run)(struct sim *);
	unsigned	 sc_seeds;	/* if none are asked for; 0: 100 */
};

/*
 * main() of a test program: runs the scenarios (the last has no name) with
 * seeds as the arguments say, and writes TAP.  Returns the exit status.
 */
int sim_main(int argc, char **argv, const struct scenario *);

#endif
