# SPDX-License-Identifier: BSD-2-Clause
"""Fragments from real kernels, to the router and through it, on two CPUs."""
import random
import sys
import time

import pytest
from scapy.layers.inet import ICMP, IP, UDP, fragment
from scapy.layers.inet6 import (ICMPv6EchoRequest, IPv6, IPv6ExtHdrFragment,
                                fragment6)
from scapy.layers.l2 import Ether
from scapy.packet import Raw, raw

from lab import Lab, lost
from lib import Net

ALICE = {4: "10.0.1.2", 6: "fd00:1::2"}
BOB = {4: "10.0.2.2", 6: "fd00:2::2"}
ROUTER = {4: "10.0.1.1", 6: "fd00:1::1"}

both_families = pytest.mark.parametrize("family", [4, 6])

# To a port where nothing listens: how many were refused?
REFUSED = """
import socket, sys
family, to, count = int(sys.argv[1]), sys.argv[2], int(sys.argv[3])
refused = 0
for port in range(count):
    with socket.socket(socket.AF_INET6 if family == 6 else socket.AF_INET,
                       socket.SOCK_DGRAM) as s:
        s.settimeout(2)
        s.connect((to, 9000 + port))
        s.send(bytes(8000))
        try:
            s.recv(1)
        except ConnectionRefusedError:
            refused += 1
        except TimeoutError:
            pass
print(refused)
"""

# Says "ready", takes so many datagrams; how many were as they should be?
SINK = """
import socket, sys
family, count = int(sys.argv[1]), int(sys.argv[2])
with socket.socket(socket.AF_INET6 if family == 6 else socket.AF_INET,
                   socket.SOCK_DGRAM) as s:
    s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
    s.settimeout(5)
    s.bind(("", 5000))
    print("ready", flush=True)
    good = 0
    try:
        for n in range(count):
            good += s.recv(65536) == bytes([n]) * 8000
    except TimeoutError:
        pass
    print(good)
"""

SOURCE = """
import socket, sys, time
family, to, count = int(sys.argv[1]), sys.argv[2], int(sys.argv[3])
with socket.socket(socket.AF_INET6 if family == 6 else socket.AF_INET,
                   socket.SOCK_DGRAM) as s:
    for n in range(count):
        s.sendto(bytes([n]) * 8000, (to, 5000))
        time.sleep(0.002)
"""


@pytest.fixture(scope="module", params=["tap", "xdp"], name="lab")
def fixture_lab(request):
    net = Net()
    try:
        lab = Lab(net, request.param,
                  more="sysctl { net.inet.rss.udp_4tuple = 1 }\n")
        # Everybody knows his neighbours.
        for family in 4, 6:
            lab.alice.ping(BOB[family], "-c 2 -i 0.2 -W 1")
            lab.alice.ping(ROUTER[family], "-c 1 -W 1")
        yield lab
    finally:
        net.close()


def python(host, script, *args):
    path = host.name + ".py"
    return host.run(f"{sys.executable} - {' '.join(map(str, args))} <<'{path}'"
                    f"\n{script}\n{path}\n").stdout.strip()


def reassembly(lab, family, what):
    """A column of spate show fragments, over all CPUs."""
    name = {4: "ip", 6: "ip6"}[family]
    return sum(row[what]
               for row in lab.router.show("fragments")["reassembly"]
               if row["family"] == name)


@both_families
def test_large_ping_to_the_router(lab, family):
    before = reassembly(lab, family, "reassembled")
    out = lab.alice.ping(ROUTER[family], "-q -s 60000 -c 10 -i 0.02 -W 2")
    assert lost(out) == 0, out
    assert reassembly(lab, family, "reassembled") == before + 10


@both_families
def test_large_ping_through_the_router(lab, family):
    before = reassembly(lab, family, "received")
    out = lab.alice.ping(BOB[family], "-q -s 60000 -c 10 -i 0.02 -W 2")
    assert lost(out) == 0, out
    assert reassembly(lab, family, "received") == before


@both_families
def test_udp_to_the_router(lab, family):
    """Answered: port unreachable; by the CPU that each flow belongs to."""
    before = [reassembly(lab, family, what)
              for what in ("reassembled", "stayed", "to_owner")]
    assert python(lab.alice, REFUSED, family, ROUTER[family], 40) == "40"
    whole, stayed, gone = [
        reassembly(lab, family, what) - n for what, n in
        zip(("reassembled", "stayed", "to_owner"), before)]
    assert whole == stayed + gone == 40
    assert stayed > 0 and gone > 0


@both_families
def test_udp_through_the_router(lab, family):
    path = lab.net.path("sink.py")
    with open(path, "w", encoding="ascii") as f:
        f.write(SINK)
    with lab.bob.start(f"{sys.executable} {path} {family} 50",
                       stdout=-1, text=True) as sink:
        assert sink.stdout.readline() == "ready\n"
        python(lab.alice, SOURCE, family, BOB[family], 50)
        assert sink.stdout.readline() == "50\n"


def request(family, to, number):
    """An echo request of 12,000 bytes, in fragments."""
    data = Raw(random.Random(number).randbytes(12000))
    if family == 4:
        return fragment(IP(src=ALICE[4], dst=to, id=number) /
                        ICMP(id=7, seq=number) / data, 1400)
    return fragment6(IPv6(src=ALICE[6], dst=to) /
                     IPv6ExtHdrFragment(id=number) /
                     ICMPv6EchoRequest(id=7, seq=number, data=data.load),
                     1400)


def replies(wire, family, want, seconds):
    """The first fragments of echo replies that come."""
    kind, proto = {4: (0, ICMP), 6: (129, None)}[family]
    seen = set()
    wire.settimeout(0.5)
    end = time.monotonic() + seconds
    while len(seen) < want and time.monotonic() < end:
        try:
            frame = wire.recv(65536)
        except TimeoutError:
            continue
        packet = Ether(frame)
        if family == 4 and IP in packet and packet[IP].src == ROUTER[4] and \
                packet[IP].frag == 0 and proto in packet and \
                packet[proto].type == kind:
            seen.add(packet[proto].seq)
        elif family == 6 and IPv6ExtHdrFragment in packet and \
                packet[IPv6].src == ROUTER[6] and \
                packet[IPv6ExtHdrFragment].offset == 0:
            icmp = raw(packet[IPv6ExtHdrFragment].payload)
            if icmp[0] == kind:
                seen.add(int.from_bytes(icmp[6:8], "big"))
    return seen


@both_families
def test_fragments_in_random_order(lab, family):
    """Of several datagrams at once, some of them twice."""
    chance = random.Random(family)
    mac = lab.interface("left")["mac"]
    src = lab.alice.run("cat /sys/class/net/eth0/address").stdout.strip()
    frames = [raw(Ether(src=src, dst=mac) / part)
              for number in range(1, 9)
              for part in request(family, ROUTER[family], number)]
    before = reassembly(lab, family, "reassembled")
    chance.shuffle(frames)
    with lab.alice.packet_socket("eth0") as wire:
        for frame in frames:
            wire.send(frame)
        assert replies(wire, family, 8, 10) == set(range(1, 9))
    assert reassembly(lab, family, "reassembled") == before + 8


def test_overlaps_are_refused(lab):
    """And nothing of them is kept."""
    mac = lab.interface("left")["mac"]
    one = IP(src=ALICE[4], dst=ROUTER[4], id=99, proto=17)
    one.flags = "MF"
    two = one.copy()
    two.frag = 1
    with lab.alice.packet_socket("eth0") as wire:
        wire.send(raw(Ether(dst=mac) / one / UDP() / bytes(16)))
        wire.send(raw(Ether(dst=mac) / two / bytes(64)))
    for _ in range(100):
        if lab.drops().get(("left", "IPv4 fragments that overlap")) == 2:
            break
        time.sleep(0.05)
    else:
        raise AssertionError(lab.drops())


def test_nothing_is_left(lab):
    assert all(row["fragments"] == 0 and
               row["peak_bytes"] <= row["max_bytes"]
               for row in lab.router.show("fragments")["waiting"])
    lab.wait_balanced()
