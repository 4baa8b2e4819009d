# SPDX-License-Identifier: BSD-2-Clause
"""spate trace: real packets say where they went and why they went no further.

    alice 10.0.1.2 -- [left  router  right, vlan 20 on it] -- 10.0.2.2 bob
"""
import json
import re
import subprocess

import pytest
from scapy.layers.inet import ICMP, IP
from scapy.layers.l2 import Dot1Q, Ether

from lib import SPATE, die_with_parent
from test_daemon import LEFT, RIGHT

CONF = """
cpus = 2
sysctl { net.inet6.ip6.dad_count = 0 }
interface left  { driver = tap  device = left
    address = {10.0.1.1/24, "fd00:1::1/64"} }
interface right { driver = tap  device = right  mtu = 1280
    address = {10.0.2.1/24, "fd00:2::1/64"}
    reverse_path = strict }
vlan left.20 { parent = left  id = 20  address = 10.0.20.1/24 }
route 10.7.0.0/16 { via = 10.0.2.2 }
route 10.8.0.0/16 { blackhole = yes }
route fd00:8::/32 { unreachable = yes }
"""


@pytest.fixture(name="lab")
def fixture_lab(net):
    """A router between Alice and Bob, who know each other."""
    router = net.daemon(CONF)
    alice = router.neighbour("left", *LEFT, via=["10.0.1.1", "fd00:1::1"])
    bob = router.neighbour("right", *RIGHT, via=["10.0.2.1", "fd00:2::1"])
    alice.ping("10.0.2.2", "-c 1 -W 5")
    alice.ping("fd00:2::2", "-c 1 -W 5")
    return router, alice, bob


class Trace:
    """A trace that runs."""

    def __init__(self, router, *argv, json_too=True):
        how = ["--json"] if json_too else []
        self.process = subprocess.Popen(
            [SPATE, "trace", *how, "-s", router.socket, *argv], text=True,
            preexec_fn=die_with_parent, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE)
        assert self.process.stderr.readline() == "tracing\n"
        # CPUs look at packets once ctl has published it: ask ctl again.
        router.show("version")

    def finish(self):
        out, err = self.process.communicate(timeout=20)
        assert self.process.returncode == 0, err
        return out

    def packets(self):
        return [json.loads(line) for line in self.finish().splitlines()]


def trace(router, cause, *argv):
    """What becomes of the one packet that cause() makes alice send."""
    t = Trace(router, "-c", "1", *argv)
    cause()
    packet, = t.packets()
    return packet


def stages(told):
    return [s["stage"] for s in told["steps"]]


def lookups(told):
    return [(look["what"], look["for"], look["answer"])
            for s in told["steps"] for look in s["lookups"]]


def notes(told):
    return [n for s in told["steps"] for n in s["notes"]]


def end(told):
    e, = told["ends"]
    return e["how"], e["stage"], e["text"]


def mac_of(host, device):
    return re.search(r"link/ether (\S+)",
                     host.run(f"ip link show {device}").stdout).group(1)


def ping(host, to, more=""):
    return lambda: host.run(f"ping -c 1 -W 0.2 {more} {to}", check=False)


def test_way_through(lab):
    """Every stage, each lookup and its answer, and the end."""
    router, alice, bob = lab
    told = trace(router, ping(alice, "10.0.2.2"), "icmp", "and", "src", "host",
                 "10.0.1.2")
    assert told["packet"]["interface"] == "left"
    assert told["packet"]["source"] == "10.0.1.2"
    assert told["packet"]["ttl"] == 64
    assert stages(told) == [
        "fast_input", "netisr_input", "ether_input", "ip_input", "ip_forward",
        "neigh_resolve", "ether_output", "dev_output"]
    mac = mac_of(bob, "right")
    found = lookups(told)
    assert ("route", "10.0.2.2 in main",
            "10.0.2.0/24 connected: connected on right, mtu 1280") in found
    assert any(what == "neighbour" and key == "10.0.2.2 on right" and
               answer.startswith(mac + ", ") for what, key, answer in found)
    how, stage, text = end(told)
    assert (how, stage) == ("sent", "dev_output")
    assert text.startswith("on right, queue ")


def test_way_through_6(lab):
    router, alice, _ = lab
    told = trace(router, ping(alice, "fd00:2::2"), "icmp6", "and", "ip6[40]",
                 "==", "128")
    assert "ip6_forward" in stages(told)
    assert ("route", "fd00:2::2 in main",
            "fd00:2::/64 connected: connected on right, mtu 1280") in \
        lookups(told)
    assert end(told)[0] == "sent"


def test_answer(lab):
    """What is for the router itself is followed until its answer has left."""
    router, alice, _ = lab
    told = trace(router, ping(alice, "10.0.1.1"), "icmp")
    assert stages(told)[-4:] == ["ip_output", "neigh_resolve", "ether_output",
                                 "dev_output"]
    assert "icmp_input" in stages(told)
    assert end(told)[2].startswith("on left, queue ")


def test_missing_route(lab):
    router, alice, _ = lab
    told = trace(router, ping(alice, "10.99.0.1"), "icmp")
    assert ("route", "10.99.0.1 in main", "none") in lookups(told)
    assert end(told) == ("dropped", "ip_input",
                         "no IPv4 route to the destination (ips_noroute)")
    assert "the sender is told: ICMP type 3 code 0" in notes(told)


def test_ttl(lab):
    router, alice, _ = lab
    told = trace(router, ping(alice, "10.0.2.2", "-t 1"), "icmp")
    assert end(told)[:2] == ("dropped", "ip_forward")
    assert "ips_ttl" in end(told)[2]
    assert "the sender is told: ICMP type 11 code 0" in notes(told)


def test_reverse_path(lab):
    """A source that is on the other side."""
    router, _, bob = lab
    bob.run("ip address add 10.0.1.77/32 dev right")
    told = trace(router, ping(bob, "10.0.1.2", "-I 10.0.1.77"), "icmp")
    assert "ips_reverse" in end(told)[2]
    assert "the way back to the source is not by this interface" in \
        notes(told)


def test_mtu(lab):
    """Too large, and not to be cut; or cut, and each piece has an end."""
    router, alice, _ = lab
    told = trace(router, ping(alice, "10.7.0.1", "-s 1400 -M do"), "icmp")
    assert "ips_mtu" in end(told)[2]
    assert any("mtu 1280" in n and "DF" in n for n in notes(told))
    told = trace(router, ping(alice, "10.7.0.2", "-s 1400 -M dont"), "icmp")
    assert [e["how"] for e in told["ends"]] == ["sent", "sent"]
    assert told["steps"][-1]["pieces"] == 2


def test_vlan(lab):
    """A tag that names an interface, and one that does not."""
    router, alice, _ = lab
    mac = mac_of(alice, "left")
    to = next(i["mac"] for i in router.show("interfaces")["interfaces"]
              if i["name"] == "left")
    sock = alice.packet_socket("left")

    def frame(vlan):
        return lambda: sock.send(bytes(
            Ether(src=mac, dst=to) / Dot1Q(vlan=vlan) /
            IP(src="10.0.20.2", dst="10.99.0.1") / ICMP()))
    told = trace(router, frame(20), "vlan")
    assert ("VLAN", "20 on left", "left.20") in lookups(told)
    assert end(told)[1] == "ip_input"
    told = trace(router, frame(30), "vlan")
    assert told["packet"]["vlans"] == [30]
    assert ("VLAN", "30 on left", "none") in lookups(told)
    assert end(told) == ("dropped", "ether_input",
                         "no such VLAN on this interface (ets_novlan)")


def test_neighbour(lab):
    """Held at first, and dropped when nobody has answered."""
    router, alice, _ = lab
    told = trace(router, ping(alice, "10.0.2.77"), "icmp")
    assert [e["how"] for e in told["ends"]] == ["held", "dropped"]
    assert "10.0.2.77 on right is not resolved" in told["ends"][0]["text"]
    assert "ips_noneigh" in told["ends"][1]["text"]
    assert told["ends"][1]["after"] > 10 ** 8


def test_blackhole(lab):
    router, alice, _ = lab
    told = trace(router, ping(alice, "10.8.0.1"), "icmp")
    assert ("route", "10.8.0.1 in main",
            "10.8.0.0/16 static: blackhole") in lookups(told)
    assert "ips_blackhole" in end(told)[2]
    told = trace(router, ping(alice, "fd00:8::1"), "dst", "net", "fd00:8::/32")
    assert "i6s_reject" in end(told)[2]


def test_for_people(lab):
    """Two packets as text; what is not asked for is not told."""
    router, alice, _ = lab
    t = Trace(router, "icmp and src host 10.0.1.2", "-c", "2", json_too=False)
    alice.ping("fd00:2::2", "-c 1 -W 5")
    alice.ping("10.0.2.2", "-c 2 -i 0.1 -W 5")
    text = t.finish()
    assert text.count("packet ") == 2
    assert "packet 2: 10.0.1.2 > 10.0.2.2, icmp, ttl 64, 84 bytes\n" in text
    assert "  from left       queue " in text
    assert ("  ip_input        route 10.0.2.2 in main: 10.0.2.0/24 connected: "
            "connected on right, mtu 1280\n") in text
    assert "  sent            on right, queue " in text


def test_wrongly_asked(lab):
    router, _, _ = lab
    assert "there are: left, right, left.20" in router.spate(
        "trace", "-i", "nowhere", status=1)
    router.spate("trace", "no filter at all (", status=2)
    router.spate("trace", "-c", "0", status=2)
