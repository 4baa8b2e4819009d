/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Addresses, prefixes and MACs: text to value and back.
 *
 * Reading IPv4 and IPv6 text is left to inet_pton().  Writing IPv6 is done
 * here, because the C library prints addresses of the obsolete ::/96 with
 * dots, where RFC 5952, 5 wants dots only behind a prefix known for them.
 */
#include "base/addr.h"

#include <arpa/inet.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

static int
cmp_u64(uint64_t a, uint64_t b)
{
	return a < b ? -1 : a > b;
}

int
addr_cmp(const struct addr *a, const struct addr *b)
{
	int c;

	if ((c = cmp_u64(a->a_family, b->a_family)) != 0)
		return c;
	if (a->a_family == ADDR_V4)
		return cmp_u64(a->a_v4, b->a_v4);
	if ((c = cmp_u64(a->a_v6.i6_hi, b->a_v6.i6_hi)) != 0)
		return c;
	return cmp_u64(a->a_v6.i6_lo, b->a_v6.i6_lo);
}

int
prefix_cmp(const struct prefix *a, const struct prefix *b)
{
	int c = addr_cmp(&a->p_addr, &b->p_addr);

	return c != 0 ? c : cmp_u64(a->p_len, b->p_len);
}

int
addr_parse(struct addr *a, const char *s)
{
	uint8_t b[16];

	if (inet_pton(AF_INET, s, b) == 1)
		*a = addr_v4(ld32be(b));
	else if (inet_pton(AF_INET6, s, b) == 1)
		*a = addr_v6(in6_load(b));
	else
		return EINVAL;
	return 0;
}

/* A decimal number without sign, blanks or leading zeros, at most max. */
static int
len_parse(uint8_t *len, const char *s, unsigned max)
{
	unsigned v = 0;
	unsigned i;

	if (s[0] == '\0' || (s[0] == '0' && s[1] != '\0'))
		return EINVAL;
	for (i = 0; s[i] != '\0'; i++) {
		if (s[i] < '0' || s[i] > '9')
			return EINVAL;
		v = v * 10 + (unsigned)(s[i] - '0');
		if (v > max)
			return EINVAL;
	}
	*len = (uint8_t)v;
	return 0;
}

int
prefix_parse(struct prefix *p, const char *s)
{
	char text[ADDR_STRLEN];
	struct prefix new = { 0 };
	const char *slash;
	size_t n;
	int error;

	if ((slash = strchr(s, '/')) == NULL)
		return EINVAL;
	n = (size_t)(slash - s);
	if (n >= sizeof(text))
		return EINVAL;
	memcpy(text, s, n);
	text[n] = '\0';
	if ((error = addr_parse(&new.p_addr, text)) != 0)
		return error;
	error = len_parse(
	    &new.p_len, slash + 1, addr_bits(new.p_addr.a_family));
	if (error != 0)
		return error;
	*p = new;
	return 0;
}

int
mac_parse(uint8_t mac[static MAC_LEN], const char *s)
{
	uint8_t new[MAC_LEN];
	int hi;
	int lo;
	unsigned i;

	for (i = 0; i < MAC_LEN; i++, s += 3) {
		if ((hi = hex_digit(s[0])) < 0 || (lo = hex_digit(s[1])) < 0)
			return EINVAL;
		if (s[2] != (i + 1 < MAC_LEN ? ':' : '\0'))
			return EINVAL;
		new[i] = (uint8_t)(hi << 4 | lo);
	}
	memcpy(mac, new, sizeof(new));
	return 0;
}

/*
 * RFC 5952, 4.2: the longest run of two or more zero words, the first of
 * equals.  Its length is 0 if there is none.
 */
static unsigned
in6_zero_run(const uint16_t w[static 8], unsigned *start)
{
	unsigned best = 0;
	unsigned run = 0;
	unsigned i;

	for (i = 0; i < 8; i++) {
		run = w[i] == 0 ? run + 1 : 0;
		if (run > best) {
			best = run;
			*start = i + 1 - run;
		}
	}
	return best < 2 ? 0 : best;
}

static void
in_format(uint32_t a, char *buf, size_t n)
{
	snprintf(buf, n, "%u.%u.%u.%u", a >> 24, a >> 16 & 255, a >> 8 & 255,
	    a & 255);
}

static void
in6_format(struct in6 a, char buf[static ADDR_STRLEN])
{
	uint16_t w[8];
	unsigned start = 8;
	unsigned run;
	unsigned i;
	char *p = buf;

	if (in6_is_v4mapped(a)) {
		memcpy(buf, "::ffff:", 7);
		in_format((uint32_t)a.i6_lo, buf + 7, ADDR_STRLEN - 7);
		return;
	}
	for (i = 0; i < 4; i++) {
		w[i] = (uint16_t)(a.i6_hi >> (48 - 16 * i));
		w[4 + i] = (uint16_t)(a.i6_lo >> (48 - 16 * i));
	}
	run = in6_zero_run(w, &start);
	for (i = 0; i < 8; i++) {
		if (run != 0 && i == start) {
			*p++ = ':';
			i += run - 1;
			continue;
		}
		if (i != 0)
			*p++ = ':';
		p += snprintf(p, ADDR_STRLEN - (size_t)(p - buf), "%x", w[i]);
	}
	if (run != 0 && start + run == 8)
		*p++ = ':';
	*p = '\0';
}

const char *
addr_format(const struct addr *a, char buf[static ADDR_STRLEN])
{
	switch (a->a_family) {
	case ADDR_V4:
		in_format(a->a_v4, buf, ADDR_STRLEN);
		break;
	case ADDR_V6:
		in6_format(a->a_v6, buf);
		break;
	default:
		memcpy(buf, "none", 5);
		break;
	}
	return buf;
}

const char *
prefix_format(const struct prefix *p, char buf[static PREFIX_STRLEN])
{
	size_t n;

	addr_format(&p->p_addr, buf);
	n = strlen(buf);
	snprintf(buf + n, PREFIX_STRLEN - n, "/%u", p->p_len);
	return buf;
}

const char *
mac_format(const uint8_t mac[static MAC_LEN], char buf[static MAC_STRLEN])
{
	snprintf(buf, MAC_STRLEN, "%02x:%02x:%02x:%02x:%02x:%02x", mac[0],
	    mac[1], mac[2], mac[3], mac[4], mac[5]);
	return buf;
}
