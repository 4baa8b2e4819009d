/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tables of end points; see in_pcb.h.
 *
 * Bound end points are found as a routing table of hashes would: for each
 * length of prefix that any has, from the longest, the destination's prefix of
 * that length is looked for.  There are rarely more than three lengths (an
 * address, any of IPv4, any of IPv6), and each is one chain, however many
 * addresses and ports are bound.
 */
#include "netisr/in_pcb.h"

#include <errno.h>
#include <stdlib.h>

#include "base/hash.h"
#include "base/kassert.h"

#define PORTS 65536u

uint64_t
in_conn_hash(const struct in_node *n, const void *seed)
{
	const struct inpcb *inp =
	    container_of(n, const struct inpcb, inp_node);
	const struct in_seed *is = seed;

	return in_key_hash(&inp->inp_key, is->is_seed);
}

struct inpcb *
in_conn_lookup(struct in_table *t, const struct in_key *ik, uint64_t hash)
{
	struct inpcb *inp, *best = NULL;
	struct in_node *n;

	for (n = *in_table_chain(t, hash); n != NULL; n = n->in_next) {
		inp = container_of(n, struct inpcb, inp_node);
		if (!in_key_same(&inp->inp_key, ik))
			continue;
		if (inp->inp_key.ik_ifindex == 0)
			best = inp;
		else if (inp->inp_key.ik_ifindex == ik->ik_ifindex)
			return inp;
	}
	return best;
}

struct inpcb *
in_conn_find(struct in_table *t, const struct in_key *ik, uint64_t hash)
{
	struct inpcb *inp;
	struct in_node *n;

	for (n = *in_table_chain(t, hash); n != NULL; n = n->in_next) {
		inp = container_of(n, struct inpcb, inp_node);
		if (in_key_same(&inp->inp_key, ik) &&
		    inp->inp_key.ik_ifindex == ik->ik_ifindex)
			return inp;
	}
	return NULL;
}

int
in_bound_init(struct in_bound *ib)
{
	*ib = (struct in_bound){ .ib_nplen = { 0 } };
	in_table_init(&ib->ib_table);
	ib->ib_port = calloc(PORTS, sizeof(*ib->ib_port));
	return ib->ib_port != NULL ? 0 : ENOMEM;
}

void
in_bound_fini(struct in_bound *ib)
{
	in_table_fini(&ib->ib_table);
	free(ib->ib_port);
	ib->ib_port = NULL;
}

static uint64_t
here_hash(const struct in_node *n, const void *arg)
{
	(void)arg;
	return container_of(n, const struct in_here, ih_node)->ih_hash;
}

void *
in_bound_insert(
    struct in_bound *ib, struct in_here *ih, const struct in_seed *is)
{
	const struct in_key *ik = &ih->ih_inp->inp_key;

	ih->ih_hash = in_key_hash_local(ik->ik_laddr, ik->ik_plen,
	    ik->ik_lport, ik->ik_rtable, is->is_seed);
	ib->ib_port[ik->ik_lport]++;
	ib->ib_nplen[ik->ik_plen]++;
	bitmap_set(ib->ib_plen, ik->ik_plen);
	return in_table_insert(
	    &ib->ib_table, &ih->ih_node, ih->ih_hash, here_hash, NULL);
}

void
in_bound_remove(struct in_bound *ib, struct in_here *ih)
{
	const struct in_key *ik = &ih->ih_inp->inp_key;

	KASSERT(ib->ib_port[ik->ik_lport] > 0);
	in_table_remove(&ib->ib_table, &ih->ih_node, ih->ih_hash);
	ib->ib_port[ik->ik_lport]--;
	if (--ib->ib_nplen[ik->ik_plen] == 0)
		bitmap_clear(ib->ib_plen, ik->ik_plen);
}

/* The next length below from that any entry has; -1: there is none. */
static int
bound_plen(const struct in_bound *ib, int from)
{
	unsigned w;
	uint64_t bits;

	if (from <= 0)
		return -1;
	w = (unsigned)(from - 1) / 64;
	bits = ib->ib_plen[w] & UINT64_MAX >> (63 - (unsigned)(from - 1) % 64);
	while (bits == 0) {
		if (w-- == 0)
			return -1;
		bits = ib->ib_plen[w];
	}
	return (int)(w * 64 + 63 - (unsigned)__builtin_clzll(bits));
}

/* Whether an entry of the right hash takes a packet; laddr is its prefix. */
static inline bool
here_takes(const struct in_here *ih, struct in6 laddr, unsigned plen,
    const struct in_key *ik)
{
	const struct inpcb *inp = ih->ih_inp;
	const struct in_key *have = &inp->inp_key;

	return have->ik_plen == plen && have->ik_lport == ik->ik_lport &&
	    in6_eq(have->ik_laddr, laddr) &&
	    have->ik_rtable == ik->ik_rtable &&
	    (have->ik_ifindex == 0 || have->ik_ifindex == ik->ik_ifindex) &&
	    ((inp->inp_flags & INF_V6ONLY) == 0 ||
		!in6_is_v4mapped(ik->ik_laddr));
}

/* The more of what was asked for is met, the better; 0: it takes it not. */
static inline unsigned
here_rank(const struct in_here *ih, unsigned bucket)
{
	const struct inpcb *inp = ih->ih_inp;
	unsigned rank = inp->inp_key.ik_ifindex != 0 ? 3 : 1;

	if (inp->inp_bucket == INP_ANYBUCKET)
		return rank;
	return inp->inp_bucket == bucket ? rank + 1 : 0;
}

/* The best entry of one prefix. */
static struct in_here *
bound_best(struct in_bound *ib, uint64_t hash, struct in6 laddr, unsigned plen,
    const struct in_key *ik, unsigned bucket, uint64_t flow)
{
	struct in_here *ih, *best = NULL;
	uint64_t draw, bestdraw = 0;
	unsigned rank, bestrank = 0;
	struct in_node *n;

	for (n = *in_table_chain(&ib->ib_table, hash); n != NULL;
	     n = n->in_next) {
		ih = container_of(n, struct in_here, ih_node);
		if (ih->ih_hash != hash || !here_takes(ih, laddr, plen, ik))
			continue;
		if ((rank = here_rank(ih, bucket)) < bestrank || rank == 0)
			continue;
		/* Each member draws for the flow; the highest has it. */
		draw = hash_mix64(flow ^ ih->ih_inp->inp_id);
		if (rank > bestrank || draw >= bestdraw) {
			best = ih;
			bestrank = rank;
			bestdraw = draw;
		}
	}
	return best;
}

struct in_here *
in_bound_lookup(struct in_bound *ib, const struct in_seed *is,
    const struct in_key *ik, unsigned bucket, uint64_t flow)
{
	struct in_here *ih;
	struct in6 laddr;
	uint64_t hash;
	int plen = IN_PLEN_MAX + 1;

	if (!in_bound_port_used(ib, ik->ik_lport))
		return NULL;
	while ((plen = bound_plen(ib, plen)) >= 0) {
		laddr = in6_and(ik->ik_laddr, in6_mask((unsigned)plen));
		hash = in_key_hash_local(laddr, (unsigned)plen, ik->ik_lport,
		    ik->ik_rtable, is->is_seed);
		ih = bound_best(
		    ib, hash, laddr, (unsigned)plen, ik, bucket, flow);
		if (ih != NULL)
			return ih;
	}
	return NULL;
}

/* Those that take a packet, or, whoever it takes, cover the address. */
static unsigned
bound_walk(struct in_bound *ib, const struct in_seed *is,
    const struct in_key *ik, bool taking, in_here_fn *fn, void *arg)
{
	int plen = IN_PLEN_MAX + 1;
	struct in_here *ih;
	struct in6 laddr;
	struct in_node *n;
	unsigned count = 0;
	uint64_t hash;

	if (!in_bound_port_used(ib, ik->ik_lport))
		return 0;
	while ((plen = bound_plen(ib, plen)) >= 0) {
		laddr = in6_and(ik->ik_laddr, in6_mask((unsigned)plen));
		hash = in_key_hash_local(laddr, (unsigned)plen, ik->ik_lport,
		    ik->ik_rtable, is->is_seed);
		for (n = *in_table_chain(&ib->ib_table, hash); n != NULL;
		     n = n->in_next) {
			ih = container_of(n, struct in_here, ih_node);
			if (ih->ih_hash != hash ||
			    (taking &&
				!here_takes(ih, laddr, (unsigned)plen, ik)))
				continue;
			fn(ih, arg);
			count++;
		}
	}
	return count;
}

unsigned
in_bound_each(struct in_bound *ib, const struct in_seed *is,
    const struct in_key *ik, in_here_fn *fn, void *arg)
{
	return bound_walk(ib, is, ik, true, fn, arg);
}

unsigned
in_bound_covering(struct in_bound *ib, const struct in_seed *is,
    const struct in_key *ik, in_here_fn *fn, void *arg)
{
	return bound_walk(ib, is, ik, false, fn, arg);
}

/* Whether there is an address that both are bound to. */
static bool
bind_overlaps(const struct inpcb *a, const struct inpcb *b)
{
	const struct inpcb *wide =
	    a->inp_key.ik_plen <= b->inp_key.ik_plen ? a : b;
	const struct inpcb *narrow = wide == a ? b : a;
	struct in6 mask = in6_mask(wide->inp_key.ik_plen);

	if (!in6_eq(in6_and(narrow->inp_key.ik_laddr, mask),
		wide->inp_key.ik_laddr))
		return false;
	return (wide->inp_flags & INF_V6ONLY) == 0 ||
	    !in_key_is4(&narrow->inp_key);
}

/* To a group each member gets what comes: both options mean the same. */
static bool
bind_shares(const struct inpcb *inp)
{
	uint16_t flags = INF_REUSEPORT;
	struct in6 a = inp->inp_key.ik_laddr;

	if (inp->inp_key.ik_plen == IN_PLEN_MAX &&
	    (in6_is_multicast(a) ||
		(in6_is_v4mapped(a) && in_is_multicast((uint32_t)a.i6_lo))))
		flags |= INF_REUSEADDR;
	return (inp->inp_flags & flags) != 0;
}

bool
in_bind_conflict(const struct inpcb *w, uint32_t wuid, const struct inpcb *t,
    uint32_t tuid)
{
	const struct in_key *a = &w->inp_key, *b = &t->inp_key;
	bool same;

	if (a->ik_lport != b->ik_lport || a->ik_rtable != b->ik_rtable ||
	    (a->ik_ifindex != b->ik_ifindex && a->ik_ifindex != 0 &&
		b->ik_ifindex != 0) ||
	    !bind_overlaps(w, t))
		return false;
	same = a->ik_plen == b->ik_plen && a->ik_ifindex == b->ik_ifindex;
	if (same)
		return !bind_shares(w) || !bind_shares(t) || wuid != tuid;
	return (w->inp_flags & (INF_REUSEADDR | INF_REUSEPORT)) == 0 ||
	    (wuid != tuid && wuid != 0);
}
