/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Recording this host in the options of a packet that asks for it: RFC 791,
 * 3.1; RFC 1812, 5.3.13.5 and 5.3.13.6.
 *
 * The time is in milliseconds since midnight UTC; where the instance is not
 * told the time of day, it is from some other moment, and says so by its
 * highest bit (RFC 1122, 3.2.2.8).
 */
#include "ip/ip_int.h"
#include "ip/ip_options.h"

#define MS_DAY       86400000u
#define NOT_MIDNIGHT 0x80000000u

static uint32_t
ip_timestamp(const struct cpu *c)
{
	const struct spate_env *env = &c->c_sp->sp_env;

	if (env->env_utc != NULL)
		return (uint32_t)(env->env_utc(env->env_arg) / NS_MS % MS_DAY);
	return (uint32_t)(c->c_now / NS_MS) | NOT_MIDNIGHT;
}

/* Any address will do, not just those of the interfaces it passes. */
static bool
ip_is_next(
    const struct cpu *c, const struct mbuf *m, const struct ip_options *io)
{
	return io->io_flag == IPOPT_TS_PRESPEC &&
	    ip_route(c->c_sp, m->m_rtable, io->io_next, NULL)->nh_type ==
	    NH_LOCAL;
}

void
ip_record(struct cpu *c, struct mbuf *m, uint32_t addr)
{
	uint8_t *p = mtod(m, uint8_t *);
	struct ip_options io;
	unsigned errptr;

	if (addr == 0 ||
	    ip_options_parse(p, (p[0] & 15u) * 4, &io, &errptr) != ips_none ||
	    (io.io_rr == 0 && io.io_ts == 0))
		return;
	ip_options_record(
	    p, &io, addr, ip_timestamp(c), ip_is_next(c, m, &io));
	ip_header_cksum((struct ip_wire *)(void *)p);
	stat_add(c, SG_IP, ips_recorded, 1);
}
