/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The flow cache; see flow.h.
 */
#include "fast/flow.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/hash.h"
#include "base/lines.h"
#include "base/random.h"
#include "cpu/ctl.h"
#include "fast/adj.h"
#include "fast/flow_stat.h"

#define FLOW_WINDOW 8192u /* packets, after which hits are judged */
#define FLOW_LET_IN 16u /* while hits are few: one newcomer of so many */
#define FLOW_HUGE   (2ul << 20)
#define FLOW_WORDS  (sizeof(struct flow) / sizeof(uint64_t))

/* ctl shall make the CPU's table as large as it should be. */
struct flow_ask {
	struct msg fa_msg;
	struct cpu *fa_cpu;
};

/*
 * Random numbers of its own: what others draw must not depend on how large the
 * cache is.
 */
static struct flow_table *
flow_table_create(const struct cpu *c, uint64_t size)
{
	struct flow_table *ft = lines_alloc(1, sizeof(*ft));
	size_t n = 2, bytes;
	struct rnd rnd;

	if (ft == NULL)
		return NULL;
	rnd_seed(&rnd, hash_mix64(c->c_sp->sp_env.env_seed + c->c_id));
	ft->ft_size = size;
	for (ft->ft_shift = 63; n < size; n *= 2)
		ft->ft_shift--;
	ft->ft_seed[0] = rnd_u64(&rnd) | 1;
	ft->ft_seed[1] = rnd_u64(&rnd) | 1;
	bytes = n * sizeof(struct flow);
	ft->ft_flow = aligned_alloc(
	    bytes < FLOW_HUGE ? LINEPAIR : FLOW_HUGE, bytes);
	if (ft->ft_flow == NULL) {
		free(ft);
		return NULL;
	}
	/* Faster with huge pages, right without. */
	if (bytes >= FLOW_HUGE)
		(void)madvise(ft->ft_flow, bytes, MADV_HUGEPAGE);
	memset(ft->ft_flow, 0, bytes);
	return ft;
}

static void
flow_table_free(void *arg)
{
	struct flow_table *ft = arg;

	free(ft->ft_flow);
	free(ft);
}

void
flow_fini(struct flow_cpu *fw)
{
	struct flow_table *ft =
	    atomic_load_explicit(&fw->fw_table, memory_order_relaxed);

	if (ft != NULL)
		flow_table_free(ft);
}

/* Without memory there is no cache: packets are looked up. */
static void
flow_asked(struct endpoint *ep, struct msg *msg)
{
	struct flow_ask *fa = container_of(msg, struct flow_ask, fa_msg);
	struct ctl *ctl = endpoint_ctl(ep);
	struct flow_cpu *fw = &fa->fa_cpu->c_fast->fc_flow;
	uint64_t size = tun(ctl->ctl_sp, ip_flow_size);
	struct flow_table *old, *new = NULL;

	role_enter(&on_ctl);
	old = atomic_load_explicit(&fw->fw_table, memory_order_relaxed);
	if ((old != NULL ? old->ft_size : 0) == size)
		goto done;
	if (size > 0 &&
	    (new = flow_table_create(fa->fa_cpu, size)) == NULL) {
		log_error(&ctl->ctl_sp->sp_env.env_log,
		    "no memory for a flow cache of %llu flows "
		    "(net.inet.ip.flow.size)",
		    (unsigned long long)size);
		goto done;
	}
	atomic_store_explicit(&fw->fw_table, new, memory_order_release);
	if (old != NULL)
		qsbr_retire(&ctl->ctl_sp->sp_qsbr, old, 0, flow_table_free);
done:
	msg_done(ep, msg);
}

static void ON_CPU
flow_ask(struct cpu *c, struct flow_cpu *fw)
{
	uint64_t size = tun(c->c_sp, ip_flow_size);
	struct flow_ask *fa;

	/* Once; if there was no memory, a second later again. */
	if (cpu_pretends(c) ||
	    (fw->fw_asked == size && c->c_now - fw->fw_askedat < NS_S) ||
	    (fa = msg_alloc(&c->c_ep, sizeof(*fa))) == NULL)
		return;
	fw->fw_asked = size;
	fw->fw_askedat = c->c_now;
	fa->fa_cpu = c;
	fa->fa_msg.msg_fn = flow_asked;
	msg_send(&c->c_ep, sp_ctl_id(c->c_sp), &fa->fa_msg);
}

/* What was read before counts no more. */
static void
flow_next_epoch(struct flow_cpu *fw, const struct flow_table *ft)
{
	uint32_t epoch = fw->fw_epoch + 1;
	uint64_t i;

	__atomic_store_n(&fw->fw_epoch, epoch != 0 ? epoch : 1,
	    __ATOMIC_RELAXED);
	for (i = 0; epoch == 0 && ft != NULL && i < flow_places(ft); i++)
		__atomic_store_n(&ft->ft_flow[i].fl_key, 0, __ATOMIC_RELAXED);
}

struct flow_table *
flow_begin(struct cpu *c, struct flow_cpu *fw, uint32_t hopgen)
{
	struct flow_table *ft =
	    atomic_load_explicit(&fw->fw_table, memory_order_acquire);
	uint32_t flowgen =
	    atomic_load_explicit(&c->c_sp->sp_flowgen, memory_order_acquire);

	if (unlikely((ft != NULL ? ft->ft_size : 0) !=
		tun(c->c_sp, ip_flow_size)))
		flow_ask(c, fw);
	if (unlikely(fw->fw_hopgen != hopgen || fw->fw_flowgen != flowgen ||
		fw->fw_epoch == 0)) {
		flow_next_epoch(fw, ft);
		fw->fw_hopgen = hopgen;
		fw->fw_flowgen = flowgen;
	}
	return ft;
}

void
flow_end(
    struct cpu *c, struct flow_cpu *fw, unsigned hits, unsigned misses)
{
	if (hits > 0)
		stat_add(c, SG_FLOW, fls_hits, hits);
	if (misses > 0)
		stat_add(c, SG_FLOW, fls_misses, misses);
	fw->fw_hits += hits;
	fw->fw_total += hits + misses;
	if (fw->fw_total < FLOW_WINDOW)
		return;
	fw->fw_poor = fw->fw_hits < fw->fw_total / 4;
	fw->fw_hits = fw->fw_total = 0;
}

/* Word by word, as ctl may read it; the key last. */
static void
flow_write(struct flow *fl, const struct flow *new)
{
	uint64_t w[FLOW_WORDS], *to = (void *)fl;
	unsigned i;

	memcpy(w, new, sizeof(w));
	__atomic_store_n(&to[0], 0, __ATOMIC_RELAXED);
	atomic_thread_fence(memory_order_release);
	for (i = 1; i < FLOW_WORDS; i++)
		__atomic_store_n(&to[i], w[i], __ATOMIC_RELAXED);
	__atomic_store_n(&to[0], w[0], __ATOMIC_RELEASE);
}

static void
flow_mark(struct flow *fl, uint32_t set, uint32_t clear)
{
	__atomic_store_n(
	    &fl->fl_nh, (fl->fl_nh & ~clear) | set, __ATOMIC_RELAXED);
}

/* The same destination, of whatever epoch. */
static bool
flow_same(const struct flow *fl, const struct flow *new)
{
	return flow_is(fl,
		   (fl->fl_key & ~UINT64_C(0xffffffff)) |
		       (uint32_t) new->fl_key,
		   &new->fl_dst) &&
	    fl->fl_key != 0;
}

/* A place of the two for a newcomer; NULL: both are in use. */
static struct flow *ON_CPU
flow_place(struct cpu *c, struct flow_cpu *fw, struct flow *fl,
    struct flow *next)
{
	if (fl->fl_key == 0)
		return fl;
	if (next->fl_key == 0)
		return next;
	if (fw->fw_poor && fw->fw_came++ % FLOW_LET_IN != 0)
		return NULL;
	if ((fl->fl_nh & next->fl_nh & FLOW_USED) != 0) {
		flow_mark(fl, 0, FLOW_USED);
		flow_mark(next, 0, FLOW_USED);
		return NULL;
	}
	stat_add(c, SG_FLOW, fls_evicted, 1);
	return (fl->fl_nh & FLOW_USED) == 0 ? fl : next;
}

void
flow_store(struct cpu *c, struct flow_cpu *fw, const struct flow_table *ft,
    uint32_t slot, struct flow *new, unsigned len)
{
	struct flow *fl = &ft->ft_flow[slot], *next = &ft->ft_flow[slot ^ 1];
	struct flow *to;

	to = flow_same(fl, new) ? fl :
	    (fl->fl_nh & FLOW_NEXT) != 0 && flow_same(next, new) ? next : NULL;
	if (to != NULL && to->fl_key == new->fl_key) {
		/* Others of its packets missed in the same vector. */
		flow_hit(to, len);
		return;
	}
	new->fl_packets = 1;
	new->fl_bytes = len;
	new->fl_made = (uint32_t)(c->c_now >> FLOW_MADE_SHIFT);
	if (to != NULL) {
		new->fl_packets += to->fl_packets;
		new->fl_bytes += to->fl_bytes;
		new->fl_made = to->fl_made;
		new->fl_nh |= FLOW_USED;
		stat_add(c, SG_FLOW, fls_stale, 1);
	} else if ((to = flow_place(c, fw, fl, next)) == NULL) {
		stat_add(c, SG_FLOW, fls_refused, 1);
		return;
	} else {
		stat_add(c, SG_FLOW, fls_made, 1);
	}
	new->fl_nh |= to->fl_nh &FLOW_NEXT;
	flow_write(to, new);
	if (to == next)
		flow_mark(fl, FLOW_NEXT, 0);
}
