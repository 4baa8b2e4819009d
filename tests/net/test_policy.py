# SPDX-License-Identifier: BSD-2-Clause
"""Policies of interfaces, with kernel hosts that lie about who they are.

    alice 10.0.1.2 -- [left  router  right] -- 10.0.2.2 bob
"""
from lib import wait_for

CONF = """
    cpus = 2
    sysctl {{ net.inet6.ip6.dad_count = 0 }}
    interface left {{
        driver = tap  device = left  address = {{10.0.1.1/24, fd00:1::1/64}}
        {left}
    }}
    interface right {{
        driver = tap  device = right  address = {{10.0.2.1/24, fd00:2::1/64}}
    }}
    route 192.0.2.0/24 {{ via = 10.0.2.2 }}
    route fd00:9::/64 {{ via = fd00:2::2 }}"""


def hosts(router):
    alice = router.neighbour("left", "10.0.1.2/24", "fd00:1::2/64",
                             via=("10.0.1.1", "fd00:1::1"))
    bob = router.neighbour("right", "10.0.2.2/24", "fd00:2::2/64",
                           via=("10.0.2.1", "fd00:2::1"))
    # One that has a route elsewhere, and one that has none.
    for lie in "192.0.2.7/32", "203.0.113.7/32":
        alice.run(f"ip addr add {lie} dev lo")
    for lie in "fd00:9::7/128", "fd00:8::7/128":
        alice.run(f"ip addr add {lie} dev lo nodad")
    wait_for("no address is tentative", lambda: not any(
        a["tentative"] for i in router.show("interfaces")["interfaces"]
        for a in i["addresses"]))
    return alice, bob


def arrive(alice, bob):
    """By source: how many of three packets of each bob's kernel takes in."""
    got = {}
    for src, dst in (("10.0.1.2", "10.0.2.2"), ("192.0.2.7", "10.0.2.2"),
                     ("203.0.113.7", "10.0.2.2"), ("fd00:1::2", "fd00:2::2"),
                     ("fd00:9::7", "fd00:2::2"), ("fd00:8::7", "fd00:2::2")):
        name = "Icmp6InEchos" if ":" in src else "IcmpInEchos"
        count = lambda: int(bob.run(
            f"nstat -asz {name}").stdout.split()[-2])
        before = count()
        alice.run(f"ping -q -c 3 -i 0.01 -W 0.2 -I {src} {dst}", check=False)
        got[src] = count() - before
    return got


def dropped(router):
    return sum(d["packets"] for d in router.show("drops")["drops"]
               if d["counter"] in ("ips_reverse", "i6s_reverse")
               and d["interface"] == "left")


def test_reverse_path(net):
    router = net.daemon(CONF.format(left="reverse_path = strict"))
    alice, bob = hosts(router)
    assert arrive(alice, bob) == {
        "10.0.1.2": 3, "192.0.2.7": 0, "203.0.113.7": 0,
        "fd00:1::2": 3, "fd00:9::7": 0, "fd00:8::7": 0}
    assert dropped(router) == 12
    with open(router.conf, encoding="utf-8") as f:
        conf = f.read()
    with open(router.conf, "w", encoding="utf-8") as f:
        f.write(conf.replace("strict", "loose"))
    router.spate("reload")
    assert arrive(alice, bob) == {
        "10.0.1.2": 3, "192.0.2.7": 3, "203.0.113.7": 0,
        "fd00:1::2": 3, "fd00:9::7": 3, "fd00:8::7": 0}
    assert dropped(router) == 18
    assert [i["reverse_path"] for i in
            router.show("interfaces")["interfaces"]] == ["loose", None]
    # What was for the router itself is told, too.
    alice.run("ping -q -c 2 -i 0.01 10.0.1.1")
    assert any(p["protocol"] == "icmp" and p["interface"] == "left"
               and p["passed"] >= 2 for p in router.show("punts")["punts"])
