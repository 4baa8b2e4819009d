# SPDX-License-Identifier: BSD-2-Clause
"""What a router is judged by besides its traffic.

It is still when nothing happens, forwards soon after its start, names what it
drops, stands as README.md says, and lives with links that come and go.
"""
import os
import re
import socket
import subprocess
import time

import pytest
from scapy.layers.inet import IP, UDP
from scapy.layers.l2 import Ether

from lab import (BAD_CHECKSUM, FINISHED, LONG, Capture, Lab, interval_bytes,
                 iperf)
from lib import SPATE, Net, die_with_parent, wait_for
from test_daemon import cpu_seconds

README = os.path.join(os.path.dirname(os.path.abspath(__file__)),
                      "../../README.md")

BOB = {4: "10.0.2.2", 6: "fd00:2::2"}

all_drivers = pytest.mark.parametrize("driver", ["tap", "xdp", "packet"])


@pytest.fixture(scope="module", params=["tap", "xdp"], name="lab")
def fixture_lab(request):
    net = Net()
    try:
        yield Lab(net, request.param, dad=1)
    finally:
        net.close()


def never_stalls(lab, to, options):
    for way in interval_bytes(iperf(lab.alice, lab.bob, to, options)).values():
        assert way and min(way) > 0, way


# -- time --

def test_idle(lab, record_property):
    """Both processes together, with hosts that have talked."""
    lab.alice.ping("10.0.2.2")
    pids = lab.router.parent, lab.router.child
    seconds = 10 if LONG else 3
    before = sum(map(cpu_seconds, pids))
    time.sleep(seconds)
    used = sum(map(cpu_seconds, pids)) - before
    record_property("% of one core when idle", round(100 * used / seconds, 1))
    assert used <= (0.02 if LONG else 0.04) * seconds


def udp_frame(to, source):
    """10.0.1.2 to 10.0.2.2, ready for the wire."""
    return bytes(Ether(dst=to, src=source) /
                 IP(src="10.0.1.2", dst="10.0.2.2") /
                 UDP(sport=4000, dport=4001) / b"first light")


@all_drivers
def test_forwards_soon(net, driver, record_property):
    """From exec to the first packet through, of those sent all the time."""
    host = net.host("router")
    ends = {}
    for dev in "left", "right":
        if driver == "tap":
            host.run(f"ip tuntap add {dev} mode tap multi_queue")
            host.run(f"ip link set {dev} up")
            ends[dev] = host.packet_socket(dev)
        else:
            peer = net.host(dev)
            host.run(f"ip link add {dev} type veth peer name eth0 netns "
                     f"{peer.holder.pid}")
            host.run(f"ip link set {dev} up")
            peer.run("ip link set eth0 up")
            ends[dev] = peer.packet_socket("eth0")
    frame = udp_frame("02:00:00:00:00:01", "02:00:00:00:00:02")
    router = net.daemon(f"""
        cpus = 2
        interface left {{ driver = {driver}  device = left
            mac = 02:00:00:00:00:01  address = 10.0.1.1/24 }}
        interface right {{ driver = {driver}  device = right
            address = 10.0.2.1/24 }}
        neighbour 10.0.2.2 {{ interface = right  mac = 02:00:00:00:00:22 }}
        """, host=host, ready=False)
    took = time_of_first(ends["left"], ends["right"], frame, router)
    record_property("ms from exec to forwarding", round(took * 1000))
    if LONG:
        assert took < (0.3 if driver == "tap" else 1)
    before = time.monotonic()
    assert router.stop() == 0
    took = time.monotonic() - before
    record_property("ms to stop", round(took * 1000))
    if LONG:
        assert took < 1


def time_of_first(left, right, frame, router):
    right.settimeout(0.002)

    def through():
        assert router.process.poll() is None, router.log()
        try:
            left.send(frame)
        except OSError:		# the device has no carrier yet
            pass
        try:
            return b"first light" in right.recv(2048)
        except OSError:
            return False
    wait_for("a packet is forwarded", through)
    return time.monotonic() - router.started


# -- deliberate mistakes --

MISTAKES = {
    "no IPv4 route": "172.16.0.1",
    "no IPv6 route": "fd99::1",
    "IPv4 TTL": "-t 1 10.0.2.2",
    "IPv6 hop limit": "-t 1 fd00:2::2",
    "larger than the MTU ahead and marked DF": "-M do -s 1400 10.0.3.2",
    r"larger than the MTU ahead \(IPv6\)": "-M do -s 1400 fd00:3::2",
    "IPv4 neighbour does not answer": "10.0.2.77",
    "IPv6 neighbour does not answer": "fd00:2::77",
}


def test_drops_name_the_mistake(lab):
    """One line each, with the interface it came from."""
    for options in MISTAKES.values():
        lab.alice.run(f"ping -c 1 -W 0.2 {options}", check=False)
    for reason in MISTAKES:
        wait_for(reason, lambda: re.search(
            rf"^left +[1-9]\d*  \S+ +{reason}",
            lab.router.spate("show", "drops"), re.M), 8)
    lab.wait_balanced()


# -- README.md --

def readme_blocks():
    """The indented blocks of "The first router", in their order."""
    with open(README, encoding="utf-8") as f:
        text = f.read().split("\n## The first router\n")[1].split("\n## ")[0]
    blocks = re.findall(r"(?:^(?:    .*)?\n)+", text, re.M)
    return ["\n".join(line[4:] for line in block.strip("\n").split("\n"))
            for block in blocks if block.strip()]


# Until a command succeeds, up to ten seconds; then it fails as the command.
UNTIL = """
until_ok() {
    for i in $(seq 100); do
        if "$@" > /dev/null 2>&1; then return 0; fi
        sleep 0.1
    done
    "$@"
}
died() { build/spate show drops | grep -q "^red .*$1"; }"""


def test_readme_router(net):
    """Its commands, by a shell that knows nothing else."""
    hosts, conf, start, talk, ask, watch, change, more, stop = readme_blocks()
    rules, decide = more.split("\n\n")
    ask = ask.replace("spate top ", "spate top -b -n 1 ")  # no terminal
    # One probe at a time: with 16 on their way at once, traceroute gives up
    # on a hop as soon as the next one answered, which a busy machine upsets.
    talk = talk.replace("traceroute ", "traceroute -N 1 ")
    os.mkdir(net.path("build"))
    os.symlink(os.path.abspath(SPATE), net.path("build/spate"))
    for name, text in ("router.conf", conf), ("rules", rules):
        with open(net.path(name), "w", encoding="utf-8") as f:
            f.write(text + "\n")
    script = "\n".join([
        # /run and the namespaces' names are this shell's alone.
        "mount -t tmpfs tmpfs /run; ip link set lo up",
        UNTIL, "set -e -m", hosts, start, "until_ok build/spate show version",
        talk, ask, watch,
        change, "build/spate confirm", "build/spate show routes",
        "cat rules >> router.conf", decide,
        "! ip netns exec red ping -c 1 -W 1 198.18.0.1",
        "! ip netns exec red ping -c 1 -W 1 -t 1 10.2.0.2",
        "! ip netns exec red ping -c 1 -W 1 10.2.0.77",
        "until_ok died 'neighbour does not'",
        "build/spate show drops", stop, "wait",
        "echo left: $(ip netns list) $(ip -o link | grep -c spate-)"])
    done = subprocess.run(
        ["unshare", "--net", "--mount", "--pid", "--fork", "--kill-child",
         "--mount-proc", "bash", "-c", script],
        cwd=net.folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True, check=False, timeout=60,
        preexec_fn=die_with_parent)
    said = done.stdout
    if said.startswith("unshare: cannot change root filesystem propagation"):
        pytest.skip("\"ip netns\" does not work in a chroot")
    assert done.returncode == 0, said
    assert "configuration OK" in said
    assert said.count("10.1.0.2 → 10.2.0.2") == 4, said
    assert said.count("3 packets transmitted, 3 received, 0% packet") == 2, said
    assert re.search(r"^ 1  10\.1\.0\.1 .*\n 2  10\.3\.0\.2 ", said, re.M), said
    assert re.search(r"^172\.16\.0\.0/12 .*10\.3\.0\.2", said, re.M), said
    assert re.search(r"\brule no_mail\b.*prohibit", said), said
    for reason in "no IPv4 route", "TTL expired", "neighbour does not":
        assert re.search(rf"^red .*{reason}", said, re.M), said
    assert said.endswith("left: 0\n"), said


# -- few queues, unlike links --

@all_drivers
def test_two_cpus_on_one_queue(net, driver):
    lab = Lab(net, driver, queues=1)
    for to in BOB.values():
        lab.alice.pings(to, "-q -f -c 1000 -W 2")
        never_stalls(lab, to, "-P 4 -t 1 --bidir")
    queues = lab.interface("left")["queues"]
    assert len(queues["receive"]) == len(queues["transmit"]) == 1
    lab.wait_balanced()


def test_segments_are_cut_for_a_device(net):
    """
    From a tap, which brings 64 KiB, to AF_XDP, which takes frames; and frames
    become segments on the way back.
    """
    lab = Lab(net, {"left": "tap", "right": "xdp", "small": "tap"})

    def merged():
        return sum(c["merged"] for c in lab.router.show("cpus")["cpus"])

    for to in BOB.values():
        before = merged()
        for way in "", "-R":
            with Capture(net, lab.bob, "tcp", count=500) as seen:
                result = iperf(lab.alice, lab.bob, to, f"-n 16M {way}")
            assert result["end"]["sum_received"]["bytes"] > 8e6
            seen.check(BAD_CHECKSUM)
            assert seen.packets("frame.len > 1514") == ""
            assert seen.packets("frame.len == 1514") != ""
        assert merged() > before + 1000
    lab.wait_balanced()


# -- AF_XDP's own --

def test_unfinished_checksums(net):
    """Nobody touched the peers with ethtool: TCP runs, and the log says so."""
    lab = Lab(net, "xdp", ethtool="")
    for to in BOB.values():
        with Capture(net, lab.bob, "tcp and dst port 5201") as seen:
            never_stalls(lab, to, "-t 1")
        seen.check(BAD_CHECKSUM)
    assert re.search("left: .*checksums unfinished", lab.router.log())
    lab.wait_balanced()


def forwards_again(lab):
    wait_for("alice reaches bob", lambda: all(
        lab.alice.run(f"ping -c 1 -W 1 {to}", check=False).returncode == 0
        for to in BOB.values()))


def test_link_goes_and_comes(net):
    """Down at the host's end; both are logged, and packets go on."""
    lab = Lab(net, "xdp")
    forwards_again(lab)
    for _ in range(2):
        logged = len(lab.router.log())
        lab.bob.run("ip link set eth0 down")
        wait_for("it is noticed",
                 lambda: "right: link is down" in lab.router.log()[logged:])
        assert lab.interface("right")["state"] == "no carrier"
        lab.alice.run("ping -c 3 -i 0.1 -W 1 10.0.2.2", check=False)
        lab.bob.run("ip link set eth0 up")
        wait_for("it is noticed",
                 lambda: "right: link is up" in lab.router.log()[logged:])
        assert lab.interface("right")["state"] == "up"
        lab.configure_again("right")
        forwards_again(lab)
    lab.wait_balanced()


def test_host_of_a_tap_goes_and_comes(net):
    lab = Lab(net, "tap")
    forwards_again(lab)
    lab.bob.run("ip link set eth0 down")
    lab.alice.run("ping -c 3 -i 0.1 -W 1 10.0.2.2", check=False)
    lab.bob.run("ip link set eth0 up")
    lab.configure_again("right")
    forwards_again(lab)
    lab.wait_balanced()


def test_started_while_the_peer_is_down(net):
    """It waits for its link, and then checks and uses its addresses."""
    host, alice = net.host("router"), net.host("alice")
    host.run(f"ip link add left type veth peer name eth0 netns "
             f"{alice.holder.pid}")
    router = net.daemon("interface left { driver = xdp  device = left "
                        "address = {10.0.1.1/24, fd00:1::1/64} }", host=host)
    assert router.show("interfaces")["interfaces"][0]["state"] == "no carrier"
    time.sleep(1.5)
    alice.run(f"ethtool -K eth0 {FINISHED}; ip link set eth0 up")
    alice.address("eth0", "10.0.1.2/24", "fd00:1::2/64")
    wait_for("the router answers", lambda: all(
        alice.run(f"ping -c 1 -W 1 {to}", check=False).returncode == 0
        for to in ("10.0.1.1", "fd00:1::1")))
    assert "left: link is up" in router.log()
