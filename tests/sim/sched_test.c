/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The simulator's engine with end points that only send messages: no instance
 * is needed to see that it repeats, interleaves and finds a lost wake-up.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "cpu/endpoint.h"
#include "cpu/instance.h"
#include "sim/sched.h"

#define NODES 3
#define HOPS  200
#define SEEDS 200

struct node {
	struct endpoint	 n_ep;
	struct net	*n_net;
	struct task	*n_task;
	unsigned	 n_work;	/* this round */
};

struct net {
	struct spate	 w_sp;
	struct sched	*w_sched;
	struct node	 w_node[NODES];
	unsigned	 w_hops;
	bool		 w_blind;	/* sleeps without a second look */
};

static void
hop(struct endpoint *ep, struct msg *msg)
{
	struct node *n = container_of(ep, struct node, n_ep);

	if (++n->n_net->w_hops >= HOPS) {
		msg_done(ep, msg);
		return;
	}
	msg_send(ep, (ep->ep_id + 1) % NODES, msg);
}

static void
node_round(void *arg)
{
	struct node *n = arg;
	struct spate_env *env = &n->n_net->w_sp.sp_env;

	if (msg_run(&n->n_ep) > 0)
		return;
	endpoint_sleep_begin(&n->n_ep);
	if (!n->n_net->w_blind && msg_waiting(&n->n_ep)) {
		endpoint_sleep_cancel(&n->n_ep);
		return;
	}
	env->env_wait(env->env_arg, &n->n_ep, UINT64_MAX);
	endpoint_sleep_cancel(&n->n_ep);
}

static bool
node_busy(void *arg)
{
	return msg_waiting(&((struct node *)arg)->n_ep);
}

static void
start(void *arg)
{
	struct net *w = arg;
	struct msg *msg;
	unsigned i;

	for (i = 0; i < NODES; i++) {
		msg = msg_alloc(&w->w_node[i].n_ep, sizeof(*msg));
		assert_non_null(msg);
		msg->msg_fn = hop;
		msg_send(&w->w_node[i].n_ep, (i + 1) % NODES, msg);
	}
}

static struct net *
net_create(uint64_t seed, bool blind)
{
	struct net *w = aligned_alloc(CACHELINE, sizeof(*w));
	unsigned i;

	assert_non_null(w);
	memset(w, 0, sizeof(*w));
	w->w_sched = sched_create(seed);
	w->w_blind = blind;
	sched_env(w->w_sched, &w->w_sp.sp_env);
	for (i = 0; i < NODES; i++) {
		struct node *n = &w->w_node[i];

		n->n_net = w;
		/* The last is ctl, which allocates. */
		assert_int_equal(endpoint_init(&n->n_ep, &w->w_sp, i, NODES,
		    i < NODES - 1 ? 8 : 0), 0);
		w->w_sp.sp_ep[i] = &n->n_ep;
		n->n_task = task_create(
		    w->w_sched, "node", NULL, node_round, node_busy, n);
		task_bind(n->n_task, &n->n_ep);
	}
	sched_at(w->w_sched, sched_now(w->w_sched) + 1000, start, w);
	return w;
}

static void
net_destroy(struct net *w)
{
	unsigned i;

	sched_destroy(w->w_sched);
	for (i = 0; i < NODES; i++)
		endpoint_drain(&w->w_node[i].n_ep);
	for (i = 0; i < NODES; i++)
		endpoint_fini(&w->w_node[i].n_ep);
	free(w);
}

static enum sched_end
net_run(uint64_t seed, bool blind, uint64_t *digest, unsigned *hops)
{
	struct net *w = net_create(seed, blind);
	enum sched_end end;

	end = sched_run(w->w_sched, sched_now(w->w_sched) + 1000000000);
	*digest = sched_digest(w->w_sched);
	*hops = w->w_hops;
	net_destroy(w);
	return end;
}

static void
test_all_arrive(void **state)
{
	uint64_t digest, seed;
	unsigned hops;

	(void)state;
	for (seed = 0; seed < SEEDS; seed++) {
		assert_int_equal(net_run(seed, false, &digest, &hops), SE_TIME);
		assert_true(hops >= HOPS);
	}
}

static void
test_repeats(void **state)
{
	uint64_t a, b, seed, last = 0;
	unsigned hops, differ = 0;

	(void)state;
	for (seed = 0; seed < SEEDS; seed++) {
		(void)net_run(seed, false, &a, &hops);
		(void)net_run(seed, false, &b, &hops);
		assert_int_equal(a, b);
		differ += a != last;
		last = a;
	}
	assert_int_equal(differ, SEEDS);
}

static void
test_lost_wakeup(void **state)
{
	uint64_t digest, seed;
	unsigned hops, found = 0;

	(void)state;
	for (seed = 0; seed < SEEDS; seed++)
		found += net_run(seed, true, &digest, &hops) == SE_LOST;
	assert_true(found > 0);
}

struct order {
	unsigned	 o_n;
	unsigned	 o_seen[8];
};

struct mark {
	struct order	*mk_order;
	unsigned	 mk_value;
};

static void
mark(void *arg)
{
	struct mark *mk = arg;

	mk->mk_order->o_seen[mk->mk_order->o_n++] = mk->mk_value;
}

static void
test_events_in_order(void **state)
{
	static const struct {
		uint64_t	 after;
		unsigned	 place;
	} at[] = { { 70, 6 }, { 10, 0 }, { 30, 3 }, { 10, 1 }, { 20, 2 },
		{ 30, 4 }, { 40, 5 } };
	struct sched *s = sched_create(1);
	struct order o = { 0 };
	struct mark mk[countof(at)];
	uint64_t now = sched_now(s);
	unsigned i;

	(void)state;
	for (i = 0; i < countof(at); i++) {
		mk[i] = (struct mark){ &o, at[i].place };
		sched_at(s, now + at[i].after, mark, &mk[i]);
	}
	assert_int_equal(sched_run(s, now + 30), SE_TIME);
	assert_int_equal(o.o_n, 5);
	assert_int_equal(sched_now(s), now + 30);
	assert_int_equal(sched_run(s, now + 100), SE_TIME);
	assert_int_equal(o.o_n, countof(at));
	for (i = 0; i < countof(at); i++)
		assert_int_equal(o.o_seen[i], i);
	sched_destroy(s);
}

static void
test_step_limit(void **state)
{
	struct net *w = net_create(1, false);

	(void)state;
	sched_limit(w->w_sched, 20);
	assert_int_equal(
	    sched_run(w->w_sched, UINT64_MAX - 1), SE_STEPS);
	net_destroy(w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all_arrive),
		cmocka_unit_test(test_repeats),
		cmocka_unit_test(test_lost_wakeup),
		cmocka_unit_test(test_events_in_order),
		cmocka_unit_test(test_step_limit),
	};

	return cmocka_run_group_tests_name("sched", tests, NULL, NULL);
}
