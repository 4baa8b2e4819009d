# SPDX-License-Identifier: BSD-2-Clause
"""spate explain: what would become of packets that nobody sends."""
import json

import pytest

from lib import wait_for
from test_trace import fixture_lab, notes  # noqa: F401


def explain(router, *words):
    return json.loads(router.spate("explain", "--json", *words))


TO = ("in", "left", "src", "10.0.1.2", "dst")


@pytest.mark.parametrize("words, how, text, note", [
    (("10.0.2.2",), "sent", "on right, queue ", ""),
    (("10.99.0.1",), "dropped", "ips_noroute", "ICMP type 3 code 0"),
    (("10.0.2.2", "ttl", "1"), "dropped", "ips_ttl", "ICMP type 11 code 0"),
    (("10.0.2.2", "size", "1400", "df"), "dropped", "ips_mtu", "mtu 1280"),
    (("10.0.2.2", "vlan", "30"), "dropped", "ets_novlan", ""),
    (("10.0.2.77",), "held", "10.0.2.77 on right is not resolved", ""),
    (("10.8.0.1",), "dropped", "ips_blackhole", ""),
    (("10.0.1.2", "in", "right", "src", "10.0.1.77"), "dropped",
     "ips_reverse", "not by this interface"),
])
def test_reasons(lab, words, how, text, note):
    """The reason is named, and nothing has happened."""
    router, _, _ = lab
    before = router.show("counters"), router.show("neighbours")
    if "in" not in words:  # by the common one
        words = (*TO, *words)
    else:
        words = ("dst", *words)
    told = explain(router, *words)
    assert told["ends"][0]["how"] == how
    assert text in told["ends"][0]["text"]
    assert any(note in n for n in notes(told)) or not note
    after = router.show("counters"), router.show("neighbours")

    def same(c):
        return {(k["layer"], k["text"]): k["value"] for k in c["counters"]
                if k["layer"] in ("ip", "icmp", "neigh")}
    assert same(before[0]) == same(after[0])
    assert len(before[1]["neighbours"]) == len(after[1]["neighbours"])


def cached(router, network):
    """The flows to a network that CPUs remember, and may use."""
    shown = json.loads(router.spate("show", "--json", "-n", "50", "-a",
                                    network, "flows"))
    return [f for f in shown["flows"] if not f["stale"]]


def test_flow_cache(lab):
    """Where the flow cache would decide, it says what, and shows it."""
    router, alice, _ = lab

    def said():
        """Of each queue, and so of each CPU."""
        return [n for queue in "01"
                for n in notes(explain(router, *TO, "10.0.2.2", "queue",
                                       queue)) if n.startswith("flow cache")]

    def known():
        alice.ping("10.0.2.2", "-c 3 -i 0.01 -W 1")
        return cached(router, "10.0.2.0/24")
    assert not said()
    router.spate("sysctl", "net.inet.ip.flow.size=1024")
    flow = wait_for("a flow that is remembered", known)[0]
    assert flow["destination"] == "10.0.2.2"
    assert flow["interface"] == "right" and flow["mtu"] == 1280
    assert not cached(router, "10.0.3.0/24")
    assert any(f"a neighbour on right, {flow['mac']}, " in n for n in said())
    caches = router.show("flows")["caches"]
    assert [c["cpu"] for c in caches] == [0, 1]
    assert caches[flow["cpu"]]["size"] == 1024
    assert caches[flow["cpu"]]["decision"] == "on"
    table = router.spate("show", "flows", "-a", "10.0.2.2")
    assert "DESTINATION" in table and "10.0.2.2" in table
    router.spate("sysctl", "net.inet.ip.fastforward=auto")
    caches = router.show("flows")["caches"]
    assert caches[flow["cpu"]]["decision"].startswith("auto: ")
    for wrong in ["-n", "0"], ["-n", "10001"], ["-a", "10.0.0.1/33"]:
        router.spate("show", *wrong, "flows", status=2)
    router.spate("show", "-n", "3", "routes", status=1)
