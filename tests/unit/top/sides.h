/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The same router several times, which differ in nothing but the way a packet
 * takes through them (sides_ways).  They get the same frames and the same
 * changes of their tables; what comes out of them is compared.
 *
 *	     link 0 -- in                   10.0.0.1/16, 2001:db8::1/64
 *	        VLAN 20 -- in20             10.3.0.1/16, 2001:db8:3::1/64
 *	     link 1 -- a                    10.1.0.1/16, 2001:db8:1::1/64
 *	     link 2 -- b                    10.2.0.1/16, 2001:db8:2::1/64
 *	        VLAN 30 -- b30              10.4.0.1/16, 2001:db8:4::1/64
 *
 * Everything follows from a seed.
 */
#ifndef TESTS_UNIT_TOP_SIDES_H
#define TESTS_UNIT_TOP_SIDES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/random.h"
#include "if/if.h"
#include "mbuf/mbuf.h"
#include "sim/frame.h"
#include "spate.h"

enum {
	SIDES_IN,
	SIDES_A,
	SIDES_B,
	SIDES_LINKS,
	SIDES_IN20 = SIDES_LINKS,
	SIDES_B30,
	SIDES_IFS
};

#define SIDES_MAX 5
#define SIDES_CAUGHT 2048 /* frames that may come out in a turn */
#define SIDES_BYTES (2u << 20) /* … and their bytes */

/* A way through the router: a setting; the first is what others must equal. */
struct way {
	const char *w_name;
	const char *w_fastforward; /* net.inet.ip.fastforward */
	const char *w_flows; /* net.inet.ip.flow.size */
};
extern const struct way sides_ways[];
extern const unsigned sides_n;

struct caught {
	unsigned cg_if; /* link it came out of */
	unsigned cg_len;
	unsigned cg_flags; /* MF_* that an offloading link carries */
	unsigned cg_gso, cg_gsosize, cg_l4off; /* the same */
	const uint8_t *cg_p;
};

struct side {
	const struct way *s_way;
	struct spate *s_router;
	struct spate *s_tester; /* at the other end of the links */
	struct ifnet *s_if[SIDES_IFS];
	struct ifnet *s_far[SIDES_LINKS];
	unsigned s_n; /* frames that came out in this turn */
	unsigned s_used; /* of s_bytes */
	struct caught s_caught[SIDES_CAUGHT];
	uint8_t s_bytes[SIDES_BYTES];
};

/* A frame on its way in; what a driver says of it. */
struct probe {
	struct frame pb_frame;
	unsigned pb_link;
	unsigned pb_flags; /* MF_CSUM_* */
	unsigned pb_gso, pb_gsosize, pb_l4off, pb_csumoff;
};

struct sides {
	struct side *sd_side; /* sides_n of them */
	struct rnd sd_rnd;
	uint64_t sd_now;
	bool sd_offload; /* links carry what a driver says of a frame */
	bool sd_fixed; /* settings stay */
	bool sd_calm; /* most frames are plain */
	uint32_t sd_sent; /* frames so far */
	unsigned sd_nquestions; /* ARP requests and solicitations of a turn */
	struct {
		unsigned q_link;
		struct frame q_frame;
	} sd_question[8];
};

/* sides.c: routers and testers, without routes. */
void sides_open(struct sides *, uint64_t seed);
void sides_close(struct sides *);
void sides_send(struct sides *, const struct probe *);
/* Let all that was sent pass, and fail unless it is the same of all sides. */
void sides_turn(struct sides *);
/* A counter of the flow cache of a side. */
uint64_t sides_flows(const struct sides *, unsigned side, unsigned which);
/* Packets that passed the stages of a side so far. */
uint64_t sides_by_stages(const struct sides *, unsigned side);

/* sides_frame.c: any frame; an answer to one of sd_question. */
void sides_frame(struct sides *, struct probe *);
bool sides_answer(struct sides *, struct probe *);
/* Where a frame's number is, and that of the flow's order; NULL: nowhere. */
const uint8_t *sides_number(const uint8_t *frame, unsigned len);

/* sides_table.c: tables to begin with; something is another from now on. */
void sides_tables(struct sides *);
void sides_change(struct sides *);

static inline unsigned
below(struct sides *sd, unsigned n)
{
	return (unsigned)rnd_below(&sd->sd_rnd, n);
}

static inline bool
one_in(struct sides *sd, unsigned n)
{
	return rnd_below(&sd->sd_rnd, n) == 0;
}

#endif
