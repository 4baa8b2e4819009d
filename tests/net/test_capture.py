# SPDX-License-Identifier: BSD-2-Clause
"""spate capture: what tshark and capinfos read of it."""
import json
import os
import re
import signal
import socket
import subprocess

import pytest

from lib import SPATE, die_with_parent, wait_for
from test_daemon import ROUTER, two_hosts


@pytest.fixture(name="lab")
def fixture_lab(net):
    """A router between Alice and Bob, who know each other."""
    router = net.daemon(ROUTER)
    alice, bob = two_hosts(router)
    alice.ping("10.0.2.2", "-c 1 -W 5")
    return router, alice, bob


def capture(router, *argv, **more):
    return subprocess.Popen(
        [SPATE, "capture", "-S", router.socket, *argv],
        preexec_fn=die_with_parent, stderr=subprocess.PIPE, **more)


def running(router):
    """CPUs look at packets only once ctl has published it: ask ctl again."""
    router.show("version")


def begin(net, router, *argv, name="c.pcapng"):
    """A capture that runs, into a file of this name."""
    path = net.path(name)
    process = capture(router, "-w", path, *argv)
    wait_for("the capture runs", lambda: os.path.exists(path) or
             process.poll() is not None)
    running(router)
    return process, path


def finish(process, status=0):
    """What it says at its end, when interrupted."""
    process.send_signal(signal.SIGINT)
    said = process.communicate(timeout=20)[1].decode()
    assert process.returncode == status, said
    return said


def tshark(path, *argv):
    done = subprocess.run(
        ["tshark", "-n", "-r", path, *argv], check=True, text=True,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, preexec_fn=die_with_parent)
    return done.stdout.splitlines()


def fields(path, *names, which=""):
    want = [a for n in names for a in ("-e", n)]
    return [line.split("\t") for line in
            tshark(path, "-Y", which, "-T", "fields", *want)]


def test_both_ways(net, lab):
    """A forwarded ping is there four times, each with its direction."""
    router, alice, _ = lab
    process, path = begin(net, router, "icmp")
    alice.ping("10.0.2.2", "-c 3 -i 0.1 -W 5")
    assert "12 packets captured\n" == finish(process)
    rows = fields(path, "frame.interface_name", "frame.packet_flags_direction",
                  "icmp.type", "icmp.seq", "frame.comment")
    assert [(r[0], int(r[1], 0), r[2]) for r in rows if r[3] == "2"] == [
        ("left", 1, "8"), ("right", 2, "8"),
        ("right", 1, "0"), ("left", 2, "0")]
    assert all(r[4].startswith("cpu ") for r in rows)
    assert tshark(path, "-Y", "_ws.malformed") == []


def test_capinfos(net, lab):
    """The file is whole, and its times are those of the day."""
    router, alice, _ = lab
    process, path = begin(net, router, "-i", "left", "-s", "64")
    date = float(alice.run("date +%s.%N").stdout)
    alice.ping("10.0.2.2", "-c 2 -i 0.1 -W 5 -s 1000")
    finish(process)
    info = subprocess.run(["capinfos", "-M", "-S", path], check=True, text=True,
                          stdout=subprocess.PIPE).stdout
    assert "File encapsulation:  ether\n" in info
    assert "Name = left" in info and "Name = right" not in info
    assert "Time resolution = 0x09\n" in info
    rows = fields(path, "frame.time_epoch", "frame.cap_len", "frame.len",
                  which="icmp")
    assert len(rows) == 4
    for when, kept, whole in rows:
        assert date - 1 < float(when) < date + 20
        assert (kept, whole) == ("64", "1042")


def test_live(lab):
    """spate capture | tshark -r - | ... shows packets while they come."""
    router, alice, _ = lab
    with capture(router, "icmp", stdout=subprocess.PIPE) as process, \
            subprocess.Popen(["tshark", "-l", "-n", "-r", "-", "-c", "4"],
                             stdin=process.stdout, stdout=subprocess.PIPE,
                             stderr=subprocess.DEVNULL, text=True,
                             preexec_fn=die_with_parent) as reader:
        process.stdout.close()
        with alice.start("ping -n -i 0.2 10.0.2.2",
                         stdout=subprocess.DEVNULL) as pings:
            assert "Echo (ping) request" in reader.stdout.readline()
            reader.communicate(timeout=20)
            # The reader has gone: the capture ends by itself.
            said = process.communicate(timeout=20)[1].decode()
            pings.kill()
        assert process.returncode == 0, said


@pytest.mark.parametrize("command, reason", [
    ("ping -c 1 -W 1 203.0.113.1", "no IPv4 route to the destination"),
    ("ping -c 1 -W 1 -t 1 10.0.2.2", "IPv4 TTL expired"),
])
def test_drops(net, lab, command, reason):
    """The packet that died is there, with its header and the reason."""
    router, alice, _ = lab
    process, path = begin(net, router, "--drops", "icmp")
    alice.run(command, check=False)
    finish(process)
    mac = re.search(r"link/ether (\S+)",
                    alice.run("ip link show dev left").stdout).group(1)
    rows = fields(path, "frame.interface_name", "eth.src", "ip.src",
                  "frame.comment")
    assert len(rows) == 1
    assert rows[0][:3] == ["left", mac, "10.0.1.2"]
    assert f"dropped: {reason} (" in rows[0][3]


def test_count(net, lab):
    router, alice, _ = lab
    path = net.path("count.pcapng")
    with capture(router, "-w", path, "-c", "3", "icmp") as process:
        wait_for("the capture runs", lambda: os.path.exists(path))
        with alice.start("ping -n -i 0.1 10.0.2.2",
                         stdout=subprocess.DEVNULL) as pings:
            said = process.communicate(timeout=20)[1].decode()
            pings.kill()
    assert process.returncode == 0 and said == "3 packets captured\n"
    assert len(tshark(path)) == 3


def test_checksums(net, lab):
    """Those left to the device are right in the copy."""
    router, alice, bob = lab
    process, path = begin(net, router, "tcp")
    with bob.start("python3 -c 'import socket; s = socket.create_server("
                   "(\"10.0.2.2\", 7)); c = s.accept()[0]; "
                   "c.sendall(c.recv(99999)); c.close()'"):
        wait_for("Bob listens", lambda: ":7" in bob.run("ss -Hltn").stdout)
        alice.run("python3 -c 'import socket; c = socket.create_connection("
                  "(\"10.0.2.2\", 7)); c.sendall(bytes(20000)); "
                  "print(len(c.recv(99999)))'")
    finish(process)
    assert len(tshark(path)) > 10
    wrong = tshark(path, "-o", "tcp.check_checksum:TRUE", "-Y",
                   "tcp.checksum.status == \"Bad\" || ip.checksum.status == \"Bad\"")
    assert wrong == []


def test_slow_reader(net, lab):
    """What nobody reads is lost to the capture, and counted; no ping is."""
    router, alice, _ = lab
    with capture(router, "-B", "256", stdout=subprocess.PIPE) as process:
        process.stdout.read(8)
        running(router)
        alice.pings("10.0.2.2", "-q -f -c 3000 -s 1400 -W 5")
        process.send_signal(signal.SIGINT)
        path = net.path("slow.pcapng")
        with open(path, "wb") as f:
            f.write(bytes.fromhex("0a0d0d0a") + bytes(4))
            while data := process.stdout.read(1 << 20):
                f.write(data)
        said = process.stderr.read().decode()
    assert "lost because they were not read in time" in said
    assert process.returncode == 0
    assert router.show("version")


def test_killed(net, lab):
    """A capture goes with its client, however that ends."""
    router, alice, _ = lab
    for number in range(20):
        process, _ = begin(net, router, name=f"{number}.pcapng")
        process.kill()
        process.communicate()
    alice.ping("10.0.2.2", "-c 3 -i 0.1 -W 5")
    process, path = begin(net, router, "icmp")
    alice.ping("10.0.2.2", "-c 1 -W 5")
    finish(process)
    assert len(tshark(path)) == 4


def test_daemon_goes(net, lab):
    """What came before is in the file."""
    router, alice, _ = lab
    process, path = begin(net, router, "icmp")
    alice.ping("10.0.2.2", "-c 1 -W 5")
    wait_for("packets are written", lambda: os.path.getsize(path) > 700)
    router.kill()
    said = process.communicate(timeout=20)[1].decode()
    assert process.returncode == 1 and "hung up" in said
    assert len(tshark(path)) == 4


REFUSED = [
    (["-i", "nowhere"], 1, "no interface is named \"nowhere\"; there are: "
     "left, right"),
    (["port", "x"], 2, "filter \"port x\": "),
    (["ip6", "protochain", "6"], 1, "the filter is no program that can be run"),
    (["-c", "0"], 2, "-c wants a number from 1"),
    (["-Q", "up"], 2, "-Q wants in, out or inout"),
    (["-x"], 2, "usage: spate capture"),
    (["-w", "/nowhere/x"], 1, "cannot write /nowhere/x"),
]


def test_refused(lab):
    """Each mistake is told, and what there would be."""
    for argv, status, said in REFUSED:
        process = capture(lab[0], *argv, stdout=subprocess.PIPE)
        err = process.communicate(timeout=20)[1].decode()
        assert process.returncode == status, err
        assert said in err


def test_terminal(lab):
    """Packets do not go to a terminal."""
    master, slave = os.openpty()
    try:
        process = capture(lab[0], stdout=slave)
        err = process.communicate(timeout=20)[1].decode()
    finally:
        os.close(slave)
        os.close(master)
    assert process.returncode == 2
    assert "spate capture | tshark -r -" in err


WRONG = [
    ({"interfaces": []}, "no interface is named"),
    ({"interfaces": [7]}, "no interface is named"),
    ({"what": "all"}, "\"what\" is"),
    ({"snaplen": 0}, "\"snaplen\" is a number"),
    ({"buffer": 300000}, "\"buffer\" is a power of two"),
    ({"filter": []}, "the filter is no program"),
    ({"filter": [[6, 0, 0]]}, "the filter is no program"),
    ({"filter": [[5, 0, 0, 4294967295], [6, 0, 0, 0]]},
     "the filter is no program"),
    ({"filter": [[8, 0, 0, 0], [6, 0, 0, 0]]}, "the filter is no program"),
]


def test_wrong_request(lab):
    """By whoever speaks the protocol."""
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(lab[0].socket)
        answers = client.makefile()
        for request, said in WRONG:
            line = json.dumps({"spate": 1, "command": "capture", **request})
            client.sendall(line.encode() + b"\n")
            assert said in json.loads(answers.readline())["error"]
