/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * memif, version 2: what stands in messages and in shared memory.
 *
 * Messages are datagrams of 128 bytes on a UNIX socket (SOCK_SEQPACKET), in
 * the byte order of the machine, without padding: fields stand at the offsets
 * below.  Descriptors (of a region, of a ring's event) come beside them.
 *
 * A ring is a header of two lines, written by either side, and its
 * descriptors.  The client makes all memory.  On a ring from client to server
 * (S2M: the protocol calls them slave and master) the client fills buffers and
 * moves the head, the server empties them and moves the tail; on a ring from
 * server to client (M2S) the client offers empty buffers by the head, the
 * server fills them and moves the tail.  Both count without end, modulo 2^16.
 *
 * All of it may be written by the other process at any time:
 *	A	atomic; the order is given where it is used
 */
#ifndef DEV_MEMIF_WIRE_H
#define DEV_MEMIF_WIRE_H

#include <assert.h>
#include <stdalign.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"

#define MEMIF_COOKIE  0x3e31f20u
#define MEMIF_VERSION 0x0200
#define MEMIF_MSGLEN  128u
#define MEMIF_NAMELEN 32u /* a name that fills it has no NUL */
#define MEMIF_SECRETLEN 24u
#define MEMIF_TEXTLEN 96u

enum memif_type {
	MEMIF_ACK = 1,
	MEMIF_HELLO,
	MEMIF_INIT,
	MEMIF_ADD_REGION,
	MEMIF_ADD_RING,
	MEMIF_CONNECT,
	MEMIF_CONNECTED,
	MEMIF_DISCONNECT,
};

enum { MEMIF_ETHERNET, MEMIF_IP, MEMIF_PUNT }; /* mode */
enum { MEMIF_RING_S2M = 1u << 0 }; /* flags of ADD_RING */
enum { MEMIF_MASK_INT = 1u << 0 }; /* flags of a ring: no events, please */
enum { MEMIF_NEXT = 1u << 0 }; /* flags of a descriptor: the frame goes on */

enum { /* offsets in a message */
	MEMIF_AT_TYPE = 0,
	/* HELLO: the highest index of each, not how many */
	MEMIF_AT_HELLO_NAME = 2,
	MEMIF_AT_HELLO_MIN = 34,
	MEMIF_AT_HELLO_MAX = 36,
	MEMIF_AT_HELLO_REGION = 38,
	MEMIF_AT_HELLO_M2S = 40,
	MEMIF_AT_HELLO_S2M = 42,
	MEMIF_AT_HELLO_LOG2 = 44,
	/* INIT */
	MEMIF_AT_INIT_VERSION = 2,
	MEMIF_AT_INIT_ID = 4,
	MEMIF_AT_INIT_MODE = 8,
	MEMIF_AT_INIT_SECRET = 9,
	MEMIF_AT_INIT_NAME = 33,
	/* ADD_REGION */
	MEMIF_AT_REGION_INDEX = 2,
	MEMIF_AT_REGION_SIZE = 4,
	/* ADD_RING */
	MEMIF_AT_RING_FLAGS = 2,
	MEMIF_AT_RING_INDEX = 4,
	MEMIF_AT_RING_REGION = 6,
	MEMIF_AT_RING_OFFSET = 8,
	MEMIF_AT_RING_LOG2 = 12,
	MEMIF_AT_RING_PRIVATE = 13,
	/* CONNECT, CONNECTED */
	MEMIF_AT_IFNAME = 2,
	/* DISCONNECT */
	MEMIF_AT_CODE = 2,
	MEMIF_AT_TEXT = 6,
};

/* Two words, each read or written at once. */
struct memif_desc {
	_Atomic uint64_t md_what; /* [A] flags 16, region 16, length 32 */
	_Atomic uint64_t md_where; /* [A] offset 32, metadata 32 */
};

struct memif_ring_wire {
	alignas(CACHELINE) uint32_t mw_cookie; /* [A] */
	_Atomic uint16_t mw_flags; /* [A] */
	_Atomic uint16_t mw_head; /* [A] */
	alignas(CACHELINE) _Atomic uint16_t mw_tail; /* [A] */
	alignas(CACHELINE) struct memif_desc mw_desc[]; /* [A] */
};
static_assert(sizeof(struct memif_desc) == 16, "wire");
static_assert(offsetof(struct memif_ring_wire, mw_head) == 6, "wire");
static_assert(offsetof(struct memif_ring_wire, mw_tail) == 64, "wire");
static_assert(offsetof(struct memif_ring_wire, mw_desc) == 128, "wire");
static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "words of md_*");

/* Bytes of a ring of n descriptors. */
static inline size_t
memif_ring_bytes(unsigned n)
{
	return sizeof(struct memif_ring_wire) +
	    (size_t)n * sizeof(struct memif_desc);
}

static inline uint64_t
memif_what(unsigned flags, unsigned region, uint32_t len)
{
	return (flags & 0xffffu) | (uint64_t)(region & 0xffffu) << 16 |
	    (uint64_t)len << 32;
}

#endif
