# SPDX-License-Identifier: BSD-2-Clause
"""What tests with real hosts share: the network, and results as TAP."""
import os
import signal

import pytest

from _pytest.runner import runtestprotocol
from lib import SANITIZED, Net


@pytest.fixture
def net():
    """A network of its own for each test; nothing of it stays."""
    network = Net()
    try:
        yield network
    finally:
        network.close()


def pytest_configure(config):
    # Explaining a failed assertion asks for it, the terminal has it.
    if not hasattr(config.option, "verbose"):
        config.option.verbose = 0
    # The end of the test program is the end of all that it started.
    signal.signal(signal.SIGTERM, signal.default_int_handler)


def pytest_collection_modifyitems(items):
    if os.geteuid() != 0:
        for item in items:
            item.add_marker(pytest.mark.skip("needs root"))


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item, nextitem):
    """Under a sanitizer a test has a second try: everything is many times
    slower, so hosts give up on what would have come.  What the sanitizer
    itself says fails both (Net.close())."""
    if not SANITIZED:
        return None
    hook = item.ihook
    hook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
    reports = runtestprotocol(item, nextitem=nextitem, log=False)
    failed = [r for r in reports if r.failed]
    if failed and failed[-1].when != "teardown":
        for line in failed[0].longreprtext.splitlines():
            print("# first try: " + line, flush=True)
        reports = runtestprotocol(item, nextitem=nextitem, log=False)
    for report in reports:
        hook.pytest_runtest_logreport(report=report)
    hook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
    return True


class Tap:
    """Prints what came of each test as the Test Anything Protocol."""

    def __init__(self):
        self.number = 0

    def pytest_collection_finish(self, session):
        print(f"1..{len(session.items)}", flush=True)

    def pytest_collectreport(self, report):
        if report.failed:
            print(f"Bail out! {report.longreprtext}", flush=True)

    def pytest_runtest_logreport(self, report):
        """One line a test: of its body, or of what broke around it."""
        if report.when != "call" and report.outcome == "passed":
            return
        if report.when == "teardown" and report.failed:
            print(f"Bail out! {report.nodeid}: {report.longreprtext}",
                  flush=True)
            return
        self.number += 1
        name = report.nodeid.split("::", 1)[-1].replace("#", "")
        bad = "not " if report.failed else ""
        skip = " # SKIP" if report.skipped else ""
        print(f"{bad}ok {self.number} - {name}{skip}", flush=True)
        for what, value in report.user_properties:
            print(f"# {what}: {value}", flush=True)
        if report.failed:
            for line in report.longreprtext.splitlines():
                print("# " + line, flush=True)


def pytest_cmdline_main(config):
    if config.pluginmanager.get_plugin("terminalreporter") is None:
        config.pluginmanager.register(Tap(), "tap")
