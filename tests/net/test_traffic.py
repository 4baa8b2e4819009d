# SPDX-License-Identifier: BSD-2-Clause
"""Kernel hosts ping, trace and iperf3 each other through a router."""
import re

import pytest

from lab import (BAD_CHECKSUM, BAD_CONTROL_CHECKSUM, LONG, Capture, Lab,
                 interval_bytes, iperf, lost)
from lib import Net

SECONDS = 10 if LONG else 2
METHODS = ["", "-I", "-T"] if LONG else [""]	# of traceroute
BOB = {4: "10.0.2.2", 6: "fd00:2::2"}
CAROL = {4: "10.0.3.2", 6: "fd00:3::2"}
ROUTER = {4: "10.0.1.1", 6: "fd00:1::1"}
ICMP = {4: "icmp", 6: "icmp6"}
WAYS = ["", "-R", "--bidir"] if LONG else ["--bidir"]

both_families = pytest.mark.parametrize("family", [4, 6])


@pytest.fixture(scope="module", params=["tap", "xdp", "packet"], name="lab")
def fixture_lab(request):
    net = Net()
    try:
        yield Lab(net, request.param)
    finally:
        net.close()


@both_families
def test_flood_loses_nothing(lab, family):
    with Capture(lab.net, lab.bob, ICMP[family]) as seen:
        lab.alice.pings(BOB[family], "-q -f -c 10000 -W 2")
    seen.check()


@both_families
@pytest.mark.parametrize("method", METHODS)
def test_traceroute_shows_the_hop(lab, family, method):
    with Capture(lab.net, lab.alice) as seen:
        out = lab.alice.run(f"traceroute -{family} -n -q 1 -w 2 {method} "
                            f"{BOB[family]}").stdout
    hops = re.findall(r"^ *\d+  (\S+)", out, re.M)
    assert hops == [ROUTER[family], BOB[family]], out
    seen.check()


@both_families
def test_large_packet_is_told_the_mtu(lab, family):
    lab.alice.run(f"ip -{family} route flush cache")
    with Capture(lab.net, lab.alice) as seen:
        out = lab.alice.run(f"ping -n -c 2 -i 0.2 -W 1 -M do -s 1400 "
                            f"{CAROL[family]}", check=False).stdout
    said = {4: "From 10.0.1.1 icmp_seq=1 Frag needed and DF set (mtu = 1280)",
            6: "From fd00:1::1 icmp_seq=1 Packet too big: mtu=1280"}
    assert said[family] in out
    seen.check()


def test_large_packet_is_fragmented_if_it_may(lab):
    """IPv4 with DF clear; IPv6's sender does it, once it was told."""
    lab.alice.run("ip route flush cache; ip -6 route flush cache")
    with Capture(lab.net, lab.carol) as seen:
        lab.alice.pings(CAROL[4], "-q -c 3 -i 0.2 -M dont -s 4000 -W 2")
        out = lab.alice.ping(CAROL[6], "-q -c 3 -i 0.2 -s 4000 -W 1")
        assert lost(out) <= 1, out
    seen.check()
    assert seen.packets("ip.flags.mf == 1 && ip.dst == 10.0.3.2 "
                        "&& frame.len <= 1294") != ""
    assert seen.packets("frame.len > 1294 && eth.src != "
                        + mac(lab.carol)) == ""


def mac(host):
    return host.run("ip -o link show eth0").stdout.split(" link/ether ")[1] \
        .split()[0]


@both_families
def test_tcp_over_the_small_link(lab, family):
    """Path MTU discovery: the hosts know of 1500 bytes only."""
    lab.alice.run(f"ip -{family} route flush cache")
    with Capture(lab.net, lab.alice, ICMP[family]) as seen:
        result = iperf(lab.alice, lab.carol, CAROL[family],
                       f"-t {SECONDS // 2}")
    for way in interval_bytes(result).values():
        assert way and min(way) > 0, result["intervals"]
    seen.check()
    told = {4: "icmp.type == 3 && icmp.code == 4 && icmp.mtu == 1280",
            6: "icmpv6.type == 2 && icmpv6.mtu == 1280"}
    assert seen.packets(told[family]) != ""


@both_families
@pytest.mark.parametrize("way", WAYS)
def test_tcp_of_16_streams_never_stalls(lab, family, way, record_property):
    with Capture(lab.net, lab.bob, count=1000) as seen:
        result = iperf(lab.alice, lab.bob, BOB[family],
                       f"-P 16 -t {SECONDS} {way}")
    ways = interval_bytes(result)
    assert len(ways) == 1 + (way == "--bidir")
    for name, intervals in ways.items():
        assert intervals and min(intervals) > 0, ways
        record_property(f"Gbit/s {name}",
                        [round(n * 8e-9, 2) for n in intervals])
    # But for AF_XDP checksums are left to whoever needs them.
    seen.check(BAD_CHECKSUM if lab.driver == "xdp" else BAD_CONTROL_CHECKSUM)


@both_families
def test_udp(lab, family):
    with Capture(lab.net, lab.bob, "udp", count=500) as seen:
        result = iperf(lab.alice, lab.bob, BOB[family], "-u -b 5M -t 1")
    assert result["end"]["sum"]["lost_percent"] < 20
    seen.check(BAD_CHECKSUM if lab.driver == "xdp" else BAD_CONTROL_CHECKSUM)


@both_families
def test_segments_cross_whole(lab, family):
    """64 KiB from host to host; frames of the device with AF_XDP."""
    large = f"ip{'6' * (family == 6)} and tcp and greater 60000"
    with Capture(lab.net, lab.bob, large, count=10) as seen:
        iperf(lab.alice, lab.bob, BOB[family], "-n 30M")
    sizes = seen.packets("frame", "-T", "fields", "-e", "frame.len").split()
    assert bool(sizes) == (lab.driver != "xdp"), sizes


def test_every_packet_is_accounted_for(lab):
    lab.wait_balanced()


def test_finished_checksums_are_left_alone(lab):
    """One in 65,536 looks unfinished by chance: no reason to complain."""
    assert "unfinished" not in lab.router.log()
    for interface in lab.interfaces():
        assert "checksum" not in interface["note"]
