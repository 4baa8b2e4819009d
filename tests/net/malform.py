# SPDX-License-Identifier: BSD-2-Clause
"""Frames of each protocol, broken in many ways; the same for the same seed."""
import random

from scapy.layers.inet import ICMP, IP, TCP, UDP, IPOption
from scapy.layers.inet6 import (ICMPv6DestUnreach, ICMPv6EchoRequest,
                                ICMPv6MLReport2, ICMPv6ND_NA, ICMPv6ND_NS,
                                ICMPv6ND_RA, ICMPv6ND_Redirect, ICMPv6ND_RS,
                                ICMPv6NDOptDstLLAddr, ICMPv6NDOptPrefixInfo,
                                ICMPv6NDOptSrcLLAddr, ICMPv6PacketTooBig,
                                IPv6, IPv6ExtHdrDestOpt, IPv6ExtHdrFragment,
                                IPv6ExtHdrHopByHop, IPv6ExtHdrRouting)
from scapy.layers.l2 import ARP, Dot1Q, Ether, LLC

MALLORY = "02:00:00:00:00:66"


def good_ip(src, router, beyond):
    """To the router and through it, of each protocol over IPv4."""
    for dst in router, beyond, "255.255.255.255", "224.0.0.1":
        ip = IP(src=src, dst=dst)
        yield ip / ICMP() / b"echo"
        yield ip / ICMP(type=3, code=4, nexthopmtu=68) / \
            IP(src=dst, dst=src) / UDP() / b"told"
        yield ip / ICMP(type=5, code=1, gw=src) / IP(src=dst) / UDP()
        yield ip / ICMP(type=11) / IP(src=dst, dst=src) / TCP()
        yield ip / UDP(sport=53, dport=7) / b"datagram"
        yield ip / TCP(sport=99, dport=22, flags="S",
                       options=[("MSS", 1460), ("WScale", 7)])
        yield IP(src=src, dst=dst, flags="MF", frag=0) / UDP() / bytes(24)
        yield IP(src=src, dst=dst, frag=3) / bytes(40)
        yield IP(src=src, dst=dst, ttl=1) / UDP() / b"last hop"
        yield IP(src=src, dst=dst, options=[
            IPOption(b"\x83\x0b\x04" + bytes(8)), IPOption(b"\x07\x07\x04" +
                                                           bytes(4))]) / UDP()
        yield IP(src=src, dst=dst, proto=253) / b"experiment"


def good_ip6(src, router, beyond):
    """The same over IPv6, extension headers included."""
    for dst in router, beyond, "ff02::1":
        ip = IPv6(src=src, dst=dst)
        yield ip / ICMPv6EchoRequest(data=b"echo")
        yield ip / ICMPv6PacketTooBig(mtu=20) / IPv6(src=dst) / UDP()
        yield ip / ICMPv6DestUnreach() / IPv6(src=dst, dst=src) / TCP()
        yield ip / UDP(sport=53, dport=7) / b"datagram"
        yield ip / TCP(sport=99, dport=22, flags="S")
        yield ip / IPv6ExtHdrHopByHop() / IPv6ExtHdrDestOpt() / UDP()
        yield ip / IPv6ExtHdrRouting(addresses=[router]) / UDP()
        yield ip / IPv6ExtHdrFragment(m=1) / UDP() / bytes(24)
        yield ip / IPv6ExtHdrFragment(offset=4) / bytes(40)
        yield IPv6(src=src, dst=dst, hlim=1) / UDP() / b"last hop"
        yield IPv6(src=src, dst=dst, nh=253) / b"experiment"


def good_nd(src, router):
    """What neighbours say to each other."""
    for dst in router, "ff02::1", "ff02::2":
        ip = IPv6(src=src, dst=dst, hlim=255)
        yield ip / ICMPv6ND_NS(tgt=router) / ICMPv6NDOptSrcLLAddr(
            lladdr=MALLORY)
        yield ip / ICMPv6ND_NA(tgt=src) / ICMPv6NDOptDstLLAddr(lladdr=MALLORY)
        yield ip / ICMPv6ND_RS() / ICMPv6NDOptSrcLLAddr(lladdr=MALLORY)
        yield ip / ICMPv6ND_RA() / ICMPv6NDOptPrefixInfo(prefix="fd00:9::")
        yield ip / ICMPv6ND_Redirect(tgt=src, dst=router)
        yield ip / ICMPv6MLReport2()


def good(mac, addresses, beyond):
    """Well formed frames, as bytes."""
    (src4, router4), (src6, router6) = addresses
    to = Ether(src=MALLORY, dst=mac)
    packets = [*good_ip(src4, router4, beyond[0]),
               *good_ip6(src6, router6, beyond[1]), *good_nd(src6, router6)]
    frames = [to / p for p in packets]
    frames += [Ether(src=MALLORY, dst=dst) / ARP(
        op=op, hwsrc=MALLORY, psrc=src4, pdst=router4)
        for op in (1, 2) for dst in (mac, "ff:ff:ff:ff:ff:ff")]
    frames += [to / Dot1Q(vlan=7) / packets[0], to / LLC() / b"spanning"]
    return [bytes(f) for f in frames]


def with_checksum(frame):
    """The sum of the IPv4 header set right, so that the rest is read."""
    hlen = (frame[14] & 15) * 4 if len(frame) > 34 else 0
    if frame[12:14] != b"\x08\0" or not 20 <= hlen <= len(frame) - 14:
        return frame
    frame = bytearray(frame)
    frame[24:26] = b"\0\0"
    total = sum(int.from_bytes(frame[i:i + 2], "big")
                for i in range(14, 14 + hlen, 2))
    while total > 0xffff:
        total = (total & 0xffff) + (total >> 16)
    frame[24:26] = (0xffff - total).to_bytes(2, "big")
    return bytes(frame)


def flip(rng, frame):
    frame = bytearray(frame)
    for _ in range(rng.randint(1, 4)):
        frame[rng.randrange(12, len(frame))] ^= 1 << rng.randrange(8)
    return bytes(frame)


def extreme(rng, frame):
    """A byte that is as large or as small as it can be."""
    at = rng.randrange(12, min(len(frame), 80))
    return frame[:at] + rng.choice((b"\0", b"\xff", b"\x7f", b"\x80")) + \
        frame[at + 1:]


def cut(rng, frame):
    return frame[:rng.randrange(14, len(frame))]


def pad(rng, frame):
    return frame + rng.randbytes(rng.choice((1, 3, 46, 700, 1400)))[
        :1514 - len(frame)]


def noise(rng, frame):
    """Random behind the network header, or behind the link header."""
    keep = rng.choice((14, 34, 54, 58))
    return frame[:keep] + rng.randbytes(rng.randint(0, 200))


def splice(rng, frame):
    at = rng.randrange(14, len(frame))
    return frame[:at] + frame[rng.randrange(14, len(frame)):] + frame[at:]


def malformed(seed, count, *what):
    """count broken frames; what as for good()."""
    rng = random.Random(seed)
    frames = good(*what)
    for i in range(count):
        frame = frames[i % len(frames)]
        for _ in range(rng.randint(1, 2)):
            if len(frame) > 14:
                frame = rng.choice((flip, extreme, cut, pad, noise, splice))(
                    rng, frame)
        if rng.random() < 0.7:
            frame = with_checksum(frame)
        yield frame[:1514]
