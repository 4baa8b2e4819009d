# SPDX-License-Identifier: BSD-2-Clause
"""The drivers tap and xdp between real kernel hosts.

devbounce forwards frames between two devices; hosts at its devices ping and
send TCP to each other through it.
"""
import os
import resource
import signal
import subprocess
import time

import pytest

from lib import wait_for

DEVBOUNCE = os.environ.get("DEVBOUNCE", os.path.join(
    os.path.dirname(os.path.abspath(__file__)),
    "../../build/tests/tools/devbounce"))

# The parent of devbounce -u is ended by a signal while it waits in recvmsg();
# under the thread sanitizer the handler of a signal may wait for ever there.
privileged_parent = pytest.mark.skipif(
    os.environ.get("SANITIZE") == "thread",
    reason="the thread sanitizer puts off signals")

RECEIVE = """
import socket, sys
s = socket.create_server(("::", 5001), family=socket.AF_INET6,
                         dualstack_ipv6=True)
c, _ = s.accept()
n = 0
while True:
    b = c.recv(1 << 20)
    if not b:
        break
    if b.strip(b"spate") != b"":
        sys.exit("the bytes are not what was sent")
    n += len(b)
print(n)
"""

SEND = """
import socket, sys
s = socket.create_connection((sys.argv[1], 5001), timeout=5)
s.settimeout(20)
for i in range(int(sys.argv[2])):
    s.sendall(b"spate" * 209715)
"""

BURST = """
import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for i in range(int(sys.argv[2])):
    s.sendto(b"spate", (sys.argv[1], 9))
"""


class Bounce:
    """A running devbounce, and what it said in the end."""

    def __init__(self, host, args):
        self.process = host.start(f"{DEVBOUNCE} {args}", text=True,
                                  stdout=subprocess.PIPE,
                                  stderr=subprocess.PIPE)
        if self.process.stdout.readline() != "ready\n":
            raise AssertionError("devbounce: " + self.process.stderr.read())

    def stop(self):
        """Its devices by name, each with its values."""
        self.process.send_signal(signal.SIGTERM)
        out, self.said = self.process.communicate(timeout=10)
        assert self.process.returncode == 0, self.said
        devices, missing = {}, None
        for line in out.splitlines():
            line, _, note = line.partition(" note=")
            values = dict(word.split("=", 1) for word in line.split())
            missing = values.get("missing", missing)
            if "device" in values:
                values["note"] = note
                devices[values["device"]] = values
        assert missing == "0", f"{missing} buffers missing"
        return devices

    def kill(self):
        self.process.kill()
        self.process.communicate(timeout=10)


def refused(host, args):
    """What devbounce says when it cannot open its devices."""
    done = host.run(f"{DEVBOUNCE} -t 1 {args}", check=False)
    assert done.returncode == 1, done.stdout
    return done.stdout


def configure(host, dev, n):
    host.address(dev, f"10.99.0.{n}/24", f"fd99::{n}/64")
    host.run(f"ip link set {dev} up")


def ping(host, to):
    host.pings(to, "-c 5 -i 0.05 -W 2")


def receive(host):
    """A receiver of one connection, which listens."""
    receiver = host.start(f"python3 -c '{RECEIVE}'", text=True,
                          stdout=subprocess.PIPE)
    wait_for("the receiver listens",
             lambda: ":5001" in host.run("ss -Hltn").stdout)
    return receiver


def transfer(a, b, to, megabytes):
    """TCP from one host to the other, whole and unchanged."""
    receiver = receive(b)
    try:
        a.run(f"python3 -c '{SEND}' {to} {megabytes}")
        out = receiver.communicate(timeout=30)[0]
    finally:
        receiver.kill()
    assert out.strip() == str(megabytes * 5 * 209715)


def both_ways(a, b, megabytes):
    for to in ("10.99.0.2", "fd99::2"):
        ping(a, to)
        transfer(a, b, to, megabytes)
    transfer(b, a, "10.99.0.1", megabytes)


def taps(net, options=""):
    """Two hosts at two taps of a devbounce that runs."""
    hosts, mid = (net.host("a"), net.host("b")), net.host("mid")
    bounce = Bounce(mid, f"{options} tap:tap1 tap:tap2")
    for n, host in enumerate(hosts, 1):
        mid.run(f"ip link set tap{n} netns {host.holder.pid}")
        configure(host, f"tap{n}", n)
    return *hosts, bounce


def veths(net, queues=2, peer=None):
    """Two hosts, each with a veth to a third: xdp1 and xdp2."""
    hosts, mid = (net.host("a"), net.host("b")), net.host("mid")
    peer = peer or queues
    for n, host in enumerate(hosts, 1):
        mid.run(f"ip link add xdp{n} numrxqueues {queues} numtxqueues {queues}"
                f" type veth peer name eth0 netns {host.holder.pid}"
                f" numrxqueues {peer} numtxqueues {peer}")
        mid.run(f"ethtool -L xdp{n} rx {queues} tx {queues}", check=False)
        host.run(f"ethtool -L eth0 rx {peer} tx {peer}", check=False)
        mid.run(f"ip link set xdp{n} up")
        configure(host, "eth0", n)
    return *hosts, mid


def link(host, dev):
    return host.run(f"ip -d link show {dev}").stdout


def features(host, dev):
    """What is on; wishes apart."""
    return host.run(f"ethtool -k {dev}").stdout.replace(" [requested on]", "")


def programs(host):
    """How many interfaces run a program."""
    return host.run("ip -o link").stdout.count("prog/xdp")


def test_tap_moves_large_segments_whole(net):
    a, b, bounce = taps(net)
    both_ways(a, b, 50)
    for dev in bounce.stop().values():
        assert dev["queues"] == "2/2", dev
        assert int(dev["gso"]) > 100 and int(dev["max"]) > 60000, dev
        assert dev["lost"] == dev["rx_errors"] == "0", dev


def test_tap_without_offloads(net):
    a, b, bounce = taps(net, "-n")
    both_ways(a, b, 5)
    for dev in bounce.stop().values():
        assert dev["gso"] == dev["partial"] == "0", dev
        assert int(dev["max"]) <= 1514, dev


@privileged_parent
def test_tap_opened_by_a_privileged_parent(net):
    a, b, bounce = taps(net, "-u")
    both_ways(a, b, 5)
    bounce.stop()


@privileged_parent
def test_tap_of_the_user_is_left_as_found(net):
    mid = net.host("mid")
    mid.run("ip tuntap add dev one mode tap")
    mid.run("ip tuntap add dev many mode tap multi_queue")
    mid.run("ip link set many up mtu 1400")
    seen = [features(mid, dev) for dev in ("one", "many")]
    bounce = Bounce(mid, "-u tap:one tap:many")
    assert ",UP" in link(mid, "one")
    devices = bounce.stop()
    assert devices["one"]["queues"] == "1/1", devices
    assert devices["many"]["queues"] == "2/2", devices
    assert devices["many"]["mtu"] == "1400", devices
    assert ",UP" not in link(mid, "one")
    assert ",UP" in link(mid, "many")
    assert seen == [features(mid, dev) for dev in ("one", "many")]


def test_tap_is_gone_after_kill(net):
    mid = net.host("mid")
    for _ in range(2):
        bounce = Bounce(mid, "tap:tap1 tap:tap2")
        assert mid.links() == {"tap1", "tap2"}
        bounce.kill()
        assert mid.links() == set()


def test_tap_deleted_while_in_use(net):
    mid = net.host("mid")
    bounce = Bounce(mid, "tap:tap1 tap:tap2")
    mid.run("ip link delete tap1")
    time.sleep(0.5)
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    devices = bounce.stop()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert "deleted" in devices["tap1"]["note"], devices
    # It slept, instead of being woken by a dead descriptor.
    assert after.ru_utime + after.ru_stime < (
        before.ru_utime + before.ru_stime + 0.3)


def test_tap_deleted_under_a_daemon(net):
    router = net.daemon('''
        interface left {
            driver = tap  device = left  address = 10.0.1.1/24
        }
        interface right {
            driver = tap  device = right  address = 10.0.2.1/24
        }''')
    right = router.neighbour("right", "10.0.2.2/24", via="10.0.2.1")
    router.host.run("ip link delete left")
    wait_for("the log says so", lambda: "left is gone" in router.log())
    ping(right, "10.0.2.1")


def test_tap_refusals_say_why(net):
    mid = net.host("mid")
    mid.run("ip link add veth0 type veth peer name veth1")
    assert "no tap" in refused(mid, "tap:veth0 tap:tap2")
    mid.run("ip tuntap add dev used mode tap")
    bounce = Bounce(mid, "tap:used tap:tap2")
    assert "another program" in refused(mid, "tap:used tap:tap3")
    bounce.stop()


def test_xdp_forwards_both_ways_on_two_queues(net):
    a, b, mid = veths(net)
    bounce = Bounce(mid, "xdp:xdp1 xdp:xdp2")
    assert programs(mid) == 2
    both_ways(a, b, 20)
    for dev in bounce.stop().values():
        assert dev["queues"].startswith("2/"), dev
        assert int(dev["partial"]) > 100, dev
        assert "tx off" in dev["note"] or "no buffer" in dev["note"], dev
        assert dev["lost"] == dev["rx_errors"] == dev["tx_errors"] == "0", dev
    assert "native" in bounce.said
    assert "checksums unfinished" in bounce.said
    assert programs(mid) == 0


def test_xdp_with_finished_checksums(net):
    a, b, mid = veths(net)
    for host in (a, b):
        host.run("ethtool -K eth0 tx off")
    bounce = Bounce(mid, "xdp:xdp1 xdp:xdp2")
    both_ways(a, b, 5)
    for dev in bounce.stop().values():
        assert int(dev["partial"]) < 8, dev	# by chance
    assert "unfinished" not in bounce.said


def test_xdp_with_one_queue(net):
    a, b, mid = veths(net, queues=1)
    bounce = Bounce(mid, "xdp:xdp1 xdp:xdp2")
    both_ways(a, b, 5)
    for dev in bounce.stop().values():
        assert dev["queues"] == "1/1", dev


def test_xdp_with_more_queues_than_cpus(net):
    a, b, mid = veths(net, queues=4)
    bounce = Bounce(mid, "xdp:xdp1 xdp:xdp2")
    both_ways(a, b, 5)
    for dev in bounce.stop().values():
        assert dev["queues"] == "4/1", dev


def test_xdp_and_tap_together(net):
    a, _, mid = veths(net)
    b = net.host("c")
    bounce = Bounce(mid, "-n xdp:xdp1 tap:tap2")
    mid.run(f"ip link set tap2 netns {b.holder.pid}")
    configure(b, "tap2", 2)
    both_ways(a, b, 5)
    bounce.stop()


@privileged_parent
def test_xdp_opened_by_a_privileged_parent(net):
    a, b, mid = veths(net)
    bounce = Bounce(mid, "-u xdp:xdp1 xdp:xdp2")
    both_ways(a, b, 5)
    bounce.stop()
    assert programs(mid) == 0


def test_xdp_starts_again_after_kill(net):
    a, _, mid = veths(net)
    for _ in range(3):
        bounce = Bounce(mid, "xdp:xdp1 xdp:xdp2")
        ping(a, "10.99.0.2")
        bounce.kill()
        wait_for("no program is left", lambda: programs(mid) == 0)


def test_xdp_interface_is_left_as_found(net):
    _, _, mid = veths(net)
    mid.run("ip link set xdp1 down")
    seen = features(mid, "xdp1")
    bounce = Bounce(mid, "xdp:xdp1 xdp:xdp2")
    assert ",UP" in link(mid, "xdp1")
    assert "allmulti 1" in link(mid, "xdp1")
    bounce.stop()
    assert ",UP" not in link(mid, "xdp1")
    assert "allmulti 0" in link(mid, "xdp1")
    assert ",UP" in link(mid, "xdp2")
    assert seen == features(mid, "xdp1")


def test_xdp_refusals_say_why(net):
    _, _, mid = veths(net)
    assert "no such interface" in refused(mid, "xdp:nosuch xdp:xdp2")
    assert "no Ethernet" in refused(mid, "xdp:lo xdp:xdp2")
    bounce = Bounce(mid, "xdp:xdp1 xdp:xdp2")
    mid.run("ip link add xdp3 type veth peer name xdp4")
    assert "another program" in refused(mid, "xdp:xdp3 xdp:xdp1")
    bounce.stop()


def test_xdp_tells_overload_from_large_frames(net):
    a, _, mid = veths(net)
    bounce = Bounce(mid, "xdp:xdp1 xdp:xdp2")
    ping(a, "10.99.0.2")
    bounce.process.send_signal(signal.SIGSTOP)
    a.run(f"python3 -c '{BURST}' 10.99.0.2 6000")
    bounce.process.send_signal(signal.SIGCONT)
    ping(a, "10.99.0.2")
    note = bounce.stop()["xdp1"]["note"]
    assert "no buffer was ready" in note, note


def test_xdp_tells_a_raised_mtu_from_large_frames(net):
    a, _, mid = veths(net)
    bounce = Bounce(mid, "xdp:xdp1 xdp:xdp2")
    ping(a, "10.99.0.2")
    mid.run("ip link set xdp1 mtu 4000")
    a.run("ip link set eth0 mtu 4000")
    a.run("ping -n -c 3 -i 0.1 -W 1 -s 3000 10.99.0.2", check=False)
    ping(a, "10.99.0.2")
    note = bounce.stop()["xdp1"]["note"]
    assert "over 1800 bytes: ip link set xdp1 mtu 1500" in note, note


def test_xdp_refusal_of_a_driver_is_explained(net):
    a, b, mid = veths(net, queues=1, peer=2)
    bounce = Bounce(mid, "xdp:xdp1 xdp:xdp2")
    ping(a, "10.99.0.2")
    # Large segments are lost, which the note says.
    receiver = receive(b)
    a.run(f"timeout 2 python3 -c '{SEND}' 10.99.0.2 1", check=False)
    receiver.kill()
    note = bounce.stop()["xdp1"]["note"]
    assert "over 1800 bytes" in note, note
    assert "more transmit queues" in bounce.said
