/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The small services of old, which answer a datagram with one of their own:
 * echo (RFC 862), discard (RFC 863), daytime (RFC 867), chargen (RFC 864).
 *
 * They are end points in the run-to-completion form: each CPU answers what
 * comes to it.  What comes from the port of a service like them is not
 * answered, nor what was sent to many: two of them would talk for ever.
 *
 *	I	immutable
 *	A	written by the CPU whose it is, read by anyone
 *	C	ctl only
 */
#ifndef UDP_UDP_SERVICE_H
#define UDP_UDP_SERVICE_H

#include <stdalign.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "base/tsa.h"
#include "cpu/cpu.h"
#include "cpu/ctl.h"
#include "udp/udp_pcb.h"

enum udp_service {
	UDPS_ECHO,
	UDPS_DISCARD,
	UDPS_DAYTIME,
	UDPS_CHARGEN,
	UDPS_SERVICES
};

extern const char *const udp_service_names[UDPS_SERVICES + 1]; /* NULL ends */
extern const uint16_t udp_service_ports[UDPS_SERVICES];

/* What a CPU did for one. */
struct udp_served {
	alignas(CACHELINE) stat_cell us_in; /* [A] datagrams that came */
	stat_cell us_out; /* [A] answers */
	stat_cell us_refused; /* [A] that get none */
};

enum udp_service_state {
	UDPS_STARTS,
	UDPS_RUNS,
	UDPS_FAILED, /* us_error */
	UDPS_ENDS,
};

struct udp_server {
	LIST_ENTRY(udp_server) us_link; /* [C] */
	struct udpcb us_pcb; /* of the layer */
	enum udp_service us_what; /* [I] */
	struct in_key us_key; /* [I] what it is to be bound to */
	enum udp_service_state us_state; /* [C] */
	int us_error; /* [C] */
	struct udp_served *us_served; /* [I] of each CPU */
	struct in_here *us_here; /* [I] of each CPU */
};

LIST_HEAD(udp_servers, udp_server);

/*
 * Have a service answer at ik_laddr, ik_plen and ik_lport of a routing table.
 * It begins, or fails and is logged, later.  ENOMEM.
 */
int udp_service_start(
    struct ctl *, enum udp_service, const struct in_key *) ON_CTL;

/* It ends, if it is there. */
void udp_service_stop(
    struct ctl *, enum udp_service, const struct in_key *) ON_CTL;

/* Whether it was started and neither failed nor is to end. */
bool udp_service_there(
    struct ctl *, enum udp_service, const struct in_key *) ON_CTL;

/* All of them: by us_link of ctl_services. */
int udp_service_init(struct ctl *) ON_CTL; /* ENOMEM */
void udp_service_fini(struct ctl *) ON_CTL;

#endif
