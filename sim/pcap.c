/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Captures of links and wires, in virtual time: the same seed writes the same
 * bytes.
 */
#include <errno.h>
#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mbuf/mbuf.h"
#include "sim/sim_int.h"

struct sim_pcap {
	pcap_t		*sp_pcap;
	pcap_dumper_t	*sp_dump;
};

struct sim_pcap *
sim_pcap_open(struct sim *s, const char *name)
{
	struct sim_pcap *sp;
	char path[512];

	if (s->sm_pcap == NULL)
		return NULL;
	if ((sp = calloc(1, sizeof(*sp))) == NULL)
		SIM_FAIL(s, "no memory");
	snprintf(path, sizeof(path), "%s/%s-%s.pcap", s->sm_pcap, s->sm_name,
	    name);
	sp->sp_pcap = pcap_open_dead_with_tstamp_precision(
	    DLT_EN10MB, 65535, PCAP_TSTAMP_PRECISION_NANO);
	if (sp->sp_pcap == NULL ||
	    (sp->sp_dump = pcap_dump_open(sp->sp_pcap, path)) == NULL)
		SIM_FAIL(s, "cannot write %s: %s", path, strerror(errno));
	return sp;
}

void
sim_pcap_frame(struct sim_pcap *sp, uint64_t now, const void *p, size_t n)
{
	struct pcap_pkthdr h = { .caplen = (bpf_u_int32)n,
		.len = (bpf_u_int32)n };

	if (sp == NULL)
		return;
	h.ts.tv_sec = (time_t)(now / NS_S);
	h.ts.tv_usec = (suseconds_t)(now % NS_S); /* nanoseconds */
	pcap_dump((u_char *)sp->sp_dump, &h, p);
	(void)pcap_dump_flush(sp->sp_dump); /* the end may be sudden */
}

void
sim_pcap_mbuf(struct sim_pcap *sp, uint64_t now, const struct mbuf *m)
{
	uint8_t b[65536];
	unsigned n = m->m_pktlen;

	if (sp == NULL || n > sizeof(b))
		return;
	m_copydata(m, 0, n, b);
	sim_pcap_frame(sp, now, b, n);
}

void
sim_pcap_close(struct sim_pcap *sp)
{
	if (sp == NULL)
		return;
	pcap_dump_close(sp->sp_dump);
	pcap_close(sp->sp_pcap);
	free(sp);
}
