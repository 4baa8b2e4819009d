/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Router advertisements that are accepted: default routers, networks on the
 * link, addresses made by this host itself (RFC 4861, 6.3; RFC 4862; RFC 4191;
 * RFC 7217; RFC 7559).
 *
 *	C	ctl only, until the function it is handed to returns
 */
#ifndef IP6_RA_HOST_H
#define IP6_RA_HOST_H

#include "base/hash.h"
#include "base/tsa.h"
#include "cpu/ctl.h"
#include "if/if.h"
#include "ip6/ra_parse.h"

/*
 * Believe what is advertised on an interface from now on, and ask for it;
 * addresses: also make addresses.  Harmless if it does already.  ENOMEM.
 */
int ra_host_start(struct ctl *, struct ifnet *, bool addresses) ON_CTL;
bool ra_host_is(struct ctl *, const struct ifnet *, bool addresses) ON_CTL;

/* No more; what was learnt goes.  Routes are published. */
void ra_host_stop(struct ctl *, struct ifnet *) ON_CTL;

/* The link came: there may be other routers. */
void ra_host_changed(struct ctl *, const struct ifnet *) ON_CTL;

/*
 * The lower half of an address (RFC 7217, 5): always the same for a secret, a
 * prefix of 64 bits, an interface and a number of duplicates found so far, and
 * not to be guessed from others.  0 if it may not be used (RFC 5453).
 */
uint64_t ra_stable_id(const uint8_t secret[static SIPHASH_KEYLEN],
    uint64_t prefix, const char *ifname, unsigned duplicates);

enum ra_learnt { RAL_ROUTER, RAL_PREFIX, RAL_ADDRESS };

/* One thing that was learnt.  Times are ns on ctl's clock or UINT64_MAX. */
struct ra_learnt_info {
	enum ra_learnt rli_what; /* [C] */
	uint16_t rli_ifindex; /* [C] */
	struct in6 rli_addr; /* [C] */
	uint8_t rli_len; /* [C] */
	uint8_t rli_pref; /* [C] of a router */
	uint8_t rli_flags; /* [C] of an address: IFA_* */
	uint64_t rli_until; /* [C] */
	uint64_t rli_preferred; /* [C] of an address */
};
void ra_host_dump(struct ctl *,
    void (*fn)(void *, const struct ra_learnt_info *), void *arg) ON_CTL;

#endif
