# SPDX-License-Identifier: BSD-2-Clause
"""VRFs with the same addresses, a network leaked between them, routes by
several gateways and to nowhere, with kernel hosts on all sides.
"""
import json
import re
import subprocess

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

THREE = """
    cpus = 2
    interface from {{ driver = tap device = from address = 10.0.0.1/24 }}
    interface one {{ driver = tap device = one address = 10.0.1.1/24 }}
    interface two {{ driver = tap device = two address = 10.0.2.1/24 }}
    interface three {{ driver = tap device = three address = 10.0.3.1/24 }}
    route 172.16.0.0/24 {{ via = {{{via}}} }}
    sysctl {{ net.link.neigh.reachable = 500  net.link.neigh.delay = 100 }}
    """

ENDS = """
    interface in { driver = tap device = in
        address = {10.0.0.1/24, fd00::1/64} }
    route 10.1.0.0/16 { blackhole = yes }
    route fd01::/16 { blackhole = yes }
    route 10.2.0.0/16 { unreachable = yes }
    route fd02::/16 { unreachable = yes }
    route 10.3.0.0/16 { prohibit = yes }
    route fd03::/16 { prohibit = yes }
    """

CUSTOMERS = """
    interface one { driver = tap device = one address = 10.1.0.1/24 }
    interface two { driver = tap device = two address = 10.2.0.1/24 }
    """


def rewrite(router, text):
    """The file of a daemon, with the control section it was started with."""
    with open(router.conf, "w", encoding="utf-8") as f:
        f.write(text + f'\ncontrol {{ socket = "{router.socket}" }}\n')


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


def echo_ways(client, wanted=64):
    """For each destination the gateway that it goes by, told by the TTL of
    its replies; all must answer."""
    out = client.run(f"for i in $(seq 1 {wanted}); do ping -n -c 1 -W 3 "
                     "172.16.0.$i & done; wait").stdout
    found = {dst: int(ttl) for dst, ttl in re.findall(
        r"bytes from ([\d.]+): icmp_seq=1 ttl=(\d+)", out)}
    assert len(found) == wanted, out
    return found


def gateways(router, names):
    """Hosts that all have the destinations, each with a TTL of its own: 101,
    102, ... as the client sees it."""
    ends = {}
    for n, name in enumerate(names, 1):
        end = router.neighbour(name, f"10.0.{n}.2/24", via=f"10.0.{n}.1")
        end.run("ip route add local 172.16.0.0/24 dev lo")
        end.sysctl("ipv4/ip_default_ttl", 101 + n)
        ends[name] = end
    return ends


def group(router):
    """The next hops that are used, with their slots."""
    route = [r for r in router.show("routes")["routes"]
             if r["prefix"] == "172.16.0.0/24"][0]
    return {w["interface"]: w["slots"] for w in route["ways"] if w["used"]}


def changes(before, after):
    """From which to which gateway destinations went, and how many."""
    assert before.keys() == after.keys()
    return {(before[d], after[d]) for d in before if before[d] != after[d]}


def test_gateways_come_and_go(net):
    """Links are lost, gateways fall silent, the configuration changes; only
    the share of who comes or goes moves."""
    router = net.daemon(THREE.format(via="10.0.1.2, 10.0.2.2"))
    client = router.neighbour("from", "10.0.0.2/24", via="10.0.0.1")
    ends = gateways(router, ["one", "two", "three"])
    for n in 1, 2, 3:	# known, so that nothing waits
        client.ping(f"10.0.{n}.2")
    first = echo_ways(client)
    assert set(first.values()) == {101, 102}
    assert group(router) == {"one": 128, "two": 128}
    assert "10.0.2.2" in router.spate("show", "routes")
    assert echo_ways(client) == first

    # A third, by reload; and out again, by hand.
    rewrite(router, THREE.format(via="10.0.1.2, 10.0.2.2, 10.0.3.2"))
    router.spate("reload")
    three = echo_ways(client)
    assert changes(first, three) == {(101, 103), (102, 103)}
    assert sorted(group(router).values()) == [85, 85, 86]
    router.spate("route", "change", "172.16.0.0/24", "via", "10.0.1.2",
                 "via", "10.0.3.2")
    assert changes(three, echo_ways(client)) <= {(102, 101), (102, 103)}
    router.spate("reload")
    three = echo_ways(client)

    # A link is lost.
    ends["two"].run("ip link set two down")
    wait_for("it is not used", lambda: "two" not in group(router))
    assert changes(three, echo_ways(client)) == {(102, 101), (102, 103)}
    ends["two"].run("ip link set two up")
    ends["two"].run("ip route add default via 10.0.2.1")
    wait_for("it is used again", lambda: "two" in group(router))
    assert echo_ways(client) == three

    # One does not answer any more.
    mac = [i["mac"] for i in router.show("interfaces")["interfaces"]
           if i["name"] == "three"][0]
    ends["three"].run(f"ip neigh replace 10.0.3.1 lladdr {mac} dev three "
                      "nud permanent")
    ends["three"].sysctl("ipv4/conf/three/arp_ignore", 8)

    wait_for("it is not used",
             lambda: echo_ways(client) and "three" not in group(router))
    assert changes(three, echo_ways(client)) == {(103, 101), (103, 102)}
    ends["three"].sysctl("ipv4/conf/three/arp_ignore", 0)
    wait_for("it is used again", lambda: "three" in group(router))
    assert echo_ways(client) == three


def test_ends_of_ways(net):
    """Packets that go nowhere, and what their senders hear."""
    router = net.daemon(ENDS)
    host = router.neighbour("in", "10.0.0.2/24", "fd00::2/64", via="10.0.0.1")
    host.run("ip -6 route add default via fd00::1")
    wait_for("no address is tentative", lambda: not any(
        a["tentative"] for i in router.show("interfaces")["interfaces"]
        for a in i["addresses"]))
    for to, says in (
            ("10.1.0.1", None), ("fd01::1", None),
            ("10.2.0.1", "From 10.0.0.1 icmp_seq=1 Destination Host "
             "Unreachable"),
            ("fd02::1", "From fd00::1 icmp_seq=1 Destination unreachable: "
             "Unknown code 6"),	# reject route (RFC 4443, 3.1)
            ("10.3.0.1", "From 10.0.0.1 icmp_seq=1 Packet filtered"),
            ("fd03::1", "From fd00::1 icmp_seq=1 Destination unreachable: "
             "Administratively prohibited")):
        out = host.run(f"ping -n -c 1 -W 1 {to}", check=False).stdout
        assert "1 packets transmitted, 0 received" in out, out
        assert says in out if says else "From" not in out, out
    drops = router.spate("show", "drops")
    for reason in "is a blackhole", "says unreachable", "says prohibited":
        assert drops.count(reason) >= 2, drops


def test_vrfs_by_reload(net):
    """Made, given another name under traffic, and gone."""
    router = net.daemon(CUSTOMERS)
    one = router.neighbour("one", "10.1.0.2/24", via="10.1.0.1")
    two = router.neighbour("two", "10.2.0.2/24", via="10.2.0.1")
    one.ping("10.2.0.2")
    red = CUSTOMERS.replace("10.1.0.1/24", "10.1.0.1/24 vrf = red") + """
        vrf red { id = 3 }
        route 10.1.0.0/24 { table = red }
        """
    rewrite(router, red)
    router.spate("reload")
    one = router.neighbour("one", "10.1.0.2/24", via="10.1.0.1")
    out = one.run("ping -n -c 1 -W 1 10.2.0.2", check=False).stdout
    assert "From 10.1.0.1" in out and "Net Unreachable" in out, out
    rewrite(router, red + "route 10.2.0.0/24 { vrf = red  table = main }")
    router.spate("reload")
    one.ping("10.2.0.2")
    two.ping("10.1.0.2")

    # Another name is no reason to lose anything.
    with one.start("ping -n -i 0.02 -c 100 10.2.0.2", text=True,
                   stdout=subprocess.PIPE) as ping:
        for name in "blue", "green":
            rewrite(router, (red + "route 10.2.0.0/24 { vrf = red  table = "
                             "main }").replace("= red", "= " + name)
                    .replace("vrf red", "vrf " + name))
            router.spate("reload")
        assert "100 received" in ping.communicate()[0]
    assert {v["name"]: v["id"] for v in router.show("vrfs")["vrfs"]} == {
        "main": 0, "green": 3}

    # What was added by hand goes with it.
    router.spate("route", "add", "10.77.0.0/16", "blackhole", "vrf", "green")
    router.spate("route", "add", "10.78.0.0/16", "table", "green")
    rewrite(router, CUSTOMERS)
    router.spate("reload")
    routes = router.show("routes")["routes"]
    assert {r["vrf"] for r in routes} == {"main"}
    assert not [r for r in routes if r["protocol"] == "runtime"]
    one = router.neighbour("one", "10.1.0.2/24", via="10.1.0.1")
    one.ping("10.2.0.2")
