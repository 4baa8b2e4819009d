/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * memif: what an interface of this driver is asked for (dc_memif).
 */
#ifndef DEV_MEMIF_H
#define DEV_MEMIF_H

#include <stdbool.h>
#include <stdint.h>

#define MEMIF_LOG2_MAX	 14u /* of the size of a ring */
#define MEMIF_RING	 1024u /* descriptors of a ring, by default */
#define MEMIF_RING_MIN	 2u
#define MEMIF_RING_MAX	 (1u << MEMIF_LOG2_MAX)
#define MEMIF_BUFFER	 2048u /* bytes of a buffer, by default */
#define MEMIF_BUFFER_MIN 256u
#define MEMIF_BUFFER_MAX 65536u
#define MEMIF_PATHLEN	 108u /* of a socket, with its NUL */
#define MEMIF_SECRETMAX	 24u

/* Members are values; strings stay valid until the driver has opened. */
struct memif_conf {
	const char *mc_socket; /* a path, or "@name": abstract */
	uint32_t mc_id; /* of the interface, on its socket */
	bool mc_client; /* connects, and makes the shared memory */
	unsigned mc_ring; /* descriptors, a power of two; 0: MEMIF_RING */
	unsigned mc_buffer; /* bytes, of CACHELINE each; 0: MEMIF_BUFFER */
	const char *mc_secret; /* both sides must have it; NULL: none */
};

/*
 * Bytes that a client shares with so many queues each way, rings and buffers.
 * The protocol's offsets end at 4 GiB.
 */
uint64_t memif_shared_size(unsigned queues, unsigned ring, unsigned buffer);
#define MEMIF_SHARED_MAX (UINT64_C(1) << 32)

#endif
