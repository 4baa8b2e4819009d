/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The relay of DHCP and DHCPv6: clients on the left, a server on the right.
 * Messages of all kinds, well-formed and not; what leaves is checked byte by
 * byte; a flood leaves the rest of the router alone.
 */
#include <string.h>

#include "base/bytes.h"
#include "dhcp/relay.h"
#include "dhcp/relay_stat.h"
#include "if/if.h"
#include "lab.h"

#define GIADDR	0x0a000101u /* 10.0.1.1 */
#define SERVER	0x0a000202u /* b4 */
#define BCAST	0xffffffffu
#define COOKIE	0x63825363u
#define OPTS	240u

struct world {
	struct sim *w_sim;
	struct lab w_lab;
	struct relay w_relay;
	unsigned w_up; /* DHCP datagrams seen on the right, to servers … */
	unsigned w_down; /* … and on the left, to clients */
	struct frame_info w_fi; /* of the last, which is gone */
	unsigned w_port; /* where it went */
	size_t w_len; /* of its message, … */
	uint8_t w_msg[4096]; /* … and the message */
};

static const uint8_t client_mac[MAC_LEN] = { 2, 0, 0, 0, 7, 7 };
static const uint8_t all_mac[MAC_LEN] = { 255, 255, 255, 255, 255, 255 };

static void
keep(struct world *w, const struct frame_info *fi)
{
	w->w_fi = *fi;
	w->w_port = ld16be(fi->fi_l4 + 2);
	w->w_len = fi->fi_l4len - 8;
	memcpy(w->w_msg, fi->fi_l4 + 8, w->w_len);
}

static void
watch_right(void *arg, const struct frame_info *fi, const uint8_t *p, size_t n)
{
	struct world *w = arg;

	(void)p, (void)n;
	if (fi->fi_proto != FP_UDP || ld16be(fi->fi_l4 + 2) % 480 != 67)
		return;
	SIM_EQ(w->w_sim, ld16be(fi->fi_l4), ld16be(fi->fi_l4 + 2));
	w->w_up++;
	keep(w, fi);
}

static void
watch_left(void *arg, const struct frame_info *fi, const uint8_t *p, size_t n)
{
	struct world *w = arg;

	(void)p, (void)n;
	if (fi->fi_proto != FP_UDP)
		return;
	w->w_down++;
	keep(w, fi);
}

static void
set_ctl(struct ctl *ctl, void *arg)
{
	struct world *w = arg;

	role_enter(&on_ctl);
	SIM_EQ(w->w_sim, relay_set(ctl, if_find(ctl, "left"), &w->w_relay), 0);
}

static void
relay_configure(struct world *w)
{
	host_ctl(w->w_lab.l_r, set_ctl, w);
}

static void
world_make(struct world *w, struct sim *s)
{
	memset(w, 0, sizeof(*w));
	w->w_sim = s;
	lab_make(&w->w_lab, s, 1 + (unsigned)sim_below(s, 3),
	    (unsigned)sim_below(s, 3));
	lab_ping(&w->w_lab, 1);
	w->w_relay = (struct relay){ .rl_server4 = { SERVER }, .rl_n4 = 1,
		.rl_server6 = { w->w_lab.l_b6->pr_addr.a_v6 }, .rl_n6 = 1,
		.rl_hops4 = 4, .rl_hops6 = 8, .rl_agent = true };
	relay_configure(w);
	wire_watch(w->w_lab.l_left, watch_left, w);
	wire_watch(w->w_lab.l_right, watch_right, w);
}

static uint64_t
stat(const struct world *w, unsigned which)
{
	return host_stat(w->w_lab.l_r, SG_DHCP, which);
}

/* With these options; returns its length. */
static size_t
message(uint8_t *p, unsigned op, const void *opt, size_t n)
{
	memset(p, 0, OPTS);
	p[0] = (uint8_t)op;
	p[1] = 1;
	p[2] = MAC_LEN;
	memcpy(p + 28, client_mac, MAC_LEN);
	st32be(p + 236, COOKIE);
	memcpy(p + OPTS, opt, n);
	return OPTS + n;
}

static void
client_says(struct world *w, const uint8_t *p, size_t n)
{
	struct frame_spec fs = { .fs_src = addr_v4(0),
		.fs_dst = addr_v4(BCAST), .fs_proto = FP_UDP };
	struct frame f;

	memcpy(fs.fs_dmac, all_mac, MAC_LEN);
	memcpy(fs.fs_smac, client_mac, MAC_LEN);
	frame_udp(&f, &fs, 68, 67, p, n);
	wire_inject(w->w_lab.l_left, &f);
	sim_rest(w->w_sim);
	sim_pass(w->w_sim, NS_MS);
}

static void
server_says(struct world *w, const struct addr *to, unsigned port,
    const uint8_t *p, size_t n)
{
	struct peer *from = to->a_family == ADDR_V4 ? w->w_lab.l_b4 :
	    w->w_lab.l_b6;
	struct frame_spec fs;
	struct frame f;

	SIM_CHECK(w->w_sim, peer_spec(from, to, &fs));
	fs.fs_proto = FP_UDP;
	frame_udp(&f, &fs, (uint16_t)port, (uint16_t)port, p, n);
	wire_inject(w->w_lab.l_right, &f);
	sim_rest(w->w_sim);
	sim_pass(w->w_sim, NS_MS);
}

#define MINE 82, 6, 1, 4, 'l', 'e', 'f', 't'

static const uint8_t plain[] = { 53, 1, 1, 255 };
static const uint8_t with_agent[] = { 53, 1, 1, 82, 3, 1, 1, 'x', 255 };
static const uint8_t with_mine[] = { 53, 1, 1, MINE, 255 };

static const struct {
	const char *name;
	enum relay_policy policy;
	bool noagent; /* ours is not put in */
	unsigned hops;
	uint32_t giaddr;
	const uint8_t *opt, *want; /* want NULL: dropped */
	unsigned nopt, nwant;
	enum relaystat why;
} asked[] = {
	{ "plain", RELAY_DROP, false, 0, 0, plain, with_mine, 4, 12, 0 },
	{ "without option 82", RELAY_DROP, true, 0, 0, plain, plain, 4, 4, 0 },
	{ "a client's option 82", RELAY_DROP, false, 0, 0, with_agent, NULL, 9,
	    0, rls_agent },
	{ "kept", RELAY_KEEP, false, 0, 0, with_agent, with_agent, 9, 9, 0 },
	{ "replaced", RELAY_REPLACE, false, 0, 0, with_agent, with_mine, 9, 12,
	    0 },
	{ "of another relay", RELAY_DROP, false, 1, 0x0a090909, with_agent,
	    with_agent, 9, 9, 0 },
	{ "of another relay, plain", RELAY_REPLACE, false, 1, 0x0a090909,
	    plain, plain, 4, 4, 0 },
	{ "in our name", RELAY_DROP, false, 1, GIADDR, plain, NULL, 4, 0,
	    rls_ourgiaddr },
	{ "three hops", RELAY_DROP, false, 3, 0x0a090909, plain, plain, 4, 4,
	    0 },
	{ "four hops", RELAY_DROP, false, 4, 0x0a090909, plain, NULL, 4, 0,
	    rls_hops },
};

static void
requests(struct sim *s)
{
	static struct world w;
	uint8_t p[512], want[512];
	unsigned i, up;
	size_t n;

	world_make(&w, s);
	for (i = 0; i < countof(asked); i++) {
		w.w_relay.rl_policy = asked[i].policy;
		w.w_relay.rl_agent = !asked[i].noagent;
		relay_configure(&w);
		n = message(p, 1, asked[i].opt, asked[i].nopt);
		p[3] = (uint8_t)asked[i].hops;
		st32be(p + 24, asked[i].giaddr);
		up = w.w_up;
		client_says(&w, p, n);
		if (asked[i].want == NULL) {
			SIM_EQ(s, w.w_up, up);
			SIM_EQ(s, stat(&w, asked[i].why), 1);
			continue;
		}
		memset(want, 0, sizeof(want));
		n = message(want, 1, asked[i].want, asked[i].nwant);
		want[3] = (uint8_t)(asked[i].hops + 1);
		st32be(want + 24, asked[i].giaddr != 0 ? asked[i].giaddr :
		    GIADDR);
		if (w.w_up != up + 1 || w.w_len != 300 ||
		    memcmp(w.w_msg, want, n) != 0)
			SIM_FAIL(s, "%s", asked[i].name);
		SIM_EQ(s, w.w_fi.fi_dst.a_v4, SERVER);
	}
}

/* By which address and to which MAC a reply goes. */
static void
replies(struct sim *s)
{
	static const struct {
		uint32_t yiaddr, ciaddr;
		uint8_t htype, hlen, flags, mac0;
		uint32_t dst;
	} tab[] = {
		{ 0x0a000150, 0, 1, 6, 0, 2, 0x0a000150 },
		{ 0x0a000150, 0, 1, 6, 0x80, 2, BCAST },
		{ 0, 0x0a000151, 1, 6, 0, 2, 0x0a000151 },
		{ 0, 0, 1, 6, 0, 2, BCAST },
		{ 0x0a000150, 0, 6, 6, 0, 2, BCAST },
		{ 0x0a000150, 0, 1, 8, 0, 2, BCAST },
		{ 0x0a000150, 0, 1, 6, 0, 3, BCAST },
		{ 0xe0000001, 0, 1, 6, 0, 2, BCAST },
		{ 0x7f000001, 0, 1, 6, 0, 2, BCAST },
	};
	static struct world w;
	struct addr us = addr_v4(GIADDR);
	uint8_t p[512];
	unsigned i;
	size_t n;

	world_make(&w, s);
	peer_ping(w.w_lab.l_b4, "10.0.1.1", 1, NS_MS, 0);
	sim_pass(s, 100 * NS_MS);
	for (i = 0; i < countof(tab); i++) {
		n = message(p, 2, with_mine, sizeof(with_mine));
		p[1] = tab[i].htype;
		p[2] = tab[i].hlen;
		p[10] = tab[i].flags;
		st32be(p + 12, tab[i].ciaddr);
		st32be(p + 16, tab[i].yiaddr);
		st32be(p + 24, GIADDR);
		p[28] = tab[i].mac0;
		server_says(&w, &us, 67, p, n);
		SIM_EQ(s, w.w_down, i + 1);
		SIM_EQ(s, w.w_fi.fi_src.a_v4, GIADDR);
		SIM_EQ(s, w.w_fi.fi_dst.a_v4, tab[i].dst);
		SIM_EQ(s, memcmp(w.w_fi.fi_dmac, tab[i].dst == BCAST ?
			all_mac : client_mac, MAC_LEN), 0);
		SIM_EQ(s, memcmp(w.w_msg + OPTS, plain, 4), 0);
		SIM_EQ(s, memcmp(w.w_msg, p, OPTS), 0);
	}
	st32be(p + 24, 0x0a000201); /* an interface that does not relay */
	server_says(&w, &us, 67, p, n);
	SIM_EQ(s, stat(&w, rls_notours), 1);
	SIM_EQ(s, w.w_down, countof(tab));
	SIM_EQ(s, host_stat(w.w_lab.l_r, SG_PATH, pks_dropped), 1);
}

static void
client6_says(struct world *w, const uint8_t *p, size_t n)
{
	static const struct in6 dst = { 0xff02000000000000, 0x10002 };
	static const uint8_t mac[MAC_LEN] = { 0x33, 0x33, 0, 1, 0, 2 };
	struct frame_spec fs = { .fs_dst = addr_v6(dst), .fs_proto = FP_UDP };
	struct frame f;

	fs.fs_src = addr_v6(in6_linklocal_mac(client_mac));
	memcpy(fs.fs_dmac, mac, MAC_LEN);
	memcpy(fs.fs_smac, client_mac, MAC_LEN);
	frame_udp(&f, &fs, 546, 547, p, n);
	wire_inject(w->w_lab.l_left, &f);
	sim_rest(w->w_sim);
	sim_pass(w->w_sim, NS_MS);
}

/* There and back, by way of none and of several other relays. */
static void
version6(struct sim *s)
{
	static struct world w;
	struct addr us, peer = addr_v6(in6_linklocal_mac(client_mac));
	uint8_t p[600], link[16], from[16];
	unsigned hops, n;

	world_make(&w, s);
	host_neigh(w.w_lab.l_r, "left",
	    addr_format(&peer, (char[ADDR_STRLEN]){ 0 }), client_mac);
	SIM_EQ(s, addr_parse(&us, "fd00:2::1"), 0);
	in6_store(from, peer.a_v6);
	for (hops = 0; hops < 10; hops++) {
		memset(p, 0, sizeof(p));
		/* hops - 1 is what the relay before us has counted. */
		p[0] = hops == 0 ? 1 : 12;
		p[1] = (uint8_t)(hops == 0 ? 7 : hops - 1);
		n = hops == 0 ? 20 : 34 + 4 + 20;
		if (hops > 0)
			p[35] = 9;
		p[37] = hops == 0 ? p[37] : 20;
		w.w_up = w.w_down = 0;
		client6_says(&w, p, n);
		if (hops == 9) { /* RFC 8415, 19.1.2 */
			SIM_EQ(s, w.w_up, 0);
			SIM_EQ(s, stat(&w, rls_hops), 1);
			break;
		}
		SIM_EQ(s, w.w_up, 1);
		SIM_EQ(s, w.w_len, 34 + 4 + 4 + 4 + n);
		SIM_EQ(s, w.w_msg[0], 12);
		SIM_EQ(s, w.w_msg[1], hops);
		SIM_EQ(s, addr_parse(&us, "fd00:1::1"), 0);
		in6_store(link, us.a_v6);
		SIM_EQ(s, memcmp(w.w_msg + 2, link, 16), 0);
		SIM_EQ(s, memcmp(w.w_msg + 18, from, 16), 0);
		SIM_EQ(s, memcmp(w.w_msg + 34, "\0\22\0\4left\0\11", 10), 0);
		SIM_EQ(s, memcmp(w.w_msg + 46, p, n), 0);
		/* The same back. */
		SIM_EQ(s, addr_parse(&us, "fd00:2::1"), 0);
		memcpy(p, w.w_msg, w.w_len);
		p[0] = 13;
		p[46] = hops == 0 ? 7 : 13;
		server_says(&w, &us, 547, p, 46 + n);
		SIM_EQ(s, w.w_down, 1);
		SIM_EQ(s, w.w_len, n);
		SIM_EQ(s, memcmp(w.w_msg, p + 46, n), 0);
		SIM_EQ(s, w.w_port, hops == 0 ? 546 : 547);
		SIM_CHECK(s, addr_eq(&w.w_fi.fi_dst, &peer));
	}
	/* Another relay's; a server's word from a client. */
	p[0] = 13;
	memcpy(p + 38, "tfel", 4);
	server_says(&w, &us, 547, p, 46 + 20);
	memset(p, 0, sizeof(p));
	p[0] = 7;
	client6_says(&w, p, 20);
	SIM_EQ(s, stat(&w, rls_badtype), 1);
	SIM_EQ(s, stat(&w, rls_notours), 1);
}

/*
 * Ten thousand in a moment: a second's worth is relayed, the rest dropped, and
 * others do not notice.
 */
static void
flood(struct sim *s)
{
	static struct world w;
	struct frame_spec fs = { .fs_src = addr_v4(0),
		.fs_dst = addr_v4(BCAST), .fs_proto = FP_UDP };
	struct ping *pg;
	struct frame f;
	uint8_t p[512];
	uint64_t rate = 100;
	unsigned i;
	size_t n;

	world_make(&w, s);
	host_tune(w.w_lab.l_r, "net.inet.dhcprelay.rate", rate);
	host_tune(w.w_lab.l_r, "net.punt.udp", 0);
	n = message(p, 1, plain, sizeof(plain));
	memcpy(fs.fs_dmac, all_mac, MAC_LEN);
	memcpy(fs.fs_smac, client_mac, MAC_LEN);
	frame_udp(&f, &fs, 68, 67, p, n);
	pg = peer_ping(w.w_lab.l_a4, w.w_lab.l_b4->pr_text, 20, NS_MS, 56);
	for (i = 0; i < 10000; i++) {
		wire_inject(w.w_lab.l_left, &f);
		if (i % 100 == 0)
			sim_pass(s, 100 * NS_US);
	}
	SIM_UNTIL(s, ping_done(pg), NS_S);
	sim_rest(s);
	SIM_CHECK(s, stat(&w, rls_requests) >= rate);
	SIM_CHECK(s, stat(&w, rls_requests) <= rate * 3 / 2);
	SIM_EQ(s, stat(&w, rls_requests) + stat(&w, rls_rate), 10000);
	SIM_EQ(s, w.w_up, stat(&w, rls_requests));
}

int
main(int argc, char **argv)
{
	static const struct scenario sc[] = { { "requests", requests, 0 },
		{ "replies", replies, 0 }, { "version6", version6, 0 },
		{ "flood", flood, 10 }, { 0 } };

	return sim_main(argc, argv, sc);
}
