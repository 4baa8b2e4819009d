/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The drivers there are; each is a file or folder of its own here.
 */
#ifndef DEV_DRIVERS_H
#define DEV_DRIVERS_H

#include "if/if.h"

extern const struct dev_ops dev_memif;
extern const struct dev_ops dev_packet;
extern const struct dev_ops dev_pair;
extern const struct dev_ops dev_pcap;
extern const struct dev_ops dev_tap;
extern const struct dev_ops dev_xdp;

#endif
