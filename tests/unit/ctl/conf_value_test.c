/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Files whose values are wrong, alone or beside each other; each with all it
 * is told.
 */
#include "conf_texts.h"

/* clang-format off */
#define RULE_IFS                                                               \
	"interface a { driver=tap device=t address=10.0.0.1/24 } "             \
	"vrf red { id = 1 }\n"                                                 \
	"interface b { driver=tap device=u address=10.1.0.1/24 vrf=red }\n"    \
	"interface c { driver=tap device=v address=10.0.2.1/24 }\n"

static const struct bad_text bad[] = {
	{ "a number too large",
	    "cpus = 65\n",
	    "etc/f:1:8: \"65\": cpus is a number from 1 to 64\n" },
	{ "a number too small", "cpus = 0\n",
	    "etc/f:1:8: \"0\": cpus is a number from 1 to 64\n" },
	{ "no number", "cpus = two\n",
	    "etc/f:1:8: \"two\": cpus is a number from 1 to 64\n" },
	{ "a number with a sign", "cpus = -2\n",
	    "etc/f:1:8: \"-2\": cpus is a number from 1 to 64\n" },
	{ "a number with a zero", "cpus = 02\n",
	    "etc/f:1:8: \"02\": cpus is a number from 1 to 64\n" },
	{ "a number beyond all bounds", "cpus = 99999999999999999999999999\n",
	    "etc/f:1:8: \"99999999999999999999999999\": cpus is a number "
	    "from 1 to 64\n" },
	{ "cpus twice over",
	    "cpus = 3\n"
	    "cpu_list = {1, 2}\n",
	    "etc/f:2:1: cpus is 3, but cpu_list holds 2; expected one of "
	    "the two, or as many\n" },
	{ "a CPU twice", "cpu_list = {1, 2, 1}\n",
	    "etc/f:1:1: cpu_list holds 1 twice; expected each CPU once\n" },
	{ "a CPU too high", "cpu_list = {1024}\n",
	    "etc/f:1:13: \"1024\": cpu_list is a number from 0 to 1023\n" },
	{ "memory too small", "memory = 1K\n",
	    "etc/f:1:10: \"1K\": memory is a number of bytes, K, M, G or T "
	    "from 1M to 1T\n" },
	{ "memory in another unit", "memory = 64MB\n",
	    "etc/f:1:10: \"64MB\": memory is a number of bytes, K, M, G or "
	    "T from 1M to 1T\n" },
	{ "a hostname with a blank", "hostname = \"a b\"\n",
	    "etc/f:1:12: \"a b\": hostname is a name of letters, digits, "
	    "\"-\" and \".\"\n" },
	{ "an unknown driver", "interface a { driver = tun device = t }\n",
	    "etc/f:1:24: \"tun\": driver is one of tap, xdp, packet, pair, "
	    "pcap, memif\n" },
	{ "no driver", "interface a { device = t }\n",
	    "etc/f:1:11: this interface has no driver; expected driver = "
	    "one of tap, xdp, packet, pair, pcap, memif\n" },
	{ "no device", "interface a { driver = xdp }\n",
	    "etc/f:1:11: this interface has no device; expected device = "
	    "\"eth1\"\n" },
	{ "a long device name",
	    "interface a { driver = tap device = abcdefghijklmnop }\n",
	    "etc/f:1:37: \"abcdefghijklmnop\": device has at most 15 "
	    "bytes\n" },
	{ "a device name with a slash",
	    "interface a { driver = tap device = a/b }\n",
	    "etc/f:1:37: \"a/b\": device is a name without blanks, \"/\" "
	    "and \":\"\n" },
	{ "a long interface name",
	    "interface abcdefghijklmnop { driver = tap device = t }\n",
	    "etc/f:1:11: \"abcdefghijklmnop\": an interface's name has at "
	    "most 15 bytes\n" },
	{ "a bad interface name",
	    "interface \"a b\" { driver = tap device = t }\n",
	    "etc/f:1:11: \"a b\": an interface's name is a name of "
	    "letters, digits, \".\", \"_\" and \"-\"\n" },
	{ "a key of another driver",
	    "interface a { driver = tap device = t peer = b mode = copy }\n",
	    "etc/f:1:39: peer has no meaning with driver tap; expected "
	    "driver pair\n"
	    "etc/f:1:48: mode has no meaning with driver tap; expected "
	    "driver xdp\n" },
	{ "yes or no",
	    "interface a { driver = tap device = t offload = true }\n",
	    "etc/f:1:49: \"true\": offload is yes or no\n" },
	{ "a MAC cut short",
	    "interface a { driver = tap device = t mac = 02:00 }\n",
	    "etc/f:1:45: \"02:00\": mac is six bytes in hexadecimal, as "
	    "02:00:00:00:00:01\n" },
	{ "a group's MAC",
	    "interface a { driver = tap device = t mac = 03:00:00:00:00:01 "
	    "}\n",
	    "etc/f:1:45: \"03:00:00:00:00:01\": mac is the address of one "
	    "station; this is a group's\n" },
	{ "a zero MAC",
	    "interface a { driver = tap device = t mac = 00:00:00:00:00:00 "
	    "}\n",
	    "etc/f:1:45: \"00:00:00:00:00:00\": mac is not all zero\n" },
	{ "an MTU too small for IPv6",
	    "interface a {\n"
	    "\tdriver = tap device = t\n"
	    "\tmtu = 1000\n"
	    "\taddress = fd00::1/64\n"
	    "}\n",
	    "etc/f:3:2: mtu is 1000, too small for the IPv6 address of "
	    "line 4; expected at least 1280\n" },
	{ "pcap without files",
	    "interface a { driver = pcap }\n",
	    "etc/f:1:11: this interface has no file; expected read = "
	    "\"FILE\", write = \"FILE\" or both\n" },
	{ "a socket path too long",
	    "control { socket = "
	    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa }\n",
	    "etc/f:1:20: "
	    "\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa...\": "
	    "socket has at most 107 bytes\n" },
	{ "a mode with an 8", "control { mode = 0680 }\n",
	    "etc/f:1:18: \"0680\": mode is an octal number from 0000 to "
	    "0777\n" },
	{ "a prefix length of 33",
	    "interface a { driver=tap device=t address={192.0.2.2/33} }\n",
	    "etc/f:1:44: \"192.0.2.2/33\": prefix length is 0 to 32\n" },
	{ "a prefix length of 129",
	    "interface a { driver=tap device=t address={2001:db8::1/129} "
	    "}\n",
	    "etc/f:1:44: \"2001:db8::1/129\": prefix length is 0 to 128\n" },
	{ "no prefix length",
	    "interface a { driver=tap device=t address={192.0.2.2} }\n",
	    "etc/f:1:44: \"192.0.2.2\": the prefix length is missing; "
	    "expected 192.0.2.2/LENGTH, 0 to 32\n" },
	{ "no address",
	    "interface a { driver=tap device=t address={192.0.2/24} }\n",
	    "etc/f:1:44: \"192.0.2/24\": expected an IPv4 or IPv6 address "
	    "and its prefix length, as 192.0.2.1/24 or 2001:db8::1/64\n" },
	{ "an empty prefix length",
	    "interface a { driver=tap device=t address={192.0.2.2/} }\n",
	    "etc/f:1:44: \"192.0.2.2/\": prefix length is 0 to 32\n" },
	{ "a network address",
	    "interface a { driver=tap device=t address={192.0.2.0/24} }\n",
	    "etc/f:1:44: \"192.0.2.0/24\" is the network's own address; "
	    "expected an address that a host can have\n" },
	{ "a broadcast address",
	    "interface a { driver=tap device=t address={192.0.2.255/24} }\n",
	    "etc/f:1:44: \"192.0.2.255/24\" is the broadcast address; "
	    "expected an address that a host can have\n" },
	{ "a multicast address",
	    "interface a { driver=tap device=t address={224.0.0.1/24, "
	    "ff02::1/64} }\n",
	    "etc/f:1:44: \"224.0.0.1/24\" is a multicast address; expected "
	    "an address that a host can have\n"
	    "etc/f:1:58: \"ff02::1/64\" is a multicast address; expected "
	    "an address that a host can have\n" },
	{ "a loopback address",
	    "interface a { driver=tap device=t address={127.0.0.1/8, "
	    "::1/128} }\n",
	    "etc/f:1:44: \"127.0.0.1/8\" is a loopback address; expected "
	    "an address that a host can have\n"
	    "etc/f:1:57: \"::1/128\" is a loopback address; expected an "
	    "address that a host can have\n" },
	{ "the unspecified address",
	    "interface a { driver=tap device=t address={0.0.0.0/24, ::/64} "
	    "}\n",
	    "etc/f:1:44: \"0.0.0.0/24\" is an address of 0.0.0.0/8, which "
	    "is no host; expected an address that a host can have\n"
	    "etc/f:1:56: \"::/64\" is the unspecified address, which is no "
	    "host; expected an address that a host can have\n" },
	{ "the limited broadcast address",
	    "interface a { driver=tap device=t "
	    "address={255.255.255.255/32} }\n",
	    "etc/f:1:44: \"255.255.255.255/32\" is the broadcast address; "
	    "expected an address that a host can have\n" },
	{ "a reserved address",
	    "interface a { driver=tap device=t address={240.0.0.1/24} }\n",
	    "etc/f:1:44: \"240.0.0.1/24\" is an address of 240.0.0.0/4, "
	    "which is reserved; expected an address that a host can have\n" },
	{ "an anycast address",
	    "interface a { driver=tap device=t address={2001:db8::/64} }\n",
	    "etc/f:1:44: \"2001:db8::/64\" is the routers' anycast "
	    "address; expected an address that a host can have\n" },
	{ "a mapped address",
	    "interface a { driver=tap device=t "
	    "address={::ffff:192.0.2.1/120} }\n",
	    "etc/f:1:44: \"::ffff:192.0.2.1/120\" is an IPv4 address in "
	    "IPv6 form; expected an address that a host can have\n" },
	{ "everything as a network",
	    "interface a { driver=tap device=t address={192.0.2.1/0} }\n",
	    "etc/f:1:44: \"192.0.2.1/0\" is an address whose network would "
	    "be everything; expected an address that a host can have\n" },
	{ "an address twice",
	    "interface a { driver=tap device=t address={192.0.2.1/24, "
	    "192.0.2.1/25} }\n",
	    "etc/f:1:58: this address is given twice, first at line 1; "
	    "expected it once\n" },
	{ "an address on two interfaces",
	    "interface a { driver=tap device=t address={192.0.2.1/24, "
	    "fd00::1/64} }\n"
	    "interface b { driver=tap device=u address=192.0.2.1/30 }\n",
	    "etc/f:2:43: this address is given twice, first at line 1; "
	    "expected it once\n" },
	{ "an interface twice",
	    "interface a { driver=tap device=t address={192.0.2.1/24, "
	    "fd00::1/64} }\n"
	    "interface a { driver=tap device=u }\n",
	    "etc/f:2:11: an interface of this name is given twice, first "
	    "at line 1; expected it once\n" },
	{ "a device twice",
	    "interface a { driver=tap device=t address={192.0.2.1/24, "
	    "fd00::1/64} }\n"
	    "interface b { driver=xdp device=t }\n",
	    "etc/f:2:26: this device is given twice, first at line 1; "
	    "expected it once\n" },
	{ "no peer",
	    "interface p { driver = pair }\n",
	    "etc/f:1:11: this interface has no peer; expected peer = "
	    "\"INTERFACE\"\n" },
	{ "an unknown peer", "interface p0 { driver = pair peer = p1 }\n",
	    "etc/f:1:30: no interface \"p1\" in this file; known: p0; did "
	    "you mean \"p0\"?\n" },
	{ "its own peer", "interface p0 { driver = pair peer = p0 }\n",
	    "etc/f:1:30: \"p0\" is its own peer; expected another "
	    "interface of driver pair\n" },
	{ "a peer that is no pair",
	    "interface a { driver=tap device=t address={192.0.2.1/24, "
	    "fd00::1/64} }\n"
	    "interface p0 { driver = pair peer = a }\n",
	    "etc/f:2:30: the driver of \"a\" is tap; expected an interface "
	    "of driver pair\n" },
	{ "a peer of another",
	    "interface p0 { driver=pair peer=p1 }\n"
	    "interface p1 { driver=pair peer=p2 }\n"
	    "interface p2 { driver=pair peer=p1 }\n",
	    "etc/f:1:28: the peer of \"p1\" is \"p2\" (line 2); expected "
	    "each of a pair to name the other\n" },
	{ "a route with host bits",
	    "route 10.0.0.1/8 { blackhole = yes }\n",
	    "etc/f:1:7: \"10.0.0.1/8\" has bits set behind its prefix "
	    "length; did you mean \"10.0.0.0/8\"?\n" },
	{ "a route to no prefix", "route default { blackhole = yes }\n",
	    "etc/f:1:7: \"default\": expected an IPv4 or IPv6 address and "
	    "its prefix length, as 192.0.2.1/24 or 2001:db8::1/64\n" },
	{ "a route without anything", "route ::/0 { blackhole = no }\n",
	    "etc/f:1:7: this route says nothing of what becomes of its "
	    "packets; expected one of via = {\"ADDRESS\"}, table = "
	    "\"VRF\", blackhole = yes, unreachable = yes, prohibit = "
	    "yes\n" },
	{ "a route with too much",
	    "interface a { driver=tap device=t address={192.0.2.1/24, "
	    "fd00::1/64} }\n"
	    "route ::/0 { via = fd00::2 blackhole = yes }\n",
	    "etc/f:2:7: this route says in several ways what becomes of "
	    "its packets; expected one of via = {\"ADDRESS\"}, table = "
	    "\"VRF\", blackhole = yes, unreachable = yes, prohibit = "
	    "yes\n" },
	{ "a route twice",
	    "route ::/0 { blackhole = yes }\n"
	    "route 0::0/0 { unreachable = yes }\n",
	    "etc/f:2:7: a route to this prefix is given twice, first at "
	    "line 1; expected it once\n" },
	{ "a route over another family",
	    "interface a { driver=tap device=t address={192.0.2.1/24, "
	    "fd00::1/64} }\n"
	    "route ::/0 { via = 192.0.2.9 }\n",
	    "etc/f:2:20: \"192.0.2.9\" is an IPv4 address, the route is of "
	    "IPv6; expected an IPv6 address\n" },
	{ "a route over no network",
	    "interface a { driver=tap device=t address={192.0.2.1/24, "
	    "fd00::1/64} }\n"
	    "route 0.0.0.0/0 { via = {192.0.2.9, 10.0.0.1} }\n",
	    "etc/f:2:37: \"10.0.0.1\" is on no network of the interfaces; "
	    "expected an address in 192.0.2.0/24 (a)\n" },
	{ "a route and no network at all",
	    "cpus = 2\n"
	    "route 0.0.0.0/0 { via = 192.0.2.1 }\n",
	    "etc/f:2:25: \"192.0.2.1\" is on no network of the interfaces; "
	    "expected an address on an interface first\n" },
	{ "a route over another interface",
	    "interface a { driver=tap device=t address={192.0.2.1/24, "
	    "fd00::1/64} }\n"
	    "interface b { driver=tap device=u address=10.0.0.1/8 }\n"
	    "route 0.0.0.0/0 { via = 192.0.2.9 interface = b }\n",
	    "etc/f:3:25: \"192.0.2.9\" is on no network of b; expected an "
	    "address in 10.0.0.0/8 (b)\n" },
	{ "a route over itself",
	    "interface a { driver=tap device=t address={192.0.2.1/24, "
	    "fd00::1/64} }\n"
	    "route 0.0.0.0/0 { via = 192.0.2.1 }\n",
	    "etc/f:2:25: \"192.0.2.1\" is an address of this router "
	    "itself; expected the address of a neighbour\n" },
	{ "a route over a broadcast",
	    "interface a { driver=tap device=t address={192.0.2.1/24, "
	    "fd00::1/64} }\n"
	    "route 0.0.0.0/0 { via = 192.0.2.255 }\n",
	    "etc/f:2:25: \"192.0.2.255\" is the broadcast address; "
	    "expected the address of a neighbour\n" },
	{ "a route over a multicast",
	    "interface a { driver=tap device=t address={192.0.2.1/24, "
	    "fd00::1/64} }\n"
	    "route ::/0 { via = ff02::2 interface = a }\n",
	    "etc/f:2:20: \"ff02::2\" is a multicast address; expected the "
	    "address of a neighbour\n" },
	{ "a route over a prefix",
	    "interface a { driver=tap device=t address={192.0.2.1/24, "
	    "fd00::1/64} }\n"
	    "route ::/0 { via = fd00::2/64 }\n",
	    "etc/f:2:20: \"fd00::2/64\": expected an IPv4 or IPv6 address "
	    "without a length\n" },
	{ "a link-local route without interface",
	    "interface a { driver=tap device=t address={192.0.2.1/24, "
	    "fd00::1/64} }\n"
	    "route ::/0 { via = fe80::1 }\n",
	    "etc/f:2:20: \"fe80::1\" is a link-local address and stands on "
	    "every link; expected \"fe80::1%INTERFACE\", or interface = "
	    "\"INTERFACE\" beside it\n" },
	{ "a zone of an address that has none",
	    "interface a { driver=tap device=t address={192.0.2.1/24, "
	    "fd00::1/64} }\n"
	    "route ::/0 { via = fd00::2%a }\n",
	    "etc/f:2:20: \"fd00::2%a\": only a link-local address is one of "
	    "an interface; expected the address alone\n" },
	{ "a zone without a name",
	    "interface a { driver=tap device=t address={192.0.2.1/24, "
	    "fd00::1/64} }\n"
	    "route ::/0 { via = \"fe80::2%\" }\n",
	    "etc/f:2:20: \"fe80::2%\": expected the name of an interface "
	    "behind the %\n" },
	{ "a zone that is not there",
	    "interface a { driver=tap device=t address={192.0.2.1/24, "
	    "fd00::1/64} }\n"
	    "route ::/0 { via = {fe80::2%a, fe80::2%aa} }\n",
	    "etc/f:2:32: no interface \"aa\" in this file; known: a\n" },
	{ "a zone beside another interface",
	    "interface a { driver=tap device=t address={192.0.2.1/24, "
	    "fd00::1/64} }\n"
	    "interface b { driver=tap device=u }\n"
	    "route ::/0 { via = fe80::2%a interface = b }\n",
	    "etc/f:3:20: \"fe80::2%a\" is on a, and interface = \"b\" says "
	    "otherwise; expected one of them\n" },
	{ "the same zone twice",
	    "interface a { driver=tap device=t address={192.0.2.1/24, "
	    "fd00::1/64} }\n"
	    "route ::/0 { via = {fe80::2%a, fe80::2%a} }\n",
	    "etc/f:2:32: \"fe80::2\" is given twice; expected each next hop "
	    "once\n" },
	{ "a route with an unknown interface",
	    "interface a { driver=tap device=t address={192.0.2.1/24, "
	    "fd00::1/64} }\n"
	    "route ::/0 { via = fe80::1 interface = aa }\n",
	    "etc/f:2:28: no interface \"aa\" in this file; known: a\n" },
	{ "a route with interface and no via",
	    "interface a { driver=tap device=t address={192.0.2.1/24, "
	    "fd00::1/64} }\n"
	    "route ::/0 { blackhole = yes interface = a }\n",
	    "etc/f:2:30: interface goes with via; expected via = "
	    "{\"ADDRESS\"} beside it\n" },
	{ "a next hop twice",
	    "interface a { driver=tap device=t address={192.0.2.1/24, "
	    "fd00::1/64} }\n"
	    "route ::/0 { via = {fd00::2, fd00::2} }\n",
	    "etc/f:2:30: \"fd00::2\" is given twice; expected each next "
	    "hop once\n" },
	{ "a preference too high",
	    "route ::/0 { blackhole = yes preference = 256 }\n",
	    "etc/f:1:43: \"256\": preference is a number from 1 to 255\n" },
	{ "a neighbour without anything",
	    "interface a { driver=tap device=t address={192.0.2.1/24, "
	    "fd00::1/64} }\n"
	    "neighbour 192.0.2.9 { }\n",
	    "etc/f:2:11: this neighbour has no interface; expected "
	    "interface = \"INTERFACE\"\n"
	    "etc/f:2:11: this neighbour has no mac; expected mac = "
	    "\"02:00:00:00:00:01\"\n" },
	{ "a neighbour elsewhere",
	    "interface a { driver=tap device=t address={192.0.2.1/24, "
	    "fd00::1/64} }\n"
	    "neighbour 10.0.0.9 { interface = a mac = 02:00:00:00:00:01 }\n",
	    "etc/f:2:11: \"10.0.0.9\" is on no network of a; expected an "
	    "address in 192.0.2.0/24 (a)\n" },
	{ "a neighbour twice",
	    "interface a { driver=tap device=t address={192.0.2.1/24, "
	    "fd00::1/64} }\n"
	    "neighbour 192.0.2.9 { interface = a mac = 02:00:00:00:00:01 "
	    "}\n"
	    "neighbour 192.0.2.9 { interface = a mac = 02:00:00:00:00:02 "
	    "}\n",
	    "etc/f:3:11: this neighbour of this interface is given twice, "
	    "first at line 2; expected it once\n" },
	{ "a neighbour that is oneself",
	    "interface a { driver=tap device=t address={192.0.2.1/24, "
	    "fd00::1/64} }\n"
	    "neighbour 192.0.2.1 { interface = a mac = 02:00:00:00:00:01 "
	    "}\n",
	    "etc/f:2:11: \"192.0.2.1\" is an address of this router "
	    "itself; expected the address of a neighbour\n" },
	{ "a neighbour on no interface",
	    "neighbour 192.0.2.1 { interface = a mac = 02:00:00:00:00:01 "
	    "}\n",
	    "etc/f:1:23: no interface \"a\" in this file; known: none\n" },
	{ "a VLAN without what it needs",
	    "vlan v { address = 10.0.0.1/24 }\n",
	    "etc/f:1:6: this vlan has no parent; expected parent = "
	    "\"INTERFACE\"\n"
	    "etc/f:1:6: this vlan has no id; expected id = 20\n" },
	{ "bad values of a VLAN",
	    "interface a { driver = tap device = t0 }\n"
	    "vlan u { parent = a id = 0 }\n"
	    "vlan v { parent = a id = 4095 }\n"
	    "vlan w { parent = a id = 3 priority = 8 }\n"
	    "vlan x { parent = a id = 4 protocol = 0x8100 queues = 2 }\n",
	    "etc/f:2:26: \"0\": id is a number from 1 to 4094\n"
	    "etc/f:3:26: \"4095\": id is a number from 1 to 4094\n"
	    "etc/f:4:39: \"8\": priority is one of 0, 1, 2, 3, 4, 5, 6, 7, "
	    "map\n"
	    "etc/f:5:39: \"0x8100\": protocol is one of 802.1Q, 802.1ad\n"
	    "etc/f:5:46: unknown key \"queues\" in vlan; known: parent, id, "
	    "protocol, priority, mtu, mss, vrf, accept_ra, "
	    "reverse_path, dscp, "
	    "description, address\n" },
	{ "what rules do",
	    RULE_IFS
	    "rule x { source = 10.0.0.0/8 }\n"
	    "rule x { via = 10.0.0.2 blackhole = yes }\n"
	    "rule y { source = 10.0.0.0/8 table = rad }\n"
	    "rule z { via = 10.7.0.1 }\n"
	    "rule z { via = {10.0.0.1, fe80::1} }\n"
	    "rule v { interface = a via = 10.1.0.2 }\n",
	    "etc/f:4:6: this rule says nothing of what becomes of its packets; "
	    "expected one of via = {\"ADDRESS\"}, table = \"VRF\", blackhole = "
	    "yes, unreachable = yes, prohibit = yes\n"
	    "etc/f:5:6: this rule says in several ways what becomes of its "
	    "packets; expected one of via = {\"ADDRESS\"}, table = \"VRF\", "
	    "blackhole = yes, unreachable = yes, prohibit = yes\n"
	    "etc/f:6:30: no VRF \"rad\" in this file; known: main, red; did "
	    "you mean \"red\"?\n"
	    "etc/f:7:16: \"10.7.0.1\" is on no network of the interfaces; "
	    "expected an address in 10.0.0.0/24 (a), 10.0.2.0/24 (c)\n"
	    "etc/f:8:27: \"fe80::1\" is of IPv6, other addresses of this rule "
	    "are of IPv4; expected one family, or a rule for each\n"
	    "etc/f:9:30: \"10.1.0.2\" is on no network of the interfaces; "
	    "expected an address in 10.0.0.0/24 (a), 10.0.2.0/24 (c)\n" },
	{ "what rules are for",
	    RULE_IFS
	    "rule x { interface = d table = red }\n"
	    "rule x { interface = {a, b} table = red }\n"
	    "rule y { vrf = red interface = a table = red }\n"
	    "rule z { source = 10.0.0.0/8 destination = fd00::/8 table = red "
	    "}\n"
	    "rule z { source = 10.0.0.1/8 table = red }\n"
	    "rule z { protocol = tpc dscp = 64 table = red }\n"
	    "rule z { source_port = {65536, \"9-8\", 5-} table = red }\n"
	    "rule z { source_port = 5 protocol = {tcp, esp} table = red }\n"
	    "rule z { source = fd00::/8 protocol = icmp table = red }\n",
	    "etc/f:4:10: no interface \"d\" in this file; known: a, b, c\n"
	    "etc/f:5:6: a rule of this name is given twice, first at line 4; "
	    "expected it once\n"
	    "etc/f:5:10: \"b\" is in VRF \"red\", this rule in \"main\"; "
	    "expected interfaces of one VRF\n"
	    "etc/f:6:20: \"a\" is in VRF \"main\", this rule in \"red\"; "
	    "expected interfaces of one VRF\n"
	    "etc/f:7:44: \"fd00::/8\" is of IPv6, other addresses of this rule "
	    "are of IPv4; expected one family, or a rule for each\n"
	    "etc/f:8:19: \"10.0.0.1/8\" has bits set behind its prefix length; "
	    "did you mean \"10.0.0.0/8\"?\n"
	    "etc/f:9:21: \"tpc\": protocol is a number from 0 to 255, or one "
	    "of icmp, ipip, tcp, udp, dccp, ipv6, gre, esp, ah, icmp6, ospf, "
	    "sctp, udplite\n"
	    "etc/f:9:32: \"64\": dscp is a number from 0 to 63, or one of cs0 "
	    "to cs7, af11 to af43, ef, va, le\n"
	    "etc/f:10:25: \"65536\": source_port is a number from 0 to 65535, "
	    "or two with a \"-\" between, the lower one first, as 8000-8080\n"
	    "etc/f:10:32: \"9-8\": source_port is a number from 0 to 65535, or "
	    "two with a \"-\" between, the lower one first, as 8000-8080\n"
	    "etc/f:10:39: \"5-\": source_port is a number from 0 to 65535, or "
	    "two with a \"-\" between, the lower one first, as 8000-8080\n"
	    "etc/f:11:26: protocol 50 has no ports, of which this rule speaks; "
	    "expected tcp, udp, dccp, sctp or udplite\n"
	    "etc/f:12:28: icmp is the ICMP of the other family, the rule is of "
	    "IPv6; expected icmp6\n" },
	{ "relays",
	    "interface a { driver = tap device = t0 address = 10.0.0.1/8 }\n"
	    "dhcp_relay a { server = {10.0.0.9, fe80::1, 10.0.0.9} }\n"
	    "dhcp_relay a { server = 10.0.0.9\n"
	    "\taddress = {10.0.0.2, 10.0.0.1} hops = 17 }\n"
	    "dhcp_relay b { server = 10.0.0.9 }\n"
	    "dhcp_relay a { }\n"
	    "dhcp_relay a { server = 10.0.0.9\n"
	    "\taddress = {10.0.0.2, 10.0.0.1} }\n",
	    "etc/f:2:36: \"fe80::1\" is a link-local address; expected one "
	    "that routes lead to\n"
	    "etc/f:2:45: \"10.0.0.9\" is given twice; expected each server "
	    "once\n"
	    "etc/f:4:40: \"17\": hops is a number from 1 to 16\n"
	    "etc/f:5:12: no interface \"b\" in this file; known: a\n"
	    "etc/f:6:12: this dhcp_relay has no server; expected server = "
	    "{\"ADDRESS\"}\n"
	    "etc/f:7:12: \"a\" has a relay already (line 2); expected one, "
	    "with all servers\n"
	    "etc/f:8:13: \"10.0.0.2\" is no address of a; expected one of "
	    "them\n"
	    "etc/f:8:23: two addresses of IPv4; expected at most one of each "
	    "family\n" },
	{ "parents of VLANs",
	    "interface a { driver = tap device = t0 }\n"
	    "vlan u { parent = b id = 1 }\n"
	    "vlan v { parent = v id = 1 }\n"
	    "vlan w { parent = x id = 1 }\n"
	    "vlan x { parent = w id = 1 }\n"
	    "vlan y1 { parent = a id = 1 }\n"
	    "vlan y2 { parent = y1 id = 1 }\n"
	    "vlan y3 { parent = y2 id = 1 }\n"
	    "interface p { driver = pair peer = y1 }\n",
	    "etc/f:2:10: no interface \"b\" in this file; known: a, p, u, v, "
	    "w, x, y1, y2, y3\n"
	    "etc/f:3:10: \"v\" is its own parent; expected another "
	    "interface\n"
	    "etc/f:4:10: the frames of \"w\" would have more than 2 tags; "
	    "expected a parent that is no VLAN, or a VLAN on one that is "
	    "none\n"
	    "etc/f:5:10: the frames of \"x\" would have more than 2 tags; "
	    "expected a parent that is no VLAN, or a VLAN on one that is "
	    "none\n"
	    "etc/f:8:11: the frames of \"y3\" would have more than 2 tags; "
	    "expected a parent that is no VLAN, or a VLAN on one that is "
	    "none\n"
	    "etc/f:9:29: the driver of \"y1\" is vlan; expected an interface "
	    "of driver pair\n" },
	{ "MTUs of VLANs",
	    "interface a { driver = tap device = t0 mtu = 1000 }\n"
	    "vlan u { parent = a id = 1 mtu = 1001 }\n"
	    "vlan v { parent = a id = 2 address = fd00::1/64 }\n"
	    "vlan w { parent = v id = 3 mtu = 1500 address = fd01::1/64 }\n",
	    "etc/f:2:28: mtu is 1001, but that of \"a\" is 1000; expected at "
	    "most that\n"
	    "etc/f:3:38: the mtu of \"a\" is 1000, too small for an IPv6 "
	    "address; expected at least 1280 there\n"
	    "etc/f:4:28: mtu is 1500, but that of \"v\" is 1000; expected at "
	    "most that\n" },
	{ "VLANs and names twice",
	    "interface a { driver = tap device = t0 address = 10.0.0.1/24 }\n"
	    "vlan u { parent = a id = 1 }\n"
	    "vlan v { parent = a id = 1 }\n"
	    "vlan a { parent = u id = 1 address = 10.0.0.1/24 }\n",
	    "etc/f:3:21: VLAN 1 of \"a\" is \"u\" already (line 2); expected "
	    "another id\n"
	    "etc/f:4:6: an interface of this name is given twice, first at "
	    "line 1; expected it once\n"
	    "etc/f:4:38: this address is given twice, first at line 1; "
	    "expected it once\n" },
	{ "a neighbour misspelt",
	    "neighbor 192.0.2.1 { }\n",
	    "etc/f:1:1: unknown section \"neighbor\"; known: vrf, "
	    "interface, vlan, neighbour, route, rule, "
	    "advertise, advertise_prefix, dhcp_relay, service, sysctl, "
	    "control; did you mean \"neighbour\"?\n" },
	{ "an unknown sysctl",
	    "sysctl {\n"
	    "\tnet.inet.ip.tll = 3\n"
	    "}\n",
	    "etc/f:2:2: unknown sysctl \"net.inet.ip.tll\"\n" },
	{ "a sysctl out of bounds", "sysctl { net.inet.ip.ttl = 256 }\n",
	    "etc/f:1:10: net.inet.ip.ttl is a number from 1 to 255\n" },
	{ "a sysctl twice",
	    "sysctl { net.isr.a = 1\n"
	    " net.isr.a = 2 }\n",
	    "etc/f:2:2: this sysctl is given twice, first at line 1; "
	    "expected it once\n" },
	{ "a sysctl with a list", "sysctl { net.isr.a = {1, 2} }\n",
	    "etc/f:1:10: net.isr.a takes one value, not a list; expected "
	    "net.isr.a = VALUE\n" },
	{ "a sysctl with a bad name", "sysctl { net/isr = 1 }\n",
	    "etc/f:1:10: \"net/isr\" is no name of a sysctl; expected one "
	    "as net.inet.ip.ttl\n" },
	{ "a section in sysctl", "sysctl { net { a = 1 } }\n",
	    "etc/f:1:10: section \"net\" within sysctl; expected settings "
	    "there\n" },
	{ "all mistakes, in order",
	    "cpus = 99\n"
	    "interface a {\n"
	    "\tdriver = tap\n"
	    "\tadress = 1\n"
	    "\tmtu = x mss = 63\n"
	    "}\n"
	    "route 1.2.3.4/8 { via = 10.0.0.1 }\n"
	    "sysctl { foo = 1 }\n"
	    "hostname = $x\n",
	    "etc/f:1:8: \"99\": cpus is a number from 1 to 64\n"
	    "etc/f:2:11: this interface has no device; expected device = "
	    "\"eth1\"\n"
	    "etc/f:4:2: unknown key \"adress\" in interface; known: "
	    "driver, device, queues, mtu, mss, mac, checksum, mode, "
	    "offload, mute, login, "
	    "owner, peer, read, write, socket, role, id, ring_size, "
	    "buffer_size, secret, vrf, accept_ra, "
	    "reverse_path, dscp, "
	    "description, address; did you "
	    "mean \"address\"?\n"
	    "etc/f:5:8: \"x\": mtu is a number from 68 to 9216\n"
	    "etc/f:5:16: \"63\": mss is auto or a number from 64 to 65495\n"
	    "etc/f:7:7: \"1.2.3.4/8\" has bits set behind its prefix "
	    "length; did you mean \"1.0.0.0/8\"?\n"
	    "etc/f:8:10: unknown sysctl \"foo\"\n"
	    "etc/f:9:12: macro \"x\" is not defined; expected x = VALUE "
	    "above this line\n" },
	{ "a VRF without id",
	    "vrf red { }\n",
	    "etc/f:1:5: this vrf has no id; expected id = 1\n" },
	{ "a VRF's id out of bounds", "vrf red { id = 16 }\n",
	    "etc/f:1:16: \"16\": id is a number from 1 to 15\n" },
	{ "VRFs of one name, of one id, of a name that is taken",
	    "vrf red { id = 1 }\n"
	    "vrf red { id = 2 }\n"
	    "vrf blue { id = 1 }\n"
	    "vrf main { id = 4 }\n",
	    "etc/f:2:5: a VRF of this name is given twice, first at line "
	    "1; expected it once\n"
	    "etc/f:3:12: id 1 is that of \"red\" (line 1); expected another "
	    "number from 1 to 15\n"
	    "etc/f:4:5: \"main\" is the name of what is in no VRF; expected "
	    "another name\n" },
	{ "unknown VRFs",
	    "vrf red { id = 1 }\n"
	    "interface a { driver=tap device=t vrf=rad }\n"
	    "vlan v { parent=a id=2 vrf=x }\n"
	    "route ::/0 { vrf = y table = z }\n",
	    "etc/f:2:35: no VRF \"rad\" in this file; known: main, red; did "
	    "you mean \"red\"?\n"
	    "etc/f:3:24: no VRF \"x\" in this file; known: main, red\n"
	    "etc/f:4:14: no VRF \"y\" in this file; known: main, red\n"
	    "etc/f:4:22: no VRF \"z\" in this file; known: main, red\n" },
	{ "a bad VRF does not spoil its interfaces",
	    "vrf red { id = 0 }\n"
	    "interface a { driver=tap device=t vrf=red }\n"
	    "route ::/0 { vrf = red blackhole = yes }\n",
	    "etc/f:1:16: \"0\": id is a number from 1 to 15\n" },
	{ "an address and a route twice in a VRF",
	    "vrf red { id = 1 }\n"
	    "interface a { driver=tap device=t address=10.0.0.1/24 vrf=red }\n"
	    "interface b { driver=tap device=u address=10.0.0.1/24 vrf=red }\n"
	    "route 10.2.0.0/16 { vrf=red prohibit=yes }\n"
	    "route 10.2.0.0/16 { vrf=red blackhole=yes }\n"
	    "route 10.2.0.0/16 { blackhole=yes }\n",
	    "etc/f:3:43: this address is given twice, first at line 2; "
	    "expected it once\n"
	    "etc/f:5:7: a route to this prefix is given twice, first at "
	    "line 4; expected it once\n" },
	{ "a gateway in another VRF",
	    "vrf red { id = 1 }\n"
	    "interface a { driver=tap device=t address=10.0.0.1/24 }\n"
	    "interface b { driver=tap device=u address=10.1.0.1/24 vrf=red }\n"
	    "route 10.2.0.0/16 { vrf=red via=10.0.0.2 }\n"
	    "route 10.3.0.0/16 { via=10.1.0.2 }\n",
	    "etc/f:4:33: \"10.0.0.2\" is on no network of the interfaces of "
	    "its VRF; expected an address in 10.1.0.0/24 (b)\n"
	    "etc/f:5:25: \"10.1.0.2\" is on no network of the interfaces; "
	    "expected an address in 10.0.0.0/24 (a)\n" },
	{ "a route into its own VRF",
	    "vrf red { id = 1 }\n"
	    "route 10.0.0.0/8 { vrf=red table=red }\n",
	    "etc/f:2:28: this route is in \"red\" itself; expected another "
	    "VRF\n" },
	{ "a circle of two",
	    "vrf red { id = 1 }\n"
	    "route 10.0.0.0/8 { vrf=red table=main }\n"
	    "route 10.0.0.0/8 { table=red }\n",
	    "etc/f:2:28: packets would go round in a circle: the route at "
	    "line 3 sends them back; expected one of the two to be more "
	    "specific, or another next hop\n"
	    "etc/f:3:20: packets would go round in a circle: the route at "
	    "line 2 sends them back; expected one of the two to be more "
	    "specific, or another next hop\n" },
	{ "a circle of three, of which one is found",
	    "vrf red { id = 1 }\n"
	    "vrf blue { id = 2 }\n"
	    "route 0.0.0.0/0 { vrf=red table=blue }\n"
	    "route 10.0.0.0/8 { vrf=blue table=main }\n"
	    "route 10.1.0.0/16 { table=red }\n",
	    "etc/f:5:21: packets would go round in a circle: the route at "
	    "line 4 sends them back; expected one of the two to be more "
	    "specific, or another next hop\n" },
	{ "advertisements whose values contradict",
	    "interface a { driver=tap device=t mtu=1400 }\n"
	    "advertise a { interval_max=600 interval_min=451 }\n"
	    "advertise a { lifetime=599 }\n"
	    "advertise a { valid_lifetime=10 }\n"
	    "advertise a { dns=10.0.0.1 }\n"
	    "advertise a { mtu=1401 }\n"
	    "advertise b {}\n",
	    "etc/f:2:32: interval_min is 451; expected at most 450, three "
	    "quarters of interval_max\n"
	    "etc/f:3:15: lifetime is 599; expected 0 or at least 600, which "
	    "is interval_max\n"
	    "etc/f:4:11: preferred_lifetime is longer than valid_lifetime; "
	    "expected at most that\n"
	    "etc/f:5:19: dns is told by IPv6; expected an IPv6 address\n"
	    "etc/f:6:15: mtu is 1401, but that of a is 1400; expected at "
	    "most that\n"
	    "etc/f:7:11: no interface \"b\" in this file; known: a\n" },
	{ "advertised prefixes that are none",
	    "interface a { driver=tap device=t }\n"
	    "interface b { driver=tap device=u }\n"
	    "advertise a {}\n"
	    "advertise a { dns_search=a..b valid_lifetime=x }\n"
	    "advertise_prefix 10.0.0.0/8 { interface=a }\n"
	    "advertise_prefix fe80::/64 { interface=a }\n"
	    "advertise_prefix fd00::/64 { interface=b }\n"
	    "advertise_prefix fd01::/64 { interface=a }\n"
	    "advertise_prefix fd01::/64 { interface=a }\n",
	    "etc/f:4:26: \"a..b\": dns_search is a domain name, as "
	    "example.org\n"
	    "etc/f:4:46: \"x\": valid_lifetime is a number of seconds, at "
	    "least 0, or infinite\n"
	    "etc/f:5:18: expected an IPv6 prefix that is neither link-local "
	    "nor multicast\n"
	    "etc/f:6:18: expected an IPv6 prefix that is neither link-local "
	    "nor multicast\n"
	    "etc/f:7:30: b sends no advertisements; expected advertise b { "
	    "... } in this file\n"
	    "etc/f:9:18: this prefix of this interface is given twice, first "
	    "at line 8; expected it once\n" },
	{ "a bad interface does not spoil its routes",
	    "interface a { driver=tap device=t address=10.0.0.1/33 }\n"
	    "route 0.0.0.0/0 { via = 10.0.0.9 interface = a }\n",
	    "etc/f:1:43: \"10.0.0.1/33\": prefix length is 0 to 32\n" },
};
/* clang-format on */

int
main(void)
{
	struct CMUnitTest tests[NITEMS(bad)];

	add_bad(tests, bad, NITEMS(bad));
	return cmocka_run_group_tests(tests, NULL, NULL);
}
