/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TOOLS_RELAY_H
#define TOOLS_RELAY_H

#include <stdbool.h>
#include <stdint.h>

#define NS_S	  1000000000ull
#define NS_US	  1000ull
#define QUEUE_MAX 65536
#define HELD_MAX  16384

/* What happens to frames of one direction. */
struct fate {
	double ft_loss;
	double ft_dup;
	uint64_t ft_delay;
	uint64_t ft_spread;
	uint64_t ft_every; /* 0: none is held back */
	uint64_t ft_ahead;
	uint64_t ft_rate; /* a second; 0: as they come */
	bool ft_bits;
	unsigned ft_queue;
};

/*
 * Sets what an option of relay's means, of both directions or of one and the
 * other; ends the program if it means nothing.
 */
void fate_option(struct fate *, struct fate *, int option, const char *text);

#endif
