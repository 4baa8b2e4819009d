/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Fields: where they are in a template's frames; see tpl_int.h.
 *
 * The same field must be at the same place of all frames of a template, so
 * that one loop can fill it in a burst of them.
 */
#include <string.h>

#include "gen/tpl_int.h"
#include "ip/ip_wire.h"

static const char *const tpl_names[TPL_F_N] = {
	[TPL_F_SIZE] = "size",
	[TPL_F_DST_MAC] = "destination MAC",
	[TPL_F_SRC_MAC] = "source MAC",
	[TPL_F_VLAN] = "VLAN",
	[TPL_F_PRIO] = "VLAN priority",
	[TPL_F_VLAN2] = "inner VLAN",
	[TPL_F_PRIO2] = "inner VLAN priority",
	[TPL_F_SRC] = "source address",
	[TPL_F_DST] = "destination address",
	[TPL_F_TOS] = "type of service",
	[TPL_F_TTL] = "TTL",
	[TPL_F_LABEL] = "flow label",
	[TPL_F_IPID] = "identification",
	[TPL_F_SPORT] = "source port",
	[TPL_F_DPORT] = "destination port",
	[TPL_F_PAYLOAD] = "payload",
	[TPL_F_BYTES] = "frame",
};

const char *
tpl_field_name(unsigned field)
{
	return field < TPL_F_N ? tpl_names[field] : "no field";
}

static uint8_t
tpl_put_of_width(unsigned width)
{
	switch (width) {
	case 1:
		return TPL_PUT8;
	case 2:
		return TPL_PUT16;
	case 4:
		return TPL_PUT32;
	case 6:
		return TPL_PUT48;
	case 8:
		return TPL_PUT64;
	case 16:
		return TPL_PUT_WIDE;
	}
	return TPL_PUT_BYTES;
}

static void
tpl_place_bytes(struct tpl_place *pl, uint32_t at, unsigned width)
{
	*pl = (struct tpl_place){ .pl_at = (uint16_t)at,
		.pl_width = (uint8_t)width, .pl_bits = (uint8_t)(width * 8),
		.pl_put = tpl_put_of_width(width) };
}

static void
tpl_place_bits(struct tpl_place *pl, uint32_t at, unsigned width,
    unsigned bits, unsigned shift)
{
	*pl = (struct tpl_place){ .pl_at = (uint16_t)at,
		.pl_width = (uint8_t)width, .pl_bits = (uint8_t)bits,
		.pl_put = width == 2 ? TPL_PUT_BITS16 : TPL_PUT_BITS32,
		.pl_shift = (uint8_t)shift,
		.pl_mask = ((UINT32_C(1) << bits) - 1) << shift };
}

/* Why a frame does not have the field. */
static const char *
tpl_place_l2(const struct layout *ly, unsigned field, struct tpl_place *pl)
{
	unsigned tag = field == TPL_F_VLAN2 || field == TPL_F_PRIO2;

	if (field == TPL_F_DST_MAC || field == TPL_F_SRC_MAC) {
		tpl_place_bytes(pl, field == TPL_F_DST_MAC ? 0 : 6, MAC_LEN);
		return NULL;
	}
	if (ly->ly_ntags <= tag)
		return ly->ly_ntags == 0 ? "the frame has no VLAN tag" :
		    "the frame has but one VLAN tag";
	if (field == TPL_F_VLAN || field == TPL_F_VLAN2)
		tpl_place_bits(pl, 14 + 4 * tag, 2, 12, 0);
	else
		tpl_place_bits(pl, 14 + 4 * tag, 2, 3, 13);
	return NULL;
}

static const char *
tpl_place_ip(const struct layout *ly, unsigned field, struct tpl_place *pl)
{
	bool v4 = ly->ly_family == ADDR_V4;
	uint32_t l3 = ly->ly_l3;

	if (ly->ly_family == ADDR_NONE)
		return "the frame is not IP";
	switch (field) {
	case TPL_F_SRC:
		tpl_place_bytes(pl, l3 + (v4 ? 12 : 8), v4 ? 4 : 16);
		break;
	case TPL_F_DST:
		tpl_place_bytes(pl, l3 + (v4 ? 16 : 24), v4 ? 4 : 16);
		break;
	case TPL_F_TOS:
		if (v4)
			tpl_place_bytes(pl, l3 + 1, 1);
		else
			tpl_place_bits(pl, l3, 2, 8, 4);
		break;
	case TPL_F_TTL:
		tpl_place_bytes(pl, l3 + (v4 ? 8 : 7), 1);
		break;
	case TPL_F_LABEL:
		if (v4)
			return "IPv4 has none";
		tpl_place_bits(pl, l3, 4, 20, 0);
		break;
	case TPL_F_IPID:
		if (!v4)
			return "IPv6 has none";
		tpl_place_bytes(pl, l3 + 4, 2);
		break;
	}
	return NULL;
}

static const char *
tpl_place_ports(const struct layout *ly, unsigned field, struct tpl_place *pl)
{
	bool icmp = ly->ly_ipproto == IPP_ICMP || ly->ly_ipproto == IPP_ICMPV6;

	if (ly->ly_l4 == 0)
		return "the frame is neither UDP, TCP nor ICMP";
	tpl_place_bytes(pl,
	    ly->ly_l4 + (icmp ? 4u : 0u) + (field == TPL_F_DPORT ? 2 : 0), 2);
	return NULL;
}

/* Bytes must all be of one kind, and in front of the signature. */
static const char *
tpl_place_any(const struct layout *ly, const struct tpl_vary *tv, bool plain,
    struct tpl_place *pl)
{
	uint32_t at = tv->tv_offset;
	uint32_t end = ly->ly_end;
	enum layout_class class;
	unsigned i;

	if (tv->tv_field == TPL_F_PAYLOAD)
		at += ly->ly_payload;
	if (!plain && end - ly->ly_payload >= SIG_LEN)
		end -= SIG_LEN;
	if (at + tv->tv_width > end && plain)
		return "these bytes are beyond the end of the shortest frame";
	if (at + tv->tv_width > end)
		return "these bytes reach into the signature, or beyond it, "
		       "in the shortest frame";
	class = layout_class(ly, at);
	for (i = 0; i < tv->tv_width; i++) {
		if (layout_class(ly, at + i) == LY_FIXED)
			return "these bytes say what the packet is, how long "
			       "it is, or are a checksum";
		if (layout_class(ly, at + i) != class)
			return "these bytes belong to different headers; vary "
			       "those one by one";
	}
	tpl_place_bytes(pl, at, tv->tv_width);
	return NULL;
}

/* Into which sums the bytes go; a value counts from its last byte. */
static void
tpl_place_sums(const struct layout *ly, struct tpl_place *pl)
{
	uint32_t end = (uint32_t)pl->pl_at + pl->pl_width;
	enum layout_class class = layout_class(ly, end - 1);

	if (pl->pl_mask != 0)
		return; /* VLAN tags, IPv6's first word: in none */
	pl->pl_ip = class == LY_IP || class == LY_ADDR4;
	pl->pl_l4 = class == LY_ADDR4 || class == LY_PSEUDO || class == LY_L4;
	pl->pl_ipodd = ((end - ly->ly_l3) & 1) != 0 ? 8 : 0;
	pl->pl_l4odd = class == LY_L4 ? ((end - ly->ly_l4) & 1) != 0 ? 8 : 0 :
	    pl->pl_ipodd;
}

static const char *
tpl_place_in(const struct layout *ly, const struct tpl_vary *tv, bool plain,
    struct tpl_place *pl)
{
	const char *why;

	if (tv->tv_field <= TPL_F_PRIO2)
		why = tpl_place_l2(ly, tv->tv_field, pl);
	else if (tv->tv_field <= TPL_F_IPID)
		why = tpl_place_ip(ly, tv->tv_field, pl);
	else if (tv->tv_field <= TPL_F_DPORT)
		why = tpl_place_ports(ly, tv->tv_field, pl);
	else
		why = tpl_place_any(ly, tv, plain, pl);
	if (why == NULL)
		tpl_place_sums(ly, pl);
	return why;
}

static enum tpl_part
tpl_place_part(const struct tpl_vary *tv)
{
	return tv->tv_field == TPL_F_PAYLOAD || tv->tv_field == TPL_F_BYTES ?
	    TPL_P_OFFSET :
	    TPL_P_FIELD;
}

static bool
tpl_place_same(const struct tpl_place *a, const struct tpl_place *b)
{
	return a->pl_at == b->pl_at && a->pl_put == b->pl_put &&
	    a->pl_width == b->pl_width && a->pl_mask == b->pl_mask &&
	    a->pl_ip == b->pl_ip && a->pl_l4 == b->pl_l4 &&
	    a->pl_ipodd == b->pl_ipodd && a->pl_l4odd == b->pl_l4odd;
}

/* Headers are in one piece: in the head, or the whole frame is. */
int
tpl_place(const struct tpl *tp, const struct tpl_conf *tc, unsigned vary,
    struct tpl_place *pl, struct tpl_fault *tl)
{
	const struct tpl_vary *tv = &tc->tc_vary[vary];
	const char *name = tpl_field_name(tv->tv_field);
	struct tpl_place other;
	struct layout ly;
	const char *why;
	unsigned i;

	for (i = 0; i < tp->tp_nproto; i++) {
		const struct tpl_form *pr = &tp->tp_proto[i];

		layout_parse(&ly, pr->pr_head, pr->pr_len);
		why = tpl_place_in(&ly, tv, tc->tc_plain, &other);
		if (why != NULL && tc->tc_frames != NULL)
			return tpl_fault_vary(tl, vary, tpl_place_part(tv),
			    "%s cannot vary in frame %u: %s", name, i + 1,
			    why);
		if (why != NULL)
			return tpl_fault_vary(tl, vary, tpl_place_part(tv),
			    "%s cannot vary: %s", name, why);
		if (i > 0 && !tpl_place_same(&other, pl))
			return tpl_fault_vary(tl, vary, tpl_place_part(tv),
			    "%s cannot vary: it is not at the same place in "
			    "frames %u and %u", name, i, i + 1);
		*pl = other;
	}
	return 0;
}
