/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Captured packets on the control socket.
 *
 *	{"spate": 1, "command": "capture", "interfaces": ["lan"],
 *	    "snaplen": 262144, "filter": [[40, 0, 0, 12], ...]}
 *
 * All but the command may be left out.  "interfaces": all, now and later.
 * "what": "in", "out", "both" (if left out) or "drops".  "filter": a program
 * of the BSD Packet Filter for Ethernet, [code, jt, jf, k] each.  "buffer":
 * bytes for each CPU, a power of two.
 *
 * The reply, whose "clock" is the daemon's clock in nanoseconds, is the last
 * line on this connection from the daemon; records follow, in the order of
 * bytes of this machine, all of them in multiples of 8 bytes.  Whatever line
 * the client then sends ends the capture; what was captured until then, the
 * counts, and a record of kind SCR_END follow.  Hanging up ends it, too.
 *
 * A client that reads slowly loses packets of the capture, which are counted;
 * the daemon's own packets do not wait.
 */
#ifndef SPATE_CAPTURE_H
#define SPATE_CAPTURE_H

#include <stdint.h>

enum {	/* scr_kind */
	SCR_INTERFACE = 1, /* data: its name; before its first packet */
	SCR_REASON,	   /* data: text of drop reason scr_reason */
	SCR_IN,		   /* data: a packet that was received */
	SCR_OUT,	   /* a packet that is about to be sent */
	SCR_DROP,	   /* a packet that was dropped */
	SCR_COUNTS,	   /* data: struct spate_capture_counts */
	SCR_END,
};

/* Interface numbers can come again with another name. */
struct spate_capture_record {
	uint32_t scr_size;    /* with this header and padding behind the data */
	uint32_t scr_datalen; /* bytes of data */
	uint32_t scr_pktlen;  /* of the packet when it was whole */
	uint32_t scr_lost;    /* packets lost on this CPU just before it */
	uint64_t scr_time;    /* ns of the daemon's clock */
	uint16_t scr_if;      /* number; 0: the host itself */
	uint16_t scr_cpu;
	uint16_t scr_reason;
	uint16_t scr_kind;
};

/* Of an interface, since the capture began. */
struct spate_capture_counts {
	uint64_t scc_seen;    /* packets looked at */
	uint64_t scc_matched; /* of these, by the filter */
	uint64_t scc_lost;    /* of these, for want of room */
};

#endif
