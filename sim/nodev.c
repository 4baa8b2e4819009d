/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The simulator opens no devices of the system: where their drivers are not
 * part of the build, these stand for them.
 */
#include "dev/drivers.h"

__attribute__((weak)) const struct dev_ops dev_tap = { .do_name = "tap" };
__attribute__((weak)) const struct dev_ops dev_xdp = { .do_name = "xdp" };
__attribute__((weak)) const struct dev_ops dev_pcap = { .do_name = "pcap" };
