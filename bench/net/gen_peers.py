#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""What spate gen sends with one CPU, beside trafgen and testpmd.

Over veth each sends 64-byte frames of UDP that the kernel drops at the other
end, and its interface there counts them.  Over memif each is the client, and
testpmd with rxonly the server, which counts.  Spate's packets carry flow,
sequence, time and checksums and vary four fields; testpmd's flowgen varies one,
txonly and trafgen none.

All take turns.  Over veth everything happens on the sender's CPU.  Over memif
two CPUs work, which may be near each other or far: a run between two of whose
probes that changed is thrown away, and near and far are compared apart.
"""
import argparse
import json
import os
import platform
import re
import shutil
import signal
import sys
import statistics
import time

import rows
from dpdk import (MEMORY_SMALL, Peer, distance, huge_pages,
                  huge_pages_back)
from side_by_side import PEERS, SPATE, Net, need_root, skip, wait_for

SETTLE = 0.5
PATIENCE = 150		# seconds, after which no round is begun
MORE = 4		# times the rounds, while CPUs move
OURS = "spate gen"
VARY = ["source_port random 1024-65535", "destination_port count 1-1000",
        "source count 198.18.0.2-198.18.63.254", "tos random 0-255"]
TESTPMD = ("dpdk-testpmd -l {cpu},{rest} --main-lcore {rest} --no-pci "
           "{memory} --file-prefix={name} --vdev {vdev} -- --nb-cores=1 "
           "--forward-mode={mode} --stats-period 1 --total-num-mbufs=16384 "
           "--no-lsc-interrupt")
TRAFGEN = ("{ 2,0,0,0,0,2, 2,0,0,0,0,1, c16(0x0800), 0x45,0,c16(46),c16(0),"
           "c16(0),64,17,csumip(14,33), 198,18,0,2, 198,19,0,2, "
           "c16(9),c16(9),c16(26),c16(0), fill(0,18) }")


class Place:
    """The CPU of whoever sends, and the one for the rest."""

    def __init__(self, cpus, memory):
        self.send, self.other = cpus
        self.memory = memory

    def spate(self, port):
        """Its worker takes the first CPU that it may use."""
        vary = " ".join(f"--vary '{v}'" for v in VARY)
        return (f"taskset -c {self.send},{self.other} {SPATE} gen send "
                f"--port {port},address=198.18.0.2/16 "
                f"--destination 198.19.0.2 --size 64 --rate max "
                f"--duration 600s --warmup 0 --quiet {vary}")

    def trafgen(self, device):
        return (f"taskset -c {self.send} trafgen -o {device} -P1 -C "
                f"-Q '{TRAFGEN}'")

    def testpmd(self, mode, vdev, name=None, sink=False):
        """Its main thread sleeps on the other's CPU."""
        cpu, rest = (self.other, self.send) if sink else \
            (self.send, self.other)
        return TESTPMD.format(cpu=cpu, rest=rest, memory=self.memory,
                              name=f"{name or mode}{os.getpid()}", mode=mode,
                              vdev=vdev)


class Veth:
    """near sends to far, whose kernel drops what it has counted."""

    def __init__(self, net, place):
        self.host = net.host("source")
        self.sink = net.host("sink")
        self.host.run("ip link add near numrxqueues 1 numtxqueues 1 type veth "
                      "peer name far netns "
                      f"{self.sink.holder.pid} numrxqueues 1 numtxqueues 1")
        for host, device in ((self.host, "near"), (self.sink, "far")):
            host.sysctl(f"ipv6/conf/{device}/disable_ipv6", 1)
            host.run(f"ip link set {device} up")
        self.commands = {OURS: place.spate("xdp:near")}
        if shutil.which("trafgen"):
            self.commands["trafgen"] = place.trafgen("near")
        if shutil.which("dpdk-testpmd"):
            self.commands["txonly"] = place.testpmd(
                "txonly", "net_af_xdp0,iface=near")

    def count(self):
        out = self.sink.run("ip -j -s link show far").stdout
        return json.loads(out)[0]["stats64"]["rx"]["packets"]

    def run(self, name, seconds):
        """Mpps, once it is at it."""
        peer = Peer(self.host, self.commands[name])
        try:
            first = self.count()

            def going():
                peer.check()
                return self.count() > first + 100000
            wait_for(f"packets of {name} come", going, 30)
            time.sleep(SETTLE)
            start, before = time.monotonic(), self.count()
            time.sleep(seconds)
            after, end = self.count(), time.monotonic()
            peer.check()
            return (after - before) / (end - start) / 1e6
        finally:
            peer.stop()


class Memif:
    """Everybody's other end is testpmd, which only receives."""

    def __init__(self, net, place):
        self.host = net.host("memif")
        self.net, self.place = net, place
        self.turn = 0
        self.commands = {OURS: place.spate("memif:SOCKET,role=client")}
        for mode in "flowgen", "txonly":
            self.commands[mode] = place.testpmd(
                mode, "net_memif0,role=client,id=0,socket-abstract=no,"
                      "socket=SOCKET")

    def run(self, name, seconds):
        self.turn += 1
        socket = self.net.path(f"memif{self.turn}.sock")
        sink = Peer(self.host, self.place.testpmd(
            "rxonly", f"net_memif0,role=server,id=0,socket-abstract=no,"
                      f"socket={socket}", f"sink{self.turn}x", sink=True))
        try:
            def listens():
                sink.check()
                return os.path.exists(socket)
            wait_for("the server listens", listens, 30)
            source = Peer(self.host,
                          self.commands[name].replace("SOCKET", socket))
            try:
                return self.rate(source, sink, seconds)
            finally:
                source.stop()
        finally:
            sink.stop()

    @staticmethod
    def rate(source, sink, seconds):
        """The median of what the sink prints each second, but the first time,
        when it may only have begun."""
        def rates():
            source.check()
            sink.check()
            return [int(pps) for pps in
                    re.findall(r"Rx-pps: +(\d+)", sink.said()) if int(pps)]
        wait_for("packets come", lambda: len(rates()) > seconds, 30 + seconds)
        return statistics.median(rates()[1:]) / 1e6


def veth_turns(link, args, _end):
    """Runs by (where, name); one CPU is nowhere."""
    runs = {}
    for _ in range(args.rounds):
        for name in link.commands:
            runs.setdefault((None, name), []).append(
                link.run(name, args.seconds))
    return runs


def memif_turns(link, args, end):
    """The same; more rounds until there are enough at one distance."""
    runs, rounds = {}, 0

    def enough():
        return any(all(len(runs.get((where, name), [])) >= args.rounds
                       for name in link.commands)
                   for where in ("NEAR", "FAR"))
    while rounds < MORE * args.rounds and not enough() and \
            time.monotonic() < end:
        rounds += 1
        for name in link.commands:
            before = distance()
            mpps = link.run(name, args.seconds)
            if distance() == before:
                runs.setdefault((before, name), []).append(mpps)
    return runs


def result(link, where, runs, goal, of):
    """What was measured at one distance; None: not enough to compare."""
    mpps = {name: r for (at, name), r in runs.items() if at == where}
    best = max((n for n in mpps if n in of), default=None,
               key=lambda n: statistics.median(mpps[n]))
    if OURS not in mpps or best is None:
        return None
    ratio = statistics.median(mpps[OURS]) / statistics.median(mpps[best])
    return {"link": link, "distance": where,
            "mpps": {n: {"median": statistics.median(r), "min": min(r),
                         "max": max(r), "runs": r} for n, r in mpps.items()},
            "ratio": ratio, "of": best, "goal": goal, "met": ratio >= goal}


def show(r):
    for name, m in r["mpps"].items():
        print(f"{r['link']:<6} {r['distance'] or '-':<5} {name:<10} "
              f"{m['median']:6.2f} {m['min']:6.2f} {m['max']:6.2f} "
              f"{len(m['runs']):5}")
    short = "" if r["met"] else "  below the goal"
    print(f"{r['link']:<6} {r['distance'] or '-':<5} ratio {r['ratio']:.2f} "
          f"of {r['of']} (goal {r['goal']}){short}", flush=True)


def compare(net, place, args):
    end = time.monotonic() + PATIENCE
    kinds = [(Veth, veth_turns, 1.0, ("trafgen", "txonly"))]
    if shutil.which("dpdk-testpmd"):
        kinds.append((Memif, memif_turns, 1.2, ("flowgen",)))
    else:
        print("memif: skipped: there is no dpdk-testpmd (package dpdk)")
    print("link   CPUs  who        median    min    max  runs  (Mpps)")
    results = []
    for kind, turns, goal, of in kinds:
        if args.only not in (None, kind.__name__.lower()):
            continue
        runs = turns(kind(net, place), args, end)
        for where in None, "NEAR", "FAR":
            r = result(kind.__name__.lower(), where, runs, goal, of)
            if r is not None:
                rows.add("net/gen_peers", f"{r['link']}, sent", "Mpps",
                         r["mpps"][OURS]["runs"], r["of"],
                         r["mpps"][r["of"]]["runs"], "ratio", goal,
                         **({"place": where} if where else {}))
                show(r)
                results.append(r)
    return results


def write(path, args, memory, results):
    with open(path, "w", encoding="utf-8") as f:
        json.dump({"benchmark": "net/gen_peers",
                   "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
                   "kernel": platform.release(), "rounds": args.rounds,
                   "seconds": args.seconds, "testpmd_memory": memory,
                   "results": results}, f, indent=2)
        f.write("\n")


def main():
    parser = argparse.ArgumentParser(
        description="spate gen, trafgen and testpmd")
    parser.add_argument("-r", "--rounds", type=int, default=5)
    parser.add_argument("-t", "--seconds", type=int, default=2)
    parser.add_argument("--only", choices=["veth", "memif"])
    parser.add_argument("--json", metavar="FILE", help="figures go there, too")
    parser.add_argument("--small-pages", action="store_true",
                        help="testpmd without huge pages, which others take")
    args = parser.parse_args()
    need_root()
    cpus = sorted(os.sched_getaffinity(0))
    if len(cpus) < 2:
        skip("needs two CPUs")
    if not os.path.exists(os.path.join(PEERS, "distance")):
        skip("distance was not built")
    # meson ends what it runs with it: then, too, all is to be put back.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    net, had = Net(), None
    # Where testpmd without huge pages has its files.
    os.environ["RUNTIME_DIRECTORY"] = net.folder
    try:
        memory = MEMORY_SMALL
        if not args.small_pages:
            had, memory = huge_pages()
        results = compare(net, Place(cpus[:2], memory), args)
        if args.json:
            write(args.json, args, memory, results)
    finally:
        net.close()
        huge_pages_back(had)


main()
