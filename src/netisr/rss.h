/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Receive side scaling of an instance: from a packet to its flow's hash, from
 * the hash to a bucket, from the bucket to the CPU that owns all state of the
 * flows in it.
 *
 * Ownership follows one hash in the whole instance, the wanted one: the
 * Toeplitz hash with the instance's key over the tuple that net.inet.rss.*
 * says, or a cheap symmetric hash where no device could give the former
 * anyway.  What a device says is used only where it was found to be the same
 * (trust.h); so it never matters for where a packet goes, only for what
 * that costs.
 *
 *	I	immutable after rss_setup()
 *	A	atomic, relaxed: written by ctl, read by anyone
 *	C	ctl only
 */
#ifndef NETISR_RSS_H
#define NETISR_RSS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/toeplitz.h"
#include "base/tsa.h"
#include "cpu/cpu.h"
#include "dev/rss.h"
#include "mbuf/mbuf.h"

#define RSS_MAXBITS    12
#define RSS_MAXBUCKETS (1u << RSS_MAXBITS)

enum rss_algo { RSS_AUTO, RSS_TOEPLITZ, RSS_SYMMETRIC }; /* of the sysctl */

struct rss {
	struct toeplitz rs_tz; /* [I] */
	uint8_t rs_key[TOEPLITZ_KEYLEN]; /* [I] */
	uint64_t rs_seed[4]; /* [I] of the symmetric hash */
	uint8_t rs_algo; /* [I] RSS_TOEPLITZ or RSS_SYMMETRIC */
	uint8_t rs_bits; /* [I] */
	uint32_t rs_mask; /* [I] buckets - 1 */
	_Atomic uint8_t rs_cpu[1u << RSS_MAXBITS]; /* [A] of each bucket */
	uint16_t rs_told[IF_MAX]; /* [C] generation whose lies were logged */
};

/*
 * Whether our Toeplitz gives the known answers: those of Microsoft's tables
 * with the default key, and equal ones for both directions with the symmetric.
 * An instance does not start where it does not.  The tables are scratch.
 */
bool rss_selftest(struct toeplitz *);

/*
 * The state of an instance, by its sysctls as they are; rss_destroy() undoes
 * it, also half done.  ENOMEM, EDOM if the self-test failed.
 */
int rss_create(struct spate *);
void rss_destroy(struct spate *);

/*
 * Again, by other sysctls and knowing whether a device may give hashes
 * (which decides "auto"); before the first interface is attached.  EINVAL,
 * with text in err.
 */
int rss_setup(struct ctl *, bool device, char *err, size_t errlen) ON_CTL;

/* Types of tuples that are wanted now: RSS_SET()s.  Any thread. */
static inline unsigned
rss_types(const struct spate *sp)
{
	return (tun(sp, rss_tcp_4tuple) != 0 ? RSS_TCP : 0) |
	    (tun(sp, rss_udp_4tuple) != 0 ? RSS_UDP : 0);
}

/* The wanted hash of a tuple; for sockets, too.  Any thread. */
uint32_t rss_tuple_hash(const struct spate *, const struct rss_tuple *);

/*
 * Make m_hash and m_hashtype valid for an IP packet, m_data at its header (it
 * may be a chain), and return the hash.  What is there already stays if it is
 * of the wanted type.  Not IP, or too short: 0, and RSS_NONE.
 */
uint32_t rss_hash(struct cpu *, struct mbuf *) ON_CPU;

/* The same for a frame, m_data at its Ethernet header. */
uint32_t rss_hash_frame(struct cpu *, struct mbuf *) ON_CPU;

static inline unsigned
rss_buckets(const struct spate *sp)
{
	return sp->sp_rss->rs_mask + 1;
}

static inline unsigned
rss_bucket(const struct spate *sp, uint32_t hash)
{
	return hash & sp->sp_rss->rs_mask;
}

/* Who owns a bucket now; ctl changes it, move.h says how.  Any thread. */
static inline unsigned
rss_cpu(const struct spate *sp, unsigned bucket)
{
	return atomic_load_explicit(
	    &sp->sp_rss->rs_cpu[bucket], memory_order_relaxed);
}

/*
 * Who owns it at start: the CPU that serves the queue which most NICs name by
 * default for its hashes.
 */
static inline unsigned
rss_cpu_default(const struct spate *sp, unsigned bucket)
{
	return bucket % RSS_TABLE % sp->sp_ncpus;
}

static inline void ON_CTL
rss_set_cpu(struct spate *sp, unsigned bucket, unsigned cpu)
{
	atomic_store_explicit(
	    &sp->sp_rss->rs_cpu[bucket], (uint8_t)cpu, memory_order_relaxed);
}

#endif
