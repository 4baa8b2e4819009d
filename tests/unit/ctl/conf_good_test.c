/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Good configuration files: what becomes of them, that they print and read
 * back, and where their parts stand.
 */
#include "conf_texts.h"

#include <unistd.h>

static struct conf *
must_parse(const char *text)
{
	struct conf_errors errs;
	struct conf *cf;

	if (conf_parse_text("etc/f", text, strlen(text), &text_env, &cf,
		&errs) != 0)
		fail_msg("%s", errs.ce_text[0]);
	assert_int_equal(errs.ce_n, 0);
	conf_errors_free(&errs);
	return cf;
}

static void
test_good(void **state)
{
	const struct conf_text *t = *state;
	struct conf *cf = must_parse(t->text);

	check_printed(cf);
	assert_true(conf_equal(cf, cf));
	conf_free(cf);
}

static void
check_addr(const struct addr *a, const char *want)
{
	char buf[ADDR_STRLEN];

	assert_string_equal(addr_format(a, buf), want);
}

static void
check_prefix(const struct prefix *p, const char *want)
{
	char buf[PREFIX_STRLEN];

	assert_string_equal(prefix_format(p, buf), want);
}

static void
test_values_if(void **state)
{
	static const uint8_t mac[6] = { 2, 0, 0, 0, 0, 1 };
	struct conf *cf = must_parse(good_texts[2].text);
	const struct conf_if *ci = &cf->cf_if[0];

	assert_int_equal(cf->cf_cpus, 2);
	assert_int_equal(cf->cf_ncpu_list, 2);
	assert_int_equal(cf->cf_cpu_list[1], 3);
	assert_int_equal(cf->cf_memory, 64 << 20);
	assert_string_equal(cf->cf_hostname, "r1.example.net");
	assert_int_equal(cf->cf_nif, 5);
	assert_string_equal(ci->ci_name, "wan");
	assert_int_equal(ci->ci_driver, CONF_XDP);
	assert_string_equal(ci->ci_device, "eth1");
	assert_int_equal(ci->ci_queues, 2);
	assert_int_equal(ci->ci_mtu, 1500);
	assert_int_equal(ci->ci_mss, CONF_MSS_AUTO);
	assert_int_equal(cf->cf_if[1].ci_mss, 1360);
	assert_int_equal(cf->cf_if[2].ci_mss, 0);
	assert_int_equal(ci->ci_reverse, CONF_REVERSE_STRICT);
	assert_int_equal(cf->cf_if[1].ci_reverse, CONF_REVERSE_LOOSE);
	assert_int_equal(cf->cf_if[2].ci_reverse, CONF_REVERSE_OFF);
	assert_int_equal(ci->ci_dscp, CONF_DSCP(47));
	assert_int_equal(cf->cf_if[1].ci_dscp, CONF_DSCP(0));
	assert_int_equal(cf->cf_if[2].ci_dscp, 0);
	assert_memory_equal(ci->ci_mac, mac, 6);
	assert_int_equal(ci->ci_checksum, CONF_CSUM_REPAIR);
	assert_int_equal(ci->ci_mode, CONF_MODE_ZEROCOPY);
	assert_string_equal(ci->ci_description, "to the \"world\" \\o/");
	assert_int_equal(ci->ci_naddr, 3);
	check_prefix(&ci->ci_addr[2].cx_prefix, "198.51.100.0/31");
	assert_false(cf->cf_if[1].ci_offload);
	assert_string_equal(cf->cf_if[1].ci_owner, "nobody");
	assert_string_equal(cf->cf_if[2].ci_peer, "p1");
	assert_string_equal(cf->cf_if[4].ci_read, "in.pcap");
	assert_ptr_equal(conf_if_find(cf, "p1"), &cf->cf_if[3]);
	assert_null(conf_if_find(cf, "p2"));
	conf_free(cf);
}

static void
test_values_rest(void **state)
{
	static const uint8_t mac[6] = { 2, 0xa, 0xb, 0, 0, 1 };
	struct conf *cf = must_parse(good_texts[2].text);

	assert_int_equal(cf->cf_nneigh, 3);
	check_addr(&cf->cf_neigh[0].ne_addr.ca_addr, "192.0.2.9");
	assert_string_equal(cf->cf_neigh[0].ne_if, "wan");
	assert_memory_equal(cf->cf_neigh[0].ne_mac, mac, 6);
	assert_int_equal(cf->cf_nroute, 6);
	check_prefix(&cf->cf_route[0].ro_dst.cx_prefix, "0.0.0.0/0");
	assert_int_equal(cf->cf_route[0].ro_nvia, 2);
	check_addr(&cf->cf_route[0].ro_via[1].ca_addr, "10.0.0.9");
	assert_int_equal(cf->cf_route[0].ro_preference, 7);
	assert_null(cf->cf_route[0].ro_if);
	assert_string_equal(cf->cf_route[1].ro_if, "wan");
	assert_true(cf->cf_route[2].ro_blackhole);
	assert_true(cf->cf_route[3].ro_unreachable);
	assert_false(cf->cf_route[3].ro_blackhole);
	assert_string_equal(cf->cf_route[5].ro_via[0].ca_zone, "wan");
	check_addr(&cf->cf_route[5].ro_via[1].ca_addr, "fe80::2");
	assert_int_equal(cf->cf_nrelay, 2);
	assert_string_equal(cf->cf_relay[0].rl_if, "lan");
	check_addr(&cf->cf_relay[0].rl_server[1].ca_addr, "fd01::53");
	check_addr(&cf->cf_relay[0].rl_addr[0].ca_addr, "10.1.2.3");
	assert_int_equal(cf->cf_relay[0].rl_hops, 7);
	assert_int_equal(cf->cf_relay[0].rl_policy, CONF_AGENT_KEEP);
	assert_false(cf->cf_relay[0].rl_agent);
	assert_string_equal(cf->cf_relay[0].rl_circuit, "port 1");
	assert_true(cf->cf_relay[1].rl_agent);
	assert_null(cf->cf_relay[1].rl_remote);
	assert_int_equal(cf->cf_nsysctl, 1);
	assert_string_equal(cf->cf_sysctl[0].sy_name, "net.isr.dispatch");
	assert_string_equal(cf->cf_sysctl[0].sy_value, "a \"b\"");
	assert_int_equal(cf->cf_ncontrol, 1);
	assert_string_equal(cf->cf_control->co_socket, "s.sock");
	assert_int_equal(cf->cf_control->co_mode, 0600);
	conf_free(cf);
}

static void
test_defaults(void **state)
{
	struct conf *cf =
	    must_parse("interface a { driver = tap device = t0 }\n");

	assert_int_equal(cf->cf_cpus, 1);
	assert_int_equal(cf->cf_ncpu_list, 0);
	assert_int_equal(cf->cf_memory, 0);
	assert_true(cf->cf_if[0].ci_offload);
	assert_int_equal(cf->cf_if[0].ci_checksum, CONF_CSUM_TRUST);
	assert_int_equal(cf->cf_if[0].ci_mtu, 0);
	assert_string_equal(cf->cf_control->co_socket, "/run/spate/spate.sock");
	assert_int_equal(cf->cf_control->co_mode, 0660);
	assert_null(cf->cf_control->co_group);
	conf_free(cf);
	cf = must_parse("interface a { driver = packet device = e0 }\n"
	    "interface b { driver = packet device = e1 mute = no login = cut "
	    "offload = no }\n");
	assert_int_equal(cf->cf_if[0].ci_driver, CONF_PACKET);
	assert_true(cf->cf_if[0].ci_mute);
	assert_true(cf->cf_if[0].ci_offload);
	assert_int_equal(cf->cf_if[0].ci_login, CONF_LOGIN_KEEP);
	assert_false(cf->cf_if[1].ci_mute);
	assert_false(cf->cf_if[1].ci_offload);
	assert_int_equal(cf->cf_if[1].ci_login, CONF_LOGIN_CUT);
	conf_free(cf);
}

static void
check_pos(const struct conf_pos *pos, const char *file, unsigned line,
    unsigned col)
{
	assert_string_equal(pos->cp_file, file);
	assert_int_equal(pos->cp_line, line);
	assert_int_equal(pos->cp_col, col);
}

static void
test_where(void **state)
{
	struct conf *cf = must_parse(good_texts[2].text);
	const struct conf_if *ci = &cf->cf_if[0];

	check_pos(&ci->ci_sec.cs_pos, "etc/f", 4, 11);
	check_pos(conf_where(&ci->ci_sec, "device"), "etc/f", 5, 17);
	check_pos(conf_where(&ci->ci_sec, "owner"), "etc/f", 4, 11);
	check_pos(&ci->ci_addr[1].cx_pos, "etc/f", 8, 28);
	check_pos(conf_where(&cf->cf_sec, "memory"), "etc/f", 2, 1);
	check_pos(&cf->cf_sysctl[0].sy_pos, "etc/f", 28, 10);
	conf_free(cf);

	cf = must_parse(good_texts[8].text);
	check_pos(&cf->cf_if[0].ci_sec.cs_pos, "etc/ifs.conf", 2, 11);
	check_pos(conf_where(&cf->cf_sec, "cpus"), "etc/sub/deep.conf", 2, 1);
	check_pos(&cf->cf_route[0].ro_via[0].ca_pos, "etc/f", 3, 25);
	conf_free(cf);
}

static void
test_printed_form(void **state)
{
	static const char want[] =
	    "cpus = 2\n"
	    "\n"
	    "interface a {\n"
	    "\tdriver = \"tap\"\n"
	    "\tdevice = \"t0\"\n"
	    "\tchecksum = \"trust\"\n"
	    "\toffload = yes\n"
	    "\taddress = {\"10.0.0.1/8\", \"fd00::1/64\"}\n"
	    "}\n"
	    "\n"
	    "route \"192.0.2.0/24\" {\n"
	    "\tvia = {\"10.0.0.9\"}\n"
	    "}\n"
	    "\n"
	    "sysctl {\n"
	    "\tnet.inet.ip.ttl = 9\n"
	    "}\n"
	    "\n"
	    "control {\n"
	    "\tsocket = \"/run/spate/spate.sock\"\n"
	    "\tmode = \"0660\"\n"
	    "}\n";
	static const char given[] =
	    "sysctl { net.inet.ip.ttl = 9 }\n"
	    "route 192.0.2.0/24 { via = 10.0.0.9 }\n"
	    "interface a { address = {10.0.0.1/8, FD00:0::1/64}\n"
	    "\tdevice = t0 driver = tap }\n"
	    "cpus = 2\n";
	struct conf *cf = must_parse(given);
	char *text;
	size_t n;

	text = conf_to_text(cf, &n);
	assert_string_equal(text, want);
	free(text);
	conf_free(cf);
}

static const char *const differing[] = {
	"cpus = 2\n",
	"cpus = 3\n",
	"cpu_list = {2, 3}\n",
	"cpu_list = {3, 2}\n",
	"memory = 64M cpus = 2\n",
	"hostname = a cpus = 2\n",
	"control { mode = 0600 } cpus = 2\n",
	"sysctl { net.isr.a = 1 } cpus = 2\n",
	"sysctl { net.isr.a = 2 } cpus = 2\n",
	"interface a { driver = tap device = t0 }\n",
	"interface b { driver = tap device = t0 }\n",
	"interface a { driver = xdp device = t0 }\n",
	"interface a { driver = tap device = t0 offload = no }\n",
	"interface a { driver = tap device = t0 mac = 02:00:00:00:00:01 }\n",
	"interface a { driver = tap device = t0 address = 10.0.0.1/8 }\n",
	"interface a { driver = tap device = t0 address = 10.0.0.1/9 }\n",
	"route ::/0 { blackhole = yes }\n",
	"route ::/0 { unreachable = yes }\n",
	"route ::/1 { blackhole = yes }\n",
};

static void
test_equal(void **state)
{
	struct conf *cf[NITEMS(differing)];
	size_t i;
	size_t k;

	for (i = 0; i < NITEMS(differing); i++)
		cf[i] = must_parse(differing[i]);
	for (i = 0; i < NITEMS(differing); i++) {
		for (k = 0; k < NITEMS(differing); k++)
			assert_int_equal(conf_equal(cf[i], cf[k]), i == k);
	}
	for (i = 0; i < NITEMS(differing); i++)
		conf_free(cf[i]);
}

/* From the file system, with an include beside the file. */
static void
test_load(void **state)
{
	char dir[] = "/tmp/spate-conf.XXXXXX";
	char path[64];
	char other[64];
	struct conf_errors errs;
	struct conf *cf;
	FILE *f;

	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/a.conf", dir);
	snprintf(other, sizeof(other), "%s/b.conf", dir);
	assert_non_null(f = fopen(path, "w"));
	fputs("include b.conf\n", f);
	fclose(f);
	assert_non_null(f = fopen(other, "w"));
	fputs("cpus = 7\n", f);
	fclose(f);
	assert_int_equal(conf_load(path, NULL, &cf, &errs), 0);
	assert_int_equal(cf->cf_cpus, 7);
	check_pos(conf_where(&cf->cf_sec, "cpus"), other, 1, 1);
	conf_free(cf);
	unlink(other);
	assert_int_equal(conf_load(path, NULL, &cf, &errs), EINVAL);
	assert_null(cf);
	assert_int_equal(errs.ce_n, 1);
	assert_non_null(strstr(errs.ce_text[0],
	    "/b.conf\" cannot be read: No such file"));
	assert_non_null(strstr(errs.ce_text[0], "/a.conf:1:9: "));
	conf_errors_free(&errs);
	unlink(path);
	assert_int_equal(conf_load(dir, NULL, &cf, &errs), EINVAL);
	assert_non_null(strstr(errs.ce_text[0], "Is a directory"));
	conf_errors_free(&errs);
	rmdir(dir);
	assert_int_equal(conf_load(dir, NULL, &cf, &errs), EINVAL);
	assert_non_null(strstr(errs.ce_text[0], "No such file"));
	conf_errors_free(&errs);
}

int
main(void)
{
	struct CMUnitTest tests[NITEMS(good_texts) + 7] = {
		cmocka_unit_test(test_values_if),
		cmocka_unit_test(test_values_rest),
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_where),
		cmocka_unit_test(test_printed_form),
		cmocka_unit_test(test_equal),
		cmocka_unit_test(test_load),
	};
	size_t i;

	for (i = 0; i < NITEMS(good_texts); i++) {
		tests[7 + i] = (struct CMUnitTest) {
			.name = good_texts[i].name,
			.test_func = test_good,
			.initial_state = (void *)(uintptr_t)&good_texts[i],
		};
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
