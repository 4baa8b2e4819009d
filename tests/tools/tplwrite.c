/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Frames of templates into a packet file, for others to read.
 *
 *	tplwrite file
 *
 * A template for each family and protocol, with and without tags, fields that
 * count, and all sizes of a mix.  Prints a line for each frame, of what is to
 * be seen in it:
 *
 *	length;vlans;source;destination;tos;ttl;label;protocol;ports
 */
#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/kassert.h"
#include "gen/tpl.h"

#define NFRAMES 60u

/* A field and how it counts: from, to, step, every so many packets. */
#define COUNTS(field, from, to, step, every)                                   \
	{                                                                      \
		.tv_field = (field), .tv_from = from, .tv_to = to,             \
		.tv_step = { 0, step }, .tv_every = every                      \
	}
#define NUM(v) { 0, v }
#define ADDR6(v) { UINT64_C(0x20010db800000000), v }

static const struct tpl_vary fields4[] = {
	COUNTS(TPL_F_SRC, NUM(0x0a0000fe), NUM(0x0a000105), 1, 1),
	COUNTS(TPL_F_DST, NUM(0xc0000201), NUM(0xc00002fe), 17, 2),
	COUNTS(TPL_F_SPORT, NUM(65000), NUM(65535), 100, 1),
	COUNTS(TPL_F_DPORT, NUM(1), NUM(65535), 4099, 1),
	COUNTS(TPL_F_TTL, NUM(60), NUM(64), 1, 1),
	COUNTS(TPL_F_TOS, NUM(0), NUM(252), 4, 3),
	COUNTS(TPL_F_VLAN, NUM(100), NUM(102), 1, 1),
	COUNTS(TPL_F_VLAN2, NUM(4000), NUM(4095), 5, 1),
};

static const struct tpl_vary fields6[] = {
	COUNTS(TPL_F_SRC, ADDR6(UINT32_MAX), ADDR6(UINT64_C(0x100000009)), 1,
	    1),
	COUNTS(TPL_F_DST, ADDR6(1), ADDR6(0xffff), 257, 2),
	COUNTS(TPL_F_SPORT, NUM(65000), NUM(65535), 100, 1),
	COUNTS(TPL_F_DPORT, NUM(1), NUM(65535), 4099, 1),
	COUNTS(TPL_F_TTL, NUM(60), NUM(64), 1, 1),
	COUNTS(TPL_F_LABEL, NUM(0xffff0), NUM(0xfffff), 3, 1),
	COUNTS(TPL_F_VLAN, NUM(100), NUM(102), 1, 1),
	COUNTS(TPL_F_VLAN2, NUM(4000), NUM(4095), 5, 1),
};

static uint64_t
value(const struct tpl_conf *tc, unsigned field, uint64_t j)
{
	unsigned i;

	for (i = 0; i < tc->tc_nvary; i++) {
		const struct tpl_vary *tv = &tc->tc_vary[i];
		uint64_t from = tv->tv_from.i6_lo;
		uint64_t step = tv->tv_step.i6_lo;

		if (tv->tv_field == field)
			return from +
			    j / tv->tv_every %
			    ((tv->tv_to.i6_lo - from) / step + 1) * step;
	}
	return 0;
}

static void
tell(const struct tpl_conf *tc, uint64_t j, uint32_t len)
{
	static const char *const names[3][2] = { { "udp", "udp" },
		{ "tcp", "tcp" }, { "icmp", "icmpv6" } };
	bool v4 = tc->tc_src.a_family == ADDR_V4;
	char text[2][ADDR_STRLEN];
	struct addr a[2];
	unsigned i;

	printf("%u;", len);
	for (i = 0; i < tc->tc_ntags; i++)
		printf("%s%u", i != 0 ? "," : "",
		    (unsigned)value(tc, i == 0 ? TPL_F_VLAN : TPL_F_VLAN2, j));
	for (i = 0; i < 2; i++) {
		uint64_t v = value(tc, i == 0 ? TPL_F_SRC : TPL_F_DST, j);

		a[i] = v4 ? addr_v4((uint32_t)v) :
		    addr_v6((struct in6)ADDR6(v));
		printf(";%s", addr_format(&a[i], text[i]));
	}
	printf(";%u;%u;%u;%s;%u,%u\n", (unsigned)value(tc, TPL_F_TOS, j),
	    (unsigned)value(tc, TPL_F_TTL, j),
	    (unsigned)value(tc, TPL_F_LABEL, j), names[tc->tc_proto][!v4],
	    (unsigned)value(tc, TPL_F_SPORT, j),
	    (unsigned)value(tc, TPL_F_DPORT, j));
}

static void
write_frames(pcap_dumper_t *pd, const struct tpl_conf *tc)
{
	static uint8_t room[TPL_MAXSIZE];
	struct pcap_pkthdr h = { 0 };
	char err[TPL_ERRLEN];
	struct tpl_cursor cu;
	struct tpl *tp;
	uint8_t *p = room;
	uint16_t sigoff;
	uint32_t len;
	uint64_t j;

	if (tpl_create(tc, &tp, err, sizeof(err)) != 0)
		panic("%s", err);
	tpl_cursor_init(&cu, tp, 1, 0, 1);
	for (j = 0; j < NFRAMES; j++) {
		tpl_fill(&cu, 4711, &p, &len, &sigoff, 1);
		tpl_stamp(&p, &sigoff, 1, 0, j * 1000000007);
		h.len = h.caplen = len;
		h.ts.tv_usec = (int)j;
		pcap_dump((void *)pd, &h, p);
		tell(tc, j, len);
	}
	tpl_destroy(tp);
}

int
main(int argc, char **argv)
{
	pcap_t *pc = pcap_open_dead(DLT_EN10MB, 65535);
	struct tpl_conf tc = { .tc_dst_mac = { 2, 0, 0, 0, 0, 2 },
		.tc_src_mac = { 2, 0, 0, 0, 0, 1 }, .tc_flows = 7 };
	pcap_dumper_t *pd;
	char err[200];
	unsigned v4;

	if (argc != 2 || (pd = pcap_dump_open(pc, argv[1])) == NULL) {
		fprintf(stderr, "usage: tplwrite file\n");
		return 1;
	}
	if (sizes_parse(&tc.tc_sizes, "104:5,105:3,594:2,1518", err,
		sizeof(err)) != 0)
		panic("%s", err);
	tc.tc_pattern = TPL_COUNTING;
	for (v4 = 0; v4 < 2; v4++)
		for (tc.tc_proto = 0; tc.tc_proto <= TPL_ICMP; tc.tc_proto++)
			for (tc.tc_ntags = 0; tc.tc_ntags <= 2; tc.tc_ntags++) {
				tc.tc_src.a_family = tc.tc_dst.a_family =
				    v4 != 0 ? ADDR_V4 : ADDR_V6;
				tc.tc_vary = v4 != 0 ? fields4 : fields6;
				tc.tc_nvary = 6 + tc.tc_ntags;
				write_frames(pd, &tc);
			}
	pcap_dump_close(pd);
	pcap_close(pc);
	return 0;
}
