# SPDX-License-Identifier: BSD-2-Clause
"""spate gen is told to end: in any phase, by either signal, to either of its
processes, it does, and tells what it has measured so far."""
import os
import signal
import subprocess

import pytest

from lib import SPATE, die_with_parent, wait_for

STOPPED = 130
PATIENCE = 100		# each is busy while it waits
PAIR = ["--port", "pair:port2", "--port", "pair:port1"]
SHORT = ["--size", "64", "--rate", "1 kpps", "--late", "1 s", "--rate-error",
         "1000000", "--learn", "1 ms"]
# What it is in the middle of: how to make it last, and what it says before.
PHASES = {
    "learn": (["send", *PAIR, *SHORT[:-2], "--learn", "60 s"], "run: run"),
    "warmup": (["send", *PAIR, *SHORT, "--warmup", "60 s"], "run: run"),
    "run": (["send", *PAIR, *SHORT, "--duration", "60 s"], "run: run"),
    "drain": (["send", *PAIR, *SHORT, "--duration", "10 ms", "--drain",
               "60 s"], "run: run"),
    "rest": (["latency", *PAIR, *SHORT, "--duration", "10 ms", "--settle",
              "60 s", "--drain", "10 ms"], "trial 2: "),
    "links": (["send", "--port", "memif:{folder}/sock,role=server", "--port",
               "memif:{folder}/sock2,role=server", *SHORT], ""),
    "command": (["reset", *PAIR, *SHORT, "--duration", "10 ms", "--settle",
                 "1 ms", "--drain", "10 ms", "--reset-command",
                 "echo command runs >&2; exec sleep 60"], "command runs"),
    "udp": (["udp", "--sink", "--port", "pair:port2,address=10.0.0.1/24",
             "--sink", "--port", "pair:port1,address=10.0.0.2/24"], ""),
}


def children(pid):
    with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as f:
        return [int(pid) for pid in f.read().split()]


def ready(pid):
    """Whether it has its own handling of signals."""
    with open(f"/proc/{pid}/status", encoding="ascii") as f:
        masks = dict(line.split(":\t") for line in f if "Sig" in line)
    return int(masks["SigCgt"], 16) & 1 << (signal.SIGTERM - 1)


class Gen:
    """One that runs in the background of a script, as far as signals go."""

    def __init__(self, net, number, words, nohup=False):
        self.said = net.path(f"{number}.said")
        folder = net.path(f"{number}")
        os.mkdir(folder)
        with open(self.said, "w", encoding="utf-8") as said:
            self.process = subprocess.Popen(
                [SPATE, "gen", *(w.format(folder=folder) for w in words)],
                stdin=subprocess.DEVNULL, stdout=said, stderr=said,
                preexec_fn=lambda: self._background(nohup))

    @staticmethod
    def _background(nohup):
        die_with_parent()
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        if nohup:
            signal.signal(signal.SIGHUP, signal.SIG_IGN)

    def text(self):
        with open(self.said, encoding="utf-8") as f:
            return f.read()

    def child(self):
        return children(self.process.pid)[0]

    def is_at(self, says):
        assert self.process.poll() is None, self.text()
        child = children(self.process.pid)
        return child and ready(child[0]) and says in self.text()


@pytest.mark.parametrize("phase", PHASES)
def test_stops(net, phase):
    words, says = PHASES[phase]
    for sig in signal.SIGINT, signal.SIGTERM:
        runs = {who: Gen(net, f"{sig.name}-{who}", words)
                for who in ("parent", "child")}
        for run in runs.values():
            wait_for("it is at it", lambda r=run: r.is_at(says), PATIENCE)
        for who, run in runs.items():
            os.kill(run.process.pid if who == "parent" else run.child(), sig)
        for who, run in runs.items():
            status = run.process.wait(PATIENCE)
            out = run.text()
            assert status == (0 if phase == "udp" else STOPPED), (who, out)
            assert phase == "udp" or "stopped by the user" in out, (who, out)


def test_parent_killed(net):
    """Nobody is left who holds devices."""
    run = Gen(net, 0, PHASES["run"][0])
    wait_for("it is at it", lambda: run.is_at(PHASES["run"][1]))
    child = run.child()
    run.process.kill()
    run.process.wait()
    wait_for("the child is gone", lambda: not os.path.exists(f"/proc/{child}"))


def test_hangup(net):
    """It ends when the terminal goes, unless nohup(1) has started it."""
    runs = [Gen(net, i, PHASES["run"][0], nohup=bool(i)) for i in range(2)]
    for run in runs:
        wait_for("it is at it", lambda r=run: r.is_at(PHASES["run"][1]))
        run.process.send_signal(signal.SIGHUP)
    assert runs[0].process.wait(PATIENCE) == STOPPED, runs[0].text()
    assert runs[1].process.poll() is None, runs[1].text()
    runs[1].process.terminate()
    assert runs[1].process.wait(PATIENCE) == STOPPED, runs[1].text()
