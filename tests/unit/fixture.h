/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One CPU and ctl for unit tests of what lies between the link layer and the
 * transports: real memory, interfaces, addresses and routes, a clock that
 * stands still unless told, no devices.  Of the path only IP's stages run;
 * packets that reach any other stage are caught there for the test to look at.
 *
 * fixture_fini() fails the test unless every packet is accounted for.
 */
#ifndef TESTS_UNIT_FIXTURE_H
#define TESTS_UNIT_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/addr.h"
#include "if/if.h"
#include "mbuf/mbuf.h"
#include "path.h"
#include "route/nhop.h"
#include "spate.h"

#define FX_CAUGHT 512

struct fixture {
	struct spate *fx_sp;
	struct cpu *fx_c;
	struct ctl *fx_ctl;
	uint64_t fx_now; /* what the clock reads */
	unsigned fx_rtable; /* of interfaces and routes to be made */
	unsigned fx_n; /* packets caught, … */
	struct mbuf *fx_m[FX_CAUGHT];
	enum stage fx_stage[FX_CAUGHT]; /* … and where */
};

/* An IPv4 or IPv6 packet to make; members left 0 get the usual value. */
struct fx_packet {
	const char *fp_src;
	const char *fp_dst;
	unsigned fp_proto;
	unsigned fp_ttl; /* 0: 64 */
	unsigned fp_off; /* IPv4: the whole field, IP_DF and so on */
	unsigned fp_id;
	const void *fp_options; /* IPv4 */
	unsigned fp_optlen;
	const void *fp_payload; /* NULL: zeros */
	unsigned fp_len; /* of the payload */
	unsigned fp_chain; /* cut into buffers of this size; 0: as it comes */
};

void fixture_init(struct fixture *);
void fixture_fini(struct fixture *);

/* For cmocka_unit_test_setup_teardown(); *state is the fixture. */
int fixture_setup(void **state);
int fixture_teardown(void **state);

/* An interface with one address ("10.0.0.1/24"), its routes published. */
struct ifnet *fixture_if(
    struct fixture *, const char *name, unsigned mtu, const char *addr);
void fixture_addr(struct fixture *, struct ifnet *, const char *addr,
    unsigned flags);

/* gw: NULL for types without. */
void fixture_route(struct fixture *, const char *prefix, enum nhop_type,
    struct ifnet *, const char *gw);

/* A route into another table; one by way of n gateways. */
void fixture_leak(struct fixture *, const char *prefix, unsigned table);
void fixture_ways(struct fixture *, const char *prefix,
    struct ifnet *const *, const char *const *gw, unsigned n);

/* Bytes of a packet as an array; returns its length. */
unsigned fx_build(const struct fx_packet *, uint8_t *buf);

/* The packet, received on ifp (NULL: from here), and counted so. */
struct mbuf *fixture_packet(
    struct fixture *, const struct ifnet *, const struct fx_packet *);
struct mbuf *fixture_bytes(
    struct fixture *, const struct ifnet *, const void *, unsigned n);

/* Give m to a stage, and run until nothing moves. */
void fixture_run(struct fixture *, enum stage, struct mbuf *m);
void fixture_step(struct fixture *);

/* Let time pass; timers fire. */
void fixture_pass(struct fixture *, uint64_t ns);

/* Make and run at once. */
void fixture_input(
    struct fixture *, const struct ifnet *, const struct fx_packet *);

/* The only packet caught, at this stage; its bytes are contiguous. */
struct mbuf *fixture_caught(struct fixture *, enum stage);

/* Forget what was caught: it counts as sent. */
void fixture_clear(struct fixture *);

uint64_t fixture_stat(const struct fixture *, enum stat_group, unsigned);

uint32_t fx_v4(const char *);
struct in6 fx_v6(const char *);

#endif
