/* SPDX-License-Identifier: BSD-2-Clause */
#include "fib_dpdk.h"

#include <err.h>
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_fib.h>
#include <rte_fib6.h>
#include <rte_lpm.h>
#include <rte_lpm6.h>
#include <rte_malloc.h>

#define HEAP "tables" /* of DPDK's allocator, in memory of ours */
#define HUGE_2M (2ul << 20)
#define ENTRIES24 (1ul << 24)
#define ENTRIES8 256ul
#define ADDR6 16u
/* Of what rte_lpm finds; above are length and flags. */
#define MASK_NHOP ((1u << 24) - 1)

struct dpdk_table {
	enum dpdk_kind dt_kind;
	size_t dt_memory;
	struct rte_lpm *dt_lpm;
	struct rte_fib *dt_fib;
	struct rte_lpm6 *dt_lpm6;
	struct rte_fib6 *dt_fib6;
};

/* Widths of entries: the least that holds hundreds of next hops. */
static const struct {
	const char *name;
	size_t entry;
	uint32_t most;
} kinds[] = {
	[DPDK_LPM] = { "rte_lpm", 4, (1u << 24) - 1 },
	[DPDK_FIB] = { "rte_fib", 2, (1u << 15) - 1 },
	[DPDK_LPM6] = { "rte_lpm6", 4, (1u << 21) - 1 },
	[DPDK_FIB6] = { "rte_fib6", 2, (1u << 15) - 1 },
};

static void *heap;
static size_t heap_size;

static void
heap_open(size_t bytes)
{
	size_t pages = (bytes + HUGE_2M - 1) / HUGE_2M, i;
	rte_iova_t *iova = calloc(pages, sizeof(*iova));
	char *p;

	heap_size = pages * HUGE_2M;
	p = mmap(NULL, heap_size + HUGE_2M, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (p == MAP_FAILED || iova == NULL)
		errx(1, "no memory");
	p += -(uintptr_t)p % HUGE_2M;
	(void)madvise(p, heap_size, MADV_HUGEPAGE);
	for (i = 0; i < pages; i++)
		iova[i] = (rte_iova_t)(uintptr_t)(p + i * HUGE_2M);
	if (rte_malloc_heap_create(HEAP) != 0 ||
	    rte_malloc_heap_memory_add(HEAP, p, heap_size, iova,
		(unsigned)pages, HUGE_2M) != 0)
		errx(1, "DPDK takes no memory: %s", rte_strerror(rte_errno));
	free(iova);
	heap = p;
}

const char *
dpdk_open(size_t bytes)
{
	static char argv[][40] = { "fib", "--no-huge", "--no-shconf",
		"--no-pci", "--no-telemetry", "-m", "64", "--log-level=error",
		"--iova-mode=va", "--force-max-simd-bitwidth=512", "-l", "" };
	const int n = sizeof(argv) / sizeof(argv[0]);
	char *list[sizeof(argv) / sizeof(argv[0]) + 1] = { NULL };
	cpu_set_t had;
	int i;

	/* It binds this thread to a CPU. */
	if (sched_getaffinity(0, sizeof(had), &had) != 0)
		return strerror(errno);
	for (i = 0; i < CPU_SETSIZE && !CPU_ISSET(i, &had);)
		i++;
	snprintf(argv[n - 1], sizeof(argv[0]), "%d", i);
	for (i = 0; i < n; i++)
		list[i] = argv[i];
	if (rte_eal_init(n, list) < 0)
		return rte_strerror(rte_errno);
	(void)pthread_setaffinity_np(pthread_self(), sizeof(had), &had);
	heap_open(bytes);
	return NULL;
}

void
dpdk_close(void)
{
	(void)rte_eal_cleanup();
}

const char *
dpdk_name(enum dpdk_kind kind)
{
	return kinds[kind].name;
}

uint32_t
dpdk_most_nhop(enum dpdk_kind kind)
{
	return kinds[kind].most;
}

static size_t
heap_used(void)
{
	struct rte_malloc_socket_stats st;

	if (rte_malloc_get_socket_stats(rte_malloc_heap_get_socket(HEAP),
		&st) != 0)
		errx(1, "DPDK does not tell of its memory");
	return st.heap_allocsz_bytes;
}

/* One of them is made; false: it cannot be. */
static bool
table_make(struct dpdk_table *t, unsigned routes, unsigned groups)
{
	int socket = rte_malloc_heap_get_socket(HEAP);
	struct rte_lpm_config lc = { routes, groups, 0 };
	struct rte_lpm6_config l6 = { routes, groups, 0 };
	struct rte_fib_conf fc = { .type = RTE_FIB_DIR24_8,
		.max_routes = (int)routes,
		.dir24_8 = { RTE_FIB_DIR24_8_2B, groups } };
	/* The width bounds the number of groups, too. */
	struct rte_fib6_conf f6 = { .type = RTE_FIB6_TRIE,
		.max_routes = (int)routes,
		.trie = { groups > kinds[DPDK_FIB6].most ? RTE_FIB6_TRIE_4B :
		RTE_FIB6_TRIE_2B,
		    groups } };

	switch (t->dt_kind) {
	case DPDK_LPM:
		return (t->dt_lpm = rte_lpm_create("l4", socket, &lc)) != NULL;
	case DPDK_FIB:
		return (t->dt_fib = rte_fib_create("f4", socket, &fc)) != NULL;
	case DPDK_LPM6:
		t->dt_lpm6 = rte_lpm6_create("l6", socket, &l6);
		return t->dt_lpm6 != NULL;
	default:
		t->dt_fib6 = rte_fib6_create("f6", socket, &f6);
		return t->dt_fib6 != NULL;
	}
}

struct dpdk_table *
dpdk_create(enum dpdk_kind kind, unsigned routes, unsigned groups)
{
	struct dpdk_table *t = calloc(1, sizeof(*t));
	size_t had = heap_used();

	if (t == NULL)
		errx(1, "no memory");
	t->dt_kind = kind;
	if (!table_make(t, routes, groups)) {
		free(t);
		return NULL;
	}
	t->dt_memory = heap_used() - had;
	return t;
}

const char *
dpdk_error(void)
{
	return rte_strerror(rte_errno);
}

void
dpdk_destroy(struct dpdk_table *t)
{
	rte_lpm_free(t->dt_lpm);
	rte_fib_free(t->dt_fib);
	rte_lpm6_free(t->dt_lpm6);
	rte_fib6_free(t->dt_fib6);
	free(t);
}

size_t
dpdk_memory(const struct dpdk_table *t)
{
	return t->dt_memory;
}

size_t
dpdk_lookup_memory(enum dpdk_kind kind, unsigned groups, unsigned room)
{
	size_t entry = kinds[kind].entry;

	if (kind == DPDK_FIB6 && room > kinds[kind].most)
		entry = 4;
	return entry * (ENTRIES24 + ENTRIES8 * groups);
}

static uint32_t
addr4(const uint8_t *a)
{
	return (uint32_t)a[0] << 24 | (uint32_t)a[1] << 16 |
	    (uint32_t)a[2] << 8 | a[3];
}

int
dpdk_add(struct dpdk_table *t, const uint8_t *addr, unsigned len, uint32_t nh)
{
	uint8_t depth = (uint8_t)len;

	switch (t->dt_kind) {
	case DPDK_LPM:
		return -rte_lpm_add(t->dt_lpm, addr4(addr), depth, nh);
	case DPDK_FIB:
		return -rte_fib_add(t->dt_fib, addr4(addr), depth, nh);
	case DPDK_LPM6:
		return -rte_lpm6_add(t->dt_lpm6, addr, depth, nh);
	default:
		return -rte_fib6_add(t->dt_fib6, addr, depth, nh);
	}
}

int
dpdk_delete(struct dpdk_table *t, const uint8_t *addr, unsigned len)
{
	uint8_t depth = (uint8_t)len;

	switch (t->dt_kind) {
	case DPDK_LPM:
		return -rte_lpm_delete(t->dt_lpm, addr4(addr), depth);
	case DPDK_FIB:
		return -rte_fib_delete(t->dt_fib, addr4(addr), depth);
	case DPDK_LPM6:
		return -rte_lpm6_delete(t->dt_lpm6, addr, depth);
	default:
		return -rte_fib6_delete(t->dt_fib6, addr, depth);
	}
}

bool
dpdk_vector(struct dpdk_table *t, bool on)
{
	if (t->dt_kind == DPDK_FIB)
		return rte_fib_select_lookup(t->dt_fib,
			   on ? RTE_FIB_LOOKUP_DIR24_8_VECTOR_AVX512 :
			   RTE_FIB_LOOKUP_DIR24_8_SCALAR_MACRO) == 0;
	if (t->dt_kind == DPDK_FIB6)
		return rte_fib6_select_lookup(t->dt_fib6,
			   on ? RTE_FIB6_LOOKUP_TRIE_VECTOR_AVX512 :
			   RTE_FIB6_LOOKUP_TRIE_SCALAR) == 0;
	return !on;
}

uint32_t
dpdk_run(struct dpdk_table *t, const void *addrs, unsigned n)
{
	union {
		uint32_t u32[DPDK_BATCH];
		int32_t i32[DPDK_BATCH];
		uint64_t u64[DPDK_BATCH];
	} nh;
	uint32_t *a4 = (uint32_t *)(uintptr_t)addrs;
	uint8_t(*a6)[ADDR6] = (void *)(uintptr_t)addrs;
	uint32_t sum = 0;
	unsigned i;

	for (i = 0; i < n; i += DPDK_BATCH)
		switch (t->dt_kind) {
		case DPDK_LPM:
			rte_lpm_lookup_bulk(t->dt_lpm, a4 + i, nh.u32,
			    DPDK_BATCH);
			sum += nh.u32[0];
			break;
		case DPDK_FIB:
			rte_fib_lookup_bulk(t->dt_fib, a4 + i, nh.u64,
			    DPDK_BATCH);
			sum += (uint32_t)nh.u64[0];
			break;
		case DPDK_LPM6:
			rte_lpm6_lookup_bulk_func(t->dt_lpm6, a6 + i, nh.i32,
			    DPDK_BATCH);
			sum += (uint32_t)nh.i32[0];
			break;
		default:
			rte_fib6_lookup_bulk(t->dt_fib6, a6 + i, nh.u64,
			    DPDK_BATCH);
			sum += (uint32_t)nh.u64[0];
		}
	return sum;
}

static uint32_t
lookup_one(struct dpdk_table *t, const void *addrs, unsigned i)
{
	uint32_t *a4 = (uint32_t *)(uintptr_t)addrs + i;
	uint8_t(*a6)[ADDR6] = (void *)(uintptr_t)addrs;
	uint64_t wide = 0;
	uint32_t nh = 0;
	int32_t nh6 = 0;

	switch (t->dt_kind) {
	case DPDK_LPM:
		rte_lpm_lookup_bulk(t->dt_lpm, a4, &nh, 1);
		return (nh & RTE_LPM_LOOKUP_SUCCESS) != 0 ?
		    nh & MASK_NHOP : 0;
	case DPDK_FIB:
		rte_fib_lookup_bulk(t->dt_fib, a4, &wide, 1);
		return (uint32_t)wide;
	case DPDK_LPM6:
		rte_lpm6_lookup_bulk_func(t->dt_lpm6, a6 + i, &nh6, 1);
		return nh6 < 0 ? 0 : (uint32_t)nh6;
	default:
		rte_fib6_lookup_bulk(t->dt_fib6, a6 + i, &wide, 1);
		return (uint32_t)wide;
	}
}

void
dpdk_lookup(
    struct dpdk_table *t, const void *addrs, uint32_t *nh, unsigned n)
{
	unsigned i;

	for (i = 0; i < n; i++)
		nh[i] = lookup_one(t, addrs, i);
}
