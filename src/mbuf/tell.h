/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Packets that tell what becomes of them: for "spate trace" and "spate
 * explain".
 *
 * A told packet has a mark in its header (MF_TOLD) and a number.  Who has
 * something to say about a packet, a decision, an answer, its end, calls
 * tell() or tell_end(), and a record goes to those who want to know.
 *
 * A packet that is not told pays nothing:
 *
 * - It is marked by the tap in dev_rx(), which is one load for a vector as long
 *   as nothing is captured (capture.h); a trace is a capture that marks
 *   instead of copying.
 * - That it came to a stage is told by the caller of stages: while there is a
 *   trace, ctl puts other functions in place of the stages' own (path.h,
 *   path_told_fn), which take told packets out of the vector and call the
 *   stage with each alone.  What a lookup said stands in the packet's header
 *   when it comes to the next stage, so loops over vectors tell nothing.
 * - The fast path (fast/fast.h) leaves to the stages what has any flag that it
 *   does not know, in the comparison that it makes anyway.
 * - tell() stands where a packet has left the common way: where it is refused,
 *   held, or chosen for by hand.  The last hop, into a device, looks at the
 *   mark together with the flags that send a packet to dev_offload().
 *
 * One line is enough to note a decision, on any such side way:
 *
 *	tell(c, m, "policy %u: next hop %s", n, text);
 *
 * A packet that is explained (explain.h) is told to a ring of its own and the
 * CPU it is worked on by is a copy, whose c_explain is set.  Whatever would
 * leave a trace elsewhere (a packet sent or held, a question asked, a use
 * noted) looks there first: cpu_pretends().
 *
 *	o	owner CPU only
 */
#ifndef MBUF_TELL_H
#define MBUF_TELL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/tsa.h"
#include "cpu/cpu.h"
#include "cpu/recring.h"
#include "mbuf/mbuf.h"

struct capture;

/* m_told: whom to tell, a bit each, and the packet's number. */
#define TELL_MASK   0xffu
#define TELL_TRACES 8
#define TELL_SHIFT  8
#define TELL_IDS    (1u << 24)

enum tell_kind {
	TELL_BEGIN, /* data: the frame; tr_queue it came by */
	TELL_AT, /* it came to stage tr_stage; data: how it begins there */
	TELL_RULE, /* the rule of this name decided: tr_nh; data: its name */
	TELL_NOTE, /* data: text */
	TELL_SENT, /* on tr_oif, tr_queue; an end, as all that follow */
	TELL_DROP, /* tr_reason */
	TELL_HELD, /* data: text; it may go on */
	TELL_TAKEN, /* by the stage it was in */
};

#define TELL_DATA 96 /* bytes of a frame or packet */
#define TELL_TEXT 160
#define TELL_ROOM 4096 /* for a packet's records; less: it is not told */

/*
 * All that a packet's header says of it, when the record was made; tr_datalen
 * bytes follow, tell_data().
 */
struct tell_record {
	uint64_t tr_seq; /* order of all records of the instance */
	uint64_t tr_time; /* ns, of the round */
	uint32_t tr_id; /* the packet; pieces of it have the same */
	uint32_t tr_nh; /* next hop */
	uint32_t tr_hash;
	uint32_t tr_len; /* of the packet, from the data on */
	uint16_t tr_rcvif;
	uint16_t tr_oif;
	uint16_t tr_queue;
	uint16_t tr_reason; /* stat_base() + why */
	uint16_t tr_cpu;
	uint16_t tr_datalen;
	uint16_t tr_vlan[2];
	uint8_t tr_nvlan;
	uint8_t tr_kind; /* enum tell_kind */
	uint8_t tr_stage; /* enum stage; ST_N: in none */
	uint8_t tr_rtable;
	uint8_t tr_hashtype;
};

static inline const uint8_t *
tell_data(const struct tell_record *tr)
{
	return (const uint8_t *)(tr + 1);
}

/* Of a copy of a CPU: what explaining needs (src/explain.c). */
struct tell_explain {
	struct recring *te_ring; /* [o] */
	uint32_t te_seq; /* [o] */
};

static inline bool
m_is_told(const struct mbuf *m)
{
	return unlikely((m->m_flags & MF_TOLD) != 0);
}

/* The records themselves; for the functions below. */
void tell_text(struct cpu *, const struct mbuf *, enum tell_kind,
    const char *fmt, ...) ON_CPU __attribute__((format(printf, 4, 5), cold));

/* Note something about m, on any but the common way. */
#define tell(c, m, ...)							\
	do {								\
		if (m_is_told(m))					\
			tell_text((c), (m), TELL_NOTE, __VA_ARGS__);	\
	} while (0)

/* m is put aside here, for what it waits; the reason is a text. */
#define tell_held(c, m, ...)						\
	do {								\
		if (m_is_told(m))					\
			tell_text((c), (m), TELL_HELD, __VA_ARGS__);	\
	} while (0)

/* m, which is told, is given to stage st. */
void tell_at(struct cpu *, const struct mbuf *m, unsigned st) ON_CPU;

/*
 * The packet of this mark (m_told) was taken by stage st, or sent by a queue.
 * It may be gone.
 */
void tell_taken(struct cpu *, uint32_t told, unsigned st) ON_CPU;
void tell_sent(struct cpu *, uint32_t told, unsigned oif, unsigned queue,
    uint32_t len) ON_CPU;

/* m, which is told, dies. */
void tell_drop(
    struct cpu *, const struct mbuf *m, enum stat_group, unsigned why) ON_CPU;

/* The filter of a trace has chosen m, a frame that has come in. */
void tell_mark(struct cpu *, const struct capture *, struct mbuf *m) ON_CPU;

/* m is to be explained on this copy of a CPU. */
void tell_explain(struct cpu *, struct mbuf *m) ON_CPU;

/* Records of any kind so far that end a packet, by this CPU. */
static inline unsigned
tell_ends(const struct cpu *c)
{
	return c->c_tellends;
}

#endif
