#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""TCP between two kernel hosts on taps, through Spate and through a bare copy.

The peer, tapcopy, carries frames from one tap to the other in one thread and
does nothing else, with the same offloads; its hosts are in one subnet, those of
Spate in two.  iperf3 at both ends needs most of the machine: the figure says
what a frame costs, not how fast Spate could be alone.
"""
import json

from side_by_side import (Net, arguments, by_turns, need_root, peer,
                          table_head, table_line, wait_for)

CONF = """
cpus = {cpus}
interface left {{ driver = tap  device = left  address = 10.0.1.1/24 }}
interface right {{ driver = tap  device = right  address = 10.0.2.1/24 }}
"""


class Course:
    """Two hosts, and a way from the one to the other."""

    def __init__(self, left, right, to):
        self.left = left
        self.to = to
        self.server = right.start("iperf3 -s > /dev/null")
        wait_for("iperf3 listens",
                 lambda: ":5201" in right.run("ss -Hltn").stdout)

    def gbits(self, seconds, options):
        out = self.left.run(f"iperf3 -J -c {self.to} -t {seconds} {options}",
                            timeout=seconds + 30).stdout
        return json.loads(out)["end"]["sum_received"]["bits_per_second"] / 1e9


def through_spate(net, cpus):
    router = net.daemon(CONF.format(cpus=cpus))
    left = router.neighbour("left", "10.0.1.2/24", via="10.0.1.1")
    right = router.neighbour("right", "10.0.2.2/24", via="10.0.2.1")
    return Course(left, right, "10.0.2.2")


def through_copy(net):
    middle = net.host("tapcopy")
    peer(middle, "tapcopy", "left right")
    hosts = []
    for n, device in enumerate(("left", "right"), 2):
        host = net.host(device)
        middle.run(f"ip link set {device} netns {host.holder.pid}")
        host.run(f"ip link set {device} up")
        host.address(device, f"10.0.1.{n}/24")
        hosts.append(host)
    return Course(*hosts, "10.0.1.3")


def compare(net, args):
    copy = through_copy(net)
    courses = {cpus: through_spate(net, cpus) for cpus in (2, 1)}
    table_head("iperf3 over taps", "Gbit/s")
    for streams in (1, 16):
        for way, option in (("there", ""), ("back", "-R")):
            options = f"-P {streams} {option}"
            runs = {cpus: lambda c=course: c.gbits(args.seconds, options)
                    for cpus, course in courses.items()}
            runs["copy"] = lambda: copy.gbits(args.seconds, options)
            figures = by_turns(args.rounds, runs)
            for cpus in courses:
                table_line(f"{streams} streams {way}, cpus = {cpus}",
                           figures[cpus], figures["copy"])


def main():
    args = arguments("iperf3 through Spate and through tapcopy", 3, 3)
    need_root()
    net = Net()
    try:
        compare(net, args)
    finally:
        net.close()


main()
