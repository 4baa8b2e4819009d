# SPDX-License-Identifier: BSD-2-Clause
"""spate top: a terminal in memory, on which the tests read and press keys."""
import os
import re
import signal
import subprocess

import pytest

import terminal
from lib import SPATE, die_with_parent, wait_for
from test_daemon import ROUTER, two_hosts

NO_ROUTE = "no IPv4 route to the destination"
COLOUR = re.compile(rb"\x1b\[[0-9;]*3[0-7]m")


def Terminal(router, *options, **how):	# pylint: disable=invalid-name
    """spate top on a terminal of its own."""
    return terminal.Terminal(SPATE, "top", "-s", router.socket, *options,
                             **how)


def reports(text):
    """Each report of --batch: its seconds, and its tables' rows as dicts."""
    for part in re.split(r"^(?=# )", text, flags=re.M)[1:]:
        head, _, rest = part.partition("\n")
        found = re.search(r"rates of ([0-9.]+) s", head)
        if not found:
            continue
        tables = []
        for table in rest.strip("\n").split("\n\n"):
            first, *lines = [re.split(r"  +", line.strip())
                             for line in table.split("\n")]
            tables.append([dict(zip(first, line)) for line in lines])
        yield float(found.group(1)), tables


@pytest.fixture(name="lab")
def fixture_lab(net):
    router = net.daemon(ROUTER)
    alice, bob = two_hosts(router)
    alice.ping("10.0.2.2")
    return router, alice, bob


def test_known_packets(lab):
    """While packets flow the screen counts them, interface by interface."""
    router, alice, _ = lab
    with Terminal(router, "-i", "0.2") as top:
        top.wait(r"^left +up ")
        before = router.show("interfaces")["interfaces"]
        with alice.start("ping -q -n -i 0.01 10.0.2.2",
                         stdout=subprocess.DEVNULL) as ping:
            # Never 0 while it runs, in any direction of both.
            for name in "left", "right":
                top.wait(rf"^{name} +up +[1-9]\S* +[1-9]\S* +[1-9]\S* +"
                         r"[1-9]\S* +0 +0 *$")
            ping.terminate()
        after = router.show("interfaces")["interfaces"]
        assert after[0]["rx_packets"] > before[0]["rx_packets"]
        # Each of these dies, and is named.
        alice.run("ping -q -n -c 30 -i 0.01 -W 1 203.0.113.1", check=False)
        top.press("5")
        top.wait(rf"^left +\S+ +30 +ip +{NO_ROUTE}")


def test_history(lab):
    """Bars of the last minute, in ASCII and in UTF-8."""
    router, alice, _ = lab
    with alice.start("ping -q -n -i 0.01 10.0.2.2",
                     stdout=subprocess.DEVNULL) as ping:
        with Terminal(router, "-i", "0.2", "-p", "interfaces") as top:
            for way in "left rx", "left tx", "right rx", "right tx":
                top.wait(rf"^{way} +[0-9.k]+ +[.:=+*%#-]+ *$")
            top.press("2")
            top.wait(r"^CPU 0 busy +[0-9.]+ +[_.:=+*%#-]+ *$")
        with Terminal(router, "-p", "interfaces", locale="C.UTF-8") as top:
            top.wait("^left rx +[0-9.k]+ +[▁▂▃▄▅▆▇█]+ *$")
        ping.terminate()


def test_keys(lab):
    router, _, _ = lab
    with Terminal(router, "-i", "0.2") as top:
        top.wait(r"^ *\[1 overview\]")
        top.wait("RX BIT/S")
        for key, heading in (("2", "ROUNDS +SLEEPS"), ("3", "LAST MINUTE"),
                             ("4", "PER VECTOR"), ("5", "[1-5] drops"),
                             ("\t", r"\[1 overview\]"), ("?", "Page Up"),
                             ("?", "RX BIT/S")):
            top.press(key)
            top.wait(heading)
        top.press("4")
        assert re.search(r"fast_input(.|\n)+dev_output",
                         top.wait(r"fast_input(.|\n)*dev_output").group(0))
        top.press("s")
        top.wait("by STAGE")
        top.wait(r"arp_input(.|\n)*fast_input")
        top.press("r")
        top.wait("by STAGE, reversed")
        top.wait(r"fast_input(.|\n)*arp_input")
        top.press("p")
        top.wait("PAUSED")
        top.press("p")
        wait_for("it goes on", lambda: "PAUSED" not in top.look())
        top.press("+")
        top.wait("every 0.40 s")
        top.press("q")
        assert top.end() == 0


def test_sizes(lab):
    """All of 80 by 24, of more, and of nearly nothing."""
    router, _, _ = lab
    with Terminal(router, "-i", "0.2") as top:
        top.wait(r"^INTERFACE .* LOST *$")
        top.wait("^s sort .* q quit *$")
        top.resize(5, 30)
        top.wait("^s sort +r reverse +p pause")
        top.press("\x1b[B")
        top.wait("^left +up")
        for lines, columns in ((1, 1), (2, 10), (50, 132)):
            top.resize(lines, columns)
        top.press("3")
        top.wait(r"\[3 interfaces\](.|\n)*^right tx")
        assert top.process.poll() is None
        top.process.send_signal(signal.SIGTERM)
        assert top.end() == 0


@pytest.mark.parametrize("term, options, colours", [
    ("linux", [], True), ("linux", ["-m"], False), ("vt100", [], False)])
def test_colours(lab, term, options, colours):
    router, _, _ = lab
    with Terminal(router, "-n", "1", *options, term=term) as top:
        assert top.end() == 0
        assert "spate top" in top.raw.decode()
        assert bool(COLOUR.search(top.raw)) == colours


@pytest.mark.parametrize("term, says", [
    ("dumb", 'cannot show a whole screen: use "spate top --batch"'),
    ("", "TERM is not set"), ("nothing-like-it", "nothing is known of")])
def test_terminals(lab, term, says):
    router, _, _ = lab
    with Terminal(router, columns=200, term=term) as top:
        assert top.end() == 1
        assert says in top.look()


def test_no_terminal(lab):
    router, _, _ = lab
    assert "--batch" in router.spate("top", status=1)
    for wrong in ["-i", "0"], ["-i", "x"], ["-n", "0"], ["-p", "x"], ["x"]:
        assert "usage" in router.spate("top", *wrong, status=2)


def test_batch(lab):
    """Rates times their seconds are exactly what was sent."""
    router, alice, _ = lab
    with subprocess.Popen(
            [SPATE, "top", "-b", "-s", router.socket, "-i", "0.1"],
            text=True, stdout=subprocess.PIPE,
            preexec_fn=die_with_parent) as top:
        text = top.stdout.readline()
        alice.run("ping -q -n -c 40 -i 0.01 -W 1 203.0.113.1", check=False)
        while not re.search(rf"^left +\S+ +40 .*{NO_ROUTE}", text, re.M):
            text += top.stdout.readline()
        top.terminate()
        text += top.stdout.read()
    sums = [0, 0]
    for seconds, tables in reports(text):
        cpus, interfaces, stages = tables[:3]
        assert {c["CPU"] for c in cpus} == {"0", "1"}
        assert all(0 <= float(c["BUSY %"]) <= 100 for c in cpus)
        assert "ip_input" in {s["STAGE"] for s in stages}
        drops = [d for d in tables[-1] if d.get("REASON") == NO_ROUTE]
        sums[0] += sum(float(d["DROPS"]) for d in drops) * seconds
        sums[1] += float(interfaces[0]["RX PPS"]) * seconds
    assert round(sums[0]) == 40
    assert round(sums[1]) >= 40


def test_batch_ends(lab):
    router, _, _ = lab
    text = router.spate("top", "-b", "-n", "2", "-i", "0.1", "-p", "drops")
    assert len(re.findall("^# ", text, re.M)) == 2
    assert "BUSY" not in text
    router.stop()
    assert "no daemon answers" in router.spate("top", "-b", status=1)


def test_restart(net):
    """A daemon that goes is said to be gone, and its successor is found."""
    router = net.daemon(ROUTER)
    with Terminal(router, "-i", "0.2") as top, subprocess.Popen(
            [SPATE, "top", "-b", "-s", router.socket, "-i", "0.1"],
            text=True, stdout=subprocess.PIPE,
            preexec_fn=die_with_parent) as batch:
        assert "rates of" in batch.stdout.readline()
        top.wait("^left")
        assert router.stop() == 0
        top.wait("NO DAEMON")
        top.wait("trying again")
        again = net.daemon(ROUTER, host=router.host, socket=router.socket)
        top.wait("the daemon was restarted")
        wait_for("rates again", lambda: "NO DAEMON" not in top.look())
        top.press("q")
        assert top.end() == 0
        said = []
        while not said or "rates of" not in said[-1]:
            line = batch.stdout.readline()
            if line.startswith("# ") and (said or "rates of" not in line):
                said.append(line)
        assert "is gone" in said[0] and "was restarted" in said[-2], said
        assert again.stop() == 0
        # Nobody answers, and batch waits on.
        batch.stdout.readline()
        assert batch.poll() is None
        batch.terminate()


def test_hung(lab):
    """A daemon that says nothing does not take the keyboard."""
    router, _, _ = lab
    with Terminal(router, "-i", "0.1") as top:
        top.wait("^left")
        os.kill(router.child, signal.SIGSTOP)
        try:
            top.press("3")
            top.wait(r"\[3 interfaces\]")
            top.wait("has not answered")
            top.press("q")
            assert top.end() == 0
        finally:
            os.kill(router.child, signal.SIGCONT)
