# SPDX-License-Identifier: BSD-2-Clause
"""spate gen udp: a source and who answers it, and what a kernel sends."""
import signal
import subprocess

import pytest

from lib import PATIENCE, SPATE, die_with_parent, wait_for

KERNEL, TESTER = "10.7.0.1", "10.7.0.2"


class Udp:
    """A spate gen udp that runs."""

    def __init__(self, host, *argv):
        self.process = subprocess.Popen(
            host.command([SPATE, "gen", "udp", *argv]), text=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, preexec_fn=die_with_parent)

    def stop(self):
        self.process.send_signal(signal.SIGINT)

    def said(self, status=0):
        out = self.process.communicate(timeout=PATIENCE)[0].splitlines()
        assert self.process.returncode == status, out
        return out


@pytest.fixture(name="host")
def fixture_host(net):
    """Two ends of a link in one namespace, left alone by its kernel."""
    host = net.host("link")
    host.sysctl("ipv6/conf/default/disable_ipv6", 1)
    host.run("ip link add va type veth peer name vb")
    for end in ("va", "vb"):
        host.run(f"ethtool -K {end} tx off; ip link set {end} up")
    return host


def total(line, before, behind=""):
    assert line.startswith(before) and line.endswith(behind), line
    return int(line[len(before):].split(",")[0])


def test_source_and_echo(host):
    echo = Udp(host, "--echo", "--port", f"packet:vb,address={TESTER}/24",
               "--cpus", "2")
    source = Udp(host, "--source", "--destination", TESTER, "--port",
                 f"packet:va,address={KERNEL}/24", "--rate", "2 kpps",
                 "--flows", "10", "--size", "imix", "--duration", "1200 ms")
    out = source.said()
    echo.stop()
    back = total(echo.said()[-1], "sent back ")
    sent = total(out[-1], "sent ", f"received {back}")
    assert sent >= back > 0
    assert " s  sent " in out[0] and " pps, " in out[0]


def test_sink_counts_what_a_kernel_sends(host):
    host.address("va", f"{KERNEL}/24")
    sink = Udp(host, "--sink", "--port", f"packet:vb,address={TESTER}/24")
    wait_for("the sink's address answers", lambda: host.run(
        f"ping -n -c 1 -W 1 {TESTER}", check=False).returncode == 0)
    host.run("python3 -c 'import socket\n"
             "s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\n"
             f"for i in range(100): s.sendto(b\"x\" * i, (\"{TESTER}\", i + 1))'"
             )
    host.run(f"ping -n -c 1 -W 5 {TESTER}")     # behind all of them
    sink.stop()
    assert sink.said()[-1] == "received 100"


def test_echo_answers_a_kernel(host):
    """Of each size, as it was, from the port it went to."""
    host.address("va", f"{KERNEL}/24")
    echo = Udp(host, "--echo", "--port", f"packet:vb,address={TESTER}/24")
    out = host.run(f"""python3 -c '
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.settimeout(0.2)
for i in range(0, 1472, 64):
    said = bytes(k & 255 for k in range(i))
    for _ in range(100):            # the first ones ask for addresses
        s.sendto(said, ("{TESTER}", 2000 + i))
        try:
            heard = s.recvfrom(2000)
        except TimeoutError:
            continue
        if heard == (said, ("{TESTER}", 2000 + i)):
            print("right")
            break
'""").stdout
    echo.stop()
    assert out.count("right") == 23
    assert total(echo.said()[-1], "sent back ") >= 23


def test_kernel_echoes_to_source(host):
    host.address("va", f"{KERNEL}/24")
    kernel = subprocess.Popen(host.command(["python3", "-c", f"""
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("{KERNEL}", 7777))
while True:
    s.sendto(*s.recvfrom(2000))
"""]), preexec_fn=die_with_parent)
    wait_for("the kernel listens",
             lambda: ":7777" in host.run("ss -Hlnu").stdout)
    out = Udp(host, "--source", "--destination", KERNEL, "--destination-port",
              "7777", "--flows", "10", "--port",
              f"packet:vb,address={TESTER}/24", "--rate", "500 pps",
              "--duration", "500 ms").said()
    kernel.kill()
    kernel.wait()
    sent = total(out[-1], "sent ")
    back = int(out[-1].split("received ")[1])
    assert sent >= back > 0, out


def test_both_ends_of_a_memif(net):
    """Two testers of the same seed are still two."""
    host = net.host("memif")
    socket = net.path("udp.sock")
    echo = Udp(host, "--echo", "--port",
               f"memif:{socket},role=server,address={TESTER}/24")
    source = Udp(host, "--source", "--destination", TESTER, "--port",
                 f"memif:{socket},address={KERNEL}/24", "--rate", "1 kpps",
                 "--duration", "500 ms")
    out = source.said()
    echo.stop()
    back = total(echo.said()[-1], "sent back ")
    assert total(out[-1], "sent ", f"received {back}") == back > 0


@pytest.mark.parametrize("what, says", [("echo", "sent back"),
                                        ("sink", "sunk")])
def test_both_ends_of_a_pair(net, what, says):
    """One process may be source and sink, by port."""
    out = Udp(net.host("pair"), "--source", "--destination", TESTER, "--port",
              f"pair:port2,address={KERNEL}/24", f"--{what}", "--port",
              f"pair:port1,address={TESTER}/24", "--rate", "1 kpps",
              "--duration", "500 ms").said()
    count = total(out[-1], says + " ")
    back = count if what == "echo" else 0
    assert total(out[-2], "sent ", f"received {back}") == count > 0


@pytest.mark.parametrize("argv, says", [
    ((), "one of --source, --sink and --echo is wanted"),
    (("--sink", "--echo"), "exclude each other"),
    (("--sink",), "a --port is wanted"),
    (("--source", "--port", "tap:x", "--echo"), "a --port is wanted"),
    (("--source", "--port", "tap:x", "--echo", "--port", "tap:y"),
     "a source wants a --destination"),
    (("--source", "--port", "tap:x"), "a source wants a --destination"),
    (("--sink", "--port", "tap:x", "--rate", "1 pps"),
     "only a source has destination, flows, rate and size"),
    (("--sink", "--port", "tap:x", "more"), "options only"),
    (("--sink", "--port", "nothing"), "no driver"),
    (("--source", "--port", "tap:x", "--destination", "10.0.0.1", "--flows",
      "0"), "--flows wants a number from 1 to 64512"),
])
def test_command_lines_that_are_wrong(argv, says):
    done = subprocess.run([SPATE, "gen", "udp", *argv], text=True,
                          stdin=subprocess.DEVNULL, capture_output=True,
                          check=False, preexec_fn=die_with_parent)
    assert done.returncode == 2 and says in done.stderr
