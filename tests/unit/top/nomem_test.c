/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * No memory: whichever allocation fails, an instance or an interface is either
 * whole or not there, and what was allocated on the way is given back.
 *
 * The linker sends calls of the allocator here (--wrap).
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "if/if.h"
#include "mbuf/mbuf.h"
#include "path.h"
#include "route/route.h"
#include "spate.h"

static struct {
	bool on; /* count, and fail … */
	unsigned left; /* … after so many */
	bool failed;
	long live; /* allocated and not freed */
} mem;

void *__real_malloc(size_t);
void *__real_calloc(size_t, size_t);
void *__real_realloc(void *, size_t);
void *__real_reallocarray(void *, size_t, size_t);
void *__real_aligned_alloc(size_t, size_t);
void __real_free(void *);
void *__wrap_malloc(size_t);
void *__wrap_calloc(size_t, size_t);
void *__wrap_realloc(void *, size_t);
void *__wrap_reallocarray(void *, size_t, size_t);
void *__wrap_aligned_alloc(size_t, size_t);
void __wrap_free(void *);

static bool
refuse(void)
{
	if (!mem.on || mem.left-- > 0)
		return false;
	mem.left = UINT32_MAX; /* only this one */
	mem.failed = true;
	return true;
}

static void *
counted(void *p)
{
	mem.live += mem.on && p != NULL;
	return p;
}

void *
__wrap_malloc(size_t n)
{
	return refuse() ? NULL : counted(__real_malloc(n));
}

void *
__wrap_calloc(size_t n, size_t size)
{
	return refuse() ? NULL : counted(__real_calloc(n, size));
}

void *
__wrap_realloc(void *old, size_t n)
{
	void *p = refuse() ? NULL : __real_realloc(old, n);

	return old == NULL ? counted(p) : p;
}

void *
__wrap_reallocarray(void *old, size_t n, size_t size)
{
	void *p = refuse() ? NULL : __real_reallocarray(old, n, size);

	return old == NULL ? counted(p) : p;
}

void *
__wrap_aligned_alloc(size_t align, size_t n)
{
	return refuse() ? NULL : counted(__real_aligned_alloc(align, n));
}

void
__wrap_free(void *p)
{
	mem.live -= mem.on && p != NULL;
	__real_free(p);
}

static uint64_t
env_now(void *arg)
{
	return NS_S;
}

static void
env_wake(void *arg, struct endpoint *ep)
{
}

static int
create(unsigned ncpus, struct spate **sp)
{
	struct spate_conf sc = { .sc_ncpus = ncpus,
		.sc_pktmem = ncpus * 16ull * MBUF_SIZE };
	struct spate_env env = { .env_now = env_now, .env_wake = env_wake };

	return spate_create(&sc, &env, sp);
}

static int
drv_open(struct ifnet *ifp, const struct dev_conf *dc, char *err, size_t errlen)
{
	ifp->if_mtu = 1500;
	return 0;
}

static void
drv_close(struct ifnet *ifp)
{
}

static unsigned
drv_rx(struct cpu *c, struct rxq *rxq, struct mvec *mv, unsigned max)
{
	return 0;
}

static const struct dev_ops drv_ops = {
	.do_name = "test",
	.do_open = drv_open,
	.do_close = drv_close,
	.do_rx = drv_rx,
};

static void
instance(void **state)
{
	struct spate *sp;
	unsigned n;
	int error;

	for (n = 0;; n++) {
		mem.left = n;
		mem.live = 0;
		mem.failed = false;
		mem.on = true;
		if ((error = create(2, &sp)) == 0)
			spate_destroy(sp);
		mem.on = false;
		assert_int_equal(mem.live, 0);
		/* Some it can do without. */
		assert_true(error == 0 || (mem.failed && error == ENOMEM));
		if (!mem.failed)
			break;
	}
	assert_true(n > 50);
}

static void
refused(void **state)
{
	struct spate_conf sc = { .sc_ncpus = 1, .sc_pktmem = MBUF_SIZE - 1 };
	struct spate_env env = { .env_now = env_now };
	struct spate *sp;

	assert_int_equal(create(0, &sp), EINVAL);
	assert_int_equal(create(CPU_MAX + 1, &sp), EINVAL);
	assert_int_equal(spate_create(&sc, &env, &sp), EINVAL);
	assert_int_equal(create(CPU_MAX, &sp), 0);
	spate_destroy(sp);
}

/* Messages, retirements, grace: as often as it takes. */
static void
settle(struct spate *sp)
{
	unsigned i, k;

	role_enter(&on_cpu);
	role_enter(&on_ctl);
	for (k = 0; k < 5; k++) {
		for (i = 0; i < sp->sp_ncpus; i++) {
			curcpu = sp->sp_cpu[i];
			cpu_round(curcpu);
		}
		curcpu = NULL;
		(void)ctl_round(sp->sp_ctl);
	}
}

static int
attach(struct spate *sp, struct ifnet **ifpp)
{
	struct dev_conf dc = { 0 };
	char err[128] = "";
	int error;

	role_enter(&on_ctl);
	error = if_attach(
	    sp->sp_ctl, "if", &drv_ops, &dc, ifpp, err, sizeof(err));
	if (error != 0)
		assert_string_equal(err, "if: no memory");
	return error;
}

static void
interface(void **state)
{
	struct ifnet *ifp;
	struct spate *sp;
	unsigned n;
	int error;

	assert_int_equal(create(2, &sp), 0);
	/* Counters by interface stay with its index: make them first. */
	for (n = 0; n < IF_MAX - 1; n++) {
		assert_int_equal(attach(sp, &ifp), 0);
		role_enter(&on_ctl);
		if_detach(sp->sp_ctl, ifp);
		settle(sp);
	}
	for (n = 0;; n++) {
		mem.left = n;
		mem.live = 0;
		mem.failed = false;
		mem.on = true;
		error = attach(sp, &ifp);
		mem.left = UINT32_MAX;
		role_enter(&on_ctl);
		if (error == 0)
			if_detach(sp->sp_ctl, ifp);
		settle(sp);
		mem.on = false;
		assert_int_equal(mem.live, 0);
		assert_int_equal(error, mem.failed ? ENOMEM : 0);
		assert_null(if_find(sp->sp_ctl, "if"));
		if (!mem.failed)
			break;
	}
	assert_true(n > 4);
	spate_destroy(sp);
}

static void
routes(void **state)
{
	const struct nhop nh = { .nh_type = NH_BLACKHOLE };
	struct prefix p;
	struct spate *sp;
	unsigned n;
	int error;

	role_enter(&on_ctl);
	assert_int_equal(prefix_parse(&p, "10.0.0.0/8"), 0);
	for (n = 0;; n++) {
		assert_int_equal(create(1, &sp), 0);
		mem.left = n;
		mem.failed = false;
		mem.on = true;
		error = route_add(sp->sp_ctl, 0, &p, RP_STATIC, 0, &nh);
		if (error == 0)
			error = route_publish(sp->sp_ctl);
		mem.on = false;
		/* Then again, as ctl would. */
		if (error != 0) {
			assert_int_equal(error, ENOMEM);
			error = route_add(sp->sp_ctl, 0, &p, RP_STATIC, 0, &nh);
			assert_true(error == 0 || error == EEXIST);
			assert_int_equal(route_publish(sp->sp_ctl), 0);
		}
		settle(sp);
		assert_int_equal(route_delete(
		    sp->sp_ctl, 0, &p, RP_STATIC, &nh), 0);
		spate_destroy(sp);
		if (!mem.failed)
			break;
	}
	assert_true(n > 4);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(instance),
		cmocka_unit_test(refused),
		cmocka_unit_test(interface),
		cmocka_unit_test(routes),
	};

	return cmocka_run_group_tests_name("top/nomem", tests, NULL, NULL);
}
