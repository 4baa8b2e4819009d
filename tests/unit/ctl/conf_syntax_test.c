/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Files that are wrong in their letters, their form, their macros and
 * includes, or that say things not known; each with all it is told.
 */
#include "conf_texts.h"

/* clang-format off */
static const struct bad_text bad[] = {
	{ "nothing",
	    "",
	    "etc/f:1:1: there is nothing in the file; expected settings "
	    "and sections, see spate.conf(5)\n" },
	{ "comments only",
	    "# a\n"
	    "\n",
	    "etc/f:1:1: there is nothing in the file; expected settings "
	    "and sections, see spate.conf(5)\n" },
	{ "unknown byte",
	    "cpus = \001\n",
	    "etc/f:1:8: byte 0x01 in the file; expected text\n" },
	{ "a byte above ASCII",
	    "cpus = \3772\n",
	    "etc/f:1:8: byte 0xff outside quotes; expected ASCII\n" },
	{ "punctuation",
	    "cpus = (2)\n",
	    "etc/f:1:8: \"(\" has a meaning of its own; expected it in "
	    "quotes\n" },
	{ "a quote of the shell",
	    "hostname = 'a'\n",
	    "etc/f:1:12: ' has a meaning of its own; expected it in "
	    "quotes\n" },
	{ "a string not closed",
	    "hostname = \"a\n"
	    "cpus = 2\n",
	    "etc/f:1:12: the string that begins here is not closed; "
	    "expected \" before the end of the line\n" },
	{ "a string not closed at the end",
	    "cpus = 2\n"
	    "hostname = \"a",
	    "etc/f:2:12: the string that begins here is not closed; "
	    "expected \" before the end of the line\n" },
	{ "an unknown escape",
	    "hostname = \"a\\n\"\n",
	    "etc/f:1:14: \\ in a string; expected \\\\ or \\\"\n" },
	{ "a byte in a string",
	    "hostname = \"a\002\"\n",
	    "etc/f:1:14: byte 0x02 in a string; expected text\n" },
	{ "no UTF-8 in a string",
	    "hostname = \"a\303(\"\n",
	    "etc/f:1:14: byte 0xc3 in a string; expected UTF-8\n" },
	{ "an overlong form of UTF-8",
	    "hostname = \"a\300\257\"\n",
	    "etc/f:1:14: byte 0xc0 in a string; expected UTF-8\n" },
	{ "a macro in a word",
	    "a = 1\n"
	    "hostname = x$a\n",
	    "etc/f:2:12: \"x$a\": a macro stands alone; expected $ and a "
	    "name of letters, digits and _\n" },
	{ "a word behind a macro",
	    "a = 1\n"
	    "hostname = $a/24\n",
	    "etc/f:2:12: \"$a/24\": a macro stands alone; expected $ and a "
	    "name of letters, digits and _\n" },
	{ "a dollar alone",
	    "hostname = $\n",
	    "etc/f:1:12: \"$\": a macro stands alone; expected $ and a "
	    "name of letters, digits and _\n" },
	{ "a value missing at the end",
	    "cpus =\n",
	    "etc/f:2:1: the file ends behind \"=\"; expected a value, or a "
	    "list in { }\n" },
	{ "a key alone",
	    "cpus\n",
	    "etc/f:2:1: the file ends behind \"cpus\"; expected = and a "
	    "value, or a section's name and {\n" },
	{ "a value missing on its line",
	    "cpus =\n"
	    "memory = 64M\n",
	    "etc/f:1:6: no value for \"cpus\" on this line; expected it "
	    "behind the =\n" },
	{ "no equals sign",
	    "interface a {\n"
	    "\tmtu 1500\n"
	    "\tdriver = tap\n"
	    "}\n",
	    "etc/f:2:6: \"1500\" behind \"mtu\"; expected = between them "
	    "(a setting) or { after them (a section)\n" },
	{ "two values",
	    "cpus = 2 3\n",
	    "etc/f:2:1: the file ends behind \"3\"; expected = and a "
	    "value, or a section's name and {\n" },
	{ "a list without commas",
	    "cpu_list = {1 2}\n",
	    "etc/f:1:15: unexpected \"2\"; expected , or }\n" },
	{ "a comma too many",
	    "cpu_list = {1,,2}\n",
	    "etc/f:1:15: unexpected \",\"; expected a value or }\n" },
	{ "a comma alone",
	    "cpu_list = {,}\n",
	    "etc/f:1:13: unexpected \",\"; expected a value or }\n" },
	{ "a list in a list",
	    "cpu_list = {1, {2}}\n",
	    "etc/f:1:16: unexpected \"{\"; expected a value or }\n" },
	{ "a closing brace too many",
	    "cpus = 2\n"
	    "}\n",
	    "etc/f:2:1: unexpected \"}\"; expected a setting, a section or "
	    "include\n" },
	{ "an equals sign alone",
	    "= 2\n",
	    "etc/f:1:1: unexpected \"=\"; expected a setting, a section or "
	    "include\n" },
	{ "a quoted key",
	    "\"cpus\" = 2\n",
	    "etc/f:1:1: unexpected \"cpus\"; expected a setting, a section "
	    "or include\n" },
	{ "a section without a brace",
	    "interface a\n",
	    "etc/f:1:11: \"a\" behind \"interface\"; expected = between "
	    "them (a setting) or { after them (a section)\n" },
	{ "two names",
	    "interface a b { driver = tap }\n",
	    "etc/f:1:11: \"a\" behind \"interface\"; expected = between "
	    "them (a setting) or { after them (a section)\n" },
	{ "a section that does not end",
	    "cpus = 2\n"
	    "interface a {\n"
	    "\tdriver = tap\n",
	    "etc/f:4:1: the file ends, but the { of line 2, column 13 is "
	    "not closed; expected }\n" },
	{ "a list that does not end",
	    "interface a {\n"
	    "\taddress = {10.0.0.1/8,\n",
	    "etc/f:3:1: the file ends, but the { of line 2, column 12 is "
	    "not closed; expected }\n" },
	{ "no newline behind the last word",
	    "cpus = 2",
	    "etc/f:1:8: the file ends in the middle of a line, it may be "
	    "cut off; expected a newline at its end\n" },
	{ "no newline behind a macro",
	    "a = 2\n"
	    "cpus = $a",
	    "etc/f:2:8: the file ends in the middle of a line, it may be "
	    "cut off; expected a newline at its end\n" },
	{ "include in a section",
	    "interface a {\n"
	    "\tinclude \"x\"\n"
	    "}\n",
	    "etc/f:2:2: unexpected include; expected a setting or } "
	    "(include stands outside of sections, the word in quotes)\n" },
	{ "include as a value",
	    "hostname = include\n",
	    "etc/f:1:12: unexpected include; expected a value, or a list "
	    "in { } (include stands outside of sections, the word in "
	    "quotes)\n" },
	{ "a misspelt key",
	    "cpsu = 2\n",
	    "etc/f:1:1: \"cpsu\" is no key here, and as a macro it is "
	    "never used; did you mean \"cpus\"?\n" },
	{ "a misspelt key of a section",
	    "interfaec = 2\n"
	    "cpus = 1\n",
	    "etc/f:1:1: \"interfaec\" is no key here, and as a macro it is "
	    "never used; did you mean \"interface\"?\n" },
	{ "a key outside its section",
	    "mtu = 1500\n"
	    "cpus = 2\n",
	    "etc/f:1:1: \"mtu\" is no key here, and as a macro it is never "
	    "used; did you mean \"mtu\" in a section interface?\n" },
	{ "a misspelt key outside its section",
	    "adress = 10.0.0.1/8\n",
	    "etc/f:1:1: \"adress\" is no key here, and as a macro it is "
	    "never used; did you mean \"address\" in a section interface?\n" },
	{ "an unused macro",
	    "uplink = eth1\n"
	    "cpus = 2\n",
	    "etc/f:1:1: \"uplink\" is no key here, and as a macro it is "
	    "never used; expected $uplink below\n" },
	{ "an unknown macro",
	    "hostname = $nme\n",
	    "etc/f:1:12: macro \"nme\" is not defined; expected nme = "
	    "VALUE above this line\n" },
	{ "a misspelt macro",
	    "wan_if = eth1\n"
	    "hostname = $wan_fi\n"
	    "memory = $wan_if\n",
	    "etc/f:2:12: macro \"wan_fi\" is not defined; did you mean "
	    "\"$wan_if\"?\n"
	    "etc/f:3:10: \"eth1\": memory is a number of bytes, K, M, G or "
	    "T from 1M to 1T\n" },
	{ "a macro before it is defined",
	    "hostname = $h\n"
	    "h = a\n",
	    "etc/f:1:12: macro \"h\" is not defined; expected h = VALUE "
	    "above this line\n"
	    "etc/f:2:1: \"h\" is no key here, and as a macro it is never "
	    "used; expected $h below\n" },
	{ "a macro twice",
	    "h = a\n"
	    "h = b\n"
	    "hostname = $h\n",
	    "etc/f:2:1: macro \"h\" is defined twice, first at line 1; "
	    "expected one definition\n" },
	{ "a macro with a bad name",
	    "my-host = a\n"
	    "cpus = 2\n",
	    "etc/f:1:1: unknown key \"my-host\" in the file; known: cpus, "
	    "cpu_list, memory, hostname\n" },
	{ "a list where one value goes",
	    "h = {a, b}\n"
	    "hostname = $h\n",
	    "etc/f:2:1: hostname takes one value, not a list; expected "
	    "hostname = VALUE\n" },
	{ "a list as a name",
	    "h = {a, b}\n"
	    "interface $h { driver = tap device = t }\n",
	    "etc/f:2:1: interface has a list as its name; expected "
	    "interface NAME { ... }\n" },
	{ "include of nothing there",
	    "cpus = 2\n"
	    "include \"nope.conf\"\n",
	    "etc/f:2:9: \"etc/nope.conf\" cannot be read: No such file or "
	    "directory; expected a file\n" },
	{ "include of itself, in a loop",
	    "include loop.conf\n",
	    "etc/loop2.conf:1:9: \"loop.conf\" is being read already; "
	    "expected no loop of includes\n" },
	{ "a mistake in an included file",
	    "include bad.conf\n",
	    "etc/bad.conf:3:1: the file ends, but the { of line 2, column "
	    "13 is not closed; expected }\n" },
	{ "a duplicate across files",
	    "include ifs.conf\n"
	    "include dup.conf\n"
	    "hostname = $gw\n",
	    "etc/dup.conf:1:11: an interface of this name is given twice, "
	    "first at etc/ifs.conf:2; expected it once\n" },
	{ "include of two files",
	    "f = {a, b}\n"
	    "include $f\n",
	    "etc/f:2:9: include takes one file; expected include \"FILE\"\n" },
	{ "include of an empty name",
	    "include \"\"\n",
	    "etc/f:1:9: include takes one file; expected include \"FILE\"\n" },
	{ "an unknown section",
	    "vxlan v20 { parent = lan id = 20 }\n"
	    "bridge b { }\n",
	    "etc/f:1:1: unknown section \"vxlan\"; known: vrf, "
	    "interface, vlan, neighbour, route, rule, "
	    "advertise, advertise_prefix, dhcp_relay, service, sysctl, "
	    "control; did you mean "
	    "\"vlan\"?\n"
	    "etc/f:2:1: unknown section \"bridge\"; known: vrf, "
	    "interface, vlan, neighbour, route, rule, "
	    "advertise, advertise_prefix, dhcp_relay, service, sysctl, "
	    "control\n" },
	{ "a misspelt section",
	    "interfase a { driver = tap }\n",
	    "etc/f:1:1: unknown section \"interfase\"; known: vrf, "
	    "interface, vlan, neighbour, route, rule, "
	    "advertise, advertise_prefix, dhcp_relay, service, sysctl, "
	    "control; did you mean "
	    "\"interface\"?\n" },
	{ "a section as a setting",
	    "route = 10.0.0.0/8\n",
	    "etc/f:1:1: route is a section, not a setting; expected route "
	    "... { ... }\n" },
	{ "a setting as a section",
	    "cpus { }\n",
	    "etc/f:1:1: cpus is a setting; expected cpus = VALUE\n" },
	{ "a section without a name",
	    "interface { driver = tap device = t }\n",
	    "etc/f:1:1: interface has no name; expected interface NAME { "
	    "... }\n" },
	{ "a name where none goes",
	    "control main { }\n",
	    "etc/f:1:9: control has no name; expected control { ... }\n" },
	{ "control twice",
	    "control { }\n"
	    "control { }\n",
	    "etc/f:2:1: control is given twice, first at line 1; expected "
	    "it once\n" },
	{ "sysctl twice",
	    "sysctl { }\n"
	    "sysctl { }\n",
	    "etc/f:2:1: sysctl is given twice, first at line 1; expected "
	    "it once\n" },
	{ "a section in a section",
	    "interface a {\n"
	    "\tdriver = tap device = t\n"
	    "\troute ::/0 { }\n"
	    "}\n",
	    "etc/f:3:2: section \"route\" within interface; expected "
	    "settings there\n" },
	{ "an unknown key in interface",
	    "interface a {\n"
	    "\tdriver = tap\n"
	    "\tdevice = t\n"
	    "\tadress = 10.0.0.1/8\n"
	    "}\n",
	    "etc/f:4:2: unknown key \"adress\" in interface; known: "
	    "driver, device, queues, mtu, mss, mac, checksum, mode, "
	    "offload, mute, login, "
	    "owner, peer, read, write, socket, role, id, ring_size, "
	    "buffer_size, secret, vrf, accept_ra, "
	    "reverse_path, dscp, "
	    "description, address; did you "
	    "mean \"address\"?\n" },
	{ "an unknown key in route",
	    "route ::/0 { blackhole = yes metric = 3 }\n",
	    "etc/f:1:30: unknown key \"metric\" in route; known: vrf, "
	    "via, interface, table, blackhole, unreachable, prohibit, "
	    "preference\n" },
	{ "an unknown key in neighbour",
	    "neighbour 10.0.0.1 { lladdr = x }\n",
	    "etc/f:1:11: this neighbour has no interface; expected "
	    "interface = \"INTERFACE\"\n"
	    "etc/f:1:11: this neighbour has no mac; expected mac = "
	    "\"02:00:00:00:00:01\"\n"
	    "etc/f:1:22: unknown key \"lladdr\" in neighbour; known: "
	    "interface, mac\n" },
	{ "an unknown key in control",
	    "control { path = x }\n",
	    "etc/f:1:11: unknown key \"path\" in control; known: socket, "
	    "group, mode\n" },
	{ "an unknown dotted key",
	    "net.inet.ip.ttl = 64\n",
	    "etc/f:1:1: unknown key \"net.inet.ip.ttl\" in the file; "
	    "known: cpus, cpu_list, memory, hostname\n" },
	{ "a key twice",
	    "interface a {\n"
	    "\tdriver = tap\n"
	    "\tdevice = t\n"
	    "\tmtu = 1500\n"
	    "\tmtu = 1400\n"
	    "}\n",
	    "etc/f:5:2: mtu is given twice, first at line 4; expected it "
	    "once\n" },
	{ "an empty list",
	    "interface a { driver = tap device = t address = {} }\n",
	    "etc/f:1:39: address has 0 values; expected 1 to 256\n" },
	{ "a list for one value",
	    "cpus = {2}\n",
	    "etc/f:1:1: cpus takes one value, not a list; expected cpus = "
	    "VALUE\n" },
};
/* clang-format on */

static void
test_nul(void **state)
{
	static const char text[] = "cpus = 2\nhost\0name = a\n";
	static const char quoted[] = "hostname = \"a\0\"\n";
	static const char comment[] = "# a\0\n";
	char *errs;

	errs = text_errors(text, sizeof(text) - 1);
	assert_string_equal(errs,
	    "etc/f:2:5: byte 0x00 in the file; expected text\n");
	free(errs);
	errs = text_errors(quoted, sizeof(quoted) - 1);
	assert_string_equal(errs,
	    "etc/f:1:14: byte 0x00 in a string; expected text\n");
	free(errs);
	errs = text_errors(comment, sizeof(comment) - 1);
	assert_string_equal(errs,
	    "etc/f:1:4: byte 0x00 in the file; expected text\n");
	free(errs);
}

int
main(void)
{
	struct CMUnitTest tests[1 + NITEMS(bad)] = {
		cmocka_unit_test(test_nul),
	};

	add_bad(tests + 1, bad, NITEMS(bad));
	return cmocka_run_group_tests(tests, NULL, NULL);
}
