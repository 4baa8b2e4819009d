/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Packet files as an interface: one is replayed as received frames, as fast
 * as they are polled and once; another records what is sent, with the CPU's
 * clock in nanoseconds.  Either may be left out.
 *
 * One queue each way.  Both files are opened in do_open, before the process
 * gives up its rights.  What goes wrong later stops that direction and is told
 * by do_stats.
 *
 *	I	immutable after do_open
 *	r	the CPU that serves the receive queue
 *	s	the CPU that fills the transmit queue
 *	A	atomic
 */
#include <errno.h>
#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dev/drivers.h"

#define PCAP_MAXFRAME (65535 + 18) /* a largest IP packet and its link header */

enum { /* pc_read_state */
	PCAP_READING,
	PCAP_ENDED,
	PCAP_FAILED, /* pcap_geterr() tells */
};

struct pcap_dev {
	pcap_t *pc_read; /* [r] NULL: nothing is received */
	pcap_t *pc_form; /* [I] what pc_write is made of */
	pcap_dumper_t *pc_write; /* [s] NULL: what is sent vanishes */
	uint8_t *pc_frame; /* [s] a frame in one piece */
	_Atomic int pc_read_state; /* [A] by r; release */
	_Atomic int pc_write_error; /* [A] by s; errno */
	stat_cell pc_rx_errors; /* [A] by r */
	stat_cell pc_rx_dropped; /* [A] by r */
	stat_cell pc_tx_errors; /* [A] by s */
};

/* libpcap names the file in some of its messages, and not in others. */
static void
pcap_cannot(char *err, size_t errlen, const char *what, const char *file,
    const char *why)
{
	size_t n = strlen(file);

	if (strncmp(why, file, n) == 0 && why[n] == ':')
		snprintf(err, errlen, "cannot %s %s", what, why);
	else
		snprintf(err, errlen, "cannot %s %s: %s", what, file, why);
}

static int
pcap_read_open(
    struct pcap_dev *pc, const char *file, char *err, size_t errlen)
{
	char why[PCAP_ERRBUF_SIZE];
	const char *type;

	errno = 0;
	pc->pc_read = pcap_open_offline_with_tstamp_precision(
	    file, PCAP_TSTAMP_PRECISION_NANO, why);
	if (pc->pc_read == NULL) {
		pcap_cannot(err, errlen, "read", file, why);
		return errno != 0 ? errno : EINVAL;
	}
	if (pcap_datalink(pc->pc_read) != DLT_EN10MB) {
		type = pcap_datalink_val_to_name(pcap_datalink(pc->pc_read));
		snprintf(err, errlen, "%s holds frames of type %s, "
		    "not Ethernet", file, type != NULL ? type : "unknown");
		return EINVAL;
	}
	return 0;
}

static int
pcap_write_open(
    struct pcap_dev *pc, const char *file, char *err, size_t errlen)
{
	int error;

	pc->pc_form = pcap_open_dead_with_tstamp_precision(
	    DLT_EN10MB, PCAP_MAXFRAME, PCAP_TSTAMP_PRECISION_NANO);
	pc->pc_frame = malloc(PCAP_MAXFRAME);
	if (pc->pc_form == NULL || pc->pc_frame == NULL) {
		snprintf(err, errlen, "no memory");
		return ENOMEM;
	}
	errno = 0;
	if ((pc->pc_write = pcap_dump_open(pc->pc_form, file)) == NULL) {
		error = errno != 0 ? errno : EIO;
		pcap_cannot(
		    err, errlen, "write", file, pcap_geterr(pc->pc_form));
		return error;
	}
	return 0;
}

static void
pcap_free(struct pcap_dev *pc)
{
	if (pc->pc_read != NULL)
		pcap_close(pc->pc_read);
	if (pc->pc_write != NULL)
		pcap_dump_close(pc->pc_write);
	if (pc->pc_form != NULL)
		pcap_close(pc->pc_form);
	free(pc->pc_frame);
	free(pc);
}

/* Locally administered; the same in each run of the same configuration. */
static void
pcap_mac(struct ifnet *ifp, const uint8_t *mac)
{
	struct rnd r;

	if (mac != NULL) {
		memcpy(ifp->if_mac, mac, ETHER_ALEN);
		return;
	}
	rnd_seed(&r, ifp->if_sp->sp_env.env_seed + ifp->if_index);
	rnd_bytes(&r, ifp->if_mac, ETHER_ALEN);
	ifp->if_mac[0] = (uint8_t)((ifp->if_mac[0] & 0xfcu) | 2);
}

static int
pcap_dev_open(
    struct ifnet *ifp, const struct dev_conf *dc, char *err, size_t errlen)
{
	struct pcap_dev *pc;
	int error = 0;

	if (dc->dc_read == NULL && dc->dc_write == NULL) {
		snprintf(err, errlen, "%s: needs a file to read or to write",
		    ifp->if_name);
		return EINVAL;
	}
	if ((pc = calloc(1, sizeof(*pc))) == NULL) {
		snprintf(err, errlen, "no memory");
		return ENOMEM;
	}
	if (dc->dc_read != NULL)
		error = pcap_read_open(pc, dc->dc_read, err, errlen);
	else
		atomic_init(&pc->pc_read_state, PCAP_ENDED);
	if (error == 0 && dc->dc_write != NULL)
		error = pcap_write_open(pc, dc->dc_write, err, errlen);
	if (error != 0) {
		pcap_free(pc);
		return error;
	}
	ifp->if_softc = pc;
	ifp->if_nrxq = ifp->if_ntxq = 1;
	ifp->if_caps = IFCAP_CHAIN;
	ifp->if_mtu = (uint16_t)(dc->dc_mtu != 0 ? dc->dc_mtu : 1500);
	pcap_mac(ifp, dc->dc_mac);
	snprintf(ifp->if_device, sizeof(ifp->if_device), "%s",
	    dc->dc_read != NULL ? dc->dc_read : dc->dc_write);
	ifp->if_rxq[0].rxq_sc = ifp->if_txq[0].txq_sc = pc;
	atomic_fetch_or_explicit(
	    &ifp->if_state, IFS_CARRIER, memory_order_relaxed);
	return 0;
}

static void
pcap_dev_close(struct ifnet *ifp)
{
	pcap_free(ifp->if_softc);
}

static void
pcap_read_stop(struct pcap_dev *pc, int state)
{
	/* Release: who sees it may read the error's text. */
	atomic_store_explicit(&pc->pc_read_state, state, memory_order_release);
}

/* The next frame of the file into the fresh mbuf m; false: m is unused. */
static bool ON_CPU
pcap_read_frame(struct cpu *c, struct pcap_dev *pc, struct mbuf *m)
{
	struct pcap_pkthdr *hdr;
	const uint8_t *p;
	int got;

	while ((got = pcap_next_ex(pc->pc_read, &hdr, &p)) == 1) {
		if (hdr->caplen == 0 || hdr->caplen > PCAP_MAXFRAME) {
			stat_cell_add(&pc->pc_rx_errors, 1);
			continue;
		}
		if (m_append(c, m, p, hdr->caplen))
			return true;
		stat_cell_add(&pc->pc_rx_dropped, 1);
		return false;
	}
	pcap_read_stop(pc, got == PCAP_ERROR_BREAK ? PCAP_ENDED : PCAP_FAILED);
	return false;
}

static unsigned
pcap_rx(struct cpu *c, struct rxq *rxq, struct mvec *mv, unsigned max)
{
	struct pcap_dev *pc = rxq->rxq_sc;
	struct mbuf *m;
	unsigned n;

	role_enter(&on_cpu);
	for (n = 0; n < max; n++) {
		if (atomic_load_explicit(&pc->pc_read_state,
			memory_order_relaxed) != PCAP_READING)
			break;
		/* First the buffer: the frame can wait in the file. */
		if ((m = m_alloc(c)) == NULL)
			break;
		if (!pcap_read_frame(c, pc, m)) {
			m_free(c, m);
			break;
		}
		mv->mv_m[mv->mv_n++] = m;
	}
	return n;
}

static void
pcap_write_failed(struct pcap_dev *pc)
{
	atomic_store_explicit(&pc->pc_write_error, errno != 0 ? errno : EIO,
	    memory_order_relaxed);
}

static void
pcap_write_frame(struct pcap_dev *pc, uint64_t now, const struct mbuf *m)
{
	/* tv_usec counts nanoseconds in a file of that precision. */
	struct pcap_pkthdr hdr = {
		.ts.tv_sec = (time_t)(now / NS_S),
		.ts.tv_usec = (suseconds_t)(now % NS_S),
		.caplen = m->m_pktlen,
		.len = m->m_pktlen,
	};

	if (m->m_pktlen > PCAP_MAXFRAME ||
	    atomic_load_explicit(&pc->pc_write_error, memory_order_relaxed)) {
		stat_cell_add(&pc->pc_tx_errors, 1);
		return;
	}
	m_copydata(m, 0, m->m_pktlen, pc->pc_frame);
	errno = 0;
	pcap_dump((u_char *)pc->pc_write, &hdr, pc->pc_frame);
	if (ferror(pcap_dump_file(pc->pc_write)))
		pcap_write_failed(pc);
}

static unsigned
pcap_tx(struct cpu *c, struct txq *txq, struct mbuf **mm, unsigned n)
{
	struct pcap_dev *pc = txq->txq_sc;
	unsigned i;

	role_enter(&on_cpu);
	for (i = 0; i < n; i++) {
		if (pc->pc_write != NULL)
			pcap_write_frame(pc, c->c_now, mm[i]);
		m_free(c, mm[i]);
	}
	return n;
}

/* Once a round what was sent is in the file. */
static void
pcap_kick(struct cpu *c, struct txq *txq)
{
	struct pcap_dev *pc = txq->txq_sc;

	(void)c;
	errno = 0;
	if (pc->pc_write != NULL && pcap_dump_flush(pc->pc_write) != 0)
		pcap_write_failed(pc);
}

static bool
pcap_arm(struct cpu *c, struct rxq *rxq)
{
	struct pcap_dev *pc = rxq->rxq_sc;

	(void)c;
	return atomic_load_explicit(&pc->pc_read_state, memory_order_relaxed) ==
	    PCAP_READING;
}

static void
pcap_stats_get(struct ifnet *ifp, struct dev_stats *ds)
{
	struct pcap_dev *pc = ifp->if_softc;
	int error = atomic_load_explicit(
	    &pc->pc_write_error, memory_order_relaxed);

	memset(ds, 0, sizeof(*ds));
	ds->ds_rx_dropped = stat_cell_read(&pc->pc_rx_dropped);
	ds->ds_rx_errors = stat_cell_read(&pc->pc_rx_errors);
	ds->ds_tx_errors = stat_cell_read(&pc->pc_tx_errors);
	if (atomic_load_explicit(&pc->pc_read_state, memory_order_acquire) ==
	    PCAP_FAILED)
		snprintf(ds->ds_note, sizeof(ds->ds_note), "replay stopped: %s",
		    pcap_geterr(pc->pc_read));
	else if (error != 0)
		snprintf(ds->ds_note, sizeof(ds->ds_note),
		    "recording stopped: %s", strerror(error));
}

const struct dev_ops dev_pcap = {
	.do_name = "pcap",
	.do_open = pcap_dev_open,
	.do_close = pcap_dev_close,
	.do_rx = pcap_rx,
	.do_tx = pcap_tx,
	.do_kick = pcap_kick,
	.do_arm = pcap_arm,
	.do_stats = pcap_stats_get,
};
