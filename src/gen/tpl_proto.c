/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Prototypes: room for them, frames that were given, signatures and sums; see
 * tpl_int.h.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gen/tpl_int.h"
#include "ip/ip_wire.h"
#include "mbuf/in_cksum.h"

int
tpl_fault(struct tpl_fault *tl, enum tpl_member member, unsigned index,
    const char *fmt, ...)
{
	va_list ap;

	tl->tl_member = member;
	tl->tl_index = index;
	va_start(ap, fmt);
	vsnprintf(tl->tl_text, sizeof(tl->tl_text), fmt, ap);
	va_end(ap);
	return EINVAL;
}

int
tpl_fault_vary(struct tpl_fault *tl, unsigned index, enum tpl_part part,
    const char *fmt, ...)
{
	va_list ap;

	tl->tl_member = TPL_M_VARY;
	tl->tl_index = index;
	tl->tl_part = part;
	va_start(ap, fmt);
	vsnprintf(tl->tl_text, sizeof(tl->tl_text), fmt, ap);
	va_end(ap);
	return EINVAL;
}

int
tpl_nomem(struct tpl_fault *tl)
{
	tpl_fault(tl, TPL_M_NONE, 0, "no memory for the template");
	return ENOMEM;
}

int
tpl_protos(struct tpl *tp, unsigned n, size_t bytes)
{
	size_t room = (bytes + CACHELINE - 1) & ~(size_t)(CACHELINE - 1);

	tp->tp_proto = calloc(n, sizeof(*tp->tp_proto));
	tp->tp_mem = aligned_alloc(CACHELINE, room);
	if (tp->tp_proto == NULL || tp->tp_mem == NULL)
		return ENOMEM;
	memset(tp->tp_mem, 0, room);
	tp->tp_nproto = n;
	return 0;
}

/* With the padding that Ethernet wants, without FCS. */
static uint32_t
tpl_frame_len(const struct tpl_frame *tf)
{
	return umax(tf->tf_len, TPL_MINSIZE - TPL_FCS);
}

static int
tpl_check_frames(
    const struct tpl_conf *tc, size_t *bytes, struct tpl_fault *tl)
{
	unsigned i;

	if (tc->tc_nframes == 0 || tc->tc_nframes > SIZES_ROW)
		return tpl_fault(tl, TPL_M_FRAMES, 0, "%u frames are not "
		    "from 1 to %u", tc->tc_nframes, SIZES_ROW);
	if (tc->tc_sizes.sz_n != 0)
		return tpl_fault(tl, TPL_M_SIZES, 0, "frames that are given "
		    "have sizes of their own");
	for (*bytes = i = 0; i < tc->tc_nframes; i++) {
		const struct tpl_frame *tf = &tc->tc_frames[i];

		if (tf->tf_len < 14)
			return tpl_fault(tl, TPL_M_FRAMES, i, "frame %u has "
			    "%u bytes: not even an Ethernet header", i + 1,
			    tf->tf_len);
		if (tf->tf_len > TPL_MAXSIZE - TPL_FCS)
			return tpl_fault(tl, TPL_M_FRAMES, i, "frame %u of "
			    "%u bytes is too long: at most %u can be sent",
			    i + 1, tf->tf_len, TPL_MAXSIZE - TPL_FCS);
		/* Copies are of whole lines, and of the head in any case. */
		*bytes += TPL_ROOM(umax(tpl_frame_len(tf), TPL_HEAD));
	}
	return 0;
}

int
tpl_take_frames(
    struct tpl *tp, const struct tpl_conf *tc, struct tpl_fault *tl)
{
	size_t bytes = 0;
	uint8_t *p;
	unsigned i;
	int error;

	if ((error = tpl_check_frames(tc, &bytes, tl)) != 0)
		return error;
	if (tpl_protos(tp, tc->tc_nframes, bytes) != 0)
		return tpl_nomem(tl);
	p = tp->tp_mem;
	for (i = 0; i < tc->tc_nframes; i++) {
		const struct tpl_frame *tf = &tc->tc_frames[i];
		uint32_t len = tpl_frame_len(tf);

		memcpy(p, tf->tf_data, tf->tf_len);
		tp->tp_proto[i] = (struct tpl_form){ .pr_head = p,
			.pr_body = p + TPL_HEAD, .pr_len = len };
		p += TPL_ROOM(umax(len, TPL_HEAD));
	}
	return 0;
}

void
tpl_whole(const struct tpl_form *pr, uint8_t *frame)
{
	memcpy(frame, pr->pr_head, TPL_HEAD);
	if (pr->pr_len > TPL_HEAD)
		memcpy(frame + TPL_HEAD, pr->pr_body, pr->pr_len - TPL_HEAD);
}

static int
tpl_proto_sig(struct tpl_form *pr, const struct layout *ly,
    const uint8_t *frame, unsigned i, struct tpl_fault *tl)
{
	if (ly->ly_broken)
		return tpl_fault(tl, TPL_M_FRAMES, i, "frame %u can have no "
		    "signature: what follows its IP header is cut off or "
		    "wrong",
		    i + 1);
	if (ly->ly_end - ly->ly_payload < SIG_LEN)
		return tpl_fault(tl, TPL_M_FRAMES, i, "frame %u has no room "
		    "for a signature: its payload is %u bytes, %u are needed",
		    i + 1, ly->ly_end - ly->ly_payload, SIG_LEN);
	pr->pr_sig = (uint16_t)(ly->ly_end - SIG_LEN);
	if (sig_find(frame, pr->pr_len) != pr->pr_sig)
		return tpl_fault(tl, TPL_M_FRAMES, i, "no receiver would find "
		    "a signature in frame %u: its type is IP's, but no IP "
		    "packet follows, or it has more than %u VLAN tags",
		    i + 1, LAYOUT_TAGS);
	if (ly->ly_l4 != 0)
		pr->pr_odd = ((pr->pr_sig - ly->ly_l4) & 1) != 0 ? 8 : 0;
	return 0;
}

static void
tpl_proto_sums(struct tpl *tp, struct tpl_form *pr, const struct layout *ly,
    const uint8_t *frame)
{
	uint8_t *head = tp->tp_mem + (pr->pr_head - tp->tp_mem);

	if (ly->ly_family == ADDR_V4) {
		pr->pr_ipck = (uint16_t)(ly->ly_l3 + 10u);
		pr->pr_ipsum = in_cksum_reduce(layout_ipsum(ly, frame));
		st16be(head + pr->pr_ipck, in_cksum_fold(pr->pr_ipsum));
	}
	if (ly->ly_l4ck != 0) {
		pr->pr_l4ck = ly->ly_l4ck;
		pr->pr_udp = ly->ly_ipproto == IPP_UDP;
		pr->pr_l4sum = in_cksum_reduce(layout_l4sum(
		    ly, frame, pr->pr_sig != 0 ? pr->pr_sig : ly->ly_end));
	}
}

int
tpl_sums(struct tpl *tp, const struct tpl_conf *tc, struct tpl_fault *tl)
{
	uint8_t frame[TPL_HEAD + TPL_MAXSIZE];
	struct layout ly;
	unsigned i;
	int error;

	for (i = 0; i < tp->tp_nproto; i++) {
		struct tpl_form *pr = &tp->tp_proto[i];

		tpl_whole(pr, frame);
		layout_parse(&ly, frame, pr->pr_len);
		if (!tc->tc_plain &&
		    (error = tpl_proto_sig(pr, &ly, frame, i, tl)) != 0)
			return error;
		tpl_proto_sums(tp, pr, &ly, frame);
		tp->tp_maxlen = umax(tp->tp_maxlen, pr->pr_len);
	}
	return 0;
}
