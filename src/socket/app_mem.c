/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where things are in the memory of a program.  Pure; what the program chose
 * is not to be believed before it was here.
 *
 * Pages that nobody wrote to take no memory, so that what is large here costs
 * only what is used of it.
 */
#include "socket/app_mem.h"

#include "base/bytes.h"
#include "cpu/endpoint.h"

static bool
pow2_within(uint32_t n, uint32_t least, uint32_t most)
{
	return n >= least && n <= most && is_pow2(n);
}

static const char *
shape_wrong(const struct app_shape *as)
{
	if (as->as_ncpus < 1 || as->as_ncpus > CPU_MAX)
		return "CPUs must be 1 to 64";
	if (as->as_nthreads < 1 || as->as_nthreads > APP_THREADS)
		return "threads must be 1 to 256";
	if (as->as_nsocks < 1 || as->as_nsocks > APP_SOCKS)
		return "sockets must be 1 to 4194304";
	if (!pow2_within(as->as_pipe, APP_PIPE_MIN, APP_PIPE_MAX))
		return "bytes of a pipe must be a power of two, 256 KiB to "
		       "64 MiB";
	if (!pow2_within(as->as_events, APP_EV_MIN, APP_EV_MAX))
		return "events of a ring must be a power of two, 16 to "
		       "1048576";
	if (as->as_nchunks < 1 ||
	    as->as_nchunks > APP_CHUNKS / as->as_ncpus)
		return "chunks must be at least 1 a CPU and at most 4194304 "
		       "in all";
	return NULL;
}

/* The next n things of size bytes, from a page of their own on. */
static uint64_t
place(uint64_t *at, uint64_t n, uint64_t size)
{
	uint64_t here = *at;

	*at += (n * size + APP_PAGE - 1) & ~(uint64_t)(APP_PAGE - 1);
	return here;
}

/* No sum here comes near 2^64: 16,384 rings of 64 MiB are 2^40. */
const char *
app_layout(const struct app_shape *as, struct app_layout *ay)
{
	const char *wrong = shape_wrong(as);
	uint64_t at = 0, rings;

	if (wrong != NULL)
		return wrong;
	rings = (uint64_t)as->as_nthreads * as->as_ncpus;
	ay->ay_cpus = place(&at, as->as_ncpus, sizeof(struct app_sleeper));
	ay->ay_threads =
	    place(&at, as->as_nthreads, sizeof(struct app_sleeper));
	ay->ay_pipe_ends = place(&at, rings, sizeof(struct app_ends));
	ay->ay_event_ends = place(&at, rings, sizeof(struct app_ends));
	ay->ay_pipes = place(&at, rings, as->as_pipe);
	ay->ay_events =
	    place(&at, rings * as->as_events, sizeof(struct app_event));
	ay->ay_rcv = place(&at, (uint64_t)as->as_nsocks * as->as_ncpus,
	    sizeof(struct app_rcv));
	ay->ay_chunks = place(&at, (uint64_t)as->as_nchunks * as->as_ncpus,
	    sizeof(struct app_chunk));
	ay->ay_size = at;
	return NULL;
}
