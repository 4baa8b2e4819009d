/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * See count.h.  The functions that begin with __tsan are the compiler's, which
 * says what they must be called and do.
 */
#include "count.h"

#include <err.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"

#define LINES (1u << 22) /* a power of two */
#define STACK (8u << 20) /* bytes of it */

struct line {
	uint64_t l_number; /* address / CACHELINE; 0: not in use */
	uint64_t l_readers; /* CPUs that have it, by bit */
	uint64_t l_touched; /* … in turn l_turn */
	uint32_t l_turn;
	uint8_t l_writer; /* who wrote it last, plus one; 0: nobody */
};

static struct {
	bool c_on;
	unsigned c_who;
	uint32_t c_turn;
	uintptr_t c_stack;
	unsigned c_used;
	struct line *c_line;
	struct count c_cpu[CPU_MAX];
} all;

void
count_start(const void *stack)
{
	all.c_on = false;
	free(all.c_line);
	memset(&all, 0, sizeof(all));
	if ((all.c_line = calloc(LINES, sizeof(all.c_line[0]))) == NULL)
		err(1, "lines");
	all.c_stack = (uintptr_t)stack;
	all.c_who = COUNT_DEVICE;
	all.c_on = true;
}

void
count_stop(void)
{
	all.c_on = false;
}

void
count_as(unsigned who)
{
	all.c_who = who;
}

void
count_turn(void)
{
	all.c_turn++;
}

const struct count *
count_of(unsigned cpu)
{
	return &all.c_cpu[cpu];
}

void
count_zero(void)
{
	memset(all.c_cpu, 0, sizeof(all.c_cpu));
}

static struct line *
line_find(uint64_t number)
{
	unsigned i = (unsigned)(number * UINT64_C(0x9e3779b97f4a7c15) >> 42);
	struct line *l;

	for (; (l = &all.c_line[i])->l_number != number;
	     i = (i + 1) & (LINES - 1)) {
		if (l->l_number != 0)
			continue;
		if (++all.c_used > LINES / 2)
			errx(1, "more than %u lines", LINES / 2);
		l->l_number = number;
		break;
	}
	return l;
}

static void
line_touch(struct line *l, bool store)
{
	struct count *ct = &all.c_cpu[all.c_who];
	uint64_t me = UINT64_C(1) << all.c_who;
	bool strange = l->l_writer != 0 && l->l_writer != all.c_who + 1 &&
	    l->l_writer != COUNT_DEVICE + 1;

	if (l->l_turn != all.c_turn) {
		l->l_turn = all.c_turn;
		l->l_touched = 0;
	}
	if ((l->l_touched & me) == 0)
		ct->ct_lines++;
	l->l_touched |= me;
	ct->ct_accesses++;
	if (store) {
		ct->ct_writes += strange || (l->l_readers & ~me) != 0;
		l->l_writer = (uint8_t)(all.c_who + 1);
		l->l_readers = me;
	} else {
		ct->ct_reads += strange && (l->l_readers & me) == 0;
		l->l_readers |= me;
	}
}

static void
touch(const volatile void *p, size_t n, bool store)
{
	uintptr_t at = (uintptr_t)p, number;

	if (!all.c_on || n == 0 || at - (all.c_stack - STACK) < STACK ||
	    at / CACHELINE == (uintptr_t)&curcpu / CACHELINE)
		return;
	for (number = at / CACHELINE; number <= (at + n - 1) / CACHELINE;
	     number++) {
		struct line *l = line_find(number);

		if (all.c_who != COUNT_DEVICE) {
			line_touch(l, store);
		} else if (store) {
			l->l_writer = COUNT_DEVICE + 1;
			l->l_readers = 0;
		}
	}
}

#pragma GCC diagnostic ignored "-Wmissing-prototypes"
#pragma GCC diagnostic ignored "-Wbuiltin-declaration-mismatch"

#define ACCESS(n)							\
	void __tsan_read##n(void *p) { touch(p, n, false); }		\
	void __tsan_write##n(void *p) { touch(p, n, true); }		\
	void __tsan_unaligned_read##n(void *p) { touch(p, n, false); }	\
	void __tsan_unaligned_write##n(void *p) { touch(p, n, true); }
ACCESS(1)
ACCESS(2)
ACCESS(4)
ACCESS(8)
ACCESS(16)

#define UPDATE(type, bits, name, op)					\
	type __tsan_atomic##bits##_##name(				\
	    volatile type *p, type v, int order)			\
	{								\
		(void)order;						\
		touch(p, sizeof(*p), true);				\
		return op(p, v, __ATOMIC_SEQ_CST);			\
	}
#define ATOMIC(type, bits)						\
	type __tsan_atomic##bits##_load(const volatile type *p, int order) \
	{								\
		(void)order;						\
		touch(p, sizeof(*p), false);				\
		return __atomic_load_n(p, __ATOMIC_SEQ_CST);		\
	}								\
	void __tsan_atomic##bits##_store(				\
	    volatile type *p, type v, int order)			\
	{								\
		(void)order;						\
		touch(p, sizeof(*p), true);				\
		__atomic_store_n(p, v, __ATOMIC_SEQ_CST);		\
	}								\
	int __tsan_atomic##bits##_compare_exchange_strong(		\
	    volatile type *p, type *want, type v, int order, int fail)	\
	{								\
		(void)order;						\
		(void)fail;						\
		touch(p, sizeof(*p), true);				\
		return __atomic_compare_exchange_n(p, want, v, false,	\
		    __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);		\
	}								\
	int __tsan_atomic##bits##_compare_exchange_weak(		\
	    volatile type *p, type *want, type v, int order, int fail)	\
	{								\
		return __tsan_atomic##bits##_compare_exchange_strong(	\
		    p, want, v, order, fail);				\
	}								\
	UPDATE(type, bits, exchange, __atomic_exchange_n)		\
	UPDATE(type, bits, fetch_add, __atomic_fetch_add)		\
	UPDATE(type, bits, fetch_sub, __atomic_fetch_sub)		\
	UPDATE(type, bits, fetch_and, __atomic_fetch_and)		\
	UPDATE(type, bits, fetch_or, __atomic_fetch_or)			\
	UPDATE(type, bits, fetch_xor, __atomic_fetch_xor)
ATOMIC(uint8_t, 8)
ATOMIC(uint16_t, 16)
ATOMIC(uint32_t, 32)
ATOMIC(uint64_t, 64)

void
__tsan_init(void)
{
}
void
__tsan_func_entry(void *p)
{
	(void)p;
}
void
__tsan_func_exit(void)
{
}
void
__tsan_atomic_thread_fence(int order)
{
	(void)order;
}
void
__tsan_atomic_signal_fence(int order)
{
	(void)order;
}

void
__tsan_read_range(void *p, size_t n)
{
	touch(p, n, false);
}

void
__tsan_write_range(void *p, size_t n)
{
	touch(p, n, true);
}

/* By the linker, in place of the library's. */
void *__real_memcpy(void *, const void *, size_t);
void *__real_memmove(void *, const void *, size_t);
void *__real_memset(void *, int, size_t);

void *
__wrap_memcpy(void *to, const void *from, size_t n)
{
	touch(from, n, false);
	touch(to, n, true);
	return __real_memcpy(to, from, n);
}

void *
__wrap_memmove(void *to, const void *from, size_t n)
{
	touch(from, n, false);
	touch(to, n, true);
	return __real_memmove(to, from, n);
}

void *
__wrap_memset(void *p, int v, size_t n)
{
	touch(p, n, true);
	return __real_memset(p, v, n);
}
