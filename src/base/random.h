/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Pseudo-random numbers: fast, seeded, repeatable.
 *
 * A generator enters through the instance and belongs to one owner; a seed
 * gives the same numbers everywhere, which is what the simulator lives on.
 * Not for secrets.
 *
 * Who may touch a member: o, the owner of the generator only.
 */
#ifndef BASE_RANDOM_H
#define BASE_RANDOM_H

#include <stddef.h>
#include <stdint.h>

struct rnd {
	uint64_t r_s[4]; /* [o] never all zero */
};

/* Any seed is good, also 0; near seeds give unrelated sequences. */
void rnd_seed(struct rnd *, uint64_t seed);

uint64_t rnd_u64(struct rnd *);

/* Uniform in [0, n), without bias; 0 for n = 0. */
uint64_t rnd_below(struct rnd *, uint64_t n);

void rnd_bytes(struct rnd *, void *, size_t);

#endif
