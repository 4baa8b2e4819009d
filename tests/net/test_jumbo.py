# SPDX-License-Identifier: BSD-2-Clause
"""A router of large frames between kernel hosts, whose devices are as they are
by default: TCP leaves them checksums and segments."""
import pytest

from lab import BAD_CONTROL_CHECKSUM, Capture, Lab
from lib import Net
from test_dev import transfer

BOB = {4: "10.0.2.2", 6: "fd00:2::2"}
CAROL = {4: "10.0.3.2", 6: "fd00:3::2"}
ROUTER = {4: "10.0.1.1", 6: "fd00:1::1"}

both_families = pytest.mark.parametrize("family", [4, 6])


@pytest.fixture(scope="module", params=["tap", "xdp", "packet"], name="lab")
def fixture_lab(request):
    net = Net()
    try:
        yield Lab(net, request.param, ethtool="", mtu=9000)
    finally:
        net.close()


@both_families
def test_large_packets_cross_whole(lab, family):
    large = 9000 - (28 if family == 4 else 48)
    with Capture(lab.net, lab.bob) as seen:
        for size in 1700, 1800, 3600, 8900, large:
            for to in BOB[family], ROUTER[family]:
                lab.alice.pings(
                    to, f"-q -c 5 -i 0.01 -W 2 -M do -s {size}")
    seen.check()
    assert seen.packets("frame.len == 9014").count("\n") == 10
    lab.alice.pings(BOB[family], "-q -f -c 1000 -s 8900 -M do -W 2")


@both_families
def test_tcp(lab, family):
    """Both ways, byte for byte."""
    lab.alice.run(f"ip -{family} route flush cache")
    with Capture(lab.net, lab.bob, "tcp", count=500) as seen:
        transfer(lab.alice, lab.bob, BOB[family], 15)
    seen.check(BAD_CONTROL_CHECKSUM)
    sizes = {int(n) for n in seen.packets(
        "tcp.len", "-T", "fields", "-e", "frame.len").split()}
    assert max(sizes) > 8900, sizes
    if lab.driver == "xdp":
        assert max(sizes) == 9014, sizes
    alice = {4: "10.0.1.2", 6: "fd00:1::2"}
    transfer(lab.bob, lab.alice, alice[family], 15)


def test_onto_the_small_link(lab):
    """Told, fragmented, or cut."""
    lab.alice.run("ip route flush cache; ip -6 route flush cache")
    for family, said in (4, "mtu = 1280"), (6, "mtu=1280"):
        out = lab.alice.run(f"ping -n -c 1 -W 1 -M do -s 8900 "
                            f"{CAROL[family]}", check=False).stdout
        assert said in out
        transfer(lab.alice, lab.carol, CAROL[family], 3)
    lab.alice.run("ip route flush cache")
    lab.alice.pings(CAROL[4], "-q -c 5 -i 0.1 -M dont -s 8900 -W 2")


def test_nothing_is_lost_unseen(lab):
    lab.wait_balanced()
    for i in lab.interfaces():
        assert i["rx_errors"] == i["tx_errors"] == 0, i
        if i["name"] != "small":
            assert i["mtu"] == 9000, i
