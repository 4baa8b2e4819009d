/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Templates: frames that are made once, and what is changed in them from
 * packet to packet.
 *
 * A template describes an endless row of packets, number 0, 1, 2 and so on.
 * Packet j belongs to flow j mod tc_flows and is number j / tc_flows in it; its
 * size and each field that varies follow from j, from its flow, or are drawn
 * from the seed and one of the two.  So a row is the same wherever it is made,
 * and several CPUs make one together: a cursor is the share of one CPU, which
 * makes the packets of its own flows, in their order.
 *
 * A template is read only once it is made.  A cursor belongs to one CPU; its
 * functions take no system's memory, no lock and no clock.
 *
 * Sizes are those that people speak of, with the FCS; lengths are what a
 * driver is given, 4 bytes less.
 *
 * Who may touch a member: o, the owner of the cursor only.
 */
#ifndef GEN_TPL_H
#define GEN_TPL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "gen/sig.h"
#include "gen/sizes.h"

#define TPL_BURST    32u /* packets that tpl_fill() makes at most */
#define TPL_TAGS     2u
#define TPL_EXTS     4u
#define TPL_VARY_MAX 16u
#define TPL_MINSIZE  64u
#define TPL_MAXSIZE  16384u
#define TPL_FCS	     4u
#define TPL_ERRLEN   256

/* Room that tpl_fill() needs for a frame of this length: whole lines. */
#define TPL_ROOM(len) (((len) + 63u) & ~63u)

enum tpl_proto { /* tc_proto */
	TPL_UDP,
	TPL_TCP, /* an ACK, unless tc_tcpflags says otherwise */
	TPL_ICMP, /* echo request of either family */
};

enum tpl_pattern { /* tc_pattern */
	TPL_ZERO,
	TPL_COUNTING, /* 00 01 02 .. ff 00 ..: RFC 2544, appendix C.2.6.1 */
	TPL_BYTES, /* tc_bytes over and over */
	TPL_NOISE, /* from tc_noise, the same in each packet */
};

/* What may vary; offsets count from 0. */
enum tpl_field {
	TPL_F_SIZE, /* of the frame, with FCS */
	TPL_F_DST_MAC,
	TPL_F_SRC_MAC,
	TPL_F_VLAN, /* identifier of the outer tag */
	TPL_F_PRIO, /* priority of the outer tag */
	TPL_F_VLAN2, /* of the inner tag */
	TPL_F_PRIO2,
	TPL_F_SRC, /* address of the template's family */
	TPL_F_DST,
	TPL_F_TOS, /* IPv6: traffic class */
	TPL_F_TTL, /* IPv6: hop limit */
	TPL_F_LABEL, /* IPv6 only: flow label */
	TPL_F_IPID, /* IPv4 only: identification */
	TPL_F_SPORT, /* echo: identifier */
	TPL_F_DPORT, /* echo: sequence number */
	TPL_F_PAYLOAD, /* tv_width bytes at tv_offset of the payload */
	TPL_F_BYTES, /* tv_width bytes at tv_offset of the frame */
	TPL_F_N
};

enum tpl_op { /* tv_op */
	TPL_COUNT, /* from, from + step, .. to, and from the start again */
	TPL_RANDOM, /* any of these, equally often */
	TPL_LIST, /* tv_list, in its order, over and over */
};

/*
 * Numbers have 128 bits, as IPv6 addresses have; all others, IPv4 addresses
 * and MACs too, are in i6_lo.  Count and random: from <= to; step 0 is 1.
 */
struct tpl_vary {
	uint8_t tv_field; /* enum tpl_field */
	uint8_t tv_op; /* enum tpl_op */
	bool tv_byflow; /* follows the flow's index, not the packet's */
	uint8_t tv_width; /* TPL_F_PAYLOAD, TPL_F_BYTES: 1 to 8 */
	uint16_t tv_offset; /* of these as well */
	struct in6 tv_from;
	struct in6 tv_to;
	struct in6 tv_step;
	uint32_t tv_every; /* changes only every so many packets; 0 is 1 */
	unsigned tv_nlist;
	const struct in6 *tv_list; /* copied */
};

struct tpl_tag { /* from outside to inside */
	uint16_t tt_type; /* ETHERTYPE_VLAN, ETHERTYPE_QINQ; 0: as usual */
	uint16_t tt_id; /* 0 to 4095 */
	uint8_t tt_prio; /* 0 to 7 */
	bool tt_dei;
};

/* A frame without FCS, from its destination address on. */
struct tpl_frame {
	const uint8_t *tf_data;
	uint32_t tf_len;
};

/*
 * What tpl_create() makes a template of; it keeps no pointer into it.  All
 * zero, with two addresses, is UDP in frames of the smallest size there is.
 *
 * With frames (tpl_raw.h) those are sent, one after the other: their headers
 * are what they are; checksums of IP, UDP, TCP and ICMP are put right; frames
 * under the least length are filled up with zeros.
 */
struct tpl_conf {
	const struct tpl_frame *tc_frames; /* NULL: from the members below */
	unsigned tc_nframes;

	uint8_t tc_dst_mac[MAC_LEN];
	uint8_t tc_src_mac[MAC_LEN];
	struct tpl_tag tc_tag[TPL_TAGS];
	unsigned tc_ntags;
	struct addr tc_src; /* both of one family */
	struct addr tc_dst;
	uint8_t tc_proto; /* enum tpl_proto */
	uint8_t tc_tos;
	uint8_t tc_ttl; /* 0: 64 */
	uint8_t tc_tcpflags; /* 0: ACK */
	uint32_t tc_label;
	/*
	 * IPv6: extension headers in this order, 8 bytes each, by their
	 * protocol numbers: hop-by-hop and destination options (padding),
	 * routing (an experimental type, no segments left), fragment (of a
	 * packet in one piece).
	 */
	uint8_t tc_ext[TPL_EXTS];
	unsigned tc_nexts;
	uint16_t tc_sport; /* echo: identifier */
	uint16_t tc_dport; /* echo: sequence number */
	bool tc_df; /* IPv4: don't fragment */
	uint8_t tc_pattern; /* enum tpl_pattern */
	const uint8_t *tc_bytes; /* TPL_BYTES */
	size_t tc_nbytes;
	uint64_t tc_noise; /* TPL_NOISE: its seed */
	struct sizes tc_sizes; /* none: the smallest that fits */

	bool tc_plain; /* without signature: nobody will check them */
	uint32_t tc_flows; /* 0 is 1 */
	uint32_t tc_flowbase; /* number of the first flow in the signature */
	const struct tpl_vary *tc_vary;
	unsigned tc_nvary;
};

/* Which member of the configuration is wrong. */
enum tpl_member {
	TPL_M_NONE, /* none: no memory */
	TPL_M_FRAMES, /* tl_index: which */
	TPL_M_TAGS, /* tl_index */
	TPL_M_SRC,
	TPL_M_DST,
	TPL_M_PROTO,
	TPL_M_LABEL,
	TPL_M_EXTS, /* tl_index */
	TPL_M_PATTERN,
	TPL_M_SIZES, /* tl_index: which of the mix */
	TPL_M_FLOWS,
	TPL_M_FLOWBASE,
	TPL_M_VARY, /* tl_index; tl_part is what in it */
};

enum tpl_part { /* of a struct tpl_vary */
	TPL_P_FIELD,
	TPL_P_OP,
	TPL_P_FROM,
	TPL_P_TO,
	TPL_P_STEP,
	TPL_P_EVERY,
	TPL_P_LIST, /* tl_item: which value */
	TPL_P_OFFSET,
	TPL_P_WIDTH,
};

struct tpl_fault {
	enum tpl_member tl_member;
	unsigned tl_index;
	enum tpl_part tl_part;
	unsigned tl_item;
	char tl_text[TPL_ERRLEN]; /* a sentence without a stop */
};

struct tpl;

/*
 * Makes a template; 0, or EINVAL or ENOMEM with the fault.  tpl_create() is
 * the same for who needs only the text.
 */
int tpl_make(const struct tpl_conf *, struct tpl **, struct tpl_fault *);
int tpl_create(
    const struct tpl_conf *, struct tpl **, char *err, size_t errlen);
void tpl_destroy(struct tpl *);

uint32_t tpl_flows(const struct tpl *);
uint32_t tpl_flowbase(const struct tpl *);
uint32_t tpl_maxlen(const struct tpl *); /* of the longest frame, no FCS */

/* Frame sizes with FCS added up over one turn of the mix, and how many. */
uint64_t tpl_turn(const struct tpl *, uint64_t *packets);

/* "source port", ...; for people.  And its bits in a template's packets. */
const char *tpl_field_name(unsigned field);

struct tpl_cursor_vary {
	uint64_t cv_k; /* [o] packet or flow number mod cv_range */
	uint64_t cv_range; /* [o] after which the field begins again */
	uint64_t cv_next; /* [o] what cv_k goes on by from packet to packet */
	uint64_t cv_round; /* [o] the same from a round's last to the next */
	uint64_t cv_seed; /* [o] */
};

struct tpl_cursor {
	const struct tpl *cu_tpl; /* [o] */
	uint32_t cu_first; /* [o] flow, index in the template */
	uint32_t cu_step; /* [o] from flow to flow: the number of cursors */
	uint32_t cu_mine; /* [o] flows of this cursor */
	uint32_t cu_at; /* [o] how many of them had their turn in this round */
	uint64_t cu_seq; /* [o] round: number of the packet in each flow */
	struct tpl_cursor_vary cu_size; /* [o] */
	struct tpl_cursor_vary cu_vary[TPL_VARY_MAX]; /* [o] */
};

/*
 * The share i of n: flows i, i + n, i + 2n and so on.  Returns how many of
 * the template's flows these are: rates are to be divided in proportion, and
 * a cursor with 0 has nothing to send and must not be used.
 */
uint32_t tpl_cursor_init(struct tpl_cursor *, const struct tpl *,
    uint64_t seed, unsigned i, unsigned n);

/*
 * Writes the next n frames, at most TPL_BURST, complete but for the time.
 * p[i] has TPL_ROOM(length) bytes.  sigoff[i] is where the signature is, 0 if
 * there is none.
 */
void tpl_fill(struct tpl_cursor *, uint16_t key, uint8_t *const p[],
    uint32_t len[], uint16_t sigoff[], unsigned n);

/*
 * Puts the time into frames that all have the time "was", which is 0 when they
 * have just been made; again, as often as one likes.
 */
void tpl_stamp(uint8_t *const p[], const uint16_t sigoff[], unsigned n,
    uint64_t was, uint64_t ts);

/* Sizes with FCS of the next n frames, at most TPL_BURST; of the next one. */
void tpl_nextlens(const struct tpl_cursor *, uint32_t size[], unsigned n);
unsigned tpl_nextlen(const struct tpl_cursor *);

#endif
