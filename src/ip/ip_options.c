/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * IPv4 options; see ip_options.h.
 *
 * A pointer counts from 1 at the first byte of its option; beyond the option's
 * length it says that all room is taken.  Then a route is no longer recorded,
 * and a timestamp option counts those it has no room for, up to 15.  Room for
 * a part of an entry is an error, as is a 16th, an option of these that comes
 * twice, and a kind of timestamp that is not known (RFC 791, 3.1).
 *
 * Router alert is carried like an unknown option: there is no protocol here
 * that asks for packets with it (RFC 2113, 2.1; RFC 6398, 5.2).
 */
#include "ip/ip_options.h"

#include <string.h>

#include "base/bytes.h"

enum { /* bytes of an option, and the pointer to the first entry */
	RR_DATA = 3,
	TS_DATA = 4,
	TS_FULL = 15, /* overflow that cannot be counted any more */
};

/* Length of the option at this offset; 0: it does not fit the header. */
static unsigned
option_len(const uint8_t *p, unsigned hlen, unsigned at)
{
	unsigned len;

	if (p[at] == IPOPT_NOP)
		return 1;
	if (at + 1 >= hlen)
		return 0;
	len = p[at + 1];
	return len >= 2 && at + len <= hlen ? len : 0;
}

/* Of the option at "at": 0, or the offset of what is wrong with it. */
static unsigned
parse_rr(const uint8_t *p, unsigned at, unsigned len, struct ip_options *io)
{
	if (len < RR_DATA)
		return at + 1;
	if (p[at + 2] <= RR_DATA)
		return at + 2;
	if (p[at + 2] > len)
		return 0;
	if (p[at + 2] + 3u > len)
		return at + 2;
	io->io_rr = (uint8_t)at;
	return 0;
}

/* No room for a timestamp. */
static unsigned
parse_ts_full(const uint8_t *p, unsigned at, struct ip_options *io)
{
	if (io->io_flag == IPOPT_TS_PRESPEC) /* all who were asked are in */
		return 0;
	if (p[at + 3] >> 4 == TS_FULL)
		return at + 3;
	io->io_ts = (uint8_t)at;
	io->io_full = true;
	return 0;
}

static unsigned
parse_ts(const uint8_t *p, unsigned at, unsigned len, struct ip_options *io)
{
	unsigned ptr, need;

	if (len < TS_DATA)
		return at + 1;
	ptr = p[at + 2];
	if (ptr <= TS_DATA)
		return at + 2;
	io->io_flag = p[at + 3] & 15;
	if (io->io_flag != IPOPT_TS_ONLY && io->io_flag != IPOPT_TS_ADDR &&
	    io->io_flag != IPOPT_TS_PRESPEC)
		return at + 3;
	if (ptr > len)
		return parse_ts_full(p, at, io);
	need = io->io_flag == IPOPT_TS_ONLY ? 4 : 8;
	if (ptr - 1 + need > len)
		return at + 2;
	io->io_ts = (uint8_t)at;
	if (io->io_flag == IPOPT_TS_PRESPEC)
		io->io_next = ld32be(p + at + ptr - 1);
	return 0;
}

enum ipstat
ip_options_parse(const uint8_t *p, unsigned hlen, struct ip_options *io,
    unsigned *errptr)
{
	bool rr = false, ts = false;
	unsigned at, len, bad;

	*io = (struct ip_options){ 0 };
	for (at = IP_HLEN; at < hlen && p[at] != IPOPT_EOL; at += len) {
		bad = 0;
		if ((len = option_len(p, hlen, at)) == 0) {
			bad = at + 1;
		} else if (p[at] == IPOPT_LSRR || p[at] == IPOPT_SSRR) {
			return ips_srcroute;
		} else if (p[at] == IPOPT_RR) {
			bad = rr ? at : parse_rr(p, at, len, io);
			rr = true;
		} else if (p[at] == IPOPT_TS) {
			bad = ts ? at : parse_ts(p, at, len, io);
			ts = true;
		}
		if (bad != 0) {
			*errptr = bad;
			return ips_badopt;
		}
	}
	return ips_none;
}

void
ip_options_record(uint8_t *p, const struct ip_options *io, uint32_t addr,
    uint32_t stamp, bool next_ours)
{
	uint8_t *opt, *to;

	if (io->io_rr != 0) {
		opt = p + io->io_rr;
		st32be(opt + opt[2] - 1, addr);
		opt[2] = (uint8_t)(opt[2] + 4);
	}
	if (io->io_ts == 0)
		return;
	opt = p + io->io_ts;
	if (io->io_full) {
		opt[3] = (uint8_t)(opt[3] + (1u << 4));
		return;
	}
	if (io->io_flag == IPOPT_TS_PRESPEC && !next_ours)
		return;
	to = opt + opt[2] - 1;
	if (io->io_flag == IPOPT_TS_ADDR)
		st32be(to, addr);
	if (io->io_flag != IPOPT_TS_ONLY)
		to += 4;
	st32be(to, stamp);
	opt[2] = (uint8_t)(to + 4 - opt + 1);
}

static bool
is_copied(unsigned type)
{
	return (type & IPOPT_COPIED) != 0;
}

static bool
is_echoed(unsigned type)
{
	return type == IPOPT_RR || type == IPOPT_TS;
}

static unsigned
options_select(
    const uint8_t *p, unsigned hlen, uint8_t *to, bool (*wanted)(unsigned))
{
	unsigned at, len, n = 0;

	for (at = IP_HLEN; at < hlen && p[at] != IPOPT_EOL; at += len) {
		if ((len = option_len(p, hlen, at)) == 0)
			break;
		if (p[at] != IPOPT_NOP && wanted(p[at])) {
			memcpy(to + n, p + at, len);
			n += len;
		}
	}
	while (n % 4 != 0)
		to[n++] = IPOPT_EOL;
	return n;
}

unsigned
ip_options_copied(
    const uint8_t *p, unsigned hlen, uint8_t to[static IP_OPTLEN_MAX])
{
	return options_select(p, hlen, to, is_copied);
}

unsigned
ip_options_echoed(
    const uint8_t *p, unsigned hlen, uint8_t to[static IP_OPTLEN_MAX])
{
	return options_select(p, hlen, to, is_echoed);
}
