# SPDX-License-Identifier: BSD-2-Clause
"""IPv4 options that Linux's ping sends, through the router and to it."""
import re

import pytest

from lab import Lab
from lib import Net

# Whom a record of the way to bob, or to the router, must have, in order.
WAYS = [("10.0.2.2", ["10.0.1.2", "10.0.2.1", "10.0.2.2", "10.0.2.2",
                      "10.0.1.1", "10.0.1.2"]),
        ("10.0.1.1", ["10.0.1.2", "10.0.1.1", "10.0.1.2"])]
BOTH = [to for to, _ in WAYS]


@pytest.fixture(scope="module", params=["tap", "xdp"], name="lab")
def fixture_lab(request):
    net = Net()
    try:
        lab = Lab(net, request.param)
        for to in BOTH:
            lab.alice.ping(to, "-c 2 -i 0.2 -W 1")
        yield lab
    finally:
        net.close()


def mode(lab, number):
    lab.router.spate("sysctl", f"net.inet.ip.process_options={number}")


def recorded(out):
    """(address, time) of each line behind RR: or TS:, as ping prints them."""
    return re.findall(r"^(?:RR:|TS:)?[ \t]+(10\.[.\d]+)(?:[ \t]+(-?\d+.*))?$",
                      out, re.M)


@pytest.mark.parametrize("size", [56, 8000])
@pytest.mark.parametrize("to, way", WAYS)
def test_record_route(lab, to, way, size):
    """There and back; in fragments the first one has it."""
    out = lab.alice.ping(to, f"-R -c 1 -W 2 -s {size}")
    assert [address for address, _ in recorded(out)] == way, out


@pytest.mark.parametrize("to, way", WAYS)
def test_timestamps(lab, to, way):
    """Four fit; times are of the clock that the hosts have, too."""
    out = lab.alice.ping(to, "-T tsandaddr -c 1 -W 2")
    stamps = recorded(out)
    assert [address for address, _ in stamps] == way[:4], out
    assert stamps[0][1].endswith(" absolute"), out
    # The others are told as differences, if they are times of day.
    assert all(abs(int(time)) < 60000 for _, time in stamps[1:]), out
    if len(way) > 4:
        assert f"Unrecorded hops: {len(way) - 4}" in out
    lab.alice.pings(to, "-T tsonly -c 1 -W 2")


@pytest.mark.parametrize("to", BOTH)
def test_timestamp_of_one(lab, to):
    """By an address of the router that the packet need not pass."""
    out = lab.alice.ping(to, "-T tsprespec 10.0.3.1 -c 1 -W 2")
    assert re.search(r"TS:\s+10\.0\.3\.1\s+\d+ absolute$", out, re.M), out


def test_modes(lab):
    """Unread: what the hosts record remains.  Refused: an error says so."""
    try:
        mode(lab, 0)
        out = lab.alice.ping("10.0.2.2", "-R -c 1 -W 2")
        assert [a for a, _ in recorded(out)] == \
            ["10.0.1.2", "10.0.2.2", "10.0.2.2", "10.0.1.2"], out
        out = lab.alice.pings("10.0.1.1", "-R -c 1 -W 2")
        assert recorded(out) == [], out
        mode(lab, 2)
        for to in BOTH:
            out = lab.alice.run(f"ping -n -R -c 1 -W 1 {to}",
                                check=False).stdout
            assert "From 10.0.1.1 icmp_seq=1 Packet filtered" in out, out
            lab.alice.ping(to, "-c 1 -W 2")
        assert lab.drops()[
            ("left", "IPv4 options: net.inet.ip.process_options = 2")] == 2
    finally:
        mode(lab, 1)
    lab.wait_balanced()
