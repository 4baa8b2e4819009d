# SPDX-License-Identifier: BSD-2-Clause
"""Reloads lose no packet: routes, an address and a VLAN come and go under UDP
at half the rate that passes without loss."""
import itertools
import os
import signal
import subprocess
import time

import pytest

from lab import LONG, Lab
from lib import wait_for
from test_reload import rewrite

UDPFLOW = os.environ.get("UDPFLOW", "build/tests/tools/udpflow")
PORTS = itertools.count(5000)	# what comes late meets nobody
TIMES = 20
PAUSE = 0.05	# for some more traffic
STAYS = """
route 10.50.0.0/16 { via = 10.0.2.2 }
route fd50::/16 { via = fd00:2::2 }
"""
COMES = "".join(f"route 10.{60 + n // 250}.{n % 250}.0/24 {{ via = 10.0.2.2 }}"
                f"\n" for n in range(1000)) + """
vlan right.20 { parent = right  id = 20  address = 10.0.20.1/24 }
"""
# By a network of the router, and by routes that stay.
TO = ["10.0.2.2", "fd00:2::2", "10.50.0.1", "fd50::1"]


def pairs(text):
    return {name: float(value) for name, value in
            (pair.split("=") for pair in text.split() if "=" in pair)}


class Flow:
    """From alice to bob, until the end of the block."""

    def __init__(self, lab, rate, seconds):
        self.lab = lab
        self.port = next(PORTS)
        self.receiver = lab.bob.start(f"{UDPFLOW} recv {self.port}",
                                      stdout=subprocess.PIPE, text=True)
        assert self.receiver.stdout.readline() == "ready\n"
        self.sender = lab.alice.start(
            f"{UDPFLOW} send {self.port} {int(rate)} {seconds} "
            + " ".join(TO), stdout=subprocess.PIPE, text=True)
        self.result = {}

    def __enter__(self):
        return self

    def wait(self):
        self.sender.wait(60)

    def __exit__(self, *_):
        if self.sender.poll() is None:
            self.sender.send_signal(signal.SIGTERM)
        self.result = pairs(self.sender.communicate(timeout=10)[0])
        wait_for("all that will come has come", self._quiet)
        self.receiver.send_signal(signal.SIGTERM)
        self.result |= pairs(self.receiver.communicate(timeout=10)[0])

    def _quiet(self):
        """Nothing moves, and nothing waits in bob's socket."""
        before = self.lab.interface("right")["tx_packets"]
        time.sleep(0.2)
        if self.lab.interface("right")["tx_packets"] > before + 10:
            return False
        with open(f"/proc/{self.receiver.pid}/net/udp6",
                  encoding="ascii") as f:
            queued = [line.split()[4].split(":")[1] for line in f
                      if f":{self.port:04X} " in line.split()[1] + " "]
        return queued and all(int(n, 16) == 0 for n in queued)

    def missing(self):
        return self.result["sent"] - self.result["came"]


def rate_without_loss(lab):
    """Of a second of traffic; the sender may be what ends it."""
    best = 0
    for rate in (2000, 10000, 40000, 80000, 160000):
        with Flow(lab, rate, 1) as flow:
            flow.wait()
        if flow.missing() > 0 or flow.result["rate"] < 0.8 * rate:
            break
        best = rate
    return best


@pytest.fixture(scope="module", name="lab",
                params=["tap", "xdp", "packet"] if LONG else ["tap"])
def fixture_lab(request):
    from lib import Net
    net = Net()
    try:
        lab = Lab(net, request.param, more=STAYS)
        lab.bob.run("ip link set lo up")
        lab.bob.address("lo", "10.50.0.1/32", "fd50::1/128")
        # A kernel that gets no CPU for a while is not what is tried here.
        for host in lab.alice, lab.bob, lab.host:
            host.run("ip -o link show | sed 's/^[0-9]*: //;s/[@:].*//' | "
                     "while read dev; do "
                     "ip link set $dev txqueuelen 20000; done")
        for to in TO:
            lab.alice.ping(to)
        yield lab
    finally:
        net.close()


def test_nothing_is_lost(lab, record_property):
    base = lab.conf_text
    comes = base.replace("10.0.2.1/24", "10.0.2.1/24, 10.9.0.1/24") + COMES
    rate = rate_without_loss(lab)
    assert rate > 0, "not even the lowest rate passes"
    before = lab.drops()
    with Flow(lab, rate / 2, 600) as flow:
        for _ in range(TIMES):
            rewrite(lab.router, comes)
            lab.router.spate("reload")
            time.sleep(PAUSE)
            rewrite(lab.router, base)
            lab.router.spate("reload")
            time.sleep(PAUSE)
        rewrite(lab.router, comes + "route 10.8.0.0/16 { via = 10.7.7.7 }\n")
        out = lab.router.spate("reload", status=2)
        assert out.startswith(lab.router.conf + ":") and "10.7.7.7" in out
        assert not any(i["name"] == "right.20" for i in lab.interfaces())
        rewrite(lab.router, comes)
        lab.router.spate("reload", "--confirm", "1")
        assert any(i["name"] == "right.20" for i in lab.interfaces())
        wait_for("it goes back", lambda: not any(
            i["name"] == "right.20" for i in lab.interfaces()), 8)
    record_property("no-loss rate", rate)
    record_property("flow", flow.result)
    assert flow.missing() == 0 and flow.result["late"] == 0, \
        (rate, flow.result, lab.drops(), before)
    assert flow.result["sent"] > rate / 2
    lab.wait_balanced()
