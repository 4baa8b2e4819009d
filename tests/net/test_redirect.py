# SPDX-License-Identifier: BSD-2-Clause
"""Redirects, with a kernel host that heeds them.

    alice 10.0.1.2 --+-- [left  router  right] -- 10.0.2.2 bob
    carol 10.0.1.3 --+        (10.9.0.0/16 and fd00:9::/32 are behind carol)
"""
import re

from lib import wait_for

CONF = """
    cpus = 2
    sysctl { net.inet6.ip6.dad_count = 0
        net.inet.ip.redirect = %u  net.inet6.ip6.redirect = %u }
    interface left { driver = tap  device = left
        address = {10.0.1.1/24, fd00:1::1/64} }
    interface right { driver = tap  device = right
        address = {10.0.2.1/24, fd00:2::1/64} }
    route 10.9.0.0/16 { via = 10.0.1.3 }
    route fd00:9::/32 { via = fe80::3%%left }
"""


def lab(net, on):
    """alice and carol share the link "left": a bridge of its own host."""
    router = net.daemon(CONF % (on, on))
    hub = net.host("hub")
    router.host.run(f"ip link set left netns {hub.holder.pid}")
    hub.run("ip link add br0 type bridge mcast_snooping 0;"
            "ip link set left master br0 up; ip link set br0 up")
    hosts = []
    for n, name in enumerate(("alice", "carol"), 2):
        host = net.host(name)
        hub.run(f"ip link add {name} type veth peer name eth0 "
                f"netns {host.holder.pid};"
                f"ip link set {name} master br0 up")
        host.sysctl("ipv6/conf/eth0/accept_dad", 0)
        host.run("ip link set eth0 up")
        host.address("eth0", f"10.0.1.{n}/24", f"fd00:1::{n}/64")
        host.run("ip route add default via 10.0.1.1;"
                 "ip -6 route add default via fe80::1", check=False)
        hosts.append(host)
    alice, carol = hosts
    carol.address("eth0", "fe80::3/64")
    carol.run("ip addr add 10.9.9.9/32 dev lo;"
              "ip addr add fd00:9::9/128 dev lo nodad")
    alice.run("ip addr add 192.0.2.9/32 dev lo")
    alice.sysctl("ipv4/conf/eth0/accept_redirects", 1)
    alice.sysctl("ipv4/conf/all/accept_redirects", 1)
    alice.sysctl("ipv6/conf/eth0/accept_redirects", 1)
    mine = next(a["address"] for i in router.show("interfaces")["interfaces"]
                if i["name"] == "left" for a in i["addresses"]
                if a["address"].startswith("fe80"))
    alice.run(f"ip -6 route replace default via {mine.split('/')[0]} "
              "dev eth0")
    return router, alice, carol


def redirects(router):
    return {c["layer"]: c["value"]
            for c in router.show("counters")["counters"]
            if c["text"] == "redirects sent"}


def way(host, to):
    """The next hop that the kernel would use now."""
    found = re.search(r" via (\S+)", host.run(f"ip route get {to}").stdout)
    return found[1] if found else None


def test_kernel_heeds(net):
    router, alice, carol = lab(net, 1)
    assert way(alice, "10.9.9.9") == "10.0.1.1"
    alice.ping("10.9.9.9")
    wait_for("alice goes by carol herself",
             lambda: way(alice, "10.9.9.9") == "10.0.1.3")
    alice.ping("fd00:9::9")
    wait_for("alice goes by carol herself",
             lambda: way(alice, "fd00:9::9") == "fe80::3")
    sent = redirects(router)
    assert sorted(sent) == ["icmp", "icmp6"]
    # Her packets do not come by us any more.
    alice.ping("10.9.9.9")
    alice.ping("fd00:9::9")
    assert redirects(router) == sent
    # Who is not on the link is not told.
    alice.run("ping -c 1 -W 1 -I 192.0.2.9 10.9.9.9", check=False)
    assert redirects(router) == sent



def test_off(net):
    router, alice, _ = lab(net, 0)
    alice.ping("10.9.9.9")
    alice.ping("fd00:9::9")
    assert way(alice, "10.9.9.9") == "10.0.1.1"
    assert redirects(router) == {}
