# SPDX-License-Identifier: BSD-2-Clause
"""The tester's command against the kernel's own router: plans, one-liners,
reports, what becomes of privileges, devices and exit status."""
import json
import os
import signal
import subprocess

import pytest

from lib import SANITIZED, SPATE, die_with_parent, wait_for

# This machine does other things as well: being late is not what is tested.
TIMING = """
timing {
    duration = "100 ms"  learn = "10 ms"  settle = "5 ms"  drain = "300 ms"
    late = "1 s"  rate_error = 500000  resolution = 200000  retries = 5
}
"""
STREAM = """
template udp {
    flows = 16  vary = {"source_port flow count 1024-1039"}
}
stream forth { from = left  to = right  template = udp }
"""
STATUS = {"met": 0, "unmet": 1, "usage": 2, "nothing": 3, "stopped": 130}
ADDRESS = {"left": "10.0.1", "right": "10.0.2"}


class Router:
    """A kernel that routes between two devices, and what the tester says."""

    def __init__(self, net, driver):
        self.net, self.driver = net, driver
        self.kernel = net.host("kernel")
        self.kernel.sysctl("ipv4/ip_forward", 1)
        self.kernel.sysctl("ipv6/conf/default/disable_ipv6", 1)
        self.host = self.kernel if driver == "tap" else net.host("tester")
        for dev, prefix in ADDRESS.items():
            if driver == "tap":
                self.kernel.run(f"ip tuntap add {dev} mode tap multi_queue "
                                "vnet_hdr")
            else:
                self.host.sysctl("ipv6/conf/default/disable_ipv6", 1)
                self.kernel.run(f"ip link add {dev} type veth peer name {dev} "
                                f"netns {self.host.holder.pid}")
                self.kernel.run(f"ethtool -K {dev} tx off")
                self.host.run(f"ip link set {dev} up")
            self.kernel.run(f"ip link set {dev} up")
            self.kernel.address(dev, f"{prefix}.1/24")

    def ports(self):
        return "".join(
            f"port {dev} {{ driver = {self.driver}  device = {dev}\n"
            f"    address = {prefix}.2/24  gateway = {prefix}.1 }}\n"
            for dev, prefix in ADDRESS.items())

    def words(self):
        return [word for dev, prefix in ADDRESS.items() for word in (
            "--port", f"{self.driver}:{dev},address={prefix}.2/24,"
            f"gateway={prefix}.1")]

    def start(self, *argv):
        return subprocess.Popen(
            self.host.command([SPATE, "gen", *argv]), text=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, preexec_fn=die_with_parent)

    def gen(self, *argv, status="met"):
        process = self.start(*argv)
        out, err = process.communicate(timeout=120)
        if "has no AF_XDP" in err:
            pytest.skip("this kernel has no AF_XDP")
        assert process.returncode == STATUS[status], out + err
        return out, err

    def plan(self, steps, name="test.plan", more=TIMING):
        path = self.net.path(name)
        with open(path, "w", encoding="utf-8") as f:
            f.write(more + self.ports() + STREAM + steps)
        return path

    def counts(self, dev):
        """Packets that the kernel received and sent by a device of its."""
        stats, = json.loads(self.kernel.run(
            f"ip -j -s link show {dev}").stdout)
        return (stats["stats64"]["rx"]["packets"],
                stats["stats64"]["tx"]["packets"])


@pytest.fixture(params=["tap", "packet"])
def router(net, request):
    return Router(net, request.param)


def method(report, name):
    return next(m for m in report["methods"] if m["step"] == name)


def load(path):
    with open(path, encoding="utf-8") as f:
        return json.load(f)


def test_rfc2544(router):
    """The suite, short: what is found, what is expected, what is written."""
    folder = router.net.path("report")
    plan = router.plan(f"""
        step throughput {{
            method = throughput  rate = "5 kpps"  size = {{64, 512}}
            expect = {{"throughput > 100 pps", "throughput <= 5 kpps at 64"}}
        }}
        step latency {{
            method = latency  rate = "5 kpps"  size = 512  trials = 2
            expect = {{"latency p99 < 1 s", "latency min > 0"}}
        }}
        step loss {{
            method = loss  rate = "2 kpps"  size = 64
            expect = {{"loss < 100 %"}}
        }}
        report {{ dir = "{folder}" }}""")
    out, err = router.gen("run", plan)
    report = load(f"{folder}/report.json")
    assert report["status"] == "complete", report["status"]
    assert [m["name"] for m in report["methods"]] == \
        ["throughput", "latency", "loss"]
    points = method(report, "throughput")["points"]
    assert [p["frame"] for p in points] == ["64", "512"], points
    assert all(p["throughput_pps"] > 100 for p in points), points
    assert "NOT MET" not in err and "Throughput" in out, out + err
    for form in "csv", "html":
        assert os.path.getsize(f"{folder}/report.{form}") > 1000
    assert sorted(os.listdir(folder)) == ["report.csv", "report.html",
                                          "report.json"]


def test_counters(router):
    """What the tester counts is what the kernel counts, to the packet: it
    sends nothing but what it counts, and nobody else sends."""
    router.gen("check", router.plan("step x { method = limit }"))
    before = {dev: router.counts(dev) for dev in ADDRESS}
    path = router.net.path("count.json")
    plan = router.plan(f"""
        step count {{
            method = run  rate = "4 kpps"  packets = 2000  size = 128
            expect = {{"loss = 0", "duplicated = 0", "corrupt = 0"}}
        }}
        report {{ json = "{path}" }}""")
    router.gen("run", plan)
    after = {dev: router.counts(dev) for dev in ADDRESS}
    trial, = method(load(path), "count")["trials"]
    left, right = trial["ports"]
    assert trial["sent_packets"] == trial["received_packets"] == 2000, trial
    assert left["kernel_rx_packets" if router.driver == "tap" else
                "kernel_tx_packets"] == 2000, left
    # All that the kernel forwarded, and ARP beside it.
    heard = after["left"][0] - before["left"][0]
    told = after["right"][1] - before["right"][1]
    assert 2000 <= heard <= 2010 and 2000 <= told <= 2010, (heard, told)


def test_only_sends(net):
    """What comes to a port that does not receive is the kernel's."""
    router = Router(net, "packet")
    report = net.path("sends.json")
    mac = {host: json.loads(host.run("ip -j link show left").stdout)[0][
        "address"] for host in (router.host, router.kernel)}
    router.host.address("left", "10.0.1.9/24")
    plan = net.path("sends.plan")
    with open(plan, "w", encoding="utf-8") as f:
        f.write(f"""{TIMING}
            port left {{ driver = packet  device = left  receive = no }}
            template echo {{
                protocol = icmp  source = 10.0.1.9  destination = 10.0.1.1
                source_mac = {mac[router.host]}
                destination_mac = {mac[router.kernel]}
            }}
            stream out {{ from = left  to = left  template = echo }}
            step send {{
                method = run  rate = "4 kpps"  packets = 1000  size = 128
            }}
            report {{ json = "{report}" }}""")
    out, err = router.gen("run", plan)
    assert "sent 1000, not looked for 1000" in err and \
        "received" not in err, err
    trial, = method(load(report), "send")["trials"]
    assert trial["sent_packets"] == trial["unseen_packets"] == 1000, trial
    assert trial["lost_packets"] == 0 and "loss_percent" not in trial, trial
    port, = trial["ports"]
    assert port["if_rx_packets"] == 0, port
    assert 1000 <= port["kernel_rx_packets"] <= 1010, port
    heard = router.host.run("nstat -asz IcmpInEchoReps").stdout.split()
    assert heard[heard.index("IcmpInEchoReps") + 1] == "1000", heard


def test_unmet(router):
    """Something else than what was expected is another exit status."""
    plan = router.plan("""
        step x {
            method = run  rate = "1 kpps"  duration = "100 ms"  size = 64
            expect = {"loss >= 50 %", "loss < 1 %"}
        }""")
    err = router.gen("run", plan, status="unmet")[1]
    assert "NOT MET: loss >= 50 %" in err and "met: loss < 1 %" in err, err


def test_one_liner(router):
    """It is the plan that it prints."""
    words = ["send", *router.words(), "--rate", "2 kpps", "--duration",
             "100 ms", "--size", "128", "--flows", "4", "--late", "1 s",
             "--rate-error", "500000", "--retries", "2", "--learn", "10 ms"]
    plan = router.net.path("printed.plan")
    printed = router.gen(*words, "--print-plan")[0]
    with open(plan, "w", encoding="utf-8") as f:
        f.write(TIMING + printed)
    # It has times of its own already.
    err = router.gen("check", plan, status="usage")[1]
    assert "timing is given twice" in err, err
    with open(plan, "w", encoding="utf-8") as f:
        f.write(printed)
    assert router.gen("run", "-q", plan) == ("", "")
    assert router.gen(*words, "-q") == ("", "")


def test_quiet_says_why(net):
    """What does not count is told to who wants quiet, too."""
    words = ["-q", "--port", "pair:port2", "--port", "pair:port1", "--late",
             "1 ns", "--rate-error", "1000000", "--retries", "1"]
    for suite, more, who in (
            ("send", ["--duration", "100 ms", "--rate", "10 kpps"], "run: "),
            ("throughput", ["--duration", "20 ms", "--settle", "1 ms",
                            "--drain", "10 ms", "--rate", "10 kpps",
                            "--size", "64"], "throughput: trial 1, ")):
        done = net.host(suite).run(" ".join(
            [SPATE, "gen", suite, *(f'"{word}"' for word in words + more)]),
            check=False)
        assert done.returncode == STATUS["nothing"], done
        assert f"spate gen: {who}" in done.stdout and \
            " late, the worst " in done.stdout, done


def test_nothing_there(router):
    """Who does not answer ARP is told, and nothing was measured."""
    words = [word.replace("gateway=10.0.1.1", "gateway=10.0.1.77")
             for word in router.words()]
    err = router.gen("send", *words, "--rate", "1 kpps", "--duration",
                     "100 ms", status="nothing")[1]
    assert "10.0.1.77" in err and "step run" in err, err


def test_no_device(net):
    router = Router(net, "packet")
    err = router.gen("send", "--port", "packet:left", "--port",
                     "packet:nowhere", status="nothing")[1]
    assert "command line:" in err and "nowhere" in err, err
    assert router.host.links() == {"left", "right"}


def test_memif(net):
    """Both ends of a memif, whose socket the privileged process makes."""
    host = net.host("tester")
    path, socket = net.path("memif.plan"), net.path("memif.sock")
    with open(path, "w", encoding="utf-8") as f:
        f.write(TIMING + f"""
            port a {{ driver = memif  role = server  socket = "{socket}"
                address = 10.0.0.2/24 }}
            port b {{ driver = memif  role = client  socket = "{socket}"
                address = 10.0.0.3/24 }}
            template t {{ }}
            stream s {{ from = a  to = b  template = t  bidirectional = yes }}
            step x {{
                method = run  rate = "5 kpps"  duration = "100 ms"  size = 256
                expect = {{"loss = 0", "rate > 100 pps"}}
            }}""")
    done = host.run(f"{SPATE} gen run {path}")
    assert done.stdout.count("  met: ") == 2, done.stdout
    assert not os.path.exists(socket)


@pytest.mark.parametrize("text, told", [
    ("port a { driver = tap device = new speeed = 1G }", "1:36: unknown key"),
    ("step x { method = run rate = \"2 Tpps\" duration = 1s }",
     "rate is max, or a number"),
    ("template u { size = 40 }\nstream u { from = left to = right "
     "template = u }\nstep x { method = limit }",
     "frame of 40 bytes is too short"),
    ("template u { source = 10.0.0.1 destination = \"fd00::1\" }",
     "destination is of IPv6, but the template's packets are IPv4"),
])
def test_bad_plan(net, text, told):
    """Told with its place, before any device is touched."""
    host = net.host("tester")
    path = net.path("bad.plan")
    ports = "".join(f"port {dev} {{ driver = tap  device = {dev}  address = "
                    f"{prefix}.2/24 }}\n" for dev, prefix in ADDRESS.items())
    with open(path, "w", encoding="utf-8") as f:
        f.write(text if text.startswith("port") else ports + STREAM + text)
    for verb in "check", "run":
        done = subprocess.run(
            host.command([SPATE, "gen", verb, path]), text=True, check=False,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=30,
            preexec_fn=die_with_parent)
        assert done.returncode == STATUS["usage"], done.stdout
        assert told in done.stdout and done.stdout.startswith(path + ":"), \
            done.stdout
    assert host.links() == set()


def children(process):
    """nsenter became the privileged process; its child is the tester."""
    with open(f"/proc/{process.pid}/task/{process.pid}/children",
              encoding="ascii") as f:
        return f.read().split()


def test_interrupted(net):
    """Ctrl-C: what was measured is told, the device is as it was."""
    router = Router(net, "packet")
    host = router.host
    host.run("ip link set left mtu 1400 promisc off")
    before = host.run("ip -o -d link show left").stdout
    path = router.net.path("part.json")
    process = router.start("send", *router.words(), "--rate", "1 kpps",
                           "--duration", "60 s", "--size", "128", "--json",
                           path)
    sent = lambda: router.counts("left")[0] > 300
    wait_for("packets are on their way", sent)
    # The report of this run is no other's, too.
    second = router.start("send", *router.words(), "--duration", "1 s",
                          "--json", path)
    assert "another run writes this report" in second.communicate()[1]
    assert second.returncode == STATUS["nothing"]
    child, = children(process)
    status = open(f"/proc/{child}/status", encoding="ascii").read()
    assert "CapEff:\t0000000000000000" in status, status
    assert "Uid:\t65534" in status, status
    assert SANITIZED or "Seccomp:\t2" in status, status
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)
    assert process.returncode == STATUS["stopped"], out + err
    report = load(path)
    assert report["status"] != "complete", report["status"]
    assert report["command"].startswith("spate gen send --port "), report
    trial, = report["methods"][0]["trials"]
    assert trial["sent_packets"] >= 300, trial
    assert host.run("ip -o -d link show left").stdout == before
    assert not os.path.exists(path + ".part")


def test_commands(net):
    """The device under test is reset by the plan's command."""
    router = Router(net, "tap")
    mark = net.path("reset")
    plan = router.plan(f"""
        step reset {{
            method = reset  rate = "1 kpps"  size = 64  trials = 1
        }}
        dut {{ name = kernel  reset = "touch {mark}" }}""")
    process = router.start("run", plan)
    try:
        wait_for("the command ran", lambda: os.path.exists(mark))
    finally:
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)
    assert process.returncode in (STATUS["stopped"], STATUS["met"],
                                  STATUS["nothing"]), out + err


@pytest.mark.parametrize("fields, weight", [("4-tuple", [1, 1]),
                                            ("2-tuple", [1, 3])])
def test_flows_fill_the_buckets(net, fields, weight):
    """Of a router of ours, which counts the packets of each bucket of its
    RSS: alike, or by the weight of the queue that has it."""
    sockets = [net.path(f"{side}.sock") for side in ADDRESS]
    router = net.daemon(f"""
        cpus = 2
        sysctl {{
            net.isr.dispatch = deferred  net.inet.rss.hashalgo = toeplitz
            net.inet.rss.udp_4tuple = {int(fields == "4-tuple")}
        }}""" + "".join(f"""
        interface {dev} {{ driver = memif  role = server  socket = "{socket}"
            address = {prefix}.1/24  ring_size = 4096 }}"""
        for socket, (dev, prefix) in zip(sockets, ADDRESS.items())))
    rss = router.show("rss")
    assert rss["rss"]["algorithm"] == "toeplitz", rss["rss"]
    owners = "+".join(str(b["cpu"]) for b in rss["buckets"])
    done = router.host.run(" ".join([
        SPATE, "gen", "send", "-q", "--late", "1s", "--rate-error", "500000",
        "--rate", '"20 kpps"', "--packets", "4096", "--flows", "1024",
        "--rss", f"key={rss['rss']['key_bytes']},fields={fields},"
        f"sources=512,table={owners},weight={'+'.join(map(str, weight))}",
        "--destination", "10.0.2.2", "--source", "10.0.1.10"] + [
            f"--port memif:{socket},address={prefix}.2/24,"
            f"gateway={prefix}.1,ring_size=4096"
            for socket, prefix in zip(sockets, ADDRESS.values())]))
    assert done.stdout == "", done.stdout
    for before, after in zip(rss["buckets"], router.show("rss")["buckets"]):
        flows = 1024 * weight[after["cpu"]] / sum(weight) / 64
        came = after["packets"] - (before["packets"] or 0)
        assert came == 4 * flows, after


def test_extension_headers(net):
    """Of a template, on the wire and back; other families have none."""
    host = net.host("tester")
    words = [SPATE, "gen", "send", "--port pair:port2", "--port pair:port1",
             "--rate", '"5 kpps"', "--duration", '"100 ms"', "--late", "1s",
             "--rate-error", "500000", "--expect", '"loss = 0"',
             "--extension", "hop-by-hop,destination,routing,fragment"]
    out = host.run(" ".join([*words, "--ipv6"])).stdout
    assert "met: loss = 0" in out and "  116  " in out, out
    done = host.run(" ".join(words), check=False)
    assert done.returncode == STATUS["usage"], done.stdout
    assert "IPv4 has no extension headers" in done.stdout, done.stdout


def test_old_report(net):
    """A report is printed again, in any form, as it was; rubbish is not."""
    host, path = net.host("tester"), net.path("report.json")
    with open(path, "w", encoding="utf-8") as f:
        f.write("{ \"format\": 1 }\n")
    done = host.run(f"{SPATE} gen report {path}", check=False)
    assert done.returncode == 1 and "it is no report" in done.stdout, done
    out = host.run(f"{SPATE} gen send --port pair:port2 --port pair:port1 "
                   "--rate '5 kpps' --duration '100 ms' --late 1s "
                   f"--rate-error 500000 --report {net.folder}/old "
                   "2>/dev/null").stdout
    old = f"{net.folder}/old/report."
    assert host.run(f"{SPATE} gen report {old}json").stdout == out
    for form in "csv", "html", "json":
        host.run(f"{SPATE} gen report --{form} {old}json > {path}; "
                 f"cmp {path} {old}{form}")
        host.run(f"{SPATE} gen report --{form} -o {path} {old}json; "
                 f"cmp {path} {old}{form}")
    for words in "", "a b", "--csv --html a", "--nothing a":
        done = host.run(f"{SPATE} gen report {words}", check=False)
        assert done.returncode == STATUS["usage"], done
