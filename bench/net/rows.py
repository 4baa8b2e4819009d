# SPDX-License-Identifier: BSD-2-Clause
"""Lines of the table of all benchmarks (bench/table.py)."""
import json
import os
import statistics


def figure(runs):
    return {"median": statistics.median(runs), "min": min(runs),
            "max": max(runs), "runs": len(runs)}


def add(benchmark, what, unit, runs, peer=None, of_peer=None, goal_is="none",
        goal=None, **more):
    """A line: runs and of_peer are all that was measured.  Whether the goal is
    met; without BENCH_ROWS nothing is written."""
    row = {"benchmark": benchmark, "what": what, "unit": unit,
           "spate": figure(runs), **more}
    ours = row["spate"]["median"]
    if of_peer:
        row.update(peer=peer, of_peer=figure(of_peer))
        theirs = row["of_peer"]["median"]
    met = {"ratio": lambda: ours >= goal * theirs,
           "at least": lambda: ours >= goal,
           "at most": lambda: ours <= goal,
           "no more": lambda: ours <= theirs, "none": lambda: True}[goal_is]()
    row.update(goal_is=goal_is, goal=goal, met=met)
    write(row)
    return met


def absent(benchmark, what, why, peer):
    """A peer that is not there."""
    write({"benchmark": benchmark, "what": what, "peer": peer, "absent": why})


def write(row):
    if "BENCH_ROWS" in os.environ:
        with open(os.environ["BENCH_ROWS"], "a", encoding="utf-8") as f:
            f.write(json.dumps(row) + "\n")
