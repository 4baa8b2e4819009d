# SPDX-License-Identifier: BSD-2-Clause
"""VRFs with the same addresses, a network leaked between them, and routes by
several gateways, with kernel hosts on all sides.
"""
import json
import re

from lib import wait_for

# Two sites that know nothing of each other, and a network of services that
# knows one network of each.
SITES = """
    cpus = 2
    vrf red { id = 1 }
    vrf blue { id = 2 }
    vrf services { id = 7 }
    interface r1 { driver = tap device = r1 vrf = red
        address = {10.0.0.1/24, fd00:1::1/64} }
    interface r2 { driver = tap device = r2 vrf = red address = 10.0.1.1/24 }
    interface b1 { driver = tap device = b1 vrf = blue
        address = {10.0.0.1/24, fd00:1::1/64} }
    interface b2 { driver = tap device = b2 vrf = blue address = 10.0.1.1/24 }
    interface s { driver = tap device = s vrf = services
        address = {10.9.0.1/24, fd00:9::1/64} }
    route 10.9.0.0/24 { vrf = red  table = services }
    route fd00:9::/64 { vrf = red  table = services }
    route 10.9.0.0/24 { vrf = blue  table = services }
    route 10.0.0.0/24 { vrf = services  table = red }
    route fd00:1::/64 { vrf = services  table = red }
    route 10.0.1.0/24 { vrf = services  table = blue }
    route 10.66.0.0/16 { vrf = red  prohibit = yes }
    """

BOTH = """
    cpus = 2
    interface from { driver = tap device = from address = 10.0.0.1/24 }
    interface one { driver = tap device = one address = 10.0.1.1/24 }
    interface two { driver = tap device = two address = 10.0.2.1/24 }
    route 172.16.0.0/24 { via = {10.0.1.2, 10.0.2.2} }
    """


def echoes(host):
    """Echo requests that a host's kernel got."""
    lines = re.findall("^Icmp: (.*)", host.run("cat /proc/net/snmp").stdout,
                       re.M)
    return int(dict(zip(lines[0].split(), lines[1].split()))["InEchos"])


def test_sites(net):
    router = net.daemon(SITES)
    r1 = router.neighbour("r1", "10.0.0.2/24", "fd00:1::2/64", via="10.0.0.1")
    r2 = router.neighbour("r2", "10.0.1.2/24", via="10.0.1.1")
    b1 = router.neighbour("b1", "10.0.0.2/24", "fd00:1::2/64", via="10.0.0.1")
    b2 = router.neighbour("b2", "10.0.1.2/24", via="10.0.1.1")
    s = router.neighbour("s", "10.9.0.2/24", "fd00:9::2/64", via="10.9.0.1")
    r1.run("ip -6 route add default via fd00:1::1")
    s.run("ip -6 route add default via fd00:9::1")
    wait_for("no address is tentative", lambda: not any(
        a["tentative"] for i in router.show("interfaces")["interfaces"]
        for a in i["addresses"]))

    # The same addresses, each in its own.
    r1.ping("10.0.1.2")
    assert (echoes(r2), echoes(b2)) == (3, 0)
    b2.ping("10.0.0.2")
    assert (echoes(r1), echoes(b1)) == (0, 3)
    # The services, from the network of each that they know.
    r1.ping("10.9.0.2")
    b2.ping("10.9.0.2")
    r1.ping("fd00:9::2", "-c 3 -i 0.1 -W 2")
    s.ping("10.0.0.2")
    assert echoes(r1) == 3
    # The router's own addresses, and what it has to say, from each side.
    r1.ping("10.0.0.1")
    b2.ping("10.9.0.1")
    out = r1.run("ping -n -c 1 -W 1 10.66.0.1", check=False).stdout
    assert "From 10.0.0.1" in out and "Packet filtered" in out, out
    out = b1.run("ping -n -c 1 -W 1 10.66.0.1", check=False).stdout
    assert "From 10.0.0.1" in out and "Net Unreachable" in out, out
    out = r1.run("ping -n -c 1 -t 1 -W 1 10.9.0.2", check=False).stdout
    assert "From 10.0.0.1" in out and "Time to live exceeded" in out, out

    asks_by_vrf(router, r2, b2)


def asks_by_vrf(router, r2, b2):
    before = echoes(r2), echoes(b2)
    assert "2 received" in router.spate(
        "ping", "-c", "2", "-i", "0.1", "-V", "blue", "10.0.1.2")
    assert (echoes(r2), echoes(b2)) == (before[0], before[1] + 2)
    assert "1 received" in router.spate(
        "ping", "-c", "1", "-V", "red", "127.0.0.1")
    assert "known: main, red, blue, services" in router.spate(
        "ping", "-V", "green", "10.0.1.2", status=1)
    routes = json.loads(router.spate("show", "--json", "-V", "red",
                                     "routes"))["routes"]
    assert {r["vrf"] for r in routes} == {"red"}
    ways = {r["prefix"]: (r["type"], r["via"]) for r in routes}
    assert ways["10.9.0.0/24"] == ("table", "services")
    assert ways["10.66.0.0/16"] == ("prohibit", "")
    vrfs = {v["name"]: v for v in router.show("vrfs")["vrfs"]}
    assert [i["name"] for i in vrfs["blue"]["interfaces"]] == ["b1", "b2"]
    assert vrfs["services"]["id"] == 7
    assert vrfs["main"]["ninterfaces"] == 0


def test_two_gateways(net):
    """Destinations go both ways, and each always the same."""
    router = net.daemon(BOTH)
    client = router.neighbour("from", "10.0.0.2/24", via="10.0.0.1")
    ends = [router.neighbour(dev, f"10.0.{n}.2/24", via=f"10.0.{n}.1")
            for dev, n in (("one", 1), ("two", 2))]
    for end in ends:
        end.run("ip route add local 172.16.0.0/24 dev lo")
    pings = ("for i in $(seq 1 64); do "
             "ping -q -c 1 -W 3 172.16.0.$i || echo lost & done; wait")
    assert "lost" not in client.run(pings).stdout
    first = [echoes(end) for end in ends]
    assert sum(first) == 64 and min(first) >= 12, first
    assert "lost" not in client.run(pings).stdout
    assert [echoes(end) for end in ends] == [2 * n for n in first]
    group = [r for r in router.show("routes")["routes"]
             if r["prefix"] == "172.16.0.0/24"][0]
    assert group["type"] == "group"
    assert [(w["via"], w["used"], w["slots"]) for w in group["ways"]] == \
        [("10.0.1.2", True, 128), ("10.0.2.2", True, 128)]
    assert "10.0.2.2" in router.spate("show", "routes")
