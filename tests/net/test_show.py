# SPDX-License-Identifier: BSD-2-Clause
"""spate show and spate ping: what they print, and how they fail."""
import json
import re
import socket
import subprocess
import threading

import pytest

from lib import SPATE, wait_for
from test_daemon import LEFT, ROUTER, two_hosts

VIEWS = {
    "interfaces": ["name", "state", "driver", "mac", "mtu", "addresses",
                   "rx_packets", "tx_packets", "drops"],
    "routes": ["prefix", "via", "interface", "type", "protocol", "active"],
    "neighbours": ["address", "interface", "mac", "state"],
    "cpus": ["cpu", "received", "sent", "dropped", "rounds", "sleeps",
             "stages"],
    "drops": ["interface", "layer", "reason", "packets"],
    "counters": ["layer", "counter", "text", "value"],
    "affinity": ["interface", "queue", "cpu", "moving", "irq", "packets"],
    "sysctl": ["name", "value", "default", "accepts", "text"],
}


@pytest.fixture(name="lab")
def fixture_lab(net):
    """A router, and Alice and Bob, who have pinged each other."""
    router = net.daemon(ROUTER + "route 192.0.2.0/24 { via = 10.0.2.99 }\n")
    alice, bob = two_hosts(router)
    alice.ping("10.0.2.2")
    alice.ping("fd00:2::2")
    alice.run("ping -c 1 -W 1 203.0.113.1", check=False)
    return router, alice, bob


def rows(text):
    """The tables of a view: lists of rows, each a dict by heading."""
    tables = []
    for part in text.rstrip("\n").split("\n\n"):
        head, *lines = [re.split(r"  +", line.strip())
                        for line in part.split("\n")]
        tables.append([dict(zip(head, line)) for line in lines])
    return tables


def test_views_are_json(lab):
    router, _, _ = lab
    for what, keys in VIEWS.items():
        items = router.show(what)[what]
        assert items, what
        for item in items:
            assert set(keys) <= set(item), what
    assert router.show("version")["cpus"] == 2
    assert router.show("memory")["packet_memory"]["bytes"] > 0
    assert "interface left" in router.show("config")["config"]


def test_views_are_tables(lab):
    """One width for all lines of a column, no blanks at the ends."""
    router, _, _ = lab
    for what in [*VIEWS, "version", "memory", "fragments"]:
        text = router.spate("show", what)
        assert text.endswith("\n")
        for line in text.split("\n"):
            assert line == line.rstrip(), what
        for table in rows(text):
            for row in table:
                assert "" not in row.values()


def test_interfaces(lab):
    router, _, _ = lab
    first, addresses = rows(router.spate("show", "interfaces"))[:2]
    assert [r["INTERFACE"] for r in first] == ["left", "right"]
    assert first[0]["STATE"] == "up"
    assert {"INTERFACE": "left", "ADDRESS": "10.0.1.1/24", "TENTATIVE": "-",
            "DUPLICATE": "-", "DEPRECATED": "-", "AUTOCONF": "-"} in addresses


def test_routes(lab):
    router, _, _ = lab
    by_prefix = {r["PREFIX"]: r for r in rows(router.spate("show",
                                                           "routes"))[0]}
    assert by_prefix["10.0.1.0/24"]["INTERFACE"] == "left"
    assert by_prefix["fd00:2::/64"]["TYPE"] == "connected"
    assert by_prefix["192.0.2.0/24"]["VIA"] == "10.0.2.99"


def test_neighbours(lab):
    router, alice, _ = lab
    link = alice.run("ip link show dev left").stdout
    mac = re.search(r"link/ether (\S+)", link).group(1)
    known = {r["ADDRESS"]: r for r in rows(router.spate("show",
                                                        "neighbours"))[0]}
    assert known["10.0.1.2"]["INTERFACE"] == "left"
    assert known["10.0.1.2"]["MAC"] == known["fd00:1::2"]["MAC"] == mac
    assert known["10.0.2.2"]["INTERFACE"] == "right"


@pytest.mark.parametrize("command, reason", [
    ("ping -c 1 -W 1 203.0.113.1", "no IPv4 route to the destination"),
    ("ping -c 1 -W 1 -t 1 10.0.2.2", "IPv4 TTL expired"),
    ("ping -c 1 -W 5 10.0.2.77", "IPv4 neighbour does not answer (ARP)"),
    ("ping -c 1 -W 5 fd00:2::77", "IPv6 neighbour does not answer (ND)"),
])
def test_drops(net, command, reason):
    """A deliberate mistake is named in one line."""
    router = net.daemon(ROUTER)
    alice, _ = two_hosts(router)
    alice.run(command, check=False)
    lines = [d for d in rows(router.spate("show", "drops"))[0]
             if d["REASON"] == reason]
    assert [(d["INTERFACE"], d["PACKETS"]) for d in lines] == [("left", "1")]


def test_no_drops(net):
    router = net.daemon("")
    assert router.spate("show", "drops") == "no packet was dropped\n"


def test_config_is_a_configuration(lab, net):
    """What is printed may be run, and prints the same."""
    router, _, _ = lab
    text = router.spate("show", "config")
    path = net.path("again.conf")
    with open(path, "w", encoding="utf-8") as f:
        f.write(text)
    subprocess.run([SPATE, "daemon", "-n", "-c", path], check=True,
                   stdout=subprocess.DEVNULL)
    assert router.show("config")["config"] == text


def ask(*argv):
    done = subprocess.run([SPATE, *argv], text=True, check=False,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize("argv", [["show"], ["show", "a", "b"],
                                  ["show", "nothing"], ["show", "-x"]])
def test_show_usage(argv):
    """Status 2, and the list of what there is."""
    status, out, err = ask(*argv)
    assert status == 2 and out == ""
    for what in VIEWS:
        assert what in err


def test_no_daemon(net):
    for argv in ["show", "-s", net.path("none"), "routes"], \
            ["ping", "-S", net.path("none"), "10.0.0.1"]:
        status, out, err = ask(*argv)
        assert status == 1 and out == ""
        assert err == f"spate: no daemon answers at {net.path('none')}: " \
            "No such file or directory; is it started? " \
            "(spate daemon -c FILE)\n"


@pytest.mark.parametrize("answer, said", [
    (b'{"spate": 2, "ok": true, "done": true}\n', "version 2"),
    (b'{"spate": 1, "ok": false, "error": "tired"}\n', "spate: tired\n"),
    (b"220 mail.example ESMTP\n", "no daemon of Spate"),
    (b"[]\n", "no daemon of Spate"),
    (b"", "hung up"),
])
def test_strange_daemon(net, answer, said):
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(net.path("strange"))
        server.listen()

        def serve():
            client, _ = server.accept()
            with client:
                client.recv(1000)
                client.sendall(answer)
        thread = threading.Thread(target=serve)
        thread.start()
        status, out, err = ask("show", "-s", net.path("strange"), "routes")
        thread.join()
    assert status == 1 and out == ""
    assert said in err


# -- ping --

@pytest.mark.parametrize("to", ["10.0.1.2", "fd00:1::2", "10.0.2.1"])
def test_ping(lab, to):
    router, _, _ = lab
    out = router.spate("ping", "-c", "3", "-i", "0.05", to)
    assert f"PING {to} ({to}): 56 data bytes" in out
    assert len(re.findall(
        rf"^64 bytes from {to}: icmp_seq=\d ttl=64 time=[\d.]+ ms$",
        out, re.M)) == 3
    assert "3 sent, 3 received, 0% lost\nrtt min/avg/max = " in out


def test_ping_large(lab):
    router, _, _ = lab
    out = router.spate("ping", "-c", "2", "-i", "0.05", "-s", "1472",
                       "10.0.1.2")
    assert "1480 bytes from 10.0.1.2" in out


def test_ping_no_answer(lab):
    router, alice, _ = lab
    alice.sysctl("ipv4/icmp_echo_ignore_all", 1)
    out = router.spate("ping", "-c", "2", "-i", "0.05", "10.0.1.2", status=1)
    assert "no answer: icmp_seq=1\n" in out
    assert "2 sent, 0 received, 100% lost" in out


def test_ping_refused(lab):
    """By Bob, who has no way further."""
    router, _, bob = lab
    bob.address("right", "10.0.2.99/24")
    bob.sysctl("ipv4/ip_forward", 1)
    bob.run("ip route del default")
    out = router.spate("ping", "-c", "1", "192.0.2.7", status=1)
    assert re.search(r"^from 10\.0\.2\.\d+: icmp_seq=1 .*unreachable$", out,
                     re.M), out


def test_ping_no_route(lab):
    router, _, _ = lab
    out = router.spate("ping", "-c", "1", "203.0.113.9", status=1)
    assert "icmp_seq=1 no route" in out


def test_ping_interrupted(lab):
    """Ctrl-C ends it with the summary."""
    router, _, _ = lab
    with subprocess.Popen(
            [SPATE, "ping", "-S", router.socket, "-i", "0.05", "10.0.1.2"],
            stdout=subprocess.PIPE, text=True) as ping:
        for _ in range(4):
            ping.stdout.readline()
        ping.send_signal(2)
        out = ping.stdout.read()
    assert ping.returncode == 0
    assert "--- 10.0.1.2 ping statistics ---" in out


@pytest.mark.parametrize("argv", [[], ["-c", "0", "::1"], ["-c", "x", "::1"],
                                  ["-i", "0", "::1"], ["-s", "70000", "::1"],
                                  ["-4", "::1"], ["a", "b"]])
def test_ping_usage(argv):
    status, out, err = ask("ping", *argv)
    assert status == 2 and out == "" and err != ""


def test_link_local(lab):
    router, alice, _ = lab
    text = alice.run("ip -6 -o addr show dev left scope link").stdout
    address = re.search(r"(fe80::\S+)/64", text).group(1)
    out = router.spate("ping", "-c", "1", address + "%left")
    assert f"bytes from {address}" in out


def test_json_of_an_address(lab):
    """JSON is what the daemon said, unchanged."""
    router, _, _ = lab
    found = json.loads(router.spate("show", "-j", "interfaces"))
    left = found["interfaces"][0]
    assert left["name"] == "left"
    assert LEFT[0].replace(".2/", ".1/") in \
        [a["address"] for a in left["addresses"]]


def test_steering(lab):
    """Whose flows are whose; a queue goes to another CPU under traffic."""
    router, alice, _ = lab
    rss = router.show("rss")
    assert len(rss["buckets"]) == rss["rss"]["buckets"] == 128
    assert {b["cpu"] for b in rss["buckets"]} == {0, 1}
    assert rss["rss"]["algorithm"] == "symmetric"  # taps give no hash
    work = router.show("netisr")["workstreams"]
    assert sum(w["dispatched"] for w in work if w["name"] == "ip") > 0
    for queue in router.show("affinity")["affinity"]:
        router.spate("affinity", queue["interface"], str(queue["queue"]), "1")
    before = router.show("cpus")["cpus"]
    alice.run("ping -q -c 20 -i 0.01 -W 1 10.0.2.2")
    after = router.show("cpus")["cpus"]
    assert after[0]["received"] == before[0]["received"]
    assert after[1]["received"] >= before[1]["received"] + 40
    queues = router.show("affinity")["affinity"]
    assert all(q["cpu"] == 1 and not q["moving"] for q in queues)


@pytest.mark.parametrize("argv, status, text", [
    (["left", "9", "0"], 1, "left has no receive queue 9"),
    (["left", "0", "2"], 1, "there is no CPU 2; the last is 1"),
    (["up", "0", "0"], 1, 'no interface is named "up"'),
    (["left", "one", "0"], 2, '"one" is not the number of a queue'),
    (["left"], 2, "usage: spate affinity"),
])
def test_affinity_refuses(lab, argv, status, text):
    router, _, _ = lab
    assert text in router.spate("affinity", *argv, status=status)
