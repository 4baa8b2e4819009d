/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Coroutines; see coro.h.
 *
 * A stack has an unmapped page below it, so that running over its end is a
 * fault and not somebody else's memory.
 */
#include "sim/coro.h"

#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <ucontext.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define CORO_ASAN 1
#endif
#if __has_feature(thread_sanitizer)
#define CORO_TSAN 1
#endif
#endif
#ifdef __SANITIZE_ADDRESS__
#define CORO_ASAN 1
#endif
#ifdef __SANITIZE_THREAD__
#define CORO_TSAN 1
#endif

#ifdef CORO_ASAN
#include <sanitizer/common_interface_defs.h>
#endif
#ifdef CORO_TSAN
#include <sanitizer/tsan_interface.h>
#endif

#define CORO_STACK (256ul << 10)
#define CORO_GUARD 4096ul

struct coro {
	ucontext_t	 co_self;
	ucontext_t	 co_back;	/* whoever resumed it */
	void		 (*co_fn)(void *);
	void		*co_arg;
	uint8_t		*co_map;	/* guard, then stack */
	void		*co_fake;	/* ASan's, of this coroutine */
	void		*co_backfake;	/* ASan's, of the resumer */
	const void	*co_backstack;	/* resumer's, as ASan sees it */
	size_t		 co_backsize;
	void		*co_fiber;	/* TSan's */
	void		*co_backfiber;
};

/* Before a switch away: *save keeps ASan's view of the stack that is left. */
static void
coro_leave(void **save, const void *stack, size_t size, void *fiber)
{
#ifdef CORO_ASAN
	__sanitizer_start_switch_fiber(save, stack, size);
#else
	(void)save;
	(void)stack;
	(void)size;
#endif
#ifdef CORO_TSAN
	__tsan_switch_to_fiber(fiber, 0);
#else
	(void)fiber;
#endif
}

/* After a switch, on the new stack. */
static void
coro_enter(void *saved, const void **stack, size_t *size)
{
#ifdef CORO_ASAN
	__sanitizer_finish_switch_fiber(saved, stack, size);
#else
	(void)saved;
	(void)stack;
	(void)size;
#endif
}

/* makecontext() passes only ints. */
static void
coro_start(unsigned hi, unsigned lo)
{
	struct coro *co = (void *)((uintptr_t)hi << 32 | (uintptr_t)lo);

	coro_enter(NULL, &co->co_backstack, &co->co_backsize);
	co->co_fn(co->co_arg);
	abort();
}

/* Apart, since getcontext() returns twice as far as compilers know. */
static void
coro_prepare(ucontext_t *uc, struct coro *co)
{
	getcontext(uc);
	uc->uc_stack.ss_sp = co->co_map + CORO_GUARD;
	uc->uc_stack.ss_size = CORO_STACK;
	uc->uc_link = NULL;
	makecontext(uc, (void (*)(void))coro_start, 2,
	    (unsigned)((uintptr_t)co >> 32), (unsigned)(uintptr_t)co);
}

struct coro *
coro_create(void (*fn)(void *), void *arg)
{
	struct coro *co;

	if ((co = calloc(1, sizeof(*co))) == NULL)
		return NULL;
	co->co_fn = fn;
	co->co_arg = arg;
	co->co_map = mmap(NULL, CORO_GUARD + CORO_STACK,
	    PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (co->co_map == MAP_FAILED) {
		free(co);
		return NULL;
	}
	(void)mprotect(co->co_map, CORO_GUARD, PROT_NONE);
	coro_prepare(&co->co_self, co);
#ifdef CORO_TSAN
	co->co_fiber = __tsan_create_fiber(0);
#endif
	return co;
}

void
coro_destroy(struct coro *co)
{
#ifdef CORO_TSAN
	__tsan_destroy_fiber(co->co_fiber);
#endif
	munmap(co->co_map, CORO_GUARD + CORO_STACK);
	free(co);
}

void
coro_resume(struct coro *co)
{
#ifdef CORO_TSAN
	co->co_backfiber = __tsan_get_current_fiber();
#endif
	coro_leave(&co->co_backfake, co->co_map + CORO_GUARD, CORO_STACK,
	    co->co_fiber);
	swapcontext(&co->co_back, &co->co_self);
	coro_enter(co->co_backfake, NULL, NULL);
}

void
coro_suspend(struct coro *co)
{
	coro_leave(&co->co_fake, co->co_backstack, co->co_backsize,
	    co->co_backfiber);
	swapcontext(&co->co_self, &co->co_back);
	coro_enter(co->co_fake, &co->co_backstack, &co->co_backsize);
}
