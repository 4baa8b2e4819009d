# SPDX-License-Identifier: BSD-2-Clause
"""Put all frames of a device into VLANs, as a VLAN device of the kernel does:
the outer tag travels beside the frame and is left to the device.

    tagger.py DEVICE TYPE:ID ...	outer first, as 88a8:100 8100:7
"""
import ctypes
import platform
import signal
import socket
import struct
import sys

BPF_PROG_LOAD, BPF_LINK_CREATE = 5, 28
BPF_PROG_TYPE_SCHED_CLS = 3
TCX_INGRESS, TCX_EGRESS = 46, 47
VLAN_PUSH, VLAN_POP = 18, 19
SYS_BPF = {"x86_64": 321, "aarch64": 280, "riscv64": 280}[platform.machine()]


def bpf(cmd, attr):
    libc = ctypes.CDLL(None, use_errno=True)
    buf = ctypes.create_string_buffer(attr, 128)
    fd = libc.syscall(SYS_BPF, cmd, buf, len(buf))
    if fd < 0:
        raise OSError(ctypes.get_errno(), "bpf")
    return fd


def insn(code, dst=0, src=0, imm=0):
    return struct.pack("<BBhi", code, dst | src << 4, 0, imm)


def call(helper, *args):
    """With the packet and these numbers."""
    return insn(0xbf, 1, 6) + b"".join(
        insn(0xb7, 2 + i, imm=arg) for i, arg in enumerate(args)) + \
        insn(0x85, imm=helper)


def attach(dev, where, calls):
    code = insn(0xbf, 6, 1) + b"".join(calls) + insn(0xb7, 0) + insn(0x95)
    insns = ctypes.create_string_buffer(code)
    text = ctypes.create_string_buffer(b"Dual BSD/GPL")
    prog = bpf(BPF_PROG_LOAD, struct.pack(
        "=IIQQ", BPF_PROG_TYPE_SCHED_CLS, len(code) // 8,
        ctypes.addressof(insns), ctypes.addressof(text)))
    bpf(BPF_LINK_CREATE, struct.pack(
        "=IIII", prog, socket.if_nametoindex(dev), where, 0))


def main():
    dev, tags = sys.argv[1], [tag.split(":") for tag in sys.argv[2:]]
    attach(dev, TCX_EGRESS, [
        call(VLAN_PUSH, socket.htons(int(kind, 16)), int(number))
        for kind, number in reversed(tags)])
    attach(dev, TCX_INGRESS, [call(VLAN_POP) for _ in tags])
    print("ready", flush=True)
    signal.pause()


if __name__ == "__main__":
    main()
