/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Templates inside: what tpl_make() makes, and who does which part.
 *
 *	layout.c	where things are in a frame
 *	tpl_build.c	a frame from addresses and ports
 *	tpl_proto.c	frames to prototypes: sums, checks
 *	tpl_field.c	fields to places in a frame
 *	tpl_vary.c	what varies to operations
 *	tpl.c		puts them together
 *	tpl_cursor.c	who is next
 *	tpl_fill.c	the fast path
 *
 * A checksum is never changed in a packet: prototypes have the sum of all that
 * stays, with zeros where fields vary and where the signature is; each packet
 * adds its values and the key of the trial, which is the sum of any signature.
 * That is equation 3 of RFC 1624 with all old values zero.
 *
 *	I	immutable after tpl_make()
 */
#ifndef GEN_TPL_INT_H
#define GEN_TPL_INT_H

#include "base/hash.h"
#include "gen/layout.h"
#include "gen/tpl.h"

/* Bytes of a frame that each size has for itself; behind them all share. */
#define TPL_HEAD 128u

/* A frame as it is copied, and what must be known to finish it. */
struct tpl_form {
	const uint8_t *pr_head; /* [I] the first TPL_HEAD bytes */
	const uint8_t *pr_body; /* [I] the frame's byte TPL_HEAD, and on */
	uint32_t pr_ipsum; /* [I] of the IPv4 header */
	uint32_t pr_l4sum; /* [I] of pseudo header, header and payload */
	uint32_t pr_len; /* [I] */
	uint16_t pr_sig; /* [I] offset; 0: none */
	uint16_t pr_ipck; /* [I] offset of the IPv4 checksum; 0: none */
	uint16_t pr_l4ck; /* [I] offset of the other one; 0: none */
	uint8_t pr_odd; /* [I] 8 if the signature is at an odd byte of it */
	bool pr_udp; /* [I] a checksum of 0 is sent as 0xffff */
};

enum tpl_put { /* how a value goes into a frame */
	TPL_PUT8,
	TPL_PUT16,
	TPL_PUT32,
	TPL_PUT48,
	TPL_PUT64,
	TPL_PUT_WIDE, /* 128 bits */
	TPL_PUT_BYTES, /* po_width of them: 3, 5, 7 */
	TPL_PUT_BITS16, /* po_mask and po_shift of a word */
	TPL_PUT_BITS32
};

/* Where a field is, and which checksums it is in. */
struct tpl_place {
	uint16_t pl_at; /* [I] offset in the frame */
	uint8_t pl_put; /* [I] enum tpl_put */
	uint8_t pl_width; /* [I] bytes */
	uint8_t pl_bits; /* [I] of a value */
	uint8_t pl_shift; /* [I] TPL_PUT_BITS */
	uint32_t pl_mask; /* [I] TPL_PUT_BITS: shifted already */
	bool pl_ip; /* [I] in the sum of the IPv4 header */
	bool pl_l4; /* [I] in that of UDP, TCP, ICMP */
	uint8_t pl_ipodd; /* [I] 8: its last byte is the upper one of a word */
	uint8_t pl_l4odd; /* [I] */
};

/* How a value comes about. */
struct tpl_gen {
	uint8_t tg_op; /* [I] enum tpl_op */
	bool tg_byflow; /* [I] */
	uint32_t tg_every; /* [I] at least 1 */
	uint64_t tg_n; /* [I] how many values; 0: 2^64 */
	struct in6 tg_from; /* [I] value k is from + k * step */
	struct in6 tg_step; /* [I] */
	uint32_t *tg_list32; /* [I] TPL_LIST: values up to 32 bits */
	struct in6 *tg_list; /* [I] and all others */
};

struct tpl_op_run {
	struct tpl_gen po_gen; /* [I] */
	struct tpl_place po_place; /* [I] */
};

struct tpl {
	struct tpl_form *tp_proto; /* [I] */
	unsigned tp_nproto; /* [I] */
	uint32_t tp_maxlen; /* [I] */
	uint32_t tp_flows; /* [I] */
	uint32_t tp_flowbase; /* [I] */
	bool tp_plain; /* [I] */
	bool tp_ipck; /* [I] some field is in the IPv4 header's sum */
	unsigned tp_nops; /* [I] */
	struct tpl_op_run tp_op[TPL_VARY_MAX]; /* [I] */
	struct tpl_gen tp_size; /* [I] position in the row */
	uint16_t *tp_row; /* [I] prototype of each position */
	unsigned tp_nrow; /* [I] */
	uint8_t *tp_mem; /* [I] heads and bodies */
};

/* Fill the fault and return EINVAL; text as printf(). */
int tpl_fault(struct tpl_fault *, enum tpl_member, unsigned index,
    const char *fmt, ...) __attribute__((format(printf, 4, 5)));
int tpl_fault_vary(struct tpl_fault *, unsigned index, enum tpl_part,
    const char *fmt, ...) __attribute__((format(printf, 4, 5)));
int tpl_nomem(struct tpl_fault *); /* ENOMEM */

/* Configurations without frames: all but what varies; a size, alone. */
int tpl_check(const struct tpl_conf *, struct tpl_fault *);
int tpl_check_size(const struct tpl_conf *, uint32_t size, unsigned index,
    struct tpl_fault *);
uint32_t tpl_minsize(const struct tpl_conf *);

/* Room for n prototypes and their bytes, zero. */
int tpl_protos(struct tpl *, unsigned n, size_t bytes);

/* Prototypes of n sizes; of the frames that are given. */
int tpl_build(struct tpl *, const struct tpl_conf *, const uint32_t *size,
    unsigned n, struct tpl_fault *);
int tpl_take_frames(struct tpl *, const struct tpl_conf *, struct tpl_fault *);

/* A prototype's frame in one piece. */
void tpl_whole(const struct tpl_form *, uint8_t *frame);

/* Operations of all fields that vary but the size, whose bytes become zero. */
int tpl_vary(struct tpl *, const struct tpl_conf *, struct tpl_fault *);

/* Where a field is in all prototypes. */
int tpl_place(const struct tpl *, const struct tpl_conf *, unsigned vary,
    struct tpl_place *, struct tpl_fault *);

/* The values of a field: numbers of so many bits, or addresses. */
int tpl_gen(struct tpl_gen *, const struct tpl_vary *, unsigned index,
    unsigned bits, struct tpl_fault *);
void tpl_gen_free(struct tpl_gen *);
struct in6 tpl_gen_value(const struct tpl_gen *, uint64_t k);

/* Where the signature is, and the sums of what stays. */
int tpl_sums(struct tpl *, const struct tpl_conf *, struct tpl_fault *);

/* Numbers of packets or flows of the next n, modulo the field's range. */
void tpl_numbers(const struct tpl_cursor *, struct tpl_cursor_vary *,
    uint64_t k[], unsigned n);

/* From these to the numbers of the field's values. */
void tpl_indices(const struct tpl_gen *, const struct tpl_cursor *,
    struct tpl_cursor_vary *, uint64_t k[], unsigned n);

/* The number of value x drawn at random, of n; 0: 2^64. */
static inline uint64_t
tpl_draw(uint64_t seed, uint64_t x, uint64_t n)
{
	uint64_t r = hash_mix64(seed + x * UINT64_C(0x9e3779b97f4a7c15));

	return n == 0 ? r : (uint64_t)((unsigned __int128)r * n >> 64);
}

#endif
