/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A program that writes rubbish into the memory that it shares with the stack,
 * both between the stack's steps and, from a thread of its own, during them.
 * Nothing outside of that memory is touched (pages around it are not there),
 * nothing is taken that was not in the pipe, chunks are neither lost nor lent
 * twice, and what has a fault moves no more.
 *
 * Each 8 bytes are a deed: what, where, and a value.
 */
#include <pthread.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/kassert.h"
#include "base/random.h"
#include "socket/app_event.h"
#include "socket/app_pipe.h"
#include "socket/app_user.h"
#include "socket/rcvbuf.h"

#define CHUNKS 8u
#define SOCKS  4u
#define DEEDS  400u

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static const struct app_shape shape = { .as_ncpus = 2, .as_nthreads = 1,
	.as_nsocks = SOCKS, .as_pipe = APP_PIPE_MIN, .as_events = APP_EV_MIN,
	.as_nchunks = CHUNKS };

struct target {
	struct app_mem t_am;
	struct app_pipe t_pipe;
	struct app_tell t_tell;
	struct rcvpool t_pool;
	struct rcvbuf t_rb[SOCKS];
	struct user_pipe t_out;
	uint64_t t_sum; /* of what was read, so that it is read */
	_Atomic uint64_t t_seed; /* for the thread */
};

/* Any word, most often one that means something; racing is what it is for. */
static void
scribble(const struct app_mem *am, uint64_t where, uint64_t value)
{
	const struct app_layout *ay = &am->am_layout;
	const uint64_t at[] = { ay->ay_pipe_ends, ay->ay_event_ends,
		ay->ay_rcv, ay->ay_pipes, ay->ay_chunks, 0 };
	uint64_t off = at[where % countof(at)] + (where >> 8) % 2048 * 8;
	_Atomic uint64_t *word;

	word = (_Atomic uint64_t *)(void *)(am->am_base + off % ay->ay_size);
	if (where & 64) /* one that is nearly right */
		value = atomic_load_explicit(word, memory_order_relaxed) +
		    (value % 64 - 32) * (where & 128 ? 16 : 1);
	atomic_store_explicit(word, value, memory_order_relaxed);
}

#if defined(__SANITIZE_THREAD__)
#define SCRIBBLER 0
#else
#define SCRIBBLER 1
#endif

/* Seldom enough that faults are not all that ever happens. */
static void *
scribbler(void *arg)
{
	struct target *t = arg;
	struct rnd r;
	unsigned i;

	rnd_seed(&r, 1);
	for (;;) {
		if (atomic_load(&t->t_seed) != 0) {
			rnd_seed(&r, atomic_exchange(&t->t_seed, 0));
			for (i = 0; i < 64; i++)
				scribble(&t->t_am, rnd_u64(&r), rnd_u64(&r));
		}
		(void)usleep(50);
	}
	return NULL;
}

static void
target_open(struct target *t)
{
	pthread_t thread;
	uint8_t *p;
	size_t size;

	t->t_am.am_shape = shape;
	if (app_layout(&shape, &t->t_am.am_layout) != NULL)
		panic("no layout");
	size = t->t_am.am_layout.ay_size;
	p = mmap(NULL, size + 2 * APP_PAGE, PROT_NONE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (p == MAP_FAILED ||
	    mprotect(p + APP_PAGE, size, PROT_READ | PROT_WRITE) != 0)
		panic("no memory");
	t->t_am.am_base = p + APP_PAGE;
	if (rcvpool_init(&t->t_pool, &t->t_am, 1) != 0)
		panic("no memory");
	if (SCRIBBLER && pthread_create(&thread, NULL, scribbler, t) != 0)
		panic("no thread");
}

static void
target_begin(struct target *t)
{
	const struct app_layout *ay = &t->t_am.am_layout;
	uint32_t i;

	memset(t->t_am.am_base, 0, ay->ay_pipes);
	app_pipe_init(&t->t_pipe, &t->t_am, 1);
	app_tell_init(&t->t_tell, &t->t_am, 1);
	user_pipe_init(&t->t_out, &t->t_am, 0, 1);
	t->t_pool.rp_fault = APP_SOUND;
	for (i = 0; i < SOCKS; i++)
		rcvbuf_init(&t->t_rb[i], &t->t_pool, app_rcv(&t->t_am, i, 1),
		    16384);
}

static void
target_end(struct target *t)
{
	unsigned i;

	for (i = 0; i < SOCKS; i++)
		rcvbuf_fini(&t->t_rb[i]);
	if (t->t_pool.rp_nfree != CHUNKS || t->t_pool.rp_oldest != NULL)
		panic("a chunk was lost");
}

/* A record as the program means it. */
static void
target_send(struct target *t, uint32_t size)
{
	struct app_rec *rc;

	if ((rc = user_pipe_reserve(&t->t_out, size % 70000)) == NULL)
		return;
	rc->rc_len = size % 70000;
	rc->rc_op = 1;
	/* The thread may have scribbled on it before it is committed. */
	t->t_out.up_head = t->t_out.up_at + APP_REC_ROUND(size % 70000);
	user_pipe_flush(&t->t_out);
}

static void
target_take(struct target *t, unsigned max)
{
	const uint8_t *begin = app_pipe_bytes(&t->t_am, 1);
	struct app_item pi[16];
	unsigned i, n;
	uint32_t k;

	n = app_pipe_take(&t->t_pipe, pi, max % 16 + 1);
	if (n > max % 16 + 1)
		panic("more than asked");
	for (i = 0; i < n; i++) {
		if (pi[i].pi_data < begin ||
		    pi[i].pi_data + pi[i].pi_head.rc_len > begin + APP_PIPE_MIN)
			panic("a record beyond the pipe");
		for (k = 0; k < pi[i].pi_head.rc_len; k += 64)
			t->t_sum += pi[i].pi_data[k];
	}
	app_pipe_done(&t->t_pipe);
}

static void
target_put(struct target *t, unsigned sock, uint32_t size)
{
	static const uint8_t bytes[16384];
	struct rcvbuf *rb = &t->t_rb[sock % SOCKS];
	size_t room = rcvbuf_room(rb);

	if (room > 16384 || (room > 0 && t->t_pool.rp_fault != APP_SOUND))
		panic("room for %zu", room);
	rcvbuf_put(rb, bytes, u64min(room, size % sizeof(bytes)));
	rcvbuf_flush(rb);
	if (rcvbuf_bytes(rb) > 16384)
		panic("more than may wait");
}

static void
target_tell(struct target *t, unsigned n)
{
	static const struct app_event ev;

	for (n = n % 32; n > 0 && app_tell_put(&t->t_tell, &ev); n--)
		continue;
	app_tell_flush(&t->t_tell);
	if (n > 0)
		app_tell_want(&t->t_tell);
	if (t->t_tell.at_head - t->t_tell.at_tail > APP_EV_MIN)
		panic("more events than there is room");
}

static void
target_deed(struct target *t, const uint8_t *p)
{
	uint64_t v = ld64be(p);

	switch (p[0] % 8) {
	case 0:
		scribble(&t->t_am, v >> 16, v & 0xffff);
		break;
	case 1:
		target_send(t, (uint32_t)v);
		break;
	case 2:
		target_take(t, p[1]);
		break;
	case 3:
		target_put(t, p[1], (uint32_t)v & 0xfff);
		break;
	case 4:
		target_tell(t, p[1]);
		break;
	case 5:
		rcvpool_reclaim(&t->t_pool, p[1] % 4);
		break;
	case 6: /* what a program that means well does */
		atomic_store(&app_rcv(&t->t_am, p[1] % SOCKS, 1)->rw_tail,
		    t->t_rb[p[1] % SOCKS].rb_told);
		atomic_store(&app_event_ends(&t->t_am, 1)->ae_tail,
		    t->t_tell.at_told);
		break;
	default:
		if (p[1] > 240)
			atomic_store(&t->t_seed, v);
		break;
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct target t;
	uint64_t pipe_at, head;
	bool dead, mute;
	unsigned i;

	if (t.t_am.am_base == NULL)
		target_open(&t);
	target_begin(&t);
	for (i = 0; i < DEEDS && (i + 1) * 8 <= size; i++) {
		dead = t.t_pipe.ap_fault != APP_SOUND;
		mute = t.t_tell.at_fault != APP_SOUND;
		pipe_at = t.t_pipe.ap_tail;
		head = t.t_tell.at_head;
		target_deed(&t, data + (size_t)i * 8);
		if (dead && t.t_pipe.ap_tail != pipe_at)
			panic("a dead pipe moved");
		if (mute && t.t_tell.at_head != head)
			panic("a dead ring of events moved");
	}
	target_end(&t);
	return 0;
}
