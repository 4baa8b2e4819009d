/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Messages of memif's control channel, as values.  Pure.
 */
#ifndef DEV_MEMIF_MSG_H
#define DEV_MEMIF_MSG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dev/memif_wire.h"

/* Members are values; which of them mean something says mm_type. */
struct memif_msg {
	enum memif_type mm_type;
	/* texts: only printable characters, however the peer wrote them */
	char mm_name[MEMIF_NAMELEN + 1]; /* HELLO, INIT, CONNECT, CONNECTED */
	char mm_text[MEMIF_TEXTLEN + 1]; /* DISCONNECT: why */
	uint32_t mm_code; /* DISCONNECT */
	uint16_t mm_version; /* HELLO: lowest, INIT */
	uint16_t mm_versionmax; /* HELLO */
	uint16_t mm_maxregion; /* HELLO: highest index … */
	uint16_t mm_maxm2s; /* … of rings to the client … */
	uint16_t mm_maxs2m; /* … and from it */
	uint8_t mm_log2; /* HELLO: largest; ADD_RING */
	uint8_t mm_mode; /* INIT: MEMIF_ETHERNET */
	uint8_t mm_secret[MEMIF_SECRETLEN]; /* INIT */
	uint32_t mm_id; /* INIT */
	uint16_t mm_index; /* ADD_REGION, ADD_RING */
	uint16_t mm_region; /* ADD_RING */
	uint16_t mm_private; /* ADD_RING: bytes before each descriptor's data */
	bool mm_s2m; /* ADD_RING */
	uint32_t mm_offset; /* ADD_RING */
	uint64_t mm_size; /* ADD_REGION */
};

/*
 * The message of n bytes at p.  NULL, or what is wrong with it, in words that
 * stay valid; whether it makes sense where it came is not looked at.
 */
const char *memif_msg_parse(
    const uint8_t *p, size_t n, struct memif_msg *mm);

/* The reverse; what the type has no use for is ignored. */
void memif_msg_write(
    uint8_t p[static MEMIF_MSGLEN], const struct memif_msg *mm);

/* "HELLO", …; for people. */
const char *memif_msg_name(enum memif_type);

#endif
