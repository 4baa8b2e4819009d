#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""What CPUs of a router share, counted: no clock, no hardware, the same each
time.

"lines" runs under valgrind's lackey, which prints every access to memory, and
here each cache line remembers which CPU wrote it last and who has read it
since, as caches do that are never full.  Counted for each packet, in steady
state:

    handed  packets that went from one CPU to another
    writes  stores to a line that another CPU wrote or read since
    reads   loads of a line that another CPU wrote since

What passes between a CPU and the device's side of the link is not counted, nor
is the stack, which the CPUs have in common only here.

usage: lines.py [--cpus N ...] [--check] PROGRAM
    --cpus      so many; 2, 4 and 16 if not given
    --check     two CPUs with loads of their own: fails unless all are zero
"""

import argparse
import os
import subprocess
import sys
import tempfile

CPU_MAX = 64
LINE = 64
STACK = 0x1f00000000  # where valgrind puts it, and beyond

# receive queues (0: as many as CPUs), policy
CASES = ((0, "direct"), (0, "hybrid"), (0, "deferred"),
         (1, "direct"), (1, "deferred"))
TURNS = 2


class Lines:
    """Who has each line, in caches that forget nothing."""

    def __init__(self):
        self.writer = {}
        self.readers = {}
        self.writes = self.reads = 0
        self.where = {}  # pc: how often it took a line from another CPU

    def load(self, line, who, pc):
        writer = self.writer.get(line)
        if writer is None:
            self.readers.setdefault(line, set()).add(who)
            return
        readers = self.readers.setdefault(line, set())
        if who not in readers:
            readers.add(who)
            if writer not in (who, CPU_MAX) and who != CPU_MAX:
                self.reads += 1
                self.where[pc] = self.where.get(pc, 0) + 1

    def store(self, line, who, pc):
        others = self.readers.get(line, set()) - {who, CPU_MAX}
        writer = self.writer.get(line)
        if who != CPU_MAX and (
                others or writer not in (None, who, CPU_MAX)):
            self.writes += 1
            self.where[pc] = self.where.get(pc, 0) + 1
        self.writer[line] = who
        self.readers[line] = {who}


def trace(out, marks, curcpu):
    """The accesses between the first mark and the last, as Lines."""
    seen, who, pc = Lines(), None, None
    page = f"{marks >> 12:x}"
    for text in out:
        if who is None and page not in text:
            continue
        if text[0] == "I":
            pc = text[3:text.index(",")]
            continue
        if text[0] != " ":
            continue
        where, _, size = text[3:].partition(",")
        at, size = int(where, 16), int(size)
        if at >> 12 == marks >> 12:
            who = (at & 4095) >> 3
            if who > CPU_MAX:
                break
            continue
        if who is None or at >= STACK or at >> 6 == curcpu >> 6:
            continue
        for line in range(at // LINE, (at + size - 1) // LINE + 1):
            if text[1] != "S":
                seen.load(line, who, pc)
            if text[1] != "L":
                seen.store(line, who, pc)
    for text in out:
        pass
    return seen


def addresses(program):
    """It is at the same place each time, under valgrind."""
    args = ["setarch", "-R", "valgrind", "-q", "--tool=none", program,
            "2", "2", "direct", "1"]
    said = subprocess.run(args, check=True, stdout=subprocess.PIPE, text=True)
    value = dict(line.split() for line in said.stdout.splitlines())
    return int(value["marks"], 16), int(value["curcpu"], 16)


def case(program, cpus, queues, policy, at):
    """Packets, hand-overs and Lines of a case."""
    with tempfile.TemporaryDirectory() as folder:
        fifo = os.path.join(folder, "trace")
        os.mkfifo(fifo)
        with subprocess.Popen(
                ["setarch", "-R", "valgrind", "--tool=lackey",
                 "--trace-mem=yes", f"--log-file={fifo}", program,
                 str(cpus), str(queues), policy, str(TURNS)],
                stdout=subprocess.PIPE, text=True) as run:
            with open(fifo, encoding="ascii", errors="replace") as out:
                seen = trace(out, *at)
            said = run.stdout.read()
    if run.returncode != 0:
        sys.exit(f"{program}: failed")
    value = dict(line.split() for line in said.splitlines())
    if (int(value["marks"], 16), int(value["curcpu"], 16)) != at:
        sys.exit("addresses differ from one run to the next")
    return int(value["packets"]), int(value["handed"]), seen


def explain(program, seen):
    """The places that took most lines from other CPUs."""
    most = sorted(seen.where, key=seen.where.get, reverse=True)[:10]
    for pc in most:
        print(f"  {seen.where[pc]} at {pc}")
    print(f"  (addr2line -fe {program}, less the program's load address)")


def main():
    """Table, or check."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--cpus", type=int, action="append")
    parser.add_argument("program")
    args = parser.parse_args()
    at = addresses(args.program)
    if args.check:
        packets, handed, seen = case(args.program, 2, 2, "direct", at)
        print(f"{packets} packets, {handed} handed over, "
              f"{seen.writes} shared writes, {seen.reads} shared reads")
        if packets == 0 or handed or seen.writes or seen.reads:
            explain(args.program, seen)
            sys.exit(1)
        # The same must be found where there is something to find.
        packets, handed, seen = case(args.program, 2, 1, "deferred", at)
        print(f"deferred, one queue: {handed} handed over, "
              f"{seen.writes} shared writes, {seen.reads} shared reads")
        sys.exit(handed == 0 or seen.writes == 0 or seen.reads == 0)
    print("CPUs  queues  policy     handed   writes    reads   a packet")
    for cpus in args.cpus or (2, 4, 16):
        for queues, policy in CASES:
            packets, handed, seen = case(
                args.program, cpus, queues or cpus, policy, at)
            print(f"{cpus:4}  {queues or cpus:6}  {policy:8} "
                  f"{handed / packets:8.3f} {seen.writes / packets:8.3f} "
                  f"{seen.reads / packets:8.3f}", flush=True)


if __name__ == "__main__":
    main()
