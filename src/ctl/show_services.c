/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Services of the daemon's own, and what they did.
 */
#include <string.h>

#include "ctl/show_int.h"
#include "udp/udp_service.h"

static const char *
service_state(const struct udp_server *us)
{
	switch (us->us_state) {
	case UDPS_STARTS:
		return "starts";
	case UDPS_RUNS:
		return "runs";
	case UDPS_ENDS:
		return "ends";
	default:
		return strerror(us->us_error);
	}
}

static void
service_add(json_t *list, const struct spate *sp, const struct udp_server *us)
{
	uint64_t in = 0, out = 0, refused = 0;
	json_t *percpu = json_array();
	char text[ADDR_STRLEN] = "any";
	struct addr a;
	unsigned i;

	if (us->us_key.ik_plen == IN_PLEN_MAX) {
		a = in_key_text(us->us_key.ik_laddr);
		addr_format(&a, text);
	}
	for (i = 0; i < sp->sp_ncpus; i++) {
		const struct udp_served *sv = &us->us_served[i];

		in += stat_cell_read(&sv->us_in);
		out += stat_cell_read(&sv->us_out);
		refused += stat_cell_read(&sv->us_refused);
		json_array_append_new(percpu,
		    json_pack("{s:I, s:I}", "in",
			INT(stat_cell_read(&sv->us_in)), "out",
			INT(stat_cell_read(&sv->us_out))));
	}
	json_array_append_new(list,
	    json_pack("{s:s, s:s, s:s, s:i, s:s, s:s, s:I, s:I, s:I, s:o}",
		"service", udp_service_names[us->us_what], "protocol", "udp",
		"address", text, "port", (int)us->us_key.ik_lport, "vrf",
		sp->sp_rt[us->us_key.ik_rtable].rt_name[0] != '\0' ?
		    sp->sp_rt[us->us_key.ik_rtable].rt_name : RT_MAIN,
		"state", service_state(us), "in", INT(in), "out", INT(out),
		"refused", INT(refused), "cpus", percpu));
}

json_t *
show_services(struct ctl *ctl)
{
	const struct udp_server *us;
	json_t *list = json_array();

	LIST_FOREACH (us, ctl->ctl_services, us_link)
		service_add(list, ctl->ctl_sp, us);
	return json_pack("{s:o}", "services", list);
}
