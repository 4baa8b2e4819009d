/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Unfinished datagrams of a CPU, of both families.
 *
 * The hash of addresses (2-tuple) says which bucket a fragment belongs to, and
 * the bucket which CPU: all fragments of a datagram come together there, with
 * all others between the two hosts.  A bucket's datagrams can be moved to
 * another CPU, deadlines and all.
 *
 * A datagram waits in a buffer of packet memory of its own, beside those of
 * its fragments, so that freeing on any CPU sends everything home.  Memory is
 * counted as it is taken: whole buffers, however little is in them.
 *
 * Who has to make room: a source that has more than its share loses its own
 * oldest datagram; so does one that wants room when there is none; only who
 * has nothing yet takes that of the oldest of all.  So no source can drive out
 * the datagrams of another by sending more; and where sources are invented,
 * what comes together quickly still does.
 *
 *	I	immutable
 *	o	owner CPU only
 */
#ifndef IP_REASS_TABLE_H
#define IP_REASS_TABLE_H

#include <stdint.h>

#include "base/addr.h"
#include "base/tsa.h"
#include "cpu/cpu.h"
#include "ip/reass.h"
#include "mbuf/mbuf.h"

enum reass_family { REASS_IP4, REASS_IP6, REASS_FAMILIES };

/* What makes fragments those of one datagram.  No padding: it is hashed. */
struct reass_key {
	struct in6 rk_src; /* [o] IPv4: in i6_lo */
	struct in6 rk_dst; /* [o] */
	uint32_t rk_id; /* [o] */
	uint16_t rk_link; /* [o] interface, where addresses need one; or 0 */
	uint8_t rk_proto; /* [o] IPv4 only: RFC 791, 3.2 */
	uint8_t rk_rtable; /* [o] */
};
static_assert(sizeof(struct reass_key) == 40, "has no padding");

/* Why fragments die here; each family has counters of its own for it. */
enum reass_why {
	RW_OFF, /* reassembly is switched off */
	RW_DUPLICATE,
	RW_BAD, /* empty, unaligned, too long, two ends */
	RW_OVERLAP,
	RW_MANY,
	RW_ECN,
	RW_TIMEOUT,
	RW_SOURCE, /* its source had too much */
	RW_LIMIT, /* all together had too much */
	RW_NOBUF,
	RW_N
};

struct reass_ops {
	enum stat_group ro_group; /* [I] */
	uint16_t ro_why[RW_N]; /* [I] counters of the group */
	/* Time is over; first came, and is at its IP header.  It stays ours. */
	void (*ro_expired)(struct cpu *, const struct mbuf *first); /* [I] */
};

/* Either family's, before its first fragment.  ENOMEM. */
int reass_cpu_init(
    struct cpu *, enum reass_family, const struct reass_ops *);
void reass_cpu_fini(struct cpu *);

/*
 * A fragment, at its IP header; its payload begins at m_l4off, in the first
 * buffer.  hash: of the addresses.  Consumes m.  Returns the datagram if this
 * completes it: a chain that begins with the first fragment's header, as it
 * came (m_l4off is where the payload begins), m_pktlen bytes.  *ce is then
 * whether it met congestion.
 */
struct mbuf *reass_input(struct cpu *, enum reass_family,
    const struct reass_key *, const struct reass_frag *, uint32_t hash,
    struct mbuf *m, bool *ce) ON_CPU;

/* Whether this CPU owns the flow of m, which is at its IP header. */
bool reass_is_here(struct cpu *, struct mbuf *m) ON_CPU;

/*
 * The unfinished datagrams of a bucket leave this CPU: for
 * reass_attach_bucket() on another.  NULL if there are none.  What nobody
 * attaches goes with packet memory.
 */
void *reass_detach_bucket(struct cpu *, unsigned bucket);
void reass_attach_bucket(struct cpu *, unsigned bucket, void *list);

/* What a CPU has and may have; any thread. */
struct reass_info {
	uint64_t ri_datagrams;
	uint64_t ri_fragments;
	uint64_t ri_bytes; /* of buffers */
	uint64_t ri_peak; /* most bytes so far */
	uint64_t ri_maxdatagrams;
	uint64_t ri_maxfragments;
	uint64_t ri_maxbytes;
};
void reass_info(const struct cpu *, enum reass_family, struct reass_info *);

#endif
