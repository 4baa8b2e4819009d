# SPDX-License-Identifier: BSD-2-Clause
"""Policies of interfaces, with kernel hosts that lie about who they are.

    alice 10.0.1.2 -- [left  router  right] -- 10.0.2.2 bob
"""
import subprocess

from lib import wait_for

# What the kernel says of the DS field of one datagram.
LISTEN = r"""
import socket, sys
v6 = ":" in sys.argv[1]
s = socket.socket(socket.AF_INET6 if v6 else socket.AF_INET, socket.SOCK_DGRAM)
s.setsockopt(41 if v6 else 0, 66 if v6 else 13, 1)
s.bind((sys.argv[1], 5001))
s.settimeout(20)
print("ready", flush=True)
print(int.from_bytes(s.recvmsg(2048, 64)[1][0][2], "little"), flush=True)
"""
SPEAK = r"""
import socket, sys
v6 = ":" in sys.argv[1]
s = socket.socket(socket.AF_INET6 if v6 else socket.AF_INET, socket.SOCK_DGRAM)
s.setsockopt(41 if v6 else 0, 67 if v6 else 1, 0xb9)
s.sendto(b"x", (sys.argv[1], 5001))
"""

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


def ds_field(speaker, listener, to):
    with listener.start(f"python3 -c '{LISTEN}' {to}",
                        stdout=subprocess.PIPE, text=True) as listening:
        try:
            assert listening.stdout.readline() == "ready\n"
            speaker.run(f"python3 -c '{SPEAK}' {to}")
            return int(listening.stdout.readline())
        finally:
            listening.kill()


def test_dscp(net):
    router = net.daemon(CONF.format(left="dscp = af21"))
    alice, bob = hosts(router)
    # The codepoint is the interface's, ECN the sender's.
    assert ds_field(alice, bob, "10.0.2.2") == 18 << 2 | 1
    assert ds_field(alice, bob, "fd00:2::2") == 18 << 2 | 1
    assert ds_field(bob, alice, "10.0.1.2") == 0xb9
    assert ds_field(bob, alice, "fd00:1::2") == 0xb9
    assert [i["dscp"] for i in
            router.show("interfaces")["interfaces"]] == [18, None]
