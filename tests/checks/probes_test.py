#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""The probes that docs/probes.md tells of are those in the program.

usage: probes_test.py PROGRAM docs/probes.md src/base/probe.h yes|no

Each is in the notes of the program with as many arguments as the page says,
and with a semaphore; the page has all there are, and no line of bpftrace in it
names another.
"""
import re
import struct
import sys

SHT_NOTE, NT_STAPSDT = 7, 3


def sections(elf):
    """Of a 64-bit ELF file of this machine's byte order: type, content."""
    assert elf[:5] == b"\x7fELF\x02", "no 64-bit ELF"
    offset, = struct.unpack_from("=Q", elf, 0x28)
    size, count = struct.unpack_from("=HH", elf, 0x3a)
    for i in range(count):
        kind, = struct.unpack_from("=I", elf, offset + i * size + 4)
        at, length = struct.unpack_from("=QQ", elf, offset + i * size + 0x18)
        yield kind, elf[at:at + length]


def notes(data):
    at = 0
    while at + 12 <= len(data):
        namelen, length, kind = struct.unpack_from("=III", data, at)
        name = data[at + 12:at + 12 + namelen]
        at += 12 + (namelen + 3) // 4 * 4
        yield name, kind, data[at:at + length]
        at += (length + 3) // 4 * 4


def probes(elf):
    """By name: number of arguments, of each place, and its semaphore."""
    for section, data in sections(elf):
        if section != SHT_NOTE:
            continue
        for name, kind, note in notes(data):
            if name != b"stapsdt\0" or kind != NT_STAPSDT:
                continue
            _, _, semaphore = struct.unpack_from("=QQQ", note)
            provider, probe, args = note[24:].split(b"\0")[:3]
            yield (f"{provider.decode()}:{probe.decode()}",
                   len(args.decode().split()), semaphore)


class Tap:
    def __init__(self):
        self.number = 0
        self.failed = False

    def test(self, name, wrong):
        self.number += 1
        print(f"{'not ' if wrong else ''}ok {self.number} - {name}")
        for line in wrong:
            print(f"# {line}")
        self.failed |= bool(wrong)


def main():
    program, page, header, built = sys.argv[1:]
    if built == "no":
        print("1..0 # SKIP built without probes")
        return 0
    with open(program, "rb") as f:
        found = list(probes(f.read()))
    with open(page, encoding="utf-8") as f:
        text = f.read()
    with open(header, encoding="utf-8") as f:
        listed = {f"spate:{n}" for n in re.findall(r"^\tX\((\w+)\)", f.read(),
                                                   re.M)}
    told = {f"spate:{name}": len(set(re.findall(r"`arg\d`", row)))
            for name, row in re.findall(r"^\| `(\w+)` \|(.*)$", text, re.M)}
    used = set(re.findall(r"usdt:[^:\s]+:(spate:\w+)", text)) | set(
        re.findall(r"-probe-stap (spate:\w+)", text))
    names = {name for name, _, _ in found}

    tap = Tap()
    tap.test("each probe of the page is in the program",
             [f"{n} is not" for n in sorted(told.keys() - names)])
    tap.test("each probe of the program is on the page",
             [f"{n} is not" for n in sorted(names - told.keys())])
    tap.test("each probe of the list is in the program, and no other",
             [f"{n}" for n in sorted(listed ^ names)])
    tap.test("as many arguments as told, and not more than bpftrace takes",
             [f"{n} has {args}, told are {told[n]}" for n, args, _ in found
              if n in told and (args != told[n] or args > 6)])
    tap.test("each has a semaphore",
             [f"{n} has none" for n, _, semaphore in found if not semaphore])
    tap.test("examples name probes there are",
             [f"{n} is none" for n in sorted(used - names)] if used else
             ["there are no examples"])
    print(f"1..{tap.number}")
    return tap.failed


if __name__ == "__main__":
    sys.exit(main())
