# SPDX-License-Identifier: BSD-2-Clause
"""Spate and a bare program on the same kind of link, by turns.

The machine's speed drifts while a benchmark runs; what is compared takes turns
of a few seconds, and of each the median of its turns counts.
"""
import argparse
import os
import statistics
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "../../tests/net"))

import rows	# noqa: E402

# Only now: it lies there.
from lib import Net, SPATE, wait_for	# noqa: E402

SKIPPED = 77		# what meson takes for a test that cannot run here
GOAL = 0.9
PEERS = os.environ.get("BENCH_PEERS", os.path.join(
    os.path.dirname(SPATE), "bench"))


def arguments(text, rounds, seconds):
    parser = argparse.ArgumentParser(description=text)
    parser.add_argument("-r", "--rounds", type=int, default=rounds)
    parser.add_argument("-t", "--seconds", type=int, default=seconds)
    return parser.parse_args()


def skip(why):
    print("skipped: " + why)
    sys.exit(SKIPPED)


def need_root():
    if os.geteuid() != 0:
        skip("needs root, for interfaces of the kernel")


def peer(host, name, args, before=""):
    """A bare program that runs, and has said so."""
    path = os.path.join(PEERS, name)
    process = host.start(f"{before} {path} {args}", text=True,
                         stdout=subprocess.PIPE)
    if process.stdout.readline() != "ready\n":
        raise AssertionError(f"{name} did not start")
    return process


def cpu_seconds(pid):
    """What a process and those it started have used of the processor."""
    with open(f"/proc/{pid}/stat", encoding="ascii") as f:
        ticks = f.read().rsplit(")", 1)[1].split()[11:13]
    with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as f:
        children = f.read().split()
    return sum(map(int, ticks)) / os.sysconf("SC_CLK_TCK") + \
        sum(map(cpu_seconds, children))


def by_turns(rounds, runs):
    """The median for each name; runs: name -> function that measures."""
    figures = {name: [] for name in runs}
    for _ in range(rounds):
        for name, measure in runs.items():
            figures[name].append(measure())
    return {name: statistics.median(f) for name, f in figures.items()}


def table_head(what, unit):
    print(f"{what:<28} {'Spate':>8} {'peer':>8}  {unit:<8} "
          f"ratio (goal {GOAL})", flush=True)


def table_line(what, spate, bare, row=None):
    """row: benchmark, peer and unit, for the table of all benchmarks."""
    if row:
        rows.add(row[0], what, row[2], [spate], row[1], [bare], "ratio", GOAL)
    short = "" if spate >= GOAL * bare else "  below the goal"
    print(f"{what:<28} {spate:8.2f} {bare:8.2f}  {'':<8} "
          f"{spate / bare:.2f}{short}", flush=True)
