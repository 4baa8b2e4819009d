# SPDX-License-Identifier: BSD-2-Clause
"""The relay does what it says it does: counted from outside, frame by frame."""
import random
import struct
import time

import pytest

from lib import wait_for
from relay import RELAY, Relay

HEAD = bytes.fromhex("020000000002 020000000001 0800"
                     "4500 0032 0000 4000 4011 0000 0a000001 0a000002"
                     "1000 1001 001e 0000")
ARP = bytes.fromhex("ffffffffffff 020000000001 0806") + bytes(46)
TAGGED = HEAD[:12] + bytes.fromhex("8100 6064") + HEAD[12:]
BURST = 100	# sent at once: what a device's queue surely holds
SECONDS = 1e-9	# of nanoseconds


def numbered(count, head=HEAD):
    return [head + struct.pack("!I", i) + bytes(14) for i in range(count)]


class Eye:
    """Frames that come to a host, with the time the kernel had them."""

    SO_RCVBUFFORCE, SO_TIMESTAMPNS = 33, 35
    SOL_PACKET, PACKET_AUXDATA = 263, 8
    TAG_VALID, PACKET_OUTGOING = 0x10, 4

    def __init__(self, host):
        self.socket = host.packet_socket("eth0")
        self.socket.setsockopt(1, self.SO_RCVBUFFORCE, 256 << 20)
        self.socket.setsockopt(1, self.SO_TIMESTAMPNS, 1)
        self.socket.setsockopt(self.SOL_PACKET, self.PACKET_AUXDATA, 1)
        self.socket.setblocking(False)
        self.frames, self.times = [], []

    def look(self):
        while True:
            try:
                frame, more, _, address = self.socket.recvmsg(2048, 128)
            except BlockingIOError:
                return len(self.frames)
            if address[2] == self.PACKET_OUTGOING:
                continue
            for level, _, data in more:
                if level == self.SOL_PACKET:
                    frame = self.tagged(frame, data)
                else:
                    seconds, ns = struct.unpack("qq", data[:16])
                    self.times.append(seconds * 10**9 + ns)
            self.frames.append(frame)

    def tagged(self, frame, aux):
        """With the tag that the kernel took off."""
        status, _, _, _, _, tag, proto = struct.unpack("IIIHHHH", aux)
        if not status & self.TAG_VALID:
            return frame
        return frame[:12] + struct.pack("!HH", proto, tag) + frame[12:]

    def numbers(self):
        return [struct.unpack_from("!I", f, len(HEAD))[0]
                for f in self.frames]


def through(relay, frames, gap=0.0005, back=False):
    """Sends them; what came, the times of sending and of the end of it, and
    the relay's counts."""
    there, here = (relay.left, relay.right) if back else \
        (relay.right, relay.left)
    eye = Eye(there)
    sent = []
    with here.packet_socket("eth0") as wire:
        for number, frame in enumerate(frames, 1):
            sent.append(time.time_ns())
            wire.send(frame)
            if number % BURST == 0:
                time.sleep(gap)
                eye.look()
    sent.append(time.time_ns())
    wait_for("nothing comes any more", lambda: quiet(eye))
    counts = relay.stop()
    eye.look()
    eye.socket.close()
    return eye, sent, counts["right" if back else "left"]


def quiet(eye):
    before = eye.look()
    time.sleep(0.15)
    return eye.look() == before


def sum_up(count, sent):
    assert count["in"] == sent and count["missed"] == count["refused"] == 0, \
        count
    assert count["in"] == count["lost"] + count["overflow"] + count["out"] \
        - count["duplicated"], count


def within(value, probability, trials):
    """5 standard deviations of a binomial distribution."""
    spread = 5 * (trials * probability * (1 - probability)) ** 0.5
    return abs(value - trials * probability) <= spread


def test_all_pass_in_order(net):
    """Not a byte is changed, tags included, and what is not UDP is told."""
    frames = numbered(2000) + [ARP] * 3 + [
        TAGGED + random.Random(1).randbytes(900) for _ in range(50)]
    eye, _, count = through(Relay(net), frames)
    assert eye.frames == frames
    sum_up(count, 2050)
    assert count["out"] == 2050 and count["other"] == 3
    assert count["overtaken"] == 0
    assert count["bytes"] == sum(len(f) for f in frames if f != ARP)


def test_loss_and_duplicates(net):
    """As many as it says, as many as were asked for, and the same again."""
    fates = []
    for seed in 7, 7, 8:
        eye, _, count = through(
            Relay(net, f"-l 0.02/0 -u 0.01/0 -s {seed}"), numbered(20000))
        numbers = eye.numbers()
        sum_up(count, 20000)
        assert len(numbers) == count["out"]
        assert 20000 - len(set(numbers)) == count["lost"]
        assert len(numbers) - len(set(numbers)) == count["duplicated"]
        assert within(count["lost"], 0.02, 20000)
        assert within(count["duplicated"], 0.01, 20000 - count["lost"])
        assert numbers == sorted(numbers)
        fates.append(numbers)
    assert fates[0] == fates[1] != fates[2]


def test_ways_differ(net):
    _, _, count = through(Relay(net, "-l 1/0"), numbered(100))
    assert count["lost"] == 100
    eye, _, count = through(Relay(net, "-l 1/0"), numbered(100), back=True)
    assert count["out"] == len(eye.frames) == 100


def test_held_back(net):
    """Each tenth passes behind the three after it; the last one waits in
    vain."""
    eye, _, count = through(Relay(net, "-h 10,3"), numbered(1000))
    numbers = eye.numbers()
    sum_up(count, 1000)
    expected = []
    for start in range(0, 1000, 10):
        expected += list(range(start, start + 9))
        if start >= 10:
            at = expected.index(start + 2) + 1
            expected.insert(at, start - 1)
    expected.append(999)
    assert numbers == expected
    assert count["held"] == 100 and count["flushed"] == 1
    assert count["overtaken"] == 99


def test_delay(net):
    """None earlier, and the spread is even."""
    eye, sent, count = through(Relay(net, "-d 2000+1000"), numbered(2000),
                               gap=0.01)
    sum_up(count, 2000)
    late = [at - sent[n] for n, at in zip(eye.numbers(), eye.times)]
    assert min(late) >= 2000e3
    assert count["inside_ns"]["min"] >= 2000e3
    # The machine only adds.
    late.sort()
    assert late[500] >= 2200e3 and late[1000] >= 2440e3 and \
        late[-1] >= 2950e3
    assert count["overtaken"] > 0


@pytest.mark.parametrize("rate", ["20kpps", "13.44mbit"])
def test_rate(net, rate):
    """Both are 20,000 frames of 60 bytes a second, whatever the sender
    does: what is over it waits, and then is lost."""
    eye, sent, count = through(Relay(net, f"-r {rate} -q 32"),
                               numbered(20000), gap=0.001)
    sum_up(count, 20000)
    assert len(eye.frames) == count["out"]
    assert count["overflow"] > 0
    took = (sent[-1] - sent[0]) * SECONDS
    # It may not send before; it sends what waited afterwards.
    assert (eye.times[-1] - eye.times[0]) * SECONDS >= \
        (count["out"] - 34) / 20000
    assert count["out"] <= took * 20000 + 32 + 1


def test_wrong_options(net):
    host = net.host()
    for options, text in [
            ("-l 2 lo lo", '"2" is not a number from 0 to 1'),
            ("-r 20kpp lo lo", 'not "pp"'), ("-h 3 lo lo", "as 100,3"),
            ("-d 1/2/3 lo lo", "one too many"), ("lo", "usage:")]:
        done = host.run(f"{RELAY} {options}", check=False)
        assert done.returncode == 2 and text in done.stdout, done.stdout
