/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Packets on their way to the CPU that owns them: choosing it, limits, and the
 * numbers of netstat -Q.
 *
 * The queue of a protocol and a CPU is what lies in the rings to that CPU.
 * Each counter has one writer: the sender counts what it queued and dropped,
 * by receiver, the receiver what it handled, by sender.  A queue's length is
 * the difference.  For the limit a sender needs it only once a bundle: what it
 * sent itself it knows exactly; for the others' part it takes what the
 * receiver saw when it last took packets in.  The limit may so be passed by
 * what other CPUs send within one round.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/lines.h"
#include "netisr/move.h"
#include "netisr/netisr_int.h"
#include "netisr/trust.h"

const char *const netisr_names[NETISR_N] = {
	[NETISR_NONE] = "none",
	[NETISR_IP] = "ip",
	[NETISR_IP6] = "ip6",
	[NETISR_ARP] = "arp",
	[NETISR_ETHER] = "ether",
};

const char *const netisr_policies[3] = {
	[NETISR_DIRECT] = "direct",
	[NETISR_HYBRID] = "hybrid",
	[NETISR_DEFERRED] = "deferred",
};

size_t
netisr_cpu_size(void)
{
	return sizeof(struct netisr_cpu);
}

int
netisr_cpu_init(struct cpu *c)
{
	struct netisr_cpu *nc = lines_alloc(1, sizeof(*nc));
	int error;

	if (nc == NULL)
		return ENOMEM;
	c->c_netisr = nc;
	if ((error = move_cpu_init(c)) != 0)
		return error;
	return trust_cpu_init(c);
}

void
netisr_cpu_fini(struct cpu *c)
{
	trust_cpu_fini(c);
	move_cpu_fini(c);
	free(c->c_netisr);
	c->c_netisr = NULL;
}

/* 0: as net.isr.dispatch; else one more than the policy. */
static unsigned
netisr_own_policy(const struct spate *sp, enum netisr_proto proto)
{
	switch (proto) {
	case NETISR_IP:
		return (unsigned)tun(sp, isr_ip_dispatch);
	case NETISR_IP6:
		return (unsigned)tun(sp, isr_ip6_dispatch);
	case NETISR_ARP:
		return (unsigned)tun(sp, isr_arp_dispatch);
	case NETISR_ETHER:
		return (unsigned)tun(sp, isr_ether_dispatch);
	default:
		return 0;
	}
}

enum netisr_policy
netisr_policy(const struct spate *sp, enum netisr_proto proto)
{
	unsigned own = netisr_own_policy(sp, proto);

	return (enum netisr_policy)(
	    own != 0 ? own - 1 : (unsigned)tun(sp, isr_dispatch));
}

bool
netisr_policy_default(const struct spate *sp, enum netisr_proto proto)
{
	return netisr_own_policy(sp, proto) == 0;
}

unsigned
netisr_qlimit(const struct spate *sp, enum netisr_proto proto)
{
	uint64_t own = 0;

	switch (proto) {
	case NETISR_IP:
		own = tun(sp, isr_ip_qlimit);
		break;
	case NETISR_IP6:
		own = tun(sp, isr_ip6_qlimit);
		break;
	case NETISR_ARP:
		own = tun(sp, isr_arp_qlimit);
		break;
	case NETISR_ETHER:
		own = tun(sp, isr_ether_qlimit);
		break;
	default:
		break;
	}
	if (own == 0)
		own = tun(sp, isr_defaultqlimit);
	return (unsigned)u64min(own, tun(sp, isr_maxqlimit));
}

unsigned
netisr_owner(struct cpu *c, struct mbuf *m)
{
	unsigned bucket = rss_bucket(c->c_sp, rss_hash(c, m));

	netisr_count_bucket(c, bucket);
	return rss_cpu(c->c_sp, bucket);
}

static void ON_CPU
netisr_here(struct cpu *c, enum netisr_proto proto, enum stage st,
    struct mbuf *m, bool hybrid)
{
	struct netisr_cpu *nc = c->c_netisr;

	stat_cell_add(hybrid ? &nc->nc_hybrid.nr_n[proto] :
	    &nc->nc_dispatched.nr_n[proto],
	    1);
	path_next(c, st, m);
}

void
netisr_queue(
    struct cpu *c, enum netisr_proto proto, enum stage st, struct mbuf *m)
{
	unsigned cpu = netisr_owner(c, m);

	if (cpu != c->c_id) {
		stat_add(c, SG_NETISR, nis_handed, 1);
		path_hand_isr(c, cpu, st, proto, m);
		return;
	}
	if (!move_hold(c, st, m))
		netisr_here(c, proto, st, m,
		    netisr_policy(c->c_sp, proto) == NETISR_HYBRID);
}

/*
 * Both have only to say the same of one flow: a datagram that was cut counts
 * as whole, so p is changed.
 */
void
netisr_queue_about(struct cpu *c, enum netisr_proto proto, enum stage st,
    struct mbuf *m, uint8_t *p, size_t n)
{
	struct rss_tuple rt;

	if (p[0] >> 4 == 4 && n >= 8)
		p[6] = p[7] = 0;
	if (rss_tuple(p, n, rss_types(c->c_sp), &rt) != RSS_NONE) {
		rt = rss_reverse(&rt);
		m->m_hash = rss_tuple_hash(c->c_sp, &rt);
		/* As if it were its own: nobody makes it anew. */
		m->m_hashtype =
		    (uint8_t)rss_wants(m->m_data, m->m_len, rss_types(c->c_sp));
	}
	netisr_queue(c, proto, st, m);
}

void
netisr_dispatch(
    struct cpu *c, enum netisr_proto proto, enum stage st, struct mbuf *m)
{
	if (netisr_policy(c->c_sp, proto) == NETISR_DIRECT)
		netisr_here(c, proto, st, m, false);
	else
		netisr_queue(c, proto, st, m);
}

/* How many more of each protocol may be sent to a CPU. */
static void
netisr_room(struct cpu *c, unsigned cpu, uint64_t room[static NETISR_N])
{
	const struct netisr_cpu *nc = c->c_netisr;
	const struct netisr_cpu *to = c->c_sp->sp_cpu[cpu]->c_netisr;
	unsigned p;

	for (p = 1; p < NETISR_N; p++) {
		uint64_t limit = netisr_qlimit(c->c_sp, p);
		uint64_t len = stat_cell_read(&nc->nc_queued[cpu].nr_n[p]) -
		    stat_cell_read(&to->nc_handled[c->c_id].nr_n[p]);
		uint64_t seen = stat_cell_read(&to->nc_len.nr_n[p]);

		if (seen > len)
			len = seen;
		room[p] = len < limit ? limit - len : 0;
	}
}

unsigned
netisr_admit(struct cpu *c, unsigned cpu, struct mbuf **mm, unsigned n)
{
	uint64_t room[NETISR_N];
	unsigned i, kept = 0;

	netisr_room(c, cpu, room);
	for (i = 0; i < n; i++) {
		struct mbuf *m = mm[i];

		if (m->m_isr != NETISR_NONE && room[m->m_isr]-- == 0) {
			room[m->m_isr] = 0;
			stat_cell_add(
			    &c->c_netisr->nc_drops[cpu].nr_n[m->m_isr], 1);
			m_drop(c, m, SG_NETISR, nis_qlimit);
			continue;
		}
		mm[kept++] = m;
	}
	return kept;
}

void
netisr_queued(struct cpu *c, unsigned cpu, struct mbuf *const *mm, unsigned n,
    unsigned taken)
{
	struct netisr_cpu *nc = c->c_netisr;
	unsigned i;

	for (i = 0; i < n; i++) {
		unsigned p = mm[i]->m_isr;

		if (p != NETISR_NONE)
			stat_cell_add(i < taken ? &nc->nc_queued[cpu].nr_n[p] :
			    &nc->nc_drops[cpu].nr_n[p],
			    1);
	}
}

void
netisr_handled(
    struct cpu *c, unsigned from, struct mbuf *const *mm, unsigned n)
{
	struct netisr_cpu *nc = c->c_netisr;
	const stat_cell *sent =
	    c->c_sp->sp_cpu[from]->c_netisr->nc_queued[c->c_id].nr_n;
	unsigned i, p, got[NETISR_N] = { 0 };

	for (i = 0; i < n; i++)
		got[mm[i]->m_isr]++;
	for (p = 1; p < NETISR_N; p++) {
		stat_cell *done = &nc->nc_handled[from].nr_n[p];

		nc->nc_sum[p] += stat_cell_read(&sent[p]) -
		    stat_cell_read(done);
		nc->nc_took[p] += got[p];
		if (got[p] > 0)
			stat_cell_add(done, got[p]);
	}
}

void
netisr_handled_end(struct cpu *c)
{
	struct netisr_cpu *nc = c->c_netisr;
	unsigned p;

	for (p = 1; p < NETISR_N; p++) {
		if (nc->nc_sum[p] > stat_cell_read(&nc->nc_watermark.nr_n[p]))
			atomic_store_explicit(&nc->nc_watermark.nr_n[p],
			    nc->nc_sum[p], memory_order_relaxed);
		atomic_store_explicit(&nc->nc_len.nr_n[p],
		    nc->nc_sum[p] - nc->nc_took[p], memory_order_relaxed);
		nc->nc_sum[p] = nc->nc_took[p] = 0;
	}
}

void
netisr_info(const struct spate *sp, unsigned cpu, enum netisr_proto p,
    struct netisr_info *ni)
{
	const struct netisr_cpu *nc = sp->sp_cpu[cpu]->c_netisr;
	unsigned i;

	*ni = (struct netisr_info){
		.ni_dispatched = stat_cell_read(&nc->nc_dispatched.nr_n[p]),
		.ni_hybrid = stat_cell_read(&nc->nc_hybrid.nr_n[p]),
		.ni_watermark = stat_cell_read(&nc->nc_watermark.nr_n[p]),
	};
	for (i = 0; i < sp->sp_ncpus; i++) {
		const struct netisr_cpu *from = sp->sp_cpu[i]->c_netisr;

		/* Handled first: it never passes what was queued. */
		ni->ni_handled += stat_cell_read(&nc->nc_handled[i].nr_n[p]);
		ni->ni_queued += stat_cell_read(&from->nc_queued[cpu].nr_n[p]);
		ni->ni_drops += stat_cell_read(&from->nc_drops[cpu].nr_n[p]);
	}
	if (ni->ni_queued > ni->ni_handled)
		ni->ni_len = ni->ni_queued - ni->ni_handled;
}

uint64_t
netisr_bucket_packets(const struct spate *sp, unsigned cpu, unsigned bucket)
{
	return stat_cell_read(&sp->sp_cpu[cpu]->c_netisr->nc_bucket[bucket]);
}
