# SPDX-License-Identifier: BSD-2-Clause
"""spate rss: flows go to another CPU, under traffic."""
import json
import re
import socket
import subprocess

import pytest

from lib import SANITIZED
from test_daemon import ROUTER, two_hosts

DEFERRED = ROUTER.replace("sysctl {", "sysctl { net.isr.dispatch = deferred ")


def owners(router):
    return [b["cpu"] for b in router.show("rss")["buckets"]]


def test_moves(net):
    router = net.daemon(ROUTER)
    spread = owners(router)
    assert len(spread) == 128 and set(spread) == {0, 1}
    assert router.spate("rss", "bucket", "5", "cpu", "0") == "moved\n"
    assert owners(router)[5] == 0
    assert "already" in router.spate("rss", "bucket", "5", "cpu", "0")
    out = router.spate("rss", "bucket", "0-63,100,102-103", "cpu", "1")
    assert re.fullmatch(r"\d+ of 67 buckets moved\n", out)
    want = [1 if b < 64 or b in (100, 102, 103) else c
            for b, c in enumerate(spread)]
    assert owners(router) == want
    router.spate("rss", "bucket", "all", "cpu", "1")
    assert set(owners(router)) == {1}
    out = json.loads(router.spate("rss", "--json", "bucket", "all", "spread"))
    assert out == {"buckets": 128, "moved": 64}
    assert owners(router) == spread
    moves = router.show("rss")["moves"]
    assert moves["moved"] > 128 and not moves["running"]
    assert moves["balance"] == "off" and moves["balanced"] == 0
    assert "BUCKETS MOVED" in router.spate("show", "rss")


@pytest.mark.parametrize("words, says", [
    (["128", "cpu", "0"], "there is no bucket 128: they are 0 to 127"),
    (["120-999999999999", "cpu", "0"], "they are 0 to 127"),
    (["5", "cpu", "2"], "there is no CPU 2: they are 0 to 1"),
    (["5", "cpu", "one"], "not the number of a CPU"),
    (["7-5", "cpu", "0"], "names no buckets"),
    (["1,", "cpu", "0"], "names no buckets"),
    (["", "spread"], "names no buckets"),
    (["5"], "usage: spate rss"),
    (["5", "cpu"], "usage: spate rss"),
    (["5", "spread", "0"], "usage: spate rss"),
])
def test_refused(net, words, says):
    router = net.daemon("cpus = 2\n")
    before = owners(router)
    assert says in router.spate("rss", "bucket", *words, status=2)
    assert owners(router) == before


def test_several_clients(net):
    """Each is answered, also when one leaves before."""
    router = net.daemon(ROUTER)
    clients = []
    for i in range(20):
        client = socket.socket(socket.AF_UNIX)
        client.settimeout(20)
        client.connect(router.socket)
        client.sendall(json.dumps({
            "spate": 1, "command": "rss", "buckets": f"{i}-127",
            "cpu": i % 2}).encode() + b"\n")
        clients.append(client)
    for client in clients[::2]:
        client.close()
    for client in clients[1::2]:
        reply = json.loads(client.makefile().readline())
        assert reply["ok"] or "somebody else moved" in reply["error"]
        client.close()
    router.spate("rss", "bucket", "all", "cpu", "0")
    assert set(owners(router)) == {0}


def test_under_traffic(net):
    """Forwarded and answered, whole and in fragments: no packet is lost."""
    router = net.daemon(DEFERRED)
    alice, bob = two_hosts(router)
    # A tap's queue must hold what comes while a slow build stands still.
    gap = 0.02 if SANITIZED else 0.004
    pings = []
    for to in "10.0.2.2", "fd00:2::2", "10.0.1.1", "fd00:1::1":
        alice.ping(to)
        for size in 56, 5000:
            pings.append(alice.start(
                f"ping -n -q -c 300 -i {gap} -s {size} -W 5 {to}",
                stdout=subprocess.PIPE, text=True))
    bob.ping("10.0.1.2")
    for _ in range(15):
        for words in ["cpu", "0"], ["cpu", "1"], ["spread"]:
            router.spate("rss", "bucket", "all", *words)
    for ping in pings:
        out = ping.communicate(timeout=60)[0]
        assert "300 received" in out, out
