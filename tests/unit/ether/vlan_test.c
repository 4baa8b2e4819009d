/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * VLANs: tags read, taken off and put on; the interface a frame belongs to;
 * what attaching one refuses; what becomes of it when its parent goes.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "../bed.h"
#include "ether/ether.h"
#include "ether/vlan.h"

static const struct neigh_proto none;

#define US   2, 0, 0, 0, 0, 1
#define PEER 2, 0, 0, 0, 0, 2
#define ALL  0xff, 0xff, 0xff, 0xff, 0xff, 0xff
#define C    0x81, 0x00
#define S    0x88, 0xa8

/* Interfaces that tests attach, and what they stand on. */
static const struct {
	const char *name, *parent;
	struct vlan_conf vc;
} vlans[] = {
	{ "v20", "eth0", { 20, ETHERTYPE_VLAN, 0, 0 } },
	{ "v21", "eth0", { 21, ETHERTYPE_VLAN, 5, 0 } },
	{ "s20", "eth0", { 20, ETHERTYPE_QINQ, 0, 0 } },
	{ "v20.s20", "s20", { 20, ETHERTYPE_VLAN, 0, 0 } },
	{ "map", "eth0", { 4094, ETHERTYPE_VLAN, VLAN_PRIORITY_MAP, 0 } },
	{ "map.in", "v21", { 7, ETHERTYPE_VLAN, VLAN_PRIORITY_MAP, 0 } },
};

static struct ifnet *
vlan(struct bed *b, const char *name, const char *parent,
    const struct vlan_conf *vc, unsigned mtu, int want, const char *text)
{
	struct ifnet *ifp = NULL;
	char err[256] = "";

	role_enter(&on_ctl);
	assert_int_equal(vlan_attach(b->ctl, name, if_find(b->ctl, parent), vc,
			     mtu, &ifp, err, sizeof(err)),
	    want);
	if (want != 0 && strstr(err, text) == NULL)
		fail_msg("\"%s\" does not say \"%s\"", err, text);
	if (want == 0)
		if_set_up(b->ctl, ifp, true);
	return ifp;
}

static void
bed_vlans(struct bed *b)
{
	unsigned i;

	bed_create(b, 1, &none, &none);
	for (i = 0; i < countof(vlans); i++)
		vlan(b, vlans[i].name, vlans[i].parent, &vlans[i].vc, 0, 0, "");
}

static const struct {
	const char *name;
	uint8_t frame[30];
	unsigned len;
	enum etherstat why;
	const char *ifname; /* whose it is, or whose drop */
	unsigned nvlan;
	uint16_t tci[2];
	unsigned rest; /* bytes behind the header */
} frames[] = {
	{ "one tag", { US, PEER, C, 0, 20, 8, 0, 'x' }, 19, ets_none, "v20", 1,
	    { 20 }, 1 },
	{ "priority and DEI are kept", { US, PEER, C, 0xf0, 20, 8, 0 }, 18,
	    ets_none, "v20", 1, { 0xf014 }, 0 },
	{ "another id", { US, PEER, C, 0, 21, 8, 0, 'x' }, 19, ets_none, "v21",
	    1, { 21 }, 1 },
	{ "highest id", { ALL, PEER, C, 0x0f, 0xfe, 8, 0 }, 18, ets_none,
	    "map", 1, { 0x0ffe }, 0 },
	{ "service tag", { US, PEER, S, 0, 20, 8, 0, 'x' }, 19, ets_none, "s20",
	    1, { 20 }, 1 },
	{ "QinQ", { US, PEER, S, 0, 20, C, 0x60, 20, 8, 0, 'x', 'y' }, 24,
	    ets_none, "v20.s20", 2, { 20, 0x6014 }, 2 },
	{ "two of 802.1Q", { US, PEER, C, 0, 21, C, 0, 7, 8, 0 }, 22, ets_none,
	    "map.in", 2, { 21, 7 }, 0 },
	{ "priority tag", { US, PEER, C, 0xa0, 0, 8, 0, 'x' }, 19, ets_none,
	    "eth0", 1, { 0xa000 }, 1 },
	{ "two priority tags", { US, PEER, S, 0x20, 0, C, 0xa0, 0, 8, 0 }, 22,
	    ets_none, "eth0", 2, { 0x2000, 0xa000 }, 0 },
	{ "priority within VLAN", { US, PEER, C, 0, 20, C, 0xa0, 0, 8, 0 }, 22,
	    ets_none, "v20", 2, { 20, 0xa000 }, 0 },
	{ "unknown id", { US, PEER, C, 0, 22, 8, 0 }, 18, ets_novlan, "eth0",
	    1, { 22 }, 0 },
	{ "reserved id", { US, PEER, C, 0x0f, 0xff, 8, 0 }, 18, ets_novlan,
	    "eth0", 1, { 0xfff }, 0 },
	{ "id of the other protocol", { US, PEER, S, 0, 21, 8, 0 }, 18,
	    ets_novlan, "eth0", 1, { 21 }, 0 },
	{ "unknown within known", { US, PEER, S, 0, 20, C, 0, 9, 8, 0 }, 22,
	    ets_novlan, "s20", 2, { 20, 9 }, 0 },
	{ "VLAN of a VLAN that has none", { US, PEER, C, 0, 20, C, 0, 20, 8,
	    0 }, 22, ets_novlan, "v20", 2, { 20, 20 }, 0 },
	{ "three tags", { US, PEER, S, 0, 20, C, 0, 20, C, 0, 20, 8, 0 }, 26,
	    ets_vlan, "v20.s20", 2, { 20, 20 }, 0 },
	{ "tag cut off", { US, PEER, C, 0, 20, 8 }, 17, ets_runt, "eth0", 0,
	    { 0 }, 0 },
	{ "no tag behind its type", { US, PEER, C }, 14, ets_runt, "eth0", 0,
	    { 0 }, 0 },
	{ "second tag cut off", { US, PEER, S, 0, 20, C, 0, 20, 8 }, 21,
	    ets_runt, "s20", 1, { 20 }, 0 },
	{ "unknown type within", { US, PEER, C, 0, 20, 0x88, 0xcc }, 18,
	    ets_type, "v20", 1, { 20 }, 0 },
	{ "length within", { US, PEER, C, 0, 20, 0, 46 }, 18, ets_8023, "v20",
	    1, { 20 }, 0 },
};

/* Drops are counted for the interface that the frame belonged to by then. */
static uint64_t
dropped(const struct cpu *c, const struct ifnet *ifp, enum etherstat why)
{
	return stat_cell_read(
	    &c->c_drop[ifp->if_index][stat_base(SG_ETHER) + why]);
}

static void
check_frame(struct bed *b, unsigned i)
{
	const struct ifnet *ifp = if_find(b->ctl, frames[i].ifname);
	struct cpu *c = host_cpu(b->sp, 0);
	struct mvec mv = { .mv_n = 1 };
	struct if_counts ic;
	struct mbuf *m;
	unsigned k;

	mv.mv_m[0] = bed_packet(b, c, frames[i].frame, frames[i].len);
	ether_input(c, &mv);
	if (frames[i].why != ets_none) {
		if (dropped(c, ifp, frames[i].why) != 1)
			fail_msg("%s: not dropped", frames[i].name);
		return;
	}
	if (bed_count(b, ST_IP) != 1)
		fail_msg("%s: went elsewhere", frames[i].name);
	m = bed_only(c, ST_IP);
	if (m->m_rcvif != ifp->if_index || m->m_rcvgen != ifp->if_gen)
		fail_msg("%s: of another interface", frames[i].name);
	assert_int_equal(m->m_nvlan, frames[i].nvlan);
	for (k = 0; k < m->m_nvlan; k++)
		assert_int_equal(m->m_vlan[k], frames[i].tci[k]);
	assert_int_equal(m->m_pktlen, frames[i].rest);
	/* The header in front is as it would be without tags. */
	assert_memory_equal(m->m_data - 14, frames[i].frame, 12);
	if_counts(ifp, &ic);
	if (ifp->if_count != NULL) {
		/* Without the tags that made it this VLAN's. */
		k = ifp->if_lower == b->ifp->if_index ? 1 : 2;
		assert_int_equal(ic.ic_rx_packets, 1);
		assert_int_equal(ic.ic_rx_bytes, frames[i].len - 4 * k);
	}
	mv.mv_m[0] = m;
	mv.mv_n = 1;
	bed_free(c, &mv);
}

static void
test_input(void **state)
{
	struct bed b;
	unsigned i;

	(void)state;
	for (i = 0; i < countof(frames); i++) {
		bed_vlans(&b);
		check_frame(&b, i);
		bed_balance(&b);
		bed_destroy(&b);
	}
}

/* Offsets to the transport follow; bytes that others read stay. */
static void
test_input_meta(void **state)
{
	static const uint8_t frame[40] = { US, PEER, C, 0, 20, 8, 0 };
	struct mvec mv = { .mv_n = 2 };
	struct cpu *c;
	struct bed b;
	unsigned i;

	(void)state;
	bed_vlans(&b);
	c = host_cpu(b.sp, 0);
	for (i = 0; i < 2; i++) {
		mv.mv_m[i] = bed_packet(&b, c, frame, sizeof(frame));
		mv.mv_m[i]->m_flags |= MF_CSUM_PARTIAL;
		mv.mv_m[i]->m_l4off = 18 + 20;
	}
	mv.mv_m[1]->m_flags |= MF_SHARED;
	ether_input(c, &mv);
	bed_take(c, ST_IP, &mv);
	assert_int_equal(mv.mv_n, 2);
	assert_int_equal(mv.mv_m[0]->m_l4off, 20);
	assert_int_equal(mv.mv_m[1]->m_l4off, 20);
	assert_memory_equal(mv.mv_m[1]->m_data - 18, frame, 18);
	bed_free(c, &mv);
	bed_balance(&b);
	bed_destroy(&b);
}

static void
test_down(void **state)
{
	static const uint8_t frame[18] = { US, PEER, C, 0, 20, 8, 0 };
	struct mvec mv = { .mv_n = 1 };
	struct cpu *c;
	struct bed b;

	(void)state;
	bed_vlans(&b);
	if_set_up(b.ctl, if_find(b.ctl, "v20"), false);
	c = host_cpu(b.sp, 0);
	mv.mv_m[0] = bed_packet(&b, c, frame, sizeof(frame));
	ether_input(c, &mv);
	assert_int_equal(dropped(c, if_find(b.ctl, "v20"), ets_down), 1);
	bed_balance(&b);
	bed_destroy(&b);
}

static const struct {
	const char *ifname;
	uint8_t frame[16];
	unsigned len;
	uint8_t want[26];
} sent[] = {
	{ "eth0", { PEER, US, 8, 0, 0x45, 0xb8 }, 16,
	    { PEER, US, 8, 0, 0x45, 0xb8 } },
	{ "v20", { PEER, US, 8, 0, 0x45, 0xb8 }, 16,
	    { PEER, US, C, 0, 20, 8, 0, 0x45, 0xb8 } },
	{ "v21", { PEER, US, 8, 6, 1, 2 }, 16,
	    { PEER, US, C, 0xa0, 21, 8, 6, 1, 2 } },
	{ "s20", { PEER, US, 8, 0, 0x45, 0 }, 16,
	    { PEER, US, S, 0, 20, 8, 0, 0x45, 0 } },
	{ "v20.s20", { PEER, US, 8, 0, 0x45, 0 }, 16,
	    { PEER, US, S, 0, 20, C, 0, 20, 8, 0, 0x45, 0 } },
	/* DSCP EF: precedence 5. */
	{ "map", { PEER, US, 8, 0, 0x45, 0xb8 }, 16,
	    { PEER, US, C, 0xaf, 0xfe, 8, 0, 0x45, 0xb8 } },
	{ "map", { PEER, US, 0x86, 0xdd, 0x6b, 0x80 }, 16,
	    { PEER, US, C, 0xaf, 0xfe, 0x86, 0xdd, 0x6b, 0x80 } },
	{ "map", { PEER, US, 8, 6, 0xff, 0xff }, 16,
	    { PEER, US, C, 0x0f, 0xfe, 8, 6, 0xff, 0xff } },
	{ "map", { PEER, US, 8, 0 }, 14, { PEER, US, C, 0x0f, 0xfe, 8, 0 } },
	{ "map.in", { PEER, US, 8, 0, 0x45, 0x20 }, 16,
	    { PEER, US, C, 0xa0, 21, C, 0x20, 7, 8, 0, 0x45, 0x20 } },
};

/* As often as it takes, as dev_output() does; NULL if it was dropped. */
static struct mbuf *
send_on(struct bed *b, struct cpu *c, struct ifnet *ifp, struct mbuf *m)
{
	while (ifp->if_ops->do_output != NULL) {
		ifp->if_ops->do_output(c, ifp, &m, 1);
		if (bed_count(b, ST_TX) == 0)
			return NULL;
		m = bed_only(c, ST_TX);
		ifp = if_lookup(b->sp, m->m_oif);
	}
	assert_ptr_equal(ifp, b->ifp);
	return m;
}

static void
check_sent(struct bed *b, unsigned i, bool tight)
{
	struct ifnet *ifp = if_find(b->ctl, sent[i].ifname);
	struct cpu *c = host_cpu(b->sp, 0);
	unsigned tags = 0, type = 12;
	struct mvec mv = { .mv_n = 1 };
	struct if_counts ic;
	struct mbuf *m;

	while (vlan_is_tag(ld16be(&sent[i].want[type]))) {
		type += 4;
		tags++;
	}
	m = bed_packet(b, c, sent[i].frame, sent[i].len);
	m->m_l4off = 15;
	if (tight) {
		memmove(m->m_head, m->m_data, m->m_len);
		m->m_data = m->m_head;
	}
	m = send_on(b, c, ifp, m);
	assert_non_null(m);
	assert_int_equal(m->m_pktlen, sent[i].len + 4 * tags);
	assert_memory_equal(m->m_data, sent[i].want, m->m_pktlen);
	assert_int_equal(m->m_l4off, 15 + 4 * tags);
	if_counts(ifp, &ic);
	if (tags > 0) {
		assert_int_equal(ic.ic_tx_packets, 1);
		assert_int_equal(ic.ic_tx_bytes, sent[i].len);
	}
	mv.mv_m[0] = m;
	bed_free(c, &mv);
}

static void
test_output(void **state)
{
	struct bed b;
	unsigned i;

	(void)state;
	for (i = 0; i < 2 * countof(sent); i++) {
		bed_vlans(&b);
		check_sent(&b, i / 2, i % 2 == 1);
		bed_balance(&b);
		bed_destroy(&b);
	}
}

/* A frame that somebody else reads is tagged in a copy. */
static void
test_output_shared(void **state)
{
	struct mvec mv = { .mv_n = 2 };
	struct mbuf *m, *clone;
	struct cpu *c;
	struct bed b;

	(void)state;
	bed_vlans(&b);
	c = host_cpu(b.sp, 0);
	m = bed_packet(&b, c, sent[1].frame, sent[1].len);
	clone = m_clone(c, m);
	assert_non_null(clone);
	stat_add(c, SG_PATH, pks_copied, 1);
	mv.mv_m[0] = m;
	mv.mv_m[1] = send_on(&b, c, if_find(b.ctl, "v20"), clone);
	assert_memory_equal(mv.mv_m[1]->m_data, sent[1].want, 20);
	assert_memory_equal(m->m_data, sent[1].frame, 16);
	bed_free(c, &mv);
	bed_balance(&b);
	bed_destroy(&b);
}

/* What cannot leave is dropped: down, and without a parent. */
static void
test_output_down(void **state)
{
	struct cpu *c;
	struct bed b;

	(void)state;
	bed_vlans(&b);
	role_enter(&on_ctl);
	if_set_up(b.ctl, if_find(b.ctl, "v20"), false);
	c = host_cpu(b.sp, 0);
	assert_null(send_on(&b, c, if_find(b.ctl, "v20"),
	    bed_packet(&b, c, sent[0].frame, 16)));
	assert_int_equal(bed_stat(&b, SG_ETHER, ets_down), 1);
	if_set_up(b.ctl, if_find(b.ctl, "v20"), true);
	if_detach(b.ctl, b.ifp);
	assert_null(send_on(&b, c, if_find(b.ctl, "v20"),
	    bed_packet(&b, c, sent[0].frame, 16)));
	assert_int_equal(bed_stat(&b, SG_ETHER, ets_down), 2);
	bed_balance(&b);
	bed_destroy(&b);
}

static void
test_attach(void **state)
{
	struct vlan_conf vc = { 30, ETHERTYPE_VLAN, 0, 0 };
	struct ifnet *ifp;
	struct bed b;

	(void)state;
	bed_vlans(&b);
	ifp = vlan(&b, "v30", "eth0", &vc, 1400, 0, "");
	assert_int_equal(ifp->if_mtu, 1400);
	assert_memory_equal(ifp->if_mac, b.ifp->if_mac, 6);
	assert_true(if_running(ifp));
	assert_int_equal(vlan_conf(ifp)->vc_id, 30);
	assert_null(vlan_conf(b.ifp));
	assert_int_equal(if_find(b.ctl, "v20")->if_mtu, 1500);
	vlan(&b, "again", "eth0", &vc, 0, EEXIST, "is v30 already");
	vlan(&b, "v30", "v20", &vc, 0, EEXIST, "v30 is there already");
	vlan(&b, "wide", "v30", &vc, 1401, EINVAL, "at most 1400 on v30");
	vlan(&b, "third", "v20.s20", &vc, 0, EINVAL, "2 tags already");
	vc.vc_id = 0;
	vlan(&b, "zero", "eth0", &vc, 0, EINVAL, "1 to 4094");
	vc.vc_id = 4095;
	vlan(&b, "last", "eth0", &vc, 0, EINVAL, "1 to 4094");
	/* One buffer holds the frame: the tags cost what they need. */
	vc.vc_id = 31;
	b.ifp->if_framemax = 1514;
	vlan(&b, "tight", "eth0", &vc, 1500, EINVAL, "at most 1496");
	ifp = vlan(&b, "tight", "eth0", &vc, 0, 0, "");
	assert_int_equal(ifp->if_mtu, 1496);
	ifp = vlan(&b, "tighter", "tight", &vc, 0, 0, "");
	assert_int_equal(ifp->if_mtu, 1492);
	bed_destroy(&b);
}

/* Deleted and made again, at once and later. */
static void
test_detach(void **state)
{
	static const uint8_t frame[18] = { US, PEER, C, 0, 20, 8, 0 };
	struct mvec mv = { .mv_n = 1 };
	struct ifnet *ifp;
	struct cpu *c;
	struct bed b;

	(void)state;
	bed_vlans(&b);
	if_detach(b.ctl, if_find(b.ctl, "v20"));
	c = host_cpu(b.sp, 0);
	mv.mv_m[0] = bed_packet(&b, c, frame, sizeof(frame));
	ether_input(c, &mv);
	assert_int_equal(dropped(c, b.ifp, ets_novlan), 1);
	ifp = vlan(&b, "v20", "eth0", &vlans[0].vc, 0, 0, "");
	host_settle(b.sp);
	mv.mv_n = 1;
	mv.mv_m[0] = bed_packet(&b, host_cpu(b.sp, 0), frame, sizeof(frame));
	ether_input(c, &mv);
	bed_take(c, ST_IP, &mv);
	assert_int_equal(mv.mv_n, 1);
	assert_int_equal(mv.mv_m[0]->m_rcvif, ifp->if_index);
	bed_free(c, &mv);
	bed_balance(&b);
	bed_destroy(&b);
}

/* A link comes and goes with the parent's, through both levels. */
static void
test_follow(void **state)
{
	struct ifnet *s20, *v20;
	struct dev_stats ds = { 0 };
	struct bed b;

	(void)state;
	bed_vlans(&b);
	s20 = if_find(b.ctl, "s20");
	v20 = if_find(b.ctl, "v20.s20");
	assert_true(if_running(v20));
	if_set_up(b.ctl, b.ifp, false);
	assert_false(if_running(s20));
	assert_false(if_running(v20));
	if_set_up(b.ctl, b.ifp, true);
	assert_true(if_running(v20));
	if_set_up(b.ctl, s20, false);
	assert_false(if_running(v20));
	if_set_up(b.ctl, s20, true);
	if_detach(b.ctl, b.ifp);
	assert_false(if_running(s20));
	assert_false(if_running(v20));
	s20->if_ops->do_stats(s20, &ds);
	assert_non_null(strstr(ds.ds_note, "gone"));
	/* Another in its place is not its parent. */
	b.ifp = bed_attach(&b, "eth0");
	assert_false(if_running(s20));
	if_detach(b.ctl, s20);
	host_settle(b.sp);
	bed_destroy(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_input),
		cmocka_unit_test(test_input_meta),
		cmocka_unit_test(test_down),
		cmocka_unit_test(test_output),
		cmocka_unit_test(test_output_shared),
		cmocka_unit_test(test_output_down),
		cmocka_unit_test(test_attach),
		cmocka_unit_test(test_detach),
		cmocka_unit_test(test_follow),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
