/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Plans whose ports or templates are refused, each with all it is told.
 */
#include "plan_texts.h"

/* clang-format off */
static const struct bad_text bad[] = {
	{ "an unknown key",
	    "titel = \"x\"\n"
	    PORTS TPL STREAM RUN,
	    "p:1:1: \"titel\" is no key here, and as a macro it is never "
	    "used; did you mean \"title\"?\n" },
	{ "an unknown section",
	    "prot l { driver=tap device=l }\n"
	    PORTS TPL STREAM RUN,
	    "p:1:1: unknown section \"prot\"; known: dut, timing, port, "
	    "template, stream, step, report; did you mean \"port\"?\n" },
	{ "an unknown key of a port",
	    "port l { driver=tap device=l queue=2 }\n",
	    "p:1:30: unknown key \"queue\" in port; known: driver, "
	    "device, peer, socket, role, id, ring_size, buffer_size, "
	    "secret, queues, mtu, mac, mode, login, receive, owner, "
	    "speed, vlan, address, gateway, hosts; did you mean "
	    "\"queues\"?\n" },
	{ "a port without a name, and with a peer",
	    "port { driver=pair peer=l }\n",
	    "p:1:1: port has no name; expected port NAME { ... }\n" },
	{ "an unknown driver",
	    "port l { driver=dpdk device=l }\n",
	    "p:1:17: \"dpdk\": driver is one of tap, xdp, packet, pair, "
	    "memif\n" },
	{ "a port without a driver",
	    "port l { device=l }\n",
	    "p:1:6: this port has no driver; expected driver = one of "
	    "tap, xdp, packet, pair, memif\n" },
	{ "a key of another driver",
	    "port l { driver=tap device=l socket=\"/x\" }\n",
	    "p:1:30: socket has no meaning with driver tap; expected "
	    "driver memif\n" },
	{ "a tap that does not receive",
	    "port l { driver=tap device=l receive=no }\n",
	    "p:1:30: receive has no meaning with driver tap; expected "
	    "driver packet\n" },
	{ "a gateway that nobody hears",
	    "port l { driver=packet device=l receive=no\n"
	    "	address=\"10.0.0.2/24\" gateway=10.0.0.1 }\n",
	    "p:2:24: a gateway is not asked for its MAC where receive = no: "
	    "nobody hears the answer; expected no gateway and "
	    "destination_mac in templates\n" },
	{ "a pair without a peer",
	    "port l { driver=pair }\n",
	    "p:1:6: this port has no peer; expected peer = \"PORT\"\n" },
	{ "its own peer",
	    "port l { driver=pair peer=l }\n",
	    "p:1:22: \"l\" is its own peer; expected another port of "
	    "driver pair\n" },
	{ "a peer that is none",
	    PORTS TPL STREAM RUN
	    "port a { driver=pair peer=l }\n",
	    "p:6:22: the driver of \"l\" is tap; expected a port of "
	    "driver pair\n" },
	{ "a peer of another",
	    PORTS TPL STREAM RUN
	    "port a { driver=pair peer=b }\n"
	    "port b { driver=pair peer=c }\n"
	    "port c { driver=pair peer=b }\n",
	    "p:6:22: the peer of \"b\" is \"c\"; expected each of a pair "
	    "to name the other\n" },
	{ "a peer that is not there",
	    PORTS TPL STREAM RUN
	    "port a { driver=pair peer=bb }\n",
	    "p:6:22: no port \"bb\" in this plan; known: l, r, a\n" },
	{ "an RSS key too short",
	    PORTS "template t { rss_key=6d5a }\n" STREAM RUN,
	    "p:3:22: \"6d5a\": rss_key is default, symmetric, or a key of "
	    "40 to 64 bytes, each of two hexadecimal digits, as ethtool -x "
	    "shows it\n" },
	{ "RSS without a key",
	    PORTS "template t { rss_queues=4 }\n" STREAM RUN,
	    "p:3:14: rss_queues without rss_key; expected rss_key = default, "
	    "or the device's\n" },
	{ "weights of other queues",
	    PORTS "template t { rss_key=default rss_queues=4 "
	    "rss_weight={1,2} }\n" STREAM RUN,
	    "p:3:43: rss_weight has 2 values; expected one of each queue, of "
	    "which there are 4\n" },
	{ "a table and queues",
	    PORTS "template t { rss_key=default rss_queues=4 "
	    "rss_table={1,2} }\n" STREAM RUN,
	    "p:3:30: rss_queues beside rss_table; expected one of the two\n" },
	{ "ports vary twice",
	    PORTS "template t { rss_key=default vary=\"source_port flow count "
	    "1-9\" }\n" STREAM RUN,
	    "p:3:35: addresses and ports are what rss_key chooses flows by; "
	    "expected other fields to vary\n" },
	{ "odd buckets",
	    PORTS "template t { rss_key=default rss_buckets=100 }\n" STREAM
	    RUN,
	    "p:3:22: 100 buckets are not a power of two up to 4096 (stream "
	    "s)\n" },
	{ "extension headers of IPv4",
	    PORTS "template t { extension=routing }\n" STREAM RUN,
	    "p:3:14: IPv4 has no extension headers (stream s)\n" },
	{ "an unknown profile",
	    "profile = fast\n"
	    PORTS TPL STREAM RUN,
	    "p:1:11: \"fast\": profile is one of quick, rfc\n" },
	{ "a bad speed",
	    "port l { driver=tap device=l speed=10 }\n",
	    "p:1:36: \"10\": speed is bits a second with K, M or G, 1K to "
	    "10000G, as 2.5G\n" },
	{ "a seed that is none",
	    "seed = x\n"
	    PORTS TPL STREAM RUN,
	    "p:1:8: \"x\": seed is a number from 0 to "
	    "18446744073709551615\n" },
	{ "too many VLAN tags",
	    "port l { driver=tap device=l vlan={1,2,3} }\n",
	    "p:1:30: vlan has 3 values; expected 1 to 2\n" },
	{ "a VLAN out of range",
	    "port l { driver=tap device=l vlan=4095 }\n",
	    "p:1:35: \"4095\": vlan is a number from 1 to 4094\n" },
	{ "a gateway elsewhere",
	    "port l { driver=tap device=l address=\"10.0.0.2/24\" "
	    "gateway=\"10.0.1.1\" }\n",
	    "p:1:60: gateway \"10.0.1.1\" is on no network of port l; "
	    "expected an address of one of the networks of its address "
	    "key\n" },
	{ "a gateway that is oneself",
	    "port l { driver=tap device=l address=\"10.0.0.2/24\" "
	    "gateway=\"10.0.0.2\" }\n",
	    "p:1:60: \"10.0.0.2\" is the port's own address; expected "
	    "that of the device under test\n" },
	{ "two gateways of a family",
	    "port l { driver=tap device=l address=\"10.0.0.2/24\" "
	    "gateway={\"10.0.0.1\",\"10.0.0.3\"} }\n",
	    "p:1:72: \"10.0.0.3\" is a second gateway of IPv4; expected "
	    "at most one of each family\n" },
	{ "a bad range of hosts",
	    "port l { driver=tap device=l hosts=\"10.0.0.9-10.0.0.x\" }\n",
	    "p:1:36: \"10.0.0.9-10.0.0.x\": hosts is an address, a "
	    "network, or a first and a last address, as 10.0.0.9, "
	    "10.0.0.0/24 or 10.0.0.9-10.0.0.99\n" },
	{ "a range backwards",
	    "port l { driver=tap device=l hosts=\"10.0.0.9-10.0.0.1\" }\n",
	    "p:1:36: \"10.0.0.9-10.0.0.1\": hosts is a range whose first "
	    "address is not behind its last\n" },
	{ "a range of two families",
	    "port l { driver=tap device=l hosts=\"10.0.0.9-2001:db8::1\" "
	    "}\n",
	    "p:1:36: \"10.0.0.9-2001:db8::1\": hosts is of one family, "
	    "IPv4 or IPv6\n" },
	{ "a port twice",
	    PORTS TPL STREAM RUN
	    "port l { driver=tap device=q }\n",
	    "p:6:6: a port of this name is given twice, first at line 1; "
	    "expected it once\n" },
	{ "a device twice",
	    PORTS TPL STREAM RUN
	    "port q { driver=tap device=l }\n",
	    "p:6:21: this device is given twice, first at line 1; "
	    "expected it once\n" },
	{ "a CPU twice",
	    "cpu_list={1,1}\n"
	    PORTS TPL STREAM RUN,
	    "p:1:1: cpu_list holds 1 twice; expected each CPU once\n" },
	{ "cpus twice over",
	    "cpus=1\n"
	    "cpu_list={1,2}\n"
	    PORTS TPL STREAM RUN,
	    "p:2:1: cpus is 1, but cpu_list holds 2; expected one of the "
	    "two, or as many\n" },
	{ "an unknown protocol",
	    PORTS
	    "template t { protocol=sctp }\n"
	    STREAM RUN,
	    "p:3:23: \"sctp\": protocol is one of udp, tcp, icmp\n" },
	{ "raw beside pcap",
	    PORTS
	    "template t { raw=\"00\" pcap=\"x\" }\n"
	    STREAM RUN,
	    "p:3:23: pcap beside raw; expected frames from one of the "
	    "two\n" },
	{ "a port number beside raw",
	    PORTS
	    "template t { raw=\"00\" source_port=9 }\n"
	    STREAM RUN,
	    "p:3:23: source_port beside raw; expected one of the two: "
	    "frames of raw are sent as they are\n" },
	{ "raw that is no hex",
	    PORTS
	    "template t { raw=\"0g\" }\n"
	    STREAM RUN,
	    "p:3:18: \"0g\": raw is bytes, each of two hexadecimal "
	    "digits\n" },
	{ "raw that is too short",
	    PORTS
	    "template t { raw=\"0011\" }\n"
	    STREAM RUN,
	    "p:3:18: frame 1 has 2 bytes: not even an Ethernet header "
	    "(stream s)\n" },
	{ "two payloads",
	    PORTS
	    "template t { payload=zero payload_bytes=\"00\" }\n"
	    STREAM RUN,
	    "p:3:14: payload beside payload_bytes; expected one of the "
	    "two\n" },
	{ "families mixed",
	    PORTS
	    "template t { source=\"10.0.0.2\" destination=\"2001:db8::1\" "
	    "}\n"
	    STREAM RUN,
	    "p:3:44: destination is of IPv6, but the template's packets "
	    "are IPv4; expected one family\n" },
	{ "a family and addresses of another",
	    PORTS
	    "template t { family=ipv6 destination=\"10.0.0.1\" }\n"
	    STREAM RUN,
	    "p:3:14: family is of IPv6, but the template's packets are "
	    "IPv4; expected one family\n" },
	{ "a field of another family",
	    PORTS
	    "template t { source=\"10.0.0.2\" vary=\"source count "
	    "2001:db8::1-2001:db8::9\" }\n"
	    STREAM RUN,
	    "p:3:37: vary is of IPv6, but the template's packets are "
	    "IPv4; expected one family\n" },
	{ "a family that the ports lack",
	    PORTS
	    "template t { family=ipv6 }\n"
	    STREAM RUN,
	    "p:4:8: template t has no source, and port l has no IPv6 "
	    "address for it; expected one of the two\n" },
	{ "a flow label of IPv4",
	    PORTS
	    "template t { flow_label=1 }\n"
	    STREAM RUN,
	    "p:3:14: IPv4 has no flow label (stream s)\n" },
	{ "a frame below the minimum",
	    PORTS
	    "template t { size=64 protocol=tcp }\n"
	    STREAM RUN,
	    "p:3:19: frame of 64 bytes is too short: its headers and "
	    "signature need 76 (stream s)\n" },
	{ "a frame below the minimum of IPv6",
	    "port l { driver=tap device=l address=\"2001:db8::2/64\" "
	    "speed=1G }\n"
	    "port r { driver=tap device=r address=\"2001:db8:1::2/64\" "
	    "speed=1G }\n"
	    "template t { size=80 }\n"
	    STREAM RUN,
	    "p:3:19: frame of 80 bytes is too short: its headers and "
	    "signature need 84 (stream s)\n" },
	{ "tags that do not fit",
	    "port l { driver=tap device=l address=\"10.0.0.2/24\" "
	    "vlan={1,2} }\n"
	    "port r { driver=tap device=r address=\"10.0.1.2/24\" }\n"
	    "template t { size=64 }\n"
	    STREAM RUN,
	    "p:3:19: frame of 64 bytes is too short: its headers and "
	    "signature need 72 (stream s)\n" },
	{ "a size that is none",
	    PORTS
	    "template t { size=63 }\n"
	    STREAM RUN,
	    "p:3:19: frame of 63 bytes is too short: Ethernet's have at "
	    "least 64 (stream s)\n" },
	{ "a mix that is none",
	    PORTS
	    "template t { size=\"64:7,x:1\" }\n"
	    STREAM RUN,
	    "p:3:19: \"64:7,x:1\": \"x:1\" is no size and weight; "
	    "accepted are \"1518\", \"64:7\"\n" },
	{ "a size of a step that does not fit",
	    PORTS
	    "template t { protocol=tcp }\n"
	    STREAM
	    "step x { method=throughput size={128, 64} }\n",
	    "p:5:39: frame of 64 bytes is too short: its headers and "
	    "signature need 76 (stream s)\n" },
	{ "an unknown field",
	    PORTS
	    "template t { vary=\"sorce count 1-2\" }\n"
	    STREAM RUN,
	    "p:3:19: vary \"sorce count 1-2\": unknown field \"sorce\"; "
	    "known: size, destination_mac, source_mac, vlan, priority, "
	    "vlan2, priority2, source, destination, tos, ttl, flow_label, "
	    "id, source_port, destination_port, payload, bytes; did you "
	    "mean \"source\"?\n" },
	{ "a field in no way",
	    PORTS
	    "template t { vary=\"tos counts 1-2\" }\n"
	    STREAM RUN,
	    "p:3:19: vary \"tos counts 1-2\": \"counts\" is no way to "
	    "vary; expected count, random or list, each perhaps with flow "
	    "before it\n" },
	{ "a field from nowhere",
	    PORTS
	    "template t { vary=\"tos count 1\" }\n"
	    STREAM RUN,
	    "p:3:19: vary \"tos count 1\": \"1\" is no value of this "
	    "field; expected FIRST-LAST of numbers\n" },
	{ "a field with values of another",
	    PORTS
	    "template t { vary=\"source list 1,2\" }\n"
	    STREAM RUN,
	    "p:3:19: vary \"source list 1,2\": \"1,2\" is no value of "
	    "this field; expected VALUE,VALUE,... of addresses of one "
	    "family\n" },
	{ "a step of a list",
	    PORTS
	    "template t { vary=\"tos list 1,2 step 3\" }\n"
	    STREAM RUN,
	    "p:3:19: vary \"tos list 1,2 step 3\": \"step\" is not "
	    "understood; expected every N\n" },
	{ "a step that is no number",
	    PORTS
	    "template t { vary=\"tos count 1-2 step x\" }\n"
	    STREAM RUN,
	    "p:3:19: vary \"tos count 1-2 step x\": \"x\" is no number; "
	    "expected 1 to 4294967295\n" },
	{ "a field at no place",
	    PORTS
	    "template t { vary=\"payload:1 count 1-2\" }\n"
	    STREAM RUN,
	    "p:3:19: vary \"payload:1 count 1-2\": \"payload:1\" is no "
	    "place; expected payload:OFFSET:WIDTH or bytes:OFFSET:WIDTH, "
	    "a width of 1 to 8 bytes\n" },
	{ "a field beyond the frame",
	    PORTS
	    "template t { vary=\"payload:9000:4 count 1-2\" size=64 }\n"
	    STREAM RUN,
	    "p:3:19: payload cannot vary: these bytes reach into the "
	    "signature, or beyond it, in the shortest frame (stream s)\n" },
	{ "a value too large",
	    PORTS
	    "template t { vary=\"tos count 0-256\" }\n"
	    STREAM RUN,
	    "p:3:19: 256 is too great for type of service, which has 8 "
	    "bits (stream s)\n" },
	{ "a range from its end",
	    PORTS
	    "template t { vary=\"tos count 9-1\" }\n"
	    STREAM RUN,
	    "p:3:19: type of service goes from 9 to 1, which is less "
	    "(stream s)\n" },
	{ "VLANs where there are none",
	    PORTS
	    "template t { vary=\"vlan count 1-9\" }\n"
	    STREAM RUN,
	    "p:3:19: VLAN cannot vary: the frame has no VLAN tag (stream "
	    "s)\n" },
	{ "the same field twice",
	    PORTS
	    "template t { vary={\"tos count 1-9\",\"tos random 1-9\"} }\n"
	    STREAM RUN,
	    "p:3:36: type of service cannot vary: another field varies "
	    "these bytes "
	    "(stream s)\n" },
	{ "a template without flows",
	    PORTS TPL STREAM RUN
	    "template u { }\n",
	    "p:6:10: no stream has the template u; expected stream NAME { "
	    "from = PORT  to = PORT  template = u }\n" },
	{ "no flows",
	    PORTS
	    "template t { flows=0 }\n"
	    STREAM RUN,
	    "p:3:20: \"0\": flows is a number from 1 to 1048576\n" },
};
/* clang-format on */

int
main(void)
{
	struct CMUnitTest tests[NITEMS(bad)];

	add_bad(tests, bad, NITEMS(bad));
	return cmocka_run_group_tests(tests, NULL, NULL);
}
