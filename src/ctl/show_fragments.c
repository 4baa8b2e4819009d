/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * "spate show fragments": unfinished datagrams of each CPU, and the limits.
 */
#include "base/bytes.h"
#include "ctl/show_int.h"
#include "ip/ip_stat.h"
#include "ip/reass_table.h"
#include "ip6/ip6_stat.h"

static const struct {
	const char *name;
	enum stat_group group;
	uint16_t fragments, handed, whole, here, gone;
} families[REASS_FAMILIES] = {
	[REASS_IP4] = { "ip", SG_IP, ips_fragments, ips_fraghanded,
	    ips_reassembled, ips_reasshere, ips_reasshanded },
	[REASS_IP6] = { "ip6", SG_IP6, i6s_fragments, i6s_fraghanded,
	    i6s_reassembled, i6s_reasshere, i6s_reasshanded },
};

static json_t *
show_waiting(const struct cpu *c, enum reass_family fam)
{
	struct reass_info ri;

	reass_info(c, fam, &ri);
	return json_pack("{s:i, s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "cpu",
	    (int)c->c_id, "family", families[fam].name, "datagrams",
	    INT(ri.ri_datagrams), "fragments", INT(ri.ri_fragments), "bytes",
	    INT(ri.ri_bytes), "peak_bytes", INT(ri.ri_peak), "max_datagrams",
	    INT(ri.ri_maxdatagrams), "max_fragments", INT(ri.ri_maxfragments),
	    "max_bytes", INT(ri.ri_maxbytes));
}

static json_t *
show_done(const struct cpu *c, enum reass_family fam)
{
#define STAT(which)                                                            \
	INT(stat_cell_read(&c->c_stat[families[fam].group][which]))
	return json_pack("{s:i, s:s, s:I, s:I, s:I, s:I, s:I}", "cpu",
	    (int)c->c_id, "family", families[fam].name, "received",
	    STAT(families[fam].fragments), "handed", STAT(families[fam].handed),
	    "reassembled", STAT(families[fam].whole), "stayed",
	    STAT(families[fam].here), "to_owner", STAT(families[fam].gone));
#undef STAT
}

json_t *
show_fragments(struct ctl *ctl)
{
	const struct spate *sp = ctl->ctl_sp;
	json_t *waiting = json_array(), *done = json_array();
	unsigned i, fam;

	for (i = 0; i < sp->sp_ncpus; i++)
		for (fam = 0; fam < REASS_FAMILIES; fam++) {
			json_array_append_new(
			    waiting, show_waiting(sp->sp_cpu[i], fam));
			json_array_append_new(
			    done, show_done(sp->sp_cpu[i], fam));
		}
	return json_pack(
	    "{s:o, s:o}", "waiting", waiting, "reassembly", done);
}
