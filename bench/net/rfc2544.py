#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""The suite of RFC 2544, throughput to reset, against one router or several.

kernel   the kernel's forwarding between two veths
limited  the same with a filter that lets 100,000 packets a second through, and
         has room for 1,000 more: what the tester is to find
veth     spate daemon by AF_XDP on the same veths
tap      spate daemon on taps; the tester is on the kernel's side of them
memif    spate daemon and the tester at the two ends of memifs

The tester has the first CPU, spate daemon the second.  The kernel forwards
between veths while it is sent to, on the tester's CPU and in its time; so
nothing is lost at any rate that the tester can do, and there is no burst to
measure, which the report says.  Taps and memifs go with the daemon, so that
only the others are reset.

Reports, JSON that is held against the schema, CSV and HTML, are in
FOLDER/ROUTER.  What stands behind "--" is for spate gen, as

    rfc2544.py veth -- --size 64 --profile rfc
"""
import argparse
import json
import os
import select
import signal
import subprocess
import sys
import time

import jsonschema

import rows
from side_by_side import SPATE, Net, need_root, skip

HERE = os.path.dirname(os.path.abspath(__file__))
SCHEMA = os.path.join(HERE, "../../docs/gen-report.schema.json")
ROUTERS = ("kernel", "limited", "veth", "tap", "memif")
MACS = ("02:00:00:00:00:02", "02:00:00:00:00:03")
LIMIT, ROOM = 100000, 1000
FILTER = f"""table ip limited {{
    chain forward {{
        type filter hook forward priority 0
        limit rate over {LIMIT}/second burst {ROOM} packets drop
    }}
}}"""
# A virtual machine stands still for milliseconds now and then; that at the end
# of two seconds is the rate's error.
OPTIONS = ["--size", "64,1518", "--late", "10 ms", "--rate-error", "5000",
           "--retries", "5"]
MORE = {"limited": ["--rate", "400 kpps"]}


class Router:
    """One under test: two networks, 198.18.0.0/24 and 198.19.0.0/24."""

    def __init__(self, net, kind, cpu):
        self.net, self.kind, self.cpu = net, kind, cpu
        self.host, self.tester = net.host("router"), net.host("tester")
        self.daemon = None
        self.reset_pipe = None
        getattr(self, "_" + kind)()

    def _veths(self):
        for i in range(2):
            self.host.run(f"ip link add near{i} numrxqueues 1 numtxqueues 1 "
                          f"type veth peer name far{i} netns "
                          f"{self.tester.holder.pid} numrxqueues 1 "
                          "numtxqueues 1")
            for host, device in (self.host, f"near{i}"), \
                    (self.tester, f"far{i}"):
                host.sysctl(f"ipv6/conf/{device}/disable_ipv6", 1)
                # AF_XDP gives nobody the sums that an offload has left open.
                host.run(f"ethtool -K {device} tx off tso off gso off gro off")
                host.run(f"ip link set {device} up")
        self.ports = [f"xdp:far{i}" for i in range(2)]
        self.reset_pipe = self.net.path("reset")

    def _kernel(self):
        self._veths()
        for i in range(2):
            self.host.address(f"near{i}", f"198.1{8 + i}.0.1/24")
        self.host.sysctl("ipv4/ip_forward", 1)

    def _limited(self):
        self._kernel()
        self.host.run(f"nft -f - <<'END'\n{FILTER}\nEND")

    def _spate(self, interfaces):
        self.conf = f"cpu_list = {{ {self.cpu} }}\n" + "".join(
            f"interface side{i} {{ {how}  queues = 1\n"
            f"    address = 198.1{8 + i}.0.1/24 }}\n"
            for i, how in enumerate(interfaces))
        self.daemon = self.net.daemon(self.conf, host=self.host)

    def _veth(self):
        self._veths()
        self._spate([f"driver = xdp  device = near{i}" for i in range(2)])

    def _tap(self):
        self._spate([f"driver = tap  device = near{i}" for i in range(2)])
        for i in range(2):
            self.host.sysctl(f"ipv6/conf/near{i}/disable_ipv6", 1)
            self.host.run(f"ip link set near{i} up")
        self.tester = self.host
        self.ports = [f"packet:near{i}" for i in range(2)]

    def _memif(self):
        sockets = [self.net.path(f"memif{i}") for i in range(2)]
        self._spate([f'driver = memif  socket = "{s}"  role = server'
                     for s in sockets])
        self.ports = [f"memif:{s},role=client,mac={mac}"
                      for s, mac in zip(sockets, MACS)]

    def name(self):
        """For reports."""
        if self.daemon is not None:
            return f"spate daemon, {self.kind}"
        more = f", {LIMIT} packets/s" if self.kind == "limited" else ""
        return f"Linux {os.uname().release}, veth{more}"

    def words(self):
        words = ["--dut", self.name()]
        for i, port in enumerate(self.ports):
            words += ["--port", f"{port},address=198.1{8 + i}.0.2/24,"
                                f"gateway=198.1{8 + i}.0.1"]
        if self.reset_pipe:
            os.mkfifo(self.reset_pipe)
            words += ["--reset-command", f"echo > {self.reset_pipe}"]
        return words

    def reset(self):
        """Forwarding stops, and begins again."""
        if self.daemon is not None:
            self.daemon.stop()
            self.daemon = self.net.daemon(self.conf, host=self.host)
            return
        self.host.sysctl("ipv4/ip_forward", 0)
        time.sleep(0.5)
        self.host.sysctl("ipv4/ip_forward", 1)


class Run:
    """spate gen, and somebody who does what its reset command asks for."""

    def __init__(self, net, router, folder, options, cpus):
        words = ["taskset", "-c", ",".join(map(str, cpus)), SPATE, "gen",
                 "rfc2544", "--report", folder, *OPTIONS,
                 *MORE.get(router.kind, []), *router.words(), *options]
        self.router, self.pipe = router, None
        if router.reset_pipe:
            self.pipe = os.open(router.reset_pipe, os.O_RDWR | os.O_NONBLOCK)
        self.process = subprocess.Popen(
            router.tester.command(words), stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, process_group=0)

    def wait(self):
        """Its exit status."""
        while self.process.poll() is None:
            if self.pipe is None:
                self.process.wait()
            elif select.select([self.pipe], [], [], 0.2)[0]:
                os.read(self.pipe, 100)
                self.router.reset()
        return self.process.returncode

    def close(self):
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait()
        if self.pipe is not None:
            os.close(self.pipe)


def read(path):
    """A report that is what its schema says."""
    with open(SCHEMA, encoding="utf-8") as f:
        schema = json.load(f)
    with open(path, encoding="utf-8") as f:
        report = json.load(f)
    jsonschema.Draft202012Validator(schema).validate(report)
    return report


def tell(kind, folder, report):
    """Whether there is a throughput."""
    found = False
    print(f"{kind}: {folder}/report.html: {report['status']}, "
          f"{sum(len(m['trials']) for m in report['methods'])} trials in "
          f"{report['elapsed_s']:.0f} s", flush=True)
    for method in report["methods"]:
        sizes = ", ".join(f"{p['frame']}: {p['status']}"
                          for p in method["points"])
        print(f"  {method['name']:<11} {method['status']:<10} {sizes}")
        for point in method["points"]:
            if method["name"] == "throughput" and "throughput_pps" in point:
                rows.add("net/rfc2544_" + kind,
                         f"throughput, {point['frame']} bytes", "Mpps",
                         [point["throughput_pps"] / 1e6])
                found = True
    return found


def measure(kind, folder, options, cpus):
    net = Net()
    run = None
    report = os.path.join(folder, "report.json")
    if os.path.exists(report):
        os.unlink(report)	# of another run
    try:
        router = Router(net, kind, cpus[1])
        run = Run(net, router, folder, options, cpus)
        status = run.wait()
        # What could not be measured is in the report, too.
        if status not in (0, 3):
            raise AssertionError(f"spate gen: status {status}")
        return tell(kind, folder, read(report))
    finally:
        if run is not None:
            run.close()
        net.close()


def main():
    parser = argparse.ArgumentParser(
        description="RFC 2544 against the kernel and spate daemon")
    parser.add_argument("-o", "--output", metavar="FOLDER", default=os.path.join(
        os.path.dirname(SPATE), "rfc2544"), help="of reports")
    parser.add_argument("router", nargs="*", default=list(ROUTERS),
                        help=", ".join(ROUTERS) + "; all of them")
    argv, options = sys.argv[1:], []
    if "--" in argv:
        at = argv.index("--")
        argv, options = argv[:at], argv[at + 1:]
    args = parser.parse_args(argv)
    if not set(args.router) <= set(ROUTERS):
        parser.error("a router is one of " + ", ".join(ROUTERS))
    need_root()
    cpus = sorted(os.sched_getaffinity(0))[:2]
    if len(cpus) < 2:
        skip("needs two CPUs")
    # meson ends what it runs with it: then, too, all is to be put back.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    os.makedirs(args.output, exist_ok=True)
    found = [measure(kind, os.path.join(args.output, kind), options, cpus)
             for kind in args.router]
    sys.exit(0 if all(found) else 1)


main()
