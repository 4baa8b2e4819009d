#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""TCP between two kernel hosts on taps, through Spate and through a bare copy.

The peer, tapcopy, carries frames from one tap to the other in one thread and
does nothing else, with the same offloads; its hosts are in one subnet, those of
Spate in two.  iperf3 at both ends needs most of the machine: the figure says
what a frame costs, not how fast Spate could be alone.

That cost itself is the second table: processor time of the process in the
middle for each gigabyte, which other work on the machine hardly changes.
"""
import json

from side_by_side import (GOAL, Net, arguments, by_turns, cpu_seconds,
                          need_root, peer, table_head, table_line, wait_for)

CONF = """
cpus = {cpus}
interface left {{ driver = tap  device = left  address = 10.0.1.1/24 }}
interface right {{ driver = tap  device = right  address = 10.0.2.1/24 }}
"""


class Course:
    """Two hosts, and a way from the one to the other."""

    def __init__(self, left, right, to, middle):
        self.middle = middle.pid
        self.used = 0		# of the processor, since the last cost()
        self.moved = 0		# bytes
        self.left = left
        self.to = to
        self.server = right.start("iperf3 -s > /dev/null")
        wait_for("iperf3 listens",
                 lambda: ":5201" in right.run("ss -Hltn").stdout)

    def gbits(self, seconds, options):
        before = cpu_seconds(self.middle)
        out = self.left.run(f"iperf3 -J -c {self.to} -t {seconds} {options}",
                            timeout=seconds + 30).stdout
        received = json.loads(out)["end"]["sum_received"]
        self.used += cpu_seconds(self.middle) - before
        self.moved += received["bytes"]
        return received["bits_per_second"] / 1e9

    def cost(self):
        """Milliseconds of processor a gigabyte, since asked last."""
        ms = self.used * 1e3 / (self.moved / 1e9)
        self.used = self.moved = 0
        return ms


def through_spate(net, cpus):
    router = net.daemon(CONF.format(cpus=cpus))
    left = router.neighbour("left", "10.0.1.2/24", via="10.0.1.1")
    right = router.neighbour("right", "10.0.2.2/24", via="10.0.2.1")
    return Course(left, right, "10.0.2.2", router.process)


def through_copy(net):
    middle = net.host("tapcopy")
    copier = peer(middle, "tapcopy", "left right")
    hosts = []
    for n, device in enumerate(("left", "right"), 2):
        host = net.host(device)
        middle.run(f"ip link set {device} netns {host.holder.pid}")
        host.run(f"ip link set {device} up")
        host.address(device, f"10.0.1.{n}/24")
        hosts.append(host)
    return Course(*hosts, "10.0.1.3", copier)


def compare(net, args):
    copy = through_copy(net)
    courses = {cpus: through_spate(net, cpus) for cpus in (2, 1)}
    costs = []
    table_head("iperf3 over taps", "Gbit/s")
    for streams in (1, 16):
        for way, option in (("there", ""), ("back", "-R")):
            options = f"-P {streams} {option}"
            runs = {cpus: lambda c=course: c.gbits(args.seconds, options)
                    for cpus, course in courses.items()}
            runs["copy"] = lambda: copy.gbits(args.seconds, options)
            figures = by_turns(args.rounds, runs)
            bare = copy.cost()
            for cpus, course in courses.items():
                what = f"{streams} streams {way}, cpus = {cpus}"
                table_line(what, figures[cpus], figures["copy"],
                           ("net/tap_iperf", "tapcopy", "Gbit/s"))
                costs.append((what, course.cost(), bare))
    print(f"{'processor':<28} {'Spate':>8} {'peer':>8}  {'ms/GB':<8} "
          f"peer/Spate (goal {GOAL})")
    for what, spate, bare in costs:
        print(f"{what:<28} {spate:8.1f} {bare:8.1f}  {'':<8} "
              f"{bare / spate:.2f}")


def main():
    args = arguments("iperf3 through Spate and through tapcopy", 3, 3)
    need_root()
    net = Net()
    try:
        compare(net, args)
    finally:
        net.close()


main()
