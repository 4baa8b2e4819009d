# SPDX-License-Identifier: BSD-2-Clause
"""UDP end points of the daemon, its own services, asked by kernel programs."""
import os
import re

import pytest

from lab import Lab
from lib import wait_for

CLIENT = os.path.join(os.path.dirname(__file__), "udp_client.py")
SERVICES = """
service echo { }
service discard { protocol = udp }
service daytime { address = {10.0.1.1, fd00:1::1} }
service chargen { port = 1919 }
"""
# Sent to a port of ours; what came, or the error that ICMP made of it.
ASK = """python3 -c '
import socket
s = socket.socket(socket.AF_INET6 if ":" in "%s" else socket.AF_INET,
                  socket.SOCK_DGRAM)
s.settimeout(10)
s.connect(("%s", %u))
s.send(b"x")
try:
    print(s.recv(65535).decode(), end="")
except OSError as e:
    print(type(e).__name__, end="")
'"""


def ask(host, address, port):
    return host.run(ASK % (address, address, port)).stdout


def services(router):
    return {(s["service"], s["address"]): s
            for s in router.show("services")["services"]}


def counter(router, name):
    return sum(c["value"] for c in router.show("counters")["counters"]
               if c["counter"] == name)


def meet(host, address):
    """Of many answers at once not all can wait for one who is not known."""
    wait_for(f"{address} answers", lambda: host.run(
        f"ping -c 1 -W 1 {address}", check=False).returncode == 0, 20)


@pytest.mark.parametrize("driver", ["tap", "xdp"])
def test_services(net, driver):
    lab = Lab(net, driver, more=SERVICES,
              sysctl="net.inet.rss.udp_4tuple = 1")
    # Fragments, too, and of what comes to more than one CPU.
    for address in ("10.0.1.1", "fd00:1::1"):
        meet(lab.alice, address)
        lab.alice.run(f"python3 {CLIENT} {address} 3 1 64 1400 4000 20000")
    meet(lab.bob, "10.0.1.1")
    lab.bob.run(f"python3 {CLIENT} 10.0.1.1 2 512 3000")
    echo = services(lab.router)[("echo", "any")]
    assert echo["in"] == echo["out"] == 32 * (15 + 15 + 4)
    assert all(c["in"] > 0 for c in echo["cpus"])
    assert "hello" in lab.alice.run(
        "echo hello | nc -u -w 2 10.0.1.1 7").stdout
    day = r"^\w+day, \w+ \d+, 20\d\d \d\d:\d\d:\d\d-UTC\r?$"
    assert re.match(day, ask(lab.alice, "10.0.1.1", 13).strip())
    assert re.match(day, ask(lab.alice, "fd00:1::1", 13).strip())
    lab.alice.run("echo nothing | nc -u -w 1 10.0.1.1 9", check=False)
    texts = {ask(lab.alice, "10.0.1.1", 1919) for _ in range(4)}
    assert len(texts) > 1 and any("!\"#$%" in text for text in texts)
    lab.wait_balanced()


def test_refused(net):
    """Port unreachable both ways, traceroute, and what would go in circles."""
    lab = Lab(net, "tap", more="service echo { address = 10.0.1.1 }\n")
    assert ask(lab.alice, "10.0.1.1", 8) == "ConnectionRefusedError"
    assert ask(lab.alice, "fd00:1::1", 7) == "ConnectionRefusedError"
    assert ask(lab.bob, "10.0.2.1", 7) == "ConnectionRefusedError"
    assert ask(lab.bob, "10.0.1.1", 7) == "x"
    assert " 10.0.1.1 " in lab.alice.run(
        "traceroute -n -U -q 1 -w 5 10.0.1.1").stdout
    before = counter(lab.router, "udps_refused")
    lab.alice.run("echo loop | nc -u -w 1 -p 19 10.0.1.1 7", check=False)
    wait_for("it is refused", lambda: counter(
        lab.router, "udps_refused") > before)
    # Our answer finds nobody: the error finds our service.
    lab.alice.run("python3 -c 'import socket\n"
                  "s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\n"
                  "for i in range(20): s.sendto(b\"x\", (\"10.0.1.1\", 7))\n"
                  "s.close()'")
    wait_for("errors come", lambda: counter(lab.router, "udps_errin") > 0)
    lab.wait_balanced()


def reload(router, text):
    with open(router.conf, encoding="utf-8") as f:
        old = f.read()
    with open(router.conf, "w", encoding="utf-8") as f:
        f.write(re.sub(r"service [^}]*}\n", "", old) + text)
    return router.spate("reload")


def test_reload(net):
    lab = Lab(net, "tap", more="service echo { }\nservice chargen { }\n")
    assert ask(lab.alice, "10.0.1.1", 7) == "x"
    seen = services(lab.router)[("echo", "any")]["in"]
    reload(lab.router, "service echo { }\nservice daytime { }\n")
    wait_for("daytime runs", lambda: services(lab.router).get(
        ("daytime", "any"), {}).get("state") == "runs")
    wait_for("chargen is gone", lambda: ("chargen", "any")
             not in services(lab.router))
    assert services(lab.router)[("echo", "any")]["in"] == seen
    assert ask(lab.alice, "10.0.1.1", 19) == "ConnectionRefusedError"
    assert "UTC" in ask(lab.alice, "10.0.1.1", 13)
    assert re.search('service "?echo', lab.router.spate("show", "config"))


def test_refused_configuration(net):
    host = net.host()
    for text, place, word in (
            ("service ecko { }", "1:9", "echo"),
            ("service echo { port = 0 }", "1:23", "65535"),
            ("service echo { }\nservice discard { port = 7 }", "2:9",
             "already"),
            ("service echo { vrf = red }", "1:16", "VRF"),
            ("service echo { address = {10.0.0.1, 10.0.0.1} }", "1:37",
             "twice")):
        daemon = net.daemon(text, host=host, ready=False)
        assert daemon.wait() != 0
        assert re.search(f"conf:{place}: .*{word}", daemon.log()), \
            daemon.log()
