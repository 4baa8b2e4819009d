/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Plans whose streams, steps or expectations are refused, or that lack
 * something, each with all it is told.
 */
#include "plan_texts.h"

/* clang-format off */
static const struct bad_text bad[] = {
	{ "a search where nobody looks",
	    PORTS TPL "port p { driver=packet device=p receive=no "
	    "address=\"10.0.2.2/24\" }\n"
	    "stream s { from=l to=p template=t }\n"
	    "step x { method=throughput }\n",
	    "p:6:10: stream s goes to port p, which has receive = no; "
	    "expected method = run, or a port that receives\n" },
	{ "an expectation of what nobody looks at, on the way back",
	    PORTS TPL "port p { driver=packet device=p receive=no "
	    "address=\"10.0.2.2/24\" }\n"
	    "stream s { from=p to=l template=t bidirectional=yes }\n"
	    "step x { method=run rate=\"1 kpps\" duration=1s\n"
	    "	expect=\"loss = 0\" }\n",
	    "p:7:9: stream s goes to port p, which has receive = no; "
	    "expected no expect, or a port that receives\n" },
	{ "an unknown port",
	    PORTS TPL
	    "stream s { from=l to=rr template=t }\n"
	    RUN,
	    "p:4:19: no port \"rr\" in this plan; known: l, r\n" },
	{ "an unknown template",
	    PORTS TPL
	    "stream s { from=l to=r template=tt }\n"
	    RUN,
	    "p:4:24: no template \"tt\" in this plan; known: t\n" },
	{ "a stream from nowhere",
	    PORTS TPL
	    "stream s { to=r template=t }\n"
	    RUN,
	    "p:4:8: this stream has no from; expected from = \"PORT\"\n" },
	{ "no addresses",
	    "port l { driver=tap device=l }\n"
	    "port r { driver=tap device=r }\n"
	    TPL STREAM RUN,
	    "p:4:8: template t has no source, and port l has no address "
	    "for it; expected one of the two\n" },
	{ "no address on the way back",
	    "port l { driver=tap device=l }\n"
	    "port r { driver=tap device=r address=\"10.0.1.2/24\"}\n"
	    "template t { source=\"10.0.0.1\" }\n"
	    "stream s { from=l to=r template=t bidirectional=maybe }\n"
	    RUN,
	    "p:4:49: \"maybe\": bidirectional is yes or no\n" },
	{ "an unknown method",
	    PORTS TPL STREAM
	    "step x { method=rfc2544 }\n",
	    "p:5:17: \"rfc2544\": method is one of run, limit, "
	    "throughput, latency, loss, burst, recovery, reset, mlr, ip6, "
	    "caching, learning, errored, broadcast, "
	    "congestion, forwarding, pressure\n" },
	{ "no method",
	    PORTS TPL STREAM
	    "step x { }\n",
	    "p:5:6: this step has no method; expected method = one of "
	    "run, limit, throughput, latency, loss, burst, recovery, "
	    "reset, mlr, ip6, caching, learning, errored, broadcast, "
	    "congestion, forwarding, pressure\n" },
	{ "an unknown stream",
	    PORTS TPL STREAM
	    "step x { method=throughput stream=ss }\n",
	    "p:5:28: no stream \"ss\" in this plan; known: s\n" },
	{ "a key of another method",
	    PORTS TPL STREAM
	    "step x { method=throughput pacing=poisson }\n",
	    "p:5:28: pacing has no meaning with method throughput; "
	    "expected method run\n" },
	{ "a run without a rate",
	    PORTS TPL STREAM
	    "step x { method=run duration=1s }\n",
	    "p:5:6: this run has no rate; expected rate = \"50 %\", \"1 "
	    "Mpps\", \"1 Gbit/s\" or max\n" },
	{ "a run without an end",
	    PORTS TPL STREAM
	    "step x { method=run rate=\"1 kpps\" }\n",
	    "p:5:6: this run has no end; expected duration = \"10 s\" or "
	    "packets = 1000000\n" },
	{ "a run with two ends",
	    PORTS TPL STREAM
	    "step x { method=run rate=\"1 kpps\" duration=1s packets=9 }\n",
	    "p:5:6: duration beside packets; expected one of the two\n" },
	{ "a rate that is none",
	    PORTS TPL STREAM
	    "step x { method=run rate=\"fast\" duration=1s }\n",
	    "p:5:26: \"fast\": rate is max, or a number with %, pps, "
	    "kpps, Mpps, bit/s, kbit/s, Mbit/s or Gbit/s, these with L1, "
	    "L2 or L3 behind them\n" },
	{ "a rate without a unit",
	    PORTS TPL STREAM
	    "step x { method=run rate=1000 duration=1s }\n",
	    "p:5:26: \"1000\": rate is max, or a number with %, pps, "
	    "kpps, Mpps, bit/s, kbit/s, Mbit/s or Gbit/s, these with L1, "
	    "L2 or L3 behind them\n" },
	{ "a rate of nothing",
	    PORTS TPL STREAM
	    "step x { method=run rate=\"0 pps\" duration=1s }\n",
	    "p:5:26: \"0 pps\": rate is above 0 and at most 100 %, "
	    "100000000 Mpps, 100000 Gbit/s\n" },
	{ "a rate beyond all",
	    PORTS TPL STREAM
	    "step x { method=run rate=\"101 %\" duration=1s }\n",
	    "p:5:26: \"101 %\": rate is above 0 and at most 100 %, "
	    "100000000 Mpps, 100000 Gbit/s\n" },
	{ "a rate beyond the link",
	    PORTS TPL STREAM
	    "step x { method=run rate=\"1.5 Gbit/s\" duration=1s }\n",
	    "p:5:26: the rate is more than the link of port l carries; "
	    "expected at most 1000000000 bit/s\n" },
	{ "packets beyond the link",
	    PORTS TPL STREAM
	    "step x { method=run rate=\"10 Mpps\" duration=1s }\n",
	    "p:5:26: rate: 10000000 packets/s of frames of 64 bytes are "
	    "more than a line of 1000000000 bit/s has; at most 1488095 "
	    "packets/s\n" },
	{ "a layer that is none",
	    PORTS TPL STREAM
	    "step x { method=run rate=\"1 Gbit/s L4\" duration=1s }\n",
	    "p:5:26: \"1 Gbit/s L4\": rate is max, or a number with %, "
	    "pps, kpps, Mpps, bit/s, kbit/s, Mbit/s or Gbit/s, these with "
	    "L1, L2 or L3 behind them\n" },
	{ "a percentage of nothing",
	    "port l { driver=tap device=l address=\"10.0.0.2/24\" }\n"
	    "port r { driver=tap device=r address=\"10.0.1.2/24\" }\n"
	    TPL STREAM
	    "step x { method=run rate=\"50 %\" duration=1s }\n",
	    "p:5:26: a rate in % needs to know of what; expected speed = "
	    "\"10G\" in port l\n" },
	{ "decimals beyond count",
	    PORTS TPL STREAM
	    "step x { method=run rate=\"1.1234567 pps\" duration=1s }\n",
	    "p:5:26: \"1.1234567 pps\": rate is a number with fewer "
	    "decimals\n" },
	{ "bursts of nothing",
	    PORTS TPL STREAM
	    "step x { method=run rate=\"1 kpps\" duration=1s "
	    "pacing=bursts }\n",
	    "p:5:47: pacing bursts without burst; expected burst = 32\n" },
	{ "a burst that is none",
	    PORTS TPL STREAM
	    "step x { method=run rate=\"1 kpps\" duration=1s burst=9 }\n",
	    "p:5:47: burst has no meaning without pacing bursts; expected "
	    "that as well\n" },
	{ "a ramp to nowhere",
	    PORTS TPL STREAM
	    "step x { method=run rate=\"1 kpps\" duration=1s pacing=ramp "
	    "}\n",
	    "p:5:47: pacing ramp without ramp; expected ramp = \"100 %\"\n" },
	{ "a ramp of two units",
	    PORTS TPL STREAM
	    "step x { method=run rate=\"1 kpps\" duration=1s pacing=ramp "
	    "ramp=\"50 %\" }\n",
	    "p:5:64: rate and ramp are of different units; expected the "
	    "same for both\n" },
	{ "max in bursts",
	    PORTS TPL STREAM
	    "step x { method=run rate=max duration=1s pacing=bursts "
	    "burst=9 }\n",
	    "p:5:6: rate max leaves nothing to pace; expected pacing = "
	    "constant, or a rate\n" },
	{ "a time that is none",
	    PORTS TPL STREAM
	    "step x { method=run rate=max duration=1h }\n",
	    "p:5:39: \"1h\": duration is a time in min, s, ms, us or ns, "
	    "from 1 ms to 86400 s\n" },
	{ "a time too short",
	    PORTS TPL STREAM
	    "step x { method=run rate=max duration=1us }\n",
	    "p:5:39: \"1us\": duration is a time in min, s, ms, us or ns, "
	    "from 1 ms to 86400 s\n" },
	{ "no goals",
	    PORTS TPL STREAM
	    "step x { method=mlr }\n",
	    "p:5:6: this mlr has no loss; expected loss = {\"0 %\", \"0.5 "
	    "%\"}: the ratios to search for\n" },
	{ "a goal that is none",
	    PORTS TPL STREAM
	    "step x { method=mlr loss=\"100 %\" }\n",
	    "p:5:26: \"100 %\": loss is a percentage below 100 %, as 0.5 "
	    "%\n" },
	{ "an unknown metric",
	    PORTS TPL STREAM
	    "step x { method=throughput expect=\"troughput > 1 Mpps\" }\n",
	    "p:5:35: expect \"troughput > 1 Mpps\": unknown metric "
	    "\"troughput\"; known: throughput, rate, loss, latency, "
	    "jitter, reordered, duplicated, corrupt, burst, buffer, "
	    "recovery, reset, addresses, learning; did you mean "
	    "\"throughput\"?\n" },
	{ "nothing expected",
	    PORTS TPL STREAM
	    "step x { method=throughput expect=\"throughput\" }\n",
	    "p:5:35: expect \"throughput\": nothing behind the metric; "
	    "expected one of >=, >, <=, < and =\n" },
	{ "no operator",
	    PORTS TPL STREAM
	    "step x { method=throughput expect=\"throughput p99 > 1 "
	    "Mpps\" }\n",
	    "p:5:35: expect \"throughput p99 > 1 Mpps\": no operator "
	    "behind the metric; expected one of >=, >, <=, < and =\n" },
	{ "an unknown operator",
	    PORTS TPL STREAM
	    "step x { method=throughput expect=\"throughput => 1 Mpps\" "
	    "}\n",
	    "p:5:35: expect \"throughput => 1 Mpps\": an unknown "
	    "operator; expected one of >=, >, <=, < and =\n" },
	{ "a value of another metric",
	    PORTS TPL STREAM
	    "step x { method=throughput expect=\"throughput > 1 ms\" }\n",
	    "p:5:35: expect \"throughput > 1 ms\": this is no value of "
	    "throughput; expected %, pps, kpps or Mpps, kbit/s, Mbit/s or "
	    "Gbit/s (L1, L2 or L3)\n" },
	{ "a latency without a unit",
	    PORTS TPL STREAM
	    "step x { method=latency expect=\"latency < 1\" }\n",
	    "p:5:32: expect \"latency < 1\": this is no value of latency; "
	    "expected a time in s, ms, us or ns\n" },
	{ "an unknown statistic",
	    PORTS TPL STREAM
	    "step x { method=latency expect=\"latency p100 < 1 ms\" }\n",
	    "p:5:32: expect \"latency p100 < 1 ms\": an unknown "
	    "statistic; expected min, avg, max or a percentile as p99 or "
	    "p99.999\n" },
	{ "a metric of another method",
	    PORTS TPL STREAM
	    "step x { method=throughput expect=\"latency < 1 ms\" }\n",
	    "p:5:35: expect \"latency < 1 ms\": method throughput does "
	    "not measure this; expected throughput\n" },
	{ "a size of no step",
	    PORTS TPL STREAM
	    "step x { method=throughput size={64,128} expect=\"throughput "
	    "> 1 Mpps at 65\" }\n",
	    "p:5:49: expect \"throughput > 1 Mpps at 65\": the step has "
	    "no size 65; expected one of its sizes behind at\n" },
	{ "a size that is no number",
	    PORTS TPL STREAM
	    "step x { method=throughput expect=\"throughput > 1 Mpps at "
	    "x\" }\n",
	    "p:5:35: expect \"throughput > 1 Mpps at x\": no frame size "
	    "behind at; expected 64 to 16384 bytes\n" },
	{ "a mix among sizes",
	    PORTS TPL STREAM
	    "step x { method=throughput size={64,\"imix\"} }\n",
	    "p:5:37: \"imix\" is a mix; expected it alone, in a step of "
	    "its own\n" },
	{ "a bridge without ports",
	    PORTS TPL STREAM
	    "step x { method=caching }\n",
	    "p:5:6: this step has no learn; expected learn = \"PORT\"\n"
	    "p:5:6: this step has no test; expected test = \"PORT\"\n"
	    "p:5:6: this step has no monitor; expected monitor = "
	    "\"PORT\"\n" },
	{ "a bridge with a port that is not there",
	    PORTS TPL STREAM
	    "step x { method=caching learn=l test=r monitor=m }\n",
	    "p:5:40: no port \"m\" in this plan; known: l, r\n" },
	{ "a gateway behind two tags",
	    "port l { driver=tap device=l vlan={1,2} "
	    "address=\"10.0.0.2/24\" gateway=\"10.0.0.1\" }\n",
	    "p:1:63: a gateway is not asked for its MAC behind two tags; "
	    "expected one tag, or no gateway and destination_mac in "
	    "templates\n" },
	{ "no port",
	    "title = \"x\"\n",
	    "p:1:1: there is no port in this plan; expected port NAME { "
	    "driver = ... }\n" },
	{ "no stream",
	    PORTS,
	    "p:1:1: there is no stream in this plan; expected stream NAME "
	    "{ from = PORT  to = PORT  template = TEMPLATE }\n" },
	{ "no step",
	    PORTS TPL STREAM,
	    "p:1:1: there is no step in this plan; expected step NAME { "
	    "method = ... }\n" },
	{ "nothing",
	    "",
	    "p:1:1: there is nothing in the file; expected settings and "
	    "sections, see spate-plan(5)\n" },
	{ "a report with an unknown form",
	    PORTS TPL STREAM RUN
	    "report { pdf = \"x\" }\n",
	    "p:6:10: unknown key \"pdf\" in report; known: dir, json, "
	    "csv, html\n" },
	{ "a section cut off",
	    "port l { driver=tap\n",
	    "p:2:1: the file ends, but the { of line 1, column 8 is not "
	    "closed; expected }\n" },
	{ "a stream twice",
	    PORTS TPL STREAM RUN STREAM,
	    "p:6:8: a stream of this name is given twice, first at line "
	    "4; expected it once\n" },
	{ "a step twice",
	    PORTS TPL STREAM RUN RUN,
	    "p:6:6: a step of this name is given twice, first at line 5; "
	    "expected it once\n" },
	{ "a template twice",
	    PORTS TPL STREAM RUN TPL,
	    "p:6:10: a template of this name is given twice, first at "
	    "line 3; expected it once\n" },
};
/* clang-format on */

int
main(void)
{
	struct CMUnitTest tests[NITEMS(bad)];

	add_bad(tests, bad, NITEMS(bad));
	return cmocka_run_group_tests(tests, NULL, NULL);
}
