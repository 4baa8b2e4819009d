/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The kernel's interrupts behind receive queues.
 */
#ifndef DEV_OPEN_IRQ_H
#define DEV_OPEN_IRQ_H

#include <stdbool.h>
#include <stdint.h>

#define IRQ_ALL UINT32_MAX /* instead of a queue: all of them */

/*
 * Whether an interrupt of this name receives for the interface, which the
 * system knows as device ("virtio2", "0000:01:00.0"), and for which queue.
 * Pure.
 */
bool irq_queue(const char *name, const char *ifname, const char *device,
    unsigned *queue);

/* A line of /proc/interrupts, which is cut to pieces: what it says of irq[]. */
void irq_line(char *line, const char *ifname, const char *device,
    uint32_t *irq, unsigned n);

/* Of the first n receive queues; 0: not known.  Needs no privilege. */
void link_irqs(const char *name, uint32_t *irq, unsigned n);

#endif
