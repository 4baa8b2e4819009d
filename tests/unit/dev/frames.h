/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Frames for tests of drivers: an id of four bytes, and bytes that follow from
 * it.
 *
 * Include after cmocka.h.
 */
#ifndef TESTS_UNIT_DEV_FRAMES_H
#define TESTS_UNIT_DEV_FRAMES_H

#include "base/bytes.h"
#include "mbuf/mbuf.h"

/* What byte i of frame "id" is, behind the id itself. */
static inline uint8_t
pattern(uint32_t id, unsigned i)
{
	return (uint8_t)(id * 7 + i);
}

static inline struct mbuf *ON_CPU
frame(struct cpu *c, uint32_t id, unsigned len)
{
	uint8_t *p = test_malloc(len);
	struct mbuf *m;
	unsigned i;

	for (i = 0; i < len; i++)
		p[i] = pattern(id, i);
	st32be(p, id);
	m = m_from_bytes(c, p, len);
	assert_non_null(m);
	test_free(p);
	return m;
}

static inline uint32_t
frame_id(const struct mbuf *m)
{
	return ld32be(m->m_data);
}

/* Whether all bytes are those of its id. */
static inline bool
frame_whole(const struct mbuf *m)
{
	unsigned i, n = m->m_pktlen;
	uint8_t *p = test_malloc(n);
	bool ok = true;

	m_copydata(m, 0, n, p);
	for (i = 4; i < n; i++)
		ok &= p[i] == pattern(ld32be(p), i);
	test_free(p);
	return ok;
}

#endif
