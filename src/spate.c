/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Putting an instance together, layer by layer, and taking it apart.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/lines.h"
#include "ether/arp.h"
#include "fast/fast.h"
#include "if/if.h"
#include "ip/ip.h"
#include "ip/reass_table.h"
#include "ip6/ip6.h"
#include "ip6/nd6.h"
#include "ip6/ra_send.h"
#include "mbuf/mbuf.h"
#include "mbuf/pool.h"
#include "netisr/balancer.h"
#include "netisr/move.h"
#include "netisr/netisr.h"
#include "netisr/punt.h"
#include "path.h"
#include "route/neigh.h"
#include "route/nhop.h"
#include "route/rule.h"
#include "spate.h"
#include "udp/udp.h"
#include "udp/udp_service.h"

#define PKTMEM_PER_CPU (32ull << 20) /* bytes, if nothing is configured */

static int ON_CTL
spate_cpu_create(struct spate *sp, unsigned id)
{
	struct cpu *c;
	int error;

	if ((c = lines_alloc(1, sizeof(*c))) == NULL)
		return ENOMEM;
	if ((error = cpu_init(c, sp, id)) != 0) {
		free(c);
		return error;
	}
	sp->sp_cpu[id] = c;
	sp->sp_ep[id] = &c->c_ep;
	if ((error = mpool_create(c)) != 0 || (error = path_create(c)) != 0 ||
	    (error = netisr_cpu_init(c)) != 0 ||
	    (error = neigh_cpu_init(c)) != 0 ||
	    (error = rule_cpu_init(c)) != 0 ||
	    (error = punt_cpu_init(c)) != 0 ||
	    (error = icmp_cpu_init(c)) != 0 ||
	    (error = ip_reass_cpu_init(c)) != 0 ||
	    (error = ip6_reass_cpu_init(c)) != 0 ||
	    (error = udp_cpu_init(c)) != 0 ||
	    (error = fast_cpu_init(c)) != 0)
		return error;
	return 0;
}

static void
spate_cpu_destroy(struct spate *sp, unsigned id)
{
	struct cpu *c = sp->sp_cpu[id];

	if (c == NULL)
		return;
	fast_cpu_fini(c);
	udp_cpu_fini(c);
	reass_cpu_fini(c);
	icmp_cpu_fini(c);
	punt_cpu_fini(c);
	rule_cpu_fini(c);
	neigh_cpu_fini(c);
	netisr_cpu_fini(c);
	path_destroy(c);
	mpool_destroy(c);
	cpu_fini(c);
	free(c);
	sp->sp_cpu[id] = NULL;
}

static int
spate_ctl_create(struct spate *sp)
{
	struct ctl *ctl;
	int error;

	role_enter(&on_ctl);
	if ((ctl = lines_alloc(1, sizeof(*ctl))) == NULL)
		return ENOMEM;
	if ((error = ctl_init(ctl, sp)) != 0) {
		free(ctl);
		return error;
	}
	sp->sp_ctl = ctl;
	sp->sp_ep[sp_ctl_id(sp)] = &ctl->ctl_ep;
	if ((error = if_ctl_init(ctl)) != 0 ||
	    (error = move_ctl_init(ctl)) != 0 ||
	    (error = balancer_init(ctl)) != 0 ||
	    (error = route_ctl_init(ctl)) != 0 ||
	    (error = neigh_ctl_init(ctl, &arp_proto, &nd6_proto)) != 0 ||
	    (error = arp_ctl_init(ctl)) != 0 ||
	    (error = nd6_ctl_init(ctl)) != 0 ||
	    (error = ra_ctl_init(ctl)) != 0 ||
	    (error = udp_service_init(ctl)) != 0)
		return error;
	return 0;
}

static void
spate_ctl_destroy(struct spate *sp)
{
	struct ctl *ctl = sp->sp_ctl;

	role_enter(&on_ctl);
	if (ctl == NULL)
		return;
	udp_service_fini(ctl);
	ra_ctl_fini(ctl);
	nd6_ctl_fini(ctl);
	arp_ctl_fini(ctl);
	neigh_ctl_fini(ctl);
	if_ctl_fini(ctl);
	balancer_fini(ctl);
	move_ctl_fini(ctl);
	route_ctl_fini(ctl);
	ctl_fini(ctl);
	free(ctl);
	sp->sp_ctl = NULL;
}

int
spate_create(const struct spate_conf *sc, const struct spate_env *env,
    struct spate **spp)
{
	struct spate *sp;
	uint64_t memsize;
	unsigned i;
	int error;

	role_enter(&on_ctl);
	if (sc->sc_ncpus == 0 || sc->sc_ncpus > CPU_MAX)
		return EINVAL;
	if ((sp = lines_alloc(1, sizeof(*sp))) == NULL)
		return ENOMEM;
	*sp = (struct spate){ .sp_env = *env, .sp_ncpus = sc->sc_ncpus,
		.sp_round = cpu_round, .sp_idle = cpu_idle };
	snprintf(sp->sp_hostname, sizeof(sp->sp_hostname), "%s",
	    sc->sc_hostname != NULL ? sc->sc_hostname : "spate");
	sp->sp_started = env->env_now(env->env_arg);
	sysctl_init(&sp->sp_sysctl);
	error = qsbr_init(&sp->sp_qsbr, sp->sp_ncpus, env->env_virtual);
	if (error != 0)
		goto fail;
	memsize = sc->sc_pktmem != 0 ? sc->sc_pktmem :
	    PKTMEM_PER_CPU * sp->sp_ncpus;
	error = sc->sc_shared ? pktmem_create_shared(sp, memsize) :
	    pktmem_create(sp, memsize);
	if (error != 0)
		goto fail;
	if ((error = rss_create(sp)) != 0 || (error = udp_create(sp)) != 0)
		goto fail;
	for (i = 0; i < sp->sp_ncpus; i++)
		if ((error = spate_cpu_create(sp, i)) != 0)
			goto fail;
	if ((error = spate_ctl_create(sp)) != 0)
		goto fail;
	*spp = sp;
	return 0;
fail:
	spate_destroy(sp);
	return error;
}

/*
 * Messages first, while their pools exist; what was retired, while ctl exists,
 * whose functions free it; ctl, which closes the devices, which give back what
 * their rings hold, and may retire more; then CPUs and their memory.
 */
void
spate_destroy(struct spate *sp)
{
	unsigned i;

	for (i = 0; i < countof(sp->sp_ep); i++)
		if (sp->sp_ep[i] != NULL)
			endpoint_drain(sp->sp_ep[i]);
	if (sp->sp_qsbr.q_cpu != NULL)
		qsbr_drain(&sp->sp_qsbr);
	spate_ctl_destroy(sp);
	if (sp->sp_qsbr.q_cpu != NULL)
		qsbr_fini(&sp->sp_qsbr);
	for (i = 0; i < sp->sp_ncpus; i++)
		spate_cpu_destroy(sp, i);
	udp_destroy(sp);
	rss_destroy(sp);
	pktmem_destroy(sp);
	free(sp);
}

uint64_t
spate_stat(const struct spate *sp, enum stat_group g, unsigned which)
{
	uint64_t sum = 0;
	unsigned i;

	for (i = 0; i < sp->sp_ncpus; i++)
		sum += stat_cell_read(&sp->sp_cpu[i]->c_stat[g][which]);
	return sum;
}

void
spate_ledger(const struct spate *sp, struct ledger *lg)
{
	lg->lg_received = spate_stat(sp, SG_PATH, pks_received);
	lg->lg_originated = spate_stat(sp, SG_PATH, pks_originated);
	lg->lg_copied = spate_stat(sp, SG_PATH, pks_copied);
	lg->lg_delivered = spate_stat(sp, SG_PATH, pks_delivered);
	lg->lg_sent = spate_stat(sp, SG_PATH, pks_sent);
	lg->lg_merged = spate_stat(sp, SG_PATH, pks_merged);
	lg->lg_dropped = spate_stat(sp, SG_PATH, pks_dropped);
	lg->lg_held = spate_stat(sp, SG_PATH, pks_held);
}

bool
ledger_balanced(const struct ledger *lg)
{
	return lg->lg_received + lg->lg_originated + lg->lg_copied ==
	    lg->lg_delivered + lg->lg_sent + lg->lg_merged + lg->lg_dropped +
	    lg->lg_held;
}
