/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which pieces of a datagram are there: the arithmetic of reassembly, of both
 * families.  Pure: knows offsets and lengths, no packets, no memory, no time.
 *
 * RFC 791, 3.2 and RFC 815 (IPv4), RFC 8200, 4.5 (IPv6).  Pieces that overlap
 * are refused in both (RFC 5722, 4): no two readers of the same fragments may
 * ever come to different data.
 *
 *	o	owner of the struct only
 */
#ifndef IP_REASS_H
#define IP_REASS_H

#include <stdbool.h>
#include <stdint.h>

#define REASS_PIECES_MAX 128 /* 65,535 bytes at an MTU of 576 take 119 */
#define REASS_LEN_MAX    65535u

enum reass_verdict {
	REASS_HOLD, /* taken; others are missing */
	REASS_COMPLETE, /* taken; it was the last one missing */
	/* The fragment is not taken; the datagram goes on as it was. */
	REASS_DUPLICATE, /* of exactly the same bytes: it is there already */
	REASS_EMPTY, /* no data in it */
	REASS_UNALIGNED, /* not the last, and no multiple of 8 bytes */
	REASS_TOOLONG, /* reaches beyond 65,535 bytes */
	/* The fragment is not taken, and the datagram cannot be right. */
	REASS_OVERLAP,
	REASS_END, /* two ends, or data behind the end */
	REASS_MANY, /* more pieces than allowed */
	REASS_ECN, /* not capable and capable of ECN at once: RFC 3168, 5.3 */
};

/* Whether the datagram is to be given up. */
static inline bool
reass_is_fatal(enum reass_verdict v)
{
	return v >= REASS_OVERLAP;
}

/* The payload bytes from rp_off up to, and without, rp_end. */
struct reass_piece {
	uint16_t rp_off; /* [o] */
	uint16_t rp_end; /* [o] */
};

/* All zeros: nothing of it has come. */
struct reass {
	uint16_t r_n; /* [o] pieces */
	uint16_t r_total; /* [o] bytes in all; 0: the last has not come */
	uint16_t r_have; /* [o] bytes in the pieces */
	uint8_t r_ecn; /* [o] codepoints seen, as bits 1 << codepoint */
	struct reass_piece r_piece[REASS_PIECES_MAX]; /* [o] by offset */
};

/* A fragment, as its header says. */
struct reass_frag {
	uint32_t rf_off; /* [o] bytes, of the payload */
	uint32_t rf_len; /* [o] bytes of payload in it */
	bool rf_more; /* [o] it is not the last */
	uint8_t rf_ecn; /* [o] two bits: RFC 3168, 5 */
};

/* Of reass_add(): what can be said of a fragment without its datagram. */
enum reass_verdict reass_check(const struct reass_frag *);

/*
 * One more fragment of a datagram that may have most (at most
 * REASS_PIECES_MAX) pieces.  If it is taken, *at is its place among r_piece:
 * those from there on have moved up by one.  After a fatal verdict r is not to
 * be used any more.
 */
enum reass_verdict reass_add(
    struct reass *, const struct reass_frag *, unsigned most, unsigned *at);

/* Whether congestion was met by a piece, so by the whole: RFC 3168, 5.3. */
bool reass_ce(const struct reass *);

#endif
