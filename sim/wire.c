/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Wires: an interface whose other end is the test.
 *
 * A frame to the host waits in the receive queue that its addresses hash to,
 * until it is due; a frame from the host is an event, so that what it causes
 * happens outside the instance.  The queues are the test's memory: the CPU
 * copies out of them and into them, and keeps nothing.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "mbuf/mbuf.h"
#include "sim/sim_int.h"

#define WIRE_DELAY 5000 /* ns, unless impaired */

struct wframe {
	struct wframe	*wf_next;
	struct wire	*wf_wire;
	uint64_t	 wf_due;
	size_t		 wf_len;
	uint8_t		 wf_b[];
};

struct wqueue {
	struct wframe	*wq_head;	/* by wf_due */
	unsigned	 wq_n;
};

struct wire {
	struct port	 w_port;
	struct wire	*w_next;
	struct sim	*w_sim;
	struct dev_conf	 w_conf;
	struct wqueue	 w_queue[CPU_MAX];
	struct pair_impair w_impair;
	unsigned	 w_limit;	/* of each queue; 0: none */
	struct sim_pcap	*w_pcap;	/* frames as they arrive */
	struct peer	*w_peers;
	wire_fn		*w_watch;
	void		*w_watcharg;
	bool		 w_anything;
	uint8_t		 w_mac[MAC_LEN];
	uint64_t	 w_in;		/* taken by the host */
	uint64_t	 w_out;		/* given by the host */
	uint64_t	 w_flying;	/* either way, now */
};

struct wire *
wire_next(const struct wire *w)
{
	return w->w_next;
}

struct sim *
wire_sim(const struct wire *w)
{
	return w->w_sim;
}

uint64_t
wire_in(const struct wire *w)
{
	return w->w_in;
}

uint64_t
wire_out(const struct wire *w)
{
	return w->w_out;
}

static struct wire *
wire_of(const struct ifnet *ifp)
{
	return container_of(port_of(ifp), struct wire, w_port);
}

static struct wframe *
wframe_new(struct wire *w, const void *p, size_t n)
{
	struct wframe *wf = malloc(sizeof(*wf) + n);

	if (wf == NULL)
		SIM_FAIL(w->w_sim, "no memory");
	wf->wf_next = NULL;
	wf->wf_wire = w;
	wf->wf_len = n;
	if (p != NULL)
		memcpy(wf->wf_b, p, n);
	return wf;
}

static bool
chance(struct sim *s, uint32_t ppm)
{
	return ppm != 0 && sim_below(s, PAIR_PPM) < ppm;
}

static uint64_t
wire_delay(struct wire *w)
{
	const struct pair_impair *pi = &w->w_impair;

	return pi->pi_delay +
	    (pi->pi_jitter != 0 ? sim_below(w->w_sim, pi->pi_jitter) : 0);
}

/* The driver, as the instance sees it. */

static int
wire_open(struct ifnet *ifp, const struct dev_conf *dc, char *err,
    size_t errlen)
{
	struct wire *w = wire_of(ifp);
	unsigned i;

	(void)err;
	(void)errlen;
	memcpy(ifp->if_mac, w->w_mac, MAC_LEN);
	ifp->if_mtu = (uint16_t)(dc->dc_mtu != 0 ? dc->dc_mtu : 1500);
	ifp->if_caps = IFCAP_CHAIN;
	for (i = 0; i < ifp->if_nrxq; i++)
		ifp->if_rxq[i].rxq_sc = &w->w_queue[i];
	atomic_fetch_or_explicit(
	    &ifp->if_state, IFS_CARRIER, memory_order_relaxed);
	return 0;
}

static void
wire_close(struct ifnet *ifp)
{
	struct wire *w = wire_of(ifp);
	struct wframe *wf;
	unsigned i;

	for (i = 0; i < countof(w->w_queue); i++)
		while ((wf = w->w_queue[i].wq_head) != NULL) {
			w->w_queue[i].wq_head = wf->wf_next;
			w->w_queue[i].wq_n--;
			w->w_flying--;
			free(wf);
		}
}

static unsigned ON_CPU
wire_rx(struct cpu *c, struct rxq *rxq, struct mvec *mv, unsigned max)
{
	struct wire *w = wire_of(rxq->rxq_if);
	struct wqueue *wq = rxq->rxq_sc;
	struct wframe *wf;
	struct mbuf *m;
	unsigned n = 0;

	while (n < max && (wf = wq->wq_head) != NULL &&
	    wf->wf_due <= sim_now(w->w_sim)) {
		if ((m = m_from_bytes(c, wf->wf_b, wf->wf_len)) == NULL)
			break;
		sim_pcap_frame(w->w_pcap, sim_now(w->w_sim), wf->wf_b,
		    wf->wf_len);
		wq->wq_head = wf->wf_next;
		wq->wq_n--;
		free(wf);
		w->w_flying--;
		w->w_in++;
		mv->mv_m[mv->mv_n++] = m;
		n++;
	}
	return n;
}

static void wire_arrived(void *arg);

static unsigned ON_CPU
wire_tx(struct cpu *c, struct txq *txq, struct mbuf **mm, unsigned n)
{
	struct wire *w = wire_of(txq->txq_if);
	struct wframe *wf;
	unsigned i, k;

	for (i = 0; i < n; i++) {
		w->w_out++;
		k = chance(w->w_sim, w->w_impair.pi_loss) ? 0 : 1;
		k += chance(w->w_sim, w->w_impair.pi_dup);
		for (; k > 0; k--) {
			wf = wframe_new(w, NULL, mm[i]->m_pktlen);
			m_copydata(mm[i], 0, mm[i]->m_pktlen, wf->wf_b);
			w->w_flying++;
			sim_after(w->w_sim, wire_delay(w), wire_arrived, wf);
		}
		m_free(c, mm[i]);
	}
	return n;
}

static void
wire_kick(struct cpu *c, struct txq *txq)
{
	(void)c;
	(void)txq;
}

static uint64_t
wire_when(struct cpu *c, struct rxq *rxq)
{
	const struct wqueue *wq = rxq->rxq_sc;

	(void)c;
	return wq->wq_head != NULL ? wq->wq_head->wf_due : UINT64_MAX;
}

static bool
wire_arm(struct cpu *c, struct rxq *rxq)
{
	return wire_when(c, rxq) <= sim_now(wire_of(rxq->rxq_if)->w_sim);
}

static void
wire_stats(struct ifnet *ifp, struct dev_stats *ds)
{
	(void)ifp;
	memset(ds, 0, sizeof(*ds));
}

static const struct dev_ops wire_ops = {
	.do_name = "wire",
	.do_open = wire_open,
	.do_close = wire_close,
	.do_rx = wire_rx,
	.do_tx = wire_tx,
	.do_kick = wire_kick,
	.do_arm = wire_arm,
	.do_when = wire_when,
	.do_stats = wire_stats,
};

/* The test's side. */

struct wire *
sim_wire_mtu(struct sim *s, struct host *h, const char *ifname,
    unsigned queues, unsigned mtu)
{
	struct wire *w = calloc(1, sizeof(*w));
	char name[64];

	if (w == NULL)
		SIM_FAIL(s, "no memory");
	w->w_sim = s;
	w->w_impair.pi_delay = WIRE_DELAY;
	w->w_mac[0] = 0x02;
	w->w_mac[5] = (uint8_t)++s->sm_nwires;
	w->w_conf.dc_driver = "wire";
	w->w_conf.dc_queues = queues;
	w->w_conf.dc_mtu = mtu;
	w->w_next = s->sm_wires;
	s->sm_wires = w;
	snprintf(name, sizeof(name), "%s-%s", h->h_name, ifname);
	w->w_pcap = sim_pcap_open(s, name);
	port_attach(&w->w_port, h, ifname, &wire_ops, &w->w_conf);
	return w;
}

struct wire *
sim_wire(struct sim *s, struct host *h, const char *ifname, unsigned queues)
{
	return sim_wire_mtu(s, h, ifname, queues, 0);
}

void
wire_reattach(struct wire *w)
{
	w->w_in = w->w_out = 0;
	port_reattach(&w->w_port, &w->w_conf);
}

void
wire_impair(struct wire *w, const struct pair_impair *pi)
{
	w->w_impair = *pi;
}

void
wire_limit(struct wire *w, unsigned frames)
{
	w->w_limit = frames;
}

void
wire_watch(struct wire *w, wire_fn *fn, void *arg)
{
	w->w_watch = fn;
	w->w_watcharg = arg;
}

void
wire_anything(struct wire *w)
{
	w->w_anything = true;
}

/* Like a NIC: all of two addresses go one way, the rest to the first queue. */
static unsigned
wire_steer(const struct wire *w, const uint8_t *p, size_t n)
{
	uint64_t h = 0;
	size_t i, at = 0, len = 0;

	if (n >= 34 && ld16be(p + 12) == FT_IP4) {
		at = 26;
		len = 8;
	} else if (n >= 54 && ld16be(p + 12) == FT_IP6) {
		at = 22;
		len = 32;
	}
	for (i = 0; i < len; i++)
		h = (h ^ p[at + i]) * UINT64_C(0x100000001b3);
	return (unsigned)((h >> 32 ^ h) % w->w_port.po_if->if_nrxq);
}

static void
wire_queue(struct wire *w, struct wframe *wf)
{
	struct ifnet *ifp = w->w_port.po_if;
	unsigned q = wire_steer(w, wf->wf_b, wf->wf_len);
	struct wframe **at = &w->w_queue[q].wq_head;

	if (w->w_limit != 0 && w->w_queue[q].wq_n >= w->w_limit) {
		free(wf);
		return;
	}
	w->w_queue[q].wq_n++;
	while (*at != NULL && (*at)->wf_due <= wf->wf_due)
		at = &(*at)->wf_next;
	wf->wf_next = *at;
	*at = wf;
	w->w_flying++;
	endpoint_wake(ifp->if_sp, if_queue_cpu(&ifp->if_rxq[q]));
}

void
wire_inject_bytes(struct wire *w, const void *p, size_t n)
{
	struct wframe *wf;
	unsigned k;

	if (w->w_port.po_if == NULL)
		return; /* pulled */
	k = chance(w->w_sim, w->w_impair.pi_loss) ? 0 : 1;
	k += chance(w->w_sim, w->w_impair.pi_dup);
	for (; k > 0; k--) {
		wf = wframe_new(w, p, n);
		wf->wf_due = sim_now(w->w_sim) + wire_delay(w);
		wire_queue(w, wf);
	}
}

void
wire_inject(struct wire *w, const struct frame *f)
{
	wire_inject_bytes(w, f->f_b, f->f_len);
}

/* An event: a frame from the host has come. */
static void
wire_arrived(void *arg)
{
	static const uint8_t poison[MAC_LEN] = { 0xdb, 0xdb, 0xdb, 0xdb, 0xdb,
		0xdb };
	struct wframe *wf = arg;
	struct wire *w = wf->wf_wire;
	struct frame_info fi;
	struct peer *p;
	const char *wrong;

	w->w_flying--;
	sim_pcap_frame(w->w_pcap, sim_now(w->w_sim), wf->wf_b,
	    wf->wf_len);
	wrong = frame_parse(&fi, wf->wf_b, wf->wf_len);
	if (wf->wf_len >= MAC_LEN && memcmp(wf->wf_b, poison, MAC_LEN) == 0)
		SIM_FAIL(w->w_sim, "used after grace: poison on the wire");
	if (wrong != NULL && !w->w_anything)
		SIM_FAIL(w->w_sim, "%s sent a wrong frame: %s",
		    w->w_port.po_name, wrong);
	if (w->w_watch != NULL)
		w->w_watch(w->w_watcharg, &fi, wf->wf_b, wf->wf_len);
	for (p = w->w_peers; wrong == NULL && p != NULL; p = p->pr_next)
		peer_input(p, &fi);
	free(wf);
}

bool
wire_quiet(const struct wire *w)
{
	return w->w_flying == 0;
}

void
wire_check(struct sim *s, const struct wire *w)
{
	const struct ifnet *ifp = w->w_port.po_if;
	uint64_t in = 0, out = 0;
	unsigned i;

	if (ifp == NULL)
		return;
	for (i = 0; i < ifp->if_nrxq; i++)
		in += stat_cell_read(&ifp->if_rxq[i].rxq_packets);
	for (i = 0; i < ifp->if_ntxq; i++)
		out += stat_cell_read(&ifp->if_txq[i].txq_packets);
	SIM_EQ(s, in, w->w_in);
	SIM_EQ(s, out, w->w_out);
}

void
wire_destroy(struct wire *w)
{
	struct peer *p;

	while ((p = w->w_peers) != NULL) {
		w->w_peers = p->pr_next;
		peer_destroy(p);
	}
	sim_pcap_close(w->w_pcap);
	free(w);
}

struct peer **
wire_peers(struct wire *w)
{
	return &w->w_peers;
}
