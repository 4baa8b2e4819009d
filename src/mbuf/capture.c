/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a CPU does for captures: look, copy, count.
 *
 * The copy is the packet as it would be on the wire.  A checksum that was left
 * to a device is completed in a copy that is whole.  A packet that dies above
 * the link layer has lost its link header, which mostly still stands before
 * its data.
 *
 * A filter sees what is in the packet's first buffer: at least its headers.
 */
#include "mbuf/capture.h"

#include <errno.h>
#include <spate/capture.h>
#include <stdlib.h>
#include <string.h>

#include "base/lines.h"
#include "base/point.h"
#include "mbuf/in_cksum.h"
#include "mbuf/tell.h"
#include "path.h"

#define LINK_HDR     14
#define LINK_TAG     4
#define LINK_MAX     (LINK_HDR + 2 * LINK_TAG)
#define TYPE_IP      0x0800
#define TYPE_ARP     0x0806
#define TYPE_IP6     0x86dd
#define TYPE_VLAN    0x8100
#define TYPE_QINQ    0x88a8
#define TYPE_UNKNOWN 0xffff

/* A packet that matched, and how it is to be told of. */
struct capture_packet {
	const struct mbuf *cp_m;
	unsigned cp_kind;
	unsigned cp_if;
	unsigned cp_reason;
	unsigned cp_linklen; /* bytes before its data */
	const uint8_t *cp_link;
};

struct capture *
capture_create(struct spate *sp, unsigned kinds, uint32_t snaplen,
    size_t buffer, struct filter *f)
{
	struct capture *cap = calloc(1, sizeof(*cap));
	struct capture_cpu *cc;
	unsigned i;

	if (cap == NULL) {
		filter_destroy(f);
		return NULL;
	}
	cap->cap_kinds = kinds;
	cap->cap_snaplen = snaplen;
	cap->cap_filter = f;
	cap->cap_ncpus = sp->sp_ncpus;
	cap->cap_spare = calloc(1, sizeof(*cap->cap_spare));
	for (i = 0; i < cap->cap_ncpus && cap->cap_spare != NULL; i++) {
		cc = lines_alloc(1, sizeof(*cc));
		if ((cap->cap_cpu[i] = cc) == NULL)
			break;
		if ((cc->cc_ring = recring_create(buffer)) == NULL)
			break;
	}
	if (i == cap->cap_ncpus && cap->cap_spare != NULL)
		return cap;
	capture_destroy(cap);
	return NULL;
}

void
capture_destroy(struct capture *cap)
{
	unsigned i;

	for (i = 0; i < cap->cap_ncpus; i++) {
		if (cap->cap_cpu[i] != NULL)
			recring_destroy(cap->cap_cpu[i]->cc_ring);
		free(cap->cap_cpu[i]);
	}
	filter_destroy(cap->cap_filter);
	free(cap->cap_spare);
	free(cap);
}

/* new takes the place of what is published; NULL if it holds nothing. */
static void ON_CTL
captures_replace(struct spate *sp, struct captures *new)
{
	struct captures *old;

	sim_point(SP_PUBLISH);
	/* Release: who sees the list sees the captures and their rings. */
	old = atomic_exchange_explicit(
	    &sp->sp_captures, new, memory_order_acq_rel);
	if (old != NULL)
		qsbr_retire(&sp->sp_qsbr, old, sizeof(*old), free);
}

/* A bit that no running trace has, and numbers from now on. */
static int ON_CTL
capture_choose(
    struct spate *sp, const struct captures *cs, struct capture *cap)
{
	unsigned i, used = 0;

	for (i = 0; cs != NULL && i < cs->cs_n; i++)
		used |= cs->cs_c[i]->cap_bit;
	if ((used & TELL_MASK) == TELL_MASK)
		return EBUSY;
	cap->cap_bit = ~used & (used + 1);
	cap->cap_first =
	    atomic_load_explicit(&sp->sp_tellid, memory_order_relaxed) %
	    TELL_IDS;
	return 0;
}

int
capture_publish(struct spate *sp, struct capture *cap)
{
	const struct captures *old = captures_running(sp);
	struct captures *new;

	if ((old != NULL && old->cs_n == CAPTURE_MAX) ||
	    ((cap->cap_kinds & 1u << CAP_TRACE) != 0 &&
		capture_choose(sp, old, cap) != 0))
		return EBUSY;
	if ((new = calloc(1, sizeof(*new))) == NULL)
		return ENOMEM;
	if (old != NULL)
		*new = *old;
	new->cs_c[new->cs_n++] = cap;
	captures_replace(sp, new);
	return 0;
}

void
capture_withdraw(struct spate *sp, struct capture *cap, void (*fn)(void *))
{
	const struct captures *old = captures_running(sp);
	struct captures *new = NULL;
	unsigned i;

	KASSERT(old != NULL);
	if (old->cs_n > 1) {
		new = cap->cap_spare;
		cap->cap_spare = NULL;
		for (i = 0; i < old->cs_n; i++)
			if (old->cs_c[i] != cap)
				new->cs_c[new->cs_n++] = old->cs_c[i];
	}
	captures_replace(sp, new);
	qsbr_retire(&sp->sp_qsbr, cap, 0, fn);
}

void
capture_want(struct capture *cap, unsigned ifindex, bool want)
{
	_Atomic uint64_t *word = &cap->cap_if[ifindex / 64];
	uint64_t bit = 1ull << ifindex % 64;
	uint64_t was = atomic_load_explicit(word, memory_order_relaxed);

	if (((was & bit) != 0) != want)
		atomic_store_explicit(word, was ^ bit, memory_order_relaxed);
}

static bool
capture_wants(const struct capture *cap, unsigned kind, unsigned ifindex)
{
	return (cap->cap_kinds & 1u << kind) != 0 &&
	    (atomic_load_explicit(
		 &cap->cap_if[ifindex / 64], memory_order_relaxed) &
		1ull << ifindex % 64) != 0;
}

/* The sender left a checksum to others; all of the packet is here. */
static void
copy_csum(const struct mbuf *m, uint8_t *p, unsigned n)
{
	unsigned at = m->m_l4off + m->m_csumoff;
	uint16_t sum;

	if (m->m_l4off >= n || at + 2 > n)
		return;
	sum = in_cksum_fold(in_cksum_add(p + m->m_l4off, n - m->m_l4off, 0));
	st16be(p + at, sum != 0 ? sum : 0xffff);
}

/* The first n bytes of the packet with its link header. */
static void
copy_packet(const struct capture_packet *cp, uint8_t *to, unsigned n)
{
	const struct mbuf *m = cp->cp_m;
	unsigned linklen = umin(n, cp->cp_linklen);

	memcpy(to, cp->cp_link, linklen);
	m_copydata(m, 0, n - linklen, to + linklen);
	if ((m->m_flags & MF_CSUM_PARTIAL) != 0 && n - linklen == m->m_pktlen)
		copy_csum(m, to + linklen, m->m_pktlen);
}

static void
capture_copy(struct cpu *c, const struct capture *cap,
    const struct capture_packet *cp)
{
	struct capture_cpu *cc = cap->cap_cpu[c->c_id];
	uint32_t pktlen = cp->cp_linklen + cp->cp_m->m_pktlen;
	uint32_t n = umin(pktlen, cap->cap_snaplen);
	struct spate_capture_record *scr;

	stat_cell_add(&cc->cc_count[cp->cp_if].cn_matched, 1);
	scr = recring_reserve(cc->cc_ring, sizeof(*scr) + n);
	if (scr == NULL) {
		stat_cell_add(&cc->cc_count[cp->cp_if].cn_lost, 1);
		cc->cc_lost++;
		return;
	}
	*scr = (struct spate_capture_record){
		.scr_size = (uint32_t)RECRING_ROUND(sizeof(*scr) + n),
		.scr_datalen = n,
		.scr_pktlen = pktlen,
		.scr_lost = cc->cc_lost,
		.scr_time = c->c_now,
		.scr_if = (uint16_t)cp->cp_if,
		.scr_cpu = c->c_id,
		.scr_reason = (uint16_t)cp->cp_reason,
		.scr_kind = (uint16_t)cp->cp_kind,
	};
	copy_packet(cp, (uint8_t *)(scr + 1), n);
	recring_commit(cc->cc_ring, scr->scr_size);
	cc->cc_lost = 0;
}

static void ON_CPU
capture_vector(struct cpu *c, const struct capture *cap,
    struct capture_packet *cp, struct mbuf *const *mm, unsigned n)
{
	struct capture_cpu *cc = cap->cap_cpu[c->c_id];
	bool trace = (cap->cap_kinds & 1u << CAP_TRACE) != 0;
	uint8_t match[MVEC_MAX];
	unsigned i, matched = n;

	stat_cell_add(&cc->cc_count[cp->cp_if].cn_seen, n);
	if (cap->cap_filter != NULL)
		matched = filter_vector(
		    cap->cap_filter, &cc->cc_filter, mm, n, match);
	for (i = 0; i < matched; i++) {
		cp->cp_m = mm[cap->cap_filter != NULL ? match[i] : i];
		if (trace)
			tell_mark(c, cap, (struct mbuf *)cp->cp_m);
		else
			capture_copy(c, cap, cp);
	}
}

void
capture_frames(struct cpu *c, const struct captures *cs, unsigned kind,
    unsigned ifindex, struct mbuf *const *mm, unsigned n)
{
	struct capture_packet cp = { .cp_kind = kind, .cp_if = ifindex,
		.cp_link = (const uint8_t *)"" };
	unsigned i;

	if (cpu_pretends(c))
		return;
	for (i = 0; i < cs->cs_n; i++)
		if (capture_wants(cs->cs_c[i], kind, ifindex))
			capture_vector(c, cs->cs_c[i], &cp, mm, n);
}

/* What an IP packet or an ARP message would be called by a link header. */
static unsigned
drop_type(const struct mbuf *m, enum stage st)
{
	switch (st) {
	case ST_ARP:
		return TYPE_ARP;
	case ST_IP:
		return TYPE_IP; /* or should be */
	case ST_IP6:
		return TYPE_IP6;
	default:
		return m->m_len == 0 ? TYPE_UNKNOWN :
		    m->m_data[0] >> 4 == 4   ? TYPE_IP :
		    m->m_data[0] >> 4 == 6   ? TYPE_IP6 :
			TYPE_UNKNOWN;
	}
}

/* The received link header before the data, if it is still there. */
static unsigned
drop_found(const struct mbuf *m, unsigned type, const uint8_t **link)
{
	unsigned n = LINK_HDR, tag;

	if (m->m_rcvif == 0 || m_headroom(m) < n ||
	    ld16be(m->m_data - 2) != type)
		return 0;
	while (n < LINK_MAX && m_headroom(m) >= n + LINK_TAG) {
		tag = ld16be(m->m_data - 2 - (n - LINK_HDR) - LINK_TAG);
		if (tag != TYPE_VLAN && tag != TYPE_QINQ)
			break;
		n += LINK_TAG;
	}
	*link = m->m_data - n;
	return n;
}

/* The bytes of a link header that go before m's data; 0 if it has its own. */
static unsigned
drop_link(const struct cpu *c, const struct mbuf *m, enum stat_group g,
    uint8_t made[static LINK_HDR], const uint8_t **link)
{
	enum stage st = g == SG_PATH ? m->m_stage : c->c_path->p_now;
	unsigned n, type;

	if (st <= ST_ETHER || (st >= ST_ETHEROUT && st < ST_N))
		return 0;
	type = drop_type(m, st);
	if ((n = drop_found(m, type, link)) > 0)
		return n;
	memset(made, 0, LINK_HDR);
	st16be(made + LINK_HDR - 2, (uint16_t)type);
	*link = made;
	return LINK_HDR;
}

static bool
drop_match(const struct capture *cap, struct capture_cpu *cc,
    const struct capture_packet *cp)
{
	struct mbuf whole, *m = (struct mbuf *)cp->cp_m;
	uint8_t head[MBUF_SIZE], match;

	if (cap->cap_filter == NULL)
		return true;
	if (cp->cp_linklen > 0) {
		whole.m_data = head;
		whole.m_pktlen = cp->cp_linklen + m->m_pktlen;
		whole.m_len = umin(whole.m_pktlen, sizeof(head));
		memcpy(head, cp->cp_link, cp->cp_linklen);
		m_copydata(m, 0, whole.m_len - cp->cp_linklen,
		    head + cp->cp_linklen);
		m = &whole;
	}
	return filter_vector(cap->cap_filter, &cc->cc_filter, &m, 1, &match) ==
	    1;
}

void
capture_drop(struct cpu *c, const struct captures *cs, const struct mbuf *m,
    enum stat_group g, unsigned why)
{
	uint8_t made[LINK_HDR];
	struct capture_packet cp = {
		.cp_m = m,
		.cp_kind = SCR_DROP,
		.cp_if = m->m_rcvif,
		.cp_reason = stat_base(g) + why,
		.cp_link = made,
	};
	unsigned i;

	cp.cp_linklen = drop_link(c, m, g, made, &cp.cp_link);
	for (i = 0; i < cs->cs_n; i++) {
		const struct capture *cap = cs->cs_c[i];
		struct capture_cpu *cc = cap->cap_cpu[c->c_id];

		if (!capture_wants(cap, SCR_DROP, m->m_rcvif))
			continue;
		stat_cell_add(&cc->cc_count[m->m_rcvif].cn_seen, 1);
		if (drop_match(cap, cc, &cp))
			capture_copy(c, cap, &cp);
	}
}
