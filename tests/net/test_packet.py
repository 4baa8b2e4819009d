# SPDX-License-Identifier: BSD-2-Clause
"""The driver packet between real kernel hosts, and the user's own login.

test_traffic and test_router run on this driver too; here is what is special
about it: the kernel beside it hears nothing, tags that it took off are put
back, and devices change under it.
"""
import os
import signal
import socket
import struct
import time

import pytest
from scapy.layers.inet import IP, TCP, UDP
from scapy.layers.l2 import Dot1AD, Dot1Q, Ether

from lab import Capture, Lab
from lib import wait_for
from test_daemon import cpu_seconds, gone
from test_dev import (BURST, Bounce, both_ways, features, link, ping,
                      privileged_parent, refused, veths)

SOL_PACKET, PACKET_VNET_HDR = 263, 15
NEEDS_CSUM, GSO_TCPV4 = 1, 1
VLAN_FIELDS = [word for field in ("frame.len", "vlan.id", "vlan.priority",
                                  "ieee8021ad.id", "udp.dstport")
               for word in ("-e", field)]


def one_router(net, more="", conf="", env=None, before=(), ready=True,
               name="wan", driver="packet"):
    """A router with one interface, and the kernel's host on its link."""
    host, peer = net.host("router"), net.host("peer")
    host.run(f"ip link add {name} type veth peer name eth0 netns "
             f"{peer.holder.pid}")
    peer.run("ip link set eth0 up")
    peer.address("eth0", "10.0.1.2/24", "fd00:1::2/64")
    return host, peer, lambda: net.daemon(
        "sysctl { net.inet6.ip6.dad_count = 0 }\n"
        f"interface {name} {{ driver = {driver}  device = {name}  {more}\n"
        f"    address = {{10.0.1.1/24, fd00:1::1/64}} }}\n{conf}",
        host=host, env=env, before=before, ready=ready)


# -- frames through devbounce --

@pytest.mark.parametrize("queues", [2, 1])
def test_large_segments_cross_whole(net, queues):
    a, b, mid = veths(net, queues=queues)
    bounce = Bounce(mid, "packet:xdp1 packet:xdp2")
    both_ways(a, b, 50)
    for dev in bounce.stop().values():
        assert dev["queues"] == "2/2", dev
        assert int(dev["gso"]) > 100 and int(dev["max"]) > 60000, dev
        assert int(dev["partial"]) > 100, dev
        assert dev["lost"] == dev["rx_errors"] == dev["tx_errors"] == "0", dev
    how = "by the device's own" if queues == 2 else "by hash"
    assert f"2 queues {how}" in bounce.said


@privileged_parent
def test_opened_by_a_privileged_parent(net):
    a, b, mid = veths(net)
    bounce = Bounce(mid, "-u packet:xdp1 packet:xdp2")
    both_ways(a, b, 5)
    bounce.stop()


def test_segments_a_device_does_not_cut(net):
    """Before it is opened, and after."""
    a, b, mid = veths(net)
    mid.run("ethtool -K xdp1 tso off")
    bounce = Bounce(mid, "packet:xdp1 packet:xdp2")
    both_ways(a, b, 5)
    mid.run("ethtool -K xdp2 tso off")
    both_ways(a, b, 5)
    bounce.stop()
    assert "xdp1 (veth), 2 queues by the device's own, sends by" in bounce.said
    assert "xdp2 (veth), 2 queues by the device's own, sends past" \
        in bounce.said


def test_interface_is_left_as_found(net):
    _, _, mid = veths(net)
    mid.run("ip link set xdp1 down")
    seen = features(mid, "xdp1")
    bounce = Bounce(mid, "packet:xdp1 packet:xdp2")
    assert ",UP" in link(mid, "xdp1")
    assert "promiscuity 1" in link(mid, "xdp1")
    bounce.stop()
    assert ",UP" not in link(mid, "xdp1")
    assert "promiscuity 0" in link(mid, "xdp1")
    assert ",UP" in link(mid, "xdp2")
    assert seen == features(mid, "xdp1")


def test_refusals_say_why(net):
    mid = net.host("mid")
    assert "no such interface" in refused(mid, "packet:nosuch packet:lo")
    assert "no Ethernet" in refused(mid, "packet:lo packet:nosuch")


def test_overload_is_told(net):
    a, _, mid = veths(net)
    bounce = Bounce(mid, "packet:xdp1 packet:xdp2")
    ping(a, "10.99.0.2")
    bounce.process.send_signal(signal.SIGSTOP)
    a.run(f"python3 -c '{BURST}' 10.99.0.2 12000")
    bounce.process.send_signal(signal.SIGCONT)
    ping(a, "10.99.0.2")
    dev = bounce.stop()["xdp1"]
    assert int(dev["rx_dropped"]) > 1000, dev
    assert "the ring was full" in dev["note"], dev


# -- VLAN tags --

def tagged_lines(seen, count):
    """Of each frame: length, IDs, priorities, QinQ, port; sorted, as the
    kernel's sender may change CPUs, and with that queues."""
    def lines():
        return seen.packets("udp", "-T", "fields", *VLAN_FIELDS).splitlines()
    wait_for(f"{count} frames arrive", lambda: len(lines()) == count)
    return sorted(lines())


def test_frames_keep_their_tags(net):
    a, b, mid = veths(net)
    bounce = Bounce(mid, "packet:xdp1 packet:xdp2")
    head = Ether(dst="02:00:00:00:00:02", src="02:00:00:00:00:01")
    rest = IP(src="10.99.0.1", dst="10.99.0.2") / UDP(dport=4001) / b"tag"
    with Capture(net, b, "udp or vlan") as seen, \
            a.packet_socket("eth0") as wire:
        for tags in (Dot1Q(vlan=20, prio=5), Dot1Q(vlan=0, prio=3),
                     Dot1AD(vlan=7) / Dot1Q(vlan=4094)):
            wire.send(bytes(head / tags / rest))
        wire.send(bytes(head / rest))
        size = len(bytes(head / rest))
        assert tagged_lines(seen, 4) == sorted([
            f"{size + 4}\t20\t5\t\t4001",
            f"{size + 4}\t0\t3\t\t4001",
            f"{size + 8}\t4094\t0\t7\t4001",
            f"{size}\t\t\t\t4001"])
        seen.check()
    bounce.stop()


def partial_sum(ip):
    """What the kernel leaves in the checksum of a segment to be cut."""
    packed = socket.inet_aton(ip.src) + socket.inet_aton(ip.dst) + \
        struct.pack("!HH", 6, ip.len - 20)
    total = sum(struct.unpack("!6H", packed))
    return (total & 0xffff) + (total >> 16)


@pytest.mark.parametrize("tags", [Dot1Q(vlan=20),
                                  Dot1AD(vlan=7) / Dot1Q(vlan=20)])
def test_tagged_segments_are_cut_right(net, tags):
    """Offsets of the virtio header are about the frame without the tag."""
    a, b, mid = veths(net)
    bounce = Bounce(mid, "packet:xdp1 packet:xdp2")
    head = Ether(dst="02:00:00:00:00:02", src="02:00:00:00:00:01") / tags
    ip = IP(bytes(IP(src="10.99.0.1", dst="10.99.0.2") /
                  TCP(dport=4001, flags="A") / (b"spate" * 4000)))
    ip.chksum = None
    ip[TCP].chksum = partial_sum(ip)
    frame = bytes(head / ip)
    start = len(bytes(head)) + 20
    hdr = struct.pack("=BBHHHH", NEEDS_CSUM, GSO_TCPV4, start + 20, 1400,
                      start, 16)
    # Whoever receives wants finished segments, so that they can be checked.
    mid.run("ethtool -K xdp2 tso off gso off tx off")
    with Capture(net, b, "vlan") as seen, a.packet_socket("eth0") as wire:
        wire.setsockopt(SOL_PACKET, PACKET_VNET_HDR, 1)
        wire.send(hdr + frame)
        wait_for("all is there", lambda: sum(map(int, seen.packets(
            "tcp", "-T", "fields", "-e", "tcp.len").split())) == 20000)
        assert seen.packets("vlan.id == 20 && tcp.len == 1400 && "
                            "tcp.checksum.status == 1").count("\n") == 14
        seen.check("tcp.checksum.status == 0")
    dev = bounce.stop()["xdp1"]
    assert dev["gso"] != "0" and dev["rx_errors"] == "0", dev


# -- the kernel's own stack --

def received(host):
    """Packets that the kernel's own stack took from its links."""
    with_lo = host.run("cat /proc/net/snmp /proc/net/snmp6").stdout
    ip = [line.split() for line in with_lo.splitlines()
          if line.startswith("Ip:")]
    total = int(dict(zip(*ip))["InReceives"])
    return total + int(with_lo.split("Ip6InReceives")[1].split()[0])


def rival(host, dev="wan"):
    """The kernel could answer and forward all that Spate does."""
    host.run("echo 1 > /proc/sys/net/ipv4/ip_forward")
    host.address(dev, "10.0.1.1/24", "fd00:1::1/64")


def test_kernel_hears_nothing(net):
    """Each answer is there once, and none is the kernel's."""
    host, peer, start = one_router(net)
    host.run("ip link set wan up")
    rival(host)
    peer.ping("10.0.1.1")
    router = start()
    time.sleep(0.3)		# what the kernel was about to say is said
    before = received(host)
    peer.run("ip neigh flush dev eth0; ip -6 neigh flush dev eth0")
    with Capture(net, peer) as seen:
        for to in "10.0.1.1", "fd00:1::1":
            out = peer.ping(to, "-c 20 -i 0.02 -W 1")
            assert "20 received" in out and "DUP" not in out, out
        # Who has the address refuses it, with one reset.
        peer.run("python3 -c 'import socket; "
                 "socket.create_connection((\"10.0.1.1\", 9), 5)'",
                 check=False)
        seen.check()
    asked = seen.packets("arp.opcode == 1 && arp.dst.proto_ipv4 == 10.0.1.1")
    answers = seen.packets("arp.opcode == 2 && arp.src.proto_ipv4 == 10.0.1.1")
    assert 0 < answers.count("\n") <= asked.count("\n"), answers
    assert seen.packets("tcp.flags.reset == 1").count("\n") == \
        seen.packets("tcp.flags.syn == 1").count("\n") == 1
    assert received(host) == before
    assert router.stop() == 0
    assert "3 received" in peer.ping("10.0.1.1")
    assert received(host) > before


def test_kernel_is_not_muted_if_told_so(net):
    host, peer, start = one_router(net, more="mute = no")
    host.run("ip link set wan up")
    rival(host)
    router = start()
    assert "the kernel hears every frame of wan too" in router.log()
    wait_for("two answer", lambda: "DUP" in peer.ping("10.0.1.1"))


def test_another_is_warned_of_if_the_kernel_hears(net):
    """Nothing is refused then, as it is where one mutes the kernel."""
    host, _, start = one_router(net, more="mute = no")
    first = start()
    second = start()
    warned = "another Spate serves wan, too"
    assert warned in second.log() and warned not in first.log()
    assert first.stop() == 0 and second.stop() == 0
    third = start()
    assert warned not in third.log()


@pytest.mark.parametrize("who", ["parent", "child"])
def test_kill_gives_the_interface_back(net, who):
    host, peer, start = one_router(net)
    host.run("ip link set wan up")
    for _ in range(2):
        router = start()
        before = received(host)
        peer.ping("10.0.1.1")
        assert received(host) == before
        pids = router.parent, router.child
        os.kill(getattr(router, who), signal.SIGKILL)
        router.wait()
        wait_for("both are gone", lambda: all(map(gone, pids)))
        assert "promiscuity 0" in link(host, "wan")
    rival(host)
    peer.run("ip neigh flush dev eth0")
    assert "3 received" in peer.ping("10.0.1.1")


# -- devices that change --

def test_link_goes_and_comes(net):
    """At either end; nothing has to be opened again."""
    host, peer, start = one_router(net)
    router = start()
    peer.ping("10.0.1.1")
    for end, dev in (peer, "eth0"), (host, "wan"):
        logged = len(router.log())
        end.run(f"ip link set {dev} down")
        wait_for("it is noticed",
                 lambda: "wan: link is down" in router.log()[logged:])
        peer.run("ping -c 3 -i 0.1 -W 0.2 10.0.1.1", check=False)
        before = cpu_seconds(router.child)
        time.sleep(0.5)
        assert cpu_seconds(router.child) - before < 0.2
        end.run(f"ip link set {dev} up")
        wait_for("it is noticed",
                 lambda: "wan: link is up" in router.log()[logged:])
        wait_for("it answers", lambda: peer.run(
            "ping -c 1 -W 1 10.0.1.1", check=False).returncode == 0)


def test_deleted_while_in_use(net):
    """Told once; the rest goes on, at rest."""
    lab = Lab(net, {"left": "packet", "right": "packet", "small": "tap"})
    lab.alive()
    lab.host.run("ip link delete left")
    wait_for("the log says so",
             lambda: "left: device left is gone" in lab.router.log())
    before = cpu_seconds(lab.router.child)
    time.sleep(0.5)
    assert cpu_seconds(lab.router.child) - before < 0.2
    assert lab.router.log().count("left is gone") == 1
    left = lab.interface("left")
    assert left["state"] == "no device" and "gone" in left["note"], left
    lab.bob.ping("10.0.3.2", "-c 3 -i 0.1 -W 1")
    lab.wait_balanced()


def test_mtu_changes(net):
    """Smaller frames only are told; larger ones than expected arrive."""
    host, peer, start = one_router(net)
    router = start()
    for dev, end in ("wan", host), ("eth0", peer):
        end.run(f"ip link set {dev} mtu 9000")
    out = peer.ping("10.0.1.1", "-c 2 -i 0.1 -W 1 -s 6000")
    assert "2 received" in out, out	# answered in fragments
    host.run("ip link set wan mtu 1000")
    router.spate("ping", "-c", "1", "-s", "1200", "10.0.1.2",
                 status=1)
    note = router.show("interfaces")["interfaces"][0]["note"]
    assert "ip link set wan mtu 1500" in note, note


def test_mtu_beyond_the_device(net):
    _, _, start = one_router(net, more="mtu = 4000", ready=False)
    router = start()
    assert router.wait() != 0
    assert "ip link set wan mtu 4000" in router.log()


# -- the user's own login --

def refusal(router):
    assert router.wait() != 0
    return router.log()


@pytest.mark.parametrize("driver, came_from", [
    ("packet", "10.0.1.2"), ("packet", "fd00:1::2"), ("packet", "192.0.2.77"),
    ("xdp", "10.0.1.2")])
def test_own_login_is_not_cut(net, driver, came_from):
    """By a neighbour, or by way of a gateway."""
    env = {"SSH_CONNECTION": f"{came_from} 50000 10.0.1.1 22"}
    host, _, start = one_router(net, driver=driver, env=env, ready=False)
    host.run("ip link set wan up")
    rival(host)
    host.run("ip route add default via 10.0.1.2")
    said = refusal(start())
    assert f"wan carries your own login from {came_from}" in said
    assert ":2:" in said.split(" wan carries")[0]	# the line of the device


def test_login_of_an_ancestor(net):
    """sudo takes it from the environment."""
    before = ("sh", "-c", 'env -u SSH_CONNECTION "$@"; exit $?', "sh")
    env = {"SSH_CONNECTION": "10.0.1.2 50000 10.0.1.1 22"}
    host, _, start = one_router(net, env=env, before=before, ready=False)
    host.run("ip link set wan up")
    rival(host)
    assert "your own login from 10.0.1.2" in refusal(start())


def test_login_by_a_bridge(net):
    env = {"SSH_CONNECTION": "10.0.1.2 50000 10.0.1.1 22"}
    host, _, start = one_router(net, env=env, ready=False)
    host.run("ip link add br0 type bridge; ip link set wan master br0 up; "
             "ip link set br0 up")
    rival(host, "br0")
    assert "wan carries your own login" in refusal(start())


@pytest.mark.parametrize("more, came_from", [
    ("login = cut", "10.0.1.2"), ("", "127.0.0.1"), ("", "203.0.113.9"),
    ("", "nonsense")])
def test_login_by_another_way(net, more, came_from):
    env = {"SSH_CONNECTION": f"{came_from} 50000 10.0.1.1 22"}
    host, peer, start = one_router(net, more=more, env=env)
    host.run("ip link set wan up")
    rival(host)
    start()
    peer.ping("10.0.1.1")


def test_logins_of_others_are_told(net):
    host, peer, start = one_router(net)
    host.run("ip link set wan up")
    rival(host)
    serve = ("import socket; s = socket.create_server((\"\", 22)); "
             "c = s.accept(); s.accept()")
    call = ("import socket, time; "
            "s = socket.create_connection((\"10.0.1.1\", 22)); "
            "time.sleep(60)")
    server = host.start(f"python3 -c '{serve}'")
    wait_for("it listens", lambda: ":22" in host.run("ss -Hltn").stdout)
    client = peer.start(f"python3 -c '{call}'")
    try:
        wait_for("they are connected",
                 lambda: ":22" in host.run("ss -Htn").stdout)
        assert "wan carries 1 ssh connection," in start().log()
    finally:
        server.kill()
        client.kill()
