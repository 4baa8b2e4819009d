# SPDX-License-Identifier: BSD-2-Clause
"""Reloads lose no packet: routes, an address and a VLAN come and go under UDP
at half the rate that passes without loss."""
import json
import signal
import subprocess
import time

import pytest

from lab import LONG, Lab
from lib import PATIENCE, SPATE, die_with_parent, wait_for
from test_reload import rewrite

TIMES = 20
PAUSE = 0.05	# for some more traffic
UNMERGED = "net.link.coalesce = 0"	# packets come as they were sent
STAYS = """
route 10.50.0.0/16 { via = 10.0.2.2 }
route fd50::/16 { via = fd00:2::2 }
"""
COMES = "".join(f"route 10.{60 + n // 250}.{n % 250}.0/24 {{ via = 10.0.2.2 }}"
                f"\n" for n in range(1000)) + """
vlan right.20 { parent = right  id = 20  address = 10.0.20.1/24 }
"""
# The tester is at both ends.  Half of the flows go to a network of the router,
# the others by routes that stay.  That it is late is not what is tried here.
PLAN = """
port left {{
    driver = packet  device = eth0
    address = {{10.0.1.2/24, fd00:1::2/64}}
    gateway = {{10.0.1.1, fd00:1::1}}
}}
port right {{
    driver = packet  device = eth1
    address = {{10.0.2.2/24, fd00:2::2/64}}  hosts = {{10.50.0.1, "fd50::1"}}
}}
template four {{
    flows = 16
    vary = {{"source_port flow count 1024-1039",
            "destination flow list 10.0.2.2,10.50.0.1"}}
}}
template six {{
    family = ipv6  flows = 16
    vary = {{"source_port flow count 1024-1039",
            "destination flow list fd00:2::2,fd50::1"}}
}}
stream four {{ from = left  to = right  template = four }}
stream six {{ from = left  to = right  template = six }}
timing {{ warmup = "200 ms"  drain = "500 ms"  late = "1 s"  rate_error = 500000
    retries = 1 }}
step flow {{ method = run  size = 128  rate = "{rate} pps"
    duration = "{seconds} s" }}
report {{ json = "{report}" }}
"""


class Flow:
    """From left to right, until the end of the block."""

    def __init__(self, lab, rate, seconds):
        self.report = lab.net.path("flow.json")
        plan = lab.net.path("flow.plan")
        with open(plan, "w", encoding="utf-8") as f:
            f.write(PLAN.format(rate=int(rate), seconds=seconds,
                                report=self.report))
        self.process = subprocess.Popen(
            lab.alice.command([SPATE, "gen", "run", "-q", plan]), text=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, preexec_fn=die_with_parent)
        sent = lab.interface("left")["rx_packets"] + 100
        wait_for("packets flow", lambda: self.process.poll() is not None or
                 lab.interface("left")["rx_packets"] > sent)
        self.result = {}

    def __enter__(self):
        return self

    def wait(self):
        self.process.wait(PATIENCE)

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        said = self.process.communicate(timeout=PATIENCE)[0]
        assert self.process.returncode in (0, 3, 130), said
        with open(self.report, encoding="utf-8") as f:
            method, = json.load(f)["methods"]
        self.result = method["trials"][-1]

    def missing(self):
        return self.result["lost_packets"]


def rate_without_loss(lab):
    """Of a second of traffic; the tester may be what ends it."""
    best = 0
    for rate in (2000, 10000, 40000, 80000, 160000):
        with Flow(lab, rate, 1) as flow:
            flow.wait()
        if flow.missing() > 0 or flow.result["tx_pps"] < 0.8 * rate:
            break
        best = rate
    return best


def at_both_ends(lab):
    """In alice's place, with bob's device as well; the kernel keeps out."""
    lab.bob.run("ip link set eth0 name eth1 netns "
                f"{lab.alice.holder.pid}")
    for dev in "eth0", "eth1":
        lab.alice.sysctl(f"ipv6/conf/{dev}/disable_ipv6", 1)
        lab.alice.run(f"ip address flush dev {dev}; "
                      f"ip link set {dev} txqueuelen 20000 up")


@pytest.fixture(scope="module", name="lab",
                params=["tap", "xdp", "packet"] if LONG else ["tap"])
def fixture_lab(request):
    from lib import Net
    net = Net()
    try:
        lab = Lab(net, request.param, more=STAYS, sysctl=UNMERGED)
        at_both_ends(lab)
        # A kernel that gets no CPU for a while is not what is tried here.
        lab.host.run("ip -o link show | sed 's/^[0-9]*: //;s/[@:].*//' | "
                     "while read dev; do "
                     "ip link set $dev txqueuelen 20000; done")
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
    assert flow.missing() == 0, (rate, flow.result, lab.drops(), before)
    for wrong in "reordered", "duplicated", "corrupt":
        assert flow.result[f"{wrong}_packets"] == 0, flow.result
    assert flow.result["sent_packets"] > rate / 2
    lab.wait_balanced()
