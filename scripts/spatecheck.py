# SPDX-License-Identifier: BSD-2-Clause
"""What the checks share: the files they look at, and how they report.

A check is a program scripts/check-*.  It looks at the tree it stands in, or
at the one named with --root (its self-test plants mistakes in such trees),
prints one line "NAME: ..." and leaves with 0 if all is well, and prints
file:line: message for each mistake and leaves with 1 if not.
"""
import argparse
import os
import subprocess
import sys


class Check:
    def __init__(self, name, doc):
        parser = argparse.ArgumentParser(
            description=doc, formatter_class=argparse.RawTextHelpFormatter)
        parser.add_argument("--root", default=os.path.join(
            os.path.dirname(os.path.abspath(__file__)), ".."))
        self.args = parser.parse_args()
        self.name = name
        self.mistakes = 0
        self.remarks = []
        os.chdir(self.args.root)

    def mistake(self, path, line, text):
        print(f"{path}:{line}: {text}")
        self.mistakes += 1

    def remark(self, text):
        self.remarks.append(text)

    def finish(self, summary):
        for text in self.remarks:
            print(text)
        if self.mistakes:
            print(f"{self.name}: {self.mistakes} to correct")
            sys.exit(1)
        print(f"{self.name}: {summary}")
        sys.exit(0)


def files(*suffixes, under=()):
    """Files of the project: what git tracks or would track, else a walk."""
    try:
        out = subprocess.run(
            ["git", "-c", "safe.directory=*", "ls-files", "-z", "--cached",
             "--others", "--exclude-standard"],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True)
        names = os.fsdecode(out.stdout).split("\0")
    except (OSError, subprocess.CalledProcessError):
        names = list(walk())
    return sorted({
        n for n in names
        if n.endswith(suffixes or ("",)) and os.path.isfile(n)
        and (not under or n.startswith(tuple(u + "/" for u in under)))})


def walk():
    for folder, folders, names in os.walk("."):
        folders[:] = [f for f in folders
                      if f != ".git" and not f.startswith("build")]
        for n in names:
            yield os.path.relpath(os.path.join(folder, n), ".")


def lines(path):
    with open(path, encoding="utf-8", errors="replace") as f:
        return f.read().split("\n")
