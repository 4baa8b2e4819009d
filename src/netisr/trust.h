/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Never trust the hardware's hash.
 *
 * Keys differ by cloud and driver, some NICs give 16 bits, some turn the tuple
 * round.  Each CPU checks the hash that comes with packets of an interface
 * against its own: the first RSS_PROBES packets, and from then on one in
 * RSS_SAMPLE.  A hash counts only after the first ones were right, and never
 * again once one was wrong.  What is used is so always equal to what we would
 * have computed, but for what an interface that was right begins to say until
 * the next sample.
 *
 * The queue in which packets arrive is compared as well, also of interfaces
 * that give no hash: it tells whether the CPU that receives a flow is its
 * owner.  Nothing depends on it.
 *
 *	o	owner CPU only
 *	A	written by the owner, read by anyone
 */
#ifndef NETISR_TRUST_H
#define NETISR_TRUST_H

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/tsa.h"
#include "cpu/cpu.h"
#include "if/if.h"
#include "mbuf/mbuf.h"
#include "netisr/judge.h"

#define RSS_PROBES  32 /* right hashes before the first is used */
#define RSS_SAMPLE  1024 /* packets for one sample, after that */
#define RSS_SAMPLES 24 /* different ones kept of an interface and CPU */

#define RSS_SAMPLE_WORDS (sizeof(struct rss_sample) / sizeof(uint64_t))
static_assert(sizeof(struct rss_sample) % sizeof(uint64_t) == 0, "words");

enum rss_trust { TRUST_NEW, TRUST_RIGHT, TRUST_WRONG };

/* What a CPU knows of an interface. */
struct trust_if {
	_Atomic uint16_t ti_gen; /* [A] of the interface */
	_Atomic uint8_t ti_state; /* [A] enum rss_trust */
	uint32_t ti_left; /* [o] packets until the next sample */
	uint32_t ti_vectors; /* [o] vectors until that, without hashes */
	stat_cell ti_checked; /* [A] hashes compared */
	stat_cell ti_wrong; /* [A] that were not ours */
	_Atomic uint32_t ti_n; /* [A] release: samples that may be read */
	/* [A] struct rss_sample; half of them only once one was wrong */
	_Atomic uint64_t ti_sample[RSS_SAMPLES][RSS_SAMPLE_WORDS];
};

int trust_cpu_init(struct cpu *) ON_CTL; /* ENOMEM */
void trust_cpu_fini(struct cpu *);

/*
 * A frame came with a hash, m_data at its Ethernet header and its receive
 * queue in m_isr: m_hashtype stays only if the hash may be used.
 */
void trust_hash(struct cpu *, struct mbuf *) ON_CPU;

/* Once a vector: look at a frame that has no hash. */
void trust_queue(struct cpu *, struct mbuf *) ON_CPU;

/* What was found of an interface, all CPUs together.  ctl. */
struct trust_info {
	uint64_t tr_checked;
	uint64_t tr_wrong;
	unsigned tr_samples; /* looked at for the two: */
	enum rss_verdict tr_verdict;
	enum rss_choice tr_choice;
	unsigned tr_agree; /* of tr_samples, in the predicted queue */
	bool tr_used; /* at least one CPU uses its hashes, none refuses */
};
void trust_info(const struct spate *, const struct ifnet *,
    struct trust_info *) ON_CTL;

#endif
