/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What dev.c and offload.c share.
 */
#ifndef DEV_DEV_INT_H
#define DEV_DEV_INT_H

#include <string.h>

#include "dev/open.h"
#include "if/if.h"
#include "mbuf/mbuf.h"

/* The capability that lets a large segment leave whole. */
static inline uint32_t
gso_cap(const struct mbuf *m)
{
	switch (m->m_gso) {
	case GSO_TCP4:
		return IFCAP_TSO4;
	case GSO_TCP6:
		return IFCAP_TSO6;
	case GSO_UDP:
		return IFCAP_USO;
	default:
		return 0;
	}
}

/* For a driver's opening: the key that the device shall hash with, if any. */
static inline void
dev_rss_ask(struct open_req *req, const struct dev_conf *dc)
{
	if (dc->dc_rsskey == NULL)
		return;
	req->or_flags |= OPENF_RSS;
	req->or_rss.hr_nkey = HWRSS_OURKEY;
	memcpy(req->or_rss.hr_key, dc->dc_rsskey, HWRSS_OURKEY);
}

/* What was read back. */
static inline void
dev_rss_note(struct ifnet *ifp, const struct dev_conf *dc,
    const struct open_res *os)
{
	const struct hwrss *hr = &os->os_rss;

	if (dc->dc_rsskey != NULL && hr->hr_nkey > 0)
		ifp->if_hwkey = hwrss_has_key(hr, dc->dc_rsskey) ? IFHW_OURS :
		    IFHW_OTHER;
	if (hr->hr_ntable > 0)
		ifp->if_hwtable = hwrss_in_turn(hr, os->os_nrxq) ? IFHW_OURS :
		    IFHW_OTHER;
}

/* For a driver's closing: put back what was found. */
static inline void
dev_rss_restore(struct open_req *req, const struct open_res *found)
{
	if ((found->os_flags & OPENS_RSS) == 0)
		return;
	req->or_flags |= OPENF_RSS;
	req->or_rss = found->os_rssfound;
}

#endif
