# SPDX-License-Identifier: BSD-2-Clause
"""A terminal in memory, on which tests read and press keys."""
import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import termios

import pyte

from lib import die_with_parent, wait_for


class Terminal:
    """A program on a terminal of its own, and what that shows."""

    def __init__(self, *command, lines=24, columns=80, term="linux",
                 locale="C"):
        self.raw = b""
        self.screen = pyte.Screen(columns, lines)
        self.stream = pyte.ByteStream(self.screen)
        self.master, slave = pty.openpty()
        self._size(lines, columns)
        self.process = subprocess.Popen(
            command, stdin=slave, stdout=slave, stderr=slave,
            env={**os.environ, "TERM": term, "LC_ALL": locale},
            preexec_fn=lambda: self._own(slave))
        os.close(slave)

    @staticmethod
    def _own(slave):
        die_with_parent()
        os.setsid()
        fcntl.ioctl(slave, termios.TIOCSCTTY, 0)

    def _size(self, lines, columns):
        fcntl.ioctl(self.master, termios.TIOCSWINSZ,
                    struct.pack("HHHH", lines, columns, 0, 0))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        os.close(self.master)

    def resize(self, lines, columns):
        """The kernel tells the program."""
        self.screen.resize(lines, columns)
        self._size(lines, columns)

    def press(self, keys):
        os.write(self.master, keys.encode())

    def look(self):
        """What stands on the screen now, as one text."""
        while select.select([self.master], [], [], 0)[0]:
            try:
                some = os.read(self.master, 65536)
            except OSError:		# the program has ended
                break
            if not some:
                break
            self.raw += some
            self.stream.feed(some)
        return "\n".join(self.screen.display)

    def wait(self, what):
        """Until the screen has that, a regular expression; its match."""
        try:
            return wait_for(what, lambda: re.search(what, self.look(), re.M))
        except AssertionError as e:
            raise AssertionError(f"{e}\n{self.look()}") from None

    def end(self):
        """Its exit status, once it has ended by itself."""
        def ended():
            self.look()			# or it waits for us
            return self.process.poll() is not None
        wait_for("it ends", ended)
        return self.process.returncode
