# SPDX-License-Identifier: BSD-2-Clause
"""Kernel hosts whose devices are as they are by default: checksums, segments
and VLAN tags are left to the device, and what arrives is coalesced."""
import os
import subprocess

import pytest

from lab import Lab
from lib import Net
from test_dev import transfer

TAGGER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "tagger.py")
SIDES = {"left": 1, "right": 2}
TAGS = {"vlan": "8100:20", "qinq": "88a8:100 8100:7"}
NET = {"plain": "", "vlan": 2, "qinq": 3}	# before the side's number
MTU = {"plain": 1500, "vlan": 1500, "qinq": 1492}


def conf():
    return "".join(f"""
        vlan {dev}.20 {{ parent = {dev}  id = 20
            address = {{10.0.2{n}.1/24, fd00:2{n}::1/64}} }}
        vlan {dev}.s {{ parent = {dev}  id = 100  protocol = 802.1ad }}
        vlan {dev}.c {{ parent = {dev}.s  id = 7  mtu = 1492
            address = {{10.0.3{n}.1/24, fd00:3{n}::1/64}} }}"""
                   for dev, n in SIDES.items())


@pytest.fixture(scope="module", params=["tap", "xdp", "packet"], name="lab")
def fixture_lab(request):
    net = Net()
    try:
        lab = Lab(net, request.param, ethtool="", more=conf())
        for dev, n in SIDES.items():
            for how in TAGS:
                k, mtu = NET[how], MTU[how]
                lab.hosts[dev].address(
                    "eth0", f"10.0.{k}{n}.2/24", f"fd00:{k}{n}::2/64")
                lab.hosts[dev].run(
                    f"ip route add 10.0.{k}{3 - n}.0/24 via 10.0.{k}{n}.1 "
                    f"mtu {mtu};"
                    f"ip -6 route add fd00:{k}{3 - n}::/64 "
                    f"via fd00:{k}{n}::1 mtu {mtu}")
        yield lab
    finally:
        net.close()


class Tagged:
    """All that both hosts send is in VLANs."""

    def __init__(self, lab, how):
        self.processes = []
        for dev in SIDES if how in TAGS else ():
            host = lab.hosts[dev]
            self.processes.append(host.start(
                f"python3 {TAGGER} eth0 {TAGS[how]}",
                stdout=subprocess.PIPE, text=True))
            assert self.processes[-1].stdout.readline() == "ready\n"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for process in self.processes:
            process.kill()
            process.wait()


@pytest.mark.parametrize("how", NET)
def test_nothing_is_lost(lab, how):
    """Echoes of full size, and TCP in both directions and families."""
    k = NET[how]
    with Tagged(lab, how):
        for to in f"10.0.{k}2.2", f"fd00:{k}2::2":
            size = MTU[how] - (48 if ":" in to else 28)
            lab.alice.ping(to, "-c 1 -W 2")
            lab.alice.pings(to, f"-q -f -c 300 -s {size} -M do -W 2")
            transfer(lab.alice, lab.bob, to, 15)
        transfer(lab.bob, lab.alice, f"10.0.{k}1.2", 15)


def test_all_is_accounted_for(lab):
    lab.wait_balanced()
    for i in lab.interfaces():
        assert i["rx_errors"] == i["tx_errors"] == 0, i
    assert [what for what in lab.drops() if "VLAN" in what[1]] == []
    seen = {i["name"]: i["rx_packets"] for i in lab.interfaces()}
    assert min(seen[name] for name in ("left.20", "left.c")) > 300, seen
