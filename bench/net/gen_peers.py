#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""What spate gen sends with one CPU, beside trafgen and testpmd.

Over veth each sends 64-byte frames of UDP that the kernel drops at the other
end, and its interface there counts them.  Over memif each is the client, and
testpmd with rxonly the server, which counts.  Spate's packets carry flow,
sequence, time and checksums and vary four fields; testpmd's flowgen varies one,
txonly and trafgen none.
"""
import json
import os
import re
import shutil
import statistics
import subprocess
import tempfile
import time

from side_by_side import (PEERS, SPATE, Net, arguments, need_root, skip,
                          wait_for)

HUGE = "/proc/sys/vm/nr_hugepages"
PAGES = 256	# of 2 MiB: two testpmd
SETTLE = 0.5
VARY = ["source_port random 1024-65535", "destination_port count 1-1000",
        "source count 198.18.0.2-198.18.63.254", "tos random 0-255"]
TESTPMD = ("dpdk-testpmd -l {cpus} --no-pci --in-memory --file-prefix={name} "
           "--vdev {vdev} -- --nb-cores=1 --forward-mode={mode} "
           "--stats-period 1 --total-num-mbufs=16384 --no-lsc-interrupt")
TRAFGEN = ("{ 2,0,0,0,0,2, 2,0,0,0,0,1, c16(0x0800), 0x45,0,c16(46),c16(0),"
           "c16(0),64,17,csumip(14,33), 198,18,0,2, 198,19,0,2, "
           "c16(9),c16(9),c16(26),c16(0), fill(0,18) }")


class Peer:
    """A program that sends until it is interrupted."""

    def __init__(self, host, command, cpu=None):
        before = f"taskset -c {cpu} " if cpu is not None else ""
        self.log = tempfile.TemporaryFile("w+", encoding="utf-8")
        self.process = host.start(before + command, stdout=self.log,
                                  stderr=self.log, stdin=subprocess.DEVNULL)

    def said(self):
        self.log.seek(0)
        return self.log.read()

    def check(self):
        if self.process.poll() is not None:
            raise AssertionError("it ended: " + self.said()[-1500:])

    def stop(self):
        self.process.send_signal(2)
        try:
            self.process.wait(15)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.log.close()


def spate(port):
    vary = " ".join(f"--vary '{v}'" for v in VARY)
    return (f"{SPATE} gen send --port {port},address=198.18.0.2/16 "
            f"--destination 198.19.0.2 --size 64 --rate max "
            f"--duration 600s --warmup 0 --quiet {vary}")


def measure(peer, count, seconds):
    """Packets a second, once it is at it; count() of what has come."""
    try:
        first = count()

        def going():
            peer.check()
            return count() > first + 100000
        wait_for("packets come", going, 30)
        time.sleep(SETTLE)
        start, before = time.monotonic(), count()
        time.sleep(seconds)
        after, end = count(), time.monotonic()
        peer.check()
        return (after - before) / (end - start) / 1e6
    finally:
        peer.stop()


class Veth:
    """near sends to far, whose kernel drops what it has counted."""

    def __init__(self, net):
        self.host = net.host("source")
        self.sink = net.host("sink")
        self.host.run("ip link add near numrxqueues 1 numtxqueues 1 type veth "
                      "peer name far netns "
                      f"{self.sink.holder.pid} numrxqueues 1 numtxqueues 1")
        for host, device in ((self.host, "near"), (self.sink, "far")):
            host.sysctl(f"ipv6/conf/{device}/disable_ipv6", 1)
            host.run(f"ip link set {device} up")

    def count(self):
        out = self.sink.run("ip -j -s link show far").stdout
        return json.loads(out)[0]["stats64"]["rx"]["packets"]

    def run(self, command, cpu, seconds):
        return measure(Peer(self.host, command, cpu), self.count, seconds)


class Memif:
    """testpmd, which only receives."""

    def __init__(self, net, cpus):
        self.host = net.host("memif")
        self.net, self.cpus = net, cpus
        self.turn = 0

    def run(self, command, cpu, seconds):
        """command: with {socket} in it."""
        self.turn += 1
        socket = self.net.path(f"memif{self.turn}.sock")
        # Its first CPU is the one of its other thread, which sleeps.
        sink = Peer(self.host, TESTPMD.format(
            cpus=f"{cpu},{self.cpus[1]}", name=f"sink{self.turn}",
            vdev=f"net_memif0,role=server,id=0,socket-abstract=no,"
                 f"socket={socket}",
            mode="rxonly"))
        try:
            wait_for("the server listens",
                     lambda: os.path.exists(socket), 30)
            source = Peer(self.host, command.replace("SOCKET", socket), cpu)
            try:
                return self.rate(source, sink, seconds)
            finally:
                source.stop()
        finally:
            sink.stop()

    def rate(self, source, sink, seconds):
        """The median of what the sink prints each second; the first time it
        may only have begun."""
        def rates():
            source.check()
            sink.check()
            return [int(pps) for pps in
                    re.findall(r"Rx-pps: +(\d+)", sink.said()) if int(pps)]
        wait_for("packets come", lambda: len(rates()) > seconds, 30 + seconds)
        return statistics.median(rates()[1:]) / 1e6


def distance():
    return subprocess.run(
        [os.path.join(PEERS, "distance")], text=True,
        stdout=subprocess.PIPE, check=True).stdout.strip()


def by_turns(rounds, runs):
    """Medians by (distance, name); a turn in which the CPUs moved is lost."""
    figures = {}
    for _ in range(rounds):
        for name, run in runs.items():
            before = distance()
            figure = run()
            if distance() == before:
                figures.setdefault((before, name), []).append(figure)
    return {key: statistics.median(f) for key, f in figures.items()}


def show(what, figures, names, goal, of):
    for where in "NEAR", "FAR":
        ours = figures.get((where, "spate gen"))
        theirs = {n: figures[where, n] for n in names
                  if (where, n) in figures}
        if ours is None or not theirs:
            continue
        text = "  ".join(f"{n} {f:.2f}" for n, f in theirs.items())
        best = max((f for n, f in theirs.items() if n in of), default=None)
        ratio = f"{ours / best:.2f} of {' or '.join(of)} (goal {goal})" \
            if best else "no peer to compare"
        short = "  below the goal" if best and ours < goal * best else ""
        print(f"{what:<6} {where:<5} Mpps: spate gen {ours:.2f}  {text}  "
              f"ratio {ratio}{short}", flush=True)


def veth_runs(net, cpus, seconds):
    link = Veth(net)
    commands = {"spate gen": (spate("xdp:near"), cpus[0])}
    if shutil.which("trafgen"):
        commands["trafgen"] = (f"trafgen -o near -P1 -C -Q '{TRAFGEN}'",
                               cpus[0])
    if shutil.which("dpdk-testpmd"):
        commands["txonly"] = (TESTPMD.format(
            cpus=f"{cpus[1]},{cpus[0]}", name="veth", mode="txonly",
            vdev="net_af_xdp0,iface=near"), None)
    return {name: lambda c=command, p=cpu: link.run(c, p, seconds)
            for name, (command, cpu) in commands.items()}


def memif_runs(net, cpus, seconds):
    link = Memif(net, cpus)
    commands = {"spate gen": spate("memif:SOCKET,role=client")}
    for mode in "flowgen", "txonly":
        commands[mode] = TESTPMD.format(
            cpus=f"{cpus[1]},{cpus[0]}", name=mode, mode=mode,
            vdev="net_memif0,role=client,id=0,socket-abstract=no,socket=SOCKET")
    pin = {"spate gen": cpus[0]}
    return {name: lambda c=command, p=pin.get(name): link.run(c, p, seconds)
            for name, command in commands.items()}


def compare(net, args, cpus):
    figures = by_turns(args.rounds, veth_runs(net, cpus, args.seconds))
    show("veth", figures, ["trafgen", "txonly"], 1.0, ["trafgen", "txonly"])
    if shutil.which("dpdk-testpmd") is None:
        print("memif: skipped: there is no dpdk-testpmd (package dpdk)")
        return
    figures = by_turns(args.rounds, memif_runs(net, cpus, args.seconds))
    show("memif", figures, ["flowgen", "txonly"], 1.2, ["flowgen"])


def main():
    args = arguments("spate gen, trafgen and testpmd", 5, 3)
    need_root()
    cpus = sorted(os.sched_getaffinity(0))
    if len(cpus) < 2:
        skip("needs two CPUs")
    if not os.path.exists(os.path.join(PEERS, "distance")):
        skip("distance was not built")
    with open(HUGE, encoding="ascii") as f:
        pages = f.read()
    net = Net()
    try:
        with open(HUGE, "w", encoding="ascii") as f:
            f.write(str(max(PAGES, int(pages))))
        compare(net, args, cpus[:2])
    finally:
        net.close()
        with open(HUGE, "w", encoding="ascii") as f:
            f.write(pages)


main()
