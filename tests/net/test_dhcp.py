# SPDX-License-Identifier: BSD-2-Clause
"""DHCP and DHCPv6 through the relay, with clients and servers that others
wrote: busybox, ISC and dnsmasq.

    client -- [lan 10.0.1.1  router  far 10.0.2.1] -- 10.0.2.2 server

The client has no address; the server's is on another network.
"""
import os
import re
import shutil
import subprocess

import pytest

from lab import Capture
from lib import die_with_parent, wait_for

SERVER, SERVER6 = "10.0.2.2", "fd00:2::2"
CONF = """
    cpus = 2
    sysctl {{ net.inet6.ip6.dad_count = 0 }}
    interface lan {{
        driver = tap  device = lan
        address = {{10.0.1.1/24, 10.0.9.1/24, fd00:1::1/64}}
    }}
    interface far {{
        driver = tap  device = far  address = {{10.0.2.1/24, fd00:2::1/64}}
    }}
    dhcp_relay lan {{ server = {{{servers}}}  {more} }}"""


def program(name):
    """Where a judge is; none of them is part of a small installation."""
    path = shutil.which(name, path=os.environ.get("PATH", "") +
                        ":/usr/sbin:/sbin")
    if path is None:
        pytest.skip(f"no {name} here")
    return path


class Relay:
    def __init__(self, net, more="", servers=f"{SERVER}, {SERVER6}"):
        self.net = net
        self.router = net.daemon(CONF.format(servers=servers, more=more))
        self.server = self.router.neighbour(
            "far", f"{SERVER}/24", f"{SERVER6}/64",
            via=("10.0.2.1", "fd00:2::1"))
        self.client = self.router.neighbour("lan")
        wait_for("no address is tentative", lambda: not any(
            a["tentative"]
            for i in self.router.show("interfaces")["interfaces"]
            for a in i["addresses"]))

    def file(self, name, text=""):
        path = self.net.path(name)
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)
        return path

    def serve(self, command, port):
        """A server that listens; it ends with the test."""
        log = open(self.net.path("server.log"), "w", encoding="utf-8")
        serving = self.server.start(command, stdout=log, stderr=log)
        self.net.processes.append(serving)

        def listens():
            assert serving.poll() is None, self.log()
            return f":{port}" in self.server.run("ss -Hlun").stdout
        wait_for("the server listens", listens)

    def log(self):
        with open(self.net.path("server.log"), encoding="utf-8") as f:
            return f.read()

    def dnsmasq(self, more):
        self.serve(
            f"{program('dnsmasq')} -k -p 0 --log-dhcp --log-facility=- --no-ping "
            f"-u root --dhcp-leasefile={self.net.path('leases')} -C /dev/null "
            f"-i far {more}", 67 if "10.0" in more else 547)

    def dhcpd(self, family, text):
        """ISC's: strict about what relays do."""
        conf = self.file("dhcpd.conf", text)
        leases = self.file("dhcpd.leases")
        self.serve(f"{program('dhcpd')} -{family} -f -d -cf {conf} -lf "
                   f"{leases} --no-pid -user root -group root far",
                   67 if family == 4 else 547)

    def udhcpc(self, options=""):
        """busybox's client, once; what it was given."""
        script = self.file("udhcpc.sh", '#!/bin/sh\n'
                           '[ "$1" = bound ] && env\nexit 0\n')
        os.chmod(script, 0o755)
        out = self.client.run(
            f"{program('udhcpc')} -f -n -q -t 8 -T 1 -i lan -s {script} "
            f"{options}").stdout
        return dict(re.findall(r"^(\w+)=(.*)$", out, re.M))

    def dhclient(self, family, options=""):
        """ISC's client, in the foreground, or it would stay; its lease file."""
        leases = self.file(f"dhclient{family}.leases")
        done = {4: "fixed-address", 6: "iaaddr"}[family]

        def lease():
            with open(leases, encoding="utf-8") as f:
                text = f.read()
            return text if done in text and text.endswith("}\n") else None
        asking = self.client.start(
            f"{program('dhclient')} -{family} -d -1 -sf /bin/true "
            f"-lf {leases} -cf /dev/null --no-pid {options} lan",
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.net.processes.append(asking)
        return wait_for("the client has a lease", lease)

    def messages(self):
        return {m["counter"]: m["packets"]
                for m in self.router.show("dhcp")["messages"]}


def fields(capture, which, *names):
    """Of each message that tshark's filter lets through, right all of them."""
    asked = [word for name in names for word in ("-e", name)]
    tshark = ["tshark", "-n", "-r", capture.path, "-o",
              "udp.check_checksum:TRUE", "-o", "ip.check_checksum:TRUE"]
    wrong = "_ws.malformed || udp.checksum.status == 0 || " \
        "ip.checksum.status == 0"
    run = {"stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL,
           "text": True, "check": True, "preexec_fn": die_with_parent}
    assert subprocess.run([*tshark, "-Y", f"({which}) && ({wrong})"],
                          **run).stdout == ""
    out = subprocess.run([*tshark, "-T", "fields", "-E", "separator=;", *asked,
                          "-Y", which], **run).stdout
    return [line.split(";") for line in out.splitlines()]


@pytest.fixture(name="relay")
def fixture_relay(net):
    """Servers are ended by their own handle."""
    net.processes = []
    try:
        yield lambda *args, **more: Relay(net, *args, **more)
    finally:
        for process in net.processes:
            process.kill()
            process.wait()


POOL = """
    option domain-name-servers 192.0.2.53;
    default-lease-time 600;
    ping-check false;
    subnet 10.0.2.0 netmask 255.255.255.0 { }
    subnet 10.0.1.0 netmask 255.255.255.0 {
        option routers 10.0.1.1;
        range 10.0.1.50 10.0.1.60;
    }
    subnet 10.0.9.0 netmask 255.255.255.0 { range 10.0.9.50 10.0.9.60; }
    """
POOL6 = """
    default-lease-time 600;
    option dhcp6.name-servers 2001:db8::53;
    subnet6 fd00:2::/64 { }
    subnet6 fd00:1::/64 { range6 fd00:1::100 fd00:1::1ff; }
    """
RANGES = "-F 10.0.1.50,10.0.1.60,255.255.255.0,1h " \
    "-F 10.0.2.50,10.0.2.60,255.255.255.0,1h"


@pytest.mark.parametrize("broadcast", ["", "-B"])
def test_client_gets_an_address_of_its_link(relay, broadcast):
    """busybox asks dnsmasq; what the client sees is for it alone, or all."""
    r = relay()
    r.dnsmasq(RANGES)
    with Capture(r.net, r.client, "udp port 68", device="lan") as seen:
        given = r.udhcpc(broadcast)
    assert re.fullmatch(r"10\.0\.1\.(5\d|60)", given["ip"])
    assert given["serverid"] == SERVER
    replies = fields(seen, "udp.srcport == 67", "eth.dst", "ip.src", "ip.dst",
                     "udp.dstport", "dhcp.option.type")
    assert len(replies) >= 2
    for mac, src, dst, port, options in replies:
        assert (mac == "ff:ff:ff:ff:ff:ff") == bool(broadcast)
        assert dst == ("255.255.255.255" if broadcast else given["ip"])
        assert (src, port) == ("10.0.1.1", "68")
        assert "82" not in options.split(",")
    assert r.messages()["rls_requests"] >= 2
    assert r.messages()["rls_replies"] >= 2


def test_server_is_told_where_it_comes_from(relay):
    """ISC's server logs option 82 and gives by it; giaddr is as configured."""
    r = relay("address = 10.0.9.1 circuit = \"port 7\" remote = r1")
    r.dhcpd(4, POOL + """
        if exists agent.circuit-id {
            log(info, concat("circuit ", option agent.circuit-id,
                             " remote ", option agent.remote-id));
        }""")
    with Capture(r.net, r.server, "udp port 67", device="far") as seen:
        given = r.udhcpc()
    assert given["ip"].startswith("10.0.9.5")
    assert "circuit port 7 remote r1" in r.log()
    requests = fields(seen, "dhcp.type == 1", "ip.src", "udp.srcport",
                      "dhcp.ip.relay", "dhcp.hops",
                      "dhcp.option.agent_information_option.agent_circuit_id")
    assert len(requests) >= 2
    for request in requests:
        assert request == ["10.0.2.1", "67", "10.0.9.1", "1",
                           b"port 7".hex()]


def test_without_option_82_and_with_several_servers(relay):
    """Of two servers one is not there; ISC's client asks ISC's server."""
    r = relay("agent = no", servers=f"{SERVER}, 10.0.2.77")
    r.dhcpd(4, POOL)
    with Capture(r.net, r.server, "udp port 67 or arp", device="far") as seen:
        lease = r.dhclient(4)
    assert re.search(r"fixed-address 10\.0\.1\.5\d;", lease)
    assert "domain-name-servers 192.0.2.53" in lease
    for (options,) in fields(seen, "dhcp.type == 1", "dhcp.option.type"):
        assert "82" not in options.split(",")
    assert fields(seen, "arp.dst.proto_ipv4 == 10.0.2.77", "arp.opcode")


def test_busybox_server(relay):
    r = relay()
    conf = r.file("udhcpd.conf", f"""
        start 10.0.1.50
        end 10.0.1.60
        interface far
        lease_file {r.net.path("udhcpd.leases")}
        pidfile {r.net.path("udhcpd.pid")}
        option lease 600
        """)
    r.file("udhcpd.leases")
    r.serve(f"{program('udhcpd')} -f {conf}", 67)
    assert r.udhcpc()["ip"].startswith("10.0.1.")


@pytest.mark.parametrize("server", ["dnsmasq", "dhcpd"])
def test_dhcpv6(relay, server):
    """An address by DHCPv6, and the messages between relay and server."""
    r = relay("circuit = \"lan port\" hops = 3")
    if server == "dnsmasq":
        r.dnsmasq("-F fd00:1::100,fd00:1::1ff,64,1h "
                  "-F fd00:2::100,fd00:2::1ff,64,1h "
                  "-O option6:dns-server,[2001:db8::53]")
    else:
        r.dhcpd(6, POOL6)
    with Capture(r.net, r.server, "udp port 547", device="far") as seen:
        lease = r.dhclient(6)
    assert re.search(r"iaaddr fd00:1::1[0-9a-f]{2} ", lease)
    assert "2001:db8::53" in lease
    for src, link, peer, hops in fields(
            seen, "dhcpv6.msgtype == 12", "ipv6.src", "dhcpv6.linkaddr",
            "dhcpv6.peeraddr", "dhcpv6.hopcount"):
        assert (src, link, hops) == ("fd00:2::1", "fd00:1::1", "0")
        assert peer.startswith("fe80::")
    assert r.messages()["rls_requests6"] >= 2
    assert r.messages()["rls_replies6"] >= 2


def test_relay_goes_and_comes_by_reload(relay):
    """Without a relay nothing goes to the server; no packet is unaccounted."""
    r = relay()
    r.dnsmasq(RANGES)
    with open(r.router.conf, encoding="utf-8") as f:
        conf = f.read()
    with open(r.router.conf, "w", encoding="utf-8") as f:
        f.write(re.sub(r"dhcp_relay.*\n", "", conf))
    r.router.spate("reload")
    assert r.router.show("dhcp")["relays"] == []
    failed = r.client.run(f"{program('udhcpc')} -f -n -q -t 1 -T 1 -i lan "
                          "-s /bin/true", check=False)
    assert failed.returncode != 0
    with open(r.router.conf, "w", encoding="utf-8") as f:
        f.write(conf)
    r.router.spate("reload")
    assert r.udhcpc()["ip"].startswith("10.0.1.")
    assert [s["address"] for s in r.router.show("dhcp")["relays"][0]
            ["servers"]] == [SERVER, SERVER6]
