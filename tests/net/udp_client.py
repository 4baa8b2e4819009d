# SPDX-License-Identifier: BSD-2-Clause
"""Ask an echo service of both families from many ports at once; what does not
come back as it went is told, and the exit status says so.

usage: udp_client.py ADDRESS ROUNDS SIZE ..."""
import select
import socket
import sys

PORTS = 32
PATIENCE = 10  # seconds, on a busy machine


def ask(address, rounds, sizes):
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    ends = [socket.socket(family, socket.SOCK_DGRAM) for _ in range(PORTS)]
    for end in ends:
        end.connect((address, 7))
    for size in sizes:
        for turn in range(rounds):
            sent = {}
            for n, end in enumerate(ends):
                sent[end] = bytes((n + turn + i) & 255 for i in range(size))
                end.send(sent[end])
            while sent:
                ready, _, _ = select.select(list(sent), [], [], PATIENCE)
                if not ready:
                    sys.exit(f"{len(sent)} of {size} bytes did not come back")
                for end in ready:
                    if end.recv(65535) != sent.pop(end):
                        sys.exit(f"{size} bytes came back changed")


ask(sys.argv[1], int(sys.argv[2]), [int(size) for size in sys.argv[3:]])
