/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Messages of memif's control channel, as values.
 */
#include <string.h>

#include "dev/memif_msg.h"

static uint16_t
get16(const uint8_t *p)
{
	uint16_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}

static uint32_t
get32(const uint8_t *p)
{
	uint32_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}

static uint64_t
get64(const uint8_t *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}

/* It goes to logs and screens: nothing in it may drive a terminal. */
static void
get_text(char *to, const uint8_t *p, size_t n)
{
	size_t i;

	for (i = 0; i < n && p[i] != '\0'; i++)
		to[i] = (char)(p[i] >= ' ' && p[i] <= '~' ? p[i] : '?');
	to[i] = '\0';
}

static void
put16(uint8_t *p, uint16_t v)
{
	memcpy(p, &v, sizeof(v));
}

static void
put32(uint8_t *p, uint32_t v)
{
	memcpy(p, &v, sizeof(v));
}

static void
put64(uint8_t *p, uint64_t v)
{
	memcpy(p, &v, sizeof(v));
}

/* Peers want the NUL that the format does not promise: n leaves room. */
static void
put_text(uint8_t *p, const char *text, size_t n)
{
	memcpy(p, text, strnlen(text, n));
}

const char *
memif_msg_name(enum memif_type type)
{
	static const char *const names[] = { [MEMIF_ACK] = "ACK",
		[MEMIF_HELLO] = "HELLO", [MEMIF_INIT] = "INIT",
		[MEMIF_ADD_REGION] = "ADD_REGION",
		[MEMIF_ADD_RING] = "ADD_RING",
		[MEMIF_CONNECT] = "CONNECT",
		[MEMIF_CONNECTED] = "CONNECTED",
		[MEMIF_DISCONNECT] = "DISCONNECT" };

	return type >= MEMIF_ACK && type <= MEMIF_DISCONNECT ? names[type] :
	    "an unknown message";
}

static void
parse_hello(const uint8_t *p, struct memif_msg *mm)
{
	get_text(mm->mm_name, p + MEMIF_AT_HELLO_NAME, MEMIF_NAMELEN);
	mm->mm_version = get16(p + MEMIF_AT_HELLO_MIN);
	mm->mm_versionmax = get16(p + MEMIF_AT_HELLO_MAX);
	mm->mm_maxregion = get16(p + MEMIF_AT_HELLO_REGION);
	mm->mm_maxm2s = get16(p + MEMIF_AT_HELLO_M2S);
	mm->mm_maxs2m = get16(p + MEMIF_AT_HELLO_S2M);
	mm->mm_log2 = p[MEMIF_AT_HELLO_LOG2];
}

static void
parse_init(const uint8_t *p, struct memif_msg *mm)
{
	mm->mm_version = get16(p + MEMIF_AT_INIT_VERSION);
	mm->mm_id = get32(p + MEMIF_AT_INIT_ID);
	mm->mm_mode = p[MEMIF_AT_INIT_MODE];
	memcpy(mm->mm_secret, p + MEMIF_AT_INIT_SECRET, MEMIF_SECRETLEN);
	get_text(mm->mm_name, p + MEMIF_AT_INIT_NAME, MEMIF_NAMELEN);
}

static void
parse_ring(const uint8_t *p, struct memif_msg *mm)
{
	mm->mm_s2m = (get16(p + MEMIF_AT_RING_FLAGS) & MEMIF_RING_S2M) != 0;
	mm->mm_index = get16(p + MEMIF_AT_RING_INDEX);
	mm->mm_region = get16(p + MEMIF_AT_RING_REGION);
	mm->mm_offset = get32(p + MEMIF_AT_RING_OFFSET);
	mm->mm_log2 = p[MEMIF_AT_RING_LOG2];
	mm->mm_private = get16(p + MEMIF_AT_RING_PRIVATE);
}

const char *
memif_msg_parse(const uint8_t *p, size_t n, struct memif_msg *mm)
{
	memset(mm, 0, sizeof(*mm));
	if (n != MEMIF_MSGLEN)
		return "a message that is not of 128 bytes";
	mm->mm_type = get16(p + MEMIF_AT_TYPE);
	switch (mm->mm_type) {
	case MEMIF_ACK:
		return NULL;
	case MEMIF_HELLO:
		parse_hello(p, mm);
		return NULL;
	case MEMIF_INIT:
		parse_init(p, mm);
		return NULL;
	case MEMIF_ADD_REGION:
		mm->mm_index = get16(p + MEMIF_AT_REGION_INDEX);
		mm->mm_size = get64(p + MEMIF_AT_REGION_SIZE);
		return NULL;
	case MEMIF_ADD_RING:
		parse_ring(p, mm);
		return NULL;
	case MEMIF_CONNECT:
	case MEMIF_CONNECTED:
		get_text(mm->mm_name, p + MEMIF_AT_IFNAME, MEMIF_NAMELEN);
		return NULL;
	case MEMIF_DISCONNECT:
		mm->mm_code = get32(p + MEMIF_AT_CODE);
		get_text(mm->mm_text, p + MEMIF_AT_TEXT, MEMIF_TEXTLEN);
		return NULL;
	}
	return "a message of unknown type";
}

static void
write_hello(uint8_t *p, const struct memif_msg *mm)
{
	put_text(p + MEMIF_AT_HELLO_NAME, mm->mm_name, MEMIF_NAMELEN - 1);
	put16(p + MEMIF_AT_HELLO_MIN, mm->mm_version);
	put16(p + MEMIF_AT_HELLO_MAX, mm->mm_versionmax);
	put16(p + MEMIF_AT_HELLO_REGION, mm->mm_maxregion);
	put16(p + MEMIF_AT_HELLO_M2S, mm->mm_maxm2s);
	put16(p + MEMIF_AT_HELLO_S2M, mm->mm_maxs2m);
	p[MEMIF_AT_HELLO_LOG2] = mm->mm_log2;
}

static void
write_init(uint8_t *p, const struct memif_msg *mm)
{
	put16(p + MEMIF_AT_INIT_VERSION, mm->mm_version);
	put32(p + MEMIF_AT_INIT_ID, mm->mm_id);
	p[MEMIF_AT_INIT_MODE] = mm->mm_mode;
	memcpy(p + MEMIF_AT_INIT_SECRET, mm->mm_secret, MEMIF_SECRETLEN);
	put_text(p + MEMIF_AT_INIT_NAME, mm->mm_name, MEMIF_NAMELEN - 1);
}

static void
write_ring(uint8_t *p, const struct memif_msg *mm)
{
	put16(p + MEMIF_AT_RING_FLAGS, mm->mm_s2m ? MEMIF_RING_S2M : 0);
	put16(p + MEMIF_AT_RING_INDEX, mm->mm_index);
	put16(p + MEMIF_AT_RING_REGION, mm->mm_region);
	put32(p + MEMIF_AT_RING_OFFSET, mm->mm_offset);
	p[MEMIF_AT_RING_LOG2] = mm->mm_log2;
	put16(p + MEMIF_AT_RING_PRIVATE, mm->mm_private);
}

void
memif_msg_write(uint8_t p[static MEMIF_MSGLEN], const struct memif_msg *mm)
{
	memset(p, 0, MEMIF_MSGLEN);
	put16(p + MEMIF_AT_TYPE, (uint16_t)mm->mm_type);
	switch (mm->mm_type) {
	case MEMIF_ACK:
		break;
	case MEMIF_HELLO:
		write_hello(p, mm);
		break;
	case MEMIF_INIT:
		write_init(p, mm);
		break;
	case MEMIF_ADD_REGION:
		put16(p + MEMIF_AT_REGION_INDEX, mm->mm_index);
		put64(p + MEMIF_AT_REGION_SIZE, mm->mm_size);
		break;
	case MEMIF_ADD_RING:
		write_ring(p, mm);
		break;
	case MEMIF_CONNECT:
	case MEMIF_CONNECTED:
		put_text(p + MEMIF_AT_IFNAME, mm->mm_name, MEMIF_NAMELEN - 1);
		break;
	case MEMIF_DISCONNECT:
		put32(p + MEMIF_AT_CODE, mm->mm_code);
		put_text(p + MEMIF_AT_TEXT, mm->mm_text, MEMIF_TEXTLEN - 1);
		break;
	}
}
