/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a frame that arrived is to the tester: a packet of this trial, of
 * another one, a broken one, one for the emulated hosts, or foreign.
 *
 * VLAN tags are looked through, up to SIG_TAGS; trailers and padding behind
 * the IP packet do not matter.  The checksums of the IPv4 header, UDP, TCP,
 * ICMP and ICMPv6 are verified in full, over all buffers of a chain, unless
 * the device has done it (MF_CSUM_OK) or nobody has computed them yet
 * (MF_CSUM_PARTIAL), as with taps and veths.  A frame whose checksums are
 * right is of a trial if its last 18 bytes sum up to that trial's key (sig.h);
 * a foreign one does by chance once in 65,535, and then has a flow that the
 * checker most likely does not know.
 *
 * Pure; never trusts a length.
 */
#ifndef GEN_CLASSIFY_H
#define GEN_CLASSIFY_H

#include <stdint.h>

#include "gen/check.h"
#include "gen/sig.h"
#include "mbuf/mbuf.h"

#define CLASSIFY_KEYS 8 /* of other trials that are known */

enum classify_class {
	CL_OURS,
	CL_OTHER, /* of another trial or phase */
	CL_CORRUPT,
	CL_CONTROL, /* for emulated hosts, if it is to one of them */
	CL_FOREIGN,
	CL_N
};

/* clang-format off */
#define CLASSIFY_WHYS(X)						\
	X(CW_OURS,	CL_OURS,	"test packet")			\
	X(CW_OTHER,	CL_OTHER,	"test packet of another trial")	\
	X(CW_SHORT,	CL_CORRUPT,	"shorter than its headers say")	\
	X(CW_IPHEAD,	CL_CORRUPT,	"malformed IP header")		\
	X(CW_IPSUM,	CL_CORRUPT,	"wrong IPv4 header checksum")	\
	X(CW_L4SUM,	CL_CORRUPT,	"wrong UDP, TCP or ICMP checksum") \
	X(CW_ARP,	CL_CONTROL,	"ARP")				\
	X(CW_ND,	CL_CONTROL,	"neighbour discovery")		\
	X(CW_ECHO,	CL_CONTROL,	"echo request")			\
	X(CW_FRAGMENT,	CL_FOREIGN,	"fragment")			\
	X(CW_NOSIG,	CL_FOREIGN,	"no test packet")
/* clang-format on */

#define X(name, class, text) name,
enum classify_why { CLASSIFY_WHYS(X) CW_N };
#undef X

/* Keys of trials; those that are not used are 0. */
struct classify_keys {
	uint16_t ky_key; /* of this one */
	uint16_t ky_other[CLASSIFY_KEYS]; /* up to the first 0 */
};

/* This trial's key is new; the one before is remembered as another's. */
void classify_key(struct classify_keys *, uint16_t key);

enum classify_class classify_class(enum classify_why);
const char *classify_text(enum classify_why);

/*
 * A frame from its Ethernet header on.  sg holds for CW_OURS and CW_OTHER; of
 * which of ky_other the latter is, *other says (may be NULL).
 */
enum classify_why classify(const struct classify_keys *, const struct mbuf *,
    struct sig *sg, unsigned *other);

/*
 * n frames that were received at now: why[i] is of m[i].  Those of this trial
 * become records, in order, with cr_more = i.  Returns how many there are.
 */
unsigned classify_burst(const struct classify_keys *, struct mbuf *const *m,
    unsigned n, uint64_t now, uint8_t *why, struct check_rec *);

#endif
