#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Spate as a router beside others, on the same links.

memif: between two ports of spate gen stands Spate, or testpmd, which hands on
what comes (io: no lookup, nothing written), or DPDK's l3fwd.
veth: Spate on AF_XDP, or the kernel's own forwarding; small packets from spate
gen, and iperf3 between two hosts.
tap: Spate, or tapcopy, a bare copy.

All take turns.  spate gen sends as fast as it goes, and what comes back counts.
It has the first CPU, who is measured the second; over memif the two may be near
each other or far, and what is compared was so before and after.

The processor time is that of the whole machine, softirqs and spate gen too,
which never rests; so it says something only where rates are alike.

l3fwd is not packaged built.  To have it measured build it by hand, anywhere,
from examples/l3fwd of Debian's source package dpdk (it needs examples/common
beside it, and libdpdk-dev): virtual devices check no sums, so rxmode.offloads
in main.c is to be 0; its table has room for 1,024 rules and 256 groups of 256
longer ones, which l3fwd_lpm.c defines.  L3FWD=path/to/l3fwd then names it.
"""
import argparse
import json
import os
import shutil
import signal
import sys
import time

import rows
from dpdk import MEMORY_SMALL, Peer, distance, huge_pages, huge_pages_back
from side_by_side import (SPATE, Net, need_root, peer, skip, wait_for)

BENCH = "net/route_peers"
MORE = 3		# times the rounds, while CPUs move
MACS = ("02:00:00:00:00:02", "02:00:00:00:00:03")


class Place:
    def __init__(self, cpus, memory):
        self.send, self.other = cpus
        self.memory = memory

    def dpdk(self, program, cpus, name, vdevs, options):
        return (f"{program} {cpus} --no-pci {self.memory} "
                f"--file-prefix={name}{os.getpid()} " +
                " ".join(f"--vdev {v}" for v in vdevs) + " -- " + options)


def busy():
    """Seconds that the machine has worked: all but idle, iowait, steal."""
    with open("/proc/stat", encoding="ascii") as f:
        ticks = [int(n) for n in f.readline().split()[1:]]
    return sum(ticks[i] for i in (0, 1, 2, 5, 6)) / os.sysconf("SC_CLK_TCK")


def generate(net, host, place, ports, seconds, warmup=0):
    """What comes back, Mpps, and ns of the machine's processors for each."""
    report = net.path("report.json")
    ports = " ".join("--port " + p for p in ports)
    before = busy()
    done = host.run(
        f"taskset -c {place.send},{place.other} {SPATE} gen send {ports} "
        f"--size 64 --flows 64 --rate max --duration {seconds}s "
        f"--warmup {warmup}s "
        f"--quiet --json {report}", check=False, timeout=seconds + 60)
    used = busy() - before
    try:
        with open(report, encoding="utf-8") as f:
            point = json.load(f)["methods"][0]["points"][0]
    except (OSError, LookupError, ValueError) as e:
        raise AssertionError("spate gen: " + done.stdout) from e
    os.unlink(report)
    came = point["rx_pps"] * seconds
    if came == 0:
        raise AssertionError("nothing comes back: " + done.stdout)
    return point["rx_pps"] / 1e6, used * 1e9 / came


class Memif:
    """A new device under test for each run."""
    name, unit = "memif", "Mpps"

    def __init__(self, net, place):
        self.net, self.place, self.turn = net, place, 0
        self.host = net.host("memif")
        self.kinds = {"spate": self.spate}
        if shutil.which("dpdk-testpmd"):
            self.kinds["testpmd io"] = self.testpmd
        if "L3FWD" in os.environ:
            self.kinds["l3fwd"] = self.l3fwd

    def goals(self):
        return {"testpmd io": 0.8, "l3fwd": 1.0}

    def run(self, kind, seconds):
        self.turn += 1
        sockets = [self.net.path(f"m{self.turn}{x}") for x in "ab"]
        dut, routed = self.kinds[kind](sockets)
        try:
            wait_for("the sockets are there",
                     lambda: all(map(os.path.exists, sockets)), 30)
            nets = ("198.18.0.2/24,gateway=198.18.0.1",
                    "198.19.0.2/24,gateway=198.19.0.1") if routed else \
                ("198.18.0.2/15", "198.19.0.2/15")
            return generate(self.net, self.host, self.place, [
                f"memif:{s},role=client,address={n},mac={m}"
                for s, n, m in zip(sockets, nets, MACS)], seconds,
                # l3fwd begins when it has seen both links.
                warmup=2 if kind == "l3fwd" else 0)
        except AssertionError:
            if kind != "spate":
                dut.check()	# why it ended says more
            raise
        finally:
            dut.stop()

    def spate(self, sockets):
        daemon = self.net.daemon(f"""
            cpu_list = {{ {self.place.other} }}
            interface a {{ driver = memif  socket = "{sockets[0]}"
                role = server  queues = 1  address = 198.18.0.1/24 }}
            interface b {{ driver = memif  socket = "{sockets[1]}"
                role = server  queues = 1  address = 198.19.0.1/24 }}""",
            host=self.host)
        return daemon, True

    @staticmethod
    def vdevs(sockets):
        return [f"net_memif{i},role=server,id=0,socket-abstract=no,socket={s}"
                for i, s in enumerate(sockets)]

    def testpmd(self, sockets):
        p = Peer(self.host, self.place.dpdk(
            "dpdk-testpmd", f"-l {self.place.other},{self.place.send} "
            f"--main-lcore {self.place.send}", f"io{self.turn}x",
            self.vdevs(sockets),
            "--nb-cores=1 --forward-mode=io --stats-period 1 "
            "--total-num-mbufs=16384 --no-lsc-interrupt"))
        return p, False

    def l3fwd(self, sockets):
        rules = [self.net.path(f"rules{family}") for family in "46"]
        for path, lines in zip(rules, (
                "R198.18.0.0/16 0\nR198.19.0.0/16 1\n",
                "R2001:db8::/48 0\nR2001:db8:1::/48 1\n")):
            with open(path, "w", encoding="ascii") as f:
                f.write(lines)
        cpu = self.place.other
        p = Peer(self.host, self.place.dpdk(
            # Alone: it numbers its transmit queues by CPUs.
            os.environ["L3FWD"], f"-l {cpu}", f"l3fwd{self.turn}x",
            self.vdevs(sockets),
            f"-P -p 0x3 --config=\"(0,0,{cpu}),(1,0,{cpu})\" --parse-ptype "
            f"--lookup=lpm --rule_ipv4={rules[0]} --rule_ipv6={rules[1]} "
            f"--eth-dest=0,{MACS[0]} --eth-dest=1,{MACS[1]}"))
        return p, False


def veth_pairs(router, hosts):
    """near0 and near1 in the router, far0 and far1 in hosts."""
    for i, host in enumerate(hosts):
        router.run(f"ip link add near{i} numrxqueues 1 numtxqueues 1 type "
                   f"veth peer name far{i} netns {host.holder.pid} "
                   "numrxqueues 1 numtxqueues 1")
        for h, device in ((router, f"near{i}"), (host, f"far{i}")):
            h.sysctl(f"ipv6/conf/{device}/disable_ipv6", 1)
            h.run(f"ip link set {device} up")
        # AF_XDP gives nobody the sums that an offload has left open.
        for h, device in ((router, f"near{i}"), (host, f"far{i}")):
            h.run(f"ethtool -K {device} tx off tso off gso off gro off")


def route(net, router, kind, cpu):
    """near0 is 198.18.0.1/24, near1 198.19.0.1/24, as Spate or the kernel."""
    if kind == "spate":
        net.daemon(f"""
            cpu_list = {{ {cpu} }}
            interface a {{ driver = xdp  device = near0  queues = 1
                address = 198.18.0.1/24 }}
            interface b {{ driver = xdp  device = near1  queues = 1
                address = 198.19.0.1/24 }}""", host=router)
        return
    router.address("near0", "198.18.0.1/24")
    router.address("near1", "198.19.0.1/24")
    router.sysctl("ipv4/ip_forward", 1)


class Veth:
    name, unit = "veth", "Mpps"

    def __init__(self, net, place):
        self.net, self.place, self.kinds = net, place, {}
        for kind in "spate", "kernel":
            router, tester = net.host(kind), net.host("tester")
            veth_pairs(router, [tester, tester])
            route(net, router, kind, place.other)
            self.kinds[kind] = tester

    def goals(self):
        return {"kernel": None}

    def run(self, kind, seconds):
        return generate(self.net, self.kinds[kind], self.place, [
            f"xdp:far{i},address=198.1{8 + i}.0.2/24,gateway=198.1{8 + i}.0.1"
            for i in range(2)], seconds)


class Iperf:
    """One stream; Gbit/s."""
    name, unit = "iperf3 over veth", "Gbit/s"

    def __init__(self, net, place):
        self.kinds = {}
        for kind in "spate", "kernel":
            router = net.host(kind)
            hosts = [net.host("left"), net.host("right")]
            veth_pairs(router, hosts)
            route(net, router, kind, place.other)
            for i, host in enumerate(hosts):
                host.address(f"far{i}", f"198.1{8 + i}.0.2/24")
                host.run(f"ip route add default via 198.1{8 + i}.0.1")
            hosts[1].start("iperf3 -s > /dev/null")
            wait_for("iperf3 listens", lambda h=hosts[1]:
                     ":5201" in h.run("ss -Hltn").stdout)
            self.kinds[kind] = hosts[0]

    def goals(self):
        return {"kernel": None}

    def run(self, kind, seconds):
        before = busy()
        out = self.kinds[kind].run(f"iperf3 -J -c 198.19.0.2 -t {seconds}",
                                   timeout=seconds + 30).stdout
        received = json.loads(out)["end"]["sum_received"]
        packets = received["bytes"] / 1448
        return (received["bits_per_second"] / 1e9,
                (busy() - before) * 1e9 / packets)


class Tap:
    """Who is measured has the taps; spate gen is on the kernel's side."""
    name, unit = "tap", "Mpps"

    def __init__(self, net, place):
        self.net, self.place, self.kinds = net, place, {}
        hosts = {kind: net.host(kind) for kind in ("spate", "tapcopy")}
        net.daemon(f"""
            cpu_list = {{ {place.other} }}
            interface a {{ driver = tap  device = left  queues = 1
                address = 198.18.0.1/24 }}
            interface b {{ driver = tap  device = right  queues = 1
                address = 198.19.0.1/24 }}""", host=hosts["spate"])
        peer(hosts["tapcopy"], "tapcopy", "left right",
             before=f"taskset -c {place.other}")
        for kind, host in hosts.items():
            for device in "left", "right":
                host.sysctl(f"ipv6/conf/{device}/disable_ipv6", 1)
                host.run(f"ip link set {device} up")
            self.kinds[kind] = host

    def goals(self):
        return {"tapcopy": 0.9}

    def run(self, kind, seconds):
        nets = ("198.18.0.2/24,gateway=198.18.0.1",
                "198.19.0.2/24,gateway=198.19.0.1") if kind == "spate" else \
            ("198.18.0.2/15", "198.19.0.2/15")
        return generate(self.net, self.kinds[kind], self.place, [
            f"packet:{device},address={n}"
            for device, n in zip(("left", "right"), nets)], seconds)


def turns(link, args):
    """Runs by (where, kind): what came, and what it cost.  Where two CPUs hand
    packets to each other through memory, until there are enough at one
    distance."""
    moves = isinstance(link, Memif)
    runs, rounds = {}, 0

    def enough():
        return any(all(len(runs.get((where, kind), [])) >= args.rounds
                       for kind in link.kinds)
                   for where in (("NEAR", "FAR") if moves else (None,)))
    while rounds < (MORE if moves else 1) * args.rounds and not enough():
        rounds += 1
        for kind in link.kinds:
            before = distance() if moves else None
            got = link.run(kind, args.seconds)
            if not moves or distance() == before:
                runs.setdefault((before, kind), []).append(got)
    return runs


def tell(link, runs):
    for where in None, "NEAR", "FAR":
        ours = runs.get((where, "spate"))
        for kind, goal in link.goals().items():
            theirs = runs.get((where, kind))
            if not ours or not theirs:
                continue
            rate = [[r[0] for r in who] for who in (ours, theirs)]
            cost = [[r[1] for r in who] for who in (ours, theirs)]
            more = {"place": where} if where else {}
            met = rows.add(BENCH, link.name, link.unit, rate[0], kind, rate[1],
                           "ratio" if goal else "none", goal, **more)
            rows.add(BENCH, f"{link.name}, all processors",
                     "ns a packet", cost[0], kind, cost[1], **more)
            a, b = (rows.figure(r)["median"] for r in rate)
            c, d = (rows.figure(r)["median"] for r in cost)
            print(f"{link.name:<17} {where or '-':<5} {kind:<11} {a:7.3f} "
                  f"{b:7.3f} {link.unit:<7} {a / b:5.2f}  {goal or '-':>4}  "
                  f"{c:7.0f} {d:7.0f}{'' if met else '  below the goal'}",
                  flush=True)


def compare(place, args):
    print(f"{'link':<17} {'CPUs':<5} {'peer':<11} {'Spate':>7} {'peer':>7} "
          f"{'':<7} ratio  goal  ns of all CPUs a packet", flush=True)
    for kind in Memif, Veth, Iperf, Tap:
        if args.only not in (None, kind.__name__.lower()):
            continue
        net = Net()
        os.environ["RUNTIME_DIRECTORY"] = net.folder
        try:
            link = kind(net, place)
            tell(link, turns(link, args))
        finally:
            net.close()
    if "L3FWD" not in os.environ and args.only in (None, "memif"):
        rows.absent(BENCH, "memif", "not here: see L3FWD in "
                    "bench/net/route_peers.py", "l3fwd")
        print("memif: l3fwd is not here; route_peers.py says how to have it")


def main():
    parser = argparse.ArgumentParser(description="routers beside each other")
    parser.add_argument("-r", "--rounds", type=int, default=5)
    parser.add_argument("-t", "--seconds", type=int, default=1)
    parser.add_argument("--only", choices=["memif", "veth", "iperf", "tap"])
    parser.add_argument("--small-pages", action="store_true",
                        help="DPDK without huge pages, which others take")
    args = parser.parse_args()
    need_root()
    cpus = sorted(os.sched_getaffinity(0))
    if len(cpus) < 2:
        skip("needs two CPUs")
    # meson ends what it runs with it: then, too, all is to be put back.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    had, memory = None, MEMORY_SMALL
    try:
        if not args.small_pages:
            had, memory = huge_pages()
        compare(Place(cpus[:2], memory), args)
    finally:
        huge_pages_back(had)


main()
