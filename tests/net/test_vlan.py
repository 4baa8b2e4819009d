# SPDX-License-Identifier: BSD-2-Clause
"""VLANs: between two routers on a trunk that tshark looks at, and with frames
that scapy tags.

    alice 10.0.1.2 -- [left  one  trunk] == [trunk  two  right] -- bob

Bob has three addresses; the first router reaches the first by the trunk's own
network, the second by VLAN 20, the third by VLAN 7 within 100.
"""
import struct

import pytest
from scapy.layers.inet import ICMP, IP
from scapy.layers.inet6 import (ICMPv6ND_NA, ICMPv6ND_NS,
                                ICMPv6NDOptDstLLAddr, ICMPv6NDOptSrcLLAddr,
                                IPv6)
from scapy.layers.l2 import ARP, Dot1AD, Dot1Q, Ether

from lab import Capture, iperf
from lib import wait_for
from test_dev import transfer

PLAIN, TAGGED, STACKED = "10.0.2.2", "10.0.2.3", "10.0.2.4"
TAGGED6 = "fd00:2::2"

# linux/if_packet.h
SOL_PACKET = 263
PACKET_AUXDATA = 8
TP_STATUS_VLAN_VALID = 1 << 4


def conf(me, you, side, net, other, driver):
    """Of the router with number me; side is its interface to a host."""
    routes = "".join(
        f"route {to} {{ via = {via} }}\n" for to, via in (
            (f"{PLAIN}/32", f"10.9.0.{you}"),
            (f"{TAGGED}/32", f"10.9.20.{you}"),
            (f"{STACKED}/32", f"10.9.7.{you}"))) if me == 1 else \
        f"route 10.0.1.0/24 {{ via = 10.9.7.{you} }}\n"
    return f"""
        cpus = 2
        interface {side} {{
            driver = tap  device = {side}
            address = {{10.0.{net}.1/24, fd00:{net}::1/64}}
        }}
        interface trunk {{
            driver = {driver}  device = trunk{me}  mtu = 1500
            address = 10.9.0.{me}/24
        }}
        vlan trunk.20 {{
            parent = trunk  id = 20  priority = 5
            address = {{10.9.20.{me}/24, fd00:9:20::{me}/64}}
        }}
        vlan outer {{ parent = trunk  id = 100  protocol = 802.1ad }}
        vlan inner {{ parent = outer  id = 7  address = 10.9.7.{me}/24 }}
        route fd00:{other}::/64 {{ via = fd00:9:20::{you} }}
        {routes}"""


class Trunk:
    def __init__(self, net, driver):
        self.net = net
        self.switch = net.host("switch")
        if driver != "tap":
            # Two tags are more than a veth takes by itself.
            # The kernel that sends (packet) counts both as payload.
            mtu = 1504 if driver == "xdp" else 1508
            self.switch.run("ip link add trunk1 type veth peer name trunk2 && "
                            f"ip link set trunk1 mtu {mtu} up && "
                            f"ip link set trunk2 mtu {mtu} up")
        self.one = net.daemon(conf(1, 2, "left", 1, 2, driver),
                              host=self.switch, ready=False)
        self.two = net.daemon(conf(2, 1, "right", 2, 1, driver),
                              host=self.switch, ready=False)
        for router in self.one, self.two:
            try:
                router.wait_ready()
            except AssertionError:
                if "has no AF_XDP" in router.log():
                    pytest.skip("this kernel has no AF_XDP")
                raise
        if driver == "tap":
            self.switch.run("ip link add name sw type bridge && "
                            "ip link set sw up && "
                            "ip link set trunk1 master sw up && "
                            "ip link set trunk2 master sw up")
        self.alice = self.one.neighbour("left", "10.0.1.2/24", "fd00:1::2/64",
                                        via=["10.0.1.1", "fd00:1::1"])
        self.bob = self.two.neighbour(
            "right", f"{PLAIN}/24", f"{TAGGED}/24", f"{STACKED}/24",
            f"{TAGGED6}/64", via=["10.0.2.1", "fd00:2::1"])
        wait_for("no address is tentative", lambda: not any(
            a["tentative"] for router in (self.one, self.two)
            for i in router.show("interfaces")["interfaces"]
            for a in i["addresses"]))


def interface(router, name):
    return next(i for i in router.show("interfaces")["interfaces"]
                if i["name"] == name)


@pytest.mark.parametrize("driver", ["tap", "xdp", "packet"])
def test_routers_share_a_trunk(net, driver):
    """Packets of full size, each by its VLAN."""
    trunk = Trunk(net, driver)
    for to in PLAIN, TAGGED, STACKED, TAGGED6:
        size = 1452 if ":" in to else 1472
        trunk.alice.ping(to, "-c 1 -W 2")
        trunk.alice.ping(to, f"-c 10 -i 0.01 -W 1 -M do -s {size}")
        transfer(trunk.alice, trunk.bob, to, 3)
    for router in trunk.one, trunk.two:
        drops = router.show("drops")["drops"]
        assert [d for d in drops if "VLAN" in d["reason"]] == []
    for name in "trunk.20", "outer", "inner":
        one, two = (interface(r, name) for r in (trunk.one, trunk.two))
        assert one["tx_packets"] >= 11
        assert two["rx_packets"] >= 11
        assert two["rx_bytes"] > 10 * 1500
        assert one["vlan"]["parent"] == \
            ("outer" if name == "inner" else "trunk")
    assert "802.1ad" in trunk.one.spate("show", "interfaces")


def test_trunk_as_tshark_sees_it(net):
    """The tags, their priorities, and large segments with tags in them."""
    trunk = Trunk(net, "tap")
    with Capture(net, trunk.switch, "-s 192", 8000, "trunk1") as seen:
        for to in PLAIN, TAGGED, STACKED:
            trunk.alice.ping(to, "-c 1 -W 2")
        for to in TAGGED, STACKED, TAGGED6:
            result = iperf(trunk.alice, trunk.bob, to, "-n 40M")
            assert result["end"]["sum_received"]["bytes"] > 30 << 20
    asked = [tuple(line.split("\t")) for line in seen.packets(
        "icmp.type == 8", "-T", "fields", "-e", "ip.dst", "-e", "ieee8021ad.id",
        "-e", "vlan.id", "-e", "vlan.priority").splitlines()]
    assert asked == [(PLAIN, "", "", ""), (TAGGED, "", "20", "5"),
                     (STACKED, "100", "7", "0")]
    large = {tuple(line.split("\t")) for line in seen.packets(
        "tcp.len > 10000", "-T", "fields", "-e", "ip.dst", "-e", "ipv6.dst",
        "-e", "ieee8021ad.id", "-e", "vlan.id").splitlines()}
    assert {(TAGGED, "", "", "20"), (STACKED, "", "100", "7"),
            ("", TAGGED6, "", "20")} <= large, large
    assert not [line for line in large if line[3] == ""]
    seen.check()


def test_frames_that_scapy_tags(net):
    router = net.daemon("""
        interface lan { driver = tap  device = lan  address = 10.0.1.1/24 }
        vlan v20 { parent = lan  id = 20
            address = {10.0.20.1/24, fd00:20::1/64} }
        vlan s { parent = lan  id = 20  protocol = 802.1ad }
        vlan c { parent = s  id = 4094  address = 10.0.30.1/24 }""")
    host = router.neighbour("lan")
    mac = interface(router, "lan")["mac"]
    assert interface(router, "c")["mac"] == mac
    wait_for("no address is tentative", lambda: not any(
        a["tentative"] for a in interface(router, "v20")["addresses"]))
    with host.packet_socket("lan") as wire:
        talk = Talk(wire, mac)
        for tags, net4 in (None, 1), (Dot1Q(vlan=20), 20), \
                (Dot1AD(vlan=20) / Dot1Q(vlan=4094), 30):
            talk.arp_and_echo(tags, tags, net4)
        # Priority alone is no VLAN, and the answer has none.
        talk.arp_and_echo(Dot1Q(vlan=0, prio=6), None, 1)
        talk.solicit(Dot1Q(vlan=20), "fd00:20::1")
        for stranger in Dot1Q(vlan=21), Dot1AD(vlan=21), Dot1Q(vlan=4095), \
                Dot1Q(vlan=20) / Dot1Q(vlan=20):
            talk.send(talk.echo(1, tags=stranger))
        talk.send(talk.echo(1, tags=Dot1AD(vlan=20) / Dot1Q(vlan=4094) /
                            Dot1Q(vlan=1)))

        def drops():
            return {(d["interface"], d["reason"]): d["packets"]
                    for d in router.show("drops")["drops"]}
        unknown = "no such VLAN on this interface"
        wait_for(f"strangers are counted: {drops()}", lambda:
                 drops().get(("lan", unknown)) == 3 and
                 drops().get(("v20", unknown)) == 1 and
                 drops().get(("c", "more VLAN tags than two")) == 1)


class Talk:
    """Somebody on a wire, with tags of his choice."""

    def __init__(self, wire, mac):
        self.wire = wire
        self.mac = mac
        self.me = "02:00:00:00:00:99"
        wire.settimeout(5)
        wire.setsockopt(SOL_PACKET, PACKET_AUXDATA, 1)

    def frame(self, tags, payload, dst=None):
        # What follows the last tag says its type.
        link = Ether(src=self.me, dst=dst or self.mac)
        return link / tags.copy() / payload if tags else link / payload

    def echo(self, net4, tags):
        return self.frame(tags, IP(src=f"10.0.{net4}.9", dst=f"10.0.{net4}.1")
                          / ICMP(id=7, seq=net4))

    def send(self, frame):
        self.wire.send(bytes(frame))

    def receive(self):
        """A frame as it was; the kernel takes the outer tag off."""
        data, more, _, _ = self.wire.recvmsg(2000, 100)
        for _, kind, aux in more:
            if kind != PACKET_AUXDATA:
                continue
            status, tci, tpid = struct.unpack("=I12xHH", aux[:20])
            if status & TP_STATUS_VLAN_VALID:
                return data[:12] + struct.pack("!HH", tpid, tci) + data[12:]
        return data

    def answer(self, what, tags):
        """The next frame for us with this layer, which has these tags."""
        while True:
            got = Ether(self.receive())
            if got.dst == self.me and what in got:
                break
        want = bytes(self.frame(tags, b""))[12:]
        n = len(want) - 2
        assert bytes(got)[12:12 + n] == want[:n], got.summary()
        assert bool(tags) or got.type in (0x800, 0x806, 0x86dd)
        return got[what]

    def arp_and_echo(self, tags, back, net4):
        us, it = f"10.0.{net4}.9", f"10.0.{net4}.1"
        self.send(self.frame(tags, ARP(op=1, hwsrc=self.me, psrc=us, pdst=it),
                             dst="ff:ff:ff:ff:ff:ff"))
        assert self.answer(ARP, back).hwsrc == self.mac
        self.send(self.echo(net4, tags))
        got = self.answer(ICMP, back)
        assert (got.type, got.id, got.seq) == (0, 7, net4)

    def solicit(self, tags, target):
        self.send(self.frame(
            tags, IPv6(src="fd00:20::9", dst="ff02::1:ff00:1") /
            ICMPv6ND_NS(tgt=target) / ICMPv6NDOptSrcLLAddr(lladdr=self.me),
            dst="33:33:ff:00:00:01"))
        got = self.answer(ICMPv6ND_NA, tags)
        assert got.tgt == target
        assert got[ICMPv6NDOptDstLLAddr].lladdr == self.mac
