# SPDX-License-Identifier: BSD-2-Clause
"""Probes, seen by bpftrace while packets pass.  See docs/probes.md."""
import json
import os
import re
import shutil
import signal
import subprocess
import threading

import pytest

from lib import SPATE, die_with_parent, wait_for
from test_daemon import ROUTER, two_hosts

PAGE = os.path.join(os.path.dirname(os.path.abspath(__file__)),
                    "../../docs/probes.md")
UPROBES = "/sys/bus/event_source/devices/uprobe"
NO_ROUTE = "no IPv4 route to the destination"


def missing():
    """What is not there of what it takes, or an empty text."""
    if not shutil.which("bpftrace"):
        return "bpftrace is not installed"
    if not os.path.exists(UPROBES):
        return "this kernel has no uprobes"
    with open(SPATE, "rb") as program:
        return "" if b"stapsdt" in program.read() else "built without probes"


pytestmark = pytest.mark.skipif(bool(missing()), reason=missing() or "-")


def at(script):
    """A script of the page, for the program that is tested."""
    return script.replace("/usr/local/bin/spate", SPATE)


class Tracer:
    """bpftrace with a script, listening; end() gives all that it printed."""

    def __init__(self, script, *options):
        self.lines = []
        self.process = subprocess.Popen(
            ["bpftrace", *options, "-e", script], text=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, preexec_fn=die_with_parent)
        self.reader = threading.Thread(target=self._read)
        self.reader.start()

    def _read(self):
        for line in self.process.stdout:
            self.lines.append(line)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.reader.join()

    def said(self, what):
        return any(what in line for line in self.lines)

    def wait(self, what):
        wait_for(f"bpftrace says \"{what}\"", lambda: self.said(what)
                 or self.process.poll() is not None)
        assert self.said(what), "".join(self.lines)

    def end(self):
        """While it attaches probes it may not hear; a second signal too soon
        after one that it heard ends it without a word."""
        def ended():
            self.process.send_signal(signal.SIGINT)
            try:
                self.process.wait(2)
            except subprocess.TimeoutExpired:
                return False
            return True
        wait_for("bpftrace ends", ended)
        self.reader.join()
        return "".join(self.lines)


@pytest.fixture(name="lab")
def fixture_lab(net):
    router = net.daemon(ROUTER)
    alice, bob = two_hosts(router)
    alice.ping("10.0.2.2")
    return router, alice, bob


SEEN = """
usdt:/usr/local/bin/spate:spate:stage__begin {
    if (@told[0] == 0) { @told[0] = 1; printf("begin listens"); }
    @begun[str(arg3)] = sum(arg2);
}
usdt:/usr/local/bin/spate:spate:stage__end {
    if (@told[1] == 0) { @told[1] = 1; printf("end listens"); }
    @ended[str(arg3)] = sum(arg2);
}
usdt:/usr/local/bin/spate:spate:drop {
    if (@told[2] == 0) { @told[2] = 1; printf("drop listens"); }
    @died[str(arg3), arg1, str(arg2), arg5] = count();
}"""


def test_seen(lab):
    """Every packet, in the stages it passes and where it dies."""
    router, alice, _ = lab
    with Tracer(at(SEEN), "-f", "json") as tracer:
        def listens():
            alice.run("ping -q -c 1 -t 1 -W 0.1 10.0.2.2", check=False)
            assert tracer.process.poll() is None, tracer.lines
            return all(tracer.said(f"{probe} listens")
                       for probe in ("begin", "end", "drop"))
        wait_for("all probes are attached", listens)
        alice.run("ping -q -c 20 -i 0.01 -W 1 203.0.113.1", check=False)
        alice.ping("10.0.2.2", "-q -c 20 -i 0.01 -W 1")
        maps = {}
        for line in tracer.end().split("\n"):
            if line.startswith('{"type": "map"'):
                maps.update(json.loads(line)["data"])
    left = next(i["index"] for i in router.show("interfaces")["interfaces"]
                if i["name"] == "left")
    # 84 bytes of IPv4 each.
    assert maps["@died"][f"{NO_ROUTE},{left},ip_input,84"] == 20
    # What the fast path takes, there and back, passes no other before the end.
    for stages in "@begun", "@ended":
        assert maps[stages]["fast_input"] >= 60
        assert maps[stages]["ip_input"] >= 20
        assert maps[stages]["dev_output"] >= 40


def scripts():
    with open(PAGE, encoding="utf-8") as page:
        return re.findall(r"^    bpftrace -e '(.*)'$", page.read(), re.M)


def test_page(lab):
    """What the page tells to type works."""
    assert len(scripts()) >= 5
    _, alice, _ = lab
    for script in scripts():
        with Tracer(at(script)) as tracer:
            tracer.wait("Attaching")
            alice.run("ping -q -c 2 -i 0.01 -W 1 203.0.113.1", check=False)
            out = tracer.end()
            assert tracer.process.returncode == 0, out
            assert "ERROR: Could not" not in out and "rror:" not in out, out
