/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the files of a host's router discovery share.
 *
 *	C	ctl only
 */
#ifndef IP6_RA_HOST_INT_H
#define IP6_RA_HOST_INT_H

#include "ip6/ra_host.h"
#include "ip6/ra_int.h"
#include "route/nhop.h"

#define RA_ROUTERS_MAX	16u /* bounds of net.inet6.ip6.maxifdefrouters … */
#define RA_PREFIXES_MAX 32u /* … and of net.inet6.ip6.maxifprefixes */

struct ra_router {
	struct in6 rr_addr; /* [C] */
	uint64_t rr_until; /* [C] ns */
	uint8_t rr_pref; /* [C] enum ra_preference */
};

struct ra_onlink {
	struct in6 ro_prefix; /* [C] */
	uint64_t ro_until; /* [C] ns */
	uint8_t ro_len; /* [C] */
};

/* An address made of a prefix. */
struct ra_addr {
	struct in6 ra_prefix; /* [C] */
	struct in6 ra_addr; /* [C] unspecified: none could be made */
	uint64_t ra_valid; /* [C] ns, until */
	uint64_t ra_preferred; /* [C] ns, until */
	unsigned ra_duplicates; /* [C] found so far */
};

struct ra_host {
	struct ra_host *rh_next; /* [C] */
	uint16_t rh_ifindex; /* [C] */
	uint16_t rh_ifgen; /* [C] */
	bool rh_addresses; /* [C] make some */
	uint64_t rh_wait; /* [C] ns between solicitations; 0: none sent */
	struct timer rh_timer; /* [C] something is over */
	struct timer rh_solicit; /* [C] */
	unsigned rh_nrouter; /* [C] */
	unsigned rh_nonlink; /* [C] */
	unsigned rh_naddr; /* [C] */
	struct ra_router rh_router[RA_ROUTERS_MAX]; /* [C] */
	struct ra_onlink rh_onlink[RA_PREFIXES_MAX]; /* [C] */
	struct ra_addr rh_addr[RA_PREFIXES_MAX]; /* [C] */
};

struct ra_host *ra_host_find(struct ctl *, unsigned ifindex) ON_CTL;
struct ifnet *ra_host_if(const struct ctl *, const struct ra_host *);
uint64_t ra_until(const struct ctl *, uint32_t seconds) ON_CTL;
void ra_host_full(
    struct ctl *, const struct ifnet *, const char *what) ON_CTL;

/* What is sent on the link, at most. */
unsigned ra_link_mtu(const struct ifnet *);
void ra_default_route(struct ctl *, unsigned rtable) ON_CTL;

/* ra_addr.c: addresses. */
void ra_take_auto(struct ctl *, struct ra_host *, struct ifnet *,
    const struct ra_prefix *) ON_CTL;
void ra_addrs_expire(struct ctl *, struct ra_host *, struct ifnet *) ON_CTL;
void ra_addrs_remove(struct ctl *, struct ra_host *, struct ifnet *) ON_CTL;
uint64_t ra_addrs_next(struct ctl *, const struct ra_host *) ON_CTL;
void ra_addrs_dump(struct ctl *, const struct ra_host *,
    void (*fn)(void *, const struct ra_learnt_info *), void *arg) ON_CTL;

/* ra_solicit.c: asking for routers, afresh. */
void ra_solicit_start(struct ctl *, struct ra_host *) ON_CTL;
void ra_solicit_timer(struct timer *, void *);

#endif
