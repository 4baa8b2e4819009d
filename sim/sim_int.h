/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the files of the simulator share.
 */
#ifndef SIM_SIM_INT_H
#define SIM_SIM_INT_H

#include "if/if.h"
#include "sim/sched.h"
#include "sim/sim.h"

#define HOST_BUFFERS 512 /* of a CPU */

struct sim_pcap;

/* Shared with the process that watches the scenario. */
struct sim_report {
	volatile uint64_t rp_seed;
	volatile uint64_t rp_steps;
	volatile uint64_t rp_digest;
	volatile bool	 rp_failed;
	char		 rp_note[128];
	char		 rp_text[512];
};

struct sim {
	struct sched	*sm_sched;
	uint64_t	 sm_seed;
	const char	*sm_name;
	const char	*sm_pcap;	/* folder for captures, or NULL */
	struct sim_report *sm_report;
	struct sim_report sm_own;	/* without a runner */
	struct host	*sm_hosts;
	struct link	*sm_links;
	struct wire	*sm_wires;
	struct rnd	 sm_rnd;	/* the scenario's own */
	unsigned	 sm_nwires;
	uint16_t	 sm_pingid;
};

/* Something ctl shall do between two rounds. */
struct job {
	struct job	*j_next;
	void		 (*j_fn)(struct ctl *, void *);
	void		*j_arg;
	bool		 j_done;
};

struct host_cpu {
	struct host	*hc_host;
	struct cpu	*hc_cpu;
};

struct host {
	struct host	*h_next;
	struct sim	*h_sim;
	char		 h_name[32];
	struct spate	*h_spate;
	struct task	*h_task[CPU_MAX];
	struct host_cpu	 h_cpu[CPU_MAX];
	struct task	*h_ctltask;
	char		 h_taskname[EP_MAX][48];
	struct job	*h_jobs;
	struct port	*h_ports;
	unsigned	 h_rtable;	/* of what is configured next */
	uint64_t	 h_cost;	/* ns of a packet in a stage */
};

/*
 * An interface of a host: its driver's functions wrapped, to know when it is
 * closed and to see its frames.
 */
struct port {
	struct dev_ops	 po_ops;	/* what the instance calls */
	const struct dev_ops *po_real;
	struct port	*po_next;	/* of the host */
	struct host	*po_host;
	struct ifnet	*po_if;		/* while it is attached */
	char		 po_name[IF_NAMELEN];
	bool		 po_open;
	unsigned	 po_rtable;
	struct sim_pcap	*po_pcap;
};

static inline struct port *
port_of(const struct ifnet *ifp)
{
	return container_of(ifp->if_ops, struct port, po_ops);
}

/* world.c */
struct sim *sim_create(
    const char *name, uint64_t seed, const char *pcap, struct sim_report *);
/* Take everything down and check that it adds up. */
void sim_finish(struct sim *);

/* host.c */
struct port *host_port(struct host *, const char *ifname);
void host_destroy(struct host *);

/* port.c */
void port_attach(struct port *, struct host *, const char *ifname,
    const struct dev_ops *, const struct dev_conf *);
void port_reattach(struct port *, const struct dev_conf *);

/* Nothing that ctl knows names its index any more. */
void port_forget(struct ctl *, struct ifnet *) ON_CTL;

/* hostvlan.c: all VLANs go. */
void host_close_vlans(struct host *);

/* link.c, wire.c */
bool link_quiet(const struct link *);
void link_check(struct sim *, const struct link *);
void link_destroy(struct link *);
bool wire_quiet(const struct wire *);
void wire_check(struct sim *, const struct wire *);
void wire_destroy(struct wire *);
struct link *link_next(const struct link *);
struct wire *wire_next(const struct wire *);
struct sim *wire_sim(const struct wire *);
struct peer **wire_peers(struct wire *);

/* peer.c */
void peer_input(struct peer *, const struct frame_info *);
void peer_destroy(struct peer *);

/* pcap.c */
struct sim_pcap *sim_pcap_open(struct sim *, const char *name);
void sim_pcap_frame(struct sim_pcap *, uint64_t now, const void *, size_t);
void sim_pcap_mbuf(struct sim_pcap *, uint64_t now, const struct mbuf *);
void sim_pcap_close(struct sim_pcap *);

#endif
