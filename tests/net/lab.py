# SPDX-License-Identifier: BSD-2-Clause
"""One router with three kernel hosts around it, and what looks at packets.

    alice 10.0.1.2 -- [left  router  right] -- 10.0.2.2 bob
                            [small, 1280 bytes] -- 10.0.3.2 carol

and fd00:1::2 and so on.  Every host's device is eth0: the kernel's end of a
tap, or the other end of a veth that the router serves by AF_XDP or AF_PACKET.
"""
import json
import os
import re
import subprocess

import pytest

from lib import die_with_parent, wait_for

# As long as the claims about the product are, instead of as short as serves.
LONG = bool(os.environ.get("SPATE_NET_LONG"))

NAMES = {"left": "alice", "right": "bob", "small": "carol"}
NUMBER = {"left": 1, "right": 2, "small": 3}
MTU = {"small": 1280}
FINISHED = "tx off tso off gso off"	# ethtool: no work left to a device

# The packets in which a checksum is there and wrong (0), in any protocol.
BAD_CHECKSUM = " || ".join(
    f"{name}.checksum.status == 0"
    for name in ("ip", "icmp", "icmpv6", "tcp", "udp"))
BAD_CONTROL_CHECKSUM = " || ".join(
    f"{name}.checksum.status == 0" for name in ("ip", "icmp", "icmpv6"))
CHECK = [word for name in ("ip", "tcp", "udp")
         for word in ("-o", f"{name}.check_checksum:TRUE")]
# What iperf3 sends is no protocol, whatever its port or its first bytes mean.
NO_GUESS = [word for name in ("tcp", "udp")
            for word in ("-d", f"{name}.port==1-65535,data")]


class Lab:
    """driver: tap, xdp or packet, for all links or by name, as
    {"left": "tap"}; sysctl: more of that section; dad: how often the router
    asks whether an address of its own is another's, a second each."""

    def __init__(self, net, driver, queues=2, ethtool=None, more="",
                 mtu=1500, sysctl="", dad=0):
        self.net = net
        self.driver = driver
        self.mtu = mtu
        self.sysctl = f"net.inet6.ip6.dad_count = {dad}\n{sysctl}"
        self.host = net.host("router")
        self.hosts = {dev: net.host(name) for dev, name in NAMES.items()}
        for dev in NAMES:
            if self.of(dev) != "tap":
                self._veth(dev, queues, self._finished(dev, ethtool))
        self.conf_text = self._conf(queues) + more
        self.router = net.daemon(self.conf_text, host=self.host, ready=False)
        self._ready()
        for dev in NAMES:
            if self.of(dev) == "tap":
                self.host.run(f"ip link set {dev} name eth0 netns "
                              f"{self.hosts[dev].holder.pid}")
            self._configure(dev)
        self.wait_addresses()

    def of(self, dev):
        return self.driver if isinstance(self.driver, str) else \
            self.driver[dev]

    def _finished(self, dev, ethtool):
        """AF_XDP does not tell which checksums the kernel left unfinished."""
        if ethtool is None:
            return FINISHED if self.of(dev) == "xdp" else ""
        return ethtool

    @property
    def alice(self):
        return self.hosts["left"]

    @property
    def bob(self):
        return self.hosts["right"]

    @property
    def carol(self):
        return self.hosts["small"]

    def _conf(self, queues):
        conf = f"cpus = 2\nsysctl {{ {self.sysctl} }}\n"
        for dev, n in NUMBER.items():
            mtu = f"mtu = {MTU[dev]}" if dev in MTU else \
                f"mtu = {self.mtu}" if self.mtu != 1500 else ""
            conf += (f"interface {dev} {{ driver = {self.of(dev)}  "
                     f"device = {dev}  queues = {queues}  {mtu}\n"
                     f"    address = {{10.0.{n}.1/24, fd00:{n}::1/64}} }}\n")
        return conf

    def _veth(self, dev, queues, ethtool):
        peer = self.hosts[dev]
        many = f"numrxqueues {queues} numtxqueues {queues}"
        self.host.run(f"ip link add {dev} {many} type veth peer name eth0 "
                      f"netns {peer.holder.pid} {many}")
        if ethtool:
            peer.run(f"ethtool -K eth0 {ethtool}")
        self.host.run(f"ip link set {dev} mtu {self.mtu} up")

    def _ready(self):
        try:
            self.router.wait_ready()
        except AssertionError:
            if "has no AF_XDP" in self.router.log():
                pytest.skip("this kernel has no AF_XDP")
            raise

    def _configure(self, dev):
        n, host = NUMBER[dev], self.hosts[dev]
        # A larger MTU than the router's: it has to tell.
        host.run(f"ip link set eth0 mtu {self.mtu} up")
        # Or it answers some of traceroute's probes only.
        host.run("echo 0 > /proc/sys/net/ipv4/icmp_ratelimit && "
                 "echo 0 > /proc/sys/net/ipv6/icmp/ratelimit")
        host.address("eth0", f"10.0.{n}.2/24", f"fd00:{n}::2/64")
        host.run(f"ip route add default via 10.0.{n}.1")
        host.run(f"ip -6 route add default via fd00:{n}::1")

    def configure_again(self, dev):
        """What the kernel forgot when the device went down."""
        n, host = NUMBER[dev], self.hosts[dev]
        host.run(f"ip address add fd00:{n}::2/64 dev eth0 nodad;"
                 f"ip route add default via 10.0.{n}.1;"
                 f"ip -6 route add default via fd00:{n}::1", check=False)

    def wait_addresses(self):
        """Duplicate address detection is over."""
        wait_for("no address is tentative", lambda: not any(
            a["tentative"] for i in self.interfaces()
            for a in i["addresses"]))

    def interfaces(self):
        return self.router.show("interfaces")["interfaces"]

    def interface(self, name):
        return next(i for i in self.interfaces() if i["name"] == name)

    def drops(self):
        """Packets by interface and reason."""
        return {(d["interface"], d["reason"]): d["packets"]
                for d in self.router.show("drops")["drops"]}

    def balance(self):
        """All that came in, and all that became of it."""
        cpus = self.router.show("cpus")["cpus"]
        return tuple(sum(c[name] for c in cpus for name in names)
                     for names in (("received", "originated", "copied"),
                                   ("delivered", "sent", "merged", "dropped",
                                    "held")))

    def wait_balanced(self):
        """Once nothing moves, every packet is accounted for."""
        wait_for(f"the balance is even, it is {self.balance()}",
                 lambda: len(set(self.balance())) == 1, 8)

    def alive(self):
        """Each end answers within a second, as it did before."""
        assert self.router.process.poll() is None, self.router.log()
        for to in "10.0.2.2", "fd00:2::2", "10.0.1.1", "fd00:1::1":
            self.alice.ping(to, "-c 1 -W 1")
        self.router.show("version")


class Capture:
    """What a host's eth0 sees, at most count packets."""

    def __init__(self, net, host, what="", count=2000, device="eth0"):
        self.path = net.path(f"{host.name}-{len(os.listdir(net.folder))}.pcap")
        self.process = host.start(
            f"tcpdump -Z root --immediate-mode -U -n -i {device} "
            f"-c {count} -w {self.path} {what}",
            stderr=subprocess.PIPE, text=True)
        line = self.process.stderr.readline()
        assert "listening on" in line, line

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.communicate(timeout=10)

    def packets(self, which, *options):
        """One line for each packet that tshark's filter lets through."""
        return subprocess.run(
            ["tshark", "-n", "-r", self.path, *CHECK, *NO_GUESS, *options,
             "-Y", which],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
            check=True, preexec_fn=die_with_parent).stdout

    def check(self, bad=BAD_CONTROL_CHECKSUM):
        """Nothing is malformed, and no checksum wrong."""
        wrong = self.packets(f"_ws.malformed || {bad}")
        assert wrong == "", wrong


def iperf(client, server, to, options):
    """The JSON of an iperf3 client, with a server for it alone."""
    with server.start("iperf3 -s -1", stdout=subprocess.DEVNULL) as serving:
        try:
            wait_for("iperf3 listens",
                     lambda: ":5201" in server.run("ss -Hltn").stdout)
            done = client.run(f"iperf3 -J -c {to} {options}", check=False)
            result = json.loads(done.stdout)
            assert done.returncode == 0, result.get("error")
        finally:
            serving.kill()
    return result


def interval_bytes(result):
    """Bytes of the sum of all streams in each whole interval, by direction."""
    return {way: [i[way]["bytes"] for i in result["intervals"]
                  if i[way]["seconds"] > 0.5]
            for way in ("sum", "sum_bidir_reverse")
            if way in result["intervals"][0]}


def lost(ping):
    """What ping -q says: packets that did not come back."""
    sent, received = map(int, re.search(
        r"(\d+) packets transmitted, (\d+) received", ping).groups())
    return sent - received
