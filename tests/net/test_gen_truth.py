# SPDX-License-Identifier: BSD-2-Clause
"""What the tester reports is what happened: it sends through a relay of whose
code it has nothing, and which counts what it does to each packet."""
import json
import os
import subprocess

import pytest

from lab import LONG
from lib import SPATE, die_with_parent
from relay import Relay

ENDS = "one", "two"
SIGMAS = 5
TRIES = 4	# of runs in which no kernel lost a packet
RATE = 20000
LINK = 5000
QUEUE = 32	# 6 ms, 0.3 % of a trial of 2 s
SECONDS = 10 if LONG else 2
TIMEOUT = 600 if LONG else 60


def gen(host, folder, *options, status=(0,)):
    """The report of one command, in the tester's namespace."""
    path = os.path.join(folder, "report.json")
    done = subprocess.run(
        host.command([SPATE, "gen", *options, "--json", path]), text=True,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, check=False, timeout=TIMEOUT,
        preexec_fn=die_with_parent)
    assert done.returncode in status, (done.returncode, done.stdout)
    with open(path, encoding="utf-8") as f:
        return json.load(f)


def ports(driver, more=""):
    """one sends to two."""
    return [word for n, end in enumerate(ENDS, 1) for word in (
        "--port", f"{driver}:{end},address=10.0.{n}.2/24{more}")]


class Kernel:
    """What the kernel has counted at an interface since."""

    def __init__(self, host, device):
        self.host, self.device = host, device
        self.before = self.read()

    def read(self):
        out = self.host.run(f"ip -j -s -s link show {self.device}").stdout
        stats = json.loads(out)[0]["stats64"]
        return {"rx": stats["rx"]["packets"], "tx": stats["tx"]["packets"],
                "lost": stats["rx"]["dropped"] + stats["tx"]["dropped"] +
                stats["rx"].get("missed_errors", 0)}

    def since(self):
        return {name: value - self.before[name]
                for name, value in self.read().items()}


def trial_of(report):
    method, = report["methods"]
    trial, = method["trials"]
    return trial


def port(trial, name):
    return next(p for p in trial["ports"] if p["name"] == name)


def softnet_drops():
    """Frames that some CPU of this machine had no room for."""
    with open("/proc/net/softnet_stat", encoding="ascii") as f:
        return sum(int(line.split()[1], 16) for line in f)


def through(net, options, *more, driver="packet", seconds=SECONDS,
            rate=RATE):
    """A run in which the kernel lost nothing by itself: the tester's trial,
    the relay's counts of the way there, and the kernel's of both ends."""
    for _ in range(TRIES):
        host = net.host("tester")
        relay = Relay(net, options, ends=host)
        dropped = softnet_drops()
        kernel = {end: Kernel(host, end) for end in ENDS}
        report = gen(
            host, net.folder, "send", *ports(driver), "--rate",
            f"{rate} pps", "--duration", f"{seconds} s", "--warmup", "0",
            *more, status=(0, 3))
        counts = relay.stop()
        since = {end: k.since() for end, k in kernel.items()}
        for end in host, relay.host:
            end.run("ip link delete one; ip link delete two", check=False)
        if softnet_drops() == dropped and counts["left"]["missed"] == 0 and \
                counts["left"]["refused"] == 0 and \
                not any(k["lost"] for k in since.values()):
            return trial_of(report), counts["left"], since
    pytest.fail("in each of several runs the kernel itself lost packets")
    return None


def within(count, trials, probability):
    """Five standard deviations of a binomial distribution."""
    spread = (trials * probability * (1 - probability)) ** 0.5
    return abs(count - trials * probability) <= SIGMAS * spread + 1


def agree(trial, count, since):
    """To the packet, all three of them."""
    sent, received = trial["sent_packets"], trial["received_packets"]
    copies = trial["duplicated_packets"]
    assert sent == count["in"], (trial, count)
    assert received + copies == count["out"], (trial, count)
    assert copies == count["duplicated"], (trial, count)
    assert trial["lost_packets"] == count["lost"] + count["overflow"]
    assert trial["reordered_packets"] == count["overtaken"], (trial, count)
    assert trial["corrupt_packets"] == 0
    # ARP, too, has gone there and back.
    first, second = trial["ports"]
    assert first["if_tx_packets"] == first["kernel_tx_packets"]
    assert second["if_rx_packets"] == second["kernel_rx_packets"]
    assert since["one"]["tx"] >= first["kernel_tx_packets"] >= sent
    assert since["two"]["rx"] >= second["kernel_rx_packets"]
    assert second["kernel_rx_packets"] == \
        received + copies + second["control_packets"] + \
        second["foreign_packets"]


@pytest.mark.parametrize("driver", ["packet", "xdp"])
def test_nothing_happens(net, driver):
    """And nothing is reported."""
    trial, count, since = through(net, "", driver=driver)
    agree(trial, count, since)
    assert count["lost"] == count["duplicated"] == count["overtaken"] == 0
    assert trial["lost_packets"] == 0
    # The first at the beginning, and one may be due at the very end.
    assert trial["sent_packets"] + trial["unsent_packets"] == \
        trial["offered_packets"]
    assert 0 <= trial["offered_packets"] - RATE * SECONDS <= 1


def test_loss_and_duplicates(net):
    trial, count, since = through(
        net, "-l 0.01 -u 0.005 -s 3", "--flows", "64", "--size", "128")
    agree(trial, count, since)
    sent = trial["sent_packets"]
    assert within(trial["lost_packets"], sent, 0.01)
    assert within(trial["duplicated_packets"], trial["received_packets"],
                  0.005)
    assert abs(trial["loss_percent"] -
               100 * trial["lost_packets"] / sent) < 1e-3


def test_reordering(net):
    """Every 999th passes behind the next 7: RFC 4737's extent is 7."""
    trial, count, since = through(net, "-h 999,7")
    agree(trial, count, since)
    assert trial["lost_packets"] == 0
    assert trial["reordered_packets"] == count["held"] - count["flushed"]
    assert trial["extent_max_packets"] == 7


def test_delay(net):
    """Of 3 to 4 ms, evenly, and besides what the machine adds: the relay knows
    how long each packet was in it."""
    trial, count, since = through(net, "-d 3000+1000", rate=200,
                                  seconds=2 * SECONDS)
    agree(trial, count, since)
    inside = count["inside_ns"]
    assert trial["latency_min_ns"] >= inside["min"] >= 3000e3
    assert trial["latency_mean_ns"] >= inside["mean"]
    assert trial["latency_max_ns"] >= inside["max"]
    # Half of all have half of the spread, five standard deviations aside.
    half = SIGMAS * (1 / 4 / trial["received_packets"]) ** 0.5
    assert trial["latency_p50_ns"] >= 3000e3 + (0.5 - half) * 1000e3
    assert trial["latency_p90_ns"] >= 3000e3 + (0.9 - half) * 1000e3
    if trial["status"] == "valid":	# the machine was there in time
        assert trial["reordered_packets"] == 0
        assert trial["latency_mean_ns"] < inside["mean"] + 500e3


def test_overload(net):
    """What a link cannot carry is lost, and is what is reported lost."""
    trial, count, since = through(net, f"-r {LINK}pps -q {QUEUE}")
    agree(trial, count, since)
    assert count["overflow"] > 0
    # No more than the link carries, however late the tester is.
    assert trial["received_packets"] <= \
        LINK * (trial["elapsed_s"] + trial["late_max_ns"] * 1e-9) + QUEUE + 1


@pytest.mark.skipif(not LONG, reason="searches; wants CPUs of its own")
def test_throughput(net):
    """Of a link of 5,000 packets a second, on which some can wait."""
    host = net.host("tester")
    relay = Relay(net, f"-r {LINK}pps -q {QUEUE}", ends=host)
    speed = 4 * LINK * 84 * 8 // 1000	# so that there is something to search
    report = gen(
        host, net.folder, "throughput", *ports("packet", f",speed={speed}K"),
        "--size", "64", "--profile", "quick", "--warmup", "0",
        "--resolution", "1000", status=(0, 3))
    relay.stop()
    method, = report["methods"]
    point, = method["points"]
    assert abs(point["throughput_pps"] / LINK - 1) < 0.005, point
