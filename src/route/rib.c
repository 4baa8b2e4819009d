/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The routing table is a binary trie with compressed paths, one per family: a
 * node stands for a prefix, its children for longer prefixes that differ in
 * the bit behind it.  A node without entries is only there because two paths
 * part at it, and then has two children; so there are fewer of them than
 * routes.
 *
 * Why a trie and not hash tables by length: walking it gives the prefixes in
 * the order that show commands and the compilers of forwarding tables want,
 * and longest match costs one descent, whatever lengths there are.
 *
 * Nodes (32 bytes) and entries (12 bytes) lie in two growing arrays and refer
 * to each other by index, 0 being none: a route takes 44 bytes, 76 with its
 * share of the nodes without entries at the worst.  The arrays move when they
 * grow, so room is made before any pointer into them is taken.
 *
 * Everything here belongs to the control thread.
 */
#include "route/rib.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/kassert.h"
#include "route/route_int.h"

/*
 * Who may touch a member, in this file:
 *	I	immutable after rib_create()
 *	C	control thread only
 */
struct rib_node {
	struct in6 n_key; /* [C] first address of the prefix */
	uint32_t n_child[2]; /* [C] by the bit behind the prefix */
	uint32_t n_items; /* [C] entries, the active one first */
	uint8_t n_len; /* [C] */
};
static_assert(sizeof(struct rib_node) == 32, "two a cache line");

struct rib_item {
	struct rib_entry i_entry; /* [C] */
	uint32_t i_next; /* [C] */
};
static_assert(sizeof(struct rib_item) == 12, "a million of them");

/* An array of objects; a free one holds the index of the next free one. */
struct rib_pool {
	void *rp_objs; /* [C] */
	size_t rp_size; /* [I] of an object */
	uint32_t rp_cap; /* [C] */
	uint32_t rp_used; /* [C] handed out at least once, with [0] */
	uint32_t rp_free; /* [C] first free one */
};

struct rib_tree {
	uint32_t t_root; /* [C] */
	size_t t_nprefixes; /* [C] */
};

struct rib {
	struct rib_pool r_nodes; /* [C] struct rib_node */
	struct rib_pool r_items; /* [C] struct rib_item */
	struct rib_tree r_v4; /* [C] */
	struct rib_tree r_v6; /* [C] */
};

static const char *const proto_names[RP_N] = {
#define X(proto, name, distance) [proto] = name,
	RIB_PROTOS(X)
#undef X
};

static const uint8_t proto_distances[RP_N] = {
#define X(proto, name, distance) [proto] = distance,
	RIB_PROTOS(X)
#undef X
};

#define RIB_POOL_MIN 64

static void *
pool_at(const struct rib_pool *rp, uint32_t i)
{
	return (char *)rp->rp_objs + i * rp->rp_size;
}

/* Makes sure that n more objects can be taken without the array moving. */
static int
pool_reserve(struct rib_pool *rp, uint32_t n)
{
	size_t cap = rp->rp_cap;
	void *objs;

	if (rp->rp_used + n <= cap)
		return 0;
	cap = cap == 0 ? RIB_POOL_MIN : cap * 2;
	if (cap > UINT32_MAX ||
	    (objs = reallocarray(rp->rp_objs, cap, rp->rp_size)) == NULL)
		return ENOMEM;
	rp->rp_objs = objs;
	rp->rp_cap = (uint32_t)cap;
	if (rp->rp_used == 0)
		rp->rp_used = 1;
	return 0;
}

static uint32_t
pool_take(struct rib_pool *rp)
{
	uint32_t i = rp->rp_free;

	if (i != 0)
		memcpy(&rp->rp_free, pool_at(rp, i), sizeof(rp->rp_free));
	else {
		KASSERT(rp->rp_used < rp->rp_cap);
		i = rp->rp_used++;
	}
	memset(pool_at(rp, i), 0, rp->rp_size);
	return i;
}

static void
pool_put(struct rib_pool *rp, uint32_t i)
{
	memcpy(pool_at(rp, i), &rp->rp_free, sizeof(rp->rp_free));
	rp->rp_free = i;
}

static struct rib_node *
node_at(const struct rib *r, uint32_t i)
{
	return pool_at(&r->r_nodes, i);
}

static struct rib_item *
item_at(const struct rib *r, uint32_t i)
{
	return pool_at(&r->r_items, i);
}

static uint32_t
node_create(struct rib *r, struct in6 key, unsigned len)
{
	uint32_t i = pool_take(&r->r_nodes);
	struct rib_node *n = node_at(r, i);

	n->n_key = key_first(key, len);
	n->n_len = (uint8_t)len;
	return i;
}

static void
node_adopt(struct rib *r, uint32_t parent, uint32_t child)
{
	struct rib_node *p = node_at(r, parent);

	p->n_child[key_bit(node_at(r, child)->n_key, p->n_len)] = child;
}

static bool
node_covers(const struct rib_node *n, struct in6 key)
{
	return in6_eq(key_first(key, n->n_len), n->n_key);
}

static struct rib_tree *
tree_of(struct rib *r, uint8_t family)
{
	return family == ADDR_V4 ? &r->r_v4 : &r->r_v6;
}

static const struct rib_tree *
tree_of_const(const struct rib *r, uint8_t family)
{
	return family == ADDR_V4 ? &r->r_v4 : &r->r_v6;
}

static bool
family_valid(uint8_t family)
{
	return family == ADDR_V4 || family == ADDR_V6;
}

static bool
prefix_valid(const struct prefix *p)
{
	return family_valid(p->p_addr.a_family) &&
	    p->p_len <= addr_bits(p->p_addr.a_family);
}

static struct in6
prefix_key(const struct prefix *p)
{
	return key_first(key_from_addr(&p->p_addr), p->p_len);
}

static struct prefix
node_prefix(const struct rib_node *n, uint8_t family)
{
	return (struct prefix){ .p_addr = key_to_addr(n->n_key, family),
		.p_len = n->n_len };
}

int
rib_create(struct rib **rp)
{
	struct rib *r;

	if ((r = calloc(1, sizeof(*r))) == NULL)
		return ENOMEM;
	r->r_nodes.rp_size = sizeof(struct rib_node);
	r->r_items.rp_size = sizeof(struct rib_item);
	*rp = r;
	return 0;
}

void
rib_destroy(struct rib *r)
{
	if (r == NULL)
		return;
	free(r->r_nodes.rp_objs);
	free(r->r_items.rp_objs);
	free(r);
}

/*
 * Where to go from node n toward a prefix: NULL if it is n, or parts from the
 * trie at n or above.
 */
static uint32_t *
node_toward(struct rib_node *n, struct in6 key, unsigned len)
{
	if (n->n_len >= len || !node_covers(n, key))
		return NULL;
	return &n->n_child[key_bit(key, n->n_len)];
}

/*
 * The node of a prefix, made if it is not there.  The caller has reserved two
 * nodes: one for the prefix, one where its path leaves another's.
 */
static uint32_t
node_obtain(struct rib *r, struct rib_tree *t, struct in6 key, unsigned len)
{
	uint32_t *link = &t->t_root;
	uint32_t *next;
	uint32_t i, new;
	unsigned common;

	while ((i = *link) != 0 &&
	    (next = node_toward(node_at(r, i), key, len)) != NULL)
		link = next;
	if (i == 0)
		return *link = node_create(r, key, len);

	common = key_common(key, node_at(r, i)->n_key);
	if (common > len)
		common = len;
	if (common >= node_at(r, i)->n_len)
		return i;
	new = *link = node_create(r, key, common);
	node_adopt(r, new, i);
	if (common < len) {
		i = node_create(r, key, len);
		node_adopt(r, new, i);
		return i;
	}
	return new;
}

static uint32_t
node_find(
    const struct rib *r, const struct rib_tree *t, struct in6 key, unsigned len)
{
	uint32_t i = t->t_root;
	const uint32_t *next;

	while (i != 0 && (next = node_toward(node_at(r, i), key, len)) != NULL)
		i = *next;
	if (i == 0 || node_at(r, i)->n_len != len ||
	    !node_covers(node_at(r, i), key))
		return 0;
	return i;
}

static bool
entry_same(const struct rib_entry *a, const struct rib_entry *b)
{
	return a->re_proto == b->re_proto && a->re_nhop == b->re_nhop;
}

static bool
entry_better(const struct rib_entry *a, const struct rib_entry *b)
{
	if (a->re_distance != b->re_distance)
		return a->re_distance < b->re_distance;
	return a->re_proto < b->re_proto;
}

/* The link to the same entry, or the one at the end of the list. */
static uint32_t *
item_seek(struct rib *r, struct rib_node *n, const struct rib_entry *re)
{
	uint32_t *link = &n->n_items;

	while (*link != 0 && !entry_same(&item_at(r, *link)->i_entry, re))
		link = &item_at(r, *link)->i_next;
	return link;
}

static void
item_insert(struct rib *r, struct rib_node *n, const struct rib_entry *re)
{
	uint32_t *link = &n->n_items;
	uint32_t i = pool_take(&r->r_items);

	while (*link != 0 && !entry_better(re, &item_at(r, *link)->i_entry))
		link = &item_at(r, *link)->i_next;
	item_at(r, i)->i_entry = *re;
	item_at(r, i)->i_next = *link;
	*link = i;
}

int
rib_add(struct rib *r, const struct prefix *p, const struct rib_entry *re)
{
	struct rib_tree *t = tree_of(r, p->p_addr.a_family);
	struct rib_node *n;
	int error;

	if (!prefix_valid(p) || re->re_proto >= RP_N || re->re_nhop == 0 ||
	    re->re_nhop > RIB_NHOP_MAX)
		return EINVAL;
	if ((error = pool_reserve(&r->r_nodes, 2)) != 0 ||
	    (error = pool_reserve(&r->r_items, 1)) != 0)
		return error;
	n = node_at(r, node_obtain(r, t, prefix_key(p), p->p_len));
	if (*item_seek(r, n, re) != 0)
		return EEXIST;
	t->t_nprefixes += n->n_items == 0;
	item_insert(r, n, re);
	return 0;
}

/* Takes out the node at a link unless it holds entries or a fork. */
static void
node_prune(struct rib *r, uint32_t *link)
{
	uint32_t i = *link;
	struct rib_node *n = node_at(r, i);

	if (n->n_items != 0 || (n->n_child[0] != 0 && n->n_child[1] != 0))
		return;
	*link = n->n_child[0] != 0 ? n->n_child[0] : n->n_child[1];
	pool_put(&r->r_nodes, i);
}

int
rib_delete(struct rib *r, const struct prefix *p, const struct rib_entry *re)
{
	struct rib_tree *t = tree_of(r, p->p_addr.a_family);
	uint32_t *parent = NULL;
	uint32_t *link = &t->t_root;
	uint32_t *next, *item;
	struct in6 key;
	uint32_t i;

	if (!prefix_valid(p))
		return EINVAL;
	key = prefix_key(p);
	if ((i = node_find(r, t, key, p->p_len)) == 0)
		return ESRCH;
	item = item_seek(r, node_at(r, i), re);
	if (*item == 0)
		return ESRCH;
	i = *item;
	*item = item_at(r, i)->i_next;
	pool_put(&r->r_items, i);

	while ((next = node_toward(node_at(r, *link), key, p->p_len)) != NULL) {
		parent = link;
		link = next;
	}
	if (node_at(r, *link)->n_items == 0)
		t->t_nprefixes--;
	node_prune(r, link);
	if (parent != NULL)
		node_prune(r, parent);
	return 0;
}

/* The first of a prefix's entries, the active one; 0 if it has none. */
static uint32_t
prefix_items(const struct rib *r, const struct prefix *p)
{
	uint32_t i;

	if (!prefix_valid(p))
		return 0;
	i = node_find(r, tree_of_const(r, p->p_addr.a_family), prefix_key(p),
	    p->p_len);
	return i == 0 ? 0 : node_at(r, i)->n_items;
}

bool
rib_lookup_exact(const struct rib *r, const struct prefix *p,
    struct rib_entry *re)
{
	uint32_t i = prefix_items(r, p);

	if (i == 0)
		return false;
	*re = item_at(r, i)->i_entry;
	return true;
}

bool
rib_find(const struct rib *r, const struct prefix *p, enum rib_proto proto,
    struct rib_entry *re)
{
	uint32_t i = prefix_items(r, p);

	while (i != 0 && item_at(r, i)->i_entry.re_proto != proto)
		i = item_at(r, i)->i_next;
	if (i == 0)
		return false;
	*re = item_at(r, i)->i_entry;
	return true;
}

bool
rib_find_other(const struct rib *r, const struct prefix *p,
    enum rib_proto proto, uint32_t nhop, struct rib_entry *re)
{
	uint32_t i;

	for (i = prefix_items(r, p); i != 0; i = item_at(r, i)->i_next) {
		*re = item_at(r, i)->i_entry;
		if (re->re_proto == proto && re->re_nhop != nhop)
			return true;
	}
	return false;
}

bool
rib_lookup(const struct rib *r, const struct addr *a, struct prefix *p,
    struct rib_entry *re)
{
	struct in6 key = key_from_addr(a);
	const struct rib_node *best = NULL;
	const struct rib_node *n;
	uint32_t i;

	if (!family_valid(a->a_family))
		return false;
	i = tree_of_const(r, a->a_family)->t_root;
	while (i != 0 && node_covers(n = node_at(r, i), key)) {
		if (n->n_items != 0)
			best = n;
		if (n->n_len == addr_bits(a->a_family))
			break;
		i = n->n_child[key_bit(key, n->n_len)];
	}
	if (best == NULL)
		return false;
	*p = node_prefix(best, a->a_family);
	*re = item_at(r, best->n_items)->i_entry;
	return true;
}

static int
node_show(const struct rib *r, const struct rib_node *n, uint8_t family,
    rib_walk_fn *fn, void *arg)
{
	const struct prefix p = node_prefix(n, family);
	uint32_t i;
	int ret;

	for (i = n->n_items; i != 0; i = item_at(r, i)->i_next) {
		ret = fn(arg, &p, &item_at(r, i)->i_entry, i == n->n_items);
		if (ret != 0)
			return ret;
	}
	return 0;
}

/* The tree from node i on, which may be 0. */
static int
walk_from(const struct rib *r, uint32_t i, uint8_t family, rib_walk_fn *fn,
    void *arg)
{
	uint32_t later[KEY_BITS + 1]; /* right children passed on the way */
	unsigned nlater = 0;
	int ret;

	for (;;) {
		const struct rib_node *n;

		if (i == 0) {
			if (nlater == 0)
				return 0;
			i = later[--nlater];
		}
		n = node_at(r, i);
		if ((ret = node_show(r, n, family, fn, arg)) != 0)
			return ret;
		if (n->n_child[1] != 0)
			later[nlater++] = n->n_child[1];
		i = n->n_child[0];
	}
}

int
rib_walk(const struct rib *r, uint8_t family, rib_walk_fn *fn, void *arg)
{
	if (!family_valid(family))
		return 0;
	return walk_from(r, tree_of_const(r, family)->t_root, family, fn, arg);
}

int
rib_walk_block(const struct rib *r, const struct prefix *block,
    rib_walk_fn *fn, void *arg)
{
	uint8_t family = block->p_addr.a_family;
	struct in6 key = prefix_key(block);
	uint32_t cover = 0;
	uint32_t i = tree_of_const(r, family)->t_root;
	int ret;

	KASSERT(prefix_valid(block));
	while (i != 0 && node_at(r, i)->n_len < block->p_len) {
		const struct rib_node *n = node_at(r, i);

		if (!node_covers(n, key))
			i = 0;
		else {
			if (n->n_items != 0)
				cover = i;
			i = n->n_child[key_bit(key, n->n_len)];
		}
	}
	if (cover != 0 &&
	    (ret = node_show(r, node_at(r, cover), family, fn, arg)) != 0)
		return ret;
	if (i != 0 &&
	    !in6_eq(key_first(node_at(r, i)->n_key, block->p_len), key))
		i = 0;
	return walk_from(r, i, family, fn, arg);
}

size_t
rib_count(const struct rib *r, uint8_t family)
{
	return family_valid(family) ? tree_of_const(r, family)->t_nprefixes : 0;
}

size_t
rib_memory(const struct rib *r)
{
	return sizeof(*r) + r->r_nodes.rp_used * r->r_nodes.rp_size +
	    r->r_items.rp_used * r->r_items.rp_size;
}

const char *
rib_proto_name(enum rib_proto proto)
{
	KASSERT(proto < RP_N);
	return proto_names[proto];
}

uint8_t
rib_proto_distance(enum rib_proto proto)
{
	KASSERT(proto < RP_N);
	return proto_distances[proto];
}
