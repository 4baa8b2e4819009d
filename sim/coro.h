/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Coroutines on ucontext, as the simulator needs them: one scheduler resumes,
 * the coroutine suspends itself.  The sanitizers are told of every switch, so
 * that they know which stack they are on.
 */
#ifndef SIM_CORO_H
#define SIM_CORO_H

struct coro;

/* fn never returns.  NULL without memory. */
struct coro *coro_create(void (*fn)(void *), void *arg);

/* A coroutine that is not running; what is on its stack is forgotten. */
void coro_destroy(struct coro *);

/* Run it until it suspends itself. */
void coro_resume(struct coro *);

/* Called by the coroutine itself: back to whoever resumed it. */
void coro_suspend(struct coro *);

#endif
