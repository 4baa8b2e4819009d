/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pcapng, as far as a capture needs it.
 *
 * A block is its type, its length, a body, options, and its length again; an
 * option a code, a length and a value.  All is padded to multiples of 4.
 */
#include "pcapng.h"

#include <string.h>

enum {	/* block types */
	BLOCK_INTERFACE	 = 1,
	BLOCK_STATISTICS = 5,
	BLOCK_PACKET	 = 6,
	BLOCK_SECTION	 = 0x0a0d0d0a,
};

#define SECTION_MAGIC	0x1a2b3c4d
#define LINKTYPE_ETHERNET 1

enum {	/* option codes; those of a block's own begin anew with each */
	OPT_END		= 0,
	OPT_COMMENT	= 1,
	SHB_USERAPPL	= 4,
	IF_NAME		= 2,
	IF_TSRESOL	= 9,
	IF_FILTER	= 11,
	EPB_FLAGS	= 2,
	EPB_DROPCOUNT	= 4,
	ISB_STARTTIME	= 2,
	ISB_ENDTIME	= 3,
	ISB_IFRECV	= 4,
	ISB_FILTERACCEPT = 6,
	ISB_OSDROP	= 7,
	ISB_USRDELIV	= 8,
};

/* A block's options, which are small. */
struct options {
	size_t op_len;
	uint8_t op_bytes[1024];
};

static void
put16(FILE *f, uint16_t v)
{
	fwrite(&v, sizeof(v), 1, f);
}

static void
put32(FILE *f, uint32_t v)
{
	fwrite(&v, sizeof(v), 1, f);
}

static void
put_time(FILE *f, uint64_t ns)
{
	put32(f, (uint32_t)(ns >> 32));
	put32(f, (uint32_t)ns);
}

static size_t
padded(size_t n)
{
	return (n + 3) & ~(size_t)3;
}

/* One that does not fit is cut. */
static void
option(struct options *op, unsigned code, const void *value, size_t len)
{
	size_t room = sizeof(op->op_bytes) - op->op_len - 8;
	uint8_t *to = op->op_bytes + op->op_len;
	uint16_t head[2];

	if (len > room)
		len = room & ~(size_t)3;
	head[0] = (uint16_t)code;
	head[1] = (uint16_t)len;
	memcpy(to, head, sizeof(head));
	memset(to + 4, 0, padded(len));
	if (len > 0)
		memcpy(to + 4, value, len);
	op->op_len += 4 + padded(len);
}

static void
option_text(struct options *op, unsigned code, const char *text)
{
	option(op, code, text, strlen(text));
}

/* Times stand as two words, the upper first. */
static void
option_time(struct options *op, unsigned code, uint64_t ns)
{
	uint32_t words[2] = { (uint32_t)(ns >> 32), (uint32_t)ns };

	option(op, code, words, sizeof(words));
}

static void
option_count(struct options *op, unsigned code, uint64_t n)
{
	option(op, code, &n, sizeof(n));
}

/* The end of the options; the block's length with a body of so many bytes. */
static uint32_t
options_end(struct options *op, size_t body)
{
	option(op, OPT_END, NULL, 0);
	return (uint32_t)(12 + body + op->op_len);
}

static void
put_options(FILE *f, const struct options *op, uint32_t len)
{
	fwrite(op->op_bytes, op->op_len, 1, f);
	put32(f, len);
}

void
pcapng_section(FILE *f, const char *program)
{
	struct options op = { 0 };
	uint32_t len;

	option_text(&op, SHB_USERAPPL, program);
	len = options_end(&op, 16);
	put32(f, BLOCK_SECTION);
	put32(f, len);
	put32(f, SECTION_MAGIC);
	put16(f, 1);
	put16(f, 0);
	put32(f, UINT32_MAX); /* its length is not known yet */
	put32(f, UINT32_MAX);
	put_options(f, &op, len);
}

void
pcapng_interface(FILE *f, const char *name, uint32_t snaplen,
    const char *filter)
{
	struct options op = { 0 };
	uint8_t resolution = 9; /* 10^-9 s */
	char text[512] = { 0 };
	uint32_t len;

	option_text(&op, IF_NAME, name);
	option(&op, IF_TSRESOL, &resolution, 1);
	if (filter != NULL) {
		/* A zero says that it is a string of libpcap. */
		snprintf(text + 1, sizeof(text) - 1, "%s", filter);
		option(&op, IF_FILTER, text, 1 + strlen(text + 1));
	}
	len = options_end(&op, 8);
	put32(f, BLOCK_INTERFACE);
	put32(f, len);
	put16(f, LINKTYPE_ETHERNET);
	put16(f, 0);
	put32(f, snaplen);
	put_options(f, &op, len);
}

void
pcapng_packet(FILE *f, const struct pcapng_packet *pp)
{
	struct options op = { 0 };
	uint32_t len, pad = 0;

	if (pp->pp_flags != 0)
		option(&op, EPB_FLAGS, &pp->pp_flags, 4);
	if (pp->pp_lost > 0)
		option_count(&op, EPB_DROPCOUNT, pp->pp_lost);
	if (pp->pp_comment != NULL)
		option_text(&op, OPT_COMMENT, pp->pp_comment);
	len = options_end(&op, 20 + padded(pp->pp_caplen));
	put32(f, BLOCK_PACKET);
	put32(f, len);
	put32(f, pp->pp_if);
	put_time(f, pp->pp_time);
	put32(f, pp->pp_caplen);
	put32(f, pp->pp_pktlen);
	fwrite(pp->pp_data, 1, pp->pp_caplen, f);
	fwrite(&pad, 1, padded(pp->pp_caplen) - pp->pp_caplen, f);
	put_options(f, &op, len);
}

void
pcapng_counts(FILE *f, const struct pcapng_counts *pn)
{
	struct options op = { 0 };
	uint32_t len;

	option_time(&op, ISB_STARTTIME, pn->pn_began);
	option_time(&op, ISB_ENDTIME, pn->pn_ended);
	option_count(&op, ISB_IFRECV, pn->pn_seen);
	option_count(&op, ISB_FILTERACCEPT, pn->pn_matched);
	option_count(&op, ISB_OSDROP, pn->pn_lost);
	option_count(&op, ISB_USRDELIV, pn->pn_matched - pn->pn_lost);
	len = options_end(&op, 12);
	put32(f, BLOCK_STATISTICS);
	put32(f, len);
	put32(f, pn->pn_if);
	put_time(f, pn->pn_ended);
	put_options(f, &op, len);
}
