/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A link in memory between two interfaces: of two instances, of one, or of an
 * interface and itself.  It is the wire of tests, benchmarks and the
 * simulator, and behaves like a pair of multi-queue NICs: the sender's side
 * computes the hash that the receiving NIC would, and puts each frame into the
 * receive queue that the NIC's table names.
 *
 * Within an instance the mbuf itself crosses.  Between instances the receiver
 * copies it into a buffer of its own and returns the sender's, which is freed
 * there.
 *
 * Life: pair_create() makes the link with its ends down; an interface opens an
 * end (dev_conf.dc_pair) and closes it; frames flow while both are open.
 * Frames under way when an end closes are lost, as by a pulled cable.
 * Closing an end waits for the CPUs of the other side to step back from the
 * link, which they do within a receive or transmit call.
 *
 *	I	immutable after pair_create()
 */
#ifndef DEV_PAIR_H
#define DEV_PAIR_H

#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/toeplitz.h"
#include "dev/rss.h"

#define PAIR_PPM   1000000u /* certainty, for the chances below */
#define PAIR_RING  1024 /* frames between two queues, if not said */
#define PAIR_DELAY 4096 /* frames that a queue delays, if not said */

struct pair;
struct pair_end;

/*
 * What one direction does to frames; all zero: nothing.  Chances are in parts
 * of PAIR_PPM.  Each sending queue draws from numbers of its own.
 */
struct pair_impair {
	uint64_t pi_delay; /* ns from sending to arrival */
	uint64_t pi_jitter; /* up to so many ns more: frames overtake */
	uint64_t pi_rate; /* bits a second, Ethernet's gaps counted; 0: any */
	uint32_t pi_limit; /* bytes waiting for pi_rate; 0: no limit */
	uint32_t pi_loss; /* chance that a frame is lost */
	uint32_t pi_dup; /* … arrives twice */
	uint32_t pi_corrupt; /* … has a bit flipped */
};

/* One side of a link; all zero is good. */
struct pair_side {
	uint16_t ps_queues; /* at most; 0: 1 */
	uint16_t ps_mtu; /* 0: 1500 */
	uint8_t ps_mac[MAC_LEN]; /* all zero: made from the seed */
	const uint8_t *ps_key; /* of what it receives; NULL: the instance's */
	bool ps_hash16; /* gives only 16 bits of the hash */
	bool ps_reversed; /* hashes destination before source */
	struct pair_impair ps_impair; /* of what it sends */
};

struct pair_conf {
	struct pair_side pc_side[2];
	bool pc_loop; /* side 0 to itself; side 1 is not looked at */
	bool pc_offload; /* partial checksums and segments cross */
	unsigned pc_ring; /* a power of two; 0: PAIR_RING */
	unsigned pc_delay; /* frames under delay in a queue; 0: PAIR_DELAY */
	uint64_t pc_seed;
};

/*
 * What happened in one direction.  Once nothing moves
 *	sent + duplicated = received + lost + underway,
 * where received is what do_rx() gave to its interface.
 */
struct pair_counts {
	uint64_t pn_sent; /* taken from the sending interface */
	uint64_t pn_received;
	uint64_t pn_duplicated;
	uint64_t pn_corrupted;
	uint64_t pn_underway; /* at the moment */
	uint64_t pn_lost; /* the sum of: */
	uint64_t pn_lost_chance; /* pi_loss */
	uint64_t pn_lost_limit; /* pi_limit */
	uint64_t pn_lost_full; /* receive queue was full */
	uint64_t pn_lost_nobuf; /* receiver had no packet buffers */
	uint64_t pn_lost_down; /* an end was closed */
	uint64_t pn_holds; /* sender's mbufs that are not home yet */
};

/* Any thread that does control.  EINVAL, ENOMEM. */
int pair_create(const struct pair_conf *, struct pair **);

/* The caller lets go; memory goes when both ends are closed as well. */
void pair_destroy(struct pair *);

/* For dev_conf.dc_pair: side 0 or 1; of a loop only 0. */
struct pair_end *pair_end(struct pair *, unsigned side);

/*
 * Change what a side's direction does to frames from now on.  No CPU of that
 * side may be inside a round: for the simulator, and before traffic.
 */
void pair_set_impair(struct pair_end *, const struct pair_impair *);

/* Of what this side sends.  Any thread; exact while nothing moves. */
void pair_counts(const struct pair_end *, struct pair_counts *);

/* The receive queue this side's table names for a hash; it must be open. */
unsigned pair_queue(const struct pair_end *, uint32_t hash);

#endif
