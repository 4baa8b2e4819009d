/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Packet memory: the region, its headers, and a pool for each CPU.
 *
 * A buffer's life: m_alloc() takes its header off the home CPU's stack with
 * one reference; the packet travels, maybe to other CPUs; m_free() puts the
 * header back on the stack, or, on another CPU, into that CPU's bundle for the
 * home, which goes over a return ring once a round.  The ring has room for all
 * headers of the home, so it cannot fill.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/kassert.h"
#include "base/lines.h"
#include "base/plant.h"
#include "base/probe.h"
#include "mbuf/capture.h"
#include "mbuf/mbuf.h"
#include "mbuf/pool.h"
#include "mbuf/tell.h"
#include "path.h"

#define HUGE_2M        (2ul << 20)
#define MPOOL_LOW      8 /* starved below this part of the pool */
#define CLONES_PER_BUF 1 /* headers without buffer, for each with one */

static size_t
round_up(size_t n, size_t unit)
{
	return (n + unit - 1) / unit * unit;
}

/* A file in memory, on huge pages if the system has set some aside. */
static int
pktmem_map_file(struct pktmem *pm, unsigned hugeflag)
{
	void *p = MAP_FAILED;
	int fd;

	pm->pm_maplen = round_up(pm->pm_size, HUGE_2M);
	if ((fd = memfd_create("spate", MFD_CLOEXEC | hugeflag)) < 0)
		return errno;
	/* Populated at once, or it fails when it is too late. */
	if (ftruncate(fd, (off_t)pm->pm_maplen) == 0)
		p = mmap(NULL, pm->pm_maplen, PROT_READ | PROT_WRITE,
		    MAP_SHARED | (hugeflag != 0 ? MAP_POPULATE : 0), fd, 0);
	if (p == MAP_FAILED) {
		close(fd);
		return ENOMEM;
	}
	pm->pm_map = pm->pm_base = p;
	pm->pm_huge = hugeflag != 0;
	pm->pm_fd = fd;
	if (hugeflag == 0)
		(void)madvise(p, pm->pm_maplen, MADV_HUGEPAGE);
	return 0;
}

/* Huge pages if the system has set some aside, else transparent ones. */
static int
pktmem_map(struct pktmem *pm)
{
	void *p;

	pm->pm_maplen = round_up(pm->pm_size, HUGE_2M);
	p = mmap(NULL, pm->pm_maplen, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB | MAP_POPULATE, -1, 0);
	if (p != MAP_FAILED) {
		pm->pm_huge = true;
		pm->pm_map = pm->pm_base = p;
		return 0;
	}
	/* Aligned by hand, or the kernel finds no room for huge pages. */
	pm->pm_maplen += HUGE_2M;
	p = mmap(NULL, pm->pm_maplen, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (p == MAP_FAILED)
		return ENOMEM;
	pm->pm_map = p;
	pm->pm_base = (uint8_t *)round_up((uintptr_t)p, HUGE_2M);
	(void)madvise(
	    pm->pm_base, round_up(pm->pm_size, HUGE_2M), MADV_HUGEPAGE);
	return 0;
}

static void
pktmem_unmap(struct pktmem *pm)
{
	munmap(pm->pm_map, pm->pm_maplen);
	if (pm->pm_fd >= 0)
		close(pm->pm_fd);
}

static int
pktmem_create_as(struct spate *sp, uint64_t size, bool shared)
{
	struct pktmem *pm;
	size_t nbufs = size / MBUF_SIZE / sp->sp_ncpus * sp->sp_ncpus;
	int error;

	if (nbufs == 0)
		return EINVAL;
	if ((pm = calloc(1, sizeof(*pm))) == NULL)
		return ENOMEM;
	pm->pm_size = nbufs * MBUF_SIZE;
	pm->pm_fd = -1;
	if (!shared)
		error = pktmem_map(pm);
	else if ((error = pktmem_map_file(pm, MFD_HUGETLB)) != 0)
		error = pktmem_map_file(pm, 0);
	if (error != 0)
		goto fail_pm;
	pm->pm_hdr = huge_alloc(nbufs * sizeof(*pm->pm_hdr));
	if (pm->pm_hdr == NULL) {
		error = ENOMEM;
		goto fail_map;
	}
	sp->sp_pktmem = pm;
	return 0;

fail_map:
	pktmem_unmap(pm);
fail_pm:
	free(pm);
	return error;
}

int
pktmem_create(struct spate *sp, uint64_t size)
{
	return pktmem_create_as(sp, size, false);
}

int
pktmem_create_shared(struct spate *sp, uint64_t size)
{
	return pktmem_create_as(sp, size, true);
}

void
pktmem_destroy(struct spate *sp)
{
	struct pktmem *pm = sp->sp_pktmem;

	if (pm == NULL)
		return;
	pktmem_unmap(pm);
	free(pm->pm_hdr);
	free(pm);
	sp->sp_pktmem = NULL;
}

void *
pktmem_base(const struct pktmem *pm)
{
	return pm->pm_base;
}

size_t
pktmem_size(const struct pktmem *pm)
{
	return pm->pm_size;
}

bool
pktmem_huge(const struct pktmem *pm)
{
	return pm->pm_huge;
}

int
pktmem_fd(const struct pktmem *pm)
{
	return pm->pm_fd;
}

struct mbuf *
pktmem_mbuf(const struct pktmem *pm, const void *addr)
{
	size_t off = (size_t)((const uint8_t *)addr - pm->pm_base);

	KASSERT(off < pm->pm_size);
	return &pm->pm_hdr[off >> MBUF_SHIFT];
}

int
mstack_init(struct mstack *ms, uint32_t total)
{
	ms->ms_m = lines_alloc(total, sizeof(*ms->ms_m));
	ms->ms_total = total;
	return ms->ms_m != NULL ? 0 : ENOMEM;
}

/* What mpool_info() tells others. */
static void
mpool_tell(struct mpool *mp)
{
	atomic_store_explicit(
	    &mp->mp_nfree, mp->mp_free.ms_n, memory_order_relaxed);
	atomic_store_explicit(
	    &mp->mp_nleast, mp->mp_least, memory_order_relaxed);
	atomic_store_explicit(&mp->mp_nclones,
	    mp->mp_clones.ms_total - mp->mp_clones.ms_n, memory_order_relaxed);
	atomic_store_explicit(
	    &mp->mp_nlarge, mp->mp_large.ms_n, memory_order_relaxed);
}

static void
mpool_fill(struct cpu *c, struct mpool *mp)
{
	struct pktmem *pm = c->c_sp->sp_pktmem;
	uint32_t i, n = mp->mp_free.ms_total;
	struct mbuf *m;

	for (i = 0; i < n; i++) {
		size_t slot = (size_t)c->c_id * n + i;

		m = &pm->pm_hdr[slot];
		memset(m, 0, sizeof(*m));
		m->m_head = pm->pm_base + slot * MBUF_SIZE;
		m->m_size = MBUF_SIZE;
		m->m_home = (uint8_t)c->c_id;
		m->m_kind = MK_BUFFER;
		mstack_push(&mp->mp_free, m);
	}
	for (i = 0; i < mp->mp_clones.ms_total; i++) {
		m = &mp->mp_clonehdr[i];
		m->m_home = (uint8_t)c->c_id;
		m->m_kind = MK_CLONE;
		mstack_push(&mp->mp_clones, m);
	}
	mp->mp_least = n;
	mpool_tell(mp);
}

static int
mpool_rings(struct cpu *c, struct mpool *mp)
{
	unsigned i, size;

	size = (unsigned)roundup_pow2(mp->mp_free.ms_total +
	    mp->mp_clones.ms_total + mp->mp_large.ms_total);
	for (i = 0; i < c->c_sp->sp_ncpus; i++)
		if (i != c->c_id && (mp->mp_in[i] = ring_create(size)) == NULL)
			return ENOMEM;
	return 0;
}

int
mpool_create(struct cpu *c)
{
	uint32_t n = (uint32_t)(c->c_sp->sp_pktmem->pm_size / MBUF_SIZE /
	    c->c_sp->sp_ncpus);
	struct mpool *mp;
	uint32_t nclones = n * CLONES_PER_BUF;

	if ((mp = lines_alloc(1, sizeof(*mp))) == NULL)
		return ENOMEM;
	c->c_mpool = mp;
	if (mstack_init(&mp->mp_free, n) != 0 ||
	    mstack_init(&mp->mp_clones, nclones) != 0 ||
	    (mp->mp_clonehdr = lines_alloc(nclones, sizeof(struct mbuf))) ==
		NULL ||
	    mpool_large_create(c, mp, n) != 0 ||
	    mpool_rings(c, mp) != 0) {
		mpool_destroy(c);
		return ENOMEM;
	}
	mpool_fill(c, mp);
	return 0;
}

void
mpool_destroy(struct cpu *c)
{
	struct mpool *mp = c->c_mpool;
	unsigned i;

	if (mp == NULL)
		return;
	for (i = 0; i < CPU_MAX; i++)
		ring_destroy(mp->mp_in[i]);
	mpool_large_destroy(mp);
	free(mp->mp_clonehdr);
	free(mp->mp_clones.ms_m);
	free(mp->mp_free.ms_m);
	free(mp);
	c->c_mpool = NULL;
}

unsigned
m_alloc_bulk(struct cpu *c, struct mbuf **mm, unsigned n)
{
	struct mpool *mp = c->c_mpool;
	struct mstack *ms = &mp->mp_free;
	unsigned i, got = umin(n, ms->ms_n);
	struct mbuf **top;

	CPU_ASSERT(c);
	ms->ms_n -= got;
	top = ms->ms_m + ms->ms_n + got;
	for (i = 0; i < got; i++) {
		mm[i] = *--top;
		m_reset(mm[i]);
	}
	if (unlikely(got < n))
		stat_cell_add(&mp->mp_failed, n - got);
	if (ms->ms_n < mp->mp_least)
		mp->mp_least = ms->ms_n;
	return got;
}

struct mbuf *
m_alloc(struct cpu *c)
{
	struct mbuf *m;

	return m_alloc_bulk(c, &m, 1) == 1 ? m : NULL;
}

/* A header that borrows buf, which is at home here. */
static struct mbuf *
m_borrow(struct cpu *c, struct mbuf *buf)
{
	struct mstack *ms = &c->c_mpool->mp_clones;
	struct mbuf *m;

	CPU_ASSERT(c);
	KASSERT(buf->m_home == c->c_id && buf->m_kind <= MK_LARGE);
	if (ms->ms_n == 0) {
		stat_cell_add(&c->c_mpool->mp_failed, 1);
		return NULL;
	}
	m = ms->ms_m[--ms->ms_n];
	m->m_head = buf->m_head;
	m->m_size = buf->m_size;
	m->m_buf = buf;
	m->m_next = NULL;
	m->m_refs = 1;
	buf->m_refs++;
	return m;
}

/* All buffers of the packet are at home here and can be borrowed. */
static bool
m_borrowable(const struct cpu *c, const struct mbuf *m)
{
	for (; m != NULL; m = m->m_next)
		if (m->m_home != c->c_id || m->m_kind == MK_FOREIGN)
			return false;
	return true;
}

struct mbuf *
m_clone(struct cpu *c, struct mbuf *m)
{
	struct mbuf *head = NULL, **tail = &head, *from, *n;

	if (!m_borrowable(c, m))
		return m_copy(c, m);
	for (from = m; from != NULL; from = from->m_next) {
		n = m_borrow(c, from->m_kind == MK_CLONE ? from->m_buf : from);
		if (n == NULL) {
			if (head != NULL)
				m_free(c, head);
			return NULL;
		}
		n->m_data = from->m_data;
		n->m_len = from->m_len;
		from->m_flags |= MF_SHARED;
		n->m_flags = MF_SHARED;
		*tail = n;
		tail = &n->m_next;
	}
	m_copy_meta(head, m);
	head->m_pktlen = m->m_pktlen;
	head->m_flags |= MF_SHARED;
	return head;
}

/* m is at home here and unchained: one reference less. */
static void
m_release(struct cpu *c, struct mbuf *m)
{
	struct mpool *mp = c->c_mpool;

	KASSERT(m->m_home == c->c_id && m->m_refs > 0);
	if (--m->m_refs > 0)
		return;
	switch (m->m_kind) {
	case MK_BUFFER:
		mstack_push(&mp->mp_free, m);
		break;
	case MK_LARGE:
		mstack_push(&mp->mp_large, m);
		break;
	case MK_FOREIGN:
		m->m_freefn(m);
		m->m_kind = MK_CLONE;
		mstack_push(&mp->mp_clones, m);
		break;
	case MK_CLONE:
		m_release(c, m->m_buf);
		mstack_push(&mp->mp_clones, m);
		break;
	}
}

static void
mpool_return_to(struct cpu *c, unsigned home)
{
	struct mpool_return *mr = &c->c_mpool->mp_out[home];
	struct mpool *to = c->c_sp->sp_cpu[home]->c_mpool;
	unsigned n;

	n = ring_put(to->mp_in[c->c_id], mr->mr_m, mr->mr_n);
	KASSERT(n == mr->mr_n); /* it has room for all of them */
	stat_cell_add(&c->c_mpool->mp_foreign, n);
	mr->mr_n = 0;
}

static void
m_free_away(struct cpu *c, struct mbuf *m)
{
	struct mpool_return *mr = &c->c_mpool->mp_out[m->m_home];

	mr->mr_m[mr->mr_n++] = m;
	if (mr->mr_n == MPOOL_RETURN)
		mpool_return_to(c, m->m_home);
}

/* One buffer of ours that nobody else refers to: nearly all of them. */
static inline bool
m_is_plain(const struct cpu *c, const struct mbuf *m)
{
	return m->m_home == c->c_id && m->m_kind == MK_BUFFER &&
	    m->m_refs == 1 && m->m_next == NULL;
}

void
m_free(struct cpu *c, struct mbuf *m)
{
	struct mbuf *next;

	for (; m != NULL; m = next) {
		next = m->m_next;
		if (likely(m->m_home == c->c_id) || PLANT_WRONGCPU)
			m_release(c, m);
		else
			m_free_away(c, m);
	}
}

void
m_free_bulk(struct cpu *c, struct mbuf **mm, unsigned n)
{
	struct mstack *ms = &c->c_mpool->mp_free;
	struct mbuf **top = ms->ms_m + ms->ms_n;
	unsigned i;

	for (i = 0; i < n; i++) {
		if (likely(m_is_plain(c, mm[i]))) {
			KASSERT(top < ms->ms_m + ms->ms_total);
			mm[i]->m_refs = 0;
			*top++ = mm[i];
			continue;
		}
		ms->ms_n = (uint32_t)(top - ms->ms_m);
		m_free(c, mm[i]);
		top = ms->ms_m + ms->ms_n;
	}
	ms->ms_n = (uint32_t)(top - ms->ms_m);
}

/* Out of line: only tracers come here.  bpftrace knows six arguments. */
static void __attribute__((noinline, cold)) m_drop_probe(
    const struct cpu *c, const struct mbuf *m, enum stat_group g, unsigned why)
{
	/* A packet for another CPU never came to the stage it was meant for. */
	enum stage st = g == SG_PATH ? m->m_stage : c->c_path->p_now;

	PROBE(drop, c->c_id, m->m_rcvif,
	    st < ST_N ? c->c_path->p_names[st] : "-",
	    stat_groups[g].sg_desc[why].sd_text, m->m_data, m->m_len);
}

/* Somebody looks on. */
static void __attribute__((noinline, cold)) ON_CPU
m_drop_seen(struct cpu *c, const struct captures *cs, const struct mbuf *m,
    enum stat_group g, unsigned why)
{
	if (m_is_told(m))
		tell_drop(c, m, g, why);
	if (cs != NULL && !cpu_pretends(c))
		capture_drop(c, cs, m, g, why);
}

void
m_drop(struct cpu *c, struct mbuf *m, enum stat_group g, unsigned why)
{
	const struct captures *cs;

	KASSERT(m->m_rcvif < IF_MAX && c->c_drop[m->m_rcvif] != NULL);
	stat_add(c, g, why, 1);
	stat_add(c, SG_PATH, pks_dropped, 1);
	stat_cell_add(&c->c_drop[m->m_rcvif][stat_base(g) + why], 1);
	cpu_in_vain(c, m->m_rcvif);
	/* A told packet is looked at in the same go as captures are. */
	cs = captures_running(c->c_sp);
	if (unlikely(((uintptr_t)cs | (m->m_flags & MF_TOLD)) != 0))
		m_drop_seen(c, cs, m, g, why);
	if (PROBE_ON(drop))
		m_drop_probe(c, m, g, why);
	m_free(c, m);
}

void
mpool_run(struct cpu *c)
{
	struct mpool *mp = c->c_mpool;
	void *batch[MPOOL_RETURN];
	unsigned i, k, n;

	for (i = 0; i < c->c_sp->sp_ncpus; i++) {
		if (i == c->c_id)
			continue;
		while ((n = ring_get(mp->mp_in[i], batch, MPOOL_RETURN)) > 0)
			for (k = 0; k < n; k++)
				m_release(c, batch[k]);
	}
}

void
mpool_flush(struct cpu *c)
{
	struct mpool *mp = c->c_mpool;
	unsigned i;

	for (i = 0; i < c->c_sp->sp_ncpus; i++)
		if (mp->mp_out[i].mr_n > 0)
			mpool_return_to(c, i);
	mpool_tell(mp);
}

bool
mpool_starved(const struct cpu *c)
{
	const struct mstack *ms = &c->c_mpool->mp_free;

	return ms->ms_n < ms->ms_total / MPOOL_LOW;
}

void
mpool_info(const struct cpu *c, struct mpool_info *mi)
{
	const struct mpool *mp = c->c_mpool;

	mi->mi_total = mp->mp_free.ms_total;
	mi->mi_free = (uint32_t)stat_cell_read(&mp->mp_nfree);
	mi->mi_least = (uint32_t)stat_cell_read(&mp->mp_nleast);
	mi->mi_clones = (uint32_t)stat_cell_read(&mp->mp_nclones);
	mi->mi_large = mp->mp_large.ms_total;
	mi->mi_largefree = (uint32_t)stat_cell_read(&mp->mp_nlarge);
	mi->mi_failed = stat_cell_read(&mp->mp_failed);
	mi->mi_foreign = stat_cell_read(&mp->mp_foreign);
}

bool
m_pool_low(const struct cpu *c, const struct mbuf *m)
{
	struct mpool_info mi;

	mpool_info(c->c_sp->sp_cpu[m->m_home], &mi);
	return mi.mi_free < mi.mi_total / MPOOL_LOW;
}
