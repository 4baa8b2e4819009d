# SPDX-License-Identifier: BSD-2-Clause
"""Router discovery, with judges that are not ours: a kernel host configures
itself by what Spate advertises, rdisc6 and tshark read it.
"""
import re

from lab import Capture
from lib import wait_for

ADVERTISED = """
    cpus = 2
    interface left { driver = tap  device = left
        address = {"2001:db8:1::1/64", "10.0.1.1/24"} }
    interface right { driver = tap  device = right
        address = "2001:db8:2::1/64" }
    advertise left {
        interval_max = 4  interval_min = 3  lifetime = 30
        preference = high  mtu = 1480  hop_limit = 33  other = yes
        reachable_time = 20000  retrans_timer = 1500
        dns = {"2001:db8::53"}  dns_search = {"example.org", "lab.example"}
    }
    advertise_prefix "2001:db8:7::/64" { interface = left  on_link = no
        valid_lifetime = infinite  preferred_lifetime = 100 }
    advertise right { lifetime = 0  valid_lifetime = 600
        preferred_lifetime = 300 }
    """


def autoconf_host(router, device):
    """A kernel host that believes router advertisements."""
    host = router.net.host(device)
    host.sysctl("ipv6/conf/default/accept_ra", 2)
    router.host.run(f"ip link set {device} netns {host.holder.pid}")
    host.sysctl(f"ipv6/conf/{device}/accept_ra", 2)
    host.sysctl(f"ipv6/conf/{device}/router_solicitation_delay", 0)
    host.run(f"ip link set {device} up")
    return host


def global_address(host, prefix):
    return re.search(rf"inet6 ({prefix}\S*)/64 scope global dynamic (?!tent)",
                     host.run("ip -6 address").stdout)


def test_kernel_hosts(net):
    router = net.daemon(ADVERTISED)
    left = autoconf_host(router, "left")
    with Capture(net, left, "icmp6", device="left") as capture:
        right = autoconf_host(router, "right")
        wait_for("a host has made its address", lambda: all(
            (global_address(left, "2001:db8:1:"),
             global_address(left, "2001:db8:7:"),
             global_address(right, "2001:db8:2:"))))
        routes = left.run("ip -6 route").stdout
        # default via fe80::… proto ra metric 1024 expires 30sec mtu 1480
        # hoplimit 33 pref high
        default = re.search("^default via fe80::.*", routes, re.M)[0]
        assert "proto ra" in default and "pref high" in default, routes
        assert "hoplimit 33" in default and "mtu 1480" in default, routes
        assert "2001:db8:1::/64" in routes, routes
        assert "2001:db8:7::/64" not in routes, routes
        for name, value in ("mtu", 1480), ("hop_limit", 33):
            path = f"/proc/sys/net/ipv6/conf/left/{name}"
            assert int(left.run(f"cat {path}").stdout) == value
        # One without a lifetime is nobody's default router.
        assert "default" not in right.run("ip -6 route").stdout
        right.run("ip -6 route add default via 2001:db8:2::1")
        address = global_address(right, "2001:db8:2:")[1]
        left.ping(address)
        read = left.run("rdisc6 -1 left").stdout
        router.stop()
        # Its last word: no default router any more.
        wait_for("the last advertisement is there", lambda: capture.packets(
            "icmpv6.type == 134 && icmpv6.nd.ra.router_lifetime == 0"))
    check_read(read)
    capture.check()
    fields = capture.packets(
        "icmpv6.type == 134 && icmpv6.nd.ra.router_lifetime == 30",
        "-T", "fields", "-e", "icmpv6.nd.ra.cur_hop_limit",
        "-e", "icmpv6.nd.ra.flag.prf", "-e", "icmpv6.nd.ra.reachable_time",
        "-e", "icmpv6.nd.ra.retrans_timer", "-e", "icmpv6.opt.mtu",
        "-e", "ipv6.hlim", "-e", "icmpv6.opt.rdnss")
    assert set(fields.splitlines()) == {
        "33\t1\t20000\t1500\t1480\t255\t2001:db8::53"}, fields


RADVD = """interface wan {
    AdvSendAdvert on; MinRtrAdvInterval 3; MaxRtrAdvInterval 10;
    AdvLinkMTU 1400; AdvDefaultPreference high; AdvCurHopLimit 77;
    prefix 2001:db8:9::/64 { AdvOnLink on; AdvAutonomous on;
        AdvValidLifetime 1000; AdvPreferredLifetime 500; };
    prefix 2001:db8:a::/64 { AdvOnLink off; AdvAutonomous on; };
};
"""


def test_radvd(net):
    """Spate configures itself by what radvd says."""
    router = net.daemon("""
        interface wan { driver = tap  device = wan  accept_ra = yes }
        interface lan { driver = tap  device = lan
            address = "2001:db8:b::1/64" }""")
    isp = router.neighbour("wan", "2001:db8:9::1/64", "2001:db8:a::1/64")
    lan = router.neighbour("lan", "2001:db8:b::2/64", via="2001:db8:b::1")
    isp.sysctl("ipv6/conf/all/forwarding", 1)
    isp.run("ip address add 2001:db8:f::1/128 dev lo")
    conf = net.path("radvd.conf")
    with open(conf, "w", encoding="utf-8") as f:
        f.write(RADVD)
    radvd = isp.start(f"radvd -n -u root -C {conf} -p {net.path('radvd.pid')}")
    wait_for("two addresses that are in use", lambda: len([
        a for a in router.show("routers")["addresses"]
        if a["state"] == "preferred"]) == 2)
    assert router.show("changes")["changes"] == []	# nobody's hand
    shown = router.show("routers")
    assert [r["preference"] for r in shown["routers"]] == ["high"], shown
    assert [n["prefix"] for n in shown["networks"]] == ["2001:db8:9::/64"]
    addresses = {a["address"]: a for a in shown["addresses"]}
    (own,) = [a for a in addresses if a.startswith("2001:db8:9:")]
    assert "ff:fe" not in own
    assert 900 < addresses[own]["left"] <= 1000
    assert 400 < addresses[own]["preferred"] <= 500
    isp.ping(own.split("/")[0])
    with Capture(net, isp, "icmp6", device="wan") as capture:
        router.spate("ping", "-c", "1", "2001:db8:f::1")
        wait_for("the hop limit that radvd says", lambda: "77" in
                 capture.packets("icmpv6.type == 128", "-T", "fields", "-e",
                                 "ipv6.hlim"))
    # The link takes 1400 bytes of IPv6, so others are told.
    isp.run(f"ip -6 route add 2001:db8:b::/64 via {own.split('/')[0]}")
    too_big = lan.run("ping -n -c 1 -W 2 -M do -s 1400 2001:db8:f::1",
                      check=False).stdout
    assert "mtu=1400" in too_big or "mtu: 1400" in too_big, too_big
    lan.ping("2001:db8:f::1")
    radvd.terminate()
    radvd.wait()
    wait_for("it takes itself back",
             lambda: router.show("routers")["routers"] == [])


def check_read(read):
    """What rdisc6 makes of it."""
    for what in ("Hop limit +: +33 ",
                 "Stateful address conf. +: +No",
                 "Stateful other conf. +: +Yes",
                 "Router preference +: +high",
                 "Router lifetime +: +30 ",
                 "Reachable time +: +20000 ",
                 "Retransmit time +: +1500 ",
                 r"MTU +: +1480 bytes \(valid\)",
                 "Prefix +: 2001:db8:1::/64",
                 "Prefix +: 2001:db8:7::/64",
                 "Valid time +: +2592000 ",
                 "Valid time +: +infinite ",
                 "Pref. time +: +100 ",
                 "Recursive DNS server +: 2001:db8::53",
                 "DNS server lifetime +: +12 ",
                 "DNS search list +: example.org lab.example"):
        assert re.search(what, read), (what, read)


def test_changes(net):
    """A reload changes what is told; what is left out is taken back."""
    router = net.daemon(ADVERTISED)
    left = autoconf_host(router, "left")
    wait_for("a default router", lambda: "pref high" in left.run(
        "ip -6 route").stdout)
    with open(router.conf, encoding="utf-8") as f:
        text = f.read()
    with open(router.conf, "w", encoding="utf-8") as f:
        f.write(text.replace("preference = high", "preference = low"))
    router.spate("reload")
    wait_for("another preference", lambda: "pref low" in left.run(
        "ip -6 route").stdout)
    shown = router.show("routers")["advertised"]
    assert {s["interface"]: s["preference"] for s in shown} == {
        "left": "low", "right": "medium"}
    with open(router.conf, "w", encoding="utf-8") as f:
        f.write(re.sub(r"advertise left \{.*?\n    \}", "", text,
                       flags=re.S).replace("interface = left  on_link",
                                           "interface = right  on_link"))
    router.spate("reload")
    wait_for("no default router", lambda: "default" not in left.run(
        "ip -6 route").stdout)
