/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Interfaces, their queues and addresses, and what a driver must be able to do.
 *
 * An interface is referred to by index and generation (m_rcvif, m_rcvgen,
 * nh_ifindex), never by a pointer that outlives the round: if_lookup() borrows
 * the published one.  ctl creates, changes and destroys interfaces.
 *
 * A receive queue is served by one CPU; it polls the queue each round.  A
 * transmit queue is filled by one CPU; a CPU without one on an interface hands
 * its packets to one that has (if_txcpu).
 *
 * A virtual interface (a VLAN) has no queues: it stands on another, its lower
 * interface, and any CPU makes of a frame that leaves on it one that leaves
 * there (do_output).  It has a link as long as the lower one runs.
 *
 *	I	immutable after if_attach() published it
 *	o	the CPU that serves the queue
 *	C	ctl only
 *	P	published by ctl; valid until the end of the reader's round
 *	A	atomic, relaxed
 */
#ifndef IF_IF_H
#define IF_IF_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/tsa.h"
#include "cpu/cpu.h"
#include "cpu/ctl.h"
#include "cpu/instance.h"
#include "mbuf/mbuf.h"

#define IF_NAMELEN   16
#define IF_MAXQUEUES CPU_MAX
#define ETHER_ALEN   6

enum { /* if_caps: what the other side of the device completes or takes */
	IFCAP_TXCSUM = 1u << 0, /* partial L4 checksums may leave */
	IFCAP_TSO4 = 1u << 1, /* 64 KiB TCP segments may leave */
	IFCAP_TSO6 = 1u << 2,
	IFCAP_USO = 1u << 3, /* UDP segments */
	IFCAP_RXCSUM = 1u << 4, /* says which checksums it verified */
	IFCAP_CHAIN = 1u << 5, /* takes chains of mbufs */
	IFCAP_HASH = 1u << 6, /* gives the RSS hash */
	IFCAP_LOOPBACK = 1u << 7, /* no link layer */
	IFCAP_VIRTUAL = 1u << 8, /* no queues: do_output */
};

enum { /* if_state */
	IFS_UP = 1u << 0, /* configured up */
	IFS_CARRIER = 1u << 1, /* the link is there */
	IFS_GONE = 1u << 2, /* the device is not; see if_vanish() */
};

/* What a driver found when it looked. */
enum if_link { IFL_DOWN, IFL_UP, IFL_GONE };

enum { /* if_mss */
	IF_MSS_ANY = 0, /* as the hosts say */
	IF_MSS_AUTO = 1, /* what fits the MTU */
};

/*
 * if_policy: what is done to IP packets that come in by it, in ip_policy(),
 * ip_remark() and those of IPv6.
 */
enum {
	IFP_STRICT = 1u << 0, /* their source must be reached by it */
	IFP_LOOSE = 1u << 1, /* their source must be reached */
	IFP_REVERSE = IFP_STRICT | IFP_LOOSE,
	IFP_DSCP = 1u << 2, /* those that are forwarded get … */
	IFP_RULES = 1u << 3, /* rules may match them (route/rule.h) */
	IFP_DSCP_SHIFT = 8, /* … these six bits (RFC 2474, 3) */
	IFP_DSCP_MASK = IFP_DSCP | 63u << IFP_DSCP_SHIFT,
};

/* What a device's RSS was read back as: not at all, as set, otherwise. */
enum if_hw { IFHW_UNKNOWN, IFHW_OURS, IFHW_OTHER };

/* Whether CPUs serve the queues. */
enum if_dev { IFD_OPEN, IFD_CLOSING, IFD_CLOSED };

enum { /* if_ra: what ctl wants to hear of */
	IFRA_SOLICITS = 1u << 0, /* router solicitations */
	IFRA_ADVERTS = 1u << 1, /* router advertisements */
};

struct ifnet;
struct dev_conf;
struct memif_conf;
struct relay;
struct vlan_conf;
struct vlan_table;

struct rxq {
	struct ifnet *rxq_if; /* [I] */
	void *rxq_sc; /* [I] driver's */
	uint16_t rxq_index; /* [I] number on its interface */
	_Atomic uint16_t rxq_cpu; /* [A] who serves it */
	uint16_t rxq_goal; /* [C] who shall */
	uint32_t rxq_irq; /* [I] the kernel's interrupt; 0: not known */
	bool rxq_full; /* [o] gave all it might in the last round */
	int rxq_fd; /* [I] readable when packets wait; -1: none */
	alignas(CACHELINE) stat_cell rxq_packets; /* [A] */
	stat_cell rxq_bytes; /* [A] */
};

struct txq {
	struct ifnet *txq_if; /* [I] */
	void *txq_sc; /* [I] driver's */
	uint16_t txq_index; /* [I] */
	uint16_t txq_cpu; /* [I] who fills it */
	alignas(CACHELINE) stat_cell txq_packets; /* [A] */
	stat_cell txq_bytes; /* [A] */
	stat_cell txq_full; /* [A] packets for which there was no room */
	bool txq_kick; /* [o] filled, or not all sent is reaped */
};

/* What passed a virtual interface on one CPU. */
struct ifcount {
	alignas(CACHELINE) stat_cell ifc_rx_packets; /* [A] */
	stat_cell ifc_rx_bytes; /* [A] */
	stat_cell ifc_tx_packets; /* [A] */
	stat_cell ifc_tx_bytes; /* [A] */
};

/* What a driver tells of its errors; summed over queues. */
struct dev_stats {
	uint64_t ds_rx_dropped; /* lost before Spate saw them */
	uint64_t ds_rx_errors;
	uint64_t ds_tx_errors;
	char ds_note[352]; /* one line for people; empty if all is well */
};

/*
 * A driver.  Functions return errno values; those ON_CPU are called by the CPU
 * that serves the queue.
 */
struct dev_ops {
	const char *do_name;
	bool do_rss; /* NICs of its kind spread by the Toeplitz hash */

	/*
	 * Open the device of ifp, set if_softc, if_mac, if_mtu, if_caps,
	 * if_nrxq, if_ntxq and the queues' *_sc and rxq_fd.  err (of errlen
	 * bytes) says what the user can do about a failure.
	 */
	int (*do_open)(struct ifnet *ifp, const struct dev_conf *, char *err,
	    size_t errlen);
	/* All CPUs have let go of the queues. */
	void (*do_close)(struct ifnet *ifp);

	/*
	 * Up to max (at most MVEC_MAX less mv_n) packets are appended to mv,
	 * each with m_data at its link header; the driver sets data, lengths,
	 * checksum, segmentation and hash state, the caller the rest.
	 */
	unsigned (*do_rx)(
	    struct cpu *, struct rxq *, struct mvec *mv, unsigned max);
	/*
	 * Send n complete frames in order.  Returns how many were taken; those
	 * belong to the driver, the others still to the caller.  The caller
	 * has seen to if_caps.
	 */
	unsigned (*do_tx)(
	    struct cpu *, struct txq *, struct mbuf **, unsigned n);
	/* Once a round if txq_kick, and before sleeping: start and reap. */
	void (*do_kick)(struct cpu *, struct txq *);
	/*
	 * The CPU is about to sleep: have rxq_fd (or the peer, in memory) wake
	 * it for the next packet.  Returns whether packets wait already.
	 */
	bool (*do_arm)(struct cpu *, struct rxq *);
	/* Next time there will be packets without a wake-up; NULL: never. */
	uint64_t (*do_when)(struct cpu *, struct rxq *);
	/* This CPU serves the queue from now on; NULL: of no concern. */
	void (*do_moved)(struct cpu *, struct rxq *);
	/* Sent buffers that must be reaped later; NULL: none ever. */
	bool (*do_txpending)(struct cpu *, struct txq *);

	/*
	 * Of a virtual interface, in place of do_rx to do_txpending: n
	 * complete frames, which are consumed, leave on it.  Those that go on
	 * by the lower interface enter ST_TX again, for the next sweep.
	 */
	void (*do_output)(
	    struct cpu *, struct ifnet *, struct mbuf **, unsigned n);
	/* It goes: nothing may lead to it any more.  NULL: nothing does. */
	void (*do_detach)(struct ctl *, struct ifnet *);

	void (*do_stats)(struct ifnet *ifp, struct dev_stats *);
	/*
	 * Look at the device and tell if_link_set(), ON_CTL; NULL: the link is
	 * always there.  After IFL_GONE comes do_close(), and when there is a
	 * device again, do_open() with the MTU and MAC of before, on a struct
	 * ifnet that stands in for ifp: a driver keeps no pointer to it.
	 */
	void (*do_link)(struct ifnet *ifp);
	bool do_creates; /* do_open() makes a device that is not there */
};

enum { /* ifa_flags */
	IFA_TENTATIVE = 1u << 0, /* duplicate address detection runs */
	IFA_DUPLICATE = 1u << 1, /* it failed: never used */
	IFA_AUTO = 1u << 2, /* link-local, made from the MAC */
	IFA_DEPRECATED = 1u << 3, /* not for new connections: RFC 4862, 5.5.4 */
	IFA_SLAAC = 1u << 4, /* of an advertised prefix; brings no network */
};

struct ifaddr {
	struct addr ifa_addr;
	uint8_t ifa_plen;
	uint8_t ifa_flags;
};

/* All addresses of an interface; replaced as a whole. */
struct ifaddrs {
	unsigned ias_n; /* [I] */
	struct ifaddr ias_a[]; /* [I] */
};

struct ifnet {
	char if_name[IF_NAMELEN]; /* [I] */
	uint16_t if_index; /* [I] never 0 */
	uint16_t if_gen; /* [I] differs from the index's last user */
	uint8_t if_mac[ETHER_ALEN]; /* [I] */
	uint8_t if_rtable; /* [I] its VRF */
	uint16_t if_mtu; /* [I] of IP */
	_Atomic uint16_t if_mss; /* [A] IF_MSS_*, or bytes: if_set_mss() */
	_Atomic uint32_t if_caps; /* [A] IFCAP_*; a device that returns may
				   * have others */
	_Atomic uint32_t if_state; /* [A] IFS_* */
	_Atomic uint32_t if_ra; /* [A] IFRA_* */
	_Atomic uint32_t if_policy; /* [A] IFP_*: if_set_policy() */
	_Atomic uint16_t if_ramtu; /* [A] of IPv6, as advertised; 0: if_mtu */
	_Atomic uint8_t if_hlim6; /* [A] as advertised; 0: ip6_hlim */
	_Atomic(struct ifaddrs *) if_addrs; /* [P] never NULL */
	const struct dev_ops *if_ops; /* [I] */
	struct spate *if_sp; /* [I] */
	/* From here on [I] while it has a device, with IFS_CARRIER; else [C] */
	void *if_softc; /* [I] */
	uint16_t if_nrxq; /* [I] */
	uint16_t if_ntxq; /* [I] */
	uint16_t if_lower; /* [I] virtual: index and … */
	uint16_t if_lowergen; /* [I] … generation of the one it stands on */
	uint16_t if_framemax; /* [I] largest frame it sends; 0: any */
	_Atomic(struct vlan_table *) if_vlans; /* [P] ether/vlan.h; or NULL */
	_Atomic(struct relay *) if_relay; /* [P] dhcp/relay.h; or NULL */
	struct ifcount *if_count; /* [I] virtual: one for each CPU */
	uint16_t if_txcpu[CPU_MAX]; /* [I] CPU that sends for each CPU */
	struct txq *if_tx[CPU_MAX]; /* [I] its queue; NULL: see if_txcpu */
	struct rxq *if_rxq; /* [I] if_nrxq of them */
	struct txq *if_txq; /* [I] if_ntxq of them */
	char if_device[64]; /* [I] what the driver opened */
	unsigned if_wentdown; /* [C] times that if_link_set() took the link */
	unsigned if_letgo; /* [C] CPUs that still serve it; goes */
	enum if_dev if_dev; /* [C] */
	enum if_hw if_hwkey; /* [C] key of the device's hash */
	enum if_hw if_hwtable; /* [C] its indirection table */
	struct if_conf *if_conf; /* [C] how to open the device again */
	_Atomic uint32_t if_past_devs; /* [A] devices let go so far */
	struct dev_stats if_past; /* [C] of devices before this one */
};

/* The interface of an index, until the end of the round; NULL if gone. */
static inline struct ifnet *
if_lookup(const struct spate *sp, unsigned index)
{
	return atomic_load_explicit(&sp->sp_if[index], memory_order_acquire);
}

/* What a virtual interface stands on, as above; NULL if that is gone. */
static inline struct ifnet *
if_lower(const struct ifnet *ifp)
{
	struct ifnet *lower = if_lookup(ifp->if_sp, ifp->if_lower);

	return lower != NULL && lower->if_gen == ifp->if_lowergen ? lower :
	    NULL;
}

static inline bool
if_running(const struct ifnet *ifp)
{
	/* Acquire: the queues of a device that returned come before. */
	return atomic_load_explicit(&ifp->if_state, memory_order_acquire) ==
	    (IFS_UP | IFS_CARRIER);
}

/* The link is there, whether or not it is configured up. */
static inline bool
if_carrier(const struct ifnet *ifp)
{
	return (atomic_load_explicit(&ifp->if_state, memory_order_relaxed) &
	    IFS_CARRIER) != 0;
}

static inline unsigned
if_mss(const struct ifnet *ifp)
{
	return atomic_load_explicit(&ifp->if_mss, memory_order_relaxed);
}

/* What is to be done to packets that come in by it. */
static inline uint32_t
if_policy(const struct ifnet *ifp)
{
	return atomic_load_explicit(&ifp->if_policy, memory_order_relaxed);
}

/* The DS field of 8 bits, whose codepoint such a word sets; ECN stays. */
static inline uint8_t
if_policy_ds(uint32_t policy, uint8_t ds)
{
	return (uint8_t)((policy >> IFP_DSCP_SHIFT & 63) << 2 | (ds & 3));
}

/* Whether anything is to be done to those of any interface. */
static inline bool
if_any_policy(const struct spate *sp)
{
	return atomic_load_explicit(&sp->sp_policies, memory_order_relaxed) !=
	    0;
}

/* Whether any interface relays DHCP. */
static inline bool
if_any_relay(const struct spate *sp)
{
	return atomic_load_explicit(&sp->sp_relays, memory_order_relaxed) != 0;
}

static inline const struct relay *
if_relay(const struct ifnet *ifp)
{
	return atomic_load_explicit(&ifp->if_relay, memory_order_acquire);
}

/* What packets of IPv6 on its link may have: if_mtu, or less. */
static inline unsigned
if_mtu6(const struct ifnet *ifp)
{
	unsigned mtu =
	    atomic_load_explicit(&ifp->if_ramtu, memory_order_relaxed);

	return mtu != 0 && mtu < ifp->if_mtu ? mtu : ifp->if_mtu;
}

static inline const struct ifaddrs *
if_addrs(const struct ifnet *ifp)
{
	return atomic_load_explicit(&ifp->if_addrs, memory_order_acquire);
}

/*
 * What a driver is asked for.  Members a driver has no use for are ignored by
 * it; the configuration has refused them before.
 */
struct dev_conf {
	const char *dc_driver; /* "tap", "xdp", "packet", … */
	const char *dc_device; /* system's name; NULL: the interface's */
	unsigned dc_queues; /* wanted; 0: one a CPU */
	unsigned dc_mtu; /* 0: the device's own */
	const uint8_t *dc_mac; /* NULL: the device's own */
	unsigned dc_rtable; /* routing table of what arrives by it */
	bool dc_repair; /* checksum = repair */
	bool dc_nooffload; /* tap, packet: no checksums and segments left */
	bool dc_nomute; /* packet: the kernel's stack hears too */
	bool dc_norx; /* packet: nothing is received, but by the kernel */
	const char *dc_mode; /* xdp: "auto", "copy", "zerocopy" */
	const char *dc_read; /* pcap: file to replay */
	const char *dc_write; /* pcap: file to record */
	void *dc_pair; /* pair: the end, see dev/pair.h */
	const struct memif_conf *dc_memif; /* memif: see dev/memif.h */
	struct ifnet *dc_lower; /* virtual: what it stands on */
	const uint8_t *dc_rsskey; /* that a device shall hash with; NULL: any;
				   * stays valid with the instance */
	const struct vlan_conf *dc_vlan; /* vlan: see ether/vlan.h */
};

/* if_ctl: all of it is ctl's.  Names are unique. */
int if_ctl_init(struct ctl *) ON_CTL;
void if_ctl_fini(struct ctl *) ON_CTL;

/*
 * Open a device, publish the interface, and have CPUs serve its queues (queue
 * q goes to CPU q mod ncpus).  EINVAL, EEXIST, ENFILE, ENOMEM, or the driver's
 * error, with text in err.
 */
int if_attach(struct ctl *, const char *name, const struct dev_ops *,
    const struct dev_conf *, struct ifnet **, char *err, size_t errlen) ON_CTL;

/*
 * For do_open(): the device has so many queues, which may be more than were
 * asked for.  Numbers them afresh; ENOMEM.
 */
int if_set_queues(struct ifnet *, unsigned nrxq, unsigned ntxq);

/*
 * Of its transmit queues only the first n send from now on; CPUs without one
 * hand over.  It has no carrier, and had none for a grace period.
 */
void if_use_tx(struct ifnet *, unsigned n) ON_CTL;

/*
 * Take the interface out of sight; its queues are let go, the device closed
 * and memory freed once no CPU can use it, which is after some rounds.
 */
void if_detach(struct ctl *, struct ifnet *) ON_CTL;

/* Whether some interface was detached whose device is not closed yet. */
bool if_closing(const struct ctl *) ON_CTL;

/* For do_link(), do_open(): what the link is like. */
void if_link_set(struct ifnet *, enum if_link) ON_CTL;

/*
 * Its device is gone (IFS_GONE): have the queues let go and the device closed,
 * which is done when if_dev is IFD_CLOSED.  The interface stays, with its
 * index, addresses and routes, and without carrier.
 */
void if_vanish(struct ctl *, struct ifnet *) ON_CTL;

/*
 * Open the device of a vanished interface, which there is again.  EINPROGRESS
 * while the old one is being closed, or the driver's error, with text in err.
 */
int if_return(struct ctl *, struct ifnet *, char *err, size_t errlen) ON_CTL;

/* What the driver tells, of this device and those it had before. */
void if_stats(struct ifnet *, struct dev_stats *) ON_CTL;

struct ifnet *if_find(const struct ctl *, const char *name) ON_CTL;

/* Who serves a receive queue now; any thread. */
static inline unsigned
if_queue_cpu(const struct rxq *rxq)
{
	return atomic_load_explicit(&rxq->rxq_cpu, memory_order_relaxed);
}

/*
 * Have another CPU serve a receive queue.  It happens within some rounds, and
 * packets keep their order: what the old CPU received has left it before.
 * EINVAL, EBUSY (it is moving), ENODEV (its device is gone), ENFILE, ENOMEM,
 * with text in err.
 */
int if_queue_move(struct ctl *, struct ifnet *, unsigned queue, unsigned cpu,
    char *err, size_t errlen) ON_CTL;

void if_set_up(struct ctl *, struct ifnet *, bool up) ON_CTL;

/*
 * Bring sp_mss, sp_relays and sp_policies up to date, after if_relay has
 * changed.
 */
void if_feature_count(struct ctl *) ON_CTL;

/*
 * The largest TCP segments that hosts may agree on (MSS) for connections that
 * are forwarded by way of ifp: IF_MSS_*, or a number of bytes above those.
 */
void if_set_mss(struct ctl *, struct ifnet *, unsigned mss) ON_CTL;

/* Of if_policy, the bits of mask become those of policy. */
void if_set_policy(struct ctl *, struct ifnet *, uint32_t mask,
    uint32_t policy) ON_CTL;

/*
 * if_policy of each packet's receive interface, 0 for what is from here.
 * Returns all of them together.  CPUs.
 */
uint32_t if_policy_vec(
    const struct spate *, const struct mvec *, uint32_t *policy);

/*
 * Virtual interfaces have a link if what they stand on runs: bring all of them
 * up to date after a carrier came or went.
 */
void if_follow(struct ctl *) ON_CTL;

/* What passed an interface, on all queues or CPUs; any thread. */
struct if_counts {
	uint64_t ic_rx_packets;
	uint64_t ic_rx_bytes;
	uint64_t ic_tx_packets;
	uint64_t ic_tx_bytes;
};
void if_counts(const struct ifnet *, struct if_counts *);

/*
 * Add or replace, and delete one of the published addresses.  This is only the
 * list: routes and duplicate detection are the caller's (ctl/).  ENOENT,
 * ENOMEM.
 */
int if_addr_set(struct ctl *, struct ifnet *, const struct ifaddr *) ON_CTL;
int if_addr_delete(struct ctl *, struct ifnet *, const struct addr *) ON_CTL;

/* Whether addr is an address of ifp; its flags in *flags if not NULL. */
bool if_has_addr(const struct ifnet *, const struct addr *, unsigned *flags);

#endif
