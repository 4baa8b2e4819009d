/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Good configuration files, for the tests that read them whole, cut them and
 * damage them; a memory of included files; a stand-in for the sysctl tree.
 */
#ifndef TESTS_CONF_TEXTS_H
#define TESTS_CONF_TEXTS_H

#include <stdarg.h>
#include <setjmp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../bad_texts.h"
#include "ctl/conf/conf.h"

#define NITEMS(a) (sizeof(a) / sizeof((a)[0]))

struct conf_text {
	const char *name;
	const char *text;
};

#define PAIR                                                                   \
	"interface p0 { driver = pair peer = p1 }\n"                           \
	"interface p1 { driver = pair peer = p0 }\n"

static const struct conf_text good_texts[] = {
	{ "one setting", "cpus = 2\n" },
	{ "a router",
	    "# a comment\n"
	    "wan_if = \"eth1\"\n"
	    "cpus = 2                # or cpu_list = {2, 3}\n"
	    "interface wan {\n"
	    "\tdriver = \"xdp\"\n"
	    "\tdevice = $wan_if\n"
	    "\taddress = {\"192.0.2.2/24\", \"2001:db8:1::2/64\"}\n"
	    "}\n"
	    "interface lan {\n"
	    "\tdriver = \"tap\"\n"
	    "\tdevice = \"spate0\"\n"
	    "\tqueues = 2\n"
	    "\taddress = {\"10.0.0.1/24\", \"fd00:0:0:1::1/64\"}\n"
	    "}\n"
	    "route \"0.0.0.0/0\" { via = {\"192.0.2.1\"} }\n"
	    "route \"::/0\" { via = {\"2001:db8:1::1\", \"2001:db8:1::9\"} }\n"
	    "sysctl { net.inet.ip.ttl = 64  net.isr.burst = 32 }\n"
	    "control {\n"
	    "\tsocket = \"/run/spate/spate.sock\" group = \"adm\"\n"
	    "}\n" },
	{ "every key",
	    "cpu_list = {2, 3}\n"
	    "memory = 64M\n"
	    "hostname = r1.example.net\n"
	    "interface wan {\n"
	    "  driver = xdp; device = eth1; queues = 2; mtu = 1500 "
	    "mss = auto reverse_path = strict dscp = 47\n"
	    "  mac = 02:00:00:00:00:01; checksum = repair\n"
	    "  mode = zerocopy; description = \"to the \\\"world\\\" \\\\o/\"\n"
	    "  address = {192.0.2.2/24, 192.0.2.3/24, 198.51.100.0/31}\n"
	    "}\n"
	    "interface lan {\n"
	    "  driver = tap device = spate0 offload = no owner = nobody "
	    "mss = 1360 reverse_path = loose dscp = cs0\n"
	    "  address = {fd00::1/64, fe80::1/64, 10.0.0.1/8, 10.1.2.3/32}\n"
	    "}\n" PAIR
	    "interface trace {\n"
	    "  driver = pcap read = in.pcap write = \"/tmp/out.pcap\"\n"
	    "}\n"
	    "neighbour 192.0.2.9 { interface = wan mac = 02:0a:0B:00:00:01 }\n"
	    "neighbour fe80::9 { interface = lan mac = 02:00:00:00:00:09 }\n"
	    "neighbour fe80::9 { interface = wan mac = 02:00:00:00:00:09 }\n"
	    "route 0.0.0.0/0 { via = {192.0.2.1, 10.0.0.9} preference = 7 }\n"
	    "route ::/0 { via = fe80::1 interface = wan }\n"
	    "route 203.0.113.0/24 { blackhole = yes }\n"
	    "route 2001:db8::/32 { unreachable = yes blackhole = no }\n"
	    "route 198.51.100.7/32 { via = {198.51.100.1} interface = wan }\n"
	    "route 2001:db8:9::/48 { via = {fe80::1%wan, fe80::2%lan} }\n"
	    "sysctl { net.isr.dispatch = \"a \\\"b\\\"\" }\n"
	    "control { socket = s.sock group = adm mode = 0600 }\n"
	    "dhcp_relay lan { server = {192.0.2.53, fd01::53} hops = 7\n"
	    "  address = {10.1.2.3, fd00::1} agent = no existing = keep\n"
	    "  circuit = \"port 1\" remote = r1 }\n"
	    "dhcp_relay wan { server = 10.0.0.8 }\n" },
	{ "all on one line",
	    "cpus=2;interface a{driver=tap device=t0}route 10.0.0.0/8"
	    "{unreachable=yes}sysctl{}control{}" },
	{ "blanks anywhere",
	    "\r\n ; ;cpu_list\t=\r\n{ 1 ,\n 2\n,}\n"
	    "interface\na\n{\ndriver = tap ; ; device = t0\n}\n" },
	{ "macros",
	    "ext = \"192.0.2.2/24\"\nboth = {$ext, fd00::1/64}\nname = wan\n"
	    "again = $both\ndrv = tap\n"
	    "interface $name {\n driver = $drv device = t0\n"
	    " address = {10.0.0.1/8, $again, 10.1.1.1/32}\n}\n" },
	{ "a macro named as a key of a section",
	    "mtu = 1400\n"
	    "interface a { driver = tap device = t0 mtu = $mtu }\n" },
	{ "UTF-8 in a string",
	    "interface a { driver = tap device = t0\n"
	    " description = \"gr\xc3\xbc\xc3\x9f Gott \xf0\x9f\x90\xa1\" }\n" },
	{ "includes",
	    "include \"ifs.conf\"\ninclude sub/deep.conf\n"
	    "route 0.0.0.0/0 { via = $gw }\n" },
	{ "a macro as an include",
	    "file = ./ifs.conf\ninclude $file\n"
	    "route 0.0.0.0/0 { via = $gw }\n" },
	{ "VLANs",
	    "vlan outer { parent = wan id = 4094 protocol = 802.1ad }\n"
	    "interface wan { driver = tap device = t0 mtu = 1600 }\n"
	    "vlan wan.20 {\n"
	    "  parent = wan; id = 20; protocol = 802.1Q; priority = map\n"
	    "  mtu = 1500; description = office\n"
	    "  address = {10.0.20.1/24, fd00:20::1/64}\n"
	    "}\n"
	    "vlan inner { parent = outer id = 20 priority = 7 mtu = 1600\n"
	    "  address = 10.0.21.1/24 }\n"
	    "vlan again { parent = wan id = 20 protocol = \"802.1ad\" }\n"
	    "neighbour 10.0.20.9 { interface = wan.20\n"
	    "  mac = 02:00:00:00:00:01 }\n"
	    "route 0.0.0.0/0 { via = 10.0.21.9 }\n" },
	{ "VRFs",
	    "vrf red { id = 1 }\n"
	    "vrf blue { id = 15 description = \"the other\" }\n"
	    "interface a { driver=tap device=t address={10.0.0.1/24, "
	    "fd00::1/64} vrf=red }\n"
	    "interface b { driver=tap device=u address={10.0.0.1/24, "
	    "fd00::1/64} vrf=blue }\n"
	    "interface c { driver=tap device=v address=10.0.0.1/24 }\n"
	    "vlan v { parent=a id=7 vrf=blue address=10.7.0.1/24 }\n"
	    "route 10.9.0.0/16 { vrf=red via={10.0.0.2, 10.0.0.3} }\n"
	    "route 10.9.0.0/16 { vrf=blue via=10.0.0.2 }\n"
	    "route 10.9.0.0/16 { via=10.0.0.2 }\n"
	    "route 10.7.0.0/24 { vrf=red table=blue }\n"
	    "route 10.8.0.0/16 { vrf=blue table=main }\n"
	    "route 10.8.0.0/16 { vrf=main prohibit=yes }\n"
	    "route 10.5.0.0/16 { vrf=red via=10.7.0.9 interface=v }\n"
	    "# all of it to blue, and back what is red's own\n"
	    "route 0.0.0.0/0 { vrf=red table=blue }\n"
	    "route 10.0.0.0/25 { vrf=blue table=red }\n" },
	{ "policy routes",
	    "vrf red { id = 1 }\n"
	    "interface a { driver=tap device=t address={10.0.0.1/24, "
	    "fd00::1/64} }\n"
	    "interface b { driver=tap device=u address=10.0.0.1/24 vrf=red }\n"
	    "rule one { source = {10.1.0.0/16, 10.2.0.0/16} table = red }\n"
	    "rule two { interface = a protocol = {tcp, 17}\n"
	    "  destination_port = {53, \"8000-8080\"} source_port = 1-1\n"
	    "  dscp = {ef, 0} destination = 0.0.0.0/0 via = {10.0.0.2, "
	    "10.0.0.3} }\n"
	    "rule three { interface = b blackhole = yes }\n"
	    "rule four { source = fd01::/16 via = fe80::1%a }\n"
	    "rule five { vrf = red protocol = 253 prohibit = yes }\n"
	    "rule six { unreachable = yes prohibit = no }\n" },
	{ "router advertisements",
	    "interface lan { driver = tap device = t0 address = fd00::1/64 }\n"
	    "interface up { driver = pair peer = dn accept_ra = routers }\n"
	    "interface dn { driver = pair peer = up accept_ra = no }\n"
	    "vlan lan.5 { parent = lan id = 5 accept_ra = yes }\n"
	    "advertise lan {}\n"
	    "advertise lan.5 { interval_max = 30; interval_min = 22\n"
	    "  lifetime = 0; preference = low; managed = yes; other = yes\n"
	    "  hop_limit = 0; mtu = 1400; reachable_time = 30000\n"
	    "  retrans_timer = 1000; on_link = no; autonomous = no\n"
	    "  valid_lifetime = infinite; preferred_lifetime = infinite\n"
	    "  dns = {2001:db8::53, fe80::1}\n"
	    "  dns_search = {example.org, lab.example.org.}\n"
	    "  dns_lifetime = infinite }\n"
	    "advertise_prefix fd00::/64 { interface = lan advertise = no }\n"
	    "advertise_prefix fd00::/64 { interface = lan.5\n"
	    "  on_link = no autonomous = no valid_lifetime = 0\n"
	    "  preferred_lifetime = 0 }\n" },
};

static const struct conf_text included[] = {
	{ "etc/ifs.conf",
	    "gw = 192.0.2.1\n"
	    "interface wan { driver=tap device=t0 address=192.0.2.2/24 }\n" },
	{ "etc/sub/deep.conf", "include \"deeper.conf\"\ncpus = 3\n" },
	{ "etc/sub/deeper.conf", "include \"../note.conf\"\n" },
	{ "etc/sub/../note.conf", "# nothing\n" },
	{ "etc/loop.conf", "include \"loop2.conf\"\n" },
	{ "etc/loop2.conf", "include \"loop.conf\"\n" },
	{ "etc/bad.conf", "cpus = 2\ninterface x {\n" },
	{ "etc/dup.conf", "interface wan { driver = tap device = t1 }\n" },
};

static inline int
text_read(void *arg, const char *path, char **text, size_t *len)
{
	size_t i;

	for (i = 0; i < NITEMS(included); i++) {
		if (strcmp(included[i].name, path) != 0)
			continue;
		*len = strlen(included[i].text);
		*text = strdup(included[i].text);
		return *text == NULL ? ENOMEM : 0;
	}
	return ENOENT;
}

static inline int
text_sysctl(void *arg, const char *name, const char *value, char *err,
    size_t errlen)
{
	unsigned long v;
	char *end;

	if (strncmp(name, "net.isr.", 8) == 0)
		return 0;
	if (strcmp(name, "net.inet.ip.ttl") != 0) {
		snprintf(err, errlen, "unknown sysctl \"%s\"", name);
		return ENOENT;
	}
	v = strtoul(value, &end, 10);
	if (*end == '\0' && v >= 1 && v <= 255)
		return 0;
	snprintf(err, errlen, "%s is a number from 1 to 255", name);
	return EINVAL;
}

static const struct conf_env text_env = {
	.ce_read = text_read,
	.ce_sysctl = text_sysctl,
};

static inline char *
text_errors(const char *text, size_t len)
{
	struct conf_errors errs;
	struct conf *cf;
	char *out = NULL;
	size_t n = 0;
	FILE *f;
	int error;

	error = conf_parse_text("etc/f", text, len, &text_env, &cf, &errs);
	assert_true((error == 0) == (cf != NULL));
	assert_true((error == 0) == (errs.ce_n == 0));
	assert_true(error == 0 || error == EINVAL);
	assert_non_null(f = open_memstream(&out, &n));
	conf_errors_print(&errs, f);
	fclose(f);
	conf_errors_free(&errs);
	conf_free(cf);
	return out;
}

static inline char *
conf_to_text(const struct conf *cf, size_t *len)
{
	char *out = NULL;
	FILE *f;

	assert_non_null(f = open_memstream(&out, len));
	conf_print(cf, f);
	fclose(f);
	return out;
}

/* What cf prints reads back as an equal, and prints the same again. */
static inline void
check_printed(const struct conf *cf)
{
	struct conf_errors errs;
	struct conf *back;
	char *once;
	char *twice;
	size_t n;

	once = conf_to_text(cf, &n);
	if (conf_parse_text("etc/f", once, n, NULL, &back, &errs) != 0)
		fail_msg("%s\nin\n%s", errs.ce_text[0], once);
	conf_errors_free(&errs);
	assert_true(conf_equal(cf, back));
	twice = conf_to_text(back, &n);
	assert_string_equal(once, twice);
	conf_free(back);
	free(once);
	free(twice);
}

#endif
