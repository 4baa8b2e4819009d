/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Peers: scripted hosts on a wire.  They answer ARP or neighbour discovery and
 * echo requests for one address, send pings and UDP, and count what comes.
 */
#include <stdlib.h>
#include <string.h>

#include "sim/sim_int.h"

#define PING_RETRY (20 * NS_MS) /* until the next hop's MAC is known */
#define PING_TRIES 250
#define PING_QUIET (200 * NS_MS)

static const uint8_t mac_bcast[MAC_LEN] = { 0xff, 0xff, 0xff, 0xff, 0xff,
	0xff };

static struct sim *
peer_sim(const struct peer *p)
{
	return wire_sim(p->pr_wire);
}

struct peer *
wire_peer(struct wire *w, const char *prefix, const char *gw)
{
	struct sim *s = wire_sim(w);
	struct peer *p = calloc(1, sizeof(*p)), **at;
	struct prefix px;

	if (p == NULL)
		SIM_FAIL(s, "no memory");
	if (prefix_parse(&px, prefix) != 0 ||
	    (gw != NULL && addr_parse(&p->pr_gw, gw) != 0))
		SIM_FAIL(s, "bad address of a peer: %s, %s", prefix,
		    gw != NULL ? gw : "no gateway");
	p->pr_wire = w;
	p->pr_addr = px.p_addr;
	p->pr_plen = px.p_len;
	addr_format(&p->pr_addr, p->pr_text);
	p->pr_mac[0] = 0x0a;
	st32be(p->pr_mac + 2, (uint32_t)sim_below(s, 1u << 30));
	for (at = wire_peers(w); *at != NULL; at = &(*at)->pr_next)
		continue;
	*at = p;
	return p;
}

void
peer_destroy(struct peer *p)
{
	struct ping *pg;

	while ((pg = p->pr_pings) != NULL) {
		p->pr_pings = pg->pg_next;
		free(pg->pg_seen);
		free(pg);
	}
	free(p);
}

static void
peer_send(struct peer *p, struct frame *f)
{
	frame_tag(f, &p->pr_tags);
	wire_inject(p->pr_wire, f);
}

/* Its neighbours. */

static void
peer_learn(struct peer *p, const struct addr *a, const uint8_t *mac)
{
	unsigned i;

	for (i = 0; i < p->pr_nneigh; i++)
		if (addr_eq(&p->pr_neigh[i].pn_addr, a))
			break;
	if (i == PEER_NEIGHS)
		return;
	if (i == p->pr_nneigh)
		p->pr_nneigh++;
	p->pr_neigh[i].pn_addr = *a;
	memcpy(p->pr_neigh[i].pn_mac, mac, MAC_LEN);
}

static const struct addr *
peer_nexthop(const struct peer *p, const struct addr *dst)
{
	struct prefix net = { .p_addr = p->pr_addr, .p_len = p->pr_plen };

	if (p->pr_gw.a_family == ADDR_NONE || prefix_match(&net, dst))
		return dst;
	return &p->pr_gw;
}

bool
peer_spec(struct peer *p, const struct addr *dst, struct frame_spec *fs)
{
	const struct addr *nh = peer_nexthop(p, dst);
	unsigned i;

	*fs = (struct frame_spec){ .fs_src = p->pr_addr, .fs_dst = *dst };
	memcpy(fs->fs_smac, p->pr_mac, MAC_LEN);
	for (i = 0; i < p->pr_nneigh; i++)
		if (addr_eq(&p->pr_neigh[i].pn_addr, nh)) {
			memcpy(fs->fs_dmac, p->pr_neigh[i].pn_mac, MAC_LEN);
			return true;
		}
	return false;
}

void
peer_solicit(struct peer *p, const struct addr *target)
{
	static const uint8_t none[MAC_LEN];
	struct frame f;

	if (target->a_family == ADDR_V4)
		frame_arp(&f, mac_bcast, 1, p->pr_mac, p->pr_addr.a_v4, none,
		    target->a_v4);
	else
		frame_ns(&f, p->pr_mac, p->pr_addr.a_v6, target->a_v6);
	peer_send(p, &f);
}

static void
peer_arp(struct peer *p, const struct frame_info *fi)
{
	struct frame f;

	if (fi->fi_op == 2 && memcmp(fi->fi_dmac, p->pr_mac, MAC_LEN) == 0)
		peer_learn(p, &fi->fi_src, fi->fi_smac);
	if (fi->fi_op != 1 || !addr_eq(&fi->fi_dst, &p->pr_addr) ||
	    addr_eq(&fi->fi_src, &fi->fi_dst))
		return;
	p->pr_requests++;
	if (p->pr_noarp || p->pr_mute)
		return;
	frame_arp(&f, fi->fi_smac, 2, p->pr_mac, p->pr_addr.a_v4, fi->fi_smac,
	    fi->fi_src.a_v4);
	peer_send(p, &f);
}

/* RFC 4861, 7.2.4; to all nodes when the asker only probes. */
static void
peer_advertise(struct peer *p, const struct frame_info *fi)
{
	static const uint8_t allmac[MAC_LEN] = { 0x33, 0x33, 0, 0, 0, 1 };
	struct in6 all = { UINT64_C(0xff02) << 48, 1 };
	struct in6 src = fi->fi_src.a_v6, self = p->pr_addr.a_v6;
	bool probe = (src.i6_hi | src.i6_lo) == 0;
	struct frame f;

	frame_na(&f, p->pr_mac, probe ? allmac : fi->fi_smac, self,
	    probe ? all : src, self, probe ? 0x20 : 0x60);
	peer_send(p, &f);
}

/* Whether it was neighbour discovery. */
static bool
peer_nd(struct peer *p, const struct frame_info *fi)
{
	struct addr target;

	if (fi->fi_proto != FP_ICMP6 || fi->fi_l4len < 24 ||
	    (fi->fi_l4[0] != 135 && fi->fi_l4[0] != 136))
		return false;
	target = addr_v6(in6_load(fi->fi_l4 + 8));
	if (fi->fi_l4[0] == 136) {
		peer_learn(p, &target, fi->fi_smac);
	} else if (addr_eq(&target, &p->pr_addr)) {
		p->pr_requests++;
		if (!p->pr_noarp && !p->pr_mute)
			peer_advertise(p, fi);
	}
	return true;
}

/* Pings. */

static void
peer_echo(struct peer *p, const struct frame_info *fi)
{
	struct frame_spec fs = { .fs_src = fi->fi_dst, .fs_dst = fi->fi_src };
	struct frame f;

	p->pr_echoes++;
	if (p->pr_mute || fi->fi_l4len < 8)
		return;
	memcpy(fs.fs_smac, p->pr_mac, MAC_LEN);
	memcpy(fs.fs_dmac, fi->fi_smac, MAC_LEN);
	frame_echo(&f, &fs, true, ld16be(fi->fi_l4 + 4), ld16be(fi->fi_l4 + 6),
	    fi->fi_l4len - 8);
	peer_send(p, &f);
}

static bool
payload_right(const struct frame_info *fi, unsigned id, unsigned seq)
{
	size_t i;

	for (i = 8; i < fi->fi_l4len; i++)
		if (fi->fi_l4[i] != (uint8_t)(id + seq + i - 8))
			return false;
	return true;
}

static void
peer_answer(struct peer *p, const struct frame_info *fi)
{
	unsigned id = ld16be(fi->fi_l4 + 4), seq = ld16be(fi->fi_l4 + 6);
	struct ping *pg;

	for (pg = p->pr_pings; pg != NULL; pg = pg->pg_next)
		if (pg->pg_id == id && seq < pg->pg_sent)
			break;
	if (pg == NULL)
		return;
	if (fi->fi_l4len != pg->pg_size + 8 || !payload_right(fi, id, seq))
		SIM_FAIL(peer_sim(p), "an echo reply differs from its request");
	pg->pg_last = sim_now(peer_sim(p));
	if (pg->pg_seen[seq]) {
		pg->pg_dups++;
		return;
	}
	pg->pg_seen[seq] = 1;
	pg->pg_got++;
}

static void
peer_error(struct peer *p, const struct frame_info *fi)
{
	p->pr_errors++;
	p->pr_type = fi->fi_l4[0];
	p->pr_code = fi->fi_l4[1];
	p->pr_mtu = ld32be(fi->fi_l4 + 4);
	if (fi->fi_proto == FP_ICMP)
		p->pr_mtu &= 0xffff;
	p->pr_from = fi->fi_src;
}

static void
peer_ip(struct peer *p, const struct frame_info *fi)
{
	bool icmp = fi->fi_proto == FP_ICMP || fi->fi_proto == FP_ICMP6;
	unsigned type = fi->fi_l4len > 0 ? fi->fi_l4[0] : 0;
	bool v4 = p->pr_addr.a_family == ADDR_V4;

	if (!icmp || (fi->fi_frag & (FF_MF | 0x1fff)) != 0 || fi->fi_l4len < 8)
		p->pr_other++;
	else if (type == (v4 ? 8 : 128))
		peer_echo(p, fi);
	else if (type == (v4 ? 0 : 129))
		peer_answer(p, fi);
	else
		peer_error(p, fi);
}

void
peer_input(struct peer *p, const struct frame_info *fi)
{
	if (memcmp(&fi->fi_tags, &p->pr_tags, sizeof(p->pr_tags)) != 0)
		return;
	if (memcmp(fi->fi_dmac, p->pr_mac, MAC_LEN) != 0 &&
	    (fi->fi_dmac[0] & 1) == 0)
		return;
	if (fi->fi_type == FT_ARP) {
		if (p->pr_addr.a_family == ADDR_V4)
			peer_arp(p, fi);
		return;
	}
	if (fi->fi_type == FT_IP6 && peer_nd(p, fi))
		return;
	if (addr_eq(&fi->fi_dst, &p->pr_addr))
		peer_ip(p, fi);
}

static void
ping_send(void *arg)
{
	struct ping *pg = arg;
	struct peer *p = pg->pg_peer;
	struct frame_spec fs;
	struct frame f;

	if (!peer_spec(p, &pg->pg_dst, &fs)) {
		if (pg->pg_tries++ == PING_TRIES)
			SIM_FAIL(peer_sim(p), "%s: next hop does not answer",
			    p->pr_text);
		peer_solicit(p, peer_nexthop(p, &pg->pg_dst));
		sim_after(peer_sim(p), PING_RETRY, ping_send, pg);
		return;
	}
	fs.fs_ttl = pg->pg_ttl;
	fs.fs_frag = pg->pg_df ? FF_DF : 0;
	fs.fs_id = (uint16_t)pg->pg_sent;
	frame_echo(&f, &fs, false, pg->pg_id, (uint16_t)pg->pg_sent,
	    pg->pg_size);
	pg->pg_last = sim_now(peer_sim(p));
	pg->pg_sent++;
	if (pg->pg_sent < pg->pg_n)
		sim_after(peer_sim(p), pg->pg_interval, ping_send, pg);
	peer_send(p, &f);
}

struct ping *
peer_ping(struct peer *p, const char *dst, unsigned n, uint64_t interval_ns,
    size_t size)
{
	struct sim *s = peer_sim(p);
	struct ping *pg = calloc(1, sizeof(*pg));

	if (pg == NULL || (pg->pg_seen = calloc(n, 1)) == NULL)
		SIM_FAIL(s, "no memory");
	if (addr_parse(&pg->pg_dst, dst) != 0)
		SIM_FAIL(s, "bad address \"%s\"", dst);
	pg->pg_peer = p;
	pg->pg_id = ++s->sm_pingid;
	pg->pg_n = n;
	pg->pg_interval = interval_ns;
	pg->pg_size = size;
	pg->pg_last = sim_now(s);
	pg->pg_next = p->pr_pings;
	p->pr_pings = pg;
	sim_after(s, 0, ping_send, pg);
	return pg;
}

bool
ping_done(const struct ping *pg)
{
	return pg->pg_got == pg->pg_n;
}

bool
ping_ended(const struct ping *pg)
{
	return ping_done(pg) || (pg->pg_sent == pg->pg_n &&
	    sim_now(peer_sim(pg->pg_peer)) >= pg->pg_last + PING_QUIET);
}

bool
peer_udp(struct peer *p, const struct addr *dst, uint16_t sport,
    uint16_t dport, size_t n)
{
	static const uint8_t data[FRAME_MAX / 2];
	struct frame_spec fs;
	struct frame f;

	if (!peer_spec(p, dst, &fs))
		return false;
	frame_udp(&f, &fs, sport, dport, data, n);
	peer_send(p, &f);
	return true;
}
