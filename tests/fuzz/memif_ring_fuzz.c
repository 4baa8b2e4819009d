/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A peer of memif that writes rubbish: into indices, flags, descriptors and
 * buffers, while frames are sent and received on a ring of each kind.  Nothing
 * outside of the shared memory is touched (pages around it are not there, and
 * bytes around the ring stay what they were), no buffer of ours is lost, and a
 * ring that has a fault moves nothing any more.
 *
 * The lowest bits of the first byte are the kind of the ring, the next its
 * size; each 8 bytes behind it are a deed: what, where, and a value.
 */
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

#include "base/kassert.h"
#include "dev/memif_ring.h"
#include "mbuf/pool.h"
#include "sim/sim.h"

#define PAGE   4096u
#define BUFFER 256u
#define RING   16u /* descriptors, at most */
#define REGION (2 * PAGE) /* RING buffers behind a page with the ring */
#define DEEDS  200u

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

struct target {
	struct cpu *t_cpu;
	uint8_t *t_base; /* REGION bytes between two pages that are not */
	struct memif_region t_region[2]; /* the second one was not sent */
	struct memif_ring t_ring;
	struct memif_count t_count;
};

static void
target_open(struct target *t)
{
	struct sim *s = sim_open("memif", 1);
	struct spate *sp = host_spate(sim_host(s, "r", 1));
	uint8_t *p;

	t->t_cpu = sp->sp_cpu[0];
	p = mmap(NULL, REGION + 2 * PAGE, PROT_NONE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (p == MAP_FAILED ||
	    mprotect(p + PAGE, REGION, PROT_READ | PROT_WRITE) != 0)
		panic("no memory");
	t->t_base = p + PAGE;
	t->t_region[0].mg_base = t->t_base;
	t->t_region[0].mg_size = REGION;
}

static void
target_ring(struct target *t, uint8_t how)
{
	struct memif_ring *mr = &t->t_ring;
	unsigned i;

	memset(t->t_base, 0, REGION);
	*mr = (struct memif_ring){ .mr_wire = (void *)t->t_base,
		.mr_bufs = t->t_base + PAGE,
		.mr_region = t->t_region,
		.mr_nregion = 2,
		.mr_bufsize = BUFFER,
		.mr_offset = PAGE,
		.mr_size = 2u << (how >> 2 & 3),
		.mr_kind = how & 3,
		.mr_fd = -1 };
	memif_ring_init(mr);
	memif_ring_begin(mr);
	/* What a client that means well begins with. */
	for (i = 0; i < mr->mr_size && mr->mr_kind == MEMIF_SERVER_TX; i++) {
		mr->mr_wire->mw_desc[i].md_what = memif_what(0, 0, BUFFER);
		mr->mr_wire->mw_desc[i].md_where = PAGE + i * BUFFER;
	}
	if (mr->mr_kind == MEMIF_SERVER_TX)
		mr->mr_wire->mw_head = (uint16_t)mr->mr_size;
}

static uint32_t
mpool_used(const struct cpu *c)
{
	struct mpool_info mi;

	mpool_info(c, &mi);
	return mi.mi_total - mi.mi_free + mi.mi_clones + mi.mi_large -
	    mi.mi_largefree;
}

static void ON_CPU
target_send(struct target *t, unsigned n, unsigned len)
{
	static const uint8_t bytes[8192];
	struct mbuf *mm[8];
	unsigned i, sent;

	n = n % countof(mm) + 1;
	for (i = 0; i < n; i++)
		if ((mm[i] = m_from_bytes(
			 t->t_cpu, bytes, len % sizeof(bytes) + 1)) == NULL)
			panic("buffers were lost");
	sent = memif_ring_tx(t->t_cpu, &t->t_ring, &t->t_count, mm, n);
	if (sent > n)
		panic("more than there were");
	m_free_bulk(t->t_cpu, mm + sent, n - sent);
}

static void ON_CPU
target_receive(struct target *t, unsigned max)
{
	struct mvec mv = { .mv_n = 0 };
	unsigned i, n;

	max = max % MVEC_MAX + 1;
	n = memif_ring_rx(t->t_cpu, &t->t_ring, &t->t_count, &mv, max);
	if (n != mv.mv_n || n > max)
		panic("another number");
	for (i = 0; i < n; i++)
		if (mv.mv_m[i]->m_pktlen == 0 ||
		    mv.mv_m[i]->m_pktlen > MEMIF_FRAME_MAX)
			panic("a frame of %u bytes", mv.mv_m[i]->m_pktlen);
	m_free_bulk(t->t_cpu, mv.mv_m, mv.mv_n);
}

static bool
is_tx(const struct target *t)
{
	return t->t_ring.mr_kind == MEMIF_CLIENT_TX ||
	    t->t_ring.mr_kind == MEMIF_SERVER_TX;
}

static void ON_CPU
target_deed(struct target *t, const uint8_t *p)
{
	struct memif_ring_wire *mw = t->t_ring.mr_wire;
	struct memif_desc *md = &mw->mw_desc[p[1] % t->t_ring.mr_size];
	uint16_t v16 = ld16be(p + 2);
	uint32_t v32 = ld32be(p + 4);

	switch (p[0] % 8) {
	case 0:
		mw->mw_head = (uint16_t)(v16 & 1 ? v32 : mw->mw_head + p[1]);
		break;
	case 1:
		mw->mw_tail = (uint16_t)(v16 & 1 ? v32 : mw->mw_tail + p[1]);
		break;
	case 2: /* flags and region from one half, a length near a buffer's */
		md->md_what = memif_what(v16 & 3, v16 >> 8 & 3, v32 % 512);
		break;
	case 3:
		md->md_what = (uint64_t)v16 | (uint64_t)v32 << 32;
		break;
	case 4:
		md->md_where = v16 & 1 ? v32 : v32 % (REGION + BUFFER);
		break;
	case 5:
		mw->mw_flags = v16;
		(void)memif_ring_arm(&t->t_ring);
		break;
	default:
		if (is_tx(t))
			target_send(t, p[1], v32);
		else
			target_receive(t, p[1]);
		break;
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct target t;
	uint16_t at;
	bool dead;
	unsigned i;

	if (size == 0)
		return 0;
	if (t.t_cpu == NULL)
		target_open(&t);
	role_enter(&on_cpu);
	curcpu = t.t_cpu;
	target_ring(&t, data[0]);
	for (i = 0; i < DEEDS && 1 + (i + 1) * 8 <= size; i++) {
		at = t.t_ring.mr_at;
		dead = t.t_ring.mr_fault != MEMIF_SOUND;
		target_deed(&t, data + 1 + i * 8);
		if (dead && t.t_ring.mr_at != at)
			panic("a dead ring moved");
		if (mpool_used(t.t_cpu) != 0)
			panic("a buffer was lost");
	}
	curcpu = NULL;
	return 0;
}
