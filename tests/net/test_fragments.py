# SPDX-License-Identifier: BSD-2-Clause
"""Fragments from real kernels, to the router and through it, on two CPUs."""
import collections
import ipaddress
import random
import struct
import subprocess
import sys
import time

import pytest
from scapy.layers.inet import ICMP, IP, UDP, UDPerror, fragment
from scapy.layers.inet6 import (ICMPv6EchoRequest, IPv6, IPv6ExtHdrFragment,
                                fragment6)
from scapy.layers.l2 import Ether
from scapy.packet import Raw, raw
from scapy.utils import checksum

from lab import LONG, Lab, lost
from lib import Net, wait_for

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

# Says "ready", takes so many datagrams in any order; how many different ones
# were as they should be?
SINK = """
import socket, sys
family, count = int(sys.argv[1]), int(sys.argv[2])
with socket.socket(socket.AF_INET6 if family == 6 else socket.AF_INET,
                   socket.SOCK_DGRAM) as s:
    s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
    s.settimeout(5)
    s.bind(("", 5000))
    print("ready", flush=True)
    good = set()
    try:
        for _ in range(count):
            data = s.recv(65536)
            if data == data[:1] * 8000:
                good.add(data[0])
    except TimeoutError:
        pass
    print(len(good))
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
                  sysctl="net.inet.rss.udp_4tuple = 1\n"
                         "net.inet.rss.hashalgo = toeplitz")
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


# One after the other: two replies of this size fill the buffer that ping has.
LARGE = "-q -s 60000 -c 10 -A -W 2"


@both_families
def test_large_ping_to_the_router(lab, family):
    before = reassembly(lab, family, "reassembled")
    lab.alice.pings(ROUTER[family], LARGE)
    assert reassembly(lab, family, "reassembled") == before + 10


@both_families
def test_large_ping_through_the_router(lab, family):
    before = reassembly(lab, family, "received")
    lab.alice.pings(BOB[family], LARGE)
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


def sink_at_bob(lab, family, count):
    """SINK, which waits for datagrams."""
    path = lab.net.path("sink.py")
    with open(path, "w", encoding="ascii") as f:
        f.write(SINK)
    sink = lab.bob.start(f"{sys.executable} {path} {family} {count}",
                         stdout=subprocess.PIPE, text=True)
    assert sink.stdout.readline() == "ready\n"
    return sink


@both_families
def test_udp_through_the_router(lab, family):
    with sink_at_bob(lab, family, 50) as sink:
        python(lab.alice, SOURCE, family, BOB[family], 50)
        assert sink.stdout.readline() == "50\n"


def datagram(family, to, port, number):
    """8,000 bytes of UDP, in fragments."""
    udp = UDP(sport=port, dport=5000) / Raw(bytes([number]) * 8000)
    if family == 4:
        return fragment(IP(src=ALICE[4], dst=to, id=number) / udp, 1400)
    return fragment6(IPv6(src=ALICE[6], dst=to) /
                     IPv6ExtHdrFragment(id=number) / udp, 1400)


def shuffled(lab, family, parts):
    """As frames from alice to the router, in random order."""
    mac = lab.interface("left")["mac"]
    src = lab.alice.run("cat /sys/class/net/eth0/address").stdout.strip()
    frames = [raw(Ether(src=src, dst=mac) / part) for part in parts]
    random.Random(family).shuffle(frames)
    return frames


@both_families
def test_udp_in_random_order_through_the_router(lab, family):
    # Or bob's kernel refuses fragments that others come between.
    lab.bob.sysctl("ipv4/ipfrag_max_dist", 0)
    frames = shuffled(lab, family, [
        part for n in range(30)
        for part in datagram(family, BOB[family], 3000 + n, n)])
    with sink_at_bob(lab, family, 30) as sink, \
            lab.alice.packet_socket("eth0") as wire:
        for frame in frames:
            wire.send(frame)
        assert sink.stdout.readline() == "30\n"


def toeplitz(key, data):
    """The hash of RSS, bit by bit."""
    key, bits, result = int.from_bytes(key, "big"), 8 * len(key), 0
    for i in range(8 * len(data)):
        if data[i // 8] & 0x80 >> i % 8:
            result ^= key >> (bits - 32 - i) & 0xffffffff
    return result


def owner(rss, src, dst, ports=b""):
    """The CPU that "spate show rss" says a flow belongs to."""
    hashed = toeplitz(bytes.fromhex(rss["rss"]["key_bytes"]),
                      ipaddress.ip_address(src).packed +
                      ipaddress.ip_address(dst).packed + ports)
    return rss["buckets"][hashed % rss["rss"]["buckets"]]["cpu"]


def refused(wire, family, want, seconds):
    """The source ports of datagrams that the router answers unreachable."""
    kind, code = {4: (3, 3), 6: (1, 4)}[family]
    seen = set()
    wire.settimeout(0.5)
    end = time.monotonic() + seconds
    while len(seen) < want and time.monotonic() < end:
        try:
            packet = Ether(wire.recv(65536))
        except TimeoutError:
            continue
        if UDPerror in packet and \
                packet[UDPerror].underlayer.underlayer.type == kind and \
                packet[UDPerror].underlayer.underlayer.code == code:
            seen.add(packet[UDPerror].sport)
    return seen


def owned(lab, family):
    """By the CPU that joined them: datagrams that stayed, and that went."""
    name = {4: "ip", 6: "ip6"}[family]
    return collections.Counter({
        (row["cpu"], what): row[what]
        for row in lab.router.show("fragments")["reassembly"]
        if row["family"] == name for what in ("stayed", "to_owner")})


@both_families
def test_udp_in_random_order_to_its_owner(lab, family):
    """Joined where the addresses say, handled where the ports say, too."""
    rss = lab.router.show("rss")
    assert rss["rss"]["algorithm"] == "toeplitz"
    joins = owner(rss, ALICE[family], ROUTER[family])
    want = collections.Counter()
    for n in range(24):
        here = owner(rss, ALICE[family], ROUTER[family],
                     struct.pack("!HH", 4000 + n, 5000)) == joins
        want[joins, "stayed" if here else "to_owner"] += 1
    assert len(want) == 2
    frames = shuffled(lab, family, [
        part for n in range(24)
        for part in datagram(family, ROUTER[family], 4000 + n, n)])
    before = owned(lab, family)
    with lab.alice.packet_socket("eth0") as wire:
        for frame in frames:
            wire.send(frame)
        assert refused(wire, family, 24, 10) == set(range(4000, 4024))
    assert owned(lab, family) - before == want


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
    frames = shuffled(lab, family, [
        part for number in range(1, 9)
        for part in request(family, ROUTER[family], number)])
    before = reassembly(lab, family, "reassembled")
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


TCP_, UDP_ = 6, 17
# What is sent in each datagram's name: protocol, and for each piece its
# offset in units of 8 bytes, whether more follow, its bytes.
BROKEN = [
    (UDP_, [(0, True, 1400)]),			# the rest never comes
    (UDP_, [(175, True, 1400), (350, True, 8)]),	# the first never comes
    (TCP_, [(0, True, 8), (1, False, 32)]),	# tiny: half a TCP header
    (UDP_, [(0, True, 64), (4, True, 64)]),	# overlapping
    (UDP_, [(i, True, 8) for i in range(2, 40, 2)]),	# holes
]


def broken(family, number):
    """The packets of a datagram that is never whole, from many hosts."""
    proto, pieces = BROKEN[number % len(BROKEN)]
    host = 10 + number // len(BROKEN) % 200
    dst = ipaddress.ip_address(ROUTER[family]).packed
    src = ipaddress.ip_address(ALICE[family]).packed[:-1] + bytes([host])
    for off, more, size in pieces:
        if family == 4:
            head = struct.pack("!BBHHHBBH", 0x45, 0, 20 + size,
                               number & 0xffff, more << 13 | off, 64, proto,
                               0) + src + dst
            head = head[:10] + struct.pack("!H", checksum(head)) + head[12:]
        else:
            head = struct.pack("!IHBB", 6 << 28, 8 + size, 44, 64) + src + \
                dst + struct.pack("!BBHI", proto, 0, off << 3 | more, number)
        yield head + bytes(size)


def flood(wire, frames):
    """Sent in small bursts; others need the processors, too."""
    for number, frame in enumerate(frames):
        try:
            wire.send(frame)
        except OSError:		# no room in the device's queue
            pass
        if number % 64 == 0:
            time.sleep(0.001)


def test_flood(lab):
    """Memory within its cap, and nobody else is hurt."""
    lab.router.spate("sysctl", "net.inet.ip.fragttl=2")
    lab.router.spate("sysctl", "net.inet6.ip6.fraglifetime_ms=2000")
    mac = bytes.fromhex(lab.interface("left")["mac"].replace(":", ""))
    link = {4: mac + bytes(6) + b"\x08\x00", 6: mac + bytes(6) + b"\x86\xdd"}
    others = [lab.bob.start(f"ping -n -q -i 0.05 -W 5 -c 40 {options} {to}",
                            stdout=subprocess.PIPE, text=True)
              for to, options in [
                  ("10.0.2.1", "-s 8000"), ("fd00:2::1", "-s 8000"),
                  ("10.0.3.2", ""), ("fd00:3::2", "")]]
    with lab.alice.packet_socket("eth0") as wire:
        flood(wire, (link[family] + packet
                     for number in range(1000000 if LONG else 4000)
                     for family in (4, 6)
                     for packet in broken(family, number)))
    for ping in others:
        out = ping.communicate(timeout=60)[0]
        assert lost(out) == 0, out
    for row in lab.router.show("fragments")["waiting"]:
        assert row["peak_bytes"] <= row["max_bytes"], row
        assert row["datagrams"] <= row["max_datagrams"], row
    drops = lab.drops()
    for what in ("IPv4 fragments that overlap", "IPv6 fragments that overlap",
                 "IPv4 fragment that splits the transport header",
                 "IPv6 first fragment without all headers"):
        assert drops[("left", what)] > 100, drops
    lab.alive()


def test_nothing_is_left(lab):
    wait_for("no fragments wait", lambda: all(
        row["fragments"] == 0 and row["peak_bytes"] <= row["max_bytes"]
        for row in lab.router.show("fragments")["waiting"]))
    lab.wait_balanced()
