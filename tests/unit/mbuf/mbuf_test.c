/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Packets against flat arrays: chains cut at every place, and random
 * operations on several packets that share buffers.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define HOST_BUFS 256
#include "../dev/host.h"
#include "mbuf/in_cksum.h"

#define MODEL_MAX 9000

static uint64_t now;
static struct spate *sp;
static uint8_t bytes[MODEL_MAX];

static int
setup(void **state)
{
	struct rnd rnd;
	unsigned i;

	rnd_seed(&rnd, 7);
	for (i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)rnd_below(&rnd, 256);
	sp = host_create(2, &now);
	return 0;
}

static int
teardown(void **state)
{
	assert_int_equal(host_missing(sp), 0);
	host_destroy(sp);
	return 0;
}

/* Lengths add up and the bytes are these. */
static void
check(const struct mbuf *m, const uint8_t *want, unsigned n)
{
	static uint8_t got[MODEL_MAX];
	const struct mbuf *p;
	unsigned sum = 0;

	for (p = m; p != NULL; p = p->m_next) {
		assert_true(p->m_data >= p->m_head);
		assert_true(m_headroom(p) + p->m_len <= p->m_size);
		sum += p->m_len;
	}
	assert_int_equal(sum, n);
	assert_int_equal(m->m_pktlen, n);
	m_copydata(m, 0, n, got);
	assert_memory_equal(got, want, n);
}

/* bytes[0..n) in buffers of these lengths; what is left goes into the last. */
static struct mbuf *
chain(struct cpu *c, unsigned n, unsigned a, unsigned b)
{
	unsigned len[3] = { a, b, n - a - b };
	struct mbuf *head = NULL, **tail = &head, *m;
	const uint8_t *from = bytes;
	unsigned i;

	for (i = 0; i < 3; i++) {
		m = m_from_bytes(c, from, len[i]);
		assert_non_null(m);
		from += len[i];
		*tail = m;
		tail = &m->m_next;
	}
	head->m_pktlen = n;
	return head;
}

#define LEN 40 /* of the packets cut at every place */

typedef void cut_fn(struct cpu *, struct mbuf *);

static void
each_cut(cut_fn *fn)
{
	struct cpu *c = host_cpu(sp, 0);
	unsigned a, b;

	for (a = 0; a <= LEN; a++)
		for (b = 0; a + b <= LEN; b++)
			fn(c, chain(c, LEN, a, b));
}

static void
cut_copydata(struct cpu *c, struct mbuf *m)
{
	uint8_t got[LEN];
	unsigned off, n;

	role_enter(&on_cpu);
	for (off = 0; off <= LEN; off++)
		for (n = 0; off + n <= LEN; n += 3) {
			m_copydata(m, off, n, got);
			assert_memory_equal(got, bytes + off, n);
			assert_int_equal(
			    in_cksum_fold(m_cksum_add(m, off, n, 0)),
			    in_cksum_fold(in_cksum_add(bytes + off, n, 0)));
		}
	m_free(c, m);
}

static void
cut_copyback(struct cpu *c, struct mbuf *m)
{
	uint8_t want[LEN];
	unsigned off;

	role_enter(&on_cpu);
	memcpy(want, bytes, LEN);
	for (off = 0; off + 5 <= LEN; off += 4) {
		m_copyback(m, off, 5, bytes + 1000 + off);
		memcpy(want + off, bytes + 1000 + off, 5);
		check(m, want, LEN);
	}
	m_copyback(m, LEN, 0, bytes);
	m_free(c, m);
}

static void
cut_pullup(struct cpu *c, struct mbuf *m)
{
	unsigned n;

	role_enter(&on_cpu);
	for (n = 0; n <= LEN; n += 5) {
		assert_true(m_pullup(c, m, n));
		assert_true(m->m_len >= n);
		check(m, bytes, LEN);
	}
	assert_false(m_pullup(c, m, LEN + 1));
	check(m, bytes, LEN);
	m_free(c, m);
}

static void
cut_trim(struct cpu *c, struct mbuf *m)
{
	static const unsigned cut[] = { 0, 1, 7, 0, 20, 12 };
	unsigned i, n = LEN;

	role_enter(&on_cpu);
	for (i = 0; i < countof(cut); i++) {
		n -= cut[i];
		m_trim(c, m, cut[i]);
		check(m, bytes, n);
		assert_true(n > 0 || m->m_next == NULL);
	}
	m_free(c, m);
}

static void
cut_append(struct cpu *c, struct mbuf *m)
{
	role_enter(&on_cpu);
	assert_true(m_append(c, m, bytes + LEN, 0));
	check(m, bytes, LEN);
	assert_true(m_append(c, m, bytes + LEN, 3000));
	check(m, bytes, LEN + 3000);
	m_free(c, m);
}

static void
cut_copy(struct cpu *c, struct mbuf *m)
{
	struct mbuf *k, *w;

	role_enter(&on_cpu);
	m->m_flags = MF_BCAST;
	m->m_rcvif = 3;
	m->m_l4off = 20;
	k = m_copy(c, m);
	check(k, bytes, LEN);
	assert_int_equal(k->m_flags, MF_BCAST);
	assert_int_equal(k->m_rcvif, 3);
	m_free(c, k);

	k = m_clone(c, m);
	check(k, bytes, LEN);
	assert_int_equal(k->m_flags, MF_BCAST | MF_SHARED);
	assert_int_equal(k->m_l4off, 20);
	assert_true((m->m_flags & MF_SHARED) != 0);
	assert_null(m_prepend(k, 1));
	assert_null(m_prepend(m, 1));
	/* Either side gets its own to write on; the other is as it was. */
	w = m_writable(c, k, LEN / 2);
	assert_non_null(w);
	assert_int_equal(w->m_flags, MF_BCAST);
	assert_true(w->m_len >= LEN / 2);
	m_copyback(w, 0, LEN, bytes + 500);
	check(w, bytes + 500, LEN);
	check(m, bytes, LEN);
	m_free(c, m);
	check(w, bytes + 500, LEN);
	m_free(c, w);
}

static void
cut_everywhere(void **state)
{
	static cut_fn *const fn[] = { cut_copydata, cut_copyback, cut_pullup,
		cut_trim, cut_append, cut_copy };
	unsigned i;

	for (i = 0; i < countof(fn); i++)
		each_cut(fn[i]);
}

/* Both sides of a clone append: neither may see the other's bytes. */
static void
append_to_shared(void **state)
{
	struct cpu *c = host_cpu(sp, 0);
	struct mbuf *m = m_from_bytes(c, bytes, 100), *k = m_clone(c, m);
	uint8_t want[110];

	assert_true(m_append(c, m, bytes + 100, 10));
	memcpy(want, bytes, 100);
	memcpy(want + 100, bytes + 5000, 10);
	assert_true(m_append(c, k, bytes + 5000, 10));
	check(m, bytes, 110);
	check(k, want, 110);
	m_free(c, m);
	check(k, want, 110);
	m_free(c, k);
}

/* A full first buffer makes room at the cost of headroom, and only so much. */
static void
pullup_moves_data(void **state)
{
	struct cpu *c = host_cpu(sp, 0);
	struct mbuf *m = m_from_bytes(c, bytes, 4000);
	unsigned room = m_headroom(m);

	assert_int_equal(m_tailroom(m), 0);
	assert_int_equal(m->m_len, MBUF_SIZE - room);
	assert_true(m_pullup(c, m, m->m_len + 50));
	assert_int_equal(m_headroom(m), room - 50);
	check(m, bytes, 4000);
	assert_true(m_pullup(c, m, MBUF_SIZE));
	assert_int_equal(m_headroom(m), 0);
	check(m, bytes, 4000);
	assert_false(m_pullup(c, m, MBUF_SIZE + 1));
	check(m, bytes, 4000);
	m_free(c, m);
}

static void
writable_at_its_limits(void **state)
{
	struct cpu *c = host_cpu(sp, 0);
	struct mbuf *m = m_from_bytes(c, bytes, 4000), *k, *w;

	assert_ptr_equal(m_writable(c, m, 1000), m); /* it is already */
	k = m_clone(c, m);
	assert_null(m_writable(c, k, 4001));
	assert_null(m_writable(c, k, MBUF_DATA + 1));
	check(k, bytes, 4000);
	w = m_writable(c, k, MBUF_DATA);
	assert_non_null(w);
	assert_ptr_not_equal(w, m);
	check(w, bytes, 4000);
	m_free(c, w);
	m_free(c, m);
}

static void
without_buffers(void **state)
{
	struct cpu *c = host_cpu(sp, 0);
	struct mbuf *m = m_from_bytes(c, bytes, 1000), *k, *all[HOST_BUFS];
	unsigned n;

	k = m_clone(c, m);
	n = m_alloc_bulk(c, all, HOST_BUFS - 2);
	assert_int_equal(n, HOST_BUFS - 2);
	assert_false(m_append(c, m, bytes, 5000)); /* has one, wants three */
	check(m, bytes, 1000);
	assert_null(m_from_bytes(c, bytes, 3000));
	assert_non_null(all[n++] = m_alloc(c));
	assert_null(m_alloc(c));
	assert_null(m_copy(c, m));
	assert_null(m_writable(c, k, 10));
	assert_null(m_from_bytes(c, bytes, 1));
	check(k, bytes, 1000);
	m_free_bulk(c, all, n);
	m_free(c, k);
	m_free(c, m);
}

static void
headroom(void **state)
{
	struct cpu *c = host_cpu(sp, 0);
	struct mbuf *m = m_from_bytes(c, bytes + MBUF_HEADMOST, 100);
	unsigned room = m_headroom(m);
	const uint8_t *from = bytes + MBUF_HEADMOST - room;

	m->m_l4off = 20;
	assert_null(m_prepend(m, room + 1));
	assert_non_null(m_prepend(m, room));
	assert_int_equal(m->m_l4off, room + 20);
	memcpy(m->m_data, from, room);
	check(m, from, room + 100);
	assert_null(m_prepend(m, 1));
	m_adj(m, room + 10);
	assert_int_equal(m->m_l4off, 10);
	check(m, from + room + 10, 90);
	m_free(c, m);
}

/* Completed by hand: offset of the header, of the field, length. */
static void
checksum_completed(void **state)
{
	static const struct {
		uint16_t l4off;
		uint8_t csumoff;
		unsigned len;
		bool ok;
	} tab[] = {
		{ 34, 16, 60, true },
		{ 0, 6, 9, true },
		{ 33, 16, 61, true },
		{ 34, 6, 42, true },
		{ 34, 6, 41, false }, /* half the field is missing */
		{ 50, 0, 50, false },
		{ 60000, 16, 100, false },
	};
	struct cpu *c = host_cpu(sp, 0);
	uint8_t flat[100];
	unsigned i, cut;

	for (i = 0; i < countof(tab); i++)
		for (cut = 0; cut <= tab[i].len; cut++) {
			struct mbuf *m = chain(c, tab[i].len, cut, 0);

			m->m_l4off = tab[i].l4off;
			m->m_csumoff = tab[i].csumoff;
			m->m_flags = MF_CSUM_PARTIAL;
			assert_int_equal(m_csum_complete(m), tab[i].ok);
			if (tab[i].ok) {
				assert_int_equal(m->m_flags, MF_CSUM_OK);
				m_copydata(m, 0, tab[i].len, flat);
				assert_memory_equal(flat, bytes,
				    tab[i].l4off + tab[i].csumoff);
				assert_int_equal(ld16be(flat + tab[i].l4off +
				    tab[i].csumoff), in_cksum(
				    bytes + tab[i].l4off,
				    tab[i].len - tab[i].l4off));
			}
			m_free(c, m);
		}
}

/* A sum that comes out 0 goes as 0xffff: 0 would say "none" (RFC 768). */
static void
checksum_of_zero(void **state)
{
	static const uint8_t udp[8] = { 0xff, 0xfe, 0, 0, 0, 0, 0, 1 };
	struct cpu *c = host_cpu(sp, 0);
	struct mbuf *m = m_from_bytes(c, udp, sizeof(udp));

	m->m_l4off = 0;
	m->m_csumoff = 6;
	m->m_flags = MF_CSUM_PARTIAL;
	assert_true(m_csum_complete(m));
	assert_int_equal(ld16be(m->m_data + 6), 0xffff);
	m_free(c, m);
}

/* Random operations; the packets share buffers after a clone. */
#define NPKTS 6

struct model {
	struct mbuf *md_m;
	unsigned md_n;
	uint8_t md_b[MODEL_MAX];
};
static struct model model[NPKTS];

static void
op_append(struct cpu *c, struct model *md, unsigned n, const uint8_t *from)
{
	role_enter(&on_cpu);
	if (md->md_n + n > MODEL_MAX || !m_append(c, md->md_m, from, n))
		return;
	memcpy(md->md_b + md->md_n, from, n);
	md->md_n += n;
}

static void
op_prepend(struct model *md, unsigned n, const uint8_t *from)
{
	void *p;

	if (md->md_n + n > MODEL_MAX || (p = m_prepend(md->md_m, n)) == NULL)
		return;
	memcpy(p, from, n);
	memmove(md->md_b + n, md->md_b, md->md_n);
	memcpy(md->md_b, from, n);
	md->md_n += n;
}

static void
op_adj(struct model *md, unsigned n)
{
	n = umin(n, md->md_m->m_len);
	m_adj(md->md_m, n);
	md->md_n -= n;
	memmove(md->md_b, md->md_b + n, md->md_n);
}

static void
op_write(struct cpu *c, struct model *md, unsigned off, unsigned n,
    const uint8_t *from)
{
	struct mbuf *w;

	role_enter(&on_cpu);
	off = umin(off, md->md_n);
	n = umin(n, md->md_n - off);
	if ((w = m_writable(c, md->md_m, umin(off, MBUF_DATA / 2))) == NULL)
		return;
	md->md_m = w;
	assert_true(w->m_len >= umin(off, MBUF_DATA / 2));
	m_copyback(w, off, n, from);
	memcpy(md->md_b + off, from, n);
}

/* In the place of another packet. */
static void
op_copy(struct cpu *c, struct model *md, struct model *to, bool clone)
{
	struct mbuf *k;

	role_enter(&on_cpu);
	if (md == to)
		return;
	k = clone ? m_clone(c, md->md_m) : m_copy(c, md->md_m);
	if (k == NULL)
		return;
	m_free(c, to->md_m);
	to->md_m = k;
	to->md_n = md->md_n;
	memcpy(to->md_b, md->md_b, md->md_n);
}

static void
op_random(struct cpu *c, struct rnd *rnd)
{
	struct model *md = &model[rnd_below(rnd, NPKTS)];
	unsigned n = (unsigned)rnd_below(rnd,
	    rnd_below(rnd, 4) == 0 ? 2500 : 60);
	const uint8_t *from = bytes + rnd_below(rnd, MODEL_MAX - 2500);

	role_enter(&on_cpu);
	switch (rnd_below(rnd, 9)) {
	case 0:
		op_append(c, md, n, from);
		break;
	case 1:
		op_prepend(md, n % 60, from);
		break;
	case 2:
		op_adj(md, n);
		break;
	case 3:
		n = umin(n, md->md_n);
		m_trim(c, md->md_m, n);
		md->md_n -= n;
		break;
	case 4:
		if (m_pullup(c, md->md_m, n))
			assert_true(md->md_m->m_len >= n);
		break;
	case 5:
		op_write(c, md, (unsigned)rnd_below(rnd, 3000), n, from);
		break;
	default:
		op_copy(c, md, &model[rnd_below(rnd, NPKTS)],
		    rnd_below(rnd, 2) == 0);
		break;
	}
}

static void
random_operations(void **state)
{
	struct cpu *c = host_cpu(sp, 0);
	struct rnd rnd;
	unsigned i, k;

	rnd_seed(&rnd, 11);
	for (i = 0; i < NPKTS; i++) {
		model[i].md_m = m_from_bytes(c, NULL, 0);
		model[i].md_n = 0;
		assert_non_null(model[i].md_m);
	}
	for (k = 0; k < 30000; k++) {
		op_random(c, &rnd);
		for (i = 0; i < NPKTS; i++)
			check(model[i].md_m, model[i].md_b, model[i].md_n);
	}
	for (i = 0; i < NPKTS; i++)
		m_free(c, model[i].md_m);
}

int
main(void)
{
#define T(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(cut_everywhere),
		T(append_to_shared),
		T(pullup_moves_data),
		T(writable_at_its_limits),
		T(without_buffers),
		T(headroom),
		T(checksum_completed),
		T(checksum_of_zero),
		T(random_operations),
	};
#undef T

	return cmocka_run_group_tests_name("mbuf/mbuf", tests, NULL, NULL);
}
