/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Room for a frame that the kernel copies on a call.
 */
#include <string.h>

#include "dev/rxbuf.h"

/* Usual buffers for the rest of the largest frame, all of them or none. */
static bool ON_CPU
rxbuf_ready_chain(struct cpu *c, struct rxbuf *rb)
{
	unsigned i = rb->rb_nrest;

	if (i == RXBUF_REST)
		return true;
	rb->rb_nrest += m_alloc_bulk(c, &rb->rb_rest[i], RXBUF_REST - i);
	for (; i < rb->rb_nrest; i++) {
		struct mbuf *m = rb->rb_rest[i];

		m->m_data = m->m_head;
		rb->rb_iov[2 + i].iov_base = m->m_data;
		rb->rb_iov[2 + i].iov_len = MBUF_SIZE;
	}
	rb->rb_niov = 2 + RXBUF_REST;
	return rb->rb_nrest == RXBUF_REST;
}

/* A large buffer for the rest of a frame, if there is one. */
static bool ON_CPU
rxbuf_ready_large(struct cpu *c, struct rxbuf *rb)
{
	if ((rb->rb_large = m_alloc_large(c)) == NULL)
		return false;
	m_free_bulk(c, rb->rb_rest, rb->rb_nrest);
	rb->rb_nrest = 0;
	rb->rb_iov[2].iov_base = rb->rb_large->m_data;
	rb->rb_iov[2].iov_len = MBUF_LARGE;
	rb->rb_niov = 3;
	return true;
}

bool
rxbuf_ready(struct cpu *c, struct rxbuf *rb)
{
	if (rb->rb_head == NULL) {
		if ((rb->rb_head = m_alloc(c)) == NULL)
			return false;
		rb->rb_iov[0].iov_base = &rb->rb_hdr;
		rb->rb_iov[0].iov_len = sizeof(rb->rb_hdr);
		rb->rb_iov[1].iov_base = rb->rb_head->m_data;
		rb->rb_iov[1].iov_len = MBUF_DATA;
	}
	return likely(rb->rb_large != NULL) || rxbuf_ready_large(c, rb) ||
	    rxbuf_ready_chain(c, rb);
}

/* n bytes that lie in the first usual buffers behind the head. */
static struct mbuf *
rxbuf_take_chain(struct rxbuf *rb, unsigned n)
{
	unsigned i, k = (n + MBUF_SIZE - 1) / MBUF_SIZE;
	struct mbuf *first = rb->rb_rest[0];

	for (i = 0; i < k; i++) {
		struct mbuf *m = rb->rb_rest[i];

		m->m_len = umin(n, MBUF_SIZE);
		n -= m->m_len;
		m->m_next = i + 1 < k ? rb->rb_rest[i + 1] : NULL;
	}
	rb->rb_nrest -= k;
	memmove(rb->rb_rest, rb->rb_rest + k,
	    rb->rb_nrest * sizeof(struct mbuf *));
	for (i = 0; i < rb->rb_nrest; i++)
		rb->rb_iov[2 + i].iov_base = rb->rb_rest[i]->m_data;
	return first;
}

struct mbuf *
rxbuf_take(struct rxbuf *rb, unsigned n)
{
	struct mbuf *head = rb->rb_head;
	unsigned rest;

	rb->rb_head = NULL;
	head->m_pktlen = n;
	head->m_len = umin(n, MBUF_DATA);
	if ((rest = n - head->m_len) == 0)
		return head;
	if (rb->rb_large == NULL) {
		head->m_next = rxbuf_take_chain(rb, rest);
	} else {
		rb->rb_large->m_len = rest;
		head->m_next = rb->rb_large;
		rb->rb_large = NULL;
	}
	return head;
}

void
rxbuf_reclaim(struct rxbuf *rb, struct reclaim *rec)
{
	reclaim_add(rec, rb->rb_head);
	reclaim_add(rec, rb->rb_large);
	rb->rb_head = rb->rb_large = NULL;
	while (rb->rb_nrest > 0)
		reclaim_add(rec, rb->rb_rest[--rb->rb_nrest]);
}
