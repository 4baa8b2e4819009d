/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which CPU reassembles, and which goes on with the whole.  Buckets are dealt
 * out to CPUs in turn.
 */
#ifndef IP_REASS_STEER_H
#define IP_REASS_STEER_H

#include <stdint.h>

#include "base/hash.h"
#include "path.h"

#define REASS_BUCKETS 128u

static inline unsigned
reass_bucket(uint32_t hash)
{
	return hash % REASS_BUCKETS;
}

static inline void
reass_hash(struct mbuf *m)
{
	uint64_t a[4] = { 0 };

	if (*m->m_data >> 4 == 6)
		m_copydata(m, 8, 32, a);
	else
		m_copydata(m, 12, 8, a);
	m->m_hash = (uint32_t)hash_mix64(a[0] ^ hash_mix64(a[1] ^ a[2]) ^ a[3]);
}

/* To the CPU that owns m's bucket; returns whether it is another. */
static inline bool ON_CPU
reass_steer(struct cpu *c, enum stage st, struct mbuf *m)
{
	unsigned owner;

	reass_hash(m);
	owner = reass_bucket(m->m_hash) % c->c_sp->sp_ncpus;
	if (owner != c->c_id) {
		path_hand(c, owner, st, m);
		return true;
	}
	path_next(c, st, m);
	return false;
}

#endif
