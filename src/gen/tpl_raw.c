/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Frames from text and from packet files; see tpl_raw.h.
 */
#include "gen/tpl_raw.h"

#include <errno.h>
#include <pcap/pcap.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

static int __attribute__((format(printf, 3, 4)))
raw_bad(char *err, size_t errlen, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(err, errlen, fmt, ap);
	va_end(ap);
	return EINVAL;
}

/* Room for n things of that size, twice as many as before. */
static void *
raw_grow(void *p, size_t n, size_t size)
{
	if (n < 16 || (n & (n - 1)) != 0)
		return n == 0 ? realloc(p, 16 * size) : p;
	return reallocarray(p, 2 * n, size);
}

static int
raw_byte(struct tpl_raw *rw, uint8_t v)
{
	uint8_t *p = raw_grow(rw->rw_bytes, rw->rw_nbytes, 1);

	if (p == NULL)
		return ENOMEM;
	rw->rw_bytes = p;
	p[rw->rw_nbytes++] = v;
	return 0;
}

/* A frame of the last len bytes; it gets its pointer when all are there. */
static int
raw_frame(struct tpl_raw *rw, uint32_t len)
{
	struct tpl_frame *f =
	    raw_grow(rw->rw_frames, rw->rw_n, sizeof(*rw->rw_frames));

	if (f == NULL)
		return ENOMEM;
	rw->rw_frames = f;
	f[rw->rw_n++] = (struct tpl_frame){ .tf_len = len };
	return 0;
}

static void
raw_point(struct tpl_raw *rw)
{
	const uint8_t *p = rw->rw_bytes;
	unsigned i;

	for (i = 0; i < rw->rw_n; p += rw->rw_frames[i++].tf_len)
		rw->rw_frames[i].tf_data = p;
}

void
tpl_raw_free(struct tpl_raw *rw)
{
	free(rw->rw_frames);
	free(rw->rw_bytes);
	*rw = (struct tpl_raw){ 0 };
}

/* Where a text is read. */
struct raw_text {
	const char *rt_p;
	const char *rt_end;
	unsigned rt_line;
	bool rt_empty; /* nothing was in this line so far */
	uint32_t rt_len; /* of the frame so far */
};

/* The end of a line; an empty one is that of a frame. */
static int
raw_hex_line(struct tpl_raw *rw, struct raw_text *rt)
{
	int error = 0;

	if (rt->rt_empty && rt->rt_len != 0) {
		error = raw_frame(rw, rt->rt_len);
		rt->rt_len = 0;
	}
	rt->rt_empty = true;
	return error;
}

static int
raw_hex_byte(
    struct tpl_raw *rw, struct raw_text *rt, char *err, size_t errlen)
{
	const char *p = rt->rt_p;
	int hi = hex_digit(*p);
	int lo = p + 1 < rt->rt_end ? hex_digit(p[1]) : -1;

	if (hi == -1)
		return raw_bad(err, errlen, *p > ' ' && *p < 127 ?
			"line %u: \"%c\" is no hexadecimal digit" :
			"line %u: byte 0x%02x is no hexadecimal digit",
		    rt->rt_line, (unsigned char)*p);
	if (lo == -1)
		return raw_bad(err, errlen, "line %u: a byte has two "
		    "hexadecimal digits, \"%c\" is only one", rt->rt_line, *p);
	if (rt->rt_len == TPL_MAXSIZE - TPL_FCS)
		return raw_bad(err, errlen, "line %u: the frame is longer "
		    "than %u bytes", rt->rt_line, TPL_MAXSIZE - TPL_FCS);
	if (rw->rw_n == TPL_RAW_FRAMES)
		return raw_bad(err, errlen, "line %u: more than %u frames",
		    rt->rt_line, TPL_RAW_FRAMES);
	rt->rt_p += 2;
	rt->rt_len++;
	rt->rt_empty = false;
	return raw_byte(rw, (uint8_t)(hi << 4 | lo));
}

static int
raw_hex(struct tpl_raw *rw, struct raw_text *rt, char *err, size_t errlen)
{
	int error = 0;

	while (error == 0 && rt->rt_p < rt->rt_end) {
		switch (*rt->rt_p) {
		case '\n':
			error = raw_hex_line(rw, rt);
			rt->rt_line++;
			rt->rt_p++;
			break;
		case '#':
			rt->rt_empty = false;
			while (rt->rt_p < rt->rt_end && *rt->rt_p != '\n')
				rt->rt_p++;
			break;
		case ' ':
		case '\t':
		case '\r':
		case ':':
		case '-':
			rt->rt_p++;
			break;
		default:
			error = raw_hex_byte(rw, rt, err, errlen);
			break;
		}
	}
	if (error == 0 && rt->rt_len != 0)
		error = raw_frame(rw, rt->rt_len);
	if (error == 0 && rw->rw_n == 0)
		error = raw_bad(err, errlen, "no bytes, so no frame");
	return error;
}

int
tpl_raw_hex(struct tpl_raw *rw, const char *text, size_t n, char *err,
    size_t errlen)
{
	struct raw_text rt = { .rt_p = text, .rt_end = text + n, .rt_line = 1,
		.rt_empty = true };
	int error;

	*rw = (struct tpl_raw){ 0 };
	if ((error = raw_hex(rw, &rt, err, errlen)) != 0) {
		if (error == ENOMEM)
			raw_bad(err, errlen, "no memory for the frames");
		tpl_raw_free(rw);
		return error;
	}
	raw_point(rw);
	return 0;
}

static int
raw_pcap_frame(struct tpl_raw *rw, const struct pcap_pkthdr *h,
    const uint8_t *p, const char *name, char *err, size_t errlen)
{
	unsigned number = rw->rw_n + 1;
	uint8_t *bytes;

	if (h->caplen < h->len)
		return raw_bad(err, errlen, "%s: frame %u was cut to %u of %u "
		    "bytes when it was captured", name, number, h->caplen,
		    h->len);
	if (h->caplen > TPL_MAXSIZE - TPL_FCS)
		return raw_bad(err, errlen, "%s: frame %u has %u bytes, at "
		    "most %u can be sent", name, number, h->caplen,
		    TPL_MAXSIZE - TPL_FCS);
	if (number > TPL_RAW_FRAMES ||
	    rw->rw_nbytes + h->caplen > TPL_RAW_BYTES)
		return raw_bad(err, errlen, "%s: more than %u frames or %u MiB "
		    "are too many for a template", name, TPL_RAW_FRAMES,
		    TPL_RAW_BYTES >> 20);
	if (h->caplen != 0) {
		bytes = realloc(rw->rw_bytes, rw->rw_nbytes + h->caplen);
		if (bytes == NULL)
			return ENOMEM;
		memcpy(bytes + rw->rw_nbytes, p, h->caplen);
		rw->rw_bytes = bytes;
		rw->rw_nbytes += h->caplen;
	}
	return raw_frame(rw, h->caplen);
}

static int
raw_pcap(struct tpl_raw *rw, pcap_t *pc, const char *name, char *err,
    size_t errlen)
{
	const char *type = pcap_datalink_val_to_name(pcap_datalink(pc));
	struct pcap_pkthdr *h;
	const uint8_t *p;
	int error;
	int got;

	if (pcap_datalink(pc) != DLT_EN10MB)
		return raw_bad(err, errlen, "%s holds frames of type %s, not "
		    "Ethernet", name, type != NULL ? type : "unknown");
	while ((got = pcap_next_ex(pc, &h, &p)) == 1) {
		error = raw_pcap_frame(rw, h, p, name, err, errlen);
		if (error != 0)
			return error;
	}
	if (got == PCAP_ERROR)
		return raw_bad(err, errlen, "%s: after frame %u: %s", name,
		    rw->rw_n, pcap_geterr(pc));
	if (rw->rw_n == 0)
		return raw_bad(err, errlen, "%s holds no frame", name);
	return 0;
}

int
tpl_raw_pcap_fp(struct tpl_raw *rw, FILE *fp, const char *name, char *err,
    size_t errlen)
{
	char why[PCAP_ERRBUF_SIZE];
	pcap_t *pc;
	int error;

	*rw = (struct tpl_raw){ 0 };
	if ((pc = pcap_fopen_offline(fp, why)) == NULL) {
		fclose(fp);
		return raw_bad(err, errlen, "%s: %s", name, why);
	}
	error = raw_pcap(rw, pc, name, err, errlen);
	pcap_close(pc);
	if (error != 0) {
		if (error == ENOMEM)
			raw_bad(err, errlen, "%s: no memory for its frames",
			    name);
		tpl_raw_free(rw);
		return error;
	}
	raw_point(rw);
	return 0;
}

int
tpl_raw_pcap(struct tpl_raw *rw, const char *file, char *err, size_t errlen)
{
	FILE *fp;
	int error;

	*rw = (struct tpl_raw){ 0 };
	if ((fp = fopen(file, "rbe")) == NULL) {
		error = errno;
		raw_bad(err, errlen, "%s: %s", file, strerror(error));
		return error;
	}
	return tpl_raw_pcap_fp(rw, fp, file, err, errlen);
}
