# SPDX-License-Identifier: BSD-2-Clause
"""A running daemon gets another configuration, or parts of one."""
import signal
import time

import pytest

from lib import wait_for

ROUTER = """
interface left {
    driver = tap  device = left  address = {10.0.1.1/24, fd00:1::1/64}
}
interface right {
    driver = tap  device = right  address = {10.0.2.1/24, fd00:2::1/64}
}
"""


def rewrite(router, text):
    """The file of a daemon, with the control section it was started with."""
    with open(router.conf, "w", encoding="utf-8") as f:
        f.write(text + f'\ncontrol {{ socket = "{router.socket}" }}\n')


def two_hosts(router):
    alice = router.neighbour("left", "10.0.1.2/24", "fd00:1::2/64",
                             via=["10.0.1.1", "fd00:1::1"])
    bob = router.neighbour("right", "10.0.2.2/24", "fd00:2::2/64",
                           via=["10.0.2.1", "fd00:2::1"])
    return alice, bob


def prefixes(router, protocol="static"):
    return {r["prefix"] for r in router.show("routes")["routes"]
            if r["protocol"] == protocol}


def addresses(router, name):
    for i in router.show("interfaces")["interfaces"]:
        if i["name"] == name:
            return {a["address"] for a in i["addresses"]}
    return None


def test_everything_changes(net):
    """Sysctl, address, neighbour, route and interface come and go."""
    router = net.daemon(ROUTER)
    alice, bob = two_hosts(router)
    alice.ping("10.0.2.2")
    out = router.spate("reload")
    assert "nothing in it had changed" in out
    rewrite(router, ROUTER.replace("fd00:2::1/64", "fd00:2::1/64, 10.9.0.1/24")
            + """
        interface third { driver = tap  device = third  address = 10.0.3.1/24 }
        sysctl { net.inet.ip.ttl = 33 }
        neighbour 10.0.2.77 { interface = right  mac = 02:00:00:00:00:77 }
        route 10.8.0.0/16 { via = 10.0.2.2 }
        route fd08::/16 { via = fd00:2::2 }
        route 10.7.0.0/16 { blackhole = yes }""")
    assert router.spate("reload") == f"{router.conf} is loaded\n"
    assert prefixes(router) == {"10.8.0.0/16", "fd08::/16", "10.7.0.0/16"}
    assert "10.9.0.1/24" in addresses(router, "right")
    carol = router.neighbour("third", "10.0.3.2/24", via="10.0.3.1")
    carol.ping("10.0.2.2")
    assert router.show("neighbours")["neighbours"]
    assert "10.8.0.0/16" in router.spate("show", "config")
    bob.address("right", "10.9.0.2/24")
    bob.ping("10.9.0.1")
    ttl = [s["value"] for s in router.show("sysctl")["sysctl"]
           if s["name"] == "net.inet.ip.ttl"]
    assert ttl == [33]
    rewrite(router, ROUTER)
    router.spate("reload")
    assert prefixes(router) == set()
    assert addresses(router, "third") is None
    assert "10.9.0.1/24" not in addresses(router, "right")
    ttl = [s["value"] for s in router.show("sysctl")["sysctl"]
           if s["name"] == "net.inet.ip.ttl"]
    assert ttl == [64]
    assert "10.0.2.77" not in str(router.show("neighbours"))
    assert "third" not in router.host.links() | carol.links()
    alice.ping("10.0.2.2")
    assert router.stop() == 0


@pytest.mark.parametrize("text, says", [
    ("interface left {\n  driver = tpa\n}\n", ":2:12: "),
    ("cpus = 2\n" + ROUTER, ":1:1: cpus cannot change while the daemon runs"),
    (ROUTER + "route 10.8.0.0/16 { via = 10.0.9.9 }\n", "is on no network of"),
    (ROUTER + "include nowhere.conf\n", "nowhere.conf"),
    (ROUTER + "interface p { driver = pcap  write = /tmp/x }\n",
     "expected a restart"),
], ids=["syntax", "cpus", "meaning", "include", "pcap"])
def test_bad_file_changes_nothing(net, text, says):
    router = net.daemon(ROUTER + "route 10.7.0.0/16 { via = 10.0.2.2 }\n")
    before = router.spate("show", "config"), prefixes(router)
    rewrite(router, text)
    for options in [], ["--check"], ["--confirm", "5"]:
        out = router.spate("reload", *options, status=2)
        assert router.conf + ":" in out and says in out, out
    assert (router.spate("show", "config"), prefixes(router)) == before


def test_device_that_cannot_be_opened(net):
    """All is taken back; the position is told."""
    router = net.daemon(ROUTER)
    router.host.run("ip link add third type veth peer name other")
    rewrite(router, ROUTER + "route 10.7.0.0/16 { via = 10.0.2.2 }\n"
            "interface third { driver = tap  device = third }\n"
            "interface fourth { driver = tap  device = fourth }\n")
    out = router.spate("reload", status=1)
    assert out.startswith(f"{router.conf}:"), out
    assert "third" in out
    assert prefixes(router) == set()
    assert router.host.links() == {"left", "right", "third", "other"}
    two_hosts(router)[0].ping("10.0.2.2")


def test_check_only(net):
    router = net.daemon(ROUTER)
    rewrite(router, ROUTER + "route 10.7.0.0/16 { via = 10.0.2.2 }\n")
    assert "is OK and can be loaded" in router.spate("reload", "--check")
    assert prefixes(router) == set()


def test_interface_on_the_same_device(net):
    """Parameters and names change: closed and opened again."""
    router = net.daemon(ROUTER)
    alice, _ = two_hosts(router)
    alice.ping("10.0.2.2")
    rewrite(router, ROUTER.replace("device = right", "device = right mtu = "
                                   "1400").replace("interface left",
                                                   "interface west"))
    router.spate("reload")
    assert addresses(router, "left") is None
    assert addresses(router, "west")
    mtu = [i["mtu"] for i in router.show("interfaces")["interfaces"]
           if i["name"] == "right"]
    assert mtu == [1400]
    two_hosts(router)[0].ping("10.0.2.2")


def test_includes_are_read_again(net):
    with open(net.path("more.conf"), "w", encoding="utf-8") as f:
        f.write("route 10.7.0.0/16 { via = 10.0.2.2 }\n")
    router = net.daemon(ROUTER + "include more.conf\n")
    assert prefixes(router) == {"10.7.0.0/16"}
    with open(net.path("more.conf"), "w", encoding="utf-8") as f:
        f.write("route 10.6.0.0/16 { via = 10.0.2.2 }\nroute 1 { }\n")
    out = router.spate("reload", status=2)
    assert f"{net.path('more.conf')}:2:7: " in out
    with open(net.path("more.conf"), "w", encoding="utf-8") as f:
        f.write("route 10.6.0.0/16 { via = 10.0.2.2 }\n")
    router.spate("reload")
    assert prefixes(router) == {"10.6.0.0/16"}


def test_confirm(net):
    """Goes back by itself, on wish, or stays."""
    router = net.daemon(ROUTER)
    rewrite(router, ROUTER + "route 10.7.0.0/16 { via = 10.0.2.2 }\n")
    assert "spate confirm" in router.spate("reload", "--confirm", "1")
    assert prefixes(router) == {"10.7.0.0/16"}
    wait_for("it goes back", lambda: prefixes(router) == set(), 5)
    assert "nobody confirmed" in router.log()
    assert "no reload waits" in router.spate("confirm", status=1)
    router.spate("reload", "--confirm", "60")
    assert "waits to be confirmed" in router.spate("reload", status=1)
    router.spate("confirm", "--undo")
    assert prefixes(router) == set()
    router.spate("reload", "--confirm", "60")
    router.spate("confirm")
    assert prefixes(router) == {"10.7.0.0/16"}
    assert "10.7.0.0/16" in router.spate("show", "config")
    for wrong in "0", "-1", "x", "86401", "":
        router.spate("reload", "--confirm", wrong, status=2)


def test_signal(net):
    router = net.daemon(ROUTER)
    rewrite(router, ROUTER + "route 10.7.0.0/16 { via = 10.0.2.2 }\n")
    router.process.send_signal(signal.SIGHUP)
    wait_for("it is applied", lambda: prefixes(router) == {"10.7.0.0/16"})
    rewrite(router, "nonsense")
    router.process.send_signal(signal.SIGHUP)
    wait_for("it says why", lambda: f"{router.conf}:1:" in router.log())
    assert "refused; nothing has changed" in router.log()
    assert prefixes(router) == {"10.7.0.0/16"}


def test_new_devices_only_by_the_file(net):
    """A device that went out of the file is not opened any more."""
    third = "interface third { driver = tap  device = third }\n"
    router = net.daemon(ROUTER)
    for _ in range(3):
        rewrite(router, ROUTER + third)
        router.spate("reload")
        assert "third" in router.host.links()
        rewrite(router, ROUTER)
        router.spate("reload")
        assert "third" not in router.host.links()
    rewrite(router, ROUTER + third)
    router.spate("reload", "--confirm", "60")
    router.spate("confirm", "--undo")
    assert "third" not in router.host.links()


def test_client_goes_meanwhile(net):
    router = net.daemon(ROUTER)
    client = __import__("socket").socket(__import__("socket").AF_UNIX)
    client.connect(router.socket)
    rewrite(router, ROUTER + "route 10.7.0.0/16 { via = 10.0.2.2 }\n")
    client.sendall(b'{"spate": 1, "command": "reload"}\n')
    client.close()
    wait_for("it is applied", lambda: prefixes(router) == {"10.7.0.0/16"})
    time.sleep(0)
    router.spate("reload")
