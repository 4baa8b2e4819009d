# SPDX-License-Identifier: BSD-2-Clause
"""memif between two daemons, each with a kernel host behind a tap:

    alice 10.0.1.2 -- [left  server] == memif == [client  right] -- 10.0.2.2 bob

and fd00:1::2 and so on; the link between them is 10.0.9.0/24.
"""
import os
import re
import signal
import socket
import stat
import time

import pytest

from lib import Net, wait_for
from test_dev import transfer

SEQPACKET = socket.SOCK_SEQPACKET
BOB = {4: "10.0.2.2", 6: "fd00:2::2"}

both_families = pytest.mark.parametrize("family", [4, 6])


def side(net, role, more="", path=None, start=True, mtu=1500):
    """The configuration of one of the two, and its daemon."""
    path = path or net.path("memif.sock")
    tap, mine, other = ("left", 1, 2) if role == "server" else ("right", 2, 1)
    conf = f"""
        cpus = 2
        sysctl {{ net.inet6.ip6.dad_count = 0 }}
        interface {tap} {{
            driver = tap  device = {tap}  queues = 2  mtu = {mtu}
            address = {{10.0.{mine}.1/24, fd00:{mine}::1/64}}
        }}
        interface m0 {{
            driver = memif  socket = "{path}"  role = {role}  mtu = {mtu}
            address = {{10.0.9.{mine}/24, fd00:9::{mine}/64}}
            {more}
        }}
        route 10.0.{other}.0/24 {{ via = 10.0.9.{other} }}
        route fd00:{other}::/64 {{ via = fd00:9::{other} }}"""
    return net.daemon(conf, host=net.host(role)) if start else conf


def host(daemon, tap, number, mtu=1500):
    h = daemon.neighbour(tap, f"10.0.{number}.2/24", f"fd00:{number}::2/64",
                         via=(f"10.0.{number}.1", f"fd00:{number}::1"))
    h.run(f"ip link set {tap} mtu {mtu}")
    return h


def interface(daemon, name="m0"):
    return next(i for i in daemon.show("interfaces")["interfaces"]
                if i["name"] == name)


def wait_state(daemon, state):
    wait_for(f"m0 is {state}", lambda: interface(daemon)["state"] == state)


class Two:
    def __init__(self, net, more="", mtu=1500):
        self.net = net
        self.server = side(net, "server", more, mtu=mtu)
        self.client = side(net, "client", more, mtu=mtu)
        self.alice = host(self.server, "left", 1, mtu)
        self.bob = host(self.client, "right", 2, mtu)
        self.wait_up()

    def wait_up(self):
        wait_state(self.server, "up")
        wait_state(self.client, "up")


@pytest.fixture(scope="module", params=[1, 2], name="two")
def fixture_two(request):
    net = Net()
    try:
        two = Two(net, f"queues = {request.param}", mtu=9000)
        for to in BOB.values():
            wait_ping(two.alice, to)
        yield two
    finally:
        net.close()


def wait_ping(host, to=BOB[4]):
    """Until it is answered: the other host may have come just now."""
    wait_for("ping", lambda: " 0% packet loss" in host.run(
        f"ping -n -c 1 -W 1 {to}", check=False).stdout)


@both_families
def test_ping(two, family):
    for size in 56, 1400, 1800, 8900:
        two.alice.pings(BOB[family], f"-q -c 5 -i 0.01 -W 2 -M do -s {size}")
    two.alice.pings(BOB[family], "-q -f -c 1000 -W 2")


@both_families
def test_tcp(two, family):
    """Both ways, byte for byte."""
    transfer(two.alice, two.bob, BOB[family], 15)
    transfer(two.bob, two.alice, {4: "10.0.1.2", 6: "fd00:1::2"}[family], 15)


def test_iperf3(two):
    server = two.bob.start("iperf3 -s -1 >/dev/null")
    wait_for("iperf3 listens", lambda: ":5201" in two.bob.run("ss -tln").stdout)
    out = two.alice.run("iperf3 -c 10.0.2.2 -t 2 -P 2 -f m").stdout
    server.wait(10)
    assert float(re.findall(r"SUM.* ([\d.]+) Mbits/sec.*receiver",
                            out)[0]) > 20, out


def test_shown(two):
    for daemon, role, other in ((two.server, "server", "client"),
                                (two.client, "client", "server")):
        i = interface(daemon)
        n = len(i["queues"]["receive"])
        assert i["driver"] == "memif"
        assert i["device"].endswith("memif.sock")
        assert i["rx_errors"] == i["tx_errors"] == 0
        assert re.match(rf"{role}, id 0: connected to Spate \(m0\), "
                        rf"rings {n} in, {n} out, of 1024", i["note"]), i
        assert i["note"] in daemon.spate("show", "interfaces")


def test_an_idle_one_sleeps(two):
    """Awake now and then to look at the connection, and no more."""
    def ticks():
        with open(f"/proc/{two.server.child}/stat", encoding="ascii") as f:
            fields = f.read().rsplit(")", 1)[1].split()
        return int(fields[11]) + int(fields[12])
    wait_for("an idle second", lambda: idle_ticks(ticks) < 15)


def idle_ticks(ticks):
    before = ticks()
    time.sleep(1)
    return ticks() - before


@pytest.mark.parametrize("sig", [signal.SIGTERM, signal.SIGKILL])
def test_either_side_restarts(net, sig):
    two = Two(net)
    two.alice.pings("10.0.2.2")
    # The client goes.
    if sig == signal.SIGKILL:
        os.kill(two.client.child, sig)
    two.client.stop() if sig == signal.SIGTERM else two.client.wait()
    wait_state(two.server, "no carrier")
    note = interface(two.server)["note"]
    assert note.startswith("server, id 0: not connected; last: the peer "), note
    two.client = side(net, "client")
    two.bob = host(two.client, "right", 2)
    two.wait_up()
    wait_ping(two.alice)
    # The server goes; the client tries again by itself.
    if sig == signal.SIGKILL:
        os.kill(two.server.child, sig)
    two.server.stop() if sig == signal.SIGTERM else two.server.wait()
    wait_state(two.client, "no carrier")
    wait_for("no server is there", lambda: "no server there" in
             interface(two.client)["note"])
    two.server = side(net, "server")
    two.alice = host(two.server, "left", 1)
    two.wait_up()
    wait_ping(two.alice)
    # Each trouble is told once, however often it is met.
    assert two.client.log().count("no server there") == 1
    path = net.path("memif.sock")
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o660
    assert two.server.stop() == 0
    assert not os.path.exists(path)


def test_reload(net):
    """Another id, and back: the interface is made anew, the socket too."""
    two = Two(net)
    for number in 7, 0:
        for daemon in two.server, two.client:
            role = "server" if daemon is two.server else "client"
            with open(daemon.conf, "w", encoding="utf-8") as f:
                f.write(side(net, role, f"id = {number}", start=False) +
                        f'\ncontrol {{ socket = "{daemon.socket}" }}\n')
            daemon.spate("reload")
            wait_for("the new id", lambda: f"id {number}:" in
                     interface(daemon)["note"])
        two.wait_up()
        wait_ping(two.alice)


def test_strangers(net):
    """Who speaks nonsense is hung up on; the link that is there goes on."""
    two = Two(net)
    for rubbish in b"", b"x", bytes(128), bytes(129), b"\xff" * 128, \
            b"\x06" + bytes(127), b"\x03\0\0\2\x09" + bytes(123):
        with socket.socket(socket.AF_UNIX, SEQPACKET) as s:
            s.settimeout(20)
            s.connect(net.path("memif.sock"))
            hello = s.recv(256)
            assert len(hello) == 128 and hello[:2] == b"\2\0", hello
            if rubbish:
                s.send(rubbish)
                said = s.recv(256)
                assert said[:2] == b"\x08\0", said  # DISCONNECT, and why
                assert s.recv(256) == b""
    two.alice.pings("10.0.2.2")
    assert "a client was refused" in two.server.log()
    assert interface(two.server)["state"] == "up"


@pytest.mark.parametrize("line, why", [
    ("role = server", 'socket'),
    ('socket = "relative"  role = server', "a path from the root"),
    ('socket = "/x"', "role"),
    ('socket = "/x"  role = master', "server"),
    ('socket = "/x"  role = server  ring_size = 1000', "a power of 2"),
    ('socket = "/x"  role = server  ring_size = 32768', "16384"),
    ('socket = "/x"  role = server  buffer_size = 100', "256"),
    ('socket = "/x"  role = server  buffer_size = 1000', "multiple of 64"),
    ('socket = "/x"  role = server  id = -1', "id"),
    ('socket = "/x"  role = server  secret = "1234567890123456789012345"',
     "24"),
    ('socket = "/x"  role = client  queues = 64  ring_size = 16384 '
     'buffer_size = 65536', "4 GiB"),
    ('socket = "/x"  role = client  device = eth0', "device"),
])
def test_bad_configurations(net, line, why):
    daemon = net.daemon(f"interface m0 {{ driver = memif  {line} }}",
                        ready=False)
    assert daemon.wait() == 2
    assert why in daemon.log() and f"{daemon.conf}:1:" in daemon.log(), \
        daemon.log()


def test_twice_the_same(net):
    daemon = net.daemon("""
        interface a { driver = memif  socket = "/x"  role = server }
        interface b { driver = memif  socket = "/x"  role = server }""",
                        ready=False)
    assert daemon.wait() == 2
    assert "is taken by a" in daemon.log(), daemon.log()
