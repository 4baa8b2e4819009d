# SPDX-License-Identifier: BSD-2-Clause
"""spate gen screen: what it shows while it sends, and what keys do."""
import json
import re
import signal
import subprocess

import pytest

from lib import SPATE, wait_for
from terminal import Terminal

PAIR = ["--port", "pair:port2", "--port", "pair:port1", "--rate", "20 kpps"]


def start(*options, **how):
    """From one port to the other, with nothing between them."""
    return Terminal(SPATE, "gen", "screen", *PAIR, *options, **how)


def numbers(screen, port):
    """What was sent and received by a port, in this trial."""
    found = screen.wait(rf"^{port}((?: +[0-9.]+[kMG]?){{4}}) +(\d+) +(\d+) ")
    return int(found.group(2)), int(found.group(3))


def test_counts():
    """Packets are counted where they leave and where they arrive."""
    with start() as screen:
        screen.wait(r"^rate 20 kpps  size as planned  flows as planned *$")
        screen.wait(r"^spate gen  trial 1  \d+:\d\d:\d\d  running *$")
        screen.wait(r"^port1 +[1-9][0-9.]*k +[1-9]")
        wait_for("packets arrive", lambda: numbers(screen, "port2")[1] > 1000)
        assert numbers(screen, "port1")[0] > 1000
        assert numbers(screen, "port2")[0] == 0
        screen.wait(r"^latency +\d[0-9.e+]* [num]?s +\d")
        screen.wait(r"^port1 tx +[0-9.]+k +[.:=+*%#-]+ *$")
        screen.press("q")
        assert screen.end() == 0


def test_keys(tmp_path):
    """Rate, size and flows; each trial is in the report."""
    path = tmp_path / "report.json"
    with start("--json", str(path), locale="C.UTF-8") as screen:
        screen.wait(r"^port1 tx +[0-9.]+k +[▁▂▃▄▅▆▇█]+ *$")
        screen.press("+")
        screen.wait("^rate 22 kpps ")
        screen.press("-")
        screen.wait("^rate 20 kpps ")
        screen.press("\x1b[5~")
        screen.wait("^rate 40 kpps ")
        screen.press("r1.5 kpps")
        screen.wait(r"^rate of each port: 1\.5 kpps_")
        screen.press("\r")
        screen.wait(r"^rate 1\.5 kpps ")
        screen.press("rnonsense\r")
        screen.wait('"nonsense" is no rate')
        screen.press("s")
        screen.wait(r"trial 2 (.|\n)*^rate 1\.5 kpps  size 64  flows as plan")
        screen.press("f")
        screen.wait(r"trial 3 (.|\n)*size 64  flows 2 ")
        screen.press("0")
        screen.wait("trial 4 ")
        screen.press("?")
        screen.wait("Page Up, Page Down")
        screen.press("?")
        screen.wait("^PORT +TX PPS")
        screen.press("q")
        assert screen.end() == 0
    methods = json.loads(path.read_text())["methods"]
    assert [m["title"].split(":")[0] for m in methods] == [
        f"trial {n}" for n in range(1, 5)]
    for method in methods:
        trial, = method["trials"]
        assert trial["sent_packets"] == (trial["received_packets"]
                                         + trial["lost_packets"])
    assert methods[3]["trials"][0]["streams"][0]["flows"] == 2


def test_impossible():
    """A size that its headers do not fit in: told, and the old one goes on."""
    with start("--ipv6") as screen:
        screen.wait(r"^port1 +[1-9]")
        screen.press("s")
        screen.wait("size as planned(.|\n)*frame of 64 bytes is too short")
        wait_for("it goes on", lambda: numbers(screen, "port1")[0] > 100)
        screen.press("q")
        assert screen.end() == 0


def test_ends():
    """Whoever ends it: the terminal is as it was, and all is told."""
    with start(lines=40, columns=150) as screen:
        screen.wait(r"^port1 +[1-9]")
        for lines, columns in ((1, 1), (2, 10), (40, 150)):
            screen.resize(lines, columns)
        screen.wait(r"^port2 +[0-9]")
        screen.process.send_signal(signal.SIGTERM)
        assert screen.end() == 130
        assert "stopped by the user" in screen.look()


@pytest.mark.parametrize("term, says", [
    ("dumb", "cannot show a whole screen"), ("", "TERM is not set")])
def test_terminals(term, says):
    with start(columns=150, term=term) as screen:
        assert screen.end() == 1
        assert says in screen.look()


def test_no_terminal():
    done = subprocess.run([SPATE, "gen", "screen", *PAIR], check=False,
                          stdin=subprocess.DEVNULL, text=True,
                          capture_output=True, timeout=60)
    assert done.returncode == 1
    assert re.search("a screen needs a terminal", done.stderr)
