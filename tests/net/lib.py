# SPDX-License-Identifier: BSD-2-Clause
"""Small networks of kernel hosts and Spate daemons, for tests.

    def test_ping(net):
        router = net.daemon('''
            interface left {
                driver = tap  device = left  address = 10.0.1.1/24
            }
            interface right {
                driver = tap  device = right  address = 10.0.2.1/24
            }''')
        alice = router.neighbour("left", "10.0.1.2/24", via="10.0.1.1")
        router.neighbour("right", "10.0.2.2/24", via="10.0.2.1")
        alice.ping("10.0.2.2")

A host is a network namespace that a process holds; a daemon runs in one of its
own.  They have no names that others could see.  All processes are killed when
the test program ends, however it ends, and the kernel takes namespaces and
interfaces with them.
"""
import ctypes
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time

SPATE = os.environ.get("SPATE", os.path.join(
    os.path.dirname(os.path.abspath(__file__)), "../../build/spate"))
# Sanitizers make system calls of their own, and everything slower.
SANITIZED = os.environ.get("SANITIZE", "none") != "none"
SANITIZER_SAID = r"ERROR: \w+Sanitizer|WARNING: ThreadSanitizer|runtime error:"
PATIENCE = 20		# seconds until something that must happen has failed

PR_SET_PDEATHSIG = 1
CLONE_NEWNET = 0x40000000
ETH_P_ALL = 3
libc = ctypes.CDLL(None, use_errno=True)


def die_with_parent():
    libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def wait_for(what, condition, patience=PATIENCE):
    """Until condition() is true; what: for the message if it never is."""
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        value = condition()
        if value:
            return value
        time.sleep(0.01)
    raise AssertionError(f"waited {patience} s in vain: {what}")


class Net:
    """All hosts and daemons of a test; close() ends them."""

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="spate-")
        os.chmod(self.folder, 0o755)
        self.hosts = []
        self.daemons = []

    def host(self, name="host"):
        self.hosts.append(Host(name))
        return self.hosts[-1]

    def daemon(self, conf, host=None, ready=True, **more):
        """A running daemon in a host of its own, or the one given."""
        daemon = Daemon(self, host or self.host("router"), conf, **more)
        self.daemons.append(daemon)
        if ready:
            daemon.wait_ready()
        return daemon

    def path(self, name):
        return os.path.join(self.folder, name)

    def close(self):
        for daemon in self.daemons:
            daemon.kill()
        for host in self.hosts:
            host.close()
        logs = [daemon.log() for daemon in self.daemons]
        shutil.rmtree(self.folder, ignore_errors=True)
        for log in logs:
            assert not re.search(SANITIZER_SAID, log), log


class Host:
    """A network namespace with the kernel's stack in it."""

    def __init__(self, name):
        self.name = name
        self.holder = subprocess.Popen(
            ["unshare", "--net", "sleep", "infinity"],
            stdin=subprocess.DEVNULL, preexec_fn=die_with_parent)
        wait_for("a namespace", self._entered)
        self.run("ip link set lo up")

    def _entered(self):
        mine = os.readlink("/proc/self/ns/net")
        return os.readlink(f"/proc/{self.holder.pid}/ns/net") != mine

    def command(self, argv):
        return ["nsenter", "--net", "-t", str(self.holder.pid)] + argv

    def run(self, command, check=True, timeout=60):
        """A shell command; what came of it, output as one text."""
        done = subprocess.run(
            self.command(["sh", "-c", command]), text=True, check=False,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, timeout=timeout,
            preexec_fn=die_with_parent)
        if check and done.returncode != 0:
            raise AssertionError(f"{self.name}: {command}: status "
                                 f"{done.returncode}\n{done.stdout}")
        return done

    def start(self, command, **more):
        return subprocess.Popen(self.command(["sh", "-c", "exec " + command]),
                                preexec_fn=die_with_parent, **more)

    def packet_socket(self, device):
        """Raw frames on a device of this host, in this process."""
        mine = os.open("/proc/self/ns/net", os.O_RDONLY)
        theirs = os.open(f"/proc/{self.holder.pid}/ns/net", os.O_RDONLY)
        try:
            if libc.setns(theirs, CLONE_NEWNET) != 0:
                raise OSError(ctypes.get_errno(), "setns")
            packets = socket.socket(socket.AF_PACKET, socket.SOCK_RAW,
                                    socket.htons(ETH_P_ALL))
            packets.bind((device, 0))
            return packets
        finally:
            libc.setns(mine, CLONE_NEWNET)
            os.close(mine)
            os.close(theirs)

    def address(self, device, *prefixes):
        for prefix in prefixes:
            flags = "nodad" if ":" in prefix else ""
            self.run(f"ip address add {prefix} dev {device} {flags}")

    def sysctl(self, name, value):
        """One below net/, of the kernel."""
        self.run(f"echo {value} > /proc/sys/net/{name}")

    def ping(self, to, options="-c 3 -i 0.1 -W 5"):
        """At least one answer came."""
        return self.run(f"ping -n {options} {to}").stdout

    def pings(self, to, options="-c 3 -i 0.1 -W 5"):
        """Every answer came, by the kernel's count: ping itself leaves after
        twice the longest round trip it saw, too early on a busy machine."""
        before = self._unanswered()
        out = self.run(f"ping -n {options} {to}", check=False).stdout
        try:
            wait_for("all answers", lambda: self._unanswered() <= before)
        except AssertionError as e:
            raise AssertionError(f"{self.name}: {out}") from e
        assert "duplicates" not in out, out
        return out

    def _unanswered(self):
        """Echo requests that this host sent, less the replies it got."""
        out = self.run("nstat -asz --json IcmpOutEchos IcmpInEchoReps "
                       "Icmp6OutEchos Icmp6InEchoReplies").stdout
        n = json.loads(out)["kernel"]
        return (n["IcmpOutEchos"] - n["IcmpInEchoReps"] +
                n["Icmp6OutEchos"] - n["Icmp6InEchoReplies"])

    def links(self):
        out = self.run("ip -o link show").stdout
        return set(re.findall(r"^\d+: ([^:@]+)", out, re.M)) - {"lo"}

    def close(self):
        self.holder.kill()
        self.holder.wait()


class Daemon:
    """spate daemon, in a host; its control socket is in the net's folder."""

    def __init__(self, net, host, conf, socket=None, env=None, before=()):
        self.net = net
        self.host = host
        number = len(net.daemons)
        self.socket = socket or net.path(f"{number}.sock")
        self.conf = net.path(f"{number}.conf")
        with open(self.conf, "w", encoding="utf-8") as f:
            f.write(conf + f'\ncontrol {{ socket = "{self.socket}" }}\n')
        self.log_path = net.path(f"{number}.log")
        with open(self.log_path, "w", encoding="utf-8") as log:
            self.started = time.monotonic()
            self.process = subprocess.Popen(
                host.command([*before, SPATE, "daemon", "-c", self.conf]),
                stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                env={**os.environ, **(env or {})},
                preexec_fn=die_with_parent)

    def log(self):
        with open(self.log_path, encoding="utf-8", errors="replace") as f:
            return f.read()

    def wait_ready(self):
        def ready():
            if self.process.poll() is not None:
                raise AssertionError("the daemon ended: " + self.log())
            return "spate: ready: " in self.log()
        wait_for("the daemon is ready", ready)

    @property
    def parent(self):
        return self.process.pid

    @property
    def child(self):
        with open(f"/proc/{self.parent}/task/{self.parent}/children",
                  encoding="ascii") as f:
            return int(f.read().split()[0])

    def spate(self, *argv, status=0):
        """A subcommand that asks this daemon; its output."""
        done = subprocess.run(
            [SPATE, argv[0], "-S" if argv[0] == "ping" else "-s", self.socket,
             *argv[1:]],
            text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL, check=False, timeout=60,
            preexec_fn=die_with_parent)
        assert done.returncode == status, done.stdout
        return done.stdout

    def show(self, what):
        return json.loads(self.spate("show", "--json", what))

    def neighbour(self, device, *prefixes, via=()):
        """A new host at the other end of a tap of this daemon."""
        host = self.net.host(device)
        self.host.run(f"ip link set {device} netns {host.holder.pid}")
        host.sysctl(f"ipv6/conf/{device}/accept_dad", 0)
        host.run(f"ip link set {device} up")
        host.address(device, *prefixes)
        for gateway in [via] if isinstance(via, str) else via:
            host.run(f"ip route add default via {gateway}")
        return host

    def stop(self, sig=signal.SIGTERM):
        """End it in order; its exit status."""
        self.process.send_signal(sig)
        return self.wait()

    def wait(self):
        return self.process.wait(PATIENCE)

    def kill(self):
        """End it, whatever state it is in."""
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(5)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
