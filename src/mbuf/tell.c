/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Records of what becomes of told packets: into the rings of the traces that
 * chose them, or into that of an explanation.
 *
 * A number tells packets apart, also where pieces of one lie on several CPUs.
 * Records are numbered in the whole instance, so that who reads them need not
 * guess which CPU was first.  Both numbers are shared by CPUs: nothing else
 * on a packet's way is, and only told packets pay for it.
 *
 * A mark may outlive its trace, in a packet that is held for long.  Its number
 * is then older than those of the trace that has the bit now, which is how it
 * is known.
 */
#include "mbuf/tell.h"

#include <spate/capture.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "mbuf/capture.h"
#include "path.h"

/* Whether the packet of this mark was chosen by this trace. */
static bool
tell_is_for(const struct capture *cap, uint32_t told)
{
	uint32_t age = ((told >> TELL_SHIFT) - cap->cap_first) % TELL_IDS;

	return (told & TELL_MASK & cap->cap_bit) != 0 && age < TELL_IDS / 2;
}

static void
tell_write(struct recring *r, const struct tell_record *tr, const void *data)
{
	struct tell_record *to;
	size_t n = sizeof(*tr) + tr->tr_datalen;

	if ((to = recring_reserve(r, n)) == NULL)
		return; /* tell_mark() left room: others have taken it */
	memcpy(to, tr, sizeof(*tr));
	memcpy(to + 1, data, tr->tr_datalen);
	recring_commit(r, n);
}

/* To all who are told of it. */
static void ON_CPU
tell_put(
    struct cpu *c, struct tell_record *tr, uint32_t told, const void *data)
{
	const struct captures *cs = captures_running(c->c_sp);
	unsigned i;

	tr->tr_id = told >> TELL_SHIFT;
	tr->tr_cpu = c->c_id;
	tr->tr_time = c->c_now;
	if (tr->tr_kind > TELL_NOTE)
		c->c_tellends++;
	if (cpu_pretends(c)) {
		tr->tr_seq = c->c_explain->te_seq++;
		tell_write(c->c_explain->te_ring, tr, data);
		return;
	}
	/* A packet's way is a chain of causes, so relaxed numbers ascend. */
	tr->tr_seq = atomic_fetch_add_explicit(
	    &c->c_sp->sp_tellseq, 1, memory_order_relaxed);
	for (i = 0; cs != NULL && i < cs->cs_n; i++)
		if (tell_is_for(cs->cs_c[i], told))
			tell_write(
			    cs->cs_c[i]->cap_cpu[c->c_id]->cc_ring, tr, data);
}

static struct tell_record
tell_header(const struct cpu *c, const struct mbuf *m, enum tell_kind kind)
{
	struct tell_record tr = {
		.tr_nh = m->m_nh,
		.tr_hash = m->m_hash,
		.tr_len = m->m_pktlen,
		.tr_rcvif = m->m_rcvif,
		.tr_oif = m->m_oif,
		.tr_vlan = { m->m_vlan[0], m->m_vlan[1] },
		.tr_nvlan = m->m_nvlan,
		.tr_kind = (uint8_t)kind,
		.tr_stage = (uint8_t)c->c_path->p_now,
		.tr_rtable = m->m_rtable,
		.tr_hashtype = m->m_hashtype,
	};

	return tr;
}

/* With the packet's first bytes. */
static void ON_CPU
tell_packet(struct cpu *c, const struct mbuf *m, struct tell_record *tr)
{
	uint8_t head[TELL_DATA];

	tr->tr_datalen = (uint16_t)umin(m->m_pktlen, sizeof(head));
	m_copydata(m, 0, tr->tr_datalen, head);
	tell_put(c, tr, m->m_told, head);
}

void
tell_text(struct cpu *c, const struct mbuf *m, enum tell_kind kind,
    const char *fmt, ...)
{
	struct tell_record tr = tell_header(c, m, kind);
	char text[TELL_TEXT];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (n < 0)
		return;
	tr.tr_datalen = (uint16_t)umin((unsigned)n, sizeof(text) - 1);
	tell_put(c, &tr, m->m_told, text);
}

void
tell_at(struct cpu *c, const struct mbuf *m, unsigned st)
{
	struct tell_record tr = tell_header(c, m, TELL_AT);

	tr.tr_stage = (uint8_t)st;
	tell_packet(c, m, &tr);
}

void
tell_taken(struct cpu *c, uint32_t told, unsigned st)
{
	struct tell_record tr = { .tr_kind = TELL_TAKEN,
		.tr_stage = (uint8_t)st };

	tell_put(c, &tr, told, "");
}

void
tell_sent(
    struct cpu *c, uint32_t told, unsigned oif, unsigned queue, uint32_t len)
{
	struct tell_record tr = { .tr_kind = TELL_SENT,
		.tr_stage = (uint8_t)c->c_path->p_now,
		.tr_oif = (uint16_t)oif,
		.tr_queue = (uint16_t)queue,
		.tr_len = len };

	tell_put(c, &tr, told, "");
}

void
tell_drop(
    struct cpu *c, const struct mbuf *m, enum stat_group g, unsigned why)
{
	struct tell_record tr = tell_header(c, m, TELL_DROP);

	/* One for another CPU never came to the stage it was meant for. */
	if (g == SG_PATH)
		tr.tr_stage = m->m_stage;
	tr.tr_reason = (uint16_t)(stat_base(g) + why);
	tell_packet(c, m, &tr);
}

/* m begins to tell. */
static void ON_CPU
tell_begin(struct cpu *c, struct mbuf *m)
{
	struct tell_record tr = tell_header(c, m, TELL_BEGIN);

	tr.tr_queue = m->m_isr;
	tell_packet(c, m, &tr);
}

/*
 * A packet that a trace knows already comes by here again as that of a VLAN.
 * One that two traces choose begins for both of them with the second.
 */
void
tell_mark(struct cpu *c, const struct capture *ccap, struct mbuf *m)
{
	struct capture *cap = (struct capture *)ccap;
	struct capture_cpu *cc = cap->cap_cpu[c->c_id];
	struct capture_count *cn = &cc->cc_count[m->m_rcvif];
	uint32_t id;

	if (m_is_told(m) && tell_is_for(cap, m->m_told))
		return;
	stat_cell_add(&cn->cn_matched, 1);
	if (atomic_load_explicit(&cap->cap_left, memory_order_relaxed) <= 0)
		return;
	if (recring_reserve(cc->cc_ring, TELL_ROOM) == NULL) {
		stat_cell_add(&cn->cn_lost, 1);
		return;
	}
	if (atomic_fetch_sub_explicit(
		&cap->cap_left, 1, memory_order_relaxed) <= 0)
		return;
	if (!m_is_told(m)) {
		id = atomic_fetch_add_explicit(
		    &c->c_sp->sp_tellid, 1, memory_order_relaxed);
		m->m_told = id << TELL_SHIFT;
		m->m_flags |= MF_TOLD;
	}
	m->m_told |= cap->cap_bit;
	tell_begin(c, m);
}

void
tell_explain(struct cpu *c, struct mbuf *m)
{
	m->m_told = 0;
	m->m_flags |= MF_TOLD;
	tell_begin(c, m);
}
