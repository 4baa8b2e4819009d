/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Between drivers and the path: polling receive queues into the first stage,
 * and putting what reached the last stage on transmit queues, completing what
 * the device cannot do itself.
 */
#ifndef DEV_DEV_H
#define DEV_DEV_H

#include "base/tsa.h"
#include "cpu/cpu.h"
#include "dev/dev_stat.h"
#include "if/if.h"
#include "mbuf/mbuf.h"

/* The driver of a name ("tap"), or NULL; dev_driver_names for messages. */
const struct dev_ops *dev_driver(const char *name);
extern const char dev_driver_names[];

/*
 * Poll each receive queue this CPU serves, up to a burst, into ST_RX.  Returns
 * the number of packets.
 */
unsigned dev_rx(struct cpu *) ON_CPU;

/*
 * What dev_rx() and dev_output() are made of, for who has no path: up to burst
 * packets of a queue into mv, which is replaced; and n frames, as the device
 * takes them (if_caps), to this CPU's queue on ifp, of which it has one.  Both
 * count, and return how many: packets not sent are still the caller's.
 */
unsigned dev_rx_burst(
    struct cpu *, struct rxq *, struct mvec *mv, unsigned burst) ON_CPU;
unsigned dev_tx_burst(
    struct cpu *, struct ifnet *, struct mbuf **, unsigned n) ON_CPU;

/*
 * Stage: complete frames, each for interface m_oif.  Grouped by interface, cut
 * and completed as the device needs it, and sent; what finds no room is
 * dropped.
 */
void dev_output(struct cpu *, struct mvec *) ON_CPU;

/* Start transmission on all queues filled this round, reap what was sent. */
void dev_tx(struct cpu *) ON_CPU;

/* Before sleeping: ask for wake-ups.  Returns whether packets wait already. */
bool dev_arm(struct cpu *) ON_CPU;

/* When some device has packets without a wake-up; UINT64_MAX: never. */
uint64_t dev_when(struct cpu *) ON_CPU;

/* Whether sent buffers must be reaped later. */
bool dev_txpending(struct cpu *) ON_CPU;

/*
 * A frame that a device takes: replaces m by what must be sent for it, in
 * order, in a list by m_nextpkt (checksums completed, segments cut, chains
 * made one buffer, by if_caps).  Returns NULL if nothing is left; then m was
 * dropped and counted.
 */
struct mbuf *dev_offload(
    struct cpu *, const struct ifnet *, struct mbuf *m) ON_CPU;

/*
 * The frames that a large segment (m_gso) of this interface stands for, as
 * dev_segment() makes them, their checksums left partial; replaces m.
 */
struct mbuf *dev_cut(
    struct cpu *, const struct ifnet *, struct mbuf *m) ON_CPU;

#endif
