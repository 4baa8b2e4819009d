/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Filters: from the words of a command line to a program for the daemon.
 */
#include "compile.h"

#include <pcap/pcap.h>
#include <stdio.h>

char *
filter_join(char **words, int n)
{
	char *text = NULL;
	size_t len;
	FILE *f;
	int i;

	if (n == 0 || (f = open_memstream(&text, &len)) == NULL)
		return NULL;
	for (i = 0; i < n; i++)
		fprintf(f, "%s%s", i > 0 ? " " : "", words[i]);
	fclose(f);
	return text;
}

json_t *
filter_compile(const char *text)
{
	json_t *insns = json_array();
	struct bpf_program bp;
	pcap_t *pc;
	unsigned i;

	if ((pc = pcap_open_dead(DLT_EN10MB, SNAPLEN_MAX)) == NULL)
		return NULL;
	if (pcap_compile(pc, &bp, text, 1, PCAP_NETMASK_UNKNOWN) != 0) {
		fprintf(stderr, "spate: filter \"%s\": %s\n", text,
		    pcap_geterr(pc));
		json_decref(insns);
		pcap_close(pc);
		return NULL;
	}
	for (i = 0; i < bp.bf_len; i++) {
		const struct bpf_insn *in = &bp.bf_insns[i];

		json_array_append_new(insns, json_pack("[i, i, i, I]",
		    (int)in->code, (int)in->jt, (int)in->jf,
		    (json_int_t)in->k));
	}
	pcap_freecode(&bp);
	pcap_close(pc);
	return insns;
}
