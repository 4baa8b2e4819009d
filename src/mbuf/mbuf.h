/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Packets in memory.
 *
 * Packet memory is one region per instance, cut into buffers of 2 KiB.  An
 * mbuf is the header of a buffer; headers lie in an array of their own, so
 * that header and buffer find each other by their number.  A packet is a chain
 * of mbufs; all that any layer must remember about it stands in the first.
 *
 * Every mbuf has a home: the CPU whose pool it came from, which alone changes
 * its reference count.  A CPU that is done with another's mbuf sends it home
 * on a return ring.  A clone is a header of its own that borrows a buffer; the
 * last reference to go frees the buffer.
 *
 * Beside them each CPU has a few large buffers, which no device registers, for
 * what comes in pieces of 64 KiB anyway.
 *
 * A packet belongs to one CPU at a time, whatever its home:
 *	o	the CPU that holds the packet
 *	h	home CPU only
 *	I	immutable after pktmem_create() or m_alloc*()
 */
#ifndef MBUF_MBUF_H
#define MBUF_MBUF_H

#include <assert.h>
#include <stdalign.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/bytes.h"
#include "base/kassert.h"
#include "base/tsa.h"
#include "cpu/cpu.h"

#define MBUF_SIZE     2048u /* of a buffer; also the AF_XDP chunk */
#define MBUF_SHIFT    11
#define MBUF_HEADROOM 128u /* before the data of a fresh one, at least … */
#define MBUF_HEADMOST 256u /* … and at most */
#define MBUF_DATA     (MBUF_SIZE - MBUF_HEADMOST) /* that any has room for */
#define MBUF_LARGE    65536u /* of a large buffer */
#define MVEC_MAX      128
#define MVEC_AHEAD    4 /* packets to prefetch */

enum { /* m_flags */
	MF_BCAST = 1u << 0, /* link-layer broadcast */
	MF_MCAST = 1u << 1, /* link-layer multicast */
	MF_CSUM_PARTIAL = 1u << 2, /* L4 checksum must be completed: it holds
				    * the pseudo-header sum; m_l4off and
				    * m_csumoff say where */
	MF_CSUM_OK = 1u << 3, /* L4 checksum was verified, or never left
				 * memory */
	MF_LOCAL = 1u << 4, /* originated here, not yet routed */
	MF_SHARED = 1u << 5, /* data may be read by others: copy to write */
	MF_NOMAC = 1u << 6, /* leaves as it is: link header is complete */
	MF_REASS = 1u << 8, /* was put together from fragments */
	MF_OPTIONS = 1u << 9, /* IPv4: has options to record this host in */
	MF_COLD = 1u << 7, /* the members of m_cold() hold something */
	MF_TOLD = 1u << 10, /* tells what becomes of it: m_told, tell.h */
};

enum mbuf_gso { GSO_NONE, GSO_TCP4, GSO_TCP6, GSO_UDP };

enum mbuf_kind {
	MK_BUFFER, /* header of one of our buffers */
	MK_LARGE, /* of a large buffer, outside packet memory */
	MK_CLONE, /* borrows the buffer of m_buf */
	MK_FOREIGN, /* memory of somebody else, m_freefn tells him */
};

struct mbuf {
	/* line 0: every packet, every stage */
	alignas(CACHELINE) uint8_t *m_data; /* [o] first byte */
	uint8_t *m_head; /* [I] start of the buffer */
	struct mbuf *m_next; /* [o] rest of the chain */
	uint32_t m_len; /* [o] bytes in this buffer */
	uint32_t m_pktlen; /* [o] bytes in the chain */
	uint32_t m_hash; /* [o] RSS hash, if m_hashtype says so */
	uint32_t m_nh; /* [o] next hop, once routed */
	/* The order makes few stores of m_reset() and dev_rx_burst(). */
	union {
		struct {
			uint16_t m_rcvif; /* [o] receive interface; 0: from
					   * here */
			uint16_t m_rcvgen; /* [o] its generation */
			uint8_t m_isr; /* [o] receive queue until it is
					* steered; after that enum netisr_proto
					* of its way to another CPU */
			uint8_t m_rtable; /* [o] */
			uint8_t m_nvlan; /* [o] tags in m_vlan */
			uint8_t m_stage; /* [o] where the next CPU goes on with
					  * it */
		};
		uint64_t m_rcv; /* [o] all of these */
	};
	uint16_t m_oif; /* [o] interface to send on, once resolved */
	uint16_t m_flags; /* [o] MF_* */
	uint8_t m_gso; /* [o] enum mbuf_gso */
	uint8_t m_gsoflags; /* [o] GSOF_ECN */
	uint8_t m_hashtype; /* [o] enum rss_type, 0 = no hash */
	uint8_t m_csumoff; /* [o] checksum field from L4 header */
	uint16_t m_l4off; /* [o] L4 header from m_data (MF_CSUM_PARTIAL,
			    * m_gso); kept true by m_adj and m_prepend */
	uint16_t m_gsosize; /* [o] payload of a segment */
	uint8_t m_home; /* [I] CPU */
	uint8_t m_kind; /* [I] enum mbuf_kind */
	uint16_t m_refs; /* [h] */

	/* line 1: what few packets need */
	alignas(CACHELINE) struct mbuf *m_nextpkt; /* [o] queues of packets */
	struct mbuf *m_buf; /* [I] MK_CLONE: whose buffer it is */
	void (*m_freefn)(struct mbuf *); /* [I] MK_FOREIGN */
	uint32_t m_size; /* [I] bytes from m_head on */
	uint16_t m_vlan[2]; /* [o] m_nvlan tags taken off, outer first */
	uint32_t m_told; /* [o] MF_TOLD: to whom, and its number */
	uint32_t m_pfroute; /* [o] pf; from here on: m_cold() */
	uint64_t m_ts; /* [o] ns, if the device gave it */
	void *m_pfstate; /* [o] pf: */
	uint16_t m_pftag; /* [o] */
	uint16_t m_pfqueue; /* [o] */
	uint16_t m_pfflags; /* [o] */
};
#define MBUF_COLD offsetof(struct mbuf, m_pfroute)
static_assert(CPU_MAX <= UINT8_MAX, "m_home");
static_assert(sizeof(struct mbuf) == 2 * CACHELINE, "headers are 128 bytes");
static_assert(offsetof(struct mbuf, m_nextpkt) == CACHELINE, "hot line first");

enum { GSOF_ECN = 1 };

/* A vector of packets; what a stage works on. */
struct mvec {
	unsigned mv_n;
	struct mbuf *mv_m[MVEC_MAX];
};

#define mtod(m, type) ((type)(void *)(m)->m_data)

/*
 * Packet memory: size bytes in all, shared by the CPUs in equal slices; huge
 * pages if there are any.  ENOMEM.
 */
int pktmem_create(struct spate *, uint64_t size);

/*
 * The same as a file without a name, which another process can map.  Costs
 * transparent huge pages where the system has none for files.
 */
int pktmem_create_shared(struct spate *, uint64_t size);
void pktmem_destroy(struct spate *);

/* The region, for devices that register it. */
void *pktmem_base(const struct pktmem *);
size_t pktmem_size(const struct pktmem *);
bool pktmem_huge(const struct pktmem *);
int pktmem_fd(const struct pktmem *); /* -1: not shared */

/* The mbuf whose buffer holds this address of the region. */
struct mbuf *pktmem_mbuf(const struct pktmem *, const void *addr);

/* What a CPU's pool looks like; any thread (approximate while running). */
struct mpool_info {
	uint32_t mi_total; /* buffers of this CPU */
	uint32_t mi_free; /* in its pool */
	uint32_t mi_least; /* lowest mi_free so far */
	uint32_t mi_clones; /* clone headers in use */
	uint32_t mi_large; /* large buffers of this CPU … */
	uint32_t mi_largefree; /* … and those in its pool */
	uint64_t mi_failed; /* allocations refused */
	uint64_t mi_foreign; /* buffers sent home to others */
};
void mpool_info(const struct cpu *, struct mpool_info *);

/*
 * A fresh packet of one empty buffer with a headroom of MBUF_HEADROOM to
 * MBUF_HEADMOST; NULL if the pool is empty (counted; the caller counts what it
 * could not do).
 */
struct mbuf *m_alloc(struct cpu *) ON_CPU;

/* As many as there are, up to n; returns how many. */
unsigned m_alloc_bulk(struct cpu *, struct mbuf **, unsigned n) ON_CPU;

/*
 * A fresh large buffer, empty and without headroom, to be a later part of a
 * chain; NULL if there is none, for which callers have another way.
 */
struct mbuf *m_alloc_large(struct cpu *) ON_CPU;

/*
 * A header of its own for each buffer of the packet; the data is shared and
 * must not be written by either side (MF_SHARED).  Copies what is not at home
 * here.  NULL if the pool is empty.
 */
struct mbuf *m_clone(struct cpu *, struct mbuf *) ON_CPU;

/* A copy in buffers of this CPU, with the packet's metadata; NULL as above. */
struct mbuf *m_copy(struct cpu *, const struct mbuf *) ON_CPU;

/*
 * A chain of fresh buffers of this CPU holding n bytes from p; NULL if the
 * pool is empty.  For packets that are made here, and for devices that copy.
 */
struct mbuf *m_from_bytes(struct cpu *, const void *p, size_t n) ON_CPU;

/*
 * Free the packet without counting it: for what was sent, delivered or merged
 * (counted as such by the caller).  What dies is for m_drop().
 */
void m_free(struct cpu *, struct mbuf *) ON_CPU;
void m_free_bulk(struct cpu *, struct mbuf **, unsigned n) ON_CPU;

/*
 * The packet dies, and this is why.  The only way to free a packet on its
 * path.
 */
void m_drop(struct cpu *, struct mbuf *, enum stat_group, unsigned why) ON_CPU;

/* Take home what other CPUs returned; once a round. */
void mpool_run(struct cpu *) ON_CPU;

/* Send what piled up for other CPUs; once a round and before sleeping. */
void mpool_flush(struct cpu *) ON_CPU;

/* So few buffers are left that the CPU should look for returned ones. */
bool mpool_starved(const struct cpu *);

/* Buffers of this one's home are running out: leave the rest to others. */
bool m_pool_low(const struct cpu *, const struct mbuf *);

/* Buffers that a packet takes. */
static inline unsigned
m_nbufs(const struct mbuf *m)
{
	unsigned n = 0;

	for (; m != NULL; m = m->m_next)
		n++;
	return n;
}

static inline unsigned
m_headroom(const struct mbuf *m)
{
	return (unsigned)(m->m_data - m->m_head);
}

static inline unsigned
m_tailroom(const struct mbuf *m)
{
	return m->m_size - m_headroom(m) - m->m_len;
}

/*
 * Before writing m_ts or one of pf's members: they are zero in a fresh packet,
 * but nobody touches their line to make them so.  Before reading: MF_COLD.
 */
static inline void
m_cold(struct mbuf *m)
{
	if ((m->m_flags & MF_COLD) != 0)
		return;
	memset((char *)m + MBUF_COLD, 0, sizeof(*m) - MBUF_COLD);
	m->m_flags |= MF_COLD;
}

static inline void
m_prefetch(const struct mbuf *m)
{
	__builtin_prefetch(m->m_data);
}

/* Strip n bytes, which are all in the first buffer. */
static inline void
m_adj(struct mbuf *m, unsigned n)
{
	KASSERT(n <= m->m_len);
	m->m_data += n;
	m->m_len -= n;
	m->m_pktlen -= n;
	m->m_l4off = (uint16_t)(m->m_l4off - n);
}

/*
 * Make room for n bytes in front, and return where; NULL if the headroom is
 * too short or the buffer is shared.
 */
static inline void *
m_prepend(struct mbuf *m, unsigned n)
{
	if (m_headroom(m) < n || (m->m_flags & MF_SHARED) != 0)
		return NULL;
	m->m_data -= n;
	m->m_len += n;
	m->m_pktlen += n;
	m->m_l4off = (uint16_t)(m->m_l4off + n);
	return m->m_data;
}

/*
 * Make the first n bytes contiguous in the first buffer, at the cost of its
 * headroom if need be.  Returns whether it could: not if the packet is
 * shorter, n does not fit the buffer, or they are not and it is shared
 * (m_writable() does that).
 */
bool m_pullup(struct cpu *, struct mbuf *, unsigned n) ON_CPU;

/* Cut n bytes off the end (padding of the link).  n <= m_pktlen. */
void m_trim(struct cpu *, struct mbuf *, unsigned n) ON_CPU;

/* Copy n bytes from offset off; the packet has them. */
void m_copydata(const struct mbuf *, unsigned off, unsigned n, void *to);

/* Overwrite n bytes at offset off; the packet has them and is not shared. */
void m_copyback(struct mbuf *, unsigned off, unsigned n, const void *from);

/*
 * Append n bytes, with new buffers as needed; false, and m is as it was, if
 * there are none.
 */
bool m_append(struct cpu *, struct mbuf *, const void *, unsigned n) ON_CPU;

/*
 * Make the packet writable and its first n (at most MBUF_DATA) bytes
 * contiguous: what is shared is copied.  Returns the packet's first mbuf,
 * which may be another one, or NULL if it is shorter or there are no buffers;
 * then m is the caller's as before.
 */
struct mbuf *m_writable(struct cpu *, struct mbuf *, unsigned n) ON_CPU;

/*
 * What every layer knows about the packet, to another one; not the data nor
 * its length.
 */
void m_copy_meta(struct mbuf *to, const struct mbuf *from);

/*
 * Add n bytes from offset off to a sum (see in_cksum.h); the packet has them.
 */
uint64_t m_cksum_add(
    const struct mbuf *, unsigned off, unsigned n, uint64_t sum);

/*
 * Complete a checksum left to the device (MF_CSUM_PARTIAL) of a packet that is
 * not shared.  Returns whether the fields were inside the packet.
 */
bool m_csum_complete(struct mbuf *);

#endif
