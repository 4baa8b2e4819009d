# SPDX-License-Identifier: BSD-2-Clause
"""spate explain: what would become of packets that nobody sends."""
import json

import pytest

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
