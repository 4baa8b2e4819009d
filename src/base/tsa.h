/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Roles of threads, checked by clang's capability analysis.
 *
 * A function marked ON_CPU runs on a worker only, one marked ON_CTL on the
 * control end point only; a call from the wrong side is a warning under
 * -Wthread-safety, hence an error.  Calls through function pointers are not
 * checked: the callee takes its role again with role_enter() and asserts its
 * CPU.
 */
#ifndef BASE_TSA_H
#define BASE_TSA_H

#if defined(__clang__)
#define TSA(...) __attribute__((__VA_ARGS__))
#else
#define TSA(...)
#endif

struct TSA(capability("role")) role {
	char r_unused;
};
extern struct role on_cpu;
extern struct role on_ctl;

#define ON_CPU TSA(requires_capability(on_cpu)) /* worker threads */
#define ON_CTL TSA(requires_capability(on_ctl)) /* control thread */

/* Tell the compiler that the caller's thread has this role.  No code. */
static inline void role_enter(struct role *r) TSA(assert_capability(*r));

static inline void
role_enter(struct role *r)
{
	(void)r;
}

#endif
