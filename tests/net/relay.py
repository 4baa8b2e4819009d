# SPDX-License-Identifier: BSD-2-Clause
"""A link that is as bad as one asks for, between two hosts: what the tester is
judged by.

    left's eth0 -- [left  relay's own host  right] -- right's eth0

or, where one host is both left and right (ends), its interfaces one and two.
"""
import json
import os
import signal
import subprocess

RELAY = os.environ.get("RELAY", os.path.join(
    os.path.dirname(os.path.abspath(__file__)),
    "../../build/tests/tools/relay"))
# No frames but those that are tried, and none left unfinished to a device.
SILENT = "; ".join([
    "echo 1 > /proc/sys/net/ipv6/conf/{0}/disable_ipv6",
    "ethtool -K {0} tx off tso off gso off gro off rxvlan off txvlan off",
    "ip link set {0} up"])


class Relay:
    """Between the eth0 of two hosts, which it makes, until stop()."""

    def __init__(self, net, options="", mtu=1500, ends=None):
        self.host = net.host("relay")
        self.hosts = {name: ends or net.host(name)
                      for name in ("left", "right")}
        for (name, host), end in zip(
                self.hosts.items(), ("one", "two")):
            end = end if ends else "eth0"
            self.host.run(f"ip link add {name} mtu {mtu} type veth peer name "
                          f"{end} mtu {mtu} netns {host.holder.pid}")
            self.host.run(SILENT.format(name))
            host.run(SILENT.format(end))
        self.process = None
        self.start(options)

    @property
    def left(self):
        return self.hosts["left"]

    @property
    def right(self):
        return self.hosts["right"]

    def start(self, options):
        self.process = self.host.start(f"{RELAY} {options} left right",
                                       stdout=subprocess.PIPE, text=True)
        assert self.process.stdout.readline() == "ready\n"

    def stop(self):
        """Its counts, by the interface that frames came by."""
        self.process.send_signal(signal.SIGTERM)
        out = self.process.communicate(timeout=20)[0]
        assert self.process.returncode == 0, out
        return json.loads(out)
