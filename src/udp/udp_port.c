/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Local ports: who may have one, and which one is free (RFC 6056).
 *
 * A port for an end point that is only bound is taken from this CPU's stripe,
 * beginning anywhere.  One for a connected end point begins where the secret
 * and the peer say and goes on from there by a counter that few peers share
 * (RFC 6056, algorithm 4): a port is used again late, and nobody who sees the
 * ports toward one peer can tell those toward another.
 */
#include "base/bytes.h"
#include "udp/udp_int.h"

struct port_range {
	unsigned pr_first;
	unsigned pr_n;
};

static struct port_range
port_range(const struct spate *sp)
{
	unsigned first = (unsigned)tun(sp, ip_port_first);
	unsigned last = (unsigned)tun(sp, ip_port_last);

	return (struct port_range){ umin(first, last),
		umax(first, last) - umin(first, last) + 1 };
}

/* Whether somebody who is connected has a port because he was bound to it. */
static bool
port_held(const struct cpu *c, unsigned port)
{
	const struct udpcb *ucb;

	LIST_FOREACH (ucb, udp_chain(c->c_udp->uc_held, port), ucb_registered)
		if (ucb->ucb_inp.inp_key.ik_lport == port)
			return true;
	return false;
}

unsigned
udp_port_bind(struct cpu *c, const struct in_key *ik)
{
	struct port_range pr = port_range(c->c_sp);
	unsigned i, port, n = c->c_sp->sp_ncpus;
	unsigned at = (unsigned)rnd_below(&c->c_rnd, pr.pr_n);

	(void)ik;
	for (i = 0; i < pr.pr_n; i++) {
		port = pr.pr_first + (at + i) % pr.pr_n;
		if (port % n == c->c_id &&
		    !in_bound_port_used(&c->c_udp->uc_bound, port) &&
		    !port_held(c, port))
			return port;
	}
	return 0;
}

/* Whether a port can be connected here; *unseen: udp_port_connect(). */
static bool ON_CPU
port_fits(struct cpu *c, const struct in_key *ik, bool first, uint32_t *unseen)
{
	unsigned bucket;

	if (in_bound_port_used(&c->c_udp->uc_bound, ik->ik_lport)) {
		*unseen -= first; /* all CPUs say the same */
		return false;
	}
	bucket = udp_key_bucket(c->c_sp, ik);
	if (udp_has(c, bucket) != UDP_HERE)
		return false;
	if (!udp_conn_taken(c, ik, bucket))
		return true;
	--*unseen;
	return false;
}

unsigned
udp_port_connect(
    struct cpu *c, struct in_key *ik, bool first, uint32_t *unseen)
{
	const struct udp *u = c->c_sp->sp_udp;
	struct port_range pr = port_range(c->c_sp);
	struct udp_cpu *uc = c->c_udp;
	unsigned i, at;
	uint32_t *next;
	uint64_t h;

	if (first)
		*unseen = pr.pr_n;
	ik->ik_lport = 0;
	h = in_key_hash(ik, u->u_seed.is_seed) ^ u->u_secret;
	at = (unsigned)(hash_mix64(h) % pr.pr_n);
	next = &uc->uc_next[hash_mix64(h + 1) % UDP_COUNTERS];
	at += *next;
	for (i = 0; i < pr.pr_n; i++) {
		ik->ik_lport = (uint16_t)(pr.pr_first + (at + i) % pr.pr_n);
		if (port_fits(c, ik, first, unseen)) {
			*next = (*next + i + 1) % pr.pr_n;
			return ik->ik_lport;
		}
	}
	ik->ik_lport = 0;
	return 0;
}

struct conflict {
	const struct udpcb *cf_wanted;
	bool cf_found;
};

static void
conflict_with(struct in_here *ih, void *arg)
{
	struct conflict *cf = arg;

	cf->cf_found |= in_bind_conflict(&cf->cf_wanted->ucb_inp,
	    cf->cf_wanted->ucb_uid, ih->ih_inp, udp_pcb(ih->ih_inp)->ucb_uid);
}

/*
 * Of an address: those that are bound to it or to more.  Of a network: all of
 * the port, which somebody does once and seldom.
 */
static bool
bound_conflict(struct cpu *c, const struct udpcb *ucb)
{
	const struct in_key *ik = &ucb->ucb_inp.inp_key;
	struct conflict cf = { .cf_wanted = ucb };
	const struct udpcb *other;

	if (ik->ik_plen == IN_PLEN_MAX) {
		in_bound_covering(&c->c_udp->uc_bound,
		    &c->c_sp->sp_udp->u_seed, ik, conflict_with, &cf);
		return cf.cf_found;
	}
	LIST_FOREACH (
	    other, udp_chain(c->c_udp->uc_port, ik->ik_lport), ucb_registered)
		if (in_bind_conflict(&ucb->ucb_inp, ucb->ucb_uid,
			&other->ucb_inp, other->ucb_uid))
			return true;
	return false;
}

bool
udp_may_bind(struct cpu *c, const struct udpcb *ucb)
{
	unsigned port = ucb->ucb_inp.inp_key.ik_lport;

	if (bound_conflict(c, ucb))
		return false;
	return !port_held(c, port) ||
	    (ucb->ucb_inp.inp_flags & (INF_REUSEADDR | INF_REUSEPORT)) != 0;
}
