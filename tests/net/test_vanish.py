# SPDX-License-Identifier: BSD-2-Clause
"""Devices that are deleted and made again under traffic, peers that go with
their whole namespace, and a daemon that is killed: counted, logged once, and
forwarding resumes by itself."""
import os
import re
import signal
import subprocess

import pytest

from lab import Lab, NAMES
from lib import wait_for

ALL = pytest.mark.parametrize("driver", ["tap", "xdp", "packet"])


class Traffic:
    """Echo requests from one host to an address, all the time."""

    def __init__(self, host, to):
        self.process = host.start(f"ping -n -i 0.02 -W 1 {to}",
                                  stdout=subprocess.DEVNULL,
                                  stderr=subprocess.DEVNULL)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()


def state(lab, name="left"):
    return lab.interface(name)["state"]


def wait_state(lab, wanted, name="left"):
    wait_for(f"{name} is {wanted}", lambda: state(lab, name) == wanted)


def flows(lab):
    """Both ways, both families, as soon as neighbours are found again."""
    for to in "10.0.2.2", "fd00:2::2", "10.0.1.1", "fd00:1::1":
        wait_for(f"an answer from {to}", lambda: lab.alice.run(
            f"ping -n -c 1 -W 1 {to}", check=False).returncode == 0)
    for to in "10.0.1.2", "fd00:1::2":
        lab.bob.ping(to)


def make_again(lab, dev="left"):
    """What the user, or his script, does: the device, and the host at it."""
    if lab.driver != "tap":
        lab._veth(dev, 2, lab._finished(dev, None))
    else:
        wait_for(f"a tap {dev}", lambda: dev in lab.host.links())
        lab.host.run(f"ip link set {dev} name eth0 netns "
                     f"{lab.hosts[dev].holder.pid}")
    lab._configure(dev)


def said(lab, what):
    return sum(what in line for line in lab.router.log().splitlines())


def left_behind(lab):
    """What a daemon puts on the kernel's devices."""
    return re.findall(r"prog/xdp|promiscuity [1-9]|allmulti [1-9]|\btun\b",
                      lab.host.run("ip -d link show").stdout)


def unchanged(lab):
    """Addresses and routes are as configured."""
    left = lab.interface("left")
    assert {"10.0.1.1/24", "fd00:1::1/64"} <= {
        a["address"] for a in left["addresses"]}, left
    assert state(lab, "right") == "up"


@ALL
def test_deleted_and_made_again(net, driver):
    lab = Lab(net, driver)
    flows(lab)
    before = lab.interface("left")
    with Traffic(lab.alice, "10.0.2.2"), Traffic(lab.bob, "fd00:1::2"):
        for n in 1, 2:
            lab.alice.run("ip link delete eth0")
            wait_for("it is noticed", lambda: said(lab, "left is gone") == n)
            if driver != "tap":
                wait_state(lab, "no device")
                assert "is gone" in str(lab.interface("left"))
                lost = lab.drops().get(("right", "interface is down"), 0)
                wait_for("what cannot leave is counted", lambda: lab.drops(
                    ).get(("right", "interface is down"), 0) > lost)
            unchanged(lab)
            make_again(lab)
            wait_state(lab, "up")
            flows(lab)
            unchanged(lab)
            assert said(lab, "left is back") == n
            assert said(lab, "left is gone") == n
    after = lab.interface("left")
    assert after["mac"] == before["mac"]
    assert after["rx_packets"] > before["rx_packets"]
    lab.wait_balanced()


@ALL
def test_peer_goes_with_its_namespace(net, driver):
    lab = Lab(net, driver)
    flows(lab)
    with Traffic(lab.bob, "10.0.1.2"):
        lab.alice.close()
        wait_for("it is noticed", lambda: said(lab, "left is gone") == 1)
        unchanged(lab)
        lab.hosts["left"] = net.host(NAMES["left"])
        make_again(lab)
        flows(lab)
    lab.wait_balanced()


@ALL
@pytest.mark.parametrize("who", ["parent", "child"])
def test_daemon_is_killed(net, driver, who):
    lab = Lab(net, driver)
    with Traffic(lab.alice, "10.0.2.2"):
        flows(lab)
        parent = lab.router.process.pid
        with open(f"/proc/{parent}/task/{parent}/children",
                  encoding="ascii") as f:
            child = int(f.read().split()[0])
        os.kill(parent if who == "parent" else child, signal.SIGKILL)
        lab.router.wait()
        # At once: the kernel may not have freed everything yet.
        lab.router = net.daemon(lab._conf(2), host=lab.host)
        if driver == "tap":	# they went with the process
            for dev in NAMES:
                make_again(lab, dev)
        lab.wait_addresses()
        flows(lab)
    lab.wait_balanced()
    # And nobody takes over.
    lab.router.process.kill()
    lab.router.wait()
    wait_for("the kernel has its devices back",
             lambda: left_behind(lab) == [])
    if driver != "tap":
        lab.host.address("left", "10.0.1.1/24")
        lab.alice.run("ip neigh flush dev eth0")
        wait_for("the kernel hears again", lambda: lab.alice.run(
            "ping -n -c 1 -W 1 10.0.1.1", check=False).returncode == 0)


def test_link_of_a_tap_elsewhere(net):
    lab = Lab(net, "tap", dad=1)
    flows(lab)
    lab.alice.run("ip link set eth0 down")
    wait_state(lab, "no carrier")
    assert said(lab, "left: link is down") >= 1
    lab.alice.run("ip link set eth0 up")
    lab.configure_again("left")
    wait_state(lab, "up")
    flows(lab)


@pytest.mark.parametrize("driver, why", [
    ("xdp", "another program uses it"), ("packet", "another Spate serves it")])
def test_device_is_served_by_one_daemon(net, driver, why):
    lab = Lab(net, driver)
    second = net.daemon(lab._conf(2), host=lab.host, ready=False)
    assert second.wait() == 1
    assert why in second.log()
    flows(lab)


def test_tap_is_served_by_one_daemon(net):
    host = net.host("router")
    host.run("ip tuntap add dev shared mode tap multi_queue")
    conf = """cpus = 2
interface shared {
    driver = tap  device = shared  queues = 2  address = 10.0.1.1/24
}"""
    first = net.daemon(conf, host=host)
    second = net.daemon(conf, host=host, ready=False)
    assert second.wait() == 1
    assert "shared: another program has this tap open" in second.log()
    assert first.process.poll() is None
    # Killed, it may still be leaving when the next one comes.
    first.process.kill()
    first.process.wait()
    net.daemon(conf, host=host)
