# SPDX-License-Identifier: BSD-2-Clause
"""The tester's frames, as tshark reads them."""
import os
import subprocess

from lab import CHECK, NO_GUESS

TPLWRITE = os.environ["TPLWRITE"]
WRONG = ("_ws.malformed || _ws.expert.severity == error || " + " || ".join(
    f"{p}.checksum.status == 0" for p in
    ("ip", "udp", "tcp", "icmp", "icmpv6")))
FIELDS = ("frame.len ieee8021ad.id vlan.id ip.src ipv6.src ip.dst ipv6.dst ip.dsfield "
          "ip.ttl ipv6.hlim ipv6.flow udp.srcport udp.dstport tcp.srcport "
          "tcp.dstport icmp.ident icmp.seq icmpv6.echo.identifier "
          "icmpv6.echo.sequence_number").split()


def tshark(path, *argv):
    return subprocess.run(
        ["tshark", "-n", "-r", path, *CHECK, *NO_GUESS, *argv], check=True,
        text=True, stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL).stdout.splitlines()


def line_of(seen):
    """What tshark says of a frame, as tplwrite says it."""
    got = dict(zip(FIELDS, seen.split(";")))
    protocol = next(p for p, field in (
        ("udp", "udp.srcport"), ("tcp", "tcp.srcport"),
        ("icmp", "icmp.ident"), ("icmpv6", "icmpv6.echo.identifier"))
        if got[field])
    first, second = {
        "icmp": ("icmp.ident", "icmp.seq"),
        "icmpv6": ("icmpv6.echo.identifier", "icmpv6.echo.sequence_number"),
    }.get(protocol, (f"{protocol}.srcport", f"{protocol}.dstport"))

    def number(*names):
        text = next((got[n] for n in names if got[n]), "0")
        return int(text.split(",")[0], 0)

    vlans = ",".join(filter(None, (got["ieee8021ad.id"], got["vlan.id"])))
    return ";".join(map(str, (
        got["frame.len"], vlans, got["ip.src"] or got["ipv6.src"],
        got["ip.dst"] or got["ipv6.dst"], number("ip.dsfield"),
        number("ip.ttl", "ipv6.hlim"), number("ipv6.flow"), protocol,
        f"{number(first)},{number(second)}")))


def test_frames_as_tshark_reads_them(tmp_path):
    path = str(tmp_path / "t.pcap")
    told = subprocess.run([TPLWRITE, path], check=True, text=True,
                          stdout=subprocess.PIPE).stdout.splitlines()
    assert len(told) == 18 * 60
    assert tshark(path, "-Y", WRONG) == []
    good = ("udp.checksum.status == 1 || tcp.checksum.status == 1 || "
            "icmp.checksum.status == 1 || icmpv6.checksum.status == 1")
    assert len(tshark(path, "-Y", good)) == len(told)
    options = [o for f in FIELDS for o in ("-e", f)]
    seen = tshark(path, "-T", "fields", "-E", "separator=;", *options)
    assert [line_of(s) for s in seen] == told
