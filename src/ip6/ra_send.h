/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Router advertisements that this router sends: RFC 4861, 6.2; RFC 4191; RFC
 * 8106.
 *
 *	C	ctl only
 *	I	immutable, of whoever made it
 */
#ifndef IP6_RA_SEND_H
#define IP6_RA_SEND_H

#include "base/tsa.h"
#include "cpu/ctl.h"
#include "if/if.h"
#include "ip6/ra_parse.h"

#define RA_PREFIX_HIDE 0x100u /* rp_flags: not to be told */

/*
 * What is told on an interface.  Beside what stands here it is the networks of
 * the interface's addresses, as rc_prefix says, or as rc_over says of a
 * network; what is in rc_over alone is told, too.
 *
 * No gaps before rc_nover: it is compared as memory.
 */
struct ra_conf {
	uint32_t rc_max; /* [I] s between advertisements, at most … */
	uint32_t rc_min; /* [I] … and at least */
	uint32_t rc_lifetime; /* [I] s as a default router */
	uint32_t rc_pref; /* [I] enum ra_preference */
	uint32_t rc_managed; /* [I] 0 or 1, as the next */
	uint32_t rc_other; /* [I] */
	uint32_t rc_hlim; /* [I] 0: not said */
	uint32_t rc_mtu; /* [I] 0: not said; never over the interface's */
	uint32_t rc_reachable; /* [I] ms; 0: not said */
	uint32_t rc_retrans; /* [I] ms; 0: not said */
	struct ra_prefix rc_prefix; /* [I] but for rp_prefix and rp_len */
	uint32_t rc_dnslife; /* [I] s */
	uint32_t rc_ndns; /* [I] */
	struct in6 rc_dns[RA_DNS_MAX]; /* [I] */
	uint8_t rc_search[RA_SEARCH_MAX]; /* [I] as ra_search_name() */
	uint32_t rc_searchlen; /* [I] */
	uint32_t rc_nover; /* [I] */
	const struct ra_prefix *rc_over; /* [I] */
};

/* Everything about router discovery.  ENOMEM. */
int ra_ctl_init(struct ctl *) ON_CTL;
void ra_ctl_fini(struct ctl *) ON_CTL;

/*
 * Advertise on an interface from now on, as *rc says, which is copied; what
 * was told before is told anew at once.  ENOMEM.
 */
int ra_send_start(
    struct ctl *, struct ifnet *, const struct ra_conf *rc) ON_CTL;

/* Whether it does, exactly so. */
bool ra_send_is(
    struct ctl *, const struct ifnet *, const struct ra_conf *rc) ON_CTL;

/*
 * No more, and say so (RFC 4861, 6.2.5): the last advertisement leaves in one
 * of the next rounds, if the interface is still there; ra_sending() tells.
 */
void ra_send_stop(struct ctl *, const struct ifnet *) ON_CTL;

/* The addresses of an interface have changed, or its link came: tell soon. */
void ra_send_changed(struct ctl *, const struct ifnet *) ON_CTL;

/* Stop on all interfaces, because this router stops. */
void ra_send_leave(struct ctl *) ON_CTL;

/* Whether some packet may not have left the CPU that sends it. */
bool ra_sending(const struct ctl *) ON_CTL;

struct ra_send_info {
	const struct ra_conf *rsi_conf; /* [C] until the next call */
	uint16_t rsi_ifindex; /* [C] */
	uint16_t rsi_lifetime; /* [C] s, as told: 0 without forwarding */
	uint64_t rsi_sent; /* [C] to all nodes */
	uint64_t rsi_answered; /* [C] to one that asked */
	uint64_t rsi_next; /* [C] ns, on ctl's clock */
	unsigned rsi_nprefix; /* [C] */
	const struct ra_prefix *rsi_prefix; /* [C] until fn returns */
};
void ra_send_dump(struct ctl *,
    void (*fn)(void *, const struct ra_send_info *), void *arg) ON_CTL;

#endif
