# SPDX-License-Identifier: BSD-2-Clause
"""Any bytes on the wire: the router lives, answers, and loses no count."""
import os
import time

import pytest

from lab import LONG, Lab
from malform import malformed

COUNT = 200000 if LONG else 4000
BATCH = 200	# sent at once: what a device's queue surely holds


@pytest.mark.parametrize("driver", ["tap", "xdp"])
def test_malformed_frames(net, driver, record_property):
    """From a host on a link of its own, while others use theirs."""
    seed = int(os.environ.get("SPATE_NET_SEED", "1"))
    record_property("seed", seed)
    lab = Lab(net, driver)
    lab.alive()
    before = lab.interface("small")["rx_packets"]
    small = lab.interface("small")["mac"]
    sent = send(lab, malformed(
        seed, COUNT, small, [("10.0.3.237", "10.0.3.1"),
                             ("fd00:3::ed", "fd00:3::1")],
        ["10.0.2.2", "fd00:2::2"]))
    lab.alive()
    assert lab.interface("small")["rx_packets"] - before > sent * 0.9
    # Some may have said they were carol, and ARP believes whoever spoke last;
    # the first answer may be on its way before it has heard of her.
    lab.carol.run("ip neigh flush dev eth0")
    lab.carol.ping("10.0.3.1", "-c 3 -i 0.3 -W 1")
    lab.carol.ping("fd00:3::1", "-c 3 -i 0.3 -W 1")
    record_property("reasons to drop", len(lab.drops()))
    assert len([why for dev, why in lab.drops() if dev == "small"]) > 15
    lab.wait_balanced()


def send(lab, frames):
    """As fast as the router takes them; how many the device took."""
    sent = 0
    with lab.carol.packet_socket("eth0") as wire:
        for number, frame in enumerate(frames, 1):
            try:
                wire.send(frame)
                sent += 1
            except OSError:	# such a frame no device takes
                pass
            if number % BATCH == 0:
                time.sleep(0.005)
                assert lab.router.process.poll() is None, lab.router.log()
    return sent
