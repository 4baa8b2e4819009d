# SPDX-License-Identifier: BSD-2-Clause
"""TCP connections of kernel hosts through an interface with a small MTU, of
which the hosts know nothing: what they agree on, as ss(8) tells.

    alice 10.0.1.2 -- [left  router  small, 1300 bytes] -- 10.0.2.2 carol
"""
import re
import subprocess

from lib import wait_for

SERVER = r"""
import socket, sys
s = socket.create_server((sys.argv[1], 5000), family=socket.AF_INET6 if ":" in
                         sys.argv[1] else socket.AF_INET)
c = s.accept()[0]
while c.recv(65536):
    pass
"""
CLIENT = r"""
import socket, sys
c = socket.create_connection((sys.argv[1], 5000))
c.sendall(bytes(200000))
sys.stdin.read()
"""
ADDRESS = {4: {"alice": "10.0.1.2", "carol": "10.0.2.2"},
           6: {"alice": "fd00:1::2", "carol": "fd00:2::2"}}
CONF = """
    cpus = 2
    sysctl {{ net.inet6.ip6.dad_count = 0 }}
    interface left {{
        driver = tap  device = left  address = {{10.0.1.1/24, fd00:1::1/64}}
    }}
    interface small {{
        driver = tap  device = small  mtu = 1300  {mss}
        address = {{10.0.2.1/24, fd00:2::1/64}}
    }}"""


def sizes(host):
    """What ss says of the connection: (largest segment sent, advertised)."""
    out = host.run("ss -Htni '( sport = 5000 or dport = 5000 )'").stdout
    got = re.search(r" mss:(\d+).*advmss:(\d+)", out)
    return tuple(map(int, got.groups())) if got else None


def connect(client, server, to):
    """The sizes at both ends of a connection that has sent some data."""
    with server.start(f"python3 -c '{SERVER}' {to}") as serving:
        try:
            wait_for("the server listens",
                     lambda: ":5000" in server.run("ss -Hltn").stdout)
            with client.start(f"python3 -c '{CLIENT}' {to}",
                              stdin=subprocess.PIPE) as sending:
                wait_for("all is acknowledged", lambda: "bytes_acked:200001"
                         in client.run("ss -Htni dport = 5000").stdout)
                result = sizes(client), sizes(server)
                sending.stdin.close()
            serving.wait(10)
        finally:
            serving.kill()
    return result


def hosts(router):
    alice = router.neighbour("left", "10.0.1.2/24", "fd00:1::2/64",
                             via=("10.0.1.1", "fd00:1::1"))
    carol = router.neighbour("small", "10.0.2.2/24", "fd00:2::2/64",
                             via=("10.0.2.1", "fd00:2::1"))
    carol.run("ip link set small mtu 1500")
    wait_for("no address is tentative", lambda: not any(
        a["tentative"] for i in router.show("interfaces")["interfaces"]
        for a in i["addresses"]))
    return {"alice": alice, "carol": carol}


def lowered(router, family):
    name = {4: "ips_mss", 6: "i6s_mss"}[family]
    return sum(c["value"] for c in router.show("counters")["counters"]
               if c["counter"] == name)


def check(router, host, mss):
    """mss: by family, of both directions, whoever opens the connection."""
    for family in mss:
        before = lowered(router, family)
        for one, other in ("alice", "carol"), ("carol", "alice"):
            at_client, at_server = connect(host[one], host[other],
                                           ADDRESS[family][other])
            # Options take 12 bytes of each segment.
            assert at_client[0] <= mss[family] - 12
            assert at_server[0] <= mss[family]
        assert lowered(router, family) - before == 4


def test_hosts_agree_on_what_fits(net):
    router = net.daemon(CONF.format(mss="mss = auto"))
    host = hosts(router)
    check(router, host, {4: 1260, 6: 1240})
    # Each would have taken more, and nobody had to be told.
    assert min(size[1] for size in connect(
        host["alice"], host["carol"], "10.0.2.2")) > 1400
    for name in host:
        for family in "", "-6":
            assert "mtu" not in host[name].run(
                f"ip {family} route show cache").stdout


def test_limit_changes_by_reload(net):
    router = net.daemon(CONF.format(mss=""))
    host = hosts(router)
    at_client, _ = connect(host["alice"], host["carol"], "10.0.2.2")
    assert lowered(router, 4) == 0
    with open(router.conf, encoding="utf-8") as f:
        conf = f.read()
    before = router.show("interfaces")["interfaces"]
    with open(router.conf, "w", encoding="utf-8") as f:
        f.write(conf.replace("mtu = 1300", "mtu = 1300 mss = 1000"))
    router.spate("reload")
    after = router.show("interfaces")["interfaces"]
    assert [i["mss"] for i in before] == [None, None]
    assert [i["mss"] for i in after] == [None, 1000]
    assert [i["index"] for i in after] == [i["index"] for i in before]
    check(router, host, {6: 1000})
