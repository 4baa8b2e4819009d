/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What dev.c and offload.c share.
 */
#ifndef DEV_DEV_INT_H
#define DEV_DEV_INT_H

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

#endif
