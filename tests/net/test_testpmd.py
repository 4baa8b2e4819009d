# SPDX-License-Identifier: BSD-2-Clause
"""memif with DPDK's testpmd at the other end, which answers ARP and pings
(icmpecho): both roles, one queue and two, and either side goes and comes back.

    alice 10.0.1.2 -- [left  router  m0] == memif == 10.0.9.2 testpmd
"""
import os
import shutil
import signal
import subprocess

import pytest

from lib import PATIENCE, die_with_parent, wait_for
from test_memif import interface, wait_state

TESTPMD = shutil.which("dpdk-testpmd")


def has_memif():
    if TESTPMD is None:
        return False
    done = subprocess.run(["sh", "-c", "ls /usr/lib/*/dpdk/pmds-*/"
                           "librte_net_memif.so*"],
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                          check=False)
    return done.returncode == 0


pytestmark = pytest.mark.skipif(
    not has_memif(), reason="no testpmd with net_memif: make deps")

OTHER = {"server": "client", "client": "server"}


class Testpmd:
    """It reads commands, and ends at the end of them."""
    __test__ = False

    def __init__(self, net, role, queues, mode="icmpecho"):
        self.log_path = net.path(f"testpmd.{len(net.peers)}")
        self.role = role
        if role == "server" and os.path.exists(net.path("memif.sock")):
            os.unlink(net.path("memif.sock"))  # a killed one leaves it
        net.peers.append(self)
        with open(self.log_path, "w", encoding="utf-8") as log:
            self.process = subprocess.Popen(
                [TESTPMD, "-l", "0,1", "--no-pci", "--no-huge", "-m", "96",
                 f"--file-prefix=spate{id(self)}", "--no-telemetry",
                 "--vdev", f"net_memif0,role={role},id=3,secret=psst,"
                 f"socket={net.path('memif.sock')},socket-abstract=no,"
                 "mac=02:00:00:00:00:99,rsize=9",
                 "--", "-i", "--auto-start", f"--forward-mode={mode}",
                 "--total-num-mbufs=4096",
                 f"--rxq={queues}", f"--txq={queues}", "--no-lsc-interrupt",
                 "--disable-link-check"],	# 9 s for each link down
                stdin=subprocess.PIPE, stdout=log, stderr=log,
                # What it leaves there goes with the test's directory.
                env={**os.environ, "RUNTIME_DIRECTORY": net.path(".")},
                preexec_fn=die_with_parent)

    def log(self):
        with open(self.log_path, encoding="utf-8", errors="replace") as f:
            return f.read()

    def say(self, *commands):
        if self.process.poll() is not None:
            raise AssertionError(
                f"testpmd ended ({self.process.returncode}): " +
                self.log()[-2000:])
        self.process.stdin.write("\n".join([*commands, ""]).encode())
        self.process.stdin.flush()

    def again(self):
        """A client tries once, when its port is started."""
        if self.role == "client":
            self.say("port stop 0", "port start 0")

    def stop(self, sig=None):
        if self.process.poll() is None:
            if sig is not None:
                self.process.send_signal(sig)
            else:
                self.process.stdin.write(b"quit\n")
            self.process.stdin.close()
            try:
                self.process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


@pytest.fixture(name="peers")
def fixture_peers(net):
    net.peers = []
    yield net
    for peer in net.peers:
        peer.stop(signal.SIGKILL)


def router(net, role, queues):
    daemon = net.daemon(f"""
        cpus = 2
        interface left {{ driver = tap  device = left  queues = 2
            address = 10.0.1.1/24 }}
        interface m0 {{ driver = memif  socket = "{net.path('memif.sock')}"
            role = {role}  id = 3  secret = psst  queues = {queues}
            address = 10.0.9.1/24 }}""", host=net.host("router"))
    return daemon, daemon.neighbour("left", "10.0.1.2/24", via="10.0.1.1")


def wait_up(daemon, peer):
    for _ in range(5):
        try:
            wait_for("m0 is up",
                     lambda: interface(daemon)["state"] == "up", 6)
            return
        except AssertionError:
            peer.again()
    raise AssertionError(daemon.log() + peer.log()[-2000:])


def ping(alice):
    """Until all of some are answered, of each size; what is lost at first is
    lost while neighbours are looked for."""
    for size in 56, 1400, 1472:
        wait_for("answers", lambda s=size: " 0% packet loss" in alice.run(
            f"ping -n -q -c 10 -i 0.01 -W 1 -s {s} 10.0.9.2",
            check=False).stdout)


@pytest.mark.parametrize("queues", [1, 2])
@pytest.mark.parametrize("role", ["server", "client"])
def test_both_roles(peers, role, queues):
    daemon, alice = router(peers, role, queues)
    peer = Testpmd(peers, OTHER[role], queues)
    wait_up(daemon, peer)
    ping(alice)
    i = interface(daemon)
    assert f"rings {queues} in, {queues} out" in i["note"], i
    assert "connected to DPDK" in i["note"], i
    assert i["rx_errors"] == i["tx_errors"] == i["device_dropped"] == 0, i
    # testpmd goes and comes back, in order and not; then Spate does.
    for sig in None, signal.SIGKILL:
        peer.stop(sig)
        wait_state(daemon, "no carrier")
        peer = Testpmd(peers, OTHER[role], queues)
        wait_up(daemon, peer)
        ping(alice)
    # It has to rest meanwhile: it does not bear to lose rings in use.
    peer.say("stop")
    daemon.stop()
    daemon, alice = router(peers, role, queues)
    peer.again()
    wait_up(daemon, peer)
    peer.say("start")
    ping(alice)
    peer.stop()


def test_queues_share_the_load(peers):
    """Flows on both CPUs: frames on both rings, each way."""
    peer = Testpmd(peers, "server", 2)
    daemon, alice = router(peers, "client", 2)
    wait_up(daemon, peer)
    ping(alice)

    for n in range(16):
        alice.run(f"ip address add 10.0.1.{n + 100}/24 dev left")

    def both():
        alice.run("for n in $(seq 100 115); do ping -q -n -c 2 -i 0.01 -W 1 "
                  "-I 10.0.1.$n 10.0.9.2 & done >/dev/null; wait")
        queues = interface(daemon)["queues"]
        return all(q["packets"] > 0
                   for q in queues["receive"] + queues["transmit"])
    wait_for("frames on all queues", both)
    peer.stop()
