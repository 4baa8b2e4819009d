/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What both halves of the AF_XDP driver know: the program that runs in the
 * kernel, and the sizes of rings.
 */
#ifndef DEV_XDP_PROG_H
#define DEV_XDP_PROG_H

#include <linux/bpf.h>

/*
 * Entries of each socket's rings.  The fill ring has more room than there are
 * buffers in the kernel's hands, so that putting some there never fails.
 */
#define XDP_RX_ENTRIES	 2048u
#define XDP_TX_ENTRIES	 2048u
#define XDP_DONE_ENTRIES 2048u
#define XDP_FILL_ENTRIES 4096u

/* Frames that are copied in a call: what we ask for, what old kernels do. */
#define XDP_TX_CALL	256
#define XDP_TX_CALL_OLD 32

#define XDP_PROG_LEN 40

/*
 * Largest MTU of frames that lie in one buffer; pieces of larger ones: as many
 * as the kernel puts into a packet that it copies.
 */
#define XDP_MTU_ONE 1778u
#define XDP_PIECES  17u

/*
 * Packets go to the socket of the queue they arrived on, which the map of
 * this descriptor holds; without one, as before the sockets are there and
 * after they are closed, to the kernel.
 * tagfn: the kernel's function that tells a VLAN tag which is not in the frame
 * (bpf_xdp_metadata_rx_vlan_tag, by its number in the kernel's BTF), so that it
 * is put there; 0: none.  Returns how many instructions there are.
 */
unsigned xdp_prog(
    struct bpf_insn insn[static XDP_PROG_LEN], int mapfd, int tagfn);

#endif
