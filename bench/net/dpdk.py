# SPDX-License-Identifier: BSD-2-Clause
"""DPDK's programs as peers: their memory, their end; and how far the two CPUs
of the machine are from each other."""
import os
import re
import signal
import subprocess
import tempfile

from side_by_side import PEERS

HUGE = "/proc/sys/vm/nr_hugepages"
# Of 2 MiB: two programs, or an l3fwd with a table for millions of routes.
PAGES = 768 if "L3FWD" in os.environ else 256
MEMORY_SMALL = f"--no-huge -m {PAGES * 2 if PAGES > 256 else 256}"


class Peer:
    """A program that runs until it is interrupted."""

    def __init__(self, host, command):
        self.log = tempfile.TemporaryFile("w+", encoding="utf-8")
        # DPDK leaves what it made there.
        self.run = tempfile.TemporaryDirectory(prefix="spate-dpdk.")
        self.process = host.start(command, process_group=0, stdout=self.log,
                                  env={**os.environ,
                                       "RUNTIME_DIRECTORY": self.run.name},
                                  stderr=self.log, stdin=subprocess.DEVNULL)

    def said(self):
        self.log.seek(0)
        return self.log.read()

    def check(self):
        if self.process.poll() is not None:
            raise AssertionError("it ended: " + self.said()[-1500:])

    def signal(self, number):
        """To all its processes: trafgen's worker would outlive it."""
        try:
            os.killpg(self.process.pid, number)
        except ProcessLookupError:
            pass

    def stop(self):
        self.signal(signal.SIGINT)
        try:
            self.process.wait(15)
        except subprocess.TimeoutExpired:
            pass
        self.signal(signal.SIGKILL)
        self.process.wait()
        self.log.close()
        self.run.cleanup()


def distance():
    return subprocess.run(
        [os.path.join(PEERS, "distance")], text=True,
        stdout=subprocess.PIPE, check=True).stdout.strip()


def _pages(number):
    with open(HUGE, "w", encoding="ascii") as f:
        f.write(str(number))


def huge_pages():
    """How many there were, and options for DPDK's memory: huge pages if it can
    have them."""
    with open(HUGE, encoding="ascii") as f:
        had = int(f.read())
    _pages(had + PAGES)
    with open("/proc/meminfo", encoding="ascii") as f:
        free = int(re.search(r"HugePages_Free: +(\d+)", f.read())[1])
    return had, "--in-memory" if free >= PAGES else MEMORY_SMALL


def huge_pages_back(had):
    """As huge_pages() found it; None: it was not called."""
    if had is not None:
        _pages(had)
