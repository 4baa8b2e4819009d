/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The tables of a CPU: connected end points by bucket, bound ones.
 *
 * A bucket's table belongs to the CPU that has the bucket, and goes with it to
 * another (netisr/move.h) as it is: that costs the same whatever is in it,
 * unless end points want to be told.
 *
 * Slots come from ctl.  A table that wants more asks once, by a message, and
 * works on with longer chains until they are there.  Slots that have become
 * empty wait in a list until a message takes them to ctl, to be freed.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/lines.h"
#include "cpu/ctl.h"
#include "cpu/instance.h"
#include "udp/udp_int.h"

#define TABLE_BOUND UINT32_MAX /* instead of a bucket */

struct table_msg {
	struct msg tm_msg;
	uint32_t tm_bucket; /* or TABLE_BOUND */
	uint32_t tm_n; /* slots */
	struct in_node **tm_slot; /* NULL: there is no memory */
	uint16_t tm_cpu;
	void **tm_garbage; /* to be freed; by their first word */
};

int
udp_create(struct spate *sp)
{
	struct rnd rnd;
	struct udp *u;
	unsigned i;

	/* Only what is used of it is ever touched. */
	if ((u = calloc(1, sizeof(*u))) == NULL)
		return ENOMEM;
	rnd_seed(&rnd, sp->sp_env.env_seed ^ UINT64_C(0x7564702073656564));
	for (i = 0; i < countof(u->u_seed.is_seed); i++)
		u->u_seed.is_seed[i] = rnd_u64(&rnd) | 1;
	u->u_secret = rnd_u64(&rnd);
	sp->sp_udp = u;
	return 0;
}

void
udp_destroy(struct spate *sp)
{
	unsigned i;

	if (sp->sp_udp == NULL)
		return;
	for (i = 0; i < RSS_MAXBUCKETS; i++)
		if (sp->sp_udp->u_bucket[i].ub_table.it_slot != NULL)
			in_table_fini(&sp->sp_udp->u_bucket[i].ub_table);
	free(sp->sp_udp);
	sp->sp_udp = NULL;
}

int
udp_cpu_init(struct cpu *c)
{
	struct udp_cpu *uc;
	unsigned i;
	int error;

	if ((uc = lines_alloc(1, sizeof(*uc))) == NULL)
		return ENOMEM;
	c->c_udp = uc;
	if ((error = in_bound_init(&uc->uc_bound)) != 0)
		return error;
	for (i = 0; i < UDP_CHAINS; i++) {
		LIST_INIT(&uc->uc_port[i]);
		LIST_INIT(&uc->uc_held[i]);
	}
	for (i = 0; i < UDP_COUNTERS; i++)
		uc->uc_next[i] = (uint32_t)rnd_below(&c->c_rnd, 65536);
	return 0;
}

static void
garbage_free(void **g)
{
	void **next;

	for (; g != NULL; g = next) {
		next = *g;
		free(g);
	}
}

void
udp_cpu_fini(struct cpu *c)
{
	if (c->c_udp == NULL)
		return;
	garbage_free(c->c_udp->uc_garbage);
	in_bound_fini(&c->c_udp->uc_bound);
	free(c->c_udp);
	c->c_udp = NULL;
}

/* At ctl. */
static void
garbage_taken(struct endpoint *ep, struct msg *msg)
{
	struct table_msg *tm = container_of(msg, struct table_msg, tm_msg);

	garbage_free(tm->tm_garbage);
	msg_done(ep, msg);
}

/* What became empty, and all that waits, to ctl; NULL is nothing. */
static void
garbage_give(struct cpu *c, void *slots)
{
	struct udp_cpu *uc = c->c_udp;
	struct table_msg *tm;

	if (slots != NULL) {
		*(void **)slots = uc->uc_garbage;
		uc->uc_garbage = slots;
	}
	if (uc->uc_garbage == NULL ||
	    (tm = msg_alloc(&c->c_ep, sizeof(*tm))) == NULL)
		return;
	tm->tm_garbage = uc->uc_garbage;
	uc->uc_garbage = NULL;
	tm->tm_msg.msg_fn = garbage_taken;
	msg_send(&c->c_ep, sp_ctl_id(c->c_sp), &tm->tm_msg);
}

/* The table that slots were asked for, if it is still here. */
static struct in_table *
table_of(struct cpu *c, uint32_t bucket)
{
	if (bucket == TABLE_BOUND)
		return &c->c_udp->uc_bound.ib_table;
	return c->c_udp->uc_bucket[bucket] != NULL ?
	    &c->c_udp->uc_bucket[bucket]->ub_table : NULL;
}

/* At the CPU that asked.  A table that moved away asks again there. */
static void
slots_came(struct endpoint *ep, struct msg *msg)
{
	struct table_msg *tm = container_of(msg, struct table_msg, tm_msg);
	struct cpu *c = endpoint_cpu(ep);
	struct in_table *t = table_of(c, tm->tm_bucket);

	if (t != NULL)
		t->it_asked = false;
	if (tm->tm_slot != NULL &&
	    (t == NULL || !in_table_grow(t, tm->tm_slot, tm->tm_n)))
		garbage_give(c, tm->tm_slot);
	msg_done(ep, msg);
}

/* At ctl. */
static void
slots_make(struct endpoint *ep, struct msg *msg)
{
	struct table_msg *tm = container_of(msg, struct table_msg, tm_msg);

	tm->tm_slot = calloc(tm->tm_n, sizeof(*tm->tm_slot));
	msg->msg_fn = slots_came;
	msg_send(ep, tm->tm_cpu, msg);
}

/* After an insertion: old is what that left to be freed. */
static void
table_grows(struct cpu *c, struct in_table *t, uint32_t bucket, void *old)
{
	uint32_t n = in_table_wants(t);
	struct table_msg *tm;

	if (old != NULL || c->c_udp->uc_garbage != NULL)
		garbage_give(c, old);
	if (n == 0 || t->it_asked ||
	    (tm = msg_alloc(&c->c_ep, sizeof(*tm))) == NULL)
		return;
	t->it_asked = true;
	tm->tm_bucket = bucket;
	tm->tm_n = n;
	tm->tm_cpu = c->c_id;
	tm->tm_msg.msg_fn = slots_make;
	msg_send(&c->c_ep, sp_ctl_id(c->c_sp), &tm->tm_msg);
}

/* Of a bucket that is here; who owns it and has nothing of it makes it his. */
static struct udp_bucket *
bucket_here(struct cpu *c, unsigned bucket)
{
	struct udp_bucket *ub = c->c_udp->uc_bucket[bucket];

	KASSERT(udp_has(c, bucket) == UDP_HERE);
	if (ub != NULL)
		return ub;
	ub = &c->c_sp->sp_udp->u_bucket[bucket];
	if (ub->ub_table.it_slot == NULL)
		in_table_init(&ub->ub_table);
	c->c_udp->uc_bucket[bucket] = ub;
	return ub;
}

static bool
wants_moves(const struct inpcb *inp)
{
	return udp_ops(inp)->uo_leave != NULL ||
	    udp_ops(inp)->uo_arrive != NULL;
}

void
udp_conn_insert(struct cpu *c, struct udpcb *ucb, unsigned bucket)
{
	struct udp_bucket *ub = bucket_here(c, bucket);
	const struct in_seed *is = &c->c_sp->sp_udp->u_seed;
	struct inpcb *inp = &ucb->ucb_inp;
	void *old;

	old = in_table_insert(&ub->ub_table, &inp->inp_node,
	    in_key_hash(&inp->inp_key, is->is_seed), in_conn_hash, is);
	ub->ub_movers += wants_moves(inp);
	ucb->ucb_bucket = (uint16_t)bucket;
	table_grows(c, &ub->ub_table, bucket, old);
}

void
udp_conn_remove(struct cpu *c, struct udpcb *ucb)
{
	struct udp_bucket *ub = bucket_here(c, ucb->ucb_bucket);
	struct inpcb *inp = &ucb->ucb_inp;

	in_table_remove(&ub->ub_table, &inp->inp_node,
	    in_key_hash(&inp->inp_key, c->c_sp->sp_udp->u_seed.is_seed));
	ub->ub_movers -= wants_moves(inp);
}

bool
udp_conn_taken(struct cpu *c, const struct in_key *ik, unsigned bucket)
{
	struct udp_bucket *ub = bucket_here(c, bucket);

	return in_conn_find(&ub->ub_table, ik,
		   in_key_hash(ik, c->c_sp->sp_udp->u_seed.is_seed)) != NULL;
}

void
udp_here_insert(struct cpu *c, struct udpcb *ucb)
{
	struct in_bound *ib = &c->c_udp->uc_bound;
	struct in_here *ih = &ucb->ucb_here[c->c_id];

	/* After a connect() that failed one is still there. */
	if (ih->ih_inp != NULL)
		return;
	*ih = (struct in_here){ .ih_inp = &ucb->ucb_inp };
	table_grows(c, &ib->ib_table, TABLE_BOUND,
	    in_bound_insert(ib, ih, &c->c_sp->sp_udp->u_seed));
}

void
udp_here_remove(struct cpu *c, struct udpcb *ucb)
{
	struct in_here *ih = &ucb->ucb_here[c->c_id];
	const struct udp_ops *ops = udp_ops(&ucb->ucb_inp);

	if (ih->ih_inp == NULL)
		return;
	in_bound_remove(&c->c_udp->uc_bound, ih);
	ih->ih_inp = NULL;
	if (ops->uo_gone != NULL)
		ops->uo_gone(c, ucb, &ih->ih_arg);
}

struct telling {
	struct cpu *tl_cpu;
	bool tl_leaves;
};

static void
tell_moved(struct in_node *n, void *arg)
{
	struct inpcb *inp = container_of(n, struct inpcb, inp_node);
	const struct telling *tl = arg;

	if (tl->tl_leaves && udp_ops(inp)->uo_leave != NULL)
		udp_ops(inp)->uo_leave(tl->tl_cpu, udp_pcb(inp));
	else if (!tl->tl_leaves && udp_ops(inp)->uo_arrive != NULL)
		udp_ops(inp)->uo_arrive(tl->tl_cpu, udp_pcb(inp));
}

void *
udp_detach_bucket(struct cpu *c, unsigned bucket)
{
	struct udp_bucket *ub = c->c_udp->uc_bucket[bucket];
	struct telling tl = { .tl_cpu = c, .tl_leaves = true };

	c->c_udp->uc_bucket[bucket] = NULL;
	if (ub != NULL && ub->ub_movers > 0)
		in_table_each(&ub->ub_table, tell_moved, &tl);
	return ub;
}

void
udp_attach_bucket(struct cpu *c, unsigned bucket, void *state)
{
	struct telling tl = { .tl_cpu = c };
	struct udp_bucket *ub = state;

	KASSERT(c->c_udp->uc_bucket[bucket] == NULL);
	c->c_udp->uc_bucket[bucket] = ub;
	ub->ub_table.it_asked = false;
	if (ub->ub_movers > 0)
		in_table_each(&ub->ub_table, tell_moved, &tl);
}

struct udpcb *
udp_find(
    struct cpu *c, const struct in_key *ik, unsigned bucket, void ***here)
{
	const struct in_seed *is = &c->c_sp->sp_udp->u_seed;
	struct udp_bucket *ub = c->c_udp->uc_bucket[bucket];
	uint64_t hash = in_key_hash(ik, is->is_seed);
	struct inpcb *inp = NULL;
	struct in_here *ih;

	*here = NULL;
	if (ub != NULL)
		inp = in_conn_lookup(&ub->ub_table, ik, hash);
	if (inp != NULL)
		return udp_pcb(inp);
	ih = in_bound_lookup(&c->c_udp->uc_bound, is, ik, bucket, hash);
	if (ih == NULL)
		return NULL;
	*here = &ih->ih_arg;
	return udp_pcb(ih->ih_inp);
}
