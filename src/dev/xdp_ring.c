/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Mapping the rings of an AF_XDP socket that somebody else has opened.
 */
#include <errno.h>
#include <sys/mman.h>

#include "dev/xdp_ring.h"

int
xdp_ring_map(struct xdp_ring *xr, int fd, uint64_t pgoff,
    const struct xdp_ring_offset *off, uint32_t size, size_t entry)
{
	size_t len = off->desc + size * entry;
	char *p;

	p = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE,
	    fd, (off_t)pgoff);
	if (p == MAP_FAILED)
		return errno;
	xr->xr_map = p;
	xr->xr_maplen = len;
	xr->xr_prod = (void *)(p + off->producer);
	xr->xr_cons = (void *)(p + off->consumer);
	xr->xr_flags = (void *)(p + off->flags);
	xr->xr_desc = p + off->desc;
	xr->xr_size = size;
	return 0;
}

void
xdp_ring_unmap(struct xdp_ring *xr)
{
	if (xr->xr_map != NULL)
		munmap(xr->xr_map, xr->xr_maplen);
	xr->xr_map = NULL;
}
