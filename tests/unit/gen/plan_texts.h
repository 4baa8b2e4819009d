/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Plans for tests: pieces to make them of, and one that says everything.
 */
#ifndef TESTS_PLAN_TEXTS_H
#define TESTS_PLAN_TEXTS_H

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
#include "gen/plan.h"

#define NITEMS(a) (sizeof(a) / sizeof((a)[0]))

/* clang-format off */
#define PORTS \
	"port l { driver=tap device=l address=\"10.0.0.2/24\" speed=1G }\n" \
	"port r { driver=tap device=r address=\"10.0.1.2/24\" speed=1G }\n"

#define TPL \
	"template t { }\n"

#define STREAM \
	"stream s { from=l to=r template=t }\n"

#define RUN \
	"step x { method=run rate=\"1 kpps\" duration=1s }\n"

static const char every_key[] =
	"title = \"Router under test\"\n"
	"profile = rfc\n"
	"seed = 7\n"
	"cpus = 2\n"
	"dut { name = \"kernel\" version = \"6.12\" notes = \"n\" reset = "
	"\"true\" ready = \"true\" forget = \"true\" }\n"
	"timing { duration = 500ms  warmup = \"100 ms\" learn = 1s drain = 1s "
	"settle = 1ms late = 10us resolution = 5000 retries = 2 }\n"
	"port left {\n"
	" driver = tap device = left queues = 2 mtu = 1500 mac = "
	"\"02:00:00:00:00:01\" owner = root\n"
	" speed = 10G\n"
	" address = {\"10.0.0.2/24\", \"2001:db8::2/64\"}\n"
	" gateway = {\"10.0.0.1\", \"2001:db8::1\"}\n"
	" hosts = {\"10.0.0.10-10.0.0.99\", \"10.1.0.0/16\", "
	"\"2001:db8::100\", \"2001:db8:1::/64\"}\n"
	"}\n"
	"port right {\n"
	" driver = xdp device = eth1 mode = copy login = cut\n"
	" speed = \"2.5G\"\n"
	" address = {\"10.9.1.2/24\", \"2001:db8:9::2/64\"}\n"
	" gateway = {\"10.9.1.1\", \"2001:db8:9::1\"}\n"
	"}\n"
	"port a { driver = pair peer = b address = 192.0.2.1/24 }\n"
	"port b { driver = pair peer = a address = 192.0.2.2/24 }\n"
	"port m { driver = memif socket = \"/run/m.sock\" role = server id = "
	"3 address = 192.0.3.2/24 speed = \"1234567K\" }\n"
	"port p { driver = packet device = veth0 vlan = {100, 200} }\n"
	"template udp { flows = 64 size = imix vary = {\"source_port flow "
	"count 1024-1087\", \"ttl list 3,8,16 every 4\", \"source flow random "
	"10.0.0.2-10.0.0.254\", \"tos count 0-9 step 2\"} }\n"
	"template tcp6 { protocol = tcp family = ipv6 flow_label = 5 tos = 3 "
	"ttl = 3 payload = zero }\n"
	"template echo { protocol = icmp source = \"192.0.2.1\" destination = "
	"\"192.0.2.2\" dont_fragment = yes payload_bytes = \"de ad:be ef\" "
	"signature = no source_mac = \"02:00:00:00:00:05\" destination_mac = "
	"\"02:00:00:00:00:06\" source_port = 0 destination_port = 9 }\n"
	"template raw { raw = {\"ffffffffffff 020000000001 88b5 00\", "
	"\"ffffffffffff 020000000001 88b5 01\"} }\n"
	"template even { flows = 256 rss_key = symmetric rss_buckets = 64 "
	"rss_queues = 4 rss_weight = {1, 0, 2, 1} }\n"
	"template uneven { family = ipv6 flows = 16 rss_key = \"6d:5a:56:da:25"
	":5b:0e:c2:41:67:25:3d:43:a3:8f:b0:d0:ca:2b:cb:ae:7b:30:b4:77:cb:2d:"
	"a3:80:30:f2:0c:6a:42:b7:3b:be:ac:01:fa:00:00\" rss_fields = 2-tuple "
	"rss_table = {0, 1, 2, 3} rss_sources = 100 extension = {hop-by-hop, "
	"fragment} }\n"
	"template file { pcap = \"/nonexistent.pcap\" }\n"
	"stream one { from = left to = right template = udp weight = 3 "
	"bidirectional = yes }\n"
	"stream two { from = right to = left template = tcp6 }\n"
	"stream six { from = left to = right template = even bidirectional = "
	"yes }\n"
	"stream seven { from = left to = right template = uneven }\n"
	"stream three { from = a to = b template = echo }\n"
	"stream four { from = m to = a template = raw }\n"
	"stream five { from = m to = a template = file }\n"
	"step t { method = throughput size = {64, 128, 1518} stream = {one} "
	"rate = \"100 %\" duration = 1s warmup = 1ms\n"
	" expect = {\"throughput >= 95 % at 64\", \"throughput > 1 Mpps\"} }\n"
	"step l { method = latency size = 1518 trials = 3 rate = \"1.5Gbit/s "
	"L2\" stream = two expect = {\"latency p99 < 1 ms\", \"latency max < "
	"5 ms\", \"jitter avg <= 100 us\"} }\n"
	"step f { method = loss stream = one size = 64 expect = \"loss < 0.1 "
	"%\" }\n"
	"step b { method = burst stream = one size = 64 expect = {\"burst >= "
	"100 frames\", \"buffer > 10\"} }\n"
	"step rec { method = recovery stream = one size = 64 expect = "
	"\"recovery < 1 s\" }\n"
	"step res { method = reset stream = one size = 64 expect = \"reset < "
	"10 s\" }\n"
	"step m { method = mlr stream = one size = 64 loss = {\"0 %\", \"0.5 "
	"%\"} }\n"
	"step c { method = caching learn=left test=right monitor=a "
	"addresses=1000 stream = one size = 64 expect = \"addresses > "
	"1000\"}\n"
	"step ln { method = learning learn=left test=right monitor=a stream = "
	"one size = 64 expect = \"learning > 1000 pps\" }\n"
	"step bc { method = broadcast stream = one size = 64 }\n"
	"step r { method = run stream = one rate = \"1 Mpps\" duration = \"10 "
	"s\" pacing = poisson expect = {\"loss = 0\", \"rate >= 99 %\", "
	"\"reordered = 0\", \"duplicated = 0 packets\", \"corrupt = 0\"} }\n"
	"step r2 { method = run stream = three rate = \"1000 pps\" packets = "
	"1000 pacing = bursts burst = 32 }\n"
	"step r3 { method = run stream = one rate = \"1 %\" ramp = \"100 %\" "
	"pacing = ramp duration = 5s }\n"
	"step r4 { method = run stream = one rate = max duration = 5s }\n"
	"report { dir = \"out\" json = \"a.json\" csv = \"a.csv\" html = "
	"\"a.html\" }\n";
/* clang-format on */

static inline char *
text_errors(const char *text, size_t len)
{
	struct conf_errors errs;
	struct plan *pl;
	char *out = NULL;
	size_t n;
	FILE *f;
	int error;

	error = plan_parse_text("p", text, len, NULL, &pl, &errs);
	assert_true((error == 0) == (pl != NULL));
	assert_true((error == 0) == (errs.ce_n == 0));
	f = open_memstream(&out, &n);
	assert_non_null(f);
	conf_errors_print(&errs, f);
	fclose(f);
	conf_errors_free(&errs);
	plan_free(pl);
	return out;
}

/* The plan of a text that is good. */
static inline struct plan *
plan_of(const char *text)
{
	struct conf_errors errs;
	struct plan *pl;

	if (plan_parse_text("p", text, strlen(text), NULL, &pl, &errs) != 0)
		fail_msg("%s\nin\n%s", errs.ce_text[0], text);
	conf_errors_free(&errs);
	return pl;
}

#endif
