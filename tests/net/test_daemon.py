# SPDX-License-Identifier: BSD-2-Clause
"""spate daemon: starts, forwards, is confined, ends, and leaves nothing."""
import os
import re
import signal
import socket
import subprocess
import time

import pytest

from lib import SANITIZED, SPATE, wait_for

ROUTER = """
cpus = 2
sysctl { net.inet6.ip6.dad_count = 0 }	# no second of waiting
interface left  { driver = tap  device = left
    address = {10.0.1.1/24, "fd00:1::1/64"} }
interface right { driver = tap  device = right
    address = {10.0.2.1/24, "fd00:2::1/64"} }
"""
LEFT = ["10.0.1.2/24", "fd00:1::2/64"]
RIGHT = ["10.0.2.2/24", "fd00:2::2/64"]


def two_hosts(router):
    """Alice and Bob, with the router between them."""
    alice = router.neighbour("left", *LEFT, via=["10.0.1.1", "fd00:1::1"])
    bob = router.neighbour("right", *RIGHT, via=["10.0.2.1", "fd00:2::1"])
    return alice, bob


def status_of(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as f:
        return dict(line.rstrip("\n").split(":\t", 1) for line in f
                    if ":\t" in line)


def gone(pid):
    """No such process, or only what its parent has not yet waited for."""
    try:
        status = status_of(pid)
        return status["State"].startswith("Z") and status["Threads"] == "1"
    except (FileNotFoundError, ProcessLookupError):
        return True


def cpu_seconds(pid):
    with open(f"/proc/{pid}/stat", encoding="ascii") as f:
        times = f.read().rsplit(") ", 1)[1].split()
    return (int(times[11]) + int(times[12])) / os.sysconf("SC_CLK_TCK")


def nothing_left(router):
    assert router.host.links() == set()
    assert not os.path.exists(router.socket)


@pytest.mark.parametrize("to", ["10.0.2.2", "fd00:2::2"])
def test_forwards(net, to):
    router = net.daemon(ROUTER)
    alice, _ = two_hosts(router)
    assert "ttl=63" in alice.ping(to)


@pytest.mark.parametrize("to", ["10.0.1.1", "10.0.2.1", "fd00:1::1",
                                "fd00:2::1"])
def test_answers(net, to):
    router = net.daemon(ROUTER)
    alice, _ = two_hosts(router)
    assert "ttl=64" in alice.ping(to)


def test_tentative_at_first(net):
    """Duplicate address detection, then IPv6."""
    router = net.daemon(ROUTER.replace("dad_count = 0", "dad_count = 1"))
    alice, _ = two_hosts(router)

    def addresses():
        return [a for i in router.show("interfaces")["interfaces"]
                for a in i["addresses"] if ":" in a["address"]]
    assert any(a["tentative"] for a in addresses())
    wait_for("no address is tentative",
             lambda: not any(a["tentative"] for a in addresses()), 3)
    assert not any(a["duplicate"] for a in addresses())
    assert "ttl=63" in alice.ping("fd00:2::2")


def test_ready_soon(net):
    router = net.daemon(ROUTER)
    assert SANITIZED or time.monotonic() - router.started < 1
    assert f"spate: ready: 2 CPUs, 2 interfaces, pid {router.parent}\n" \
        in router.log()


@pytest.mark.parametrize("sig", [signal.SIGTERM, signal.SIGINT])
def test_stop_leaves_nothing(net, sig):
    router = net.daemon(ROUTER)
    child = router.child
    before = time.monotonic()
    assert router.stop(sig) == 0
    assert SANITIZED or time.monotonic() - before < 1
    assert gone(child)
    nothing_left(router)


def test_stop_with_hosts(net):
    router = net.daemon(ROUTER)
    alice, bob = two_hosts(router)
    assert router.stop() == 0
    assert alice.links() == set() and bob.links() == set()


def test_new_folder_of_the_socket(net):
    path = net.path("new/folder.sock")
    router = net.daemon(ROUTER, socket=path)
    router.show("version")
    assert router.stop() == 0
    assert not os.path.exists(net.path("new"))


def test_mode_of_the_socket(net):
    router = net.daemon(ROUTER)
    assert os.stat(router.socket).st_mode & 0o7777 == 0o660


def test_confined(net):
    router = net.daemon(ROUTER)
    pid = router.child
    # A sanitizer has a thread of its own, from before.
    tasks = [pid] if SANITIZED else os.listdir(f"/proc/{pid}/task")
    for task in tasks:
        status = status_of(f"{pid}/task/{task}")
        assert SANITIZED or status["Seccomp"] == "2"
        assert status["NoNewPrivs"] == "1"
        assert status["Uid"].split() == ["65534"] * 4
        assert status["Gid"].split() == ["65534"] * 4
        assert status["Groups"].split() == []
        for name in "CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb":
            assert int(status[name], 16) == 0, name


def idle_share(pids):
    """Of one core, over two seconds."""
    before = sum(map(cpu_seconds, pids))
    time.sleep(2)
    return (sum(map(cpu_seconds, pids)) - before) / 2


def test_idle(net):
    """Once what a start brings is over; a machine may be busy for a while."""
    router = net.daemon(ROUTER)
    pids = router.parent, router.child
    assert any(idle_share(pids) <= 0.02 for _ in range(4))


XDP = """
cpus = 2
sysctl { net.inet6.ip6.dad_count = 0 }
interface wan { driver = xdp  device = x0  checksum = repair
    address = {10.0.3.1/24, "fd00:3::1/64"} }
interface left { driver = tap  device = left
    address = {10.0.1.1/24, "fd00:1::1/64"} }
"""


def xdp_host(net, host):
    """Carol, at the other end of a veth with as many queues as CPUs."""
    carol = net.host("carol")
    queues = "numrxqueues 2 numtxqueues 2"
    host.run(f"ip link add x0 {queues} type veth peer name x1 {queues}")
    host.run(f"ip link set x1 netns {carol.holder.pid}")
    carol.sysctl("ipv6/conf/x1/accept_dad", 0)
    carol.run("ip link set x1 up")
    carol.address("x1", "10.0.3.2/24", "fd00:3::2/64")
    for gateway in "10.0.3.1", "fd00:3::1":
        carol.run(f"ip route add default via {gateway}")
    return carol


@pytest.mark.parametrize("to", ["10.0.1.2", "fd00:1::2"])
def test_xdp_forwards(net, to):
    host = net.host("router")
    carol = xdp_host(net, host)
    router = net.daemon(XDP, host=host)
    router.neighbour("left", *LEFT, via=["10.0.1.1", "fd00:1::1"])
    wait_for("carol has a link", lambda: "state UP" in carol.run(
        "ip link show dev x1").stdout)
    assert "ttl=63" in carol.ping(to)


@pytest.mark.parametrize("how", ["stop", "parent", "child"])
def test_xdp_as_found(net, how):
    """The interface stays, without program, and can be used again at once."""
    host = net.host("router")
    xdp_host(net, host)

    def link():
        return re.sub(r"qdisc \w+", "", host.run("ip link show dev x0").stdout)
    found = link()
    router = net.daemon(XDP, host=host)
    assert "xdp" in link()
    child = router.child
    if how == "stop":
        assert router.stop() == 0
        assert link() == found
    else:
        os.kill(router.parent if how == "parent" else child, signal.SIGKILL)
        router.wait()
        wait_for("the child ends", lambda: gone(child), 2)
    wait_for("the program goes", lambda: "xdp" not in link(), 2)
    again = net.daemon(XDP, host=host)
    assert again.stop() == 0


# -- killed --

def test_child_killed(net):
    router = net.daemon(ROUTER)
    os.kill(router.child, signal.SIGKILL)
    assert router.wait() == 1
    assert "was killed by signal 9" in router.log()
    nothing_left(router)


def test_parent_killed(net):
    router = net.daemon(ROUTER)
    child = router.child
    router.process.kill()
    wait_for("the child ends", lambda: gone(child), 2)
    assert "the privileged process is gone" in router.log()
    assert router.host.links() == set()


def test_both_killed(net):
    router = net.daemon(ROUTER)
    child = router.child
    os.kill(router.parent, signal.SIGSTOP)
    os.kill(child, signal.SIGKILL)
    router.process.kill()
    wait_for("the child ends", lambda: gone(child), 2)
    wait_for("the taps go", lambda: router.host.links() == set(), 2)


@pytest.mark.parametrize("who", ["parent", "child", "both"])
def test_starts_after_kill(net, who):
    path = net.path("spate.sock")
    router = net.daemon(ROUTER, socket=path)
    child = router.child
    if who != "parent":
        os.kill(child, signal.SIGKILL)
    if who != "child":
        router.process.kill()
    router.wait()
    wait_for("the child ends", lambda: gone(child), 2)
    again = net.daemon(ROUTER, host=router.host, socket=path)
    alice, _ = two_hosts(again)
    alice.ping("10.0.2.2")
    assert again.stop() == 0


# -- refused --

@pytest.mark.parametrize("text, where", [
    ("interface left {\n  driver = tpa\n}\n", "2:12: "),
    ("cpus = 0\n", "1:8: "),
    ("interface left { driver = tap\n", "3:1: "),
    ("hostname = a\nroute 10.0.0.0/8 { via = 1.2.3 }\n", "2:26: "),
    ("sysctl { net.isr.burst = 1000 }\n", "1:10: "),
])
def test_mistake(net, text, where):
    """Position, status 2, and nothing changed; -n says the same."""
    path = net.path("bad.conf")
    with open(path, "w", encoding="utf-8") as f:
        f.write(text + f'control {{ socket = "{net.path("s")}" }}\n'
                if text.count("{") == text.count("}") else text + "\n")
    host = net.host()
    said = []
    for option in "", "-n":
        done = host.run(f"{SPATE} daemon {option} -c {path}", check=False)
        assert done.returncode == 2
        assert done.stdout.startswith(f"{path}:{where}"), done.stdout
        said.append(done.stdout)
    assert said[0] == said[1]
    assert host.links() == set()
    assert not os.path.exists(net.path("s"))


def test_no_such_file(net):
    done = net.host().run(f"{SPATE} daemon -c /nowhere.conf", check=False)
    assert done.returncode == 2
    assert "/nowhere.conf" in done.stdout


def test_check_only(net):
    path = net.path("good.conf")
    with open(path, "w", encoding="utf-8") as f:
        f.write(ROUTER)
    host = net.host()
    assert host.run(f"{SPATE} daemon -n -c {path}").stdout == \
        "configuration OK\n"
    assert host.links() == set()


def test_second_daemon(net):
    router = net.daemon(ROUTER)
    second = net.daemon(ROUTER, socket=router.socket, ready=False)
    assert second.wait() == 1
    assert f"answers at {router.socket}" in second.log()
    router.show("version")


def test_no_socket_in_the_way(net):
    path = net.path("file")
    with open(path, "w", encoding="utf-8") as f:
        f.write("mine")
    router = net.daemon(ROUTER, socket=path, ready=False)
    assert router.wait() == 1
    assert "is there already and is no socket" in router.log()
    assert os.path.exists(path)


def test_device_of_another_kind(net):
    """Told with the position; what was opened before it is closed again."""
    host = net.host()
    host.run("ip link add right type veth peer name other")
    router = net.daemon(ROUTER, host=host, ready=False)
    assert router.wait() == 1
    assert router.log().startswith(f"{router.conf}:6:33: right: ")
    assert host.links() == {"right", "other"}
    assert not os.path.exists(router.socket)


def test_missing_privilege(net):
    """The position of the device, and what to do about it."""
    os.chmod(net.folder, 0o777)
    router = net.daemon("interface left { driver = tap  device = left }",
                        ready=False, before=[
        "setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"])
    assert router.wait() == 1
    assert router.log().startswith(f"{router.conf}:1:"), router.log()
    assert "left" in router.log()


@pytest.mark.skipif(
    subprocess.run(["unshare", "--user", "true"], check=False,
                   stderr=subprocess.DEVNULL).returncode != 0,
    reason="no user namespaces here")
def test_user_namespace(net):
    """Where there is one user and nobody else to become."""
    router = net.daemon(ROUTER, before=[
        "unshare", "--user", "--map-root-user", "--net"])
    assert len(router.show("interfaces")["interfaces"]) == 2
    status = status_of(router.child)
    assert SANITIZED or status["Seccomp"] == "2"
    assert int(status["CapEff"], 16) == 0
    assert router.stop() == 0


def test_service_manager(net):
    """It is told when all is ready, as systemd wants it."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(net.path("notify"))
        manager.settimeout(5)
        router = net.daemon(ROUTER,
                            env={"NOTIFY_SOCKET": net.path("notify")})
        assert manager.recv(100) == b"READY=1"
        assert router.stop() == 0
        assert manager.recv(100) == b"STOPPING=1"


# -- clients of the control socket --

def connect(router):
    client = socket.socket(socket.AF_UNIX)
    client.settimeout(5)
    client.connect(router.socket)
    return client


def receive_all(client):
    data = b""
    try:
        while more := client.recv(65536):
            data += more
    except ConnectionResetError:
        pass
    return data


def test_client_hostile_lines(net):
    router = net.daemon(ROUTER)
    lines = [b"\n", b"{\n", b"[]\n", b"\0\xff\xfe\n", b'{"spate": 1}\n',
             b'{"spate": 2, "command": "show"}\n', b"[" * 60000 + b"\n",
             b'{"spate": 1, "command": "show", "what": "\xff"}\n']
    with connect(router) as client, client.makefile("rb") as answers:
        for line in lines:
            client.sendall(line)
            assert b'"ok":false' in answers.readline()
    router.show("version")


def test_client_endless_line(net):
    router = net.daemon(ROUTER)
    with connect(router) as client:
        try:
            client.sendall(b"x" * 1000000)
        except OSError:
            pass
        assert b"at most 65536 bytes" in receive_all(client)
    router.show("version")


def test_client_many_requests_in_one_write(net):
    router = net.daemon(ROUTER)
    request = b'{"spate": 1, "command": "show", "what": "sysctl"}\n'
    with connect(router) as client, client.makefile("rb") as answers:
        client.sendall(request * 500)
        for _ in range(500):
            assert b'"ok":true' in answers.readline()


def test_client_that_does_not_read(net):
    """It waits for itself alone, and costs little memory."""
    router = net.daemon(ROUTER)
    request = b'{"spate": 1, "command": "show", "what": "counters"}\n' * 100
    with connect(router) as client:
        client.setblocking(False)
        before = int(status_of(router.child)["VmRSS"].split()[0])
        deadline = time.monotonic() + 1
        while time.monotonic() < deadline:
            try:
                client.send(request)
            except BlockingIOError:
                time.sleep(0.01)
        router.show("version")
        after = int(status_of(router.child)["VmRSS"].split()[0])
        assert SANITIZED or after - before < 8192


def test_client_too_many(net):
    router = net.daemon(ROUTER)
    clients = [connect(router) for _ in range(64)]
    try:
        with connect(router) as one_more:
            assert b"64 clients" in receive_all(one_more)
    finally:
        for client in clients:
            client.close()
    router.show("version")


def test_client_gone_in_the_middle(net):
    router = net.daemon(ROUTER)
    for part in [b"", b'{"spate": 1', b'{"spate": 1, "command": "ping", '
                 b'"address": "10.0.1.1", "interval_ms": 1, "count": 9999}\n']:
        with connect(router) as client:
            client.sendall(part)
    for _ in range(3):
        router.show("version")


def test_client_unknown_group(net):
    router = net.daemon("", socket=net.path("a"))
    assert router.stop() == 0
    done = subprocess.run([SPATE, "daemon", "-c", "/dev/stdin"], text=True,
                          input='control { group = "no-such-group" socket = '
                          f'"{net.path("b")}" }}', check=False,
                          stderr=subprocess.PIPE)
    assert done.returncode in (1, 2)
    assert "no-such-group" in done.stderr
    assert not os.path.exists(net.path("b"))
