#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Small packets over AF_XDP on veth: Spate's router beside a bare bounce.

Each gets every packet back out of the interface it came from: Spate as a router
whose next hop is on the same link, the peer, xdpbounce, by swapping MAC
addresses.  The source is the tester's, with a port that only sends: what
returns is the kernel's, whose interface there counts it, and drops it at once,
as it is for a MAC address that nobody has.  The kernel receives on the
sender's CPU, so the source has one to itself, and what is measured another.
"""
import json
import os

from side_by_side import (PEERS, SPATE, Net, arguments, by_turns, need_root,
                          peer, skip, table_head, table_line)

CONF = """
cpu_list = {{ {cpu} }}
interface wan {{ driver = xdp  device = veth  queues = 1
	address = 10.0.1.1/24 }}
route 10.9.0.0/16 {{ via = 10.0.1.2 }}
neighbour 10.0.1.2 {{ interface = wan  mac = 02:00:00:00:00:09 }}
"""

PLAN = """
cpu_list = {{ {cpu} }}
port far {{ driver = packet  device = far  receive = no
	address = 10.0.1.9/24 }}
template small {{ destination = 10.9.0.1  size = 64
	source_mac = 02:00:00:00:00:09  destination_mac = {mac} }}
stream forth {{ from = far  to = far  template = small }}
step send {{ method = run  rate = max  duration = "{seconds} s" }}
timing {{ learn = "1 ms"  drain = "100 ms" }}
report {{ json = "-" }}
"""


class Link:
    """A veth: its one end for who bounces, at the other the source."""

    def __init__(self, net, name):
        self.near = net.host(name)
        self.far = net.host("source")
        self.near.run("ip link add veth type veth peer name far "
                      f"netns {self.far.holder.pid}")
        for host, device in ((self.near, "veth"), (self.far, "far")):
            host.sysctl(f"ipv6/conf/{device}/disable_ipv6", 1)
            host.run(f"ip link set {device} up")
        out = self.near.run("ip -j link show veth").stdout
        self.mac = json.loads(out)[0]["address"]
        self.plan = net.path(f"{name}.plan")

    def mpps(self, seconds, cpu):
        with open(self.plan, "w", encoding="utf-8") as f:
            f.write(PLAN.format(cpu=cpu, mac=self.mac, seconds=seconds))
        step, = json.loads(self.far.run(
            f"{SPATE} gen run -q {self.plan}").stdout)["methods"]
        trial, = step["trials"]
        port, = trial["ports"]
        return port["kernel_rx_packets"] / trial["elapsed_s"] / 1e6


def bounced_by_spate(net, cpu):
    link = Link(net, "spate")
    net.daemon(CONF.format(cpu=cpu), host=link.near)
    return link


def bounced_by_peer(net, cpu):
    link = Link(net, "xdpbounce")
    peer(link.near, "xdpbounce", "veth", before=f"taskset -c {cpu}")
    return link


def compare(net, args, source, bouncer):
    links = {"spate": bounced_by_spate(net, bouncer),
             "peer": bounced_by_peer(net, bouncer)}
    figures = by_turns(args.rounds, {
        name: lambda l=link: l.mpps(args.seconds, source)
        for name, link in links.items()})
    table_head("AF_XDP on veth", "Mpps")
    table_line("64 bytes, there and back", figures["spate"], figures["peer"],
               ("net/xdp_bounce", "xdpbounce", "Mpps"))


def main():
    args = arguments("AF_XDP: Spate and xdpbounce", 5, 2)
    need_root()
    cpus = sorted(os.sched_getaffinity(0))
    if len(cpus) < 2:
        skip("needs two CPUs")
    if not os.path.exists(os.path.join(PEERS, "xdpbounce")):
        skip("xdpbounce was not built: libxdp-dev is missing")
    net = Net()
    try:
        compare(net, args, cpus[0], cpus[1])
    finally:
        net.close()


main()
