/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * End points of UDP on one CPU: bound, connected, closed; what is delivered,
 * answered, refused; ICMP errors; ports.
 */
#include <errno.h>
#include <string.h>

#include "../fixture.h"

#include "ip/icmp_wire.h"
#include "ip/ip_stat.h"
#include "ip6/ip6_wire.h"
#include "ip6/ip6_stat.h"
#include "mbuf/in_cksum.h"
#include "udp/udp.h"
#include "udp/udp_int.h"

enum { ECHO_BACK, ECHO_CHANGED, KEEP_COUNT };

struct end {
	struct udpcb e_pcb;
	struct in_here e_here[1];
	unsigned e_what; /* it does */
	unsigned e_n, e_calls, e_gone;
	uint8_t e_last[64];
	unsigned e_len;
	struct addr e_src, e_dst;
	unsigned e_sport, e_dport, e_ttl;
	struct udp_error e_error;
	unsigned e_errors;
	int e_answer; /* of the last operation; -1: none came */
	struct in_key e_key;
};

static struct fixture *fx;
static struct ifnet *lan;

static void
end_one(struct cpu *c, struct end *e, struct mbuf *m)
{
	e->e_n++;
	e->e_len = m->m_pktlen;
	m_copydata(m, 0, umin(m->m_pktlen, sizeof(e->e_last)), e->e_last);
	e->e_src = udp_source(m);
	e->e_dst = udp_destination(m);
	e->e_sport = udp_source_port(m);
	e->e_dport = udp_destination_port(m);
	e->e_ttl = udp_ttl(m);
	if (e->e_what == KEEP_COUNT) {
		udp_consume(c, m);
		return;
	}
	if (e->e_what == ECHO_CHANGED)
		m->m_data[0] = '!';
	udp_reply(c, m, e->e_what == ECHO_CHANGED);
}

static void
end_input(struct cpu *c, struct udpcb *ucb, void **here, struct mbuf **mm,
    unsigned n)
{
	struct end *e = container_of(ucb, struct end, e_pcb);
	unsigned i;

	role_enter(&on_cpu);
	(void)here;
	e->e_calls++;
	for (i = 0; i < n; i++)
		end_one(c, e, mm[i]);
}

static void
end_error(struct cpu *c, struct udpcb *ucb, void **here,
    const struct udp_error *ue)
{
	struct end *e = container_of(ucb, struct end, e_pcb);

	(void)c;
	(void)here;
	e->e_error = *ue;
	e->e_errors++;
}

static void
end_gone(struct cpu *c, struct udpcb *ucb, void **here)
{
	(void)c;
	(void)here;
	container_of(ucb, struct end, e_pcb)->e_gone++;
}

static const struct udp_ops ops = {
	.uo_name = "test",
	.uo_input = end_input,
	.uo_error = end_error,
	.uo_gone = end_gone,
};

static void
answered(struct endpoint *ep, const struct udp_op *op)
{
	struct end *e = op->uop_arg;

	(void)ep;
	e->e_answer = op->uop_error;
	e->e_key = op->uop_key;
}

static void
settle(void)
{
	unsigned i;

	role_enter(&on_cpu);
	for (i = 0; i < 8; i++) {
		(void)msg_run(&fx->fx_c->c_ep);
		(void)msg_run(&fx->fx_ctl->ctl_ep);
	}
}

static void
end_init(struct end *e, unsigned what, unsigned flags)
{
	*e = (struct end){ .e_what = what };
	udp_init(fx->fx_sp, &e->e_pcb, &ops, e->e_here, flags, 0);
}

static struct in_key
local(const char *text, unsigned port)
{
	struct in_key ik = { .ik_lport = (uint16_t)port };
	struct prefix p;

	if (strchr(text, '/') != NULL) {
		assert_int_equal(prefix_parse(&p, text), 0);
	} else {
		assert_int_equal(addr_parse(&p.p_addr, text), 0);
		p.p_len = (uint8_t)addr_bits(p.p_addr.a_family);
	}
	in_key_bind(&ik, &p.p_addr, p.p_len);
	return ik;
}

static struct in_key
tuple(const char *text, unsigned port, const char *peer, unsigned fport)
{
	struct in_key ik = local(text, port);
	struct addr a;

	assert_int_equal(addr_parse(&a, peer), 0);
	ik.ik_faddr = in_key_addr(&a);
	ik.ik_fport = (uint16_t)fport;
	return ik;
}

static int
end_bind(struct end *e, const char *text, unsigned port)
{
	struct in_key ik = local(text, port);

	e->e_answer = -1;
	assert_int_equal(
	    udp_bind(&fx->fx_c->c_ep, &e->e_pcb, &ik, answered, e), 0);
	assert_int_equal(e->e_answer, -1);
	settle();
	return e->e_answer;
}

static int
end_connect(struct end *e, const char *text, unsigned port, const char *peer,
    unsigned fport)
{
	struct in_key ik = tuple(text, port, peer, fport);

	e->e_answer = -1;
	assert_int_equal(
	    udp_connect(&fx->fx_ctl->ctl_ep, &e->e_pcb, &ik, answered, e), 0);
	settle();
	return e->e_answer;
}

static void
end_close(struct end *e)
{
	e->e_answer = -1;
	assert_int_equal(
	    udp_close(&fx->fx_c->c_ep, &e->e_pcb, answered, e), 0);
	settle();
	assert_int_equal(e->e_answer, 0);
}

/* A datagram comes in, with a right checksum unless sum says otherwise. */
static void
comes_sum(const char *src, unsigned sport, const char *dst, unsigned dport,
    const char *text, int sum, unsigned chain)
{
	unsigned len = 8 + (unsigned)strlen(text);
	uint8_t p[600] = { 0 };
	const struct fx_packet fp = { .fp_src = src, .fp_dst = dst,
		.fp_proto = IPP_UDP, .fp_payload = p, .fp_len = len,
		.fp_chain = chain, .fp_ttl = 77 };
	bool six = strchr(src, ':') != NULL;
	uint64_t pseudo = six ?
	    in6_cksum_pseudo(fx_v6(src), fx_v6(dst), IPP_UDP, len) :
	    in_cksum_pseudo(fx_v4(src), fx_v4(dst), IPP_UDP, (uint16_t)len);

	st16be(p, (uint16_t)sport);
	st16be(p + 2, (uint16_t)dport);
	st16be(p + 4, (uint16_t)len);
	memcpy(p + 8, text, len - 8);
	if (sum != 0)
		st16be(p + 6, in_cksum_fold(in_cksum_add(p, len, pseudo)));
	if (sum < 0)
		p[6] ^= 1;
	fixture_input(fx, lan, &fp);
}

static void
comes(const char *src, unsigned sport, const char *dst, unsigned dport,
    const char *text)
{
	comes_sum(src, sport, dst, dport, text, 1, 0);
}

static int
setup(void **state)
{
	fixture_setup(state);
	fx = *state;
	lan = fixture_if(fx, "lan", 1500, "10.0.0.1/24");
	fixture_addr(fx, lan, "2001:db8::1/64", 0);
	fixture_addr(fx, lan, "10.0.0.7/24", 0);
	return 0;
}

static int
teardown(void **state)
{
	settle();
	return fixture_teardown(state);
}

static void
test_bound(void **state)
{
	struct end e;

	(void)state;
	end_init(&e, KEEP_COUNT, 0);
	assert_int_equal(end_bind(&e, "0.0.0.0/0", 7), 0);
	assert_int_equal(e.e_key.ik_lport, 7);
	comes("10.0.0.9", 1234, "10.0.0.1", 7, "hello");
	assert_int_equal(e.e_n, 1);
	assert_int_equal(e.e_len, 5);
	assert_memory_equal(e.e_last, "hello", 5);
	assert_int_equal(e.e_src.a_v4, fx_v4("10.0.0.9"));
	assert_int_equal(e.e_dst.a_v4, fx_v4("10.0.0.1"));
	assert_int_equal(e.e_sport, 1234);
	assert_int_equal(e.e_dport, 7);
	assert_int_equal(e.e_ttl, 77);
	comes("10.0.0.9", 1234, "10.0.0.1", 8, "to nobody");
	assert_int_equal(e.e_n, 1);
	assert_int_equal(fixture_stat(fx, SG_UDP, udps_noport), 1);
	assert_int_equal(fixture_stat(fx, SG_IP, ips_noport), 1);
	(void)fixture_caught(fx, ST_RESOLVE); /* port unreachable */
	fixture_clear(fx);
	end_close(&e);
	assert_int_equal(e.e_gone, 1);
	assert_int_equal(atomic_load(&fx->fx_sp->sp_udps), 0);
	comes("10.0.0.9", 1234, "10.0.0.1", 7, "hello?");
	assert_int_equal(e.e_n, 1);
}

static void
test_six(void **state)
{
	struct end e;

	(void)state;
	end_init(&e, KEEP_COUNT, 0);
	assert_int_equal(end_bind(&e, "::/0", 7), 0);
	comes("2001:db8::9", 1234, "2001:db8::1", 7, "hello");
	comes("10.0.0.9", 1234, "10.0.0.1", 7, "mapped");
	assert_int_equal(e.e_n, 2);
	assert_memory_equal(e.e_last, "mapped", 6);
	comes("2001:db8::9", 1234, "2001:db8::1", 8, "to nobody");
	assert_int_equal(fixture_stat(fx, SG_IP6, i6s_noport), 1);
	fixture_clear(fx);
	end_close(&e);
	end_init(&e, KEEP_COUNT, INF_V6ONLY);
	assert_int_equal(end_bind(&e, "::/0", 7), 0);
	comes("2001:db8::9", 1234, "2001:db8::1", 7, "hello");
	comes("10.0.0.9", 1234, "10.0.0.1", 7, "mapped");
	assert_int_equal(e.e_n, 1);
	end_close(&e);
}

static const struct {
	const char *src, *dst;
	int sum;
	enum udpstat why; /* udps_none: delivered */
} sumtab[] = {
	{ "10.0.0.9", "10.0.0.1", 1, udps_none },
	{ "10.0.0.9", "10.0.0.1", 0, udps_none },
	{ "10.0.0.9", "10.0.0.1", -1, udps_badsum },
	{ "2001:db8::9", "2001:db8::1", 1, udps_none },
	{ "2001:db8::9", "2001:db8::1", 0, udps_nosum6 },
	{ "2001:db8::9", "2001:db8::1", -1, udps_badsum },
};

static void
test_sums(void **state)
{
	unsigned i, chain, want = 0;
	struct end e;

	(void)state;
	end_init(&e, KEEP_COUNT, 0);
	assert_int_equal(end_bind(&e, "::/0", 7), 0);
	for (chain = 0; chain < 40; chain += 13)
		for (i = 0; i < countof(sumtab); i++) {
			comes_sum(sumtab[i].src, 5, sumtab[i].dst, 7,
			    "sixteen bytes ok", sumtab[i].sum, chain);
			want += sumtab[i].why == udps_none;
			assert_int_equal(e.e_n, want);
		}
	assert_int_equal(fixture_stat(fx, SG_UDP, udps_badsum), 8);
	assert_int_equal(fixture_stat(fx, SG_UDP, udps_nosum6), 4);
	assert_int_equal(fixture_stat(fx, SG_UDP, udps_nosum), 4);
	end_close(&e);
}

/* What went out, whose checksum a device would have completed. */
static void
replied(const char *src, const char *dst, unsigned sport, unsigned dport,
    const char *text)
{
	struct mbuf *m = fixture_caught(fx, ST_RESOLVE);
	bool six = strchr(src, ':') != NULL;
	unsigned off = six ? IP6_HLEN : IP_HLEN;
	const uint8_t *uh = m->m_data + off;
	unsigned len = 8 + (unsigned)strlen(text);

	if ((m->m_flags & MF_CSUM_PARTIAL) != 0)
		assert_true(m_csum_complete(m));
	assert_int_equal(m->m_pktlen, off + len);
	assert_int_equal(ld16be(uh), sport);
	assert_int_equal(ld16be(uh + 2), dport);
	assert_int_equal(ld16be(uh + 4), len);
	assert_memory_equal(uh + 8, text, len - 8);
	assert_int_equal(in_cksum_fold(in_cksum_add(uh, len, six ?
	    in6_cksum_pseudo(fx_v6(src), fx_v6(dst), IPP_UDP, len) :
	    in_cksum_pseudo(fx_v4(src), fx_v4(dst), IPP_UDP,
		(uint16_t)len))), 0);
	if (six) {
		assert_int_equal(m->m_data[7], 64);
		assert_true(in6_eq(in6_load(m->m_data + 8), fx_v6(src)));
		assert_true(in6_eq(in6_load(m->m_data + 24), fx_v6(dst)));
	} else {
		assert_int_equal(in_cksum(m->m_data, IP_HLEN), 0);
		assert_int_equal(m->m_data[8], 64);
		assert_int_equal(ld32be(m->m_data + 12), fx_v4(src));
		assert_int_equal(ld32be(m->m_data + 16), fx_v4(dst));
	}
	fixture_clear(fx);
}

static void
test_reply(void **state)
{
	struct end e;

	(void)state;
	end_init(&e, ECHO_BACK, 0);
	assert_int_equal(end_bind(&e, "::/0", 7), 0);
	comes("10.0.0.9", 1234, "10.0.0.7", 7, "hello");
	replied("10.0.0.7", "10.0.0.9", 7, 1234, "hello");
	comes("2001:db8::9", 1234, "2001:db8::1", 7, "hello");
	replied("2001:db8::1", "2001:db8::9", 7, 1234, "hello");
	e.e_what = ECHO_CHANGED;
	comes("10.0.0.9", 1234, "10.0.0.7", 7, "hello");
	replied("10.0.0.7", "10.0.0.9", 7, 1234, "!ello");
	comes("2001:db8::9", 1234, "2001:db8::1", 7, "hello");
	replied("2001:db8::1", "2001:db8::9", 7, 1234, "!ello");
	end_close(&e);
}

/* Connected before bound, an address before a network before any. */
static void
test_order(void **state)
{
	static const char *const where[] = { "0.0.0.0/0", "10.0.0.0/24",
		"10.0.0.1" };
	struct end e[4];
	unsigned i;

	(void)state;
	for (i = 0; i < 3; i++) {
		end_init(&e[i], KEEP_COUNT, INF_REUSEADDR);
		assert_int_equal(end_bind(&e[i], where[i], 7), 0);
		comes("10.0.0.9", 1, "10.0.0.1", 7, "x");
		assert_int_equal(e[i].e_n, 1);
	}
	end_init(&e[3], KEEP_COUNT, 0);
	assert_int_equal(end_connect(&e[3], "10.0.0.1", 7, "10.0.0.9", 1), 0);
	comes("10.0.0.9", 1, "10.0.0.1", 7, "x");
	assert_int_equal(e[3].e_n, 1);
	comes("10.0.0.9", 2, "10.0.0.1", 7, "x");
	assert_int_equal(e[2].e_n, 2);
	comes("10.0.0.9", 1, "10.0.0.7", 7, "x");
	assert_int_equal(e[1].e_n, 2);
	for (i = 4; i-- > 0;)
		end_close(&e[i]);
}

static void
test_bind_errors(void **state)
{
	struct end a, b;

	(void)state;
	end_init(&a, KEEP_COUNT, 0);
	end_init(&b, KEEP_COUNT, 0);
	assert_int_equal(end_bind(&a, "10.0.0.1", 7), 0);
	assert_int_equal(end_bind(&b, "10.0.0.1", 7), EADDRINUSE);
	assert_int_equal(end_bind(&b, "0.0.0.0/0", 7), EADDRINUSE);
	assert_int_equal(end_bind(&b, "::/0", 7), EADDRINUSE);
	assert_int_equal(end_bind(&b, "10.0.0.7", 7), 0);
	end_close(&b);
	assert_int_equal(end_bind(&b, "0.0.0.0/0", 8), 0);
	end_close(&a);
	end_close(&a); /* nothing: no harm */
	end_close(&b);
	assert_int_equal(end_bind(&b, "10.0.0.1", 7), 0);
	end_close(&b);
}

static void
test_connect(void **state)
{
	struct end a, b;
	unsigned port;

	(void)state;
	end_init(&a, KEEP_COUNT, 0);
	end_init(&b, KEEP_COUNT, 0);
	assert_int_equal(end_connect(&a, "0.0.0.0/0", 0, "10.0.0.9", 53), 0);
	port = a.e_key.ik_lport;
	assert_in_range(port, 10000, 65535);
	assert_true(in6_eq(
	    a.e_key.ik_laddr, in6_mapped(fx_v4("10.0.0.1"))));
	assert_int_equal(
	    end_connect(&b, "10.0.0.1", port, "10.0.0.9", 53), EADDRINUSE);
	/* The same port toward another peer. */
	assert_int_equal(
	    end_connect(&b, "10.0.0.1", port, "10.0.0.10", 53), 0);
	comes("10.0.0.9", 53, "10.0.0.1", port, "x");
	comes("10.0.0.10", 53, "10.0.0.1", port, "x");
	comes("10.0.0.11", 53, "10.0.0.1", port, "x");
	assert_int_equal(a.e_n, 1);
	assert_int_equal(b.e_n, 1);
	assert_int_equal(fixture_stat(fx, SG_UDP, udps_noport), 1);
	end_close(&a);
	end_close(&b);
	assert_int_equal(
	    end_connect(&a, "0.0.0.0/0", 0, "192.0.2.1", 53), ENETUNREACH);
	assert_int_equal(
	    end_connect(&a, "10.0.0.1", 0, "2001:db8::9", 53), EADDRNOTAVAIL);
	assert_int_equal(
	    end_connect(&a, "::/0", 0, "2001:db8::9", 53), 0);
	comes("2001:db8::9", 53, "2001:db8::1", a.e_key.ik_lport, "x");
	assert_int_equal(a.e_n, 2);
	end_close(&a);
	assert_int_equal(atomic_load(&fx->fx_sp->sp_udps), 0);
}

/* It keeps its port, and hears nobody else any more. */
static void
test_connect_bound(void **state)
{
	struct end a, b;

	(void)state;
	end_init(&a, KEEP_COUNT, 0);
	end_init(&b, KEEP_COUNT, 0);
	assert_int_equal(end_bind(&a, "0.0.0.0/0", 500), 0);
	assert_int_equal(end_connect(&a, "0.0.0.0/0", 0, "10.0.0.9", 53), 0);
	assert_int_equal(a.e_key.ik_lport, 500);
	assert_int_equal(a.e_gone, 1);
	comes("10.0.0.9", 53, "10.0.0.1", 500, "x");
	comes("10.0.0.9", 54, "10.0.0.1", 500, "x");
	assert_int_equal(a.e_n, 1);
	assert_int_equal(end_bind(&b, "10.0.0.1", 500), EADDRINUSE);
	/* A tuple that another one has: it stays bound. */
	assert_int_equal(end_bind(&b, "10.0.0.1", 501), 0);
	end_close(&a);
	end_init(&a, KEEP_COUNT, 0);
	assert_int_equal(end_connect(&a, "10.0.0.1", 501, "10.0.0.9", 9), 0);
	assert_int_equal(
	    end_connect(&b, "0.0.0.0/0", 0, "10.0.0.9", 9), EADDRINUSE);
	comes("10.0.0.8", 53, "10.0.0.1", 501, "x");
	assert_int_equal(b.e_n, 1);
	end_close(&a);
	end_close(&b);
	assert_int_equal(end_bind(&b, "10.0.0.1", 500), 0);
	end_close(&b);
}

/* All ports of the range toward one peer, and not one more. */
static void
test_ports(void **state)
{
	enum { N = 100 };
	static struct end e[N + 1], bound;
	unsigned i, k;

	(void)state;
	atomic_store(&fx->fx_sp->sp_sysctl.ip_port_first, 20000);
	atomic_store(&fx->fx_sp->sp_sysctl.ip_port_last, 20000 + N);
	end_init(&bound, KEEP_COUNT, 0);
	assert_int_equal(end_bind(&bound, "0.0.0.0/0", 0), 0);
	assert_in_range(bound.e_key.ik_lport, 20000, 20000 + N);
	for (i = 0; i <= N; i++) {
		end_init(&e[i], KEEP_COUNT, 0);
		assert_int_equal(
		    end_connect(&e[i], "0.0.0.0/0", 0, "10.0.0.9", 53),
		    i < N ? 0 : EADDRNOTAVAIL);
		for (k = 0; i < N && k < i; k++)
			assert_int_not_equal(
			    e[i].e_key.ik_lport, e[k].e_key.ik_lport);
		assert_int_not_equal(
		    e[i].e_key.ik_lport, bound.e_key.ik_lport);
	}
	assert_int_equal(
	    end_connect(&e[N], "0.0.0.0/0", 0, "10.0.0.9", 54), 0);
	for (i = 0; i <= N; i++)
		end_close(&e[i]);
	end_close(&bound);
}

static void
unreachable(const char *from, unsigned type, unsigned code,
    const char *src, unsigned sport, const char *dst, unsigned dport)
{
	uint8_t p[8 + 28] = { (uint8_t)type, (uint8_t)code };
	const struct fx_packet fp = { .fp_src = from, .fp_dst = src,
		.fp_proto = IPP_ICMP, .fp_payload = p, .fp_len = sizeof(p) };

	p[6] = 1280 >> 8;
	p[7] = 1280 & 255;
	p[8] = 0x45;
	st16be(p + 10, 500);
	p[17] = IPP_UDP;
	st32be(p + 20, fx_v4(src));
	st32be(p + 24, fx_v4(dst));
	st16be(p + 28, (uint16_t)sport);
	st16be(p + 30, (uint16_t)dport);
	st16be(p + 2, in_cksum(p, sizeof(p)));
	fixture_input(fx, lan, &fp);
}

static void
test_errors(void **state)
{
	struct end a, b;

	(void)state;
	end_init(&a, KEEP_COUNT, 0);
	end_init(&b, KEEP_COUNT, 0);
	assert_int_equal(end_bind(&a, "0.0.0.0/0", 500), 0);
	assert_int_equal(end_connect(&b, "10.0.0.1", 0, "10.0.0.9", 53), 0);
	unreachable("10.0.0.9", ICMP_UNREACH, ICMP_UNREACH_PORT, "10.0.0.1",
	    b.e_key.ik_lport, "10.0.0.9", 53);
	assert_int_equal(b.e_errors, 1);
	assert_int_equal(b.e_error.ue_errno, ECONNREFUSED);
	assert_int_equal(b.e_error.ue_from.a_v4, fx_v4("10.0.0.9"));
	assert_int_equal(b.e_error.ue_key.ik_fport, 53);
	unreachable("10.0.0.5", ICMP_UNREACH, ICMP_UNREACH_NEEDFRAG,
	    "10.0.0.1", b.e_key.ik_lport, "10.0.0.9", 53);
	assert_int_equal(b.e_error.ue_errno, EMSGSIZE);
	assert_int_equal(b.e_error.ue_mtu, 1280);
	unreachable("10.0.0.5", ICMP_TIMEX, 0, "10.0.0.1", 500, "192.0.2.3",
	    33434);
	assert_int_equal(a.e_errors, 1);
	assert_int_equal(a.e_error.ue_errno, EHOSTUNREACH);
	assert_int_equal(a.e_error.ue_type, ICMP_TIMEX);
	unreachable("10.0.0.5", ICMP_UNREACH, 1, "10.0.0.1", 501,
	    "10.0.0.9", 53);
	assert_int_equal(fixture_stat(fx, SG_UDP, udps_errin), 3);
	assert_int_equal(fixture_stat(fx, SG_UDP, udps_errnone), 1);
	end_close(&a);
	end_close(&b);
}

static void
test_output(void **state)
{
	struct cpu *c = fx->fx_c;
	struct udp_how uh = { .uh_key =
		tuple("0.0.0.0/0", 500, "10.0.0.9", 53) };
	struct mbuf *m;

	(void)state;
	role_enter(&on_cpu);
	m = m_alloc(c);
	assert_true(m_append(c, m, "question", 8));
	assert_int_equal(udp_output(c, &uh, m), 0);
	fixture_step(fx);
	replied("10.0.0.1", "10.0.0.9", 500, 53, "question");
	uh.uh_key = tuple("::/0", 500, "2001:db8::9", 53);
	m = m_alloc(c);
	assert_true(m_append(c, m, "question", 8));
	assert_int_equal(udp_output(c, &uh, m), 0);
	fixture_step(fx);
	replied("2001:db8::1", "2001:db8::9", 500, 53, "question");
	uh.uh_key = tuple("0.0.0.0/0", 500, "192.0.2.1", 53);
	m = m_alloc(c);
	assert_int_equal(udp_output(c, &uh, m), ENETUNREACH);
	uh.uh_key = tuple("::/0", 500, "10.0.0.9", 53);
	uh.uh_key.ik_plen = IN_PLEN_MAX;
	m = m_alloc(c);
	assert_int_equal(udp_output(c, &uh, m), EADDRNOTAVAIL);
}

/* To itself, by way of the whole path. */
static void
test_loopback(void **state)
{
	struct cpu *c = fx->fx_c;
	struct udp_how uh = { .uh_key =
		tuple("0.0.0.0/0", 501, "10.0.0.1", 500) };
	struct end a, b;
	struct mbuf *m;

	(void)state;
	end_init(&a, ECHO_BACK, 0);
	end_init(&b, KEEP_COUNT, 0);
	assert_int_equal(end_bind(&a, "0.0.0.0/0", 500), 0);
	assert_int_equal(end_bind(&b, "0.0.0.0/0", 501), 0);
	role_enter(&on_cpu);
	m = m_alloc(c);
	assert_true(m_append(c, m, "question", 8));
	assert_int_equal(udp_output(c, &uh, m), 0);
	fixture_step(fx);
	assert_int_equal(a.e_n, 1);
	assert_int_equal(b.e_n, 1);
	assert_int_equal(b.e_sport, 500);
	assert_memory_equal(b.e_last, "question", 8);
	end_close(&a);
	end_close(&b);
}

/* Each has its own copy. */
static void
test_broadcast(void **state)
{
	struct end a, b;

	(void)state;
	end_init(&a, KEEP_COUNT, INF_REUSEPORT);
	end_init(&b, KEEP_COUNT, INF_REUSEPORT);
	assert_int_equal(end_bind(&a, "0.0.0.0/0", 500), 0);
	assert_int_equal(end_bind(&b, "0.0.0.0/0", 500), 0);
	comes("10.0.0.9", 1, "10.0.0.1", 500, "one");
	assert_int_equal(a.e_n + b.e_n, 1);
	a.e_n = b.e_n = 0;
	{
		uint8_t p[12] = { 0, 1, 500 >> 8, 500 & 255, 0, 12 };
		const struct fx_packet fp = { .fp_src = "10.0.0.9",
			.fp_dst = "255.255.255.255", .fp_proto = IPP_UDP,
			.fp_payload = p, .fp_len = sizeof(p) };
		struct mbuf *m = fixture_packet(fx, lan, &fp);

		m->m_flags |= MF_BCAST;
		fixture_run(fx, ST_IP, m);
	}
	assert_int_equal(a.e_n, 1);
	assert_int_equal(b.e_n, 1);
	end_close(&a);
	end_close(&b);
}

/* More than a table has slots: ctl gives more. */
static void
test_growth(void **state)
{
	enum { N = 700 };
	static struct end e[N];
	unsigned i;

	(void)state;
	for (i = 0; i < N; i++) {
		end_init(&e[i], KEEP_COUNT, 0);
		assert_int_equal(end_bind(&e[i], "10.0.0.1", 1 + i), 0);
	}
	assert_in_range(
	    fx->fx_c->c_udp->uc_bound.ib_table.it_mask + 1, 512, 1024);
	for (i = 0; i < N; i += 7)
		comes("10.0.0.9", 1, "10.0.0.1", 1 + i, "x");
	for (i = 0; i < N; i++) {
		assert_int_equal(e[i].e_n, i % 7 == 0);
		end_close(&e[i]);
	}
}

int
main(void)
{
#define T(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(test_bound),
		T(test_six),
		T(test_sums),
		T(test_reply),
		T(test_order),
		T(test_bind_errors),
		T(test_connect),
		T(test_connect_bound),
		T(test_ports),
		T(test_errors),
		T(test_output),
		T(test_loopback),
		T(test_broadcast),
		T(test_growth),
	};
#undef T

	return cmocka_run_group_tests_name("udp/udp", tests, NULL, NULL);
}
