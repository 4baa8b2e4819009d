/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Policy routes: rules that look at more of a packet than its destination, in
 * an order, of which the first that matches says by which next hop the packet
 * goes on.  A rule that sends packets to another table has a next hop of type
 * NH_TABLE, and so on: what a route may do, a rule may.
 *
 * ctl compiles the rules (struct rules), and replaces what CPUs read whole.
 * For each thing that rules look at there is a row of sets: which rules agree
 * with an address between here and there, with this protocol, this codepoint,
 * this interface.  A packet's sets are found by number or by halving, and the
 * first rule that is in all of them decides; so many rules cost little more
 * than one.
 *
 * Only packets that came in by interfaces with IFP_RULES in their if_policy are
 * looked at: those that some rule may match.
 *
 *	I	immutable once published
 *	C	ctl only
 *	A	atomic, relaxed: written by the owner, read by anyone
 */
#ifndef ROUTE_RULE_H
#define ROUTE_RULE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/tsa.h"
#include "cpu/ctl.h"
#include "cpu/instance.h"
#include "mbuf/mbuf.h"

#define RULE_MAX     1024u /* rules of an instance */
#define RULE_NAMELEN 16
#define RULE_NONE    UINT32_MAX

struct rule_ports {
	uint16_t rp_lo;
	uint16_t rp_hi; /* not below rp_lo */
};

/* A rule as ctl wants it; it owns its lists. */
struct rule {
	char ru_name[RULE_NAMELEN]; /* [C] differs from all others' */
	uint32_t ru_nh; /* [C] a reference; 0: as the packet's table has it */
	uint16_t ru_slot; /* [C] of its counters; rules_set()'s */
	uint8_t ru_family; /* [C] ADDR_V4, ADDR_V6; ADDR_NONE: either */
	uint8_t ru_rtable; /* [C] of the interfaces */
	bool ru_idle; /* [C] its next hop has no interface now: passed over */
	uint64_t ru_if[IF_MAX / 64]; /* [C] interfaces, bit by index */
	uint64_t ru_dscp; /* [C] codepoints, bit by number; 0: any */
	uint64_t ru_proto[256 / 64]; /* [C] protocols … */
	bool ru_anyproto; /* [C] … unless any will do */
	/* Any of these; none: whatever they are. */
	struct prefix *ru_src; /* [C] */
	struct prefix *ru_dst; /* [C] */
	struct rule_ports *ru_sport; /* [C] */
	struct rule_ports *ru_dport; /* [C] */
	unsigned ru_nsrc; /* [C] */
	unsigned ru_ndst; /* [C] */
	unsigned ru_nsport; /* [C] */
	unsigned ru_ndport; /* [C] */
};

/* What of a packet they look at. */
struct rule_key {
	struct in6 rk_src; /* of IPv4, in i6_lo */
	struct in6 rk_dst;
	uint16_t rk_ifindex;
	uint16_t rk_sport;
	uint16_t rk_dport;
	uint8_t rk_family; /* ADDR_V4, ADDR_V6 */
	uint8_t rk_proto;
	uint8_t rk_dscp;
	bool rk_ports; /* it has some, and is no fragment */
};

/* Sets of rules by where a value lies: rd_set[i] from rd_lo[i] on. */
struct rule_dim {
	struct in6 *rd_lo; /* [I] upwards; the first is 0 */
	uint64_t *rd_set; /* [I] rs_words each */
	unsigned rd_n; /* [I] */
};

struct rule_act {
	char ra_name[RULE_NAMELEN]; /* [I] */
	uint32_t ra_nh; /* [I] as ru_nh */
	uint16_t ra_slot; /* [I] */
};

enum rule_dims { RD_SRC4, RD_DST4, RD_SRC6, RD_DST6, RD_SPORT, RD_DPORT, RD_N };

/* What CPUs read. */
struct rules {
	unsigned rs_n; /* [I] rules, in their order */
	unsigned rs_words; /* [I] of a set */
	struct rule_act *rs_act; /* [I] */
	struct rule_dim rs_dim[RD_N]; /* [I] */
	uint64_t *rs_if; /* [I] a set for each interface, */
	uint64_t *rs_proto; /* [I] protocol, */
	uint64_t *rs_dscp; /* [I] and codepoint, */
	uint64_t *rs_portless; /* [I] and one of those without ports */
	bool rs_ports; /* [I] any rule looks at ports */
};

/*
 * Pure.  rules_compile() takes nothing from the rules; NULL: no memory.
 * rules_match() gives the place of the first rule that matches, RULE_NONE if
 * there is none.
 */
struct rules *rules_compile(const struct rule *, unsigned n);
void rules_free(void *);
uint32_t rules_match(const struct rules *, const struct rule_key *);

/* Release what a rule owns but for its next hop; a list, and all it owns. */
void rule_fini(struct rule *);
void rule_list_free(struct ctl *, struct rule *, unsigned n) ON_CTL;
bool rule_equal(const struct rule *, const struct rule *);

/*
 * Have these n rules, in this order, in place of those before.  They and what
 * they own are taken over, also on failure.  A rule of the same name as one
 * before goes on counting.  Interfaces get and lose IFP_RULES.  ENOMEM: the
 * former ones stay.
 */
int rules_set(struct ctl *, struct rule *, unsigned n) ON_CTL;
/* Whether they are these; both lists stay the caller's. */
bool rules_are(struct ctl *, const struct rule *, unsigned n) ON_CTL;
/* Those there are now. */
const struct rule *rules_now(struct ctl *, unsigned *n) ON_CTL;

/*
 * An interface goes: no rule is for it, and none sends packets there; what has
 * no other next hop is idle.  Without memory for the rest no rule counts until
 * they are set again.
 */
void rules_flush_if(struct ctl *, unsigned ifindex) ON_CTL;

/* What matched a rule since it came. */
struct rule_counts {
	uint64_t ruc_packets;
	uint64_t ruc_bytes;
};
void rule_counts(struct ctl *, const struct rule *, struct rule_counts *)
    ON_CTL;

/* Counters of a CPU.  ENOMEM. */
int rule_cpu_init(struct cpu *) ON_CTL;
void rule_cpu_fini(struct cpu *);

/* What CPUs read, until the end of the round; NULL: there are no rules. */
static inline const struct rules *
rules_read(const struct spate *sp)
{
	return atomic_load_explicit(&sp->sp_rules, memory_order_acquire);
}

/*
 * The number of the next hop of a packet to somebody else, nh by its table, as
 * the rules have it.  The match is counted and told.
 */
uint32_t rules_decide(struct cpu *, const struct rules *, struct mbuf *,
    const struct rule_key *, uint32_t nh) ON_CPU;

#endif
