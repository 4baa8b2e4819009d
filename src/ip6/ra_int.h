/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What router discovery on a CPU and on ctl tell each other.
 *
 *	o	whoever holds the message
 *	C	ctl only
 *	I	immutable until the message is back at ctl
 */
#ifndef IP6_RA_INT_H
#define IP6_RA_INT_H

#include "base/log.h"
#include "ip6/nd6.h"
#include "ip6/ra_parse.h"
#include "ip6/ra_send.h"

/* ff02::1, ff02::2: RFC 4291, 2.7.1. */
#define RA_ALLNODES   ((struct in6){ UINT64_C(0xff02000000000000), 1 })
#define RA_ALLROUTERS ((struct in6){ UINT64_C(0xff02000000000000), 2 })

#define RA_LINK_NS (100 * NS_MS) /* between looks at what is not there yet */

/*
 * A packet that ctl has built and a CPU sends.  It is ctl's all the time, and
 * freed when the message that names it has come back.
 */
struct ra_packet {
	struct ra_packet *rpk_next; /* [C] */
	unsigned rpk_len; /* [I] */
	uint8_t rpk_bytes[RA_BUILD_MAX]; /* [I] from the IPv6 header on */
};

struct ra_host;
struct ra_sender;

struct ra_ctl {
	struct ra_sender *rac_senders; /* [C] */
	struct ra_host *rac_hosts; /* [C] */
	struct ra_packet *rac_packets; /* [C] on their way */
	struct lograte rac_log; /* [C] */
};

/* To a CPU, and back, and once more: then it has left. */
struct ra_packet_msg {
	struct msg rpm_msg; /* [o] */
	struct ra_packet *rpm_packet; /* [o] */
	uint16_t rpm_ifindex; /* [o] */
	uint16_t rpm_stat; /* [o] enum nd6stat that counts it */
	uint16_t rpm_cpu; /* [o] that sends it */
};

/* To ctl: a host asked for routers. */
struct ra_solicit_msg {
	struct msg rsm_msg; /* [o] */
	struct in6 rsm_src; /* [o] unspecified: it has no address yet */
	uint16_t rsm_ifindex; /* [o] */
};

/*
 * To ctl: a router advertises.  Many prefixes take several messages, each of
 * which says the rest, too.
 */
#define RA_HEARD_PREFIXES 5
struct ra_heard_msg {
	struct msg rhm_msg; /* [o] */
	struct in6 rhm_src; /* [o] */
	uint32_t rhm_mtu; /* [o] 0: not said */
	uint16_t rhm_ifindex; /* [o] */
	uint16_t rhm_lifetime; /* [o] s */
	uint8_t rhm_hlim; /* [o] 0: not said */
	uint8_t rhm_pref; /* [o] enum ra_preference */
	uint8_t rhm_nprefix; /* [o] */
	struct ra_prefix rhm_prefix[RA_HEARD_PREFIXES]; /* [o] */
};
static_assert(sizeof(struct ra_heard_msg) <= MSG_BYTES, "one message");

/*
 * Have a CPU send a packet by an interface, to a group or a neighbour; it
 * counts as "what".  Without memory it counts as lost on the wire: NULL.
 */
struct ra_packet *ra_packet_new(struct ctl *) ON_CTL;
void ra_packet_send(struct ctl *, const struct ifnet *, struct ra_packet *,
    enum nd6stat what) ON_CTL;

/* The link-local address to send from; false if there is none in use yet. */
bool ra_source(const struct ifnet *, struct in6 *src);

/* On a CPU, from nd6_input(): ICMPv6 message p of n bytes. */
struct nd6_info;
void ra_solicit_input(
    struct cpu *, struct ifnet *, const struct nd6_info *) ON_CPU;

void ra_advert_input(struct cpu *, struct ifnet *, const struct nd6_info *,
    const uint8_t *p, size_t n) ON_CPU;

/* For ra_ctl_fini(). */
void ra_hosts_fini(struct ctl *) ON_CTL;

/* Messages arrive. */
void ra_cpu_send(struct endpoint *, struct msg *);
void ra_ctl_sent(struct endpoint *, struct msg *);
void ra_cpu_left(struct endpoint *, struct msg *);
void ra_ctl_left(struct endpoint *, struct msg *);
void ra_ctl_heard(struct endpoint *, struct msg *);
void ra_ctl_solicited(struct endpoint *, struct msg *);

#endif
