/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The memory of a program for tests: anonymous, and small.
 */
#ifndef UNIT_SOCKET_APP_BED_H
#define UNIT_SOCKET_APP_BED_H

#include <sys/mman.h>

#include "socket/app_mem.h"

static inline void
app_bed_open(struct app_mem *am, const struct app_shape *as)
{
	am->am_shape = *as;
	assert_null(app_layout(as, &am->am_layout));
	am->am_base = mmap(NULL, am->am_layout.ay_size,
	    PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	assert_true(am->am_base != MAP_FAILED);
}

static inline void
app_bed_close(struct app_mem *am)
{
	munmap(am->am_base, am->am_layout.ay_size);
}

#endif
