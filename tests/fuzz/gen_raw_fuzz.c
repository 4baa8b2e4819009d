/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Any bytes as hexadecimal text or as a packet file (the first says which), and
 * what comes of it as frames of a template: each is sent with its signature
 * where a receiver looks for it, and with right checksums.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/kassert.h"
#include "gen/layout.h"
#include "gen/tpl_raw.h"
#include "mbuf/in_cksum.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
check_frame(const uint8_t *p, uint32_t len, uint16_t sigoff)
{
	struct layout ly;
	struct sig sg;

	if (sigoff != sig_find(p, len) || !sig_read(p + sigoff, 7, &sg))
		panic("a signature that nobody finds");
	layout_parse(&ly, p, len);
	if (ly.ly_family == ADDR_V4 &&
	    in_cksum_fold(layout_ipsum(&ly, p)) != ld16be(p + ly.ly_l3 + 10))
		panic("a header with a wrong checksum");
	if (ly.ly_l4ck != 0 &&
	    in_cksum_reduce(layout_l4sum(&ly, p, ly.ly_end) +
		ld16be(p + ly.ly_l4ck)) != 0xffff)
		panic("a packet with a wrong checksum");
}

static void
send(const struct tpl_raw *rw, unsigned which)
{
	static uint8_t room[TPL_MAXSIZE];
	const struct tpl_vary tv = { .tv_field = (uint8_t)(which % TPL_F_N),
		.tv_to = { 0, 7 }, .tv_width = 2, .tv_offset = 14 };
	struct tpl_conf tc = { .tc_frames = rw->rw_frames,
		.tc_nframes = rw->rw_n, .tc_vary = &tv,
		.tc_nvary = which / TPL_F_N % 2 };
	char err[TPL_ERRLEN];
	struct tpl_cursor cu;
	struct tpl *tp;
	uint8_t *p = room;
	uint16_t sigoff;
	uint32_t len;
	unsigned i;

	if (tpl_create(&tc, &tp, err, sizeof(err)) != 0)
		return;
	tpl_cursor_init(&cu, tp, 1, 0, 1);
	for (i = 0; i < rw->rw_n + 3; i++) {
		tpl_fill(&cu, 7, &p, &len, &sigoff, 1);
		tpl_stamp(&p, &sigoff, 1, 0, i * 0x1234567890);
		check_frame(p, len, sigoff);
	}
	tpl_destroy(tp);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct tpl_raw rw;
	char err[TPL_ERRLEN];
	FILE *fp;
	int error;

	if (n < 2)
		return 0;
	if (p[0] % 2 == 0) {
		error = tpl_raw_hex(
		    &rw, (const char *)p + 1, n - 1, err, sizeof(err));
	} else {
		fp = fmemopen((void *)(uintptr_t)(p + 1), n - 1, "rb");
		if (fp == NULL)
			return 0;
		error = tpl_raw_pcap_fp(&rw, fp, "x", err, sizeof(err));
	}
	if (error != 0)
		return 0;
	send(&rw, p[0] / 2);
	tpl_raw_free(&rw);
	return 0;
}
