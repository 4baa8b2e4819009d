# SPDX-License-Identifier: BSD-2-Clause
"""Policy routes, with two kernel routers that both lead to the same server.

    alice 10.0.1.2 -- [left  router  one] -- 10.0.2.2 ann  (10.9.9.9 on lo)
                                     two  -- 10.0.3.2 ben  (10.9.9.9 on lo)
                            VRF far: three -- 10.0.4.2 cia (10.9.9.9 on lo)

All of them answer for 10.9.9.9 and fd00:9::9, so who was asked tells which way
a packet went.
"""
import json
import re

from lib import wait_for

BASE = """
    cpus = 2
    sysctl { net.inet6.ip6.dad_count = 0 }
    vrf far { id = 3 }
    interface left { driver = tap  device = left
        address = {10.0.1.1/24, fd00:1::1/64} }
    interface one { driver = tap  device = one
        address = {10.0.2.1/24, fd00:2::1/64} }
    interface two { driver = tap  device = two
        address = {10.0.3.1/24, fd00:3::1/64} }
    interface three { driver = tap  device = three  vrf = far
        address = {10.0.4.1/24, fd00:4::1/64} }
    route 10.9.0.0/16 { via = 10.0.2.2 }
    route fd00:9::/32 { via = fd00:2::2 }
    route 0.0.0.0/0 { vrf = far  via = 10.0.4.2 }
    route ::/0 { vrf = far  via = fd00:4::2 }
    route 10.0.1.0/24 { vrf = far  table = main }
    route fd00:1::/64 { vrf = far  table = main }
"""

RULES = """
    rule vip { source = {10.0.1.66/32, 10.0.1.68/31}  via = 10.0.3.2 }
    rule vip6 { source = fd00:1::66/128  via = fd00:3::2 }
    rule urgent { interface = left  dscp = {ef, cs6}  table = far }
    rule web { protocol = tcp  destination_port = {80, "8000-8080"}
        destination = 10.9.0.0/16  via = 10.0.3.2 }
    rule not_here { destination = {10.66.0.0/16}  prohibit = yes }
    rule not_here6 { destination = fd00:66::/32  prohibit = yes }
    rule hole { source = 10.0.1.77/32  blackhole = yes }
    rule stop { source = 10.0.1.88/32  table = main }
    rule never { source = 10.0.1.88/32  blackhole = yes }
"""


def rewrite(router, text):
    """The file of a daemon, with the control section it was started with."""
    with open(router.conf, "w", encoding="utf-8") as f:
        f.write(text + f'\ncontrol {{ socket = "{router.socket}" }}\n')


class World:
    def __init__(self, net):
        self.router = net.daemon(BASE + RULES)
        self.alice = self.router.neighbour(
            "left", "10.0.1.2/24", "fd00:1::2/64",
            via=("10.0.1.1", "fd00:1::1"))
        for n in "66", "69", "77", "88":
            self.alice.run(f"ip addr add 10.0.1.{n}/24 dev left")
        self.alice.run("ip addr add fd00:1::66/64 dev left nodad")
        self.far = {}
        for n, dev in enumerate(("one", "two", "three"), 2):
            host = self.router.neighbour(
                dev, f"10.0.{n}.2/24", f"fd00:{n}::2/64",
                via=(f"10.0.{n}.1", f"fd00:{n}::1"))
            host.run("ip addr add 10.9.9.9/32 dev lo;"
                     "ip addr add fd00:9::9/128 dev lo nodad")
            self.far[dev] = host
        wait_for("no address is tentative", lambda: not any(
            a["tentative"]
            for i in self.router.show("interfaces")["interfaces"]
            for a in i["addresses"]))

    def counts(self, name):
        return {dev: int(h.run(f"nstat -asz {name}").stdout.split()[-2])
                for dev, h in self.far.items()}

    def asked(self, to, *ping):
        """Who got three echo requests; None: nobody."""
        name = "Icmp6InEchos" if ":" in to else "IcmpInEchos"
        before = self.counts(name)
        self.alice.run(f"ping -q -c 3 -i 0.02 -W 2 {' '.join(ping)} {to}",
                       check=False)
        after = self.counts(name)
        got = {d: after[d] - before[d] for d in after if after[d] > before[d]}
        assert len(got) <= 1 and all(n == 3 for n in got.values()), got
        return next(iter(got), None)

    def rule(self, name):
        return next(r for r in self.router.show("rules")["rules"]
                    if r["name"] == name)

    def explain(self, *words):
        return json.loads(self.router.spate("explain", "--json", *words))


def rule_of(told):
    return [s["rule"] for s in told["steps"] if "rule" in s]


def test_ways(net):
    w = World(net)
    # By destination alone; by source; by DSCP, of either family.
    assert w.asked("10.9.9.9") == "one"
    assert w.asked("10.9.9.9", "-I", "10.0.1.66") == "two"
    assert w.asked("10.9.9.9", "-I", "10.0.1.69") == "two"
    assert w.asked("10.9.9.9", "-Q", "0xb8") == "three"
    assert w.asked("10.9.9.9", "-Q", "0xb4") == "one"
    # The first one that matches.
    assert w.asked("10.9.9.9", "-Q", "0xb8", "-I", "10.0.1.66") == "two"
    assert w.asked("10.9.9.9", "-I", "10.0.1.88") == "one"
    assert w.asked("fd00:9::9", "-I", "fd00:1::2") == "one"
    assert w.asked("fd00:9::9", "-I", "fd00:1::66") == "two"
    assert w.asked("fd00:9::9", "-Q", "0xc0", "-I", "fd00:1::2") == "three"
    # Nowhere, with a word or without.
    out = w.alice.run("ping -c 1 -W 1 10.66.0.1", check=False).stdout
    assert "Packet filtered" in out
    out = w.alice.run("ping -c 1 -W 1 -I fd00:1::2 fd00:66::1",
                      check=False).stdout
    assert "Administratively prohibited" in out
    assert w.asked("10.9.9.9", "-I", "10.0.1.77", "-W", "0.2") is None
    # What is for the router itself is no rule's.
    w.alice.run("ping -q -c 1 -W 2 -I 10.0.1.77 10.0.1.1")
    w.alice.run("ping -q -c 1 -W 2 -I 10.0.1.77 10.0.3.1")
    got = {r["name"]: r["packets"] for r in w.router.show("rules")["rules"]}
    assert got == {"vip": 9, "vip6": 3, "urgent": 6, "web": 0, "not_here": 1,
                   "not_here6": 1, "hole": 3, "stop": 3, "never": 0}
    assert w.rule("vip")["bytes"] == 9 * 84
    text = w.router.spate("show", "rules")
    assert re.search(r"^vip +main +from 10.0.1.66/32,10.0.1.68/31 +gateway "
                     r"+10.0.3.2%two +9 +756$", text, re.M), text


def test_ports(net):
    """TCP to some ports goes another way; and replies come back."""
    w = World(net)
    for dev, host in w.far.items():
        for port in 80, 81, 8010:
            host.start(f"python3 -c 'import socket\n"
                       f"s = socket.create_server((\"10.9.9.9\", {port}))\n"
                       f"while True: c, _ = s.accept(); "
                       f"c.sendall(b\"{dev}\"); c.close()'")

    def who(port):
        done = w.alice.run(
            f"python3 -c 'import socket\n"
            f"s = socket.create_connection((\"10.9.9.9\", {port}), 10)\n"
            f"print(s.recv(99).decode())'", check=False)
        return done.stdout.strip()
    wait_for("servers listen", lambda: who(81) == "one")
    assert wait_for("its server listens", lambda: who(80)) == "two"
    assert wait_for("its server listens", lambda: who(8010)) == "two"
    assert w.rule("web")["packets"] >= 8


def test_told(net):
    """Trace and explain name the rule that decided."""
    w = World(net)
    wait_for("all are known", lambda: w.asked("10.9.9.9", "-I", "10.0.1.66")
             == "two" and w.asked("10.9.9.9", "-Q", "0xb8") == "three")
    before = w.rule("vip")["packets"]
    told = w.explain("in", "left", "src", "10.0.1.66", "dst", "10.9.9.9")
    assert rule_of(told) == ["vip"]
    assert told["ends"][0]["interface"] == "two"
    lookups = [lo for s in told["steps"] for lo in s["lookups"]]
    assert {"what": "rule", "for": "vip", "answer":
            "gateway 10.0.3.2 on two, mtu 1500"} in lookups
    assert not any("not by the routes" in lo["answer"] for lo in lookups)
    told = w.explain("in", "left", "src", "10.0.1.2", "dst", "10.9.9.9",
                     "dscp", "46")
    assert rule_of(told) == ["urgent"]
    assert any(lo["what"] == "route" and lo["for"] == "10.9.9.9 in far"
               for s in told["steps"] for lo in s["lookups"])
    told = w.explain("in", "left", "src", "10.0.1.2", "dst", "10.66.0.1")
    assert rule_of(told) == ["not_here"]
    assert "ips_prohibit" in told["ends"][0]["text"]
    told = w.explain("in", "left", "src", "10.0.1.2", "dst", "10.9.9.9")
    assert rule_of(told) == []
    # Nobody sent these.
    assert w.rule("vip")["packets"] == before
    assert "rule vip: gateway 10.0.3.2 on two" in w.router.spate(
        "explain", "in", "left", "src", "10.0.1.66", "dst", "10.9.9.9")


def test_reload(net):
    """What changes is in force, and what stays goes on counting."""
    w = World(net)
    assert w.asked("10.9.9.9", "-I", "10.0.1.66") == "two"
    assert w.asked("10.9.9.9", "-Q", "0xb8") == "three"
    first = w.rule("vip")["packets"]
    ways = [RULES.replace("source = {10.0.1.66/32, 10.0.1.68/31}  "
                          "via = 10.0.3.2", "source = 10.0.1.0/24  table = far"),
            RULES.replace("rule vip {", "rule vip { protocol = icmp "),
            ""]
    for text, want in zip(ways, ("three", "two", "one")):
        rewrite(w.router, BASE + text)
        w.router.spate("reload")
        assert w.asked("10.9.9.9", "-I", "10.0.1.66") == want
        if text:
            assert w.rule("vip")["packets"] == first + 3
            first += 3
    assert w.router.show("rules")["rules"] == []
