/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Records from a program.
 *
 * The program stores records, then how far they go (ae_head, release); here
 * that is loaded once (acquire) and checked, and so is the head of each record,
 * of which a copy is made first.  Where the next record begins follows from
 * the copy and ap_tail, which is ours.  Whatever the program writes meanwhile,
 * no byte outside of its pipe is read; at worst it sends what it did not mean
 * to.
 *
 * Memory order is that of cpu/recring.c.
 */
#include "socket/app_pipe.h"

#include <string.h>

#include "base/bytes.h"

const char *
app_fault_text(enum app_fault f)
{
	static const char *const texts[] = {
#define X(name, text) text,
		APP_FAULTS(X)
#undef X
	};

	return texts[f];
}

void
app_pipe_init(struct app_pipe *ap, const struct app_mem *am, unsigned ring)
{
	*ap = (struct app_pipe){ .ap_ends = app_pipe_ends(am, ring),
		.ap_bytes = app_pipe_bytes(am, ring),
		.ap_mask = am->am_shape.as_pipe - 1 };
}

/* Bytes in the pipe, all of them whole records if the program means well. */
static uint64_t
pipe_left(struct app_pipe *ap)
{
	uint64_t left;

	left = atomic_load_explicit(
	    &ap->ap_ends->ae_head, memory_order_acquire) - ap->ap_tail;
	if (left > ap->ap_mask + 1 ||
	    left % sizeof(struct app_rec) != 0) {
		ap->ap_fault = APP_F_HEAD;
		return 0;
	}
	return left;
}

/*
 * The record at ap_tail, of which left bytes and to the end of the pipe may be
 * looked at; the bytes that it takes, 0 for a fault.
 */
static uint64_t
pipe_one(struct app_pipe *ap, uint64_t left, struct app_item *pi)
{
	const uint8_t *p = ap->ap_bytes + (ap->ap_tail & ap->ap_mask);
	uint64_t end = ap->ap_mask + 1 - (ap->ap_tail & ap->ap_mask);
	uint64_t bytes;

	memcpy(&pi->pi_head, p, sizeof(pi->pi_head));
	/* What is checked is the copy, not the pipe once more. */
	atomic_signal_fence(memory_order_seq_cst);
	bytes = pi->pi_head.rc_op == APP_SKIP ? end :
	    APP_REC_ROUND(pi->pi_head.rc_len);
	if (bytes > left || bytes > end) {
		ap->ap_fault = APP_F_REC;
		return 0;
	}
	pi->pi_data = p + sizeof(struct app_rec);
	return bytes;
}

unsigned
app_pipe_take(struct app_pipe *ap, struct app_item *pi, unsigned max)
{
	uint64_t left, bytes;
	unsigned n = 0;

	sim_point(SP_RING);
	if (ap->ap_fault != APP_SOUND)
		return 0;
	left = pipe_left(ap);
	while (n < max && left > 0) {
		if ((bytes = pipe_one(ap, left, &pi[n])) == 0)
			break;
		ap->ap_tail += bytes;
		left -= bytes;
		if (pi[n].pi_head.rc_op != APP_SKIP)
			n++;
	}
	return ap->ap_fault == APP_SOUND ? n : 0;
}

bool
app_pipe_done(struct app_pipe *ap)
{
	if (ap->ap_told == ap->ap_tail)
		return false;
	ap->ap_told = ap->ap_tail;
	/* Release: who sees the new tail may overwrite the records. */
	atomic_store_explicit(
	    &ap->ap_ends->ae_tail, ap->ap_tail, memory_order_release);
	return app_flag_take(&ap->ap_ends->ae_full);
}

bool
app_pipe_waiting(const struct app_pipe *ap)
{
	sim_point(SP_RING);
	return ap->ap_fault == APP_SOUND &&
	    atomic_load_explicit(&ap->ap_ends->ae_head, memory_order_relaxed) !=
	    ap->ap_tail;
}
