/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Command lines of spate gen as plans: what they become is a plan that is
 * accepted, and says what was asked for.
 */
#include <stdarg.h>
#include <setjmp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "gen/job.h"

#define ARGS_MAX 40

static char *
text_of(const char *first, ...)
{
	char *argv[ARGS_MAX + 1] = { (char *)(uintptr_t)first };
	struct oneliner ol;
	va_list ap;
	int argc = 1;

	va_start(ap, first);
	while ((argv[argc] = va_arg(ap, char *)) != NULL)
		argc++;
	va_end(ap);
	assert_int_equal(oneliner_parse(argc, argv, &ol), 0);
	return ol.ol_text;
}

/* The text is freed. */
static struct plan *
plan_of(char *text)
{
	struct conf_errors errs;
	struct plan *pl;

	if (plan_parse_text("t", text, strlen(text), NULL, &pl, &errs) != 0)
		fail_msg("%s\nin\n%s", errs.ce_text[0], text);
	conf_errors_free(&errs);
	free(text);
	return pl;
}

#define PORTS                                                                 \
	"--port", "pair:port2,speed=10G", "--port", "pair:port1,speed=10G"

static void
makes_the_suite(void **state)
{
	struct plan *pl = plan_of(text_of("rfc2544", PORTS, NULL));
	static const enum plan_method methods[] = { PLAN_THROUGHPUT,
		PLAN_LATENCY, PLAN_LOSS, PLAN_BURST };
	unsigned i;

	assert_int_equal(pl->pl_nstep, 4);
	for (i = 0; i < 4; i++)
		assert_int_equal(pl->pl_step[i].pn_method, methods[i]);
	assert_int_equal(pl->pl_nstream, 1);
	assert_int_equal(pl->pl_profile, PLAN_QUICK);
	/* RFC 2544, C.2.6.4 */
	assert_int_equal(pl->pl_port[0].pp_addr[0].cx_prefix.p_addr.a_v4,
	    0xc6120002);
	assert_int_equal(pl->pl_port[1].pp_addr[0].cx_prefix.p_addr.a_v4,
	    0xc6130002);
	plan_free(pl);
}

static void
resets_what_it_can(void **state)
{
	struct plan *pl = plan_of(text_of("rfc2544", PORTS, "--reset-command",
	    "echo \"again\" \\ ", NULL));

	assert_int_equal(pl->pl_nstep, 5);
	assert_int_equal(pl->pl_step[4].pn_method, PLAN_RESET);
	assert_string_equal(pl->pl_dut->pd_reset, "echo \"again\" \\ ");
	plan_free(pl);
}

static void
sends(void **state)
{
	struct plan *pl = plan_of(text_of("send", PORTS, "--rate", "50 %",
	    "--size", "64:7,594:4", "--packets", "99", "--pacing", "bursts",
	    "--burst", "8", "--bidirectional", "--seed", "9", NULL));
	const struct plan_step *pn = &pl->pl_step[0];

	assert_int_equal(pl->pl_nstep, 1);
	assert_int_equal(pn->pn_method, PLAN_RUN);
	assert_int_equal(pn->pn_rate.pr_unit, PLAN_PERCENT);
	assert_int_equal(pn->pn_packets, 99);
	assert_int_equal(pn->pn_pacing, PLAN_BURSTS);
	assert_int_equal(pn->pn_burst, 8);
	assert_int_equal(pn->pn_nsize, 1);
	assert_int_equal(pn->pn_size[0].pz_sizes->sz_n, 2);
	assert_int_equal(pl->pl_seed, 9);
	assert_true(pl->pl_stream[0].ps_bidirectional);
	plan_free(pl);
	pl = plan_of(text_of("send", PORTS, NULL));
	assert_int_equal(pl->pl_step[0].pn_rate.pr_unit, PLAN_MAX);
	assert_int_equal(pl->pl_step[0].pn_duration, 10 * PLAN_NS);
	plan_free(pl);
}

static void
gives_keys_to_ports(void **state)
{
	struct plan *pl = plan_of(text_of("throughput", "--port",
	    "tap:left,address=10.0.0.2/24+2001:db8::2/64,gateway=10.0.0.1,"
	    "queues=2,vlan=7,hosts=10.0.0.9-10.0.0.99", "--port",
	    "xdp:eth1,address=10.9.0.2/24,mode=copy,mac=02:00:00:00:00:07",
	    NULL));

	assert_int_equal(pl->pl_port[0].pp_naddr, 2);
	assert_int_equal(pl->pl_port[0].pp_ngateway, 1);
	assert_int_equal(pl->pl_port[0].pp_queues, 2);
	assert_int_equal(pl->pl_port[0].pp_vlan[0], 7);
	assert_int_equal(pl->pl_port[0].pp_nhosts, 1);
	assert_int_equal(pl->pl_port[1].pp_driver, PLAN_XDP);
	assert_int_equal(pl->pl_port[1].pp_mode, CONF_MODE_COPY);
	assert_int_equal(pl->pl_port[1].pp_mac[5], 7);
	plan_free(pl);
}

static void
makes_flows(void **state)
{
	struct plan *pl = plan_of(text_of("throughput", PORTS, "--flows",
	    "1000", "--vary", "tos list 0,8", "--vary", "ttl count 9-64",
	    NULL));

	assert_int_equal(pl->pl_template[0].pt_flows, 1000);
	assert_int_equal(pl->pl_template[0].pt_nvary, 3);
	plan_free(pl);
	pl = plan_of(text_of("throughput", PORTS, "--flows", "1", "--vary",
	    "tos list 0,8", NULL));
	assert_int_equal(pl->pl_template[0].pt_nvary, 1);
	plan_free(pl);
}

static void
gives_expectations_to_steps(void **state)
{
	struct plan *pl = plan_of(text_of("rfc2544", PORTS, "--expect",
	    "throughput >= 95 %", "--expect", "latency p99 < 1 ms", "--expect",
	    "loss = 0", "--expect", "burst > 10", NULL));
	unsigned i;

	for (i = 0; i < 4; i++)
		assert_int_equal(pl->pl_step[i].pn_nexpect, 1);
	plan_free(pl);
}

static void
speaks_ipv6(void **state)
{
	struct plan *pl = plan_of(text_of("throughput", PORTS, "--ipv6",
	    "--size", "128", NULL));
	struct plan_flow pf[PLAN_FLOWS_MAX];

	assert_int_equal(plan_flows(pl, &pl->pl_step[0], pf), 1);
	assert_int_equal(pf[0].pf_family, ADDR_V6);
	plan_free(pl);
}

/* Refused at once; what is wrong with values is for the plan to say. */
static void
refuses(void **state)
{
	static const char *const lines[][8] = {
		{ "send" },
		{ "send", "--port", "tap" },
		{ "send", "--port", ":left" },
		{ "send", "--port", "tap:" },
		{ "send", "--port", "tap:left,x" },
		{ "send", "--port", "tap:left,X=1" },
		{ "send", "--port", "tap:left", "--flows", "0" },
		{ "send", "--port", "tap:left", "--flows", "64513" },
		{ "send", "--port", "tap:left", "--flows", "1x" },
		{ "send", "--port", "tap:left", "more" },
		{ "send", "--port" },
		{ "send", "--sizes", "64" },
	};
	struct oneliner ol;
	char *argv[9];
	size_t i;
	int n;

	freopen("/dev/null", "w", stderr);
	for (i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		for (n = 0; n < 8 && lines[i][n] != NULL; n++)
			argv[n] = (char *)(uintptr_t)lines[i][n];
		argv[n] = NULL;
		assert_int_equal(oneliner_parse(n, argv, &ol), 2);
		assert_null(ol.ol_text);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(makes_the_suite),
		cmocka_unit_test(resets_what_it_can),
		cmocka_unit_test(sends),
		cmocka_unit_test(gives_keys_to_ports),
		cmocka_unit_test(makes_flows),
		cmocka_unit_test(gives_expectations_to_steps),
		cmocka_unit_test(speaks_ipv6),
		cmocka_unit_test(refuses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
