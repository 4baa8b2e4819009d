/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The options of an IPv4 header (RFC 791, 3.1; RFC 1812, 4.2.2.1 and 5.3.13):
 * what is wrong with them, what a router writes into them, which of them go
 * into fragments and echo replies.  All but ip_record() are pure.
 */
#ifndef IP_IP_OPTIONS_H
#define IP_IP_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/tsa.h"
#include "ip/ip_stat.h"
#include "ip/ip_wire.h"

struct cpu;
struct mbuf;

enum { /* net.inet.ip.process_options */
	IPOPTS_IGNORE = 0, /* pass on unread */
	IPOPTS_PROCESS = 1,
	IPOPTS_REFUSE = 2, /* packets that have any */
};

/* What is to be recorded; offsets are from the start of the header. */
struct ip_options {
	uint8_t io_rr; /* record route with room for an address; 0: none */
	uint8_t io_ts; /* timestamp that concerns us; 0: none */
	uint8_t io_flag; /* of that: IPOPT_TS_* */
	bool io_full; /* of that: no room, only the overflow is counted */
	uint32_t io_next; /* IPOPT_TS_PRESPEC: who is to put in its time */
};

/*
 * The options of the header of hlen bytes at p: ips_none, and *io says what to
 * record; ips_srcroute: they have a source route, which is refused (RFC 7126,
 * 4.3 and 4.4); ips_badopt: *errptr is the offset of the wrong byte.
 */
enum ipstat ip_options_parse(const uint8_t *p, unsigned hlen,
    struct ip_options *io, unsigned *errptr);

/*
 * Record address and time in the header that io was parsed from.  next_ours:
 * whether io_next is an address of this host.  The checksum is the caller's.
 */
void ip_options_record(uint8_t *p, const struct ip_options *io, uint32_t addr,
    uint32_t stamp, bool next_ours);

/*
 * Options that belong into every fragment (RFC 791, 3.1), or into the reply to
 * an echo request (RFC 1122, 3.2.2.6), padded to words.  Returns the length of
 * what is put at "to".  What stands behind a malformed option is left out.
 */
unsigned ip_options_copied(
    const uint8_t *p, unsigned hlen, uint8_t to[static IP_OPTLEN_MAX]);
unsigned ip_options_echoed(
    const uint8_t *p, unsigned hlen, uint8_t to[static IP_OPTLEN_MAX]);

/*
 * Put this host, as addr, and the time into the options of m that ask for it.
 * m is writable up to the end of its header, whose checksum is made right.
 */
void ip_record(struct cpu *, struct mbuf *m, uint32_t addr) ON_CPU;

#endif
