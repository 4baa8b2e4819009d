#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Spate's whole path beside DPDK's l3fwd (LPM), in a loop in memory on one
core: the same packets under way, the same table, the same destinations.

The two take turns of some packets; only one runs at a time.  L3FWD_LOOP in the
environment names the other one, a program that is no part of this project:

    $L3FWD_LOOP ROUTES PACKETS

has l3fwd's forwarding functions over a ring whose packets come back to it.
ROUTES has a prefix in each line, PACKETS a destination.  Each line of its
standard input, a number of packets, makes a run, and each run a line, cycles a
packet.  TTLs are set back outside of runs, as Spate's are.

usage: l3fwd.py LOOP [-n turns] [-p packets a turn] [kind ...]
"""
import argparse
import os
import statistics
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "net"))
import rows  # noqa: E402

KINDS = {"hot": ("IPv4, hot", []), "hot6": ("IPv6, hot", ["-6"]),
         "cold": ("IPv4, cold", ["-c"]), "cold6": ("IPv6, cold", ["-6", "-c"])}


class Runner:
    def __init__(self, *command):
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def run(self, packets):
        """Cycles a packet."""
        print(packets, file=self.process.stdin, flush=True)
        line = self.process.stdout.readline()
        if not line:
            sys.exit(f"{self.process.args[0]} ended")
        return float(line)

    def end(self):
        self.process.stdin.close()
        self.process.wait()


def compare(loop, kind, args):
    what, options = KINDS[kind]
    with tempfile.TemporaryDirectory(prefix="spate-l3fwd.") as folder:
        name = os.path.join(folder, "t")
        spate = Runner(loop, "-i", name, *options)
        spate.run(args.packets)  # now the files are there
        peer = Runner(os.environ["L3FWD_LOOP"], name + ".routes",
                      name + ".packets")
        peer.run(args.packets)
        took = {"Spate": [], "l3fwd": []}
        for _ in range(args.turns):
            took["Spate"].append(spate.run(args.packets))
            took["l3fwd"].append(peer.run(args.packets))
        spate.end()
        peer.end()
    middle = {k: statistics.median(v) for k, v in took.items()}
    print(f"loop {what}: cycles/packet, medians (least) of {args.turns} turns "
          f"of {args.packets} packets: " + ", ".join(
              f"{k} {middle[k]:.1f} ({min(v):.1f})" for k, v in took.items()) +
          f"; {middle['l3fwd'] / middle['Spate']:.2f} of l3fwd's rate",
          flush=True)
    rows.add("path/l3fwd", what, "cycles/packet", took["Spate"],
             peer="l3fwd", of_peer=took["l3fwd"])


def main():
    parser = argparse.ArgumentParser(description="Spate beside l3fwd")
    parser.add_argument("loop", help="bench/path/loop")
    parser.add_argument("-n", "--turns", type=int, default=100)
    parser.add_argument("-p", "--packets", type=int, default=100000)
    parser.add_argument("kinds", nargs="*", default=list(KINDS))
    args = parser.parse_intermixed_args()
    if "L3FWD_LOOP" not in os.environ:
        print("l3fwd is not here: L3FWD_LOOP names none")
        rows.absent("path/l3fwd", "loop in memory", "no L3FWD_LOOP", "l3fwd")
        return
    for kind in args.kinds:
        compare(args.loop, kind, args)


main()
