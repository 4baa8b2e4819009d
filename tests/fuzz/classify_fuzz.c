/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Any bytes as a frame that arrived.  The first says who has verified its
 * checksum and whether it comes in two pieces, the second where they part.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/kassert.h"
#include "gen/classify.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

/* A piece of its own, so that a sanitizer sees a read beyond its end. */
static uint8_t *
piece(const uint8_t *p, size_t n)
{
	uint8_t *copy = malloc(n > 0 ? n : 1);

	if (copy == NULL)
		abort();
	memcpy(copy, p, n);
	return copy;
}

static enum classify_why
judge(const uint8_t *p, size_t n, size_t part, unsigned flags, struct sig *sg)
{
	const struct classify_keys keys = { 0x1234, { 0x4321 } };
	struct mbuf m[2];
	enum classify_why why;

	memset(m, 0, sizeof(m));
	m[0].m_data = piece(p, part);
	m[0].m_len = (uint32_t)part;
	m[0].m_pktlen = (uint32_t)n;
	m[0].m_flags = (uint16_t)flags;
	m[1].m_data = piece(p + part, n - part);
	m[1].m_len = (uint32_t)(n - part);
	if (part < n)
		m[0].m_next = &m[1];
	why = classify(&keys, m, sg, NULL);
	free(m[0].m_data);
	free(m[1].m_data);
	return why;
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t size)
{
	struct sig whole = { 0, 0, 0 }, parts = { 0, 0, 0 };
	enum classify_why why;
	unsigned flags, at;
	size_t n;

	if (size < 2)
		return 0;
	n = size - 2;
	flags = p[0] & (MF_CSUM_OK | MF_CSUM_PARTIAL);
	why = judge(p + 2, n, n, flags, &whole);
	if (judge(p + 2, n, p[1] < n ? p[1] : n, flags, &parts) != why)
		panic("in pieces it is something else");
	if (classify_class(why) >= CL_N || classify_text(why) == NULL)
		panic("no such class");
	if (why != CW_OURS && why != CW_OTHER)
		return 0;
	/* What is ours has its signature where senders put it. */
	at = sig_find(p + 2, (unsigned)n);
	if (at == 0 ||
	    sig_sum(p + 2 + at) != (why == CW_OURS ? 0x1234 : 0x4321))
		panic("the signature is elsewhere");
	if (memcmp(&whole, &parts, sizeof(whole)) != 0)
		panic("in pieces it says something else");
	return 0;
}
