/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * DPDK's forwarding tables, for bench/micro/fib to compare with: rte_lpm and
 * rte_fib for IPv4, rte_lpm6 and rte_fib6 for IPv6.  Their memory is what
 * Spate's tables have, too: anonymous, on huge pages where the kernel has them.
 */
#ifndef BENCH_FIB_DPDK_H
#define BENCH_FIB_DPDK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum dpdk_kind { DPDK_LPM, DPDK_FIB, DPDK_LPM6, DPDK_FIB6, DPDK_KINDS };

struct dpdk_table;

/* Memory for tables of so many bytes.  NULL, or why DPDK cannot be had. */
const char *dpdk_open(size_t bytes);
void dpdk_close(void);

const char *dpdk_name(enum dpdk_kind);

/* The greatest next hop that it can hold as it is configured here. */
uint32_t dpdk_most_nhop(enum dpdk_kind);

/*
 * Room for so many routes and groups of 256 entries below the first 24 bits.
 * NULL: DPDK refuses; dpdk_error() says why.
 */
struct dpdk_table *dpdk_create(
    enum dpdk_kind, unsigned routes, unsigned groups);
void dpdk_destroy(struct dpdk_table *);
const char *dpdk_error(void);

/* Bytes it has taken, with its rules and room. */
size_t dpdk_memory(const struct dpdk_table *);

/* Bytes that lookups read where so many groups are in use, of the room. */
size_t dpdk_lookup_memory(enum dpdk_kind, unsigned groups, unsigned room);

/* addr: in network order.  An errno value if it is refused. */
int dpdk_add(
    struct dpdk_table *, const uint8_t *addr, unsigned len, uint32_t nh);
int dpdk_delete(struct dpdk_table *, const uint8_t *addr, unsigned len);

/* Its other way to look up, if this machine has one; false: it has none. */
bool dpdk_vector(struct dpdk_table *, bool on);

/*
 * n addresses, a multiple of batch, by so many in a call: IPv4 in host order,
 * IPv6 as bytes.  Returns a sum of some results, lest nobody use them.
 */
uint32_t dpdk_run(struct dpdk_table *, const void *addrs, unsigned n);
#define DPDK_BATCH 128u

/* The next hops of n addresses, 0 for none. */
void dpdk_lookup(
    struct dpdk_table *, const void *addrs, uint32_t *nh, unsigned n);

#endif
