/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Receive queues and their CPUs: showing and moving them.
 */
#include "ctl/affinity.h"

#include "ctl/show_int.h"
#include "if/if.h"

json_t *
show_affinity(struct ctl *ctl)
{
	json_t *list = json_array();
	unsigned i, q;

	for (i = 1; i < IF_MAX; i++) {
		const struct ifnet *ifp = if_lookup(ctl->ctl_sp, i);

		if (ifp == NULL || ifp->if_dev != IFD_OPEN)
			continue;
		for (q = 0; q < ifp->if_nrxq; q++) {
			const struct rxq *rxq = &ifp->if_rxq[q];

			json_array_append_new(list,
			    json_pack("{s:s, s:i, s:i, s:b, s:o, s:I}",
				"interface", ifp->if_name, "queue", (int)q,
				"cpu", (int)rxq->rxq_goal, "moving",
				if_queue_cpu(rxq) != rxq->rxq_goal, "irq",
				rxq->rxq_irq != 0 ?
				    json_integer(INT(rxq->rxq_irq)) :
				    json_null(),
				"packets",
				INT(stat_cell_read(&rxq->rxq_packets))));
		}
	}
	return json_pack("{s:o}", "affinity", list);
}

/* A number of the request that an unsigned holds; false if it is none. */
static bool
affinity_number(const json_t *req, const char *key, unsigned *out)
{
	const json_t *v = json_object_get(req, key);
	json_int_t n = json_integer_value(v);

	if (!json_is_integer(v) || n < 0 || n > UINT16_MAX)
		return false;
	*out = (unsigned)n;
	return true;
}

void
affinity_request(
    struct ctl *ctl, struct control_client *cc, const json_t *req)
{
	const char *name = json_string_value(json_object_get(req, "interface"));
	unsigned queue, cpu;
	struct ifnet *ifp;
	char err[160];

	if (name == NULL || !affinity_number(req, "queue", &queue) ||
	    !affinity_number(req, "cpu", &cpu)) {
		control_error(cc,
		    "affinity needs \"interface\", \"queue\" and \"cpu\"");
		return;
	}
	if ((ifp = if_find(ctl, name)) == NULL) {
		control_error(cc, "no interface is named \"%s\"", name);
		return;
	}
	if (if_queue_move(ctl, ifp, queue, cpu, err, sizeof(err)) != 0)
		control_error(cc, "%s", err);
	else
		control_reply(cc,
		    json_pack("{s:s, s:i, s:i}", "interface", ifp->if_name,
			"queue", (int)queue, "cpu", (int)cpu),
		    true);
}
