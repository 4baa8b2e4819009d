/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Addresses made of advertised prefixes: RFC 4862, 5.5; stable ones that say
 * nothing of the device or of other networks, RFC 7217.
 *
 * An address is tentative until duplicate address detection has ended, then
 * preferred, then deprecated (no new connections), then gone.  One that was
 * configured by hand since is left to whoever did that.
 */
#include <string.h>

#include "ip6/ra_host_int.h"
#include "route/route.h"

#define DUPLICATES_MAX 3u /* RFC 7217, 7: IDGEN_RETRIES */
#define TWO_HOURS      (7200 * NS_S) /* RFC 4862, 5.5.3 (e) */

uint64_t
ra_stable_id(const uint8_t secret[static SIPHASH_KEYLEN], uint64_t prefix,
    const char *ifname, unsigned duplicates)
{
	uint8_t in[8 + IF_NAMELEN + 1] = { 0 };
	uint64_t id;

	st64be(in, prefix);
	strncpy((char *)in + 8, ifname, IF_NAMELEN);
	in[8 + IF_NAMELEN] = (uint8_t)duplicates;
	id = siphash24(secret, in, sizeof(in));
	/* RFC 5453: the routers' anycast address, and reserved ones. */
	if (id >= UINT64_C(0xfdffffffffffff80) &&
	    id <= UINT64_C(0xfdffffffffffffff))
		return 0;
	return id;
}

/* The address as ifp has it, if it is still ours. */
static const struct ifaddr *
ra_addr_find(const struct ifnet *ifp, struct in6 a)
{
	const struct ifaddrs *ias = if_addrs(ifp);
	struct addr addr = addr_v6(a);
	unsigned i;

	for (i = 0; i < ias->ias_n; i++)
		if (addr_eq(&ias->ias_a[i].ifa_addr, &addr) &&
		    (ias->ias_a[i].ifa_flags & IFA_SLAAC) != 0)
			return &ias->ias_a[i];
	return NULL;
}

static void ON_CTL
ra_addr_delete(struct ctl *ctl, struct ifnet *ifp, struct in6 a)
{
	const struct ifaddr *found = ra_addr_find(ifp, a);
	struct ifaddr ifa;

	if (found == NULL)
		return;
	ifa = *found;
	if (if_addr_delete(ctl, ifp, &ifa.ifa_addr) == 0 &&
	    (ifa.ifa_flags & (IFA_TENTATIVE | IFA_DUPLICATE)) == 0)
		(void)route_address(ctl, ifp, &ifa, false);
}

static void ra_addr_probed(struct ctl *, unsigned ifindex, const struct in6 *,
    bool unique) ON_CTL;

/* Make one, and have it probed; without memory the next word does it. */
static void ON_CTL
ra_addr_make(struct ctl *ctl, struct ifnet *ifp, struct ra_addr *ra)
{
	struct ifaddr ifa = { .ifa_plen = 64,
		.ifa_flags = IFA_TENTATIVE | IFA_SLAAC };
	uint64_t id = 0;

	ra->ra_addr = (struct in6){ 0, 0 };
	for (; id == 0 && ra->ra_duplicates <= DUPLICATES_MAX;
	     ra->ra_duplicates += id == 0)
		id = ra_stable_id(ctl->ctl_sp->sp_env.env_secret,
		    ra->ra_prefix.i6_hi, ifp->if_name, ra->ra_duplicates);
	if (id == 0)
		return;
	ifa.ifa_addr = addr_v6((struct in6){ ra->ra_prefix.i6_hi, id });
	if (if_has_addr(ifp, &ifa.ifa_addr, NULL) ||
	    if_addr_set(ctl, ifp, &ifa) != 0)
		return;
	ra->ra_addr = ifa.ifa_addr.a_v6;
	if (nd6_dad_start(ctl, ifp, &ra->ra_addr, ra_addr_probed) != 0)
		ra_addr_delete(ctl, ifp, ra->ra_addr);
}

/* Set or clear that new connections should not use it. */
static void ON_CTL
ra_addr_deprecate(struct ctl *ctl, struct ifnet *ifp, const struct ra_addr *ra)
{
	const struct ifaddr *found = ra_addr_find(ifp, ra->ra_addr);
	bool old = ra->ra_preferred <= ctl->ctl_now;
	struct ifaddr ifa;

	if (found == NULL || ((found->ifa_flags & IFA_DEPRECATED) != 0) == old)
		return;
	ifa = *found;
	ifa.ifa_flags ^= IFA_DEPRECATED;
	(void)if_addr_set(ctl, ifp, &ifa);
}

static struct ra_addr *
ra_addr_of(struct ra_host *rh, struct in6 addr)
{
	unsigned i;

	for (i = 0; i < rh->rh_naddr; i++)
		if (in6_eq(rh->rh_addr[i].ra_addr, addr))
			return &rh->rh_addr[i];
	return NULL;
}

/* RFC 7217, 6: another one, a few times, if somebody has it. */
static void ON_CTL
ra_addr_probed(struct ctl *ctl, unsigned ifindex, const struct in6 *addr,
    bool unique)
{
	struct ra_host *rh = ra_host_find(ctl, ifindex);
	struct ifnet *ifp = rh != NULL ? ra_host_if(ctl, rh) : NULL;
	struct ra_addr *ra = rh != NULL ? ra_addr_of(rh, *addr) : NULL;
	const struct ifaddr *ifa;

	role_enter(&on_ctl);
	if (ifp == NULL || ra == NULL ||
	    (ifa = ra_addr_find(ifp, *addr)) == NULL)
		return;
	if (!unique) {
		ra->ra_duplicates++;
		ra_addr_delete(ctl, ifp, *addr);
		ra_addr_make(ctl, ifp, ra);
	} else if (route_address(ctl, ifp, ifa, true) != 0 ||
	    route_publish(ctl) != 0) {
		log_error(&ctl->ctl_sp->sp_env.env_log,
		    "%s: no memory for the routes of an address",
		    ifp->if_name);
	}
}

/* RFC 4862, 5.5.3 (e): a forged word cannot take an address away at once. */
static uint64_t
ra_addr_valid(const struct ctl *ctl, const struct ra_addr *ra, uint64_t until)
{
	if (until > ctl->ctl_now + TWO_HOURS || until > ra->ra_valid)
		return until;
	if (ra->ra_valid <= ctl->ctl_now + TWO_HOURS)
		return ra->ra_valid;
	return ctl->ctl_now + TWO_HOURS;
}

static struct ra_addr *
ra_addr_with(struct ra_host *rh, struct in6 prefix)
{
	unsigned i;

	for (i = 0; i < rh->rh_naddr; i++)
		if (in6_eq(rh->rh_addr[i].ra_prefix, prefix))
			return &rh->rh_addr[i];
	return NULL;
}

/* RFC 4862, 5.5.3; the parser has seen to (b) and (c). */
void
ra_take_auto(struct ctl *ctl, struct ra_host *rh, struct ifnet *ifp,
    const struct ra_prefix *rp)
{
	struct ra_addr *ra = ra_addr_with(rh, rp->rp_prefix);

	if (!rh->rh_addresses || rp->rp_len != 64)
		return;
	if (ra == NULL) {
		if (rp->rp_valid == 0)
			return;
		if (rh->rh_naddr >= tun(ctl->ctl_sp, ip6_maxifprefixes)) {
			ra_host_full(ctl, ifp, "networks");
			return;
		}
		ra = &rh->rh_addr[rh->rh_naddr++];
		*ra = (struct ra_addr){ .ra_prefix = rp->rp_prefix,
			.ra_valid = ra_until(ctl, rp->rp_valid) };
	} else {
		ra->ra_valid = ra_addr_valid(
		    ctl, ra, ra_until(ctl, rp->rp_valid));
	}
	ra->ra_preferred = ra_until(ctl, rp->rp_preferred);
	if (in6_is_unspecified(ra->ra_addr) &&
	    ra->ra_duplicates <= DUPLICATES_MAX)
		ra_addr_make(ctl, ifp, ra);
	ra_addr_deprecate(ctl, ifp, ra);
}

void
ra_addrs_expire(struct ctl *ctl, struct ra_host *rh, struct ifnet *ifp)
{
	unsigned i;

	for (i = rh->rh_naddr; i-- > 0;) {
		struct ra_addr *ra = &rh->rh_addr[i];

		if (ra->ra_valid > ctl->ctl_now) {
			ra_addr_deprecate(ctl, ifp, ra);
			continue;
		}
		ra_addr_delete(ctl, ifp, ra->ra_addr);
		*ra = rh->rh_addr[--rh->rh_naddr];
	}
}

void
ra_addrs_remove(struct ctl *ctl, struct ra_host *rh, struct ifnet *ifp)
{
	while (rh->rh_naddr > 0)
		ra_addr_delete(ctl, ifp, rh->rh_addr[--rh->rh_naddr].ra_addr);
}

uint64_t
ra_addrs_next(struct ctl *ctl, const struct ra_host *rh)
{
	uint64_t next = UINT64_MAX;
	unsigned i;

	for (i = 0; i < rh->rh_naddr; i++) {
		next = u64min(next, rh->rh_addr[i].ra_valid);
		if (rh->rh_addr[i].ra_preferred > ctl->ctl_now)
			next = u64min(next, rh->rh_addr[i].ra_preferred);
	}
	return next;
}

void
ra_addrs_dump(struct ctl *ctl, const struct ra_host *rh,
    void (*fn)(void *, const struct ra_learnt_info *), void *arg)
{
	const struct ifnet *ifp = ra_host_if(ctl, rh);
	const struct ifaddr *ifa;
	unsigned i;

	for (i = 0; i < rh->rh_naddr; i++) {
		const struct ra_addr *ra = &rh->rh_addr[i];
		struct ra_learnt_info rli = { .rli_what = RAL_ADDRESS,
			.rli_ifindex = rh->rh_ifindex,
			.rli_addr = ra->ra_addr,
			.rli_len = 64,
			.rli_until = ra->ra_valid,
			.rli_preferred = ra->ra_preferred };

		if ((ifa = ra_addr_find(ifp, ra->ra_addr)) == NULL)
			continue;
		rli.rli_flags = ifa->ifa_flags;
		fn(arg, &rli);
	}
}
