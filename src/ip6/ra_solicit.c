/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Asking for routers: RFC 4861, 6.3.7, for as long as there is none and ever
 * more seldom, as RFC 7559 has it.
 */
#include "ip6/ra_host_int.h"

#define RS_DELAY (1 * NS_S) /* RFC 4861, 10: MAX_RTR_SOLICITATION_DELAY */
#define RS_FIRST (4 * NS_S) /* RFC 7559, 2: IRT … */
#define RS_MOST	 (3600 * NS_S) /* … and MRT */

void
ra_solicit_start(struct ctl *ctl, struct ra_host *rh)
{
	rh->rh_wait = 0;
	timer_set(&ctl->ctl_wheel, &rh->rh_solicit,
	    ctl->ctl_now + rnd_below(&ctl->ctl_rnd, RS_DELAY));
}

/* RFC 8415, 15: twice the last, give or take a tenth. */
static uint64_t ON_CTL
ra_solicit_next(struct ctl *ctl, uint64_t last)
{
	uint64_t base = last == 0 ? RS_FIRST : 2 * last;

	if (base > RS_MOST)
		base = RS_MOST;
	return base - base / 10 + rnd_below(&ctl->ctl_rnd, base / 5);
}

void
ra_solicit_timer(struct timer *t, void *ctx)
{
	struct ra_host *rh = container_of(t, struct ra_host, rh_solicit);
	struct ctl *ctl = ctx;
	const struct ifnet *ifp = ra_host_if(ctl, rh);
	struct ra_packet *rpk;
	struct in6 src;

	role_enter(&on_ctl);
	if (ifp == NULL)
		return;
	if (!if_running(ifp) || !ra_source(ifp, &src)) {
		timer_set(&ctl->ctl_wheel, t, ctl->ctl_now + RA_LINK_NS);
		return;
	}
	if ((rpk = ra_packet_new(ctl)) != NULL) {
		rpk->rpk_len = rs_build(
		    rpk->rpk_bytes, src, RA_ALLROUTERS, ifp->if_mac);
		ra_packet_send(ctl, ifp, rpk, nds_solicited);
	}
	rh->rh_wait = ra_solicit_next(ctl, rh->rh_wait);
	timer_set(&ctl->ctl_wheel, t, ctl->ctl_now + rh->rh_wait);
}
