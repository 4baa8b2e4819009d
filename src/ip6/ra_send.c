/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Advertising routers: RFC 4861, 6.2.
 *
 * A sender lives as long as its interface is to advertise.  It tells all nodes
 * at random intervals, quickly at first and after every change.  A host that
 * asks is answered alone, soon; one that has no address yet, and those beyond
 * what a sender keeps in mind, by the next word to all, which comes the
 * earlier for it, but never within three seconds of the last.
 *
 * While there is no link, or no link-local address to send from, a sender
 * waits and begins afresh after that.
 *
 *	C	ctl only
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ip6/ip6.h"
#include "ip6/nd6_wire.h"
#include "ip6/ra_int.h"

/* RFC 4861, 10. */
#define RA_INITIAL_INTERVAL (16 * NS_S)
#define RA_INITIAL	    3u
#define RA_DELAY	    (NS_S / 2) /* MAX_RA_DELAY_TIME */
#define RA_BETWEEN	    (3 * NS_S) /* MIN_DELAY_BETWEEN_RAS */

#define RA_ASKED 16u /* hosts to be answered alone at one time */

struct ra_asked {
	struct in6 ras_host; /* [C] */
	uint64_t ras_due; /* [C] ns */
};

struct ra_sender {
	struct ra_sender *rs_next; /* [C] */
	struct ra_conf *rs_conf; /* [C] */
	uint16_t rs_ifindex; /* [C] */
	unsigned rs_initial; /* [C] quick ones to come */
	uint64_t rs_last; /* [C] ns, told all nodes; 0: never */
	uint64_t rs_due; /* [C] ns, of rs_timer */
	uint64_t rs_sent; /* [C] to all nodes */
	uint64_t rs_answered; /* [C] */
	struct timer rs_timer; /* [C] the next to all nodes */
	struct timer rs_answer; /* [C] the next of rs_asked */
	unsigned rs_nasked; /* [C] */
	struct ra_asked rs_asked[RA_ASKED]; /* [C] */
};

static struct ra_sender *ON_CTL
ra_sender_find(struct ctl *ctl, unsigned ifindex)
{
	struct ra_sender *rs = ctl->ctl_ra->rac_senders;

	while (rs != NULL && rs->rs_ifindex != ifindex)
		rs = rs->rs_next;
	return rs;
}

/* One block, which holds rc_over too.  NULL without memory. */
static struct ra_conf *
ra_conf_copy(const struct ra_conf *rc)
{
	const size_t n = rc->rc_nover * sizeof(*rc->rc_over);
	struct ra_conf *copy = malloc(sizeof(*copy) + n);

	if (copy == NULL)
		return NULL;
	*copy = *rc;
	copy->rc_over = (const void *)(copy + 1);
	if (n > 0)
		memcpy(copy + 1, rc->rc_over, n);
	return copy;
}

static bool
ra_conf_eq(const struct ra_conf *a, const struct ra_conf *b)
{
	return memcmp(a, b, offsetof(struct ra_conf, rc_over)) == 0 &&
	    (a->rc_nover == 0 ||
		memcmp(a->rc_over, b->rc_over,
		    a->rc_nover * sizeof(*a->rc_over)) == 0);
}

static const struct ra_prefix *
ra_over_find(const struct ra_conf *rc, struct in6 prefix, unsigned len)
{
	unsigned i;

	for (i = 0; i < rc->rc_nover; i++)
		if (rc->rc_over[i].rp_len == len &&
		    in6_eq(rc->rc_over[i].rp_prefix, prefix))
			return &rc->rc_over[i];
	return NULL;
}

static bool
ra_has_prefix(
    const struct ra_prefix *rp, unsigned n, struct in6 prefix, unsigned len)
{
	unsigned i;

	for (i = 0; i < n; i++)
		if (rp[i].rp_len == len && in6_eq(rp[i].rp_prefix, prefix))
			return true;
	return false;
}

/* RFC 4862, 5.5.3 (d): addresses are made of 64 and 64 bits, or not at all. */
static struct ra_prefix
ra_prefix_as(const struct ra_prefix *as, struct in6 prefix, unsigned len)
{
	struct ra_prefix rp = *as;

	rp.rp_prefix = prefix;
	rp.rp_len = len;
	if (len != 64)
		rp.rp_flags &= ~(uint32_t)RA_PREFIX_AUTO;
	return rp;
}

/* The network of an address of ours, if hosts can be told of it. */
static bool
ra_network(const struct ifaddr *ifa, struct in6 *prefix)
{
	const struct addr *a = &ifa->ifa_addr;

	if (a->a_family != ADDR_V6 || in6_is_linklocal(a->a_v6) ||
	    (ifa->ifa_flags & (IFA_DUPLICATE | IFA_SLAAC)) != 0 ||
	    ifa->ifa_plen > 126)
		return false;
	*prefix = in6_and(a->a_v6, in6_mask(ifa->ifa_plen));
	return true;
}

/* What is told on ifp, to rp, which has room for all.  Returns how many. */
static unsigned
ra_prefixes(
    const struct ra_conf *rc, const struct ifaddrs *ias, struct ra_prefix *rp)
{
	const struct ra_prefix *over;
	struct in6 prefix;
	unsigned i, n = 0;

	for (i = 0; i < ias->ias_n; i++) {
		unsigned len = ias->ias_a[i].ifa_plen;

		if (!ra_network(&ias->ias_a[i], &prefix) ||
		    ra_has_prefix(rp, n, prefix, len) ||
		    ra_over_find(rc, prefix, len) != NULL)
			continue;
		rp[n++] = ra_prefix_as(&rc->rc_prefix, prefix, len);
	}
	for (i = 0; i < rc->rc_nover; i++) {
		over = &rc->rc_over[i];
		if ((over->rp_flags & RA_PREFIX_HIDE) == 0)
			rp[n++] = ra_prefix_as(
			    over, over->rp_prefix, over->rp_len);
	}
	return n;
}

/* RFC 4861, 6.2.5: who does not forward is nobody's default router. */
static uint16_t
ra_lifetime(const struct ctl *ctl, const struct ra_conf *rc)
{
	return tun(ctl->ctl_sp, ip6_forwarding) != 0 ?
	    (uint16_t)rc->rc_lifetime : 0;
}

static struct ra_info
ra_info_of(struct ctl *ctl, const struct ifnet *ifp, const struct ra_conf *rc)
{
	struct ra_info ra = { .ra_hlim = (uint8_t)rc->rc_hlim,
		.ra_managed = rc->rc_managed != 0,
		.ra_other = rc->rc_other != 0,
		.ra_haslla = true,
		.ra_pref = (uint8_t)rc->rc_pref,
		.ra_lifetime = ra_lifetime(ctl, rc),
		.ra_reachable = rc->rc_reachable,
		.ra_retrans = rc->rc_retrans,
		.ra_mtu = umin(rc->rc_mtu, ifp->if_mtu),
		.ra_dns = rc->rc_dns,
		.ra_ndns = rc->rc_ndns,
		.ra_search = rc->rc_search,
		.ra_searchlen = rc->rc_searchlen,
		.ra_dnslife = rc->rc_dnslife };

	memcpy(ra.ra_lla, ifp->if_mac, MAC_LEN);
	return ra;
}

/*
 * Tell dst everything, in several packets if there are many prefixes (RFC
 * 4861, 6.2.3).  last: that we are no router any more.
 */
static void ON_CTL
ra_tell(struct ctl *ctl, const struct ra_sender *rs, const struct ifnet *ifp,
    struct in6 src, struct in6 dst, bool last)
{
	const struct ifaddrs *ias = if_addrs(ifp);
	struct ra_info ra = ra_info_of(ctl, ifp, rs->rs_conf);
	unsigned done = 0, n;
	struct ra_packet *rpk;
	struct ra_prefix *rp;

	rp = calloc(ias->ias_n + rs->rs_conf->rc_nover + 1, sizeof(*rp));
	if (rp == NULL)
		return; /* as good as lost on the wire */
	n = ra_prefixes(rs->rs_conf, ias, rp);
	ra.ra_src = src;
	ra.ra_dst = dst;
	if (last)
		ra.ra_lifetime = 0;
	do {
		ra.ra_nprefix = umin(n - done, RA_BATCH);
		memcpy(ra.ra_prefix, rp + done,
		    ra.ra_nprefix * sizeof(*rp));
		done += ra.ra_nprefix;
		if ((rpk = ra_packet_new(ctl)) != NULL) {
			rpk->rpk_len = ra_build(rpk->rpk_bytes, &ra);
			ra_packet_send(ctl, ifp, rpk, nds_advertised);
		}
		ra.ra_ndns = ra.ra_searchlen = 0;
	} while (done < n);
	free(rp);
}

static void ON_CTL
ra_set_due(struct ctl *ctl, struct ra_sender *rs, uint64_t when)
{
	rs->rs_due = when;
	timer_set(&ctl->ctl_wheel, &rs->rs_timer, when);
}

/* Begin afresh: as soon as the last one is long enough ago. */
static void ON_CTL
ra_restart(struct ctl *ctl, struct ra_sender *rs)
{
	rs->rs_initial = RA_INITIAL;
	ra_set_due(ctl, rs,
	    rs->rs_last == 0 ? ctl->ctl_now :
	    u64max(ctl->ctl_now, rs->rs_last + RA_BETWEEN));
}

static uint64_t ON_CTL
ra_interval(struct ctl *ctl, struct ra_sender *rs)
{
	const struct ra_conf *rc = rs->rs_conf;
	uint64_t ns = rc->rc_min * NS_S +
	    rnd_below(&ctl->ctl_rnd, (rc->rc_max - rc->rc_min) * NS_S + 1);

	if (rs->rs_initial == 0)
		return ns;
	rs->rs_initial--;
	return u64min(ns, RA_INITIAL_INTERVAL);
}

static void
ra_sender_timer(struct timer *t, void *ctx)
{
	struct ra_sender *rs = container_of(t, struct ra_sender, rs_timer);
	struct ctl *ctl = ctx;
	struct ifnet *ifp = if_lookup(ctl->ctl_sp, rs->rs_ifindex);
	struct in6 src;

	role_enter(&on_ctl);
	if (ifp == NULL || !if_running(ifp) || !ra_source(ifp, &src)) {
		rs->rs_initial = RA_INITIAL;
		ra_set_due(ctl, rs, ctl->ctl_now + RA_LINK_NS);
		return;
	}
	ra_tell(ctl, rs, ifp, src, RA_ALLNODES, false);
	rs->rs_sent++;
	rs->rs_last = ctl->ctl_now;
	ra_set_due(ctl, rs, ctl->ctl_now + ra_interval(ctl, rs));
}

static void ON_CTL
ra_answer_all(struct ctl *ctl, struct ra_sender *rs, const struct ifnet *ifp)
{
	struct in6 src;
	unsigned i = 0;

	while (i < rs->rs_nasked) {
		const struct ra_asked *ras = &rs->rs_asked[i];

		if (ras->ras_due > ctl->ctl_now) {
			i++;
			continue;
		}
		if (ifp != NULL && if_running(ifp) && ra_source(ifp, &src)) {
			ra_tell(ctl, rs, ifp, src, ras->ras_host, false);
			rs->rs_answered++;
		}
		rs->rs_asked[i] = rs->rs_asked[--rs->rs_nasked];
	}
}

static void ON_CTL
ra_answer_arm(struct ctl *ctl, struct ra_sender *rs)
{
	uint64_t next = UINT64_MAX;
	unsigned i;

	for (i = 0; i < rs->rs_nasked; i++)
		next = u64min(next, rs->rs_asked[i].ras_due);
	if (rs->rs_nasked > 0)
		timer_set(&ctl->ctl_wheel, &rs->rs_answer, next);
}

static void
ra_answer_timer(struct timer *t, void *ctx)
{
	struct ra_sender *rs = container_of(t, struct ra_sender, rs_answer);
	struct ctl *ctl = ctx;

	role_enter(&on_ctl);
	ra_answer_all(ctl, rs, if_lookup(ctl->ctl_sp, rs->rs_ifindex));
	ra_answer_arm(ctl, rs);
}

static bool
ra_is_asked(const struct ra_sender *rs, struct in6 host)
{
	unsigned i;

	for (i = 0; i < rs->rs_nasked; i++)
		if (in6_eq(rs->rs_asked[i].ras_host, host))
			return true;
	return false;
}

/* RFC 4861, 6.2.6. */
static void ON_CTL
ra_solicited(struct ctl *ctl, struct ra_sender *rs, struct in6 host)
{
	uint64_t due = ctl->ctl_now + rnd_below(&ctl->ctl_rnd, RA_DELAY);

	if (rs->rs_due <= due || ra_is_asked(rs, host))
		return; /* it will hear it soon enough */
	if (!in6_is_unspecified(host) && rs->rs_nasked < RA_ASKED) {
		rs->rs_asked[rs->rs_nasked++] = (struct ra_asked){
			.ras_host = host,
			.ras_due = due,
		};
		ra_answer_arm(ctl, rs);
		return;
	}
	if (rs->rs_last != 0)
		due = u64max(due, rs->rs_last + RA_BETWEEN);
	if (due < rs->rs_due)
		ra_set_due(ctl, rs, due);
}

void
ra_ctl_solicited(struct endpoint *ep, struct msg *msg)
{
	struct ra_solicit_msg *rsm =
	    container_of(msg, struct ra_solicit_msg, rsm_msg);
	struct ctl *ctl = endpoint_ctl(ep);
	struct ra_sender *rs;

	role_enter(&on_ctl);
	rs = ra_sender_find(ctl, rsm->rsm_ifindex);
	if (rs != NULL)
		ra_solicited(ctl, rs, rsm->rsm_src);
	msg_done(ep, msg);
}

static struct ra_sender *ON_CTL
ra_sender_new(struct ctl *ctl, unsigned ifindex)
{
	struct ra_sender *rs = calloc(1, sizeof(*rs));

	if (rs == NULL)
		return NULL;
	rs->rs_ifindex = (uint16_t)ifindex;
	timer_init(&rs->rs_timer, ra_sender_timer);
	timer_init(&rs->rs_answer, ra_answer_timer);
	rs->rs_next = ctl->ctl_ra->rac_senders;
	ctl->ctl_ra->rac_senders = rs;
	return rs;
}

static void ON_CTL
ra_sender_free(struct ctl *ctl, struct ra_sender *rs)
{
	struct ra_sender **p = &ctl->ctl_ra->rac_senders;

	while (*p != rs)
		p = &(*p)->rs_next;
	*p = rs->rs_next;
	timer_cancel(&ctl->ctl_wheel, &rs->rs_timer);
	timer_cancel(&ctl->ctl_wheel, &rs->rs_answer);
	free(rs->rs_conf);
	free(rs);
}

int
ra_send_start(struct ctl *ctl, struct ifnet *ifp, const struct ra_conf *rc)
{
	struct ra_sender *rs = ra_sender_find(ctl, ifp->if_index);
	struct ra_conf *copy = ra_conf_copy(rc);

	if (copy == NULL)
		return ENOMEM;
	if (rs == NULL && (rs = ra_sender_new(ctl, ifp->if_index)) == NULL) {
		free(copy);
		return ENOMEM;
	}
	free(rs->rs_conf);
	rs->rs_conf = copy;
	atomic_fetch_or_explicit(
	    &ifp->if_ra, IFRA_SOLICITS, memory_order_relaxed);
	ra_restart(ctl, rs);
	return 0;
}

bool
ra_send_is(
    struct ctl *ctl, const struct ifnet *ifp, const struct ra_conf *rc)
{
	const struct ra_sender *rs = ra_sender_find(ctl, ifp->if_index);

	return rs != NULL && ra_conf_eq(rs->rs_conf, rc);
}

/* RFC 4861, 6.2.5: one will do; who was never told need not know. */
static void ON_CTL
ra_sender_leave(struct ctl *ctl, struct ra_sender *rs)
{
	struct ifnet *ifp = if_lookup(ctl->ctl_sp, rs->rs_ifindex);
	struct in6 src;

	if (ifp != NULL) {
		atomic_fetch_and_explicit(&ifp->if_ra,
		    ~(uint32_t)IFRA_SOLICITS, memory_order_relaxed);
		if (rs->rs_sent + rs->rs_answered > 0 && if_running(ifp) &&
		    ra_source(ifp, &src))
			ra_tell(ctl, rs, ifp, src, RA_ALLNODES, true);
	}
	ra_sender_free(ctl, rs);
}

void
ra_send_stop(struct ctl *ctl, const struct ifnet *ifp)
{
	struct ra_sender *rs = ra_sender_find(ctl, ifp->if_index);

	if (rs != NULL)
		ra_sender_leave(ctl, rs);
}

void
ra_send_changed(struct ctl *ctl, const struct ifnet *ifp)
{
	struct ra_sender *rs = ra_sender_find(ctl, ifp->if_index);

	if (rs != NULL)
		ra_restart(ctl, rs);
}

void
ra_send_leave(struct ctl *ctl)
{
	while (ctl->ctl_ra->rac_senders != NULL)
		ra_sender_leave(ctl, ctl->ctl_ra->rac_senders);
}

void
ra_ctl_fini(struct ctl *ctl)
{
	struct ra_ctl *rac = ctl->ctl_ra;
	struct ra_packet *rpk;

	if (rac == NULL)
		return;
	while (rac->rac_senders != NULL)
		ra_sender_free(ctl, rac->rac_senders);
	ra_hosts_fini(ctl);
	while ((rpk = rac->rac_packets) != NULL) {
		rac->rac_packets = rpk->rpk_next;
		free(rpk);
	}
	free(rac);
	ctl->ctl_ra = NULL;
}

static void ON_CTL
ra_sender_dump(struct ctl *ctl, const struct ra_sender *rs,
    const struct ifnet *ifp, void (*fn)(void *, const struct ra_send_info *),
    void *arg)
{
	const struct ifaddrs *ias = if_addrs(ifp);
	struct ra_send_info rsi = { .rsi_conf = rs->rs_conf,
		.rsi_ifindex = rs->rs_ifindex,
		.rsi_lifetime = ra_lifetime(ctl, rs->rs_conf),
		.rsi_sent = rs->rs_sent,
		.rsi_answered = rs->rs_answered,
		.rsi_next = rs->rs_due };
	struct ra_prefix *rp;

	rp = calloc(ias->ias_n + rs->rs_conf->rc_nover + 1, sizeof(*rp));
	if (rp != NULL)
		rsi.rsi_nprefix = ra_prefixes(rs->rs_conf, ias, rp);
	rsi.rsi_prefix = rp;
	fn(arg, &rsi);
	free(rp);
}

void
ra_send_dump(struct ctl *ctl, void (*fn)(void *, const struct ra_send_info *),
    void *arg)
{
	const struct ra_sender *rs;
	const struct ifnet *ifp;

	for (rs = ctl->ctl_ra->rac_senders; rs != NULL; rs = rs->rs_next)
		if ((ifp = if_lookup(ctl->ctl_sp, rs->rs_ifindex)) != NULL)
			ra_sender_dump(ctl, rs, ifp, fn, arg);
}
