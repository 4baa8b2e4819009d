/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Frames for templates that are not made of addresses: from hexadecimal text
 * or from a packet file.
 *
 * Who calls owns what it gets.  No member is shared.
 */
#ifndef GEN_TPL_RAW_H
#define GEN_TPL_RAW_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "gen/tpl.h"

#define TPL_RAW_FRAMES 65536u /* frames of a template */
#define TPL_RAW_BYTES  (256u << 20) /* and their bytes */

struct tpl_raw {
	struct tpl_frame *rw_frames; /* for tc_frames */
	unsigned rw_n; /* for tc_nframes */
	uint8_t *rw_bytes;
	size_t rw_nbytes;
};

/*
 * Hexadecimal digits, two a byte; between bytes may be blanks, line ends,
 * colons and dashes, and after # a comment to the end of the line.  An empty
 * line ends a frame.  EINVAL, with the line in the text, or ENOMEM.
 */
int tpl_raw_hex(
    struct tpl_raw *, const char *text, size_t n, char *err, size_t errlen);

/*
 * All frames of a packet file of Ethernet, pcap or pcapng.  EINVAL or what the
 * system says, or ENOMEM.  tpl_raw_pcap_fp() reads from and closes a stream
 * that is called by that name in messages.
 */
int tpl_raw_pcap(
    struct tpl_raw *, const char *file, char *err, size_t errlen);
int tpl_raw_pcap_fp(struct tpl_raw *, FILE *, const char *name, char *err,
    size_t errlen);

void tpl_raw_free(struct tpl_raw *);

#endif
