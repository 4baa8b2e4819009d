# SPDX-License-Identifier: BSD-2-Clause
"""Routes, neighbours, addresses and tunables by hand, in a running daemon."""
import pytest

from lib import wait_for
from test_reload import rewrite

ROUTER = """
sysctl { net.inet6.ip6.dad_count = 0 }
interface left {
    driver = tap  device = left  address = {10.0.1.1/24, fd00:1::1/64}
}
interface right {
    driver = tap  device = right  address = {10.0.2.1/24, fd00:2::1/64}
}
interface narrow { driver = tap  device = narrow  mtu = 1000 }
route 10.7.0.0/16 { via = 10.0.2.2 }
neighbour 10.0.2.70 { interface = right  mac = 02:00:00:00:00:70 }
"""


def routes(router):
    """What was made by hand or by the file: prefix to what it says."""
    return {r["prefix"]: (r["protocol"], r["type"], r["distance"])
            for r in router.show("routes")["routes"]
            if r["protocol"] in ("static", "runtime")}


def permanent(router):
    return {n["address"]: n["mac"]
            for n in router.show("neighbours")["neighbours"]
            if n["state"] == "permanent"}


def addresses(router, name):
    return {a["address"] for i in router.show("interfaces")["interfaces"]
            if i["name"] == name for a in i["addresses"]}


def test_route(net):
    router = net.daemon(ROUTER)
    alice = router.neighbour("left", "10.0.1.2/24", "fd00:1::2/64",
                             via=["10.0.1.1", "fd00:1::1"])
    bob = router.neighbour("right", "10.0.2.2/24", "fd00:2::2/64",
                           "10.9.0.1/32", "fd09::1/128",
                           via=["10.0.2.1", "fd00:2::1"])
    router.spate("route", "add", "10.9.0.0/16", "via", "10.0.2.2")
    router.spate("route", "add", "fd09::/16", "via", "fd00:2::2",
                 "interface", "right", "preference", "7")
    alice.ping("10.9.0.1")
    alice.ping("fd09::1")
    assert routes(router)["10.9.0.0/16"] == ("runtime", "gateway", 1)
    assert routes(router)["fd09::/16"] == ("runtime", "gateway", 7)
    out = router.spate("route", "add", "10.9.0.0/16", "blackhole", status=1)
    assert "there is a route to 10.9.0.0/16 already" in out
    router.spate("route", "change", "10.9.0.0/16", "unreachable")
    assert "Unreachable" in alice.run("ping -n -c 1 -W 2 10.9.0.1",
                                      check=False).stdout
    router.spate("route", "delete", "10.9.0.0/16")
    assert "10.9.0.0/16" not in routes(router)
    assert "there is no route" in router.spate(
        "route", "delete", "10.9.0.0/16", status=1)
    assert "belongs to an address" in router.spate(
        "route", "delete", "10.0.1.0/24", status=1)
    bob.ping("10.0.1.2")


def test_routes_of_a_file(net):
    router = net.daemon(ROUTER)
    file = net.path("routes")

    def batch(*lines, status=0):
        with open(file, "w", encoding="utf-8") as f:
            f.write("\n".join(lines))
        return router.spate("route", "-b", file, status=status)
    many = [f"10.{100 + i // 256}.{i % 256}.0/24" for i in range(5000)]
    assert batch("# all of them", "",
                 *(f"add {p} via 10.0.2.2" for p in many)) == ""
    assert {p for p, what in routes(router).items()
            if what == ("runtime", "gateway", 1)} == set(many)
    out = batch("change 10.7.0.0/16 blackhole  # the file's", "",
                "delete 10.100.0.0/24", "add 10.100.0.0/33 via 10.0.2.2",
                "delete 10.100.1.0/24", status=2)
    assert f"{file}:4: " in out and "2 changes before that" in out, out
    out = batch("delete 10.100.1.0/24", "delete 10.100.1.0/24", status=1)
    assert f"{file}:2: there is no route to 10.100.1.0/24" in out, out
    out = batch("delete 10.100.2.0/24", "delete 10.100.3.0/24 gladly",
                status=2)
    assert f'{file}:2: route does not know "gladly"' in out, out
    assert set(routes(router)) == set(many[3:]) | {"10.7.0.0/16"}
    assert batch(*(f"delete {p}" for p in many[3:])) == ""
    assert "has its own word about 1" in batch("delete 10.7.0.0/16")
    assert not routes(router)
    assert "No such file" in router.spate("route", "-b", file + "x", status=1)


def test_reload_leaves_what_the_file_does_not_name(net):
    router = net.daemon(ROUTER)
    router.spate("route", "add", "10.9.0.0/16", "via", "10.0.2.2")
    out = router.spate("route", "change", "10.7.0.0/16", "blackhole")
    assert "a reload brings back" in out
    assert routes(router)["10.7.0.0/16"][:2] == ("runtime", "blackhole")
    router.spate("neigh", "add", "10.0.2.71", "lladdr", "02:00:00:00:00:71",
                 "interface", "right")
    router.spate("neigh", "change", "10.0.2.70", "lladdr",
                 "02:00:00:00:00:99", "interface", "right")
    router.spate("address", "add", "10.3.0.1/24", "interface", "right")
    router.spate("address", "delete", "fd00:2::1/64", "interface", "right")
    router.spate("reload")
    assert routes(router) == {"10.9.0.0/16": ("runtime", "gateway", 1),
                              "10.7.0.0/16": ("static", "gateway", 1)}
    assert permanent(router) == {"10.0.2.70": "02:00:00:00:00:70",
                                 "10.0.2.71": "02:00:00:00:00:71"}
    assert {"10.3.0.1/24", "fd00:2::1/64"} <= addresses(router, "right")
    router.spate("route", "delete", "10.7.0.0/16")
    assert "10.7.0.0/16" not in routes(router)
    router.spate("reload")
    assert "10.7.0.0/16" in routes(router)


def changes(router):
    """ "- route ..." and so on; what people and programs see is the same."""
    listed = [f"{c['sign']} {c['text']}"
              for c in router.show("changes")["changes"]]
    seen = router.spate("show", "changes")
    assert all(one[2:] in seen for one in listed)
    return set(listed)


# What is done, and what differs from the file afterwards.
BY_HAND = [
    ("route add 10.9.0.0/16 via 10.0.2.2 via 10.0.1.2",
     {'+ route "10.9.0.0/16" { via = {"10.0.1.2", "10.0.2.2"} }'}),
    ("route add fd09::/16 via fe80::9 interface right preference 7",
     {'+ route "fd09::/16" { via = {"fe80::9"} interface = "right" '
      'preference = 7 }'}),
    ("route add fd0a::/16 via fe80::9%right via fe80::8%right",
     {'+ route "fd0a::/16" { via = {"fe80::8%right", "fe80::9%right"} }'}),
    ("route add 10.11.0.0/16 table main vrf blue",
     {'+ route "10.11.0.0/16" { vrf = "blue" table = "main" }'}),
    ("route add 10.12.0.0/16 prohibit",
     {'+ route "10.12.0.0/16" { prohibit = yes }'}),
    ("route change 10.7.0.0/16 blackhole",
     {'- route "10.7.0.0/16" { via = {"10.0.2.2"} }',
      '+ route "10.7.0.0/16" { blackhole = yes }'}),
    ("route delete 10.6.0.0/16",
     {'- route "10.6.0.0/16" { via = {"10.0.2.2"} }'}),
    ("neigh add 10.0.2.71 lladdr 02:00:00:00:00:71 interface right",
     {'+ neighbour "10.0.2.71" { interface = "right" '
      'mac = "02:00:00:00:00:71" }'}),
    ("neigh change 10.0.2.70 lladdr 02:00:00:00:00:99 interface right",
     {'- neighbour "10.0.2.70" { interface = "right" '
      'mac = "02:00:00:00:00:70" }',
      '+ neighbour "10.0.2.70" { interface = "right" '
      'mac = "02:00:00:00:00:99" }'}),
    ("address add 10.3.0.1/24 interface right",
     {'+ interface "right" { address = {"10.3.0.1/24"} }'}),
    ("address change fd00:2::1/48 interface right",
     {'- interface "right" { address = {"fd00:2::1/64"} }',
      '+ interface "right" { address = {"fd00:2::1/48"} }'}),
    ("address delete 10.4.0.1/24 interface right",
     {'- interface "right" { address = {"10.4.0.1/24"} }'}),
    ("sysctl net.inet.ip.ttl=33", {"+ sysctl { net.inet.ip.ttl = 33 }"}),
    ("sysctl net.isr.dispatch=deferred",
     {'+ sysctl { net.isr.dispatch = "deferred" }'}),
    ("sysctl net.inet6.ip6.hlim=33",
     {"- sysctl { net.inet6.ip6.hlim = 77 }",
      "+ sysctl { net.inet6.ip6.hlim = 33 }"}),
]
ALL = set.union(*(differs for _, differs in BY_HAND))
FILE = (ROUTER.replace("fd00:2::1/64", "fd00:2::1/64, 10.4.0.1/24")
        + "sysctl { net.inet6.ip6.hlim = 77 }\n"
        "vrf blue { id = 1 }\n"
        "route 10.6.0.0/16 { via = 10.0.2.2 }\n").replace(
            "sysctl { net.inet6.ip6.dad_count = 0 }\n", "").replace(
                "sysctl {", "sysctl { net.inet6.ip6.dad_count = 0 ")


@pytest.fixture(name="changed")
def fixture_changed(net):
    """A daemon in which everything that can be was changed by hand."""
    router = net.daemon(FILE)
    for command, _ in BY_HAND:
        router.spate(*command.split())
    assert changes(router) == ALL
    return router


def test_changes_are_listed(net):
    router = net.daemon(FILE)
    assert changes(router) == set()
    assert "all is as the file says" in router.spate("show", "changes")
    before = set()
    for command, differs in BY_HAND:
        router.spate(*command.split())
        after = changes(router)
        assert after - before == differs, command
        before = after


def test_changes_are_saved(changed):
    """The running configuration as the file: nothing happens but that."""
    before = changed.spate("show", "config")
    with open(changed.conf, "w", encoding="utf-8") as f:
        f.write(before)
    assert "undone" not in changed.spate("reload")
    assert changes(changed) == set()
    assert changed.spate("show", "config") == before
    assert {r["protocol"] for r in changed.show("routes")["routes"]} == \
        {"local", "connected", "static"}
    assert permanent(changed)["10.0.2.70"] == "02:00:00:00:00:99"
    assert changed.spate("sysctl", "net.inet.ip.ttl") == "net.inet.ip.ttl=33\n"


def test_reload_tells_what_it_undoes(changed):
    """The file has its word about some, and leaves the others alone."""
    named = {c for c in ALL if c[0] == "-"}
    spoken = named | {c for c in ALL if any(
        c.split('"')[1] in n and c[2:7] == n[2:7] for n in named
        if '"' in n and '"' in c and c[2] != "i")} \
        | {"+ sysctl { net.inet6.ip6.hlim = 33 }",
           '+ interface "right" { address = {"fd00:2::1/48"} }'}
    out = changed.spate("reload")
    assert "changes by hand that this has undone:\n" in out
    assert set(out.split("undone:\n")[1].splitlines()) == spoken
    assert changes(changed) == ALL - spoken
    assert "undone by it, a change by hand" in changed.log()
    assert "undone" not in changed.spate("reload")


def test_file_that_forgets(changed):
    """What was changed by hand stays when the file no longer names it."""
    rewrite(changed, FILE.replace("net.inet6.ip6.hlim = 77", "").replace(
        "route 10.7.0.0/16 { via = 10.0.2.2 }\n", "").replace(
            "route 10.6.0.0/16 { via = 10.0.2.2 }\n", "").replace(
                ", 10.4.0.1/24", "").replace("fd00:2::1/64", "fd02::1/64")
        .replace("neighbour 10.0.2.70", "neighbour 10.0.2.79"))
    assert "undone" not in changed.spate("reload")
    assert changes(changed) == {c for c in ALL if c[0] == "+"}


def test_interface_is_opened_anew(changed):
    """Changes that went with it come back; one that cannot is told."""
    rewrite(changed, FILE.replace("device = right", "device = right  mtu = "
                                  "1400"))
    changed.spate("reload")
    left = {c for c in ALL if c[0] == "+"} - {
        '+ route "10.7.0.0/16" { blackhole = yes }',
        '+ interface "right" { address = {"fd00:2::1/48"} }',
        "+ sysctl { net.inet6.ip6.hlim = 33 }",
        '+ neighbour "10.0.2.70" { interface = "right" '
        'mac = "02:00:00:00:00:99" }'}
    assert changes(changed) == left
    rewrite(changed, FILE.replace("interface right", "interface other")
            .replace("interface = right", "interface = other")
            .replace("vrf blue { id = 1 }\n", ""))
    out = changed.spate("reload")
    gone = {c for c in left if "right" in c or "blue" in c}
    assert set(out.split("undone:\n")[1].splitlines()) == gone
    assert changes(changed) == left - gone


def test_confirm_goes_back_to_changes(changed):
    rewrite(changed, FILE.replace("device = right", "device = right  mtu = "
                                  "1400"))
    before = changed.spate("show", "config")
    for end in "--undo", "fails":
        if end == "--undo":
            assert "undone:" in changed.spate("reload", "--confirm", "60")
            assert changed.spate("show", "config") != before
            changed.spate("confirm", "--undo")
        else:
            rewrite(changed, FILE + "interface third { driver = tap  "
                    "device = third }\n")
            changed.host.run("ip link add third type veth peer name fourth")
            changed.spate("reload", status=1)
        wait_for("it is as it was", lambda: changes(changed) == ALL)
        assert changed.spate("show", "config") == before


def test_file_gives_the_address_to_another(net):
    router = net.daemon(ROUTER)
    router.spate("address", "add", "10.3.0.1/24", "interface", "right")
    rewrite(router, ROUTER.replace("10.0.1.1/24", "10.0.1.1/24, 10.3.0.1/24"))
    out = router.spate("reload")
    assert '+ interface "right" { address = {"10.3.0.1/24"} }' in out
    assert "10.3.0.1/24" in addresses(router, "left")
    assert "10.3.0.1/24" not in addresses(router, "right")


def test_neighbour(net):
    router = net.daemon(ROUTER)
    right = "interface", "right"
    router.spate("neigh", "add", "fd00:2::7", "lladdr", "02:00:00:00:00:07",
                 *right)
    assert permanent(router)["fd00:2::7"] == "02:00:00:00:00:07"
    assert "already" in router.spate("neigh", "add", "fd00:2::7", "mac",
                                     "02:00:00:00:00:08", *right, status=1)
    router.spate("neigh", "change", "fd00:2::7", "mac", "02:00:00:00:00:08",
                 *right)
    assert permanent(router)["fd00:2::7"] == "02:00:00:00:00:08"
    router.spate("neigh", "delete", "fd00:2::7", *right)
    assert "fd00:2::7" not in permanent(router)
    assert "has no" in router.spate("neigh", "delete", "fd00:2::7", *right,
                                    status=1)


def test_address(net):
    router = net.daemon(ROUTER)
    bob = router.neighbour("right", "10.3.0.2/24", "fd03::2/64")
    right = "interface", "right"
    router.spate("address", "add", "10.3.0.1/24", *right)
    router.spate("address", "add", "fd03::1/64", *right)
    bob.ping("10.3.0.1")
    bob.ping("fd03::1")
    router.spate("address", "change", "10.3.0.1/16", *right)
    bob.ping("10.3.0.1")
    assert "10.3.0.1/16" in addresses(router, "right")
    assert "not 10.3.0.1/24" in router.spate(
        "address", "delete", "10.3.0.1/24", *right, status=1)
    router.spate("address", "delete", "10.3.0.1/16", *right)
    router.spate("address", "delete", "fd03::1/64", *right)
    assert addresses(router, "right") >= {"10.0.2.1/24", "fd00:2::1/64"}
    assert "3.0.1" not in str(addresses(router, "right"))
    assert "10.3.0.0/16" not in {r["prefix"] for r in
                                 router.show("routes")["routes"]}


def test_sysctl(net):
    router = net.daemon(ROUTER)
    assert router.spate("sysctl", "net.inet.ip.ttl") == "net.inet.ip.ttl=64\n"
    assert router.spate("sysctl", "net.inet.ip.ttl=33") == \
        "net.inet.ip.ttl=33\n"
    assert "net.inet.ip.ttl=33\n" in router.spate("sysctl")
    for wrong in "net.inet.ip.ttl=0", "net.inet.ip.ttl=x", "no.such", "=1":
        assert "expected" in (out := router.spate(
            "sysctl", wrong, status=2)) or "from 1 to 255" in out or \
            "no sysctl is named" in out


@pytest.mark.parametrize("command, says", [
    ("route add 10.9.1.0/16 via 10.0.2.2", 'did you mean "10.9.0.0/16"?'),
    ("route add 10.9.0.0 via 10.0.2.2", "prefix length is missing"),
    ("route add 10.9.0.0/33 via 10.0.2.2", "0 to 32"),
    ("route add ten/8 via 10.0.2.2", "IPv4 or IPv6 address"),
    ("route add 10.9.0.0/16 via 10.0.9.9", "is on no network of"),
    ("route add 10.9.0.0/16 via 10.0.2.1", "an address of this host"),
    ("route add 10.9.0.0/16 via 10.0.2.255", "the broadcast address"),
    ("route add 10.9.0.0/16 via fd00:2::2", "not an IPv4 address"),
    ("route add fd09::/16 via fe80::1", "an interface must be named"),
    ("route add fd09::/16 via fe80::1%up", 'no interface is named "up"'),
    ("route add fd09::/16 via fd00:2::2%right", "only a link-local address"),
    ("route add 10.9.0.0/16 via 10.0.2.2 interface left",
     "10.0.2.2 is on no network of left"),
    ("route add 10.9.0.0/16 via 10.0.2.2 interface lef",
     'no interface is named "lef"; there are: left, right'),
    ("route add 10.9.0.0/16 via 10.0.2.2 blackhole", "one of via ADDRESS"),
    ("route add 10.9.0.0/16", "one of via ADDRESS"),
    ("route add 10.9.0.0/16 via 10.0.2.2 preference 256", "1 to 255"),
    ("route add 10.9.0.0/16 via 10.0.2.2 preference x", "1 to 255"),
    ("route add 10.9.0.0/16 via 10.0.2.2 via 10.0.2.2", "given twice"),
    ("route add 10.9.0.0/16 blackhole vrf none", "no VRF is named"),
    ("route add 10.9.0.0/16 nowhere", 'does not know "nowhere"'),
    ("route add 10.9.0.0/16 via", '"via" wants a value'),
    ("route put 10.9.0.0/16 blackhole", "usage: "),
    ("neigh add 10.0.2.7 interface right", '"mac" is missing'),
    ("neigh add 10.0.2.7 mac 02:00:00:00:00:07", '"interface" is missing'),
    ("neigh add 10.0.2.7 mac 03:00:00:00:00:07 interface right",
     "this is a group's"),
    ("neigh add 10.0.1.7 mac 02:00:00:00:00:07 interface right",
     "is on no network of right"),
    ("address add 10.0.3.0/24 interface right", "the network's own address"),
    ("address add 10.0.3.1 interface right", "prefix length is missing"),
    ("address add 224.0.0.1/24 interface right", "a multicast address"),
    ("address add 10.0.3.1/24 interface nowhere", "no interface is named"),
])
def test_mistakes(shared, command, says):
    out = shared.spate(*command.split(), status=2)
    assert says in out, out
    assert len(routes(shared)) == 1


@pytest.mark.parametrize("command, says", [
    ("address add 10.0.1.1/24 interface right", "an address of left already"),
    ("address add 10.0.2.1/16 interface right", "has the address"),
    ("address add fd00:9::1/64 interface narrow", "which needs 1280"),
    ("address delete 10.0.9.1/24 interface right", "has no address"),
    ("route change 10.9.0.0/16 blackhole", "there is no route"),
])
def test_refusals(shared, command, says):
    out = shared.spate(*command.split(), status=1)
    assert says in out, out


@pytest.fixture(scope="module", name="shared")
def fixture_shared():
    from lib import Net
    network = Net()
    try:
        yield network.daemon(ROUTER)
    finally:
        network.close()
